//! A ruleset that was read and checked: every name resolves, every window is a window, every rule has a basis.

use super::area::Area;
#[cfg(feature = "author")]
use crate::attribute::Type;
use crate::attribute::{AttributeId, Complete, Vocabulary};
use crate::country::CountrySet;
use crate::decision::{Basis, Obligation, Outcome};
use crate::issuer::TrustedIssuer;
use crate::json;
use crate::set::{Map, Set};
use crate::time::{Instant, Span, Window};
use std::cmp::Ordering;
use std::hash::{Hash, Hasher};

/// A ruleset.
#[derive(Clone, Debug)]
pub struct Ruleset {
    pub(crate) id: String,
    pub(crate) version: u64,
    pub(crate) title: Option<String>,
    /// It may trust issuers whose tokens anybody can mint, and no app for people opens it.
    pub(crate) development: bool,
    pub(crate) issued: Instant,
    pub(crate) expires: Instant,
    pub(crate) notice: Span,
    pub(crate) default: Default,
    pub(crate) actions: Vec<String>,
    /// Most capable first.
    pub(crate) models: Vec<Model>,
    pub(crate) vocabulary: Vocabulary,
    pub(crate) groups: Vec<Group>,
    pub(crate) issuers: Vec<Issuer>,
    /// What makes tokens of several issuers one person's; those of one issuer must have the same `sub`.
    pub(crate) same_person: Set<SamePerson>,
    pub(crate) obligations: Vec<Obligation>,
    pub(crate) licences: Vec<Licence>,
    /// By id.
    pub(crate) rules: Vec<Rule>,
    /// What the author promises; proved before it is signed, and no part of what an app reads.
    #[cfg(feature = "author")]
    pub(crate) guarantees: Vec<Guarantee>,
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

    /// The issuers whose keys it neither has nor says where to fetch: they are kept apart.
    #[cfg(feature = "author")]
    pub fn issuers_without_keys(&self) -> impl Iterator<Item = &str> {
        let trusted = self.issuers.iter().map(|issuer| &issuer.trusted);
        trusted.filter(|trusted| trusted.keys.is_empty() && trusted.remote.is_none()).map(|trusted| trusted.id.as_str())
    }

    /// The claims that it reads of an issuer's tokens: the JSON Pointer of each from the token's root, past any list, and the
    /// fields of what is read there; none where it is no record.
    #[cfg(feature = "author")]
    pub fn claims_of(&self, issuer: &str) -> Vec<(String, Vec<&str>)> {
        let issuers = self.issuers.iter().filter(|known| known.trusted.id == issuer);
        let read = |mapping: &'_ ClaimMapping| -> Vec<(String, Vec<&str>)> {
            let fields = match self.vocabulary.get(mapping.attribute).map(|attribute| &attribute.kind) {
                Some(Type::Records(fields)) => fields.iter().map(|(name, _)| name.as_str()).collect(),
                Some(Type::Holdings) => vec!["country", "since", "until"],
                _ => Vec::new(),
            };
            let each = mapping.each.as_deref().unwrap_or_default();
            let only = mapping.only.iter().map(|only| ([each, &only.claim].concat(), Vec::new()));
            only.chain([([each, &mapping.claim].concat(), fields)]).collect()
        };
        issuers.flat_map(|issuer| &issuer.claims).flat_map(read).collect()
    }

    /// Whether it is for development alone.
    pub const fn is_development(&self) -> bool {
        self.development
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

    /// The fields of a request's context that the host may state: those of every ruleset, then its own.
    pub fn context(&self) -> impl Iterator<Item = &str> {
        let own = self.vocabulary.own().iter().filter_map(|attribute| attribute.name.strip_prefix("context."));
        ["country", "region", "places", "chain", "purpose"].into_iter().chain(own)
    }

    /// The issuers that it trusts.
    pub fn issuers(&self) -> impl Iterator<Item = &TrustedIssuer> {
        self.issuers.iter().map(|issuer| &issuer.trusted)
    }

    /// Every id that coverage can reach: of each rule, and of each of its exceptions.
    pub fn rules(&self) -> impl Iterator<Item = (&str, impl Iterator<Item = &str>)> {
        self.rules.iter().map(|rule| (rule.id.as_str(), rule.unless.iter().map(|exception| exception.id.as_str())))
    }

    /// The title and the basis of a rule. A sealed rule tells its basis alone.
    pub fn basis(&self, rule: &str) -> Option<(&str, &Basis)> {
        let rule = self.rules.iter().find(|known| known.id == rule)?;
        Some((if rule.sealed.is_some() { "A sealed rule" } else { &rule.title }, &rule.basis))
    }

    /// Every reason code that the ruleset itself declares.
    pub fn reasons(&self) -> Set<&str> {
        let mut codes: Set<&str> = self.default.reason.as_deref().into_iter().collect();
        for rule in &self.rules {
            codes.insert(&rule.reason);
            codes.extend(rule.unknown.iter().map(|unknown| unknown.reason.as_str()));
            for exception in &rule.unless {
                codes.insert(&exception.reason);
                codes.extend(exception.provided.iter().map(|provided| provided.reason.as_str()));
            }
        }
        codes
    }
}

/// What holds where no rule applies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Default {
    pub(crate) outcome: Outcome,
    /// Its reason code, where it is not `default`.
    pub(crate) reason: Option<String>,
    pub(crate) message: Option<String>,
}

/// An entry of the catalogue.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Model {
    pub(crate) id: String,
    pub(crate) title: String,
    pub(crate) lab: Option<String>,
    /// On its lab's own scales.
    pub(crate) capability: Map<String, f64>,
    /// Anybody can have its weights.
    pub(crate) published: bool,
    pub(crate) derived_from: Option<String>,
    pub(crate) tags: Set<String>,
}

/// A named set of countries, with where it stands.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Group {
    pub(crate) id: String,
    pub(crate) title: Option<String>,
    pub(crate) citation: String,
    pub(crate) source: Option<String>,
    pub(crate) as_of: Instant,
    /// Each from its instant until the next's; the earliest first.
    pub(crate) versions: Vec<(Instant, CountrySet)>,
}

/// An identity provider that the ruleset trusts.
#[derive(Clone, Debug)]
pub(crate) struct Issuer {
    pub(crate) trusted: TrustedIssuer,
    /// What kind of source it is, such as `gov` or `employer`.
    pub(crate) class: Option<String>,
    /// The keys as they were written, for the canonical form.
    pub(crate) jwks: Vec<json::Object>,
    pub(crate) status_jwks: Vec<json::Object>,
    pub(crate) claims: Vec<ClaimMapping>,
}

/// By what tokens of several issuers are known to be one person's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum SamePerson {
    /// The same `sub`: the issuers share their subjects' identifiers.
    Subject,
    /// The same key in `cnf`.
    Key,
    /// The same text in the claims that the issuers' entries name as `link`.
    Link,
}

/// How one claim of an issuer becomes an attribute.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct ClaimMapping {
    pub(crate) attribute: AttributeId,
    /// JSON Pointer (RFC 6901) to an object, or a list of objects, from which the other pointers start.
    pub(crate) each: Option<String>,
    /// JSON Pointer to the claim.
    pub(crate) claim: String,
    pub(crate) convert: Option<Convert>,
    /// How much of a set the issuer asserts.
    pub(crate) complete: Complete,
    pub(crate) assurance: Assurance,
    pub(crate) verified_at: Option<String>,
    pub(crate) expires_at: Option<String>,
    /// Pointer to a text that must be `valid` where it is there.
    pub(crate) status: Option<String>,
    /// Pointer to the party that the claim is about; absent or not there: the caller.
    pub(crate) of: Option<String>,
    /// Only where each of these is so.
    pub(crate) only: Vec<ClaimIs>,
    /// Other spellings of country codes that this issuer uses, and what they mean.
    pub(crate) aliases: Map<String, String>,
}

/// A claim that must have one of these texts for a mapping to hold.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct ClaimIs {
    pub(crate) claim: String,
    pub(crate) texts: Set<String>,
}

/// How a claim's value is converted before it is read as the attribute's type.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Convert {
    /// A truth value the other way round.
    Not,
    /// True where the claim is one of these texts, numbers or truth values, false where it is another one of such a type.
    Is(Vec<json::Value>),
    /// True where the list has one of these, false where it has others alone.
    Has(Vec<json::Value>),
    /// What each text means; a text that is not listed cannot be read.
    Values(Map<String, json::Value>),
    /// The parts of a text between these.
    Split(String),
}

/// The assurance of a claim, 0 to 3.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Assurance {
    /// Always this.
    Level(u8),
    /// As the claim that a JSON Pointer names says; a value that is not listed is level 0.
    Claim(String, Map<String, u8>),
}

impl Assurance {
    /// The highest level that it can grant.
    pub(crate) fn highest(&self) -> u8 {
        match self {
            Self::Level(level) => *level,
            Self::Claim(_, levels) => levels.iter().map(|(_, level)| *level).max().unwrap_or(0),
        }
    }
}

/// A statement that must hold for every possible request.
#[cfg(feature = "author")]
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Guarantee {
    pub(crate) id: String,
    pub(crate) title: Option<String>,
    /// Whom it is for.
    pub(crate) whom: Condition,
    pub(crate) evidence: EvidencePolicies,
    pub(crate) scope: Scope,
    /// When it must hold; the whole of the ruleset's window where it does not say.
    pub(crate) during: Window,
    /// The outcomes that it allows.
    pub(crate) permitted: Set<Outcome>,
}

/// A named authorisation.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Licence {
    pub(crate) id: String,
    /// What kind of licence it is, for exceptions that name the kind.
    pub(crate) kind: Option<String>,
    pub(crate) basis: Basis,
    pub(crate) holder: Condition,
    pub(crate) evidence: EvidencePolicies,
    pub(crate) scope: Scope,
    /// The purposes that it covers; absent means all.
    pub(crate) end_uses: Option<Condition>,
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
    /// The parties that are judged, by role; empty: the person served.
    pub(crate) parties: Set<String>,
    pub(crate) when: Condition,
    pub(crate) evidence: EvidencePolicies,
    /// Where no evidence speaks of its condition, it does not apply: a red flag.
    pub(crate) absence_clears: bool,
    /// Its own reason codes for what cannot be settled.
    pub(crate) unknown: Vec<Unknown>,
    pub(crate) unless: Vec<Exception>,
    pub(crate) obligations: Vec<String>,
    /// Of a sealed rule, the SHA-256 that commits to it, in hexadecimal.
    pub(crate) sealed: Option<String>,
}

/// A reason code for a condition that one attribute leaves open.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Unknown {
    pub(crate) attribute: AttributeId,
    /// Why, as the last word of the `evidence.` code; absent: whatever the cause.
    pub(crate) cause: Option<String>,
    pub(crate) reason: String,
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
    /// When a later act ended it, where one did.
    pub(crate) lifted: Option<Instant>,
    pub(crate) suspended: Vec<Window>,
    /// In force, and the authority does not act on it.
    pub(crate) not_enforced: Vec<Window>,
}

/// Which models and actions; absent means all.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Scope {
    pub(crate) models: Option<ModelMatch>,
    pub(crate) actions: Option<Set<String>>,
}

/// Which models of the catalogue.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum ModelMatch {
    /// All of these.
    All(Vec<Self>),
    /// Any of these.
    Any(Vec<Self>),
    /// Not this.
    Not(Box<Self>),
    /// These ids.
    Id(Set<String>),
    /// These and what was derived from them, at however many removes.
    DerivedFrom(Set<String>),
    /// Of these labs.
    Lab(Set<String>),
    /// With one of these tags.
    Tag(Set<String>),
    /// Whether anybody can have its weights.
    Published(bool),
    /// A capability on the model's own scale, by name; a model without it does not match.
    Capability(String, Range),
}

/// A range of numbers, both ends inclusive.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Range {
    pub(crate) at_least: Option<Number>,
    pub(crate) at_most: Option<Number>,
}

impl Range {
    pub(crate) fn contains(&self, value: f64) -> bool {
        self.at_least.is_none_or(|least| value >= least.0) && self.at_most.is_none_or(|most| value <= most.0)
    }
}

/// A finite number, with an order, so that what holds one can be compared.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Number(pub(crate) f64);

impl PartialEq for Number {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Number {}

impl PartialOrd for Number {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Number {
    fn cmp(&self, other: &Self) -> Ordering {
        self.0.total_cmp(&other.0)
    }
}

impl Hash for Number {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.to_bits().hash(state);
    }
}

/// Something that lifts a rule: a condition, a licence, or both.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Exception {
    pub(crate) id: String,
    pub(crate) reason: String,
    pub(crate) basis: Option<Basis>,
    pub(crate) effective: Effective,
    pub(crate) scope: Scope,
    /// Whom it is for.
    pub(crate) when: Condition,
    /// The licence that it needs.
    pub(crate) licence: Option<LicenceRef>,
    /// What else must hold for those whom it is for, each with the reason where it does not.
    pub(crate) provided: Vec<Provided>,
    pub(crate) evidence: EvidencePolicies,
    pub(crate) obligations: Vec<String>,
}

/// Which licences serve.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum LicenceRef {
    /// That one.
    Id(String),
    /// Any of that kind.
    Kind(String),
}

impl EvidencePolicy {
    /// Whether it takes what an issuer says.
    pub(crate) fn accepts(&self, issuer: &Issuer) -> bool {
        self.issuers.as_ref().is_none_or(|accepted| accepted.contains(&issuer.trusted.id))
            && self
                .classes
                .as_ref()
                .is_none_or(|accepted| issuer.class.as_ref().is_some_and(|class| accepted.contains(class)))
    }
}

impl Effective {
    /// The instants at which it begins or ends to be in force or enforced.
    pub(crate) fn boundaries(&self) -> impl Iterator<Item = Instant> {
        let windows = self.suspended.iter().chain(&self.not_enforced);
        let inner = windows.flat_map(|window| window.boundaries());
        self.window.boundaries().chain(self.lifted).chain(inner)
    }

    /// Whether it is in force: within its window, not lifted, not suspended.
    #[cfg(feature = "author")]
    pub(crate) fn is_in_force(&self, now: Instant) -> bool {
        self.window.contains(now)
            && self.lifted.is_none_or(|lifted| now < lifted)
            && !self.suspended.iter().any(|window| window.contains(now))
    }
}

/// One requirement of an exception.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Provided {
    pub(crate) reason: String,
    pub(crate) when: Condition,
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

impl Condition {
    /// What always holds.
    #[cfg(feature = "author")]
    pub(crate) const ALWAYS: Self = Self::All(Vec::new());
}

/// What is wanted of one attribute's value.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Matcher {
    /// A truth value.
    Is(bool),
    /// One of these texts.
    Text(Set<String>),
    /// One of these texts, or one that begins with it and a dot.
    Under(Set<String>),
    /// A number in this range.
    Number(Range),
    /// One of these countries.
    Country(Area),
    /// The set has a member in common with these.
    AnyText(Set<String>),
    /// The set has all of these.
    AllText(Set<String>),
    /// The set has nothing but these.
    OnlyText(Set<String>),
    /// The set has a member in common with these.
    AnyCountry(Area),
    /// The set has all of these.
    AllCountry(Area),
    /// The set has nothing but these.
    OnlyCountry(Area),
    /// The set has so many members.
    Count(Range),
    /// There is a record whose fields are these.
    Record(Vec<(String, Self)>),
    /// The shares of owners on one of these lists come to this together, in percent.
    Share(Set<String>, Range),
}

impl Matcher {
    /// The countries that it means, if it is about countries.
    pub(crate) const fn area(&self) -> Option<&Area> {
        match self {
            Self::Country(area) | Self::AnyCountry(area) | Self::AllCountry(area) | Self::OnlyCountry(area) => {
                Some(area)
            }
            _ => None,
        }
    }
}

/// What evidence must be like to count, per attribute.
pub(crate) type EvidencePolicies = Map<AttributeId, EvidencePolicy>;

/// What evidence must be like to count.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct EvidencePolicy {
    /// Least assurance level, 0 to 3.
    pub(crate) assurance: u8,
    pub(crate) max_age: Option<Span>,
    /// Only these issuers, by id; absent means any that the ruleset trusts.
    pub(crate) issuers: Option<Set<String>>,
    /// Only issuers of these classes.
    pub(crate) classes: Option<Set<String>>,
}

impl Ruleset {
    /// A model and those that it was derived from, nearest first.
    pub(crate) fn lineage<'a>(&'a self, model: &'a Model) -> impl Iterator<Item = &'a Model> {
        let parent = |model: &&'a Model| {
            let parent = model.derived_from.as_ref()?;
            self.models.iter().find(|other| other.id == *parent)
        };
        // The reader refuses a circle; this ends all the same.
        std::iter::successors(Some(model), parent).take(self.models.len())
    }
}
