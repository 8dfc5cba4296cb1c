//! Conditions, scopes and evidence policies: typed against the vocabulary and the catalogue.

use super::Names;
use super::fields::{Fields, Findings, shorten};
use crate::attribute::{AttributeId, Source, Type};
use crate::country::{Country, CountrySet};
use crate::ruleset::model::{Condition, EvidencePolicies, EvidencePolicy, Matcher, ModelMatch, Range, Scope};
use crate::ruleset::{Entry, Kind, Node};
use std::collections::BTreeSet;

/// A map of attribute to matcher, all of which must hold, with `all`, `any` and `not` to combine.
pub(super) fn condition(findings: &mut Findings, node: &Node) -> Condition {
    let mut parts = Vec::new();
    for branch in branches(findings, node, "a condition") {
        let part = match branch {
            Branch::All(items) => Condition::All(items.iter().map(|item| condition(findings, item)).collect()),
            Branch::Any(items) => Condition::Any(items.iter().map(|item| condition(findings, item)).collect()),
            Branch::Not(item) => Condition::Not(Box::new(condition(findings, item))),
            Branch::Named(entry) => {
                let Some(id) = attribute(findings, entry) else { continue };
                let Some(part) = matcher(findings, id, &entry.value) else { continue };
                part
            }
        };
        parts.push(part);
    }
    all_of(parts)
}

/// One entry of a combining map.
enum Branch<'a> {
    All(&'a [Node]),
    Any(&'a [Node]),
    Not(&'a Node),
    Named(&'a Entry),
}

fn branches<'a>(findings: &mut Findings, node: &'a Node, what: &'static str) -> Vec<Branch<'a>> {
    let Kind::Mapping(entries) = &node.kind else {
        findings.add("ruleset.type", node.at, format!("expected a mapping of names to values for {what}"));
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

/// Without an `all` around a single condition, so that one meaning has one form.
fn all_of(mut parts: Vec<Condition>) -> Condition {
    match (parts.len(), parts.pop()) {
        (1, Some(only)) => only,
        (_, last) => {
            parts.extend(last);
            Condition::All(parts)
        }
    }
}

fn attribute(findings: &mut Findings, entry: &Entry) -> Option<AttributeId> {
    let id = AttributeId::lookup(&entry.key);
    if id.is_none() {
        let message = format!("there is no attribute `{}`", shorten(&entry.key));
        let known: Vec<&str> = AttributeId::all().map(AttributeId::name).collect();
        findings.unknown("ruleset.unknown_attribute", entry.key_at, message, &entry.key, known.iter().copied());
    }
    id
}

fn matcher(findings: &mut Findings, id: AttributeId, node: &Node) -> Option<Condition> {
    let test = |matcher| Some(Condition::Test(id, matcher));
    let negate = |condition: Condition| Condition::Not(Box::new(condition));
    let kind = id.attribute().kind;
    // A bare value or list is the matcher that one expects of the type.
    if !matches!(node.kind, Kind::Mapping(_)) {
        return match kind {
            Type::Bool => test(Matcher::Is(findings.bool(node, id.name())?)),
            Type::Text | Type::Word(_) => test(Matcher::Text(texts(findings, id, node)?)),
            Type::Country => test(Matcher::Country(countries(findings, node)?)),
            Type::Texts => test(Matcher::AnyText(texts(findings, id, node)?)),
            Type::Countries => test(Matcher::AnyCountry(countries(findings, node)?)),
        };
    }
    let mut fields = Fields::new(findings, node, "a matcher")?;
    let mut parts = Vec::new();
    match kind {
        Type::Bool => {
            if let Some(node) = fields.take("is") {
                parts.push(Condition::Test(id, Matcher::Is(findings.bool(node, "`is`")?)));
            }
        }
        Type::Text | Type::Word(_) => {
            if let Some(node) = fields.take("in") {
                parts.push(Condition::Test(id, Matcher::Text(texts(findings, id, node)?)));
            }
            if let Some(node) = fields.take("not_in") {
                parts.push(negate(Condition::Test(id, Matcher::Text(texts(findings, id, node)?))));
            }
        }
        Type::Country => {
            if let Some(node) = fields.take("in") {
                parts.push(Condition::Test(id, Matcher::Country(countries(findings, node)?)));
            }
            if let Some(node) = fields.take("not_in") {
                parts.push(negate(Condition::Test(id, Matcher::Country(countries(findings, node)?))));
            }
        }
        Type::Texts | Type::Countries => {
            for name in ["any_of", "all_of", "none_of", "only"] {
                let Some(node) = fields.take(name) else { continue };
                let matcher = if kind == Type::Texts {
                    let set = texts(findings, id, node)?;
                    match name {
                        "all_of" => Matcher::AllText(set),
                        "only" => Matcher::OnlyText(set),
                        _ => Matcher::AnyText(set),
                    }
                } else {
                    let set = countries(findings, node)?;
                    match name {
                        "all_of" => Matcher::AllCountry(set),
                        "only" => Matcher::OnlyCountry(set),
                        _ => Matcher::AnyCountry(set),
                    }
                };
                let part = Condition::Test(id, matcher);
                parts.push(if name == "none_of" { negate(part) } else { part });
            }
        }
    }
    let at = fields.at;
    fields.done(findings);
    if parts.is_empty() {
        findings.add("ruleset.empty", at, format!("the matcher of `{}` wants nothing", id.name()));
    }
    Some(all_of(parts))
}

fn texts(findings: &mut Findings, id: AttributeId, node: &Node) -> Option<BTreeSet<String>> {
    let set = match id.attribute().kind {
        Type::Word(words) => {
            let mut known = BTreeSet::new();
            known.extend(words.iter().map(|word| (*word).to_owned()));
            findings.names(node, "value", "ruleset.unknown_value", &known)
        }
        _ => findings.texts(node, id.name()),
    };
    (!set.is_empty()).then_some(set)
}

fn countries(findings: &mut Findings, node: &Node) -> Option<CountrySet> {
    let mut set = CountrySet::default();
    for item in findings.one_or_more(node, "countries") {
        let Some(text) = findings.text(item, "a country") else { continue };
        match Country::parse(text) {
            Some(country) => set.insert(country),
            None => {
                let message = format!("`{}` is not a country code", shorten(text));
                let upper = text.to_ascii_uppercase();
                let help = match Country::parse(&upper) {
                    Some(country) => format!("did you mean `{country}`?"),
                    None => "use ISO 3166-1 alpha-2 or alpha-3, in capitals, such as `DE`".to_owned(),
                };
                findings.add_help("ruleset.unknown_country", item.at, message, help);
            }
        }
    }
    (!set.is_empty()).then_some(set)
}

/// `models` and `actions`; an absent one means all.
pub(super) fn scope(findings: &mut Findings, node: &Node, names: &Names) -> Scope {
    let Some(mut fields) = Fields::new(findings, node, "a scope") else { return Scope::default() };
    let models = fields.take("models").map(|node| models(findings, node, names));
    let actions = fields.take("actions").map(|node| actions(findings, node, names));
    fields.done(findings);
    Scope { models, actions }
}

pub(super) fn actions(findings: &mut Findings, node: &Node, names: &Names) -> BTreeSet<String> {
    findings.names(node, "action", "ruleset.unknown_action", &names.actions)
}

/// Model ids, or capability lines combined by `all`, `any` and `not`.
pub(super) fn models(findings: &mut Findings, node: &Node, names: &Names) -> ModelMatch {
    if !matches!(node.kind, Kind::Mapping(_)) {
        return ModelMatch::Id(findings.names(node, "model", "ruleset.unknown_model", &names.models));
    }
    let mut parts = Vec::new();
    for branch in branches(findings, node, "a model scope") {
        let part = match branch {
            Branch::All(items) => ModelMatch::All(items.iter().map(|item| models(findings, item, names)).collect()),
            Branch::Any(items) => ModelMatch::Any(items.iter().map(|item| models(findings, item, names)).collect()),
            Branch::Not(item) => ModelMatch::Not(Box::new(models(findings, item, names))),
            Branch::Named(entry) if entry.key == "id" => {
                ModelMatch::Id(findings.names(&entry.value, "model", "ruleset.unknown_model", &names.models))
            }
            Branch::Named(entry) => {
                let Some(part) = capability(findings, entry, names) else { continue };
                part
            }
        };
        parts.push(part);
    }
    match parts.len() {
        1 => parts.pop().unwrap_or(ModelMatch::All(Vec::new())),
        _ => ModelMatch::All(parts),
    }
}

fn capability(findings: &mut Findings, entry: &Entry, names: &Names) -> Option<ModelMatch> {
    let Some(name) = entry.key.strip_prefix("capability.") else {
        let message = format!("`{}` is not a field of a model scope", shorten(&entry.key));
        let known: Vec<String> = ["all", "any", "not", "id"]
            .into_iter()
            .map(str::to_owned)
            .chain(names.capabilities.iter().map(|name| format!("capability.{name}")))
            .collect();
        let known = known.iter().map(String::as_str);
        findings.unknown("ruleset.unknown_field", entry.key_at, message, &entry.key, known);
        return None;
    };
    if !names.capabilities.contains(name) {
        let message = format!("no model has the capability `{}`", shorten(name));
        let known = names.capabilities.iter().map(String::as_str);
        findings.unknown("ruleset.unknown_capability", entry.key_at, message, name, known);
    }
    let range = match entry.value.kind {
        Kind::Mapping(_) => {
            let mut fields = Fields::new(findings, &entry.value, "a range")?;
            let (low, high) = (fields.take("at_least"), fields.take("at_most"));
            let at = fields.at;
            fields.done(findings);
            if low.is_none() && high.is_none() {
                findings.add("ruleset.empty", at, "the range has no end".to_owned());
            }
            let at_least = low.and_then(|node| findings.number(node, "`at_least`"));
            let at_most = high.and_then(|node| findings.number(node, "`at_most`"));
            if matches!((at_least, at_most), (Some(low), Some(high)) if low > high) {
                findings.add("ruleset.range", at, "`at_least` is more than `at_most`".to_owned());
            }
            Range { at_least, at_most }
        }
        _ => {
            let exact = findings.number(&entry.value, "a capability");
            Range { at_least: exact, at_most: exact }
        }
    };
    Some(ModelMatch::Capability { name: name.to_owned(), range })
}

/// What evidence must be like, per attribute.
pub(super) fn evidence(findings: &mut Findings, node: &Node, names: &Names) -> EvidencePolicies {
    let mut policies = EvidencePolicies::new();
    let Kind::Mapping(entries) = &node.kind else {
        findings.add(
            "ruleset.type",
            node.at,
            "expected a mapping of attributes to what their evidence must be like".to_owned(),
        );
        return policies;
    };
    for entry in entries {
        let Some(id) = attribute(findings, entry) else { continue };
        if id.attribute().source != Source::Evidence {
            let message = format!("`{}` comes from the host and has no evidence", id.name());
            findings.add("ruleset.no_evidence", entry.key_at, message);
        }
        let Some(mut fields) = Fields::new(findings, &entry.value, "an evidence policy") else { continue };
        let assurance = fields.take("assurance").and_then(|node| level(findings, node)).unwrap_or(0);
        let max_age = fields.take("max_age").and_then(|node| findings.span(node, "`max_age`"));
        let issuers =
            fields.take("issuers").map(|node| findings.names(node, "issuer", "ruleset.unknown_issuer", &names.issuers));
        fields.done(findings);
        policies.insert(id, EvidencePolicy { assurance, max_age, issuers });
    }
    policies
}

/// An assurance level: 0 self-asserted, 1 low, 2 substantial, 3 high.
pub(super) fn level(findings: &mut Findings, node: &Node) -> Option<u8> {
    const NAMES: [&str; 4] = ["self", "low", "substantial", "high"];
    if let Kind::String(text) = &node.kind {
        if let Some(level) = NAMES.iter().position(|name| name == text) {
            return u8::try_from(level).ok();
        }
        let message = format!("`{}` is not an assurance level", shorten(text));
        findings.unknown("ruleset.unknown_level", node.at, message, text, NAMES.into_iter());
        return None;
    }
    findings.integer(node, "an assurance level", 0..=3).and_then(|level| u8::try_from(level).ok())
}
