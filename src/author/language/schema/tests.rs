//! Tests that the schema has exactly the fields and words that the reader accepts.

use super::*;
use crate::author::language::read::PRESETS;
use crate::author::language::taken::Taken;
use crate::author::language::{parse_yaml, taken};
use serde_json::json;
use std::collections::BTreeSet;

const WHOLE: &str = include_str!("whole.yaml");

/// The sources of the reader.
const READER: [&str; 8] = [
    include_str!("../read/mod.rs"),
    include_str!("../read/attribute.rs"),
    include_str!("../read/condition.rs"),
    include_str!("../read/group.rs"),
    include_str!("../read/guarantee.rs"),
    include_str!("../read/issuer.rs"),
    include_str!("../read/rule.rs"),
    include_str!("../read/trust.rs"),
];
const FIELDS: &str = include_str!("../read/fields.rs");

/// The reader's name for each mapping, and its locations in the schema: the root or definitions.
const MAPPINGS: [(&str, &[&str]); 27] = [
    ("`default`", &["DefaultSaid"]),
    ("`effective`", &["Effective"]),
    ("`licence`", &["LicenceKind"]),
    ("`sealed`", &["Commitment"]),
    ("a basis", &["Basis"]),
    ("a claim mapping", &["ClaimMapping"]),
    ("a count", &["Range"]),
    ("a group", &["Group"]),
    ("a guarantee", &["Guarantee"]),
    ("a licence", &["Licence"]),
    // The matchers of every type.
    ("a matcher", &["OwnMatcher/anyOf/2"]),
    ("a model", &["Model"]),
    ("a proviso", &["Proviso"]),
    ("a range", &["Range"]),
    ("a requirement", &["Requirement"]),
    ("a rule", &["Rule"]),
    ("a ruleset", &[""]),
    ("a scope", &["Scope"]),
    ("a source of keys", &["KeysFrom"]),
    ("a version", &["Version"]),
    ("a window", &["Window"]),
    ("an assurance", &["AssuranceClaim"]),
    ("an attribute", &["Attribute"]),
    ("an evidence policy", &["Policy"]),
    ("an exception", &["Exception"]),
    ("an issuer", &["Issuer"]),
    ("an outcome", &["Degrade", "Meanwhile"]),
];

/// The properties of a definition. True if it refuses others.
pub(crate) fn properties<'a>(schema: &'a Value, name: &str) -> (BTreeSet<&'a str>, bool) {
    let place = if name.is_empty() { String::new() } else { format!("/definitions/{name}") };
    let definition = schema.pointer(&place).unwrap_or_else(|| panic!("no {name}"));
    let properties = definition["properties"].as_object().unwrap_or_else(|| panic!("{name}")).keys();
    (properties.map(String::as_str).collect(), definition["additionalProperties"] == json!(false))
}

fn whole() -> Taken {
    let document = parse_yaml(WHOLE).unwrap_or_else(|findings| panic!("{findings:#?}"));
    taken::take();
    crate::author::language::read(&document).unwrap_or_else(|findings| panic!("{findings:#?}"));
    taken::take()
}

#[test]
fn the_schema_has_the_fields_that_the_reader_takes_and_no_others() {
    let (schema, taken) = (schema(), whole());
    assert_eq!(taken.keys().copied().collect::<Vec<_>>(), MAPPINGS.map(|(what, _)| what));
    for (what, definitions) in MAPPINGS {
        for name in definitions {
            assert_eq!(properties(&schema, name), (taken[what].clone(), true), "{what}: {name}");
        }
    }
}

#[test]
fn the_document_that_shows_it_reaches_every_field_of_the_reader() {
    let taken = whole();
    let all: BTreeSet<&str> = taken.values().flatten().copied().collect();
    let sources: String = READER.join("\n") + FIELDS;
    let literal = |rest: &'static str| rest.split_once('"').and_then(|(_, rest)| rest.split('"').next()).unwrap();
    let sources: &'static str = sources.leak();
    for rest in sources.split("Fields::new(").skip(1) {
        assert!(taken.contains_key(literal(rest)), "no mapping for {}", literal(rest));
    }
    let asked =
        sources.split(".take(\"").chain(sources.split(".need(findings, \"")).chain(sources.split(".need(self, \""));
    for rest in asked.filter(|rest| !rest.starts_with("//!")) {
        let name = rest.split('"').next().unwrap();
        assert!(all.contains(name), "`{name}` is not reached");
    }
}

/// The words of a definition, or of a property of one.
pub(crate) fn words(schema: &Value, place: &str) -> BTreeSet<String> {
    let definition = schema.pointer(place).unwrap_or_else(|| panic!("no {place}"));
    let options = definition["oneOf"].as_array().or_else(|| definition["enum"].as_array()).expect(place);
    let word = |option: &Value| option.get("const").unwrap_or(option).as_str().expect(place).to_owned();
    options.iter().map(word).collect()
}

#[test]
fn the_schema_has_the_words_that_the_reader_knows() {
    let schema = schema();
    let known = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect::<BTreeSet<String>>();
    for (place, expected) in [
        ("AttributeType", known(&crate::author::language::read::TYPES)),
        ("LevelWord", known(&crate::author::language::read::LEVELS)),
        ("Absence", known(&crate::author::language::read::ABSENCE)),
        ("Issuer/properties/preset", PRESETS.iter().map(|(name, _)| (*name).to_owned()).collect()),
    ] {
        assert_eq!(words(&schema, &format!("/definitions/{place}")), expected, "{place}");
    }
    assert_eq!(properties(&schema, "Causes"), (crate::author::language::read::CAUSES.into_iter().collect(), true));
    let scope = crate::author::language::read::SCOPE.into_iter().collect();
    assert_eq!(properties(&schema, "ModelScope"), (scope, true));
    // First the outcomes that are words alone, then the outcomes that name a model or action to serve.
    let outcomes = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<BTreeSet<_>>();
    assert_eq!(words(&schema, "/definitions/OutcomeWord"), outcomes(&["allow", "deny", "review", "step_up"]));
    assert_eq!(properties(&schema, "Instead").0, BTreeSet::from(["degrade", "step_up"]));
    assert_eq!(words(&schema, "/definitions/DefaultOutcome"), outcomes(&["allow", "deny", "review", "step_up"]));
}

#[test]
fn every_field_says_what_it_is_and_every_preset_what_it_reads() {
    let schema = schema();
    let mut silent = Vec::new();
    let definitions = schema["definitions"].as_object().unwrap().iter().map(|(name, one)| (name.as_str(), one));
    for (name, definition) in definitions.chain([("", &schema)]) {
        for (field, property) in definition["properties"].as_object().into_iter().flatten() {
            let said = property.get("description").is_some() || *property == json!(false) || name == "Unknown";
            if !said {
                silent.push(format!("{name}.{field}"));
            }
        }
    }
    assert!(silent.is_empty(), "{silent:?}");
    for preset in schema["definitions"]["Issuer"]["properties"]["preset"]["oneOf"].as_array().unwrap() {
        assert!(preset["description"].as_str().is_some_and(|text| text.len() > 60), "{preset}");
    }
    assert!(!schema.to_string().contains(r#""null""#), "nothing may be null");
    for (name, text) in PRESETS {
        assert!(text.contains("\nassurance:"), "{name}: an issuer with a preset needs no assurance of its own");
    }
}
