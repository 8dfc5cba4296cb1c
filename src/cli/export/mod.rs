//! `brightline export`: writes a ruleset for people without this program, and for data warehouses.

mod html;
mod page;
mod sql;

use super::exit::{Exit, Failure};
use super::output::Output;
use super::ruleset::Source;
use super::{files, prove, report};
use brightline::{Budget, Instant, Proven, Verdict, compile};
use clap::{Args, Subcommand};
use page::Shown;
use std::path::PathBuf;

/// Write a ruleset for the public to read, or for a warehouse to run
#[derive(Args)]
pub(super) struct Export {
    #[command(subcommand)]
    form: Form,
}

#[derive(Subcommand)]
enum Form {
    /// Write one HTML page without scripts, to publish and to print
    Html(Html),
    /// Write one SQL expression over a table of attributes, to decide in a warehouse
    Sql(sql::Sql),
}

#[derive(Args)]
struct Html {
    /// Ruleset in YAML or JSON
    ruleset: PathBuf,
    #[command(flatten)]
    source: Source,
    /// Date of the page, which shows rules as in force, to come or over; default: the clock of this machine
    #[arg(long, visible_alias = "now", value_name = "INSTANT", value_parser = files::instant)]
    at: Option<Instant>,
    /// File to write; default: standard output
    #[arg(short, long, value_name = "PAGE.html")]
    out: Option<PathBuf>,
}

impl Export {
    pub(super) fn run(&self, output: Output) -> Result<Exit, Failure> {
        match &self.form {
            Form::Html(html) => html.run(output),
            Form::Sql(sql) => sql.run(output),
        }
    }
}

impl Html {
    fn run(&self, output: Output) -> Result<Exit, Failure> {
        let inputs = self.source.inputs().chain([self.ruleset.as_path()]);
        files::is_no_input(self.out.as_deref(), inputs)?;
        let at = self.at.map_or_else(files::today, Ok)?;
        let (ruleset, whole) = self.source.load_to_show(&self.ruleset)?;
        let program = compile(ruleset);
        let proofs = prove::proofs(&program, &[], Budget::default());
        kept(&proofs).map_err(|failure| failure.of(self.ruleset.display()))?;
        let page = page::page(&Shown { ruleset: program.ruleset(), proofs: &proofs, at, whole });
        match (output, &self.out) {
            (Output::Text, out) | (Output::Json, out @ Some(_)) => output.write(out.as_deref(), &page)?,
            (Output::Json, None) => files::print(&report::pretty(&serde_json::json!({ "html": page }))?)?,
        }
        Ok(Exit::Done)
    }
}

/// Refuses to publish a guarantee that does not hold.
fn kept(proofs: &[Proven]) -> Result<(), Failure> {
    let wrong = proofs.iter().find_map(|proof| match proof.verdict {
        Verdict::Broken(_) => Some((proof, "does not hold; `brightline prove` shows whom it fails")),
        Verdict::ForNobody => {
            Some((proof, "promises nothing, for there can be nobody whom it is for; so says `brightline prove`"))
        }
        Verdict::Holds | Verdict::TooIntricate { .. } => None,
    });
    wrong.map_or(Ok(()), |(proof, why)| {
        Err(Failure::new(Exit::Broken, format!("the guarantee `{}` {why}", proof.guarantee)))
    })
}
