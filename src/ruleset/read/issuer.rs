//! Issuers: their keys, what their tokens look like, and how their claims become attributes.

use super::condition::level;
use super::fields::{Fields, Findings, shorten};
use crate::attribute::{AttributeId, Source};
use crate::jose::Key;
use crate::json;
use crate::limits;
use crate::ruleset::model::{Assurance, ClaimMapping, Issuer};
use crate::ruleset::{Kind, Node};
use crate::time::Span;
use std::collections::BTreeMap;

pub(super) fn issuer(findings: &mut Findings, node: &Node) -> Option<Issuer> {
    let mut fields = Fields::new(findings, node, "an issuer")?;
    let id = fields.need(findings, "id").and_then(|node| findings.id(node, "an issuer")).map(str::to_owned);
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
    };
    let claims = fields.take("claims").map(|node| claims(findings, node, &defaults)).unwrap_or_default();
    fields.done(findings);
    let (keys, jwks) = keys.into_iter().unzip();
    Some(Issuer {
        id: id?,
        iss: iss?,
        audience: audience?.into_iter().collect(),
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

fn claims(findings: &mut Findings, node: &Node, defaults: &Defaults) -> Vec<ClaimMapping> {
    let Kind::Mapping(entries) = &node.kind else {
        findings.add("ruleset.type", node.at, "expected a mapping of attributes to claims for `claims`".to_owned());
        return Vec::new();
    };
    let mut mappings = Vec::new();
    for entry in entries {
        let known = AttributeId::lookup(&entry.key).filter(|id| id.attribute().source == Source::Evidence);
        let Some(attribute) = known.filter(|id| *id != AttributeId::SUBJECT_ID) else {
            let message = format!("`{}` is not an attribute that a claim can assert", shorten(&entry.key));
            let names: Vec<&str> = AttributeId::all()
                .filter(|id| id.attribute().source == Source::Evidence && *id != AttributeId::SUBJECT_ID)
                .map(AttributeId::name)
                .collect();
            findings.unknown("ruleset.unknown_attribute", entry.key_at, message, &entry.key, names.iter().copied());
            continue;
        };
        mappings.extend(mapping(findings, attribute, &entry.value, defaults));
    }
    mappings
}

/// A JSON Pointer, or a mapping that says more about the claim.
fn mapping(findings: &mut Findings, attribute: AttributeId, node: &Node, defaults: &Defaults) -> Option<ClaimMapping> {
    if matches!(node.kind, Kind::String(_)) {
        return Some(ClaimMapping {
            attribute,
            claim: pointer(findings, node)?,
            complete: false,
            assurance: defaults.assurance.clone(),
            verified_at: defaults.verified_at.clone(),
            expires_at: defaults.expires_at.clone(),
        });
    }
    let mut fields = Fields::new(findings, node, "a claim mapping")?;
    let claim = fields.need(findings, "claim").and_then(|node| pointer(findings, node));
    let complete = fields.take("complete").and_then(|node| findings.bool(node, "`complete`")).unwrap_or(false);
    let assurance = fields.take("assurance").and_then(|node| assurance(findings, node));
    let verified_at = fields.take("verified_at").and_then(|node| pointer(findings, node));
    let expires_at = fields.take("expires_at").and_then(|node| pointer(findings, node));
    fields.done(findings);
    Some(ClaimMapping {
        attribute,
        claim: claim?,
        complete,
        assurance: assurance.unwrap_or_else(|| defaults.assurance.clone()),
        verified_at: verified_at.or_else(|| defaults.verified_at.clone()),
        expires_at: expires_at.or_else(|| defaults.expires_at.clone()),
    })
}

/// A level, or a claim whose values mean levels.
fn assurance(findings: &mut Findings, node: &Node) -> Option<Assurance> {
    if !matches!(node.kind, Kind::Mapping(_)) {
        return level(findings, node).map(Assurance::Level);
    }
    let mut fields = Fields::new(findings, node, "an assurance")?;
    let claim = fields.need(findings, "claim").and_then(|node| pointer(findings, node));
    let mut levels = BTreeMap::new();
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
    Some(Assurance::Claim { claim: claim?, levels })
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
