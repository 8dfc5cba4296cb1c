//! `brightline export`: writes a ruleset for people without this program, and for data warehouses.

pub(super) mod document;
mod html;
mod page;
mod sql;

use crate::cli::author::prove;
use crate::cli::io::failure::{Exit, Failure};
use crate::cli::io::output::{self, Output};
use crate::cli::io::ruleset::RulesetOptions;
use crate::cli::io::streams;
use brightline::{Budget, Instant, ProofResult, Proven, compile};
use clap::{Args, Subcommand};
use page::PageContents;
use std::path::PathBuf;

/// Write a ruleset for the public to read, or for a warehouse to run
#[derive(Args)]
pub(super) struct Export {
    #[command(subcommand)]
    form: ExportForm,
}

#[derive(Subcommand)]
enum ExportForm {
    /// Write one HTML page without scripts, to publish and to print
    Html(Html),
    /// Write one SQL expression over a table of attributes, to decide in a warehouse
    Sql(sql::SqlExport),
}

#[derive(Args)]
struct Html {
    /// Ruleset in YAML or JSON
    ruleset: PathBuf,
    #[command(flatten)]
    source: RulesetOptions,
    /// Date of the page, which shows rules as in force, to come or over; default: the clock of this machine
    #[arg(long, visible_alias = "now", value_name = "INSTANT", value_parser = streams::instant)]
    at: Option<Instant>,
    /// File to write; default: standard output
    #[arg(short, long, value_name = "PAGE.html")]
    out: Option<PathBuf>,
}

impl Export {
    pub(super) fn run(&self, output: Output) -> Result<Exit, Failure> {
        match &self.form {
            ExportForm::Html(html) => html.run(output),
            ExportForm::Sql(sql) => sql.run(output),
        }
    }
}

impl Html {
    fn run(&self, output: Output) -> Result<Exit, Failure> {
        let inputs = self.source.inputs().chain([self.ruleset.as_path()]);
        streams::is_no_input(self.out.as_deref(), inputs)?;
        let at = self.at.map_or_else(streams::today, Ok)?;
        let (ruleset, whole) = self.source.load_to_show(&self.ruleset)?;
        let program = compile(ruleset);
        let proofs = prove::proofs(&program, &[], Budget::default());
        kept(&proofs).map_err(|failure| failure.of(self.ruleset.display()))?;
        let page = page::page(&PageContents { ruleset: program.ruleset(), proofs: &proofs, at, whole });
        match (output, &self.out) {
            (Output::Text, out) | (Output::Json, out @ Some(_)) => output.write(out.as_deref(), &page)?,
            (Output::Json, None) => streams::print(&output::pretty(&serde_json::json!({ "html": page }))?)?,
        }
        Ok(Exit::Done)
    }
}

/// Refuses to publish a guarantee that does not hold.
fn kept(proofs: &[Proven]) -> Result<(), Failure> {
    let wrong = proofs.iter().find_map(|proof| match proof.verdict {
        ProofResult::Broken(_) => Some((proof, "does not hold; `brightline prove` shows a counterexample")),
        ProofResult::Empty => {
            Some((proof, "promises nothing, since no possible request satisfies its `for`; see `brightline prove`"))
        }
        ProofResult::Holds | ProofResult::TooIntricate { .. } => None,
    });
    wrong.map_or(Ok(()), |(proof, why)| {
        Err(Failure::new(Exit::Broken, format!("the guarantee `{}` {why}", proof.guarantee)))
    })
}
