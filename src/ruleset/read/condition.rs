//! Conditions, scopes and evidence policies: typed against the vocabulary and the catalogue.

use super::Names;
use super::fields::{Fields, Findings, shorten};
use super::group::area;
use crate::attribute::{AttributeId, Type};
use crate::country::{Country, is_region};
use crate::ruleset::area::Area;
use crate::ruleset::model::{Condition, EvidencePolicies, EvidencePolicy, Matcher, ModelMatch, Number, Range, Scope};
use crate::ruleset::{Entry, Kind, Mark, Node, suggest};
use crate::set::Set;
use std::collections::BTreeSet;

/// A map of attribute to matcher, all of which must hold, with `all`, `any` and `not` to combine.
pub(super) fn condition(findings: &mut Findings, node: &Node, names: &Names) -> Condition {
    let mut parts = Vec::new();
    for branch in branches(findings, node, "a condition") {
        let part = match branch {
            Branch::All(items) => Condition::All(items.iter().map(|item| condition(findings, item, names)).collect()),
            Branch::Any(items) => Condition::Any(items.iter().map(|item| condition(findings, item, names)).collect()),
            Branch::Not(item) => negate(condition(findings, item, names)),
            Branch::Named(entry) => {
                let Some(part) = named(findings, entry, names) else { continue };
                part
            }
        };
        parts.push(part);
    }
    all_of(parts)
}

/// A test of one attribute, or of what stands for several.
fn named(findings: &mut Findings, entry: &Entry, names: &Names) -> Option<Condition> {
    match entry.key.as_str() {
        // 15 CFR 772.1: whoever is neither citizen, national, permanent resident nor protected individual.
        FOREIGN_PERSON => {
            let foreign = truth(findings, &entry.value, FOREIGN_PERSON)?;
            Some(Condition::Test(AttributeId::US_PERSON, Matcher::Is(!foreign)))
        }
        // 15 CFR 772.1, "U.S. person", for part 744: those, and any person in the United States.
        US_PERSON => {
            let wanted = truth(findings, &entry.value, US_PERSON)?;
            let there = UNITED_STATES.into_iter().filter_map(Country::parse).collect();
            let person = Condition::Any(vec![
                Condition::Test(AttributeId::US_PERSON, Matcher::Is(true)),
                Condition::Test(AttributeId::CONTEXT_COUNTRY, Matcher::Country(Area::of(there))),
            ]);
            Some(if wanted { person } else { negate(person) })
        }
        name => match names.together.get(name) {
            Some(parts) => strictest(findings, entry, parts, names),
            None => {
                let id = attribute(findings, entry, names, &COMBINING)?;
                matcher(findings, id, &entry.value, names)
            }
        },
    }
}

/// The predicates that are written and not attributes by themselves.
pub(crate) const FOREIGN_PERSON: &str = "subject.foreign_person";
pub(in crate::ruleset) const US_PERSON: &str = "subject.us_person";
/// 15 CFR 772.1, "United States": the States, the District of Columbia, and the territories and possessions.
const UNITED_STATES: [&str; 7] = ["US", "AS", "GU", "MP", "PR", "UM", "VI"];

/// Where conditions ask for `subject.us_person`, if they do: with it, where the request comes from.
pub(super) fn asks_for_us_person(node: &Node) -> Option<Mark> {
    match &node.kind {
        Kind::Mapping(entries) => entries.iter().find_map(|entry| match entry.key.as_str() {
            US_PERSON => Some(entry.key_at),
            "evidence" => None,
            _ => asks_for_us_person(&entry.value),
        }),
        Kind::Sequence(items) => items.iter().find_map(asks_for_us_person),
        _ => None,
    }
}

fn truth(findings: &mut Findings, node: &Node, what: &str) -> Option<bool> {
    let Kind::Mapping(_) = &node.kind else { return findings.bool(node, what) };
    let mut fields = Fields::new(findings, node, "a matcher")?;
    let value = fields.need(findings, "is").and_then(|node| findings.bool(node, "`is`"));
    fields.done(findings);
    value
}

/// One test for each attribute that the name stands for: any of them is enough, but for `only`, which all must meet.
fn strictest(findings: &mut Findings, entry: &Entry, parts: &[AttributeId], names: &Names) -> Option<Condition> {
    let (wanted, all, not) = match &entry.value.kind {
        Kind::Mapping(_) => {
            let mut fields = Fields::new(findings, &entry.value, "a matcher")?;
            let found: Vec<(&str, &Node)> =
                ["any_of", "none_of", "only"].into_iter().filter_map(|name| Some((name, fields.take(name)?))).collect();
            fields.done(findings);
            let [(name, wanted)] = found.as_slice() else {
                findings.add(
                    "ruleset.empty",
                    entry.value.at,
                    "one of `any_of`, `none_of`, `only` is needed".to_owned(),
                );
                return None;
            };
            (*wanted, *name == "only", *name == "none_of")
        }
        _ => (&entry.value, false, false),
    };
    let mut tests = Vec::new();
    for part in parts {
        let area = area(findings, wanted, names, *part)?;
        let single = names.vocabulary.get(*part).map(|attribute| &attribute.kind) == Some(&Type::Country);
        let matcher = match (single, all) {
            (true, _) => Matcher::Country(area),
            (false, true) => Matcher::OnlyCountry(area),
            (false, false) => Matcher::AnyCountry(area),
        };
        tests.push(Condition::Test(*part, matcher));
    }
    let together = if all { Condition::All(tests) } else { Condition::Any(tests) };
    Some(if not { negate(together) } else { together })
}

fn negate(condition: Condition) -> Condition {
    Condition::Not(Box::new(condition))
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

/// An attribute by its name. `others`: the words that may appear in its place.
pub(super) fn attribute(
    findings: &mut Findings,
    entry: &Entry,
    names: &Names,
    others: &[&'static str],
) -> Option<AttributeId> {
    let id = names.vocabulary.lookup(&entry.key);
    if id.is_none() {
        let message = format!("there is no attribute `{}`", shorten(&entry.key));
        let known = names.vocabulary.iter().map(|(_, attribute)| attribute.name.as_str());
        let known = known.chain([FOREIGN_PERSON]).chain(names.together.keys().map(String::as_str));
        let known: Vec<&str> = known.chain(others.iter().copied()).collect();
        unknown_attribute(findings, entry, message, &known);
    }
    id
}

/// An attribute that does not exist, with the nearest that does, or how to declare one.
pub(super) fn unknown_attribute(findings: &mut Findings, entry: &Entry, message: String, known: &[&str]) {
    let (name, at) = (shorten(&entry.key), entry.key_at);
    let code = "ruleset.unknown_attribute";
    let declare = match name.split_once('.') {
        _ if suggest::nearest(&entry.key, known.iter().copied()).is_some() => None,
        Some(("subject", _)) => Some(format!(
            "declare it under `attributes`, such as `{name}: {{ type: text }}`, and map a claim to it under `claims` of an issuer"
        )),
        Some(("context", _)) => Some(format!(
            "declare it under `attributes`, such as `{name}: {{ type: bool }}`; the host states it with each request"
        )),
        _ => {
            Some("the name of an attribute begins with `subject.` or `context.`; `attributes` declares more".to_owned())
        }
    };
    match declare {
        Some(help) => findings.add_help(code, at, message, help),
        None => findings.unknown(code, at, message, &entry.key, known.iter().copied()),
    }
}

/// The words that combine conditions.
const COMBINING: [&str; 3] = ["all", "any", "not"];

/// The matchers of each type, the first of which a bare value or list stands for.
pub(in crate::ruleset) const fn matchers(kind: &Type) -> &'static [&'static str] {
    match kind {
        Type::Bool => &["is"],
        Type::Text => &["in", "not_in", "under"],
        Type::Word(_) | Type::Country => &["in", "not_in"],
        Type::Number => &["at_least", "at_most"],
        Type::Texts | Type::Regions => &["any_of", "all_of", "none_of", "only", "count"],
        Type::Countries | Type::Holdings => &["any_of", "all_of", "none_of", "only", "count"],
        Type::Records(_) => &["has", "has_none", "count"],
        Type::Shares => &["lists", "at_least", "at_most"],
    }
}

fn matcher(findings: &mut Findings, id: AttributeId, node: &Node, names: &Names) -> Option<Condition> {
    let name = names.vocabulary.name(id);
    let kind = &names.vocabulary.get(id)?.kind;
    let bare = !matches!(node.kind, Kind::Mapping(_));
    match (kind, bare) {
        (Type::Number | Type::Shares | Type::Records(_), true) => {
            let wanted: Vec<String> = matchers(kind).iter().map(|name| format!("`{name}`")).collect();
            let message = format!("`{name}` needs a mapping of {}", wanted.join(", "));
            let example = match kind {
                Type::Records(_) => "{ has: { FIELD: VALUE } }",
                Type::Shares => "{ lists: [LIST], at_least: 50 }",
                _ => "{ at_least: 1 }",
            };
            findings.add_help("ruleset.type", node.at, message, format!("write `{name}: {example}`"));
            return None;
        }
        (_, true) => {
            let first = matchers(kind).first().copied().unwrap_or_default();
            return one_matcher(findings, id, first, node, names);
        }
        _ => {}
    }
    if let (Type::Records(known), Kind::Mapping(entries)) = (kind, &node.kind)
        && let Some(entry) = entries.iter().find(|entry| known.iter().any(|(field, _)| *field == entry.key))
    {
        let field = shorten(&entry.key);
        let message = format!("`{field}` is a field of the records, not a matcher");
        let help = format!("write `{name}: {{ has: {{ {field}: … }} }}`");
        findings.add_help("ruleset.unknown_field", entry.key_at, message, help);
        return None;
    }
    let mut fields = Fields::new(findings, node, "a matcher")?;
    let at = fields.at;
    if matches!(kind, Type::Number | Type::Shares) {
        let range = range(findings, &mut fields);
        let beyond = |bound: Option<Number>| bound.is_some_and(|bound| !(0.0..=100.0).contains(&bound.0));
        if *kind == Type::Shares && (beyond(range.at_least) || beyond(range.at_most)) {
            findings.add("ruleset.range", at, "a share is from 0 to 100 percent".to_owned());
        }
        let lists = (*kind == Type::Shares).then(|| fields.need(findings, "lists"));
        let lists = lists.map(|node| node.map(|node| findings.texts(node, "`lists`")).unwrap_or_default());
        fields.done(findings);
        return Some(Condition::Test(id, lists.map_or(Matcher::Number(range), |lists| Matcher::Share(lists, range))));
    }
    let mut parts = Vec::new();
    for matcher in matchers(kind) {
        if let Some(node) = fields.take(matcher) {
            parts.extend(one_matcher(findings, id, matcher, node, names));
        }
    }
    fields.done(findings);
    if matches!(&node.kind, Kind::Mapping(entries) if entries.is_empty()) {
        findings.add("ruleset.empty", at, format!("the matcher of `{name}` wants nothing"));
    }
    Some(all_of(parts))
}

fn one_matcher(
    findings: &mut Findings,
    id: AttributeId,
    matcher: &str,
    node: &Node,
    names: &Names,
) -> Option<Condition> {
    let kind = &names.vocabulary.get(id)?.kind;
    let of_countries = matches!(kind, Type::Country | Type::Countries | Type::Holdings);
    let test = |matcher| Condition::Test(id, matcher);
    Some(match matcher {
        "is" => test(Matcher::Is(findings.bool(node, names.vocabulary.name(id))?)),
        "in" | "not_in" => {
            let wanted = match of_countries {
                true => Matcher::Country(area(findings, node, names, id)?),
                false => Matcher::Text(texts(findings, id, node, names)?),
            };
            if matcher == "in" { test(wanted) } else { negate(test(wanted)) }
        }
        "under" => {
            let wanted = prefixes(findings, node, names.vocabulary.name(id), names);
            test(Matcher::Under((!wanted.is_empty()).then_some(wanted)?))
        }
        "count" => {
            let mut fields = Fields::new(findings, node, "a count")?;
            let range = range(findings, &mut fields);
            fields.done(findings);
            test(Matcher::Count(range))
        }
        "has" | "has_none" => {
            let Type::Records(known) = kind else { return None };
            let record = test(Matcher::Record(record(findings, node, known, names)?));
            if matcher == "has" { record } else { negate(record) }
        }
        name => {
            let matcher = match (of_countries, name) {
                (true, "all_of") => Matcher::AllCountry(area(findings, node, names, id)?),
                (true, "only") => Matcher::OnlyCountry(area(findings, node, names, id)?),
                (true, _) => Matcher::AnyCountry(area(findings, node, names, id)?),
                (false, "all_of") => Matcher::AllText(texts(findings, id, node, names)?),
                (false, "only") => Matcher::OnlyText(texts(findings, id, node, names)?),
                (false, _) => Matcher::AnyText(texts(findings, id, node, names)?),
            };
            if name == "none_of" { negate(test(matcher)) } else { test(matcher) }
        }
    })
}

/// What the fields of one and the same record must be.
fn record(
    findings: &mut Findings,
    node: &Node,
    known: &[(String, Type)],
    names: &Names,
) -> Option<Vec<(String, Matcher)>> {
    let Kind::Mapping(entries) = &node.kind else {
        findings.add("ruleset.type", node.at, "expected a mapping of fields to values for a record".to_owned());
        return None;
    };
    if entries.is_empty() {
        findings.add("ruleset.empty", node.at, "the record wants nothing".to_owned());
    }
    let mut wanted = Vec::new();
    for entry in entries {
        let Some((name, kind)) = known.iter().find(|(name, _)| *name == entry.key) else {
            let message = format!("`{}` is not a field of this record", shorten(&entry.key));
            let names = known.iter().map(|(name, _)| name.as_str());
            findings.unknown("ruleset.unknown_field", entry.key_at, message, &entry.key, names);
            continue;
        };
        let matcher = match kind {
            Type::Bool => findings.bool(&entry.value, name).map(Matcher::Is),
            Type::Word(words) => {
                let known: BTreeSet<String> = words.iter().cloned().collect();
                let set = findings.names(&entry.value, "value", "ruleset.unknown_value", &known);
                Some(Matcher::Text(set.into_iter().collect()))
            }
            _ => Some(Matcher::Text(literals(findings, &entry.value, name, names))),
        };
        wanted.extend(matcher.map(|matcher| (name.clone(), matcher)));
    }
    Some(wanted)
}

fn texts(findings: &mut Findings, id: AttributeId, node: &Node, names: &Names) -> Option<Set<String>> {
    let attribute = names.vocabulary.get(id)?;
    let set = match &attribute.kind {
        Type::Word(words) => {
            let known: BTreeSet<String> = words.iter().cloned().collect();
            findings.names(node, "value", "ruleset.unknown_value", &known)
        }
        _ => literals(findings, node, &attribute.name, names),
    };
    if id == AttributeId::CHAIN_ROLES {
        for role in set.iter().filter(|role| !names.vocabulary.roles().any(|known| known == role.as_str())) {
            findings.unknown_role(node.at, role, names.vocabulary.roles());
        }
    }
    if attribute.kind == Type::Regions {
        for text in set.iter().filter(|text| !is_region(text)) {
            let message = format!("`{}` is not the code of a region", shorten(text));
            let help = "use ISO 3166-2: the country, a hyphen, and up to three letters or digits, such as `UA-43`";
            findings.add_help("ruleset.unknown_region", node.at, message, help.to_owned());
        }
    }
    (!set.is_empty()).then_some(set)
}

/// Texts that a value is compared with, none of which names something else.
fn literals(findings: &mut Findings, node: &Node, what: &str, names: &Names) -> Set<String> {
    for item in findings.one_or_more(node, what) {
        if let Kind::String(text) = &item.kind {
            no_name(findings, item, text, names);
        }
    }
    findings.texts(node, what)
}

/// Refuses the name of an attribute, or of a group, as a value: no value is compared with another attribute. `true` if it is none.
pub(super) fn no_name(findings: &mut Findings, node: &Node, text: &str, names: &Names) -> bool {
    let group = text.split('@').next().unwrap_or_default();
    let known = [FOREIGN_PERSON, US_PERSON].contains(&text)
        || names.vocabulary.lookup(text).is_some()
        || names.together.contains_key(text);
    let (what, help) = if known || text.starts_with("subject.") || text.starts_with("context.") {
        ("an attribute", "a matcher takes values; no attribute is compared with another one")
    } else if group.contains('.') && names.groups.iter().any(|known| known.id == group) {
        ("a group of countries", "a group can appear where a country can, and this attribute has texts")
    } else {
        return true;
    };
    let message = format!("`{}` is the name of {what}, not a value", shorten(text));
    findings.add_help("ruleset.not_a_value", node.at, message, help.to_owned());
    false
}

/// Texts below which values are looked for: plain, without a wildcard.
pub(super) fn prefixes(findings: &mut Findings, node: &Node, what: &str, names: &Names) -> Set<String> {
    let texts = literals(findings, node, what, names);
    for item in findings.one_or_more(node, what) {
        let Kind::String(text) = &item.kind else { continue };
        let before = text.split(['*', '?']).next().unwrap_or_default();
        let plain = before.trim_matches(['.', '/', '^', '$', ' ']);
        if plain == text && !text.contains("..") {
            continue;
        }
        let message = format!("`{}` is not a plain text: nothing is below it", shorten(text));
        let help = match plain {
            "" => "leave the test out: it would hold for every value".to_owned(),
            _ => format!("write `{0}`, which stands for `{0}` and everything below it after a dot", shorten(plain)),
        };
        findings.add_help("ruleset.prefix", item.at, message, help);
    }
    texts
}

/// `at_least` and `at_most`, of which there must be one.
fn range(findings: &mut Findings, fields: &mut Fields<'_>) -> Range {
    let (low, high) = (fields.take("at_least"), fields.take("at_most"));
    if low.is_none() && high.is_none() {
        findings.add("ruleset.empty", fields.at, "the range has no end".to_owned());
    }
    let at_least = low.and_then(|node| findings.number(node, "`at_least`"));
    let at_most = high.and_then(|node| findings.number(node, "`at_most`"));
    if matches!((at_least, at_most), (Some(low), Some(high)) if low > high) {
        findings.add("ruleset.range", fields.at, "`at_least` is more than `at_most`".to_owned());
    }
    Range { at_least: at_least.map(Number), at_most: at_most.map(Number) }
}

/// `models` and `actions`; an absent one means all.
pub(super) fn scope(findings: &mut Findings, node: &Node, names: &Names) -> Scope {
    if let Kind::Sequence(_) | Kind::String(_) = node.kind {
        findings.needs_mapping(node, "a scope", "write `{ models: [ … ] }`, `{ actions: [ … ] }`, or both");
        return Scope::default();
    }
    let Some(mut fields) = Fields::new(findings, node, "a scope") else { return Scope::default() };
    let models = fields.take("models").map(|node| models(findings, node, names));
    let actions = fields.take("actions").map(|node| actions(findings, node, names));
    fields.done(findings);
    Scope { models, actions }
}

pub(super) fn actions(findings: &mut Findings, node: &Node, names: &Names) -> Set<String> {
    findings.names(node, "action", "ruleset.unknown_action", &names.actions)
}

/// The fields of a model scope, beside capabilities.
pub(in crate::ruleset) const SCOPE: [&str; 8] = ["all", "any", "not", "id", "derived_from", "lab", "tag", "published"];

/// Model ids, or capability lines combined by `all`, `any` and `not`.
pub(super) fn models(findings: &mut Findings, node: &Node, names: &Names) -> ModelMatch {
    let ids = |findings: &mut Findings, node| findings.names(node, "model", "ruleset.unknown_model", &names.models);
    if !matches!(node.kind, Kind::Mapping(_)) {
        return ModelMatch::Id(ids(findings, node));
    }
    let mut parts = Vec::new();
    for branch in branches(findings, node, "a model scope") {
        let part = match branch {
            Branch::All(items) => ModelMatch::All(items.iter().map(|item| models(findings, item, names)).collect()),
            Branch::Any(items) => ModelMatch::Any(items.iter().map(|item| models(findings, item, names)).collect()),
            Branch::Not(item) => ModelMatch::Not(Box::new(models(findings, item, names))),
            Branch::Named(entry) => match entry.key.as_str() {
                "id" => ModelMatch::Id(ids(findings, &entry.value)),
                "derived_from" => ModelMatch::DerivedFrom(ids(findings, &entry.value)),
                "lab" => ModelMatch::Lab(findings.names(&entry.value, "lab", "ruleset.unknown_lab", &names.labs)),
                "tag" => ModelMatch::Tag(findings.names(&entry.value, "tag", "ruleset.unknown_tag", &names.tags)),
                "published" => match findings.bool(&entry.value, "`published`") {
                    Some(value) => ModelMatch::Published(value),
                    None => continue,
                },
                _ => match capability(findings, entry, names) {
                    Some(part) => part,
                    None => continue,
                },
            },
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
        let capabilities = names.capabilities.iter().map(|name| format!("capability.{name}"));
        let known: Vec<String> = SCOPE.into_iter().map(str::to_owned).chain(capabilities).collect();
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
            let range = range(findings, &mut fields);
            fields.done(findings);
            range
        }
        _ => {
            let exact = findings.number(&entry.value, "a capability").map(Number);
            Range { at_least: exact, at_most: exact }
        }
    };
    Some(ModelMatch::Capability(name.to_owned(), range))
}

/// What evidence must be like, per attribute.
pub(super) fn evidence(findings: &mut Findings, node: &Node, names: &Names) -> EvidencePolicies {
    let mut policies = EvidencePolicies::default();
    let Kind::Mapping(entries) = &node.kind else {
        findings.add(
            "ruleset.type",
            node.at,
            "expected a mapping of attributes to what their evidence must be like".to_owned(),
        );
        return policies;
    };
    for entry in entries {
        let id = match entry.key.as_str() {
            FOREIGN_PERSON => Some(AttributeId::US_PERSON),
            _ => attribute(findings, entry, names, &[]),
        };
        let Some(id) = id else { continue };
        if names.vocabulary.is_context(id) {
            let message = format!("`{}` comes from the host and has no evidence", shorten(&entry.key));
            findings.add("ruleset.no_evidence", entry.key_at, message);
        }
        policies.extend(policy(findings, &entry.value, names).map(|policy| (id, policy)));
    }
    policies
}

/// What evidence must be like to count.
pub(super) fn policy(findings: &mut Findings, node: &Node, names: &Names) -> Option<EvidencePolicy> {
    let mut fields = Fields::new(findings, node, "an evidence policy")?;
    let assurance = fields.take("assurance").and_then(|node| level(findings, node)).unwrap_or(0);
    let max_age = fields.take("max_age").and_then(|node| findings.span(node, "`max_age`"));
    let issuers = fields.take("issuers");
    let issuers = issuers.map(|node| findings.names(node, "issuer", "ruleset.unknown_issuer", &names.issuers));
    let classes = fields.take("classes");
    let classes = classes.map(|node| findings.names(node, "class", "ruleset.unknown_class", &names.classes));
    fields.done(findings);
    Some(EvidencePolicy { assurance, max_age, issuers, classes })
}

/// The assurance levels by name, the least first.
pub(in crate::ruleset) const LEVELS: [&str; 4] = ["self", "low", "substantial", "high"];

/// An assurance level: 0 self-asserted, 1 low, 2 substantial, 3 high.
pub(super) fn level(findings: &mut Findings, node: &Node) -> Option<u8> {
    if let Kind::String(text) = &node.kind {
        if let Some(level) = LEVELS.iter().position(|name| name == text) {
            return u8::try_from(level).ok();
        }
        let message = format!("`{}` is not an assurance level", shorten(text));
        findings.unknown("ruleset.unknown_level", node.at, message, text, LEVELS.into_iter());
        return None;
    }
    findings.integer(node, "an assurance level", 0..=3).and_then(|level| u8::try_from(level).ok())
}
