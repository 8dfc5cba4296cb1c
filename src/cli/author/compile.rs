//! `brightline compile`: writes a ruleset in its canonical form.

use crate::cli::io::failure::{Exit, Failure};
use crate::cli::io::output::Output;
use crate::cli::io::ruleset::RulesetOptions;
use crate::cli::io::streams;
use clap::Args;
use std::path::PathBuf;

/// Write a ruleset in its canonical form, as JSON, to read and to compare
#[derive(Args)]
pub(crate) struct Compile {
    /// Ruleset in YAML or JSON
    ruleset: PathBuf,
    #[command(flatten)]
    source: RulesetOptions,
    /// File to write; default: standard output
    #[arg(short, long)]
    out: Option<PathBuf>,
}

impl Compile {
    pub(crate) fn run(&self, output: Output) -> Result<Exit, Failure> {
        let inputs = self.source.inputs().chain([self.ruleset.as_path()]);
        streams::is_no_input(self.out.as_deref(), inputs)?;
        let ruleset = self.source.load_valid(&self.ruleset)?;
        output.write(self.out.as_deref(), &(ruleset.to_json() + "\n"))?;
        Ok(Exit::Done)
    }
}
