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

const SUITES: [(&str, Option<&str>); 3] = [
    (include_str!("../tests/cases/us-model-access.yaml"), Some(include_str!("../pkg/rulesets/us-model-access.yaml"))),
    (include_str!("../tests/cases/semantics.yaml"), None),
    (include_str!("../tests/cases/default-deny.yaml"), None),
];

fn main() -> std::io::Result<()> {
    let file = std::env::args().nth(1).unwrap_or_else(|| "target/parity.json".to_owned());
    let suites: Vec<serde_json::Value> = SUITES
        .iter()
        .map(|(cases, ruleset)| {
            let suite = support::suite(cases, *ruleset);
            let cases: Vec<serde_json::Value> = suite
                .cases
                .iter()
                .map(|case| {
                    let mut entry = json!({
                        "name": case.name, "now": case.now.as_millis(), "token": case.token, "model": case.model,
                        "action": case.action, "decision": support::decide(&suite, case),
                    });
                    if let Some(context) = &case.context {
                        entry["context"] = serde_json::from_str(context).expect("a context is JSON");
                    }
                    entry
                })
                .collect();
            json!({"bundle": suite.bundle, "trustRoot": suite.trust_root, "cases": cases})
        })
        .collect();
    std::fs::write(file, json!(suites).to_string())
}
