//! `brightline impact`: the people whom a ruleset restricts, before it takes effect, compared with its former version
//! and a blanket shutdown.

mod count;
mod recipe;
mod report;
mod story;
mod synthetic;

use crate::cli::io::failure::{Exit, Failure};
use crate::cli::io::output::{self, Output};
use crate::cli::io::progress::{Progress, Size};
use crate::cli::io::ruleset::{knows, load_keyless, within_window};
use crate::cli::io::streams;
use crate::cli::io::terminal::many;
use crate::cli::publish::document;
use crate::cli::table;
use crate::cli::table::TableFindings;
use brightline::{Columns, EvidenceMode, Instant, Program, Query, RulesetWindow};
use clap::{ArgGroup, Args, ValueEnum};
use count::{Counted, GroupColumns};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant as Clock;

/// Show whom a ruleset restricts: in a file of people, or among synthetic ones
#[derive(Args)]
#[command(after_help = AFTER_HELP, group(ArgGroup::new("people").args(["population", "synthetic"]).required(true)))]
pub(super) struct Impact {
    /// File of the ruleset
    ruleset: PathBuf,
    /// Former version of the ruleset, to compare with
    #[arg(long, value_name = "FILE")]
    previous: Option<PathBuf>,
    /// People as a table (docs/table.md): .csv, .ndjson, .jsonl or .parquet; `-` is standard input, as NDJSON
    #[arg(long, value_name = "FILE")]
    population: Option<PathBuf>,
    /// Number of synthetic people to use instead of a file (docs/impact.md)
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    synthetic: Option<u64>,
    /// Seed of the generator; the same seed gives the same people
    #[arg(long, value_name = "NUMBER", default_value_t = 1)]
    seed: u64,
    /// Name in the ruleset of the lab that some synthetic people work for
    #[arg(long, value_name = "NAME", default_value = "lab")]
    lab: String,
    /// Model to ask for; repeat it for several; default: all of the catalogue
    #[arg(long, value_name = "ID")]
    model: Vec<String>,
    /// Action to ask for; repeat it for several; default: the ruleset's first
    #[arg(long, value_name = "ACTION")]
    action: Vec<String>,
    /// Instant of the decisions, as RFC 3339; default: now
    #[arg(long, visible_alias = "now", value_name = "INSTANT", value_parser = streams::instant)]
    at: Option<Instant>,
    /// Group the report by these, separated by commas
    #[arg(long, value_delimiter = ',', default_values = ["country", "organisation", "rule"])]
    by: Vec<Split>,
    /// File to write, as HTML, Markdown or JSON by its extension (.html, .md, .json); default: Markdown on standard
    /// output
    #[arg(short, long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Report the speed on standard error
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
A person's outcome is the strictest over all requested models and actions. No token is verified and no key is \
needed: the table states the assurance of each value. Rows that cannot be read are left out, reported and counted; \
the program then ends with 3.";

impl Impact {
    pub(super) fn run(&self, output: Output) -> Result<Exit, Failure> {
        let form = document::ReportForm::of(self.out.as_deref(), output)?;
        self.out.as_deref().map_or(Ok(()), streams::has_folder)?;
        let inputs = [Some(&self.ruleset), self.previous.as_ref(), self.population.as_ref()];
        streams::is_no_input(self.out.as_deref(), inputs.into_iter().flatten().map(PathBuf::as_path))?;
        let now = streams::now(self.at)?;
        let program = brightline::compile(load_keyless(&self.ruleset)?);
        let previous = self.previous.as_deref().map(load_keyless).transpose()?.map(brightline::compile);
        let asked = self.asked(&program)?;
        within_window(program.ruleset(), now)?;
        let view = |program, belief, window| Query { program, now, belief, asked: asked.clone(), window };
        let counts = RulesetWindow::Counts;
        let mut views =
            vec![view(&program, EvidenceMode::AsShown, counts), view(&program, EvidenceMode::AsTrue, counts)];
        views.extend(previous.as_ref().map(|previous| view(previous, EvidenceMode::AsShown, RulesetWindow::Ignored)));
        let basis = report::ReportInputs {
            ruleset: &program,
            previous: previous.as_ref(),
            asked: &asked,
            restricted: &asked.iter().map(|(model, action)| program.restricts(model, action, now)).collect::<Vec<_>>(),
        };
        let (counted, population, assumptions) = match (&self.population, self.synthetic) {
            (Some(path), _) => {
                let (counted, population) = self.file(path, &basis, &views, output)?;
                (counted, population, Vec::new())
            }
            (None, many) => self.synthetic(many.unwrap_or(0), &basis, &views)?,
        };
        let findings = !population.counts.is_empty() && self.population.is_some();
        let report = self.report(&counted, &basis, population, assumptions, now);
        let text = match form {
            document::ReportForm::Json => output::pretty(&report)?,
            document::ReportForm::Markdown => document::markdown(&story::tell(&report)?),
            document::ReportForm::Html => document::html(&story::tell(&report)?),
        };
        match &self.out {
            Some(path) => streams::replace(path, &text)?,
            None => streams::print(&text)?,
        }
        Ok(if findings { Exit::Findings } else { Exit::Done })
    }

    /// Counts the people of a file, and reports what is wrong with it.
    fn file(
        &self,
        path: &Path,
        basis: &report::ReportInputs<'_>,
        views: &[Query<'_>],
        output: Output,
    ) -> Result<(Counted, report::Population), Failure> {
        let programs: Vec<&Program> = std::iter::once(basis.ruleset).chain(basis.previous).collect();
        let mut people = table::open(path, &programs)?;
        let progress = Progress::new("people", people.size);
        let started = Clock::now();
        let counted = self.count(&mut *people.source, &people.columns, views, &progress);
        let mut counted = counted.map_err(|failure| failure.of(path.display()))?;
        drop(progress);
        self.tell_rate(counted.rows, views, started);
        let mut findings = std::mem::take(&mut counted.findings);
        let seen = |place: usize| counted.seen.get(place) == Some(&true);
        people.tell(&programs, basis.asked, counted.rows, seen, &mut findings);
        let file = path.display().to_string();
        findings.show(&file, output);
        let population = report::Population {
            kind: "file",
            file: Some(file),
            seed: None,
            rows: counted.rows,
            left_out: findings.left_out(),
            people: 0.0,
            findings: findings.detailed(),
            counts: findings.counts(),
        };
        Ok((counted, population))
    }

    /// Counts synthetic people, and the headline for each value of each assumption.
    fn synthetic(
        &self,
        many: u64,
        basis: &report::ReportInputs<'_>,
        views: &[Query<'_>],
    ) -> Result<(Counted, report::Population, Vec<report::Assumption>), Failure> {
        let data = recipe::Data::read()?;
        let programs: Vec<&Program> = std::iter::once(basis.ruleset).chain(basis.previous).collect();
        let (columns, _) = Columns::read(&programs, synthetic::COLUMNS);
        let sweeps = data.assumptions.len().saturating_mul(2);
        let parts = u64::try_from(sweeps.saturating_add(1)).unwrap_or(u64::MAX).saturating_mul(many);
        let progress = Progress::new("synthetic people", Size::Parts(Some(parts)));
        let started = Clock::now();
        let mut made = 0_u64;
        let mut count = |swept| {
            let recipe = Arc::new(recipe::Recipe::new(&data, swept, &self.lab)?);
            let mut source = synthetic::Synthetic { recipe, seed: self.seed, left: 0..many, before: made };
            made = made.saturating_add(many);
            self.count(&mut source, &columns, views, &progress)
        };
        let counted = count(None)?;
        let middle = report::tables(&counted, basis).headline;
        let mut assumptions = Vec::new();
        for one in &data.assumptions {
            let mut values = Vec::new();
            for level in recipe::EducationLevel::ALL {
                let headline = match level {
                    recipe::EducationLevel::Middle => middle.clone(),
                    _ => report::tables(&count(Some((&one.key, level)))?, basis).headline,
                };
                values.push(report::Swept { at: level.as_str(), value: one.at(level), headline });
            }
            let recipe::Assumed { key, what, source, .. } = one.clone();
            assumptions.push(report::Assumption { key, what, source, values });
        }
        drop(progress);
        self.tell_rate(made, views, started);
        // Report the attributes that the rules read and the recipe does not draw, since no person has evidence for
        // them.
        let mut findings = TableFindings::default();
        let drawn = |name: &str| synthetic::COLUMNS.contains(&name);
        Columns::missing(&programs, basis.asked, drawn).into_iter().for_each(|error| findings.of_table(error));
        let population = report::Population {
            kind: "synthetic",
            file: None,
            seed: Some(self.seed),
            rows: counted.rows,
            left_out: 0,
            people: 0.0,
            findings: findings.detailed(),
            counts: findings.counts(),
        };
        Ok((counted, population, assumptions))
    }

    fn count(
        &self,
        source: &mut dyn table::RowSource,
        columns: &Columns,
        views: &[Query<'_>],
        progress: &Progress,
    ) -> Result<Counted, Failure> {
        let by = GroupColumns {
            country: self.by.contains(&Split::Country),
            organisation: self.by.contains(&Split::Organisation),
        };
        count::count(source, columns, views, by, progress)
    }

    /// Reports the speed of the whole run.
    fn tell_rate(&self, rows: u64, views: &[Query<'_>], started: Clock) {
        if !self.rate {
            return;
        }
        let answers: usize = views.iter().map(|view| view.asked.len()).sum();
        let answers = rows.saturating_mul(u64::try_from(answers).unwrap_or(u64::MAX));
        let seconds = started.elapsed().as_secs_f64();
        let per_second = if seconds > 0.0 { report::whole(answers) / seconds / 1e6 } else { 0.0 };
        streams::print_error(&format!(
            "{}, {} in {seconds:.2} s: {per_second:.2} million a second\n",
            many(rows, "row", "rows"),
            many(answers, "decision", "decisions"),
        ));
    }

    /// The requested models and actions.
    fn asked(&self, program: &Program) -> Result<Vec<(String, String)>, Failure> {
        let ruleset = program.ruleset();
        knows(ruleset, &self.model, &self.action)?;
        let known: Vec<&str> = ruleset.models().map(|(id, _)| id).collect();
        let actions: Vec<&str> = ruleset.actions().collect();
        let given = |names: &[String], all: Vec<&str>| match names {
            [] => all.into_iter().map(str::to_owned).collect(),
            // Ignore a name that is given twice.
            some => some
                .iter()
                .enumerate()
                .filter(|(at, one)| !some.iter().take(*at).any(|other| other == *one))
                .map(|(_, one)| one.clone())
                .collect(),
        };
        let models: Vec<String> = given(&self.model, known);
        let actions: Vec<String> = given(&self.action, actions.into_iter().take(1).collect());
        Ok(models.iter().flat_map(|model| actions.iter().map(|action| (model.clone(), action.clone()))).collect())
    }

    fn report(
        &self,
        counted: &Counted,
        basis: &report::ReportInputs<'_>,
        population: report::Population,
        assumptions: Vec<report::Assumption>,
        now: Instant,
    ) -> report::ImpactReport {
        let tables = report::tables(counted, basis);
        let named = |program: &Program| report::ImpactRuleset {
            id: program.ruleset().id().to_owned(),
            version: program.ruleset().version(),
        };
        report::ImpactReport {
            schema: report::SCHEMA,
            ruleset: named(basis.ruleset),
            previous: basis.previous.map(named),
            at: now.to_string(),
            population: report::Population { people: tables.all.ruleset.people, ..population },
            asked: tables.asked,
            headline: tables.headline,
            ruleset_outcomes: tables.all.ruleset,
            previous_outcomes: tables.all.previous,
            blanket_outcomes: tables.all.blanket,
            changes: tables.changes,
            evidence: tables.evidence,
            rules: if self.by.contains(&Split::Rule) { tables.rules } else { Vec::new() },
            previous_rules: if self.by.contains(&Split::Rule) { tables.previous_rules } else { Vec::new() },
            countries: tables.countries,
            organisations: tables.organisations,
            assumptions,
        }
    }
}
