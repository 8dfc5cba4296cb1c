//! How an issuer's tokens are verified: its keys or their source, the form of its tokens, and what must accompany them.

use super::Names;
use super::fields::{Fields, Findings, pointer, shorten};
use super::rule::roles;
use crate::author::language::{Kind, Node};
use crate::base::json;
use crate::base::limits;
use crate::base::set::Set;
use crate::base::time::Span;
use crate::ruleset::model::{Issuer, SamePerson};
use crate::verify::issuer::{CREDENTIAL, Holder, KeySource, RemoteKeys, StatusCheck, TENANT, TrustedIssuer};
use crate::verify::issuer::{is_tenant, of_tenant};
use crate::verify::jose::{Algorithm, Key, decode};

/// The part of an issuer's entry that verification needs, and its keys in their original form.
pub(super) struct IssuerTrust {
    pub(super) issuer: TrustedIssuer,
    pub(super) jwks: Vec<json::Object>,
    pub(super) status_jwks: Vec<json::Object>,
}

const HOLDERS: [(&str, Holder); 3] =
    [("none", Holder::Bearer), ("dpop", Holder::Dpop), ("key_binding", Holder::KeyBinding)];
const CHECKS: [(&str, StatusCheck); 3] = [
    ("when_present", StatusCheck::WhenPresent),
    ("required", StatusCheck::Required),
    ("ignored", StatusCheck::Ignored),
];
const DISCOVERIES: [(&str, KeySource); 2] = [("openid", KeySource::OpenId), ("oauth", KeySource::OAuth)];
const WAYS: [(&str, SamePerson); 3] =
    [("subject", SamePerson::Subject), ("key", SamePerson::Key), ("link", SamePerson::Link)];
/// Types of JWT that identity providers also sign and that are not sign-in tokens.
const NO_SIGN_IN: [&str; 21] = [
    "client-authentication+jwt",
    "dpop+jwt",
    "entity-statement+jwt",
    "explicit-registration-response+jwt",
    "jwk-set+jwt",
    "kb+jwt",
    "key-attestation+jwt",
    "keyattestation+jwt",
    "logout+jwt",
    "oauth-authz-req+jwt",
    "oauth-client-attestation+jwt",
    "oauth-client-attestation-pop+jwt",
    "openid4vci-proof+jwt",
    "provided-claims+jwt",
    "resolve-response+jwt",
    "secevent+jwt",
    "statuslist+jwt",
    "token-introspection+jwt",
    "trust-mark+jwt",
    "verifier-attestation+jwt",
    "wallet-attestation+jwt",
];

pub(super) fn trust(findings: &mut Findings, fields: &mut Fields<'_>, names: &Names) -> Option<IssuerTrust> {
    let id = fields.need(findings, "id").and_then(|node| issuer_id(findings, node));
    let iss = fields.need(findings, "iss").map(|node| iss(findings, node)).unwrap_or_default();
    let template = iss.first().is_some_and(|iss| iss.contains(TENANT));
    let tenants = fields.take("tenants").map(|node| tenants(findings, node, template)).unwrap_or_default();
    let audience = fields.need(findings, "audience").map(|node| findings.texts(node, "`audience`"));
    let audience_claim = fields.take("audience_claim").and_then(|node| findings.text(node, "`audience_claim`"));
    let typ = match fields.take("typ") {
        Some(node) => typ(findings, node),
        // RFC 9068, section 4: an access token must have this `typ`.
        None => vec!["at+jwt".to_owned()],
    };
    let selective = typ.iter().any(|typ| typ.ends_with(CREDENTIAL));
    let vct = match (fields.take("vct"), selective) {
        (Some(node), true) => findings.texts(node, "`vct`").into_vec(),
        (Some(node), false) => {
            let message = format!("only credentials, whose `typ` ends in `{CREDENTIAL}`, have a `vct`");
            findings.add("ruleset.vct", node.at, message);
            Vec::new()
        }
        (None, true) => {
            let help = "list the types of credential that this issuer may assert, such as `vct: urn:eudi:pid:1`";
            let message = format!("a `typ` that ends in `{CREDENTIAL}` is a credential, which needs a `vct`");
            findings.add_help("ruleset.vct", fields.at, message, help.to_owned());
            Vec::new()
        }
        (None, false) => Vec::new(),
    };

    let remote = fields.take("keys_from").and_then(|node| remote(findings, node));
    // Keys can be in the ruleset, fetched, or both. With both, a token signed with a key in the ruleset needs no fetch.
    let own = match &remote {
        Some(_) => fields.take("keys"),
        None => fields.need(findings, "keys"),
    };
    let (keys, jwks) = own.map(|node| keys(findings, node)).unwrap_or_default().into_iter().unzip();
    let status = fields.take("status_keys").map(|node| self::keys(findings, node)).unwrap_or_default();
    let (status_keys, status_jwks) = status.into_iter().unzip();

    let max_lifetime = fields.take("max_lifetime").and_then(|node| findings.span(node, "`max_lifetime`"));
    let skew = fields.take("skew").and_then(|node| at_most(findings, node, "skew", limits::SKEW_SECONDS));
    let proof_age =
        fields.take("proof_age").and_then(|node| at_most(findings, node, "proof_age", limits::PROOF_SECONDS));
    let holder = fields.take("holder").and_then(|node| word(findings, node, "`holder`", &HOLDERS));
    let status_list = fields.take("status_list").and_then(|node| word(findings, node, "`status_list`", &CHECKS));
    let link = fields.take("link").and_then(|node| pointer(findings, node));
    let hops = fields.take("hops").map(|node| roles(findings, node, "`hops`", names.vocabulary.roles()));
    let hops = hops.unwrap_or_default();
    let mut spellings = iss.into_iter();
    let issuer = TrustedIssuer {
        id: id?,
        iss: spellings.next()?,
        other_iss: spellings.collect(),
        tenants,
        audience: audience?.into_vec(),
        audience_claim: audience_claim.map(str::to_owned),
        typ,
        vct,
        keys,
        remote,
        max_lifetime,
        skew: skew.unwrap_or(Span::from_seconds(30)),
        // RFC 9901, section 9.5: whether a credential must be bound to its holder is decided in advance.
        holder: holder.unwrap_or(if selective { Holder::KeyBinding } else { Holder::Bearer }),
        proof_age: proof_age.unwrap_or(Span::from_seconds(60)),
        status_list: status_list.unwrap_or_default(),
        status_keys,
        link,
        hops: hops.into_vec(),
    };
    Some(IssuerTrust { issuer, jwks, status_jwks })
}

/// Reads an issuer's id, which must not contain a colon. A person's name is the id, a colon and `sub`. So two issuers never
/// give two people the same name.
fn issuer_id(findings: &mut Findings, node: &Node) -> Option<String> {
    let id = findings.id(node, "an issuer")?;
    if id.contains(':') {
        let message = format!("the id `{}` of an issuer has a colon in it", shorten(id));
        let help =
            "a person's name is the issuer's id, a colon and `sub`; write the id with `-` or `.` instead".to_owned();
        findings.add_help("ruleset.id", node.at, message, help);
        return None;
    }
    Some(id.to_owned())
}

/// Reads all spellings of an issuer's `iss`, in the order of the document.
fn iss(findings: &mut Findings, node: &Node) -> Vec<String> {
    let mut spellings: Vec<String> = Vec::new();
    for item in findings.one_or_more(node, "`iss`") {
        let Some(iss) = findings.text(item, "`iss`") else { continue };
        let rest = iss.replacen(TENANT, "", 1);
        if rest.contains(['{', '}']) {
            let message = format!("`{}` is not an `iss`, nor a template of one", shorten(iss));
            let help = format!("write `{TENANT}` once, instead of the token's tenant (`tid`)");
            findings.add_help("ruleset.tenants", item.at, message, help);
        }
        if spellings.first().is_some_and(|first| first.contains(TENANT) != iss.contains(TENANT)) {
            let message = format!("some spellings of `iss` contain `{TENANT}` and others do not");
            let help = "an entry is for one issuer, or for the tenants of a provider: write two entries".to_owned();
            findings.add_help("ruleset.tenants", item.at, message, help);
        }
        spellings.push(iss.to_owned());
    }
    spellings
}

fn tenants(findings: &mut Findings, node: &Node, template: bool) -> Vec<String> {
    let tenants = findings.texts(node, "`tenants`");
    if !template {
        let help = format!("write `{TENANT}` in `iss`, instead of the token's tenant (`tid`)");
        findings.add_help("ruleset.tenants", node.at, "the `iss` has no placeholder for a tenant".to_owned(), help);
    }
    for tenant in tenants.iter().filter(|tenant| !is_tenant(tenant)) {
        let message = format!("`{}` cannot be a tenant", shorten(tenant));
        let help = "write its id: ASCII letters, digits and . _ -".to_owned();
        findings.add_help("ruleset.tenants", node.at, message, help);
    }
    tenants.into_vec()
}

/// Reads `typ`, in lower case and without `application/`.
fn typ(findings: &mut Findings, node: &Node) -> Vec<String> {
    let types = findings.texts(node, "`typ`");
    let types: Vec<String> =
        types.iter().map(|typ| typ.to_ascii_lowercase().trim_start_matches("application/").to_owned()).collect();
    for typ in types.iter().filter(|typ| NO_SIGN_IN.contains(&typ.as_str())) {
        let message = format!("a token of `typ` {typ} does not sign a person in");
        let help = "leave it out: any issuer signs such tokens with the same keys".to_owned();
        findings.add_help("ruleset.typ", node.at, message, help);
    }
    types
}

/// Describes how a token could match two entries. `None` if no token can. Entries with the same `iss` are distinguished by
/// `typ`, and for credentials also by `vct`.
pub(super) fn overlap(one: &TrustedIssuer, other: &TrustedIssuer) -> Option<String> {
    let spelt = |issuer: &TrustedIssuer| -> Vec<String> {
        let of_each = |iss: &str| match issuer.tenants.as_slice() {
            [] => vec![iss.to_owned()],
            tenants => tenants.iter().map(|tenant| of_tenant(iss, tenant)).collect(),
        };
        issuer.spellings().flat_map(of_each).collect()
    };
    let others = spelt(other);
    let iss = spelt(one).into_iter().find(|one| others.iter().any(|other| may_be_one(one, other)))?;
    let vct = one.vct.iter().any(|vct| other.vct.contains(vct));
    let shared = |typ: &&String| other.typ.contains(typ) && (vct || !typ.ends_with(CREDENTIAL));
    let typ = one.typ.iter().find(shared)?;
    Some(format!("`iss` `{}` and `typ` {typ}", shorten(&iss)))
}

/// True if one `iss` can match both spellings, each of which can be a template.
fn may_be_one(one: &str, other: &str) -> bool {
    let ends = |iss| str::split_once(iss, TENANT);
    if ends(one).is_none() && ends(other).is_none() {
        return one == other;
    }
    let ((begin, end), (other_begin, other_end)) =
        (ends(one).unwrap_or((one, one)), ends(other).unwrap_or((other, other)));
    (begin.starts_with(other_begin) || other_begin.starts_with(begin))
        && (end.ends_with(other_end) || other_end.ends_with(end))
}

/// Reads how to recognise tokens of several issuers as those of one person.
pub(super) fn same_person(findings: &mut Findings, node: &Node, issuers: &[Issuer]) -> Set<SamePerson> {
    let mut ways = Set::default();
    for item in findings.one_or_more(node, "`same_person`") {
        let way = word(findings, item, "`same_person`", &WAYS);
        let linked = issuers.iter().filter(|issuer| issuer.trusted.link.is_some()).count();
        if way == Some(SamePerson::Link) && linked < 2 {
            let help = "name the claim in the entries of both issuers, such as `link: /employee_id`".to_owned();
            findings.add_help("ruleset.link", item.at, "fewer than two issuers have a `link`".to_owned(), help);
        }
        ways.extend(way);
    }
    ways
}

fn at_most(findings: &mut Findings, node: &Node, name: &str, most: i64) -> Option<Span> {
    let span = findings.span(node, &format!("`{name}`"))?;
    if span > Span::from_seconds(most) {
        findings.add("ruleset.skew", node.at, format!("a `{name}` of {span} is more than {most} s"));
    }
    Some(span)
}

fn word<T: Clone>(findings: &mut Findings, node: &Node, what: &str, words: &[(&str, T)]) -> Option<T> {
    let text = findings.text(node, what)?;
    let known = words.iter().find(|(word, _)| *word == text);
    if known.is_none() {
        let message = format!("`{}` is not a value of {what}", shorten(text));
        findings.unknown("ruleset.unknown_value", node.at, message, text, words.iter().map(|(word, _)| *word));
    }
    known.map(|(_, value)| value.clone())
}

/// Reads the source from which the host fetches an issuer's keys.
fn remote(findings: &mut Findings, node: &Node) -> Option<RemoteKeys> {
    let mut fields = Fields::new(findings, node, "a source of keys")?;
    let thumbprints = fields.take("thumbprints").map(|node| thumbprints(findings, node)).unwrap_or_default();
    let source = match (fields.take("jwks_uri"), fields.take("discovery")) {
        (Some(node), None) => {
            let at = findings.text(node, "`jwks_uri`")?;
            if !at.starts_with("https://") {
                findings.add("ruleset.url", node.at, "`jwks_uri` must begin with `https://`".to_owned());
            }
            if thumbprints.is_empty() {
                let help =
                    "pin the keys with `thumbprints` (RFC 7638, SHA-256, base64url), or use `discovery`".to_owned();
                findings.add_help(
                    "ruleset.keys_from",
                    node.at,
                    "the keys that are fetched are not restricted".to_owned(),
                    help,
                );
            }
            KeySource::JwksUri(at.to_owned())
        }
        (None, Some(node)) => word(findings, node, "`discovery`", &DISCOVERIES)?,
        _ => {
            let message = "`keys_from` has either a `jwks_uri` or a `discovery`".to_owned();
            findings.add("ruleset.keys_from", fields.at, message);
            return None;
        }
    };
    let algorithms = fields.take("algorithms").map(|node| {
        let mut algorithms = Vec::new();
        for name in findings.texts(node, "`algorithms`").iter() {
            match Algorithm::parse(name) {
                Some(algorithm) => algorithms.push(algorithm),
                None => findings.add("key.algorithm", node.at, format!("`{}` is not implemented", shorten(name))),
            }
        }
        algorithms
    });
    let stale = fields.take("stale").and_then(|node| findings.span(node, "`stale`"));
    fields.done(findings);
    Some(RemoteKeys {
        source,
        thumbprints,
        algorithms: algorithms.unwrap_or_default(),
        stale: stale.unwrap_or(Span::from_seconds(24 * 60 * 60)),
    })
}

fn thumbprints(findings: &mut Findings, node: &Node) -> Vec<String> {
    let texts = findings.texts(node, "`thumbprints`");
    if !texts.iter().all(|text| decode(text).is_some_and(|bytes| bytes.len() == 32)) {
        let message = "a thumbprint is the SHA-256 of a JWK (RFC 7638) in base64url, 43 letters".to_owned();
        findings.add("ruleset.thumbprint", node.at, message);
    }
    texts.into_vec()
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
                    // RFC 8725bis, section 3.1: each key is used with one algorithm.
                    findings.add("key.duplicate", item.at, "this public key of the issuer appears twice".to_owned());
                }
                keys.push((key, jwk));
            }
            Err(error) => findings.add(error.code(), item.at, error.to_string()),
        }
    }
    keys
}
