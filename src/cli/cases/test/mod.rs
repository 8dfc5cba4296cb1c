//! `brightline test`: runs cases against rulesets, each on the real path of a request.

mod ask;
mod compare;
mod coverage;
mod declared;
mod filter;
mod json;
mod junit;
mod read_claims;
mod run;
mod stage;
mod text;
mod token;
mod unread;
mod watch;

use crate::cli::io::failure::{Exit, Failure};
use crate::cli::io::output::{self, Output};
use crate::cli::io::streams;
pub(crate) use ask::plain;
use brightline::{Case, Decision};
use clap::Args;
use filter::Filter;
use run::{FileRun, Runner};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant as Clock};

/// Run cases against rulesets and show where a decision is not the expected one
#[derive(Args)]
#[command(after_help = AFTER_HELP)]
pub(crate) struct Test {
    /// Files of cases in YAML or JSON
    #[arg(required = true, value_name = "CASES")]
    files: Vec<PathBuf>,
    /// File of a ruleset that cases name; it overrides `rulesets` in a file of cases
    #[arg(long, value_name = "NAME=FILE", value_parser = named)]
    ruleset: Vec<(String, PathBuf)>,
    /// Run only the cases whose id, title or a tag contains this or, with `*` or `?`, matches it
    #[arg(long, value_name = "TEXT")]
    filter: Option<Filter>,
    /// Stop at the first case that differs
    #[arg(long)]
    fail_fast: bool,
    /// Show the cases that pass too
    #[arg(short, long)]
    verbose: bool,
    /// List the rules, exceptions, licences and reasons that no case reached
    #[arg(long)]
    coverage: bool,
    /// Write a JUnit report too
    #[arg(long, value_name = "FILE")]
    junit: Option<PathBuf>,
    /// Run changed files again, until Ctrl-C
    #[arg(long)]
    watch: bool,
}

const AFTER_HELP: &str = "\
Tokens, licences and rulesets of a case are signed with keys made for the run and then verified, opened and decided as \
in an app.

The JSON report:
  passed, failed, left_out   numbers of cases; the filter excluded `left_out`
  milliseconds               duration of the run
  files[]                    file; cases[] of id, title, ruleset, passed, why, notes[], milliseconds,
                             fields[] of field, expected, got, differs;
                             decision (as `brightline decide` prints it), or error with code and message
  coverage[]                 file, ruleset, version; rules, exceptions, licences and reasons, each of reached, all and
                             missed[]; an exception is reached where it lifted its rule
  findings[]                 as in `brightline check --json`; a file that has any is not run";

impl Test {
    pub(crate) fn run(&self, output: Output) -> Result<Exit, Failure> {
        if self.watch && output == Output::Json {
            return Err(Failure::new(Exit::Usage, "`--watch` is for people: leave `--json` out"));
        }
        let mut runner = Runner::new(&self.ruleset, self.filter.as_ref(), self.fail_fast)?;
        if self.watch {
            return watch::watch(self, &mut runner);
        }
        let started = Clock::now();
        let runs = runner.run_all(&self.files);
        let ended = self.report(&runs, started.elapsed(), output)?;
        self.all_are_named(&runs)?;
        Ok(ended)
    }

    /// Refuses a `--ruleset` that no case names, since it would pass without being tested.
    fn all_are_named(&self, runs: &[FileRun]) -> Result<(), Failure> {
        // If not every case ran, the names used by the others are unknown.
        let stopped = runs.iter().any(|run| run.failure.is_some() || !run.findings.is_empty());
        if self.filter.is_some() || self.fail_fast || stopped {
            return Ok(());
        }
        let named = |name: &String| runs.iter().flat_map(|run| &run.cases).any(|ran| ran.case.ruleset.contains(name));
        match self.ruleset.iter().find(|(name, _)| !named(name)) {
            Some((name, _)) => Err(Failure::new(Exit::Usage, format!("`--ruleset {name}=…`: no case names `{name}`"))),
            None => Ok(()),
        }
    }

    /// Prints and writes the results, and returns the exit code.
    fn report(&self, runs: &[FileRun], took: Duration, output: Output) -> Result<Exit, Failure> {
        for failure in runs.iter().filter_map(|run| run.failure.as_ref()) {
            output::failure(failure, output);
        }
        if output == Output::Json {
            streams::print(&json::report(runs, took)?)?;
        } else {
            let shown = text::ShowOptions { passing: self.verbose, coverage: self.coverage };
            streams::show(&text::report(runs, took, shown))?;
        }
        if let Some(path) = &self.junit {
            streams::write(Some(path), &junit::report(runs, took))?;
        }
        let none_ran = runs.iter().all(|run| run.cases.is_empty());
        if let Some(failure) = runs.iter().find_map(|run| run.failure.as_ref()) {
            return Ok(failure.exit);
        }
        if runs.iter().any(|run| !run.findings.is_empty()) {
            return Ok(Exit::Findings);
        }
        match &self.filter {
            // No case ran, so nothing was shown.
            Some(filter) if none_ran => Err(Failure::other(format!("no case is like `{filter}`"))),
            _ if runs.iter().flat_map(|run| &run.cases).any(|case| !case.passed()) => Ok(Exit::Differs),
            _ => Ok(Exit::Done),
        }
    }
}

/// Decides one case of a file, under `ruleset` instead of the rulesets that it names, if given.
pub(crate) fn decide_one(file: &Path, id: &str, ruleset: Option<&Path>) -> Result<(Case, Decision), Failure> {
    let run = Runner::new(&[], None, false)?.only(id, ruleset).run(file);
    if let Some(failure) = run.failure {
        return Err(failure);
    }
    if let Some(found) = run.findings.into_iter().next() {
        return Err(Failure::found(found));
    }
    let Some(case) = run.cases.into_iter().next() else {
        let known = run::ids(file)?;
        let known: Vec<&str> = known.iter().map(String::as_str).collect();
        return Err(Failure::unknown(format!("`{}` has no case `{id}`", file.display()), id, &known));
    };
    let refused = |refusal: ask::Refusal| Failure { code: Some(refusal.code), ..Failure::other(refusal.message) };
    Ok((case.case, case.decision.map_err(refused)?))
}

fn named(argument: &str) -> Result<(String, PathBuf), String> {
    match argument.split_once('=') {
        Some((name, file)) if !name.is_empty() && !name.contains('+') && !file.is_empty() => {
            Ok((name.to_owned(), PathBuf::from(file)))
        }
        _ => Err("write it with the name that cases use, `=` and the file".to_owned()),
    }
}
