//! Files of cases: requests, each with its expected decision. This module checks only their form. The ruleset defines the
//! meaning of a path, a model or a context attribute.

mod read;
mod schema;

use crate::author::language::{Node, SourceRange};
use crate::base::time::Instant;
pub use read::read;
pub use schema::schema;
use serde::Serialize;
use std::collections::BTreeMap;

/// A file of cases.
#[derive(Clone, Debug, PartialEq)]
pub struct CaseFile {
    /// Any data about the file as a whole. Not interpreted.
    pub meta: Option<Node>,
    /// The file of each ruleset that the cases name, relative to this file.
    pub rulesets: BTreeMap<String, String>,
    /// The cases, run in this order.
    pub cases: Vec<Case>,
}

/// One request and its expected decision.
#[derive(Clone, Debug, PartialEq)]
pub struct Case {
    /// Its name, unique in the file.
    pub id: String,
    /// The rulesets that apply, by name. The strictest governs.
    pub ruleset: Vec<String>,
    /// A one-line summary.
    pub title: Option<String>,
    /// The instant of the decision.
    pub at: Instant,
    /// The requested model.
    pub model: String,
    /// The requested action.
    pub action: String,
    /// The purpose, as the host states it.
    pub purpose: Option<String>,
    /// All facts that issuers assert about the parties. If empty, the caller is signed in and nothing else is known.
    pub evidence: Vec<CaseEvidence>,
    /// The facts that the host states.
    pub context: CaseContext,
    /// The parties between the caller and the model, each with its `role`.
    pub chain: Vec<Node>,
    /// The licences that the caller holds in this case.
    pub authorizations: Vec<Authorization>,
    /// The expected decision.
    pub expect: Expectation,
    /// An explanation of the expected decision, for people.
    pub why: Option<String>,
    /// Sources of the expected decision, for people.
    pub cite: Vec<String>,
    /// Words to select cases by.
    pub tags: Vec<String>,
    /// Location of the case. Not a field of the file.
    pub place: SourceRange,
    /// Location of the names of its rulesets. Not a field of the file.
    pub ruleset_place: SourceRange,
}

/// One fact that an issuer asserts.
#[derive(Clone, Debug, PartialEq)]
pub struct CaseEvidence {
    /// The claim, such as `us_status`.
    pub path: String,
    /// The asserted value.
    pub value: Node,
    /// Class of the issuer, such as `gov`. A ruleset that does not name the issuer may trust its class.
    pub class: Option<String>,
    /// The issuer that asserts it.
    pub issuer: String,
    /// The assurance level of the fact.
    pub assurance: Option<CaseAssurance>,
    /// The instant at which the issuer verified it.
    pub verified_at: Option<Instant>,
    /// First instant at which it is no longer valid.
    pub expires_at: Option<Instant>,
    /// Its later status, such as `revoked`.
    pub status: Option<String>,
    /// The party that it is about. `None` if that is the caller.
    pub of: Option<String>,
}

/// An issuer's assurance level for a fact.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[allow(clippy::exhaustive_enums, reason = "a caller must handle each level")]
pub enum CaseAssurance {
    /// Asserted by the person.
    SelfAsserted,
    /// Low.
    Low,
    /// Substantial.
    Substantial,
    /// High.
    High,
}

impl CaseAssurance {
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

/// The facts that the host states about a request.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct CaseContext {
    /// The location of the request.
    pub geo: Option<Geo>,
    /// Other context attributes that the ruleset declares, by name.
    pub attributes: BTreeMap<String, Node>,
}

/// The location of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Geo {
    /// The first signal.
    pub place: CasePlace,
    /// Further signals, which may disagree.
    pub others: Vec<CasePlace>,
}

/// One signal of the location of a request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CasePlace {
    /// The country's code. A code that does not exist is kept, since a case can test it.
    pub country: String,
    /// A part of the country, such as `UA-43`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub region: Option<String>,
    /// The source of the signal, such as `ip`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// `ok`, or the reason to ignore the signal.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub quality: Option<String>,
}

/// A licence that the caller holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Authorization {
    /// The type of licence.
    pub kind: String,
    /// Its number.
    pub number: String,
    /// The models that it covers. If empty, all models.
    pub models: Vec<String>,
    /// The actions that it covers. If empty, all actions.
    pub actions: Vec<String>,
    /// The purposes that it covers. If empty, all purposes.
    pub end_uses: Vec<String>,
    /// First instant at which it is valid.
    pub valid_from: Option<Instant>,
    /// First instant at which it is no longer valid.
    pub valid_until: Option<Instant>,
    /// The instant at which it was revoked.
    pub revoked: Option<Instant>,
    /// Conditions that must stay satisfied for the licence to apply.
    pub provisos: Vec<CaseProviso>,
    /// Its location. Not a field of the file.
    pub place: SourceRange,
}

/// A condition that must stay satisfied for a licence to apply.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CaseProviso {
    /// Its name.
    pub id: String,
    /// True if it is satisfied.
    pub satisfied: bool,
    /// First instant at which it is no longer satisfied.
    pub until: Option<Instant>,
}

/// The expected decision. Absent fields are not compared.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Expectation {
    /// The outcome.
    pub outcome: ExpectedOutcome,
    /// The governing reason, or the reason of another rule with the same outcome.
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

/// An outcome that distinguishes whether an allow has obligations.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[allow(clippy::exhaustive_enums, reason = "a caller must handle each outcome")]
pub enum ExpectedOutcome {
    /// Allow, without obligations.
    Allow,
    /// Allow, with at least one obligation.
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
