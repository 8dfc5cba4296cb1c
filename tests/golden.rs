//! The golden cases, their variants and cases for each clause, on the real path, under the five rulesets that the
//! package ships.

#![cfg(not(target_arch = "wasm32"))]
#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used, reason = "in a test a panic is how a check fails")]

use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::Command;

const RULESETS: [(&str, &str); 5] =
    [("A", "us-order"), ("B", "us-model-weights"), ("C", "us-baseline"), ("D", "eu-dual-use"), ("E", "itar-enclave")];

fn file(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// The report of `brightline test`, and its exit code.
fn run(cases: &str) -> (Value, Option<i32>) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_brightline"));
    command.args(["test", "--json"]).arg(file(cases));
    for (letter, name) in RULESETS {
        command.arg("--ruleset").arg(format!("{letter}={}", file(&format!("pkg/rulesets/{name}.yaml")).display()));
    }
    let output = command.output().expect("the program runs");
    let report = serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|error| panic!("{error}\n{}", String::from_utf8_lossy(&output.stderr)));
    (report, output.status.code())
}

#[test]
fn all_golden_cases_pass() {
    let (report, code) = run("tests/cases/golden.json");
    assert_eq!(report.pointer("/passed").and_then(Value::as_u64), Some(77), "{report:#}");
    assert_eq!(code, Some(0));
}

#[test]
fn variants_of_them_pass() {
    let (report, code) = run("tests/cases/variants.json");
    assert_eq!(report.pointer("/passed").and_then(Value::as_u64), Some(46), "{report:#}");
    assert_eq!(code, Some(0));
}

#[test]
fn cases_for_each_clause_pass() {
    let (report, code) = run("tests/cases/shipped.yaml");
    assert_eq!(report.pointer("/failed").and_then(Value::as_u64), Some(0), "{report:#}");
    assert!(report.pointer("/passed").and_then(Value::as_u64) > Some(180), "{report:#}");
    assert_eq!(code, Some(0));
}

/// The clauses of a citation: its parts between semicolons, each with the act that an earlier one names.
fn clauses(citation: &str) -> Vec<String> {
    let mut act = String::new();
    let is_number = |word: &str| word.starts_with(|first: char| first.is_ascii_digit());
    let clause = |part: &str| {
        let words: Vec<&str> = part.split(' ').collect();
        match words.as_slice() {
            [title, "CFR", ..] => act = format!("{title} CFR"),
            ["Reg.", union, number, ..] => act = format!("Reg. {union} {number}"),
            [_, "FR" | "U.S.C.", ..] => {}
            [first, ..] if is_number(first) || matches!(*first, "art." | "Annex") => return format!("{act} {part}"),
            _ => {}
        }
        part.to_owned()
    };
    citation.split("; ").map(clause).collect()
}

#[test]
fn each_clause_that_a_rule_cites_has_a_case_to_which_it_applies_and_one_to_which_it_does_not() {
    let cases = std::fs::read_to_string(file("tests/cases/shipped.yaml")).expect("cases");
    let cases = brightline::read_cases(&brightline::parse_yaml(&cases).expect("YAML")).expect("cases").cases;
    for (letter, name) in RULESETS {
        let text = std::fs::read_to_string(file(&format!("pkg/rulesets/{name}.yaml"))).expect("a ruleset");
        let (_, rules) = text.split_once("\nrules:\n").expect("rules");
        let citations = rules.split("citation: \"").skip(1).filter_map(|rest| rest.split('"').next());
        let cited: Vec<String> = citations.flat_map(clauses).collect();
        assert!(cited.len() > 5, "{name}: {cited:?}");
        for (clause, tag) in cited.iter().flat_map(|clause| [(clause, "applies"), (clause, "does_not_apply")]) {
            let found = cases.iter().any(|case| {
                case.ruleset == [letter] && case.cite.contains(clause) && case.tags.iter().any(|other| other == tag)
            });
            assert!(found, "{name}: no case to which `{clause}` {tag}");
        }
    }
}

#[test]
fn every_rule_exception_and_reason_of_the_shipped_rulesets_is_reached() {
    let (golden, _) = run("tests/cases/golden.json");
    let (variants, _) = run("tests/cases/variants.json");
    let (shipped, _) = run("tests/cases/shipped.yaml");
    let missed = |report: &Value, part: &str| -> Vec<String> {
        let coverage = report.pointer("/coverage").and_then(Value::as_array).expect("coverage").iter();
        let of = |one: &Value| {
            let ruleset = one["ruleset"].as_str().expect("an id").to_owned();
            let missed = one.pointer(&format!("/{part}/missed")).and_then(Value::as_array).expect(part).clone();
            missed.into_iter().map(move |item| format!("{ruleset}: {item}"))
        };
        coverage.flat_map(of).collect()
    };
    // Includes requirements, unknown attributes and the default: only the variants reach this reason.
    assert!(missed(&golden, "reasons").iter().any(|missed| missed.contains("exemption.nda_missing")));
    for part in ["rules", "exceptions", "reasons"] {
        let others = [missed(&variants, part), missed(&shipped, part)];
        let never = missed(&golden, part).into_iter().filter(|item| others.iter().all(|other| other.contains(item)));
        let never: Vec<String> = never.collect();
        assert!(never.is_empty(), "no case reaches these {part}: {never:#?}");
    }
}

#[test]
fn each_shipped_ruleset_says_what_it_is_and_cites_with_a_day() {
    for (_, name) in RULESETS {
        let text = std::fs::read_to_string(file(&format!("pkg/rulesets/{name}.yaml"))).expect("a ruleset");
        assert!(text.contains("not legal advice") && text.contains("illustration"), "{name}");
        let bases = text.matches("citation:").count();
        assert!(bases > 0 && text.matches("as_of:").count() >= bases, "{name}: a citation without an as-of date");
    }
}
