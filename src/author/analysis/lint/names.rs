//! Names and texts without effect: declared but never used, almost equal to another one, or patterns of another
//! language.

use super::claims::tests;
use super::{Lint, LintPlace, named, of_exception, of_rule};
use crate::author::language::{Entry, FOREIGN_PERSON, Kind, Node, suggest};
use crate::base::country::Country;
use crate::base::json;
use crate::base::set::Set;
use crate::check::decision::Outcome;
use crate::ruleset::Ruleset;
use crate::ruleset::attribute::{AttributeId, Type};
use crate::ruleset::model::{Condition, Convert, Matcher};
use std::collections::{BTreeMap, BTreeSet};

/// Checks all names and texts of a ruleset.
pub(super) fn look(ruleset: &Ruleset, document: &Node, found: &mut Vec<Lint>) {
    unused(ruleset, document, found);
    policies(ruleset, document, found);
    own_policies(ruleset, document, found);
    nothing_allowed(ruleset, found);
    self_assurance(ruleset, found);
    texts(ruleset, found);
}

/// Groups, obligations, attributes and fields that are declared but never named.
fn unused(ruleset: &Ruleset, document: &Node, found: &mut Vec<Lint>) {
    let mut named = BTreeSet::new();
    for part in ["rules", "licences", "guarantees"] {
        document.field(part).into_iter().for_each(|entry| names_in(&entry.value, &mut named));
    }
    // An attribute that is part of another one is used if that one is.
    for entry in document.field("attributes").into_iter().flat_map(|entry| members(&entry.value)) {
        let parts = entry.value.field("strictest_of").filter(|_| named.contains(entry.key.as_str()));
        parts.into_iter().for_each(|parts| names_in(&parts.value, &mut named));
    }
    let mut add = |list: &'static str, id: &str, message: String, help: &str| {
        let place = LintPlace { list, id: id.to_owned(), within: None };
        found.push(Lint { code: "check.unused", place, message, help: help.to_owned() });
    };
    let every = Country::all().filter_map(Country::parse).collect();
    for group in &ruleset.groups {
        let maps_every_country = group.versions.iter().any(|(_, members)| *members == every);
        let is_named = named.iter().any(|name| name.split('@').next() == Some(&group.id));
        if !is_named && !maps_every_country {
            let message = format!("no condition names the group `{}`", group.id);
            let help = "name it in a condition, or leave it out; if it is needed only to map its countries, write a \
                        group with `members: all`";
            add("groups", &group.id, message, help);
        }
    }
    let asked_for: BTreeSet<&String> = {
        let rules = ruleset.rules.iter().flat_map(|rule| {
            rule.obligations.iter().chain(rule.unless.iter().flat_map(|exception| &exception.obligations))
        });
        rules.chain(ruleset.licences.iter().flat_map(|licence| &licence.obligations)).collect()
    };
    for obligation in ruleset.obligations.iter().filter(|obligation| !asked_for.contains(&obligation.id)) {
        let message = format!("nothing uses the obligation `{}`", obligation.id);
        add(
            "obligations",
            &obligation.id,
            message,
            "add it to the `obligations` of a grant, exception or licence, or leave it out",
        );
    }
    let mapped = |name: &str| {
        let id = ruleset.vocabulary.lookup(name);
        ruleset.issuers.iter().flat_map(|issuer| &issuer.claims).any(|mapping| Some(mapping.attribute) == id)
    };
    for entry in document.field("attributes").into_iter().flat_map(|entry| members(&entry.value)) {
        let is_built_in = entry.value.field("type").is_none() && entry.value.field("strictest_of").is_none();
        // A mapped claim that no rule reads is `check.unread`.
        if !is_built_in && !named.contains(entry.key.as_str()) && !mapped(&entry.key) {
            let message = format!("no condition asks for the attribute `{}`", entry.key);
            add("attributes", &entry.key, message, "ask for it in a condition, or leave it out");
        }
        for field in entry.value.field("fields").into_iter().flat_map(|fields| members(&fields.value)) {
            if !named.contains(field.key.as_str()) {
                let message = format!("no condition asks for the field `{}` of `{}`", field.key, entry.key);
                add("attributes", &entry.key, message, "ask for it in `has`, or leave it out");
            }
        }
    }
}

/// Every key and every text of a part of a document.
fn names_in<'a>(node: &'a Node, names: &mut BTreeSet<&'a str>) {
    match &node.kind {
        Kind::String(text) => {
            names.insert(text);
        }
        Kind::Sequence(items) => items.iter().for_each(|item| names_in(item, names)),
        Kind::Mapping(entries) => {
            for entry in entries {
                names.insert(&entry.key);
                names_in(&entry.value, names);
            }
        }
        _ => {}
    }
}

fn members(node: &Node) -> &[Entry] {
    match &node.kind {
        Kind::Mapping(entries) => entries,
        _ => &[],
    }
}

/// Evidence policies of the whole ruleset for attributes that no condition reads.
fn policies(ruleset: &Ruleset, document: &Node, found: &mut Vec<Lint>) {
    let asked: Set<AttributeId> = {
        let tests = tests(ruleset).into_iter();
        tests.flat_map(|(_, attribute, _)| attribute.settled_by().collect::<Vec<_>>()).collect()
    };
    for entry in document.field("evidence").into_iter().flat_map(|entry| members(&entry.value)) {
        let id = attribute(ruleset, &entry.key);
        if id.is_some_and(|id| !asked.contains(&id)) {
            found.push(Lint {
                code: "check.unused",
                place: LintPlace { list: "evidence", id: entry.key.clone(), within: None },
                message: format!("no condition asks for `{}`, so its evidence policy has no effect", entry.key),
                help: "ask for it in a condition, or leave the policy out".to_owned(),
            });
        }
    }
}

/// Evidence policies and reasons of one rule, exception or licence for attributes that its own condition does not read.
fn own_policies(ruleset: &Ruleset, document: &Node, found: &mut Vec<Lint>) {
    let list = |name: &str| document.field(name).map(|entry| &entry.value);
    for rule in &ruleset.rules {
        let place = of_rule(rule);
        let Some(written) = list("rules").and_then(|list| named(list, &rule.id)) else { continue };
        let asked = asked_by([&rule.when]);
        for (part, does) in [("evidence", "has an evidence policy"), ("unknown", "has a reason code")] {
            unasked(ruleset, written, (part, does), &asked, &place, found);
        }
        for exception in &rule.unless {
            let unless = written.field("unless").map(|entry| &entry.value);
            let Some(written) = unless.and_then(|list| named(list, &exception.id)) else { continue };
            let provided = exception.provided.iter().map(|provided| &provided.when);
            let asked = asked_by(provided.chain([&exception.when]));
            let place = of_exception(rule, &exception.id);
            unasked(ruleset, written, ("evidence", "has an evidence policy"), &asked, &place, found);
        }
    }
    for licence in &ruleset.licences {
        let Some(written) = list("licences").and_then(|list| named(list, &licence.id)) else { continue };
        let place = LintPlace { list: "licences", id: licence.id.clone(), within: None };
        let asked = asked_by([&licence.holder]);
        unasked(ruleset, written, ("evidence", "has an evidence policy"), &asked, &place, found);
    }
}

/// The members of a part of a rule that are for attributes which its condition does not read.
fn unasked(
    ruleset: &Ruleset,
    written: &Node,
    (part, does): (&'static str, &str),
    asked: &Set<AttributeId>,
    place: &LintPlace,
    found: &mut Vec<Lint>,
) {
    for entry in written.field(part).into_iter().flat_map(|entry| members(&entry.value)) {
        if attribute(ruleset, &entry.key).is_some_and(|id| !asked.contains(&id)) {
            found.push(Lint {
                code: "check.unused",
                place: place.clone(),
                message: format!("`{part}` {does} for `{}`, and the condition does not ask for it", entry.key),
                help: "ask for it in the condition, or leave it out".to_owned(),
            });
        }
    }
}

/// The attribute with a name. `None` for a name of several attributes (`strictest_of`).
fn attribute(ruleset: &Ruleset, name: &str) -> Option<AttributeId> {
    match name {
        FOREIGN_PERSON => Some(AttributeId::US_PERSON),
        _ => ruleset.vocabulary.lookup(name),
    }
}

/// The attributes that conditions read, with those whose evidence settles them.
fn asked_by<'a>(conditions: impl IntoIterator<Item = &'a Condition>) -> Set<AttributeId> {
    fn walk(condition: &Condition, asked: &mut Set<AttributeId>) {
        match condition {
            Condition::All(parts) | Condition::Any(parts) => parts.iter().for_each(|part| walk(part, asked)),
            Condition::Not(part) => walk(part, asked),
            Condition::Test(attribute, _) => asked.extend(attribute.settled_by()),
        }
    }
    let mut asked = Set::default();
    conditions.into_iter().for_each(|condition| walk(condition, &mut asked));
    asked
}

/// A default that restricts, in a ruleset without a rule that allows.
fn nothing_allowed(ruleset: &Ruleset, found: &mut Vec<Lint>) {
    let restricts = ruleset.default.outcome > Outcome::Allow;
    if restricts && !ruleset.rules.iter().any(|rule| rule.outcome.outcome == Outcome::Allow) {
        found.push(Lint {
            code: "check.nothing_allowed",
            place: LintPlace { list: "default", id: "outcome".to_owned(), within: None },
            message: format!(
                "the default is `{}` and no rule has the outcome `allow`: nothing can ever be allowed",
                ruleset.default.outcome.as_str()
            ),
            help: "add a rule with `outcome: allow` that says who may, or write `default: allow`".to_owned(),
        });
    }
}

/// Issuers of self-asserted claims whose assurance can be higher than self-asserted claims deserve.
fn self_assurance(ruleset: &Ruleset, found: &mut Vec<Lint>) {
    const LOW: u8 = 1;
    for issuer in ruleset.issuers.iter().filter(|issuer| issuer.class.as_deref() == Some("self")) {
        if issuer.claims.iter().any(|mapping| mapping.assurance.highest() > LOW) {
            found.push(Lint {
                code: "check.self_assurance",
                place: LintPlace { list: "issuers", id: issuer.trusted.id.clone(), within: None },
                message: format!(
                    "the issuer `{}` is of the class `self` and can give its claims an assurance above `low`",
                    issuer.trusted.id
                ),
                help: "write `assurance: self`, whatever level its tokens claim".to_owned(),
            });
        }
    }
}

/// A free text that a ruleset compares with a value.
struct ComparedText<'a> {
    text: &'a str,
    place: Option<LintPlace>,
}

/// Well-known words of a free text, by attribute or field.
const KNOWN: [(&str, &[&str]); 3] = [
    ("subject.employments role", &["employee", "contractor", "director", "owner", "intern", "volunteer", "visitor"]),
    ("subject.list_hits list", LISTS),
    ("subject.organisation.listed_owners", LISTS),
];
/// The maximum number of texts that are compared with each other.
const MOST: usize = 1_000;
const LISTS: &[&str] = &["SDN", "EL", "MEU", "UVL", "DPL", "SSI", "NS-MBS", "CMIC"];

/// Texts that are almost equal to another one, that name a group, or that look like a pattern.
fn texts(ruleset: &Ruleset, found: &mut Vec<Lint>) {
    for (attribute, texts) in compared(ruleset) {
        let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
        for one in &texts {
            let count = counts.entry(one.text).or_default();
            *count = count.saturating_add(1);
        }
        let known = KNOWN.iter().find(|(name, _)| *name == attribute).map_or(&[][..], |(_, words)| words);
        for one in &texts {
            let Some(place) = &one.place else { continue };
            let mut add = |code, message, help: String| found.push(Lint { code, place: place.clone(), message, help });
            if one.text.contains('*') || one.text.starts_with('^') || one.text.ends_with('$') {
                let message = format!("`{}` is compared literally: there are no wildcards", one.text);
                add("check.pattern", message, "write each text in full".to_owned());
            }
            if ruleset.groups.iter().any(|group| group.id == one.text) {
                let message =
                    format!("`{}` is the name of a group of countries, and is compared as a text here", one.text);
                add(
                    "check.slip",
                    message,
                    "a group can appear where a country can; give it another name if a text is meant".to_owned(),
                );
            }
            let count = counts.get(one.text).copied().unwrap_or_default();
            // The comparison of all pairs is too slow for lists of thousands.
            let others = counts.keys().take(if counts.len() > MOST { 0 } else { MOST });
            let near = others.chain(known).find(|other| is_slip(one.text, other));
            if let Some(near) = near.filter(|_| count == 1 && !known.contains(&one.text)) {
                let message =
                    format!("`{}` is compared with `{attribute}` only here, and is similar to `{near}`", one.text);
                add("check.slip", message, format!("did you mean `{near}`? If not, accept it with `--allow`"));
            }
        }
    }
}

/// Returns `true` if a text is probably a misspelling of another one: one letter added, missing, wrong or swapped.
fn is_slip(text: &str, other: &str) -> bool {
    let letters = |text: &str| -> Vec<char> { text.chars().filter(|c| !c.is_ascii_digit()).collect() };
    let (long, short) =
        (text.chars().count().max(other.chars().count()), text.chars().count().min(other.chars().count()));
    let distance = suggest::distance(text, other);
    // Digits distinguish names; in short names, so does one letter.
    let short_ones_differ = long < 6 && long == short && {
        let sorted = |text: &str| -> BTreeSet<char> { text.to_lowercase().chars().collect() };
        sorted(text) != sorted(other)
    };
    short >= 3 && letters(text) != letters(other) && !short_ones_differ && distance <= if long >= 8 { 2 } else { 1 }
        || text != other && text.to_lowercase() == other.to_lowercase()
}

/// Every free text, by the attribute, or the field of its records, that it is compared with.
fn compared(ruleset: &Ruleset) -> BTreeMap<String, Vec<ComparedText<'_>>> {
    let mut all: BTreeMap<String, Vec<ComparedText<'_>>> = BTreeMap::new();
    let name = |attribute: AttributeId| ruleset.vocabulary.name(attribute).to_owned();
    let purpose = name(AttributeId::PURPOSE);
    for (place, attribute, matcher) in tests(ruleset) {
        // There are thousands of holders, all different.
        let Some(kind) = ruleset.vocabulary.get(attribute).map(|attribute| &attribute.kind) else { continue };
        if attribute == AttributeId::SUBJECT_ID || matches!(kind, Type::Word(_) | Type::Regions) {
            continue;
        }
        match matcher {
            Matcher::Text(texts)
            | Matcher::Under(texts)
            | Matcher::AnyText(texts)
            | Matcher::AllText(texts)
            | Matcher::OnlyText(texts)
            | Matcher::Share(texts, _) => {
                let list = all.entry(name(attribute)).or_default();
                list.extend(texts.iter().map(|text| ComparedText { text, place: Some(place.clone()) }));
            }
            Matcher::Record(fields) => {
                let Type::Records(known) = kind else { continue };
                for (field, matcher) in fields {
                    let is_free = known.iter().any(|(name, kind)| name == field && *kind == Type::Text);
                    let Matcher::Text(texts) = matcher else { continue };
                    if !is_free {
                        continue;
                    }
                    let list = all.entry(format!("{} {field}", name(attribute))).or_default();
                    list.extend(texts.iter().map(|text| ComparedText { text, place: Some(place.clone()) }));
                }
            }
            _ => {}
        }
    }
    for licence in &ruleset.licences {
        if let Some(Condition::Test(_, Matcher::Under(texts))) = &licence.end_uses {
            let place = LintPlace { list: "licences", id: licence.id.clone(), within: None };
            let list = all.entry(purpose.clone()).or_default();
            list.extend(texts.iter().map(|text| ComparedText { text, place: Some(place.clone()) }));
        }
    }
    for mapping in ruleset.issuers.iter().flat_map(|issuer| &issuer.claims) {
        let Some(Convert::Values(values)) = &mapping.convert else { continue };
        if let Some(list) = all.get_mut(&name(mapping.attribute)) {
            let texts = values.iter().filter_map(|(_, value)| match value {
                json::Value::String(text) => Some(ComparedText { text, place: None }),
                _ => None,
            });
            list.extend(texts);
        }
    }
    all
}
