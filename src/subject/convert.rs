//! A claim's JSON → a value of an attribute's type. Whatever is not exactly that type cannot be read.

#[cfg(feature = "author")]
use crate::attribute::AttributeId;
use crate::attribute::{Complete, Holding, Record, Type, Value};
use crate::country::{Country, CountrySet, Nationality};
use crate::json;
use crate::limits;
#[cfg(feature = "author")]
use crate::ruleset::model::Assurance;
use crate::ruleset::model::{ClaimMapping, Convert};
use crate::set::{Map, Set};
use crate::time::Instant;

/// The value of a claim under its mapping; `None` where it cannot be read.
///
/// `partial`: entries of it were held back.
pub(super) fn value(mapping: &ClaimMapping, kind: &Type, claim: &json::Value, partial: bool) -> Option<Value> {
    let converted = match &mapping.convert {
        None => None,
        Some(Convert::Not) => match claim {
            json::Value::Bool(value) => Some(json::Value::Bool(!value)),
            _ => return None,
        },
        Some(Convert::Is(wanted)) => match claim {
            json::Value::Object(_) | json::Value::Array(_) | json::Value::Null => return None,
            _ => Some(json::Value::Bool(wanted.contains(claim))),
        },
        Some(Convert::Values(meanings)) => Some(match claim {
            json::Value::Array(items) => {
                let mut meant = Vec::new();
                for item in items {
                    meant.push(meaning(meanings, item)?);
                }
                json::Value::Array(meant)
            }
            one => meaning(meanings, one)?,
        }),
        Some(Convert::Split(between)) => Some(json::Value::Array(parts(claim.as_str()?, between))),
    };
    typed(mapping, kind, converted.as_ref().unwrap_or(claim), partial)
}

/// The parts of a text between separators, but for empty ones.
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
        if letter.is_none() && !part.is_empty() {
            parts.push(json::Value::String(std::mem::take(&mut part)));
        }
        if ended {
            return parts;
        }
        rest = after;
    }
}

fn meaning(meanings: &Map<String, json::Value>, item: &json::Value) -> Option<json::Value> {
    match item {
        json::Value::String(text) => meanings.get(text).cloned(),
        json::Value::Bool(value) => meanings.get(if *value { "true" } else { "false" }).cloned(),
        json::Value::Integer(value) => meanings.get(&value.to_string()).cloned(),
        _ => None,
    }
}

/// A value as it stands, without a claim's mapping; `None` where it is not one of that type.
#[cfg(feature = "author")]
pub(crate) fn plain(attribute: AttributeId, kind: &Type, complete: Complete, value: &json::Value) -> Option<Value> {
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
    typed(&mapping, kind, value, false)
}

fn typed(mapping: &ClaimMapping, kind: &Type, claim: &json::Value, partial: bool) -> Option<Value> {
    // An empty list says "not disclosed", never "none".
    let complete = match claim.as_array() {
        _ if partial => Complete::Untold,
        Some([]) => Complete::No,
        _ => mapping.complete,
    };
    match kind {
        Type::Bool | Type::Text | Type::Word(_) => scalar(kind, claim),
        Type::Number => claim.as_f64().map(Value::Number),
        Type::Country => country(mapping, claim.as_str()?).map(Value::Country),
        Type::Texts | Type::Regions => {
            let mut members = Set::default();
            for item in items(claim, limits::SET_ENTRIES)? {
                members.insert(text(item)?.to_owned());
            }
            Some(Value::Texts(members, complete))
        }
        Type::Countries => {
            // One code that cannot be read could be the decisive one: the whole claim is unusable.
            let mut members = CountrySet::default();
            for item in items(claim, limits::COUNTRY_ENTRIES)? {
                members.insert(country(mapping, item.as_str()?)?);
            }
            Some(Value::Countries(members, complete))
        }
        Type::Holdings => {
            let (mut held, mut complete) = (Vec::new(), complete);
            for item in items(claim, limits::COUNTRY_ENTRIES)? {
                match holding(mapping, item)? {
                    Some(one) => held.push(one),
                    None => complete = Complete::Untold,
                }
            }
            Some(Value::Holdings(held, complete))
        }
        Type::Records(fields) => {
            let mut records = Vec::new();
            for item in items(claim, limits::SET_ENTRIES)? {
                records.push(record(fields, item)?);
            }
            Some(Value::Records(records, complete))
        }
        Type::Shares => {
            let mut shares = Vec::new();
            for item in items(claim, limits::SET_ENTRIES)? {
                let list = item.pointer("/list").and_then(text)?;
                let percent =
                    item.pointer("/pct").and_then(json::Value::as_f64).filter(|share| (0.0..=100.0).contains(share))?;
                shares.push((list.to_owned(), percent));
            }
            Some(Value::Shares(shares, complete))
        }
    }
}

/// One item or a list of them.
fn items(claim: &json::Value, most: usize) -> Option<&[json::Value]> {
    match claim {
        json::Value::Array(items) => (items.len() <= most).then_some(items.as_slice()),
        json::Value::Null => None,
        one => Some(std::slice::from_ref(one)),
    }
}

fn scalar(kind: &Type, claim: &json::Value) -> Option<Value> {
    match (kind, claim) {
        (Type::Bool, json::Value::Bool(value)) => Some(Value::Bool(*value)),
        (Type::Text, _) => text(claim).map(|text| Value::Text(text.to_owned())),
        (Type::Word(words), json::Value::String(word)) => words.contains(word).then(|| Value::Text(word.clone())),
        _ => None,
    }
}

/// The fields that the type knows; others are not read, and one of the wrong type makes the claim unusable.
fn record(fields: &[(String, Type)], item: &json::Value) -> Option<Record> {
    let members = item.as_object()?;
    let mut record = Record::new();
    for (name, kind) in fields {
        if let Some(member) = members.get(name) {
            record.push((name.clone(), scalar(kind, member)?));
        }
    }
    Some(record)
}

/// A code, or an object of `country` and the dates from and until which it was held. `Some(None)`: one that is not told.
#[allow(clippy::option_option, reason = "what cannot be read is another thing than what is not told")]
fn holding(mapping: &ClaimMapping, item: &json::Value) -> Option<Option<Holding>> {
    let (code, since, until) = match item {
        json::Value::String(code) => (code.as_str(), None, None),
        json::Value::Object(members) => {
            let date = |name| match members.get(name) {
                None | Some(json::Value::Null) => Some(None),
                Some(date) => instant(date).map(Some),
            };
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

/// RFC 3339, a full-date, or a NumericDate.
pub(super) fn instant(claim: &json::Value) -> Option<Instant> {
    match claim {
        json::Value::String(text) => Instant::parse(text),
        json::Value::Integer(seconds) => Instant::from_seconds(*seconds),
        _ => None,
    }
}
