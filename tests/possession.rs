//! Proofs of possession: DPoP (RFC 9449) and key binding (RFC 9901, section 4.3). Signed for real, natively and in
//! Wasm.

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
use brightline::base::json as strict;
use brightline::base::limits;
use brightline::base::time::Span;
use brightline::verify::issuer::{Holder, TrustedIssuer};
use brightline::verify::jose::Key;
use brightline::verify::token::{self, Claims, DpopProof, HostState, Possession, TokenError};
use data_encoding::BASE64URL_NOPAD;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use support::{jwk, key, sign_jws};

#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

const NOW: i64 = 1_770_000_000;
const URL: &str = "https://gate.example/v1/chat/completions";

fn at(seconds: i64) -> Instant {
    Instant::from_seconds(seconds).unwrap()
}

fn object(value: &Value) -> strict::Object {
    let value = strict::parse(value.to_string().as_bytes(), strict::Limits::UNTRUSTED).unwrap();
    value.as_object().unwrap().clone()
}

fn hash(text: &str) -> String {
    BASE64URL_NOPAD.encode(&Sha256::digest(text.as_bytes()))
}

fn issuer(holder: Holder) -> TrustedIssuer {
    TrustedIssuer {
        id: "idp".to_owned(),
        iss: "https://idp.example".to_owned(),
        audience: vec!["https://gate.example".to_owned()],
        typ: vec!["at+jwt".to_owned(), "dc+sd-jwt".to_owned()],
        vct: vec!["urn:eudi:pid:1".to_owned()],
        keys: vec![Key::from_jwk(&object(&jwk(&key(1), "k"))).unwrap()],
        skew: Span::from_seconds(30),
        proof_age: Span::from_seconds(60),
        holder,
        ..TrustedIssuer::default()
    }
}

/// A holder's key as wallets and clients send it: no `alg`, no `kid`.
fn bare(seed: u8) -> Value {
    let mut jwk = jwk(&key(seed), "x");
    jwk.as_object_mut().unwrap().retain(|name, _| !["alg", "kid"].contains(&name.as_str()));
    jwk
}

fn jkt(seed: u8) -> String {
    BASE64URL_NOPAD.encode(&Key::from_bare_jwk(&object(&bare(seed)), None).unwrap().thumbprint())
}

fn changed(mut members: Value, changes: &Value) -> Value {
    for (name, value) in changes.as_object().unwrap() {
        match value {
            Value::Null => {
                members.as_object_mut().unwrap().remove(name);
            }
            other => members[name] = other.clone(),
        }
    }
    members
}

/// A `cnf` that is null is removed.
fn without(cnf: &Value) -> Value {
    if cnf.is_null() { json!({"cnf": null}) } else { json!({}) }
}

fn access_token(cnf: &Value) -> String {
    let payload = json!({"iss": "https://idp.example", "aud": "https://gate.example", "sub": "someone", "cnf": cnf,
                         "iat": NOW - 60, "exp": NOW + 600});
    sign_jws(
        &json!({"alg": "Ed25519", "kid": "k", "typ": "at+jwt"}),
        &changed(payload, &without(cnf)).to_string(),
        &key(1),
    )
}

/// A proof for a token, by the key of a seed, with changes to its header and its claims.
fn dpop(token: &str, seed: u8, header: &Value, claims: &Value) -> String {
    let usual = json!({"alg": "Ed25519", "typ": "dpop+jwt", "jwk": bare(seed)});
    let payload = json!({"jti": "p-1", "htm": "POST", "htu": URL, "iat": NOW, "ath": hash(token)});
    sign_jws(&changed(usual, header), &changed(payload, claims).to_string(), &key(seed))
}

fn with_proof(token: &str, proof: &str, url: &str, nonce: Option<&str>, now: i64) -> Result<Claims, TokenError> {
    let proof = DpopProof { jwt: proof, method: "POST", url, nonce };
    let possession = Possession { nonce: None, proofs: &[proof] };
    token::verify(token, [&issuer(Holder::Dpop)], &HostState::default(), &possession, at(now))
}

fn code(result: Result<Claims, TokenError>) -> &'static str {
    result.map_or_else(TokenError::code, |_| "accepted")
}

#[test]
fn a_bound_token_needs_its_proof() {
    let token = access_token(&json!({"jkt": jkt(9)}));
    let proof = dpop(&token, 9, &json!({}), &json!({}));
    let claims = with_proof(&token, &proof, URL, None, NOW).unwrap();
    assert_eq!(claims.holder_key().map(|key| BASE64URL_NOPAD.encode(&key)), Some(jkt(9)));
    assert_eq!((claims.single_uses().len(), claims.single_uses()[0].until), (1, at(NOW + 90)));
    let none = Possession::default();
    let verify = |holder| token::verify(&token, [&issuer(holder)], &HostState::default(), &none, at(NOW));
    assert_eq!(code(verify(Holder::Dpop)), "token.proof_missing");
    // RFC 9449, section 7.2: also if bearer tokens are accepted.
    assert_eq!(code(verify(Holder::Bearer)), "token.proof_missing");
    assert_eq!(code(with_proof(&access_token(&Value::Null), &proof, URL, None, NOW)), "token.proof_key");
    // By another key, then for another token.
    assert_eq!(code(with_proof(&token, &dpop(&token, 8, &json!({}), &json!({})), URL, None, NOW)), "token.proof_key");
    let other = access_token(&json!({"jkt": jkt(9), "x": 1}));
    assert_eq!(code(with_proof(&other, &proof, URL, None, NOW)), "token.proof_target");
    // One valid proof among several is enough, in any order.
    let bad = dpop(&token, 8, &json!({}), &json!({}));
    let of = |jwt| DpopProof { jwt, method: "POST", url: URL, nonce: None };
    for proofs in [[of(&proof), of(&bad)], [of(&bad), of(&proof)]] {
        let possession = Possession { nonce: None, proofs: &proofs };
        assert_eq!(
            code(token::verify(&token, [&issuer(Holder::Dpop)], &HostState::default(), &possession, at(NOW))),
            "accepted"
        );
    }
}

/// RFC 9449, section 7.2; RFC 8705, section 3; RFC 7800, section 3.
#[test]
fn a_token_that_is_bound_to_a_key_is_no_bearer_token() {
    let bearer = |token: &str, proofs: &[DpopProof<'_>]| {
        let possession = Possession { nonce: None, proofs };
        code(token::verify(token, [&issuer(Holder::Bearer)], &HostState::default(), &possession, at(NOW)))
    };
    for (cnf, alone, by_the_key, by_another) in [
        (json!({"jkt": jkt(9)}), "token.proof_missing", "accepted", "token.proof_key"),
        (json!({"jwk": bare(9)}), "token.proof_missing", "accepted", "token.proof_key"),
        (json!({"x5t#S256": hash("certificate")}), "token.proof_missing", "token.proof_key", "token.proof_key"),
        (json!({"kid": "x"}), "token.proof_missing", "token.proof_key", "token.proof_key"),
        (json!({}), "token.proof_missing", "token.proof_key", "token.proof_key"),
        (json!({"jkt": 1}), "token.claim_type", "token.claim_type", "token.claim_type"),
        (json!("x"), "token.claim_type", "token.claim_type", "token.claim_type"),
        // An unbound token: proofs that are not required are not read.
        (Value::Null, "accepted", "accepted", "accepted"),
    ] {
        let token = access_token(&cnf);
        let with = |seed: u8| {
            let proof = dpop(&token, seed, &json!({}), &json!({}));
            bearer(&token, &[DpopProof { jwt: &proof, method: "POST", url: URL, nonce: None }])
        };
        assert_eq!((bearer(&token, &[]), with(9), with(8)), (alone, by_the_key, by_another), "{cnf}");
    }
    // A member that is `null`, as serializers write it, counts as absent.
    let payload = json!({"iss": "https://idp.example", "aud": "https://gate.example", "sub": "someone", "cnf": null,
                         "iat": NOW - 60, "exp": NOW + 600});
    let token = sign_jws(&json!({"alg": "Ed25519", "kid": "k", "typ": "at+jwt"}), &payload.to_string(), &key(1));
    assert_eq!(bearer(&token, &[]), "accepted");
    // A credential always names its holder's key; the issuer entry decides if the holder must prove possession (RFC
    // 9901, section 9.5).
    assert_eq!(bearer(&credential(&json!({"jwk": bare(9)})), &[]), "accepted");
}

#[test]
fn a_proof_is_what_the_standard_asks() {
    let token = access_token(&json!({"jkt": jkt(9)}));
    let header = |changes: Value| code(with_proof(&token, &dpop(&token, 9, &changes, &json!({})), URL, None, NOW));
    let claims = |changes: Value| code(with_proof(&token, &dpop(&token, 9, &json!({}), &changes), URL, None, NOW));
    for (changes, expected) in [
        (json!({"typ": "application/dpop+jwt"}), "accepted"),
        (json!({"typ": "jwt"}), "token.proof"),
        (json!({"typ": null}), "token.proof"),
        (json!({"jwk": null}), "token.proof"),
        (json!({"jwk": "x"}), "token.proof"),
        (json!({"jwk": bare(8)}), "token.proof_key"),
        (json!({"alg": "none"}), "token.proof"),
        (json!({"alg": "HS256"}), "token.proof"),
        (json!({"alg": "ES256"}), "token.proof"),
        (json!({"crit": ["x"]}), "token.proof"),
        (json!({"jku": "https://evil.example"}), "token.proof"),
    ] {
        assert_eq!(header(changes.clone()), expected, "{changes}");
    }
    let mut secret = bare(9);
    secret["d"] = json!("AA");
    assert_eq!(header(json!({ "jwk": secret })), "token.proof");
    for (changes, expected) in [
        (json!({"htm": "GET"}), "token.proof_target"),
        (json!({"htm": "post"}), "token.proof_target"),
        (json!({"htm": null}), "token.proof"),
        (json!({"htu": "https://gate.example/other"}), "token.proof_target"),
        (json!({"htu": 7}), "token.proof"),
        (json!({"ath": hash("other")}), "token.proof_target"),
        (json!({"ath": null}), "token.proof"),
        (json!({"jti": null}), "token.proof"),
        (json!({"jti": ""}), "token.proof"),
        (json!({"jti": 1}), "token.proof"),
        (json!({"iat": null}), "token.proof"),
        (json!({"iat": "now"}), "token.proof"),
        (json!({"iat": NOW + 30}), "accepted"),
        (json!({"iat": NOW + 31}), "token.proof_time"),
        (json!({"iat": NOW - 89}), "accepted"),
        (json!({"iat": NOW - 90}), "token.proof_time"),
        (json!({"nonce": "whatever"}), "accepted"),
    ] {
        assert_eq!(claims(changes.clone()), expected, "{changes}");
    }
    let good = dpop(&token, 9, &json!({}), &json!({}));
    for broken in ["", "a.b", "a.b.c", good.get(..good.len() - 4).unwrap(), &format!("{good}AA"), &format!("{good}.x")]
    {
        assert!(code(with_proof(&token, broken, URL, None, NOW)).starts_with("token.proof"), "{broken}");
    }
    let mut forged = good.into_bytes();
    let last = forged.len() - 10;
    forged[last] = if forged[last] == b'A' { b'B' } else { b'A' };
    assert_eq!(
        code(with_proof(&token, std::str::from_utf8(&forged).unwrap(), URL, None, NOW)),
        "token.proof_signature"
    );
    let long = dpop(&token, 9, &json!({}), &json!({"x": ["y".repeat(4000), "y".repeat(4000)]}));
    assert!(long.len() > limits::PROOF_BYTES);
    assert_eq!(code(with_proof(&token, &long, URL, None, NOW)), "token.proof");
}

#[test]
fn the_nonce_is_the_hosts() {
    let token = access_token(&json!({"jkt": jkt(9)}));
    let answering = |nonce: Value| dpop(&token, 9, &json!({}), &json!({ "nonce": nonce }));
    let check = |proof: &str| code(with_proof(&token, proof, URL, Some("n-1"), NOW));
    assert_eq!(check(&answering(json!("n-1"))), "accepted");
    for wrong in [json!("n-2"), json!(null), json!(1), json!("")] {
        assert_eq!(check(&answering(wrong)), "token.proof_nonce");
    }
    // A host that lost its nonce passes an empty one, and no proof matches it.
    for answered in [json!("n-1"), json!(null), json!("")] {
        assert_eq!(code(with_proof(&token, &answering(answered), URL, Some(""), NOW)), "token.proof_nonce");
    }
}

/// RFC 9449, section 4.3, item 9, with RFC 3986, sections 6.2.2 and 6.2.3.
#[test]
fn addresses_are_compared_without_query_and_as_uris_are() {
    let token = access_token(&json!({"jkt": jkt(9)}));
    let same = |htu: &str, url: &str| {
        let proof = dpop(&token, 9, &json!({}), &json!({ "htu": htu }));
        code(with_proof(&token, &proof, url, None, NOW)) == "accepted"
    };
    for (htu, url) in [
        ("https://gate.example/a", "https://gate.example/a?x=1#y"),
        ("https://gate.example/a?z", "https://gate.example/a"),
        ("HTTPS://Gate.Example:443/a", "https://gate.example/a"),
        ("https://gate.example", "https://gate.example/"),
        ("http://gate.example:80/%7ea", "http://gate.example/%7Ea"),
        ("https://[::1]:8443/a", "https://[::1]:8443/a"),
    ] {
        assert!(same(htu, url), "{htu} {url}");
    }
    for (htu, url) in [
        ("https://gate.example/a", "https://gate.example/A"),
        ("https://gate.example/a", "http://gate.example/a"),
        ("https://gate.example/a", "https://gate.example:8443/a"),
        ("https://gate.example/a", "https://gate.example.evil/a"),
        ("https://gate.example/a", "https://gate.example/a/"),
        ("/a", "https://gate.example/a"),
        ("https://gate.example:80/a", "https://gate.example/a"),
    ] {
        assert!(!same(htu, url), "{htu} {url}");
    }
}

/// A use is remembered by the key and the `jti`, which only the holder can choose.
#[test]
fn a_use_is_the_same_for_the_same_proof_alone() {
    let token = access_token(&json!({"jkt": jkt(9)}));
    let used = |claims: Value| {
        let proof = dpop(&token, 9, &json!({}), &claims);
        with_proof(&token, &proof, URL, None, NOW).unwrap().single_uses()[0].key
    };
    assert_eq!(used(json!({})), used(json!({"iat": NOW - 5, "x": 1})));
    assert_ne!(used(json!({})), used(json!({"jti": "p-2"})));
}

/// A store divides its capacity by this holder: the person, with any key, or the key if there is no `sub`.
#[test]
fn a_use_names_its_holder() {
    let holder = |seed: u8, sub: &str| {
        let payload = json!({"iss": "https://idp.example", "aud": "https://gate.example", "sub": sub,
                             "cnf": {"jkt": jkt(seed)}, "iat": NOW - 60, "exp": NOW + 600});
        let header = json!({"alg": "Ed25519", "kid": "k", "typ": "at+jwt"});
        let token = sign_jws(&header, &payload.to_string(), &key(1));
        let proof = dpop(&token, seed, &json!({}), &json!({}));
        with_proof(&token, &proof, URL, None, NOW).unwrap().single_uses()[0].holder
    };
    assert_eq!(holder(9, "s-1"), holder(8, "s-1"));
    assert_ne!(holder(9, "s-1"), holder(9, "s-2"));
    let by_key = |seed: u8| {
        let mine = credential(&json!({"jwk": bare(seed)}));
        present(&bound(&mine, seed, &json!({}), &json!({})), Some("n-1")).unwrap().single_uses()[0].holder
    };
    assert_eq!(by_key(9), by_key(9));
    assert_ne!(by_key(9), by_key(8));
}

fn credential(cnf: &Value) -> String {
    let payload =
        json!({"iss": "https://idp.example", "vct": "urn:eudi:pid:1", "iat": NOW - 60, "exp": NOW + 600, "cnf": cnf});
    sign_jws(
        &json!({"alg": "Ed25519", "kid": "k", "typ": "dc+sd-jwt"}),
        &changed(payload, &without(cnf)).to_string(),
        &key(1),
    ) + "~"
}

fn bound(credential: &str, seed: u8, header: &Value, claims: &Value) -> String {
    let usual = json!({"alg": "Ed25519", "typ": "kb+jwt"});
    let payload = json!({"aud": "https://gate.example", "nonce": "n-1", "iat": NOW, "sd_hash": hash(credential)});
    credential.to_owned() + &sign_jws(&changed(usual, header), &changed(payload, claims).to_string(), &key(seed))
}

fn present(token: &str, nonce: Option<&str>) -> Result<Claims, TokenError> {
    let possession = Possession { nonce, proofs: &[] };
    token::verify(token, [&issuer(Holder::KeyBinding)], &HostState::default(), &possession, at(NOW))
}

#[test]
fn a_credential_needs_its_key_binding() {
    let mine = credential(&json!({"jwk": bare(9)}));
    let claims = present(&bound(&mine, 9, &json!({}), &json!({})), Some("n-1")).unwrap();
    assert_eq!((claims.single_uses().len(), claims.holder_key().is_some()), (1, true));
    assert_eq!(code(present(&mine, Some("n-1"))), "token.proof_missing");
    assert_eq!(code(present(&bound(&mine, 8, &json!({}), &json!({})), Some("n-1"))), "token.proof_signature");
    // Without a nonce from the host, a proof that has one is refused.
    assert_eq!(code(present(&bound(&mine, 9, &json!({}), &json!({})), None)), "token.proof_nonce");
    let of = |cnf: Value| {
        let token = credential(&cnf);
        code(present(&bound(&token, 9, &json!({}), &json!({})), Some("n-1")))
    };
    assert_eq!(of(json!(null)), "token.proof_key");
    assert_eq!(of(json!({"kid": "x"})), "token.proof_key");
    assert_eq!(of(json!({"jwk": {"kty": "EC", "crv": "P-521"}})), "token.proof_key");
    assert_eq!(of(json!("x")), "token.claim_type");
    for (header, claims, expected) in [
        (json!({"typ": "jwt"}), json!({}), "token.proof"),
        (json!({"jwk": bare(9)}), json!({}), "token.proof"),
        (json!({"alg": "ES256"}), json!({}), "token.proof"),
        (json!({}), json!({"aud": ["https://gate.example"]}), "token.proof"),
        (json!({}), json!({"aud": "https://other.example"}), "token.proof_target"),
        (json!({}), json!({"nonce": "n-2"}), "token.proof_nonce"),
        (json!({}), json!({"nonce": null}), "token.proof"),
        (json!({}), json!({"iat": NOW - 90}), "token.proof_time"),
        (json!({}), json!({"iat": NOW + 31}), "token.proof_time"),
        (json!({}), json!({"sd_hash": hash("other")}), "token.proof_target"),
        (json!({}), json!({"sd_hash": null}), "token.proof"),
    ] {
        let token = bound(&mine, 9, &header, &claims);
        assert_eq!(code(present(&token, Some("n-1"))), expected, "{header} {claims}");
    }
}

/// The key of RFC 9449, sections 4.1 and 6.1, its proof and its thumbprint.
#[test]
fn the_example_of_rfc_9449_verifies() {
    let jwk = json!({"kty": "EC", "x": "l8tFrhx-34tV3hRICRDY9zCkDlpBhF42UQUfWVAWBFs",
                     "y": "9VE4jf_Ok_o64zbTTlcuNJajHmt6v9TDVrU0CdvGRDA", "crv": "P-256"});
    let key = Key::from_bare_jwk(&object(&jwk), None).unwrap();
    assert_eq!(BASE64URL_NOPAD.encode(&key.thumbprint()), "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I");
    assert_eq!(hash("Kz~8mXK1EalYznwH-LC-1fBAo.4Ljp~zsPE_NeO.gxU"), "fUHyO2r2Z3DZ53EsNrWBb0xWXoaNy59IiKCAqksmQEo");
    let signed = "eyJ0eXAiOiJkcG9wK2p3dCIsImFsZyI6IkVTMjU2IiwiandrIjp7Imt0eSI6IkVDIiwieCI6Imw4dEZyaHgtMzR0VjNoUklDUkRZOXpDa0RscEJoRjQyVVFVZldWQVdCRnMiLCJ5IjoiOVZFNGpmX09rX282NHpiVFRsY3VOSmFqSG10NnY5VERWclUwQ2R2R1JEQSIsImNydiI6IlAtMjU2In19.eyJqdGkiOiItQndDM0VTYzZhY2MybFRjIiwiaHRtIjoiUE9TVCIsImh0dSI6Imh0dHBzOi8vc2VydmVyLmV4YW1wbGUuY29tL3Rva2VuIiwiaWF0IjoxNTYyMjYyNjE2fQ";
    let signature = "2-GxA6T8lP4vfrg8v-FdWP0A0zdrj8igiMLvqRMUvwnQg4PtFLbdLXiOSsX0x7NVY-FNyJK70nfbV37xRZT3Lg";
    assert!(key.verify(signed.as_bytes(), &BASE64URL_NOPAD.decode(signature.as_bytes()).unwrap()));
}
