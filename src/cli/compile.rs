//! `brightline compile`: writes a ruleset in its canonical form.

use super::exit::{Exit, Failure};
use super::files;
use super::output::Output;
use super::ruleset::Source;
use clap::Args;
use std::path::PathBuf;

/// Write a ruleset in its canonical form, as JSON, to read and to compare
#[derive(Args)]
pub(super) struct Compile {
    /// Ruleset in YAML or JSON
    ruleset: PathBuf,
    #[command(flatten)]
    source: Source,
    /// File to write; default: standard output
    #[arg(short, long)]
    out: Option<PathBuf>,
}

impl Compile {
    pub(super) fn run(&self, output: Output) -> Result<Exit, Failure> {
        let inputs = self.source.inputs().chain([self.ruleset.as_path()]);
        files::is_no_input(self.out.as_deref(), inputs)?;
        let ruleset = self.source.load_valid(&self.ruleset)?;
        output.write(self.out.as_deref(), &(ruleset.to_json() + "\n"))?;
        Ok(Exit::Done)
    }
}
