//! `brightline schema`: writes the JSON Schemas with which editors complete and check documents.

use crate::cli::io::failure::{Exit, Failure};
use crate::cli::io::output::{self, Output};
use clap::{Args, ValueEnum};
use std::path::PathBuf;

/// Write the JSON Schema of rulesets or of files of cases, for editors
#[derive(Args)]
pub(crate) struct Schema {
    /// Kind of document
    of: Of,
    /// File to write; default: standard output
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
    pub(crate) fn run(&self, output: Output) -> Result<Exit, Failure> {
        let schema = match self.of {
            Of::Ruleset => brightline::ruleset_schema(),
            Of::Cases => brightline::cases_schema(),
        };
        output.write(self.out.as_deref(), &output::pretty(&schema)?)?;
        Ok(Exit::Done)
    }
}
