//! Import of public keys: every defect has its code, and a key has one thumbprint.

#![allow(
    clippy::arithmetic_side_effects,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::string_slice,
    clippy::unwrap_used,
    reason = "in a test a panic is how a check fails"
)]

use brightline::base::json;
use brightline::verify::jose::{Algorithm, Key, KeyError};
use data_encoding::BASE64URL_NOPAD;
use serde_json::{Value, json};

#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

/// RFC 8037, appendix A.2.
const ED25519: &str = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo";

fn ed25519() -> Value {
    json!({"kty": "OKP", "crv": "Ed25519", "alg": "Ed25519", "x": ED25519})
}

/// RFC 7517, appendix A.1.
fn p256() -> Value {
    json!({"kty": "EC", "crv": "P-256", "alg": "ES256", "x": "MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4",
           "y": "4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM", "use": "sig"})
}

/// RFC 7638, section 3.1, and RFC 7517, appendix A.1.
fn rsa() -> Value {
    json!({"kty": "RSA", "alg": "RS256", "e": "AQAB",
           "n": "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRX\
                 jBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaS\
                 qzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksIN\
                 HaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw"})
}

/// An RSA key with this many bits: the first and last bits are set, as in a modulus, the rest are arbitrary.
fn rsa_of(bits: usize) -> Value {
    let mut modulus: Vec<u8> = (0..bits.div_ceil(8)).map(|place| u8::try_from(place % 251).unwrap() | 1).collect();
    let first = u8::try_from((bits - 1) % 8).unwrap();
    modulus[0] = 1 << first;
    with(rsa(), "n", BASE64URL_NOPAD.encode(&modulus).into())
}

fn with(mut jwk: Value, name: &str, value: Value) -> Value {
    jwk[name] = value;
    jwk
}

fn without(mut jwk: Value, name: &str) -> Value {
    jwk.as_object_mut().unwrap().remove(name);
    jwk
}

fn import(jwk: &Value) -> Result<Key, KeyError> {
    let jwk = json::parse(jwk.to_string().as_bytes(), json::Limits::UNTRUSTED).unwrap();
    Key::from_jwk(jwk.as_object().unwrap())
}

#[track_caller]
fn refused(jwk: &Value, code: &str) {
    let error = import(jwk).map(|_| ()).unwrap_err();
    assert_eq!(error.code(), code, "{jwk}: {error}");
}

#[test]
fn a_key_is_for_the_one_algorithm_that_it_names() {
    for (jwk, algorithm) in [
        (ed25519(), Algorithm::Ed25519),
        (with(ed25519(), "alg", "EdDSA".into()), Algorithm::Ed25519),
        (p256(), Algorithm::Es256),
        (rsa(), Algorithm::Rs256),
        (with(rsa(), "alg", "RS384".into()), Algorithm::Rs384),
        (with(rsa(), "alg", "RS512".into()), Algorithm::Rs512),
        (with(rsa(), "alg", "PS256".into()), Algorithm::Ps256),
        (with(rsa(), "alg", "PS384".into()), Algorithm::Ps384),
        (with(rsa(), "alg", "PS512".into()), Algorithm::Ps512),
    ] {
        let key = import(&jwk).unwrap();
        assert_eq!((key.algorithm(), key.kid()), (algorithm, None));
        assert_eq!(Algorithm::parse(algorithm.as_str()), Some(algorithm));
        refused(&without(jwk.clone(), "alg"), "key.member");
        refused(&with(jwk.clone(), "alg", json!(["ES256"])), "key.member");
        for unknown in ["none", "HS256", "RS1", "RS51", "ES256K", "ES512", "es256", "Ed448"] {
            refused(&with(jwk.clone(), "alg", unknown.into()), "key.algorithm");
        }
    }
    for (jwk, alg) in
        [(ed25519(), "ES256"), (p256(), "Ed25519"), (p256(), "ES384"), (rsa(), "ES256"), (p256(), "RS256")]
    {
        refused(&with(jwk, "alg", alg.into()), "key.mismatch");
    }
    refused(&with(p256(), "crv", "P-384".into()), "key.mismatch");
    refused(&with(ed25519(), "crv", "X25519".into()), "key.mismatch");
    refused(&with(ed25519(), "kty", "EC".into()), "key.mismatch");
    refused(&with(rsa(), "crv", "P-256".into()), "key.mismatch");
}

#[test]
fn secrets_and_other_uses_are_refused() {
    for secret in ["d", "p", "q", "dp", "dq", "qi", "oth", "k", "priv"] {
        for jwk in [ed25519(), p256(), rsa()] {
            refused(&with(jwk, secret, "AA".into()), "key.secret");
        }
    }
    refused(&json!({"kty": "oct", "alg": "HS256", "k": "AA"}), "key.secret");
    for (name, value) in [("use", json!("enc")), ("key_ops", json!(["sign"])), ("key_ops", json!("verify"))] {
        refused(&with(ed25519(), name, value), "key.use");
    }
    // A member that allows the use does not outweigh one that forbids it.
    refused(&with(with(ed25519(), "use", "sig".into()), "key_ops", json!(["encrypt"])), "key.use");
    refused(&with(with(ed25519(), "use", "enc".into()), "key_ops", json!(["verify"])), "key.use");
    assert!(import(&with(with(ed25519(), "use", "sig".into()), "key_ops", json!(["verify"]))).is_ok());
    refused(&with(ed25519(), "kid", json!(7)), "key.member");
    // Certificates next to a pinned key are neither fetched nor read.
    assert!(import(&with(rsa(), "x5c", json!(["AAAA"]))).is_ok());
}

/// Values that serializers, .NET among them, write for an absent member.
#[test]
fn an_empty_member_is_an_absent_one() {
    for nothing in [json!(null), json!(""), json!([])] {
        for name in ["d", "p", "oth", "k", "use", "key_ops", "kid", "x5c", "x5u"] {
            for jwk in [ed25519(), p256(), rsa()] {
                let key = import(&with(jwk.clone(), name, nothing.clone())).unwrap();
                assert_eq!(
                    (key.thumbprint(), key.kid()),
                    (import(&jwk).unwrap().thumbprint(), None),
                    "{name}: {nothing}"
                );
            }
        }
        assert!(import(&with(rsa(), "crv", nothing.clone())).is_ok());
        for needed in ["kty", "alg", "x"] {
            refused(&with(ed25519(), needed, nothing.clone()), "key.member");
        }
        // A key without `alg` is for the algorithm of its curve.
        let bare = json::parse(with(p256(), "alg", nothing).to_string().as_bytes(), json::Limits::UNTRUSTED).unwrap();
        assert_eq!(Key::from_bare_jwk(bare.as_object().unwrap(), None).unwrap().algorithm(), Algorithm::Es256);
    }
}

#[test]
fn coordinates_have_one_spelling() {
    let cut = &ED25519[..42];
    for x in [format!("{ED25519}="), format!("{cut}p"), cut.to_owned(), format!("{ED25519}AA"), format!("{cut}+")] {
        refused(&with(ed25519(), "x", x.into()), "key.encoding");
    }
    refused(&without(ed25519(), "x"), "key.member");
    refused(&without(p256(), "y"), "key.member");
    // Without the leading zero a coordinate would still be the same number (RFC 7518, section 6.2.1.2).
    refused(&with(p256(), "y", "4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFw".into()), "key.encoding");
    let n = BASE64URL_NOPAD.decode(rsa()["n"].as_str().unwrap().as_bytes()).unwrap();
    refused(&with(rsa(), "n", BASE64URL_NOPAD.encode(&[&[0], n.as_slice()].concat()).into()), "key.encoding");
    refused(&with(rsa(), "e", "AAEAAQ".into()), "key.rsa_exponent");
}

#[test]
fn points_are_on_their_curve() {
    refused(&with(p256(), "y", "4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyQ".into()), "key.off_curve");
    // A coordinate that is not below the prime, and the point (0, 0).
    let beyond = BASE64URL_NOPAD.encode(&[0xff; 32]);
    refused(&with(p256(), "x", beyond.into()), "key.off_curve");
    let zero = Value::from(BASE64URL_NOPAD.encode(&[0; 32]));
    refused(&with(with(p256(), "x", zero.clone()), "y", zero), "key.off_curve");
    let no_root = BASE64URL_NOPAD.encode(&[[2].as_slice(), &[0; 31]].concat());
    refused(&with(ed25519(), "x", no_root.into()), "key.off_curve");
}

/// All eight points of small order, and every encoding of a number that is not below the prime.
#[test]
fn weak_and_ambiguous_ed25519_keys_are_refused() {
    let order_eight = [
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
    ];
    let octets = |low: u8, middle: u8, high: u8| {
        let mut bytes = [middle; 32];
        (bytes[0], bytes[31]) = (low, high);
        BASE64URL_NOPAD.encode(&bytes)
    };
    let low_order = [octets(0, 0, 0), octets(0, 0, 0x80), octets(1, 0, 0), octets(1, 0, 0x80)];
    let mut weak: Vec<String> = low_order.to_vec();
    weak.push(octets(0xec, 0xff, 0x7f));
    weak.push(octets(0xec, 0xff, 0xff));
    weak.extend(
        order_eight.map(|hex| BASE64URL_NOPAD.encode(&data_encoding::HEXLOWER.decode(hex.as_bytes()).unwrap())),
    );
    for x in weak {
        refused(&with(ed25519(), "x", x.into()), "key.weak");
    }
    for low in 0xed..=0xff_u8 {
        for high in [0x7f, 0xff] {
            let error = import(&with(ed25519(), "x", octets(low, 0xff, high).into())).map(|_| ()).unwrap_err();
            assert!(matches!(error, KeyError::Weak | KeyError::OffCurve), "{low:x} {high:x}: {error}");
        }
    }
}

#[test]
fn rsa_keys_have_a_size_and_an_exponent() {
    refused(&rsa_of(2047), "key.rsa_size");
    refused(&rsa_of(1024), "key.rsa_size");
    refused(&rsa_of(4097), "key.rsa_size");
    refused(&rsa_of(8192), "key.rsa_size");
    for bits in [2048, 2049, 3072, 4096] {
        assert!(import(&rsa_of(bits)).is_ok(), "{bits}");
    }
    for e in ["AQ", "Aw", "AAAA", "AQAC"] {
        refused(&with(rsa(), "e", e.into()), "key.rsa_exponent");
    }
    refused(&with(rsa(), "n", "".into()), "key.member");
}

#[test]
fn thumbprints_are_those_of_the_standards() {
    let thumbprint = |jwk: &Value| BASE64URL_NOPAD.encode(&import(jwk).unwrap().thumbprint());
    assert_eq!(thumbprint(&rsa()), "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs");
    assert_eq!(thumbprint(&ed25519()), "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
    // The name and the algorithm of a key do not change its thumbprint.
    assert_eq!(
        thumbprint(&with(with(ed25519(), "kid", "other".into()), "alg", "EdDSA".into())),
        thumbprint(&ed25519())
    );
}

#[test]
fn a_signature_has_one_length() {
    for jwk in [ed25519(), p256(), rsa(), with(rsa(), "alg", "PS256".into())] {
        let key = import(&jwk).unwrap();
        for length in [0, 1, 63, 64, 65, 96, 255, 256, 257, 512] {
            for byte in [0, 1, 0xff] {
                assert!(!key.verify(b"message", &vec![byte; length]), "{jwk}: {length} of {byte}");
            }
        }
    }
}

/// Made with the secret key so that R is the neutral point: lenient libraries accept it for this message.
#[test]
fn a_signature_that_binds_to_nothing_is_refused() {
    let crafted = "AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAABSCi4lsPEVR6muKthI7Xcxx3-Z8ahxLTY0VdNE2zOsBA";
    let crafted = BASE64URL_NOPAD.decode(crafted.as_bytes()).unwrap();
    let lenient = BASE64URL_NOPAD.decode(ED25519.as_bytes()).unwrap().try_into().unwrap();
    let lenient = ed25519_dalek::VerifyingKey::from_bytes(&lenient).unwrap();
    let signature = ed25519_dalek::Signature::from_slice(&crafted).unwrap();
    assert!(ed25519_dalek::Verifier::verify(&lenient, b"message", &signature).is_ok());
    assert!(!import(&ed25519()).unwrap().verify(b"message", &crafted));
}
