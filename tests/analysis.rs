//! `check`, `prove`, `diff` and `explain`, as an author runs them.

#![cfg(not(target_arch = "wasm32"))]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::panic,
    reason = "in a test a panic is how a check fails"
)]

#[path = "support/sandbox.rs"]
mod sandbox;

use sandbox::Sandbox;
use serde_json::{Value, json};
use std::path::Path;
use std::time::Instant;

const SHIPPED: [&str; 6] =
    ["us-order", "us-model-weights", "us-baseline", "eu-dual-use", "itar-enclave", "us-model-access"];

fn shipped(name: &str) -> String {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("pkg/rulesets/{name}.yaml")).display().to_string()
}

/// A ruleset that triggers each warning.
const FLAWED: &str = include_str!("messages/flawed.yaml");

#[test]
fn the_shipped_rulesets_are_clean_and_prove_what_they_guarantee_in_under_a_second() {
    let sandbox = Sandbox::new("shipped");
    let key = r#"{"keys":[{"kty":"OKP","crv":"Ed25519","alg":"Ed25519","kid":"k1","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]}"#;
    sandbox.write("jwks.json", key);
    for name in SHIPPED {
        let path = shipped(name);
        let text = std::fs::read_to_string(&path).unwrap();
        let started = Instant::now();
        let proofs: Value = serde_json::from_str(&sandbox.ok(&["prove", &path, "--json"])).unwrap();
        // Printed as a measurement; no test asserts a time.
        println!("{name}: {:?}", started.elapsed());
        assert!(proofs.as_array().unwrap().len() > 1, "{name} guarantees something");
        assert!(proofs.as_array().unwrap().iter().all(|proof| proof["verdict"] == "holds"), "{proofs:#}");
        // The demonstration reads a claim that no rule needs, to show that decisions report it.
        if name == "us-model-access" {
            continue;
        }
        let issuers = text.split("\nissuers:").nth(1).unwrap().split("\n\n").next().unwrap();
        let ids = issuers.lines().filter_map(|line| line.strip_prefix("  - id: "));
        let keys: Vec<String> = ids.map(|id| format!("{}=jwks.json", id.split_whitespace().next().unwrap())).collect();
        let mut arguments = vec!["check", path.as_str()];
        keys.iter().for_each(|one| arguments.extend(["--jwks", one]));
        assert!(sandbox.ok(&arguments).contains("has no findings"), "{name}");
    }
}

/// A ruleset without any of the mistakes tested below.
const SILENT: &str = r#"ruleset: silent
version: 1
language: 1
issued: 2026-01-01
expires: 2026-07-01
default: allow
actions: [chat]
models: [ { id: large }, { id: small } ]
attributes:
  subject.employments: { fields: { annex: bool } }
  context.staff: { type: bool, absent: false }
  subject.seat: { strictest_of: [subject.organisation.headquarters, subject.organisation.parent] }
groups:
  eu: { citation: TEU, as_of: 2026-01-01, members: [DE, FR] }
  iso.3166-1: { citation: ISO 3166-1, as_of: 2026-01-01, members: all }
issuers:
  - { id: gov, class: gov, iss: g, audience: a, keys: [], preset: evidence }
  - { id: self, class: self, iss: s, audience: a, keys: [], preset: evidence, assurance: self }
evidence:
  subject.employments: { assurance: substantial }
  subject.residence: { max_age: 30d }
obligations: { log: Keep a record. }
rules:
  - id: deny-some
    title: Not for these
    outcome: deny
    reason: some
    message: No.
    basis: { citation: An act, as_of: 2026-01-01 }
    when:
      any:
        - { subject.residence: [eu], context.staff: false }
        - { subject.seat: [RU] }
        - { subject.employments: { has: { org: laboratory, role: contractor, annex: true } } }
        - { subject.employments: { has_none: { org: laboratory } } }
        - { context.purpose: { under: [weapons, utility-17, utility-18] } }
        - { subject.organisation.listed_owners: { lists: [SDN], at_least: 50 } }
  - id: grant
    title: For all others
    outcome: allow
    reason: others
    message: Yes.
    basis: { citation: An act, as_of: 2026-01-01 }
    obligations: [log]
"#;

/// The warnings about names and texts, each with its line and the text at its position.
fn names_of(text: &str) -> Vec<(String, String, String)> {
    let sandbox = Sandbox::new("silent");
    sandbox.write("rules.yaml", text);
    let findings = sandbox.run(&["check", "rules.yaml", "--json"]).json();
    let about = ["check.unused", "check.slip", "check.pattern", "check.nothing_allowed", "check.self_assurance"];
    let findings = findings.as_array().unwrap().iter().filter(|one| about.contains(&one["code"].as_str().unwrap()));
    let found = findings.map(|one| {
        let line = usize::try_from(one["line"].as_u64().unwrap()).unwrap();
        let line = text.lines().nth(line - 1).unwrap().trim().to_owned();
        (one["code"].as_str().unwrap().to_owned(), line, format!("{} {}", one["message"], one["help"]))
    });
    found.collect()
}

#[test]
fn mistakes_that_would_stay_silent_are_warned_of() {
    assert_eq!(names_of(SILENT), []);
    for (from, to, code, line, says) in [
        ("[eu], context", "[DE], context", "check.unused", "eu: {", "group `eu`"),
        ("    obligations: [log]\n", "", "check.unused", "obligations: {", "obligation `log`"),
        (", annex: true", "", "check.unused", "subject.employments: { fields", "field `annex`"),
        (", context.staff: false", "", "check.unused", "context.staff: {", "attribute `context.staff`"),
        ("{ subject.seat: [RU] }", "{ context.country: [RU] }", "check.unused", "subject.seat: {", "`subject.seat`"),
        (
            "  subject.residence: {",
            "  subject.list_hits: {",
            "check.unused",
            "subject.list_hits: {",
            "`subject.list_hits`",
        ),
        (
            "    when:\n",
            "    evidence: { subject.list_hits: { assurance: low } }\n    when:\n",
            "check.unused",
            "- id: deny-some",
            "`subject.list_hits`",
        ),
        (
            "    when:\n",
            "    unknown: { subject.us_status: status.unknown }\n    when:\n",
            "check.unused",
            "- id: deny-some",
            "`subject.us_status`",
        ),
        ("    when:\n", "    unknown: { subject.organisation.parent: parent.unknown }\n    when:\n", "", "", ""),
        ("default: allow", "default: deny", "", "", ""),
        ("    outcome: allow", "    outcome: review", "", "", ""),
        (
            "preset: evidence, assurance: self }",
            "preset: evidence }",
            "check.self_assurance",
            "- { id: self",
            "assurance: self",
        ),
        ("assurance: self }", "assurance: substantial }", "check.self_assurance", "- { id: self", "assurance: self"),
        ("assurance: self }", "assurance: low }", "", "", ""),
        ("org: laboratory }", "org: labratory }", "check.slip", "- id: deny-some", "`laboratory`"),
        ("org: laboratory }", "org: Laboratory }", "check.slip", "- id: deny-some", "`laboratory`"),
        ("org: laboratory }", "org: observatory }", "", "", ""),
        ("role: contractor", "role: contracter", "check.slip", "- id: deny-some", "`contractor`"),
        ("[SDN]", "[SND]", "check.slip", "- id: deny-some", "`SDN`"),
        ("[weapons,", "[weapons, weapon,", "check.slip", "- id: deny-some", "`weapons`"),
        ("org: laboratory }", "org: \"lab*\" }", "check.pattern", "- id: deny-some", "`lab*`"),
        ("org: laboratory }", "org: eu }", "check.slip", "- id: deny-some", "name of a group"),
    ] {
        assert!(SILENT.contains(from), "{from}");
        let found = names_of(&SILENT.replacen(from, to, 1));
        if code.is_empty() {
            assert_eq!(found, [], "{to}");
            continue;
        }
        assert!(found.iter().all(|(given, at, _)| given == code && at.starts_with(line)), "{to}: {found:#?}");
        assert!(found.iter().any(|(_, _, message)| message.contains(says)), "{to}: {found:#?}");
    }
    let shut =
        SILENT.replacen("default: allow", "default: deny", 1).replacen("    outcome: allow", "    outcome: review", 1);
    let found = names_of(&shut);
    let [(code, line, _)] = found.as_slice() else { panic!("{found:#?}") };
    assert_eq!((code.as_str(), line.as_str()), ("check.nothing_allowed", "default: deny"));
}

#[test]
fn each_warning_is_given_with_its_place_and_what_it_rests_on() {
    let sandbox = Sandbox::new("flawed");
    sandbox.write("rules.yaml", FLAWED);
    let ran = sandbox.run(&["check", "rules.yaml", "--json"]);
    assert_eq!(ran.code(), 3);
    let findings = ran.json();
    let found: Vec<(String, u64)> = findings
        .as_array()
        .unwrap()
        .iter()
        .map(|one| {
            assert_eq!(one["severity"], "warning");
            assert!(one["help"].as_str().unwrap().len() > 20);
            (one["code"].as_str().unwrap().to_owned(), one["line"].as_u64().unwrap())
        })
        .collect();
    let line = |part: &str| u64::try_from(FLAWED.lines().position(|line| line.contains(part)).unwrap() + 1).unwrap();
    let expected = [
        ("check.citation", line("id: a-denies")),
        ("check.dead", line("id: c-nobody")),
        ("check.dead", line("id: d-over")),
        // No issuer can assert a place of birth at the required assurance.
        ("check.dead", line("id: e-windows")),
        ("check.never_lifts", line("licence: L-1")),
        ("check.predicate", line("id: f-american")),
        ("check.protected", line("id: a-denies")),
        ("check.protected", line("id: b-covered")),
        ("check.protected", line("id: f-american")),
        ("check.sensitive", line("subject.birthplace: /place_of_birth")),
        ("check.shadowed", line("id: b-covered")),
        ("check.stale_group", line("old.list: {")),
        ("check.tenants", line("- id: idp")),
        ("check.unread", line("subject.employer: /employer")),
        ("check.unread", line("subject.us_status: /status")),
        ("check.windows", line("id: L-1")),
        ("check.windows", line("id: e-windows")),
    ];
    let expected: Vec<(String, u64)> = expected.into_iter().map(|(code, line)| (code.to_owned(), line)).collect();
    let mut sorted = found;
    sorted.sort();
    let mut wanted = expected;
    wanted.sort();
    assert_eq!(sorted, wanted, "{findings:#}");
    let text = sandbox.run(&["check", "rules.yaml"]).stdout();
    for part in ["warning[check.protected]", "8 U.S.C. 1324b", "  --> rules.yaml:", "^^^^^^^^"] {
        assert!(text.contains(part), "no {part:?} in\n{text}");
    }
    // A reviewed finding can be accepted, at one position or everywhere.
    let allowed =
        sandbox.run(&["check", "rules.yaml", "--json", "--allow", "check.protected", "--allow", "check.dead@d-over"]);
    assert_eq!(allowed.json().as_array().unwrap().len(), findings.as_array().unwrap().len() - 4);
    sandbox.fails(&["check", "rules.yaml", "--allow", "ruleset.window"], 2, &["begin with `check.`"]);
}

const SMALL: &str = r#"ruleset: small
version: 1
language: 1
issued: 2026-01-01
expires: 2026-07-01
default: allow
actions: [chat]
models: [ { id: large }, { id: small } ]
issuers:
  - id: idp
    iss: https://idp.example
    audience: a
    keys: []
    assurance: { claim: /acr, levels: { silver: low, gold: high } }
    claims: { subject.us_status: /status, subject.residence: /residence }
rules:
  - id: foreign
    title: Foreign persons
    outcome: { degrade: { model: small } }
    reason: foreign_person
    message: No.
    basis: { citation: An act, as_of: 2026-01-01 }
    scope: { models: [large] }
    effective: { from: 2026-02-01 }
    when: { subject.foreign_person: true }
    evidence: { subject.foreign_person: { assurance: low } }
guarantees:
  - { id: small-stays, scope: { models: [small] }, always: allow }
  - { id: us-persons, for: { subject.foreign_person: false }, always: allow }
  - { id: nobody, for: { all: [ { subject.residence: DE }, { not: { subject.residence: DE } } ] }, always: deny }
"#;

#[test]
fn a_guarantee_holds_or_somebody_is_shown_whom_it_fails() {
    let sandbox = Sandbox::new("prove");
    sandbox.write("rules.yaml", SMALL);
    let ran = sandbox.run(&["prove", "rules.yaml"]);
    assert_eq!((ran.code(), ran.stderr().as_str()), (7, ""));
    // Self-asserted evidence satisfies the guarantee but not the rule, which an author easily overlooks.
    let expected = "\
holds    small-stays
BROKEN   us-persons: does not hold for this request
         a person asks for large (chat) at 2026-02-01T00:00:00Z
           subject.us_status is citizen (by idp, self-asserted, verified at an unknown time)
           -> step_up, by rule foreign: evidence.insufficient
              An act
empty    nobody: no possible request satisfies `for` while it and the ruleset are valid
";
    assert_eq!(ran.stdout(), expected);
    let json = sandbox.run(&["prove", "rules.yaml", "--json", "--guarantee", "us-persons"]).json();
    assert_eq!(json[0]["verdict"], "broken");
    assert_eq!(json[0]["decision"]["rule"], "foreign");
    assert_eq!(sandbox.ok(&["prove", "rules.yaml", "--guarantee", "small-stays"]), "holds    small-stays\n");
    sandbox.fails(&["prove", "rules.yaml", "--guarantee", "x"], 2, &["has no guarantee `x`; there is `"]);
    // A guarantee that exceeds the budget is not reported as holding.
    let ran = sandbox.run(&["prove", "rules.yaml", "--guarantee", "us-persons", "--budget", "0"]);
    assert_eq!(ran.code(), 8);
    assert!(ran.stdout().contains("too complex to settle"), "{}", ran.stdout());
}

#[test]
fn a_difference_is_a_table_of_classes() {
    let sandbox = Sandbox::new("diff");
    sandbox.write("old.yaml", SMALL);
    sandbox.write("new.yaml", SMALL.replace("assurance: low } }\nguarantees", "assurance: high } }\nguarantees"));
    assert_eq!(sandbox.ok(&["diff", "old.yaml", "old.yaml"]), "no request has a different outcome\n");
    let ran = sandbox.run(&["diff", "old.yaml", "new.yaml"]);
    assert_eq!((ran.code(), ran.stderr().as_str()), (6, ""));
    let expected = "\
1. allow [default, default] -> step_up [rule foreign, evidence.insufficient]
   who    not: subject.foreign_person is true (assurance low)
          it is not known whether subject.foreign_person is true (assurance high)
   what   large (chat)
   when   2026-02-01T00:00:00Z to 2026-07-01T00:00:00Z
   such as subject.us_status is citizen (by idp, low, verified at an unknown time)

2. degrade to small [rule foreign, foreign_person] -> allow [default, default]
";
    let text = ran.stdout();
    assert!(text.starts_with(expected.split("\n2.").next().unwrap()), "{text}");
    let json = sandbox.run(&["diff", "old.yaml", "new.yaml", "--json"]).json();
    let outcomes: Vec<(&Value, &Value)> = json["changes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|change| (&change["old"]["outcome"], &change["new"]["outcome"]))
        .collect();
    assert!(
        outcomes.contains(&(&json!("allow"), &json!("step_up")))
            && outcomes.contains(&(&json!("degrade"), &json!("step_up")))
    );
    // A difference that changes no outcome is reported too.
    sandbox.write("keys.yaml", SMALL.replace("expires: 2026-07-01", "expires: 2026-08-01"));
    let ran = sandbox.run(&["diff", "old.yaml", "keys.yaml"]);
    assert_eq!(ran.code(), 6);
    assert!(
        ran.stdout().starts_with("valid from 2026-01-01T00:00:00Z until 2026-08-01T00:00:00Z, formerly"),
        "{}",
        ran.stdout()
    );
    sandbox.write("models.yaml", SMALL.replace("{ id: small } ]", "{ id: small }, { id: tiny } ]"));
    assert!(sandbox.run(&["diff", "old.yaml", "models.yaml"]).stdout().contains("model tiny: new; refused before"));
}

#[test]
fn a_case_is_explained_alone_and_under_two_versions() {
    let sandbox = Sandbox::new("explain");
    let cases = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases/variants.json#V-01").display().to_string();
    let ran = sandbox.run(&["explain", &cases]);
    assert_eq!(ran.code(), 5);
    for part in [
        "step_up for mythos-5",
        "evidence.revoked",
        "exception deemed-export: does not lift it",
        "may be used instead: ",
    ] {
        assert!(ran.stdout().contains(part), "no {part:?} in\n{}", ran.stdout());
    }
    let (old, new) = (shipped("us-order"), "new.yaml");
    let text = std::fs::read_to_string(&old).unwrap();
    sandbox.write(new, text.replace("outcome: { degrade: { model: atlas-4 } }", "outcome: review"));
    let ran = sandbox.run(&["diff", &old, new, "--explain", &cases, "--json"]);
    assert_eq!((ran.code(), &ran.json()["new"]["outcome"]), (0, &json!("step_up")));
    sandbox.fails(&["explain", "cases.yaml"], 2, &["FILE#ID"]);
    let unknown = cases.replace("V-01", "V-999");
    sandbox.fails(&["explain", &unknown], 2, &["has no case `V-999`"]);
}

#[test]
fn what_init_makes_is_clean_passes_and_proves() {
    let sandbox = Sandbox::new("init");
    assert!(sandbox.ok(&["init", "mine", "--id", "an-order"]).contains("brightline prove mine/ruleset.yaml"));
    assert!(sandbox.read("mine/ruleset.yaml").contains("ruleset: an-order"));
    assert!(sandbox.ok(&["check", "mine/ruleset.yaml"]).contains("has no findings"));
    assert_eq!(sandbox.ok(&["fmt", "--check", "mine/ruleset.yaml", "mine/cases.yaml"]), "");
    assert!(sandbox.ok(&["test", "mine/cases.yaml"]).contains("3 passed, 0 failed"));
    assert!(!sandbox.ok(&["prove", "mine/ruleset.yaml"]).contains("BROKEN"));
    assert!(sandbox.ok(&["token", "us-citizen", "--issuer", "mine/dev"]).starts_with("ey"));
    sandbox.fails(&["init", "mine"], 1, &["`mine/ruleset.yaml` already exists"]);
    sandbox.fails(&["init", "other", "--id", "no such"], 2, &["use letters, digits"]);
}

#[test]
fn fmt_changes_the_layout_and_nothing_else() {
    let sandbox = Sandbox::new("fmt");
    for name in SHIPPED {
        let file = format!("{name}.yaml");
        sandbox.write(&file, std::fs::read_to_string(shipped(name)).unwrap());
        sandbox.ok(&["fmt", &file]);
        let once = sandbox.read(&file);
        assert_eq!(sandbox.ok(&["fmt", &file, "--check"]), "", "{name}: laid out once is laid out");
        let meaning = |text: &str| brightline::read_rules(&brightline::parse_yaml(text).unwrap()).unwrap().to_json();
        let original = std::fs::read_to_string(shipped(name)).unwrap();
        assert_eq!(meaning(&once), meaning(&original));
        let comments = |text: &str| text.matches('#').count();
        assert_eq!(comments(&once), comments(&original), "{name}: comments stay");
    }
    sandbox.write("loose.yaml", "ruleset:   x\nrules:   [ a,b ]\n");
    assert_eq!(sandbox.run(&["fmt", "--check", "loose.yaml"]).code(), 3);
    assert_eq!(sandbox.read("loose.yaml"), "ruleset:   x\nrules:   [ a,b ]\n");
    sandbox.write("broken.yaml", "a: [");
    sandbox.fails(&["fmt", "broken.yaml"], 3, &["`brightline check` shows where"]);
    assert_eq!(sandbox.read("broken.yaml"), "a: [");
}

#[test]
fn shells_and_manuals_know_every_command() {
    let sandbox = Sandbox::new("shells");
    for shell in ["bash", "zsh", "fish"] {
        let script = sandbox.ok(&["completions", shell]);
        assert!(["prove", "look-back", "explain"].iter().filter(|name| script.contains(*name)).count() >= 2, "{shell}");
    }
    sandbox.ok(&["man", "--out", "man"]);
    let help = sandbox.ok(&["help"]);
    let commands = help.lines().skip_while(|line| *line != "Commands:").skip(1).take_while(|line| !line.is_empty());
    let names: Vec<&str> =
        commands.filter_map(|line| line.split_whitespace().next()).filter(|name| *name != "help").collect();
    assert!(names.len() > 15, "{help}");
    for name in names {
        let page = sandbox.read(&format!("man/brightline-{name}.1"));
        assert!(page.contains(".SH SYNOPSIS") && page.contains("json") == help_mentions_json(&sandbox, name), "{name}");
    }
}

fn help_mentions_json(sandbox: &Sandbox, command: &str) -> bool {
    sandbox.ok(&["help", command]).contains("json")
}

#[test]
fn a_ruleset_that_is_too_intricate_to_check_says_so() {
    let document = brightline::parse_yaml(FLAWED).unwrap();
    let ruleset = brightline::read_rules(&document).unwrap();
    let budget = brightline::Budget { nodes: 10, ..brightline::Budget::default() };
    let found = brightline::lint(&ruleset, &document, budget);
    let said = found.iter().find(|one| one.code == "check.too_intricate").unwrap();
    assert_eq!(said.place.find(&document).unwrap().start, "ruleset: ".len());
    assert!(!found.iter().any(|one| one.code == "check.dead"), "nothing is accused unseen");
}

/// Rules that depend on each other: each tests a group or a country, for models above a capability.
fn many_rules(many: usize) -> Value {
    let codes = ["CN", "RU", "IR", "KP", "CU", "SY", "BY", "VE", "IN", "BR", "DE", "FR", "JP", "TR", "EG", "NG"];
    let key = json!({ "kty": "OKP", "crv": "Ed25519", "alg": "Ed25519", "kid": "k1", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo" });
    let rules = (0..many).map(|number| {
        let code = codes[number % codes.len()];
        let other = codes[number * 7 % codes.len()];
        let when = match number % 4 {
            0 => json!({ "subject.foreign_person": true, "subject.nationalities": { "any_of": [code, other] } }),
            1 => json!({ "subject.residence": [code] }),
            2 => json!({ "subject.foreign_person": true, "subject.nationalities": { "any_of": [code] }, "subject.residence": [other] }),
            _ => json!({ "context.country": [code] }),
        };
        json!({ "id": format!("rule-{number:03}"), "title": "A rule", "reason": "a_reason", "message": "No.",
            "basis": { "citation": "An act", "url": "https://law.example", "as_of": "2026-01-01" }, "when": when,
            "outcome": if number % 3 == 0 { json!("review") } else { json!({ "degrade": { "model": "m-1" } }) },
            "scope": { "models": { "capability.cyber": { "at_least": 2 + number % 4 } } } })
    });
    let mut rules: Vec<Value> = rules.collect();
    rules.push(json!({ "id": "visitors", "title": "A rule", "reason": "a_reason", "message": "No.",
        "basis": { "citation": "An act", "url": "https://law.example", "as_of": "2026-01-01" }, "outcome": "deny",
        "when": { "subject.residence": ["AQ"] }, "scope": { "models": ["m-5"] } }));
    json!({
        "ruleset": "many", "version": 1, "language": 1, "issued": "2026-01-01", "expires": "2026-12-01", "default": "allow",
        "actions": ["chat"],
        "models": (1..=5).rev().map(|n| json!({ "id": format!("m-{n}"), "capability": { "cyber": n } })).collect::<Vec<_>>(),
        "issuers": [{ "id": "idp", "iss": "https://idp.example", "audience": "a", "keys": [key], "assurance": "substantial",
            "claims": { "subject.us_status": "/s", "subject.residence": "/r",
                "subject.nationalities": { "claim": "/n", "complete": true } } }],
        "rules": rules,
        "guarantees": [
            { "id": "the-smallest-stays", "scope": { "models": ["m-1"] }, "always": "allow" },
            { "id": "nobody-is-denied-m-4", "scope": { "models": ["m-4"] }, "never": "deny" },
            { "id": "nobody-is-denied", "never": "deny" },
        ],
    })
}

#[test]
fn hundreds_of_rules_are_settled() {
    let sandbox = Sandbox::new("analysis-many");
    let ruleset = many_rules(300);
    sandbox.write("many.json", ruleset.to_string());
    let proved = sandbox.run(&["prove", "many.json", "--json"]);
    assert_eq!(proved.code(), 7, "{}", proved.stderr());
    let proved = proved.json();
    let verdicts: Vec<&str> = proved.as_array().unwrap().iter().map(|one| one["verdict"].as_str().unwrap()).collect();
    assert_eq!(verdicts, ["holds", "holds", "broken"]);
    assert_eq!(proved[2]["decision"]["rule"], "visitors");

    let checked = sandbox.run(&["check", "many.json", "--json"]).stdout();
    assert!(checked.contains("check.shadowed") && !checked.contains("check.too_intricate"), "{checked}");

    // The same rules in another order, then with one more.
    let mut other = ruleset;
    other["rules"].as_array_mut().unwrap().reverse();
    sandbox.write("other.json", other.to_string());
    assert!(sandbox.ok(&["diff", "many.json", "other.json", "--json"]).contains("\"changes\": []"));
}
