//! `brightline impact`: whom a ruleset hits, before it takes effect, against its former version and a blanket shutdown.

mod count;
mod report;

use super::exit::{Exit, Failure};
use super::people::{self, Findings, People};
use super::ruleset::load_keyless;
use super::{files, report as text};
use brightline::{Belief, Columns, Instant, Program, View};
use clap::{Args, ValueEnum};
use count::{By, Counted};
use std::io::IsTerminal;
use std::path::PathBuf;
use std::time::Instant as Clock;

/// Show whom a ruleset hits: over a file of people, or synthetic ones
#[derive(Args)]
#[command(after_help = AFTER_HELP)]
pub(super) struct Impact {
    /// The ruleset's file
    ruleset: PathBuf,
    /// Its former version, to compare with
    #[arg(long, value_name = "FILE")]
    previous: Option<PathBuf>,
    /// People as a table (docs/table.md): .csv, .ndjson, .jsonl or .parquet; `-` is standard input, as NDJSON
    #[arg(long, value_name = "FILE")]
    population: PathBuf,
    /// The models that are asked about; otherwise all of the catalogue
    #[arg(long, value_name = "ID")]
    model: Vec<String>,
    /// The actions; otherwise the ruleset's first
    #[arg(long, value_name = "ACTION")]
    action: Vec<String>,
    /// When; otherwise now
    #[arg(long, value_name = "INSTANT", value_parser = files::instant)]
    at: Option<Instant>,
    /// What people are told apart by
    #[arg(long, value_delimiter = ',', default_values = ["country", "organisation", "rule"])]
    by: Vec<Split>,
    /// Where the report goes; otherwise it is printed as JSON
    #[arg(long, value_name = "REPORT.json")]
    out: Option<PathBuf>,
    /// Tells on standard error how fast it decided
    #[arg(long)]
    rate: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Split {
    Country,
    Organisation,
    Rule,
}

const AFTER_HELP: &str = "\
A person's outcome is the strictest of all that is asked. No token is verified and no key is needed: a table says itself \
how well each thing is shown. Rows that cannot be read are left out, told, and counted; the program then ends with 3.";

impl Impact {
    pub(super) fn run(&self) -> Result<Exit, Failure> {
        let now = files::now(self.at)?;
        let program = brightline::compile(load_keyless(&self.ruleset)?);
        let previous = self.previous.as_deref().map(load_keyless).transpose()?.map(brightline::compile);
        let asked = self.asked(&program)?;
        let programs: Vec<&Program> = std::iter::once(&program).chain(&previous).collect();
        let view = |program, belief| View { program, now, belief, asked: asked.clone() };
        let mut views = vec![view(&program, Belief::AsShown), view(&program, Belief::AsTrue)];
        views.extend(previous.as_ref().map(|previous| view(previous, Belief::AsShown)));

        let mut people = people::open(&self.population, &programs)?;
        let started = Clock::now();
        let by =
            By { country: self.by.contains(&Split::Country), organisation: self.by.contains(&Split::Organisation) };
        let mut counted = count::count(&mut *people.source, &people.columns, &views, by, &progress)?;
        if self.rate {
            rate(counted.rows, views.len().saturating_mul(asked.len()), started);
        }

        let findings = findings(people, &programs, &asked, &mut counted);
        let basis = report::Basis {
            ruleset: &program,
            previous: previous.as_ref(),
            asked: &asked,
            restricted: &asked.iter().map(|(model, action)| program.restricts(model, action, now)).collect::<Vec<_>>(),
        };
        let file = self.population.display().to_string();
        let report = self.report(&counted, &basis, &findings, now, &file);
        self.write(&text::pretty(&report)?)?;
        if findings.is_empty() {
            return Ok(Exit::Done);
        }
        files::print_error(&findings.to_text(&file));
        Ok(Exit::Findings)
    }

    /// The models and actions that are asked about.
    fn asked(&self, program: &Program) -> Result<Vec<(String, String)>, Failure> {
        let ruleset = program.ruleset();
        let unknown = |what: &str, name: &str| {
            Failure::new(Exit::Usage, format!("the ruleset `{}` knows no {what} `{name}`", ruleset.id()))
        };
        let known: Vec<&str> = ruleset.models().map(|(id, _)| id).collect();
        let actions: Vec<&str> = ruleset.actions().collect();
        if let Some(name) = self.model.iter().find(|name| !known.contains(&name.as_str())) {
            return Err(unknown("model", name));
        }
        if let Some(name) = self.action.iter().find(|name| !actions.contains(&name.as_str())) {
            return Err(unknown("action", name));
        }
        let given = |names: &[String], all: Vec<&str>| match names {
            [] => all.into_iter().map(str::to_owned).collect(),
            some => some.to_vec(),
        };
        let models: Vec<String> = given(&self.model, known);
        let actions: Vec<String> = given(&self.action, actions.into_iter().take(1).collect());
        Ok(models.iter().flat_map(|model| actions.iter().map(|action| (model.clone(), action.clone()))).collect())
    }

    fn report(
        &self,
        counted: &Counted,
        basis: &report::Basis<'_>,
        findings: &Findings,
        now: Instant,
        file: &str,
    ) -> report::Report {
        let tables = report::tables(counted, basis);
        let named = |program: &Program| report::Named {
            id: program.ruleset().id().to_owned(),
            version: program.ruleset().version(),
        };
        let rules = if self.by.contains(&Split::Rule) { tables.rules } else { Vec::new() };
        report::Report {
            schema: report::SCHEMA,
            ruleset: named(basis.ruleset),
            previous: basis.previous.map(named),
            at: now.to_string(),
            population: report::Population {
                kind: "file",
                file: Some(file.to_owned()),
                seed: None,
                rows: counted.rows,
                left_out: findings.left_out(),
                people: tables.all.ruleset.people,
                findings: findings.detailed(),
                counts: findings.counts(),
            },
            asked: tables.asked,
            headline: tables.headline,
            ruleset_outcomes: tables.all.ruleset,
            previous_outcomes: tables.all.previous,
            blanket_outcomes: tables.all.blanket,
            changes: tables.changes,
            evidence: tables.evidence,
            rules,
            countries: tables.countries,
            organisations: tables.organisations,
            assumptions: Vec::new(),
        }
    }

    fn write(&self, text: &str) -> Result<(), Failure> {
        match &self.out {
            Some(path) => files::replace(path, text),
            None => files::print(text),
        }
    }
}

/// What is wrong with the table: its header, its rows, and what it should say and does not.
fn findings(people: People, programs: &[&Program], asked: &[(String, String)], counted: &mut Counted) -> Findings {
    let mut all = std::mem::take(&mut counted.findings);
    people.header.into_iter().for_each(|error| all.of_table(error));
    let seen = |name: &str| match &people.named {
        Some(named) => named.iter().any(|known| known == name),
        None => people.columns.place(name).and_then(|place| counted.seen.get(place)) == Some(&true),
    };
    if counted.rows > 0 {
        Columns::missing(programs, asked, seen).into_iter().for_each(|error| all.of_table(error));
    }
    all
}

/// How far it is, where somebody looks.
fn progress(batches: u64) {
    if batches.is_multiple_of(50) && std::io::stderr().is_terminal() {
        files::print_error(&format!("\r{} thousand rows", batches.saturating_mul(4096) / 1000));
    }
}

/// How fast it was.
fn rate(rows: u64, decisions: usize, started: Clock) {
    let seconds = started.elapsed().as_secs_f64();
    let rows = f64::from(u32::try_from(rows).unwrap_or(u32::MAX));
    let decisions = rows * f64::from(u32::try_from(decisions).unwrap_or(u32::MAX));
    let per_second = if seconds > 0.0 { decisions / seconds / 1e6 } else { 0.0 };
    files::print_error(&format!(
        "{rows} rows, {decisions} decisions in {seconds:.2} s: {per_second:.2} million a second\n"
    ));
}
