#![allow(clippy::arithmetic_side_effects, clippy::as_conversions, reason = "in a test a panic is how a check fails")]

use super::*;
use crate::author::language;
use crate::base::dice::Dice;
use crate::base::time::Instant;
use crate::check::decide::for_authors::Brief;
use crate::check::decide::{self, Request};
use crate::check::decision::Outcome;
use crate::check::program;
use std::fmt::Write;

const KEY: &str =
    "[ { kty: OKP, crv: Ed25519, alg: Ed25519, kid: k1, x: 11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo } ]";

fn read(text: &str) -> Program {
    let document = language::parse_yaml(text).unwrap();
    program::compile(language::read(&document).unwrap_or_else(|findings| panic!("{findings:#?}\n{text}")))
}

const SHIPPED: [&str; 6] = [
    include_str!("../../../pkg/rulesets/eu-dual-use.yaml"),
    include_str!("../../../pkg/rulesets/itar-enclave.yaml"),
    include_str!("../../../pkg/rulesets/us-baseline.yaml"),
    include_str!("../../../pkg/rulesets/us-model-access.yaml"),
    include_str!("../../../pkg/rulesets/us-model-weights.yaml"),
    include_str!("../../../pkg/rulesets/us-order.yaml"),
];

/// A shipped ruleset in which each issuer has a key of its own.
fn shipped(text: &str) -> Program {
    let parts: Vec<&str> = text.split("keys: []").collect();
    let mut whole = parts[0].to_owned();
    for (number, part) in parts[1..].iter().enumerate() {
        write!(whole, "keys: {}{part}", KEY.replace("k1", &format!("k{number}"))).unwrap();
    }
    read(&whole)
}

/// A ruleset of random rules.
fn random(dice: &mut Dice) -> Program {
    let mut text = format!(
        "{{ ruleset: r, version: 1, language: 1, issued: 2026-01-01, expires: 2027-01-01, notice: 30d, default: {}, \
         actions: [chat, agent], models: [ {{ id: large, title: L }}, {{ id: small, title: S }} ], \
         attributes: {{ subject.level: {{ type: number }}, context.on_site: {{ type: bool, absent: false }} }}, \
         issuers: [ {{ id: a, iss: a, audience: x, assurance: high, keys: {KEY}, claims: {{ subject.us_status: /s, subject.residence: /r, \
         subject.nationalities: {{ claim: /n, complete: true }}, subject.employer: /e, subject.level: /l, \
         subject.nationalities_complete: /c }} }}, {{ id: b, class: gov, iss: b, audience: x, assurance: high, keys: {}, \
         claims: {{ subject.residence: /r, subject.us_person: /u }} }} ], rules: [",
        dice.pick(&["allow", "deny"]),
        KEY.replace("k1", "k2")
    );
    let leaves = [
        "subject.foreign_person: true",
        "subject.us_person: true",
        "subject.us_status: [citizen, lpr]",
        "subject.nationalities: { any_of: [DE, IR] }",
        "subject.nationalities: { only: [FR] }",
        "subject.nationalities_ever: { none_of: [IR] }",
        "subject.most_recent_nationality: [FR]",
        "subject.residence: { not_in: [DE] }",
        "subject.employer: [lab]",
        "subject.level: { at_least: 3 }",
        "subject.id: [\"a:1\"]",
        "context.country: [DE, FR]",
        "context.countries: { count: { at_least: 2 } }",
        "context.regions: { any_of: [UA-43] }",
        "context.regions: { only: [UA-43, US-CA] }",
        "context.regions: { all_of: [UA-43, DE-BE] }",
        "context.purpose: { under: [military] }",
        "context.on_site: true",
    ];
    for rule in 0..1 + dice.roll(6) {
        let (one, two, three) = (dice.pick(&leaves), dice.pick(&leaves), dice.pick(&leaves));
        let join = dice.pick(&["all", "any"]);
        let outcome = dice.pick(&["deny", "review", "step_up", "allow", "{ degrade: { model: small } }"]);
        let models = dice.pick(&["[large]", "[large, small]"]);
        let evidence = dice.pick(&[
            "{}",
            "{ subject.us_person: { assurance: 2, max_age: 30d } }",
            "{ subject.residence: { issuers: [b] } }",
        ]);
        let parties = dice.pick(&["", "", "parties: all,", "parties: [end_user],", "parties: [reseller, end_user],"]);
        // The location of the request does not apply to other parties.
        let [one, two, three] = [one, two, three].map(|leaf| match (leaf, parties) {
            ("subject.us_person: true", "parties: all," | "parties: [reseller, end_user],") => {
                "subject.foreign_person: false"
            }
            _ => leaf,
        });
        write!(
            text,
            "{{ id: r{rule}, title: t, outcome: {outcome}, reason: why, message: m, basis: {{ citation: c }}, \
             scope: {{ models: {models} }}, when: {{ {join}: [ {{ {one} }}, {{ {two} }} ] }}, evidence: {evidence}, \
             {parties} unless: [ {{ id: e, reason: lifted, when: {{ {three} }} }} ] }}, "
        )
        .unwrap();
    }
    read(&(text + "] }"))
}

/// Before, at and after the greatest ages of the rulesets, counted from 2026-06-20.
const INSTANTS: [&str; 12] = [
    "",
    "2026-06-01",
    "2024-01-01",
    "2026-06-20",
    "2026-06-20T00:00:00.001Z",
    "2026-08-01T00:00:00+02:00",
    "2025-06-20",
    "2025-06-20T00:00:00.001Z",
    "2025-12-22",
    "2025-12-22T00:00:01Z",
    "2026-05-21",
    "2026-05-21T00:00:00.001Z",
];

/// A random cell for a column of this name; often empty.
fn cell(dice: &mut Dice, name: &str) -> String {
    let countries = ["DE", "FR", "IR", "US", "CU", "UA", "CN", "GB", "TW"];
    if name.ends_with(".assurance") {
        return dice.pick(&["", "", "0", "1", "2", "3", "none"]).to_owned();
    } else if name.ends_with(".verified_at") {
        return dice.pick(&INSTANTS).to_owned();
    } else if name.ends_with(".complete") {
        return dice.pick(&["", "true", "false", "ever"]).to_owned();
    } else if name.ends_with(".issuer") {
        return String::new();
    }
    let some = match name {
        "subject.us_person" | "subject.nationalities_complete" => dice.pick(&["true", "false"]).to_owned(),
        "subject.us_status" => dice.pick(&["citizen", "lpr", "nonimmigrant", "none"]).to_owned(),
        "subject.nationalities" | "subject.permanent_residencies" | "context.countries" => match dice.roll(4) {
            0 => format!("{};{}", dice.pick(&countries), dice.pick(&countries)),
            1 => format!("{} {}", dice.pick(&countries), dice.pick(&countries)),
            2 => format!("[\"{}\"]", dice.pick(&countries)),
            _ => dice.pick(&countries).to_owned(),
        },
        "context.regions" => dice.pick(&["UA-43", "US-CA", "UA-14"]).to_owned(),
        "subject.employer" => dice.pick(&["lab", "mill;lab", "mill"]).to_owned(),
        "subject.employments" => dice
            .pick(&["[]", r#"[{"org":"lab","role":"employee","nda":true,"regular":true}]"#, r#"[{"org":"mill"}]"#])
            .to_owned(),
        "subject.list_hits" => dice.pick(&["[]", r#"[{"list":"SDN","status":"possible"}]"#]).to_owned(),
        "subject.organisation.listed_owners" => r#"[{"list":"SDN","pct":50}]"#.to_owned(),
        "subject.id" => dice.pick(&["a:1", "a:2", "[\"a:1\"]", "demo-idp:d-900001"]).to_owned(),
        "context.purpose" => dice.pick(&["military.end_use", "chess", "weapons"]).to_owned(),
        "context.chain_roles" => dice.pick(&["reseller", "end_user;app", "app", "end_user"]).to_owned(),
        "subject.level" => dice.pick(&["2", "3.5"]).to_owned(),
        name if name.contains("residence") || name.contains("organisation.") || name.ends_with("country") => {
            dice.pick(&countries).to_owned()
        }
        name if name.starts_with("context.") => dice.pick(&["true", "false"]).to_owned(),
        _ => return String::new(),
    };
    if dice.roll(3) == 0 { String::new() } else { some }
}

#[test]
fn an_outcome_is_what_the_whole_decision_says() {
    let mut dice = Dice(7);
    let now = Instant::parse("2026-06-20T00:00:00Z").unwrap();
    let mut programs: Vec<(Program, usize)> = SHIPPED.iter().map(|text| (shipped(text), 1700)).collect();
    programs.extend((0..150).map(|_| (random(&mut dice), 70)));
    let (mut rows, mut outcomes_seen) = (0, std::collections::BTreeSet::new());
    for (program, tries) in &programs {
        let columns = Columns::every(&[program]);
        let asked: Vec<(String, String)> = program
            .ruleset()
            .models()
            .flat_map(|(model, _)| program.ruleset().actions().map(|action| (model.to_owned(), action.to_owned())))
            .step_by(5)
            .collect();
        let view = |belief| Query { program, now, belief, asked: asked.clone(), window: RulesetWindow::Counts };
        let views = [EvidenceMode::AsShown, EvidenceMode::AsTrue];
        let mut outcomes = BatchDecider::new(views.map(view).to_vec(), &columns);
        let reader = person::PersonReader::new(program, &columns);
        let (mut row, mut short) = (Row::default(), Row::default());
        for _ in 0..*tries {
            row.clear();
            short.clear();
            let mut cells: Vec<String> = columns.names().iter().map(|name| cell(&mut dice, name)).collect();
            // A region must belong to a country that the row names.
            let place = |name: &str| columns.place(name).unwrap();
            let region = cells[place("context.regions")].clone();
            if let Some(country) = region.get(..2) {
                let countries = &mut cells[place("context.countries")];
                *countries = if dice.roll(3) == 0 { format!("{country};DE") } else { country.to_owned() };
            }
            for (place, cell) in cells.into_iter().enumerate() {
                columns.put(&mut row, place, &cell);
                outcomes.put(&mut short, place, &cell);
            }
            let number = outcomes.outcome(&short).unwrap();
            let given: Vec<Brief> = outcomes.verdict(number).cloned().collect();
            assert_eq!(given.len(), views.len() * asked.len());
            // All are decided, but only one is compared per row, because whole decisions are slow.
            let (place, one) = (dice.roll(views.len()), dice.roll(asked.len()));
            let (subject, context) = reader.person(&row, views[place], now).unwrap();
            let (model, action) = &asked[one];
            let whole = decide::decide(program, &subject, Request { model, action, context: &context }, now);
            let brief = &given[place * asked.len() + one];
            assert_eq!(
                (brief.outcome, brief.rule.as_ref(), &brief.reason, &brief.fallback),
                (whole.outcome, whole.rule.as_ref(), &whole.reason, &whole.fallback),
                "{:?}",
                row.cells().map(|(place, text)| (&columns.names()[place], text)).collect::<Vec<_>>()
            );
            let asks = if whole.outcome == Outcome::StepUp { whole.needs.first() } else { None };
            assert_eq!(brief.asks, asks.map(|path| path.evidence.clone()).unwrap_or_default());
            outcomes_seen.insert(whole.outcome);
            rows += 1;
        }
    }
    assert!(rows >= 20_000 && outcomes_seen.len() == 5, "{rows} {outcomes_seen:?}");
}

fn outcome_of(program: &Program, cells: &[(&str, &str)], model: &str, action: &str) -> Result<String, TableError> {
    let (columns, findings) = Columns::read(&[program], cells.iter().map(|(name, _)| *name));
    assert_eq!(findings, []);
    let mut row = Row::default();
    cells.iter().enumerate().for_each(|(place, (_, text))| columns.put(&mut row, place, text));
    let now = Instant::parse("2026-06-20T00:00:00Z").unwrap();
    let asked = vec![(model.to_owned(), action.to_owned())];
    let mut outcomes = BatchDecider::new(
        vec![Query { program, now, belief: EvidenceMode::AsShown, asked, window: RulesetWindow::Counts }],
        &columns,
    );
    let number = outcomes.outcome(&row).map_err(|wrong| outcomes.tell(wrong, &row))?;
    let brief = outcomes.verdict(number).next().unwrap();
    Ok(format!("{} {}", brief.outcome.as_str(), brief.reason))
}

#[test]
fn what_a_cell_says_counts_as_a_token_would() {
    let order = shipped(SHIPPED[5]);
    for (cells, expected) in [
        (vec![], "step_up evidence.missing"),
        (vec![("subject.us_person", "true")], "allow us_person"),
        (vec![("subject.us_person", "FALSE")], "degrade foreign_person"),
        (vec![("subject.us_status", "lpr")], "allow us_person"),
        (vec![("subject.us_person", "false"), ("subject.us_person.assurance", "1")], "step_up evidence.insufficient"),
        (vec![("subject.us_person", "false"), ("subject.us_person.assurance", "none")], "step_up evidence.missing"),
        (
            vec![("subject.us_person", "true"), ("subject.us_person.verified_at", "2024-01-01")],
            "step_up evidence.stale",
        ),
        (vec![("subject.us_person", "true"), ("subject.us_person.issuer", "idv.example")], "allow us_person"),
    ] {
        assert_eq!(outcome_of(&order, &cells, "mythos-5", "inference").as_deref(), Ok(expected), "{cells:?}");
    }
    let baseline = shipped(SHIPPED[2]);
    for (country, expected) in [("IR", "deny"), ("DE", "allow")] {
        let cells = [("context.country", country)];
        let models: Vec<&str> = baseline.ruleset().models().map(|(id, _)| id).collect();
        let action = baseline.ruleset().actions().next().unwrap().to_owned();
        let outcome = outcome_of(&baseline, &cells, models[0], &action).unwrap();
        assert!(outcome.starts_with(expected) || country == "DE", "{country}: {outcome}");
    }
}

#[test]
fn what_is_wrong_with_a_cell_is_named() {
    let order = shipped(SHIPPED[5]);
    for (column, text, expected) in [
        ("subject.us_person", "yes", "`yes` in the column `subject.us_person` is not true or false"),
        (
            "subject.residence",
            "UK",
            "`UK` in the column `subject.residence` is not a country code (ISO 3166-1), such as DE; did you mean `GB`?",
        ),
        (
            "subject.nationalities",
            "DE;XY",
            "`DE;XY` in the column `subject.nationalities` is not country codes (ISO 3166-1) separated by `;` or spaces, or a JSON list of them",
        ),
        (
            "subject.us_status",
            "citzen",
            "`citzen` in the column `subject.us_status` is not one of citizen, national, lpr, asylee, refugee, temporary_resident, nonimmigrant, parolee, asylum_applicant, none; did you mean `citizen`?",
        ),
        (
            "subject.us_person.assurance",
            "4",
            "`4` in the column `subject.us_person.assurance` is not an assurance level: 0, 1, 2, 3 or `none`",
        ),
        (
            "subject.us_person.verified_at",
            "June",
            "`June` in the column `subject.us_person.verified_at` is not an instant or a date (RFC 3339), such as 2026-06-12",
        ),
        (
            "subject.us_person.issuer",
            "gov.exmple",
            "`gov.exmple` in the column `subject.us_person.issuer` is not the id of an issuer of the ruleset; did you mean `gov.example`?",
        ),
        (
            "subject.nationalities.complete",
            "maybe",
            "`maybe` in the column `subject.nationalities.complete` is not true, false or `ever`",
        ),
        (
            "subject.employments",
            "lab",
            "`lab` in the column `subject.employments` is not a JSON list of objects with org, role, regular, nda, annex_a",
        ),
        (
            "context.regions",
            "Crimea",
            "`Crimea` in the column `context.regions` is not codes of subdivisions (ISO 3166-2), such as UA-43",
        ),
    ] {
        let error = outcome_of(&order, &[(column, text)], "mythos-5", "inference").unwrap_err();
        assert_eq!((error.to_string().as_str(), error.code(), error.column()), (expected, "table.value", Some(column)));
    }
}

#[test]
fn places_and_parties_of_a_row_are_those_of_a_request() {
    let rule = |id: &str, more: &str| {
        format!(
            "{{ id: {id}, title: t, outcome: deny, reason: {id}, message: m, basis: {{ citation: c }}, \
             scope: {{ models: [{id}] }}, {more} }}, "
        )
    };
    let program = read(&format!(
        "{{ ruleset: r, version: 1, language: 1, issued: 2026-01-01, expires: 2027-01-01, default: allow, actions: [chat], \
         models: [ {{ id: crimea }}, {{ id: user }}, {{ id: others }} ], issuers: [ {{ id: a, iss: a, audience: x, assurance: high, \
         keys: {KEY}, claims: {{ subject.us_status: /s }} }} ], rules: [ {} {} {} ] }}",
        rule("crimea", "when: { context.countries: { any_of: [UA] }, context.regions: { any_of: [UA-43] } }"),
        rule("user", "parties: [end_user], when: { subject.foreign_person: true }"),
        rule("others", "parties: [reseller], when: { subject.foreign_person: true }"),
    ));
    for (model, cells, expected) in [
        ("crimea", vec![("context.country", "UA")], "step_up context.missing"),
        ("crimea", vec![("context.country", "DE")], "allow default"),
        ("crimea", vec![("context.country", "UA"), ("context.regions", "UA-43")], "deny crimea"),
        ("crimea", vec![("context.country", "UA"), ("context.regions", "UA-14")], "allow default"),
        ("crimea", vec![("context.countries", "UA;DE"), ("context.regions", "DE-BE")], "step_up context.missing"),
        ("crimea", vec![("context.countries", "UA;DE"), ("context.regions", "DE-BE UA-14")], "allow default"),
        ("user", vec![("subject.us_status", "none")], "deny user"),
        ("user", vec![("subject.us_status", "none"), ("context.chain_roles", "end_user;app")], "deny user"),
        ("user", vec![("subject.us_status", "none"), ("context.chain_roles", "app")], "deny user"),
        ("user", vec![("subject.us_status", "lpr"), ("context.chain_roles", "end_user;app")], "allow default"),
        ("others", vec![("subject.us_status", "lpr"), ("context.chain_roles", "reseller")], "step_up evidence.missing"),
    ] {
        assert_eq!(outcome_of(&program, &cells, model, "chat").as_deref(), Ok(expected), "{model} {cells:?}");
    }
    for (cells, expected) in [
        (
            vec![("context.country", "UA"), ("context.regions", "US-CA")],
            "`US-CA` in the column `context.regions` is not the code of a subdivision of a country that the row names",
        ),
        (
            vec![("context.chain_roles", "app;end-user")],
            "`app;end-user` in the column `context.chain_roles` is not roles of parties: actor, agent, app, end_user, \
             integrator, reseller; did you mean `end_user`?",
        ),
    ] {
        let error = outcome_of(&program, &cells, "crimea", "chat").unwrap_err();
        assert_eq!(error.to_string(), expected, "{cells:?}");
    }
}

#[test]
fn columns_are_known_doubled_or_missing() {
    let order = shipped(SHIPPED[5]);
    let header =
        ["id", "weight", "subject.us_persn", "subject.residence", "subject.residence", "subject.nationalities_ever"];
    let (columns, findings) = Columns::read(&[&order], header);
    let told: Vec<String> = findings.iter().map(ToString::to_string).collect();
    assert_eq!(
        told,
        [
            "no ruleset knows a column `subject.us_persn`, so it is not read; did you mean `subject.us_person`?",
            "the column `subject.residence` appears twice; the first is read",
            "no ruleset knows a column `subject.nationalities_ever`, so it is not read; did you mean `subject.nationalities`?",
        ]
    );
    assert_eq!((columns.place("subject.residence"), columns.place("subject.us_persn")), (Some(3), None));
    let asked = [("mythos-5".to_owned(), "inference".to_owned())];
    let missing = |present: &[&str]| -> Vec<String> {
        let missing = Columns::missing(&[&order], &asked, |name| present.contains(&name));
        missing.iter().filter_map(|finding| finding.column().map(str::to_owned)).collect()
    };
    assert_eq!(missing(&[]), ["subject.employments", "subject.us_person"]);
    assert_eq!(missing(&["subject.us_status", "subject.employments"]), Vec::<String>::new());
    let nothing = [("sprig-1".to_owned(), "inference".to_owned())];
    assert_eq!(Columns::missing(&[&order], &nothing, |_| false), []);
}
