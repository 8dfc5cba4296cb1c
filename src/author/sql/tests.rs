#![allow(
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::string_slice,
    clippy::unwrap_used,
    reason = "in a test a panic is how a check fails"
)]

use super::*;
use crate::author::language;
use crate::author::language::{Kind, Node};
use crate::author::table::{Columns, Requests, Row};
use crate::base::country::Country;
use crate::base::dice::Dice;
use crate::check::program;
use crate::ruleset::attribute::{AttributeId, Type};
use crate::ruleset::model::Matcher;
use serde_json::{Map, Value, json};
use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::Command;

const SHIPPED: [&str; 6] = [
    include_str!("../../../pkg/rulesets/eu-dual-use.yaml"),
    include_str!("../../../pkg/rulesets/itar-enclave.yaml"),
    include_str!("../../../pkg/rulesets/us-baseline.yaml"),
    include_str!("../../../pkg/rulesets/us-model-access.yaml"),
    include_str!("../../../pkg/rulesets/us-model-weights.yaml"),
    include_str!("../../../pkg/rulesets/us-order.yaml"),
];

/// Case files with a ruleset each, which together use every construct.
const CASES: [&str; 6] = [
    include_str!("../../../tests/cases/semantics.yaml"),
    include_str!("../../../tests/cases/default-deny.yaml"),
    include_str!("../../../tests/cases/countries.yaml"),
    include_str!("../../../tests/cases/context.yaml"),
    include_str!("../../../tests/cases/records.yaml"),
    include_str!("../../../tests/cases/exceptions.yaml"),
];

const NOW: &str = "2026-06-20T00:00:00Z";
const ROWS: usize = 100_000;
/// One row in `WRONG` has a cell that is not valid.
const WRONG: usize = 30;

fn at(text: &str) -> Instant {
    Instant::parse(text).unwrap()
}

fn read(node: &Node) -> Program {
    program::compile(language::read_rules(node).unwrap_or_else(|findings| panic!("{findings:#?}")))
}

fn parse(text: &str) -> Node {
    language::parse_yaml(text).unwrap_or_else(|findings| panic!("{findings:#?}\n{text}"))
}

fn member<'a>(node: &'a Node, name: &str) -> &'a Node {
    let Kind::Mapping(entries) = &node.kind else { panic!("no mapping") };
    &entries.iter().find(|entry| entry.key == name).unwrap().value
}

/// Every matcher, and every kind of evidence in a row.
const LEAVES: [&str; 43] = [
    "subject.foreign_person: true",
    "subject.us_person: true",
    "subject.us_status: [citizen, lpr]",
    "subject.us_status: { not_in: [none] }",
    "subject.nationalities: { any_of: [DE, IR] }",
    "subject.nationalities: { any_of: [ear] }",
    "subject.nationalities: { all_of: [DE, FR] }",
    "subject.nationalities: { only: [FR, XXA] }",
    "subject.nationalities: { only: [friends] }",
    "subject.nationalities: { count: { at_least: 2 } }",
    "subject.nationalities_ever: { none_of: [IR] }",
    "subject.nationalities_ever: { count: { at_most: 1 } }",
    "subject.most_recent_nationality: [FR, IR]",
    "subject.most_recent_nationality: { not_in: [friends] }",
    "subject.permanent_residencies: { any_of: [US] }",
    "subject.residence: { not_in: [DE] }",
    "subject.residence: [ear, DE]",
    "subject.employer: [lab]",
    "subject.projects: { all_of: [atlas, borealis] }",
    "subject.projects: { only: [atlas] }",
    "subject.projects: { count: { at_least: 1, at_most: 2 } }",
    "subject.level: { at_least: 3, at_most: 4.5 }",
    "subject.id: [\"a:1\"]",
    "subject.employments: { has: { org: lab, regular: true } }",
    "subject.employments: { has_none: { role: [student, visitor] } }",
    "subject.employments: { count: { at_least: 2 } }",
    "subject.list_hits: { has: { status: confirmed } }",
    "subject.organisation.listed_owners: { lists: [SDN, MEU], at_least: 50 }",
    "subject.organisation.listed_owners: { lists: SDN, at_most: 10.1 }",
    "context.country: [DE, ear]",
    "context.countries: { count: { at_least: 2 } }",
    "context.countries: { only: [friends, CN] }",
    "context.countries: { any_of: [ear] }",
    "context.regions: { any_of: [UA-43, UA-14] }",
    "context.regions: { only: [UA-43, US-CA] }",
    "context.regions: { all_of: [UA-43, US-CA] }",
    "context.regions: { count: { at_least: 1, at_most: 1 } }",
    "context.purpose: { under: [military, \"it's\"] }",
    "context.on_site: true",
    "context.zone: red",
    "context.seats: { at_most: 10 }",
    "context.lands: { all_of: [DE] }",
    "context.chain_roles: { any_of: [reseller] }",
];

/// The part of a ruleset that these rules read, without the rules.
fn head(default: &str, models: &str) -> String {
    let groups = "groups: { ear: { citation: c, as_of: 2026-01-01, versions: [ { from: 2024-01-01, members: [IR, CU] }, \
                  { from: 2026-06-20, members: [IR, KP, MO] } ] }, \
                  friends: { citation: c, as_of: 2026-01-01, members: [DE, FR] } }";
    format!(
        "{{ ruleset: r, version: 1, language: 1, issued: 2026-01-01, expires: 2027-01-01, default: {default}, \
         actions: [chat, agent], models: [ {models} ], {groups}, \
         attributes: {{ subject.level: {{ type: number }}, subject.projects: {{ type: texts }}, \
         context.on_site: {{ type: bool, absent: false }}, context.zone: {{ type: word, values: [red, green] }}, \
         context.seats: {{ type: number }}, context.lands: {{ type: countries }} }}, \
         issuers: [ {{ id: a, iss: a, audience: x, assurance: high, keys: [], claims: {{ subject.us_status: /s, \
         subject.residence: /r, subject.nationalities: {{ claim: /n, complete: true }}, subject.employer: /e, \
         subject.level: /l, subject.nationalities_complete: /c, subject.projects: /p, subject.employments: /j, \
         subject.permanent_residencies: /pr, subject.list_hits: /h, subject.organisation.listed_owners: /o }} }}, \
         {{ id: b, class: gov, iss: b, audience: x, assurance: high, keys: [], claims: {{ subject.residence: /r, \
         subject.us_person: /u }} }} ], \
         licences: [ {{ id: L1, type: k, basis: {{ citation: c }}, holder: {{ subject.id: [\"a:1\", \"a:2\"] }}, end_uses: [research] }}, \
         {{ id: L2, type: k, basis: {{ citation: c }}, holder: {{ subject.employer: lab }}, actions: [chat] }}, \
         {{ id: L3, type: k, basis: {{ citation: c }}, holder: {{ context.on_site: true }}, until: 2026-05-01 }} ], rules: ["
    )
}

/// A ruleset with a model for each matcher, and a rule with that matcher alone.
fn one_by_one(more: &str, evidence: &str) -> Program {
    let models: Vec<String> = (0..LEAVES.len()).map(|leaf| format!("{{ id: m{leaf} }}")).collect();
    let mut text = head("allow", &models.join(", "));
    for (number, leaf) in LEAVES.iter().enumerate() {
        write!(
            text,
            "{{ id: r{number}, title: t, outcome: deny, reason: why, message: m, basis: {{ citation: c }}, {more} \
             scope: {{ models: [m{number}] }}, when: {{ {leaf} }}, evidence: {evidence} }}, "
        )
        .unwrap();
    }
    read(&parse(&(text + LAST)))
}

/// A licence that no exception asks for does not compile.
const LAST: &str = "{ id: z, title: t, outcome: deny, reason: why, message: m, basis: { citation: c }, \
                    when: { context.zone: green, context.seats: { at_least: 11 } }, \
                    unless: [ { id: e, reason: lifted, licence: { type: k } } ] } ] }";

/// A ruleset of random rules with every matcher.
fn random(dice: &mut Dice) -> Program {
    let mut text = head(dice.pick(&["allow", "allow", "deny", "review"]), "{ id: large }, { id: small }, { id: tiny }");
    for rule in 0..1 + dice.roll(9) {
        let condition = |dice: &mut Dice| {
            let (one, two, three) = (dice.pick(&LEAVES), dice.pick(&LEAVES), dice.pick(&LEAVES));
            match dice.roll(4) {
                0 => format!("{{ {one} }}"),
                1 => format!("{{ not: {{ all: [ {{ {one} }}, {{ {two} }} ] }} }}"),
                2 => format!("{{ any: [ {{ {one} }}, {{ all: [ {{ {two} }}, {{ not: {{ {three} }} }} ] }} ] }}"),
                _ => format!("{{ {}: [ {{ {one} }}, {{ {two} }} ] }}", dice.pick(&["all", "any"])),
            }
        };
        let (when, lifts, provided) = (condition(dice), condition(dice), condition(dice));
        let outcome = dice.pick(&[
            "deny",
            "review",
            "step_up",
            "allow",
            "{ degrade: { model: small } }",
            "{ degrade: { model: small } }",
            "{ degrade: { model: tiny } }",
            "{ degrade: { action: chat } }",
            "{ degrade: { model: tiny, action: chat } }",
        ]);
        let models = dice.pick(&["[large]", "[large, small]", "[small, tiny]", "[large, small, tiny]"]);
        let evidence = dice.pick(&[
            "{}",
            "{ subject.us_person: { assurance: 2, max_age: 30d } }",
            "{ subject.residence: { issuers: [b] }, subject.employer: { classes: [gov] } }",
            "{ subject.nationalities: { assurance: 3 }, subject.permanent_residencies: { max_age: 1d } }",
        ]);
        let more = dice.pick(&[
            "",
            "",
            "absence: clears,",
            "parties: [subject, reseller],",
            "parties: all,",
            "parties: [end_user, app],",
            "effective: { not_enforced: [ { from: 2026-06-01, until: 2026-07-01 } ] },",
        ]);
        // The location of the request does not apply to other parties.
        let [when, lifts, provided] = [when, lifts, provided].map(|condition| match more.contains("parties") {
            true => condition.replace("subject.us_person: true", "subject.foreign_person: false"),
            false => condition,
        });
        let licence = dice.pick(&["", "", "licence: { type: k },", "licence: L1,"]);
        let provided =
            if dice.roll(3) == 0 { format!("provided: [ {{ reason: p, when: {provided} }} ],") } else { String::new() };
        let unless = match dice.roll(3) {
            0 => String::new(),
            _ => format!(
                "unless: [ {{ id: e, reason: lifted, {licence} {provided} scope: {{ models: {} }}, when: {lifts} }} ],",
                dice.pick(&["[large]", "[large, small, tiny]"])
            ),
        };
        write!(
            text,
            "{{ id: r{rule}, title: t, outcome: {outcome}, reason: why, message: m, basis: {{ citation: c }}, {more} {unless} \
             scope: {{ models: {models}, actions: {} }}, when: {when}, evidence: {evidence} }}, ",
            dice.pick(&["[chat]", "[chat, agent]"])
        )
        .unwrap();
    }
    read(&parse(&(text + LAST)))
}

/// The words of a ruleset's conditions, so that random cells match them.
struct RandomWords {
    countries: Vec<&'static str>,
    texts: Vec<String>,
}

impl RandomWords {
    fn of(program: &Program) -> Self {
        let (mut countries, mut texts) = (vec!["DE", "FR", "IR", "US", "CN", "EH"], vec!["other".to_owned()]);
        for test in program.conditions().tests() {
            if let Some(area) = test.matcher.area() {
                countries.extend(area.at(at(NOW)).members.iter().map(Country::code).take(3));
            }
            Self::texts(&test.matcher, &mut texts);
        }
        countries.retain(|code| !code.is_empty());
        Self { countries, texts }
    }

    fn texts(matcher: &Matcher, found: &mut Vec<String>) {
        match matcher {
            Matcher::Text(texts)
            | Matcher::AnyText(texts)
            | Matcher::AllText(texts)
            | Matcher::OnlyText(texts)
            | Matcher::Share(texts, _) => found.extend(texts.iter().cloned()),
            Matcher::Under(texts) => {
                found.extend(texts.iter().flat_map(|text| [text.clone(), format!("{text}.more"), format!("{text}s")]))
            }
            Matcher::Record(fields) => fields.iter().for_each(|(_, matcher)| Self::texts(matcher, found)),
            _ => {}
        }
    }

    fn text(&self, dice: &mut Dice) -> Value {
        json!(self.texts[dice.roll(self.texts.len())])
    }

    fn country(&self, dice: &mut Dice, kind: &Type) -> Value {
        let place = dice.roll(self.countries.len() + 1);
        let code = self.countries.get(place).copied().unwrap_or("XXA");
        // A class of nationality is not a location.
        json!(if code.len() == 3 && *kind != Type::Holdings { "DE" } else { code })
    }
}

/// A value of a type, or rarely one that is not valid.
fn value(dice: &mut Dice, words: &RandomWords, kind: &Type, wrong: bool) -> Value {
    let many = |dice: &mut Dice| if wrong { 65 } else { [0, 1, 1, 1, 2, 2, 3][dice.roll(7)] };
    match kind {
        Type::Bool => json!(dice.roll(2) == 0),
        Type::Number => [0.0, 2.5, 3.0, 4.5, 4.500_000_1, 10.0, 11.0][dice.roll(7)].into(),
        Type::Text if wrong => json!(""),
        Type::Text => words.text(dice),
        Type::Word(_) | Type::Country if wrong => json!("xx"),
        Type::Word(known) => json!(known[dice.roll(known.len())]),
        Type::Country => words.country(dice, kind),
        Type::Texts => (0..many(dice)).map(|_| words.text(dice)).collect(),
        Type::Countries => (0..many(dice)).map(|_| words.country(dice, kind)).collect(),
        Type::Regions if wrong => json!(["UA-1234"]),
        Type::Regions => (0..many(dice)).map(|_| json!(dice.pick(&["UA-43", "UA-14", "US-CA"]))).collect(),
        Type::Holdings if wrong => json!([{ "country": "ZZ" }]),
        Type::Holdings => (0..many(dice))
            .map(|_| {
                let dates = ["2001-05-01T00:00:00Z", "2019-01-01T00:00:00Z", NOW, "2026-06-20T00:00:00.001Z"];
                let mut one =
                    json!({ "country": if dice.roll(25) == 0 { json!("XXB") } else { words.country(dice, kind) } });
                for (name, often) in [("since", 2), ("until", 4)] {
                    if dice.roll(often) == 0 {
                        one[name] = json!(dice.pick(&dates));
                    }
                }
                one
            })
            .collect(),
        Type::Records(fields) => (0..many(dice))
            .map(|_| {
                let mut record = Map::new();
                for (name, kind) in fields {
                    if dice.roll(4) > 0 {
                        record.insert(name.clone(), value(dice, words, kind, false));
                    }
                }
                Value::Object(record)
            })
            .collect(),
        Type::Shares if wrong => json!([{ "list": "SDN", "pct": 100.5 }]),
        Type::Shares => (0..many(dice))
            .map(|_| {
                let share = [0.1, 5.05, 10.0, 20.2, 24.9, 25.0, 50.0][dice.roll(7)];
                json!({ "list": words.text(dice), "pct": share })
            })
            .collect(),
    }
}

/// A cell of a column; often empty.
fn cell(dice: &mut Dice, program: &Program, words: &RandomWords, name: &str) -> Value {
    let wrong = dice.roll(WRONG * 8) == 0;
    let instants = [
        "2026-06-01T00:00:00Z",
        "2024-01-01T00:00:00Z",
        NOW,
        "2026-06-20T00:00:00.001Z",
        "2026-06-20T00:00:00.000500Z",
        "2026-05-21T00:00:00Z",
        "2026-05-21T00:00:00.000500Z",
    ];
    let asked = name == "model" || name == "action";
    if dice.roll(if asked { 60 } else { 4 }) == 0 {
        return Value::Null;
    } else if name == "model" {
        let models: Vec<&str> = program.ruleset().models().map(|(id, _)| id).chain(["unknown"]).collect();
        return json!(dice.pick(&models));
    } else if name == "action" {
        return json!(dice.pick(&program.ruleset().actions().collect::<Vec<_>>()));
    } else if name.ends_with(".assurance") {
        return json!(if wrong { "4" } else { dice.pick(&["0", "1", "2", "3", "3", "none"]) });
    } else if name.ends_with(".verified_at") {
        return json!(dice.pick(&instants));
    } else if name.ends_with(".complete") {
        return json!(if wrong { "maybe" } else { dice.pick(&["true", "True", "false", "ever", "ever"]) });
    } else if name.ends_with(".issuer") {
        let issuers: Vec<&str> = program.issuers().map(|issuer| issuer.id.as_str()).collect();
        return if issuers.is_empty() {
            Value::Null
        } else {
            json!(if wrong { "nobody" } else { dice.pick(&issuers) })
        };
    }
    let attribute = program.vocabulary().lookup(name).unwrap();
    let kind = program.vocabulary().get(attribute).unwrap().kind.clone();
    if attribute == AttributeId::CHAIN_ROLES {
        let roles = if wrong { vec!["nobody"] } else { vec!["reseller", "end_user", "app"] };
        return roles.into_iter().filter(|_| wrong || dice.roll(2) == 0).collect();
    }
    // A name is used unchanged, and is always valid.
    let wrong = wrong && attribute != AttributeId::SUBJECT_ID;
    let value = value(dice, words, &kind, wrong);
    if attribute == AttributeId::SUBJECT_ID && value == json!([]) { Value::Null } else { value }
}

/// The engine's decision for a row: a record, or null if the row is not valid.
fn decided(program: &Program, columns: &Columns, row: &Map<String, Value>) -> Value {
    let mut cells = Row::default();
    for (place, name) in columns.names().iter().enumerate() {
        let text = match row.get(name) {
            None | Some(Value::Null) => continue,
            Some(Value::String(text)) => text.clone(),
            Some(Value::Array(names)) if name == "subject.id" => {
                names.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(";")
            }
            Some(other) => other.to_string(),
        };
        columns.put(&mut cells, place, &text);
    }
    let asked = ["model", "action"].map(|name| row[name].as_str().map(str::to_owned));
    let [Some(model), Some(action)] = asked else { return Value::Null };
    match Requests::new(program, columns).outcome(&cells, &(model, action), at(NOW)) {
        Err(_) => Value::Null,
        Ok(brief) => json!({
            "outcome": brief.outcome.as_str(), "rule": brief.rule,
            "model": brief.fallback.as_ref().map(|one| &one.model), "action": brief.fallback.as_ref().map(|one| &one.action),
        }),
    }
}

#[test]
fn an_expression_can_be_read() {
    let program = read(&parse(
        "{ ruleset: r, version: 1, language: 1, issued: 2026-01-01, expires: 2027-01-01, default: allow, actions: [chat, agent], \
         models: [ { id: large }, { id: small } ], issuers: [ { id: a, iss: a, audience: x, assurance: high, keys: [], \
         claims: { subject.residence: /r } } ], rules: [ { id: away, title: t, outcome: { degrade: { model: small } }, \
         reason: why, message: m, basis: { citation: c }, scope: { models: [large] }, when: { subject.residence: [IR, KP] }, \
         evidence: { subject.residence: { assurance: 2 } }, effective: { until: 2026-09-01 } } ] }",
    ));
    let columns: Set<String> =
        ["subject.residence", "subject.residence.assurance"].map(str::to_owned).into_iter().collect();
    let of = |dialect, model: Option<&str>| {
        let model = model.map(str::to_owned);
        to_sql(&program, &SqlRequest { dialect, at: at(NOW), model, action: None, columns: Some(columns.clone()) })
    };
    let duckdb = of(Dialect::DuckDb, None);
    let known = duckdb.expression.find("NOT IN ('AD'").zip(duckdb.expression.find("'ZW')"));
    let (from, until) = known.unwrap();
    let short = [&duckdb.expression[..from], "NOT IN ('AD', …, ", &duckdb.expression[until..]].concat();
    assert_eq!(
        short,
        r#"CASE WHEN ("model" IS NULL OR "action" IS NULL OR (NULLIF("subject.residence", '') NOT IN ('AD', …, 'ZW') OR NULLIF(CAST("subject.residence.assurance" AS VARCHAR), '') NOT IN ('0', '1', '2', '3', 'none'))) THEN NULL ELSE
list_transform([struct_pack("residence_1" := CASE WHEN ((NULLIF("subject.residence", '') IS NOT NULL AND COALESCE(NULLIF(CAST("subject.residence.assurance" AS VARCHAR), ''), '3') <> 'none') AND COALESCE(NULLIF(CAST("subject.residence.assurance" AS VARCHAR), ''), '3') IN ('2', '3')) THEN NULLIF("subject.residence", '') IN ('IR', 'KP') END)],
lambda t: CASE
  WHEN ("model" IN ('large') AND "action" IN ('chat', 'agent'))
  THEN CASE
    WHEN (t."residence_1") IS TRUE
    THEN struct_pack("outcome" := 'degrade', "rule" := 'away', "model" := 'small', "action" := "action")
    WHEN (t."residence_1") IS NULL
    THEN struct_pack("outcome" := 'step_up', "rule" := 'away', "model" := CAST(NULL AS VARCHAR), "action" := CAST(NULL AS VARCHAR))
    ELSE struct_pack("outcome" := 'allow', "rule" := CAST(NULL AS VARCHAR), "model" := CAST(NULL AS VARCHAR), "action" := CAST(NULL AS VARCHAR))
  END
  WHEN ("model" IN ('small') AND "action" IN ('chat', 'agent'))
  THEN struct_pack("outcome" := 'allow', "rule" := CAST(NULL AS VARCHAR), "model" := CAST(NULL AS VARCHAR), "action" := CAST(NULL AS VARCHAR))
  ELSE struct_pack("outcome" := 'deny', "rule" := CAST(NULL AS VARCHAR), "model" := CAST(NULL AS VARCHAR), "action" := CAST(NULL AS VARCHAR))
END)[1]
END"#
    );
    assert_eq!(duckdb.until, at("2026-09-01"));
    let small = of(Dialect::Spark, Some("small")).expression;
    assert!(small.starts_with("CASE WHEN `action` IS NULL THEN NULL ELSE\n"), "{small}");
    assert!(small.contains("named_struct('outcome', 'allow'"), "{small}");
}

/// Needs `BRIGHTLINE_WAREHOUSE`, a Python with `tests/warehouse/requirements.txt`; `cargo xtask test warehouse` makes
/// one.
#[test]
#[ignore = "needs DuckDB and Spark: `cargo xtask test warehouse`"]
fn warehouses_decide_as_the_engine_does() {
    let python = std::env::var("BRIGHTLINE_WAREHOUSE").unwrap();
    let mut dice = Dice(11);
    let mut programs: Vec<Program> = SHIPPED.iter().map(|text| read(&parse(text))).collect();
    programs.extend(CASES.iter().map(|text| read(member(&parse(text), "ruleset"))));
    let strong = "{ subject.nationalities: { assurance: 2 }, subject.permanent_residencies: { max_age: 30d }, \
                  subject.us_person: { assurance: 1, max_age: 30d }, subject.residence: { issuers: [b] } }";
    for (more, evidence) in [("", "{}"), ("", strong), ("absence: clears,", "{}"), ("absence: clears,", strong)] {
        programs.extend([one_by_one(more, evidence), one_by_one(more, evidence)]);
    }
    programs.extend((0..30).map(|_| random(&mut dice)));
    let each = ROWS.div_ceil(programs.len());
    let folder = std::env::temp_dir().join(format!("brightline-warehouse-{}", std::process::id()));
    fs::create_dir_all(&folder).unwrap();
    let (mut tables, mut seen) = (Vec::new(), std::collections::BTreeMap::<String, usize>::new());
    for (number, program) in programs.iter().enumerate() {
        let request = |dialect| SqlRequest { dialect, at: at(NOW), model: None, action: None, columns: None };
        let [duckdb, spark] = [Dialect::DuckDb, Dialect::Spark].map(|dialect| to_sql(program, &request(dialect)));
        let names: Vec<&str> = duckdb.columns.iter().map(|column| column.name.as_str()).collect();
        let (columns, findings) = Columns::read(&[program], names.iter().copied());
        assert_eq!(findings, []);
        let words = RandomWords::of(program);
        let mut rows = String::new();
        for id in 0..each {
            let mut row: Map<String, Value> =
                names.iter().map(|name| ((*name).to_owned(), cell(&mut dice, program, &words, name))).collect();
            // A region mostly belongs to a country that the row names.
            if let (Some(Value::Array(regions)), true) = (row.get("context.regions"), dice.roll(WRONG) > 0) {
                let countries = regions.iter().filter_map(|region| region.as_str()?.get(..2)).map(|code| json!(code));
                let more = (dice.roll(2) == 0).then(|| json!("DE"));
                let countries = countries.chain(more).collect();
                row.insert("context.countries".to_owned(), countries);
            }
            row.retain(|name, value| *name == "model" || *name == "action" || !value.is_null());
            let expected = decided(program, &columns, &row);
            let outcome = expected["outcome"].as_str().unwrap_or("wrong").to_owned();
            *seen.entry(outcome).or_default() += 1;
            row.insert("expected".to_owned(), expected);
            row.insert("id".to_owned(), json!(id));
            writeln!(rows, "{}", Value::Object(row)).unwrap();
        }
        let file = format!("{number}.ndjson");
        fs::write(folder.join(&file), rows).unwrap();
        tables.push(json!({ "ruleset": program.ruleset().id(), "rows": file, "duckdb": duckdb, "spark": spark }));
    }
    // Each outcome occurs often, and so do rows that are not valid.
    for outcome in ["allow", "degrade", "step_up", "review", "deny", "wrong"] {
        assert!(seen.get(outcome).is_some_and(|many| *many > 500), "{outcome} {seen:?}");
    }
    fs::write(folder.join("tables.json"), Value::Array(tables).to_string()).unwrap();
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/warehouse/agree.py");
    let done = Command::new(python).arg(script).arg(&folder).status().unwrap();
    assert!(done.success(), "a warehouse decides otherwise: {}", folder.display());
    fs::remove_dir_all(&folder).unwrap();
}
