//! The outcome of a rule, its legal basis, and the obligations of the caller. The enum is exhaustive on purpose, so that a
//! new outcome breaks every caller's build.

use serde::Serialize;

/// The outcome, least strict first, so that the greater of two is the stricter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[allow(clippy::exhaustive_enums, reason = "a caller must handle each outcome")]
pub enum Outcome {
    /// Serve it, and carry out the obligations.
    Allow,
    /// Do not serve what was requested; serve the fallback.
    Degrade,
    /// Serve nothing yet, or the interim model: evidence is missing, weak, stale or in conflict.
    StepUp,
    /// Serve nothing until a named person has decided.
    Review,
    /// Serve nothing.
    Deny,
}

impl Outcome {
    /// The word for it in rulesets and decisions.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Allow => "allow",
            Self::Degrade => "degrade",
            Self::StepUp => "step_up",
            Self::Review => "review",
            Self::Deny => "deny",
        }
    }
}

/// The legal source of a rule.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Basis {
    /// The citation, as a lawyer writes it.
    pub citation: String,
    /// The address of the text.
    pub url: Option<String>,
    /// The day on which the author read it, as `YYYY-MM-DD`.
    pub as_of: Option<String>,
}

/// Something the caller must do when it serves.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Obligation {
    /// Its id, such as `log`.
    pub id: String,
    /// The obligation as a sentence.
    pub title: String,
}
