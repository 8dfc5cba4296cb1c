//! `brightline export`: a ruleset for those who have no program for it: readers, and warehouses.

mod html;
mod page;
mod sql;

use super::exit::{Exit, Failure};
use super::files;
use super::output::Output;
use super::report;
use super::ruleset::Source;
use clap::{Args, Subcommand};
use std::path::PathBuf;

/// Write a ruleset for the public to read, or for a warehouse to run
#[derive(Args)]
pub(super) struct Export {
    #[command(subcommand)]
    form: Form,
}

#[derive(Subcommand)]
enum Form {
    /// One HTML page without scripts, to publish and to print
    Html(Html),
    /// One SQL expression over the table of attributes, which decides in a warehouse
    Sql(sql::Sql),
}

#[derive(Args)]
struct Html {
    /// The ruleset in YAML or JSON
    ruleset: PathBuf,
    #[command(flatten)]
    source: Source,
    /// Where to write it; without: standard output
    #[arg(short, long, value_name = "PAGE.html")]
    out: Option<PathBuf>,
}

impl Export {
    pub(super) fn run(&self, output: Output) -> Result<Exit, Failure> {
        let Html { ruleset, source, out } = match &self.form {
            Form::Html(html) => html,
            Form::Sql(sql) => return sql.run(output),
        };
        let ruleset = source.load_valid(ruleset)?;
        let page = page::page(&ruleset);
        match (output, out) {
            (Output::Text, _) | (Output::Json, Some(_)) => output.write(out.as_deref(), &page)?,
            (Output::Json, None) => files::print(&report::pretty(&serde_json::json!({ "html": page }))?)?,
        }
        Ok(Exit::Done)
    }
}
