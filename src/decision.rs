//! The answer: what it says and how it is written. Exhaustive on purpose, so that a new outcome breaks every caller's build.

use crate::time::{Instant, Span};
use serde::Serialize;

/// What the caller does, least strict first, so that the greater of two is the stricter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[allow(clippy::exhaustive_enums, reason = "a caller must handle each outcome")]
pub enum Outcome {
    /// Serve it, and carry out the obligations.
    Allow,
    /// Do not serve what was asked; serve the fallback.
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

/// What settled the outcome.
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
    /// What the caller does.
    pub outcome: Outcome,
    /// True for `allow` alone.
    pub allowed: bool,
    /// What settled it.
    pub decided_by: DecidedBy,
    /// Stable code of the governing reason.
    pub reason: String,
    /// The governing reason as a sentence for the person it concerns.
    pub message: String,
    /// Which ruleset judged.
    pub ruleset: RulesetRef,
    /// The governing rule, if a rule governed.
    pub rule: Option<String>,
    /// The governing rule's legal basis.
    pub basis: Option<Basis>,
    /// The model that was asked for.
    pub model: String,
    /// The action that was asked for.
    pub action: String,
    /// The instant for which this was decided.
    pub decided_at: Instant,
    /// The first instant at which the decision could change with nothing else changing.
    pub valid_until: Option<Instant>,
    /// With `degrade`: what to serve instead.
    pub fallback: Option<Serving>,
    /// With `step_up`: what may be served meanwhile.
    pub interim: Option<Serving>,
    /// The rules that decided, strictest first, and those an exception lifted.
    pub reasons: Vec<RuleReason>,
    /// The smallest sets of evidence that could turn the answer to allow, cheapest in privacy first.
    pub needs: Vec<EvidencePath>,
    /// The models on which the same subject may do the same action now, most capable first.
    pub alternatives: Vec<Alternative>,
    /// What the caller must do when it serves.
    pub obligations: Vec<Obligation>,
    /// Changes inside the ruleset's notice period.
    pub upcoming: Vec<Change>,
    /// Attributes that the caller sent evidence for and the decision did not need.
    pub not_needed: Vec<String>,
    /// Until when this same answer would be given again, but for `decided_at`: at the latest `valid_until`, and earlier
    /// where a change comes into the notice period. For hosts that keep answers; not part of what is written.
    #[serde(skip)]
    pub same_until: Option<Instant>,
}

/// A ruleset by name and version.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RulesetRef {
    /// Its id.
    pub id: String,
    /// Its version, which only grows.
    pub version: u64,
}

/// Where the law says so.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Basis {
    /// The citation, as a lawyer writes it.
    pub citation: String,
    /// Where to read it.
    pub url: Option<String>,
    /// The day on which the author read it, as `YYYY-MM-DD`.
    pub as_of: Option<String>,
}

/// A model and an action to serve.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
pub struct Serving {
    /// The model's id.
    pub model: String,
    /// The action.
    pub action: String,
}

/// How sure a rule is of its condition. A false one is not listed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Holds {
    /// The condition is true.
    True,
    /// No usable evidence says.
    Unknown,
    /// Usable evidence disagrees.
    Conflict,
}

/// What one rule had to say.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RuleReason {
    /// The ruleset's id.
    pub ruleset: String,
    /// The rule's id.
    pub rule: String,
    /// Its title.
    pub title: String,
    /// What it came to: its own outcome, `step_up` where it is not known to apply, `allow` where an exception lifted it.
    pub outcome: Outcome,
    /// Stable code: the rule's own, or why its condition is not known, or of the exception that lifted it.
    pub reason: String,
    /// A sentence for the person it concerns.
    pub message: String,
    /// Whether its condition is known to hold.
    pub holds: Holds,
    /// The role of the party that was judged; none: the person served.
    pub of: Option<String>,
    /// False while it is in force and the authority does not act on it: it is named, and restricts nothing.
    pub enforced: bool,
    /// Of a sealed rule, the SHA-256 that commits to it; its title and exceptions are not told.
    pub sealed: Option<String>,
    /// Its legal basis.
    pub basis: Basis,
    /// The exceptions that were tried.
    pub exceptions: Vec<ExceptionReason>,
}

/// What one exception of a rule came to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ExceptionReason {
    /// The exception's id.
    pub id: String,
    /// Whether it asks for a licence.
    pub licence: bool,
    /// The number of the licence that it rests on, which is the licence's id.
    pub number: Option<String>,
    /// Whether it lifted the rule.
    pub lifted: bool,
    /// Stable code: why it did not lift, or its own when it did.
    pub reason: String,
}

/// One way to an allow: all of its evidence is needed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct EvidencePath {
    /// What to bring.
    pub evidence: Vec<EvidenceNeed>,
}

/// One piece of evidence that could change the answer.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct EvidenceNeed {
    /// The attribute that it must assert.
    pub attribute: String,
    /// The role of the party that it must be about; none: the person served.
    pub of: Option<String>,
    /// Why what is there does not serve: `evidence.missing`, `evidence.stale`, …
    pub problem: &'static str,
    /// Least assurance level, 0 to 3.
    pub assurance: u8,
    /// Greatest age in seconds.
    #[serde(serialize_with = "seconds")]
    pub max_age: Option<Span>,
    /// The issuers of this ruleset that can assert it so.
    pub issuers: Vec<String>,
    /// The values that would help; all of these must be so.
    pub wanted: Vec<WantedValue>,
}

/// What a value must be like to help.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct WantedValue {
    /// The matcher of a condition: `is`, `in`, `under`, `any_of`, `all_of`, `only`, `has`, `lists`, `range` or `count`.
    pub matcher: &'static str,
    /// Whether it must match, or must not.
    pub holds: bool,
    /// The values that the matcher names, or the fields of a record; empty for numbers, for names of people, and where
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

/// Something the caller must do when it serves.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Obligation {
    /// Its id, such as `log`.
    pub id: String,
    /// What to do, in a sentence.
    pub title: String,
}

/// A change that is coming.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Change {
    /// When.
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
