//! Runs `brightline look-back` in temporary folders: which requests were answered wrongly, and how they are reported.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a panic is how a check fails"
)]

#[path = "support/sandbox.rs"]
mod sandbox;

use sandbox::Sandbox;
use serde_json::{Value, json};

/// A ruleset with a wrong group of countries, and a licence.
fn ruleset(version: u8, members: &str) -> String {
    format!(
        r#"ruleset: places
version: {version}
language: 1
issued: 2026-0{version}-01T00:00:00Z
expires: 2027-01-01T00:00:00Z
notice: 30d
default: allow
actions: [chat]
models:
  - {{ id: large, title: Large }}
groups:
  closed: {{ citation: List, as_of: 2026-01-01, members: [{members}] }}
  world: {{ citation: ISO, as_of: 2026-01-01, members: all }}
issuers:
  - {{ id: idp, iss: "https://idp.example", audience: app, keys: [], assurance: high, claims: {{ subject.residence: /r }} }}
licences:
  - {{ id: D-1, type: export, basis: {{ citation: D-1 }}, holder: {{ subject.id: ["idp:ada"] }}, models: [large], from: 2026-01-01, until: 2027-01-01 }}
rules:
  - id: closed-places
    title: People of some places may not use it
    outcome: deny
    reason: place.closed
    message: It is closed where you live.
    basis: {{ citation: "Order, section 4", url: "https://law.example/4" }}
    effective: {{ from: 2026-02-10T00:00:00Z }}
    scope: {{ models: [large] }}
    when: {{ subject.residence: [closed] }}
    unless: [ {{ reason: licence.export, licence: D-1 }} ]
"#
    )
}

const LOG: &str = r#"{"at":"2026-02-09T23:59:59Z","id":"bob","model":"large","action":"chat","outcome":"allow","subject.residence":"FR","country":"FR"}
{"at":"2026-02-10T00:00:00Z","id":"bob","model":"large","action":"chat","outcome":"allow","subject.residence":"FR","country":"FR"}
{"at":"2026-02-11T00:00:00+01:00","id":"bob","model":"large","action":"chat","subject.residence":"FR","country":"FR"}
{"at":"2026-02-11T00:00:00Z","id":"eve","organisation":"mill","model":"large","action":"chat","outcome":"deny","subject.residence":"DE"}
{"at":"2026-02-12T00:00:00Z","id":"ada","subject.id":"idp:ada","model":"large","action":"chat","outcome":"allow","subject.residence":"FR"}
{"at":"2026-02-20T00:00:00Z","id":"ada","subject.id":"idp:ada","model":"large","action":"chat","outcome":"allow","subject.residence":"FR"}
{"at":"2026-03-01T00:00:00Z","id":"bob","model":"large","action":"chat","outcome":"allow","subject.residence":"FR"}
"#;

fn sandbox(name: &str) -> Sandbox {
    let sandbox = Sandbox::new(name);
    sandbox.write("old.yaml", ruleset(1, "DE"));
    sandbox.write("new.yaml", ruleset(3, "FR"));
    sandbox.write("log.ndjson", LOG);
    sandbox
}

const PERIOD: [&str; 4] = ["--from", "2026-02-01T00:00:00Z", "--until", "2026-03-01T00:00:00Z"];

fn arguments<'a>(more: &[&'a str]) -> Vec<&'a str> {
    let base = ["look-back", "log.ndjson", "--ruleset", "new.yaml", "--served", "old.yaml"];
    [&base[..], &PERIOD, more].concat()
}

#[test]
fn a_corrected_group_shows_who_was_served_and_refused_wrongly() {
    let sandbox = sandbox("look-back-group");
    let report: Value = serde_json::from_str(&sandbox.ok(&arguments(&["--json"]))).unwrap();
    // Before the rule and after the period, every answer is right. Ada has a licence.
    assert_eq!(
        report["log"],
        json!({"file": "log.ndjson", "rows": 7, "left_out": 0, "outside": 1, "within": 6,
                                    "outcomes_said": 5, "unknown": 0,
                                    "findings": [], "counts": []})
    );
    let served = &report["served_wrongly"];
    assert_eq!(served["requests"], 2);
    assert_eq!(
        served["parties"],
        json!([{"id": "bob", "organisation": "", "country": "FR", "requests": 2,
        "first": "2026-02-10T00:00:00Z", "last": "2026-02-10T23:00:00Z"}])
    );
    assert_eq!(served["items"], json!([{"model": "large", "action": "chat", "requests": 2}]));
    assert_eq!(
        served["rules"],
        json!([{"rule": "closed-places", "title": "People of some places may not use it",
        "citation": "Order, section 4", "url": "https://law.example/4", "outcome": "deny", "reason": "place.closed",
        "requests": 2}])
    );
    let refused = &report["refused_wrongly"];
    assert_eq!((&refused["requests"], &refused["parties"][0]["organisation"]), (&json!(1), &json!("mill")));
    assert_eq!(report["differs"], json!([]));
}

#[test]
fn a_licence_that_is_taken_back_counts_from_its_instant_on() {
    let sandbox = sandbox("look-back-licence");
    let revoke = ["--json", "--revoke", "D-1=2026-02-15T00:00:00Z"];
    let report: Value = serde_json::from_str(&sandbox.ok(&arguments(&revoke))).unwrap();
    let served = &report["served_wrongly"];
    let ada = &served["parties"][0];
    assert_eq!(
        (&ada["id"], &ada["requests"], &ada["first"]),
        (&json!("ada"), &json!(1), &json!("2026-02-20T00:00:00Z"))
    );
    let reasons: Vec<&Value> = served["rules"].as_array().unwrap().iter().map(|rule| &rule["reason"]).collect();
    assert_eq!(json!(reasons), json!(["licence.revoked", "place.closed"]));
    assert_eq!(report["revoked"], json!([{"licence": "D-1", "at": "2026-02-15T00:00:00Z"}]));
    sandbox.fails(&arguments(&["--revoke", "D-2=2026-02-15T00:00:00Z"]), 2, &["has no licence `D-2`"]);
    let twice = ["--revoke", "D-1=2026-02-15T00:00:00Z", "--revoke", "D-1=2026-02-16T00:00:00Z"];
    sandbox.fails(&arguments(&twice), 2, &["names the licence `D-1` twice"]);
    sandbox.fails(&arguments(&["--out", "nowhere/r.json"]), 1, &["there is no folder `nowhere`"]);
    sandbox.fails(&arguments(&["--revoke", "D-1"]), 2, &["and the instant"]);
}

#[test]
fn what_cannot_be_read_or_disagrees_is_told() {
    let sandbox = sandbox("look-back-findings");
    let mut log = LOG.replace("\"outcome\":\"deny\"", "\"outcome\":\"allow\"");
    log.push_str("{\"at\":\"2026-02-12\",\"model\":\"large\",\"action\":\"chat\",\"outcome\":\"allow\"}\n");
    log.push_str("{\"at\":\"2026-02-12T00:00:00Z\",\"action\":\"chat\",\"outcome\":\"allow\"}\n");
    log.push_str("{\"at\":\"2026-02-12T00:00:00Z\",\"model\":\"large\",\"action\":\"chat\",\"outcome\":\"served\"}\n");
    log.push_str("{\"at\":\"2026-02-12T00");
    sandbox.write("log.ndjson", log);
    let ran = sandbox.run(&arguments(&["--out", "report.json"]));
    assert_eq!(ran.code(), 3);
    for part in [
        "row 8: [table.value] `2026-02-12` in the column `at` is not an instant with a zone",
        "row 9: [table.value] `` in the column `model` is not the requested model",
        "row 10: [table.value] `served` in the column `outcome` is not one of allow",
        "row 11: [table.row]",
        "4 rows are left out",
    ] {
        assert!(ran.stderr().contains(part), "no {part:?} in\n{}", ran.stderr());
    }
    let report = sandbox.json("report.json");
    assert_eq!(report["log"]["left_out"], 4);
    assert_eq!(report["differs"], json!([{"log": "allow", "served": "deny", "requests": 1}]));
    // Without the served ruleset, the log must contain the outcomes and the attributes that the rules read.
    sandbox.write("log.ndjson", "{\"at\":\"2026-02-12T00:00:00Z\",\"model\":\"large\",\"action\":\"chat\"}\n");
    let ran = sandbox.run(&[&["look-back", "log.ndjson", "--ruleset", "new.yaml"][..], &PERIOD].concat());
    assert_eq!(ran.code(), 3);
    for part in [
        "give the ruleset that was served with `--served`",
        "[table.missing_column] the ruleset reads `subject.residence`",
    ] {
        assert!(ran.stderr().contains(part), "no {part:?} in\n{}", ran.stderr());
    }
}

#[test]
fn the_account_has_the_headings_of_a_disclosure() {
    let sandbox = sandbox("look-back-documents");
    sandbox.ok(&arguments(&["--out", "report.md"]));
    sandbox.ok(&arguments(&["--out", "report.html"]));
    let (markdown, html) = (sandbox.read("report.md"), sandbox.read("report.html"));
    for heading in [
        "Course of events",
        "When",
        "Parties",
        "Items",
        "Rules",
        "Number of requests",
        "Requests that were refused and are allowed",
        "Unknown facts",
        "Mitigating factors and corrective action",
        "Certification",
    ] {
        assert!(markdown.contains(&format!("\n## {heading}\n")), "{heading}: {markdown}");
        assert!(html.contains(&format!("<h2>{heading}</h2>")), "{heading}");
    }
    for said in [
        "6 requests were decided again. 2 of the requests were served and are not allowed under places version 3, by the rules",
        "They came from 1 party.",
        "The log has the outcomes of 5 requests; for 1 request, those of places version 1 are used.",
        "\n1 request.\n",
        "Every row of the log was read.",
    ] {
        assert!(markdown.contains(said), "no {said:?} in\n{markdown}");
    }
    assert!(
        markdown.contains("| bob | not stated | FR | 2 | 2026-02-10T00:00:00Z | 2026-02-10T23:00:00Z |"),
        "{markdown}"
    );
    assert!(markdown.contains("Order, section 4 https://law.example/4"));
    assert!(markdown.contains("To be filled in by the author."));
    sandbox.fails(
        &["look-back", "log.ndjson", "--ruleset", "new.yaml", "--from", PERIOD[3], "--until", PERIOD[1]],
        2,
        &["not after"],
    );
}

#[test]
fn of_what_the_ruleset_does_not_know_it_says_nothing() {
    let sandbox = sandbox("look-back-unknown");
    let more = ["\"model\":\"huge\",\"action\":\"chat\"", "\"model\":\"large\",\"action\":\"sing\""].map(|asked| {
        format!("{{\"at\":\"2026-02-12T00:00:00Z\",\"id\":\"bob\",{asked},\"outcome\":\"allow\",\"subject.residence\":\"FR\"}}\n")
    });
    sandbox.write("log.ndjson", [LOG, &more.concat()].concat());
    sandbox.fails(
        &arguments(&["--out", "r.json"]),
        3,
        &["2 requests ask for a model or action that `places` does not"],
    );
    let report = sandbox.json("r.json");
    assert_eq!((&report["log"]["within"], &report["log"]["unknown"]), (&json!(6), &json!(2)));
    assert_eq!(report["served_wrongly"]["requests"], 2);
    assert_eq!(
        report["unknown"],
        json!([{"model": "huge", "action": "chat", "requests": 1}, {"model": "large", "action": "sing", "requests": 1}])
    );
    let said = sandbox.run(&arguments(&[])).stdout();
    let (_, unknown) = said.split_once("## Unknown facts").unwrap();
    assert!(unknown.contains("2 requests ask for a model or action that places version 3 does not know"), "{said}");
    assert!(unknown.contains("| huge | chat | 1 |"), "{said}");
}

#[test]
fn the_account_says_only_what_holds() {
    let sandbox = sandbox("look-back-account");
    // The log claims that Eve was served, although the ruleset of that time refused her.
    sandbox.write("log.ndjson", LOG.replace("\"outcome\":\"deny\"", "\"outcome\":\"allow\""));
    let said = sandbox.ok(&arguments(&[]));
    assert!(!said.contains("decided then by"), "{said}");
    let whose = "The log has the outcomes of 5 requests; for 1 request, those of places version 1 are used.";
    assert!(said.contains(whose), "{said}");
    let disagrees = "For 1 request, the outcome in the log differs from that of places version 1; the log is used.";
    assert!(said.contains(disagrees), "{said}");
    // Without an id, the number of people is unknown.
    sandbox.write("log.ndjson", LOG.replace("\"id\":\"bob\",", ""));
    let said = sandbox.ok(&arguments(&[]));
    assert!(said.contains("The log does not name the party of 2 requests."), "{said}");
    assert!(!said.contains("They came from"), "{said}");
    for log in ["", "\n"] {
        sandbox.write("log.ndjson", log);
        let ran = sandbox.run(&arguments(&[]));
        assert_eq!(ran.code(), 3);
        assert!(ran.stderr().contains("[table.empty]"), "{}", ran.stderr());
        assert!(ran.stdout().contains("No request of the log was decided again"), "{}", ran.stdout());
        assert!(!ran.stdout().contains("were served") && !ran.stdout().contains("Every row"), "{}", ran.stdout());
    }
}

#[test]
fn a_country_is_that_of_the_request_where_no_other_is_said() {
    let sandbox = sandbox("look-back-country");
    let country = |row: &str| {
        sandbox.write("log.ndjson", row.to_owned() + "\n");
        let ran = sandbox.run(&arguments(&["--json"]));
        (ran.code(), ran.json()["served_wrongly"]["parties"][0]["country"].clone(), ran.stderr())
    };
    let row = "{\"at\":\"2026-02-12T00:00:00Z\",\"model\":\"large\",\"action\":\"chat\",\"outcome\":\"allow\",\"subject.residence\":\"FR\"";
    let with = |more: &str| country(&format!("{row}{more}}}"));
    assert_eq!(with(",\"context.country\":\"DEU\"").1, "DE");
    assert_eq!(with(",\"context.country\":\"DEU\",\"country\":\"FRA\"").1, "FR");
    assert_eq!(with(",\"country\":\"Gaul\""), (3, json!("Gaul"), String::new()));
}
