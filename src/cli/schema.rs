//! `brightline schema`: the JSON Schemas that editors complete and check by.

use super::exit::{Exit, Failure};
use super::output::Output;
use super::report;
use clap::{Args, ValueEnum};
use std::path::PathBuf;

/// Write the JSON Schema of rulesets or of files of cases, for editors
#[derive(Args)]
pub(super) struct Schema {
    /// Of which documents
    of: Of,
    /// Where to write it; without: standard output
    #[arg(short, long)]
    out: Option<PathBuf>,
}

#[derive(Clone, Copy, ValueEnum)]
enum Of {
    /// Rulesets
    Ruleset,
    /// Files of cases
    Cases,
}

impl Schema {
    pub(super) fn run(&self, output: Output) -> Result<Exit, Failure> {
        let schema = match self.of {
            Of::Ruleset => brightline::ruleset_schema(),
            Of::Cases => brightline::cases_schema(),
        };
        output.write(self.out.as_deref(), &report::pretty(&schema)?)?;
        Ok(Exit::Done)
    }
}
