//! Generates enough values of an attribute that each class which its tests distinguish has one.

use super::atom::without_members;
use super::atom::{ReadTest, texts};
use crate::base::country::Country;
use crate::base::set::Set;
use crate::base::time::{Instant, Span};
use crate::ruleset::attribute::{AttributeId, AttributeValue, Complete, Holding, Type};
use crate::ruleset::model::{EvidencePolicy, Matcher};
use std::collections::BTreeSet;

/// The maximum number of records of one attribute that are distinguished.
const RECORDS: usize = 4_096;
/// Well-known countries, preferred where any country would do.
const KNOWN: [&str; 24] = [
    "US", "CN", "RU", "IN", "DE", "GB", "FR", "IR", "JP", "BR", "CA", "KP", "CU", "SY", "MX", "NG", "TR", "UA", "PL",
    "IT", "ES", "KR", "AU", "ZA",
];
/// Ages, before now, of an early acquisition, a late acquisition, and the end of a holding.
const EARLY: Span = Span::from_seconds(30 * 365 * 86_400);
pub(super) const LATE: Span = Span::from_seconds(3 * 365 * 86_400);
pub(super) const ENDED: Span = Span::from_seconds(365 * 86_400);

/// Returns enough values that each class which the tests distinguish has one, the easiest to picture first; and `false`
/// if they are not enough.
pub(super) fn candidates(
    name: &str,
    kind: &Type,
    readers: &[ReadTest<'_>],
    copies: usize,
) -> (Vec<AttributeValue>, bool) {
    let asked = || readers.iter().map(|one| &one.test.matcher);
    let (mut all, every) = match kind {
        Type::Bool => (vec![AttributeValue::Bool(true), AttributeValue::Bool(false)], true),
        Type::Word(words) => (words.iter().map(|word| AttributeValue::Text(word.clone())).collect(), true),
        Type::Text => (every_text(asked(), 1).into_iter().map(AttributeValue::Text).collect(), true),
        Type::Number => (numbers(readers).into_iter().map(AttributeValue::Number).collect(), true),
        Type::Country => (countries(false).map(AttributeValue::Country).collect(), true),
        Type::Texts | Type::Regions => {
            let set = |text: String| AttributeValue::Texts(Set::of(text), Complete::No);
            (every_text(asked(), copies).into_iter().map(set).collect(), true)
        }
        Type::Countries => {
            let set = |country: Country| AttributeValue::Countries([country].into_iter().collect(), Complete::No);
            (countries(false).map(set).collect(), true)
        }
        Type::Holdings => (holdings(name, readers), true),
        Type::Records(fields) => records(fields, readers),
        Type::Shares => shares(readers),
    };
    all.extend(without_members(kind, Complete::No));
    (all, every)
}

/// Represents a text that no condition names.
const OTHER: &str = "another";

/// Texts that are not among the named ones, without end.
pub(super) fn unnamed<'a>(named: &'a BTreeSet<String>) -> impl Iterator<Item = String> + 'a {
    let more = (2_u32..).map(|number| format!("{OTHER} {number}"));
    std::iter::once(OTHER.to_owned()).chain(more).filter(|text| !named.contains(text))
}

/// Each named text, one text directly under each word of a `Matcher::Under`, and `others` texts that are not named.
fn every_text<'a>(asked: impl Iterator<Item = &'a Matcher> + Clone, others: usize) -> Vec<String> {
    let mut named: BTreeSet<String> = asked.clone().flat_map(texts).map(str::to_owned).collect();
    for matcher in asked {
        if let Matcher::Under(words) = matcher {
            for word in words.iter() {
                let nothing = BTreeSet::new();
                let below =
                    unnamed(&nothing).map(|leaf| [word, ".", &leaf].concat()).find(|text| !named.contains(text));
                named.extend(below);
            }
        }
    }
    let others: Vec<String> = unnamed(&named).take(others).collect();
    named.into_iter().chain(others).collect()
}

/// Each bound, a number between each two neighbouring bounds, and one beyond each end.
fn numbers(readers: &[ReadTest<'_>]) -> Vec<f64> {
    let mut bounds: Vec<f64> = Vec::new();
    for one in readers {
        if let Matcher::Number(range) = &one.test.matcher {
            bounds.extend([range.at_least, range.at_most].into_iter().flatten().map(|bound| bound.0));
        }
    }
    between(bounds)
}

fn between(mut bounds: Vec<f64>) -> Vec<f64> {
    bounds.sort_by(f64::total_cmp);
    bounds.dedup();
    let mut all = bounds.clone();
    let next = bounds.iter().skip(1);
    all.extend(bounds.iter().zip(next).map(|(a, b)| a + (b - a) / 2.0));
    // For a very large number, adding one gives the same number.
    all.extend(bounds.last().map(|last| if last + 1.0 > *last { last + 1.0 } else { last.next_up() }));
    all.extend(bounds.first().map(|first| if first - 1.0 < *first { first - 1.0 } else { first.next_down() }));
    all.retain(|number| number.is_finite());
    if all.is_empty() {
        all.push(0.0);
    }
    all
}

/// Every country, well-known ones first; with the special nationality codes if `classes`.
fn countries(classes: bool) -> impl Iterator<Item = Country> {
    let known = KNOWN.into_iter().filter_map(Country::parse);
    let rest = Country::all().filter(|code| !KNOWN.contains(code)).filter_map(Country::parse);
    let special = ["XXA", "GBD", "GBN", "GBO", "GBP", "GBS"].into_iter().filter_map(Country::parse_class);
    known.chain(rest).chain(special.filter(move |_| classes))
}

/// Each country as held now; where the tests distinguish it, also as acquired later or as no longer held.
fn holdings(name: &str, readers: &[ReadTest<'_>]) -> Vec<AttributeValue> {
    let asks = |attribute: AttributeId| readers.iter().any(|one| one.test.attribute == attribute);
    let (recent, ever) = (asks(AttributeId::MOST_RECENT), asks(AttributeId::NATIONALITIES_EVER));
    let nationality = name == "subject.nationalities";
    let now = readers.first().map_or(Instant::MIN, |one| one.side.now);
    let mut all = Vec::new();
    for country in countries(true) {
        let mut put = |since: Option<Span>, until: Option<Span>| {
            let at = |ago: Span| now.saturating_sub(ago);
            let held = Holding { country, since: since.map(at), until: until.map(at) };
            all.push(AttributeValue::Holdings(vec![held], Complete::No));
        };
        if recent {
            put(Some(EARLY), None);
            put(Some(LATE), None);
        } else {
            put(None, None);
        }
        if ever && nationality {
            put(recent.then_some(EARLY), Some(ENDED));
        }
    }
    // If the tests read only current holdings, one past holding can represent all; but it differs from no holding.
    if !(ever && nationality) {
        all.extend(countries(true).next().map(|country| {
            let at = |ago: Span| now.saturating_sub(ago);
            let held = Holding { country, since: recent.then_some(at(EARLY)), until: Some(at(ENDED)) };
            AttributeValue::Holdings(vec![held], Complete::No)
        }));
    }
    all
}

/// Every combination of the values that the tests distinguish in each field, absent fields included; and `false` if
/// there are too many.
fn records(fields: &[(String, Type)], readers: &[ReadTest<'_>]) -> (Vec<AttributeValue>, bool) {
    let mut every = true;
    let mut all: Vec<Vec<(String, AttributeValue)>> = vec![Vec::new()];
    for (field, kind) in fields {
        let asked: Vec<&Matcher> = readers
            .iter()
            .filter_map(|one| match &one.test.matcher {
                Matcher::Record(parts) => Some(parts.iter().filter(|(name, _)| name == field).map(|(_, part)| part)),
                _ => None,
            })
            .flatten()
            .collect();
        if asked.is_empty() {
            continue;
        }
        let values: Vec<AttributeValue> = match kind {
            Type::Bool => vec![AttributeValue::Bool(true), AttributeValue::Bool(false)],
            Type::Word(words) => words.iter().map(|word| AttributeValue::Text(word.clone())).collect(),
            _ => every_text(asked.iter().copied(), 1).into_iter().map(AttributeValue::Text).collect(),
        };
        let longer = all.iter().flat_map(|record| {
            let with = values.iter().map(move |value| {
                let mut record = record.clone();
                record.push((field.clone(), value.clone()));
                record
            });
            with.chain([record.clone()])
        });
        all = longer.take(RECORDS.saturating_add(1)).collect();
        every &= all.len() <= RECORDS;
    }
    (all.into_iter().map(|record| AttributeValue::Records(vec![record], Complete::No)).collect(), every)
}

/// For each named list, shares by which the tests' sums reach every range that they distinguish; and `false` if that is
/// not certain.
fn shares(readers: &[ReadTest<'_>]) -> (Vec<AttributeValue>, bool) {
    let (mut lists, mut bounds): (BTreeSet<String>, Vec<f64>) = Default::default();
    let mut sums: Vec<(&Set<String>, &EvidencePolicy)> = Vec::new();
    for one in readers {
        if let Matcher::Share(named, range) = &one.test.matcher {
            lists.extend(named.iter().cloned());
            bounds.extend([range.at_least, range.at_most].into_iter().flatten().map(|bound| bound.0));
            if !sums.contains(&(named, &one.test.policy)) {
                sums.push((named, &one.test.policy));
            }
        }
    }
    let mut amounts = between(bounds);
    // A sum with a list of its own can take any value through that list, independently of the other sums.
    let alike = sums.iter().all(|(_, policy)| sums.first().is_some_and(|(_, first)| policy == first));
    let own = |place: usize, list: &String| {
        sums.iter().enumerate().all(|(other, (lists, _))| other == place || !lists.contains(list))
    };
    let each_has_own = sums.iter().enumerate().all(|(place, (lists, _))| lists.iter().any(|list| own(place, list)));
    let apart = alike && each_has_own;
    // If one of two sums contains the other, the shares between them must make up the difference.
    if !apart {
        let differences = amounts.iter().flat_map(|a| amounts.iter().map(move |b| a - b));
        amounts = amounts.iter().copied().chain(differences.collect::<Vec<_>>()).collect();
        amounts.sort_by(f64::total_cmp);
        amounts.dedup();
    }
    amounts.retain(|share| (0.0..=100.0).contains(share));
    let other = unnamed(&lists).next();
    lists.extend(other);
    let one = |list: &String, share: &f64| AttributeValue::Shares(vec![(list.clone(), *share)], Complete::No);
    let all = lists.iter().flat_map(|list| amounts.iter().map(move |share| one(list, share))).collect();
    (all, apart || sums.len() <= 2)
}
