//! Issuers: their keys, what their tokens look like, and how their claims become attributes.

use super::condition::level;
use super::fields::{Fields, Findings, shorten};
use super::{Names, preset};
use crate::attribute::{AttributeId, Complete, Source, Type};
use crate::country::Country;
use crate::jose::Key;
use crate::json;
use crate::limits;
use crate::ruleset::model::{Assurance, ClaimIs, ClaimMapping, Convert, Issuer};
use crate::ruleset::{Kind, Node};
use crate::set::Map;
use crate::time::Span;

pub(super) fn issuer(findings: &mut Findings, node: &Node, names: &Names) -> Option<Issuer> {
    let node = &preset::applied(findings, node);
    let mut fields = Fields::new(findings, node, "an issuer")?;
    // What it stands for is in its place already.
    fields.take("preset");
    let id = fields.need(findings, "id").and_then(|node| findings.id(node, "an issuer")).map(str::to_owned);
    let class = fields.take("class").and_then(|node| findings.id(node, "a class")).map(str::to_owned);
    let iss = fields.need(findings, "iss").and_then(|node| findings.text(node, "`iss`")).map(str::to_owned);
    let audience = fields.need(findings, "audience").map(|node| findings.texts(node, "`audience`"));
    let typ = match fields.take("typ") {
        Some(node) => {
            let types = findings.texts(node, "`typ`");
            types.iter().map(|typ| typ.to_ascii_lowercase().trim_start_matches("application/").to_owned()).collect()
        }
        // RFC 9068, section 4: an access token says so.
        None => vec!["at+jwt".to_owned()],
    };
    let keys = fields.need(findings, "keys").map(|node| keys(findings, node)).unwrap_or_default();
    let max_lifetime = fields.take("max_lifetime").and_then(|node| findings.span(node, "`max_lifetime`"));
    let skew = fields.take("skew").and_then(|node| {
        let skew = findings.span(node, "`skew`")?;
        if skew > Span::from_seconds(limits::SKEW_SECONDS) {
            let message = format!("a skew of {skew} is more than {} s", limits::SKEW_SECONDS);
            findings.add("ruleset.skew", node.at, message);
        }
        Some(skew)
    });
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
    let (keys, jwks) = keys.into_iter().unzip();
    Some(Issuer {
        id: id?,
        class,
        iss: iss?,
        audience: audience?.into_vec(),
        typ,
        keys,
        jwks,
        max_lifetime,
        skew: skew.unwrap_or(Span::from_seconds(30)),
        claims,
    })
}

/// What holds for each claim of an issuer that does not say otherwise.
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

fn keys(findings: &mut Findings, node: &Node) -> Vec<(Key, json::Object)> {
    if matches!(&node.kind, Kind::Sequence(items) if items.is_empty()) {
        let help = "give public JWKs here, or a JWKS file with `--jwks ISSUER_ID=FILE`".to_owned();
        findings.add_help("ruleset.empty", node.at, "the issuer has no keys".to_owned(), help);
        return Vec::new();
    }
    let Some(items) = findings.list(node, "`keys`") else { return Vec::new() };
    if items.len() > limits::KEYS {
        findings.add("ruleset.too_many", node.at, format!("more than {} keys", limits::KEYS));
    }
    let mut kids = std::collections::BTreeSet::new();
    let mut keys = Vec::new();
    for item in items {
        let json::Value::Object(jwk) = json::Value::from(item.clone()) else {
            findings.add("ruleset.type", item.at, "expected a JWK, a mapping, for a key".to_owned());
            continue;
        };
        match Key::from_jwk(&jwk) {
            Ok(key) => {
                if key.kid().is_some_and(|kid| !kids.insert(kid.to_owned())) {
                    findings.add(
                        "key.duplicate_kid",
                        item.at,
                        "two keys of this issuer have the same `kid`".to_owned(),
                    );
                }
                if keys.iter().any(|(other, _): &(Key, json::Object)| other.thumbprint() == key.thumbprint()) {
                    // RFC 8725bis, section 3.1: a key is for one algorithm.
                    findings.add("key.duplicate", item.at, "this public key of the issuer is there twice".to_owned());
                }
                keys.push((key, jwk));
            }
            Err(error) => findings.add(error.code(), item.at, error.to_string()),
        }
    }
    keys
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
            findings.unknown("ruleset.unknown_attribute", entry.key_at, message, &entry.key, known.iter().copied());
            continue;
        };
        let kind = names.vocabulary.get(attribute).map_or(&Type::Text, |attribute| &attribute.kind);
        for node in findings.one_or_more(&entry.value, "a claim") {
            mappings.extend(mapping(findings, (attribute, kind), node, defaults));
        }
    }
    mappings
}

/// A JSON Pointer, or a mapping that says more about the claim.
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
    // `none` in place of a pointer: not even what holds for the issuer's other claims.
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

/// `true`: the set is whole. `ever`: so is its history. `false`: there may be others.
fn complete(findings: &mut Findings, node: &Node, kind: &Type) -> Complete {
    let set = matches!(
        kind,
        Type::Texts | Type::Countries | Type::Regions | Type::Holdings | Type::Records(_) | Type::Shares
    );
    if !set {
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

/// One of `not`, `is`, `values`, `split`.
fn convert(findings: &mut Findings, fields: &mut Fields<'_>, kind: &Type) -> Option<Convert> {
    let at = fields.at;
    let (not, is) = (fields.take("not"), fields.take("is"));
    let (values, split) = (fields.take("values"), fields.take("split"));
    if [not, is, values, split].iter().flatten().count() > 1 {
        findings.add("ruleset.convert", at, "a claim is converted in one way only".to_owned());
    }
    if (not.is_some() || is.is_some()) && *kind != Type::Bool {
        findings.add("ruleset.convert", at, "only a truth value can be made by `not` or `is`".to_owned());
    }
    if let Some(node) = not {
        return findings.bool(node, "`not`")?.then_some(Convert::Not);
    }
    if let Some(node) = is {
        let items = findings.one_or_more(node, "`is`");
        for item in items.iter().filter(|item| matches!(item.kind, Kind::Null | Kind::Sequence(_) | Kind::Mapping(_))) {
            findings.add("ruleset.type", item.at, "expected a text, a number or a truth value for `is`".to_owned());
        }
        return Some(Convert::Is(items.iter().cloned().map(json::Value::from).collect()));
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
                    let message = format!("`{}` does not become a value of this attribute", shorten(&entry.key));
                    let known = words.iter().map(String::as_str);
                    findings.unknown("ruleset.unknown_value", entry.value.at, message, &entry.key, known);
                }
            }
        }
        return Some(Convert::Values(meanings.collect()));
    }
    let node = split?;
    if *kind != Type::Texts {
        findings.add("ruleset.convert", node.at, "only a set of texts can be made by `split`".to_owned());
    }
    // One space is a text too, and the one that most claims are split at.
    match &node.kind {
        Kind::String(between) if !between.is_empty() => Some(Convert::Split(between.clone())),
        _ => findings.text(node, "`split`").map(|between| Convert::Split(between.to_owned())),
    }
}

/// Texts that other claims of the same element must have.
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

/// Other spellings of countries, `{ UK: GB }`.
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

/// A level, or a claim whose values mean levels.
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

fn pointer(findings: &mut Findings, node: &Node) -> Option<String> {
    let text = findings.text(node, "a JSON Pointer")?;
    let escapes_end = text.split('~').skip(1).all(|rest| rest.starts_with(['0', '1']));
    if !text.starts_with('/') || !escapes_end {
        findings.add_help(
            "ruleset.pointer",
            node.at,
            format!("`{}` is not a JSON Pointer to a claim", shorten(text)),
            "write it as RFC 6901 says, such as `/verified_claims/claims/us_status`".to_owned(),
        );
        return None;
    }
    Some(text.to_owned())
}
