//! Four truth values, combined so that a fact that cannot matter never blocks.

/// The truth value of a condition.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Truth {
    /// The condition does not hold.
    False,
    /// No usable evidence settles it.
    Unknown,
    /// Usable evidence disagrees.
    Conflict,
    /// The condition holds.
    True,
}

impl Truth {
    /// True if both hold. One false value settles it, even if the other is unknown.
    pub(crate) fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::False, _) | (_, Self::False) => Self::False,
            (Self::Conflict, _) | (_, Self::Conflict) => Self::Conflict,
            (Self::Unknown, _) | (_, Self::Unknown) => Self::Unknown,
            (Self::True, Self::True) => Self::True,
        }
    }

    /// True if either holds. One true value settles it.
    pub(crate) fn or(self, other: Self) -> Self {
        self.not().and(other.not()).not()
    }

    /// True if it does not hold. Unknown and conflict stay as they are.
    pub(crate) fn not(self) -> Self {
        match self {
            Self::False => Self::True,
            Self::True => Self::False,
            other => other,
        }
    }

    /// True if it is settled.
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
