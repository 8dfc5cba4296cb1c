//! The decision: its fields and how they are written. The enums are exhaustive on purpose, so that a new outcome breaks
//! every caller's build.

use crate::base::time::{Instant, Span};
pub use crate::ruleset::outcome::{Basis, Obligation, Outcome};
use serde::Serialize;

/// The origin of an outcome.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum DecidedBy {
    /// A rule of the ruleset.
    Rule,
    /// The ruleset's default: no rule applied.
    Default,
    /// The token was refused; `reason` starts with `token.`.
    Token,
    /// The request named something that does not exist; `reason` starts with `request.`.
    Request,
    /// The ruleset may not be used now; `reason` starts with `ruleset.`.
    Ruleset,
}

/// The answer to one request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[must_use]
pub struct Decision {
    /// The outcome, which the caller acts on.
    pub outcome: Outcome,
    /// True for `allow` alone.
    pub allowed: bool,
    /// The origin of the outcome.
    pub decided_by: DecidedBy,
    /// Stable code of the governing reason.
    pub reason: String,
    /// The governing reason as a sentence for the person it concerns.
    pub message: String,
    /// The ruleset that judged.
    pub ruleset: RulesetRef,
    /// The governing rule, if a rule governed.
    pub rule: Option<String>,
    /// The governing rule's legal basis.
    pub basis: Option<Basis>,
    /// The requested model.
    pub model: String,
    /// The requested action.
    pub action: String,
    /// The instant for which this was decided.
    pub decided_at: Instant,
    /// The first instant at which the decision could change with nothing else changing.
    pub valid_until: Option<Instant>,
    /// With `degrade`, the model and action to serve instead.
    pub fallback: Option<Serving>,
    /// With `step_up`, the model and action that may be served meanwhile.
    pub interim: Option<Serving>,
    /// The rules that decided, strictest first, and the rules that an exception lifted.
    pub reasons: Vec<RuleReason>,
    /// The smallest sets of evidence that could turn the answer to allow, cheapest in privacy first.
    pub needs: Vec<EvidencePath>,
    /// The models on which the same subject may do the same action now, most capable first.
    pub alternatives: Vec<Alternative>,
    /// The caller's obligations when it serves.
    pub obligations: Vec<Obligation>,
    /// Changes inside the ruleset's notice period.
    pub upcoming: Vec<Change>,
    /// Attributes that the caller sent evidence for, but the decision did not need.
    pub not_needed: Vec<String>,
    /// Until this instant the same answer would be given again, except for `decided_at`. It is at the latest
    /// `valid_until`, and earlier if a change enters the notice period. For hosts that cache answers; it is not
    /// serialized.
    #[serde(skip)]
    pub same_until: Option<Instant>,
}

/// A ruleset by name and version.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RulesetRef {
    /// Its id.
    pub id: String,
    /// Its version, which only increases.
    pub version: u64,
}

/// A model and an action to serve.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
pub struct Serving {
    /// The model's id.
    pub model: String,
    /// The action.
    pub action: String,
}

/// The truth of a rule's condition. A rule with a false condition is not listed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Holds {
    /// The condition is true.
    True,
    /// No usable evidence settles it.
    Unknown,
    /// Usable evidence disagrees.
    Conflict,
}

/// The result of one rule.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RuleReason {
    /// The ruleset's id.
    pub ruleset: String,
    /// The rule's id.
    pub rule: String,
    /// Its title.
    pub title: String,
    /// Its contribution: its own outcome, `step_up` if it is not known to apply, `allow` if an exception lifted it.
    pub outcome: Outcome,
    /// Stable code: the rule's own, the cause if its condition is unknown, or that of the exception that lifted it.
    pub reason: String,
    /// A sentence for the person it concerns.
    pub message: String,
    /// The truth of its condition.
    pub holds: Holds,
    /// The role of the party that was judged. `None` if that is the person served.
    pub of: Option<String>,
    /// False if it is in force but the authority does not enforce it: it is listed, but restricts nothing.
    pub enforced: bool,
    /// The SHA-256 that commits to a sealed rule, whose title and exceptions are not shown. `None` if the rule is not
    /// sealed.
    pub sealed: Option<String>,
    /// Its legal basis.
    pub basis: Basis,
    /// The exceptions that were tried.
    pub exceptions: Vec<ExceptionReason>,
}

/// The result of one exception of a rule.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ExceptionReason {
    /// The exception's id.
    pub id: String,
    /// True if it requires a licence.
    pub licence: bool,
    /// The number of the licence that it rests on, which is the licence's id.
    pub number: Option<String>,
    /// True if it lifted the rule.
    pub lifted: bool,
    /// Stable code: its own if it lifted the rule, else why it did not.
    pub reason: String,
}

/// One way to an allow: all of its evidence is needed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct EvidencePath {
    /// The evidence to supply.
    pub evidence: Vec<EvidenceNeed>,
}

/// One piece of evidence that could change the answer.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct EvidenceNeed {
    /// The attribute that it must assert.
    pub attribute: String,
    /// The role of the party that it must be about. `None` if that is the person served.
    pub of: Option<String>,
    /// Why present evidence does not suffice: `evidence.missing`, `evidence.stale`, …
    pub problem: &'static str,
    /// Minimum assurance level, 0 to 3.
    pub assurance: u8,
    /// Maximum age in seconds.
    #[serde(serialize_with = "seconds")]
    pub max_age: Option<Span>,
    /// The issuers of this ruleset that can assert it with that assurance.
    pub issuers: Vec<String>,
    /// The values that would help. All of these must be satisfied.
    pub wanted: Vec<WantedValue>,
}

/// A requirement on a value.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct WantedValue {
    /// The matcher of a condition: `is`, `in`, `under`, `any_of`, `all_of`, `only`, `has`, `lists`, `range` or `count`.
    pub matcher: &'static str,
    /// True if the value must match, false if it must not.
    pub holds: bool,
    /// The values that the matcher names, or the fields of a record. Empty for numbers, for names of people, and if
    /// there are more than sixteen.
    pub values: Vec<String>,
}

/// A model that may be used instead.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Alternative {
    /// The model's id.
    pub model: String,
    /// Its title.
    pub title: String,
}

/// A change that is coming.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Change {
    /// The instant of the change.
    pub at: Instant,
    /// The outcome of this same request from then on.
    pub outcome: Outcome,
    /// The governing reason from then on.
    pub reason: String,
    /// The governing rule from then on.
    pub rule: Option<String>,
}

#[allow(clippy::ref_option, reason = "serde passes the field by reference")]
fn seconds<S: serde::Serializer>(span: &Option<Span>, serializer: S) -> Result<S::Ok, S::Error> {
    match span {
        Some(span) => serializer.serialize_some(&span.as_seconds()),
        None => serializer.serialize_none(),
    }
}
