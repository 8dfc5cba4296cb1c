//! The attacks on signed identities, each in a test named for it: every attack token is refused, and every legitimate
//! lookalike is accepted. The numbers are those of the list in the project's token profile.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "in a test a panic is how a check fails"
)]

mod support;

use brightline::base::country::{Country, Nationality};
use brightline::base::json::{self, Value};
use brightline::base::time::Span;
use brightline::verify::issuer::{Holder, TrustedIssuer};
use brightline::verify::jose::Key;
use brightline::verify::token::{self, HostState, Possession, TokenError};
use brightline::{Instant, TrustRoot};
use data_encoding::BASE64URL_NOPAD;
use serde_json::json as made;
use support::{jwk, key, sign_jws};

#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

const TOKENS: &str = include_str!("vectors/attack-tokens.json");
const CREDENTIALS: &str = include_str!("vectors/attack-sdjwt.json");

fn parsed(text: &str) -> Value {
    json::parse(text.as_bytes(), json::Limits::RULESET).expect("the vectors are strict JSON")
}

fn text<'a>(value: &'a Value, pointer: &str) -> &'a str {
    value.pointer(pointer).and_then(Value::as_str).unwrap_or_else(|| panic!("{pointer} is text"))
}

fn clock(vectors: &Value) -> Instant {
    match vectors.pointer("/now") {
        Some(Value::Integer(now)) => Instant::from_seconds(*now).unwrap(),
        _ => panic!("the vectors have a clock"),
    }
}

fn imported(value: &Value, alg: Option<&str>) -> Key {
    let members = value.as_object().unwrap().iter().map(|(name, value)| (name.to_owned(), value.clone()));
    let alg = alg.map(|alg| ("alg".to_owned(), Value::String(alg.to_owned())));
    Key::from_jwk(&members.chain(alg).collect()).unwrap()
}

/// The result of each token whose id has one of these prefixes, and if it was made to be accepted.
fn jwts(prefixes: &[&str]) -> Vec<(String, bool, bool)> {
    let vectors = parsed(TOKENS);
    let issuer = TrustedIssuer {
        id: "idp".to_owned(),
        iss: text(&vectors, "/iss").to_owned(),
        audience: vec![text(&vectors, "/aud").to_owned()],
        typ: vec!["absent".to_owned(), "jwt".to_owned(), "at+jwt".to_owned()],
        keys: [("es", None), ("rs", None), ("ed", Some("Ed25519"))]
            .map(|(name, alg)| imported(vectors.pointer(&format!("/keys/{name}/jwk")).unwrap(), alg))
            .to_vec(),
        skew: Span::from_seconds(30),
        ..TrustedIssuer::default()
    };
    let judged = |entry: &Value| {
        let token = entry.pointer("/token").and_then(Value::as_str)?;
        let verified = token::verify(token, [&issuer], &HostState::default(), &Possession::default(), clock(&vectors));
        Some((text(entry, "/id").to_owned(), text(entry, "/expect") == "accept", verified.is_ok()))
    };
    let tokens = vectors.pointer("/tokens").and_then(Value::as_array).unwrap();
    chosen(tokens.iter().filter_map(judged), prefixes)
}

/// The same for credentials.
fn credentials(prefixes: &[&str]) -> Vec<(String, bool, bool)> {
    let vectors = parsed(CREDENTIALS);
    let issuer = TrustedIssuer {
        id: "pid".to_owned(),
        iss: text(&vectors, "/issuer/iss").to_owned(),
        audience: vec![text(&vectors, "/aud").to_owned()],
        typ: vec!["dc+sd-jwt".to_owned()],
        vct: vec!["urn:eudi:pid:1".to_owned()],
        keys: vec![imported(vectors.pointer("/issuer/jwk").unwrap(), None)],
        proof_age: Span::from_seconds(300),
        holder: Holder::KeyBinding,
        ..TrustedIssuer::default()
    };
    let possession = Possession { nonce: Some(text(&vectors, "/nonce")), proofs: &[] };
    let judged = |entry: &Value| {
        let token = text(entry, "/token");
        let verified = token::verify(token, [&issuer], &HostState::default(), &possession, clock(&vectors));
        (text(entry, "/id").to_owned(), text(entry, "/expect").starts_with("accept"), verified.is_ok())
    };
    let tokens = vectors.pointer("/tokens").and_then(Value::as_array).unwrap();
    chosen(tokens.iter().map(judged), prefixes)
}

fn chosen(all: impl Iterator<Item = (String, bool, bool)>, prefixes: &[&str]) -> Vec<(String, bool, bool)> {
    let chosen: Vec<_> = all.filter(|(id, _, _)| prefixes.iter().any(|prefix| id.starts_with(prefix))).collect();
    for prefix in prefixes {
        assert!(chosen.iter().any(|(id, _, _)| id.starts_with(prefix)), "no token {prefix}");
    }
    chosen
}

/// One test for each attack, over the tokens made for it.
macro_rules! attacks {
    ($(#[$test:meta] $name:ident: $from:ident [$($prefix:literal),+];)+) => {
        $(#[$test]
        fn $name() {
            for (id, meant, accepted) in $from(&[$($prefix),+]) {
                assert_eq!(accepted, meant, "{id}");
            }
        })+
    };
}

attacks! {
    #[test] attack_01_alg_none_and_its_spellings: jwts ["none-", "alg-"];
    #[test] attack_02_public_key_as_hmac_secret: jwts ["conf-hs-"];
    #[test] attack_03_another_rsa_algorithm_with_the_same_key: jwts ["conf-ps256-"];
    #[test] attack_04_embedded_jwk: jwts ["emb-jwk-"];
    #[test] attack_05_keys_by_address_or_certificate: jwts ["emb-x5u-"];
    #[test] attack_06_kid_that_is_a_path_a_query_or_a_prototype: jwts ["kid-"];
    #[test] attack_10_duplicate_members: jwts ["dup-"];
    #[test] attack_11_crit: jwts ["crit-"];
    #[test] attack_12_unencoded_payload: jwts ["b64-false-"];
    #[test] attack_13_nested_jwt: jwts ["nested-"];
    #[test] attack_14_another_kind_of_token: jwts ["typ-"];
    #[test] attack_15_json_serialisation_and_dots: jwts ["dots-", "json-flattened"];
    #[test] attack_16_ecdsa_zero_one_and_order: jwts ["ecdsa-00", "ecdsa-r0", "ecdsa-nn", "ecdsa-11"];
    #[test] attack_17_ecdsa_der_long_empty: jwts ["ecdsa-der", "ecdsa-long", "ecdsa-empty"];
    #[test] attack_22_base64url_that_is_not_strict: jwts ["b64-pad", "b64-space", "b64-newline", "b64-nonascii", "b64-trailing"];
    #[test] attack_23_exp_of_another_type: jwts ["exp-string", "exp-null", "exp-array", "exp-obj", "exp-zero"];
    #[test] attack_24_exp_beyond_numbers: jwts ["exp-1e400", "exp-u64max1", "exp-nan", "exp-leading0", "exp-plus"];
    #[test] attack_26_nbf_iat_and_missing_exp: jwts ["nbf-", "iat-", "exp-missing"];
    #[test] attack_28_audience: jwts ["aud-"];
    #[test] attack_29_issuer: jwts ["iss-"];
    #[test] attack_31_payload_that_is_no_object: jwts ["json-array-", "json-string-", "json-two", "json-bom", "json-comment", "json-trailing"];
    #[test] attack_32_text_that_is_not_utf_8: jwts ["json-invalid-utf8", "json-overlong", "json-lone-"];
    #[test] attack_34_header_as_an_array: jwts ["hdr-array"];
    #[test] attack_35_compression_and_encryption: jwts ["enc-"];
    #[test] attack_36_the_same_digest_twice: credentials ["dup-digest-"];
    #[test] attack_37_disclosures_that_nothing_calls_for: credentials ["unreferenced-", "forged-", "empty-disclosure"];
    #[test] attack_38_reserved_names_and_collisions: credentials ["name-", "collision-"];
    #[test] attack_39_disclosures_that_are_none: credentials ["arity-", "disclosure-"];
    #[test] attack_40_placeholders_and_digests_that_are_none: credentials ["placeholder-", "_sd-", "_sd_alg-nested"];
    #[test] attack_41_another_hash: credentials ["_sd_alg-"];
    #[test] attack_42_claims_that_must_not_be_hidden: credentials ["sd-cnf", "sd-exp", "sd-iss"];
    #[test] attack_43_hidden_entries_count: credentials ["hide-", "decoy-"];
    #[test] attack_44_key_binding_stripped: credentials ["no-kb", "bare-jwt"];
    #[test] attack_45_key_binding_of_another_presentation: credentials ["kb-"];
    #[test] attack_46_disclosure_removed_on_the_way: credentials ["kb-disclosure-removed-after"];
    #[test] attack_47_type_of_credential_by_another_issuer: credentials ["vct-"];
}

const NOW: i64 = 1_770_000_000;

fn at(seconds: i64) -> Instant {
    Instant::from_seconds(seconds).unwrap()
}

/// A token of the tests' own issuer, with changes.
fn token(changes: &serde_json::Value) -> String {
    let mut payload = made!({"iss": "https://idp.example", "aud": "https://gate.example", "sub": "someone",
                             "iat": NOW - 60, "exp": NOW + 600});
    for (name, value) in changes.as_object().unwrap() {
        payload[name] = value.clone();
    }
    sign_jws(&made!({"alg": "Ed25519", "kid": "k", "typ": "at+jwt"}), &payload.to_string(), &key(1))
}

fn issuer() -> TrustedIssuer {
    TrustedIssuer {
        id: "idp".to_owned(),
        iss: "https://idp.example".to_owned(),
        audience: vec!["https://gate.example".to_owned()],
        typ: vec!["at+jwt".to_owned()],
        keys: vec![imported(&parsed(&jwk(&key(1), "k").to_string()), None)],
        skew: Span::from_seconds(30),
        ..TrustedIssuer::default()
    }
}

fn verify(token: &str, issuer: &TrustedIssuer, now: i64) -> &'static str {
    let verified = token::verify(token, [issuer], &HostState::default(), &Possession::default(), at(now));
    verified.map_or_else(TokenError::code, |_| "accepted")
}

fn key_code(jwk: &serde_json::Value) -> &'static str {
    Key::from_jwk(parsed(&jwk.to_string()).as_object().unwrap()).map_or_else(|error| error.code(), |_| "taken")
}

#[test]
fn attack_07_duplicate_kid_and_mixed_keys() {
    let root = |keys: serde_json::Value| {
        let root = made!({"ruleset": "r", "audience": "a", "threshold": 1, "keys": keys});
        TrustRoot::parse(root.to_string().as_bytes()).is_ok()
    };
    let (one, two) = (jwk(&key(1), "k"), jwk(&key(2), "k"));
    assert!(root(made!([one])));
    assert!(!root(made!([one, two])));
    assert!(!root(made!([one, {"kty": "oct", "kid": "s", "k": "AA", "alg": "HS256"}])));
}

#[test]
fn attack_08_keys_for_another_use_kind_or_curve() {
    let good = jwk(&key(1), "k");
    let with = |name: &str, value: serde_json::Value| {
        let mut jwk = good.clone();
        jwk[name] = value;
        key_code(&jwk)
    };
    assert_eq!(key_code(&good), "taken");
    assert_eq!(with("use", made!("enc")), "key.use");
    assert_eq!(with("key_ops", made!(["encrypt"])), "key.use");
    assert_eq!(with("kty", made!("EC")), "key.mismatch");
    assert_eq!(with("crv", made!("P-256")), "key.mismatch");
    assert_eq!(with("alg", made!("HS256")), "key.algorithm");
    let off = made!({"kty": "EC", "crv": "P-256", "alg": "ES256", "x": BASE64URL_NOPAD.encode(&[1; 32]), "y": BASE64URL_NOPAD.encode(&[1; 32])});
    assert_eq!(key_code(&off), "key.off_curve");
}

#[test]
fn attack_09_weak_rsa_keys() {
    let rsa = |bytes: usize, e: &str| {
        let mut modulus = vec![0xff_u8; bytes];
        modulus[0] = 0x80;
        key_code(&made!({"kty": "RSA", "alg": "RS256", "n": BASE64URL_NOPAD.encode(&modulus), "e": e}))
    };
    assert_eq!((rsa(256, "AQAB"), rsa(128, "AQAB"), rsa(255, "AQAB")), ("taken", "key.rsa_size", "key.rsa_size"));
    assert_eq!((rsa(256, "AQ"), rsa(256, "Aw")), ("key.rsa_exponent", "key.rsa_exponent"));
}

#[test]
fn attack_18_a_malleated_signature_is_the_same_use() {
    // (r, n - s) verifies too, so a proof is never remembered by its signature (tests/possession.rs,
    // `a_use_is_the_same_for_the_same_proof_alone`), and a known token is recognised by all of its bytes.
    let token = token(&made!({}));
    let mut other = token.clone().into_bytes();
    let last = other.len() - 5;
    other[last] = if other[last] == b'A' { b'B' } else { b'A' };
    assert_eq!(verify(&token, &issuer(), NOW), "accepted");
    assert_eq!(verify(std::str::from_utf8(&other).unwrap(), &issuer(), NOW), "token.signature");
}

#[test]
fn attack_19_rsa_signatures_that_are_numbers() {
    let mut modulus = vec![0xff_u8; 256];
    modulus[0] = 0xc0;
    for alg in ["RS256", "PS256"] {
        let jwk = made!({"kty": "RSA", "alg": alg, "n": BASE64URL_NOPAD.encode(&modulus), "e": "AQAB"});
        let key = Key::from_jwk(parsed(&jwk.to_string()).as_object().unwrap()).unwrap();
        let mut one = vec![0; 256];
        one[255] = 1;
        let mut less = modulus.clone();
        less[255] = 0xfe;
        for signature in [vec![0; 256], one, less, modulus.clone(), vec![0; 255], vec![0; 257], Vec::new()] {
            assert!(!key.verify(b"message", &signature), "{alg} {}", signature.len());
        }
    }
}

#[test]
fn attack_20_ed25519_scalars_beyond_the_order() {
    let good = imported(&parsed(&jwk(&key(1), "k").to_string()), None);
    let signed = ed25519_dalek::Signer::sign(&key(1), b"m").to_bytes();
    assert!(good.verify(b"m", &signed));
    // S beyond the order: the order is added to it once.
    let order: [u8; 32] = [
        0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14, 0, 0, 0, 0, 0,
        0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10,
    ];
    let mut beyond = signed;
    let mut carry = 0_u16;
    for (place, part) in order.iter().enumerate() {
        let sum = u16::from(beyond[32 + place]) + u16::from(*part) + carry;
        beyond[32 + place] = sum.to_le_bytes()[0];
        carry = sum >> 8;
    }
    assert!(!good.verify(b"m", &beyond) && !good.verify(b"m", &signed[..63]) && !good.verify(b"m", &[0; 64]));
}

#[test]
fn attack_21_ed25519_points_of_small_order_or_not_in_their_own_form() {
    let weak = |bytes: [u8; 32]| {
        key_code(&made!({"kty": "OKP", "crv": "Ed25519", "alg": "Ed25519", "x": BASE64URL_NOPAD.encode(&bytes)}))
    };
    let mut identity = [0; 32];
    identity[0] = 1;
    let mut unreduced = [0xff; 32];
    unreduced[0] = 0xee;
    unreduced[31] = 0x7f;
    assert_eq!((weak(identity), weak([0; 32]), weak(unreduced)), ("key.weak", "key.weak", "key.weak"));
}

#[test]
fn attack_25_a_fraction_of_a_second_is_none() {
    let token = token(&made!({"exp": 1_770_000_600.5}));
    assert_eq!(verify(&token, &issuer(), NOW), "accepted");
    let exact = TrustedIssuer { skew: Span::ZERO, ..issuer() };
    let at_half = |millis| {
        token::verify(
            &token,
            [&exact],
            &HostState::default(),
            &Possession::default(),
            Instant::from_millis(millis).unwrap(),
        )
    };
    assert!(at_half(1_770_000_600_499).is_ok() && at_half(1_770_000_600_500).is_err());
}

#[test]
fn attack_27_skew_and_lifetime_beyond_their_limits() {
    let token = token(&made!({}));
    assert_eq!(
        (verify(&token, &issuer(), NOW + 629), verify(&token, &issuer(), NOW + 630)),
        ("accepted", "token.expired")
    );
    let generous = TrustedIssuer { skew: Span::from_seconds(3600), ..issuer() };
    assert_eq!(
        (verify(&token, &generous, NOW + 659), verify(&token, &generous, NOW + 660)),
        ("accepted", "token.expired")
    );
    let short = TrustedIssuer { max_lifetime: Some(Span::from_seconds(600)), ..issuer() };
    assert_eq!(verify(&token, &short, NOW), "token.lifetime");
}

#[test]
fn attack_30_subject_that_is_no_text() {
    for sub in [made!(7), made!(null), made!(["a"]), made!({}), made!(true), made!("")] {
        assert_eq!(verify(&token(&made!({ "sub": sub })), &issuer(), NOW), "token.claim_type");
    }
}

#[test]
fn attack_33_depth_and_size() {
    let part = |text: &str| BASE64URL_NOPAD.encode(text.as_bytes());
    let deep = format!("{{\"x\":{}{}}}", "[".repeat(5_000), "]".repeat(5_000));
    let deep = format!("{}.{}.{}", part(r#"{"alg":"Ed25519","kid":"k","typ":"at+jwt"}"#), part(&deep), part("s"));
    assert_eq!(verify(&deep, &issuer(), NOW), "token.payload_json");
    for size in [100_000, 1 << 20] {
        assert_eq!(verify(&"x".repeat(size), &issuer(), NOW), "token.too_large");
        assert_eq!(verify(&"~".repeat(size), &issuer(), NOW), "token.too_large");
        assert_eq!(verify(&".".repeat(size), &issuer(), NOW), "token.too_large");
    }
    assert_eq!(verify(&"~".repeat(60_000), &issuer(), NOW), "token.disclosure");
}

#[test]
fn attack_48_status_lists() {
    // tests/standing.rs, `a_list_is_the_issuers_and_well_formed`, covers each of them. This list inflates without end.
    let mut bomb = vec![0x78, 0xda];
    bomb.extend(vec![0xec; 4096]);
    let payload = made!({"sub": "https://idp.example/list", "iat": NOW, "status_list": {"bits": 1, "lst": BASE64URL_NOPAD.encode(&bomb)}});
    let list = sign_jws(&made!({"alg": "Ed25519", "kid": "k", "typ": "statuslist+jwt"}), &payload.to_string(), &key(1));
    let refused = HostState::default().put_status_list(&issuer(), &list, at(NOW), at(NOW)).unwrap_err();
    assert_eq!(refused.code(), "status.malformed");
}

#[test]
fn attack_49_a_ruleset_signed_twice_by_one_or_for_another() {
    // tests/bundle.rs and tests/bundle_form.rs cover each of them. This root has one key under two names.
    let key = jwk(&key(1), "a");
    let mut again = key.clone();
    again["kid"] = made!("b");
    let root = made!({"ruleset": "r", "audience": "a", "threshold": 2, "keys": [key, again]});
    assert!(TrustRoot::parse(root.to_string().as_bytes()).is_err());
}

#[test]
fn attack_50_country_codes_are_read_exactly() {
    let of = |code: &str| match Nationality::parse(code) {
        Some(Nationality::Of(country)) => Some(country),
        _ => None,
    };
    assert_eq!(of("D<<"), Country::parse("DE"));
    assert_eq!((of("DE"), of("DEU")), (Country::parse("DE"), Country::parse("DE")));
    for wrong in ["de", "GER", "UK", "EL", "ＤＥ", "DE ", "276", "UTO", "SU", "", "DE\0"] {
        assert_eq!(of(wrong), None, "{wrong:?}");
    }
    assert!(matches!(Nationality::parse("XXX"), Some(Nationality::Untold)));
    assert!(matches!(Nationality::parse("QU"), Some(Nationality::Untold)));
    assert!(of("XXA").is_some() && of("XXA") == of("QS"));
}
