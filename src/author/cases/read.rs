//! Document → cases. All findings are collected. A document with findings yields no cases.
//!
//! Longer than other files: the fields of each construct of a case, with their findings.

use super::{
    Authorization, Case, CaseAssurance, CaseContext, CaseEvidence, CaseFile, CasePlace, CaseProviso, Expectation,
    ExpectedOutcome, Geo,
};
use crate::author::language::suggest;
use crate::author::language::{Diagnostic, Entry, Kind, Node, SourceRange};
use crate::base::time::Instant;
use std::collections::{BTreeMap, BTreeSet};

/// Reads a file of cases.
///
/// # Errors
/// All findings, in the order of the text, each with its code and location.
pub fn read(document: &Node) -> Result<CaseFile, Vec<Diagnostic>> {
    let mut findings = CaseFindings::default();
    if let (Some(rules), None) = (document.field("rules"), document.field("cases")) {
        let help = "run it with `brightline check`".to_owned();
        findings.add_help("case.is_ruleset", rules.key_at, "this is a ruleset, not a file of cases".to_owned(), help);
        return Err(findings.0);
    }
    let file = file(&mut findings, document);
    findings.0.sort_by_key(|finding| finding.at.start);
    match file {
        Some(file) if findings.0.is_empty() => Ok(file),
        _ => Err(findings.0),
    }
}

fn file(findings: &mut CaseFindings, document: &Node) -> Option<CaseFile> {
    let mut fields = CaseFields::new(findings, document, "a file of cases")?;
    let meta = fields.take("meta").cloned();
    let rulesets = fields.take("rulesets").map(|node| rulesets(findings, node)).unwrap_or_default();
    let nodes = fields.need(findings, "cases").and_then(|node| findings.list(node, "`cases`"));
    if let Some((node, [])) = fields.take("cases").zip(nodes) {
        findings.add("case.empty", node.at, "there are no cases".to_owned());
    }
    fields.done(findings);
    let cases = nodes.unwrap_or_default().iter().filter_map(|node| case(findings, node)).collect::<Vec<_>>();
    distinct(findings, &cases);
    Some(CaseFile { meta, rulesets, cases })
}

/// Checks that ids are unique and that each issuer has one class. With two classes, a ruleset that trusts issuers by class
/// would be ambiguous.
fn distinct(findings: &mut CaseFindings, cases: &[Case]) {
    let mut ids = BTreeSet::new();
    let mut classes = BTreeMap::new();
    for case in cases {
        if !ids.insert(&case.id) {
            findings.add("case.duplicate", case.place, format!("there are two cases `{}`", shorten(&case.id)));
        }
        for CaseEvidence { issuer, class, value, .. } in &case.evidence {
            let Some(class) = class else { continue };
            let first = *classes.entry(issuer).or_insert(class);
            if first != class {
                let [issuer, first, class] = [issuer, first, class].map(|text| shorten(text));
                let message = format!("the issuer `{issuer}` is of class `{class}` here and of class `{first}` before");
                findings.add("case.issuer_class", value.at, message);
            }
        }
    }
}

fn rulesets(findings: &mut CaseFindings, node: &Node) -> BTreeMap<String, String> {
    let mut files = BTreeMap::new();
    for entry in findings.mapping(node, "`rulesets`").unwrap_or_default() {
        if entry.key.is_empty() || entry.key.contains(['+', '=']) {
            let message = format!("`{}` cannot be the name of a ruleset", shorten(&entry.key));
            let help = "use a letter or a word without `+` and `=`".to_owned();
            findings.add_help("case.id", entry.key_at, message, help);
        }
        files.extend(findings.text(&entry.value, "a ruleset's file").map(|file| (entry.key.clone(), file)));
    }
    files
}

fn case(findings: &mut CaseFindings, node: &Node) -> Option<Case> {
    let mut fields = CaseFields::new(findings, node, "a case")?;
    let id = fields.need_text(findings, "id");
    let title = fields.text(findings, "title");
    let ruleset_place = fields.take("ruleset").map(|node| node.at).unwrap_or_default();
    let ruleset = fields.need(findings, "ruleset").and_then(|node| applied(findings, node));
    let at = fields.need(findings, "at").and_then(|node| findings.instant(node, "`at`"));
    let (model, action) = (fields.need_text(findings, "model"), fields.need_text(findings, "action"));
    let purpose = fields.text(findings, "purpose");
    let evidence = fields.each(findings, "evidence", evidence);
    let context = fields.take("context").and_then(|node| context(findings, node)).unwrap_or_default();
    let chain = fields.each(findings, "chain", party);
    let authorizations = fields.each(findings, "authorizations", authorization);
    let expect = fields.need(findings, "expect").and_then(|node| expectation(findings, node));
    let why = fields.text(findings, "why");
    let (cite, tags) = (fields.texts(findings, "cite"), fields.texts(findings, "tags"));
    fields.done(findings);
    Some(Case {
        id: id?,
        ruleset: ruleset?,
        title,
        at: at?,
        model: model?,
        action: action?,
        purpose,
        evidence,
        context,
        chain,
        authorizations,
        expect: expect?,
        why,
        cite,
        tags,
        place: node.at,
        ruleset_place,
    })
}

/// Reads the names of rulesets: `A`, or `A+C` if both apply.
fn applied(findings: &mut CaseFindings, node: &Node) -> Option<Vec<String>> {
    let names = findings.text(node, "`ruleset`")?;
    let names: Vec<String> = names.split('+').map(|name| name.trim().to_owned()).collect();
    let mut seen = BTreeSet::new();
    if let Some(name) = names.iter().find(|name| name.is_empty() || !seen.insert(*name)) {
        let message = match name.is_empty() {
            true => "a name is missing next to `+`".to_owned(),
            false => format!("the ruleset `{}` is named twice", shorten(name)),
        };
        findings.add_help("case.ruleset", node.at, message, "write it as `A`, or `A+C` where both apply".to_owned());
        return None;
    }
    Some(names)
}

fn evidence(findings: &mut CaseFindings, node: &Node) -> Option<CaseEvidence> {
    let mut fields = CaseFields::new(findings, node, "a piece of evidence")?;
    let path = fields.need_text(findings, "path");
    let value = fields.need(findings, "value").cloned();
    let class = fields.text(findings, "class");
    let issuer = fields.need(findings, "issuer").and_then(|node| issuer_id(findings, node));
    let assurance = fields
        .take("assurance")
        .and_then(|node| findings.word(node, "`assurance`", CaseAssurance::ALL, CaseAssurance::as_str));
    let (verified_at, expires_at) = (fields.instant(findings, "verified_at"), fields.instant(findings, "expires_at"));
    let (status, of) = (fields.text(findings, "status"), fields.text(findings, "of"));
    fields.done(findings);
    Some(CaseEvidence {
        path: path?,
        value: value?,
        class,
        issuer: issuer?,
        assurance,
        verified_at,
        expires_at,
        status,
        of,
    })
}

/// Reads the id of an issuer. As in a ruleset, it must not contain a colon.
fn issuer_id(findings: &mut CaseFindings, node: &Node) -> Option<String> {
    let id = findings.name(node, "an issuer")?;
    if id.contains(':') {
        let message = format!("the id `{}` of an issuer has a colon in it", shorten(&id));
        findings.add_help("case.id", node.at, message, "write it with `-` or `.` instead".to_owned());
        return None;
    }
    Some(id)
}

fn context(findings: &mut CaseFindings, node: &Node) -> Option<CaseContext> {
    let mut context = CaseContext::default();
    for entry in findings.mapping(node, "`context`")? {
        let elsewhere = match entry.key.as_str() {
            "geo" => {
                context.geo = geo(findings, &entry.value);
                continue;
            }
            "places" => "`geo`",
            "purpose" => "`purpose` of the case",
            "chain" => "`chain` of the case",
            _ => {
                context.attributes.insert(entry.key.clone(), entry.value.clone());
                continue;
            }
        };
        let message = format!("`{}` does not belong in the context of a case", entry.key);
        findings.add_help("case.unknown_field", entry.key_at, message, format!("write it as {elsewhere}"));
    }
    Some(context)
}

fn geo(findings: &mut CaseFindings, node: &Node) -> Option<Geo> {
    let mut fields = CaseFields::new(findings, node, "`geo`")?;
    let place = place_fields(findings, &mut fields);
    let others = fields.each(findings, "others", |findings, node| {
        let mut fields = CaseFields::new(findings, node, "a place")?;
        let place = place_fields(findings, &mut fields);
        fields.done(findings);
        place
    });
    fields.done(findings);
    Some(Geo { place: place?, others })
}

fn place_fields(findings: &mut CaseFindings, fields: &mut CaseFields<'_>) -> Option<CasePlace> {
    let country = fields.need_text(findings, "country");
    let [region, source, quality] = ["region", "source", "quality"].map(|name| fields.text(findings, name));
    Some(CasePlace { country: country?, region, source, quality })
}

/// Checks that a party has a role. The engine reads its other members.
fn party(findings: &mut CaseFindings, node: &Node) -> Option<Node> {
    let mut fields = CaseFields::new(findings, node, "a party of the chain")?;
    fields.need_text(findings, "role")?;
    Some(node.clone())
}

fn authorization(findings: &mut CaseFindings, node: &Node) -> Option<Authorization> {
    let mut fields = CaseFields::new(findings, node, "an authorization")?;
    let kind = fields.need_text(findings, "type");
    let number = fields.need(findings, "number").and_then(|node| findings.name(node, "an authorization"));
    let [models, actions, end_uses] = ["models", "actions", "end_uses"].map(|name| fields.texts(findings, name));
    let [valid_from, valid_until, revoked] =
        ["valid_from", "valid_until", "revoked"].map(|name| fields.instant(findings, name));
    let provisos = fields.each(findings, "provisos", proviso);
    fields.done(findings);
    let place = node.at;
    Some(Authorization {
        kind: kind?,
        number: number?,
        models,
        actions,
        end_uses,
        valid_from,
        valid_until,
        revoked,
        provisos,
        place,
    })
}

fn proviso(findings: &mut CaseFindings, node: &Node) -> Option<CaseProviso> {
    let mut fields = CaseFields::new(findings, node, "a proviso")?;
    let id = fields.need(findings, "id").and_then(|node| findings.name(node, "a proviso"));
    let satisfied = fields.need(findings, "satisfied").and_then(|node| findings.bool(node, "`satisfied`"));
    let until = fields.instant(findings, "until");
    fields.done(findings);
    Some(CaseProviso { id: id?, satisfied: satisfied?, until })
}

fn expectation(findings: &mut CaseFindings, node: &Node) -> Option<Expectation> {
    let mut fields = CaseFields::new(findings, node, "an expectation")?;
    let outcome = fields.need(findings, "outcome");
    let outcome =
        outcome.and_then(|node| findings.word(node, "`outcome`", ExpectedOutcome::ALL, ExpectedOutcome::as_str));
    let [reason, fallback, fallback_action, interim] =
        ["reason", "fallback", "fallback_action", "interim"].map(|name| fields.text(findings, name));
    fields.done(findings);
    Some(Expectation { outcome: outcome?, reason, fallback, fallback_action, interim })
}

// ── Typed values ──

#[derive(Default)]
struct CaseFindings(Vec<Diagnostic>);

impl CaseFindings {
    fn add(&mut self, code: &'static str, at: SourceRange, message: String) {
        self.0.push(Diagnostic { code, at, message, help: None });
    }

    fn add_help(&mut self, code: &'static str, at: SourceRange, message: String, help: String) {
        self.0.push(Diagnostic { code, at, message, help: Some(help) });
    }

    /// Adds a finding for an unknown word. The help suggests the nearest known word, or lists all of them if none is near.
    fn unknown(&mut self, code: &'static str, at: SourceRange, message: String, word: &str, known: &[&str]) {
        let help = suggest::nearest(word, known.iter().copied()).map_or_else(
            || format!("known here: {}", known.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")),
            |near| format!("did you mean `{near}`?"),
        );
        self.add_help(code, at, message, help);
    }

    fn wrong_type(&mut self, node: &Node, what: &str, wanted: &str) {
        let found = match &node.kind {
            Kind::Null => "nothing".to_owned(),
            Kind::Bool(value) => format!("the truth value `{value}`"),
            Kind::Integer(value) => format!("the number `{value}`"),
            Kind::Float(_) => "a number with a fraction".to_owned(),
            Kind::String(text) => format!("the text `{}`", shorten(text)),
            Kind::Sequence(_) => "a list".to_owned(),
            Kind::Mapping(_) => "a mapping".to_owned(),
        };
        self.add("case.type", node.at, format!("expected {wanted} for {what}, found {found}"));
    }

    fn text(&mut self, node: &Node, what: &str) -> Option<String> {
        match &node.kind {
            Kind::String(text) if !text.trim().is_empty() => return Some(text.clone()),
            Kind::String(_) => self.add("case.empty", node.at, format!("{what} is empty")),
            _ => self.wrong_type(node, what, "text"),
        }
        None
    }

    /// Reads a text that becomes a name in a ruleset, where only these characters are allowed.
    fn name(&mut self, node: &Node, what: &str) -> Option<String> {
        let text = self.text(node, what)?;
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-' | '/' | ':' | '@' | '+');
        if text.len() > crate::base::limits::NAME_BYTES || !text.chars().all(plain) {
            let message = format!("`{}` cannot be the name of {what}", shorten(&text));
            let help = "use ASCII letters, digits and . _ - / : @ +, at most 256".to_owned();
            self.add_help("case.id", node.at, message, help);
            return None;
        }
        Some(text)
    }

    fn word<T: Copy, const N: usize>(
        &mut self,
        node: &Node,
        what: &str,
        all: [T; N],
        written: fn(T) -> &'static str,
    ) -> Option<T> {
        let text = self.text(node, what)?;
        let found = all.into_iter().find(|word| written(*word) == text);
        if found.is_none() {
            let message = format!("`{}` is not a value of {what}", shorten(&text));
            self.unknown("case.unknown_value", node.at, message, &text, &all.map(written));
        }
        found
    }

    fn bool(&mut self, node: &Node, what: &str) -> Option<bool> {
        let Kind::Bool(value) = node.kind else {
            self.wrong_type(node, what, "`true` or `false`");
            return None;
        };
        Some(value)
    }

    fn instant(&mut self, node: &Node, what: &str) -> Option<Instant> {
        let text = self.text(node, what)?;
        let instant = Instant::parse(&text);
        if instant.is_none() {
            let help = "write it as RFC 3339 with a zone, such as `2026-06-12T22:51:00Z`, or as a date".to_owned();
            self.add_help("case.instant", node.at, format!("`{}` is not an instant", shorten(&text)), help);
        }
        instant
    }

    fn list<'a>(&mut self, node: &'a Node, what: &str) -> Option<&'a [Node]> {
        let Kind::Sequence(items) = &node.kind else {
            self.wrong_type(node, what, "a list");
            return None;
        };
        Some(items)
    }

    fn mapping<'a>(&mut self, node: &'a Node, what: &str) -> Option<&'a [Entry]> {
        let Kind::Mapping(entries) = &node.kind else {
            self.wrong_type(node, what, "a mapping");
            return None;
        };
        Some(entries)
    }
}

/// The fields of one mapping. `done` reports the fields that were never taken.
struct CaseFields<'a> {
    what: &'static str,
    at: SourceRange,
    entries: &'a [Entry],
    known: Vec<&'static str>,
}

impl<'a> CaseFields<'a> {
    fn new(findings: &mut CaseFindings, node: &'a Node, what: &'static str) -> Option<Self> {
        Some(Self { what, at: node.at, entries: findings.mapping(node, what)?, known: Vec::new() })
    }

    fn take(&mut self, name: &'static str) -> Option<&'a Node> {
        if !self.known.contains(&name) {
            self.known.push(name);
        }
        self.entries.iter().find(|entry| entry.key == name).map(|entry| &entry.value)
    }

    fn need(&mut self, findings: &mut CaseFindings, name: &'static str) -> Option<&'a Node> {
        let found = self.take(name);
        if found.is_none() {
            findings.add("case.missing_field", self.at, format!("{} needs `{name}`", self.what));
        }
        found
    }

    fn text(&mut self, findings: &mut CaseFindings, name: &'static str) -> Option<String> {
        self.take(name).and_then(|node| findings.text(node, &format!("`{name}`")))
    }

    fn need_text(&mut self, findings: &mut CaseFindings, name: &'static str) -> Option<String> {
        self.need(findings, name).and_then(|node| findings.text(node, &format!("`{name}`")))
    }

    fn instant(&mut self, findings: &mut CaseFindings, name: &'static str) -> Option<Instant> {
        self.take(name).and_then(|node| findings.instant(node, &format!("`{name}`")))
    }

    fn texts(&mut self, findings: &mut CaseFindings, name: &'static str) -> Vec<String> {
        self.each(findings, name, |findings, node| findings.text(node, &format!("an entry of `{name}`")))
    }

    /// Reads the items of a list, which may be absent.
    fn each<T>(
        &mut self,
        findings: &mut CaseFindings,
        name: &'static str,
        mut read: impl FnMut(&mut CaseFindings, &Node) -> Option<T>,
    ) -> Vec<T> {
        let items = self.take(name).and_then(|node| findings.list(node, &format!("`{name}`"))).unwrap_or_default();
        items.iter().filter_map(|item| read(findings, item)).collect()
    }

    fn done(self, findings: &mut CaseFindings) {
        #[cfg(test)]
        crate::author::language::taken::record(self.what, &self.known);
        for entry in self.entries.iter().filter(|entry| !self.known.contains(&entry.key.as_str())) {
            let message = format!("`{}` is not a field of {}", shorten(&entry.key), self.what);
            findings.unknown("case.unknown_field", entry.key_at, message, &entry.key, &self.known);
        }
    }
}

/// Truncates a text for a message.
fn shorten(text: &str) -> &str {
    text.char_indices().nth(60).and_then(|(end, _)| text.get(..end)).unwrap_or(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::author::language::parse_yaml;

    const WHOLE: &str = include_str!("whole.yaml");

    fn codes(text: &str) -> Vec<&'static str> {
        let found = read(&parse_yaml(text).unwrap());
        found.err().unwrap_or_default().iter().map(|finding| finding.code).collect()
    }

    #[test]
    fn a_whole_file_is_read_field_by_field() {
        let file = read(&parse_yaml(WHOLE).unwrap()).unwrap();
        assert_eq!(
            file.rulesets.into_iter().collect::<Vec<_>>(),
            [("A".to_owned(), "a.yaml".to_owned()), ("C".to_owned(), "../c.json".to_owned())]
        );
        let [one, two] = <[Case; 2]>::try_from(file.cases).unwrap();
        assert_eq!(one.ruleset, ["A", "C"]);
        assert_eq!(one.evidence[0].assurance, Some(CaseAssurance::High));
        assert_eq!(one.evidence[0].verified_at, Instant::parse("2026-05-20"));
        assert_eq!(one.context.geo.unwrap().others[0].country, "IR");
        assert_eq!(one.context.attributes.keys().collect::<Vec<_>>(), ["extra"]);
        assert_eq!((one.chain.len(), one.cite.len(), one.tags.len()), (1, 1, 1));
        assert_eq!(one.authorizations[0].provisos[0].until, Instant::parse("2027-01-01"));
        assert_eq!((one.expect.outcome, one.expect.interim.as_deref()), (ExpectedOutcome::StepUp, Some("i")));
        assert_eq!((two.ruleset.as_slice(), two.evidence.len(), two.purpose), (&["A".to_owned()][..], 0, None));
    }

    #[test]
    fn each_slip_has_its_code() {
        for (from, to, code) in [
            ("purpose:", "porpose:", "case.unknown_field"),
            ("meta:", "mete:", "case.unknown_field"),
            ("region:", "regoin:", "case.unknown_field"),
            ("extra:", "purpose:", "case.unknown_field"),
            ("id: two", "id: one", "case.duplicate"),
            ("A + C", "A +", "case.ruleset"),
            ("A + C", "A+A", "case.ruleset"),
            ("C: ..", "C+D: ..", "case.id"),
            ("gov.example", "gov example", "case.id"),
            ("assurance: high", "assurance: hihg", "case.unknown_value"),
            ("outcome: allow", "outcome: degraded", "case.unknown_value"),
            ("at: 2026-06-13T12:00:00Z", "at: noon", "case.instant"),
            ("tags: [t]", "tags: t", "case.type"),
            ("satisfied: true", "satisfied: yes", "case.type"),
            ("role: agent", "rule: agent", "case.missing_field"),
            ("number: TA-1, ", "", "case.missing_field"),
            ("title: All fields", "title: ''", "case.empty"),
        ] {
            assert!(WHOLE.contains(from), "{from}");
            assert_eq!(codes(&WHOLE.replace(from, to)), [code], "{to}");
        }
        assert_eq!(codes("cases: []"), ["case.empty"]);
        assert_eq!(codes("rulesets: {}"), ["case.missing_field"]);
        assert_eq!(codes("[]"), ["case.type"]);
        let other_class = WHOLE.replace(
            "status: revoked",
            "status: revoked }\n      - { path: x, value: 1, class: idv, issuer: gov.example",
        );
        assert_eq!(codes(&other_class), ["case.issuer_class"]);
    }

    #[test]
    fn all_findings_come_at_once_in_the_order_of_the_text() {
        let text = WHOLE.replace("model: m\n", "modle: m\n").replace("outcome: allow", "outcome: alow");
        let findings = read(&parse_yaml(&text).unwrap()).unwrap_err();
        assert_eq!(
            findings.iter().map(|finding| finding.code).collect::<Vec<_>>(),
            ["case.missing_field", "case.unknown_field", "case.unknown_value"]
        );
        assert_eq!(findings[1].help.as_deref(), Some("did you mean `model`?"));
    }
}
