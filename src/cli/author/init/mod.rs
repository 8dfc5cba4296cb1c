//! `brightline init`: creates a small ruleset to start from, with cases that pass.

use crate::cli::app::token;
use crate::cli::author::fmt::lay_out;
use crate::cli::io::failure::{Exit, Failure};
use crate::cli::io::output::Output;
use crate::cli::io::{streams, terminal};
use brightline::Span;
use clap::Args;
use std::path::PathBuf;

/// Start a ruleset: one order with an exception, a guarantee, cases that pass, and a throw-away issuer to try it with
#[derive(Args)]
pub(crate) struct Init {
    /// Folder to create
    folder: PathBuf,
    /// Id of the ruleset
    #[arg(long, default_value = "my-ruleset", value_parser = id)]
    id: String,
}

impl Init {
    pub(crate) fn run(&self, output: Output) -> Result<Exit, Failure> {
        let made = |name: &str| self.folder.join(name);
        for name in ["ruleset.yaml", "cases.yaml"] {
            if made(name).symlink_metadata().is_ok() {
                return Err(Failure::other(format!(
                    "`{}` already exists; choose another folder",
                    made(name).display()
                )));
            }
        }
        streams::make_folder(&self.folder)?;
        let issuer = token::make_issuer(&made("dev"), "https://app.development.invalid")?;
        let ruleset = dated(RULESET)?.replace("{{id}}", &self.id).replace("{{issuer}}", &issuer);
        streams::write_new(&made("ruleset.yaml"), &lay_out(&ruleset)?, false)?;
        streams::write_new(&made("cases.yaml"), &dated(CASES)?, false)?;
        let at = terminal::visible(&self.folder.display().to_string());
        let text = || {
            format!(
                "made `{at}`: ruleset.yaml, cases.yaml, dev/\n\n\
             brightline check {at}/ruleset.yaml          # find mistakes, dead rules and claims that are not needed\n\
             brightline test {at}/cases.yaml             # compare its decisions with the expected ones\n\
             brightline prove {at}/ruleset.yaml          # prove its guarantees for every possible request\n\
             brightline token us-citizen --issuer {at}/dev   # mint a token to try it with\n\n\
             Before you sign it for production, replace the issuers and remove `development: true`.\n"
            )
        };
        let files = ["ruleset.yaml", "cases.yaml", "dev"].map(made);
        output.say(text, &serde_json::json!({ "folder": self.folder, "files": files }))?;
        Ok(Exit::Done)
    }
}

/// Fills in dates relative to today, so that the template works on any day.
fn dated(template: &str) -> Result<String, Failure> {
    let today = streams::today()?;
    let in_days = |days: i64| {
        let at = today.saturating_add(Span::from_seconds(days.saturating_mul(86_400))).to_string();
        at.split('T').next().unwrap_or_default().to_owned()
    };
    let dates = [("{{today}}", 0), ("{{at}}", 30), ("{{expires}}", 365)];
    Ok(dates.into_iter().fold(template.to_owned(), |text, (place, days)| text.replace(place, &in_days(days))))
}

fn id(text: &str) -> Result<String, String> {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-._".contains(c);
    match !text.is_empty() && text.len() <= 64 && text.chars().all(plain) {
        true => Ok(text.to_owned()),
        false => Err("use letters, digits, hyphens, dots and underscores, at most 64".to_owned()),
    }
}

const RULESET: &str = include_str!("ruleset.yaml");
const CASES: &str = include_str!("cases.yaml");
