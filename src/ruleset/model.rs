//! The model of a ruleset that was read and checked: every name resolves, no window is empty, every rule has a basis.
//!
//! Longer than other files: the types of all constructs of the language, which refer to each other.

use super::area::Area;
use crate::base::country::CountrySet;
use crate::base::json;
use crate::base::set::{Map, Set};
use crate::base::time::{Instant, Span, Window};
use crate::ruleset::attribute::{AttributeId, Complete, Vocabulary};
use crate::ruleset::outcome::{Basis, Obligation, Outcome};
use crate::verify::issuer::TrustedIssuer;
use std::cmp::Ordering;
use std::hash::{Hash, Hasher};

/// A ruleset.
#[derive(Clone, Debug)]
pub struct Ruleset {
    pub(crate) id: String,
    pub(crate) version: u64,
    pub(crate) title: Option<String>,
    /// True if it may trust issuers whose tokens any caller can mint. An engine refuses it for a production audience.
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
    /// The marks by which tokens of several issuers are bound to one person. Tokens of one issuer must have the same
    /// `sub`.
    pub(crate) same_person: Set<SamePerson>,
    pub(crate) obligations: Vec<Obligation>,
    pub(crate) licences: Vec<Licence>,
    /// Sorted by id.
    pub(crate) rules: Vec<Rule>,
    /// The author's guarantees. They are proved before signing, and the image does not contain them.
    #[cfg(feature = "author")]
    pub(crate) guarantees: Vec<Guarantee>,
}

impl Ruleset {
    /// Its id.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Its version, which only increases.
    pub const fn version(&self) -> u64 {
        self.version
    }

    /// Returns true if it is for development only.
    pub const fn is_development(&self) -> bool {
        self.development
    }

    /// The first instant at which it may be used.
    pub const fn issued(&self) -> Instant {
        self.issued
    }

    /// The first instant at which it may no longer be used.
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

    /// The fields of a request's context that the host may state: first the built-in ones, then the ruleset's own.
    pub fn context(&self) -> impl Iterator<Item = &str> {
        let own = self.vocabulary.own().iter().filter_map(|attribute| attribute.name.strip_prefix("context."));
        ["country", "region", "places", "chain", "purpose"].into_iter().chain(own)
    }

    /// The issuers that it trusts.
    pub fn issuers(&self) -> impl Iterator<Item = &TrustedIssuer> {
        self.issuers.iter().map(|issuer| &issuer.trusted)
    }

    /// The id of every rule, with the ids of its exceptions. Coverage counts these.
    pub fn rules(&self) -> impl Iterator<Item = (&str, impl Iterator<Item = &str>)> {
        self.rules.iter().map(|rule| (rule.id.as_str(), rule.unless.iter().map(|exception| exception.id.as_str())))
    }

    /// The title and the basis of a rule. A sealed rule does not disclose its title.
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

/// The outcome if no rule applies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Default {
    pub(crate) outcome: Outcome,
    /// Its reason code. `None` if that is `default`.
    pub(crate) reason: Option<String>,
    pub(crate) message: Option<String>,
}

/// An entry of the catalogue.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Model {
    pub(crate) id: String,
    pub(crate) title: String,
    pub(crate) lab: Option<String>,
    /// By name, on the scales of the model's lab.
    pub(crate) capability: Map<String, f64>,
    /// True if its weights are public.
    pub(crate) published: bool,
    pub(crate) derived_from: Option<String>,
    pub(crate) tags: Set<String>,
}

/// A named set of countries, with its citation.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Group {
    pub(crate) id: String,
    pub(crate) title: Option<String>,
    pub(crate) citation: String,
    pub(crate) source: Option<String>,
    pub(crate) as_of: Instant,
    /// The members from each instant on, until the next version; earliest first.
    pub(crate) versions: Vec<(Instant, CountrySet)>,
}

/// An identity provider that the ruleset trusts.
#[derive(Clone, Debug)]
pub(crate) struct Issuer {
    pub(crate) trusted: TrustedIssuer,
    /// The kind of source, such as `gov` or `employer`.
    pub(crate) class: Option<String>,
    /// The keys as the author wrote them, for the image and the canonical form.
    pub(crate) jwks: Vec<json::Object>,
    pub(crate) status_jwks: Vec<json::Object>,
    pub(crate) claims: Vec<ClaimMapping>,
}

/// A mark by which tokens of several issuers are bound to one person.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum SamePerson {
    /// The same `sub`: the issuers share their subjects' identifiers.
    Subject,
    /// The same key in `cnf`.
    Key,
    /// The same text in the claims that the issuers' entries name as `link`.
    Link,
}

/// The conversion of one claim of an issuer to an attribute.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct ClaimMapping {
    pub(crate) attribute: AttributeId,
    /// JSON Pointer (RFC 6901) to an object or a list of objects. The other pointers start at each object.
    pub(crate) each: Option<String>,
    /// JSON Pointer to the claim.
    pub(crate) claim: String,
    pub(crate) convert: Option<Convert>,
    /// How complete the issuer asserts a set to be.
    pub(crate) complete: Complete,
    pub(crate) assurance: Assurance,
    pub(crate) verified_at: Option<String>,
    pub(crate) expires_at: Option<String>,
    /// Pointer to a text that must be `valid` if it is present.
    pub(crate) status: Option<String>,
    /// Pointer to the party that the claim is about. If it is `None` or the pointer finds nothing, that is the caller.
    pub(crate) of: Option<String>,
    /// The mapping applies only if each of these claims has one of its texts.
    pub(crate) only: Vec<ClaimIs>,
    /// The issuer's own spellings of country codes, each with the code that it stands for.
    pub(crate) aliases: Map<String, String>,
}

/// A claim that must have one of these texts for a mapping to apply.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct ClaimIs {
    pub(crate) claim: String,
    pub(crate) texts: Set<String>,
}

/// The conversion of a claim's value before it is read as the attribute's type.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Convert {
    /// Negates a Boolean.
    Not,
    /// True if the claim is one of these values, false if it is another value with the type of one of them.
    Is(Vec<json::Value>),
    /// True if the list has one of these values, false if it has only others.
    Has(Vec<json::Value>),
    /// Replaces each text by its value. A text that is not listed cannot be read.
    Values(Map<String, json::Value>),
    /// Splits a text at this separator.
    Split(String),
}

/// The assurance of a claim, 0 to 3.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Assurance {
    /// A constant level.
    Level(u8),
    /// The level for the value of the claim at this JSON Pointer. A value that is not listed is level 0.
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
    /// The people that it is about.
    pub(crate) whom: Condition,
    pub(crate) evidence: EvidencePolicies,
    pub(crate) scope: Scope,
    /// The time during which it must hold; the whole window of the ruleset if its ends are open.
    pub(crate) during: Window,
    /// The outcomes that it permits.
    pub(crate) permitted: Set<Outcome>,
}

/// A named authorisation.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Licence {
    pub(crate) id: String,
    /// The kind of licence, for exceptions that name a kind.
    pub(crate) kind: Option<String>,
    pub(crate) basis: Basis,
    pub(crate) holder: Condition,
    pub(crate) evidence: EvidencePolicies,
    pub(crate) scope: Scope,
    /// The purposes that it covers. `None` if it covers all.
    pub(crate) end_uses: Option<Condition>,
    pub(crate) window: Window,
    pub(crate) revoked: Option<Instant>,
    pub(crate) provisos: Vec<Proviso>,
    pub(crate) obligations: Vec<String>,
}

/// A condition of a licence that is satisfied outside the check.
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
    /// The roles of the parties that are judged; empty if that is the person served alone.
    pub(crate) parties: Set<String>,
    pub(crate) when: Condition,
    pub(crate) evidence: EvidencePolicies,
    /// True if the rule does not apply when there is no evidence for or against its condition, as for a red flag.
    pub(crate) absence_clears: bool,
    /// The rule's own reason codes for an unknown condition.
    pub(crate) unknown: Vec<Unknown>,
    pub(crate) unless: Vec<Exception>,
    pub(crate) obligations: Vec<String>,
    /// The SHA-256 that commits to a sealed rule, in hexadecimal. `None` if the rule is not sealed.
    pub(crate) sealed: Option<String>,
}

/// A reason code for a condition that is unknown because of one attribute.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Unknown {
    pub(crate) attribute: AttributeId,
    /// The last word of the cause's code, such as `missing`. `None` if the reason is for every cause.
    pub(crate) cause: Option<String>,
    pub(crate) reason: String,
}

/// The outcome of a rule, and the model or action to serve instead.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct RuleOutcome {
    pub(crate) outcome: Outcome,
    /// The fallback of `degrade`, or the interim model of other outcomes.
    pub(crate) model: Option<String>,
    pub(crate) action: Option<String>,
}

/// The times at which a rule or an exception is in force.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Effective {
    /// The instant of publication; no decision announces it before.
    pub(crate) notice: Option<Instant>,
    pub(crate) window: Window,
    /// The instant at which a later act ended it, if one did.
    pub(crate) lifted: Option<Instant>,
    pub(crate) suspended: Vec<Window>,
    /// The times at which it is in force, but the authority does not enforce it.
    pub(crate) not_enforced: Vec<Window>,
}

/// The models and actions that something is about. `None` means all.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Scope {
    pub(crate) models: Option<ModelMatch>,
    pub(crate) actions: Option<Set<String>>,
}

/// A condition on models of the catalogue.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum ModelMatch {
    /// All of these match.
    All(Vec<Self>),
    /// At least one of these matches.
    Any(Vec<Self>),
    /// This does not match.
    Not(Box<Self>),
    /// A model with one of these ids.
    Id(Set<String>),
    /// One of these models, or a model derived from one, directly or indirectly.
    DerivedFrom(Set<String>),
    /// A model of one of these labs.
    Lab(Set<String>),
    /// A model with one of these tags.
    Tag(Set<String>),
    /// A model whose weights are public, or are not.
    Published(bool),
    /// A capability in this range, on the scale of the model's lab. A model without the capability does not match.
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

/// A finite number with a total order, so that types that contain it can be compared and hashed.
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

/// An exception, which lifts a rule: a condition, a licence, or both.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Exception {
    pub(crate) id: String,
    pub(crate) reason: String,
    pub(crate) basis: Option<Basis>,
    pub(crate) effective: Effective,
    pub(crate) scope: Scope,
    /// The people that it is for.
    pub(crate) when: Condition,
    /// The licence that it requires.
    pub(crate) licence: Option<LicenceRef>,
    /// Further requirements for the people that it is for, each with its reason code for the case that it is not met.
    pub(crate) provided: Vec<Provided>,
    pub(crate) evidence: EvidencePolicies,
    pub(crate) obligations: Vec<String>,
}

/// The licences that an exception accepts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum LicenceRef {
    /// The licence with this id.
    Id(String),
    /// Any licence of this kind.
    Kind(String),
}

impl EvidencePolicy {
    /// Returns true if it accepts an issuer's evidence.
    pub(crate) fn accepts(&self, issuer: &Issuer) -> bool {
        self.issuers.as_ref().is_none_or(|accepted| accepted.contains(&issuer.trusted.id))
            && self
                .classes
                .as_ref()
                .is_none_or(|accepted| issuer.class.as_ref().is_some_and(|class| accepted.contains(class)))
    }
}

impl Effective {
    /// The instants at which it starts or stops to be in force or to be enforced.
    pub(crate) fn boundaries(&self) -> impl Iterator<Item = Instant> {
        let windows = self.suspended.iter().chain(&self.not_enforced);
        let inner = windows.flat_map(|window| window.boundaries());
        self.window.boundaries().chain(self.lifted).chain(inner)
    }
}

/// A requirement of an exception.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Provided {
    pub(crate) reason: String,
    pub(crate) when: Condition,
}

/// A condition on a subject and a context, in the structure in which the author wrote it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Condition {
    /// All are true; true if there are none.
    All(Vec<Self>),
    /// At least one is true.
    Any(Vec<Self>),
    /// This is not true.
    Not(Box<Self>),
    /// The attribute's value matches.
    Test(AttributeId, Matcher),
}

/// A test of one attribute's value.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Matcher {
    /// A Boolean with this value.
    Is(bool),
    /// One of these texts.
    Text(Set<String>),
    /// One of these texts, or a text that begins with one of them and a dot.
    Under(Set<String>),
    /// A number in this range.
    Number(Range),
    /// One of these countries.
    Country(Area),
    /// A set with at least one of these.
    AnyText(Set<String>),
    /// A set with all of these.
    AllText(Set<String>),
    /// A set with no members but these.
    OnlyText(Set<String>),
    /// A set with at least one of these.
    AnyCountry(Area),
    /// A set with all of these.
    AllCountry(Area),
    /// A set with no members but these.
    OnlyCountry(Area),
    /// A set whose number of members is in this range.
    Count(Range),
    /// A set with one record that matches all these fields.
    Record(Vec<(String, Self)>),
    /// Shares in percent: the sum for owners on these lists is in this range.
    Share(Set<String>, Range),
}

impl Matcher {
    /// The countries that it names. `None` if it is not about countries.
    pub(crate) const fn area(&self) -> Option<&Area> {
        match self {
            Self::Country(area) | Self::AnyCountry(area) | Self::AllCountry(area) | Self::OnlyCountry(area) => {
                Some(area)
            }
            _ => None,
        }
    }
}

/// The requirements on evidence, per attribute.
pub(crate) type EvidencePolicies = Map<AttributeId, EvidencePolicy>;

/// The requirements that evidence must meet to count.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct EvidencePolicy {
    /// Minimum assurance level, 0 to 3.
    pub(crate) assurance: u8,
    pub(crate) max_age: Option<Span>,
    /// The ids of the accepted issuers. `None` if every trusted issuer is accepted.
    pub(crate) issuers: Option<Set<String>>,
    /// The accepted classes of issuers. `None` if every class is accepted.
    pub(crate) classes: Option<Set<String>>,
}

impl Ruleset {
    /// A model and its ancestors by derivation, nearest first.
    pub(crate) fn lineage<'a>(&'a self, model: &'a Model) -> impl Iterator<Item = &'a Model> {
        let parent = |model: &&'a Model| {
            let parent = model.derived_from.as_ref()?;
            self.models.iter().find(|other| other.id == *parent)
        };
        // The reader refuses a cycle. The limit ends the iteration for images that contain one.
        std::iter::successors(Some(model), parent).take(self.models.len())
    }
}
