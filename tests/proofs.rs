//! Rulesets on which the analysis once erred, each named for its peculiarity: guarantees that do not hold, versions
//! that differ or are equal, and rules that are needed.

#![cfg(all(feature = "author", not(target_arch = "wasm32")))]
#![allow(clippy::unwrap_used, clippy::panic, reason = "in a test a panic is how a check fails")]

use brightline::{
    Budget, Difference, Node, Program, ProofResult, Ruleset, compile, diff, lint, parse_json, prove, read_rules,
};
use std::path::{Path, PathBuf};

fn files(prefix: &str, suffix: &str) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/proofs");
    let files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let is_wanted = |path: &PathBuf| {
        let name = path.file_name().unwrap().to_str().unwrap();
        name.starts_with(prefix) && name.ends_with(suffix)
    };
    let mut files: Vec<PathBuf> = files.filter(is_wanted).collect();
    files.sort();
    files
}

fn document(path: &Path) -> Node {
    parse_json(&std::fs::read_to_string(path).unwrap()).unwrap()
}

fn ruleset(path: &Path) -> Ruleset {
    read_rules(&document(path)).unwrap_or_else(|findings| panic!("{}: {findings:#?}", path.display()))
}

fn program(path: &Path) -> Program {
    compile(ruleset(path))
}

fn compared(old: &Path) -> Difference {
    let new = old.display().to_string().replace(".old.json", ".new.json");
    diff(&program(old), &program(Path::new(&new)), Budget::default())
}

#[test]
fn what_does_not_hold_is_broken() {
    let files = files("broken-", ".json");
    assert!(files.len() > 15);
    for file in files {
        let proofs = prove(&program(&file), &[], Budget::default());
        assert!(!proofs.is_empty());
        for proof in proofs {
            assert!(matches!(proof.verdict, ProofResult::Broken(_)), "{}: {proof:#?}", file.display());
        }
        // A rule that breaks a guarantee can apply to a request.
        let found = lint(&ruleset(&file), &document(&file), Budget::default());
        assert!(found.iter().all(|lint| lint.code != "check.dead"), "{}: {found:#?}", file.display());
    }
}

/// Counterexamples of an earlier analysis that no request can produce any more.
#[test]
fn what_nobody_can_say_breaks_nothing() {
    let files = files("holds-", ".json");
    assert!(!files.is_empty());
    for file in files {
        let proofs = prove(&program(&file), &[], Budget::default());
        assert!(!proofs.is_empty());
        for proof in proofs {
            assert!(matches!(proof.verdict, ProofResult::Holds), "{}: {proof:#?}", file.display());
        }
    }
}

#[test]
fn a_rule_that_is_needed_is_not_accused() {
    let files = files("kept-", ".json");
    assert!(files.len() > 3);
    for file in files {
        let found = lint(&ruleset(&file), &document(&file), Budget::default());
        assert!(found.iter().all(|lint| lint.place.id != "b"), "{}: {found:#?}", file.display());
    }
}

#[test]
fn what_differs_is_told() {
    let files = files("differ-", ".old.json");
    assert!(files.len() > 8);
    for file in files {
        let found = compared(&file);
        assert!(!found.changes.is_empty() && found.unsettled.is_empty(), "{}: {found:#?}", file.display());
    }
}

#[test]
fn what_is_the_same_is_no_difference() {
    let files = files("same-", ".old.json");
    assert!(!files.is_empty());
    for file in files {
        let found = compared(&file);
        assert!(found.changes.is_empty() && found.unsettled.is_empty(), "{}: {found:#?}", file.display());
        // A ruleset does not differ from itself.
        let program = program(&file);
        let found = diff(&program, &program, Budget::default());
        assert!(found.changes.is_empty() && found.unsettled.is_empty(), "{}: {found:#?}", file.display());
    }
}
