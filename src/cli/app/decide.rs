//! `brightline decide`: decides one request against a bundle, as an app would.

use crate::cli::app::request::RequestArguments;
use crate::cli::io::failure::{Exit, Failure};
use crate::cli::io::output::{self, Output};
use crate::cli::io::streams;
use crate::cli::signing::opening::BundleOptions;
use clap::Args;
use std::path::PathBuf;

/// Decide one request and print the decision as JSON
#[derive(Args)]
pub(crate) struct Decide {
    /// Signed ruleset
    #[arg(long)]
    bundle: PathBuf,
    /// Trust root
    #[arg(long)]
    trust: PathBuf,
    #[command(flatten)]
    opening: BundleOptions,
    #[command(flatten)]
    request: RequestArguments,
    /// Print the decision in one line, byte for byte as other hosts get it
    #[arg(long)]
    compact: bool,
}

impl Decide {
    pub(crate) fn run(&self, _: Output) -> Result<Exit, Failure> {
        let bundle = streams::read(&self.bundle)?;
        let opened = self.opening.open(&bundle, &self.bundle, &self.trust)?;
        let decision = opened.check(&self.request)?;
        let text = if self.compact {
            serde_json::to_string(&decision).map_err(|error| Failure::other(error.to_string()))?
        } else {
            output::pretty(&decision)?
        };
        streams::print(&text)?;
        Ok(if decision.allowed { Exit::Done } else { Exit::NotAllowed })
    }
}
