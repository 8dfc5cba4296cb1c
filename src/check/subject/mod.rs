//! Claims → subject: facts about a person and the parties around them, each with its evidence. A claim that no mapping
//! names is ignored.
//!
//! Every element that a mapping reads on the way to a claim must be known to be complete. If the holder of a credential
//! may have withheld a part, there is a fact without a value that records it (`undisclosed`). Such a fact could have
//! any value. It leaves open what other facts do not settle alone, and it is not an absence.

mod chain;
mod convert;
#[cfg(feature = "author")]
pub(crate) mod for_authors;
mod person;

use crate::base::json;
use crate::base::set::Set;
use crate::base::time::{Instant, Window};
use crate::ruleset::Ruleset;
use crate::ruleset::attribute::{AttributeId, AttributeValue, Complete};
use crate::ruleset::model::{Assurance, ClaimMapping};
use crate::verify::token::{self, Claims, Withheld};
pub(crate) use chain::{ChainParty, Weight};
pub use chain::{Hop, hop, order};
pub use person::{BindingKey, is_one_person, marks};

/// The person or workload that is judged.
#[derive(Clone, Debug, Default)]
pub struct Subject {
    /// Sorted by issuer, in the ruleset's order.
    facts: Vec<Fact>,
    accepted: Window,
    ids: Vec<String>,
    /// The parties between the person and the model, from the person on.
    chain: Vec<ChainParty>,
    /// The chain begins with an unknown person.
    end_user_unknown: bool,
}

/// One asserted value and its evidence.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Fact {
    pub(crate) attribute: AttributeId,
    /// `None` if a claim was there, but cannot be read as this attribute.
    pub(crate) value: Option<AttributeValue>,
    /// The asserted attribute, if this one is implied by it.
    pub(crate) asserted: AttributeId,
    /// The party that it is about. `None` if that is the person whose token it is.
    pub(crate) of: Option<String>,
    /// Position of the issuer in the ruleset.
    pub(crate) issuer: usize,
    pub(crate) assurance: u8,
    pub(crate) verified_at: Option<Instant>,
    pub(crate) expires_at: Option<Instant>,
    /// The issuer revoked it.
    pub(crate) revoked: bool,
    /// The holder did not disclose the claim, or another claim that decides if it counts. If there is a value, its time
    /// of verification was not disclosed.
    pub(crate) undisclosed: bool,
    /// The party that it is about is unknown: it could be any party, or the person.
    pub(crate) anyone: bool,
}

impl Subject {
    /// A person who has not signed in: nothing is known.
    pub fn anonymous() -> Self {
        Self::default()
    }

    pub(crate) fn facts(&self) -> &[Fact] {
        &self.facts
    }

    /// The window in which its tokens are accepted.
    pub(crate) const fn accepted(&self) -> Window {
        self.accepted
    }

    /// The parties between the person and the model, as far as tokens name them.
    pub(crate) fn chain(&self) -> &[ChainParty] {
        &self.chain
    }

    /// True if the signed chain begins with an unknown person.
    pub(crate) const fn end_user_unknown(&self) -> bool {
        self.end_user_unknown
    }

    /// Its names: the issuer's id, a colon and `sub` of each token.
    pub(crate) fn ids(&self) -> &[String] {
        &self.ids
    }

    /// True if it has no name, or another name is withheld.
    pub(crate) fn lacks_a_name(&self) -> bool {
        self.ids.is_empty()
            || self.facts.iter().any(|fact| fact.attribute == AttributeId::SUBJECT_ID && fact.undisclosed)
    }
}

/// Reads the claims that the ruleset maps for each token's issuer. The order of the person's tokens does not matter.
/// The hops are in the order of their chain.
pub fn identify(ruleset: &Ruleset, person: &[&Claims], hops: &[(&Claims, &Hop)]) -> Subject {
    let mut ordered: Vec<&Claims> = Vec::new();
    for claims in person {
        let key = |claims: &Claims| (claims.issuer(), claims.subject().map(str::to_owned), claims.accepted().until);
        let place = ordered.partition_point(|other| key(other) <= key(claims));
        ordered.insert(place, claims);
    }
    let mut subject = Subject::anonymous();
    let mut ids = Set::default();
    let name_withheld = person.iter().any(|claims| claims.credential().hides_sub);
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
    if name_withheld {
        subject.facts.push(nameless());
    }
    for (claims, hop) in hops {
        let Some(issuer) = ruleset.issuers.get(claims.issuer()) else { continue };
        subject.accepted = subject.accepted.intersection(&claims.accepted());
        let party = name(ruleset, claims).unwrap_or_else(|| hop.role().to_owned());
        let mut facts = Vec::new();
        for mapping in &issuer.claims {
            read(ruleset, mapping, claims, &mut facts);
        }
        facts.push(named(Set::of(party.clone()), None));
        // Evidence in a hop's token that names no party is about the hop's party.
        let about = |fact: Fact| Fact { of: fact.of.or_else(|| Some(party.clone())), ..fact };
        subject.facts.extend(facts.into_iter().map(about));
        subject.chain.push(ChainParty::of(hop.role(), &party));
        chain::actors(claims, &mut subject.chain);
    }
    subject.end_user_unknown = person.is_empty() && !hops.is_empty();
    subject
}

/// The name of the person or party that a token is about: the issuer's id, the tenant if there is one, and `sub`,
/// joined by colons. Neither an id nor a tenant contains a colon.
fn name(ruleset: &Ruleset, claims: &Claims) -> Option<String> {
    let issuer = ruleset.issuers.get(claims.issuer())?;
    let (tenant, colon) = claims.tenant().map_or(("", ""), |tenant| (tenant, ":"));
    claims.subject().map(|sub| [issuer.trusted.id.as_str(), ":", tenant, colon, sub].concat())
}

/// The names of the person or party that a token is about, as its signature itself asserts.
fn named(names: Set<String>, of: Option<String>) -> Fact {
    Fact {
        attribute: AttributeId::SUBJECT_ID,
        value: Some(AttributeValue::Texts(names, Complete::Ever)),
        asserted: AttributeId::SUBJECT_ID,
        of,
        issuer: usize::MAX,
        assurance: 3,
        verified_at: None,
        expires_at: None,
        revoked: false,
        undisclosed: false,
        anyone: false,
    }
}

/// The fact that a token may withhold its subject.
pub(crate) fn nameless() -> Fact {
    Fact { value: None, undisclosed: true, ..named(Set::default(), None) }
}

/// An element of a token's payload: its JSON Pointer from the root, and its value.
struct Element<'a> {
    pointer: String,
    value: &'a json::Value,
    claims: &'a Claims,
}

impl<'a> Element<'a> {
    /// The value at a mapping's pointer.
    fn get(&self, pointer: &str) -> Result<Option<&'a json::Value>, Withheld> {
        token::get(self.claims.hidden(), &self.pointer, self.value, pointer)
    }

    /// The fact without a value for a mapping's claim that cannot be read or is withheld.
    fn without_value(&self, mapping: &ClaimMapping, undisclosed: bool) -> Fact {
        let of = mapping.of.as_ref().map_or(Ok(None), |pointer| self.get(pointer));
        let name = of.ok().flatten().map(json::Value::as_str);
        Fact {
            of: name.flatten().map(str::to_owned),
            anyone: of.is_err() || name == Some(None),
            ..without_value(mapping, self.claims.issuer(), undisclosed || of.is_err())
        }
    }
}

/// Reads the facts of one mapping, one for each element if the claims are in a list.
fn read(ruleset: &Ruleset, mapping: &ClaimMapping, claims: &Claims, facts: &mut Vec<Fact>) {
    let each = mapping.each.as_deref().unwrap_or_default();
    let hidden = || Fact { anyone: mapping.of.is_some(), ..without_value(mapping, claims.issuer(), true) };
    let base = match claims.get(each) {
        Ok(Some(base)) => base,
        Ok(None) => return,
        Err(Withheld) => return put(hidden(), facts),
    };
    match (base, &mapping.each) {
        (json::Value::Array(items), Some(_)) => {
            for (place, value) in items.iter().enumerate() {
                let pointer = [each, "/", &place.to_string()].concat();
                read_element(ruleset, mapping, &Element { pointer, value, claims }, facts);
            }
            if claims.hidden().missing_from(each) > 0 {
                put(hidden(), facts);
            }
        }
        _ => {
            let element = Element { pointer: each.to_owned(), value: base, claims };
            read_element(ruleset, mapping, &element, facts);
        }
    }
}

fn read_element(ruleset: &Ruleset, mapping: &ClaimMapping, element: &Element<'_>, facts: &mut Vec<Fact>) {
    let (mut withheld, mut readable) = (false, true);
    for only in &mapping.only {
        match element.get(&only.claim).map(|claim| claim.map(|claim| convert::is_one_of(&only.texts, claim))) {
            Ok(Some(Some(true))) => {}
            Ok(Some(Some(false)) | None) => return,
            // An unreadable text could be one of them.
            Ok(Some(None)) => readable = false,
            Err(Withheld) => withheld = true,
        }
    }
    match element.get(&mapping.claim) {
        Ok(None) => {}
        Ok(Some(claim)) if readable && !withheld => read_claim(ruleset, mapping, claim, element, facts),
        found => put(element.without_value(mapping, withheld || found.is_err()), facts),
    }
}

/// A fact of a mapping without a value. Withheld evidence has the highest assurance that it could have.
fn without_value(mapping: &ClaimMapping, issuer: usize, undisclosed: bool) -> Fact {
    Fact {
        attribute: mapping.attribute,
        value: None,
        asserted: mapping.attribute,
        of: None,
        issuer,
        assurance: mapping.assurance.highest(),
        verified_at: None,
        expires_at: None,
        revoked: false,
        undisclosed,
        anyone: false,
    }
}

fn put(fact: Fact, facts: &mut Vec<Fact>) {
    let implied = fact.value.as_ref().and_then(|value| fact.attribute.implied(value));
    if let Some((attribute, value)) = implied {
        facts.push(Fact { attribute, value: Some(value), ..fact.clone() });
    }
    // An unreadable status makes the predicates that it settles unreadable too.
    if fact.value.is_none() {
        facts.extend(fact.attribute.settles().map(|attribute| Fact { attribute, ..fact.clone() }));
    }
    facts.push(fact);
}

fn read_claim(
    ruleset: &Ruleset,
    mapping: &ClaimMapping,
    claim: &json::Value,
    element: &Element<'_>,
    facts: &mut Vec<Fact>,
) {
    let mut withheld = false;
    let mut at = |pointer: Option<&String>| {
        let found = pointer.map_or(Ok(None), |pointer| element.get(pointer));
        withheld |= found.is_err();
        found.ok().flatten()
    };
    // An unreadable end, status or party could be the one that matters.
    let (expiry, status) = (at(mapping.expires_at.as_ref()), at(mapping.status.as_ref()));
    let assurance = match &mapping.assurance {
        Assurance::Level(level) => *level,
        Assurance::Claim(claim, levels) => {
            at(Some(claim)).and_then(|said| convert::meaning(levels, said)).copied().unwrap_or(0)
        }
    };
    let expires_at = expiry.and_then(convert::instant);
    let rest = element.without_value(mapping, withheld);
    if withheld
        || rest.anyone
        || expiry.is_some() && expires_at.is_none()
        || status.is_some_and(|status| status.as_str().is_none())
    {
        return put(rest, facts);
    }
    // If the time of evidence is withheld, its age is unknown, which matters only if a rule requires a maximum age.
    let verified = mapping.verified_at.as_ref().map_or(Ok(None), |pointer| element.get(pointer));
    let Some(attribute) = ruleset.vocabulary.get(mapping.attribute) else { return };
    let claim = convert::ClaimValue {
        value: claim,
        pointer: [&element.pointer, &*mapping.claim].concat(),
        hidden: element.claims.hidden(),
    };
    let read = convert::read(mapping, &attribute.kind, &claim);
    let rest = Fact { assurance, ..rest };
    // The shown part of a set is not the whole set.
    if claim.is_partial() && (attribute.kind.is_set() || matches!(read, convert::Read::Nothing)) {
        put(Fact { undisclosed: true, ..rest.clone() }, facts);
    }
    match read {
        convert::Read::Nothing => {}
        convert::Read::Unreadable => put(rest, facts),
        convert::Read::Shown(value) => {
            let fact = Fact {
                value: Some(value),
                verified_at: verified.ok().flatten().and_then(convert::instant),
                expires_at,
                revoked: status.and_then(json::Value::as_str).is_some_and(|status| status != "valid"),
                undisclosed: verified.is_err(),
                ..rest
            };
            put(fact, facts);
        }
    }
}
