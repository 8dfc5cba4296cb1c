//! A claim's JSON → a value of an attribute's type. JSON that is not exactly of that type cannot be read.
//!
//! Numbers are compared by value: 1, 1.0 and 1e0 are equal. Values that cannot be compared, such as a text and a
//! number, are not different values: the claim cannot be read. One unreadable entry of a list could be the decisive
//! one, so it makes the whole claim unusable.

use crate::base::country::{Country, CountrySet, Nationality};
use crate::base::json;
use crate::base::limits;
use crate::base::set::{Map, Set};
use crate::base::time::Instant;
use crate::ruleset::attribute::{AttributeValue, Complete, Holding, Record, Type};
use crate::ruleset::model::{ClaimMapping, Convert};
use crate::verify::token::Hidden;

/// A claim, and the record of what was withheld.
pub(super) struct ClaimValue<'a> {
    pub(super) value: &'a json::Value,
    /// Its JSON Pointer from the root of the payload.
    pub(super) pointer: String,
    pub(super) hidden: &'a Hidden,
}

impl ClaimValue<'_> {
    pub(super) fn is_partial(&self) -> bool {
        self.hidden.is_partial(&self.pointer)
    }

    /// True if part of this entry of the list was withheld, or part of a claim that is not a list.
    fn has_partial_entry(&self, place: usize) -> bool {
        match self.value {
            json::Value::Array(_) => self.hidden.is_partial(&[&self.pointer, "/", &place.to_string()].concat()),
            _ => self.is_partial(),
        }
    }
}

/// The result of reading a claim under its mapping.
pub(super) enum Read {
    /// The value of the shown part.
    Shown(AttributeValue),
    /// No part of it is shown, or it asserts nothing.
    Nothing,
    /// It cannot be read.
    Unreadable,
}

impl Read {
    fn of(value: Option<AttributeValue>) -> Self {
        value.map_or(Self::Unreadable, Self::Shown)
    }
}

/// Reads a claim.
pub(super) fn read(mapping: &ClaimMapping, kind: &Type, claim: &ClaimValue<'_>) -> Read {
    let converted = match &mapping.convert {
        None => return typed(mapping, kind, claim.value, claim),
        Some(Convert::Not) => match claim.value {
            json::Value::Bool(value) => Some(json::Value::Bool(!value)),
            _ => None,
        },
        Some(Convert::Is(wanted)) => is(wanted, claim.value).map(json::Value::Bool),
        Some(Convert::Has(wanted)) => return has(wanted, claim),
        Some(Convert::Values(meanings)) => match claim.value {
            json::Value::Array(items) => {
                let meant: Option<Vec<json::Value>> =
                    items.iter().map(|item| meaning(meanings, item).cloned()).collect();
                meant.map(json::Value::Array)
            }
            one => meaning(meanings, one).cloned(),
        },
        Some(Convert::Split(between)) => claim.value.as_str().map(|text| json::Value::Array(parts(text, between))),
    };
    converted.map_or(Read::Unreadable, |converted| typed(mapping, kind, &converted, claim))
}

/// Tests if a list contains one of these. An empty list asserts nothing. An incomplete list does not assert an absence.
fn has(wanted: &[json::Value], claim: &ClaimValue<'_>) -> Read {
    let Some(entries) = items(claim.value, limits::SET_ENTRIES, claim) else { return Read::Unreadable };
    let found: Option<Vec<bool>> = entries.iter().map(|entry| is(wanted, entry)).collect();
    match found {
        None => Read::Unreadable,
        Some(found) if found.contains(&true) => Read::Shown(AttributeValue::Bool(true)),
        Some(found) if found.is_empty() || claim.is_partial() => Read::Nothing,
        Some(_) => Read::Shown(AttributeValue::Bool(false)),
    }
}

/// True if a value is one of these. `None` if none of them has its type.
fn is(wanted: &[json::Value], value: &json::Value) -> Option<bool> {
    let compared = wanted.iter().filter_map(|one| same(one, value));
    compared.fold(None, |found, same| Some(same || found == Some(true)))
}

/// True if two texts, two numbers or two truth values are equal. `None` if they cannot be compared.
fn same(one: &json::Value, other: &json::Value) -> Option<bool> {
    match (one, other) {
        (json::Value::String(_), json::Value::String(_))
        | (json::Value::Bool(_), json::Value::Bool(_))
        | (json::Value::Integer(_), json::Value::Integer(_)) => Some(one == other),
        _ => {
            let (one, other) = (one.as_f64()?, other.as_f64()?);
            // Beyond 2^53, two different numbers can be read as the same one.
            let exact = |number: f64| number.abs() < 9_007_199_254_740_992.0;
            (exact(one) && exact(other)).then_some(one == other)
        }
    }
}

/// True if a text in a ruleset equals a claim as it is written. `None` if a claim has no such text.
fn is_written(text: &str, claim: &json::Value) -> Option<bool> {
    match claim {
        json::Value::String(claim) => Some(text == claim),
        json::Value::Bool(claim) => Some(text == if *claim { "true" } else { "false" }),
        json::Value::Integer(_) | json::Value::Float(_) => {
            match json::parse(text.as_bytes(), json::Limits::UNTRUSTED) {
                Ok(number @ (json::Value::Integer(_) | json::Value::Float(_))) => same(&number, claim),
                _ => Some(false),
            }
        }
        _ => None,
    }
}

/// True if a claim is one of these texts. `None` if it cannot be compared with texts.
pub(super) fn is_one_of(texts: &Set<String>, claim: &json::Value) -> Option<bool> {
    texts.iter().try_fold(false, |found, text| Some(found || is_written(text, claim)?))
}

/// The meaning of a claim's value. `None` if it has none.
pub(super) fn meaning<'a, T>(meanings: &'a Map<String, T>, claim: &json::Value) -> Option<&'a T> {
    match claim {
        json::Value::String(text) => meanings.get(text),
        _ => meanings.iter().find(|(text, _)| is_written(text, claim) == Some(true)).map(|(_, meaning)| meaning),
    }
}

/// The parts of a text between separators, trimmed, without empty ones.
fn parts(text: &str, between: &str) -> Vec<json::Value> {
    let (mut parts, mut part, mut rest) = (Vec::new(), String::new(), text);
    loop {
        let (letter, after) = match rest.strip_prefix(between) {
            Some(after) => (None, after),
            None => {
                let mut letters = rest.chars();
                (letters.next(), letters.as_str())
            }
        };
        let ended = rest.is_empty();
        part.extend(letter);
        if letter.is_none() {
            let part = std::mem::take(&mut part);
            parts.extend(
                Some(part.trim()).filter(|part| !part.is_empty()).map(|part| json::Value::String(part.to_owned())),
            );
        }
        if ended {
            return parts;
        }
        rest = after;
    }
}

/// Reads a value of a type from a claim's JSON, or from its converted form.
pub(super) fn typed(mapping: &ClaimMapping, kind: &Type, value: &json::Value, claim: &ClaimValue<'_>) -> Read {
    match kind {
        Type::Bool | Type::Text | Type::Word(_) => Read::of(scalar(kind, value)),
        Type::Number => Read::of(value.as_f64().map(AttributeValue::Number)),
        Type::Country => Read::of(value.as_str().and_then(|code| country(mapping, code)).map(AttributeValue::Country)),
        Type::Texts | Type::Regions | Type::Countries | Type::Holdings | Type::Records(_) | Type::Shares => {
            set(mapping, kind, value, claim)
        }
    }
}

fn set(mapping: &ClaimMapping, kind: &Type, value: &json::Value, claim: &ClaimValue<'_>) -> Read {
    let most =
        if matches!(kind, Type::Countries | Type::Holdings) { limits::COUNTRY_ENTRIES } else { limits::SET_ENTRIES };
    let Some(entries) = items(value, most, claim) else { return Read::Unreadable };
    // An empty list means "not disclosed", never "none".
    let mut complete = if entries.is_empty() { Complete::No } else { mapping.complete };
    let (mut texts, mut countries) = (Set::default(), CountrySet::default());
    let (mut held, mut records, mut shares) = (Vec::new(), Vec::new(), Vec::new());
    let whole = !claim.is_partial();
    let mut shown = whole;
    for (place, item) in entries.iter().enumerate() {
        let partial = !whole && claim.has_partial_entry(place);
        let read = match kind {
            Type::Countries => item.as_str().and_then(|code| country(mapping, code)).map(|code| countries.insert(code)),
            Type::Holdings => holding(mapping, item, partial).map(|one| match one {
                Some(one) => held.push(one),
                None => complete = Complete::Untold,
            }),
            Type::Records(fields) => record(fields, item).map(|record| records.push(record)),
            Type::Shares => share(item).map(|share| shares.push(share)),
            _ => text(item).map(|text| texts.extend([text.to_owned()])),
        };
        // An unreadable entry is acceptable only if a part of it was withheld.
        if read.is_none() && !partial {
            return Read::Unreadable;
        }
        shown |= read.is_some();
    }
    if !shown {
        return Read::Nothing;
    }
    Read::Shown(match kind {
        Type::Countries => AttributeValue::Countries(countries, complete),
        Type::Holdings => AttributeValue::Holdings(held, complete),
        Type::Records(_) => AttributeValue::Records(records, complete),
        Type::Shares => AttributeValue::Shares(shares, complete),
        _ => AttributeValue::Texts(texts, complete),
    })
}

/// The items of a list, or the single item. Withheld items count towards `most`.
fn items<'v>(value: &'v json::Value, most: usize, claim: &ClaimValue<'_>) -> Option<&'v [json::Value]> {
    match value {
        json::Value::Array(items) => {
            let count = items.len().saturating_add(claim.hidden.missing_from(&claim.pointer));
            (count <= most).then_some(items.as_slice())
        }
        json::Value::Null => None,
        one => Some(std::slice::from_ref(one)),
    }
}

fn scalar(kind: &Type, claim: &json::Value) -> Option<AttributeValue> {
    match (kind, claim) {
        (Type::Bool, json::Value::Bool(value)) => Some(AttributeValue::Bool(*value)),
        (Type::Text, _) => text(claim).map(|text| AttributeValue::Text(text.to_owned())),
        (Type::Word(words), json::Value::String(word)) => {
            words.contains(word).then(|| AttributeValue::Text(word.clone()))
        }
        _ => None,
    }
}

/// Reads the fields that the type declares and ignores others. A field of the wrong type makes the claim unusable.
fn record(fields: &[(String, Type)], item: &json::Value) -> Option<Record> {
    let members = item.as_object()?;
    let mut record = Record::new();
    for (name, kind) in fields {
        if let Some(member) = members.get(name).filter(|member| **member != json::Value::Null) {
            record.push((name.clone(), scalar(kind, member)?));
        }
    }
    Some(record)
}

/// The owner's list, and the share in percent.
fn share(item: &json::Value) -> Option<(String, f64)> {
    let list = item.pointer("/list").and_then(text)?;
    let percent = item.pointer("/pct").and_then(json::Value::as_f64).filter(|share| (0.0..=100.0).contains(share))?;
    Some((list.to_owned(), percent))
}

/// Reads a code, or an object of `country` and the dates from and until which it was held. `Some(None)` if the country
/// is not disclosed. Neither date may be withheld: an entry without them would count as held since always.
#[allow(clippy::option_option, reason = "an unreadable value differs from an absent one")]
fn holding(mapping: &ClaimMapping, item: &json::Value, partial: bool) -> Option<Option<Holding>> {
    let (code, since, until) = match item {
        json::Value::String(code) => (code.as_str(), None, None),
        json::Value::Object(members) => {
            let date = |name| match members.get(name) {
                None | Some(json::Value::Null) => Some(None),
                Some(date) => instant(date).map(Some),
            };
            if partial && ["since", "until"].iter().any(|date| members.get(date).is_none()) {
                return None;
            }
            (members.get("country")?.as_str()?, date("since")?, date("until")?)
        }
        _ => return None,
    };
    match nationality(mapping, code)? {
        Nationality::Of(country) => Some(Some(Holding { country, since, until })),
        Nationality::Untold => Some(None),
    }
}

fn nationality(mapping: &ClaimMapping, code: &str) -> Option<Nationality> {
    Nationality::parse(mapping.aliases.get(code).map_or(code, String::as_str))
}

fn country(mapping: &ClaimMapping, code: &str) -> Option<Country> {
    Country::parse(mapping.aliases.get(code).map_or(code, String::as_str))
}

fn text(claim: &json::Value) -> Option<&str> {
    claim.as_str().filter(|text| !text.is_empty())
}

/// Reads RFC 3339, optionally without seconds (OpenID Connect for Identity Assurance 1.0, `YYYY-MM-DDThh:mm[:ss]TZD`),
/// a full-date, or a NumericDate.
pub(super) fn instant(claim: &json::Value) -> Option<Instant> {
    match claim {
        json::Value::String(text) => match text.split_at_checked(16) {
            Some((minute, zone)) if zone.starts_with(['Z', '+', '-']) => {
                Instant::parse(&[minute, ":00", zone].concat())
            }
            _ => Instant::parse(text),
        },
        json::Value::Integer(seconds) => Instant::from_seconds(*seconds),
        json::Value::Float(seconds) => Instant::from_seconds_rounded_down(*seconds),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instants_of_claims_may_lack_seconds() {
        let read = |text: &str| instant(&json::Value::String(text.to_owned())).map(|at| at.to_string());
        for (text, expected) in [
            ("2026-06-12T22:51Z", "2026-06-12T22:51:00Z"),
            ("2026-06-12T22:51+02:00", "2026-06-12T20:51:00Z"),
            ("2026-06-12T22:51:07-04:00", "2026-06-13T02:51:07Z"),
            ("2026-06-12", "2026-06-12T00:00:00Z"),
        ] {
            assert_eq!(read(text).as_deref(), Some(expected));
        }
        for wrong in
            ["2026-06-12T22:51", "2026-06-12T22:51.5Z", "2026-06-12T24:51Z", "2026-06-12T22Z", "2026-06-12 22:51Z"]
        {
            assert_eq!(read(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn numbers_are_compared_by_value_and_other_types_not_at_all() {
        let read = |text: &str| json::parse(text.as_bytes(), json::Limits::UNTRUSTED).unwrap();
        for (wanted, claim, expected) in [
            ("[1]", "1", Some(true)),
            ("[1]", "1.0", Some(true)),
            ("[1]", "1e0", Some(true)),
            ("[1]", "10e-1", Some(true)),
            ("[1.0]", "1", Some(true)),
            ("[0]", "-0.0", Some(true)),
            ("[9007199254740993]", "9007199254740992", Some(false)),
            ("[1]", "2", Some(false)),
            ("[1]", "\"1\"", None),
            ("[1]", "true", None),
            ("[\"1\"]", "1", None),
            ("[\"1\", 2]", "1", Some(false)),
            ("[true]", "false", Some(false)),
            ("[1]", "[1]", None),
            ("[1]", "null", None),
        ] {
            assert_eq!(is(read(wanted).as_array().unwrap(), &read(claim)), expected, "{wanted} {claim}");
        }
        for (text, claim, expected) in [
            ("1", "1", Some(true)),
            ("1", "1.0", Some(true)),
            ("1.50", "1.5", Some(true)),
            ("1", "\"1\"", Some(true)),
            ("1", "\"1.0\"", Some(false)),
            ("true", "true", Some(true)),
            ("true", "1", Some(false)),
            ("x", "1", Some(false)),
            ("1", "[1]", None),
        ] {
            assert_eq!(is_written(text, &read(claim)), expected, "{text} {claim}");
        }
    }
}
