//! Checks the documents against the source: examples are read, codes are listed.

#![cfg(not(target_arch = "wasm32"))]
#![cfg(feature = "author")]
#![allow(
    clippy::arithmetic_side_effects,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "in a test a panic is how a check fails"
)]

use brightline::{Entry, Kind, Node};
use std::collections::BTreeSet;
use std::path::Path;

const REFERENCE: &str = include_str!("../docs/ruleset.md");
#[cfg(all(unix, feature = "cli"))]
const TUTORIAL: &str = include_str!("../docs/tutorial.md");
const GLOSSARY: &str = include_str!("../docs/glossary.md");
const IDENTITIES: &str = include_str!("../docs/identities.md");
const RECIPE: &str = include_str!("../docs/recipes/mdoc.md");
const CASES: &str = include_str!("../docs/cases.md");
const CODES: &str = include_str!("../docs/codes.md");

/// The members of a ruleset; any other top-level member of an example belongs to a rule.
const PARTS: [&str; 21] = [
    "ruleset",
    "version",
    "language",
    "title",
    "development",
    "issued",
    "expires",
    "guarantees",
    "notice",
    "default",
    "actions",
    "models",
    "attributes",
    "groups",
    "territories",
    "issuers",
    "same_person",
    "evidence",
    "obligations",
    "licences",
    "rules",
];

/// The rule that is completed with the members of an example.
const RULE: &str = "{ id: example, title: An example, outcome: deny, reason: example, message: An example., \
                    basis: { citation: An example } }";

/// The base that completes a case.
const CASE: &str = "{ at: 2026-02-01, model: large, action: chat }";

fn parse(text: &str) -> Node {
    brightline::parse_yaml(text).unwrap_or_else(|findings| panic!("{text}\n{findings:#?}"))
}

fn entries(node: Node) -> Vec<Entry> {
    match node.kind {
        Kind::Mapping(entries) => entries,
        other => panic!("an example is a mapping, not {other:?}"),
    }
}

/// A mapping with further members, each replacing one of the same name.
fn with(whole: &Node, more: Vec<Entry>) -> Node {
    let mut all = entries(whole.clone());
    all.retain(|entry| more.iter().all(|other| other.key != entry.key));
    all.extend(more);
    Node { at: whole.at, kind: Kind::Mapping(all) }
}

fn blocks(page: &str) -> Vec<&str> {
    page.split("```yaml\n").skip(1).map(|rest| rest.split("```").next().unwrap()).collect()
}

/// Completes an example to a whole ruleset: its members replace those of the frame, or those of the frame's one rule.
fn completed(frame: &Node, example: &str) -> Node {
    let parts = entries(parse(example));
    if parts.iter().all(|part| PARTS.contains(&part.key.as_str())) {
        return with(frame, parts);
    }
    let mut rules = parse("rules: [ x ]");
    if let Kind::Mapping(entries) = &mut rules.kind {
        entries[0].value.kind = Kind::Sequence(vec![with(&parse(RULE), parts)]);
    }
    with(frame, entries(rules))
}

/// An example of the reference, and the cases that it decides.
struct Example {
    name: String,
    ruleset: Node,
    cases: Vec<Node>,
}

fn text(node: &Node, field: &str) -> Option<String> {
    match &entries(node.clone()).into_iter().find(|entry| entry.key == field)?.value.kind {
        Kind::String(text) => Some(text.clone()),
        _ => None,
    }
}

/// The examples of the reference, each with the cases after it.
fn examples() -> Vec<Example> {
    let blocks = blocks(REFERENCE);
    let frame = parse(blocks[0]);
    let mut examples: Vec<Example> = Vec::new();
    for block in blocks {
        let document = parse(block);
        let cases = entries(document).into_iter().find(|entry| entry.key == "cases").map(|entry| entry.value.kind);
        if let Some(Kind::Sequence(cases)) = cases {
            examples.last_mut().expect("an example before its cases").cases = cases;
            continue;
        }
        let ruleset = completed(&frame, block);
        // The example's own name, or else its position.
        let own = text(&parse(block), "ruleset").filter(|_| !examples.is_empty());
        let name = own.unwrap_or_else(|| format!("example-{}", examples.len()));
        examples.push(Example { name, ruleset, cases: Vec::new() });
    }
    examples
}

#[test]
fn each_example_of_the_reference_reads() {
    let examples = examples();
    assert!(examples.len() >= 30, "{}", examples.len());
    for Example { name, ruleset, .. } in examples {
        let json = brightline::base::json::Value::from(ruleset.clone());
        brightline::read_ruleset(&ruleset).unwrap_or_else(|findings| panic!("{name}: {json}\n{findings:#?}"));
    }
}

#[test]
#[cfg(feature = "cli")]
fn each_example_of_the_reference_is_decided_as_it_says() {
    use serde_json::{Value, json};
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("reference");
    std::fs::create_dir_all(&folder).unwrap();
    let (mut rulesets, mut cases) = (serde_json::Map::new(), Vec::new());
    for example in examples() {
        let file = format!("{}.json", example.name);
        let ruleset = brightline::base::json::Value::from(example.ruleset);
        std::fs::write(folder.join(&file), ruleset.to_string()).unwrap();
        rulesets.insert(example.name.clone(), json!(file));
        for case in example.cases {
            let mut whole =
                serde_json::to_value(brightline::base::json::Value::from(with(&parse(CASE), entries(case)))).unwrap();
            let id = format!("{} in {}", cases.len() + 1, example.name);
            let members = whole.as_object_mut().unwrap();
            members.entry("id").or_insert(json!(id));
            members.entry("ruleset").or_insert(json!(example.name));
            cases.push(whole);
        }
    }
    let all = cases.len();
    assert!(all >= 60, "{all}");
    let file = folder.join("cases.json");
    std::fs::write(&file, json!({ "rulesets": rulesets, "cases": cases }).to_string()).unwrap();
    let output =
        std::process::Command::new(env!("CARGO_BIN_EXE_brightline")).args(["test", "--json"]).arg(file).output();
    let output = output.unwrap();
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(report["findings"], json!([]), "{:#}", report["findings"]);
    let ran = report.pointer("/files/0/cases").and_then(Value::as_array).into_iter().flatten();
    let failed: Vec<&Value> = ran.filter(|case| case["passed"] != json!(true)).collect();
    let told: Vec<String> = failed.iter().map(|case| format!("{}: {}", case["id"], case["fields"])).collect();
    assert!(failed.is_empty(), "{}", told.join("\n"));
    assert_eq!(report["passed"], json!(all), "{}", String::from_utf8_lossy(&output.stderr));
}

/// Each row of a table of errors: its code and the example that triggers it.
fn refused() -> Vec<(&'static str, Option<&'static str>)> {
    let rows =
        REFERENCE.lines().filter(|line| line.starts_with("| `ruleset.")).filter_map(|line| line.strip_prefix("| `"));
    let rows = rows.map(|row| {
        let (code, rest) = row.split_once("` | ").unwrap();
        let example = rest.split_once("``").and_then(|(_, rest)| rest.split_once("``"));
        (code, example.map(|(example, _)| example.trim()))
    });
    rows.collect()
}

#[test]
fn each_example_of_an_error_has_that_error_alone() {
    let frame = parse(blocks(REFERENCE)[0]);
    let mut wrong = Vec::new();
    for (code, example) in refused() {
        let Some(example) = example else { continue };
        let found = brightline::read_ruleset(&completed(&frame, example)).err().unwrap_or_default();
        let codes: Vec<&str> = found.iter().map(|finding| finding.code).collect();
        if codes != [code] {
            wrong.push(format!("{code}, {example}: {found:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    // Every code has a row.
    let reading = CODES.split("\n## ").find(|section| section.starts_with("Reading a ruleset")).unwrap();
    let documented = codes(reading, '`').into_iter().filter(|code| code.starts_with("ruleset."));
    let shown: BTreeSet<&str> = refused().into_iter().map(|(code, _)| code).collect();
    let missing: Vec<String> = documented.filter(|code| !shown.contains(code.as_str())).collect();
    assert!(missing.is_empty(), "in no table of errors: {missing:?}");
}

/// Follows the tutorial in a folder of its own: writes its files, runs its commands in order, and compares their exit
/// codes and the outputs that it shows.
#[test]
#[cfg(all(unix, feature = "cli"))]
fn the_tutorial_works_as_it_says() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("tutorial");
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).unwrap();
    let (mut commands, mut outputs) = (0_usize, 0_usize);
    let mut printed = String::new();
    for fence in TUTORIAL.split("```").skip(1).step_by(2) {
        let (kind, body) = fence.split_once('\n').unwrap();
        match kind {
            "yaml" => write(&folder, body),
            "sh" => {
                for line in body.lines() {
                    printed.push_str(&run(&folder, line));
                    commands += 1;
                }
            }
            "text" => {
                // `…` stands for what the page leaves out.
                let all = plain(&printed);
                for part in body.lines().flat_map(|line| line.split('…')).map(plain).filter(|part| !part.is_empty()) {
                    assert!(all.contains(&part), "the tutorial shows {part:?}, and its commands print:\n{printed}");
                }
                printed.clear();
                outputs += 1;
            }
            other => panic!("the tutorial has a block of `{other}`"),
        }
    }
    assert!(commands >= 18 && outputs >= 11, "{commands} commands, {outputs} outputs");
}

/// Text with one space in the place of each run of white space.
#[cfg(all(unix, feature = "cli"))]
fn plain(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Runs one command of the tutorial, checks its exit code, and returns its output.
#[cfg(all(unix, feature = "cli"))]
fn run(folder: &Path, line: &str) -> String {
    let program = Path::new(env!("CARGO_BIN_EXE_brightline")).parent().unwrap();
    let path = format!("{}:{}", program.display(), std::env::var("PATH").unwrap_or_default());
    let output = std::process::Command::new("sh").args(["-c", line]).current_dir(folder).env("PATH", path).output();
    let output = output.unwrap();
    let text = [output.stdout, output.stderr].map(|bytes| String::from_utf8(bytes).unwrap()).concat();
    let expected = line.split_once("# ends with ").map_or(0, |(_, code)| code.trim().parse().unwrap());
    assert_eq!(output.status.code(), Some(expected), "{line}\n{text}");
    text
}

/// Writes an example of the tutorial to `cases.yaml` or `ruleset.yaml`. Cases replace those of the same id or follow the
/// others. Members of a ruleset replace those of the same name; other members belong to its one rule.
#[cfg(all(unix, feature = "cli"))]
fn write(folder: &Path, example: &str) {
    let mut parts = entries(parse(example));
    let is_cases = parts.iter().any(|part| part.key == "cases");
    let file = folder.join(if is_cases { "cases.yaml" } else { "ruleset.yaml" });
    let Ok(known) = std::fs::read_to_string(&file) else { return std::fs::write(&file, example).unwrap() };
    let known = parse(&known);
    let list = |name: &str| match entries(known.clone()).into_iter().find(|entry| entry.key == name).unwrap().value.kind
    {
        Kind::Sequence(items) => items,
        other => panic!("`{name}` is a list, not {other:?}"),
    };
    if is_cases {
        let Kind::Sequence(new) = &mut parts[0].value.kind else { panic!("`cases` is a list") };
        let mut all = list("cases");
        all.retain(|old| new.iter().all(|new| text(new, "id") != text(old, "id")));
        all.append(new);
        *new = all;
    } else if !parts.iter().all(|part| PARTS.contains(&part.key.as_str())) {
        let mut whole = parse("rules: [ x ]");
        if let Kind::Mapping(entries) = &mut whole.kind {
            entries[0].value.kind =
                Kind::Sequence(list("rules").iter().map(|rule| with(rule, parts.clone())).collect());
        }
        parts = entries(whole);
    }
    std::fs::write(&file, brightline::base::json::Value::from(with(&known, parts)).to_string()).unwrap();
}

#[test]
fn the_glossary_is_in_alphabetical_order() {
    let terms = GLOSSARY.lines().filter_map(|line| line.strip_prefix("**")?.split_once("**")).map(|(term, _)| term);
    let terms: Vec<String> = terms.map(str::to_lowercase).collect();
    assert!(terms.len() >= 50, "{}", terms.len());
    let wrong: Vec<_> = terms.windows(2).filter(|pair| pair[0] >= pair[1]).collect();
    assert!(wrong.is_empty(), "out of order: {wrong:?}");
}

#[test]
fn the_examples_of_issuers_read() {
    let frame = parse(blocks(REFERENCE)[0]);
    let examples: Vec<&str> = [IDENTITIES, RECIPE].into_iter().flat_map(blocks).collect();
    assert_eq!(examples.len(), 9, "an example was added or lost");
    for example in examples {
        let read = brightline::read_ruleset(&completed(&frame, example));
        assert!(read.is_ok(), "{example}\n{read:#?}");
    }
}

#[test]
fn the_example_of_a_file_of_cases_reads() {
    let examples = blocks(CASES);
    assert_eq!(examples.len(), 1, "an example was added or lost");
    let document = brightline::parse_yaml(examples[0]).unwrap_or_else(|findings| panic!("{findings:#?}"));
    let file = brightline::read_cases(&document).unwrap_or_else(|findings| panic!("{findings:#?}"));
    assert_eq!(file.cases.len(), 2);
}

#[test]
fn every_code_is_documented_and_every_documented_code_exists() {
    let mut source = String::new();
    for folder in ["src", "pkg"] {
        collect(&Path::new(env!("CARGO_MANIFEST_DIR")).join(folder), &mut source);
    }
    let written = codes(&source, '"');
    let documented = codes(CODES, '`');
    let missing: Vec<_> = written.difference(&documented).collect();
    assert!(missing.is_empty(), "not in docs/codes.md: {missing:?}");
    let gone: Vec<_> = documented.difference(&written).collect();
    assert!(gone.is_empty(), "in docs/codes.md, but nowhere in the source: {gone:?}");
}

/// Names such as `token.expired` between two quotes.
fn codes(text: &str, quote: char) -> BTreeSet<String> {
    const PREFIXES: [&str; 25] = [
        "bundle",
        "case",
        "chain",
        "check",
        "client",
        "context",
        "country",
        "denied",
        "engine",
        "evidence",
        "exception",
        "key",
        "keys",
        "licence",
        "models",
        "origin",
        "request",
        "ruleset",
        "source",
        "standing",
        "status",
        "table",
        "token",
        "upkeep",
        "upstream",
    ];
    // Attributes that are named like codes.
    const NOT_CODES: [&str; 11] = [
        "context.country",
        "context.countries",
        "context.regions",
        "context.purpose",
        "context.chain_roles",
        "context.chain",
        "context.places",
        "context.region",
        "context.none",
        "ruleset.jws",
        "ruleset.yaml",
    ];
    let quoted = text.split(quote);
    let codes = quoted.filter(|word| {
        let (prefix, rest) = word.split_once('.').unwrap_or_default();
        let plain = !rest.is_empty() && rest.bytes().all(|b| b.is_ascii_lowercase() || b == b'_');
        plain && (PREFIXES.contains(&prefix) || prefix == "trust_root") && !NOT_CODES.contains(word)
    });
    codes.map(str::to_owned).collect()
}

fn collect(folder: &Path, text: &mut String) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if path.is_dir() {
            if name != "dist" && name != "node_modules" {
                collect(&path, text);
            }
        } else if name != "tests.rs" && (name.ends_with(".rs") || name.ends_with(".js")) {
            text.push_str(&std::fs::read_to_string(&path).unwrap());
            text.push('\n');
        }
    }
}
