//! Measures the core on this machine: the parts of a check, a whole check, and the analysis.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "what it measures was made for it"
)]

use brightline::author::analysis::{Budget, diff, lint, prove};
use brightline::base::time::Instant;
use brightline::check::decide::{Context, Request, decide};
use brightline::check::program::{Program, compile};
use brightline::check::subject::identify;
use brightline::verify::token::{self, HostState, Possession};
use criterion::{Criterion, criterion_group, criterion_main};
use data_encoding::BASE64URL_NOPAD as BASE64URL;
use ed25519_dalek::Signer;
use std::hint::black_box;

/// An instant within the validity of the token and of the ruleset.
const NOW: &str = "2026-06-01T12:00:00Z";

fn measure(criterion: &mut Criterion) {
    let fixtures = [Fixture::ed25519(), Fixture::es256(), Fixture::es384()];
    let program = program(&fixtures);
    let now = Instant::parse(NOW).expect("an instant");
    let context = Context::default();
    let request = Request { model: "atlas-5", action: "chat", context: &context };

    for Fixture { alg, token, .. } in &fixtures {
        let verify = || {
            token::verify(black_box(token), program.issuers(), &HostState::default(), &Possession::default(), now)
                .expect("a token that verifies")
        };
        criterion.bench_function(&format!("verify {alg}"), |bencher| bencher.iter(verify));
        let check = || decide(&program, &identify(program.ruleset(), &[&verify()], &[]), request, now);
        criterion.bench_function(&format!("check {alg}"), |bencher| bencher.iter(check));
    }
    let claims =
        [token::verify(&fixtures[0].token, program.issuers(), &HostState::default(), &Possession::default(), now)
            .expect("a token that verifies")];
    criterion.bench_function("identify", |bencher| {
        bencher.iter(|| identify(program.ruleset(), black_box(&[&claims[0]]), &[]))
    });
    let subject = identify(program.ruleset(), &[&claims[0]], &[]);
    criterion.bench_function("decide", |bencher| bencher.iter(|| decide(&program, black_box(&subject), request, now)));
}

fn program(fixtures: &[Fixture]) -> Program {
    let keys: Vec<&str> = fixtures.iter().map(|fixture| fixture.jwk.as_str()).collect();
    let text = include_str!("bench-ruleset.yaml").replace("keys: []", &format!("keys: [{}]", keys.join(", ")));
    let document = brightline::author::language::parse_yaml(&text).expect("a document");
    compile(brightline::author::language::read(&document).expect("a ruleset"))
}

/// A token and the key that it verifies with. The secrets are constants, so the key must never be trusted.
struct Fixture {
    alg: &'static str,
    jwk: String,
    token: String,
}

impl Fixture {
    fn ed25519() -> Self {
        let key = ed25519_dalek::SigningKey::from_bytes(&[7; 32]);
        let public = format!(r#""kty": "OKP", "crv": "Ed25519", "x": "{}""#, encode(key.verifying_key().as_bytes()));
        Self::new("Ed25519", &public, |input| key.sign(input).to_vec())
    }

    fn es256() -> Self {
        let key = p256::ecdsa::SigningKey::from_slice(&[7; 32]).expect("a scalar");
        let point = key.verifying_key().to_sec1_point(false);
        let sign = |input: &[u8]| p256::ecdsa::signature::Signer::<p256::ecdsa::Signature>::sign(&key, input).to_vec();
        Self::new("ES256", &ec("P-256", point.x(), point.y()), sign)
    }

    fn es384() -> Self {
        let key = p384::ecdsa::SigningKey::from_slice(&[7; 48]).expect("a scalar");
        let point = key.verifying_key().to_sec1_point(false);
        let sign = |input: &[u8]| p384::ecdsa::signature::Signer::<p384::ecdsa::Signature>::sign(&key, input).to_vec();
        Self::new("ES384", &ec("P-384", point.x(), point.y()), sign)
    }

    fn new(alg: &'static str, public: &str, sign: impl Fn(&[u8]) -> Vec<u8>) -> Self {
        let header = format!(r#"{{"alg":"{alg}","kid":"{alg}","typ":"at+jwt"}}"#);
        let iat = Instant::parse(NOW).expect("an instant").as_millis() / 1000;
        let payload = format!(
            r#"{{"iss":"https://idp.example","aud":"https://gate.example","sub":"person-1","iat":{iat},"exp":{},
                "jti":"1","client_id":"bench","us_status":"citizen","nationalities":["US"]}}"#,
            iat.saturating_add(3600)
        );
        let input = format!("{}.{}", encode(header.as_bytes()), encode(payload.as_bytes()));
        let token = format!("{input}.{}", encode(&sign(input.as_bytes())));
        Self { alg, jwk: format!(r#"{{{public}, "alg": "{alg}", "kid": "{alg}"}}"#), token }
    }
}

fn ec(curve: &str, x: Option<impl AsRef<[u8]>>, y: Option<impl AsRef<[u8]>>) -> String {
    let coordinate = |value: Option<&[u8]>| encode(value.expect("a point that is not at infinity"));
    let (x, y) = (coordinate(x.as_ref().map(AsRef::as_ref)), coordinate(y.as_ref().map(AsRef::as_ref)));
    format!(r#""kty": "EC", "crv": "{curve}", "x": "{x}", "y": "{y}""#)
}

fn encode(bytes: &[u8]) -> String {
    BASE64URL.encode(bytes)
}

/// Measures the analysis: guarantees of the shipped rulesets, and of a thousand rules.
fn analyse(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("prove");
    group.sample_size(10);
    for name in ["us-order", "us-model-weights", "us-baseline", "eu-dual-use", "itar-enclave"] {
        let path = format!("{}/pkg/rulesets/{name}.yaml", env!("CARGO_MANIFEST_DIR"));
        let text = std::fs::read_to_string(path).expect("a shipped ruleset");
        let document = brightline::parse_yaml(&text).expect("a document");
        let program = compile(brightline::read_rules(&document).expect("a ruleset"));
        group.bench_function(name, |bencher| bencher.iter(|| prove(&program, &[], Budget::default())));
    }
    let document = brightline::parse_json(&thousand_rules()).expect("a document");
    let ruleset = brightline::read_rules(&document).expect("a ruleset");
    let program = compile(ruleset.clone());
    group.bench_function("1,000 rules", |bencher| bencher.iter(|| prove(&program, &[], Budget::default())));
    group.bench_function("check of 1,000 rules", |bencher| {
        bencher.iter(|| lint(&ruleset, &document, Budget::default()))
    });
    group.bench_function("no difference of 1,000 rules", |bencher| {
        bencher.iter(|| diff(&program, &program, Budget::default()))
    });
}

/// Returns a ruleset of a thousand rules. Each applies to foreign persons of up to six nationalities on models above a
/// threshold. Every second rule also tests the residence, and every fourth begins later. Some guarantees are about requests
/// to which no rule applies.
fn thousand_rules() -> String {
    let mut state = 7_u64;
    let mut below = |most: u64| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) % most
    };
    let countries: Vec<&str> = brightline::base::country::Country::all().collect();
    let mut rules = Vec::new();
    for number in 0..1_000 {
        let mut some = || -> Vec<&str> {
            let many = 1 + below(6);
            (0..many).map(|_| countries[usize::try_from(below(200)).expect("small")]).collect()
        };
        let mut when =
            serde_json::json!({ "subject.foreign_person": true, "subject.nationalities": { "any_of": some() } });
        if number % 2 == 0 {
            when["subject.residence"] = serde_json::json!(some());
        }
        let mut rule = serde_json::json!({
            "id": format!("rule-{number}"), "title": "A rule", "reason": "a_reason", "message": "No.",
            "basis": { "citation": "An act" }, "when": when,
            "outcome": if number % 3 == 0 { serde_json::json!("deny") } else { serde_json::json!({ "degrade": { "model": "m-1" } }) },
            "scope": { "models": { "capability.cyber": { "at_least": 2 + below(4) } } },
        });
        if number % 4 == 0 {
            rule["effective"] = serde_json::json!({ "from": format!("2026-{:02}-01", 1 + below(6)) });
        }
        rules.push(rule);
    }
    let strong = serde_json::json!({ "assurance": "substantial", "max_age": "365d" });
    serde_json::json!({
        "ruleset": "thousand", "version": 1, "language": 1, "issued": "2026-01-01", "expires": "2026-12-01", "default": "allow",
        "actions": ["chat", "agent"],
        "models": (1..=6).rev().map(|n| serde_json::json!({ "id": format!("m-{n}"), "capability": { "cyber": n } })).collect::<Vec<_>>(),
        "issuers": [{ "id": "idp", "iss": "https://idp.example", "audience": "a", "keys": [], "verified_at": "/at",
            "assurance": { "claim": "/acr", "levels": { "low": "low", "substantial": "substantial" } },
            "claims": { "subject.us_status": "/s", "subject.residence": "/r",
                "subject.nationalities": { "claim": "/n", "complete": true } } }],
        "evidence": { "subject.us_person": strong, "subject.nationalities": strong, "subject.residence": strong },
        "rules": rules,
        "guarantees": [
            { "id": "us-persons-keep-access", "for": { "subject.foreign_person": false }, "always": "allow" },
            { "id": "the-smallest-stays", "scope": { "models": ["m-1"] }, "always": "allow" },
            { "id": "nobody-waits", "never": "review" },
            { "id": "us-persons-are-not-denied", "for": { "subject.foreign_person": false }, "never": "deny" },
            { "id": "nobody-is-denied", "scope": { "models": ["m-2"] }, "never": "deny" },
            { "id": "no-review-whatever-else", "always": ["allow", "degrade", "step_up", "deny"] },
            { "id": "citizens-wait-for-nothing", "for": { "subject.us_status": ["citizen"] },
                "evidence": { "subject.us_status": strong }, "never": "step_up" },
            { "id": "russians-are-restricted", "for": { "subject.nationalities": { "any_of": ["RU"] } }, "never": "allow" },
        ],
    })
    .to_string()
}

criterion_group!(benches, measure, analyse);
criterion_main!(benches);
