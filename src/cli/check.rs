//! `brightline check`: everything that is wrong with rulesets.

use super::exit::{Exit, Failure};
use super::files;
use super::report;
use super::ruleset::Source;
use clap::Args;
use std::path::PathBuf;

/// Check rulesets and show every finding with its place
#[derive(Args)]
pub(super) struct Check {
    /// Rulesets in YAML or JSON
    #[arg(required = true)]
    rulesets: Vec<PathBuf>,
    #[command(flatten)]
    source: Source,
    /// Print the findings as a JSON array
    #[arg(long)]
    json: bool,
}

impl Check {
    pub(super) fn run(&self) -> Result<Exit, Failure> {
        let (mut reports, mut failed) = (Vec::new(), None);
        let colours = report::colours(&std::io::stdout());
        for path in &self.rulesets {
            match self.source.load(path) {
                Ok(Ok(ruleset)) if !self.json => {
                    let id = report::visible(ruleset.id());
                    let line = format!("`{}`: `{id}` version {} has no findings\n", path.display(), ruleset.version());
                    files::print(&line)?;
                }
                Ok(Ok(_)) => {}
                Ok(Err(report)) => {
                    if !self.json {
                        files::print(&report.to_text(colours))?;
                    }
                    reports.push(report);
                }
                // The other files are checked all the same.
                Err(failure) => {
                    report::failure(&failure);
                    failed = Some(failure.exit);
                }
            }
        }
        if self.json {
            files::print(&report::json(&reports)?)?;
        }
        Ok(failed.unwrap_or(if reports.is_empty() { Exit::Done } else { Exit::Findings }))
    }
}
