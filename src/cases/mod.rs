//! Files of cases: requests, each with the decision that is expected of it. Only their form is known here; what a
//! path, a model or a context attribute means is the ruleset's business.

mod read;
mod schema;

use crate::ruleset::{Mark, Node};
use crate::time::Instant;
pub use read::read;
pub use schema::schema;
use serde::Serialize;
use std::collections::BTreeMap;

/// A file of cases.
#[derive(Clone, Debug, PartialEq)]
pub struct CaseFile {
    /// Anything about the file as a whole. Not read.
    pub meta: Option<Node>,
    /// Which file each ruleset that the cases name is in; relative to this file.
    pub rulesets: BTreeMap<String, String>,
    /// The cases, run in this order.
    pub cases: Vec<Case>,
}

/// One request, and the decision that is expected of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Case {
    /// Its name, once in a file.
    pub id: String,
    /// The ruleset that applies, by name; several joined by `+`, of which the strictest governs.
    pub ruleset: Vec<String>,
    /// What it is about, in a line.
    pub title: Option<String>,
    /// When it is decided.
    pub at: Instant,
    /// The model that is asked for.
    pub model: String,
    /// What is to be done with the model.
    pub action: String,
    /// What it is for, as the host states it.
    pub purpose: Option<String>,
    /// All that issuers assert about the parties. Without any, the caller is signed in and nothing more is known.
    pub evidence: Vec<Evidence>,
    /// What the host states.
    pub context: Context,
    /// The parties between the caller and the model, each with its `role`.
    pub chain: Vec<Node>,
    /// The licences that the caller holds in this case.
    pub authorizations: Vec<Authorization>,
    /// The decision that is expected.
    pub expect: Expectation,
    /// Why that is the right decision, for people.
    pub why: Option<String>,
    /// What it rests on, for people.
    pub cite: Vec<String>,
    /// Words by which cases can be chosen.
    pub tags: Vec<String>,
    /// Where the case was written. Not a field of the file.
    pub place: Mark,
    /// Where its rulesets were named. Not a field of the file.
    pub ruleset_place: Mark,
}

/// One fact that an issuer asserts.
#[derive(Clone, Debug, PartialEq)]
pub struct Evidence {
    /// What it is about, such as `us_status`.
    pub path: String,
    /// What the issuer says.
    pub value: Node,
    /// What kind of issuer it is, such as `gov`. A ruleset that does not name the issuer may trust its class.
    pub class: Option<String>,
    /// Who says it.
    pub issuer: String,
    /// How sure the issuer is.
    pub assurance: Option<Assurance>,
    /// When the issuer verified it.
    pub verified_at: Option<Instant>,
    /// From when it no longer counts.
    pub expires_at: Option<Instant>,
    /// What has become of it since, such as `revoked`.
    pub status: Option<String>,
    /// Which party it is about; without: the caller.
    pub of: Option<String>,
}

/// How sure an issuer is of a fact.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[allow(clippy::exhaustive_enums, reason = "a caller must handle each level")]
pub enum Assurance {
    /// The person says so.
    SelfAsserted,
    /// Low.
    Low,
    /// Substantial.
    Substantial,
    /// High.
    High,
}

impl Assurance {
    const ALL: [Self; 4] = [Self::SelfAsserted, Self::Low, Self::Substantial, Self::High];

    /// The word for it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::SelfAsserted => "self",
            Self::Low => "low",
            Self::Substantial => "substantial",
            Self::High => "high",
        }
    }
}

/// What the host states of a request.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Context {
    /// Where the request comes from.
    pub geo: Option<Geo>,
    /// Any other context attribute that the ruleset declares, by its name.
    pub attributes: BTreeMap<String, Node>,
}

/// Where a request comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Geo {
    /// The first signal.
    pub place: Place,
    /// Further signals, which may disagree.
    pub others: Vec<Place>,
}

/// One signal of where a request comes from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Place {
    /// The country's code. One that does not exist is kept: that is a case too.
    pub country: String,
    /// A part of the country, such as `UA-43`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub region: Option<String>,
    /// Where the signal is from, such as `ip`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// `ok`, or why the signal is to be ignored.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub quality: Option<String>,
}

/// A licence that the caller holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Authorization {
    /// What kind of licence it is.
    pub kind: String,
    /// Its number.
    pub number: String,
    /// The models that it is for; none: all.
    pub models: Vec<String>,
    /// The actions that it is for; none: all.
    pub actions: Vec<String>,
    /// What the models may be used for; none: anything.
    pub end_uses: Vec<String>,
    /// First instant at which it is valid.
    pub valid_from: Option<Instant>,
    /// First instant at which it is no longer valid.
    pub valid_until: Option<Instant>,
    /// When it was revoked.
    pub revoked: Option<Instant>,
    /// What has to be kept up for it to hold.
    pub provisos: Vec<Proviso>,
    /// Where it was written. Not a field of the file.
    pub place: Mark,
}

/// Something that has to be kept up for a licence to hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proviso {
    /// Its name.
    pub id: String,
    /// Whether it is kept up.
    pub satisfied: bool,
    /// First instant at which it no longer is.
    pub until: Option<Instant>,
}

/// The decision that is expected. What is not mentioned may be anything.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Expectation {
    /// The outcome.
    pub outcome: ExpectedOutcome,
    /// The governing reason, or that of another rule which gives the same outcome.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// With `degrade`: the other model that is served.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fallback: Option<String>,
    /// With `degrade`: the action that is served.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fallback_action: Option<String>,
    /// With `step_up`: the model that may be served meanwhile.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub interim: Option<String>,
}

/// An outcome, where an allow tells whether anything must be done in return.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[allow(clippy::exhaustive_enums, reason = "a caller must handle each outcome")]
pub enum ExpectedOutcome {
    /// Allow, without obligations.
    Allow,
    /// Allow, with one obligation or more.
    AllowWithObligations,
    /// The fallback is served.
    Degrade,
    /// Evidence is missing.
    StepUp,
    /// A person decides.
    Review,
    /// Nothing is served.
    Deny,
}

impl ExpectedOutcome {
    const ALL: [Self; 6] =
        [Self::Allow, Self::AllowWithObligations, Self::Degrade, Self::StepUp, Self::Review, Self::Deny];

    /// The word for it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Allow => "allow",
            Self::AllowWithObligations => "allow_with_obligations",
            Self::Degrade => "degrade",
            Self::StepUp => "step_up",
            Self::Review => "review",
            Self::Deny => "deny",
        }
    }
}
