//! Four truth values, combined so that a fact that cannot matter never blocks.

/// How true a condition is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Truth {
    /// It does not hold.
    False,
    /// No usable evidence says.
    Unknown,
    /// Usable evidence disagrees.
    Conflict,
    /// It holds.
    True,
}

impl Truth {
    /// Both hold: one that is false settles it, whatever is not known of the other.
    pub(crate) fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::False, _) | (_, Self::False) => Self::False,
            (Self::Conflict, _) | (_, Self::Conflict) => Self::Conflict,
            (Self::Unknown, _) | (_, Self::Unknown) => Self::Unknown,
            (Self::True, Self::True) => Self::True,
        }
    }

    /// Either holds: one that is true settles it.
    pub(crate) fn or(self, other: Self) -> Self {
        self.not().and(other.not()).not()
    }

    /// It does not hold.
    pub(crate) fn not(self) -> Self {
        match self {
            Self::False => Self::True,
            Self::True => Self::False,
            other => other,
        }
    }

    /// Whether it is settled.
    pub(crate) fn is_known(self) -> bool {
        matches!(self, Self::True | Self::False)
    }
}

#[cfg(test)]
mod tests {
    use super::Truth::{Conflict, False, True, Unknown};
    use super::*;

    const EACH: [Truth; 4] = [False, Unknown, Conflict, True];

    #[test]
    fn a_fact_that_cannot_matter_never_blocks() {
        for open in [Unknown, Conflict] {
            assert_eq!(open.and(False), False);
            assert_eq!(open.or(True), True);
            assert_eq!(open.and(True), open);
            assert_eq!(open.or(False), open);
        }
    }

    #[test]
    fn order_and_grouping_never_matter() {
        for a in EACH {
            assert_eq!(a.not().not(), a);
            for b in EACH {
                for c in EACH {
                    assert_eq!(a.and(b).and(c), c.and(a).and(b));
                    assert_eq!(a.and(b).and(c), a.and(b.and(c)));
                    assert_eq!(a.and(b).and(c).not(), a.not().or(b.not()).or(c.not()), "De Morgan");
                }
            }
        }
    }

    #[test]
    fn knowing_more_never_turns_true_into_false() {
        // Replace an unknown by either value: a settled result stays.
        for a in EACH {
            if a.and(Unknown).is_known() {
                for known in [True, False] {
                    assert_eq!(a.and(known), a.and(Unknown));
                }
            }
        }
    }
}
