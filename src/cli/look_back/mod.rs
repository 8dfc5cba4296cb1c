//! `brightline look-back`: decides a log of requests again, under another ruleset or with a licence revoked, and shows
//! requests that were wrongly served or refused in a period.

mod report;
mod request;
mod story;

use crate::cli::io::failure::{Exit, Failure};
use crate::cli::io::output::{self, Output};
use crate::cli::io::progress::Progress;
use crate::cli::io::ruleset::{load_changed, load_keyless};
use crate::cli::io::streams;
use crate::cli::io::terminal::{bad, many};
use crate::cli::publish::document::{self, ReportForm};
use crate::cli::table;
use crate::cli::table::TableFindings;
use brightline::{Instant, Program};
use clap::Args;
use request::{LoggedPeriod, RequestWorker};
use std::path::PathBuf;

/// Decide a log of requests again and show which were wrongly served or refused
#[derive(Args)]
#[command(after_help = AFTER_HELP)]
pub(super) struct LookBack {
    /// Requests as a table (docs/table.md) with `at`, `model`, `action` and `outcome`; `-` is standard input, as NDJSON
    log: PathBuf,
    /// Ruleset that should have decided
    #[arg(long, value_name = "FILE")]
    ruleset: PathBuf,
    /// Ruleset that did decide; it gives the outcomes that the log lacks
    #[arg(long, value_name = "FILE")]
    served: Option<PathBuf>,
    /// Start of the period, inclusive
    #[arg(long, value_name = "INSTANT", value_parser = streams::instant)]
    from: Instant,
    /// End of the period, exclusive
    #[arg(long, value_name = "INSTANT", value_parser = streams::instant)]
    until: Instant,
    /// Revoke a licence of the ruleset at an instant
    #[arg(long, value_name = "LICENCE=INSTANT", value_parser = revocation)]
    revoke: Vec<(String, Instant)>,
    /// File to write, as HTML, Markdown or JSON by its extension (.html, .md, .json); default: Markdown on standard
    /// output
    #[arg(short, long, value_name = "FILE")]
    out: Option<PathBuf>,
}

const AFTER_HELP: &str = "\
Each request is decided as of its own instant, by the rules that were in force then; the ruleset's own issue and \
expiry do not count, since a correction is issued after the version that it corrects. The report has the headings of \
a narrative account under \
15 CFR 764.5(c)(3); it is a draft for the person responsible for the disclosure, not legal advice.";

impl LookBack {
    pub(super) fn run(&self, output: Output) -> Result<Exit, Failure> {
        let form = ReportForm::of(self.out.as_deref(), output)?;
        self.out.as_deref().map_or(Ok(()), streams::has_folder)?;
        for (place, (id, _)) in self.revoke.iter().enumerate() {
            if self.revoke.iter().take(place).any(|(other, _)| other == id) {
                return Err(Failure::new(Exit::Usage, format!("`--revoke` names the licence `{id}` twice")));
            }
        }
        let inputs = [Some(&self.log), Some(&self.ruleset), self.served.as_ref()];
        streams::is_no_input(self.out.as_deref(), inputs.into_iter().flatten().map(PathBuf::as_path))?;
        if self.from >= self.until {
            return Err(Failure::new(Exit::Usage, "`--until` is not after `--from`"));
        }
        let program = brightline::compile(load_changed(&self.ruleset, &self.revoke)?);
        let served = self.served.as_deref().map(load_keyless).transpose()?.map(brightline::compile);
        let programs: Vec<&Program> = std::iter::once(&program).chain(&served).collect();
        let mut log = table::open(&self.log, &programs)?;
        let period = LoggedPeriod { from: self.from, until: self.until };
        let new = || RequestWorker::new(&program, served.as_ref(), &log.columns, period);
        let progress = Progress::new("requests", log.size);
        let workers = table::share_out(&mut *log.source, &log.columns, &new, &RequestWorker::row, &progress);
        let workers = workers.map_err(|failure| failure.of(self.log.display()))?;
        drop(progress);

        let (mut all, mut findings) = (request::Looked::default(), TableFindings::default());
        for worker in workers {
            let (looked, found) = worker.finish();
            all.merge(looked);
            findings.merge(found);
        }
        let asked: Vec<(String, String)> = all.asked.iter().cloned().collect();
        log.tell(&programs, &asked, all.rows, |place| all.seen.contains(&place), &mut findings);
        let file = self.log.display().to_string();
        findings.show(&file, output);
        tell_unknown(&all, &program, output);
        let revoked = self.revoke.iter().map(|(id, at)| (id.clone(), at.to_string())).collect();
        let made = report::Made { ruleset: &program, served: served.as_ref(), revoked, period, file, findings };
        let report = report::report(&all, &made);
        let text = match form {
            ReportForm::Json => output::pretty(&report)?,
            ReportForm::Markdown => document::markdown(&story::tell(&report)),
            ReportForm::Html => document::html(&story::tell(&report)),
        };
        match &self.out {
            Some(path) => streams::replace(path, &text)?,
            None => streams::print(&text)?,
        }
        let is_whole = report.log.counts.is_empty() && report.log.unknown == 0;
        Ok(if is_whole { Exit::Done } else { Exit::Findings })
    }
}

/// Reports the number of requests that the ruleset cannot decide.
fn tell_unknown(all: &request::Looked, program: &Program, output: Output) {
    let count: u64 = all.unknown.values().sum();
    if count > 0 && output == Output::Text {
        let (id, them) = (program.ruleset().id(), many(count, "request asks", "requests ask"));
        streams::show_error(&(bad(&format!("{them} for a model or action that `{id}` does not know")) + "\n"));
    }
}

fn revocation(argument: &str) -> Result<(String, Instant), String> {
    match argument.split_once('=') {
        Some((id, at)) if !id.is_empty() => Ok((id.to_owned(), streams::instant(at)?)),
        _ => Err("write it with the licence's id, `=` and the instant".to_owned()),
    }
}
