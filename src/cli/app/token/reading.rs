//! The paths that a ruleset reads in a token, to warn about a claim that is not read.

use serde_json::{Value, json};

/// Claims that are read with every preset (RFC 7519, RFC 7800, RFC 8693, and the status of a token).
const REGISTERED: [&str; 10] = ["iss", "sub", "aud", "exp", "nbf", "iat", "jti", "cnf", "act", "status"];

/// The paths that an issuer's entry reads, split into steps; for a list, those of each item. `None` if the entry is not
/// valid.
pub(super) fn places(entry: &Value) -> Option<Vec<Vec<String>>> {
    let document = json!({
        "ruleset": "tokens", "version": 1, "language": 1, "issued": "2026-01-01", "expires": "2027-01-01",
        "development": true, "default": "deny", "actions": ["a"], "models": [{ "id": "m" }], "issuers": [entry], "rules": [],
    });
    let document = brightline::parse_json(&document.to_string()).ok()?;
    let canonical = brightline::read_ruleset(&document).ok()?.to_json();
    let canonical: Value = serde_json::from_str(&canonical).ok()?;
    let mut places = Vec::new();
    let mappings = canonical.pointer("/issuers/0/claims")?.as_object()?.values();
    for mapping in mappings.filter_map(Value::as_array).flatten() {
        let each = mapping.get("each").and_then(Value::as_str).unwrap_or_default();
        pointers(mapping, &mut |pointer| {
            places.push(brightline::pointer_steps(each).chain(brightline::pointer_steps(pointer)).collect());
        });
    }
    Some(places)
}

/// Visits each JSON Pointer of a claim's mapping.
fn pointers(value: &Value, found: &mut dyn FnMut(&str)) {
    match value {
        Value::String(pointer) if pointer.starts_with('/') => found(pointer),
        Value::Array(items) => items.iter().for_each(|item| pointers(item, found)),
        Value::Object(members) => {
            members.iter().filter(|(name, _)| *name != "each").for_each(|(_, value)| pointers(value, found));
        }
        _ => {}
    }
}

/// True if a claim, a part of it or a claim that contains it is read.
pub(super) fn is_read(steps: &[String], places: &[Vec<String>]) -> bool {
    let is_place = |step: &&String| step.parse::<usize>().is_err();
    let named: Vec<&String> = steps.iter().filter(is_place).collect();
    let meets = |place: &Vec<String>| place.iter().zip(&named).all(|(one, other)| one == *other);
    named.first().is_none_or(|first| REGISTERED.contains(&first.as_str())) || places.iter().any(meets)
}
