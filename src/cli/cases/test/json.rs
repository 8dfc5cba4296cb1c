//! The report for programs. `brightline test --help` describes its form.

use super::compare::Field;
use super::coverage::Coverage;
use super::coverage::coverage;
use super::run::FileRun;
use super::run::Ran;
use super::run::findings;
use super::text::CaseCounts;
use crate::cli::io::failure::Failure;
use crate::cli::io::finding::{FileFindings, Finding};
use crate::cli::io::output;
use brightline::Decision;
use serde::Serialize;
use std::time::Duration;

#[derive(Serialize)]
struct JsonReport<'a> {
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
    cases: Vec<JsonCase<'a>>,
}

#[derive(Serialize)]
struct JsonCase<'a> {
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
    let CaseCounts { passed, failed, left_out } = CaseCounts::of(runs);
    let files = runs.iter().map(|run| File {
        file: run.file.display().to_string(),
        cases: run.cases.iter().map(JsonCase::from).collect(),
    });
    output::pretty(&JsonReport {
        passed,
        failed,
        left_out,
        milliseconds: took.as_millis(),
        files: files.collect(),
        coverage: coverage(runs),
        findings: findings(runs).into_iter().flat_map(FileFindings::to_json).collect(),
    })
}

impl<'a> From<&'a Ran> for JsonCase<'a> {
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
