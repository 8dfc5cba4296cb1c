//! State that a host keeps current: fetched keys, status lists, the deny list. A wrong update is refused and leaves the
//! former state.

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
use brightline::base::json;
use brightline::base::limits;
use brightline::base::time::Span;
use brightline::verify::issuer::{KeySource, RemoteKeys, StatusCheck, TrustedIssuer};
use brightline::verify::jose::{Algorithm, Key};
use brightline::verify::token::{self, HostState, HostStateError, Possession, TokenError};
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

fn verify(token: &str, issuer: &TrustedIssuer, standing: &HostState, now: i64) -> &'static str {
    let verified = token::verify(token, [issuer], standing, &Possession::default(), at(now));
    verified.map_or_else(TokenError::code, |_| "accepted")
}

fn set(keys: &[Value]) -> Vec<u8> {
    json!({ "keys": keys }).to_string().into_bytes()
}

/// Updates with a set that was fetched at an instant, when the time is `now`. Returns the number of keys in use.
fn put_at(
    standing: &mut HostState,
    issuer: &TrustedIssuer,
    jwks: &[u8],
    fetched: i64,
    now: i64,
) -> Result<usize, &'static str> {
    let listed = standing.put_keys(issuer, jwks, at(fetched), at(now)).map_err(HostStateError::code)?;
    Ok(listed.iter().filter(|key| key.passed_over.is_none()).count())
}

/// The same, fetched just now.
fn put_now(standing: &mut HostState, issuer: &TrustedIssuer, jwks: &[u8], now: i64) -> Result<usize, &'static str> {
    put_at(standing, issuer, jwks, now, now)
}

fn put(issuer: &TrustedIssuer, keys: &[Value]) -> Result<usize, &'static str> {
    put_now(&mut HostState::default(), issuer, &set(keys), NOW)
}

/// Why each key of a set is not used; empty if it is used.
fn reasons(issuer: &TrustedIssuer, keys: &[Value]) -> Vec<&'static str> {
    let listed = HostState::default().put_keys(issuer, &set(keys), at(NOW), at(NOW)).unwrap();
    listed.into_iter().map(|key| key.passed_over.unwrap_or_default()).collect()
}

fn put_list(
    standing: &mut HostState,
    issuer: &TrustedIssuer,
    token: &str,
    now: i64,
) -> Result<(String, i64), &'static str> {
    let taken = standing.put_status_list(issuer, token, at(now), at(now)).map_err(HostStateError::code)?;
    Ok((taken.0, taken.1.as_millis() / 1000))
}

#[test]
fn fetched_keys_verify_until_they_are_stale() {
    let (issuer, mut standing) = (remote(|_| {}), HostState::default());
    let signed = token(&json!({}), "k2", 2);
    assert_eq!(verify(&signed, &issuer, &standing, NOW), "token.key_unknown");
    assert_eq!(put_at(&mut standing, &issuer, &set(&[jwk(&key(2), "k2")]), NOW - 600, NOW), Ok(1));
    assert_eq!(verify(&signed, &issuer, &standing, NOW), "accepted");
    assert_eq!(verify(&signed, &issuer, &standing, NOW + 2999), "accepted");
    assert_eq!(verify(&signed, &issuer, &standing, NOW + 3000), "token.key_unknown");
    // A later fetch replaces them, an earlier one does not.
    assert_eq!(put_now(&mut standing, &issuer, &set(&[jwk(&key(3), "k3")]), NOW), Ok(1));
    assert_eq!(verify(&signed, &issuer, &standing, NOW), "token.key_unknown");
    for earlier in [1, 3000] {
        let late = put_at(&mut standing, &issuer, &set(&[jwk(&key(2), "k2")]), NOW - earlier, NOW);
        assert_eq!(late, Err("keys.older"));
    }
    assert_eq!(verify(&signed, &issuer, &standing, NOW), "token.key_unknown");
    // They do not apply to another entry, nor to one that pins all its keys.
    let other = TrustedIssuer { id: "other".to_owned(), iss: "https://other.example".to_owned(), ..issuer.clone() };
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
    // Without `alg` a key is for the algorithm of its curve; an RSA key needs the ruleset to name one.
    let mut bare = a;
    bare.as_object_mut().unwrap().remove("alg");
    assert_eq!(put(&remote(|_| {}), &[bare]), Ok(1));
    let modulus = BASE64URL_NOPAD.encode(&[0xc5_u8; 256]);
    let rsa = json!({"kty": "RSA", "kid": "r", "n": modulus, "e": "AQAB"});
    assert_eq!(put(&remote(|_| {}), std::slice::from_ref(&rsa)), Err("keys.none"));
    assert_eq!(put(&remote(|keys| keys.algorithms = vec![Algorithm::Rs256]), &[rsa]), Ok(1));
    // Pinned keys of the ruleset override fetched ones.
    let mut standing = HostState::default();
    let both = issuer();
    let claimed = [jwk(&key(9), "pinned"), jwk(&key(1), "again"), jwk(&key(2), "new")];
    assert_eq!(reasons(&both, &claimed), ["keys.pinned", "keys.pinned", ""]);
    assert_eq!(put_now(&mut standing, &both, &set(&claimed), NOW), Ok(1));
    assert_eq!(verify(&token(&json!({}), "pinned", 1), &both, &standing, NOW), "accepted");
    assert_eq!(verify(&token(&json!({}), "pinned", 9), &both, &standing, NOW), "token.signature");
    assert_eq!(verify(&token(&json!({}), "new", 2), &both, &standing, NOW), "accepted");
}

/// RFC 7517, sections 4.5 and 5.
#[test]
fn an_odd_key_never_costs_the_others() {
    let good = jwk(&key(2), "good");
    let with = |name: &str, value: Value| {
        let mut odd = jwk(&key(3), "odd");
        odd[name] = value;
        odd
    };
    let rsa = |bytes: usize, e: &str| json!({"kty": "RSA", "alg": "RS256", "kid": "odd", "n": BASE64URL_NOPAD.encode(&vec![0xc5_u8; bytes]), "e": e});
    for (odd, code) in [
        (with("use", json!("enc")), "key.use"),
        (with("key_ops", json!(["encrypt"])), "key.use"),
        (with("kid", json!(7)), "key.member"),
        (with("alg", json!("ES512")), "key.algorithm"),
        (with("crv", json!("X25519")), "key.mismatch"),
        (with("kty", Value::Null), "key.member"),
        (with("x", json!("AA")), "key.encoding"),
        (with("x", json!("x".repeat(20_000))), "key.encoding"),
        (with("d", json!("AA")), "key.secret"),
        (with("oth", json!([{"r": "AA"}])), "key.secret"),
        (json!({"kty": "oct", "k": "AA", "alg": "HS256", "kid": "odd"}), "key.secret"),
        (rsa(128, "AQAB"), "key.rsa_size"),
        (rsa(1024, "AQAB"), "key.rsa_size"),
        (rsa(256, "Aw"), "key.rsa_exponent"),
        (json!({}), "key.member"),
        (json!(1), "keys.malformed"),
        (Value::Null, "keys.malformed"),
    ] {
        for keys in [[good.clone(), odd.clone()], [odd.clone(), good.clone()]] {
            let expected: Vec<&str> = keys.iter().map(|one| if *one == good { "" } else { code }).collect();
            assert_eq!(reasons(&remote(|_| {}), &keys), expected, "{odd}");
        }
        assert_eq!(put(&remote(|_| {}), &[odd]), Err("keys.none"));
    }
    // A member that is null or empty counts as absent.
    for name in ["d", "k", "oth", "crv2", "x5c", "use", "key_ops", "p", "y"] {
        for empty in [Value::Null, json!(""), json!([])] {
            assert_eq!(reasons(&remote(|_| {}), &[with(name, empty)]), [""], "{name}");
        }
    }
    // Two keys with one name and one algorithm: neither is used, because the name is ambiguous.
    let (one, other) = (jwk(&key(3), "twice"), jwk(&key(4), "twice"));
    assert_eq!(reasons(&remote(|_| {}), &[one.clone(), good, other]), ["keys.duplicate", "", "keys.duplicate"]);
    assert_eq!(reasons(&remote(|_| {}), &[one.clone(), one.clone()]), ["", "keys.repeated"]);
    // One name for keys of two types, and two names for one key.
    let p256 = json!({"kty": "EC", "crv": "P-256", "alg": "ES256", "kid": "twice", "x": "g_qhGvF6OLxvsRkPnxkfdBaCms8C9Dk4qMWVEmgHDas", "y": "6csF1U-LKPgSl0xpXvsTKhFsbk9Q7b14lCnEfxSCsWs"});
    let mut renamed = one.clone();
    renamed["kid"] = json!("again");
    let issuer = remote(|_| {});
    let mut standing = HostState::default();
    assert_eq!(put_now(&mut standing, &issuer, &set(&[one, p256, renamed]), NOW), Ok(3));
    for kid in ["twice", "again"] {
        assert_eq!(verify(&token(&json!({}), kid, 3), &issuer, &standing, NOW), "accepted");
    }
    let unnamed = sign_jws(
        &json!({"alg": "Ed25519", "typ": "at+jwt"}),
        &json!({"iss": "https://idp.example", "aud": "https://gate.example", "sub": "someone", "iat": NOW, "exp": NOW + 60}).to_string(),
        &key(3),
    );
    assert_eq!(verify(&unnamed, &issuer, &standing, NOW), "accepted");
}

#[test]
fn a_document_that_is_no_key_set_leaves_the_former_keys() {
    let (issuer, mut standing) = (remote(|_| {}), HostState::default());
    put_now(&mut standing, &issuer, &set(&[jwk(&key(2), "k2")]), NOW).unwrap();
    let many = |count: usize| set(&vec![json!({}); count]);
    let padded = |length: usize| {
        let mut text = set(&[jwk(&key(2), "k2")]);
        text.resize(length, b' ');
        text
    };
    assert_eq!(put_now(&mut standing, &issuer, &padded(limits::JWKS_BYTES), NOW), Ok(1));
    let cases: [(&str, Vec<u8>); 6] = [
        ("keys.too_large", padded(limits::JWKS_BYTES + 1)),
        ("keys.too_large", many(limits::KEYS + 1)),
        ("keys.malformed", b"{".to_vec()),
        ("keys.malformed", b"[]".to_vec()),
        ("keys.malformed", br#"{"keys":{}}"#.to_vec()),
        ("keys.malformed", br#"{"keys":[],"keys":[]}"#.to_vec()),
    ];
    for (code, jwks) in cases {
        assert_eq!(put_now(&mut standing, &issuer, &jwks, NOW + 1), Err(code));
    }
    let pinned = TrustedIssuer { remote: None, ..issuer.clone() };
    assert_eq!(put_now(&mut standing, &pinned, &set(&[]), NOW), Err("keys.not_remote"));
    assert_eq!(verify(&token(&json!({}), "k2", 2), &issuer, &standing, NOW), "accepted");
}

/// A key that an issuer no longer lists is withdrawn, even if no listed key can be used.
#[test]
fn a_key_set_without_a_key_that_is_accepted_withdraws_the_former_ones() {
    let issuer = remote(|_| {});
    let unusable = json!({"kty": "EC", "crv": "P-521", "alg": "ES512", "kid": "k3"});
    for jwks in
        [set(&[]), set(&[unusable]), set(&[json!({"kty": "x".repeat(3000)})]), set(&vec![json!({}); limits::KEYS])]
    {
        let mut standing = HostState::default();
        put_now(&mut standing, &issuer, &set(&[jwk(&key(2), "k2")]), NOW).unwrap();
        // A set that was fetched earlier withdraws nothing.
        assert_eq!(put_at(&mut standing, &issuer, &jwks, NOW - 1, NOW + 1), Err("keys.older"));
        assert_eq!(verify(&token(&json!({}), "k2", 2), &issuer, &standing, NOW + 1), "accepted");
        assert_eq!(put_now(&mut standing, &issuer, &jwks, NOW + 1), Err("keys.none"));
        assert_eq!(verify(&token(&json!({}), "k2", 2), &issuer, &standing, NOW + 1), "token.key_unknown");
    }
}

#[test]
fn a_clock_that_was_ahead_locks_nothing_out_and_keeps_no_withdrawn_key() {
    const DAY: i64 = 86_400;
    let issuer = remote(|keys| keys.stale = Span::from_seconds(DAY));
    let (old, new) = (set(&[jwk(&key(2), "old")]), set(&[jwk(&key(3), "new")]));
    for ahead in [61, 3600, 60 * DAY] {
        let mut standing = HostState::default();
        put_now(&mut standing, &issuer, &old, NOW + ahead).unwrap();
        let check = |standing: &HostState, kid: &str, seed: u8, now: i64| {
            verify(&token(&json!({"iat": now - 10, "exp": now + 100}), kid, seed), &issuer, standing, now)
        };
        // A set from the future is not in force yet.
        assert_eq!(check(&standing, "old", 2, NOW), "token.key_unknown");
        assert_eq!(check(&standing, "old", 2, NOW + ahead - 60), "accepted");
        assert_eq!(put_now(&mut standing, &issuer, &new, NOW), Ok(1));
        for later in [0, DAY - 1] {
            assert_eq!(check(&standing, "new", 3, NOW + later), "accepted");
        }
        for later in [0, DAY - 1, ahead, ahead + 100] {
            assert_eq!(check(&standing, "old", 2, NOW + later), "token.key_unknown");
        }
    }
    // Clocks that differ a little, and a set with a fetch time later than now.
    let mut standing = HostState::default();
    put_now(&mut standing, &issuer, &new, NOW + 60).unwrap();
    assert_eq!(put_now(&mut standing, &issuer, &old, NOW), Err("keys.older"));
    assert_eq!(verify(&token(&json!({}), "new", 3), &issuer, &standing, NOW), "accepted");
    let mut standing = HostState::default();
    put_at(&mut standing, &issuer, &new, NOW + 60 * DAY, NOW).unwrap();
    assert_eq!(verify(&token(&json!({}), "new", 3), &issuer, &standing, NOW), "accepted");
    let later = token(&json!({"iat": NOW + DAY, "exp": NOW + DAY + 100}), "new", 3);
    assert_eq!(verify(&later, &issuer, &standing, NOW + DAY), "token.key_unknown");
}

/// A status list depends on its key as a token does.
#[test]
fn a_list_ends_with_the_key_that_signed_it() {
    let issuer = remote(|_| {});
    let mut standing = HostState::default();
    put_now(&mut standing, &issuer, &set(&[jwk(&key(1), "pinned"), jwk(&key(2), "k2")]), NOW).unwrap();
    put_list(&mut standing, &issuer, &list(1, &stored(&[0]), &json!({})), NOW).unwrap();
    let listed = token(&json!({"status": {"status_list": {"idx": 0, "uri": URI}}}), "k2", 2);
    assert_eq!(verify(&listed, &issuer, &standing, NOW), "accepted");
    put_now(&mut standing, &issuer, &set(&[jwk(&key(2), "k2")]), NOW + 1).unwrap();
    assert_eq!(verify(&listed, &issuer, &standing, NOW + 1), "token.status_unknown");
    // Nor does it block an earlier list that is signed by a current key.
    let payload =
        json!({"sub": URI, "iat": NOW - 100, "status_list": {"bits": 1, "lst": BASE64URL_NOPAD.encode(&stored(&[0]))}});
    let theirs =
        sign_jws(&json!({"alg": "Ed25519", "kid": "k2", "typ": "statuslist+jwt"}), &payload.to_string(), &key(2));
    put_list(&mut standing, &issuer, &theirs, NOW + 1).unwrap();
    assert_eq!(verify(&listed, &issuer, &standing, NOW + 1), "accepted");
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
    let mut standing = HostState::default();
    let check = |standing: &HostState, index| verify(&listed(index), &issuer(), standing, NOW);
    assert_eq!(check(&standing, 0), "token.status_unknown");
    // Two bits each, the low ones first: 0, 1, 2, 3, then 0.
    put_list(&mut standing, &issuer(), &list(2, &stored(&[0b1110_0100, 0]), &json!({})), NOW).unwrap();
    let expected = ["accepted", "token.revoked", "token.suspended", "token.revoked", "accepted"];
    for (index, expected) in (0..).zip(expected) {
        assert_eq!(check(&standing, index), expected, "{index}");
    }
    // An index beyond the list (section 8.3).
    assert_eq!((check(&standing, 7), check(&standing, 8)), ("accepted", "token.revoked"));
    assert_eq!(check(&standing, u64::from(u32::MAX)), "token.revoked");
    // The status requirement of the issuer's entry.
    let with = |status_list| TrustedIssuer { status_list, ..issuer() };
    let plain = token(&json!({}), "pinned", 1);
    assert_eq!(verify(&plain, &with(StatusCheck::WhenPresent), &standing, NOW), "accepted");
    assert_eq!(verify(&plain, &with(StatusCheck::Required), &standing, NOW), "token.missing_claim");
    assert_eq!(verify(&listed(1), &with(StatusCheck::Required), &standing, NOW), "token.revoked");
    assert_eq!(verify(&listed(1), &with(StatusCheck::Ignored), &standing, NOW), "accepted");
    // An index that cannot be read is not valid.
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
    // Lists of other addresses and other issuers do not count.
    let elsewhere =
        token(&json!({"status": {"status_list": {"idx": 0, "uri": "https://idp.example/statuslists/2"}}}), "pinned", 1);
    assert_eq!(verify(&elsewhere, &issuer(), &standing, NOW), "token.status_unknown");
}

#[test]
fn a_list_is_used_for_as_long_as_it_says() {
    let valid = stored(&[0]);
    let until = |claims: Value| {
        let mut standing = HostState::default();
        let (uri, until) = put_list(&mut standing, &issuer(), &list(1, &valid, &claims), NOW).unwrap();
        assert_eq!(uri, URI);
        let endless =
            token(&json!({"exp": NOW + 999_999, "status": {"status_list": {"idx": 0, "uri": URI}}}), "pinned", 1);
        assert_eq!(verify(&endless, &issuer(), &standing, until - 1), "accepted");
        assert_eq!(verify(&endless, &issuer(), &standing, until), "token.status_unknown");
        until - NOW
    };
    assert_eq!(until(json!({"exp": NOW + 100})), 100);
    assert_eq!(until(json!({"ttl": 200})), 200);
    assert_eq!(until(json!({"exp": NOW + 100, "ttl": 200})), 100);
    assert_eq!(until(json!({})), 12 * 3600);
    // With any dates of its own, a list ends a day after it was fetched and a week after it was issued.
    const DAY: i64 = 86_400;
    assert_eq!(until(json!({"ttl": 1_000_000_000})), DAY);
    assert_eq!(until(json!({"exp": NOW + 30 * DAY})), DAY);
    assert_eq!(until(json!({"exp": NOW + 30 * DAY, "ttl": 7200})), 7200);
    assert_eq!(until(json!({"iat": NOW - 7 * DAY + 50, "ttl": 100})), 50);
    assert_eq!(until(json!({"iat": NOW - 7 * DAY + 50, "exp": NOW + DAY})), 50);
    for claims in [json!({}), json!({"ttl": 3600}), json!({"exp": NOW + DAY})] {
        let mut claims = claims.clone();
        claims["iat"] = json!(NOW - 7 * DAY);
        let old = put_list(&mut HostState::default(), &issuer(), &list(1, &valid, &claims), NOW);
        assert_eq!(old, Err("status.too_old"), "{claims}");
    }
    // A list fetched by a fast clock is used no longer than with the right clock.
    let mut standing = HostState::default();
    put_list(&mut standing, &issuer(), &list(1, &valid, &json!({"ttl": 3600})), NOW + 5 * DAY).unwrap();
    assert_eq!(verify(&listed(0), &issuer(), &standing, NOW), "token.status_unknown");
    put_list(&mut standing, &issuer(), &list(1, &valid, &json!({"ttl": 3600})), NOW).unwrap();
    assert_eq!(verify(&listed(0), &issuer(), &standing, NOW), "accepted");
    // A list that was issued earlier does not replace one that was issued later.
    let mut standing = HostState::default();
    put_list(&mut standing, &issuer(), &list(1, &stored(&[1]), &json!({"iat": NOW - 10})), NOW).unwrap();
    let older = put_list(&mut standing, &issuer(), &list(1, &valid, &json!({"iat": NOW - 20})), NOW);
    assert_eq!(older, Err("status.older"));
    assert_eq!(verify(&listed(0), &issuer(), &standing, NOW), "token.revoked");
    put_list(&mut standing, &issuer(), &list(1, &valid, &json!({"iat": NOW - 5})), NOW).unwrap();
    assert_eq!(verify(&listed(0), &issuer(), &standing, NOW), "accepted");
}

#[test]
fn a_list_is_the_issuers_and_well_formed() {
    let good = stored(&[0]);
    let lst = |bytes: &[u8]| json!({"bits": 1, "lst": BASE64URL_NOPAD.encode(bytes)});
    let refused = |token: &str| {
        let mut standing = HostState::default();
        let refused = put_list(&mut standing, &issuer(), token, NOW);
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
    // Another key, and keys for status lists only.
    let token = list(1, &good, &json!({}));
    let own = TrustedIssuer { status_keys: vec![imported(&jwk(&key(5), "pinned"))], ..issuer() };
    assert_eq!(put_list(&mut HostState::default(), &own, &token, NOW), Err("status.refused"));
    let payload = json!({"sub": URI, "iat": NOW, "status_list": lst(&good)});
    let theirs = sign_jws(
        &json!({"alg": "Ed25519", "kid": "pinned", "typ": "statuslist+jwt", "x5c": ["MIIB"]}),
        &payload.to_string(),
        &key(5),
    );
    assert!(put_list(&mut HostState::default(), &own, &theirs, NOW).is_ok());
}

#[test]
fn lists_have_limits() {
    let sized = |bytes: usize| {
        let token = list(1, &miniz_oxide::deflate::compress_to_vec_zlib(&vec![0; bytes], 6), &json!({}));
        put_list(&mut HostState::default(), &issuer(), &token, NOW).err()
    };
    assert_eq!(sized(limits::STATUS_LIST_BYTES), None);
    assert_eq!(sized(limits::STATUS_LIST_BYTES + 1), Some("status.malformed"));
    let long = |bytes: usize| put_list(&mut HostState::default(), &issuer(), &"x".repeat(bytes), NOW).unwrap_err();
    assert_eq!(long(limits::STATUS_LIST_TOKEN_BYTES), "status.refused");
    assert_eq!(long(limits::STATUS_LIST_TOKEN_BYTES + 1), "status.too_large");
    // With stored blocks, a list is nearly as long as its token.
    let long = list(1, &stored(&vec![0; 1_000_000]), &json!({}));
    assert!(put_list(&mut HostState::default(), &issuer(), &long, NOW).is_ok());
}

/// An issuer of millions has many lists: their bytes are bounded, and the lists that end first make room.
#[test]
fn lists_make_room_by_their_end() {
    let known = |standing: &HostState, number: usize| {
        let place = json!({"idx": 0, "uri": format!("{URI}/{number}")});
        verify(&token(&json!({"status": {"status_list": place}}), "pinned", 1), &issuer(), standing, NOW) == "accepted"
    };
    let put = |standing: &mut HostState, number: usize, bytes: usize, exp: i64| {
        let lst = miniz_oxide::deflate::compress_to_vec_zlib(&vec![0; bytes], 6);
        let claims = json!({"sub": format!("{URI}/{number}"), "exp": exp});
        put_list(standing, &issuer(), &list(1, &lst, &claims), NOW).unwrap();
    };
    let mut standing = HostState::default();
    for number in 0..100 {
        put(&mut standing, number, 100, NOW + 1000);
    }
    assert!((0..100).all(|number| known(&standing, number)));
    // Eight of the longest fill it, with the overhead of each list.
    let mut standing = HostState::default();
    for (number, exp) in [300, 100, 500, 700, 200, 600, 400, 150, 800].into_iter().enumerate() {
        put(&mut standing, number, limits::STATUS_LIST_BYTES, NOW + exp);
    }
    let kept: Vec<usize> = (0..9).filter(|number| known(&standing, *number)).collect();
    assert_eq!(kept, [0, 2, 3, 4, 5, 6, 8]);
    // The latest list is kept even if it ends first.
    put(&mut standing, 9, 100, NOW + 10);
    assert!(known(&standing, 9) && known(&standing, 8));
}

fn denied(list: &Value) -> Result<HostState, &'static str> {
    let mut standing = HostState::default();
    standing.put_denied(list.to_string().as_bytes()).map_err(HostStateError::code)?;
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
    // A token that was issued at that instant is a new one.
    assert_eq!(check(of("someone", json!(NOW - 60)), json!({})), "accepted");
    assert_eq!(check(of("another", json!(NOW)), json!({})), "accepted");
    assert_eq!(
        check(json!([{"iss": "https://other.example", "sub": "someone", "not_before": NOW}]), json!({})),
        "accepted"
    );
    assert_eq!(check(json!([{"iss": iss, "not_before": NOW}]), json!({})), "token.revoked");
    // The later of two entries counts.
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
    // A refused list leaves the former one in force.
    let mut standing = denied(&json!([{"jti": "t1"}])).unwrap();
    assert!(standing.put_denied(b"[{}]").is_err());
    assert_eq!(verify(&token(&json!({"jti": "t1"}), "pinned", 1), &issuer(), &standing, NOW), "token.revoked");
    standing.put_denied(b"[]").unwrap();
    assert_eq!(verify(&token(&json!({"jti": "t1"}), "pinned", 1), &issuer(), &standing, NOW), "accepted");
}
