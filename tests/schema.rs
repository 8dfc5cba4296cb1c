//! Documents against the JSON Schemas: the schema accepts every document that the reader accepts, and rejects every
//! document that the reader refuses for its form.

#![cfg(not(target_arch = "wasm32"))]
#![cfg(feature = "author")]
#![allow(
    clippy::arithmetic_side_effects,
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "in a test a panic is how a check fails"
)]

use brightline::{Diagnostic, Kind, Node, parse_yaml};
use jsonschema::Validator;
use serde_json::{Value, json};
use std::fs;
use std::path::Path;

const WHOLE: &str = include_str!("../src/author/language/schema/whole.yaml");
const CASES: &str = include_str!("../src/author/cases/whole.yaml");

fn validator(schema: &Value) -> Validator {
    jsonschema::draft7::meta::validate(schema).expect("the schema is one");
    jsonschema::draft7::new(schema).expect("the schema is one")
}

fn value(node: &Node) -> Value {
    serde_json::to_value(brightline::base::json::Value::from(node.clone())).expect("a document is JSON")
}

/// The schema's errors for a document.
fn problems(validator: &Validator, document: &Value) -> Vec<String> {
    validator.iter_errors(document).map(|error| format!("{}: {error}", error.instance_path())).collect()
}

fn node(text: &str) -> Node {
    parse_yaml(text).unwrap_or_else(|findings| panic!("{text}\n{findings:#?}"))
}

fn texts(folder: &str) -> Vec<(String, String)> {
    let files = fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join(folder)).expect("a folder");
    let files = files.map(|file| file.expect("a file").path());
    let files =
        files.filter(|path| path.extension().is_some_and(|extension| extension == "yaml" || extension == "json"));
    files.map(|path| (path.display().to_string(), fs::read_to_string(&path).expect("text"))).collect()
}

#[test]
fn every_ruleset_and_file_of_cases_that_is_shipped_or_tested_fits() {
    let (rulesets, cases) = (validator(&brightline::ruleset_schema()), validator(&brightline::cases_schema()));
    let shipped = texts("pkg/rulesets");
    assert!(shipped.len() >= 6, "{}", shipped.len());
    for (name, text) in &shipped {
        assert_eq!(problems(&rulesets, &value(&node(text))), Vec::<String>::new(), "{name}");
    }
    let (mut own, mut files) = (0, 0);
    for (name, text) in texts("tests/cases") {
        let document = value(&node(&text));
        // Test suites contain a ruleset; case files name theirs.
        let several = document.get("with").and_then(Value::as_array).cloned().unwrap_or_default();
        for ruleset in document.get("ruleset").into_iter().chain(&several) {
            assert_eq!(problems(&rulesets, ruleset), Vec::<String>::new(), "{name}");
            own += 1;
        }
        if document.pointer("/cases/0/id").is_some() {
            assert_eq!(problems(&cases, &document), Vec::<String>::new(), "{name}");
            files += 1;
        }
    }
    assert!(own >= 8 && files >= 2, "{own}, {files}");
    for page in ["docs/ruleset.md", "docs/cases.md"] {
        let text = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(page)).expect("a page");
        for example in text.split("```yaml\n").skip(1).map(|rest| rest.split("```").next().expect("an end")) {
            let example = value(&node(example));
            if page == "docs/cases.md" {
                assert_eq!(problems(&cases, &example), Vec::<String>::new(), "{page}");
            } else {
                assert_eq!(problems(&rulesets, &completed(example)), Vec::<String>::new(), "{page}");
            }
        }
    }
}

/// A whole ruleset in which a part replaces its counterpart, or that of a rule.
fn completed(part: Value) -> Value {
    let mut whole = value(&node(WHOLE));
    let known: Vec<String> = whole.as_object().expect("a mapping").keys().cloned().collect();
    let part = part.as_object().expect("a mapping").clone();
    if part.contains_key("cases") {
        return whole;
    }
    let of_rule = !part.keys().all(|name| known.contains(name));
    let into = if of_rule { whole.pointer_mut("/rules/2").expect("a rule") } else { &mut whole };
    into.as_object_mut().expect("a mapping").extend(part);
    whole
}

// ── Every way of breaking a document that shows every construct ──

/// Each position in a document, as a path of keys and indices.
fn places(node: &Node, path: &[Value], found: &mut Vec<Vec<Value>>) {
    found.push(path.to_vec());
    let step = |step: Value| path.iter().cloned().chain([step]).collect::<Vec<_>>();
    match &node.kind {
        Kind::Mapping(entries) => {
            entries.iter().for_each(|entry| places(&entry.value, &step(json!(entry.key)), found));
        }
        Kind::Sequence(items) => {
            items.iter().enumerate().for_each(|(place, item)| places(item, &step(json!(place)), found));
        }
        _ => {}
    }
}

fn at<'a>(node: &'a mut Node, path: &[Value]) -> &'a mut Node {
    path.iter().fold(node, |node, step| match (&mut node.kind, step) {
        (Kind::Mapping(entries), Value::String(key)) => {
            &mut entries.iter_mut().find(|entry| entry.key == *key).expect("the key").value
        }
        (Kind::Sequence(items), place) => {
            &mut items[usize::try_from(place.as_u64().expect("a position")).expect("a position")]
        }
        _ => panic!("no such place"),
    })
}

/// The reader's findings about the form of a document, not about the meaning of its names.
const OF_FORM: [&str; 7] = [
    "ruleset.empty",
    "ruleset.id",
    "ruleset.instant",
    "ruleset.missing_field",
    "ruleset.span",
    "ruleset.type",
    "ruleset.unknown_field",
];

/// True if the reader knows more than a schema can: the type of an attribute that the ruleset declares, the fields of
/// its records, the value of a claim's text.
fn needs_names(path: &str) -> bool {
    let own =
        ["flag", "name", "grade", "score", "home", "groups", "visits", "passports", "badges", "seat", "employments"];
    let own = own.iter().any(|name| path.contains(&format!("subject.{name}"))) || path.contains("context.on_site");
    (own && !path.starts_with("/attributes/")) || path.contains("/values/")
}

/// The messages of such findings. An issuer's keys, too, may be supplied when the ruleset is signed.
const NAMES: [&str; 2] = ["of this record", "has no keys"];

/// Every document that is one change from this one, with the change.
fn broken(whole: &Node) -> Vec<(String, Node)> {
    let replacements = ["null", "true", "1.5", "[]", "{}", "' '", "[null]", "{ zzz: 1 }", "Zz 9"];
    let mut all = Vec::new();
    places(whole, &[], &mut all);
    let mut documents = Vec::new();
    for path in &all {
        let steps = path.iter().map(|step| format!("/{}", step.as_str().map_or(step.to_string(), str::to_owned)));
        let place = steps.collect::<String>();
        for replacement in replacements {
            let mut changed = whole.clone();
            at(&mut changed, path).kind = node(replacement).kind;
            documents.push((format!("{place} as {replacement}"), changed));
        }
        let mut changed = whole.clone();
        if let Kind::Mapping(entries) = &mut at(&mut changed, path).kind {
            let names: Vec<String> = entries.iter().map(|entry| entry.key.clone()).collect();
            let mut more = entries[0].clone();
            more.key = "zzz".to_owned();
            entries.push(more);
            documents.push((format!("{place} with one more"), changed));
            for name in names {
                let mut changed = whole.clone();
                if let Kind::Mapping(entries) = &mut at(&mut changed, path).kind {
                    entries.retain(|entry| entry.key != name);
                }
                documents.push((format!("{place} without {name}"), changed));
            }
        }
    }
    documents
}

/// Checks that documents that the reader accepts fit the schema, and that documents that it refuses for their form do
/// not. Returns how many both refused.
fn agree(
    whole: &str,
    schema: &Value,
    read: fn(&Node) -> Vec<Diagnostic>,
    of_form: impl Fn(&str, &Diagnostic) -> bool,
) -> usize {
    let (validator, whole) = (validator(schema), node(whole));
    assert_eq!(problems(&validator, &value(&whole)), Vec::<String>::new());
    assert_eq!(read(&whole), []);
    let (mut refused, mut wrong) = (0, Vec::new());
    let documents = broken(&whole);
    // Reading is slow in builds without optimisation.
    let judged = std::thread::scope(|scope| {
        let judge =
            |(step, document): &(String, Node)| (step.clone(), read(document), validator.is_valid(&value(document)));
        let parts = documents.chunks(documents.len().div_ceil(4));
        let parts = parts.map(|part| scope.spawn(move || part.iter().map(judge).collect::<Vec<_>>()));
        let parts: Vec<_> = parts.collect();
        parts.into_iter().flat_map(|part| part.join().expect("no panic")).collect::<Vec<_>>()
    });
    for (step, findings, fits) in judged {
        match (findings.is_empty(), fits) {
            (true, false) => wrong.push(format!("{step}: the reader takes it")),
            (false, true) => {
                let of_form = findings.iter().find(|finding| of_form(&step, finding));
                wrong.extend(of_form.map(|finding| format!("{step}: {}", finding.message)));
            }
            (false, false) => refused += 1,
            (true, true) => {}
        }
    }
    assert!(wrong.is_empty(), "{}:\n{}", wrong.len(), wrong.join("\n"));
    refused
}

#[test]
fn of_whatever_is_done_to_a_ruleset_the_schema_and_the_reader_say_the_same() {
    let read = |document: &Node| brightline::read_ruleset(document).err().unwrap_or_default();
    let refused = agree(WHOLE, &brightline::ruleset_schema(), read, |step, finding| {
        let names = needs_names(step) || NAMES.iter().any(|name| finding.message.contains(name));
        OF_FORM.contains(&finding.code) && !names
    });
    assert!(refused > 2000, "{refused} refused by both");
}

#[test]
fn of_whatever_is_done_to_a_file_of_cases_the_schema_and_the_reader_say_the_same() {
    let read = |document: &Node| brightline::read_cases(document).err().unwrap_or_default();
    let refused = agree(CASES, &brightline::cases_schema(), read, |_, finding| finding.code != "case.duplicate");
    assert!(refused > 200, "{refused} refused by both");
}

#[test]
#[cfg(feature = "cli")]
fn the_program_writes_the_schemas() {
    let run = |arguments: &[&str]| {
        let output = std::process::Command::new(env!("CARGO_BIN_EXE_brightline")).args(arguments).output();
        let output = output.expect("the program runs");
        assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        output.stdout
    };
    for (of, schema) in [("ruleset", brightline::ruleset_schema()), ("cases", brightline::cases_schema())] {
        let printed = run(&["schema", of]);
        assert_eq!(serde_json::from_slice::<Value>(&printed).expect("JSON"), schema);
        let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{of}.schema.json"));
        assert!(run(&["schema", of, "--out", file.to_str().expect("a path")]).is_empty());
        assert_eq!(fs::read(file).expect("a file"), printed);
    }
}
