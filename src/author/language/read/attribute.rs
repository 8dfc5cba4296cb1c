//! The attributes that a ruleset declares.

use super::Names;
use super::fields::{Fields, Findings, shorten};
use crate::author::language::{Entry, Kind, Node};
use crate::ruleset::attribute::{Attribute, AttributeId, Source, Type};

/// The types that a declared attribute can have.
pub(in crate::author::language) const TYPES: [&str; 9] =
    ["bool", "text", "word", "number", "country", "texts", "countries", "dated_countries", "records"];

/// Fields of every context that are not attributes themselves. No attribute can have one of these names.
pub(in crate::author::language) const CONTEXT_FIELDS: [&str; 3] = ["context.region", "context.places", "context.chain"];

/// Reads the declared attributes by name: a type, privacy and default, or the attributes to combine (`strictest_of`).
pub(super) fn attributes(findings: &mut Findings, node: &Node, names: &mut Names) {
    let Kind::Mapping(entries) = &node.kind else {
        findings.add("ruleset.type", node.at, "expected a mapping of names to attributes for `attributes`".to_owned());
        return;
    };
    for entry in entries {
        attribute(findings, entry, names);
    }
}

fn attribute(findings: &mut Findings, entry: &Entry, names: &mut Names) {
    let name = entry.key.as_str();
    let Some(mut fields) = Fields::new(findings, &entry.value, "an attribute") else { return };
    let (prefix, rest) = name.split_once('.').unwrap_or(("", name));
    let plain = |part: &str| {
        !part.is_empty() && part.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
    };
    if !matches!(prefix, "subject" | "context") || !rest.split('.').all(plain) {
        findings.add_help(
            "ruleset.id",
            entry.key_at,
            format!("`{}` cannot be the name of an attribute", shorten(name)),
            "write `subject.` for what a token asserts or `context.` for what the host states, then lower-case words \
             joined by dots"
                .to_owned(),
        );
        return;
    }
    if let Some(node) = fields.take("strictest_of") {
        strictest_of(findings, name, node, names);
        fields.done(findings);
        return;
    }
    if CONTEXT_FIELDS.contains(&name) {
        findings.add(
            "ruleset.duplicate",
            entry.key_at,
            format!("`{}` is a field of every context already", shorten(name)),
        );
        return;
    }
    // Further fields can be added to a built-in record.
    if let Some(id) = names.vocabulary.lookup(name) {
        let more = fields.take("fields").map(|node| record_fields(findings, node));
        // Without `fields`, the declaration is a duplicate. Its other fields are not reported separately.
        if more.is_some() {
            fields.done(findings);
        }
        match (more, names.vocabulary.fields_mut(id)) {
            (Some(more), Some(known)) => {
                for (name, kind) in more {
                    if known.iter().any(|(other, _)| *other == name) {
                        let message = format!("`{}` is a field already", shorten(&name));
                        findings.add("ruleset.duplicate", entry.key_at, message);
                    } else {
                        known.push((name, kind));
                    }
                }
            }
            _ => {
                let message = format!("`{}` is an attribute already", shorten(name));
                findings.add("ruleset.duplicate", entry.key_at, message);
            }
        }
        return;
    }
    let kind = fields.need(findings, "type").and_then(|node| kind(findings, node, &mut fields));
    let privacy = fields.take("privacy").and_then(|node| findings.integer(node, "`privacy`", 0..=9)).unwrap_or(5);
    let absent = fields.take("absent");
    fields.done(findings);
    let source = if prefix == "context" { Source::Context } else { Source::Evidence };
    let absent = absent.and_then(|node| {
        if source != Source::Context || kind != Some(Type::Bool) {
            let message = "only a truth value that the host states can have a default".to_owned();
            findings.add("ruleset.absent", node.at, message);
        }
        findings.bool(node, "`absent`")
    });
    let Some(kind) = kind else { return };
    if source == Source::Context && matches!(kind, Type::Holdings | Type::Records(_)) {
        findings.add("ruleset.type", entry.key_at, "the host cannot state dated countries or records".to_owned());
    }
    let privacy = u8::try_from(privacy).unwrap_or(9);
    if names.vocabulary.add(Attribute { name: name.to_owned(), kind, source, privacy, absent }).is_none() {
        findings.add("ruleset.too_many", entry.key_at, "the ruleset has too many attributes".to_owned());
    }
}

fn kind<'a>(findings: &mut Findings, node: &'a Node, fields: &mut Fields<'a>) -> Option<Type> {
    let word = findings.text(node, "`type`")?;
    let kind = match word {
        "bool" => Type::Bool,
        "text" => Type::Text,
        "number" => Type::Number,
        "country" => Type::Country,
        "texts" => Type::Texts,
        "countries" => Type::Countries,
        "dated_countries" => Type::Holdings,
        "word" => {
            let values = fields.need(findings, "values")?;
            Type::Word(findings.texts(values, "`values`").into_iter().collect())
        }
        "records" => {
            let of = fields.need(findings, "fields")?;
            Type::Records(record_fields(findings, of))
        }
        _ => {
            let message = format!("`{}` is not a type", shorten(word));
            findings.unknown("ruleset.unknown_type", node.at, message, word, TYPES.into_iter());
            return None;
        }
    };
    Some(kind)
}

/// Reads the fields of a record by name: `bool`, `text` or a list of words.
fn record_fields(findings: &mut Findings, node: &Node) -> Vec<(String, Type)> {
    let Kind::Mapping(entries) = &node.kind else {
        findings.add("ruleset.type", node.at, "expected a mapping of names to types for `fields`".to_owned());
        return Vec::new();
    };
    let mut fields = Vec::new();
    for entry in entries {
        let kind = match &entry.value.kind {
            Kind::String(word) if word == "bool" => Type::Bool,
            Kind::String(word) if word == "text" => Type::Text,
            Kind::Sequence(_) => Type::Word(findings.texts(&entry.value, "`fields`").into_iter().collect()),
            _ => {
                let message = "a field of a record is `bool`, `text` or a list of words".to_owned();
                findings.add("ruleset.unknown_type", entry.value.at, message);
                continue;
            }
        };
        fields.push((entry.key.clone(), kind));
    }
    fields
}

/// Reads a name for several country attributes, such as a destination: location, headquarters and parent.
fn strictest_of(findings: &mut Findings, name: &str, node: &Node, names: &mut Names) {
    let mut parts: Vec<AttributeId> = Vec::new();
    for item in findings.list(node, "`strictest_of`").unwrap_or_default() {
        let Some(text) = findings.text(item, "an attribute") else { continue };
        if text == name || names.together.contains_key(text) {
            let message = format!("`{}` is itself a combination: name its parts", shorten(text));
            findings.add("ruleset.circular", item.at, message);
            continue;
        }
        let Some(id) = names.vocabulary.lookup(text) else {
            let message = format!("there is no attribute `{}`", shorten(text));
            let known = names.vocabulary.iter().map(|(_, attribute)| attribute.name.as_str()).collect::<Vec<_>>();
            findings.unknown("ruleset.unknown_attribute", item.at, message, text, known.into_iter());
            continue;
        };
        let kind = names.vocabulary.get(id).map(|attribute| &attribute.kind);
        if matches!(kind, Some(Type::Country | Type::Countries | Type::Holdings)) {
            parts.push(id);
        } else {
            findings.add("ruleset.type", item.at, format!("the values of `{}` are not countries", shorten(text)));
        }
    }
    if names.vocabulary.lookup(name).is_some() {
        findings.add("ruleset.duplicate", node.at, format!("`{}` is an attribute already", shorten(name)));
    }
    names.together.insert(name.to_owned(), parts);
}
