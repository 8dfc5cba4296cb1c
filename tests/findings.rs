//! Each mistake that an author can make: its code, its position and its help.

#![cfg(not(target_arch = "wasm32"))]
#![cfg(feature = "author")]
#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used, reason = "in a test a panic is how a check fails")]

use brightline::{Diagnostic, parse_yaml, read_ruleset};

const GOOD: &str = r#"ruleset: r
version: 1
language: 1
issued: 2026-01-01T00:00:00Z
expires: 2026-04-01T00:00:00Z
notice: 30d
default: allow
actions: [chat, embed]
models:
  - { id: large, capability: { cyber: 4 } }
  - { id: small, capability: { cyber: 1 } }
issuers:
  - id: idp
    iss: https://idp.example
    audience: https://api.example
    keys: [ { kty: OKP, crv: Ed25519, alg: Ed25519, kid: k1, x: 11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo } ]
    skew: 30s
    assurance: { claim: /level, levels: { ial2: substantial } }
    claims: { subject.us_status: /us_status }
obligations: { log: Keep a record. }
licences:
  - id: l1
    basis: { citation: Licence }
    holder: { subject.id: "idp:u1" }
    until: 2027-01-01T00:00:00Z
rules:
  - id: one
    title: One
    outcome: { degrade: { model: small } }
    reason: foreign_person
    message: No.
    basis: { citation: Order, url: "https://law.example" }
    effective: { notice: 2026-01-05T00:00:00Z, from: 2026-01-10T00:00:00Z, until: 2026-02-01T00:00:00Z }
    scope: { models: { capability.cyber: { at_least: 4 } }, actions: [chat] }
    when: { subject.foreign_person: true, subject.nationalities: { any_of: [FR] } }
    evidence: { subject.us_person: { assurance: 2, max_age: 365d, issuers: [idp] } }
    unless:
      - { licence: l1 }
      - { id: e1, reason: exemption, when: { subject.employer: [lab] }, obligations: [log] }
"#;

fn findings(text: &str) -> Vec<Diagnostic> {
    match parse_yaml(text).and_then(|document| read_ruleset(&document)) {
        Ok(_) => Vec::new(),
        Err(findings) => findings,
    }
}

/// Replaces `from` with `to` and expects one finding, whose position is the text `at`.
#[track_caller]
fn one(from: &str, to: &str, code: &str, at: &str, help: Option<&str>) {
    assert!(GOOD.contains(from), "{from}");
    let text = GOOD.replacen(from, to, 1);
    let found = findings(&text);
    let [finding] = found.as_slice() else { panic!("{from} → {to}: {found:#?}") };
    assert_eq!(finding.code, code, "{finding:?}");
    let place = text.get(finding.at.start..finding.at.end).unwrap();
    assert!(place.starts_with(at), "{code} points at `{place}`");
    if let Some(help) = help {
        assert_eq!(finding.help.as_deref(), Some(help), "{finding:?}");
    }
}

#[test]
fn the_good_one_is_good_and_its_canonical_form_is_the_same() {
    let ruleset = read_ruleset(&parse_yaml(GOOD).unwrap()).unwrap();
    let canonical = ruleset.to_json();
    let again = read_ruleset(&brightline::parse_json(&canonical).unwrap()).unwrap();
    assert_eq!(again.to_json(), canonical);
    let shipped = include_str!("../pkg/rulesets/us-model-access.yaml").replace(
        "keys: []",
        "keys: [ { kty: OKP, crv: Ed25519, alg: Ed25519, kid: k1, x: 11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo } ]",
    );
    let canonical = read_ruleset(&parse_yaml(&shipped).unwrap()).unwrap().to_json();
    assert_eq!(read_ruleset(&brightline::parse_json(&canonical).unwrap()).unwrap().to_json(), canonical);
}

#[test]
fn names_that_do_not_exist() {
    one("    effective: {", "    effectve: {", "ruleset.unknown_field", "effectve", Some("did you mean `effective`?"));
    one(
        "subject.foreign_person: true",
        "subject.foreign_persn: true",
        "ruleset.unknown_attribute",
        "subject.foreign_persn",
        Some("did you mean `subject.foreign_person`?"),
    );
    one("model: small }", "model: smal }", "ruleset.unknown_model", "smal", Some("did you mean `small`?"));
    one("actions: [chat] }", "actions: [chatt] }", "ruleset.unknown_action", "chatt", Some("did you mean `chat`?"));
    one(
        "capability.cyber: { at",
        "capability.cybr: { at",
        "ruleset.unknown_capability",
        "capability.cybr",
        Some("did you mean `cyber`?"),
    );
    one("licence: l1", "licence: l2", "ruleset.unknown_licence", "l2", None);
    one("issuers: [idp]", "issuers: [ipd]", "ruleset.unknown_issuer", "ipd", None);
    one("obligations: [log]", "obligations: [lgo]", "ruleset.unknown_obligation", "lgo", None);
    one("{ degrade:", "{ degrad:", "ruleset.unknown_outcome", "degrad", Some("did you mean `degrade`?"));
    one("default: allow", "default: alow", "ruleset.unknown_outcome", "alow", Some("did you mean `allow`?"));
    one("substantial", "substantil", "ruleset.unknown_level", "substantil", Some("did you mean `substantial`?"));
    one("any_of: [FR]", "any_of: [fr]", "ruleset.unknown_country", "fr", Some("did you mean `FR`?"));
    one("any_of: [FR]", "any_of: [UK]", "ruleset.unknown_country", "UK", Some("did you mean `GB`?"));
    one("any_of: [FR]", "any_of: [QX]", "ruleset.unknown_country", "QX", None);
    one(
        "{ subject.employer: [lab] }",
        "{ subject.us_status: [citzen] }",
        "ruleset.unknown_value",
        "citzen",
        Some("did you mean `citizen`?"),
    );
}

#[test]
fn values_of_the_wrong_type() {
    one("subject.foreign_person: true", "subject.foreign_person: \"no\"", "ruleset.type", "\"no\"", None);
    one("version: 1", "version: one", "ruleset.type", "one", None);
    one("at_least: 4", "at_least: four", "ruleset.type", "four", None);
    one("iss: https://idp.example", "iss: [1]", "ruleset.type", "1", None);
}

#[test]
fn values_that_cannot_be() {
    one("2026-01-10T00:00:00Z", "next week", "ruleset.instant", "next week", None);
    one("notice: 30d", "notice: 30 days", "ruleset.span", "30 days", None);
    one("skew: 30s", "skew: 61s", "ruleset.skew", "61s", None);
    one("until: 2026-02-01", "until: 2026-01-09", "ruleset.window", "2026-01-09", None);
    one("expires: 2026-04-01", "expires: 2025-04-01", "ruleset.window", "2025-04-01", None);
    one("notice: 2026-01-05", "notice: 2026-01-11", "ruleset.notice", "2026-01-10", None);
    one("any_of: [FR]", "any_of: []", "ruleset.empty", "[]", None);
    one("reason: foreign_person", "reason: Foreign person", "ruleset.reason", "Foreign person", None);
    one("reason: foreign_person", "reason: token.expired", "ruleset.reason", "token.expired", None);
    one("https://law.example", "law.example", "ruleset.url", "\"law.example", None);
    one("/us_status", "us_status", "ruleset.pointer", "us_status", None);
    one("at_least: 4", "at_least: 4, at_most: 3", "ruleset.range", "{", None);
    one(
        "subject.nationalities: { any_of: [FR] } }",
        "subject.organisation.listed_owners: { lists: [SDN], at_least: 150 } }",
        "ruleset.range",
        "{ lists",
        None,
    );
    one("language: 1", "language: 2", "ruleset.language", "2", None);
    one("{ degrade: { model: small } }", "degrade", "ruleset.outcome", "degrade", None);
    one("{ degrade: { model: small } }", "{ deny: { model: small } }", "ruleset.outcome", "{ model", None);
    one("ruleset: r", "ruleset: two words", "ruleset.id", "two words", None);
    one(
        "evidence: { subject.us_person:",
        "evidence: { context.country:",
        "ruleset.no_evidence",
        "context.country",
        None,
    );
    one("  - { id: small,", "  - { id: large }\n  - { id: small,", "ruleset.duplicate", "large", None);
    one("11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo", "11qY", "key.encoding", "{ kty", None);
    one("    basis: { citation: Order,", "    basis: {", "ruleset.missing_field", "{ url", None);
    one("    message: No.\n", "", "ruleset.missing_field", "id: one", None);
}

#[test]
fn what_is_there_twice() {
    let key = "{ kty: OKP, crv: Ed25519, alg: Ed25519, kid: k1, x: 11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo }";
    let renamed = key.replace("k1", "k2");
    one(&format!("{key} ]"), &format!("{key}, {renamed} ]"), "key.duplicate", "{ kty", None);
    let another = format!(
        "issuers:\n  - {{ id: other, iss: https://idp.example, audience: a, keys: [ {key} ], assurance: 1 }}\n"
    );
    one("issuers:\n", &another, "ruleset.duplicate", "idp", None);
}

#[test]
fn every_error_is_reported_at_once() {
    let text =
        GOOD.replace("default: allow", "default: alow").replace("notice: 30d", "notice: soon").replace("FR", "XX");
    let codes: Vec<&str> = findings(&text).iter().map(|finding| finding.code).collect();
    assert_eq!(codes, ["ruleset.span", "ruleset.unknown_outcome", "ruleset.unknown_country"]);
}

#[test]
fn what_the_language_declares_is_checked() {
    let rules = "rules:\n  - id: one";
    let with = |more: &str| format!("{more}\n{rules}");
    let attribute = |text: &str| with(&format!("attributes: {{ {text} }}"));
    let group = |text: &str| with(&format!("groups: {{ {text} }}"));
    for (text, code, at) in [
        (attribute("subject.badge: { type: colour }"), "ruleset.unknown_type", "colour"),
        (attribute("badge: { type: text }"), "ruleset.id", "badge"),
        (attribute("subject.us_person: { type: text }"), "ruleset.duplicate", "subject.us_person"),
        (attribute("context.places: { type: texts }"), "ruleset.duplicate", "context.places"),
        (attribute("context.held: { type: dated_countries }"), "ruleset.type", "context.held"),
        (attribute("context.note: { type: text, absent: false }"), "ruleset.absent", "false"),
        (attribute("subject.to: { strictest_of: [subject.employer] }"), "ruleset.type", "subject.employer"),
        (attribute("subject.to: { strictest_of: [subject.to] }"), "ruleset.circular", "subject.to"),
        (group("DE: { citation: c, as_of: 2026-01-01, members: [FR] }"), "ruleset.id", "DE"),
        (group("g: { citation: c, as_of: 2026-01-01, members: [UK] }"), "ruleset.unknown_country", "UK"),
        (group("g: { citation: c, as_of: 2026-01-01 }"), "ruleset.missing_field", "{ citation"),
        (with("territories: { HK: Chin }"), "ruleset.unknown_country", "Chin"),
    ] {
        one(rules, &text, code, at, None);
    }
    one("any_of: [FR]", "any_of: [friends]", "ruleset.unknown_country", "friends", None);
    one(
        "subject.us_status: /us_status",
        "subject.us_status: { claim: /s, complete: true }",
        "ruleset.complete",
        "true",
        None,
    );
    one(
        "subject.us_status: /us_status",
        "subject.us_status: { claim: /s, not: true }",
        "ruleset.convert",
        "{ claim",
        None,
    );
    one(
        "subject.us_status: /us_status",
        "subject.us_status: { claim: /s, split: \" \" }",
        "ruleset.convert",
        "\" \"",
        None,
    );
    one(
        "subject.us_status: /us_status",
        "subject.us_status: { claim: /s, values: { a: citzen } }",
        "ruleset.unknown_value",
        "citzen",
        None,
    );
    one(
        "subject.us_status: /us_status",
        "subject.foreign_person: /f",
        "ruleset.unknown_attribute",
        "subject.foreign_person",
        None,
    );
    one("issuers: [idp]", "classes: [gov]", "ruleset.unknown_class", "gov", None);
    one(
        "    skew: 30s",
        "    preset: oicd\n    skew: 30s",
        "ruleset.unknown_preset",
        "oicd",
        Some("did you mean `oidc`?"),
    );
    one(
        "    reason: foreign",
        "    absence: clear\n    reason: foreign",
        "ruleset.absence",
        "clear",
        Some("did you mean `clears`?"),
    );
    let when = "    when: { subject.foreign_person: true,";
    let of_others = |asks: &str| format!("    parties: [subject, reseller]\n    when: {{ {asks},");
    let help = Some("ask for `subject.foreign_person`, or write a separate rule for the person served");
    one(when, &of_others("subject.us_person: true"), "ruleset.whereabouts", "subject.us_person", help);
    one(
        when,
        &of_others("any: [ { not: { subject.us_person: false } } ]"),
        "ruleset.whereabouts",
        "subject.us_person",
        help,
    );
    for (from, to) in [
        ("when: { subject.employer: [lab] }", "when: { subject.us_person: true }"),
        ("holder: { subject.id: \"idp:u1\" }", "holder: { subject.us_person: true }"),
    ] {
        let text = GOOD.replace(when, &of_others("subject.foreign_person: true")).replace(from, to);
        let found = findings(&text);
        assert_eq!(found.iter().map(|one| one.code).collect::<Vec<_>>(), ["ruleset.whereabouts"], "{to}: {found:#?}");
        assert!(findings(&text.replace("[subject, reseller]", "[subject, end_user]")).is_empty(), "{to}");
    }
    one("    skew: 30s", "    proof_age: 601s", "ruleset.skew", "601s", None);
    one("    reason: foreign", "    sealed: short\n    reason: foreign", "ruleset.seal", "short", None);
    one(
        "    reason: foreign",
        "    unknown: { subject.foreign_person: { stal: x } }\n    reason: foreign",
        "ruleset.unknown_cause",
        "stal",
        Some("did you mean `stale`?"),
    );
    one(
        "- { licence: l1 }",
        "- { id: e0, reason: x, when: { subject.employer: a } }",
        "ruleset.unreachable_licence",
        "l1",
        None,
    );
    one(
        "  - { id: small,",
        "  - { id: tuned, derived_from: nothing }\n  - { id: small,",
        "ruleset.unknown_model",
        "tuned",
        None,
    );
    one(
        "  - { id: small,",
        "  - { id: tuned, derived_from: tuned }\n  - { id: small,",
        "ruleset.circular",
        "tuned",
        None,
    );
    one("{ capability.cyber: { at_least: 4 } }", "{ lab: nobody }", "ruleset.unknown_lab", "nobody", None);
    one("{ capability.cyber: { at_least: 4 } }", "{ tag: nothing }", "ruleset.unknown_tag", "nothing", None);
    one(
        "subject.nationalities: { any_of: [FR] }",
        "context.regions: [Crimea]",
        "ruleset.unknown_region",
        "[Crimea]",
        None,
    );
    one(
        "subject.nationalities: { any_of: [FR] }",
        "subject.nationalities: { count: { } }",
        "ruleset.empty",
        "{ }",
        None,
    );
    one(
        "subject.nationalities: { any_of: [FR] }",
        "subject.list_hits: { has: { lst: x } }",
        "ruleset.unknown_field",
        "lst",
        None,
    );
}

/// Mistakes of users of other policy languages, or of YAML: each with the correct form.
#[test]
fn what_a_newcomer_writes_is_answered_with_what_to_write() {
    let country = "subject.nationalities: { any_of: [FR] }";
    for (from, to, code, at, help) in [
        ("    when: {", "    if: {", "ruleset.unknown_field", "if", "did you mean `when`?"),
        ("    unless:", "    except:", "ruleset.unknown_field", "except", "did you mean `unless`?"),
        (country, "subject.nationalities: { any: [FR] }", "ruleset.unknown_field", "any", "did you mean `any_of`?"),
        (country, "subject.residence: { any_of: [FR] }", "ruleset.unknown_field", "any_of", "did you mean `in`?"),
        (country, "subject.residence: { none_of: [FR] }", "ruleset.unknown_field", "none_of", "did you mean `not_in`?"),
        (country, "subject.residence: { equals: FR }", "ruleset.unknown_field", "equals", "did you mean `in`?"),
        (
            country,
            "any_of: [ { subject.residence: FR } ]",
            "ruleset.unknown_attribute",
            "any_of",
            "did you mean `any`?",
        ),
        (
            country,
            "subject.clearance: secret",
            "ruleset.unknown_attribute",
            "subject.clearance",
            "declare it under `attributes`, such as `subject.clearance: { type: text }`, and map a claim to it under `claims` of \
             an issuer",
        ),
        (
            country,
            "context.training: true",
            "ruleset.unknown_attribute",
            "context.training",
            "declare it under `attributes`, such as `context.training: { type: bool }`; the host states it with each request",
        ),
        (
            country,
            "clearance: secret",
            "ruleset.unknown_attribute",
            "clearance",
            "the name of an attribute begins with `subject.` or `context.`; `attributes` declares more",
        ),
        ("{ degrade: { model: small } }", "{ deny: {} }", "ruleset.outcome", "{}", "write `outcome: deny`"),
        (
            "{ degrade: { model: small } }",
            "{ degrade: small }",
            "ruleset.type",
            "small",
            "write `{ degrade: { model: small } }`",
        ),
        (
            "{ degrade: { model: small } }",
            "{ degrade: chat }",
            "ruleset.type",
            "chat",
            "write `{ degrade: { action: chat } }`",
        ),
        (
            "default: allow",
            "default: { outcome: allow, deny: {} }",
            "ruleset.unknown_field",
            "deny",
            "write `outcome: deny`",
        ),
        ("person: true", "person: yes", "ruleset.type", "yes", "write `true`"),
        ("version: 1", "version: \"1\"", "ruleset.type", "\"1\"", "leave out the quotes"),
        ("citation: Licence", "citation: 7", "ruleset.type", "7", "put it in quotes"),
        ("{ citation: Licence }", "Licence", "ruleset.type", "Licence", "write `{ citation: \"…\" }`"),
        (
            "{ models: { capability.cyber: { at_least: 4 } }, actions: [chat] }",
            "[large]",
            "ruleset.type",
            "[large]",
            "write `{ models: [ … ] }`, `{ actions: [ … ] }`, or both",
        ),
        (
            country,
            "subject.employments: { org: lab }",
            "ruleset.unknown_field",
            "org",
            "write `subject.employments: { has: { org: … } }`",
        ),
        (
            country,
            "not: [ { subject.residence: FR } ]",
            "ruleset.type",
            "[ {",
            "write `{ all: [ … ] }` where all of them must hold, `{ any: [ … ] }` where one is enough",
        ),
        (
            "any_of: [FR]",
            "any_of: [subject.residence]",
            "ruleset.not_a_value",
            "subject.residence",
            "a matcher takes values; an attribute cannot be compared with another one",
        ),
        (
            "subject.employer: [lab]",
            "subject.employer: [subject.foreign_person]",
            "ruleset.not_a_value",
            "subject.foreign_person",
            "a matcher takes values; an attribute cannot be compared with another one",
        ),
        (
            "subject.employer: [lab]",
            "subject.employments: { has: { org: context.country } }",
            "ruleset.not_a_value",
            "context.country",
            "a matcher takes values; an attribute cannot be compared with another one",
        ),
    ] {
        one(from, to, code, at, Some(help));
    }
}

#[test]
fn a_wildcard_is_refused_where_a_plain_text_stands_for_what_is_below_it() {
    for (text, plain) in [
        ("weapons.*", "weapons"),
        ("weapons*", "weapons"),
        ("weapons.", "weapons"),
        (".weapons", "weapons"),
        ("weapons/*", "weapons"),
        ("weapons.*.cbrn", "weapons"),
        ("^weapons", "weapons"),
        ("weapons.?", "weapons"),
    ] {
        let help = format!("write `{plain}`, which matches `{plain}` and everything below it after a dot");
        let under = format!("context.purpose: {{ under: [research, \"{text}\"] }}");
        one("subject.nationalities: { any_of: [FR] }", &under, "ruleset.prefix", &format!("\"{text}"), Some(&help));
        let end_uses = format!("    end_uses: [\"{text}\"]\n    until: 2027");
        one("    until: 2027", &end_uses, "ruleset.prefix", &format!("\"{text}"), Some(&help));
    }
    let all = "leave the test out: it would hold for every value";
    one(
        "subject.nationalities: { any_of: [FR] }",
        "context.purpose: { under: \"*\" }",
        "ruleset.prefix",
        "\"*",
        Some(all),
    );
}

#[test]
fn the_name_of_a_group_is_no_text_and_a_group_with_a_finding_is_known_all_the_same() {
    let with = |group: &str, condition: &str| {
        let groups = format!("groups: {{ eu.members: {group} }}\nrules:\n  - id: one");
        let text = GOOD.replacen("rules:\n  - id: one", &groups, 1);
        let found = findings(&text.replacen("subject.nationalities: { any_of: [FR] }", condition, 1));
        found.into_iter().map(|finding| (finding.code, finding.help.unwrap_or_default())).collect::<Vec<_>>()
    };
    let good = "{ citation: TEU, as_of: 2026-01-01, members: [DE] }";
    let help = "a group can appear where a country can, but this attribute has texts".to_owned();
    assert_eq!(with(good, "subject.employer: { any_of: [eu.members] }"), [("ruleset.not_a_value", help.clone())]);
    assert_eq!(with(good, "subject.employer: [\"eu.members@2026-01-01\"]"), [("ruleset.not_a_value", help)]);
    assert_eq!(with(good, "subject.residence: [eu.members]"), []);
    assert_eq!(with("[DE]", "subject.residence: [eu.members]").len(), 1);
    assert_eq!(with("{ citation: TEU, members: [DE] }", "subject.residence: [eu.members]").len(), 1);
}

#[test]
fn what_is_wrong_with_the_text_is_said_where_it_is() {
    let texts = |from: &str, to: &str| {
        assert!(GOOD.contains(from), "{from}");
        let text = GOOD.replacen(from, to, 1);
        let found = findings(&text);
        let [finding] = found.as_slice() else { panic!("{to}: {found:#?}") };
        assert_eq!(finding.code, "source.yaml");
        let line = text.get(..finding.at.start).unwrap_or_default().matches('\n').count();
        (text.lines().nth(line).unwrap().trim().to_owned(), finding.message.clone())
    };
    let tab = "a tab indents this line".to_owned();
    let (bracket, brace) = ("this `[` is not closed".to_owned(), "this `{` is not closed".to_owned());
    for (from, to, line, message) in [
        ("    title: One", "\ttitle: One", "title: One", &tab),
        ("    title: One", "    title: One\n\n\tx: 1", "x: 1", &tab),
        ("[chat, embed]", "[chat, embed", "actions: [chat, embed", &bracket),
        (
            "  - { id: small, capability: { cyber: 1 } }",
            "  - { id: small, capability: { cyber: 1 }",
            "- { id: small, capability: { cyber: 1 }",
            &brace,
        ),
        ("{ log: Keep a record. }", "{ log: Keep a record.", "obligations: { log: Keep a record.", &brace),
        (
            "[FR] } }",
            "[FR } }",
            "when: { subject.foreign_person: true, subject.nationalities: { any_of: [FR } }",
            &bracket,
        ),
        ("    title: One", "    title:One", "title:One", &"this line is not `NAME: VALUE`".to_owned()),
        (
            "    title: One",
            "    title: One: two",
            "title: One: two",
            &"a text without quotes cannot contain a colon and a space".to_owned(),
        ),
        (
            "    title: One",
            "   title: One",
            "title: One",
            &"this line is not indented like the lines that it belongs with".to_owned(),
        ),
    ] {
        assert_eq!(texts(from, to), (line.to_owned(), message.clone()), "{to}");
    }
    // Brackets in quotes, comments and text blocks do not count.
    let innocent =
        GOOD.replacen("    title: One", "    # [ {\n    title: \"[ {\"\n    message: |\n      [ {\n   x: 1", 1);
    let found = findings(&innocent);
    assert!(found.iter().all(|finding| !finding.message.contains("is not closed")), "{found:#?}");
}

#[test]
fn a_file_of_cases_is_no_ruleset_and_the_other_way_round() {
    let cases = "cases:\n  - { id: a, ruleset: A, at: 2026-01-02, model: m, action: a, expect: { outcome: allow } }\n";
    let found = findings(cases);
    let [finding] = found.as_slice() else { panic!("{found:#?}") };
    assert_eq!((finding.code, finding.help.as_deref()), ("ruleset.cases", Some("run it with `brightline test`")));
    let found = brightline::read_cases(&parse_yaml(GOOD).unwrap()).unwrap_err();
    let [finding] = found.as_slice() else { panic!("{found:#?}") };
    assert_eq!((finding.code, finding.help.as_deref()), ("case.is_ruleset", Some("run it with `brightline check`")));
}

#[test]
fn two_of_one_name_are_found_beside_other_findings_and_a_misspelt_group_beside_a_code() {
    let second = "  - { id: one, title: Two, outcome: dney, reason: r, message: M., basis: { citation: O } }\n";
    let codes = |text: &str| findings(text).iter().map(|finding| finding.code).collect::<Vec<_>>();
    assert_eq!(codes(&format!("{GOOD}{second}")), ["ruleset.unknown_outcome", "ruleset.duplicate"]);

    let groups = "groups:\n  eu: { citation: TEU, as_of: 2026-01-01, members: [DE] }\nrules:\n";
    let text = GOOD.replace("rules:\n", groups).replace("any_of: [FR]", "any_of: [eu2, fr]");
    let found = findings(&text);
    let said: Vec<_> = found.iter().map(|finding| (finding.code, finding.help.as_deref())).collect();
    assert_eq!(
        said,
        [
            ("ruleset.unknown_group", Some("did you mean `eu`?")),
            ("ruleset.unknown_country", Some("did you mean `FR`?"))
        ]
    );
}

#[test]
fn what_a_conversion_and_a_seal_cannot_be() {
    let claims = "claims: { subject.us_status: /us_status }";
    one(claims, "claims: { subject.us_person: { claim: /p, is: [us, [x]] } }", "ruleset.type", "[x]", None);
    one(claims, "claims: { subject.us_person: { claim: /p, is: null } }", "ruleset.type", "null", None);
    one("    message: No.", "    message: No.\n    sealed: { sha256: abc }", "ruleset.seal", "abc", None);
}
