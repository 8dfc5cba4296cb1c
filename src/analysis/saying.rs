//! What a request may say, one thing at a time: each is said or not, whatever else is. Every request comes to the same truth
//! values as some choice of these, and every choice is a request that somebody could make.

use crate::attribute::{AttributeId, Complete, Record, Type, Value};
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
    /// A party of the chain that somebody vouches for, by its role, and which of several of that role.
    Role(String, usize),
    /// A party that only `act` names (RFC 8693), and which of several.
    Actor(usize),
    /// The person whose tokens these are, where the chain names another end user and that person could be each of several
    /// parties: as one of this role, or, without a role, as none that is named.
    Perhaps(String),
    /// An end user whom nobody knows, and whom the chain does not state as one.
    Nobody,
}

impl Who {
    /// The name under which facts speak of a party; of the person, none.
    pub(super) fn name(&self) -> Option<String> {
        match self {
            Self::Person | Self::Perhaps(_) | Self::Nobody => None,
            Self::Role(role, 0) => Some(role.clone()),
            Self::Role(role, more) => Some(format!("{role}:{}", more.saturating_add(1))),
            // As no role is named.
            Self::Actor(0) => Some(":actor".to_owned()),
            Self::Actor(more) => Some(format!(":actor:{}", more.saturating_add(1))),
        }
    }

    /// Whom somebody means, in words; of the person, nothing.
    pub(super) fn words(&self) -> Option<String> {
        match self {
            Self::Person => None,
            Self::Perhaps(_) => Some("person whose tokens these are".to_owned()),
            Self::Nobody => Some("end user".to_owned()),
            Self::Role(role, 0) => Some(role.clone()),
            Self::Role(role, _) => Some(format!("other {role}")),
            Self::Actor(0) => Some("actor".to_owned()),
            Self::Actor(_) => Some("other actor".to_owned()),
        }
    }
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
    /// A token of the person may hold back whose it is.
    NameHidden,
    /// The host states a value of an attribute that has one; of several, the first is stated.
    Stated(AttributeName, serde_json::Value),
    /// The host states a set with this member; without one: the set, which may be empty.
    Member(AttributeName, Option<serde_json::Value>),
    /// A signal says that the request comes from this country, and perhaps from which region of it; without a country: it
    /// cannot be read.
    Place(Option<Country>, Option<String>),
    /// A signal's region cannot be read.
    Region,
    /// The host states a chain, perhaps an empty one.
    Chain,
    /// A party of this kind is in the chain.
    Party(Who),
    /// The chain begins with somebody whom nobody knows.
    EndUserUnknown,
    /// The end user of the chain is another than the person whose tokens these are.
    Another,
    /// The party of this role has no name, so that it could be that person.
    Unnamed(String),
    /// Each party without a name is there twice.
    Twice,
    /// Nobody knows this party.
    Unknown(Who),
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
    /// It is held back; of a set, it or a member of it.
    Hidden,
    /// It cannot be read, or cannot be used.
    Unusable,
}

/// Who says it, how surely, and how long ago it was verified.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Source {
    /// The issuer's id.
    pub(super) issuer: String,
    /// Which of the issuer's mappings of the attribute it is, from 0, for each of the rulesets that are looked at.
    pub(super) mapping: [Option<usize>; 2],
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
    /// Which of the rulesets it is: the only one or the old one, or the new one.
    pub(super) place: usize,
}

impl<'a> Side<'a> {
    /// The only ruleset there is.
    pub(super) const fn of(program: &'a Program, now: Instant) -> Self {
        Self { program, now, place: 0 }
    }

    pub(super) fn attribute(&self, name: &str) -> Option<AttributeId> {
        self.program.vocabulary().lookup(name)
    }

    /// An issuer and the mapping that a source means.
    fn mapping(&self, attribute: AttributeId, source: &Source) -> Option<(usize, &'a ClaimMapping)> {
        let issuers = self.program.ruleset().issuers.iter().enumerate();
        let (position, issuer) = issuers.into_iter().find(|(_, issuer)| issuer.trusted.id == source.issuer)?;
        let mapping = mappings(issuer, attribute).nth(source.mapping.get(self.place).copied().flatten()?)?;
        Some((position, mapping))
    }

    /// The fact that this ruleset makes of a claim; nothing, where it does not read it.
    pub(super) fn fact(&self, claim: &Claim, named: Option<&str>) -> Option<Fact> {
        let attribute = self.attribute(&claim.attribute)?;
        let (issuer, mapping) = self.mapping(attribute, &claim.source)?;
        if !self.may_be_about(issuer, mapping, &claim.who) {
            return None;
        }
        let kind = &self.program.vocabulary().get(attribute)?.kind;
        let value = match &claim.said {
            Said::Value(value) if can_say(mapping, value) => {
                as_read(kind, value.clone()).map(|value| with_complete(value, mapping.complete))
            }
            Said::Value(_) => return None,
            Said::Hidden | Said::Unusable => None,
        };
        let undisclosed = claim.said == Said::Hidden;
        let assurance = match &mapping.assurance {
            Assurance::Level(level) => *level,
            Assurance::Claim(..) if undisclosed => mapping.assurance.highest(),
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
            undisclosed,
            anyone: false,
        })
    }

    /// Whether a claim that a mapping reads can be about somebody: the person whose tokens these are, as whom a party may come,
    /// or a party that it or its token names. Whatever role a party has, it may have the name of a hop; no actor has.
    fn may_be_about(&self, issuer: usize, mapping: &ClaimMapping, who: &Who) -> bool {
        match who {
            Who::Person | Who::Role(_, 0) | Who::Perhaps(_) => true,
            Who::Role(..) => self.names_parties(issuer, mapping),
            Who::Actor(_) => mapping.of.is_some(),
            Who::Nobody => false,
        }
    }

    fn names_parties(&self, issuer: usize, mapping: &ClaimMapping) -> bool {
        let is_hop = || self.program.issuer(issuer).is_some_and(|issuer| !issuer.trusted.hops.is_empty());
        mapping.of.is_some() || is_hop()
    }

    /// Whether a source can speak of others than the person whose tokens these are.
    pub(super) fn speaks_of_parties(&self, attribute: &str, source: &Source) -> bool {
        let mapping = self.attribute(attribute).and_then(|attribute| self.mapping(attribute, source));
        mapping.is_some_and(|(issuer, mapping)| self.names_parties(issuer, mapping))
    }

    /// Whether a fact counts under a policy.
    pub(super) fn counts(&self, policy: &EvidencePolicy, fact: &Fact) -> bool {
        Scene::alone(self.program, self.now, |scene| scene.counts(policy, fact))
    }

    /// Whether a fact that is held back could count under a policy.
    pub(super) fn withholds(&self, policy: &EvidencePolicy, fact: &Fact) -> bool {
        Scene::alone(self.program, self.now, |scene| scene.withholds(policy, fact))
    }
}

/// An issuer's mappings of an attribute.
pub(super) fn mappings(issuer: &Issuer, attribute: AttributeId) -> impl Iterator<Item = &ClaimMapping> {
    issuer.claims.iter().filter(move |mapping| mapping.attribute == attribute)
}

/// A value as a ruleset with this type reads it; nothing: it cannot be read.
fn as_read(kind: &Type, value: Value) -> Option<Value> {
    match (kind, value) {
        (Type::Word(words), Value::Text(word)) => words.contains(&word).then_some(Value::Text(word)),
        // Fields that the type does not know are not read.
        (Type::Records(fields), Value::Records(records, complete)) => {
            let known = |name: &String| fields.iter().any(|(field, _)| field == name);
            let known = |record: Record| -> Record { record.into_iter().filter(|(name, _)| known(name)).collect() };
            Some(Value::Records(records.into_iter().map(known).collect(), complete))
        }
        (_, value) => Some(value),
    }
}

/// Whether a mapping that translates words can come to a value.
pub(super) fn can_say(mapping: &ClaimMapping, value: &Value) -> bool {
    let Some(Convert::Values(meanings)) = &mapping.convert else { return true };
    let means = |text: &str| meanings.iter().any(|(_, meaning)| meaning.as_str() == Some(text));
    match value {
        Value::Text(text) => means(text),
        Value::Bool(value) => meanings.iter().any(|(_, meaning)| *meaning == crate::json::Value::Bool(*value)),
        Value::Texts(members, _) => members.iter().all(|text| means(text)),
        Value::Number(number) => meanings.iter().any(|(_, meaning)| meaning.as_f64() == Some(*number)),
        Value::Country(country) => meanings
            .iter()
            .any(|(_, meaning)| meaning.as_str().and_then(crate::country::Country::parse) == Some(*country)),
        // Codes are translated one by one, and any of them may be spelt so.
        _ => true,
    }
}

fn with_complete(value: Value, complete: Complete) -> Value {
    // An empty list says "not disclosed", never "none".
    let complete = if is_empty(&value) { Complete::No } else { complete };
    match value {
        Value::Texts(members, _) => Value::Texts(members, complete),
        Value::Countries(members, _) => Value::Countries(members, complete),
        Value::Holdings(held, _) => Value::Holdings(held, complete),
        Value::Records(records, _) => Value::Records(records, complete),
        Value::Shares(shares, _) => Value::Shares(shares, complete),
        other => other,
    }
}

/// A set without members; of what is no set there is none.
pub(super) fn without_members(kind: &Type, complete: Complete) -> Option<Value> {
    Some(match kind {
        Type::Texts | Type::Regions => Value::Texts(crate::set::Set::default(), complete),
        Type::Countries => Value::Countries(crate::country::CountrySet::default(), complete),
        Type::Holdings => Value::Holdings(Vec::new(), complete),
        Type::Records(_) => Value::Records(Vec::new(), complete),
        Type::Shares => Value::Shares(Vec::new(), complete),
        Type::Bool | Type::Text | Type::Word(_) | Type::Number | Type::Country => return None,
    })
}

/// Whether a value is a set without members.
pub(super) fn is_empty(value: &Value) -> bool {
    match value {
        Value::Texts(members, _) => members.is_empty(),
        Value::Countries(members, _) => members.is_empty(),
        Value::Holdings(held, _) => held.is_empty(),
        Value::Records(records, _) => records.is_empty(),
        Value::Shares(shares, _) => shares.is_empty(),
        Value::Bool(_) | Value::Text(_) | Value::Number(_) | Value::Country(_) => false,
    }
}
