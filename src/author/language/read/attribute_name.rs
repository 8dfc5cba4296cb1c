//! Reads the name of an attribute, and reports names that nothing declares.

use super::Names;
use super::fields::{Findings, shorten};
use crate::author::language::{Entry, suggest};
use crate::ruleset::attribute::AttributeId;

/// The predicates that conditions can use and that are not attributes themselves.
pub(crate) const FOREIGN_PERSON: &str = "subject.foreign_person";
pub(in crate::author::language) const US_PERSON: &str = "subject.us_person";

/// Looks up an attribute by name. `others` are the words that can replace an attribute, for suggestions.
pub(super) fn attribute(
    findings: &mut Findings,
    entry: &Entry,
    names: &Names,
    others: &[&'static str],
) -> Option<AttributeId> {
    let id = names.vocabulary.lookup(&entry.key);
    if id.is_none() {
        let message = format!("there is no attribute `{}`", shorten(&entry.key));
        let known = names.vocabulary.iter().map(|(_, attribute)| attribute.name.as_str());
        let known = known.chain([FOREIGN_PERSON]).chain(names.together.keys().map(String::as_str));
        let known: Vec<&str> = known.chain(others.iter().copied()).collect();
        unknown_attribute(findings, entry, message, &known);
    }
    id
}

/// Adds a finding for an unknown attribute. The help suggests the nearest attribute, or how to declare a new one.
pub(super) fn unknown_attribute(findings: &mut Findings, entry: &Entry, message: String, known: &[&str]) {
    let (name, at) = (shorten(&entry.key), entry.key_at);
    let code = "ruleset.unknown_attribute";
    let declare = match name.split_once('.') {
        _ if suggest::nearest(&entry.key, known.iter().copied()).is_some() => None,
        Some(("subject", _)) => Some(format!(
            "declare it under `attributes`, such as `{name}: {{ type: text }}`, and map a claim to it under `claims` of an issuer"
        )),
        Some(("context", _)) => Some(format!(
            "declare it under `attributes`, such as `{name}: {{ type: bool }}`; the host states it with each request"
        )),
        _ => {
            Some("the name of an attribute begins with `subject.` or `context.`; `attributes` declares more".to_owned())
        }
    };
    match declare {
        Some(help) => findings.add_help(code, at, message, help),
        None => findings.unknown(code, at, message, &entry.key, known.iter().copied()),
    }
}
