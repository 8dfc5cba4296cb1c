//! Findings about a ruleset, each with its location.

use super::node::SourceRange;

/// One finding. Messages are in lower case without a final period, with user text in backticks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// Stable code, such as `ruleset.unknown_field`.
    pub code: &'static str,
    /// Location in the source.
    pub at: SourceRange,
    /// The problem, and the expected form.
    pub message: String,
    /// A remedy, such as a near match or the allowed values.
    pub help: Option<String>,
}
