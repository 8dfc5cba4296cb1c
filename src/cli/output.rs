//! What a command says: to a person, in colours where a terminal shows them, or to a program as JSON.

use super::exit::Failure;
use super::{files, report};
use anstyle::{AnsiColor, Style};
use brightline::Outcome;
use serde::Serialize;
use std::path::Path;

/// To whom a command speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Output {
    Text,
    Json,
}

impl Output {
    pub(super) const fn of(json: bool) -> Self {
        if json { Self::Json } else { Self::Text }
    }

    /// Prints a result in the form that is wanted.
    pub(super) fn say(self, text: impl FnOnce() -> String, value: &impl Serialize) -> Result<(), Failure> {
        match self {
            Self::Text => files::show(&text()),
            Self::Json => files::print(&report::pretty(value)?),
        }
    }

    /// Writes a file, and tells a program which; or, without a path, prints what it would hold.
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

/// So many of something, in words that agree with the number.
pub(super) fn many(count: u64, one: &str, more: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { more })
}

/// Whatever holds, passes or is allowed.
pub(super) fn good(text: &str) -> String {
    painted(AnsiColor::Green.on_default(), text)
}

/// What breaks, differs or is denied.
pub(super) fn bad(text: &str) -> String {
    painted(AnsiColor::Red.on_default(), text)
}

/// Neither: something is missing, or open.
pub(super) fn open(text: &str) -> String {
    painted(AnsiColor::Yellow.on_default(), text)
}

/// What is there for completeness.
pub(super) fn dim(text: &str) -> String {
    painted(Style::new().dimmed(), text)
}

/// An outcome's name.
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

/// Without colours, for files.
pub(super) fn plain(text: &str) -> String {
    anstream::adapter::strip_str(text).to_string()
}
