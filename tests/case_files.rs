//! Runs `brightline test` over small case files and checks the output, the written files and the exit code.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::arithmetic_side_effects,
    reason = "a panic is how a check fails"
)]

#[path = "support/sandbox.rs"]
mod sandbox;

use sandbox::Sandbox;
use serde_json::{Value, json};
use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};

const RULESET: &str = r#"ruleset: trial
version: 3
language: 1
issued: 2026-01-01T00:00:00Z
expires: 2026-07-01T00:00:00Z
default: allow
actions: [chat]
models:
  - { id: atlas-5, title: Atlas 5, capability: { cyber: 4 } }
  - { id: atlas-4, title: Atlas 4, capability: { cyber: 3 } }
issuers:
  - id: idv.example
    iss: https://idv.example
    audience: [https://gate.example]
    keys: [] # given when signing
    max_lifetime: 1m
    assurance: substantial
    verified_at: /verified_claims/0/verification/time
    claims: { subject.us_status: /verified_claims/0/claims/us_status, subject.employer: /verified_claims/0/claims/org }
obligations: { log: Keep a record. }
licences:
  - id: L-1
    basis: { citation: "Licence L-1" }
    holder: { subject.id: "idv.example:somebody-else" }
rules:
  - id: foreign-nationals
    title: Foreign nationals may not use models above the line
    outcome: { degrade: { model: atlas-4 } }
    reason: foreign_person
    basis: { citation: "Order, section 2" }
    scope: { models: { capability.cyber: { at_least: 4 } } }
    when: { subject.foreign_person: true }
    evidence: { subject.foreign_person: { assurance: substantial, max_age: 365d } }
    unless:
      - { licence: L-1 }
      - { id: staff, reason: exemption.staff, when: { subject.employer: [lab] }, obligations: [log] }
    message: This model is limited to U.S. persons.
  - id: never-here
    title: Not from there
    outcome: deny
    reason: place.closed
    basis: { citation: "Order, section 3" }
    when: { context.country: [KP] }
    message: Not from there.
"#;

/// A case file with these cases, for the ruleset in the same folder.
fn cases(cases: &[&str]) -> String {
    format!("rulesets: {{ A: rules.yaml }}\ncases:\n{}", cases.concat())
}

const CITIZEN: &str = "  - id: A-01
    ruleset: A
    title: A citizen
    at: 2026-06-13T12:00:00Z
    model: atlas-5
    action: chat
    purpose: general
    evidence: [ { path: us_status, value: citizen, class: idv, issuer: idv.example, verified_at: 2026-05-20 } ]
    context: { geo: { country: US, quality: ok } }
    expect: { outcome: allow }
    tags: [minimisation]
";
const FOREIGN: &str = "  - id: A-02
    ruleset: A
    title: A student from France
    at: 2026-06-13T12:00:00Z
    model: atlas-5
    action: chat
    evidence: [ { path: us_status, value: nonimmigrant, issuer: idv.example, verified_at: 2026-05-20 } ]
    context: { geo: { country: FR } }
    expect: { outcome: degrade, reason: foreign_person, fallback: atlas-4, fallback_action: chat }
    why: The order says so.
";
const NOBODY: &str = "  - id: A-03
    ruleset: A
    title: Nothing known
    at: 2026-06-13T12:00:00Z
    model: atlas-5
    action: chat
    evidence: []
    context: { geo: { country: US } }
    expect: { outcome: step_up, reason: evidence.missing, interim: atlas-4 }
";
const LICENSED: &str = "  - id: A-04
    ruleset: A
    title: A holder
    at: 2026-06-13T12:00:00Z
    model: atlas-5
    action: chat
    authorizations:
      - { type: deemed_export_licence, number: L-1, models: [atlas-5], actions: [chat], valid_from: 2026-01-01,
          valid_until: 2030-01-01, provisos: [ { id: plan, satisfied: true, until: 2027-01-01 } ] }
    context: { geo: { country: US } }
    expect: { outcome: allow, reason: licence }
";

/// A case with a piece of evidence that its ruleset does not read.
fn with_evidence(evidence: &str) -> String {
    cases(&[&CITIZEN.replacen("2026-05-20 } ]", &format!("2026-05-20 }}, {evidence} ]"), 1)])
}

#[test]
fn evidence_that_no_mapping_reads_is_a_finding_where_a_slip_is_likely_and_a_note_elsewhere() {
    let rules = RULESET.replacen(
        "subject.employer: /verified_claims/0/claims/org }",
        "subject.employments: /verified_claims/0/claims/employments, subject.organisation.parent: /verified_claims/0/claims/org/parent }",
        1,
    );
    let rules = rules.replacen("{ subject.employer: [lab] }", "{ subject.employments: { has: { org: lab } } }", 1);
    for (evidence, near) in [
        ("{ path: us_statuss, value: none, issuer: idv.example }", Some("us_status")),
        ("{ path: employmnets, value: [], issuer: idv.example }", Some("employments")),
        ("{ path: employment, value: { org: lab, rol: employee }, issuer: idv.example }", Some("role")),
        ("{ path: org, value: { parnt: DE }, issuer: idv.example }", Some("parent")),
        ("{ path: residence, value: DE, issuer: idv.example }", None),
        ("{ path: org, value: { parent: DE, founded: 1990 }, issuer: idv.example }", None),
        ("{ path: employment, value: { org: lab, role: employee }, issuer: idv.example }", Some("")),
        // For an issuer that no ruleset trusts there is a note.
        ("{ path: us_statuss, value: none, issuer: nobody.example }", None),
    ] {
        let sandbox = Sandbox::new("unread");
        sandbox.write("rules.yaml", &rules);
        sandbox.write("cases.yaml", with_evidence(evidence));
        let ran = sandbox.run(&["test", "cases.yaml", "--json"]);
        let report = ran.json();
        let notes = || report["files"][0]["cases"][0]["notes"].as_array().unwrap().len();
        match near {
            Some("") => assert_eq!((ran.code(), notes()), (0, 0), "{evidence} {report:#}"),
            Some(near) => {
                assert_eq!(ran.code(), 3, "{evidence} {report:#}");
                assert_eq!(report["findings"][0]["code"], "case.unread", "{evidence} {report:#}");
                assert_eq!(report["findings"][0]["help"], format!("did you mean `{near}`?"), "{evidence}");
            }
            None => {
                assert_eq!((ran.code(), notes()), (0, 1), "{evidence} {report:#}");
                let text = sandbox.run(&["test", "cases.yaml"]).stdout();
                assert!(text.contains("notes on 1 case that passes: `--verbose` shows them"), "{text}");
            }
        }
    }
}

/// A sandbox with the ruleset and a file `cases.yaml`.
fn sandbox(name: &str, text: &str) -> Sandbox {
    let sandbox = Sandbox::new(name);
    sandbox.write("rules.yaml", RULESET);
    sandbox.write("cases.yaml", text);
    sandbox
}

fn has(text: &str, parts: &[&str]) {
    for part in parts {
        assert!(text.contains(part), "no {part:?} in\n{text}");
    }
}

#[test]
fn cases_that_pass_are_a_line_and_end_with_0() {
    let sandbox = sandbox("cases-pass", &cases(&[CITIZEN, FOREIGN, NOBODY, LICENSED]));
    let out = sandbox.ok(&["test", "cases.yaml"]);
    has(
        &out,
        &["4 passed, 0 failed, in ", "reached: 1 of 2 rules, 1 of 2 exceptions, 1 of 1 licences, 1 of 3 reasons"],
    );
    assert_eq!(out.lines().count(), 2, "{out}");
    let out = sandbox.ok(&["test", "--verbose", "cases.yaml"]);
    has(&out, &["ok   A-01  A citizen\nok   A-02  A student from France\nok   A-03", "ok   A-04  A holder\n4 passed"]);
}

#[test]
fn the_same_cases_as_json_and_the_rulesets_by_argument() {
    let sandbox = sandbox("cases-json-form", "");
    let document = json!({"meta": {"what": "x"}, "cases": [{"id": "1", "ruleset": "B", "at": "2026-06-13", "model": "atlas-4",
        "action": "chat", "context": {"geo": {"country": "US"}}, "expect": {"outcome": "allow"}}]});
    sandbox.write("cases.json", document.to_string());
    sandbox.ok(&["test", "cases.json", "--ruleset", "B=rules.yaml"]);
    // A name that no case uses would pass for want of a case.
    let ran = sandbox.run(&["test", "cases.json", "--ruleset", "B=rules.yaml", "--ruleset", "C=rules.yaml"]);
    assert_eq!(ran.code(), 2);
    has(&ran.stderr(), &["no case names `C`"]);
    // The argument overrides the file, whose path is relative to the file.
    std::fs::create_dir(sandbox.0.join("sub")).unwrap();
    sandbox.write("sub/cases.yaml", cases(&[CITIZEN]).replace("rules.yaml", "../rules.yaml"));
    sandbox.ok(&["test", "sub/cases.yaml"]);
    sandbox.write("strict.yaml", RULESET.replace("default: allow", "default: deny"));
    let ran = sandbox.run(&["test", "sub/cases.yaml", "--ruleset", "A=strict.yaml"]);
    assert_eq!(ran.code(), 6);
    has(&ran.stdout(), &["! outcome  allow     deny\n", "    no rule: "]);
}

#[test]
fn a_case_that_differs_shows_both_sides_and_ends_with_6() {
    let foreign = FOREIGN.replace("A-02", "A-02\\u0007").replace("id: A-02\\u0007", "id: \"A-02\\u0007\"");
    let foreign = foreign.replace("reason: foreign_person, fallback: atlas-4", "reason: other, fallback: atlas-3");
    let sandbox =
        sandbox("cases-fail", &cases(&[CITIZEN, &foreign, &LICENSED.replace("outcome: allow,", "outcome: deny,")]));
    let ran = sandbox.run(&["test", "cases.yaml"]);
    assert_eq!((ran.code(), ran.stderr().as_str()), (6, ""));
    has(
        &ran.stdout(),
        &[
            "FAIL A-02\\u{7}  A student from France\n",
            "                     expected  got\n",
            "    outcome          degrade   degrade\n",
            "  ! reason           other     foreign_person\n",
            "  ! fallback         atlas-3   atlas-4\n",
            "    fallback_action  chat      chat\n",
            "    rule foreign-nationals: degrade, foreign_person (Foreign nationals may not",
            "      licence L-1: does not lift it, licence.holder\n",
            "      exception staff: does not lift it, evidence.missing\n",
            "    why: The order says so.\n",
            "  ! outcome  deny      allow\n",
            "      licence L-1: lifts it, ",
            "1 passed, 2 failed, in ",
        ],
    );
    assert!(!ran.stdout().contains("A-01") && !ran.stdout().contains('\u{1b}'), "{}", ran.stdout());
    let ran = sandbox.run(&["test", "--fail-fast", "cases.yaml"]);
    assert_eq!(ran.code(), 6);
    has(&ran.stdout(), &["1 passed, 1 failed, in "]);
}

#[test]
fn an_allow_tells_whether_obligations_come_with_it() {
    let staff = FOREIGN.replace("path: us_status, value: nonimmigrant", "path: org, value: [lab]").replace(
        "outcome: degrade, reason: foreign_person, fallback: atlas-4, fallback_action: chat",
        "outcome: WANTED",
    );
    let sandbox = sandbox(
        "cases-obligations",
        &cases(&[&staff.replace("WANTED", "allow_with_obligations, reason: exemption.staff")]),
    );
    sandbox.ok(&["test", "cases.yaml"]);
    sandbox.write("cases.yaml", cases(&[&staff.replace("WANTED", "allow")]));
    let ran = sandbox.run(&["test", "cases.yaml"]);
    assert_eq!(ran.code(), 6);
    has(&ran.stdout(), &["! outcome  allow     allow_with_obligations\n", "reason   (any)     exemption.staff"]);
}

#[test]
fn issuers_are_found_by_name_or_class_and_others_are_not_presented() {
    let text = cases(&[&FOREIGN.replace("issuer: idv.example", "issuer: other.example, class: idv")]);
    let sandbox = sandbox("cases-issuers", &text);
    let ran = sandbox.run(&["test", "cases.yaml"]);
    assert_eq!(ran.code(), 6, "{}", ran.stderr());
    has(
        &ran.stdout(),
        &["! outcome", "step_up", "note: no ruleset trusts the issuer `other.example`: its token is not presented"],
    );
    sandbox.write("rules.yaml", RULESET.replace("  - id: idv.example\n", "  - id: idv.example\n    class: idv\n"));
    sandbox.ok(&["test", "cases.yaml"]);
}

#[test]
fn a_filter_chooses_by_id_title_or_tag() {
    let sandbox = sandbox("cases-filter", &cases(&[CITIZEN, FOREIGN, NOBODY]));
    for (filter, chosen) in [("A-02", 1), ("student", 1), ("minimis", 1), ("A-*", 3), ("a-0?", 3), ("*france", 1)] {
        let out = sandbox.ok(&["test", "cases.yaml", "--filter", filter]);
        let left_out = if chosen == 3 { String::new() } else { format!(", {} left out", 3 - chosen) };
        has(&out, &[&format!("{chosen} passed, 0 failed{left_out}, in ")]);
    }
    let ran = sandbox.run(&["test", "cases.yaml", "--filter", "nowhere"]);
    assert_eq!(ran.code(), 1);
    has(&ran.stderr(), &["no case is like `nowhere`"]);
}

#[test]
fn coverage_names_what_no_case_reached() {
    let sandbox = sandbox("cases-coverage", &cases(&[CITIZEN, FOREIGN]));
    let out = sandbox.ok(&["test", "cases.yaml", "--coverage"]);
    has(
        &out,
        &[
            "reached: 1 of 2 rules, 0 of 2 exceptions, 0 of 1 licences, 1 of 3 reasons\n",
            "`rules.yaml`: `trial` version 3\n",
            "  rule never reached: never-here\n",
            "  exception never lifted its rule: L-1 of foreign-nationals\n",
            "  exception never lifted its rule: staff of foreign-nationals\n",
            "  licence never used: L-1\n",
            "  reason never given: exemption.staff\n  reason never given: place.closed\n",
        ],
    );
}

#[test]
fn json_has_the_whole_report() {
    let sandbox =
        sandbox("cases-json", &cases(&[CITIZEN, &FOREIGN.replace("reason: foreign_person", "reason: other")]));
    let ran = sandbox.run(&["test", "--json", "cases.yaml"]);
    assert_eq!((ran.code(), ran.stderr().as_str()), (6, ""));
    let report = ran.json();
    assert_eq!([&report["passed"], &report["failed"], &report["left_out"]], [&json!(1), &json!(1), &json!(0)]);
    assert!(report["milliseconds"].is_u64());
    let case = &report["files"][0]["cases"][1];
    assert_eq!([&case["id"], &case["ruleset"], &case["passed"]], [&json!("A-02"), &json!("A"), &json!(false)]);
    let field = json!({"field": "reason", "expected": "other", "got": "foreign_person", "differs": true});
    assert_eq!(case["fields"][1], field);
    assert_eq!((&case["decision"]["rule"], &case["error"]), (&json!("foreign-nationals"), &Value::Null));
    let coverage = &report["coverage"][0];
    assert_eq!(coverage["rules"], json!({"reached": 1, "all": 2, "missed": ["never-here"]}));
    assert_eq!(coverage["exceptions"]["missed"][1], json!({"rule": "foreign-nationals", "exception": "staff"}));
    assert_eq!(report["findings"], json!([]));
    sandbox.write("bad.yaml", "cases: [ { id: 1 } ]");
    let ran = sandbox.run(&["test", "--json", "bad.yaml", "cases.yaml"]);
    assert_eq!(ran.code(), 3);
    let report = ran.json();
    assert_eq!(
        (&report["findings"][0]["code"], &report["findings"][0]["file"]),
        (&json!("case.missing_field"), &json!("bad.yaml"))
    );
    assert_eq!(
        (&report["failed"], &report["files"][0]["cases"]),
        (&json!(1), &json!([])),
        "the other file is run all the same"
    );
}

#[test]
fn junit_is_well_formed_whatever_the_cases_say() {
    let nasty = FOREIGN
        .replace("title: A student from France", r#"title: "<&>\"' \u0001 \ufffe ]]>""#)
        .replace("reason: foreign_person", "reason: other");
    let sandbox = sandbox("cases-junit", &cases(&[CITIZEN, &nasty]));
    sandbox.write("bad.yaml", "cases: [ { id: '<' } ]");
    let ran = sandbox.run(&["test", "cases.yaml", "bad.yaml", "--junit", "out.xml"]);
    assert_eq!(ran.code(), 3);
    let xml = sandbox.read("out.xml");
    let elements = well_formed(&xml);
    let named =
        |name: &str| elements.iter().filter(|(element, _)| element == name).map(|(_, rest)| rest).collect::<Vec<_>>();
    // The bad file lacks five fields, each an error.
    has(named("testsuites")[0], &["tests=\"7\" failures=\"1\" errors=\"5\""]);
    assert_eq!((named("testsuite").len(), named("testcase").len()), (2, 7));
    has(named("testsuite")[0], &["name=\"cases.yaml\" tests=\"2\" failures=\"1\" errors=\"0\""]);
    has(named("testcase")[1], &["name=\"A-02: &lt;&amp;&gt;&quot;&apos; \u{fffd} \u{fffd} ]]&gt;\""]);
    assert_eq!(*named("failure")[0], " message=\"reason: expected other, got foreign_person\"");
    has(named("error")[0], &["bad.yaml:1:10: [case.missing_field] a case needs `ruleset`"]);
    has(&xml, &["! reason           other     foreign_person"]);
}

/// Checks that elements nest and that the text between them is escaped and allowed. Returns each element with its
/// attributes.
fn well_formed(xml: &str) -> Vec<(String, String)> {
    assert!(xml.chars().all(|c| matches!(c, '\n' | '\t' | ' '..='\u{fffd}' | '\u{10000}'..)), "{xml}");
    let body = xml.strip_prefix("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n").unwrap();
    let (mut open, mut all) = (Vec::new(), Vec::new());
    for part in body.split('<').skip(1) {
        let (tag, text) = part.split_once('>').unwrap();
        assert!(!text.contains('>') && text.split('&').skip(1).all(|rest| rest.split(';').next().unwrap().len() < 6));
        if let Some(name) = tag.strip_prefix('/') {
            assert_eq!(open.pop().as_deref(), Some(name), "{xml}");
            continue;
        }
        let closed = tag.ends_with('/');
        let tag = tag.trim_end_matches('/');
        let (name, attributes) = tag.split_at(tag.find(' ').unwrap_or(tag.len()));
        assert_eq!(attributes.matches('"').count() % 2, 0, "{tag}");
        if !closed {
            open.push(name.to_owned());
        }
        all.push((name.to_owned(), attributes.to_owned()));
    }
    assert!(open.is_empty(), "{xml}");
    all
}

#[test]
fn a_bad_file_has_all_its_findings_with_line_and_column() {
    let text = cases(&[&CITIZEN.replace("model:", "modle:"), &FOREIGN.replace("outcome: degrade", "outcome: degraed")]);
    let sandbox = sandbox("cases-bad", &text);
    let ran = sandbox.run(&["test", "cases.yaml"]);
    assert_eq!((ran.code(), ran.stderr().as_str()), (3, ""));
    has(
        &ran.stdout(),
        &[
            "error[case.missing_field]: a case needs `model`\n --> cases.yaml:3:5\n",
            "error[case.unknown_field]: `modle` is not a field of a case\n --> cases.yaml:7:5\n",
            "help: did you mean `model`?",
            "error[case.unknown_value]: `degraed` is not a value of `outcome`\n  --> cases.yaml:22:24\n",
            "help: did you mean `degrade`?",
            "0 passed, 0 failed, 1 file not run, in ",
        ],
    );
}

#[test]
fn rulesets_and_licences_have_findings_too_each_in_its_file() {
    let sandbox = sandbox("cases-findings", &cases(&[&CITIZEN.replace("ruleset: A", "ruleset: A+Q"), FOREIGN]));
    let ran = sandbox.run(&["test", "cases.yaml"]);
    assert_eq!(ran.code(), 3);
    has(
        &ran.stdout(),
        &["error[case.unknown_ruleset]: there is no ruleset `Q`\n --> cases.yaml:4:14\n", "--ruleset NAME=FILE"],
    );

    sandbox.write("cases.yaml", cases(&[FOREIGN, &LICENSED.replace("models: [atlas-5]", "models: [atlas-9]")]));
    let ran = sandbox.run(&["test", "cases.yaml"]);
    assert_eq!(ran.code(), 3);
    has(
        &ran.stdout(),
        &["error[ruleset.unknown_model]: there is no model `atlas-9`\n  --> cases.yaml:20:9\n", "1 file not run"],
    );

    sandbox.write("cases.yaml", cases(&[FOREIGN]));
    sandbox.write("more.yaml", cases(&[CITIZEN]));
    sandbox.write("rules.yaml", RULESET.replace("outcome: deny", "outcome: dney"));
    let ran = sandbox.run(&["test", "cases.yaml", "more.yaml"]);
    assert_eq!(ran.code(), 3);
    has(&ran.stdout(), &["--> rules.yaml:40:14\n", "did you mean `deny`?", "2 files not run"]);
    assert_eq!(ran.stdout().matches("dney`").count(), 1, "told once\n{}", ran.stdout());

    sandbox.fails_but_reports(&["test", "nothing.yaml"], 1, "cannot read `nothing.yaml`");
    sandbox.write("cases.txt", "");
    sandbox.fails_but_reports(&["test", "cases.txt"], 1, "a file of cases ends in .yaml, .yml or .json");
    sandbox.write("cases.yaml", cases(&[FOREIGN]).replace("rules.yaml", "gone.yaml"));
    sandbox.fails_but_reports(&["test", "cases.yaml"], 1, "cannot read `gone.yaml`");
    sandbox.fails(&["test", "cases.yaml", "--ruleset", "A"], 2, &["--ruleset"]);
    sandbox.fails(&["test", "cases.yaml", "--json", "--watch"], 2, &["--watch"]);
}

impl Sandbox {
    /// Replaces the file atomically, so that no reader sees half of it.
    fn replace(&self, name: &str, text: impl AsRef<[u8]>) {
        self.write("new", text);
        std::fs::rename(self.0.join("new"), self.0.join(name)).unwrap();
    }

    fn fails_but_reports(&self, arguments: &[&str], code: i32, says: &str) {
        let ran = self.run(arguments);
        assert_eq!(ran.code(), code, "{}", ran.stdout());
        has(&ran.stderr(), &[says]);
    }
}

#[test]
fn what_the_engine_refuses_is_a_case_that_differs() {
    let text = cases(&[&CITIZEN.replace("context: {", "context: { moon_phase: full,")]);
    let sandbox = sandbox("cases-refused", &text);
    let ran = sandbox.run(&["test", "cases.yaml", "--junit", "out.xml"]);
    assert_eq!(ran.code(), 6);
    has(&ran.stdout(), &["expected allow; there is no decision", "[context.unknown_field]", "moon_phase"]);
    has(&sandbox.read("out.xml"), &["failures=\"0\" errors=\"1\"", "<error message=\"[context.unknown_field]"]);
    assert_eq!(
        sandbox.run(&["test", "cases.yaml", "--json"]).json()["files"][0]["cases"][0]["error"]["code"],
        "context.unknown_field"
    );
}

#[test]
fn watch_runs_again_what_changed() {
    let sandbox = sandbox("cases-watch", &cases(&[FOREIGN]));
    sandbox.write("other.yaml", cases(&[CITIZEN]).replace("rules.yaml", "other-rules.yaml"));
    sandbox.write("other-rules.yaml", RULESET);
    let mut child = Command::new(env!("CARGO_BIN_EXE_brightline"))
        .args(["test", "--watch", "cases.yaml", "other.yaml"])
        .current_dir(&sandbox.0)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let (send, lines) = mpsc::channel();
    let out = BufReader::new(child.stdout.take().unwrap());
    let reader = std::thread::spawn(move || out.lines().map_while(Result::ok).try_for_each(|line| send.send(line)));
    // All lines up to the one that announces the next wait.
    let run = || {
        let (mut text, end) = (String::new(), Instant::now() + Duration::from_secs(60));
        while let Ok(line) = lines.recv_timeout(end.saturating_duration_since(Instant::now())) {
            if line.starts_with("watching") {
                return text;
            }
            text += &(line + "\n");
        }
        panic!("it does not wait after\n{text}");
    };
    let steps = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        has(&run(), &["2 passed, 0 failed"]);
        sandbox.replace("cases.yaml", cases(&[&FOREIGN.replace("fallback: atlas-4", "fallback: atlas-3")]));
        let second = run();
        has(&second, &["`cases.yaml` runs again\n", "FAIL A-02", "! fallback", "1 passed, 1 failed"]);
        assert!(!second.contains("`other.yaml` runs again"), "{second}");
        // The new text has another length, because a file system's clock may not separate two changes within
        // milliseconds.
        sandbox.replace("other-rules.yaml", RULESET.replace("outcome: deny", "outcome: denny"));
        has(&run(), &["`other.yaml` runs again\n", "`denny`", "0 passed, 1 failed, 1 file not run"]);
        sandbox.replace("other-rules.yaml", RULESET);
        std::fs::remove_file(sandbox.0.join("cases.yaml")).unwrap();
        let mut text = run();
        // One poll may see both changes, or two polls one each.
        while !text.contains("1 passed, 0 failed, 1 file not run") {
            text = run();
        }
        sandbox.replace("cases.yaml", cases(&[FOREIGN]));
        has(&run(), &["`cases.yaml` runs again\n", "2 passed, 0 failed"]);
    }));
    child.kill().unwrap();
    child.wait().unwrap();
    let _ = reader.join();
    if let Err(failure) = steps {
        std::panic::resume_unwind(failure);
    }
}
