//! Text → nodes with places. YAML 1.2 without what hides meaning: no anchors, aliases, tags or merge keys.

use super::{Diagnostic, Entry, Kind, Mark, Node};
use crate::json;
use crate::limits;
use saphyr_parser::{Event, Parser, ScalarStyle, ScanError, Span, StrInput};

/// Reads one YAML document.
///
/// # Errors
/// What is not YAML, or YAML that a ruleset may not use; each with its place.
pub fn parse_yaml(text: &str) -> Result<Node, Vec<Diagnostic>> {
    let mut builder = Builder { parser: Parser::new_from_str(text), places: places(text), findings: Vec::new() };
    let root = builder.document();
    match root {
        Ok(Some(node)) if builder.findings.is_empty() => Ok(node),
        Ok(Some(_)) => Err(builder.findings),
        Ok(None) => {
            builder.add("source.empty", Mark::default(), "the file holds nothing", None);
            Err(builder.findings)
        }
        Err(Stop) => Err(builder.findings),
    }
}

/// Reads one JSON document: strict JSON, with places.
///
/// # Errors
/// What is not strict JSON, with its place.
pub fn parse_json(text: &str) -> Result<Node, Vec<Diagnostic>> {
    if let Err(error) = json::parse(text.as_bytes(), json::Limits::RULESET) {
        let (code, line, column) = match &error {
            json::JsonError::Utf8 => ("source.json", 1, 1),
            json::JsonError::Duplicate { line, column, .. } => ("source.duplicate_key", *line, *column),
            json::JsonError::Syntax { line, column, .. } => ("source.json", *line, *column),
        };
        let at = place_of(text, line, column);
        let message = match error {
            json::JsonError::Syntax { problem, .. } => problem,
            json::JsonError::Duplicate { name, .. } => format!("the key `{name}` occurs twice"),
            json::JsonError::Utf8 => "not UTF-8".to_owned(),
        };
        return Err(vec![Diagnostic { code, at, message, help: None }]);
    }
    // Strict JSON is YAML, whose reader knows where things are.
    parse_yaml(text)
}

/// Reading cannot go on; the reason is among the findings.
struct Stop;

struct Builder<'a> {
    parser: Parser<'a, StrInput<'a>>,
    /// The byte offset of each character, and of the end: the parser counts characters.
    places: Vec<usize>,
    findings: Vec<Diagnostic>,
}

impl<'a> Builder<'a> {
    fn document(&mut self) -> Result<Option<Node>, Stop> {
        let mut root = None;
        loop {
            let (event, span) = self.next()?;
            match event {
                Event::StreamEnd => return Ok(root),
                Event::StreamStart | Event::DocumentEnd | Event::Nothing => {}
                Event::DocumentStart(_) if root.is_some() => {
                    let at = self.mark(span);
                    self.add("source.documents", at, "a ruleset is one document, and here a second begins", None);
                    return Err(Stop);
                }
                Event::DocumentStart(_) => {}
                event => root = Some(self.node(event, span, 0)?),
            }
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

    fn node(&mut self, event: Event<'a>, span: Span, depth: usize) -> Result<Node, Stop> {
        let at = self.mark(span);
        if depth > limits::RULESET_DEPTH {
            let message = format!("nested more than {} deep", limits::RULESET_DEPTH);
            self.add("source.depth", at, &message, None);
            return Err(Stop);
        }
        let deeper = depth.saturating_add(1);
        match event {
            Event::Scalar(text, style, anchor, tag) => {
                self.plain_only(anchor, tag.is_some(), at);
                let kind = if style == ScalarStyle::Plain { scalar(&text) } else { Kind::String(text.into_owned()) };
                Ok(Node { at, kind })
            }
            Event::SequenceStart(anchor, tag) => {
                self.plain_only(anchor, tag.is_some(), at);
                let mut items = Vec::new();
                loop {
                    match self.next()? {
                        (Event::SequenceEnd, end) => {
                            let at = Mark { end: self.mark(end).end.max(at.end), ..at };
                            return Ok(Node { at, kind: Kind::Sequence(items) });
                        }
                        (event, span) => items.push(self.node(event, span, deeper)?),
                    }
                }
            }
            Event::MappingStart(anchor, tag) => {
                self.plain_only(anchor, tag.is_some(), at);
                self.mapping(at, deeper)
            }
            Event::Alias(_) => {
                let help = Some("write the value out where it is used".to_owned());
                self.add("source.alias", at, "an alias is not allowed: what is signed must read as it is", help);
                Ok(Node { at, kind: Kind::Null })
            }
            _ => {
                self.add("source.yaml", at, "unexpected end", None);
                Err(Stop)
            }
        }
    }

    fn mapping(&mut self, at: Mark, depth: usize) -> Result<Node, Stop> {
        let mut entries: Vec<Entry> = Vec::new();
        let mut names = std::collections::HashSet::new();
        let mut end = at.end;
        loop {
            let (event, span) = self.next()?;
            if matches!(event, Event::MappingEnd) {
                return Ok(Node { at: Mark { end, ..at }, kind: Kind::Mapping(entries) });
            }
            let key = self.node(event, span, depth)?;
            let (event, span) = self.next()?;
            let value = self.node(event, span, depth)?;
            end = end.max(value.at.end);
            let Kind::String(name) = key.kind else {
                let help = Some("put it in quotes if it is meant as text".to_owned());
                self.add("source.key", key.at, "a key must be text", help);
                continue;
            };
            if name == "<<" {
                let help = Some("write the fields out where they are used".to_owned());
                self.add("source.merge_key", key.at, "a merge key is not allowed", help);
                continue;
            }
            if names.insert(name.clone()) {
                entries.push(Entry { key: name, key_at: key.at, value });
            } else {
                self.add("source.duplicate_key", key.at, &format!("the key `{name}` occurs twice"), None);
            }
        }
    }

    fn plain_only(&mut self, anchor: usize, tagged: bool, at: Mark) {
        if anchor != 0 {
            self.add("source.anchor", at, "an anchor is not allowed", None);
        }
        if tagged {
            self.add("source.tag", at, "a tag is not allowed", None);
        }
    }

    fn syntax(&mut self, error: &ScanError) {
        let at = self.offset(error.marker().index());
        let message = error.info().to_owned();
        self.add("source.yaml", Mark { start: at, end: at }, &message, None);
    }

    fn mark(&self, span: Span) -> Mark {
        let start = self.offset(span.start.index());
        Mark { start, end: self.offset(span.end.index()).max(start) }
    }

    fn offset(&self, index: usize) -> usize {
        self.places.get(index).or(self.places.last()).copied().unwrap_or(0)
    }

    fn add(&mut self, code: &'static str, at: Mark, message: &str, help: Option<String>) {
        self.findings.push(Diagnostic { code, at, message: message.to_owned(), help });
    }
}

fn places(text: &str) -> Vec<usize> {
    text.char_indices().map(|(at, _)| at).chain(std::iter::once(text.len())).collect()
}

/// The place of a one-based line and a one-based column in bytes.
fn place_of(text: &str, line: usize, column: usize) -> Mark {
    let before: usize = text.split_inclusive('\n').take(line.saturating_sub(1)).map(str::len).sum();
    let mut start = before.saturating_add(column.saturating_sub(1)).min(text.len());
    while !text.is_char_boundary(start) {
        start = start.saturating_sub(1);
    }
    Mark { start, end: start }
}

/// The core schema of YAML 1.2, section 10.3.2, without octal and hexadecimal numbers.
fn scalar(text: &str) -> Kind {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => return Kind::Null,
        "true" | "True" | "TRUE" => return Kind::Bool(true),
        "false" | "False" | "FALSE" => return Kind::Bool(false),
        _ => {}
    }
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    if digits.starts_with(|c: char| c.is_ascii_digit()) {
        if digits.bytes().all(|b| b.is_ascii_digit()) {
            if let Ok(value) = text.parse() {
                return Kind::Integer(value);
            }
        }
        let numeric = digits.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'.' | b'e' | b'E' | b'-' | b'+'));
        if let (true, Ok(value)) = (numeric, text.parse()) {
            return Kind::Float(value);
        }
    }
    Kind::String(text.to_owned())
}
