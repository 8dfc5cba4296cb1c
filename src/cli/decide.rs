//! `brightline decide`: decides one request against a bundle, as an app would.

use super::engine::{Opening, Request};
use super::exit::{Exit, Failure};
use super::output::Output;
use super::{files, report};
use clap::Args;
use std::path::PathBuf;

/// Decide one request and print the decision as JSON
#[derive(Args)]
pub(super) struct Decide {
    /// Signed ruleset
    #[arg(long)]
    bundle: PathBuf,
    /// Trust root
    #[arg(long)]
    trust: PathBuf,
    #[command(flatten)]
    opening: Opening,
    #[command(flatten)]
    request: Request,
    /// Print the decision in one line, byte for byte as other hosts get it
    #[arg(long)]
    compact: bool,
}

impl Decide {
    pub(super) fn run(&self, _: Output) -> Result<Exit, Failure> {
        let bundle = files::read(&self.bundle)?;
        let opened = self.opening.open(&bundle, &self.bundle, &self.trust)?;
        let decision = opened.check(&self.request)?;
        let text = if self.compact {
            serde_json::to_string(&decision).map_err(|error| Failure::other(error.to_string()))?
        } else {
            report::pretty(&decision)?
        };
        files::print(&text)?;
        Ok(if decision.allowed { Exit::Done } else { Exit::NotAllowed })
    }
}
