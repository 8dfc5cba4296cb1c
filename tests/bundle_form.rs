//! The form of a signed ruleset and of a trust root, through the public interface: every field at its limits.
//! Reading the rules inside and using them in an app are tested elsewhere.

#![cfg(not(target_arch = "wasm32"))]
#![allow(
    clippy::arithmetic_side_effects,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::string_slice,
    clippy::unwrap_used,
    reason = "in a test a panic is how a check fails"
)]

use brightline::Instant;
use brightline::base::limits;
use brightline::verify::bundle::{self, BundleError, Payload, TrustRoot};
use data_encoding::{BASE64URL_NOPAD as BASE64URL, HEXLOWER};
use ed25519_dalek::Signer as _;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

const NOW: i64 = 1_800_000_000;

/// A throw-away signer, derived from its name: `e…` uses Ed25519, `p…` P-256.
struct Signer(&'static str);

impl Signer {
    fn seed(&self) -> [u8; 32] {
        Sha256::digest(self.0).into()
    }

    fn alg(&self) -> &'static str {
        if self.0.starts_with('p') { "ES256" } else { "Ed25519" }
    }

    fn jwk(&self, kid: &str) -> Value {
        if self.0.starts_with('p') {
            let point = p256::ecdsa::SigningKey::from_slice(&self.seed()).unwrap();
            let point = point.verifying_key().to_sec1_point(false);
            return json!({"kty": "EC", "crv": "P-256", "alg": "ES256", "kid": kid,
                          "x": BASE64URL.encode(point.x().unwrap()), "y": BASE64URL.encode(point.y().unwrap())});
        }
        let key = ed25519_dalek::SigningKey::from_bytes(&self.seed()).verifying_key();
        json!({"kty": "OKP", "crv": "Ed25519", "alg": "Ed25519", "kid": kid, "x": BASE64URL.encode(key.as_bytes())})
    }

    fn sign(&self, message: &str) -> String {
        if self.0.starts_with('p') {
            let key = p256::ecdsa::SigningKey::from_slice(&self.seed()).unwrap();
            let signature: p256::ecdsa::Signature = p256::ecdsa::signature::Signer::sign(&key, message.as_bytes());
            return BASE64URL.encode(&signature.to_bytes());
        }
        let key = ed25519_dalek::SigningKey::from_bytes(&self.seed());
        BASE64URL.encode(&key.sign(message.as_bytes()).to_bytes())
    }

    /// An entry of `signatures`, over exactly these texts.
    fn entry(&self, header: &str, payload: &str) -> Value {
        let protected = BASE64URL.encode(header.as_bytes());
        json!({"signature": self.sign(&format!("{protected}.{payload}")), "protected": protected})
    }
}

fn header(alg: &str, kid: &str) -> String {
    json!({"alg": alg, "kid": kid, "typ": bundle::TYP}).to_string()
}

fn payload() -> Value {
    json!({"schema": 2, "aud": "prod", "ruleset_id": "r", "version": 5, "prev_sha256": null,
           "iat": NOW - 10, "nbf": NOW - 10, "exp": NOW + 10})
}

/// The line of JSON, with an empty image after it.
fn line(payload: &Value) -> String {
    format!("{payload}\n")
}

/// A bundle over a payload's text, by signers with the given `kid`s.
fn signed(payload: &str, signers: &[(Signer, &str)]) -> Value {
    let payload = BASE64URL.encode(payload.as_bytes());
    let entries: Vec<Value> =
        signers.iter().map(|(signer, kid)| signer.entry(&header(signer.alg(), kid), &payload)).collect();
    json!({"payload": payload, "signatures": entries})
}

fn good() -> Value {
    signed(&line(&payload()), &[(Signer("e1"), "a")])
}

fn root(threshold: usize, keys: &[Value]) -> Result<TrustRoot, BundleError> {
    let root = json!({"ruleset": "r", "audience": "prod", "threshold": threshold, "keys": keys});
    TrustRoot::parse(root.to_string().as_bytes())
}

fn open_at(bundle: &str, root: &TrustRoot, now: Instant, floor: u64) -> Result<Payload, BundleError> {
    bundle::open(bundle.as_bytes(), root, now, floor)
}

/// Opens with a trust root that holds the first signer's key as `a` and nothing else.
fn open(bundle: &Value) -> Result<Payload, BundleError> {
    let root = root(1, &[Signer("e1").jwk("a")]).unwrap();
    open_at(&bundle.to_string(), &root, Instant::from_seconds(NOW).unwrap(), 0)
}

fn code<T>(result: Result<T, BundleError>) -> &'static str {
    result.map_or_else(|error| error.code(), |_| "open")
}

fn with(name: &str, value: Value) -> &'static str {
    let mut payload = payload();
    payload[name] = value;
    code(open(&signed(&line(&payload), &[(Signer("e1"), "a")])))
}

#[test]
fn what_opens_is_what_was_signed() {
    let payload = payload();
    let text = format!("  {payload} \nany\nthing");
    let opened = open(&signed(&text, &[(Signer("e1"), "a")])).unwrap();
    assert_eq!((opened.contents().ruleset_id.as_str(), opened.contents().version), ("r", 5));
    assert_eq!(opened.contents().issued, Instant::from_seconds(NOW - 10).unwrap());
    assert_eq!(opened.contents().expires, Instant::from_seconds(NOW + 10).unwrap());
    assert_eq!(
        HEXLOWER.encode(&opened.contents().sha256),
        HEXLOWER.encode(&Sha256::digest(&text)),
        "of the very bytes"
    );
    assert_eq!(opened.contents().ruleset, b"any\nthing", "whether it is an image is for another to say");
}

#[test]
fn both_algorithms_sign_and_no_other_key_is_a_trust_root_s() {
    let keys = [Signer("e1").jwk("a"), Signer("p1").jwk("b"), Signer("e2").jwk("c")];
    let root_of_three = root(2, &keys).unwrap();
    let by = |signers: &[(Signer, &str)]| {
        let bundle = signed(&line(&payload()), signers).to_string();
        code(open_at(&bundle, &root_of_three, Instant::from_seconds(NOW).unwrap(), 0))
    };
    assert_eq!(by(&[(Signer("e1"), "a"), (Signer("p1"), "b")]), "open");
    assert_eq!(by(&[(Signer("p1"), "b")]), "bundle.threshold");
    assert_eq!(by(&[(Signer("p1"), "b"), (Signer("p1"), "b")]), "bundle.threshold");
    assert_eq!(by(&[(Signer("p2"), "b"), (Signer("e1"), "a"), (Signer("e2"), "c")]), "bundle.signature");
    let rsa = json!({"kty": "RSA", "alg": "RS256", "kid": "a", "e": "AQAB", "n": BASE64URL.encode(&[0xc5; 256])});
    assert_eq!(code(root(1, &[rsa])), "key.algorithm");
}

#[test]
fn a_stranger_may_sign_as_it_likes() {
    let text = line(&payload());
    let encoded = BASE64URL.encode(text.as_bytes());
    // An unknown future algorithm, by a key that this root does not know.
    let stranger = Signer("e9").entry(&header("ML-DSA-65", "future"), &encoded);
    let mut bundle = good();
    bundle["signatures"].as_array_mut().unwrap().push(stranger.clone());
    assert_eq!(code(open(&bundle)), "open");
    assert_eq!(code(open(&json!({"payload": encoded, "signatures": [stranger]}))), "bundle.threshold");
    // Under a known `kid` this is tampering, even `EdDSA`: a key has exactly one algorithm name here.
    for alg in ["ML-DSA-65", "EdDSA", "none", "ES256", "ed25519", ""] {
        let entry = Signer("e1").entry(&header(alg, "a"), &encoded);
        assert_eq!(code(open(&json!({"payload": encoded, "signatures": [entry]}))), "bundle.signature", "{alg}");
    }
}

#[test]
fn a_protected_header_is_exact() {
    let encoded = BASE64URL.encode(line(&payload()).as_bytes());
    let by =
        |header: &str| code(open(&json!({"payload": encoded, "signatures": [Signer("e1").entry(header, &encoded)]})));
    let typ = bundle::TYP;
    assert_eq!(by(&format!(r#"{{ "typ":"{typ}", "kid":"a", "alg":"Ed25519" }}"#)), "open");
    for header in [
        format!(r#"{{"alg":"Ed25519","kid":"a","typ":"{typ}","b64":true}}"#),
        format!(r#"{{"alg":"Ed25519","kid":"a","typ":"{typ}","jwk":{{}}}}"#),
        format!(r#"{{"alg":"Ed25519","kid":"a","kid":"a","typ":"{typ}"}}"#),
        format!(r#"{{"alg":"Ed25519","typ":"{typ}"}}"#),
        format!(r#"{{"alg":"Ed25519","kid":1,"typ":"{typ}"}}"#),
        format!(r#"["Ed25519","a","{typ}"]"#),
        format!(r#"{{"alg":"Ed25519","kid":"{}","typ":"{typ}"}}"#, "a".repeat(limits::HEADER_BYTES)),
        String::new(),
    ] {
        assert_eq!(by(&header), "bundle.malformed", "{header}");
    }
    for other in ["JWT", "at+jwt", "Brightline-ruleset+jws", "application/brightline-ruleset+jws", ""] {
        assert_eq!(by(&json!({"alg": "Ed25519", "kid": "a", "typ": other}).to_string()), "bundle.typ", "{other}");
    }
}

#[test]
fn encodings_are_strict_although_signed() {
    let text = line(&payload());
    let encoded = BASE64URL.encode(text.as_bytes());
    // A holder of the key can sign any text, but a payload must have one spelling, or it would have two signatures.
    for sloppy in [format!("{encoded}="), format!("{encoded} "), format!("{encoded}\n"), encoded.replace('e', "+")] {
        let entry = Signer("e1").entry(&header("Ed25519", "a"), &sloppy);
        assert_eq!(code(open(&json!({"payload": sloppy, "signatures": [entry]}))), "bundle.malformed", "{sloppy}");
    }
    // One byte in two characters, the second of which has four surplus bits.
    for (tail, expected) in [("IA", "open"), ("IB", "bundle.malformed"), ("IP", "bundle.malformed")] {
        let whole = text.len().div_ceil(3) * 3;
        let padded = BASE64URL.encode(format!("{text:whole$}").as_bytes());
        let payload = format!("{padded}{tail}");
        let entry = Signer("e1").entry(&header("Ed25519", "a"), &payload);
        assert_eq!(code(open(&json!({"payload": payload, "signatures": [entry]}))), expected, "{tail}");
    }
    let change = |name: &str, add: &str| {
        let mut bundle = good();
        let text = bundle["signatures"][0][name].as_str().unwrap().to_owned() + add;
        bundle["signatures"][0][name] = text.into();
        code(open(&bundle))
    };
    assert_eq!(change("signature", "="), "bundle.malformed");
    assert_eq!(change("signature", "B"), "bundle.malformed");
    assert_eq!(change("signature", "AA"), "bundle.signature");
    assert_eq!(change("protected", "="), "bundle.malformed");
}

#[test]
fn an_envelope_is_no_larger_than_its_form() {
    let refused = |change: fn(&mut Value)| {
        let mut odd = good();
        change(&mut odd);
        assert_eq!(code(open(&odd)), "bundle.malformed", "{odd}");
    };
    refused(|odd| odd["more"] = json!(0));
    refused(|odd| odd["payload"] = json!([[[]]]));
    refused(|odd| odd["signatures"][0]["more"] = json!([]));
    refused(|odd| odd["signatures"] = json!([[[]], odd["signatures"][0]]));
    // An unsigned bundle of any size costs no more values than its form has.
    let root = root(1, &[Signer("e1").jwk("a")]).unwrap();
    for part in ["[0,0],", "{},", "\"a\":0,", "0,"] {
        let many = good().to_string().replacen("{\"payload\"", &format!("{{{}\"payload\"", part.repeat(1_000_000)), 1);
        assert_eq!(code(open_at(&many, &root, Instant::from_seconds(NOW).unwrap(), 0)), "bundle.malformed", "{part}");
    }
}

#[test]
fn the_payload_is_not_looked_at_before_its_signatures() {
    for text in ["", "{", "[]", "\"x\"", "null", r#"{"schema":2,"schema":2}"#] {
        let mut bundle = signed(text, &[(Signer("e1"), "a")]);
        let unsigned = signed(text, &[(Signer("e2"), "a")]);
        assert_eq!(code(open(&unsigned)), "bundle.signature", "{text}");
        bundle["signatures"][0]["protected"] = BASE64URL.encode(header("Ed25519", "b").as_bytes()).into();
        assert_eq!(code(open(&bundle)), "bundle.threshold", "{text}");
    }
    for (text, expected) in [
        ("", "bundle.malformed"),
        ("[]", "bundle.schema"),
        (r#"{"schema":3}"#, "bundle.schema"),
        (r#"{"schema":2.0}"#, "bundle.schema"),
        (r#"{"schema":"2"}"#, "bundle.schema"),
        (r#"{"schema":1}"#, "bundle.schema"),
        (r#"{"schema":2}"#, "bundle.malformed"),
        (r#"{"schema":2,"schema":2}"#, "bundle.malformed"),
    ] {
        assert_eq!(code(open(&signed(text, &[(Signer("e1"), "a")]))), expected, "{text}");
    }
}

#[test]
fn each_field_has_its_type() {
    for name in ["aud", "ruleset_id", "version", "prev_sha256", "iat", "nbf", "exp"] {
        for wrong in [json!(true), json!([]), json!({}), json!(1.5)] {
            assert_eq!(with(name, wrong.clone()), "bundle.malformed", "{name}: {wrong}");
        }
    }
    for name in ["iat", "nbf", "exp"] {
        assert_eq!(with(name, json!("1800000000")), "bundle.malformed", "{name}");
        assert_eq!(with(name, json!(253_402_300_800_i64)), "bundle.malformed", "{name}");
    }
    assert_eq!(with("version", json!(0)), "bundle.malformed");
    assert_eq!(with("version", json!(-1)), "bundle.malformed");
    assert_eq!(with("version", json!(u64::MAX)), "bundle.malformed");
    assert_eq!(with("version", json!(i64::MAX)), "open");
    assert_eq!(with("prev_sha256", json!("0a".repeat(32))), "open");
    assert_eq!(with("prev_sha256", json!("0A".repeat(32))), "bundle.malformed");
    assert_eq!(with("prev_sha256", json!("0a".repeat(31))), "bundle.malformed");
    assert_eq!(with("aud", json!("PROD")), "bundle.audience");
    assert_eq!(with("ruleset_id", json!("r ")), "bundle.id");
}

#[test]
fn window_and_floor_are_half_open() {
    let bundle = good().to_string();
    let root = root(1, &[Signer("e1").jwk("a")]).unwrap();
    let at = |millis| code(open_at(&bundle, &root, Instant::from_millis(millis).unwrap(), 0));
    let (from, until) = ((NOW - 10) * 1000, (NOW + 10) * 1000);
    assert_eq!([at(from - 1), at(from)], ["bundle.not_yet_valid", "open"]);
    assert_eq!([at(until - 1), at(until)], ["open", "bundle.expired"]);
    let floor = |floor| code(open_at(&bundle, &root, Instant::from_seconds(NOW).unwrap(), floor));
    assert_eq!([floor(5), floor(6), floor(u64::MAX)], ["open", "bundle.rollback", "bundle.rollback"]);
}

#[test]
fn a_bundle_has_the_greatest_size_or_is_refused() {
    let root = root(1, &[Signer("e1").jwk("a")]).unwrap();
    let mut largest = good().to_string();
    largest.push_str(&" ".repeat(limits::BUNDLE_BYTES - largest.len()));
    assert_eq!(code(open_at(&largest, &root, Instant::from_seconds(NOW).unwrap(), 0)), "open");
    let larger = format!("{largest} ");
    assert_eq!(code(open_at(&larger, &root, Instant::from_seconds(NOW).unwrap(), 0)), "bundle.too_large");
    assert_eq!(code(bundle::inspect(larger.as_bytes())), "bundle.too_large");
}

#[test]
fn a_trust_root_names_its_keys_apart() {
    let keys = |count: u8| -> Vec<Value> {
        let key = |seed| {
            let key = ed25519_dalek::SigningKey::from_bytes(&[seed; 32]).verifying_key();
            json!({"kty": "OKP", "crv": "Ed25519", "alg": "Ed25519", "kid": format!("k{seed}"),
                   "x": BASE64URL.encode(key.as_bytes())})
        };
        (0..count).map(key).collect()
    };
    let most = u8::try_from(limits::KEYS).unwrap();
    assert_eq!(root(limits::KEYS, &keys(most)).unwrap().kids().count(), limits::KEYS);
    assert_eq!(code(root(1, &keys(most + 1))), "trust_root.malformed");
    let mut nameless = Signer("e1").jwk("a");
    drop(nameless.as_object_mut().unwrap().remove("kid"));
    assert_eq!(code(root(1, &[nameless])), "trust_root.kid");
    assert_eq!(code(root(1, &[json!("key")])), "trust_root.malformed");
    assert_eq!(code(root(0, &keys(2))), "trust_root.threshold");
    assert_eq!(code(root(3, &keys(2))), "trust_root.threshold");
    // One key under two names counts once here too.
    assert_eq!(code(root(2, &[Signer("e1").jwk("a"), Signer("e1").jwk("b")])), "trust_root.threshold");
    for text in ["", "[]", r#"{"ruleset":"r","audience":"prod","threshold":1}"#, r#"{"keys":[],"keys":[]}"#] {
        assert_eq!(code(TrustRoot::parse(text.as_bytes())), "trust_root.malformed", "{text}");
    }
}

#[test]
fn a_bundle_has_so_many_signatures() {
    let by = |strangers: usize| {
        let mut bundle = good();
        let entry = signed(&line(&payload()), &[(Signer("e9"), "stranger")])["signatures"][0].clone();
        let signatures = bundle["signatures"].as_array_mut().unwrap();
        signatures.extend(std::iter::repeat_n(entry, strangers));
        code(open(&bundle))
    };
    assert_eq!([by(limits::SIGNATURES - 1), by(limits::SIGNATURES)], ["open", "bundle.malformed"]);
}

/// `inspect` shows the bundle's own claims, even if the bundle would not open.
#[test]
fn inspecting_is_not_trusting() {
    let mut text = payload();
    text["exp"] = json!(1);
    text["aud"] = json!("elsewhere");
    let mut bundle = signed(&line(&text), &[(Signer("e9"), "stranger"), (Signer("p1"), "a")]);
    bundle["signatures"][0]["signature"] = "".into();
    assert_eq!(code(open(&bundle)), "bundle.signature");
    let seen = bundle::inspect(bundle.to_string().as_bytes()).unwrap();
    let signatures: Vec<(&str, &str)> = seen.signatures.iter().map(|(kid, alg)| (kid.as_str(), alg.as_str())).collect();
    assert_eq!(signatures, [("stranger", "Ed25519"), ("a", "ES256")]);
    assert_eq!((seen.contents.audience.as_str(), seen.contents.version), ("elsewhere", 5));
    bundle["signatures"] = json!([]);
    assert_eq!(code(bundle::inspect(bundle.to_string().as_bytes())), "bundle.malformed");
}

#[test]
fn every_code_is_listed_and_says_what_to_do() {
    let at = Instant::from_seconds(NOW).unwrap();
    let errors = [
        BundleError::TooLarge,
        BundleError::Malformed,
        BundleError::Typ,
        BundleError::Signature,
        BundleError::Threshold { signed: 1, needed: 2 },
        BundleError::Schema,
        BundleError::Audience,
        BundleError::Id,
        BundleError::Rollback { version: 1, minimum: 2 },
        BundleError::NotYetValid { at },
        BundleError::Expired { at },
        BundleError::TrustRoot,
        BundleError::TrustRootKids,
        BundleError::TrustRootThreshold,
    ];
    let mut codes: Vec<&str> = errors.iter().map(|error| error.code()).collect();
    codes.sort_unstable();
    assert_eq!(codes, BundleError::CODES);
    for error in errors {
        let sentence = error.to_string();
        assert!(sentence.contains("; ") || sentence.contains("must") || sentence.contains("needs"), "{sentence}");
    }
}
