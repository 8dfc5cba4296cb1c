//! The golden cases and variants of them, on the real path, under the five rulesets that the package ships.

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
fn every_rule_exception_and_reason_of_the_shipped_rulesets_is_reached() {
    let (golden, _) = run("tests/cases/golden.json");
    let (variants, _) = run("tests/cases/variants.json");
    let missed = |report: &Value, part: &str| -> Vec<String> {
        let coverage = report.pointer("/coverage").and_then(Value::as_array).expect("coverage").iter();
        let of = |one: &Value| {
            let ruleset = one["ruleset"].as_str().expect("an id").to_owned();
            let missed = one.pointer(&format!("/{part}/missed")).and_then(Value::as_array).expect(part).clone();
            missed.into_iter().map(move |item| format!("{ruleset}: {item}"))
        };
        coverage.flat_map(of).collect()
    };
    // Also of requirements, of what is not known, and of the default: only the variants reach this one.
    assert!(missed(&golden, "reasons").iter().any(|missed| missed.contains("exemption.nda_missing")));
    for part in ["rules", "exceptions", "reasons"] {
        let others = missed(&variants, part);
        let never: Vec<String> = missed(&golden, part).into_iter().filter(|item| others.contains(item)).collect();
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
