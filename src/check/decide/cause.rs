//! Why a test is not settled: codes, and sentences for people.

/// Why a test is not settled. Least helpful first, so the maximum is the one to report. Causes before `Lacking` mean
/// that evidence is absent. From `Lacking` on, there is some evidence.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Cause {
    /// No trusted issuer asserts it.
    Missing,
    /// The host did not state it.
    ContextMissing,
    /// The chain states that its end user is unknown.
    EndUser,
    /// The chain states that this party is unknown.
    Party,
    /// The set may have other members, but there is no sign of any.
    Incomplete,
    /// There is a record, but it lacks a required field.
    Lacking,
    /// The holder of a credential did not disclose it.
    Undisclosed,
    /// There was a claim, but it cannot be read as this attribute.
    Unusable,
    /// The host's value cannot be read.
    ContextUnusable,
    /// The time of verification is in the future.
    NotYetValid,
    /// The assurance is below what the rule requires, or the rule does not accept the issuer.
    Insufficient,
    /// The issuer revoked it.
    Revoked,
    /// The evidence has expired.
    Expired,
    /// It was verified too long ago, or at an unknown time.
    Stale,
    /// A country that no group of the ruleset maps.
    Unmapped,
    /// Dates are missing, so the most recent one is unknown.
    Undated,
    /// Part of the set is shown, and another part is withheld or not disclosed.
    Partial,
    /// Usable evidence disagrees.
    Conflict,
}

impl Cause {
    /// Stable code.
    pub(crate) const fn code(self) -> &'static str {
        match self {
            Self::Missing | Self::Lacking => "evidence.missing",
            Self::ContextMissing => "context.missing",
            Self::EndUser => "chain.end_user_unknown",
            Self::Party => "chain.party_unknown",
            Self::Undisclosed => "evidence.undisclosed",
            Self::Unusable => "evidence.unusable",
            Self::ContextUnusable => "context.unusable",
            Self::NotYetValid => "evidence.not_yet_valid",
            Self::Insufficient => "evidence.insufficient",
            Self::Revoked => "evidence.revoked",
            Self::Expired => "evidence.expired",
            Self::Stale => "evidence.stale",
            Self::Unmapped => "country.unmapped",
            Self::Undated => "evidence.undated",
            Self::Incomplete | Self::Partial => "evidence.incomplete",
            Self::Conflict => "evidence.conflict",
        }
    }

    /// The word for it in a rule's `unknown`.
    pub(crate) fn word(self) -> &'static str {
        self.code().rsplit('.').next().unwrap_or_default()
    }

    /// The problem as a clause, to follow the name of the attribute.
    pub(crate) const fn sentence(self) -> &'static str {
        match self {
            Self::Missing | Self::Lacking => "no trusted issuer has confirmed it",
            Self::ContextMissing => "the service did not state it",
            Self::EndUser => "the service did not state who the end user is",
            Self::Party => "the service does not know one of the parties in the chain",
            Self::Undisclosed => "the credential did not disclose it",
            Self::Unusable => "the evidence cannot be read",
            Self::ContextUnusable => "the service stated an invalid value; a country, for example, is written as DE",
            Self::NotYetValid => "the evidence is dated in the future",
            Self::Insufficient => "the evidence is not strong enough",
            Self::Revoked => "the evidence was revoked by its issuer",
            Self::Expired => "the evidence has expired",
            Self::Stale => "the evidence is too old",
            Self::Unmapped => "the rules do not assign this country to a group",
            Self::Undated => "the evidence does not show which is the most recent",
            Self::Incomplete | Self::Partial => "the evidence may be incomplete",
            Self::Conflict => "the evidence contradicts itself",
        }
    }

    /// True if there is no evidence of it at all, neither for nor against.
    pub(crate) const fn is_absence(self) -> bool {
        matches!(self, Self::Missing | Self::Incomplete)
    }

    /// The cause to report if other evidence of the same set is shown.
    pub(super) const fn beside_some(self) -> Self {
        match self {
            Self::Undisclosed => Self::Partial,
            other => other,
        }
    }
}
