//! Findings, proofs and differences for an author's editor, as JSON. Only in the module with the feature `author`.

use crate::{
    Budget, Diagnostic, Lint, Node, Ruleset, SourceRange, compile, diff, lint, parse_json, parse_yaml, prove,
    read_rules,
};
use serde::Serialize;
use wasm_bindgen::prelude::*;

/// A finding. Lines and columns count from 1, columns in UTF-16 code units, as in editors; the end is exclusive.
#[derive(Serialize)]
struct EditorFinding<'a> {
    severity: &'static str,
    code: &'a str,
    message: &'a str,
    help: Option<&'a str>,
    line: usize,
    column: usize,
    end_line: usize,
    end_column: usize,
}

/// The findings of a ruleset's text, and the answer if the text can be read.
#[derive(Serialize)]
struct AuthorAnswer<'a, T> {
    findings: Vec<EditorFinding<'a>>,
    answer: Option<T>,
}

/// Every finding of a ruleset: errors if it cannot be read, otherwise the linter's warnings.
#[wasm_bindgen]
pub fn author_check(text: &str) -> String {
    match read(text) {
        Err(findings) => json(&AuthorAnswer::<()> { findings: located(text, &findings, "error"), answer: None }),
        Ok((document, ruleset)) => {
            let lints = lint(&ruleset, &document, Budget::default());
            let placed: Vec<Diagnostic> = lints.iter().filter_map(|one| diagnostic(one, &document)).collect();
            json(&AuthorAnswer::<()> { findings: located(text, &placed, "warning"), answer: None })
        }
    }
}

/// Proves the guarantees of a ruleset. `nodes` is the budget, in nodes of the decision diagrams.
#[wasm_bindgen]
pub fn author_prove(text: &str, nodes: usize) -> String {
    match read(text) {
        Err(findings) => json(&AuthorAnswer::<()> { findings: located(text, &findings, "error"), answer: None }),
        Ok((_, ruleset)) => {
            let proofs = prove(&compile(ruleset), &[], Budget { nodes, ..Budget::default() });
            json(&AuthorAnswer { findings: Vec::new(), answer: Some(proofs) })
        }
    }
}

/// Compares two versions of a ruleset. Findings are those of the new version, or else of the old one.
#[wasm_bindgen]
pub fn author_diff(old: &str, new: &str, nodes: usize) -> String {
    match (read(old), read(new)) {
        (_, Err(findings)) => json(&AuthorAnswer::<()> { findings: located(new, &findings, "error"), answer: None }),
        (Err(findings), _) => json(&AuthorAnswer::<()> { findings: located(old, &findings, "error"), answer: None }),
        (Ok((_, old)), Ok((_, new))) => {
            let difference = diff(&compile(old), &compile(new), Budget { nodes, ..Budget::default() });
            json(&AuthorAnswer { findings: Vec::new(), answer: Some(difference) })
        }
    }
}

/// JSON begins with a brace, and no ruleset in YAML does.
fn read(text: &str) -> Result<(Node, Ruleset), Vec<Diagnostic>> {
    let document = if text.trim_start().starts_with('{') { parse_json(text)? } else { parse_yaml(text)? };
    let ruleset = read_rules(&document)?;
    Ok((document, ruleset))
}

fn diagnostic(lint: &Lint, document: &Node) -> Option<Diagnostic> {
    let at = lint.place.find(document)?;
    Some(Diagnostic { code: lint.code, at, message: lint.message.clone(), help: Some(lint.help.clone()) })
}

fn located<'a>(text: &str, findings: &'a [Diagnostic], severity: &'static str) -> Vec<EditorFinding<'a>> {
    let finding = |one: &'a Diagnostic| {
        let SourceRange { start, end } = one.at;
        let ((line, column), (end_line, end_column)) = (position(text, start), position(text, end.max(start)));
        let (code, message, help) = (one.code, one.message.as_str(), one.help.as_deref());
        EditorFinding { severity, code, message, help, line, column, end_line, end_column }
    };
    findings.iter().map(finding).collect()
}

fn position(text: &str, at: usize) -> (usize, usize) {
    let before = text.get(..at).unwrap_or(text);
    let line = before.rsplit('\n').next().unwrap_or_default();
    (before.matches('\n').count().saturating_add(1), line.encode_utf16().count().saturating_add(1))
}

fn json<T: Serialize>(answer: &AuthorAnswer<'_, T>) -> String {
    // Every answer can be serialised to JSON.
    serde_json::to_string(answer).unwrap_or_default()
}
