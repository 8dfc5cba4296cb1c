//! What a request may say, one thing at a time: each is said or not, whatever else is. Every request comes to the same truth
//! values as some choice of these, and every choice is a request that somebody could make.

use crate::attribute::{AttributeId, Complete, Value};
use crate::country::Country;
use crate::decide::Scene;
use crate::program::Program;
use crate::ruleset::model::{Assurance, ClaimMapping, Convert, EvidencePolicy, Issuer};
use crate::subject::Fact;
use crate::time::{Instant, Span};

/// Of whom something is said.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Who {
    /// The person served.
    Person,
    /// A party of the chain that somebody vouches for, by its role.
    Role(String),
    /// A party that only `act` names (RFC 8693).
    Actor,
}

/// One thing that a request may say.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Saying {
    /// A claim of a token.
    Claim(Claim),
    /// Whose token it is: an issuer's id, a colon and `sub`.
    Name {
        /// Of whom.
        who: Who,
        /// The name.
        id: String,
    },
    /// The host states a value of an attribute that has one; of several, the first is stated.
    Stated(AttributeName, serde_json::Value),
    /// The host states a set with this member; without one: the set, which may be empty.
    Member(AttributeName, Option<serde_json::Value>),
    /// A signal says that the request comes from this country; without one: from one that cannot be read.
    Place(Option<Country>),
    /// A signal says that it comes from this region; without one: from one that cannot be read.
    Region(Option<String>),
    /// The host states a chain, perhaps an empty one.
    Chain,
    /// A party of this kind is in the chain.
    Party(Who),
    /// The chain begins with somebody whom nobody knows.
    EndUserUnknown,
}

/// The name of an attribute, which two rulesets may have at different places.
pub(super) type AttributeName = String;

/// A claim, as a token of one of the issuers could have it.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Claim {
    pub(super) who: Who,
    pub(super) attribute: AttributeName,
    pub(super) said: Said,
    pub(super) source: Source,
}

/// What a claim says.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Said {
    /// A value; of a set, one member.
    Value(Value),
    /// Something of it is held back.
    Hidden,
    /// It cannot be read, or cannot be used.
    Unusable,
}

/// Who says it, how surely, and how long ago it was verified.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Source {
    /// The issuer's id.
    pub(super) issuer: String,
    /// Which of the issuer's mappings of the attribute, from 0.
    pub(super) mapping: usize,
    /// What the claim of the assurance level says, where a mapping reads it.
    pub(super) level: Option<String>,
    /// How long ago it was verified; nothing: it does not say.
    pub(super) age: Option<Span>,
}

/// A ruleset at an instant: one reader of what is said.
#[derive(Clone, Copy)]
pub(super) struct Side<'a> {
    pub(super) program: &'a Program,
    pub(super) now: Instant,
}

impl<'a> Side<'a> {
    pub(super) fn attribute(&self, name: &str) -> Option<AttributeId> {
        self.program.vocabulary().lookup(name)
    }

    /// An issuer and the mapping that a source means.
    fn mapping(&self, attribute: AttributeId, source: &Source) -> Option<(usize, &'a ClaimMapping)> {
        let issuers = self.program.ruleset().issuers.iter().enumerate();
        let (position, issuer) = issuers.into_iter().find(|(_, issuer)| issuer.trusted.id == source.issuer)?;
        let mapping = mappings(issuer, attribute).nth(source.mapping)?;
        Some((position, mapping))
    }

    /// The fact that this ruleset makes of a claim; nothing, where it does not read it.
    pub(super) fn fact(&self, claim: &Claim, named: Option<&str>) -> Option<Fact> {
        let attribute = self.attribute(&claim.attribute)?;
        let (issuer, mapping) = self.mapping(attribute, &claim.source)?;
        if !self.may_be_about(issuer, mapping, &claim.who) {
            return None;
        }
        let value = match &claim.said {
            Said::Value(value) if can_say(mapping, value) => Some(with_complete(value.clone(), mapping.complete)),
            Said::Value(_) => return None,
            Said::Hidden => Some(hidden(&self.program.vocabulary().get(attribute)?.kind)?),
            Said::Unusable => None,
        };
        let assurance = match &mapping.assurance {
            Assurance::Level(level) => *level,
            Assurance::Claim(_, levels) => {
                claim.source.level.as_ref().and_then(|said| levels.get(said)).copied().unwrap_or(0)
            }
        };
        let age = claim.source.age.filter(|_| mapping.verified_at.is_some());
        Some(Fact {
            attribute,
            value,
            asserted: attribute,
            of: named.map(str::to_owned),
            issuer,
            assurance,
            verified_at: age.map(|age| self.now.saturating_sub(age)),
            expires_at: None,
            revoked: false,
            undisclosed: false,
        })
    }

    /// Whether a claim that a mapping reads can be about somebody: the caller, or a party that it or its token names.
    fn may_be_about(&self, issuer: usize, mapping: &ClaimMapping, who: &Who) -> bool {
        let hops = self.program.issuer(issuer).map(|issuer| &issuer.trusted.hops);
        match who {
            Who::Person => true,
            Who::Role(role) => mapping.of.is_some() || hops.is_some_and(|hops| hops.contains(role)),
            Who::Actor => mapping.of.is_some(),
        }
    }

    /// Whether a fact counts under a policy.
    pub(super) fn counts(&self, policy: &EvidencePolicy, fact: &Fact) -> bool {
        Scene::alone(self.program, self.now, |scene| scene.counts(policy, fact))
    }
}

/// An issuer's mappings of an attribute.
pub(super) fn mappings(issuer: &Issuer, attribute: AttributeId) -> impl Iterator<Item = &ClaimMapping> {
    issuer.claims.iter().filter(move |mapping| mapping.attribute == attribute)
}

/// Whether a mapping that translates words can come to a value.
fn can_say(mapping: &ClaimMapping, value: &Value) -> bool {
    let Some(Convert::Values(meanings)) = &mapping.convert else { return true };
    let means = |text: &str| meanings.iter().any(|(_, meaning)| meaning.as_str() == Some(text));
    match value {
        Value::Text(text) => means(text),
        Value::Bool(value) => meanings.iter().any(|(_, meaning)| *meaning == crate::json::Value::Bool(*value)),
        Value::Texts(members, _) => members.iter().all(|text| means(text)),
        // Codes are translated one by one, and any of them may be spelt so.
        _ => true,
    }
}

fn with_complete(value: Value, complete: Complete) -> Value {
    match value {
        Value::Texts(members, _) => Value::Texts(members, complete),
        Value::Countries(members, _) => Value::Countries(members, complete),
        Value::Holdings(held, _) => Value::Holdings(held, complete),
        Value::Records(records, _) => Value::Records(records, complete),
        Value::Shares(shares, _) => Value::Shares(shares, complete),
        other => other,
    }
}

/// A set of which nothing is told; of what is no set there is none.
fn hidden(kind: &crate::attribute::Type) -> Option<Value> {
    use crate::attribute::Type;
    Some(match kind {
        Type::Texts | Type::Regions => Value::Texts(crate::set::Set::default(), Complete::Untold),
        Type::Countries => Value::Countries(crate::country::CountrySet::default(), Complete::Untold),
        Type::Holdings => Value::Holdings(Vec::new(), Complete::Untold),
        Type::Records(_) => Value::Records(Vec::new(), Complete::Untold),
        Type::Shares => Value::Shares(Vec::new(), Complete::Untold),
        Type::Bool | Type::Text | Type::Word(_) | Type::Number | Type::Country => return None,
    })
}
