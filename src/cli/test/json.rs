//! The report for programs. `brightline test --help` describes its form.

use super::compare::Field;
use super::coverage::{Coverage, coverage};
use super::run::{FileRun, Ran, findings};
use super::text::Counts;
use crate::cli::exit::Failure;
use crate::cli::report::{self, Finding, Report};
use brightline::Decision;
use serde::Serialize;
use std::time::Duration;

#[derive(Serialize)]
struct Whole<'a> {
    passed: usize,
    failed: usize,
    left_out: usize,
    milliseconds: u128,
    files: Vec<File<'a>>,
    coverage: Vec<Coverage>,
    findings: Vec<Finding<'a>>,
}

#[derive(Serialize)]
struct File<'a> {
    file: String,
    cases: Vec<Case<'a>>,
}

#[derive(Serialize)]
struct Case<'a> {
    id: &'a str,
    title: Option<&'a str>,
    ruleset: String,
    passed: bool,
    fields: &'a [Field],
    decision: Option<&'a Decision>,
    error: Option<Error<'a>>,
    notes: &'a [String],
    why: Option<&'a str>,
    milliseconds: u128,
}

#[derive(Serialize)]
struct Error<'a> {
    code: &'a str,
    message: &'a str,
}

pub(super) fn report(runs: &[FileRun], took: Duration) -> Result<String, Failure> {
    let Counts { passed, failed, left_out } = Counts::of(runs);
    let files = runs
        .iter()
        .map(|run| File { file: run.file.display().to_string(), cases: run.cases.iter().map(Case::from).collect() });
    report::pretty(&Whole {
        passed,
        failed,
        left_out,
        milliseconds: took.as_millis(),
        files: files.collect(),
        coverage: coverage(runs),
        findings: findings(runs).into_iter().flat_map(Report::to_json).collect(),
    })
}

impl<'a> From<&'a Ran> for Case<'a> {
    fn from(ran: &'a Ran) -> Self {
        let refusal = ran.decision.as_ref().err();
        Self {
            id: &ran.case.id,
            title: ran.case.title.as_deref(),
            ruleset: ran.case.ruleset.join("+"),
            passed: ran.passed(),
            fields: &ran.fields,
            decision: ran.decision.as_ref().ok(),
            error: refusal.map(|refusal| Error { code: refusal.code, message: &refusal.message }),
            notes: &ran.notes,
            why: ran.case.why.as_deref(),
            milliseconds: ran.took.as_millis(),
        }
    }
}
