//! The token profile, point by point: each rule accepts at its limit and refuses one step past it, by its code.
//! The same tests run natively, in Node and in Chromium.

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
use brightline::base::time::Span;
use brightline::base::{json, limits};
use brightline::verify::issuer::TrustedIssuer;
use brightline::verify::jose::Key;
use brightline::verify::token::{self, Claims, HostState, Possession, TokenError};
use data_encoding::BASE64URL_NOPAD;
use ed25519_dalek::{Signer, SigningKey};
use serde_json::{Value, json};

#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

const NOW: i64 = 1_800_000_000;

fn signer(seed: u8) -> SigningKey {
    SigningKey::from_bytes(&[seed; 32])
}

fn key(seed: u8, kid: Option<&str>) -> Key {
    let mut jwk = json!({"kty": "OKP", "crv": "Ed25519", "alg": "Ed25519",
                         "x": BASE64URL_NOPAD.encode(signer(seed).verifying_key().as_bytes())});
    if let Some(kid) = kid {
        jwk["kid"] = kid.into();
    }
    let jwk = json::parse(jwk.to_string().as_bytes(), json::Limits::UNTRUSTED).unwrap();
    Key::from_jwk(jwk.as_object().unwrap()).unwrap()
}

fn issuer() -> TrustedIssuer {
    TrustedIssuer {
        id: "idp".to_owned(),
        iss: "https://idp.example".to_owned(),
        audience: vec!["https://gate.example".to_owned(), "https://other-gate.example".to_owned()],
        typ: vec!["at+jwt".to_owned()],
        keys: vec![key(1, Some("a"))],
        max_lifetime: None,
        skew: Span::from_seconds(30),
        ..TrustedIssuer::default()
    }
}

fn header() -> Value {
    json!({"alg": "Ed25519", "kid": "a", "typ": "at+jwt"})
}

fn claims() -> Value {
    json!({"iss": "https://idp.example", "aud": "https://gate.example", "sub": "someone",
           "iat": NOW - 60, "exp": NOW + 600})
}

/// Signs exactly these texts, so that a test can use spellings that a JSON library would not write.
fn sign(header: &str, payload: &str) -> String {
    let [header, payload] = [header, payload].map(|text| BASE64URL_NOPAD.encode(text.as_bytes()));
    let signed = format!("{header}.{payload}");
    let signature = BASE64URL_NOPAD.encode(&signer(1).sign(signed.as_bytes()).to_bytes());
    format!("{signed}.{signature}")
}

fn at(seconds: i64) -> Instant {
    Instant::from_seconds(seconds).unwrap()
}

fn verify(token: &str, issuer: TrustedIssuer, now: Instant) -> Result<Claims, TokenError> {
    token::verify(token, &[issuer], &HostState::default(), &Possession::default(), now)
}

fn code(result: Result<Claims, TokenError>) -> &'static str {
    result.map_or_else(|error| error.code(), |_| "accepted")
}

/// Result of the good token with these members replaced in its header; `null` removes one.
fn with_header(changes: &Value) -> &'static str {
    code(verify(&sign(&changed(header(), changes), &claims().to_string()), issuer(), at(NOW)))
}

fn with_claims(changes: &Value) -> &'static str {
    code(verify(&sign(&header().to_string(), &changed(claims(), changes)), issuer(), at(NOW)))
}

fn changed(mut members: Value, changes: &Value) -> String {
    for (name, value) in changes.as_object().unwrap() {
        match value {
            Value::Null => drop(members.as_object_mut().unwrap().remove(name)),
            value => members[name] = value.clone(),
        }
    }
    members.to_string()
}

/// Result of the good token with a number claim in this exact spelling.
fn spelt(name: &str, number: &str) -> &'static str {
    let marked = changed(claims(), &json!({name: "@"})).replace("\"@\"", number);
    code(verify(&sign(&header().to_string(), &marked), issuer(), at(NOW)))
}

#[test]
fn a_good_token_gives_its_claims() {
    let token = sign(&header().to_string(), &claims().to_string());
    let stranger = TrustedIssuer { iss: "https://stranger.example".to_owned(), ..issuer() };
    let claims =
        token::verify(&token, &[stranger, issuer()], &HostState::default(), &Possession::default(), at(NOW)).unwrap();
    assert_eq!((claims.issuer(), claims.subject()), (1, Some("someone")));
    assert_eq!(claims.accepted().from, Some(at(NOW - 90)));
    assert_eq!(claims.accepted().until, Some(at(NOW + 630)));
    assert!(claims.payload().pointer("/aud").is_some());
}

#[test]
fn what_a_header_may_say() {
    for harmless in [
        json!({"x5t": "AAAA"}),
        json!({"x5t#S256": "AAAA"}),
        json!({"nonce": "n"}),
        json!({"cty": "json"}),
        // Unencrypted claims are read as claims with any value of `cty`.
        json!({"cty": "JWT"}),
        json!({"cty": 1}),
        json!({"alg": "EdDSA"}),
        json!({"anything": {"else": [1]}}),
        json!({"kid": null}),
    ] {
        assert_eq!(with_header(&harmless), "accepted", "{harmless}");
    }
    for (changes, expected) in [
        (json!({"jku": "https://evil.example/jwks"}), "token.embedded_key"),
        (json!({"x5c": []}), "token.embedded_key"),
        (json!({"x5u": 1}), "token.embedded_key"),
        (json!({"jwk": {}}), "token.embedded_key"),
        (json!({"crit": ["exp"]}), "token.critical"),
        (json!({"b64": true}), "token.critical"),
        (json!({"zip": "DEF"}), "token.encrypted"),
        (json!({"enc": "A128GCM"}), "token.encrypted"),
        (json!({"alg": null}), "token.algorithm"),
        (json!({"alg": "ed25519"}), "token.algorithm"),
        (json!({"alg": "ES256"}), "token.algorithm"),
        (json!({"kid": 1}), "token.key_unknown"),
        (json!({"kid": "A"}), "token.key_unknown"),
        (json!({"kid": ""}), "token.key_unknown"),
    ] {
        assert_eq!(with_header(&changes), expected, "{changes}");
    }
    for cty in ["JWT", "application/jwt"] {
        let inner = sign(&header().to_string(), &claims().to_string());
        let outer = sign(&changed(header(), &json!({"cty": cty})), &inner);
        assert_eq!(code(verify(&outer, issuer(), at(NOW))), "token.nested");
    }
    // The member's presence alone is refused, with any value.
    let null = sign(r#"{"alg":"Ed25519","kid":"a","typ":"at+jwt","jwk":null}"#, &claims().to_string());
    assert_eq!(code(verify(&null, issuer(), at(NOW))), "token.embedded_key");
}

#[test]
fn typ_is_one_that_the_issuer_has() {
    for same in ["at+jwt", "AT+JWT", "application/at+jwt", "Application/At+Jwt"] {
        assert_eq!(with_header(&json!({"typ": same})), "accepted", "{same}");
    }
    for other in [json!("JWT"), json!("absent"), json!(""), json!(1), json!("text/at+jwt"), json!("kb+jwt")] {
        assert_eq!(with_header(&json!({"typ": other})), "token.typ", "{other}");
    }
    assert_eq!(with_header(&json!({"typ": null})), "token.typ");
    let lenient = || TrustedIssuer { typ: vec!["absent".to_owned(), "jwt".to_owned()], ..issuer() };
    for (typ, expected) in [
        (json!(null), "accepted"),
        (json!("JWT"), "accepted"),
        (json!("absent"), "token.typ"),
        (json!("at+jwt"), "token.typ"),
    ] {
        let token = sign(&changed(header(), &json!({"typ": typ})), &claims().to_string());
        assert_eq!(code(verify(&token, lenient(), at(NOW))), expected, "{typ}");
    }
}

#[test]
fn a_token_has_exactly_one_key() {
    let named = sign(&header().to_string(), &claims().to_string());
    let unnamed = sign(r#"{"alg":"Ed25519","typ":"at+jwt"}"#, &claims().to_string());
    let keys = |keys: Vec<Key>| TrustedIssuer { keys, ..issuer() };
    for (token, of, expected) in [
        (&named, vec![key(2, Some("b")), key(1, Some("a"))], "accepted"),
        (&unnamed, vec![key(2, Some("b")), key(1, Some("a"))], "token.key_ambiguous"),
        (&unnamed, vec![key(1, None)], "accepted"),
        (&named, vec![key(1, None)], "token.key_unknown"),
        (&named, vec![], "token.key_unknown"),
        (&unnamed, vec![], "token.algorithm"),
        // Neither of two keys with one name is tried, even if one of them fits.
        (&named, vec![key(1, Some("a")), key(2, Some("a"))], "token.key_ambiguous"),
        (&named, vec![key(2, Some("a"))], "token.signature"),
    ] {
        assert_eq!(code(verify(token, keys(of), at(NOW))), expected);
    }
}

#[test]
fn one_issuer_s_key_says_nothing_for_another() {
    let token = sign(&header().to_string(), &claims().to_string());
    let owner = TrustedIssuer { iss: "https://owner.example".to_owned(), ..issuer() };
    let victim = TrustedIssuer { keys: vec![key(2, Some("a"))], ..issuer() };
    assert_eq!(
        code(token::verify(&token, &[owner, victim], &HostState::default(), &Possession::default(), at(NOW))),
        "token.signature"
    );
}

#[test]
fn required_claims_have_exact_types() {
    for name in ["iss", "sub", "aud", "exp", "iat"] {
        assert_eq!(with_claims(&json!({name: null})), "token.missing_claim", "{name}");
        for wrong in [json!({}), json!(true), json!([1])] {
            assert_eq!(with_claims(&json!({name: wrong})), "token.claim_type", "{name}: {wrong}");
        }
    }
    assert_eq!(with_claims(&json!({"sub": ""})), "token.claim_type");
    assert_eq!(with_claims(&json!({"sub": 1})), "token.claim_type");
    assert_eq!(with_claims(&json!({"aud": ["x", "https://other-gate.example"]})), "accepted");
    assert_eq!(with_claims(&json!({"aud": ["x"]})), "token.audience");
    assert_eq!(with_claims(&json!({"aud": "https://gate.example/"})), "token.audience");
}

/// RFC 7519, section 2: any JSON number.
#[test]
fn a_date_is_seconds_in_any_spelling() {
    for good in [
        "1800000600",
        "1800000600.0",
        "1800000600.123456789",
        "253402300799",
        "253402300799.0",
        "1.8000006e9",
        "1.80000060E+09",
        "18000006e2",
        "1800000600e0",
        "1800000600.0E0",
        "180000060000e-2",
        "0.00000018000006e16",
        "18000006000000000000000000000000e-22",
    ] {
        assert_eq!(spelt("exp", good), "accepted", "{good}");
    }
    for past in ["0", "0.0", "0.5", "0e0", "0e5", "5e-1", "1e-300"] {
        assert_eq!(spelt("exp", past), "token.expired", "{past}");
        assert_eq!(spelt("iat", past), "accepted", "{past}");
        assert_eq!(spelt("nbf", past), "accepted", "{past}");
    }
    for wrong in [
        "1e300",
        "2.53402300799001e11",
        "-1e-300",
        "-1.8e9",
        "253402300800",
        "253402300799.5",
        "-1",
        "-0",
        "-0.0",
        "-0.5",
        "9223372036854775807",
        "18446744073709551616",
        "\"1800000600\"",
        "null",
    ] {
        for name in ["exp", "iat", "nbf"] {
            assert_eq!(spelt(name, wrong), "token.claim_type", "{name} {wrong}");
        }
    }
}

/// A date between two milliseconds ends a token at the earlier one and begins it at the later one, even if the nearest
/// float is another millisecond.
#[test]
fn a_date_between_two_milliseconds_is_never_more_generous() {
    for (spelling, floor) in [
        ("1800000600.0019999999999999", 1),
        ("1800000600.001", 1),
        ("1.8000006000019999999999999e9", 1),
        ("18000006000009999e-7", 0),
        ("1800000600.0000000000000000001", 0),
        ("1800000599.9999999999999999999", -1),
    ] {
        let exact = spelling == "1800000600.001";
        let edge = |millis: i64| Instant::from_millis((NOW + 600) * 1000 + millis).unwrap();
        let with = |name: &str, exp: i64| {
            let payload = changed(claims(), &json!({"exp": exp, name: "@"})).replace("\"@\"", spelling);
            sign(&header().to_string(), &payload)
        };
        let tight = || TrustedIssuer { skew: Span::ZERO, ..issuer() };
        let verify = |token: &str, millis: i64| code(verify(token, tight(), edge(millis)));
        let ends = with("exp", 0);
        assert_eq!([verify(&ends, floor - 1), verify(&ends, floor)], ["accepted", "token.expired"], "{spelling}");
        for (name, early) in [("nbf", "token.not_yet_valid"), ("iat", "token.issued_in_future")] {
            let begins = with(name, NOW + 9000);
            let first = floor + i64::from(!exact);
            assert_eq!([verify(&begins, first - 1), verify(&begins, first)], [early, "accepted"], "{name}: {spelling}");
        }
    }
}

/// Across every boundary, a token is accepted exactly within its own window.
#[test]
fn the_window_is_the_truth() {
    for (iat, nbf, exp) in [
        ("1799999940", None, "1800000600"),
        ("1799999940", Some("1800000100"), "1800000600"),
        ("1799999940.25", Some("1799999000"), "1800000600.75"),
        // Inverted, but inside the skew for a while.
        ("1800000010", None, "1799999990"),
    ] {
        let mut claims = claims();
        for name in ["iat", "exp", "nbf"] {
            claims[name] = format!("@{name}").into();
        }
        let payload = claims.to_string().replace("\"@iat\"", iat).replace("\"@exp\"", exp);
        let payload = match nbf {
            Some(nbf) => payload.replace("\"@nbf\"", nbf),
            None => payload.replace("\"nbf\":\"@nbf\"", "\"x\":1"),
        };
        let token = sign(&header().to_string(), &payload);
        let inside = verify(&token, issuer(), at(NOW));
        let claims = match inside {
            Ok(claims) => claims,
            Err(TokenError::NotYetValid { at }) => verify(&token, issuer(), at).unwrap(),
            Err(error) => panic!("{error}"),
        };
        let window = claims.accepted();
        let mut accepted = 0;
        for edge in window.boundaries() {
            for offset in -2_i64..=2 {
                let now = Instant::from_millis(edge.as_millis() + offset).unwrap();
                let result = verify(&token, issuer(), now);
                assert_eq!(result.is_ok(), window.contains(now), "{now}: {result:?}");
                // A token that was verified before is refused like a new one.
                let kept = token::still_verifies(&issuer(), claims.credential(), &HostState::default(), now);
                assert_eq!(kept.err(), result.as_ref().err().copied(), "{now}");
                accepted += usize::from(result.is_ok());
            }
        }
        assert_eq!((window.boundaries().count(), accepted), (2, 5), "three instants of one edge, two of the other");
    }
}

#[test]
fn the_skew_has_a_cap_and_is_half_open() {
    let token = sign(&header().to_string(), &claims().to_string());
    let with = |skew, now| code(verify(&token, TrustedIssuer { skew: Span::from_seconds(skew), ..issuer() }, at(now)));
    let end = NOW + 600;
    assert_eq!([with(0, end - 1), with(0, end)], ["accepted", "token.expired"]);
    assert_eq!([with(30, end + 29), with(30, end + 30)], ["accepted", "token.expired"]);
    assert_eq!([with(3600, end + 59), with(3600, end + 60)], ["accepted", "token.expired"]);
    let begin = NOW - 60;
    assert_eq!([with(0, begin), with(0, begin - 1)], ["accepted", "token.issued_in_future"]);
    assert_eq!([with(3600, begin - 60), with(3600, begin - 61)], ["accepted", "token.issued_in_future"]);
}

#[test]
fn a_lifetime_has_the_issuer_s_cap() {
    let token = sign(&header().to_string(), &claims().to_string());
    let with = |seconds| {
        let max_lifetime = Some(Span::from_seconds(seconds));
        code(verify(&token, TrustedIssuer { max_lifetime, ..issuer() }, at(NOW)))
    };
    assert_eq!([with(660), with(659)], ["accepted", "token.lifetime"]);
}

#[test]
fn sizes_hold_at_the_limit_and_one_past_it() {
    // Padding of an exact length, because base64url makes four bytes of three.
    let sized = |header: usize, filler: usize| {
        let pad =
            "p".repeat(header - json!({"alg": "Ed25519", "kid": "a", "typ": "at+jwt", "p": ""}).to_string().len());
        let mut claims = claims();
        for part in 0..filler / 4000 {
            claims[format!("f{part}")] = "f".repeat(4000).into();
        }
        claims["rest"] = "r".repeat(filler % 4000).into();
        sign(&changed(self::header(), &json!({"p": pad})), &claims.to_string())
    };
    assert_eq!(code(verify(&sized(limits::HEADER_BYTES, 0), issuer(), at(NOW))), "accepted");
    assert_eq!(code(verify(&sized(limits::HEADER_BYTES + 1, 0), issuer(), at(NOW))), "token.too_large");
    assert_eq!(code(verify(&sized(limits::CERTIFIED_HEADER_BYTES / 2, 0), issuer(), at(NOW))), "token.too_large");
    let mut lengths = (11_500..12_200).map(|filler| sized(200, filler));
    let largest = lengths.by_ref().take_while(|token| token.len() <= limits::TOKEN_BYTES).last().unwrap();
    assert!(limits::TOKEN_BYTES - largest.len() < 2, "{}", largest.len());
    assert_eq!(code(verify(&largest, issuer(), at(NOW))), "accepted");
    // One byte too many is refused before it is parsed.
    let padded = format!("{largest}{}", "=".repeat(limits::TOKEN_BYTES - largest.len()));
    assert_eq!(code(verify(&padded, issuer(), at(NOW))), if padded == largest { "accepted" } else { "token.encoding" });
    assert_eq!(code(verify(&format!("{padded}="), issuer(), at(NOW))), "token.too_large");
    let nested = |depth: usize| {
        let marked = changed(claims(), &json!({"x": "@"}));
        marked.replace("\"@\"", &format!("{}{}", "[".repeat(depth), "]".repeat(depth)))
    };
    let deep = |depth| code(verify(&sign(&header().to_string(), &nested(depth)), issuer(), at(NOW)));
    assert_eq!([deep(limits::JSON_DEPTH - 1), deep(limits::JSON_DEPTH)], ["accepted", "token.payload_json"]);
}

#[test]
fn a_part_is_there_and_strict() {
    let good = sign(&header().to_string(), &claims().to_string());
    let parts: Vec<&str> = good.split('.').collect();
    let (header, payload, signature) = (parts[0], parts[1], parts[2]);
    for (token, expected) in [
        (String::new(), "token.malformed"),
        ("..".to_owned(), "token.header_json"),
        (format!("{header}.{payload}"), "token.malformed"),
        (format!("{good}."), "token.malformed"),
        (format!(".{good}"), "token.malformed"),
        (format!("{header}..{signature}"), "token.payload_json"),
        (format!("{header}.{payload}."), "token.signature"),
        (format!("{header}.{payload}.{}", &signature[..84]), "token.signature"),
        (format!("{header}.{payload}.{signature}AA"), "token.signature"),
        // One character more than whole bytes, with surplus bits set.
        (format!("{header}.{payload}.{signature}B"), "token.encoding"),
        (format!(" {good}"), "token.encoding"),
        (format!("{good}\n"), "token.encoding"),
        (format!("Bearer {good}"), "token.encoding"),
        (format!("bearer {good}"), "token.encoding"),
        (format!("{header}. {payload}.{signature}"), "token.encoding"),
        (format!("{header}.{payload}.{}", signature.replace(['-', '_'], "+")), "token.encoding"),
    ] {
        assert_eq!(code(verify(&token, issuer(), at(NOW))), expected, "{token}");
    }
}

/// Each message is distinct, and none repeats text of the token.
#[test]
fn every_refusal_says_what_to_do() {
    use token::JwsPart;
    let errors = [
        TokenError::TooLarge,
        TokenError::Malformed,
        TokenError::Encoding(JwsPart::Signature),
        TokenError::Json(JwsPart::Header),
        TokenError::Json(JwsPart::Payload),
        TokenError::DuplicateMember(JwsPart::Payload),
        TokenError::Critical,
        TokenError::EmbeddedKey("jwk"),
        TokenError::Encrypted,
        TokenError::Nested,
        TokenError::Typ,
        TokenError::Algorithm,
        TokenError::Issuer,
        TokenError::KeyUnknown,
        TokenError::KeyAmbiguous,
        TokenError::Signature,
        TokenError::MissingClaim("exp"),
        TokenError::ClaimType("exp"),
        TokenError::Audience,
        TokenError::Expired { at: at(NOW) },
        TokenError::NotYetValid { at: at(NOW) },
        TokenError::IssuedInFuture { at: Instant::MIN },
        TokenError::Lifetime { most: Span::from_seconds(60) },
        TokenError::Subjects,
        TokenError::TooMany,
        TokenError::Disclosure("is sent twice"),
        TokenError::Selective("`_sd`"),
        TokenError::Concealed("exp"),
        TokenError::Vct,
        TokenError::ProofMissing,
        TokenError::Proof("typ"),
        TokenError::ProofKey,
        TokenError::ProofSignature,
        TokenError::ProofTarget("htu"),
        TokenError::ProofNonce,
        TokenError::ProofTime,
        TokenError::Replayed,
        TokenError::StatusUnknown,
        TokenError::Revoked,
        TokenError::Suspended,
        TokenError::Chain("one is missing"),
    ];
    let mut codes: Vec<&str> = errors.iter().map(|error| error.code()).collect();
    codes.sort_unstable();
    assert_eq!(codes, TokenError::CODES);
    for error in errors {
        let sentence = error.to_string();
        assert!(sentence.ends_with('.') && sentence.contains([';', ',']), "{sentence}");
    }
}
