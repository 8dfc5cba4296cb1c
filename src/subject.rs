//! Claims → subject: facts about a person and the parties around them, each with its evidence. What no mapping names
//! does not exist.

mod convert;

use crate::attribute::{AttributeId, Complete, Value};
use crate::json;
use crate::ruleset::Ruleset;
use crate::ruleset::model::{Assurance, ClaimMapping};
use crate::set::Set;
use crate::time::{Instant, Window};
use crate::token::Claims;

/// The person or workload that is judged.
#[derive(Clone, Debug, Default)]
pub struct Subject {
    /// By issuer, in the ruleset's order.
    facts: Vec<Fact>,
    accepted: Window,
    ids: Vec<String>,
}

/// One asserted value and where it came from.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Fact {
    pub(crate) attribute: AttributeId,
    /// `None`: a claim was there, but not one that can be read as this attribute.
    pub(crate) value: Option<Value>,
    /// The attribute that was asserted, where this one follows from it.
    pub(crate) asserted: AttributeId,
    /// The party that it is about; none: the person whose token it is.
    pub(crate) of: Option<String>,
    /// Position of the issuer in the ruleset.
    pub(crate) issuer: usize,
    pub(crate) assurance: u8,
    pub(crate) verified_at: Option<Instant>,
    pub(crate) expires_at: Option<Instant>,
    /// The issuer says that it is no longer so.
    pub(crate) revoked: bool,
}

impl Subject {
    /// Nobody has signed in: nothing is known.
    pub fn anonymous() -> Self {
        Self::default()
    }

    pub(crate) fn facts(&self) -> &[Fact] {
        &self.facts
    }

    /// While its tokens are accepted.
    pub(crate) const fn accepted(&self) -> Window {
        self.accepted
    }

    /// Its names: the issuer's id, a colon and `sub` of each token.
    pub(crate) fn ids(&self) -> &[String] {
        &self.ids
    }
}

/// Reads what the ruleset's mappings for each token's issuer name. The order of the tokens changes nothing.
pub fn identify(ruleset: &Ruleset, presented: &[Claims]) -> Subject {
    let mut ordered: Vec<&Claims> = Vec::new();
    for claims in presented {
        let key = |claims: &Claims| (claims.issuer(), claims.subject().map(str::to_owned), claims.accepted().until);
        let place = ordered.partition_point(|other| key(other) <= key(claims));
        ordered.insert(place, claims);
    }
    let mut subject = Subject::anonymous();
    let mut ids = Set::default();
    for claims in ordered {
        let Some(issuer) = ruleset.issuers.get(claims.issuer()) else { continue };
        ids.extend(claims.subject().map(|sub| format!("{}:{sub}", issuer.trusted.id)));
        subject.accepted = subject.accepted.intersection(&claims.accepted());
        for mapping in &issuer.claims {
            read(ruleset, mapping, claims, &mut subject.facts);
        }
    }
    subject.ids = ids.into_vec();
    if !subject.ids.is_empty() {
        subject.facts.push(Fact {
            attribute: AttributeId::SUBJECT_ID,
            value: Some(Value::Texts(subject.ids.iter().cloned().collect(), Complete::Ever)),
            asserted: AttributeId::SUBJECT_ID,
            of: None,
            issuer: usize::MAX,
            // The signatures themselves say who the tokens are about.
            assurance: 3,
            verified_at: None,
            expires_at: None,
            revoked: false,
        });
    }
    subject
}

/// The facts of one mapping: one for each element where the claims stand in a list.
fn read(ruleset: &Ruleset, mapping: &ClaimMapping, claims: &Claims, facts: &mut Vec<Fact>) {
    let payload = claims.payload();
    let base = mapping.each.as_ref().map_or(Some(payload), |each| payload.pointer(each));
    let elements = match (base, &mapping.each) {
        (Some(json::Value::Array(items)), Some(_)) => items.as_slice(),
        (Some(one), _) => std::slice::from_ref(one),
        (None, _) => return,
    };
    for element in elements {
        let Some(claim) = element.pointer(&mapping.claim) else { continue };
        let meant = mapping.only.iter().all(|only| match element.pointer(&only.claim) {
            Some(json::Value::String(text)) => only.texts.contains(text.as_str()),
            Some(json::Value::Integer(number)) => only.texts.contains(number.to_string().as_str()),
            Some(json::Value::Bool(value)) => only.texts.contains(if *value { "true" } else { "false" }),
            _ => false,
        });
        if meant {
            put(fact(ruleset, mapping, claim, element, claims.issuer()), facts);
        }
    }
}

fn put(fact: Fact, facts: &mut Vec<Fact>) {
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

fn fact(ruleset: &Ruleset, mapping: &ClaimMapping, claim: &json::Value, element: &json::Value, issuer: usize) -> Fact {
    let at = |pointer: &Option<String>| pointer.as_ref().and_then(|pointer| element.pointer(pointer));
    let assurance = match &mapping.assurance {
        Assurance::Level(level) => *level,
        Assurance::Claim(claim, levels) => {
            let level = element.pointer(claim).and_then(json::Value::as_str).and_then(|value| levels.get(value));
            level.copied().unwrap_or(0)
        }
    };
    let (verified, expiry) = (at(&mapping.verified_at), at(&mapping.expires_at));
    let expires_at = expiry.and_then(convert::instant);
    // An end, a status or a party that is there and cannot be read could be the one that matters.
    let (status, of) = (at(&mapping.status), at(&mapping.of));
    let readable = (expiry.is_none() || expires_at.is_some())
        && status.is_none_or(|status| status.as_str().is_some())
        && of.is_none_or(|of| of.as_str().is_some());
    let kind = ruleset.vocabulary.get(mapping.attribute).map(|attribute| &attribute.kind);
    let value = kind.filter(|_| readable).and_then(|kind| convert::value(mapping, kind, claim));
    Fact {
        attribute: mapping.attribute,
        value,
        asserted: mapping.attribute,
        of: of.and_then(json::Value::as_str).map(str::to_owned),
        issuer,
        assurance,
        verified_at: verified.and_then(convert::instant),
        expires_at,
        revoked: status.and_then(json::Value::as_str).is_some_and(|status| status != "valid"),
    }
}
