//! Issuers: how their tokens are verified (`trust`), and how their claims become attributes.

use super::attribute_name::unknown_attribute;
use super::evidence::level;
use super::fields::{Fields, Findings, pointer, shorten};
use super::trust::{self, IssuerTrust};
use super::{Names, preset};
use crate::author::language::{Kind, Node};
use crate::base::country::Country;
use crate::base::json;
use crate::base::set::Map;
use crate::ruleset::attribute::{AttributeId, Complete, Source, Type};
use crate::ruleset::model::{Assurance, ClaimIs, ClaimMapping, Convert, Issuer};

pub(super) fn issuer(findings: &mut Findings, node: &Node, names: &Names) -> Option<Issuer> {
    let node = &preset::applied(findings, node);
    let mut fields = Fields::new(findings, node, "an issuer")?;
    // The preset is already applied. Taking the field prevents a finding about it.
    fields.take("preset");
    let class = fields.take("class").and_then(|node| findings.id(node, "a class")).map(str::to_owned);
    let trust = trust::trust(findings, &mut fields, names);
    let defaults = Defaults {
        assurance: fields
            .need(findings, "assurance")
            .and_then(|node| assurance(findings, node))
            .unwrap_or(Assurance::Level(0)),
        verified_at: fields.take("verified_at").and_then(|node| pointer(findings, node)),
        expires_at: fields.take("expires_at").and_then(|node| pointer(findings, node)),
        each: fields.take("each").and_then(|node| pointer(findings, node)),
        status: fields.take("status").and_then(|node| pointer(findings, node)),
        of: fields.take("of").and_then(|node| pointer(findings, node)),
        only: fields.take("only").map(|node| only(findings, node)).unwrap_or_default(),
        aliases: fields.take("country_aliases").map(|node| aliases(findings, node)).unwrap_or_default(),
    };
    let claims = fields.take("claims").map(|node| claims(findings, node, &defaults, names)).unwrap_or_default();
    fields.done(findings);
    let IssuerTrust { issuer, jwks, status_jwks } = trust?;
    Some(Issuer { trusted: issuer, class, jwks, status_jwks, claims })
}

/// The issuer's settings, which apply to each claim unless its mapping overrides them.
struct Defaults {
    assurance: Assurance,
    verified_at: Option<String>,
    expires_at: Option<String>,
    each: Option<String>,
    status: Option<String>,
    of: Option<String>,
    only: Vec<ClaimIs>,
    aliases: Map<String, String>,
}

fn claims(findings: &mut Findings, node: &Node, defaults: &Defaults, names: &Names) -> Vec<ClaimMapping> {
    let Kind::Mapping(entries) = &node.kind else {
        findings.add("ruleset.type", node.at, "expected a mapping of attributes to claims for `claims`".to_owned());
        return Vec::new();
    };
    let assertable = |id: &AttributeId| {
        let source = names.vocabulary.get(*id).map(|attribute| attribute.source);
        source == Some(Source::Evidence) && *id != AttributeId::SUBJECT_ID
    };
    let mut mappings = Vec::new();
    for entry in entries {
        let Some(attribute) = names.vocabulary.lookup(&entry.key).filter(assertable) else {
            let message = format!("`{}` is not an attribute that a claim can assert", shorten(&entry.key));
            let known = names.vocabulary.iter().filter(|(id, _)| assertable(id));
            let known: Vec<&str> = known.map(|(_, attribute)| attribute.name.as_str()).collect();
            unknown_attribute(findings, entry, message, &known);
            continue;
        };
        let kind = names.vocabulary.get(attribute).map_or(&Type::Text, |attribute| &attribute.kind);
        for node in findings.one_or_more(&entry.value, "a claim") {
            mappings.extend(mapping(findings, (attribute, kind), node, defaults));
        }
    }
    mappings
}

/// Reads a JSON Pointer, or a mapping with further settings for the claim.
fn mapping(
    findings: &mut Findings,
    (attribute, kind): (AttributeId, &Type),
    node: &Node,
    defaults: &Defaults,
) -> Option<ClaimMapping> {
    let plain = |claim: String| ClaimMapping {
        attribute,
        claim,
        convert: None,
        complete: Complete::No,
        assurance: defaults.assurance.clone(),
        verified_at: defaults.verified_at.clone(),
        expires_at: defaults.expires_at.clone(),
        each: defaults.each.clone(),
        status: defaults.status.clone(),
        of: defaults.of.clone(),
        only: defaults.only.clone(),
        aliases: defaults.aliases.clone(),
    };
    if matches!(node.kind, Kind::String(_)) {
        return Some(plain(pointer(findings, node)?));
    }
    let mut fields = Fields::new(findings, node, "a claim mapping")?;
    let claim = fields.need(findings, "claim").and_then(|node| pointer(findings, node));
    let mut mapping = plain(claim.unwrap_or_default());
    if let Some(node) = fields.take("complete") {
        mapping.complete = complete(findings, node, kind);
    }
    if let Some(node) = fields.take("assurance") {
        mapping.assurance = assurance(findings, node).unwrap_or(Assurance::Level(0));
    }
    // `none` instead of a pointer removes the issuer's setting.
    for (name, place) in [
        ("verified_at", &mut mapping.verified_at),
        ("expires_at", &mut mapping.expires_at),
        ("each", &mut mapping.each),
        ("status", &mut mapping.status),
        ("of", &mut mapping.of),
    ] {
        if let Some(node) = fields.take(name) {
            *place = match &node.kind {
                Kind::String(word) if word == "none" => None,
                _ => pointer(findings, node),
            };
        }
    }
    if let Some(node) = fields.take("only") {
        mapping.only = only(findings, node);
    }
    if let Some(node) = fields.take("country_aliases") {
        mapping.aliases = aliases(findings, node);
    }
    mapping.convert = convert(findings, &mut fields, kind);
    fields.done(findings);
    Some(mapping).filter(|mapping| !mapping.claim.is_empty())
}

/// Reads `complete`. `true`: the set is complete. `ever`: its history is also complete. `false`: it may have other members.
fn complete(findings: &mut Findings, node: &Node, kind: &Type) -> Complete {
    if !kind.is_set() {
        findings.add("ruleset.complete", node.at, "only a set can be complete".to_owned());
    }
    match &node.kind {
        Kind::Bool(true) => Complete::Now,
        Kind::Bool(false) => Complete::No,
        Kind::String(word) if word == "ever" => Complete::Ever,
        _ => {
            findings.add("ruleset.complete", node.at, "expected `true`, `false` or `ever` for `complete`".to_owned());
            Complete::No
        }
    }
}

/// Reads the conversion of a claim: at most one of `not`, `is`, `has`, `values` and `split`.
fn convert(findings: &mut Findings, fields: &mut Fields<'_>, kind: &Type) -> Option<Convert> {
    let at = fields.at;
    let (not, is, has) = (fields.take("not"), fields.take("is"), fields.take("has"));
    let (values, split) = (fields.take("values"), fields.take("split"));
    if [not, is, has, values, split].iter().flatten().count() > 1 {
        findings.add("ruleset.convert", at, "a claim is converted in one way only".to_owned());
    }
    if (not.is_some() || is.is_some() || has.is_some()) && *kind != Type::Bool {
        findings.add("ruleset.convert", at, "only a truth value can be made by `not`, `is` or `has`".to_owned());
    }
    if let Some(node) = not {
        return findings.bool(node, "`not`")?.then_some(Convert::Not);
    }
    let ways: [(_, _, fn(_) -> _); 2] = [(is, "`is`", Convert::Is), (has, "`has`", Convert::Has)];
    for (node, name, way) in ways {
        let Some(node) = node else { continue };
        let items = findings.one_or_more(node, name);
        for item in items.iter().filter(|item| matches!(item.kind, Kind::Null | Kind::Sequence(_) | Kind::Mapping(_))) {
            findings.add("ruleset.type", item.at, format!("expected a text, a number or a truth value for {name}"));
        }
        return Some(way(items.iter().cloned().map(json::Value::from).collect()));
    }
    if let Some(node) = values {
        let Kind::Mapping(entries) = &node.kind else {
            findings.add(
                "ruleset.type",
                node.at,
                "expected a mapping of claims' texts to values for `values`".to_owned(),
            );
            return None;
        };
        let meanings = entries.iter().map(|entry| (entry.key.clone(), json::Value::from(entry.value.clone())));
        if let Type::Word(words) = kind {
            for entry in entries {
                if !matches!(&entry.value.kind, Kind::String(word) if words.contains(word)) {
                    let message = format!("`{}` is not mapped to a value of this attribute", shorten(&entry.key));
                    let known = words.iter().map(String::as_str);
                    findings.unknown("ruleset.unknown_value", entry.value.at, message, &entry.key, known);
                }
            }
        }
        return Some(Convert::Values(meanings.collect()));
    }
    let node = split?;
    if !matches!(kind, Type::Texts | Type::Countries | Type::Holdings) {
        let message = "only a set of texts or of countries can be made by `split`".to_owned();
        findings.add("ruleset.convert", node.at, message);
    }
    // `text` refuses blank texts, but a space is the most common separator.
    match &node.kind {
        Kind::String(between) if !between.is_empty() => Some(Convert::Split(between.clone())),
        _ => findings.text(node, "`split`").map(|between| Convert::Split(between.to_owned())),
    }
}

/// Reads the texts that other claims of the same element must have.
fn only(findings: &mut Findings, node: &Node) -> Vec<ClaimIs> {
    let Kind::Mapping(entries) = &node.kind else {
        findings.add("ruleset.type", node.at, "expected a mapping of JSON Pointers to texts for `only`".to_owned());
        return Vec::new();
    };
    let mut wanted = Vec::new();
    for entry in entries {
        let key = Node { at: entry.key_at, kind: Kind::String(entry.key.clone()) };
        let texts = findings.texts(&entry.value, "`only`");
        wanted.extend(pointer(findings, &key).map(|claim| ClaimIs { claim, texts }));
    }
    wanted
}

/// Reads other spellings of countries, such as `{ UK: GB }`.
fn aliases(findings: &mut Findings, node: &Node) -> Map<String, String> {
    let Kind::Mapping(entries) = &node.kind else {
        let message = "expected a mapping of spellings to country codes for `country_aliases`".to_owned();
        findings.add("ruleset.type", node.at, message);
        return Map::default();
    };
    let mut aliases = Map::default();
    for entry in entries {
        let Some(code) = findings.text(&entry.value, "a country") else { continue };
        if Country::parse(code).is_none() {
            let message = format!("`{}` is not a country code", shorten(code));
            findings.add("ruleset.unknown_country", entry.value.at, message);
        }
        if Country::parse(&entry.key).is_some() {
            let message = format!("`{}` is a country already and cannot mean another", shorten(&entry.key));
            findings.add("ruleset.unknown_country", entry.key_at, message);
        }
        aliases.insert(entry.key.clone(), code.to_owned());
    }
    aliases
}

/// Reads a level, or a claim and the level of each of its values.
fn assurance(findings: &mut Findings, node: &Node) -> Option<Assurance> {
    if !matches!(node.kind, Kind::Mapping(_)) {
        return level(findings, node).map(Assurance::Level);
    }
    let mut fields = Fields::new(findings, node, "an assurance")?;
    let claim = fields.need(findings, "claim").and_then(|node| pointer(findings, node));
    let mut levels = Map::default();
    if let Some(node) = fields.need(findings, "levels") {
        match &node.kind {
            Kind::Mapping(entries) => {
                for entry in entries {
                    levels.extend(level(findings, &entry.value).map(|level| (entry.key.clone(), level)));
                }
            }
            _ => {
                findings.add("ruleset.type", node.at, "expected a mapping of values to levels for `levels`".to_owned())
            }
        }
    }
    fields.done(findings);
    Some(Assurance::Claim(claim?, levels))
}
