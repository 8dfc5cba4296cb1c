//! A signed ruleset opens only against the app's trust root: every substitution is refused with its code.

#![cfg(not(target_arch = "wasm32"))]
#![cfg(feature = "author")]
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "in a test a panic is how a check fails"
)]

use brightline::{BundleError, Engine, Instant, OpenError, TrustRoot};
use data_encoding::BASE64URL_NOPAD as BASE64URL;
use ed25519_dalek::{Signer, SigningKey};
use serde_json::{Value, json};

const TYP: &str = "brightline-ruleset+jws";

fn key(seed: u8) -> SigningKey {
    SigningKey::from_bytes(&[seed; 32])
}

fn jwk(seed: u8, kid: &str) -> Value {
    json!({"kty": "OKP", "crv": "Ed25519", "alg": "Ed25519", "kid": kid,
           "x": BASE64URL.encode(key(seed).verifying_key().as_bytes())})
}

fn ruleset() -> Value {
    json!({
        "ruleset": "r", "version": 5, "language": 1, "issued": "2026-01-01T00:00:00Z",
        "expires": "2026-04-01T00:00:00Z", "default": "allow", "actions": ["chat"],
        "models": [{"id": "m"}], "rules": [],
    })
}

fn image(ruleset: &Value) -> Vec<u8> {
    let document = brightline::parse_json(&ruleset.to_string()).unwrap();
    brightline::to_image(&brightline::read_ruleset(&document).unwrap())
}

fn payload() -> Value {
    json!({
        "schema": 2, "aud": "prod", "ruleset_id": "r", "version": 5, "prev_sha256": null,
        "iat": 1_767_225_600, "nbf": 1_767_225_600, "exp": 1_775_001_600,
    })
}

fn header(kid: &str) -> Value {
    json!({"alg": "Ed25519", "kid": kid, "typ": TYP})
}

/// A line of JSON, followed by the ruleset's image.
fn bytes(payload: &Value, image: &[u8]) -> Vec<u8> {
    [format!("{payload}\n").as_bytes(), image].concat()
}

fn sign(payload: &Value, signers: &[(u8, Value)]) -> Value {
    sign_bytes(&bytes(payload, &image(&ruleset())), signers)
}

fn sign_bytes(payload: &[u8], signers: &[(u8, Value)]) -> Value {
    let payload = BASE64URL.encode(payload);
    let signatures: Vec<Value> = signers
        .iter()
        .map(|(seed, header)| {
            let protected = BASE64URL.encode(header.to_string().as_bytes());
            let signature = key(*seed).sign(format!("{protected}.{payload}").as_bytes());
            json!({"protected": protected, "signature": BASE64URL.encode(&signature.to_bytes())})
        })
        .collect();
    json!({"payload": payload, "signatures": signatures})
}

fn good() -> Value {
    sign(&payload(), &[(1, header("a"))])
}

fn root(threshold: usize, keys: &[Value]) -> TrustRoot {
    let root = json!({"ruleset": "r", "audience": "prod", "threshold": threshold, "keys": keys});
    TrustRoot::parse(root.to_string().as_bytes()).unwrap()
}

fn at(text: &str) -> Instant {
    Instant::parse(text).unwrap()
}

fn open(bundle: &Value, root: &TrustRoot) -> Result<Engine, OpenError> {
    Engine::open(bundle.to_string().as_bytes(), root, at("2026-02-01T00:00:00Z"), 0)
}

#[track_caller]
fn refused(bundle: &Value, code: &str) {
    let error = open(bundle, &root(1, &[jwk(1, "a"), jwk(2, "b")])).map(|_| ()).unwrap_err();
    assert_eq!(error.code(), code, "{error}");
}

fn with_audience(audience: &str) -> Value {
    let mut payload = payload();
    payload["aud"] = audience.into();
    payload
}

/// The good bundle with one change to its payload, signed after the change.
fn with(change: impl FnOnce(&mut Value)) -> Value {
    let mut payload = payload();
    change(&mut payload);
    sign(&payload, &[(1, header("a"))])
}

#[test]
fn one_of_one_and_two_of_three_open() {
    assert_eq!(open(&good(), &root(1, &[jwk(1, "a")])).unwrap().rulesets().next().unwrap().0.version(), 5);
    let keys = [jwk(1, "a"), jwk(2, "b"), jwk(3, "c")];
    let two = sign(&payload(), &[(1, header("a")), (3, header("c"))]);
    assert!(open(&two, &root(2, &keys)).is_ok());
    let error = open(&good(), &root(2, &keys)).unwrap_err();
    assert_eq!(error, OpenError::Bundle(BundleError::Threshold { signed: 1, needed: 2 }));
}

#[test]
fn keys_are_counted_not_signatures_and_not_names() {
    let keys = [jwk(1, "a"), jwk(2, "b"), jwk(3, "c")];
    let twice = sign(&payload(), &[(1, header("a")), (1, header("a"))]);
    assert_eq!(open(&twice, &root(2, &keys)).unwrap_err().code(), "bundle.threshold");
    // One key under two names counts once; a root with only that key cannot have a threshold of two.
    let renamed = [jwk(1, "a"), jwk(1, "other"), jwk(2, "b")];
    let both = sign(&payload(), &[(1, header("a")), (1, header("other"))]);
    assert_eq!(open(&both, &root(2, &renamed)).unwrap_err().code(), "bundle.threshold");
    let impossible = json!({"ruleset": "r", "audience": "prod", "threshold": 2, "keys": renamed[..2]});
    let error = TrustRoot::parse(impossible.to_string().as_bytes()).unwrap_err();
    assert_eq!(error.code(), "trust_root.threshold");
}

#[test]
fn a_stranger_s_signature_is_nothing_and_a_broken_one_is_loud() {
    refused(&sign(&payload(), &[(9, header("stranger"))]), "bundle.threshold");
    assert!(open(&sign(&payload(), &[(9, header("stranger")), (1, header("a"))]), &root(1, &[jwk(1, "a")])).is_ok());
    // A known `kid` over another key's signature, in addition to a good one.
    refused(&sign(&payload(), &[(1, header("a")), (9, header("b"))]), "bundle.signature");
    let mut changed = good();
    changed["payload"] = BASE64URL.encode(&bytes(&with_audience("test"), &image(&ruleset()))).into();
    refused(&changed, "bundle.signature");
}

#[test]
fn rollback_freeze_and_mix_up_are_refused() {
    let root = root(1, &[jwk(1, "a")]);
    let bundle = good().to_string();
    let open = |now: &str, floor| {
        Engine::open(bundle.as_bytes(), &root, at(now), floor).map(|_| ()).map_err(|e| e.code().to_owned())
    };
    let now = "2026-02-01T00:00:00Z";
    assert_eq!(open(now, 5), Ok(()));
    assert_eq!(open(now, 6), Err("bundle.rollback".into()));
    assert_eq!(open("2025-12-31T23:59:59.999Z", 0), Err("bundle.not_yet_valid".into()));
    assert_eq!(open("2026-03-31T23:59:59.999Z", 0), Ok(()));
    assert_eq!(open("2026-04-01T00:00:00Z", 0), Err("bundle.expired".into()));
    refused(&with(|payload| payload["aud"] = "staging".into()), "bundle.audience");
    refused(&with(|payload| payload["ruleset_id"] = "other".into()), "bundle.id");
    refused(&with(|payload| payload["version"] = 6.into()), "bundle.mismatch");
    refused(&with(|payload| payload["exp"] = 1_775_001_601.into()), "bundle.mismatch");
}

#[test]
fn the_form_is_exact() {
    refused(&with(|payload| payload["schema"] = 1.into()), "bundle.schema");
    refused(&with(|payload| payload["extra"] = 1.into()), "bundle.malformed");
    refused(&with(|payload| drop(payload.as_object_mut().unwrap().remove("prev_sha256"))), "bundle.malformed");
    refused(&with(|payload| payload["version"] = 0.into()), "bundle.malformed");
    refused(&with(|payload| payload["prev_sha256"] = "abc".into()), "bundle.malformed");
    let of = |image: &[u8]| sign_bytes(&bytes(&payload(), image), &[(1, header("a"))]);
    refused(&sign_bytes(payload().to_string().as_bytes(), &[(1, header("a"))]), "bundle.malformed");
    refused(&of(b""), "bundle.ruleset");
    refused(&of(b"BLR3"), "bundle.ruleset");
    refused(&of(&[&image(&ruleset())[..], b"\n"].concat()), "bundle.ruleset");
    let mut named = ruleset();
    named["ruleset"] = "other".into();
    refused(&of(&image(&named)), "bundle.mismatch");
    let mut development = ruleset();
    development["development"] = true.into();
    refused(&of(&image(&development)), "bundle.development");
    let headers = [
        (json!({"alg": "Ed25519", "kid": "a", "typ": "JWT"}), "bundle.typ"),
        (json!({"alg": "Ed25519", "kid": "a"}), "bundle.malformed"),
        (json!({"alg": "Ed25519", "kid": "a", "typ": TYP, "crit": []}), "bundle.malformed"),
        (json!({"alg": "none", "kid": "a", "typ": TYP}), "bundle.signature"),
        (json!({"alg": "ES256", "kid": "a", "typ": TYP}), "bundle.signature"),
    ];
    for (header, code) in headers {
        refused(&sign(&payload(), &[(1, header)]), code);
    }
    let mut extra = good();
    extra["header"] = json!({});
    refused(&extra, "bundle.malformed");
    let mut unprotected = good();
    unprotected["signatures"][0]["header"] = json!({"kid": "a"});
    refused(&unprotected, "bundle.malformed");
    let flattened = json!({"payload": good()["payload"], "protected": good()["signatures"][0]["protected"],
                           "signature": good()["signatures"][0]["signature"]});
    refused(&flattened, "bundle.malformed");
    refused(&json!({"payload": good()["payload"], "signatures": []}), "bundle.malformed");
    let padded = good()["payload"].as_str().unwrap().to_owned() + "=";
    refused(&json!({"payload": padded, "signatures": good()["signatures"]}), "bundle.signature");
}

#[test]
fn the_number_of_signatures_is_bounded() {
    let many = |count: u8| {
        let signers: Vec<(u8, Value)> = (0..count).map(|seed| (seed + 100, header(&format!("k{seed}")))).collect();
        sign(&payload(), &signers)
    };
    refused(&many(8), "bundle.threshold");
    refused(&many(9), "bundle.malformed");
    refused(&json!("x".repeat(brightline::base::limits::BUNDLE_BYTES)), "bundle.too_large");
}

#[test]
fn a_trust_root_is_read_strictly() {
    let parse = |root: Value| TrustRoot::parse(root.to_string().as_bytes()).map(|_| ()).map_err(|error| error.code());
    let whole = json!({"ruleset": "r", "audience": "prod", "threshold": 1, "keys": [jwk(1, "a")]});
    assert_eq!(parse(whole.clone()), Ok(()));
    let changed = |name: &str, value: Value| {
        let mut root = whole.clone();
        root[name] = value;
        parse(root)
    };
    assert_eq!(changed("treshold", json!(1)), Err("trust_root.malformed"));
    assert_eq!(changed("threshold", json!(0)), Err("trust_root.threshold"));
    assert_eq!(changed("threshold", json!(2)), Err("trust_root.threshold"));
    assert_eq!(changed("threshold", json!(1.0)), Err("trust_root.threshold"));
    assert_eq!(changed("keys", json!([])), Err("trust_root.threshold"));
    assert_eq!(changed("keys", json!([jwk(1, "a"), jwk(2, "a")])), Err("trust_root.kid"));
    let mut secret = jwk(1, "a");
    secret["d"] = "AAAA".into();
    assert_eq!(changed("keys", json!([secret])), Err("key.secret"));
}

#[test]
fn an_environment_means_production_by_its_name() {
    for yes in ["prod", "production", "prod-eu", "eu-prod", "EU Prod", " prod", "eu_PRODUCTION.2", "prod2"] {
        assert!(brightline::means_production(yes), "{yes}");
    }
    for no in ["", "dev", "test", "staging", "reproduction", "nonprod"] {
        assert!(!brightline::means_production(no), "{no}");
    }
}
