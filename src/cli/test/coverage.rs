//! The parts of the rulesets that no case reached, from the decisions of all cases, including failed ones.

use super::run::FileRun;
use super::stage::{entries, integer, items, text};
use brightline::{Decision, Kind, Node};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// The parts that a ruleset declares, in its order.
#[derive(Clone, Debug)]
pub(super) struct Declared {
    ruleset: String,
    version: i64,
    rules: Vec<String>,
    exceptions: Vec<Exception>,
    licences: Vec<String>,
    reasons: Vec<String>,
}

/// An exception of a rule.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub(super) struct Exception {
    pub(super) rule: String,
    pub(super) exception: String,
}

/// The coverage of one ruleset by the cases.
#[derive(Debug, Serialize)]
pub(super) struct Coverage {
    pub(super) file: String,
    pub(super) ruleset: String,
    pub(super) version: i64,
    /// Reached if a rule applied, was open, or was lifted.
    pub(super) rules: Part<String>,
    /// Reached if an exception lifted its rule.
    pub(super) exceptions: Part<Exception>,
    /// Reached if a licence lifted a rule.
    pub(super) licences: Part<String>,
    /// Reached if a decision gave the reason.
    pub(super) reasons: Part<String>,
}

/// The number of parts that were reached, of all, and those that were missed.
#[derive(Debug, Serialize)]
pub(super) struct Part<T> {
    pub(super) reached: usize,
    pub(super) all: usize,
    pub(super) missed: Vec<T>,
}

impl Declared {
    /// Reads the declared parts of a checked ruleset.
    pub(super) fn of(root: &Node) -> Self {
        let id = |node: &Node| text(node, "id").map(str::to_owned);
        let (mut exceptions, mut reasons) = (Vec::new(), Vec::new());
        let mut add = |code: &str| {
            if !reasons.iter().any(|known| known == code) {
                reasons.push(code.to_owned());
            }
        };
        let member =
            |node: &Node, name: &str| entries(node).iter().find(|entry| entry.key == name).map(|e| e.value.clone());
        member(root, "default").iter().filter_map(|default| text(default, "reason")).for_each(&mut add);
        for rule in items(root, "rules") {
            text(rule, "reason").into_iter().for_each(&mut add);
            // Each attribute has a code, or codes by cause.
            for unknown in member(rule, "unknown").iter().flat_map(entries) {
                match &unknown.value.kind {
                    Kind::String(code) => add(code),
                    _ => entries(&unknown.value).iter().filter_map(|cause| plain(&cause.value)).for_each(&mut add),
                }
            }
            for unless in items(rule, "unless") {
                text(unless, "reason").into_iter().for_each(&mut add);
                let provided = member(unless, "provided");
                let one = provided.iter().filter_map(|one| text(one, "reason"));
                one.chain(items(unless, "provided").iter().filter_map(|item| text(item, "reason"))).for_each(&mut add);
                let licence = member(unless, "licence");
                let kind = licence.as_ref().and_then(|licence| text(licence, "type"));
                let named = text(unless, "id").or_else(|| text(unless, "licence")).or(kind);
                exceptions
                    .extend(id(rule).zip(named).map(|(rule, named)| Exception { rule, exception: named.to_owned() }));
            }
        }
        Self {
            ruleset: text(root, "ruleset").unwrap_or_default().to_owned(),
            version: integer(root, "version"),
            rules: items(root, "rules").iter().filter_map(id).collect(),
            exceptions,
            licences: items(root, "licences").iter().filter_map(id).collect(),
            reasons,
        }
    }
}

fn plain(node: &Node) -> Option<&str> {
    match &node.kind {
        Kind::String(text) => Some(text),
        _ => None,
    }
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
        let lifted = |it: &Exception| reached.lifted.contains(&(it.rule.as_str(), it.exception.as_str()));
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

fn part<T: Clone>(all: &[T], reached: impl Fn(&T) -> bool) -> Part<T> {
    let missed: Vec<T> = all.iter().filter(|item| !reached(item)).cloned().collect();
    Part { reached: all.len().saturating_sub(missed.len()), all: all.len(), missed }
}
