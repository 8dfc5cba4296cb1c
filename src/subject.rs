//! Claims → subject: facts about a person, each with its evidence. What no mapping names does not exist.

use crate::attribute::{AttributeId, Type, Value};
use crate::country::{Country, CountrySet};
use crate::json;
use crate::limits;
use crate::ruleset::Ruleset;
use crate::ruleset::model::{Assurance, ClaimMapping};
use crate::time::{Instant, Window};
use crate::token::Claims;
use std::collections::BTreeSet;

/// The person or workload that is judged.
#[derive(Clone, Debug, Default)]
pub struct Subject {
    facts: Vec<Fact>,
    accepted: Window,
}

/// One asserted value and where it came from.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Fact {
    pub(crate) attribute: AttributeId,
    /// `None`: a claim was there, but not one that can be read as this attribute.
    pub(crate) value: Option<Value>,
    /// The attribute that was asserted, where this one follows from it.
    pub(crate) asserted: AttributeId,
    /// Position of the issuer in the ruleset.
    pub(crate) issuer: usize,
    pub(crate) assurance: u8,
    pub(crate) verified_at: Option<Instant>,
    pub(crate) expires_at: Option<Instant>,
}

impl Subject {
    /// Nobody has signed in: nothing is known.
    pub fn anonymous() -> Self {
        Self::default()
    }

    pub(crate) fn facts(&self) -> &[Fact] {
        &self.facts
    }

    /// While its token is accepted.
    pub(crate) const fn accepted(&self) -> Window {
        self.accepted
    }
}

/// Reads what the ruleset's mappings for the token's issuer name.
pub fn identify(ruleset: &Ruleset, claims: &Claims) -> Subject {
    let Some(issuer) = ruleset.issuers.get(claims.issuer()) else { return Subject::anonymous() };
    let id = Fact {
        attribute: AttributeId::SUBJECT_ID,
        value: Some(Value::Text(format!("{}:{}", issuer.id, claims.subject()))),
        asserted: AttributeId::SUBJECT_ID,
        issuer: claims.issuer(),
        // The signature itself says who the token is about.
        assurance: 3,
        verified_at: None,
        expires_at: None,
    };
    let mut facts = vec![id];
    for mapping in &issuer.claims {
        let Some(claim) = claims.payload().pointer(&mapping.claim) else { continue };
        let fact = fact(mapping, claim, claims);
        let implied = fact.value.as_ref().and_then(|value| fact.attribute.implied(value));
        if let Some((attribute, value)) = implied {
            facts.push(Fact { attribute, value: Some(value), ..fact.clone() });
        }
        // A status that cannot be read leaves the predicates that it settles unreadable too.
        if fact.value.is_none() {
            facts.extend(fact.attribute.settles().map(|attribute| Fact { attribute, ..fact.clone() }));
        }
        facts.push(fact);
    }
    Subject { facts, accepted: claims.accepted() }
}

fn fact(mapping: &ClaimMapping, claim: &json::Value, claims: &Claims) -> Fact {
    let payload = claims.payload();
    let assurance = match &mapping.assurance {
        Assurance::Level(level) => *level,
        Assurance::Claim { claim, levels } => {
            let level = payload.pointer(claim).and_then(json::Value::as_str).and_then(|value| levels.get(value));
            level.copied().unwrap_or(0)
        }
    };
    let verified_at = mapping.verified_at.as_ref().and_then(|at| payload.pointer(at)).and_then(instant);
    let expiry = mapping.expires_at.as_ref().and_then(|at| payload.pointer(at));
    let expires_at = expiry.and_then(instant);
    // An end that is there and cannot be read could be in the past.
    let readable = expiry.is_none() || expires_at.is_some();
    Fact {
        attribute: mapping.attribute,
        value: value(mapping, claim).filter(|_| readable),
        asserted: mapping.attribute,
        issuer: claims.issuer(),
        assurance,
        verified_at,
        expires_at,
    }
}

fn value(mapping: &ClaimMapping, claim: &json::Value) -> Option<Value> {
    match mapping.attribute.attribute().kind {
        Type::Bool => match claim {
            json::Value::Bool(value) => Some(Value::Bool(*value)),
            _ => None,
        },
        Type::Text => claim.as_str().filter(|text| !text.is_empty()).map(|text| Value::Text(text.to_owned())),
        Type::Word(words) => {
            claim.as_str().filter(|text| words.contains(text)).map(|text| Value::Text(text.to_owned()))
        }
        Type::Country => claim.as_str().and_then(Country::parse).map(Value::Country),
        Type::Texts => {
            let mut members = BTreeSet::new();
            for text in texts(claim)? {
                members.insert(text?.to_owned());
            }
            Some(Value::Texts { complete: mapping.complete && !is_empty(claim), members })
        }
        Type::Countries => {
            // One code that cannot be read could be the decisive one: the whole claim is unusable.
            let members = texts(claim)?.map(|text| text.and_then(Country::parse)).collect::<Option<CountrySet>>()?;
            Some(Value::Countries { complete: mapping.complete && !is_empty(claim), members })
        }
    }
}

/// One text or a list of them; an item that is not a text is `None`.
fn texts(claim: &json::Value) -> Option<impl Iterator<Item = Option<&str>>> {
    let items = match claim {
        json::Value::Array(items) if items.len() <= limits::SET_ENTRIES => items.as_slice(),
        json::Value::String(_) => std::slice::from_ref(claim),
        _ => return None,
    };
    Some(items.iter().map(|item| item.as_str().filter(|text| !text.is_empty())))
}

/// An empty list says "not disclosed", never "none".
fn is_empty(claim: &json::Value) -> bool {
    claim.as_array().is_some_and(<[_]>::is_empty)
}

/// RFC 3339, a full-date, or a NumericDate.
fn instant(claim: &json::Value) -> Option<Instant> {
    match claim {
        json::Value::String(text) => Instant::parse(text),
        json::Value::Integer(seconds) => Instant::from_seconds(*seconds),
        _ => None,
    }
}
