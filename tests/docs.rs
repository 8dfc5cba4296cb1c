//! What the documents say is held to the source: examples are read, codes are listed.

#![cfg(not(target_arch = "wasm32"))]
#![cfg(feature = "author")]
#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used, reason = "in a test a panic is how a check fails")]

use brightline::{Entry, Kind, Node};
use std::collections::BTreeSet;
use std::path::Path;

const REFERENCE: &str = include_str!("../docs/ruleset.md");
const CASES: &str = include_str!("../docs/cases.md");
const CODES: &str = include_str!("../docs/codes.md");

fn entries(node: Node) -> Vec<Entry> {
    match node.kind {
        Kind::Mapping(entries) => entries,
        other => panic!("an example is a mapping, not {other:?}"),
    }
}

#[test]
fn each_example_of_the_reference_reads() {
    let examples: Vec<&str> =
        REFERENCE.split("```yaml\n").skip(1).map(|rest| rest.split("```").next().unwrap()).collect();
    assert_eq!(examples.len(), 15, "an example was added or lost");
    let frame = entries(brightline::parse_yaml(examples[0]).unwrap());
    for example in examples {
        // A part of a ruleset is read in the place of that part of the frame.
        let parts =
            entries(brightline::parse_yaml(example).unwrap_or_else(|findings| panic!("{example}\n{findings:#?}")));
        let mut whole: Vec<Entry> =
            frame.iter().filter(|entry| parts.iter().all(|part| part.key != entry.key)).cloned().collect();
        whole.extend(parts);
        let document = Node { kind: Kind::Mapping(whole), ..brightline::parse_yaml(example).unwrap() };
        brightline::read_ruleset(&document).unwrap_or_else(|findings| panic!("{example}\n{findings:#?}"));
    }
}

#[test]
fn the_example_of_a_file_of_cases_reads() {
    let examples: Vec<&str> = CASES.split("```yaml\n").skip(1).map(|rest| rest.split("```").next().unwrap()).collect();
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
    const PREFIXES: [&str; 14] = [
        "bundle",
        "case",
        "chain",
        "context",
        "country",
        "engine",
        "evidence",
        "exception",
        "key",
        "licence",
        "request",
        "ruleset",
        "source",
        "token",
    ];
    // Attributes that are named like codes.
    const NOT_CODES: [&str; 10] = [
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
        } else if name.ends_with(".rs") || name.ends_with(".js") {
            text.push_str(&std::fs::read_to_string(&path).unwrap());
            text.push('\n');
        }
    }
}
