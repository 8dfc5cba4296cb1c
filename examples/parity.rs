//! Writes `target/parity.json`: requests with the decisions of the native core, which the packages in other
//! environments must match byte for byte. `cargo run --features author --example parity [FILE]`.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "its cases are ours"
)]

#[path = "../tests/support/mod.rs"]
mod support;

use serde_json::json;

fn main() -> std::io::Result<()> {
    let file = std::env::args().nth(1).unwrap_or_else(|| "target/parity.json".to_owned());
    let suites: Vec<serde_json::Value> = support::SUITES
        .iter()
        .map(|(cases, ruleset)| {
            let suite = support::suite(cases, *ruleset);
            let cases: Vec<serde_json::Value> = suite
                .cases
                .iter()
                .map(|case| {
                    let mut entry = json!({
                        "name": case.name, "now": case.now.as_millis(), "token": token(&case.tokens), "model": case.model,
                        "action": case.action, "decision": support::decide(&suite, case),
                    });
                    if let Some(context) = &case.context {
                        entry["context"] = serde_json::from_str(context).expect("a context is JSON");
                    }
                    entry
                })
                .collect();
            let mut signed = suite.signed.iter().map(|(bundle, root)| json!({"bundle": bundle, "trustRoot": root}));
            let mut suite = signed.next().expect("a suite has a ruleset");
            suite["with"] = signed.collect();
            suite["cases"] = json!(cases);
            suite
        })
        .collect();
    std::fs::write(file, json!(suites).to_string())
}

/// The caller's argument: null, one token, or several.
fn token(tokens: &[String]) -> serde_json::Value {
    match tokens {
        [] => json!(null),
        [one] => json!(one),
        several => json!(several),
    }
}
