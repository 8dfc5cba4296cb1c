//! JSONTestSuite (nst/JSONTestSuite) on the parser that every claim goes through: cases that must be accepted are,
//! cases that must be refused are, and the choices left to implementations are listed here.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a panic is how a check fails, and what is absent is said"
)]
#![cfg(not(target_arch = "wasm32"))]

use brightline::base::json::{self, Value};
use std::collections::BTreeMap;

/// Well-formed, and refused nevertheless: a duplicate name (RFC 8259, section 4: unpredictable; RFC 7519, section 4).
const TWICE: [&str; 2] = ["y_object_duplicated_key.json", "y_object_duplicated_key_and_value.json"];

/// The accepted cases among those that RFC 8259 leaves open. Refused are: numbers out of range, lone surrogates,
/// anything that is not UTF-8, byte order marks, and nesting beyond the limit.
const ACCEPTED: [&str; 18] = [
    "i_number_double_huge_neg_exp.json",
    "i_number_real_underflow.json",
    "i_number_too_big_neg_int.json",
    "i_number_too_big_pos_int.json",
    "i_number_very_big_negative_int.json",
    "number_-9223372036854775808.json",
    "number_-9223372036854775809.json",
    "number_1.0.json",
    "number_1.000000000000000005.json",
    "number_1000000000000000.json",
    "number_10000000000000000999.json",
    "number_1e-999.json",
    "number_1e6.json",
    "number_9223372036854775807.json",
    "number_9223372036854775808.json",
    "object_key_nfc_nfd.json",
    "object_key_nfd_nfc.json",
    "string_with_escaped_NULL.json",
];

fn suite() -> Option<Value> {
    let default = concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/vectors");
    let folder = std::env::var("BRIGHTLINE_VECTORS").unwrap_or_else(|_| default.to_owned());
    let Ok(bytes) = std::fs::read(format!("{folder}/jsontestsuite/jsontestsuite.json")) else {
        println!("ABSENT: jsontestsuite; set BRIGHTLINE_VECTORS to the folder of public vectors to run it");
        return None;
    };
    let limits = json::Limits { depth: 8, members: 1000, string_bytes: 1 << 20 };
    Some(json::parse(&bytes, limits).expect("the suite is JSON"))
}

/// The text of a case; two are too large for the file.
fn content(name: &str, case: &Value) -> Vec<u8> {
    match case.pointer("/b64").and_then(Value::as_str) {
        Some(text) => data_encoding::BASE64.decode(text.as_bytes()).expect("base64"),
        None if name.contains("100000_opening_arrays") => vec![b'['; 100_000],
        None => r#"[{"":"#.repeat(50_000).into_bytes(),
    }
}

#[test]
fn the_parser_of_claims_holds_to_the_suite() {
    let Some(suite) = suite() else { return };
    let cases = suite.pointer("/cases").and_then(Value::as_array).expect("cases");
    assert_eq!(cases.len(), 340, "no case may be lost");
    let (mut wrong, mut chosen) = (BTreeMap::new(), Vec::new());
    for case in cases {
        let path = case.pointer("/name").and_then(Value::as_str).expect("a name");
        let name = path.rsplit('/').next().expect("a file");
        let text = content(name, case);
        let alone = json::parse(&text, json::Limits::UNTRUSTED).is_ok();
        // Inside an object, as a claim is.
        let inside = json::parse(&[br#"{"claim":"#, text.as_slice(), b"}"].concat(), json::Limits::UNTRUSTED).is_ok();
        let expected = match case.pointer("/expect").and_then(Value::as_str) {
            Some("accept") => !TWICE.contains(&name),
            // The generated cases have no expectation; neither is JSON.
            Some("reject") | None => false,
            Some("either") => {
                if alone {
                    chosen.push(name.to_owned());
                }
                continue;
            }
            Some(other) => panic!("{name}: {other}"),
        };
        if alone != expected {
            wrong.insert(name.to_owned(), format!("expected {expected}"));
        }
        assert!(!inside || alone, "{name}: accepted as a claim, and not alone");
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    chosen.sort();
    assert_eq!(chosen, ACCEPTED, "what is left open is decided");
}
