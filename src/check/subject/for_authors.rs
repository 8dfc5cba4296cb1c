//! Subjects and facts that do not come from tokens. Only authors' tools make them.

use super::chain::ChainParty;
use super::convert::{ClaimValue, Read, typed};
use super::{Fact, Subject, named, put};
use crate::base::json;
use crate::base::set::{Map, Set};
use crate::ruleset::attribute::{AttributeId, AttributeValue, Complete, Type};
use crate::ruleset::model::{Assurance, ClaimMapping};
use crate::verify::token::Hidden;

impl Subject {
    /// A subject with exactly these facts.
    pub(crate) fn of(facts: Vec<Fact>, ids: Vec<String>, chain: Vec<ChainParty>, end_user_unknown: bool) -> Self {
        Self { facts, ids, chain, end_user_unknown, ..Self::default() }
    }

    /// A subject with these stated facts and those that they imply. Each fact has its issuer and assurance.
    pub(crate) fn stated(stated: Vec<Fact>, ids: Set<String>) -> Self {
        let mut facts = Vec::new();
        stated.into_iter().for_each(|fact| put(fact, &mut facts));
        facts.sort_by_key(|fact| fact.issuer);
        let mut subject = Self { facts, ids: ids.into_vec(), ..Self::default() };
        if !subject.ids.is_empty() {
            subject.facts.push(named(subject.ids.iter().cloned().collect(), None));
        }
        subject
    }
}

/// The fact for a token's own name, without the name.
pub(crate) fn named_fact() -> Fact {
    named(Set::default(), None)
}

/// Adds a fact and the facts that it implies.
pub(crate) fn with_implied(fact: Fact, facts: &mut Vec<Fact>) {
    put(fact, facts);
}

/// A value without a claim's mapping. `None` if it is not of that type.
pub(crate) fn plain(
    attribute: AttributeId,
    kind: &Type,
    complete: Complete,
    value: &json::Value,
) -> Option<AttributeValue> {
    let mapping = ClaimMapping {
        attribute,
        each: None,
        claim: String::new(),
        convert: None,
        complete,
        assurance: Assurance::Level(0),
        verified_at: None,
        expires_at: None,
        status: None,
        of: None,
        only: Vec::new(),
        aliases: Map::default(),
    };
    let claim = ClaimValue { value, pointer: String::new(), hidden: &Hidden::default() };
    match typed(&mapping, kind, value, &claim) {
        Read::Shown(value) => Some(value),
        Read::Nothing | Read::Unreadable => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::limits;

    #[test]
    fn a_set_has_as_many_entries_as_the_limit_and_no_more() {
        let texts = |count: usize| {
            let texts = (0..count).map(|number| json::Value::String(format!("group-{number}")));
            plain(AttributeId::SUBJECT_ID, &Type::Texts, Complete::Now, &json::Value::Array(texts.collect()))
        };
        // The limit of Microsoft Entra ID.
        assert!(texts(200).is_some());
        assert!(texts(limits::SET_ENTRIES).is_some());
        assert!(texts(limits::SET_ENTRIES + 1).is_none());
    }
}
