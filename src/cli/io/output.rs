//! The output of a command: coloured text for a person on a terminal, or JSON for a program.

use super::failure::Failure;
use super::finding::FileFindings;
use super::streams;
use super::terminal::{escaped, open, visible};
use annotate_snippets::{Group, Level, Renderer};
use serde::Serialize;
use serde_json::json;
use std::path::Path;

/// The format of a command's output.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Output {
    Text,
    Json,
}

impl Output {
    pub(crate) const fn of(json: bool) -> Self {
        if json { Self::Json } else { Self::Text }
    }

    /// Prints a result in this format.
    pub(crate) fn say(self, text: impl FnOnce() -> String, value: &impl Serialize) -> Result<(), Failure> {
        match self {
            Self::Text => streams::show(&text()),
            Self::Json => streams::print(&pretty(value)?),
        }
    }

    /// Writes a file, and in JSON mode reports its path; without a path, prints the contents.
    pub(crate) fn write(self, path: Option<&Path>, text: &str) -> Result<(), Failure> {
        streams::write(path, text)?;
        match (self, path) {
            (Self::Json, Some(path)) if path != Path::new("-") => {
                streams::print(&pretty(&serde_json::json!({ "file": path }))?)
            }
            _ => Ok(()),
        }
    }
}

/// All findings as one JSON array.
pub(crate) fn json(reports: &[FileFindings]) -> Result<String, Failure> {
    pretty(&reports.iter().flat_map(FileFindings::to_json).collect::<Vec<_>>())
}

/// Indented JSON with a line end.
pub(crate) fn pretty(value: &impl Serialize) -> Result<String, Failure> {
    let text = serde_json::to_string_pretty(value).map_err(|error| Failure::other(error.to_string()))?;
    Ok(escaped(&text) + "\n")
}

/// Prints the reason for which a command stopped.
pub(crate) fn failure(failure: &Failure, output: Output) {
    let found = failure.found.as_deref();
    if output == Output::Json {
        let error = json!({ "code": failure.code, "message": failure.message, "exit": failure.exit.number() });
        let findings = found.map(FileFindings::to_json).unwrap_or_default();
        streams::print_error(&format!("{}\n", escaped(&json!({ "error": error, "findings": findings }).to_string())));
        return;
    }
    streams::show_error(&found.map(FileFindings::to_text).unwrap_or_default());
    let mut title = Level::ERROR.primary_title(visible(&failure.message));
    if let Some(code) = failure.code {
        title = title.id(code);
    }
    streams::show_error(&(Renderer::styled().render(&[Group::with_title(title)]) + "\n"));
}

/// Prints a warning, which does not stop the command.
pub(crate) fn warning(code: &str, message: &str) {
    streams::show_error(&format!("{}: {}\n", open(&format!("warning[{code}]")), visible(message)));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_on_a_terminal_shows_each_hidden_character() {
        let text = "a\u{9b}2J\u{202e}\u{2028}\u{7f}\n\u{200f}";
        let json = pretty(&[text]).unwrap();
        assert_eq!(json, "[\n  \"a\\u009b2J\\u202e\\u2028\\u007f\\n\\u200f\"\n]\n");
        assert_eq!(serde_json::from_str::<[String; 1]>(&json).unwrap(), [text]);
    }
}
