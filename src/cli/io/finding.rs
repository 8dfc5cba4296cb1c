//! Findings and failures, for a person and for a program.

use super::terminal::visible;
use annotate_snippets::{AnnotationKind, Group, Level, Origin, Renderer, Snippet};
use brightline::{Diagnostic, SourceRange};
use serde::Serialize;
use std::ops::Range;

/// A ruleset's text with its findings.
#[derive(Debug)]
pub(crate) struct FileFindings {
    pub(crate) file: String,
    pub(crate) text: String,
    pub(crate) findings: Vec<Diagnostic>,
    /// True if the findings are warnings: the ruleset is valid, and its author should review its meaning.
    pub(crate) warnings: bool,
}

/// A finding for programs. Lines and columns count from 1, columns in characters; the end is exclusive.
#[derive(Serialize)]
pub(crate) struct Finding<'a> {
    file: &'a str,
    line: usize,
    column: usize,
    end_line: usize,
    end_column: usize,
    /// `error` if the document is not valid; `warning` if it is valid but should be reviewed.
    severity: &'static str,
    code: &'a str,
    message: &'a str,
    help: Option<&'a str>,
}

impl Finding<'_> {
    /// Formats the finding in one line.
    pub(crate) fn to_line(&self) -> String {
        let Self { file, line, column, code, message, .. } = self;
        format!("{file}:{line}:{column}: [{code}] {message}")
    }
}

impl FileFindings {
    /// Snippets of the source with a caret under each finding.
    pub(crate) fn to_text(&self) -> String {
        let renderer = Renderer::styled();
        let lines = Lines::new(&self.text);
        let snippets = self.findings.iter().map(|finding| self.snippet(&renderer, &lines, finding) + "\n\n");
        snippets.collect()
    }

    /// Shows one line of the source, which is enough: a finding about a whole mapping points at its start.
    fn snippet(&self, renderer: &Renderer, lines: &Lines<'_>, finding: &Diagnostic) -> String {
        let (line, column) = lines.position(finding.at.start);
        let file = visible(&self.file);
        let origin = Origin::path(file.clone()).line(line).char_column(column);
        let level = if self.warnings { Level::WARNING } else { Level::ERROR };
        let title = level.primary_title(visible(&finding.message)).id(finding.code);
        let Excerpt { text, span, from_start } = lines.excerpt(finding.at);
        let snippet = Snippet::source(text).line_start(line).annotation(AnnotationKind::Primary.span(span));
        let mut group: Group<'_> = match (text, from_start) {
            ("", _) => title.element(origin),
            (_, true) => title.element(snippet.path(file)),
            (_, false) => title.element(origin).element(snippet),
        };
        if let Some(help) = &finding.help {
            group = group.element(Level::HELP.message(visible(help)));
        }
        renderer.render(&[group])
    }

    pub(crate) fn to_json(&self) -> Vec<Finding<'_>> {
        let lines = Lines::new(&self.text);
        let findings = self.findings.iter().map(|finding| {
            let SourceRange { start, end } = finding.at;
            let ((line, column), (end_line, end_column)) = (lines.position(start), lines.position(end.max(start)));
            let (code, message, help) = (finding.code, finding.message.as_str(), finding.help.as_deref());
            let severity = if self.warnings { "warning" } else { "error" };
            Finding { file: &self.file, line, column, end_line, end_column, severity, code, message, help }
        });
        findings.collect()
    }
}

/// The lines of a text, indexed by offset.
struct Lines<'a> {
    text: &'a str,
    starts: Vec<usize>,
}

impl<'a> Lines<'a> {
    fn new(text: &'a str) -> Self {
        let ends = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n');
        let starts = std::iter::once(0).chain(ends.map(|(at, _)| at.saturating_add(1))).collect();
        Self { text, starts }
    }

    /// The number, the text and the start offset of the line that contains an offset.
    fn line_of(&self, at: usize) -> (usize, &'a str, usize) {
        let number = self.starts.partition_point(|start| *start <= at).max(1);
        let start = self.starts.get(number.saturating_sub(1)).copied().unwrap_or(0);
        let line = self.text.get(start..).and_then(|rest| rest.lines().next()).unwrap_or_default();
        (number, line, start)
    }

    /// Line and column in characters, both from 1.
    fn position(&self, at: usize) -> (usize, usize) {
        let (number, line, start) = self.line_of(at);
        let before = line.get(..at.saturating_sub(start)).unwrap_or(line);
        (number, before.chars().count().saturating_add(1))
    }

    /// The line in which a mark starts. A long line, such as compiled JSON, is cut to the part around the mark.
    fn excerpt(&self, at: SourceRange) -> Excerpt<'a> {
        const NEAR: usize = 60;
        let (_, line, start) = self.line_of(at.start);
        let boundary = |at: usize| (0..=at.min(line.len())).rev().find(|at| line.is_char_boundary(*at)).unwrap_or(0);
        let from = boundary(at.start.saturating_sub(start));
        let to = boundary(at.end.saturating_sub(start).min(from.saturating_add(NEAR))).max(from);
        let first = if line.len() > 4 * NEAR { boundary(from.saturating_sub(NEAR)) } else { 0 };
        let last = boundary(to.saturating_add(4 * NEAR));
        Excerpt {
            text: line.get(first..last).unwrap_or_default(),
            span: from.saturating_sub(first)..to.saturating_sub(first),
            from_start: first == 0,
        }
    }
}

/// A part of a line, with a highlighted span.
struct Excerpt<'a> {
    text: &'a str,
    span: Range<usize>,
    /// True if it starts at the start of the line, so that its columns are columns of the line.
    from_start: bool,
}

#[cfg(test)]
mod tests {
    use super::super::terminal::plain;
    use super::*;

    fn report(start: usize, end: usize) -> FileFindings {
        let finding = Diagnostic {
            code: "source.tag",
            at: SourceRange { start, end },
            message: "no \u{1b}[2J `ü`".to_owned(),
            help: Some("leave it out".to_owned()),
        };
        let text = "ä: 1\r\nöö: x\n".to_owned();
        FileFindings { file: "a.yaml".to_owned(), text, findings: vec![finding], warnings: false }
    }

    #[test]
    fn a_snippet_shows_the_line_and_the_place() {
        let text = plain(&report(13, 14).to_text());
        for part in
            ["error[source.tag]: no \\u{1b}[2J `ü`", "--> a.yaml:2:5", "2 | öö: x\n  |     ^", "help: leave it out"]
        {
            assert!(text.contains(part), "{part} in\n{text}");
        }
        assert!(!text.contains('\u{1b}'));
        assert!(report(13, 14).to_text().contains('\u{1b}'));
    }

    #[test]
    fn columns_count_characters_and_every_place_can_be_shown() {
        let json = serde_json::to_value(report(13, 14).to_json()).unwrap();
        let place = ["line", "column", "end_line", "end_column"].map(|name| json[0][name].as_u64().unwrap());
        assert_eq!(place, [2, 5, 2, 6]);
        for text in ["ä: 1\r\nöö: x\n".to_owned(), "é".repeat(400)] {
            let on_boundary = |at: usize| text.is_char_boundary(at.min(text.len()));
            for (start, end) in (0..900).step_by(7).flat_map(|start| [(start, start), (start, start + 1), (start, 900)])
            {
                if on_boundary(start) && on_boundary(end) {
                    let report = FileFindings { text: text.clone(), ..report(start, end) };
                    assert!(plain(&report.to_text()).contains("a.yaml:"), "{start}..{end}");
                    assert_eq!(report.to_json().len(), 1);
                }
            }
        }
    }
}
