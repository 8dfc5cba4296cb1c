//! Properties of a document that no request shows: seals, images, order independence, presets.

#![cfg(not(target_arch = "wasm32"))]
#![cfg(feature = "author")]
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "in a test a panic is how a check fails"
)]

use brightline::{Context, Diagnostic, Ruleset, parse_yaml, read_image, read_ruleset, to_image};
use serde_json::Value;

const KEY: &str = "{ kty: OKP, crv: Ed25519, alg: Ed25519, kid: k1, x: 11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo }";

fn read(parts: &str) -> Result<Ruleset, Vec<Diagnostic>> {
    let text = format!(
        "ruleset: r\nversion: 1\nlanguage: 1\nissued: 2026-01-01\nexpires: 2026-04-01\ndefault: allow\nactions: [chat]\n\
         models: [ {{ id: m }} ]\n{parts}\n"
    );
    parse_yaml(&text).and_then(|document| read_ruleset(&document))
}

fn ruleset(parts: &str) -> Ruleset {
    read(parts).unwrap_or_else(|findings| panic!("{parts}\n{findings:#?}"))
}

fn codes(parts: &str) -> Vec<&'static str> {
    read(parts).err().unwrap_or_default().iter().map(|finding| finding.code).collect()
}

fn rule(more: &str) -> Ruleset {
    ruleset(&format!(
        "rules:\n  - {{ id: one, title: T, outcome: deny, reason: no, message: M, basis: {{ citation: C }}, {more} }}"
    ))
}

fn seal(ruleset: &Ruleset) -> String {
    let json: Value = serde_json::from_str(&ruleset.to_json()).unwrap();
    json["rules"][0]["sealed"]["sha256"].as_str().expect("a commitment").to_owned()
}

#[test]
fn a_seal_commits_to_the_rule_and_to_its_salt() {
    let sealed = |when: &str, salt: &str| seal(&rule(&format!("when: {{ {when} }}, sealed: {salt}")));
    let one = sealed("subject.foreign_person: true", "0123456789abcdef");
    assert_eq!(one.len(), 64);
    assert_eq!(one, sealed("subject.foreign_person: true", "0123456789abcdef"), "the same again");
    assert_eq!(one, sealed("subject.foreign_person: { is: true }", "0123456789abcdef"), "the same in other words");
    assert_ne!(one, sealed("subject.foreign_person: true", "0123456789abcdeg"), "another salt");
    assert_ne!(one, sealed("subject.foreign_person: false", "0123456789abcdef"), "another rule");
    // An author who has only the commitment writes it directly.
    assert_eq!(one, seal(&rule(&format!("sealed: {{ sha256: {one} }}"))));
    // The salt is in no shipped file.
    let whole = rule("when: { subject.foreign_person: true }, sealed: 0123456789abcdef");
    assert!(!String::from_utf8_lossy(&to_image(&whole)).contains("0123456789abcdef"));
    assert!(!whole.to_json().contains("0123456789abcdef"));
    assert_eq!(seal(&read_image(&to_image(&whole)).unwrap()), one);
}

#[test]
fn one_meaning_has_one_image() {
    let image = |text: &str| to_image(&rule(text));
    let same = [
        ("when: { subject.residence: DE }", "when: { subject.residence: [DEU] }"),
        ("when: { subject.residence: [FR, DE] }", "when: { subject.residence: { in: [DE, FR, DE] } }"),
        ("when: { subject.foreign_person: true }", "when: { subject.foreign_person: { is: true } }"),
        ("scope: { models: m }", "scope: { models: { id: [m] } }"),
        ("unknown: { subject.foreign_person: ask }", "unknown: { subject.us_person: ask }"),
    ];
    for (one, other) in same {
        assert_eq!(image(one), image(other), "{one} | {other}");
    }
    // The same members in another order.
    let two = |first: &str, second: &str| {
        let rule = |id: &str| {
            format!("  - {{ id: {id}, title: T, outcome: deny, reason: no, message: M, basis: {{ citation: C }} }}\n")
        };
        to_image(&ruleset(&format!("rules:\n{}{}", rule(first), rule(second))))
    };
    assert_eq!(two("a", "b"), two("b", "a"));
}

#[test]
fn every_preset_reads_as_an_issuer() {
    let names =
        ["oidc", "verified-claims", "entra", "okta", "auth0", "google", "cloudflare-access", "house", "evidence"];
    for name in names {
        let with = |more: &str| {
            ruleset(&format!(
                "issuers: [ {{ id: i, preset: {name}, iss: \"https://i.example\", audience: a, keys: [ {KEY} ]{more} }} ]\nrules: []"
            ))
            .to_json()
        };
        let json: Value = serde_json::from_str(&with("")).unwrap();
        assert!(json["issuers"][0]["typ"].as_array().is_some_and(|typ| !typ.is_empty()), "{name}");
        // The members of the entry itself override those of the preset.
        let own: Value = serde_json::from_str(&with(", typ: own, claims: { subject.employer: /mine }")).unwrap();
        assert_eq!(own["issuers"][0]["typ"], serde_json::json!(["own"]), "{name}");
        assert_eq!(own["issuers"][0]["claims"]["subject.employer"][0]["claim"], "/mine", "{name}");
    }
}

#[test]
fn a_ruleset_tells_what_it_declares() {
    let ruleset = ruleset(
        "attributes: { context.on_site: { type: bool }, subject.badge: { type: text } }\nrules:\n  - { id: one, title: T, \
         outcome: deny, reason: no, message: M, basis: { citation: C }, unknown: { subject.foreign_person: ask }, \
         when: { subject.foreign_person: true }, unless: [ { id: e, reason: yes, when: { subject.badge: x }, \
         provided: { reason: but, when: { context.on_site: true } } } ] }",
    );
    let context: Vec<&str> = ruleset.context().collect();
    assert_eq!(context, ["country", "region", "places", "chain", "purpose", "on_site"]);
    assert_eq!(ruleset.reasons().into_vec(), ["ask", "but", "no", "yes"]);
    let rules: Vec<(&str, Vec<&str>)> = ruleset.rules().map(|(id, exceptions)| (id, exceptions.collect())).collect();
    assert_eq!(rules, [("one", vec!["e"])]);
}

#[test]
fn a_context_is_read_strictly() {
    let vocabulary = brightline::ruleset::attribute::Vocabulary::default();
    let code = |text: &str| Context::parse(&vocabulary, &[], text).map_or_else(|error| error.code(), |_| "read");
    for (text, expected) in [
        ("{}", "read"),
        (r#"{"country":"DE","region":"DE-BE","purpose":"x"}"#, "read"),
        (r#"{"country":"Atlantis"}"#, "read"),
        (r#"{"places":[{"country":"DE","region":"DE-BE","source":"ip","quality":"ok"},{}]}"#, "read"),
        (r#"{"chain":[{"role":"end_user","of":"x","known":false}]}"#, "read"),
        (r#"{"contry":"DE"}"#, "context.unknown_field"),
        (r#"{"countries":["DE"]}"#, "context.unknown_field"),
        (r#"{"regions":["DE-BE"]}"#, "context.unknown_field"),
        (r#"{"chain_roles":["end_user"]}"#, "context.unknown_field"),
        (r#"{"subject.id":"x"}"#, "context.unknown_field"),
        (r#"{"places":[{"contry":"DE"}]}"#, "context.unknown_field"),
        (r#"{"chain":[{"role":"app","name":"x"}]}"#, "context.unknown_field"),
        (r#"{"chain":[{"role":"end-user","known":false}]}"#, "context.unknown_role"),
        (r#"{"chain":[{"role":"broker"}]}"#, "context.unknown_role"),
        (r#"{"chain":[{"role":"all"}]}"#, "context.unknown_role"),
        (r#"{"country":1}"#, "context.type"),
        (r#"{"country":null}"#, "context.type"),
        (r#"{"purpose":["x"]}"#, "context.type"),
        (r#"{"places":{"country":"DE"}}"#, "context.type"),
        (r#"{"places":["DE"]}"#, "context.type"),
        (r#"{"chain":[{}]}"#, "context.type"),
        (r#"{"chain":[{"role":"app","known":"no"}]}"#, "context.type"),
        ("[]", "context.not_an_object"),
        ("{", "context.json"),
        (r#"{"country":"DE","country":"FR"}"#, "context.json"),
    ] {
        assert_eq!(code(text), expected, "{text}");
    }
    // A role that one of the rulesets declares is valid for each of them.
    let mut other = vocabulary.clone();
    other.set_roles(["broker".to_owned()].into_iter().collect());
    assert!(Context::parse(&vocabulary, &[&vocabulary, &other], r#"{"chain":[{"role":"broker"}]}"#).is_ok());
    let many = format!(r#"{{"places":[{}]}}"#, vec!["{}"; 33].join(","));
    assert_eq!(code(&many), "context.type");
    assert_eq!(code(&format!(r#"{{"purpose":"{}"}}"#, "x".repeat(20_000))), "context.too_large");
}

#[test]
fn a_role_is_built_in_or_declared() {
    let rule = |more: &str| {
        format!(
            "{more}\nrules: [ {{ id: r, title: T, outcome: deny, reason: no, message: M, basis: {{ citation: C }}, "
        )
    };
    let parties = |roles: &str, parties: &str| format!("{}parties: [{parties}] }} ]", rule(roles));
    let asked = |roles: &str, role: &str| {
        format!("{}when: {{ context.chain_roles: {{ any_of: [{role}] }} }} }} ]", rule(roles))
    };
    for good in [
        parties("", "end_user, agent, app, integrator, reseller, actor, subject, all"),
        parties("roles: broker", "broker"),
        asked("roles: [broker, desk]", "desk"),
    ] {
        assert_eq!(codes(&good), Vec::<&str>::new(), "{good}");
    }
    for (bad, code) in [
        (parties("", "end-user"), "ruleset.unknown_role"),
        (parties("roles: [broker]", "brokers"), "ruleset.unknown_role"),
        (asked("", "resseller"), "ruleset.unknown_role"),
        (asked("", "all"), "ruleset.unknown_role"),
        (parties("roles: [agent]", "agent"), "ruleset.duplicate"),
        (parties("roles: [all]", "all"), "ruleset.duplicate"),
    ] {
        assert_eq!(codes(&bad), [code], "{bad}");
    }
    // Roles of hops are checked too. An issuer's id has no colon, so that no two people have one name.
    let issuer = |id: &str, hops: &str| {
        format!(
            "issuers: [ {{ id: \"{id}\", preset: house, iss: \"https://i.example\", audience: a, hops: [{hops}], keys: [ {KEY} ] }} ]\nrules: []"
        )
    };
    assert_eq!(codes(&issuer("desk", "reseller")), Vec::<&str>::new());
    assert_eq!(codes(&issuer("desk", "owner")), ["ruleset.unknown_role"]);
    assert_eq!(codes(&issuer("a:b", "reseller")), ["ruleset.id"]);
}
