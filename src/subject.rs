//! Claims → subject: facts about a person and the parties around them, each with its evidence. What no mapping names
//! does not exist.

mod chain;
pub(crate) mod convert;
mod person;

use crate::attribute::{AttributeId, Complete, Value};
use crate::json;
use crate::ruleset::Ruleset;
use crate::ruleset::model::{Assurance, ClaimMapping};
use crate::set::Set;
use crate::time::{Instant, Window};
use crate::token::Claims;
pub use chain::{Hop, hop, order};
pub(crate) use chain::{Link, Weight};
pub use person::{Mark, is_one_person, marks};

/// The person or workload that is judged.
#[derive(Clone, Debug, Default)]
pub struct Subject {
    /// By issuer, in the ruleset's order.
    facts: Vec<Fact>,
    accepted: Window,
    ids: Vec<String>,
    /// The parties between the person and the model, from the person on.
    chain: Vec<Link>,
    /// The chain begins with somebody whom nobody knows.
    end_user_unknown: bool,
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
    /// The holder did not disclose it, or something that decides whether it counts.
    pub(crate) undisclosed: bool,
}

impl Subject {
    /// Nobody has signed in: nothing is known.
    pub fn anonymous() -> Self {
        Self::default()
    }

    /// One of whom just these facts are known.
    #[cfg(feature = "author")]
    pub(crate) fn of(facts: Vec<Fact>, ids: Vec<String>, chain: Vec<Link>, end_user_unknown: bool) -> Self {
        Self { facts, accepted: Window::default(), ids, chain, end_user_unknown }
    }

    /// Somebody of whom these facts are stated, by whom and how well is in each.
    #[cfg(feature = "author")]
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

    pub(crate) fn facts(&self) -> &[Fact] {
        &self.facts
    }

    /// While its tokens are accepted.
    pub(crate) const fn accepted(&self) -> Window {
        self.accepted
    }

    /// The parties between the person and the model, as far as tokens name them.
    pub(crate) fn chain(&self) -> &[Link] {
        &self.chain
    }

    /// Whether the signed chain begins with somebody whom nobody knows.
    pub(crate) const fn end_user_unknown(&self) -> bool {
        self.end_user_unknown
    }

    /// Its names: the issuer's id, a colon and `sub` of each token.
    pub(crate) fn ids(&self) -> &[String] {
        &self.ids
    }
}

/// Reads what the ruleset's mappings for each token's issuer name: of the person's tokens, whose order changes nothing, and
/// of the hops, in theirs.
pub fn identify(ruleset: &Ruleset, person: &[&Claims], hops: &[(&Claims, &Hop)]) -> Subject {
    let mut ordered: Vec<&Claims> = Vec::new();
    for claims in person {
        let key = |claims: &Claims| (claims.issuer(), claims.subject().map(str::to_owned), claims.accepted().until);
        let place = ordered.partition_point(|other| key(other) <= key(claims));
        ordered.insert(place, claims);
    }
    let mut subject = Subject::anonymous();
    let mut ids = Set::default();
    for claims in ordered {
        let Some(issuer) = ruleset.issuers.get(claims.issuer()) else { continue };
        ids.extend(name(ruleset, claims));
        subject.accepted = subject.accepted.intersection(&claims.accepted());
        for mapping in &issuer.claims {
            read(ruleset, mapping, claims, &mut subject.facts);
        }
        chain::actors(claims, &mut subject.chain);
    }
    subject.ids = ids.into_vec();
    if !subject.ids.is_empty() {
        subject.facts.push(named(subject.ids.iter().cloned().collect(), None));
    }
    for (claims, hop) in hops {
        let Some(issuer) = ruleset.issuers.get(claims.issuer()) else { continue };
        subject.accepted = subject.accepted.intersection(&claims.accepted());
        let party = name(ruleset, claims).unwrap_or_else(|| hop.role().to_owned());
        let mut facts = Vec::new();
        for mapping in &issuer.claims {
            read(ruleset, mapping, claims, &mut facts);
        }
        // Whatever a hop's token says is about its party.
        facts.push(named(Set::of(party.clone()), None));
        subject.facts.extend(facts.into_iter().map(|fact| Fact { of: Some(party.clone()), ..fact }));
        subject.chain.push(Link::of(hop.role(), &party));
    }
    subject.end_user_unknown = person.is_empty() && !hops.is_empty();
    subject
}

/// The name of whom a token is about: the issuer's id, a colon and `sub`.
fn name(ruleset: &Ruleset, claims: &Claims) -> Option<String> {
    let issuer = ruleset.issuers.get(claims.issuer())?;
    claims.subject().map(|sub| [issuer.trusted.id.as_str(), ":", sub].concat())
}

/// Who a token is about, as its signature itself says.
fn named(names: Set<String>, of: Option<String>) -> Fact {
    Fact {
        attribute: AttributeId::SUBJECT_ID,
        value: Some(Value::Texts(names, Complete::Ever)),
        asserted: AttributeId::SUBJECT_ID,
        of,
        issuer: usize::MAX,
        assurance: 3,
        verified_at: None,
        expires_at: None,
        revoked: false,
        undisclosed: false,
    }
}

/// The fact that a token's own name is, but for the name.
#[cfg(feature = "author")]
pub(crate) fn named_fact() -> Fact {
    named(Set::default(), None)
}

/// A fact with what follows from it.
#[cfg(feature = "author")]
pub(crate) fn with_implied(fact: Fact, facts: &mut Vec<Fact>) {
    put(fact, facts);
}

/// A place in a token's payload: a JSON Pointer from its root, and what is there.
struct Element<'a> {
    pointer: String,
    value: &'a json::Value,
    claims: &'a Claims,
}

impl Element<'_> {
    /// What a mapping's pointer leads to; `None`: nothing. An error: something that the holder did not disclose.
    fn get(&self, pointer: &str) -> Result<Option<&json::Value>, ()> {
        match self.value.pointer(pointer) {
            None if self.may_hide(&[&self.pointer, pointer].concat()) => Err(()),
            found => Ok(found),
        }
    }

    fn may_hide(&self, pointer: &str) -> bool {
        self.claims.hidden().may_hide(pointer, self.claims.payload())
    }

    fn is_partial(&self, pointer: &str) -> bool {
        self.claims.hidden().is_partial(&[&self.pointer, pointer].concat())
    }
}

/// The facts of one mapping: one for each element where the claims stand in a list.
fn read(ruleset: &Ruleset, mapping: &ClaimMapping, claims: &Claims, facts: &mut Vec<Fact>) {
    let each = mapping.each.as_deref().unwrap_or_default();
    let whole = Element { pointer: String::new(), value: claims.payload(), claims };
    let base = match whole.get(each) {
        Ok(Some(base)) => base,
        Ok(None) => return,
        Err(()) => {
            facts.push(undisclosed(mapping, claims.issuer()));
            return;
        }
    };
    match (base, &mapping.each) {
        (json::Value::Array(items), Some(_)) => {
            for (place, value) in items.iter().enumerate() {
                let pointer = [each, "/", &place.to_string()].concat();
                read_element(ruleset, mapping, &Element { pointer, value, claims }, facts);
            }
        }
        _ => {
            let element = Element { pointer: each.to_owned(), value: base, claims };
            read_element(ruleset, mapping, &element, facts);
        }
    }
}

fn read_element(ruleset: &Ruleset, mapping: &ClaimMapping, element: &Element<'_>, facts: &mut Vec<Fact>) {
    for only in &mapping.only {
        let meant = match element.value.pointer(&only.claim) {
            Some(json::Value::String(text)) => only.texts.contains(text.as_str()),
            Some(json::Value::Integer(number)) => only.texts.contains(number.to_string().as_str()),
            Some(json::Value::Bool(value)) => only.texts.contains(if *value { "true" } else { "false" }),
            _ => false,
        };
        if !meant {
            return;
        }
    }
    match element.get(&mapping.claim) {
        Ok(Some(claim)) => put(fact(ruleset, mapping, claim, element), facts),
        Ok(None) => {}
        Err(()) => put(undisclosed(mapping, element.claims.issuer()), facts),
    }
}

/// What stands for a claim that the holder did not disclose.
fn undisclosed(mapping: &ClaimMapping, issuer: usize) -> Fact {
    Fact {
        attribute: mapping.attribute,
        value: None,
        asserted: mapping.attribute,
        of: None,
        issuer,
        assurance: 0,
        verified_at: None,
        expires_at: None,
        revoked: false,
        undisclosed: true,
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

fn fact(ruleset: &Ruleset, mapping: &ClaimMapping, claim: &json::Value, element: &Element<'_>) -> Fact {
    let mut undisclosed = false;
    let mut at = |pointer: &Option<String>| {
        let found = element.get(pointer.as_ref()?);
        undisclosed |= found.is_err();
        found.ok().flatten()
    };
    let expiry = at(&mapping.expires_at);
    // When it was verified may be held back: it is of no known age then.
    let verified = mapping.verified_at.as_ref().and_then(|pointer| element.value.pointer(pointer));
    // An end, a status or a party that is there and cannot be read could be the one that matters.
    let (status, of) = (at(&mapping.status), at(&mapping.of));
    let assurance = match &mapping.assurance {
        Assurance::Level(level) => *level,
        Assurance::Claim(claim, levels) => {
            let level = element.value.pointer(claim).and_then(json::Value::as_str).and_then(|value| levels.get(value));
            level.copied().unwrap_or(0)
        }
    };
    let expires_at = expiry.and_then(convert::instant);
    let readable = !undisclosed
        && (expiry.is_none() || expires_at.is_some())
        && status.is_none_or(|status| status.as_str().is_some())
        && of.is_none_or(|of| of.as_str().is_some());
    let kind = ruleset.vocabulary.get(mapping.attribute).map(|attribute| &attribute.kind);
    let partial = element.is_partial(&mapping.claim);
    let value = kind.filter(|_| readable).and_then(|kind| convert::value(mapping, kind, claim, partial));
    // An empty list of which entries were held back shows nothing at all.
    let nothing = partial && claim.as_array().is_some_and(<[_]>::is_empty);
    Fact {
        attribute: mapping.attribute,
        value: value.filter(|_| !nothing),
        asserted: mapping.attribute,
        of: of.and_then(json::Value::as_str).map(str::to_owned),
        issuer: element.claims.issuer(),
        assurance,
        verified_at: verified.and_then(convert::instant),
        expires_at,
        revoked: status.and_then(json::Value::as_str).is_some_and(|status| status != "valid"),
        undisclosed: undisclosed || nothing,
    }
}
