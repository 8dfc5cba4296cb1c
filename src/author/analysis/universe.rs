//! The variables that decide every condition. They cover everything that a request could assert, with no
//! two that no condition distinguishes.
//!
//! Longer than other files: one method for the variables of each kind of attribute, and their tests.

use super::atom::{Atom, AtomValue, ClaimAtom, ReadTest, Who, can_say, is_empty, texts};
use super::representatives::{ENDED, LATE, candidates, unnamed};
use super::sources::{sources, translating};
use crate::base::country::Country;
use crate::base::time::Instant;
use crate::check::decide::for_authors::{record_fits, value_fits};
use crate::ruleset::attribute::{AttributeId, AttributeValue, END_USER, Type};
use crate::ruleset::model::Matcher;
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// All variables, by number.
#[derive(Default)]
pub(super) struct Universe {
    pub(super) atoms: Vec<Atom>,
    /// Some possible assertion has no variable.
    pub(super) cut: bool,
    /// The start of the analysed period. All past endings, beginnings and acquisitions are before it.
    pub(super) first: Option<Instant>,
    claims: HashMap<(Who, String), Vec<u32>>,
    stated: BTreeMap<String, Vec<u32>>,
}

/// The maximum number of variables; a ruleset with more is too intricate to settle.
const MOST: usize = 8_000;
/// The greatest count of members that a test can ask for.
const COUNTED: u16 = 64;
impl Universe {
    pub(super) fn from(first: Instant) -> Self {
        Self { first: Some(first), ..Self::default() }
    }

    /// The variables about claims of one attribute, about one party.
    pub(super) fn claims(&self, who: &Who, attribute: &str) -> &[u32] {
        self.claims.get(&(who.clone(), attribute.to_owned())).map_or(&[], Vec::as_slice)
    }

    /// The variables about the values that the host states for an attribute.
    pub(super) fn stated(&self, attribute: &str) -> &[u32] {
        self.stated.get(attribute).map_or(&[], Vec::as_slice)
    }

    pub(super) fn atom(&self, variable: u32) -> Option<&Atom> {
        self.atoms.get(usize::try_from(variable).ok()?)
    }

    pub(super) fn count(&self) -> usize {
        self.atoms.len()
    }

    /// Returns `true` if every possible assertion has a variable, within the limit. Otherwise nothing can be settled.
    pub(super) const fn are_whole(&self) -> bool {
        !self.cut && self.atoms.len() <= MOST
    }

    fn add(&mut self, atom: Atom) -> u32 {
        let number = u32::try_from(self.atoms.len()).unwrap_or(u32::MAX);
        self.atoms.push(atom);
        number
    }

    /// Adds the assertions about a party that the tests of any ruleset read: for set attributes if `sets`, else for
    /// attributes with one value. `instants`: the first instant, and those at which a group of countries changes.
    pub(super) fn put(&mut self, who: &Who, asked: &[ReadTest<'_>], instants: &[Instant], sets: bool) {
        let mut attributes: BTreeMap<String, Vec<ReadTest<'_>>> = BTreeMap::new();
        for one in asked {
            let vocabulary = one.side.program.vocabulary();
            if vocabulary.is_context(one.test.attribute) {
                continue;
            }
            for source in read_by(one.test.attribute) {
                if vocabulary.get(source).is_some_and(|attribute| attribute.kind.is_set() == sets) {
                    attributes.entry(vocabulary.name(source).to_owned()).or_default().push(*one);
                }
            }
        }
        for (name, readers) in attributes {
            if name == "subject.id" {
                // The holder of the tokens has the names of the person served, or none.
                if !matches!(who, Who::Perhaps(_)) {
                    self.put_names(who, &readers);
                }
            } else {
                self.put_claims(who, &name, &readers, instants);
            }
        }
    }

    /// One name per issuer: all tokens of a request from one issuer have the same `sub`.
    fn put_names(&mut self, who: &Who, readers: &[ReadTest<'_>]) {
        let ids: BTreeSet<String> =
            readers.iter().flat_map(|one| texts(&one.test.matcher)).map(str::to_owned).collect();
        let issuers: BTreeSet<&str> = readers
            .iter()
            .flat_map(|one| one.side.program.ruleset().issuers())
            .map(|issuer| issuer.id.as_str())
            .collect();
        let mut numbers = Vec::new();
        for issuer in issuers {
            let of = ids.iter().filter(|id| id.split_once(':').is_some_and(|(named, _)| named == issuer));
            let nobody = BTreeSet::new();
            let other = unnamed(&nobody).map(|name| [issuer, ":", &name].concat()).find(|id| !ids.contains(id));
            for id in of.cloned().chain(other) {
                numbers.push(self.add(Atom::Name { who: who.clone(), id }));
            }
        }
        // A hop whose token has no `sub` is named by its role.
        if let Who::Role(role, _) = who
            && ids.contains(role)
        {
            numbers.push(self.add(Atom::Name { who: who.clone(), id: role.clone() }));
        }
        // A hop that withholds its name is refused.
        if *who == Who::Person {
            numbers.push(self.add(Atom::NameHidden));
        }
        self.claims.insert((who.clone(), "subject.id".to_owned()), numbers);
    }

    fn put_claims(&mut self, who: &Who, name: &str, readers: &[ReadTest<'_>], instants: &[Instant]) {
        let Some(kind) = self.kind(name, readers) else { return };
        let values = self.values(name, &kind, readers, instants);
        let by_issuer = kind.is_set() || name == "subject.nationalities_complete";
        let sources = sources(who, name, readers, by_issuer);
        let mut numbers = Vec::new();
        let mut spoilt: BTreeSet<(&str, [bool; 2], bool)> = BTreeSet::new();
        let mut hidden: BTreeSet<(&str, Vec<bool>, bool)> = BTreeSet::new();
        for (source, counts, parties) in &sources {
            let claim = |said: AtomValue| {
                Atom::Claim(ClaimAtom { who: who.clone(), attribute: name.to_owned(), said, source: source.clone() })
            };
            // Claims that never count are interchangeable to a reader of both rulesets, and so are unreadable claims.
            let of = if by_issuer { source.issuer.as_str() } else { "" };
            if spoilt.insert((of, source.mapping.map(|mapping| mapping.is_some()), *parties)) {
                numbers.push(self.add(claim(AtomValue::Unusable)));
            }
            // An undisclosed claim matters to the tests for which it could count.
            let withholds = |one: &ReadTest<'_>| match claim(AtomValue::Hidden) {
                Atom::Claim(claim) => {
                    one.side.fact(&claim, None).is_some_and(|fact| one.side.withholds(&one.test.policy, &fact))
                }
                _ => false,
            };
            let withheld: Vec<bool> = readers.iter().map(withholds).collect();
            if withheld.contains(&true) && hidden.insert((of, withheld, *parties)) {
                numbers.push(self.add(claim(AtomValue::Hidden)));
            }
            if *counts {
                for value in &values {
                    numbers.push(self.add(claim(AtomValue::Value(value.clone()))));
                }
            }
        }
        self.claims.insert((who.clone(), name.to_owned()), numbers);
    }

    /// Adds the statements of the host that the tests read.
    pub(super) fn put_context(&mut self, asked: &[ReadTest<'_>], roles: &BTreeSet<Who>, instants: &[Instant]) {
        let mut attributes: BTreeMap<String, Vec<ReadTest<'_>>> = BTreeMap::new();
        for one in asked {
            let vocabulary = one.side.program.vocabulary();
            if vocabulary.is_context(one.test.attribute) {
                attributes.entry(vocabulary.name(one.test.attribute).to_owned()).or_default().push(*one);
            }
        }
        let places: Vec<ReadTest<'_>> = ["context.country", "context.countries"]
            .into_iter()
            .filter_map(|name| attributes.remove(name))
            .flatten()
            .collect();
        let of_regions = attributes.remove("context.regions").unwrap_or_default();
        self.put_places(&places, &of_regions, instants);
        let chain_asked = attributes.remove("context.chain_roles").unwrap_or_default();
        self.put_chain(&chain_asked, roles);
        for (name, readers) in attributes {
            let Some(kind) = self.kind(&name, &readers) else { continue };
            let values = self.values(&name, &kind, &readers, instants);
            let mut numbers = Vec::new();
            if kind.is_set() {
                numbers.push(self.add(Atom::Member(name.clone(), None)));
                let members = values.iter().filter(|value| !is_empty(value));
                numbers.extend(members.map(|value| self.add(Atom::Member(name.clone(), Some(host_value(value))))));
            } else {
                numbers.extend(values.iter().map(|value| self.add(Atom::Stated(name.clone(), host_value(value)))));
            }
            self.stated.insert(name, numbers);
        }
    }

    /// Adds the signals of a request's location: per class of countries, one without a region, one for each named
    /// region, and as many with other regions as a test counts.
    fn put_places(&mut self, places: &[ReadTest<'_>], of_regions: &[ReadTest<'_>], instants: &[Instant]) {
        if places.is_empty() && of_regions.is_empty() {
            return;
        }
        let regions: BTreeSet<&str> = of_regions.iter().flat_map(|one| texts(&one.test.matcher)).collect();
        let named: BTreeSet<Country> = regions.iter().filter_map(|region| Country::parse(region.get(..2)?)).collect();
        let matchers: Vec<(&ReadTest<'_>, &Matcher)> = places.iter().map(|one| (one, &one.test.matcher)).collect();
        let counted = self.copies(places);
        let (candidates, every) = candidates("context.countries", &Type::Countries, places, counted);
        self.cut |= !every;
        let mut classes: HashMap<Vec<u8>, usize> = HashMap::new();
        let mut countries: Vec<Country> = Vec::new();
        for value in candidates {
            let Some(country) = country_of(&value) else { continue };
            let mut signature = signature("context.countries", &value, &matchers, instants);
            // Each country of a named region is a class of its own.
            signature.extend(named.get(&country).into_iter().flat_map(|country| country.code().bytes()));
            let seen = classes.entry(signature).or_default();
            if *seen < counted {
                *seen = seen.saturating_add(1);
                countries.push(country);
            }
        }
        let copies = if of_regions.is_empty() { 0 } else { self.copies(of_regions) };
        let mut all = Vec::new();
        for country in countries {
            all.push((Some(country), None));
            let code = country.code();
            let of_country =
                regions.iter().filter(|region| region.get(..2) == Some(code)).map(|region| (*region).to_owned());
            let others =
                (1..1_000).map(|number| format!("{code}-{number}")).filter(|other| !regions.contains(other.as_str()));
            let regions = of_country.chain(others.take(copies));
            all.extend(regions.map(|region| (Some(country), Some(region))));
        }
        all.push((None, None));
        let mut numbers: Vec<u32> =
            all.into_iter().map(|(country, region)| self.add(Atom::Place(country, region))).collect();
        if !of_regions.is_empty() {
            numbers.push(self.add(Atom::Region));
        }
        self.stated.insert("context.countries".to_owned(), numbers);
    }

    fn put_chain(&mut self, asked: &[ReadTest<'_>], roles: &BTreeSet<Who>) {
        let mut numbers = vec![self.add(Atom::Chain), self.add(Atom::EndUserUnknown)];
        let mut parties = roles.clone();
        let mut named: BTreeSet<String> =
            asked.iter().flat_map(|one| texts(&one.test.matcher)).map(str::to_owned).collect();
        parties.extend(named.iter().map(|role| Who::Role(role.clone(), 0)));
        parties.insert(Who::Role(END_USER.to_owned(), 0));
        if !asked.is_empty() {
            named.extend(parties.iter().filter_map(Who::name));
            parties.extend(unnamed(&named).take(self.copies(asked)).map(|role| Who::Role(role, 0)));
        }
        parties.retain(|who| matches!(who, Who::Role(..) | Who::Actor(_)));
        // If a rule judges a party other than the person served, the holder of the tokens matters.
        if roles.contains(&Who::Perhaps(String::new())) {
            numbers.extend([Atom::Another, Atom::Twice].map(|atom| self.add(atom)));
            for who in &parties {
                if let Who::Role(role, 0) = who
                    && role != END_USER
                {
                    numbers.push(self.add(Atom::Unnamed(role.clone())));
                }
            }
        }
        self.stated.insert("context.chain".to_owned(), numbers);
        let knows = roles.contains(&Who::Perhaps(String::new()));
        for who in parties.difference(roles) {
            self.put_party(who, knows);
        }
    }

    /// Adds the presence of a party in the chain and, if `knows`, that the party is unknown.
    pub(super) fn put_party(&mut self, who: &Who, knows: bool) {
        let known = matches!(who, Who::Role(role, _) if knows && role != END_USER);
        let known = known.then(|| self.add(Atom::Unknown(who.clone())));
        let party = matches!(who, Who::Role(..) | Who::Actor(_)).then(|| self.add(Atom::Party(who.clone())));
        self.stated.entry("context.chain".to_owned()).or_default().extend(known.into_iter().chain(party));
    }

    /// An attribute's type, with the words and fields of every ruleset that reads it.
    fn kind(&mut self, name: &str, readers: &[ReadTest<'_>]) -> Option<Type> {
        let mut whole: Option<Type> = None;
        for one in readers {
            let vocabulary = one.side.program.vocabulary();
            let Some(kind) = vocabulary.lookup(name).and_then(|id| vocabulary.get(id)).map(|known| &known.kind) else {
                continue;
            };
            whole = Some(match whole {
                None => kind.clone(),
                Some(known) => joined(&known, kind).unwrap_or_else(|| {
                    // The two types have no values in common.
                    self.cut = true;
                    known
                }),
            });
        }
        whole
    }

    /// One value of each class that the tests distinguish; for a set, one member.
    fn values(
        &mut self,
        name: &str,
        kind: &Type,
        readers: &[ReadTest<'_>],
        instants: &[Instant],
    ) -> Vec<AttributeValue> {
        let matchers: Vec<(&ReadTest<'_>, &Matcher)> = readers.iter().map(|one| (one, &one.test.matcher)).collect();
        let copies = self.copies(readers);
        let (candidates, all) = candidates(name, kind, readers, copies);
        self.cut |= !all;
        let mut classes: HashMap<Vec<u8>, usize> = HashMap::new();
        let mut chosen = Vec::new();
        let translating = translating(name, readers);
        for value in candidates {
            let mut signature = signature(name, &value, &matchers, instants);
            // An issuer whose mapping converts values can assert only some of them.
            signature.extend(translating.iter().map(|mapping| u8::from(can_say(mapping, &value))));
            let seen = classes.entry(signature).or_default();
            // Two records may be identical.
            let wanted = if matches!(value, AttributeValue::Records(..)) { copies } else { 1 };
            if *seen < copies {
                for _ in 0..wanted {
                    *seen = seen.saturating_add(1);
                    chosen.push(value.clone());
                }
            }
        }
        chosen
    }

    /// Counting N members needs N of the same class.
    fn copies(&mut self, readers: &[ReadTest<'_>]) -> usize {
        let bounds = readers.iter().filter_map(|one| match &one.test.matcher {
            Matcher::Count(range) => Some([range.at_least, range.at_most]),
            _ => None,
        });
        let most = bounds.flatten().flatten().map(|bound| bound.0).fold(0.0, f64::max);
        let copies = (1..=COUNTED).find(|count| f64::from(*count) > most);
        self.cut |= copies.is_none();
        usize::from(copies.unwrap_or(COUNTED))
    }
}

/// A type with all the words and fields of both. `None` if the types are not of one kind.
fn joined(one: &Type, other: &Type) -> Option<Type> {
    match (one, other) {
        (Type::Word(words), Type::Word(more)) => {
            let new = more.iter().filter(|word| !words.contains(word));
            Some(Type::Word(words.iter().chain(new).cloned().collect()))
        }
        (Type::Records(fields), Type::Records(more)) => {
            let mut all = fields.clone();
            for (name, kind) in more {
                match all.iter_mut().find(|(known, _)| known == name) {
                    Some((_, known)) => *known = joined(known, kind)?,
                    None => all.push((name.clone(), kind.clone())),
                }
            }
            Some(Type::Records(all))
        }
        (one, other) => (one == other).then(|| one.clone()),
    }
}

/// The attributes whose claims a test of this attribute reads.
pub(super) fn read_by(attribute: AttributeId) -> Vec<AttributeId> {
    attribute.settled_by().filter(|source| !DERIVED.contains(source)).collect()
}

/// Attributes that no claim asserts directly.
const DERIVED: [AttributeId; 2] = [AttributeId::NATIONALITIES_EVER, AttributeId::MOST_RECENT];

/// The result of each test for a value, at each instant: identical for all values of a class.
fn signature(
    name: &str,
    value: &AttributeValue,
    matchers: &[(&ReadTest<'_>, &Matcher)],
    instants: &[Instant],
) -> Vec<u8> {
    let mut signature = vec![u8::from(is_empty(value))];
    for (asked, matcher) in matchers {
        let implied = asked.side.attribute(name).and_then(|id| id.implied(value));
        let value = match &implied {
            Some((attribute, implied)) if *attribute == asked.test.attribute => implied,
            _ => value,
        };
        match matcher {
            Matcher::Country(area)
            | Matcher::AnyCountry(area)
            | Matcher::OnlyCountry(area)
            | Matcher::AllCountry(area) => {
                let country = country_of(value);
                for now in instants {
                    let version = area.at(*now);
                    signature.push(country.map_or(9, |country| match version.contains(country) {
                        Some(true) => 1,
                        Some(false) => 0,
                        None => 2,
                    }));
                    // `AllCountry` requires each country separately.
                    if let (Matcher::AllCountry(_), Some(country)) = (matcher, country)
                        && version.members.contains(country)
                    {
                        signature.extend(country.code().bytes());
                    }
                }
            }
            Matcher::AllText(wanted) => {
                let text = text_of(value).filter(|text| wanted.contains(*text));
                signature.extend(text.unwrap_or_default().bytes().chain([0]));
            }
            Matcher::AnyText(wanted) | Matcher::OnlyText(wanted) => {
                signature.push(u8::from(text_of(value).is_some_and(|text| wanted.contains(text))));
            }
            Matcher::Record(fields) => signature.push(match value {
                AttributeValue::Records(records, _) => {
                    match records.first().map(|record| record_fits(fields, record)) {
                        Some(Ok(true)) => 1,
                        Some(Ok(false)) => 0,
                        _ => 2,
                    }
                }
                _ => 9,
            }),
            Matcher::Share(lists, _) => {
                if let AttributeValue::Shares(shares, _) = value {
                    for (list, share) in shares {
                        signature.push(u8::from(lists.contains(list)));
                        signature.extend(share.to_bits().to_le_bytes());
                    }
                }
            }
            Matcher::Count(_) => {}
            Matcher::Is(_) | Matcher::Text(_) | Matcher::Under(_) | Matcher::Number(_) => {
                signature.push(match value_fits(matcher, value) {
                    Ok(true) => 1,
                    Ok(false) => 0,
                    Err(_) => 2,
                });
            }
        }
    }
    if let AttributeValue::Holdings(held, _) = value {
        for one in held {
            signature.push(u8::from(one.until.is_some()));
            signature.push(u8::from(one.since.is_some_and(|since| since > late_from(instants))));
        }
    }
    signature
}

fn late_from(instants: &[Instant]) -> Instant {
    instants.first().map_or(Instant::MIN, |now| now.saturating_sub(LATE).saturating_sub(ENDED))
}

pub(super) fn country_of(value: &AttributeValue) -> Option<Country> {
    match value {
        AttributeValue::Country(country) => Some(*country),
        AttributeValue::Countries(set, _) => set.iter().next(),
        AttributeValue::Holdings(held, _) => held.first().map(|one| one.country),
        _ => None,
    }
}

pub(super) fn text_of(value: &AttributeValue) -> Option<&str> {
    match value {
        AttributeValue::Text(text) => Some(text),
        AttributeValue::Texts(members, _) => members.iter().next().map(String::as_str),
        _ => None,
    }
}

/// A value as the host writes it; for a set, its member.
fn host_value(value: &AttributeValue) -> serde_json::Value {
    match value {
        AttributeValue::Bool(value) => (*value).into(),
        AttributeValue::Number(value) => (*value).into(),
        _ => match country_of(value) {
            Some(country) => country.code().into(),
            None => text_of(value).unwrap_or_default().into(),
        },
    }
}

#[cfg(test)]
mod tests {
    use crate::author::analysis::{Budget, ProofResult, prove};
    use serde_json::json;

    /// The verdict on the guarantee `never: deny`, if each of these conditions denies.
    fn nobody_is_denied(conditions: &[serde_json::Value]) -> ProofResult {
        let rules = (0_u32..).zip(conditions).map(|(number, when)| {
            json!({ "id": format!("r{number}"), "title": "t", "outcome": "deny", "reason": "r", "message": "m",
                "basis": { "citation": "c" }, "when": when })
        });
        let program = crate::author::analysis::tests::compiled(&json!({
            "ruleset": "r", "version": 1, "language": 1, "issued": "2026-01-01", "expires": "2027-01-01", "default": "allow",
            "actions": ["chat"], "models": [{ "id": "m" }],
            "issuers": [{ "id": "a", "iss": "a", "audience": "x", "assurance": "high", "claims": {
                "subject.organisation.listed_owners": { "claim": "/o", "complete": true },
                "subject.employments": { "claim": "/e", "complete": true } },
                "keys": [{ "kty": "OKP", "crv": "Ed25519", "alg": "Ed25519", "kid": "k", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo" }] }],
            "rules": rules.collect::<Vec<_>>(), "guarantees": [{ "id": "g", "never": "deny" }],
        }));
        prove(&program, &[], Budget::default()).remove(0).verdict
    }

    fn share(lists: &[&str], least: f64, most: f64) -> serde_json::Value {
        json!({ "subject.organisation.listed_owners": { "lists": lists, "at_least": least, "at_most": most } })
    }

    #[test]
    fn what_shares_come_to_is_never_missed() {
        // No request reaches the second share without a share that no test names.
        let narrow = json!({ "all": [share(&["A"], 10.0, 10.0), share(&["A", "B"], 12.0, 13.0)] });
        assert!(matches!(nobody_is_denied(&[narrow]), ProofResult::Broken(_)));
        let apart = json!({ "all": [share(&["A"], 10.0, 10.0), share(&["B"], 12.0, 13.0), share(&["C"], 1.0, 2.0)] });
        assert!(matches!(nobody_is_denied(&[apart]), ProofResult::Broken(_)));
        let impossible = json!({ "all": [share(&["A"], 20.0, 30.0), share(&["A", "B"], 1.0, 2.0)] });
        assert!(matches!(nobody_is_denied(std::slice::from_ref(&impossible)), ProofResult::Holds));
        // Three dependent sums are beyond what the analysis can settle, and it reports so.
        let third = share(&["B"], 5.0, 6.0);
        let all = json!({ "all": [impossible, third] });
        assert!(matches!(nobody_is_denied(&[all]), ProofResult::TooIntricate { .. }));
    }

    #[test]
    fn what_cannot_be_told_apart_is_not_settled() {
        let count = |least: u32| json!({ "subject.employments": { "count": { "at_least": least } } });
        assert!(matches!(nobody_is_denied(&[count(5)]), ProofResult::Broken(_)));
        assert!(matches!(nobody_is_denied(&[count(64)]), ProofResult::TooIntricate { .. }));
        let names = |of: &str| -> Vec<String> { (0..70).map(|number| format!("{of}{number}")).collect() };
        let job = json!({ "subject.employments": { "has": { "org": names("o"), "role": names("r") } } });
        assert!(matches!(nobody_is_denied(&[job]), ProofResult::TooIntricate { .. }));
    }
}
