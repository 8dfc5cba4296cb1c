//! Conditions, scopes and evidence policies, type-checked against the vocabulary and the catalogue.

use super::Names;
use super::attribute_name::attribute;
use super::attribute_name::{FOREIGN_PERSON, US_PERSON};
use super::fields::{Branch, branches, range};
use super::fields::{Fields, Findings, shorten};
use super::group::area;
use super::texts::{literals, prefixes};
use crate::author::language::{Entry, Kind, Node, SourceRange};
use crate::base::country::{Country, is_region};
use crate::base::set::Set;
use crate::ruleset::area::Area;
use crate::ruleset::attribute::{AttributeId, Type};
use crate::ruleset::model::{Condition, Matcher, Number};
use std::collections::BTreeSet;

/// Reads a mapping of attributes to matchers, all of which must match. `all`, `any` and `not` combine conditions.
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

/// Reads a test of one attribute, or of a name for several.
fn named(findings: &mut Findings, entry: &Entry, names: &Names) -> Option<Condition> {
    match entry.key.as_str() {
        // 15 CFR 772.1: a person who is neither citizen, national, permanent resident nor protected individual.
        FOREIGN_PERSON => {
            let foreign = truth(findings, &entry.value, FOREIGN_PERSON)?;
            Some(Condition::Test(AttributeId::US_PERSON, Matcher::Is(!foreign)))
        }
        // 15 CFR 772.1, "U.S. person", for part 744: includes any person in the United States.
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

/// 15 CFR 772.1, "United States": the States, the District of Columbia, and the territories and possessions.
const UNITED_STATES: [&str; 7] = ["US", "AS", "GU", "MP", "PR", "UM", "VI"];

/// The location of the first test of `subject.us_person`, which also tests the location of the request. `None` if there is
/// none.
pub(super) fn asks_for_us_person(node: &Node) -> Option<SourceRange> {
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

/// Tests each attribute that the name stands for. One match suffices, except that `only` must match all of them.
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

/// Combines conditions. A single condition has no `all` around it, so that each meaning has one form.
fn all_of(mut parts: Vec<Condition>) -> Condition {
    match (parts.len(), parts.pop()) {
        (1, Some(only)) => only,
        (_, last) => {
            parts.extend(last);
            Condition::All(parts)
        }
    }
}

/// The words that combine conditions.
const COMBINING: [&str; 3] = ["all", "any", "not"];

/// The matchers of each type. A bare value or list, where allowed, is short for the first.
pub(in crate::author::language) const fn matchers(kind: &Type) -> &'static [&'static str] {
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
        findings.add("ruleset.empty", at, format!("the matcher of `{name}` is empty"));
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

/// Reads matchers for the fields of a record. One record must match all of them.
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
        findings.add("ruleset.empty", node.at, "the record is empty".to_owned());
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
