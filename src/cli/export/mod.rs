//! `brightline export`: a ruleset for readers who have no program for it.

mod html;
mod page;

use super::exit::{Exit, Failure};
use super::files;
use super::ruleset::Source;
use clap::{Args, Subcommand};
use std::path::PathBuf;

/// Write a ruleset for the public to read
#[derive(Args)]
pub(super) struct Export {
    #[command(subcommand)]
    form: Form,
}

#[derive(Subcommand)]
enum Form {
    /// One HTML page without scripts, to publish and to print
    Html(Html),
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
    pub(super) fn run(&self) -> Result<Exit, Failure> {
        let Form::Html(Html { ruleset, source, out }) = &self.form;
        let ruleset = source.load_valid(ruleset)?;
        files::write(out.as_deref(), &page::page(&ruleset))?;
        Ok(Exit::Done)
    }
}
