//! The parts of the rulesets that no case reached, from the decisions of all cases, including failed ones.

use super::declared::{Declared, DeclaredException};
use super::run::FileRun;
use brightline::Decision;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// The coverage of one ruleset by the cases.
#[derive(Debug, Serialize)]
pub(super) struct Coverage {
    pub(super) file: String,
    pub(super) ruleset: String,
    pub(super) version: i64,
    /// Reached if a rule applied, was open, or was lifted.
    pub(super) rules: CoveragePart<String>,
    /// Reached if an exception lifted its rule.
    pub(super) exceptions: CoveragePart<DeclaredException>,
    /// Reached if a licence lifted a rule.
    pub(super) licences: CoveragePart<String>,
    /// Reached if a decision gave the reason.
    pub(super) reasons: CoveragePart<String>,
}

/// The number of parts that were reached, of all, and those that were missed.
#[derive(Debug, Serialize)]
pub(super) struct CoveragePart<T> {
    pub(super) reached: usize,
    pub(super) all: usize,
    pub(super) missed: Vec<T>,
}

/// The parts of one ruleset that appear in decisions.
#[derive(Default)]
struct Reached<'a> {
    rules: BTreeSet<&'a str>,
    lifted: BTreeSet<(&'a str, &'a str)>,
    licences: BTreeSet<&'a str>,
    reasons: BTreeSet<&'a str>,
}

impl<'a> Reached<'a> {
    /// Adds this ruleset's part of a decision that several rulesets may have made.
    fn add(&mut self, decision: &'a Decision, ruleset: &str) {
        if decision.ruleset.id == ruleset {
            self.reasons.insert(&decision.reason);
        }
        for rule in decision.reasons.iter().filter(|rule| rule.ruleset == ruleset) {
            self.rules.insert(&rule.rule);
            self.reasons.insert(&rule.reason);
            for tried in &rule.exceptions {
                self.reasons.insert(&tried.reason);
                if tried.lifted {
                    self.lifted.insert((&rule.rule, &tried.id));
                }
                self.licences.extend(tried.number.as_deref());
            }
        }
    }
}

/// The coverage of each ruleset that a case named, by file.
pub(super) fn coverage(runs: &[FileRun]) -> Vec<Coverage> {
    let declared: BTreeMap<&PathBuf, &Declared> = runs.iter().flat_map(|run| &run.rulesets).collect();
    let mut reached: BTreeMap<&Path, Reached<'_>> = BTreeMap::new();
    for ran in runs.iter().flat_map(|run| &run.cases) {
        for path in &ran.rulesets {
            let Some(declared) = declared.get(path) else { continue };
            let reached = reached.entry(path).or_default();
            ran.decision.iter().for_each(|decision| reached.add(decision, &declared.ruleset));
        }
    }
    let coverage = declared.into_iter().map(|(path, declared)| {
        let reached = reached.remove(path.as_path()).unwrap_or_default();
        let lifted = |it: &DeclaredException| reached.lifted.contains(&(it.rule.as_str(), it.exception.as_str()));
        Coverage {
            file: path.display().to_string(),
            ruleset: declared.ruleset.clone(),
            version: declared.version,
            rules: part(&declared.rules, |id| reached.rules.contains(id.as_str())),
            exceptions: part(&declared.exceptions, lifted),
            licences: part(&declared.licences, |id| reached.licences.contains(id.as_str())),
            reasons: part(&declared.reasons, |code| reached.reasons.contains(code.as_str())),
        }
    });
    coverage.collect()
}

fn part<T: Clone>(all: &[T], reached: impl Fn(&T) -> bool) -> CoveragePart<T> {
    let missed: Vec<T> = all.iter().filter(|item| !reached(item)).cloned().collect();
    CoveragePart { reached: all.len().saturating_sub(missed.len()), all: all.len(), missed }
}
