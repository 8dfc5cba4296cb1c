//! `brightline export sql`: writes a ruleset as one SQL expression for a data warehouse.

use crate::cli::io::failure::{Exit, Failure};
use crate::cli::io::output::{self, Output};
use crate::cli::io::ruleset::{knows, load_keyless, within_window};
use crate::cli::io::{streams, terminal};
use brightline::{Columns, Dialect, Instant, Program, SqlRequest};
use clap::{Args, ValueEnum};
use serde::Serialize;
use serde_json::json;
use std::path::PathBuf;

#[derive(Args)]
pub(super) struct SqlExport {
    /// Ruleset in YAML or JSON
    ruleset: PathBuf,
    /// SQL dialect
    #[arg(long, value_enum)]
    dialect: In,
    /// Instant of the decisions, as RFC 3339; default: now
    #[arg(long, visible_alias = "now", value_name = "INSTANT", value_parser = streams::instant)]
    at: Option<Instant>,
    /// Model to decide for; default: the column `model` of each row
    #[arg(long, value_name = "ID")]
    model: Option<String>,
    /// Action to decide for; default: the column `action` of each row
    #[arg(long, value_name = "ACTION")]
    action: Option<String>,
    /// Columns of the table, separated by commas; default: all that the rules read (docs/table.md)
    #[arg(long, value_name = "NAMES", value_delimiter = ',')]
    columns: Option<Vec<String>>,
    /// File to write; default: standard output
    #[arg(short, long, value_name = "FILE.sql")]
    out: Option<PathBuf>,
}

#[derive(Clone, Copy, ValueEnum)]
enum In {
    /// DuckDB, from 1.3 on
    Duckdb,
    /// Apache Spark, from 3.4 on, and Databricks
    Spark,
}

/// A warning for users of the expression.
#[derive(Serialize)]
struct Warning {
    code: &'static str,
    message: String,
}

impl Warning {
    fn show(&self) {
        output::warning(self.code, &self.message);
    }
}

impl SqlExport {
    pub(super) fn run(&self, output: Output) -> Result<Exit, Failure> {
        let dialect = match self.dialect {
            In::Duckdb => Dialect::DuckDb,
            In::Spark => Dialect::Spark,
        };
        streams::is_no_input(self.out.as_deref(), [self.ruleset.as_path()])?;
        let at = streams::now(self.at)?;
        let ruleset = load_keyless(&self.ruleset)?;
        within_window(&ruleset, at)?;
        knows(&ruleset, &self.model, &self.action)?;
        let program = brightline::compile(ruleset);
        let mut warnings = self.columns.as_deref().map(|columns| self.findings(&program, columns)).unwrap_or_default();
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
            let message = "the expression discloses the sealed rules: keep it as secret as them";
            warnings.push(Warning { code: "export.sealed", message: message.to_owned() });
        }
        let text = if output == Output::Json {
            output::pretty(&json!({
                "ruleset": ruleset.id(), "version": ruleset.version(), "dialect": dialect.as_str(), "at": at, "until": sql.until,
                "columns": sql.columns, "expression": sql.expression, "warnings": warnings,
            }))?
        } else {
            warnings.iter().for_each(Warning::show);
            let mut lines = vec![
                format!("{}, version {}, at {at}, for {}.", ruleset.id(), ruleset.version(), dialect.as_str()),
                format!("The rules are the same until {}. Reads:", sql.until),
            ];
            lines.extend(sql.columns.iter().map(|column| format!("  {} {}", column.name, column.kind)));
            let comments: String = lines.iter().map(|line| format!("-- {}\n", terminal::visible(line))).collect();
            format!("{comments}{}\n", sql.expression)
        };
        streams::write(self.out.as_deref(), &text)?;
        Ok(Exit::Done)
    }

    /// Findings about the columns of the table.
    fn findings(&self, program: &Program, columns: &[String]) -> Vec<Warning> {
        let (_, mut findings) = Columns::read(&[program], columns.iter().map(String::as_str));
        let is = |wanted: &Option<String>, one: &str| wanted.as_deref().is_none_or(|wanted| wanted == one);
        let actions: Vec<&str> = program.ruleset().actions().filter(|name| is(&self.action, name)).collect();
        let models = program.ruleset().models().filter(|(id, _)| is(&self.model, id));
        let asked = models.flat_map(|(id, _)| actions.iter().map(move |action| (id.to_owned(), (*action).to_owned())));
        let has = |name: &str| columns.iter().any(|column| column == name);
        findings.extend(Columns::missing(&[program], &asked.collect::<Vec<_>>(), has));
        findings.iter().map(|finding| Warning { code: finding.code(), message: finding.to_string() }).collect()
    }
}
