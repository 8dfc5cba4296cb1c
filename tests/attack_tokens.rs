//! Attacks on token verification: each must give exactly the expected result and code.
//! The same test runs natively, in Node and in Chromium.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "in a test a panic is how a check fails"
)]

use brightline::Instant;
use brightline::base::json::{self, Value};
use brightline::base::time::Span;
use brightline::verify::issuer::TrustedIssuer;
use brightline::verify::jose::Key;
use brightline::verify::token::{self, HostState, Possession};
use std::collections::BTreeMap;

#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

const TOKENS: &str = include_str!("vectors/attack-tokens.json");
/// The code that refuses each token, so that no token is refused for a wrong reason.
const CODES: &str = include_str!("vectors/attack-codes.json");

fn parsed(text: &str) -> Value {
    json::parse(text.as_bytes(), json::Limits::RULESET).expect("the vectors are strict JSON")
}

fn text<'a>(value: &'a Value, pointer: &str) -> &'a str {
    value.pointer(pointer).and_then(Value::as_str).unwrap_or_else(|| panic!("{pointer} is text"))
}

/// A key of the vectors, pinned to one algorithm.
fn key(vectors: &Value, key: &str) -> Key {
    let jwk = vectors.pointer(&format!("/keys/{key}/jwk")).and_then(Value::as_object).expect("a key");
    let named = jwk.iter().map(|(name, value)| (name.to_owned(), value.clone()));
    // The Ed25519 key of the vectors has no `alg`; a key in a ruleset must have one.
    let algorithm = [("alg".to_owned(), Value::String("Ed25519".to_owned()))];
    Key::from_jwk(&named.chain(algorithm).collect()).expect("a good key")
}

fn issuer(vectors: &Value, keys: Vec<Key>) -> TrustedIssuer {
    TrustedIssuer {
        id: "idp".to_owned(),
        iss: text(vectors, "/iss").to_owned(),
        audience: vec![text(vectors, "/aud").to_owned()],
        typ: vec!["absent".to_owned(), "jwt".to_owned(), "at+jwt".to_owned()],
        keys,
        max_lifetime: None,
        skew: Span::from_seconds(30),
        ..TrustedIssuer::default()
    }
}

/// Two tokens are too large for the file; they are generated as their notes describe.
fn generated(id: &str) -> Option<String> {
    let claims = match id {
        "json-deep-20000" => format!("{{\"x\":{}{}}}", "[".repeat(20_000), "]".repeat(20_000)),
        "size-1mb" => format!("{{\"x\":\"{}\"}}", "x".repeat(1 << 20)),
        _ => return None,
    };
    let part = |text: &str| data_encoding::BASE64URL_NOPAD.encode(text.as_bytes());
    Some(format!("{}.{}.{}", part(r#"{"alg":"ES256"}"#), part(&claims), part(&"s".repeat(64))))
}

#[test]
fn each_attack_gives_its_result_and_its_code() {
    let vectors = parsed(TOKENS);
    let codes = parsed(CODES);
    let Some(Value::Integer(now)) = vectors.pointer("/now") else { panic!("the vectors have a clock") };
    let now = Instant::from_seconds(*now).expect("an instant");
    let mut wrong = BTreeMap::new();
    let tokens = vectors.pointer("/tokens").and_then(Value::as_array).expect("tokens");
    assert_eq!(tokens.len(), 93, "no attack may be lost");
    for entry in tokens {
        let id = text(entry, "/id");
        let token = entry.pointer("/token").and_then(Value::as_str).map(str::to_owned).or_else(|| generated(id));
        let token = token.expect("a token, or how to make it");
        // Verify with the intended key alone and with all keys: the other keys must make no difference.
        let alone = vec![key(&vectors, text(entry, "/key"))];
        let all = ["es", "rs", "ed"].map(|name| key(&vectors, name)).to_vec();
        let [result, beside] = [alone, all].map(|keys| {
            token::verify(&token, &[issuer(&vectors, keys)], &HostState::default(), &Possession::default(), now)
        });
        let [got, other] = [&result, &beside].map(|result| result.as_ref().map_or_else(|e| e.code(), |_| "accepted"));
        assert_eq!(got, other, "{id}");
        let expected = match text(entry, "/expect") {
            "accept" => "accepted",
            // `policy-reject`: this profile refuses it. `either`: this profile accepts exponents and refuses dates
            // after the year 9999.
            "either" => codes.pointer(&format!("/{id}")).and_then(Value::as_str).unwrap_or("accepted"),
            "reject" | "policy-reject" => text(&codes, &format!("/{id}")),
            other => panic!("{id}: `{other}`"),
        };
        if got != expected {
            wrong.insert(id.to_owned(), format!("expected {expected}, got {got}"));
        }
        if let Err(error) = result {
            let message = error.to_string();
            assert!(!message.is_empty() && !message.contains("u1") && !message.contains("DE\""), "{id}: {message}");
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn every_code_is_listed_and_meant_for_a_token_that_is_to_be_refused() {
    let vectors = parsed(TOKENS);
    let tokens = vectors.pointer("/tokens").and_then(Value::as_array).expect("tokens");
    let is_refused = |token: &&Value| text(token, "/expect") != "accept" && text(token, "/id") != "exp-expform";
    let refused: Vec<&str> = tokens.iter().filter(is_refused).map(|token| text(token, "/id")).collect();
    let codes = parsed(CODES);
    let codes = codes.as_object().expect("an object");
    assert_eq!(codes.iter().map(|(id, _)| id).collect::<Vec<_>>(), refused);
    for (id, code) in codes.iter() {
        let code = code.as_str().expect("a code");
        assert!(token::TokenError::CODES.contains(&code), "{id}: {code}");
    }
}
