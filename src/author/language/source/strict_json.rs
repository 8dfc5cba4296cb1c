//! JSON → nodes with locations. `json::parse` defines strict JSON. This module adds the locations, and reports all duplicate
//! keys instead of the first one.

use super::{depth, duplicate_key, finding};
use crate::author::language::{Diagnostic, Entry, Kind, Node, SourceRange};
use crate::base::json::{self, JsonError, Limits};
use crate::base::limits;
use std::collections::HashMap;

pub(super) fn parse(text: &str) -> Result<Node, Vec<Diagnostic>> {
    match json::parse(text.as_bytes(), Limits::RULESET) {
        // After a duplicate key the text is still read, to find the others.
        Ok(_) | Err(JsonError::Duplicate { .. }) => {}
        Err(JsonError::Utf8) => return Err(vec![finding("source.json", SourceRange::default(), "not UTF-8")]),
        Err(JsonError::Syntax { problem, line, column }) => {
            return Err(vec![finding("source.json", place(text, line, column), &problem)]);
        }
    }
    let mut walk = Walk { text, at: 0, findings: Vec::new() };
    let root = walk.value(0);
    walk.space();
    if root.is_some() && walk.at < text.len() {
        walk.stop::<()>("nothing may follow the value");
    }
    match root {
        Some(node) if walk.findings.is_empty() => Ok(node),
        _ => Err(walk.findings),
    }
}

/// Reads JSON from the front. Methods return `None` if reading cannot continue. The reason is then among the findings.
struct Walk<'a> {
    text: &'a str,
    at: usize,
    findings: Vec<Diagnostic>,
}

impl<'a> Walk<'a> {
    /// Reads a value inside `deep` collections.
    fn value(&mut self, deep: usize) -> Option<Node> {
        self.space();
        let start = self.at;
        let open = self.rest().chars().next();
        if matches!(open, Some('[' | '{')) && deep >= limits::RULESET_DEPTH {
            self.findings.push(depth(SourceRange { start, end: start.saturating_add(1) }));
            return None;
        }
        let kind = match open {
            Some('[') => Kind::Sequence(self.array(deep.saturating_add(1))?),
            Some('{') => Kind::Mapping(self.object(deep.saturating_add(1))?),
            _ => self.scalar()?,
        };
        Some(Node { at: SourceRange { start, end: self.at }, kind })
    }

    fn array(&mut self, deep: usize) -> Option<Vec<Node>> {
        let mut items = Vec::new();
        self.take('[');
        if self.take(']') {
            return Some(items);
        }
        loop {
            items.push(self.value(deep)?);
            if self.take(']') {
                return Some(items);
            }
            self.need(',', "expected `,` or `]`")?;
        }
    }

    fn object(&mut self, deep: usize) -> Option<Vec<Entry>> {
        let mut entries = Vec::new();
        let mut names: HashMap<String, SourceRange> = HashMap::new();
        self.take('{');
        if self.take('}') {
            return Some(entries);
        }
        loop {
            self.space();
            let start = self.at;
            let Kind::String(key) = self.scalar()? else {
                self.at = start;
                return self.stop("expected a key, which is text");
            };
            let key_at = SourceRange { start, end: self.at };
            self.need(':', "expected `:`")?;
            let value = self.value(deep)?;
            if let Some(first) = names.get(&key) {
                self.findings.push(duplicate_key(self.text, &key, key_at, *first));
            } else {
                names.insert(key.clone(), key_at);
                entries.push(Entry { key, key_at, value });
            }
            if self.take('}') {
                return Some(entries);
            }
            self.need(',', "expected `,` or `}`")?;
        }
    }

    fn scalar(&mut self) -> Option<Kind> {
        let written = self.rest().get(..self.scalar_length()).unwrap_or_default();
        let Ok(value) = json::parse(written.as_bytes(), Limits::RULESET) else {
            return self.stop("expected a value");
        };
        self.at = self.at.saturating_add(written.len());
        Some(Node::from(value).kind)
    }

    /// The length of the text or word at the front.
    fn scalar_length(&self) -> usize {
        let rest = self.rest();
        let mut escaped = false;
        if let Some(inner) = rest.strip_prefix('"') {
            let end = inner.bytes().position(|byte| {
                let closes = byte == b'"' && !escaped;
                escaped = byte == b'\\' && !escaped;
                closes
            });
            return end.map_or(rest.len(), |end| end.saturating_add(2));
        }
        rest.find([' ', '\t', '\n', '\r', ',', ':', ']', '}', '[', '{', '"']).unwrap_or(rest.len())
    }

    fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn space(&mut self) {
        let rest = self.rest();
        let space = rest.len().saturating_sub(rest.trim_start_matches([' ', '\t', '\n', '\r']).len());
        self.at = self.at.saturating_add(space);
    }

    fn take(&mut self, sign: char) -> bool {
        self.space();
        let found = self.rest().starts_with(sign);
        self.at = self.at.saturating_add(if found { sign.len_utf8() } else { 0 });
        found
    }

    fn need(&mut self, sign: char, problem: &str) -> Option<()> {
        if self.take(sign) { Some(()) } else { self.stop(problem) }
    }

    fn stop<T>(&mut self, problem: &str) -> Option<T> {
        self.findings.push(finding("source.json", SourceRange { start: self.at, end: self.at }, problem));
        None
    }
}

/// The location of a one-based line and a one-based column in bytes.
fn place(text: &str, line: usize, column: usize) -> SourceRange {
    let before: usize = text.split_inclusive('\n').take(line.saturating_sub(1)).map(str::len).sum();
    let mut start = before.saturating_add(column.saturating_sub(1)).min(text.len());
    while !text.is_char_boundary(start) {
        start = start.saturating_sub(1);
    }
    SourceRange { start, end: start }
}
