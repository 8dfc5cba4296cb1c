//! A row of a table has the same decision as a signed token with the same claims.

#![cfg(not(target_arch = "wasm32"))]
#![cfg(feature = "author")]
#![allow(
    clippy::arithmetic_side_effects,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "in a test a panic is how a check fails"
)]

mod support;

use brightline::{BatchDecider, Columns, EvidenceMode, Instant, Query, Row, RulesetWindow};
use serde_json::{Value, json};

const RULESET: &str = include_str!("../pkg/rulesets/us-model-access.yaml");
const KEY: &str = "{ kty: OKP, crv: Ed25519, alg: Ed25519, kid: k, x: 11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo }";
const NOW: &str = "2026-06-27T00:00:00Z";

#[test]
fn a_row_is_decided_as_a_token_that_says_the_same() {
    let (mut cases, mut rows) = (Vec::new(), Vec::new());
    for status in [None, Some("citizen"), Some("lpr"), Some("nonimmigrant"), Some("none")] {
        for level in 0..=3 {
            for time in ["2026-06-01T00:00:00Z", "2024-06-01T00:00:00Z"] {
                for employer in [None, Some("example-lab"), Some("mill")] {
                    for (sub, model) in [("someone", "mythos-5"), ("d-900001", "fable-5"), ("someone", "nimbus-3")] {
                        let ial = ["ial0", "ial1", "ial2", "ial3"][level];
                        let mut claims = serde_json::Map::new();
                        claims.extend(status.map(|status| ("us_status".to_owned(), json!(status))));
                        claims.extend(employer.map(|employer| ("employer".to_owned(), json!([employer]))));
                        let verified =
                            json!({"verification": {"assurance_level": ial, "time": time}, "claims": claims});
                        let token = json!({"sub": sub, "verified_claims": verified});
                        let name = cases.len().to_string();
                        cases.push(json!({"name": name, "now": NOW, "model": model, "action": "chat", "token": token, "expect": {}}));
                        let level = level.to_string();
                        let row: Vec<(String, String)> = [
                            ("subject.id", format!("demo-idp:{sub}")),
                            ("subject.us_status", status.unwrap_or_default().to_owned()),
                            ("subject.us_status.assurance", level.clone()),
                            ("subject.us_status.verified_at", time.to_owned()),
                            ("subject.employer", employer.unwrap_or_default().to_owned()),
                            ("subject.employer.assurance", level),
                            ("subject.employer.verified_at", time.to_owned()),
                            // The ruleset's mapping does not declare the list complete.
                            ("subject.employer.complete", "false".to_owned()),
                        ]
                        .map(|(name, text)| (name.to_owned(), text))
                        .to_vec();
                        rows.push((model, row));
                    }
                }
            }
        }
    }
    let suite = support::suite(&json!({ "cases": cases }).to_string(), Some(RULESET));
    let document = brightline::parse_yaml(&RULESET.replace("keys: []", &format!("keys: [{KEY}]"))).unwrap();
    let program = brightline::compile(brightline::read_ruleset(&document).unwrap());
    let mut seen = std::collections::BTreeSet::new();
    for (case, (model, cells)) in suite.cases.iter().zip(&rows) {
        let decision: Value = serde_json::from_str(&support::decide(&suite, case)).unwrap();
        let (columns, findings) = Columns::read(&[&program], cells.iter().map(|(name, _)| name.as_str()));
        assert_eq!(findings, []);
        let asked = vec![((*model).to_owned(), "chat".to_owned())];
        let now = Instant::parse(NOW).unwrap();
        let mut outcomes = BatchDecider::new(
            vec![Query { program: &program, now, belief: EvidenceMode::AsShown, asked, window: RulesetWindow::Counts }],
            &columns,
        );
        let mut row = Row::default();
        cells.iter().enumerate().for_each(|(place, (_, text))| columns.put(&mut row, place, text));
        let number = outcomes.outcome(&row).unwrap();
        let brief = outcomes.verdict(number).next().unwrap();
        let short = json!([brief.outcome, brief.rule, brief.reason]);
        assert_eq!(short, json!([decision["outcome"], decision["rule"], decision["reason"]]), "{cells:?}");
        seen.insert(short.to_string());
    }
    assert!(rows.len() >= 300 && seen.len() >= 6, "{} {seen:?}", rows.len());
}
