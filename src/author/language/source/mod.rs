//! Text → nodes with locations. The text that a person reviews must be the content that is signed, so YAML 1.2 features
//! that hide meaning are refused: anchors, aliases, tags, merge keys, directives and invisible characters. This module does
//! not interpret the values.

mod places;
mod slips;
mod strict_json;

use super::{Diagnostic, Entry, Kind, Node, SourceRange};
use crate::base::limits;
use places::CharOffsets;
use saphyr_parser::{Event, Parser, ScalarStyle, ScanError, Span, StrInput};
use std::collections::HashMap;

/// Reads one YAML document. Scalars follow the core schema of YAML 1.2.
///
/// # Errors
/// Syntax errors, and YAML features that a ruleset may not use. Each has its location; they are in the order of the text.
pub fn parse_yaml(text: &str) -> Result<Node, Vec<Diagnostic>> {
    places::readable(text)?;
    let parser = Parser::new_from_str(text);
    let mut builder = Builder { text, parser, places: CharOffsets::new(text), findings: Vec::new() };
    let root = builder.document();
    let mut findings = builder.findings;
    match root {
        Ok(Some(node)) if findings.is_empty() => return Ok(node),
        Ok(None) => findings.push(finding("source.empty", SourceRange::default(), "the file is empty")),
        _ => {}
    }
    findings.sort_by_key(|finding| finding.at.start);
    Err(findings)
}

/// Reads one JSON document: strict JSON (RFC 8259) with unique keys.
///
/// # Errors
/// Violations of strict JSON, each with its location.
pub fn parse_json(text: &str) -> Result<Node, Vec<Diagnostic>> {
    places::readable(text)?;
    strict_json::parse(text)
}

/// Reading cannot continue. The reason is among the findings.
struct Stop;

struct Builder<'a> {
    text: &'a str,
    parser: Parser<'a, StrInput<'a>>,
    places: CharOffsets<'a>,
    findings: Vec<Diagnostic>,
}

impl<'a> Builder<'a> {
    fn document(&mut self) -> Result<Option<Node>, Stop> {
        let mut begun = false;
        let mut root = None;
        loop {
            let (event, span) = self.next()?;
            match event {
                Event::StreamEnd => return Ok(root),
                Event::StreamStart | Event::DocumentEnd | Event::Nothing => {}
                Event::DocumentStart(_) if begun => {
                    let at = self.mark(span);
                    self.add_help(
                        "source.documents",
                        at,
                        "a second document begins here",
                        "put each ruleset into a file of its own",
                    );
                    return Err(Stop);
                }
                Event::DocumentStart(_) => {
                    begun = true;
                    self.directives(span);
                }
                event => root = Some(self.node(event, span, 0)?),
            }
        }
    }

    /// Reports directives, which the parser applies silently. Before the document, only directives begin a line with `%`.
    fn directives(&mut self, document: Span) {
        let end = self.mark(document).end;
        let mut start: usize = 0;
        for line in self.text.get(..end).unwrap_or_default().split_inclusive('\n') {
            if line.trim_start_matches('\u{feff}').starts_with('%') {
                let at = SourceRange { start, end: start.saturating_add(line.trim_end().len()) };
                let help = "leave it out: a ruleset is YAML 1.2";
                self.add_help("source.directive", at, "a directive is not allowed", help);
            }
            start = start.saturating_add(line.len());
        }
    }

    fn next(&mut self) -> Result<(Event<'a>, Span), Stop> {
        match self.parser.next_event() {
            Some(Ok(next)) => Ok(next),
            Some(Err(error)) => {
                self.syntax(&error);
                Err(Stop)
            }
            None => Ok((Event::StreamEnd, Span::default())),
        }
    }

    /// Reads a node inside `depth` collections.
    fn node(&mut self, event: Event<'a>, span: Span, depth: usize) -> Result<Node, Stop> {
        let at = self.mark(span);
        match event {
            Event::Scalar(text, style, anchor, tag) => {
                self.no_properties(anchor, tag.is_some(), at);
                let kind = match style {
                    ScalarStyle::Plain => self.plain(&text, at),
                    _ => Kind::String(text.into_owned()),
                };
                Ok(Node { at, kind })
            }
            Event::SequenceStart(anchor, tag) => {
                self.no_properties(anchor, tag.is_some(), at);
                if depth >= limits::RULESET_DEPTH {
                    return self.too_deep(at);
                }
                self.sequence(at, depth.saturating_add(1))
            }
            Event::MappingStart(anchor, tag) => {
                self.no_properties(anchor, tag.is_some(), at);
                if depth >= limits::RULESET_DEPTH {
                    return self.too_deep(at);
                }
                self.mapping(at, depth.saturating_add(1))
            }
            Event::Alias(_) => {
                self.alias(at);
                Ok(Node { at, kind: Kind::Null })
            }
            _ => {
                self.add("source.yaml", at, "the document ends too early");
                Err(Stop)
            }
        }
    }

    fn sequence(&mut self, at: SourceRange, depth: usize) -> Result<Node, Stop> {
        let mut items: Vec<Node> = Vec::new();
        loop {
            let (event, span) = self.next()?;
            if matches!(event, Event::SequenceEnd) {
                let end = self.end(span, at, items.last());
                return Ok(Node { at: SourceRange { end, ..at }, kind: Kind::Sequence(items) });
            }
            items.push(self.node(event, span, depth)?);
        }
    }

    fn mapping(&mut self, at: SourceRange, depth: usize) -> Result<Node, Stop> {
        let mut entries: Vec<Entry> = Vec::new();
        let mut names: HashMap<String, SourceRange> = HashMap::new();
        loop {
            let (event, span) = self.next()?;
            if matches!(event, Event::MappingEnd) {
                let end = self.end(span, at, entries.last().map(|entry| &entry.value));
                return Ok(Node { at: SourceRange { end, ..at }, kind: Kind::Mapping(entries) });
            }
            let plain = matches!(event, Event::Scalar(_, ScalarStyle::Plain, ..));
            let key = self.node(event, span, depth)?;
            let (event, span) = self.next()?;
            let value = self.node(event, span, depth)?;
            let Kind::String(name) = key.kind else {
                self.add_help("source.key", key.at, "a key must be text", "put it in quotes if it is meant as text");
                continue;
            };
            if plain && name == "<<" {
                let help = "write the fields out where they are used";
                self.add_help("source.merge_key", key.at, "a merge key is not allowed", help);
                continue;
            }
            if let Some(first) = names.get(&name) {
                let duplicate = duplicate_key(self.text, &name, key.at, *first);
                self.findings.push(duplicate);
                continue;
            }
            names.insert(name.clone(), key.at);
            entries.push(Entry { key: name, key_at: key.at, value });
        }
    }

    /// Skips a collection that is nested too deep, so that the rest of the text is still read.
    fn too_deep(&mut self, at: SourceRange) -> Result<Node, Stop> {
        self.findings.push(depth(at));
        let mut open: usize = 1;
        while open > 0 {
            match self.next()?.0 {
                Event::SequenceStart(..) | Event::MappingStart(..) => open = open.saturating_add(1),
                Event::SequenceEnd | Event::MappingEnd => open = open.saturating_sub(1),
                Event::StreamEnd => return Err(Stop),
                _ => {}
            }
        }
        Ok(Node { at, kind: Kind::Null })
    }

    fn plain(&mut self, text: &str, at: SourceRange) -> Kind {
        plain(text).unwrap_or_else(|| {
            let help = "put it in quotes if it is meant as text";
            self.add_help("source.number", at, "this number is infinite, not a number, or beyond 64 bits", help);
            Kind::Null
        })
    }

    fn no_properties(&mut self, anchor: usize, tagged: bool, at: SourceRange) {
        if anchor != 0 {
            let help = "write the value out where it is used";
            self.add_help("source.anchor", at, "an anchor is not allowed", help);
        }
        if tagged {
            let help = "leave it out: quotes make text, and each field has a fixed type";
            self.add_help("source.tag", at, "a tag is not allowed", help);
        }
    }

    fn alias(&mut self, at: SourceRange) {
        self.add_help("source.alias", at, "an alias is not allowed", "write the value out where it is used");
    }

    fn syntax(&mut self, error: &ScanError) {
        let start = self.places.byte(error.marker().index());
        let at = SourceRange { start, end: start };
        // An alias is reported as an alias even if its anchor is absent.
        if error.info().ends_with("unknown anchor") {
            let rest = self.text.get(start..).unwrap_or_default();
            let length = rest.find(|c: char| c.is_whitespace() || matches!(c, ',' | '[' | ']' | '{' | '}'));
            self.alias(SourceRange { start, end: start.saturating_add(length.unwrap_or(rest.len())) });
        } else if let Some(slip) = slips::find(self.text, start, error.info()) {
            self.add_help("source.yaml", slip.at, &slip.message, slip.help);
        } else {
            self.add("source.yaml", at, error.info());
        }
    }

    /// The end of a collection: its closing bracket, or its last value if it has no bracket.
    fn end(&self, closing: Span, at: SourceRange, last: Option<&Node>) -> usize {
        // The parser's span of a bracket extends to the next token.
        let end = match closing.is_empty() {
            true => last.map_or(at.end, |node| node.at.end),
            false => self.mark(closing).start.saturating_add(1),
        };
        end.max(at.end)
    }

    fn mark(&self, span: Span) -> SourceRange {
        let start = self.places.byte(span.start.index());
        SourceRange { start, end: self.places.byte(span.end.index()).max(start) }
    }

    fn add(&mut self, code: &'static str, at: SourceRange, message: &str) {
        self.findings.push(finding(code, at, message));
    }

    fn add_help(&mut self, code: &'static str, at: SourceRange, message: &str, help: &str) {
        self.findings.push(Diagnostic { help: Some(help.to_owned()), ..finding(code, at, message) });
    }
}

/// Reads a plain scalar by the core schema (YAML 1.2, section 10.3.2). `None` if it is a number that is not finite or beyond
/// 64 bits.
fn plain(text: &str) -> Option<Kind> {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => return Some(Kind::Null),
        "true" | "True" | "TRUE" => return Some(Kind::Bool(true)),
        "false" | "False" | "FALSE" => return Some(Kind::Bool(false)),
        ".nan" | ".NaN" | ".NAN" => return None,
        _ => {}
    }
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    if matches!(unsigned, ".inf" | ".Inf" | ".INF") {
        return None;
    }
    for (prefix, radix) in [("0x", 16), ("0o", 8)] {
        let digits = text.strip_prefix(prefix).filter(|digits| !digits.is_empty());
        if let Some(digits) = digits.filter(|digits| digits.chars().all(|c| c.is_digit(radix))) {
            return i64::from_str_radix(digits, radix).ok().map(Kind::Integer);
        }
    }
    if !unsigned.is_empty() && is_digits(unsigned) {
        return text.parse().ok().map(Kind::Integer);
    }
    if is_float(unsigned) {
        return text.parse().ok().filter(|value: &f64| value.is_finite()).map(Kind::Float);
    }
    Some(Kind::String(text.to_owned()))
}

fn is_float(unsigned: &str) -> bool {
    let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent.strip_prefix(['-', '+']).unwrap_or(exponent))),
        None => (unsigned, None),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let has_digits = !(whole.is_empty() && fraction.is_empty());
    has_digits && is_digits(whole) && is_digits(fraction) && exponent.is_none_or(|e| !e.is_empty() && is_digits(e))
}

fn is_digits(text: &str) -> bool {
    text.bytes().all(|b| b.is_ascii_digit())
}

fn finding(code: &'static str, at: SourceRange, message: &str) -> Diagnostic {
    Diagnostic { code, at, message: message.to_owned(), help: None }
}

fn depth(at: SourceRange) -> Diagnostic {
    finding("source.depth", at, &format!("nested more than {} deep", limits::RULESET_DEPTH))
}

fn duplicate_key(text: &str, name: &str, at: SourceRange, first: SourceRange) -> Diagnostic {
    let line = places::line(text, first.start);
    let help = Some(format!("it is in line {line} already; keep one of them"));
    Diagnostic { help, ..finding("source.duplicate_key", at, &format!("the key `{}` occurs twice", shorten(name))) }
}

/// Truncates a text for a message.
fn shorten(text: &str) -> &str {
    text.char_indices().nth(60).and_then(|(end, _)| text.get(..end)).unwrap_or(text)
}

#[cfg(test)]
mod tests;
