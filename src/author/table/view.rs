//! A ruleset at an instant, with the requests that are decided for each row.

use super::person::EvidenceMode;
use crate::base::time::Instant;
use crate::check::program::Program;

/// A ruleset at an instant, with the requests to decide.
#[derive(Clone, Debug)]
pub struct Query<'a> {
    /// The ruleset.
    pub program: &'a Program,
    /// The instant.
    pub now: Instant,
    /// The trust in the table's evidence.
    pub belief: EvidenceMode,
    /// Models and actions.
    pub asked: Vec<(String, String)>,
    /// Applies or ignores the ruleset's own window. A former version has mostly expired when a look-back evaluates it.
    pub window: RulesetWindow,
}

/// The treatment of a ruleset outside its own window.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(clippy::exhaustive_enums, reason = "there is no third way")]
pub enum RulesetWindow {
    /// It refuses every request, as where it is enforced.
    Counts,
    /// Only the rules' own windows apply.
    Ignored,
}
