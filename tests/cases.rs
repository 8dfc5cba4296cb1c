//! The data cases, decided on the real path: minted, signed, opened, verified, identified, decided.
//! The same tests run natively, in Node and in Chromium.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "in a test a panic is how a check fails"
)]
#![cfg(feature = "author")]

mod support;

#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

#[test]
fn every_case_is_decided_as_its_file_says() {
    for (cases, ruleset) in support::SUITES {
        let suite = support::suite(cases, ruleset);
        assert!(!suite.cases.is_empty(), "a suite without cases proves nothing");
        let failed: Vec<String> = suite.cases.iter().filter_map(|case| support::differs(&suite, case)).collect();
        assert!(failed.is_empty(), "{} of {} cases differ:\n{}", failed.len(), suite.cases.len(), failed.join("\n"));
    }
}
