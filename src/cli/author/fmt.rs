//! `brightline fmt`: lays out rulesets and files of cases uniformly. Meaning and comments are kept.

use crate::cli::io::failure::{Exit, Failure};
use crate::cli::io::output::Output;
use crate::cli::io::{streams, terminal};
use brightline::{Diagnostic, Kind, Node, parse_json, parse_yaml};
use clap::Args;
use pretty_yaml::config::{FormatOptions, LanguageOptions, LayoutOptions};
use std::path::{Path, PathBuf};

/// Lay out rulesets and files of cases, YAML as YAML and JSON as JSON
#[derive(Args)]
pub(crate) struct Fmt {
    /// Files in YAML or JSON, rewritten in place; `-` reads YAML from standard input and prints the result
    #[arg(required = true)]
    files: Vec<PathBuf>,
    /// Write nothing, name the files that would change, and exit with 3 if there are any
    #[arg(long)]
    check: bool,
}

impl Fmt {
    pub(crate) fn run(&self, output: Output) -> Result<Exit, Failure> {
        let mut changed = Vec::new();
        for path in &self.files {
            let text = streams::read_text(path)?;
            let is = |endings: &[&str]| path.extension().is_some_and(|ending| endings.iter().any(|one| ending == *one));
            let laid_out = match () {
                () if path == Path::new("-") || is(&["yaml", "yml"]) => lay_out(&text),
                () if is(&["json"]) => lay_out_json(&text),
                () => Err(Failure::other("a file to lay out ends in .yaml, .yml or .json")),
            };
            let laid_out = laid_out.map_err(|failure| failure.of(path.display()))?;
            if path == Path::new("-") && !self.check {
                streams::print(&laid_out)?;
                continue;
            }
            if laid_out != text {
                if !self.check {
                    streams::write(Some(path), &laid_out)?;
                }
                changed.push(path.display().to_string());
            }
        }
        let verb = if self.check { "would be laid out differently" } else { "laid out" };
        let line = |file: &String| format!("`{}`: {verb}\n", terminal::visible(file));
        output.say(|| changed.iter().map(line).collect(), &changed)?;
        Ok(if self.check && !changed.is_empty() { Exit::Findings } else { Exit::Done })
    }
}

/// Maximum columns of a line.
const WIDTH: usize = 132;

pub(crate) fn lay_out(text: &str) -> Result<String, Failure> {
    let before = parse_yaml(text).map_err(unread)?;
    let at_width = |print_width| {
        let options = FormatOptions {
            layout: LayoutOptions { print_width, ..LayoutOptions::default() },
            language: LanguageOptions::default(),
        };
        pretty_yaml::format_text(text, &options)
            .map_err(|error| Failure::new(Exit::Findings, format!("it cannot be laid out: {error}")))
    };
    // Use a layout only if it keeps the meaning.
    let is_kept = |laid_out: &String| parse_yaml(laid_out).is_ok_and(|after| same(&before, &after));
    let laid_out = at_width(WIDTH)?;
    if is_kept(&laid_out) {
        return Ok(laid_out);
    }
    // If brackets with quoted keys are laid out over several lines, the `]` is not indented enough for most parsers,
    // this one included. On one line, all parsers read them.
    let laid_out = at_width(text.len().saturating_add(WIDTH))?;
    match is_kept(&laid_out) {
        true => Ok(laid_out),
        false => Err(Failure::other("laying it out would change its meaning; leave it as it is, and report this")),
    }
}

/// One member or item per line; numbers and strings keep their spelling.
fn lay_out_json(text: &str) -> Result<String, Failure> {
    let before = parse_json(text).map_err(unread)?;
    let mut laid_out = String::new();
    put(&before, text, 0, &mut laid_out);
    laid_out.push('\n');
    match parse_json(&laid_out) {
        Ok(after) if same(&before, &after) => Ok(laid_out),
        _ => Err(Failure::other("laying it out would change its meaning; leave it as it is, and report this")),
    }
}

fn put(node: &Node, text: &str, depth: usize, out: &mut String) {
    let line = |depth: usize| format!("\n{}", "  ".repeat(depth));
    let within = depth.saturating_add(1);
    let spelt = |at: brightline::SourceRange| text.get(at.start..at.end).unwrap_or_default();
    let (open, close, parts): (_, _, Vec<(&str, &Node)>) = match &node.kind {
        Kind::Sequence(items) => ('[', ']', items.iter().map(|item| ("", item)).collect()),
        Kind::Mapping(entries) => ('{', '}', entries.iter().map(|entry| (spelt(entry.key_at), &entry.value)).collect()),
        _ => return out.push_str(spelt(node.at)),
    };
    out.push(open);
    for (place, (key, value)) in parts.iter().enumerate() {
        out.push_str(if place == 0 { "" } else { "," });
        out.push_str(&line(within));
        out.push_str(key);
        out.push_str(if key.is_empty() { "" } else { ": " });
        put(value, text, within, out);
    }
    out.push_str(&if parts.is_empty() { String::new() } else { line(depth) });
    out.push(close);
}

fn unread(findings: Vec<Diagnostic>) -> Failure {
    let first = findings.into_iter().next();
    let message = first.map_or_else(String::new, |finding| finding.message);
    Failure::new(Exit::Findings, format!("{message}; `brightline check` shows where"))
}

/// True if both nodes have the same values; positions are ignored.
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
