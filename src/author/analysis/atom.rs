//! The assertions that a request can make, each true or false independently of the others. Every request has
//! the same truth values as some choice of assertions, and every choice is a possible request.

use crate::base::country::Country;
use crate::base::time::{Instant, Span};
use crate::check::decide::for_authors::Viewpoint;
use crate::check::program::{AttributeTest, Program};
use crate::check::subject::Fact;
use crate::ruleset::attribute::{AttributeId, AttributeValue, Complete, Record, Type};
use crate::ruleset::model::{Assurance, ClaimMapping, Convert, EvidencePolicy, Issuer, Matcher};

/// The party that an assertion is about.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Who {
    /// The person served.
    Person,
    /// A party of the chain that a token or the host vouches for: its role, and its index among the parties of that
    /// role.
    Role(String, usize),
    /// A party that only `act` names (RFC 8693), and its index.
    Actor(usize),
    /// The holder of the tokens, if the chain names another end user and the holder could be each of several parties:
    /// the one of this role or, with an empty role, none that is named.
    Perhaps(String),
    /// An unknown end user whom the chain does not state.
    UnstatedEndUser,
}

impl Who {
    /// The name by which facts refer to a party. `None` for the person.
    pub(super) fn name(&self) -> Option<String> {
        match self {
            Self::Person | Self::Perhaps(_) | Self::UnstatedEndUser => None,
            Self::Role(role, 0) => Some(role.clone()),
            Self::Role(role, more) => Some(format!("{role}:{}", more.saturating_add(1))),
            // No role can have such a name.
            Self::Actor(0) => Some(":actor".to_owned()),
            Self::Actor(more) => Some(format!(":actor:{}", more.saturating_add(1))),
        }
    }

    /// Describes the party in words. `None` for the person.
    pub(super) fn words(&self) -> Option<String> {
        match self {
            Self::Person => None,
            Self::Perhaps(_) => Some("token holder".to_owned()),
            Self::UnstatedEndUser => Some("end user".to_owned()),
            Self::Role(role, 0) => Some(role.clone()),
            Self::Role(role, _) => Some(format!("other {role}")),
            Self::Actor(0) => Some("actor".to_owned()),
            Self::Actor(_) => Some("other actor".to_owned()),
        }
    }
}

/// One assertion of a request.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Atom {
    /// A claim of a token.
    Claim(ClaimAtom),
    /// The name of a token's holder: the issuer's id, a colon and `sub`.
    Name {
        /// The party named.
        who: Who,
        /// The name.
        id: String,
    },
    /// A token of the person can withhold its holder's name.
    NameHidden,
    /// The host states a value of an attribute with one value; of several such assertions, the first counts.
    Stated(AttributeName, serde_json::Value),
    /// The host states a set with this member; without a member: it states the set, possibly empty.
    Member(AttributeName, Option<serde_json::Value>),
    /// A signal places the request in this country, and possibly in this region of it. Without a country, the signal is
    /// unreadable.
    Place(Option<Country>, Option<String>),
    /// The region of a signal is unreadable.
    Region,
    /// The host states a chain, possibly an empty one.
    Chain,
    /// The chain contains this party.
    Party(Who),
    /// The chain begins with an unknown person.
    EndUserUnknown,
    /// The end user of the chain is not the holder of the tokens.
    Another,
    /// The party of this role has no name, so it could be the holder.
    Unnamed(String),
    /// Each party without a name occurs twice.
    Twice,
    /// This party is unknown.
    Unknown(Who),
}

/// The name of an attribute, whose id may differ between two rulesets.
pub(super) type AttributeName = String;

/// A claim that a token of one of the issuers can have.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct ClaimAtom {
    pub(super) who: Who,
    pub(super) attribute: AttributeName,
    pub(super) said: AtomValue,
    pub(super) source: ClaimSource,
}

/// The content of a claim.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum AtomValue {
    /// A value; for a set, one member.
    Value(AttributeValue),
    /// Undisclosed; for a set, the set or a member of it.
    Hidden,
    /// Unreadable or unusable.
    Unusable,
}

/// The source of a claim: its issuer, assurance and age of verification.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct ClaimSource {
    /// The issuer's id.
    pub(super) issuer: String,
    /// Index among the issuer's mappings of the attribute, from 0, for each of the rulesets analysed.
    pub(super) mapping: [Option<usize>; 2],
    /// The value of the assurance claim, if a mapping reads one.
    pub(super) level: Option<String>,
    /// The time since verification. `None` if the claim does not state it.
    pub(super) age: Option<Span>,
}

/// A ruleset at an instant, which reads the assertions.
#[derive(Clone, Copy)]
pub(super) struct RulesetAt<'a> {
    pub(super) program: &'a Program,
    pub(super) now: Instant,
    /// Index of the ruleset: 0 for the only or old one, 1 for the new one.
    pub(super) place: usize,
}

impl<'a> RulesetAt<'a> {
    /// The only ruleset of an analysis.
    pub(super) const fn of(program: &'a Program, now: Instant) -> Self {
        Self { program, now, place: 0 }
    }

    pub(super) fn attribute(&self, name: &str) -> Option<AttributeId> {
        self.program.vocabulary().lookup(name)
    }

    /// The issuer's position and the mapping of a source.
    fn mapping(&self, attribute: AttributeId, source: &ClaimSource) -> Option<(usize, &'a ClaimMapping)> {
        let issuers = self.program.ruleset().issuers.iter().enumerate();
        let (position, issuer) = issuers.into_iter().find(|(_, issuer)| issuer.trusted.id == source.issuer)?;
        let mapping = mappings(issuer, attribute).nth(source.mapping.get(self.place).copied().flatten()?)?;
        Some((position, mapping))
    }

    /// The fact that this ruleset reads from a claim. `None` if it does not read it.
    pub(super) fn fact(&self, claim: &ClaimAtom, named: Option<&str>) -> Option<Fact> {
        let attribute = self.attribute(&claim.attribute)?;
        let (issuer, mapping) = self.mapping(attribute, &claim.source)?;
        if !self.may_be_about(issuer, mapping, &claim.who) {
            return None;
        }
        let kind = &self.program.vocabulary().get(attribute)?.kind;
        let value = match &claim.said {
            AtomValue::Value(value) if can_say(mapping, value) => {
                as_read(kind, value.clone()).map(|value| with_complete(value, mapping.complete))
            }
            AtomValue::Value(_) => return None,
            AtomValue::Hidden | AtomValue::Unusable => None,
        };
        let undisclosed = claim.said == AtomValue::Hidden;
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

    /// Returns `true` if a claim read by a mapping can be about a party: the holder of the tokens, a party that the
    /// holder may be, or one that the claim or its token names. A party of any role may have the name of a hop; an
    /// actor never has.
    fn may_be_about(&self, issuer: usize, mapping: &ClaimMapping, who: &Who) -> bool {
        match who {
            Who::Person | Who::Role(_, 0) | Who::Perhaps(_) => true,
            Who::Role(..) => self.names_parties(issuer, mapping),
            Who::Actor(_) => mapping.of.is_some(),
            Who::UnstatedEndUser => false,
        }
    }

    fn names_parties(&self, issuer: usize, mapping: &ClaimMapping) -> bool {
        let is_hop = || self.program.issuer(issuer).is_some_and(|issuer| !issuer.trusted.hops.is_empty());
        mapping.of.is_some() || is_hop()
    }

    /// Returns `true` if a source can assert facts about parties other than the holder of the tokens.
    pub(super) fn speaks_of_parties(&self, attribute: &str, source: &ClaimSource) -> bool {
        let mapping = self.attribute(attribute).and_then(|attribute| self.mapping(attribute, source));
        mapping.is_some_and(|(issuer, mapping)| self.names_parties(issuer, mapping))
    }

    /// Returns `true` if a fact counts under a policy.
    pub(super) fn counts(&self, policy: &EvidencePolicy, fact: &Fact) -> bool {
        Viewpoint::alone(self.program, self.now, |viewpoint| viewpoint.counts(policy, fact))
    }

    /// Returns `true` if an undisclosed fact could count under a policy.
    pub(super) fn withholds(&self, policy: &EvidencePolicy, fact: &Fact) -> bool {
        Viewpoint::alone(self.program, self.now, |viewpoint| viewpoint.withholds(policy, fact))
    }
}

/// An issuer's mappings of an attribute.
pub(super) fn mappings(issuer: &Issuer, attribute: AttributeId) -> impl Iterator<Item = &ClaimMapping> {
    issuer.claims.iter().filter(move |mapping| mapping.attribute == attribute)
}

/// A value as a ruleset with this type reads it. `None` if it is unreadable.
fn as_read(kind: &Type, value: AttributeValue) -> Option<AttributeValue> {
    match (kind, value) {
        (Type::Word(words), AttributeValue::Text(word)) => words.contains(&word).then_some(AttributeValue::Text(word)),
        // Fields that the type does not have are ignored.
        (Type::Records(fields), AttributeValue::Records(records, complete)) => {
            let known = |name: &String| fields.iter().any(|(field, _)| field == name);
            let known = |record: Record| -> Record { record.into_iter().filter(|(name, _)| known(name)).collect() };
            Some(AttributeValue::Records(records.into_iter().map(known).collect(), complete))
        }
        (_, value) => Some(value),
    }
}

/// Returns `true` if a mapping which converts values can result in a value.
pub(super) fn can_say(mapping: &ClaimMapping, value: &AttributeValue) -> bool {
    let Some(Convert::Values(meanings)) = &mapping.convert else { return true };
    let means = |text: &str| meanings.iter().any(|(_, meaning)| meaning.as_str() == Some(text));
    match value {
        AttributeValue::Text(text) => means(text),
        AttributeValue::Bool(value) => {
            meanings.iter().any(|(_, meaning)| *meaning == crate::base::json::Value::Bool(*value))
        }
        AttributeValue::Texts(members, _) => members.iter().all(|text| means(text)),
        AttributeValue::Number(number) => meanings.iter().any(|(_, meaning)| meaning.as_f64() == Some(*number)),
        AttributeValue::Country(country) => meanings
            .iter()
            .any(|(_, meaning)| meaning.as_str().and_then(crate::base::country::Country::parse) == Some(*country)),
        // Codes are converted one by one, and any of them can be spelt that way.
        _ => true,
    }
}

fn with_complete(value: AttributeValue, complete: Complete) -> AttributeValue {
    // An empty list means "not disclosed", never "none".
    let complete = if is_empty(&value) { Complete::No } else { complete };
    match value {
        AttributeValue::Texts(members, _) => AttributeValue::Texts(members, complete),
        AttributeValue::Countries(members, _) => AttributeValue::Countries(members, complete),
        AttributeValue::Holdings(held, _) => AttributeValue::Holdings(held, complete),
        AttributeValue::Records(records, _) => AttributeValue::Records(records, complete),
        AttributeValue::Shares(shares, _) => AttributeValue::Shares(shares, complete),
        other => other,
    }
}

/// A set without members. `None` if the type is not a set.
pub(super) fn without_members(kind: &Type, complete: Complete) -> Option<AttributeValue> {
    Some(match kind {
        Type::Texts | Type::Regions => AttributeValue::Texts(crate::base::set::Set::default(), complete),
        Type::Countries => AttributeValue::Countries(crate::base::country::CountrySet::default(), complete),
        Type::Holdings => AttributeValue::Holdings(Vec::new(), complete),
        Type::Records(_) => AttributeValue::Records(Vec::new(), complete),
        Type::Shares => AttributeValue::Shares(Vec::new(), complete),
        Type::Bool | Type::Text | Type::Word(_) | Type::Number | Type::Country => return None,
    })
}

/// Returns `true` if a value is a set without members.
pub(super) fn is_empty(value: &AttributeValue) -> bool {
    match value {
        AttributeValue::Texts(members, _) => members.is_empty(),
        AttributeValue::Countries(members, _) => members.is_empty(),
        AttributeValue::Holdings(held, _) => held.is_empty(),
        AttributeValue::Records(records, _) => records.is_empty(),
        AttributeValue::Shares(shares, _) => shares.is_empty(),
        AttributeValue::Bool(_) | AttributeValue::Text(_) | AttributeValue::Number(_) | AttributeValue::Country(_) => {
            false
        }
    }
}

/// A test, with the ruleset that contains it.
#[derive(Clone, Copy)]
pub(super) struct ReadTest<'a> {
    pub(super) side: RulesetAt<'a>,
    pub(super) test: &'a AttributeTest,
}

/// The texts that a matcher names.
pub(super) fn texts(matcher: &Matcher) -> impl Iterator<Item = &str> {
    let set = match matcher {
        Matcher::Text(set)
        | Matcher::Under(set)
        | Matcher::AnyText(set)
        | Matcher::AllText(set)
        | Matcher::OnlyText(set) => Some(set),
        _ => None,
    };
    set.into_iter().flat_map(|set| set.iter().map(String::as_str))
}
