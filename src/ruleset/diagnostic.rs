//! What is wrong with a ruleset, and where.

use super::node::Mark;

/// One finding. Messages are in lower case without a final period; user text stands in backticks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// Stable code, such as `ruleset.unknown_field`.
    pub code: &'static str,
    /// Where in the source.
    pub at: Mark,
    /// What is wrong and what was expected.
    pub message: String,
    /// What to do about it: a near miss, the allowed values.
    pub help: Option<String>,
}
