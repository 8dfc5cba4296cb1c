//! `brightline fmt`: one layout for rulesets and files of cases. What they mean stays as it is, and so do comments.

use super::exit::{Exit, Failure};
use super::files;
use super::output::Output;
use super::report;
use brightline::{Kind, Node, parse_yaml};
use clap::Args;
use pretty_yaml::config::{FormatOptions, LanguageOptions, LayoutOptions};
use std::path::{Path, PathBuf};

/// Lay out rulesets and files of cases in YAML
#[derive(Args)]
pub(super) struct Fmt {
    /// Files in YAML, written in place; `-` reads standard input and prints
    #[arg(required = true)]
    files: Vec<PathBuf>,
    /// Writes nothing, names the files that would change, and ends with 3 if there are any
    #[arg(long)]
    check: bool,
}

impl Fmt {
    pub(super) fn run(&self, output: Output) -> Result<Exit, Failure> {
        let mut changed = Vec::new();
        for path in &self.files {
            let text = files::read_text(path)?;
            let laid_out = lay_out(&text).map_err(|failure| failure.of(path.display()))?;
            if path == Path::new("-") {
                files::print(&laid_out)?;
                continue;
            }
            if laid_out != text {
                if !self.check {
                    files::write(Some(path), &laid_out)?;
                }
                changed.push(path.display().to_string());
            }
        }
        let verb = if self.check { "would be laid out otherwise" } else { "laid out" };
        let line = |file: &String| format!("`{}`: {verb}\n", report::visible(file));
        output.say(|| changed.iter().map(line).collect(), &changed)?;
        Ok(if self.check && !changed.is_empty() { Exit::Findings } else { Exit::Done })
    }
}

pub(super) fn lay_out(text: &str) -> Result<String, Failure> {
    let findings = |findings: Vec<brightline::Diagnostic>| {
        let first = findings.into_iter().next();
        let message = first.map_or_else(String::new, |finding| finding.message);
        Failure::new(Exit::Findings, format!("{message}; `brightline check` shows where"))
    };
    let before = parse_yaml(text).map_err(findings)?;
    let options = FormatOptions {
        layout: LayoutOptions { print_width: 132, ..LayoutOptions::default() },
        language: LanguageOptions::default(),
    };
    let laid_out = pretty_yaml::format_text(text, &options)
        .map_err(|error| Failure::new(Exit::Findings, format!("it cannot be laid out: {error}")))?;
    // Whatever the layout, the meaning is the author's.
    match parse_yaml(&laid_out) {
        Ok(after) if same(&before, &after) => Ok(laid_out),
        _ => Err(Failure::other("laying it out would change what it says; leave it as it is, and report it")),
    }
}

/// The same values, wherever they stand.
fn same(one: &Node, other: &Node) -> bool {
    match (&one.kind, &other.kind) {
        (Kind::Sequence(one), Kind::Sequence(other)) => {
            one.len() == other.len() && one.iter().zip(other).all(|(one, other)| same(one, other))
        }
        (Kind::Mapping(one), Kind::Mapping(other)) => {
            let entries = |(one, other): (&brightline::Entry, &brightline::Entry)| {
                one.key == other.key && same(&one.value, &other.value)
            };
            one.len() == other.len() && one.iter().zip(other).all(entries)
        }
        (one, other) => one == other,
    }
}
