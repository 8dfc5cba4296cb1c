//! Credentials that wallets disclose in part: each attack gives exactly the expected result and code, and withheld
//! claims are counted. The same test runs natively, in Node and in Chromium.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "in a test a panic is how a check fails"
)]

mod support;

use brightline::Instant;
use brightline::base::json::{self, Value};
use brightline::base::limits;
use brightline::base::time::Span;
use brightline::verify::issuer::{Holder, StatusCheck, TrustedIssuer};
use brightline::verify::jose::Key;
use brightline::verify::token::{self, Claims, HostState, Possession, TokenError};
use data_encoding::BASE64URL_NOPAD;
use serde_json::json;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use support::{jwk, key, sign_jws};

#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

const VECTORS: &str = include_str!("vectors/attack-sdjwt.json");
/// The code that refuses each token, so that no token is refused for a wrong reason.
const CODES: &str = include_str!("vectors/attack-sdjwt-codes.json");

fn parsed(text: &str) -> Value {
    json::parse(text.as_bytes(), json::Limits::RULESET).expect("the vectors are strict JSON")
}

fn text<'a>(value: &'a Value, pointer: &str) -> &'a str {
    value.pointer(pointer).and_then(Value::as_str).unwrap_or_else(|| panic!("{pointer} is text"))
}

fn whole(value: &Value, pointer: &str) -> Option<i64> {
    match value.pointer(pointer) {
        Some(Value::Integer(number)) => Some(*number),
        _ => None,
    }
}

#[test]
fn each_attack_gives_its_result_and_its_code() {
    let vectors = parsed(VECTORS);
    let codes = parsed(CODES);
    let now = whole(&vectors, "/now").and_then(Instant::from_seconds).expect("a clock");
    let jwk = vectors.pointer("/issuer/jwk").and_then(Value::as_object).expect("a key");
    let issuer = TrustedIssuer {
        id: "pid".to_owned(),
        iss: text(&vectors, "/issuer/iss").to_owned(),
        audience: vec![text(&vectors, "/aud").to_owned()],
        typ: vec!["dc+sd-jwt".to_owned()],
        vct: vec!["urn:eudi:pid:1".to_owned()],
        keys: vec![Key::from_jwk(jwk).expect("a good key")],
        // The expired token expired five seconds ago.
        skew: Span::ZERO,
        proof_age: Span::from_seconds(300),
        holder: Holder::KeyBinding,
        ..TrustedIssuer::default()
    };
    let possession = Possession { nonce: Some(text(&vectors, "/nonce")), proofs: &[] };
    let tokens = vectors.pointer("/tokens").and_then(Value::as_array).expect("tokens");
    assert_eq!(tokens.len(), 44, "no attack may be lost");
    let mut wrong = BTreeMap::new();
    for entry in tokens {
        let (id, expect) = (text(entry, "/id"), text(entry, "/expect"));
        let result = token::verify(text(entry, "/token"), [&issuer], &HostState::default(), &possession, now);
        let got = result.as_ref().map_or_else(|error| error.code(), |_| "accepted");
        let expected = match expect {
            "accept" | "accept-but-incomplete" => "accepted",
            "reject" | "policy-reject" => codes.pointer(&format!("/{id}")).and_then(Value::as_str).unwrap_or("?"),
            other => panic!("{id}: `{other}`"),
        };
        if got != expected {
            wrong.insert(id.to_owned(), format!("expected {expected}, got {got}"));
        }
        if let Err(error) = &result {
            let message = error.to_string();
            assert!(!message.contains("DE") && !message.contains("nationalit"), "{id}: {message}");
        }
        let Ok(claims) = result else { continue };
        // Withheld claims are reported, and disclosed claims are at their positions.
        let hidden = claims.hidden();
        let incomplete = hidden.is_partial("/nationalities")
            || claims.payload().pointer("/nationalities").is_none()
                && hidden.may_hide("/nationalities", claims.payload())
            || id == "sd-status-hidden" && hidden.may_hide("/status", claims.payload());
        assert_eq!(incomplete, expect == "accept-but-incomplete", "{id}: {hidden:?}");
        for (pointer, place) in [("/out/undisclosed", "/nationalities"), ("/out/undisclosed_sd", "")] {
            if let Some(expected) = whole(entry, pointer) {
                let slots = hidden.slots().iter().filter(|slot| *slot == place).count();
                assert!(i64::try_from(slots).unwrap() >= expected, "{id}: {hidden:?}");
            }
        }
        if let Some(shown) = entry.pointer("/out/nationalities") {
            assert_eq!(claims.payload().pointer("/nationalities"), Some(shown), "{id}");
        }
        assert!(claims.payload().pointer("/_sd").is_none() && claims.payload().pointer("/_sd_alg").is_none());
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

const NOW: i64 = 1_770_000_000;

fn now() -> Instant {
    Instant::from_seconds(NOW).unwrap()
}

fn issuer() -> TrustedIssuer {
    let jwk = jwk(&key(1), "k").to_string();
    let jwk = json::parse(jwk.as_bytes(), json::Limits::UNTRUSTED).unwrap();
    TrustedIssuer {
        id: "pid".to_owned(),
        iss: "https://pid.example".to_owned(),
        audience: vec!["https://gate.example".to_owned()],
        typ: vec!["dc+sd-jwt".to_owned()],
        vct: vec!["urn:eudi:pid:1".to_owned()],
        keys: vec![Key::from_jwk(jwk.as_object().unwrap()).unwrap()],
        skew: Span::from_seconds(30),
        ..TrustedIssuer::default()
    }
}

fn disclosure(list: &serde_json::Value) -> String {
    BASE64URL_NOPAD.encode(list.to_string().as_bytes())
}

fn digest(disclosure: &str) -> String {
    BASE64URL_NOPAD.encode(&Sha256::digest(disclosure.as_bytes()))
}

/// A credential with these claims and disclosures.
fn credential(claims: &serde_json::Value, disclosures: &[String]) -> String {
    // Without a key binding the audience must be in plain sight if it could be hidden.
    let mut payload = json!({"iss": "https://pid.example", "vct": "urn:eudi:pid:1", "iat": NOW - 10, "exp": NOW + 300,
        "aud": "https://gate.example"});
    for (name, value) in claims.as_object().unwrap() {
        payload[name] = value.clone();
    }
    let header = json!({"alg": "Ed25519", "kid": "k", "typ": "dc+sd-jwt"});
    let mut token = sign_jws(&header, &payload.to_string(), &key(1)) + "~";
    for disclosure in disclosures {
        token += disclosure;
        token += "~";
    }
    token
}

fn verify(token: &str, issuer: &TrustedIssuer) -> Result<Claims, TokenError> {
    token::verify(token, [issuer], &HostState::default(), &Possession::default(), now())
}

fn code(claims: &serde_json::Value, disclosures: &[String]) -> &'static str {
    verify(&credential(claims, disclosures), &issuer()).map_or_else(|error| error.code(), |_| "accepted")
}

#[test]
fn disclosures_inside_disclosures_come_to_their_places() {
    let entry = disclosure(&json!(["s1", "IR"]));
    let list = disclosure(&json!(["s2", "nationalities", ["DE", {"...": digest(&entry)}, {"...": "decoy-a"}]]));
    let street = disclosure(&json!(["s3", "street/no", {"a~b": 1, "_sd": ["decoy-b"]}]));
    let address = disclosure(&json!(["s4", "address", {"country": "DE", "_sd": [digest(&street)]}]));
    let claims = json!({"_sd": [digest(&list), digest(&address), "decoy-c"], "_sd_alg": "sha-256"});
    let found = verify(&credential(&claims, &[entry, list, street, address]), &issuer()).unwrap();
    let shown = |pointer: &str| found.payload().pointer(pointer).map(Value::to_string);
    assert_eq!(shown("/nationalities").as_deref(), Some(r#"["DE","IR"]"#));
    assert_eq!(shown("/address/country").as_deref(), Some(r#""DE""#));
    assert_eq!(shown("/address/street~1no").as_deref(), Some(r#"{"a~b":1}"#));
    let hidden = found.hidden();
    assert_eq!(hidden.count(), 3);
    assert!(hidden.is_partial("/nationalities") && !hidden.is_partial("/address/country"));
    let may_hide = |pointer| hidden.may_hide(pointer, found.payload());
    assert!(hidden.is_partial("/address") && may_hide("/address/street~1no/x") && may_hide("/nationalities/2"));
    // A disclosed value hides nothing below itself.
    assert!(!may_hide("/address/country/x") && may_hide("/anything") && may_hide("/anything/below"));
}

#[test]
fn what_is_not_as_the_standard_asks_is_refused() {
    let name = disclosure(&json!(["s", "given_name", "A"]));
    let entry = disclosure(&json!(["s", "A"]));
    let (of_name, of_entry) = (digest(&name), digest(&entry));
    let sd = |digests: serde_json::Value| json!({"_sd": digests});
    let cases: Vec<(&str, serde_json::Value, Vec<String>)> = vec![
        ("accepted", sd(json!([of_name])), vec![name.clone()]),
        ("token.disclosure", sd(json!([of_name])), vec![name.clone(), name.clone()]),
        ("token.disclosure", sd(json!([])), vec![name.clone()]),
        ("token.disclosure", sd(json!([of_entry])), vec![entry]),
        ("token.disclosure", json!({"list": [{"...": of_name}]}), vec![name.clone()]),
        ("token.disclosure", json!({"given_name": "B", "_sd": [of_name]}), vec![name]),
        ("token.selective", sd(json!([of_name, of_name])), vec![]),
        ("token.selective", json!({"_sd": [of_name], "x": {"_sd": [of_name]}}), vec![]),
        ("token.selective", sd(json!(of_name)), vec![]),
        ("token.selective", sd(json!([1])), vec![]),
        ("token.selective", json!({"list": [{"...": of_entry, "x": 1}]}), vec![]),
        ("token.selective", json!({"list": [{"...": 1}]}), vec![]),
        ("token.selective", json!({"x": {"...": of_entry}}), vec![]),
        ("token.selective", json!({"x": {"_sd_alg": "sha-256"}}), vec![]),
        ("token.selective", json!({"_sd_alg": "sha-512"}), vec![]),
        ("token.selective", json!({"_sd_alg": "SHA-256"}), vec![]),
        ("token.selective", json!({"_sd_alg": 1}), vec![]),
        ("token.concealed_claim", json!({"cnf": {"_sd": ["x"]}}), vec![]),
        ("token.concealed_claim", json!({"status": {"status_list": {"_sd": ["x"]}}}), vec![]),
    ];
    for (expected, claims, disclosures) in cases {
        assert_eq!(code(&claims, &disclosures), expected, "{claims} {}", disclosures.len());
    }
    for never in [
        "iss",
        "nbf",
        "exp",
        "cnf",
        "vct",
        "status",
        "vct#integrity",
        "aka_vcts",
        "aud",
        "iat",
        "jti",
        "hop",
        "act",
        "azp",
        "client_id",
        "sid",
        "events",
    ] {
        let hiding = disclosure(&json!(["s", never, "x"]));
        assert_eq!(code(&sd(json!([digest(&hiding)])), &[hiding]), "token.concealed_claim", "{never}");
    }
    for reserved in ["_sd", "..."] {
        let named = disclosure(&json!(["s", reserved, "x"]));
        assert_eq!(code(&sd(json!([digest(&named)])), &[named]), "token.disclosure", "{reserved}");
    }
    for bad in
        [json!(["s"]), json!(["s", "a", 1, 2]), json!([1, "a", 1]), json!(["s", 1, 1]), json!({"a": 1}), json!("s")]
    {
        let bad = disclosure(&bad);
        assert_eq!(code(&sd(json!([digest(&bad)])), std::slice::from_ref(&bad)), "token.disclosure", "{bad}");
    }
    for bad in ["", "!", "a", "eyJ=", "Ww", "W10K\n"] {
        assert_eq!(code(&sd(json!([digest(bad)])), &[bad.to_owned()]), "token.disclosure", "{bad}");
    }
    let twice = BASE64URL_NOPAD.encode(br#"["s","a",{"x":1,"x":2}]"#);
    assert_eq!(code(&sd(json!([digest(&twice)])), &[twice]), "token.disclosure");
}

#[test]
fn the_form_is_settled_before_anything_else() {
    let good = credential(&json!({}), &[]);
    assert!(verify(&good, &issuer()).is_ok());
    let refused = |token: &str, issuer: &TrustedIssuer| verify(token, issuer).unwrap_err().code();
    // A credential without its tilde, and a JWT with one.
    assert_eq!(refused(good.trim_end_matches('~'), &issuer()), "token.malformed");
    let header = json!({"alg": "Ed25519", "kid": "k", "typ": "at+jwt"});
    let payload =
        json!({"iss": "https://pid.example", "sub": "a", "aud": "https://gate.example", "iat": NOW, "exp": NOW + 60});
    let plain = sign_jws(&header, &payload.to_string(), &key(1));
    let both = TrustedIssuer { typ: vec!["at+jwt".to_owned(), "dc+sd-jwt".to_owned()], ..issuer() };
    assert!(verify(&plain, &both).is_ok());
    assert_eq!(refused(&format!("{plain}~"), &both), "token.typ");
    assert_eq!(refused(&plain, &issuer()), "token.typ");
    // Another type of credential, and a credential without a type.
    assert_eq!(code(&json!({"vct": "urn:eudi:pid:2"}), &[]), "token.vct");
    assert_eq!(code(&json!({"vct": null}), &[]), "token.claim_type");
    // Certificates are ignored, other keys are not.
    let with = |name: &str| {
        let mut header = json!({"alg": "Ed25519", "kid": "k", "typ": "dc+sd-jwt"});
        header[name] = json!(["MIIB"]);
        let payload = json!({"iss": "https://pid.example", "vct": "urn:eudi:pid:1", "iat": NOW, "exp": NOW + 60});
        sign_jws(&header, &payload.to_string(), &key(1)) + "~"
    };
    assert!(verify(&with("x5c"), &issuer()).is_ok());
    assert_eq!(refused(&with("jwk"), &issuer()), "token.embedded_key");
    // A required status is missing.
    let asking = TrustedIssuer { status_list: StatusCheck::Required, ..issuer() };
    assert_eq!(refused(&good, &asking), "token.missing_claim");
}

#[test]
fn limits_hold_at_the_limit_and_one_past_it() {
    let many = |count: usize| {
        let disclosures: Vec<String> = (0..count).map(|n| disclosure(&json!(["s", format!("c{n}"), n]))).collect();
        let digests: Vec<String> = disclosures.iter().map(|text| digest(text)).collect();
        code(&json!({"_sd": digests}), &disclosures)
    };
    assert_eq!(many(limits::DISCLOSURES), "accepted");
    assert_eq!(many(limits::DISCLOSURES + 1), "token.disclosure");
    let deep = |depth: usize| {
        let mut disclosures = vec![disclosure(&json!(["s", "c", 1]))];
        for _ in 1..depth {
            let inner = digest(disclosures.last().unwrap());
            disclosures.push(disclosure(&json!(["s", "c", {"_sd": [inner]}])));
        }
        code(&json!({"_sd": [digest(disclosures.last().unwrap())]}), &disclosures)
    };
    assert_eq!(deep(limits::DISCLOSURE_DEPTH), "accepted");
    assert_eq!(deep(limits::DISCLOSURE_DEPTH + 1), "token.disclosure");
    // The maximum length, to the byte.
    let filled = |length: usize| {
        let mut disclosures: Vec<String> =
            (0..20).map(|n| disclosure(&json!(["s", format!("c{n}"), "x".repeat(2000)]))).collect();
        let sized = |disclosures: &[String]| {
            let digests: Vec<String> = disclosures.iter().map(|text| digest(text)).collect();
            credential(&json!({"_sd": digests}), disclosures)
        };
        while sized(&disclosures).len() + 2800 < length {
            let n = disclosures.len();
            disclosures.push(disclosure(&json!(["s", format!("c{n}"), "x".repeat(1000)])));
        }
        // A key binding that is not required fills the rest.
        let token = sized(&disclosures);
        let rest = length - token.len();
        verify(&(token + &"k".repeat(rest)), &issuer()).map_or_else(|error| error.code(), |_| "accepted")
    };
    assert_eq!(filled(limits::SD_JWT_BYTES), "accepted");
    assert_eq!(filled(limits::SD_JWT_BYTES + 1), "token.too_large");
}
