//! Writes `target/parity.json`: requests with the decisions of the native core, byte for byte, for the packages in
//! other environments to give the same. `cargo run --features author --example parity [FILE]`.

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
                        "name": case.name, "now": case.now.as_millis(), "token": case.tokens, "model": case.model,
                        "action": case.action, "decision": support::decide(&suite, case),
                    });
                    if let Some(context) = &case.context {
                        entry["context"] = serde_json::from_str(context).expect("a context is JSON");
                    }
                    entry
                })
                .collect();
            let signed = suite.signed.iter().map(|(bundle, root)| json!({"bundle": bundle, "trustRoot": root}));
            json!({"rulesets": signed.collect::<Vec<_>>(), "cases": cases})
        })
        .collect();
    std::fs::write(file, json!(suites).to_string())
}
