//! `brightline export sql`: a ruleset as one expression for a warehouse.

use crate::cli::exit::{Exit, Failure};
use crate::cli::ruleset::{load_keyless, within_window};
use crate::cli::{files, report};
use brightline::{Columns, Dialect, Instant, Program, Ruleset, SqlRequest};
use clap::{Args, ValueEnum};
use serde_json::json;
use std::path::PathBuf;

#[derive(Args)]
pub(super) struct Sql {
    /// The ruleset in YAML or JSON
    ruleset: PathBuf,
    /// In whose SQL
    #[arg(long, value_enum)]
    dialect: In,
    /// When; otherwise now
    #[arg(long, value_name = "INSTANT", value_parser = files::instant)]
    at: Option<Instant>,
    /// Of this model; otherwise each row's column `model` says it
    #[arg(long, value_name = "ID")]
    model: Option<String>,
    /// Of this action; otherwise each row's column `action` says it
    #[arg(long, value_name = "ACTION")]
    action: Option<String>,
    /// The columns that the table has, with commas between them; otherwise all that the rules read (docs/table.md)
    #[arg(long, value_name = "NAMES", value_delimiter = ',')]
    columns: Option<Vec<String>>,
    /// Where to write it; without: standard output
    #[arg(short, long, value_name = "FILE.sql")]
    out: Option<PathBuf>,
    /// Print it as JSON, with the columns that it reads
    #[arg(long)]
    json: bool,
}

#[derive(Clone, Copy, ValueEnum)]
enum In {
    /// DuckDB, from 1.3 on
    Duckdb,
    /// Apache Spark, from 3.4 on, and Databricks
    Spark,
}

impl Sql {
    pub(super) fn run(&self) -> Result<Exit, Failure> {
        let dialect = match self.dialect {
            In::Duckdb => Dialect::DuckDb,
            In::Spark => Dialect::Spark,
        };
        let at = files::now(self.at)?;
        let ruleset = load_keyless(&self.ruleset)?;
        self.is_known(&ruleset, at)?;
        let program = brightline::compile(ruleset);
        if let Some(columns) = &self.columns {
            self.tell(&program, columns);
        }
        let request = SqlRequest {
            dialect,
            at,
            model: self.model.clone(),
            action: self.action.clone(),
            columns: self.columns.clone().map(|columns| columns.into_iter().collect()),
        };
        let sql = brightline::to_sql(&program, &request);
        let ruleset = program.ruleset();
        if ruleset.outline().any(|rule| rule.sealed.is_some()) {
            files::print_error("warning: the expression says what the sealed rules say: keep it as they are kept\n");
        }
        let text = if self.json {
            report::pretty(&json!({
                "ruleset": ruleset.id(), "version": ruleset.version(), "dialect": dialect.as_str(), "at": at, "until": sql.until,
                "columns": sql.columns, "expression": sql.expression,
            }))?
        } else {
            let mut lines = vec![
                format!("{}, version {}, at {at}, for {}.", ruleset.id(), ruleset.version(), dialect.as_str()),
                format!("The rules are the same until {}. Reads:", sql.until),
            ];
            lines.extend(sql.columns.iter().map(|column| format!("  {} {}", column.name, column.kind)));
            let comments: String = lines.iter().map(|line| format!("-- {}\n", report::visible(line))).collect();
            format!("{comments}{}\n", sql.expression)
        };
        files::write(self.out.as_deref(), &text)?;
        Ok(Exit::Done)
    }

    /// What is wrong with the columns of the table.
    fn tell(&self, program: &Program, columns: &[String]) {
        let (_, mut findings) = Columns::read(&[program], columns.iter().map(String::as_str));
        let is = |wanted: &Option<String>, one: &str| wanted.as_deref().is_none_or(|wanted| wanted == one);
        let actions: Vec<&str> = program.ruleset().actions().filter(|name| is(&self.action, name)).collect();
        let models = program.ruleset().models().filter(|(id, _)| is(&self.model, id));
        let asked = models.flat_map(|(id, _)| actions.iter().map(move |action| (id.to_owned(), (*action).to_owned())));
        let has = |name: &str| columns.iter().any(|column| column == name);
        findings.extend(Columns::missing(&[program], &asked.collect::<Vec<_>>(), has));
        for finding in findings {
            let text = report::visible(&finding.to_string());
            files::print_error(&format!("warning[{}]: {text}\n", finding.code()));
        }
    }

    fn is_known(&self, ruleset: &Ruleset, at: Instant) -> Result<(), Failure> {
        let usage = |message| Err(Failure::new(Exit::Usage, message));
        within_window(ruleset, at)?;
        let unknown =
            |what: &str, name: &str| usage(format!("the ruleset `{}` knows no {what} `{name}`", ruleset.id()));
        match (&self.model, &self.action) {
            (Some(model), _) if !ruleset.models().any(|(id, _)| id == model) => unknown("model", model),
            (_, Some(action)) if !ruleset.actions().any(|name| name == action) => unknown("action", action),
            _ => Ok(()),
        }
    }
}
