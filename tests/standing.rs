//! What a host keeps up to date: fetched keys, status lists, the deny list. What is wrong is not taken, and what was there stays.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "in a test a panic is how a check fails"
)]

mod support;

use brightline::issuer::{KeySource, RemoteKeys, StatusCheck, TrustedIssuer};
use brightline::jose::{Algorithm, Key};
use brightline::json;
use brightline::time::Span;
use brightline::token::{self, Possession, Standing, StandingError, TokenError};
use brightline::{Instant, limits};
use data_encoding::BASE64URL_NOPAD;
use serde_json::{Value, json};
use support::{jwk, key, sign_jws};

#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

const NOW: i64 = 1_770_000_000;
const URI: &str = "https://idp.example/statuslists/1";

fn at(seconds: i64) -> Instant {
    Instant::from_seconds(seconds).unwrap()
}

fn imported(jwk: &Value) -> Key {
    let jwk = json::parse(jwk.to_string().as_bytes(), json::Limits::UNTRUSTED).unwrap();
    Key::from_jwk(jwk.as_object().unwrap()).unwrap()
}

fn issuer() -> TrustedIssuer {
    TrustedIssuer {
        id: "idp".to_owned(),
        iss: "https://idp.example".to_owned(),
        audience: vec!["https://gate.example".to_owned()],
        typ: vec!["at+jwt".to_owned()],
        keys: vec![imported(&jwk(&key(1), "pinned"))],
        skew: Span::from_seconds(30),
        remote: Some(RemoteKeys {
            source: KeySource::OpenId,
            thumbprints: Vec::new(),
            algorithms: Vec::new(),
            stale: Span::from_seconds(3600),
        }),
        ..TrustedIssuer::default()
    }
}

fn remote(change: impl FnOnce(&mut RemoteKeys)) -> TrustedIssuer {
    let mut issuer = TrustedIssuer { keys: Vec::new(), ..issuer() };
    change(issuer.remote.as_mut().unwrap());
    issuer
}

fn token(claims: &Value, kid: &str, seed: u8) -> String {
    let mut payload = json!({"iss": "https://idp.example", "aud": "https://gate.example", "sub": "someone",
                             "iat": NOW - 60, "exp": NOW + 6000});
    for (name, value) in claims.as_object().unwrap() {
        payload[name] = value.clone();
    }
    sign_jws(&json!({"alg": "Ed25519", "kid": kid, "typ": "at+jwt"}), &payload.to_string(), &key(seed))
}

fn verify(token: &str, issuer: &TrustedIssuer, standing: &Standing, now: i64) -> &'static str {
    let verified = token::verify(token, [issuer], standing, &Possession::default(), at(now));
    verified.map_or_else(TokenError::code, |_| "accepted")
}

fn set(keys: &[Value]) -> Vec<u8> {
    json!({ "keys": keys }).to_string().into_bytes()
}

fn put(issuer: &TrustedIssuer, keys: &[Value]) -> Result<usize, &'static str> {
    Standing::default().put_keys(issuer, &set(keys), at(NOW)).map_err(StandingError::code)
}

#[test]
fn fetched_keys_verify_until_they_are_stale() {
    let (issuer, mut standing) = (remote(|_| {}), Standing::default());
    let signed = token(&json!({}), "k2", 2);
    assert_eq!(verify(&signed, &issuer, &standing, NOW), "token.key_unknown");
    assert_eq!(standing.put_keys(&issuer, &set(&[jwk(&key(2), "k2")]), at(NOW - 600)), Ok(1));
    assert_eq!(verify(&signed, &issuer, &standing, NOW), "accepted");
    assert_eq!(verify(&signed, &issuer, &standing, NOW + 2999), "accepted");
    assert_eq!(verify(&signed, &issuer, &standing, NOW + 3000), "token.key_unknown");
    // A later fetch replaces them, an earlier one does not.
    assert_eq!(standing.put_keys(&issuer, &set(&[jwk(&key(3), "k3")]), at(NOW)), Ok(1));
    assert_eq!(verify(&signed, &issuer, &standing, NOW), "token.key_unknown");
    assert_eq!(standing.put_keys(&issuer, &set(&[jwk(&key(2), "k2")]), at(NOW - 1)), Ok(1));
    assert_eq!(verify(&signed, &issuer, &standing, NOW), "token.key_unknown");
    // Of another issuer, and of one that pins all its keys, they are nothing.
    let other = TrustedIssuer { iss: "https://other.example".to_owned(), ..issuer.clone() };
    assert_eq!(verify(&token(&json!({"iss": other.iss}), "k3", 3), &other, &standing, NOW), "token.key_unknown");
    let pinned = TrustedIssuer { remote: None, ..issuer };
    assert_eq!(verify(&token(&json!({}), "k3", 3), &pinned, &standing, NOW), "token.key_unknown");
}

#[test]
fn only_keys_that_the_ruleset_accepts_are_taken() {
    let (a, b) = (jwk(&key(2), "a"), jwk(&key(3), "b"));
    assert_eq!(put(&remote(|_| {}), &[a.clone(), b.clone()]), Ok(2));
    let pin = |key: &Value| BASE64URL_NOPAD.encode(&imported(key).thumbprint());
    assert_eq!(put(&remote(|keys| keys.thumbprints = vec![pin(&b)]), &[a.clone(), b.clone()]), Ok(1));
    assert_eq!(put(&remote(|keys| keys.thumbprints = vec![pin(&b)]), std::slice::from_ref(&a)), Err("keys.none"));
    assert_eq!(
        put(&remote(|keys| keys.algorithms = vec![Algorithm::Es256]), std::slice::from_ref(&a)),
        Err("keys.none")
    );
    // Without `alg` a key is for the algorithm of its curve; an RSA key needs the ruleset's word.
    let mut bare = a.clone();
    bare.as_object_mut().unwrap().remove("alg");
    assert_eq!(put(&remote(|_| {}), &[bare]), Ok(1));
    let modulus = BASE64URL_NOPAD.encode(&[0xc5_u8; 256]);
    let rsa = json!({"kty": "RSA", "kid": "r", "n": modulus, "e": "AQAB"});
    assert_eq!(put(&remote(|_| {}), std::slice::from_ref(&rsa)), Err("keys.none"));
    assert_eq!(put(&remote(|keys| keys.algorithms = vec![Algorithm::Rs256]), &[rsa]), Ok(1));
    // Keys for other purposes are passed over, keys that must not be there refuse the set.
    let with = |name: &str, value: &str| {
        let mut key = b.clone();
        key[name] = json!(value);
        key
    };
    assert_eq!(
        put(&remote(|_| {}), &[a.clone(), with("use", "enc"), json!({"kty": "EC", "crv": "P-521", "kid": "x"})]),
        Ok(1)
    );
    assert_eq!(put(&remote(|_| {}), &[a.clone(), with("d", "AA")]), Err("keys.refused"));
    assert_eq!(
        put(&remote(|_| {}), &[a.clone(), json!({"kty": "oct", "k": "AA", "alg": "HS256"})]),
        Err("keys.refused")
    );
    assert_eq!(put(&remote(|_| {}), &[a.clone(), with("kid", "a")]), Err("keys.duplicate"));
    assert_eq!(put(&remote(|_| {}), &[a.clone(), a]), Err("keys.duplicate"));
    // What the ruleset pins stands before what is fetched.
    let mut standing = Standing::default();
    let both = issuer();
    let claimed = [jwk(&key(9), "pinned"), jwk(&key(1), "again"), jwk(&key(2), "new")];
    assert_eq!(standing.put_keys(&both, &set(&claimed), at(NOW)), Ok(1));
    assert_eq!(verify(&token(&json!({}), "pinned", 1), &both, &standing, NOW), "accepted");
    assert_eq!(verify(&token(&json!({}), "pinned", 9), &both, &standing, NOW), "token.signature");
    assert_eq!(verify(&token(&json!({}), "new", 2), &both, &standing, NOW), "accepted");
}

#[test]
fn what_is_no_key_set_leaves_the_former_keys() {
    let (issuer, mut standing) = (remote(|_| {}), Standing::default());
    standing.put_keys(&issuer, &set(&[jwk(&key(2), "k2")]), at(NOW)).unwrap();
    let long = set(&[json!({"kty": "x".repeat(3000)})]);
    let many = |count: usize| set(&vec![json!({}); count]);
    let padded = |length: usize| {
        let mut text = set(&[jwk(&key(2), "k2")]);
        text.resize(length, b' ');
        text
    };
    assert_eq!(standing.put_keys(&issuer, &padded(limits::JWKS_BYTES), at(NOW)), Ok(1));
    let cases: [(&str, Vec<u8>); 10] = [
        ("keys.too_large", padded(limits::JWKS_BYTES + 1)),
        ("keys.too_large", many(limits::KEYS + 1)),
        ("keys.none", many(limits::KEYS)),
        ("keys.malformed", b"{".to_vec()),
        ("keys.malformed", b"[]".to_vec()),
        ("keys.malformed", br#"{"keys":{}}"#.to_vec()),
        ("keys.malformed", br#"{"keys":[1]}"#.to_vec()),
        ("keys.malformed", br#"{"keys":[],"keys":[]}"#.to_vec()),
        ("keys.none", br#"{"keys":[]}"#.to_vec()),
        ("keys.none", long),
    ];
    for (code, jwks) in cases {
        assert_eq!(standing.put_keys(&issuer, &jwks, at(NOW + 1)).map_err(StandingError::code), Err(code));
    }
    let pinned = TrustedIssuer { remote: None, ..issuer.clone() };
    assert_eq!(standing.put_keys(&pinned, &set(&[]), at(NOW)), Err(StandingError::NotRemote));
    assert_eq!(verify(&token(&json!({}), "k2", 2), &issuer, &standing, NOW), "accepted");
}

/// A ZLIB stream of stored blocks (RFC 1950; RFC 1951, section 3.2.4).
fn stored(bytes: &[u8]) -> Vec<u8> {
    let mut out = vec![0x78, 0x01];
    let mut chunks = bytes.chunks(65535).peekable();
    while let Some(chunk) = chunks.next() {
        let length = u16::try_from(chunk.len()).unwrap();
        out.push(u8::from(chunks.peek().is_none()));
        out.extend(length.to_le_bytes());
        out.extend((!length).to_le_bytes());
        out.extend(chunk);
    }
    let (mut a, mut b) = (1_u32, 0_u32);
    for byte in bytes {
        a = (a + u32::from(*byte)) % 65521;
        b = (b + a) % 65521;
    }
    out.extend(((b << 16) | a).to_be_bytes());
    out
}

fn list(bits: u8, lst: &[u8], claims: &Value) -> String {
    signed_list(&json!({"bits": bits, "lst": BASE64URL_NOPAD.encode(lst)}), claims, "statuslist+jwt")
}

fn signed_list(status_list: &Value, claims: &Value, typ: &str) -> String {
    let mut payload = json!({"sub": URI, "iat": NOW - 60, "status_list": status_list});
    for (name, value) in claims.as_object().unwrap() {
        payload[name] = value.clone();
    }
    sign_jws(&json!({"alg": "Ed25519", "kid": "pinned", "typ": typ}), &payload.to_string(), &key(1))
}

fn listed(index: u64) -> String {
    token(&json!({"status": {"status_list": {"idx": index, "uri": URI}}}), "pinned", 1)
}

#[test]
fn a_token_is_looked_up_in_its_list() {
    let mut standing = Standing::default();
    let check = |standing: &Standing, index| verify(&listed(index), &issuer(), standing, NOW);
    assert_eq!(check(&standing, 0), "token.status_unknown");
    // Two bits each, the low ones first: 0, 1, 2, 3, then 0.
    standing.put_status_list(&issuer(), &list(2, &stored(&[0b1110_0100, 0]), &json!({})), at(NOW)).unwrap();
    let expected = ["accepted", "token.revoked", "token.suspended", "token.revoked", "accepted"];
    for (index, expected) in (0..).zip(expected) {
        assert_eq!(check(&standing, index), expected, "{index}");
    }
    // A place that the list does not have (section 8.3).
    assert_eq!((check(&standing, 7), check(&standing, 8)), ("accepted", "token.revoked"));
    assert_eq!(check(&standing, u64::from(u32::MAX)), "token.revoked");
    // What an issuer's entry says of it.
    let with = |status_list| TrustedIssuer { status_list, ..issuer() };
    let plain = token(&json!({}), "pinned", 1);
    assert_eq!(verify(&plain, &with(StatusCheck::WhenPresent), &standing, NOW), "accepted");
    assert_eq!(verify(&plain, &with(StatusCheck::Required), &standing, NOW), "token.missing_claim");
    assert_eq!(verify(&listed(1), &with(StatusCheck::Required), &standing, NOW), "token.revoked");
    assert_eq!(verify(&listed(1), &with(StatusCheck::Ignored), &standing, NOW), "accepted");
    // A place that cannot be read is no place that is valid.
    for bad in [
        json!({"idx": -1, "uri": URI}),
        json!({"idx": "1", "uri": URI}),
        json!({"idx": 1}),
        json!({"uri": URI}),
        json!(7),
    ] {
        let bad = token(&json!({"status": {"status_list": bad}}), "pinned", 1);
        assert_eq!(verify(&bad, &issuer(), &standing, NOW), "token.claim_type");
    }
    // Lists of other addresses and other issuers are not this one.
    let elsewhere =
        token(&json!({"status": {"status_list": {"idx": 0, "uri": "https://idp.example/statuslists/2"}}}), "pinned", 1);
    assert_eq!(verify(&elsewhere, &issuer(), &standing, NOW), "token.status_unknown");
}

#[test]
fn a_list_is_used_for_as_long_as_it_says() {
    let valid = stored(&[0]);
    let until = |claims: Value| {
        let mut standing = Standing::default();
        let (uri, until) = standing.put_status_list(&issuer(), &list(1, &valid, &claims), at(NOW)).unwrap();
        assert_eq!(uri, URI);
        let last = until.as_millis() / 1000 - 1;
        let endless =
            token(&json!({"exp": NOW + 999_999, "status": {"status_list": {"idx": 0, "uri": URI}}}), "pinned", 1);
        assert_eq!(verify(&endless, &issuer(), &standing, last), "accepted");
        assert_eq!(verify(&endless, &issuer(), &standing, last + 1), "token.status_unknown");
        last + 1 - NOW
    };
    assert_eq!(until(json!({"exp": NOW + 100})), 100);
    assert_eq!(until(json!({"ttl": 200})), 200);
    assert_eq!(until(json!({"exp": NOW + 100, "ttl": 200})), 100);
    assert_eq!(until(json!({})), 12 * 3600);
    // One that was issued before does not replace one that was issued later.
    let mut standing = Standing::default();
    standing.put_status_list(&issuer(), &list(1, &stored(&[1]), &json!({"iat": NOW - 10})), at(NOW)).unwrap();
    standing.put_status_list(&issuer(), &list(1, &valid, &json!({"iat": NOW - 20})), at(NOW)).unwrap();
    assert_eq!(verify(&listed(0), &issuer(), &standing, NOW), "token.revoked");
    standing.put_status_list(&issuer(), &list(1, &valid, &json!({"iat": NOW - 5})), at(NOW)).unwrap();
    assert_eq!(verify(&listed(0), &issuer(), &standing, NOW), "accepted");
}

#[test]
fn a_list_is_the_issuers_and_well_formed() {
    let good = stored(&[0]);
    let lst = |bytes: &[u8]| json!({"bits": 1, "lst": BASE64URL_NOPAD.encode(bytes)});
    let refused = |token: &str| {
        let mut standing = Standing::default();
        let refused = standing.put_status_list(&issuer(), token, at(NOW)).map_err(StandingError::code);
        assert_eq!(
            verify(&listed(0), &issuer(), &standing, NOW),
            if refused.is_ok() { "accepted" } else { "token.status_unknown" }
        );
        refused.err().unwrap_or("taken")
    };
    assert_eq!(refused(&list(1, &good, &json!({}))), "taken");
    assert_eq!(refused(&signed_list(&lst(&good), &json!({}), "application/statuslist+jwt")), "taken");
    for typ in ["jwt", "at+jwt", "statuslist"] {
        assert_eq!(refused(&signed_list(&lst(&good), &json!({}), typ)), "status.refused");
    }
    for claims in [
        json!({"sub": null}),
        json!({"iat": NOW + 60}),
        json!({"iat": "x"}),
        json!({"exp": NOW}),
        json!({"ttl": 0}),
        json!({"ttl": "1"}),
    ] {
        assert_eq!(refused(&list(1, &good, &claims)), "status.refused", "{claims}");
    }
    for bits in [0, 3, 5, 16] {
        assert_eq!(refused(&list(bits, &good, &json!({}))), "status.malformed");
    }
    let mut trailing = good.clone();
    trailing.push(0);
    let mut wrong_sum = good.clone();
    *wrong_sum.last_mut().unwrap() ^= 1;
    let raw = &good[2..good.len() - 4];
    for bad in [trailing.as_slice(), &wrong_sum, raw, &good[..good.len() - 1], b"", b"\x1f\x8b\x08"] {
        assert_eq!(refused(&signed_list(&lst(bad), &json!({}), "statuslist+jwt")), "status.malformed", "{bad:?}");
    }
    for bad in [
        json!({"bits": 1}),
        json!({"lst": "eA"}),
        json!({"bits": "1", "lst": "eA"}),
        json!({"bits": 1, "lst": "e A"}),
        json!(1),
    ] {
        assert_eq!(refused(&signed_list(&bad, &json!({}), "statuslist+jwt")), "status.malformed", "{bad}");
    }
    // Another key, and keys of its own.
    let token = list(1, &good, &json!({}));
    let own = TrustedIssuer { status_keys: vec![imported(&jwk(&key(5), "pinned"))], ..issuer() };
    assert_eq!(
        Standing::default().put_status_list(&own, &token, at(NOW)).map_err(StandingError::code),
        Err("status.refused")
    );
    let payload = json!({"sub": URI, "iat": NOW, "status_list": lst(&good)});
    let theirs = sign_jws(
        &json!({"alg": "Ed25519", "kid": "pinned", "typ": "statuslist+jwt", "x5c": ["MIIB"]}),
        &payload.to_string(),
        &key(5),
    );
    assert!(Standing::default().put_status_list(&own, &theirs, at(NOW)).is_ok());
}

#[test]
fn lists_have_limits() {
    let sized = |bytes: usize| {
        let token = list(1, &miniz_oxide::deflate::compress_to_vec_zlib(&vec![0; bytes], 6), &json!({}));
        Standing::default().put_status_list(&issuer(), &token, at(NOW)).map_err(StandingError::code).err()
    };
    assert_eq!(sized(limits::STATUS_LIST_BYTES), None);
    assert_eq!(sized(limits::STATUS_LIST_BYTES + 1), Some("status.malformed"));
    let long = |bytes: usize| Standing::default().put_status_list(&issuer(), &"x".repeat(bytes), at(NOW)).unwrap_err();
    assert_eq!(long(limits::STATUS_LIST_TOKEN_BYTES).code(), "status.refused");
    assert_eq!(long(limits::STATUS_LIST_TOKEN_BYTES + 1), StandingError::StatusTooLarge);
    // Stored, a list is nearly as long as the token.
    let long = list(1, &stored(&vec![0; 1_000_000]), &json!({}));
    assert!(Standing::default().put_status_list(&issuer(), &long, at(NOW)).is_ok());
    let many = |count: usize| {
        let mut standing = Standing::default();
        let mut last = None;
        for number in 0..count {
            let claims = json!({"sub": format!("{URI}/{number}"), "exp": NOW + 100});
            last = standing.put_status_list(&issuer(), &list(1, &stored(&[0]), &claims), at(NOW)).err();
        }
        (last, standing)
    };
    assert_eq!(many(limits::STATUS_LISTS).0, None);
    let (refused, mut full) = many(limits::STATUS_LISTS + 1);
    assert_eq!(refused, Some(StandingError::StatusTooMany));
    // Those that have ended make room.
    assert!(
        full.put_status_list(&issuer(), &list(1, &stored(&[0]), &json!({"iat": NOW, "exp": NOW + 900})), at(NOW + 100))
            .is_ok()
    );
}

fn denied(list: &Value) -> Result<Standing, &'static str> {
    let mut standing = Standing::default();
    standing.put_denied(list.to_string().as_bytes()).map_err(StandingError::code)?;
    Ok(standing)
}

#[test]
fn who_is_denied_is_refused() {
    let iss = "https://idp.example";
    let check =
        |list: Value, claims: Value| verify(&token(&claims, "pinned", 1), &issuer(), &denied(&list).unwrap(), NOW);
    let of = |sub: &str, not_before: Value| json!([{"iss": iss, "sub": sub, "not_before": not_before}]);
    assert_eq!(check(json!([]), json!({})), "accepted");
    assert_eq!(check(of("someone", json!(NOW)), json!({})), "token.revoked");
    assert_eq!(check(of("someone", json!("2026-12-01T00:00:00Z")), json!({})), "token.revoked");
    // Issued at that instant, it is a new one.
    assert_eq!(check(of("someone", json!(NOW - 60)), json!({})), "accepted");
    assert_eq!(check(of("another", json!(NOW)), json!({})), "accepted");
    assert_eq!(
        check(json!([{"iss": "https://other.example", "sub": "someone", "not_before": NOW}]), json!({})),
        "accepted"
    );
    assert_eq!(check(json!([{"iss": iss, "not_before": NOW}]), json!({})), "token.revoked");
    // Of two entries the later counts.
    let both = json!([{"iss": iss, "sub": "someone", "not_before": NOW}, {"iss": iss, "sub": "someone", "not_before": NOW - 600}]);
    assert_eq!(check(both, json!({})), "token.revoked");
    for (list, jti, expected) in [
        (json!([{"jti": "t1"}]), "t1", "token.revoked"),
        (json!([{"jti": "t1", "iss": iss}]), "t1", "token.revoked"),
        (json!([{"jti": "t1", "iss": "https://other.example"}]), "t1", "accepted"),
        (json!([{"jti": "t1"}]), "t2", "accepted"),
    ] {
        assert_eq!(check(list, json!({"jti": jti})), expected);
    }
}

#[test]
fn a_deny_list_is_read_strictly_and_as_a_whole() {
    let iss = "https://idp.example";
    for bad in [
        json!({}),
        json!([1]),
        json!([{}]),
        json!([{"iss": iss}]),
        json!([{"iss": iss, "sub": "a"}]),
        json!([{"sub": "a", "not_before": 1}]),
        json!([{"iss": iss, "subject": "a", "not_before": 1}]),
        json!([{"iss": iss, "not_before": "soon"}]),
        json!([{"iss": iss, "not_before": true}]),
        json!([{"iss": "", "not_before": 1}]),
        json!([{"jti": "t", "not_before": 1}]),
        json!([{"jti": "t", "sub": "a"}]),
        json!([{"jti": 7}]),
    ] {
        assert_eq!(denied(&bad).err(), Some("denied.malformed"), "{bad}");
    }
    let many = |count: usize| denied(&(0..count).map(|n| json!({"jti": format!("t{n}")})).collect()).err();
    assert_eq!((many(limits::DENIED), many(limits::DENIED + 1)), (None, Some("denied.too_many")));
    // One that is refused leaves the former one.
    let mut standing = denied(&json!([{"jti": "t1"}])).unwrap();
    assert!(standing.put_denied(b"[{}]").is_err());
    assert_eq!(verify(&token(&json!({"jti": "t1"}), "pinned", 1), &issuer(), &standing, NOW), "token.revoked");
    standing.put_denied(b"[]").unwrap();
    assert_eq!(verify(&token(&json!({"jti": "t1"}), "pinned", 1), &issuer(), &standing, NOW), "accepted");
}

#[test]
fn two_standings_come_to_the_stricter_of_both() {
    let mut one =
        denied(&json!([{"jti": "t1"}, {"iss": "https://idp.example", "sub": "someone", "not_before": NOW - 600}]))
            .unwrap();
    let mut two =
        denied(&json!([{"jti": "t2"}, {"iss": "https://idp.example", "sub": "someone", "not_before": NOW}])).unwrap();
    let source = remote(|_| {});
    one.put_keys(&source, &set(&[jwk(&key(2), "k2")]), at(NOW - 10)).unwrap();
    two.put_keys(&source, &set(&[jwk(&key(3), "k3")]), at(NOW - 5)).unwrap();
    one.put_status_list(&issuer(), &list(1, &stored(&[0]), &json!({"iat": NOW - 20})), at(NOW)).unwrap();
    two.put_status_list(&issuer(), &list(1, &stored(&[1]), &json!({"iat": NOW - 10})), at(NOW)).unwrap();
    for both in [one.merged(&two), two.merged(&one)] {
        for claims in [json!({"jti": "t1", "sub": "x"}), json!({"jti": "t2", "sub": "x"}), json!({})] {
            assert_eq!(verify(&token(&claims, "pinned", 1), &issuer(), &both, NOW), "token.revoked", "{claims}");
        }
        let free = |kid, seed| verify(&token(&json!({"sub": "x"}), kid, seed), &source, &both, NOW);
        assert_eq!((free("k2", 2), free("k3", 3)), ("token.key_unknown", "accepted"));
        let listed = token(&json!({"sub": "x", "status": {"status_list": {"idx": 0, "uri": URI}}}), "pinned", 1);
        assert_eq!(verify(&listed, &issuer(), &both, NOW), "token.revoked");
    }
}
