//! The output of a command: coloured text for a person on a terminal, or JSON for a program.

use super::exit::Failure;
use super::{files, report};
use anstyle::{AnsiColor, Style};
use brightline::Outcome;
use serde::Serialize;
use std::path::Path;

/// The format of a command's output.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Output {
    Text,
    Json,
}

impl Output {
    pub(super) const fn of(json: bool) -> Self {
        if json { Self::Json } else { Self::Text }
    }

    /// Prints a result in this format.
    pub(super) fn say(self, text: impl FnOnce() -> String, value: &impl Serialize) -> Result<(), Failure> {
        match self {
            Self::Text => files::show(&text()),
            Self::Json => files::print(&report::pretty(value)?),
        }
    }

    /// Writes a file, and in JSON mode reports its path; without a path, prints the contents.
    pub(super) fn write(self, path: Option<&Path>, text: &str) -> Result<(), Failure> {
        files::write(path, text)?;
        match (self, path) {
            (Self::Json, Some(path)) if path != Path::new("-") => {
                files::print(&report::pretty(&serde_json::json!({ "file": path }))?)
            }
            _ => Ok(()),
        }
    }
}

/// A count with its noun, in the singular or the plural.
pub(super) fn many(count: u64, one: &str, more: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { more })
}

/// Paints results that hold, pass or are allowed.
pub(super) fn good(text: &str) -> String {
    painted(AnsiColor::Green.on_default(), text)
}

/// Paints results that fail, differ or are denied.
pub(super) fn bad(text: &str) -> String {
    painted(AnsiColor::Red.on_default(), text)
}

/// Paints results in between: something is missing or open.
pub(super) fn open(text: &str) -> String {
    painted(AnsiColor::Yellow.on_default(), text)
}

/// Paints secondary details.
pub(super) fn dim(text: &str) -> String {
    painted(Style::new().dimmed(), text)
}

/// An outcome's name, painted.
pub(super) fn outcome(outcome: Outcome) -> String {
    match outcome {
        Outcome::Allow => good(outcome.as_str()),
        Outcome::Degrade | Outcome::StepUp | Outcome::Review => open(outcome.as_str()),
        Outcome::Deny => bad(outcome.as_str()),
    }
}

fn painted(style: Style, text: &str) -> String {
    format!("{style}{text}{style:#}")
}

/// Removes colours, for files.
pub(super) fn plain(text: &str) -> String {
    anstream::adapter::strip_str(text).to_string()
}
