//! The report for people.

use super::coverage::Coverage;
use super::coverage::CoveragePart;
use super::coverage::coverage;
use super::declared::DeclaredException;
use super::run::FileRun;
use super::run::Ran;
use super::run::findings;
use crate::cli::io::terminal::{bad, dim, good, plain, visible};
use std::fmt::Write as _;
use std::time::Duration;

/// Options for showing more than the cases that differ.
#[derive(Clone, Copy)]
pub(super) struct ShowOptions {
    /// Show the cases that pass.
    pub(super) passing: bool,
    /// Show the names of the parts that were not reached.
    pub(super) coverage: bool,
}

/// The findings, the cases, the totals and the coverage.
pub(super) fn report(runs: &[FileRun], took: Duration, shown: ShowOptions) -> String {
    let mut out = TextReport { out: String::new(), shown };
    for report in findings(runs) {
        out.out.push_str(&report.to_text());
    }
    for run in runs {
        for ran in run.cases.iter().filter(|ran| shown.passing || !ran.passed()) {
            out.case(ran);
        }
    }
    out.sum(runs, took);
    if runs.iter().all(|run| run.cases.is_empty()) {
        return out.out;
    }
    let coverage = coverage(runs);
    out.coverage_line(&coverage);
    if shown.coverage {
        coverage.iter().for_each(|coverage| out.coverage(coverage));
    }
    out.out
}

/// The differences, without colours and without the case's own name.
pub(super) fn details(ran: &Ran) -> String {
    let mut out = TextReport { out: String::new(), shown: ShowOptions { passing: false, coverage: false } };
    out.details(ran);
    plain(&out.out)
}

struct TextReport {
    out: String,
    shown: ShowOptions,
}

impl TextReport {
    fn line(&mut self, line: &str) {
        self.out.push_str(line.trim_end());
        self.out.push('\n');
    }

    fn case(&mut self, ran: &Ran) {
        let word = if ran.passed() { good("ok  ") } else { bad("FAIL") };
        let title = ran.case.title.as_deref().unwrap_or_default();
        self.line(&format!("{word} {}  {}", visible(&ran.case.id), visible(title)));
        if !ran.passed() {
            self.details(ran);
        } else {
            self.notes(ran);
        }
    }

    fn details(&mut self, ran: &Ran) {
        match &ran.decision {
            Ok(decision) => {
                self.fields(ran);
                for rule in &decision.reasons {
                    let [id, reason, title] = [&rule.rule, &rule.reason, &rule.title].map(|text| visible(text));
                    self.line(&format!("    rule {id}: {}, {reason} ({title})", rule.outcome.as_str()));
                    for tried in &rule.exceptions {
                        let [id, reason] = [&tried.id, &tried.reason].map(|text| visible(text));
                        let kind = if tried.licence { "licence" } else { "exception" };
                        let lifted = if tried.lifted { "lifts it" } else { "does not lift it" };
                        self.line(&format!("      {kind} {id}: {lifted}, {reason}"));
                    }
                }
                if decision.reasons.is_empty() {
                    self.line(&format!("    no rule: {}", visible(&decision.message)));
                }
            }
            Err(refusal) => {
                let expected = ran.case.expect.outcome.as_str();
                self.line(&format!("    expected {expected}; there is no decision"));
                self.line(&format!("    [{}] {}", refusal.code, visible(&refusal.message)));
            }
        }
        self.notes(ran);
        if let Some(why) = &ran.case.why {
            self.line(&format!("    why: {}", visible(why)));
        }
    }

    fn notes(&mut self, ran: &Ran) {
        for note in &ran.notes {
            self.line(&format!("    note: {}", visible(note)));
        }
    }

    /// The expected and the actual values, side by side; `!` marks differences.
    fn fields(&mut self, ran: &Ran) {
        let header = ("", "expected".to_owned(), "got".to_owned(), false);
        let rows = ran.fields.iter().map(|field| {
            let expected = field.expected.as_deref().map_or_else(|| "(any)".to_owned(), visible);
            (field.field, expected, field.got.as_deref().map_or_else(|| "(none)".to_owned(), visible), field.differs)
        });
        let rows: Vec<(&str, String, String, bool)> = std::iter::once(header).chain(rows).collect();
        let width = |length: fn(&(&str, String, String, bool)) -> usize| rows.iter().map(length).max().unwrap_or(0);
        let names = width(|(name, ..)| name.chars().count());
        let wide = width(|(_, expected, ..)| expected.chars().count());
        for (name, expected, got, differs) in &rows {
            let mark = if *differs { '!' } else { ' ' };
            let expected = format!("{expected:wide$}");
            let (expected, got) = match differs {
                true => (good(&expected), bad(got)),
                false => (expected, got.clone()),
            };
            self.line(&format!("  {mark} {name:names$}  {expected}  {got}"));
        }
    }

    fn sum(&mut self, runs: &[FileRun], took: Duration) {
        let CaseCounts { passed, failed, left_out } = CaseCounts::of(runs);
        let failed = format!("{failed} failed");
        let failed = if failed.starts_with("0 ") { failed } else { bad(&failed) };
        let mut line = format!("{passed} passed, {failed}");
        if left_out > 0 {
            let _ = write!(line, ", {left_out} left out");
        }
        let broken = runs.iter().filter(|run| run.failure.is_some() || !run.findings.is_empty()).count();
        if broken > 0 {
            let files = if broken == 1 { "file" } else { "files" };
            let _ = write!(line, ", {}", bad(&format!("{broken} {files} not run")));
        }
        self.line(&format!("{line}, in {} ms", took.as_millis()));
        let silent = runs.iter().flat_map(|run| &run.cases).filter(|ran| ran.passed() && !ran.notes.is_empty()).count();
        if silent > 0 && !self.shown.passing {
            let cases = if silent == 1 { "case that passes" } else { "cases that pass" };
            self.line(&dim(&format!("notes on {silent} {cases}: `--verbose` shows them")));
        }
    }

    fn coverage_line(&mut self, coverage: &[Coverage]) {
        let sum = |part: fn(&Coverage) -> (usize, usize)| {
            let add = |(a, b): (usize, usize), (c, d): (usize, usize)| (a.saturating_add(c), b.saturating_add(d));
            let (reached, all) = coverage.iter().map(part).fold((0, 0), add);
            format!("{reached} of {all}")
        };
        let rules = sum(|coverage| coverage.rules.count());
        let exceptions = sum(|coverage| coverage.exceptions.count());
        let licences = sum(|coverage| coverage.licences.count());
        let reasons = sum(|coverage| coverage.reasons.count());
        let more = if self.shown.coverage { "" } else { "; `--coverage` names the rest" };
        let line =
            format!("reached: {rules} rules, {exceptions} exceptions, {licences} licences, {reasons} reasons{more}");
        self.line(&dim(&line));
    }

    fn coverage(&mut self, coverage: &Coverage) {
        let (file, ruleset) = (visible(&coverage.file), visible(&coverage.ruleset));
        self.line(&format!("`{file}`: `{ruleset}` version {}", coverage.version));
        let mut missed: Vec<String> = Vec::new();
        missed.extend(coverage.rules.missed.iter().map(|id| format!("rule never reached: {id}")));
        missed.extend(coverage.exceptions.missed.iter().map(|DeclaredException { rule, exception }| {
            format!("exception never lifted its rule: {exception} of {rule}")
        }));
        missed.extend(coverage.licences.missed.iter().map(|id| format!("licence never used: {id}")));
        missed.extend(coverage.reasons.missed.iter().map(|code| format!("reason never given: {code}")));
        if missed.is_empty() {
            missed.push("all of it was reached".to_owned());
        }
        missed.iter().for_each(|line| self.line(&format!("  {}", visible(line))));
    }
}

impl<T> CoveragePart<T> {
    const fn count(&self) -> (usize, usize) {
        (self.reached, self.all)
    }
}

/// The number of cases by result.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct CaseCounts {
    pub(super) passed: usize,
    pub(super) failed: usize,
    pub(super) left_out: usize,
}

impl CaseCounts {
    pub(super) fn of(runs: &[FileRun]) -> Self {
        let cases = || runs.iter().flat_map(|run| &run.cases);
        let passed = cases().filter(|ran| ran.passed()).count();
        let left_out = runs.iter().map(|run| run.left_out).sum();
        Self { passed, failed: cases().count().saturating_sub(passed), left_out }
    }
}
