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
    /// All hold: one that is false settles it, whatever is not known of the others.
    pub(crate) fn all(parts: impl Iterator<Item = Self>) -> Self {
        parts.fold(Self::True, |a, b| match (a, b) {
            (Self::False, _) | (_, Self::False) => Self::False,
            (Self::Conflict, _) | (_, Self::Conflict) => Self::Conflict,
            (Self::Unknown, _) | (_, Self::Unknown) => Self::Unknown,
            (Self::True, Self::True) => Self::True,
        })
    }

    /// Any holds: one that is true settles it.
    pub(crate) fn any(parts: impl Iterator<Item = Self>) -> Self {
        Self::all(parts.map(Self::not)).not()
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
            assert_eq!(Truth::all([open, False].into_iter()), False);
            assert_eq!(Truth::any([open, True].into_iter()), True);
            assert_eq!(Truth::all([open, True].into_iter()), open);
            assert_eq!(Truth::any([open, False].into_iter()), open);
        }
    }

    #[test]
    fn order_and_grouping_never_matter() {
        for a in EACH {
            assert_eq!(a.not().not(), a);
            for b in EACH {
                for c in EACH {
                    let all = Truth::all([a, b, c].into_iter());
                    assert_eq!(all, Truth::all([c, a, b].into_iter()));
                    assert_eq!(all, Truth::all([a, Truth::all([b, c].into_iter())].into_iter()));
                    assert_eq!(all.not(), Truth::any([a.not(), b.not(), c.not()].into_iter()), "De Morgan");
                }
            }
        }
    }

    #[test]
    fn knowing_more_never_turns_true_into_false() {
        // Replace an unknown by either value: a settled result stays.
        for a in EACH {
            let before = Truth::all([a, Unknown].into_iter());
            if before.is_known() {
                for known in [True, False] {
                    assert_eq!(Truth::all([a, known].into_iter()), before);
                }
            }
        }
    }
}
