//! A ruleset that was read and checked: every name resolves, every window is a window, every rule has a basis.

use crate::attribute::AttributeId;
use crate::country::CountrySet;
use crate::decision::{Basis, Obligation, Outcome};
use crate::jose::Key;
use crate::json;
use crate::time::{Instant, Span, Window};
use std::collections::{BTreeMap, BTreeSet};

/// A ruleset.
#[derive(Clone, Debug)]
pub struct Ruleset {
    pub(crate) id: String,
    pub(crate) version: u64,
    pub(crate) title: Option<String>,
    pub(crate) issued: Instant,
    pub(crate) expires: Instant,
    pub(crate) notice: Span,
    pub(crate) default: Outcome,
    pub(crate) actions: Vec<String>,
    /// Most capable first.
    pub(crate) models: Vec<Model>,
    pub(crate) issuers: Vec<Issuer>,
    pub(crate) obligations: Vec<Obligation>,
    pub(crate) licences: Vec<Licence>,
    pub(crate) rules: Vec<Rule>,
}

impl Ruleset {
    /// Its id.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Its version, which only grows.
    pub const fn version(&self) -> u64 {
        self.version
    }

    /// First instant at which it may be used.
    pub const fn issued(&self) -> Instant {
        self.issued
    }

    /// First instant at which it may no longer be used.
    pub const fn expires(&self) -> Instant {
        self.expires
    }

    /// The catalogue's models as id and title, most capable first.
    pub fn models(&self) -> impl Iterator<Item = (&str, &str)> {
        self.models.iter().map(|model| (model.id.as_str(), model.title.as_str()))
    }

    /// The actions that it knows.
    pub fn actions(&self) -> impl Iterator<Item = &str> {
        self.actions.iter().map(String::as_str)
    }
}

/// An entry of the catalogue.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Model {
    pub(crate) id: String,
    pub(crate) title: String,
    pub(crate) capability: BTreeMap<String, f64>,
}

/// An identity provider that the ruleset trusts.
#[derive(Clone, Debug)]
pub(crate) struct Issuer {
    pub(crate) id: String,
    pub(crate) iss: String,
    pub(crate) audience: Vec<String>,
    pub(crate) typ: Vec<String>,
    pub(crate) keys: Vec<Key>,
    /// The keys as they were written, for the canonical form.
    pub(crate) jwks: Vec<json::Object>,
    pub(crate) max_lifetime: Option<Span>,
    pub(crate) skew: Span,
    pub(crate) claims: Vec<ClaimMapping>,
}

/// How one claim of an issuer becomes an attribute.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct ClaimMapping {
    pub(crate) attribute: AttributeId,
    /// JSON Pointer (RFC 6901) into the payload.
    pub(crate) claim: String,
    /// The issuer asserts the whole set, so that what is not in it is not there.
    pub(crate) complete: bool,
    pub(crate) assurance: Assurance,
    pub(crate) verified_at: Option<String>,
    pub(crate) expires_at: Option<String>,
}

/// The assurance of a claim, 0 to 3.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Assurance {
    /// Always this.
    Level(u8),
    /// As a claim of the token says; a value that is not listed is level 0.
    Claim {
        /// JSON Pointer.
        claim: String,
        /// What its values mean.
        levels: BTreeMap<String, u8>,
    },
}

/// A named authorisation.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Licence {
    pub(crate) id: String,
    pub(crate) basis: Basis,
    pub(crate) holder: Condition,
    pub(crate) evidence: EvidencePolicies,
    pub(crate) scope: Scope,
    pub(crate) window: Window,
    pub(crate) revoked: Option<Instant>,
    pub(crate) provisos: Vec<Proviso>,
    pub(crate) obligations: Vec<String>,
}

/// A condition of a licence that somebody keeps up outside of the check.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Proviso {
    pub(crate) id: String,
    pub(crate) satisfied: bool,
    pub(crate) until: Option<Instant>,
}

/// An outcome with a scope, a condition, exceptions and a basis.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Rule {
    pub(crate) id: String,
    pub(crate) title: String,
    pub(crate) outcome: RuleOutcome,
    pub(crate) reason: String,
    pub(crate) message: String,
    pub(crate) basis: Basis,
    pub(crate) effective: Effective,
    pub(crate) scope: Scope,
    pub(crate) when: Condition,
    pub(crate) evidence: EvidencePolicies,
    pub(crate) unless: Vec<Exception>,
    pub(crate) obligations: Vec<String>,
}

/// What a rule comes to, and what is served instead.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct RuleOutcome {
    pub(crate) outcome: Outcome,
    /// The fallback of `degrade`, the interim of the others.
    pub(crate) model: Option<String>,
    pub(crate) action: Option<String>,
}

/// When a rule or an exception is in force.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Effective {
    /// When it was made known; before that it is not announced.
    pub(crate) notice: Option<Instant>,
    pub(crate) window: Window,
    pub(crate) suspended: Vec<Window>,
}

/// Which models and actions; absent means all.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Scope {
    pub(crate) models: Option<ModelMatch>,
    pub(crate) actions: Option<BTreeSet<String>>,
}

/// Which models of the catalogue.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum ModelMatch {
    /// All of these.
    All(Vec<Self>),
    /// Any of these.
    Any(Vec<Self>),
    /// Not this.
    Not(Box<Self>),
    /// These ids.
    Id(BTreeSet<String>),
    /// A capability on the model's own scale; a model without it does not match.
    Capability {
        /// Its name.
        name: String,
        /// The range.
        range: Range,
    },
}

/// A range of numbers, both ends inclusive.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Range {
    pub(crate) at_least: Option<f64>,
    pub(crate) at_most: Option<f64>,
}

/// Something that lifts a rule.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Exception {
    /// A licence, by id.
    Licence(String),
    /// A condition of its own.
    Case(Box<ExceptionCase>),
}

/// An exception with a condition.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct ExceptionCase {
    pub(crate) id: String,
    pub(crate) reason: String,
    pub(crate) basis: Option<Basis>,
    pub(crate) effective: Effective,
    pub(crate) scope: Scope,
    pub(crate) when: Condition,
    pub(crate) evidence: EvidencePolicies,
    pub(crate) obligations: Vec<String>,
}

/// A condition over a subject and a context, as it was written.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Condition {
    /// All hold. Empty: always true.
    All(Vec<Self>),
    /// Any holds.
    Any(Vec<Self>),
    /// It does not hold.
    Not(Box<Self>),
    /// One attribute's value is as wanted.
    Test(AttributeId, Matcher),
}

/// What is wanted of one attribute's value.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Matcher {
    /// A truth value.
    Is(bool),
    /// One of these texts.
    Text(BTreeSet<String>),
    /// One of these countries.
    Country(CountrySet),
    /// The set has a member in common with these.
    AnyText(BTreeSet<String>),
    /// The set has all of these.
    AllText(BTreeSet<String>),
    /// The set has nothing but these.
    OnlyText(BTreeSet<String>),
    /// The set has a member in common with these.
    AnyCountry(CountrySet),
    /// The set has all of these.
    AllCountry(CountrySet),
    /// The set has nothing but these.
    OnlyCountry(CountrySet),
}

/// What evidence must be like to count, per attribute.
pub(crate) type EvidencePolicies = BTreeMap<AttributeId, EvidencePolicy>;

/// What evidence must be like to count.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct EvidencePolicy {
    /// Least assurance level, 0 to 3.
    pub(crate) assurance: u8,
    pub(crate) max_age: Option<Span>,
    /// Only these issuers, by id; absent means any that the ruleset trusts.
    pub(crate) issuers: Option<BTreeSet<String>>,
}
