//! Reads typed values from nodes and collects all findings.

use crate::author::language::suggest;
use crate::author::language::{Diagnostic, Entry, Kind, Node, SourceRange};
use crate::base::set::Set;
use crate::base::time::{Instant, Span, Window};
use crate::ruleset::model::{Number, Range};
use crate::ruleset::outcome::{Basis, Outcome};
use std::collections::BTreeSet;

/// All outcomes, least strict first.
pub(super) const OUTCOMES: [Outcome; 5] =
    [Outcome::Allow, Outcome::Degrade, Outcome::StepUp, Outcome::Review, Outcome::Deny];

/// Collects findings, so that an author sees all errors at once.
#[derive(Debug, Default)]
pub(super) struct Findings(Vec<Diagnostic>);

impl Findings {
    pub(super) fn into_vec(self) -> Vec<Diagnostic> {
        self.0
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn add(&mut self, code: &'static str, at: SourceRange, message: String) {
        self.0.push(Diagnostic { code, at, message, help: None });
    }

    pub(super) fn add_help(&mut self, code: &'static str, at: SourceRange, message: String, help: String) {
        self.0.push(Diagnostic { code, at, message, help: Some(help) });
    }

    /// Adds a finding for an unknown name. The help suggests the nearest known name. If none is near, it lists all of them,
    /// provided that they are few.
    pub(super) fn unknown<'a>(
        &mut self,
        code: &'static str,
        at: SourceRange,
        message: String,
        word: &str,
        known: impl Iterator<Item = &'a str> + Clone,
    ) {
        let help = match suggest::nearest(word, known.clone()) {
            Some(near) => Some(format!("did you mean `{near}`?")),
            None => {
                let all: Vec<String> = known.take(13).map(|name| format!("`{name}`")).collect();
                (!all.is_empty() && all.len() < 13).then(|| format!("known here: {}", all.join(", ")))
            }
        };
        self.0.push(Diagnostic { code, at, message, help });
    }

    /// Adds a finding for a role that is neither built in nor declared.
    pub(super) fn unknown_role<'a>(
        &mut self,
        at: SourceRange,
        role: &str,
        known: impl Iterator<Item = &'a str> + Clone,
    ) {
        let declare = format!("declare it with `roles: [{}]`", shorten(role));
        let help = match suggest::nearest(role, known) {
            Some(near) => format!("did you mean `{near}`? Otherwise {declare}"),
            None => declare,
        };
        self.add_help("ruleset.unknown_role", at, format!("there is no role `{}`", shorten(role)), help);
    }

    /// Adds a finding for a field with the name of an outcome: `deny: {}` instead of `outcome: deny`.
    fn outcome_as_field(&mut self, entry: &Entry, message: String) {
        let help = format!("write `outcome: {}`", entry.key);
        self.add_help("ruleset.unknown_field", entry.key_at, message, help);
    }

    fn wrong_type(&mut self, node: &Node, what: &str, wanted: &str) {
        let help = match &node.kind {
            Kind::String(text) if wanted.starts_with("`true`") && matches!(text.as_str(), "yes" | "on" | "Yes") => {
                Some("write `true`")
            }
            Kind::String(text) if wanted.starts_with("`true`") && matches!(text.as_str(), "no" | "off" | "No") => {
                Some("write `false`")
            }
            Kind::String(text) if text.parse::<f64>().is_ok() || text.parse::<bool>().is_ok() => {
                Some("leave out the quotes").filter(|_| wanted != "a list" && wanted != "a mapping")
            }
            Kind::Bool(_) | Kind::Integer(_) | Kind::Float(_) if wanted == "text" => Some("put it in quotes"),
            Kind::Mapping(_) if wanted == "a list" => Some("begin each entry with `- `, or put it into `[ ]`"),
            _ => None,
        };
        let found = match &node.kind {
            Kind::Null => "nothing".to_owned(),
            Kind::Bool(value) => format!("the truth value `{value}`"),
            Kind::Integer(value) => format!("the number `{value}`"),
            Kind::Float(_) => "a number with a fraction".to_owned(),
            Kind::String(text) => format!("the text `{}`", shorten(text)),
            Kind::Sequence(_) => "a list".to_owned(),
            Kind::Mapping(_) => "a mapping".to_owned(),
        };
        let message = format!("expected {wanted} for {what}, found {found}");
        self.0.push(Diagnostic { code: "ruleset.type", at: node.at, message, help: help.map(str::to_owned) });
    }

    pub(super) fn text<'a>(&mut self, node: &'a Node, what: &str) -> Option<&'a str> {
        match &node.kind {
            Kind::String(text) if !text.trim().is_empty() => Some(text),
            Kind::String(_) => {
                self.add("ruleset.empty", node.at, format!("{what} is empty"));
                None
            }
            _ => {
                self.wrong_type(node, what, "text");
                None
            }
        }
    }

    /// Reads a name that is safe in a URL, a header and a log line.
    pub(super) fn id<'a>(&mut self, node: &'a Node, what: &str) -> Option<&'a str> {
        let text = self.text(node, what)?;
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-' | '/' | ':' | '@' | '+');
        if text.len() > crate::base::limits::NAME_BYTES || !text.chars().all(plain) {
            self.add_help(
                "ruleset.id",
                node.at,
                format!("`{}` cannot be the name of {what}", shorten(text)),
                "use ASCII letters, digits and . _ - / : @ +, at most 256".to_owned(),
            );
            return None;
        }
        Some(text)
    }

    pub(super) fn bool(&mut self, node: &Node, what: &str) -> Option<bool> {
        let Kind::Bool(value) = node.kind else {
            self.wrong_type(node, what, "`true` or `false`");
            return None;
        };
        Some(value)
    }

    pub(super) fn integer(&mut self, node: &Node, what: &str, range: std::ops::RangeInclusive<i64>) -> Option<i64> {
        match node.kind {
            Kind::Integer(value) if range.contains(&value) => Some(value),
            _ => {
                let wanted = match *range.end() {
                    i64::MAX => format!("a whole number from {}", range.start()),
                    end => format!("a whole number from {} to {end}", range.start()),
                };
                self.wrong_type(node, what, &wanted);
                None
            }
        }
    }

    pub(super) fn number(&mut self, node: &Node, what: &str) -> Option<f64> {
        match node.kind {
            #[expect(clippy::as_conversions, reason = "beyond 2^53 the nearest, as in JSON")]
            #[expect(clippy::cast_precision_loss, reason = "as above")]
            Kind::Integer(value) => Some(value as f64),
            Kind::Float(value) if value.is_finite() => Some(value),
            _ => {
                self.wrong_type(node, what, "a number");
                None
            }
        }
    }

    pub(super) fn instant(&mut self, node: &Node, what: &str) -> Option<Instant> {
        let text = self.text(node, what)?;
        let instant = Instant::parse(text);
        if instant.is_none() {
            self.add_help(
                "ruleset.instant",
                node.at,
                format!("`{}` is not an instant", shorten(text)),
                "write it as RFC 3339 with a zone, such as `2026-06-12T22:51:00Z`".to_owned(),
            );
        }
        instant
    }

    pub(super) fn span(&mut self, node: &Node, what: &str) -> Option<Span> {
        let text = self.text(node, what)?;
        let span = text.parse().ok();
        if span.is_none() {
            self.add_help(
                "ruleset.span",
                node.at,
                format!("`{}` is not a length of time", shorten(text)),
                "write a whole number and one of s, m, h, d, such as `30d`".to_owned(),
            );
        }
        span
    }

    /// Returns the items of a list, which must not be empty.
    pub(super) fn list<'a>(&mut self, node: &'a Node, what: &str) -> Option<&'a [Node]> {
        match &node.kind {
            Kind::Sequence(items) if !items.is_empty() => Some(items),
            Kind::Sequence(_) => {
                self.add("ruleset.empty", node.at, format!("{what} is an empty list"));
                None
            }
            _ => {
                self.wrong_type(node, what, "a list");
                None
            }
        }
    }

    /// Returns the items of a list, or a single value as the only item.
    pub(super) fn one_or_more<'a>(&mut self, node: &'a Node, what: &str) -> &'a [Node] {
        match &node.kind {
            Kind::Sequence(_) => self.list(node, what).unwrap_or_default(),
            _ => std::slice::from_ref(node),
        }
    }

    pub(super) fn texts(&mut self, node: &Node, what: &str) -> Set<String> {
        let items = self.one_or_more(node, what);
        items.iter().filter_map(|item| self.text(item, what).map(str::to_owned)).collect()
    }

    /// Reads one or more names. Unknown names are reported.
    pub(super) fn names(
        &mut self,
        node: &Node,
        what: &'static str,
        code: &'static str,
        known: &BTreeSet<String>,
    ) -> Set<String> {
        let items = self.one_or_more(node, what);
        items.iter().filter_map(|item| self.name(item, what, code, known)).collect()
    }

    pub(super) fn name(
        &mut self,
        node: &Node,
        what: &'static str,
        code: &'static str,
        known: &BTreeSet<String>,
    ) -> Option<String> {
        let text = self.text(node, what)?;
        if !known.contains(text) {
            let message = format!("there is no {what} `{}`", shorten(text));
            self.unknown(code, node.at, message, text, known.iter().map(String::as_str));
            return None;
        }
        Some(text.to_owned())
    }

    pub(super) fn window(&mut self, from: Option<&Node>, until: Option<&Node>) -> Window {
        let window = Window {
            from: from.and_then(|node| self.instant(node, "`from`")),
            until: until.and_then(|node| self.instant(node, "`until`")),
        };
        if let (true, Some(until)) = (window.is_empty(), until) {
            self.add("ruleset.window", until.at, "`until` is not after `from`, so the window is empty".to_owned());
        }
        window
    }

    /// Adds a finding for a value that must be inside a mapping. `help` shows the correct form.
    pub(super) fn needs_mapping(&mut self, node: &Node, what: &str, help: &str) {
        self.wrong_type(node, what, "a mapping");
        if let Some(finding) = self.0.last_mut() {
            finding.help = Some(help.to_owned());
        }
    }

    pub(super) fn basis(&mut self, node: &Node) -> Option<Basis> {
        if let Kind::String(_) = node.kind {
            self.needs_mapping(node, "a basis", "write `{ citation: \"…\" }`");
            return None;
        }
        let mut fields = Fields::new(self, node, "a basis")?;
        let citation = fields.need(self, "citation").and_then(|node| self.text(node, "`citation`"));
        let url = fields.take("url").and_then(|node| {
            let text = self.text(node, "`url`")?;
            let web = text.starts_with("https://") || text.starts_with("http://");
            if !web || text.chars().any(|c| c.is_whitespace() || c.is_control() || matches!(c, '<' | '>' | '"')) {
                self.add("ruleset.url", node.at, format!("`{}` is not a web address", shorten(text)));
            }
            Some(text.to_owned())
        });
        let as_of = fields.take("as_of").and_then(|node| {
            let instant = self.instant(node, "`as_of`")?;
            Some(instant.to_string().chars().take(10).collect())
        });
        fields.done(self);
        Some(Basis { citation: citation?.to_owned(), url, as_of })
    }
}

/// The fields of one mapping. `done` reports the fields that were never taken.
#[derive(Debug)]
pub(super) struct Fields<'a> {
    what: &'static str,
    pub(super) at: SourceRange,
    entries: &'a [Entry],
    known: Vec<&'static str>,
}

impl<'a> Fields<'a> {
    pub(super) fn new(findings: &mut Findings, node: &'a Node, what: &'static str) -> Option<Self> {
        let Kind::Mapping(entries) = &node.kind else {
            findings.wrong_type(node, what, "a mapping");
            return None;
        };
        Some(Self { what, at: node.at, entries, known: Vec::new() })
    }

    pub(super) fn take(&mut self, name: &'static str) -> Option<&'a Node> {
        if !self.known.contains(&name) {
            self.known.push(name);
        }
        self.entries.iter().find(|entry| entry.key == name).map(|entry| &entry.value)
    }

    pub(super) fn need(&mut self, findings: &mut Findings, name: &'static str) -> Option<&'a Node> {
        let found = self.take(name);
        if found.is_none() {
            findings.add("ruleset.missing_field", self.at, format!("{} needs `{name}`", self.what));
        }
        found
    }

    pub(super) fn done(self, findings: &mut Findings) {
        #[cfg(test)]
        crate::author::language::taken::record(self.what, &self.known);
        for entry in self.entries {
            if !self.known.contains(&entry.key.as_str()) {
                let message = format!("`{}` is not a field of {}", shorten(&entry.key), self.what);
                let is_outcome = OUTCOMES.iter().any(|outcome| outcome.as_str() == entry.key);
                if is_outcome && self.known.contains(&"outcome") {
                    findings.outcome_as_field(entry, message);
                    continue;
                }
                findings.unknown(
                    "ruleset.unknown_field",
                    entry.key_at,
                    message,
                    &entry.key,
                    self.known.iter().copied(),
                );
            }
        }
    }
}

/// Truncates a text for a message.
pub(super) fn shorten(text: &str) -> &str {
    match text.char_indices().nth(60) {
        Some((end, _)) => text.get(..end).unwrap_or(text),
        None => text,
    }
}

pub(super) fn pointer(findings: &mut Findings, node: &Node) -> Option<String> {
    let text = findings.text(node, "a JSON Pointer")?;
    let escapes_end = text.split('~').skip(1).all(|rest| rest.starts_with(['0', '1']));
    if !text.starts_with('/') || !escapes_end {
        findings.add_help(
            "ruleset.pointer",
            node.at,
            format!("`{}` is not a JSON Pointer to a claim", shorten(text)),
            "write it as in RFC 6901, such as `/verified_claims/claims/us_status`".to_owned(),
        );
        return None;
    }
    Some(text.to_owned())
}

/// One entry of a condition or of a model scope.
pub(super) enum Branch<'a> {
    All(&'a [Node]),
    Any(&'a [Node]),
    Not(&'a Node),
    Named(&'a Entry),
}

pub(super) fn branches<'a>(findings: &mut Findings, node: &'a Node, what: &'static str) -> Vec<Branch<'a>> {
    let Kind::Mapping(entries) = &node.kind else {
        let message = format!("expected a mapping of names to values for {what}");
        let help = match &node.kind {
            Kind::Sequence(_) => {
                "write `{ all: [ … ] }` where all of them must hold, `{ any: [ … ] }` where one is enough"
            }
            _ => "write `{ NAME: VALUE }`",
        };
        findings.add_help("ruleset.type", node.at, message, help.to_owned());
        return Vec::new();
    };
    if entries.is_empty() {
        findings.add("ruleset.empty", node.at, format!("{what} is empty"));
    }
    entries
        .iter()
        .filter_map(|entry| match entry.key.as_str() {
            "all" => findings.list(&entry.value, "`all`").map(Branch::All),
            "any" => findings.list(&entry.value, "`any`").map(Branch::Any),
            "not" => Some(Branch::Not(&entry.value)),
            _ => Some(Branch::Named(entry)),
        })
        .collect()
}

/// Reads `at_least` and `at_most`. At least one is required.
pub(super) fn range(findings: &mut Findings, fields: &mut Fields<'_>) -> Range {
    let (low, high) = (fields.take("at_least"), fields.take("at_most"));
    if low.is_none() && high.is_none() {
        findings.add("ruleset.empty", fields.at, "the range has neither `at_least` nor `at_most`".to_owned());
    }
    let at_least = low.and_then(|node| findings.number(node, "`at_least`"));
    let at_most = high.and_then(|node| findings.number(node, "`at_most`"));
    if matches!((at_least, at_most), (Some(low), Some(high)) if low > high) {
        findings.add("ruleset.range", fields.at, "`at_least` is more than `at_most`".to_owned());
    }
    Range { at_least: at_least.map(Number), at_most: at_most.map(Number) }
}
