#![allow(
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "in a test a panic is how a check fails"
)]

//! Properties of the host's context: an answer that does not wait for a region is right for every region, and an
//! unknown party is never skipped.

use crate::author::language;
use crate::base::dice::Dice;
use crate::base::time::Instant;
use crate::check::decide::{Context, Request, decide};
use crate::check::decision::Outcome;
use crate::check::program::{self, Program};
use crate::check::subject::Subject;
use serde_json::{Value, json};

fn program(rule: &str) -> Program {
    let text = format!(
        "{{ ruleset: r, version: 1, language: 1, issued: 2026-01-01, expires: 2027-01-01, default: allow, actions: [chat], \
         models: [ {{ id: m }} ], rules: [ {{ id: r, title: t, outcome: deny, reason: why, message: m, \
         basis: {{ citation: c }}, {rule} }} ] }}"
    );
    program::compile(language::read(&language::parse_yaml(&text).unwrap()).unwrap())
}

fn outcome(program: &Program, context: &Value) -> Outcome {
    let context = Context::parse(program.vocabulary(), &[], &context.to_string()).unwrap();
    let now = Instant::parse("2026-06-01").unwrap();
    decide(program, &Subject::anonymous(), Request { model: "m", action: "chat", context: &context }, now).outcome
}

/// Regions that some test names, per country, and one that no test names.
const REGIONS: [(&str, [&str; 3]); 3] =
    [("UA", ["UA-43", "UA-40", "UA-14"]), ("DE", ["DE-BE", "DE-BY", "DE-HH"]), ("FR", ["FR-IDF", "FR-BRE", "FR-COR"])];

/// Each completion of a request: every signal gets a region of its country.
fn completions(places: &[Value]) -> Vec<Vec<Value>> {
    let mut all = vec![Vec::new()];
    for place in places {
        let regions: Vec<Value> = match (&place["country"], &place["region"]) {
            (Value::String(country), Value::Null) => {
                let (_, regions) = REGIONS.iter().find(|(code, _)| code == country).unwrap();
                regions.iter().map(|region| json!({ "country": country, "region": region })).collect()
            }
            _ => vec![place.clone()],
        };
        all = all
            .iter()
            .flat_map(|known: &Vec<Value>| {
                regions.iter().map(|one| [known.as_slice(), std::slice::from_ref(one)].concat())
            })
            .collect();
    }
    all
}

#[test]
fn an_answer_without_a_region_is_right_whatever_the_region_is() {
    let mut dice = Dice(5);
    let conditions = [
        "context.countries: { any_of: [UA] }, context.regions: { any_of: [UA-43, UA-40] }",
        "context.regions: { any_of: [UA-43, DE-BE] }",
        "context.regions: { none_of: [UA-43, DE-BE] }",
        "context.regions: { all_of: [DE-BE, DE-BY] }",
        "context.regions: { all_of: [DE-BE, UA-14] }",
        "context.regions: { only: [DE-BE, DE-BY, DE-HH] }",
        "not: { context.regions: { only: [DE-BE, UA-14] } }",
        "context.regions: { count: { at_least: 2 } }",
        "context.regions: { count: { at_most: 2 } }",
    ];
    let programs: Vec<Program> = conditions.iter().map(|when| program(&format!("when: {{ {when} }}"))).collect();
    let (mut settled, mut waits) = (0, 0);
    for round in 0..2_700 {
        let places: Vec<Value> = (0..=dice.roll(3))
            .map(|_| {
                let (country, regions) = REGIONS[dice.roll(3)];
                match dice.roll(4) {
                    0 => json!({ "region": regions[dice.roll(3)] }),
                    1 => json!({ "country": country, "region": regions[dice.roll(3)] }),
                    _ => json!({ "country": country }),
                }
            })
            .collect();
        let program = &programs[round % programs.len()];
        let answer = outcome(program, &json!({ "places": places }));
        if answer == Outcome::StepUp {
            waits += 1;
        } else {
            settled += 1;
            for more in completions(&places) {
                assert_eq!(outcome(program, &json!({ "places": more })), answer, "{places:?} {more:?}");
            }
        }
        // Neither the order of signals nor naming the first of them separately changes the answer.
        let mut turned = places.clone();
        turned.reverse();
        let mut first = turned.pop().unwrap();
        first["places"] = turned.into();
        assert_eq!(outcome(program, &first), answer, "{places:?}");
    }
    assert!(settled > 500 && waits > 500, "{settled} {waits}");
}

#[test]
fn a_signal_more_never_lets_somebody_out_of_a_place() {
    let mut dice = Dice(6);
    let program = program("when: { context.countries: { any_of: [UA] }, context.regions: { any_of: [UA-43, UA-40] } }");
    for _ in 0..800 {
        let mut places: Vec<Value> = Vec::new();
        let mut before = Outcome::Allow;
        for _ in 0..4 {
            let (country, regions) = REGIONS[dice.roll(3)];
            let (country, region) = (json!(country), json!(regions[dice.roll(3)]));
            let place = match dice.roll(4) {
                0 => json!({ "country": country, "region": region }),
                1 => json!({ "country": "??", "region": region }),
                2 => json!({ "country": country, "region": "nowhere" }),
                _ => json!({ "country": country }),
            };
            places.push(place);
            let after = outcome(&program, &json!({ "places": places }));
            assert!(after >= before, "{places:?}");
            before = after;
        }
    }
}

#[test]
fn a_party_whom_nobody_knows_is_never_passed_over() {
    let mut dice = Dice(7);
    let hits = "absence: clears, when: { subject.list_hits: { has: { status: confirmed } } }";
    let roles = ["end_user", "agent", "integrator", "reseller", "app"];
    for judged in ["all", "subject", "end_user", "agent", "reseller"] {
        let program = program(&format!("parties: [{judged}], {hits}"));
        for _ in 0..400 {
            let party = |dice: &mut Dice| {
                let mut party = json!({ "role": roles[dice.roll(roles.len())] });
                if dice.roll(3) == 0 {
                    party["known"] = (dice.roll(2) == 0).into();
                }
                if dice.roll(2) == 0 {
                    party["of"] = json!(["x", "y"][dice.roll(2)]);
                }
                party
            };
            let chain: Vec<Value> = (0..=dice.roll(4)).map(|_| party(&mut dice)).collect();
            let is_judged = |party: &Value| {
                judged == "all" || party["role"] == judged || judged == "subject" && party["role"] == "end_user"
            };
            let unknown = chain.iter().any(|party| party["known"] == json!(false) && is_judged(party));
            let answer = outcome(&program, &json!({ "chain": chain }));
            let end_users = || chain.iter().filter(|party| party["role"] == "end_user");
            // Several end users count as one unknown end user.
            let several = end_users().any(|one| end_users().any(|other| one["of"] != other["of"]));
            let several = several && ["all", "subject", "end_user"].contains(&judged);
            let expected = if unknown || several { Outcome::StepUp } else { Outcome::Allow };
            assert_eq!(answer, expected, "{judged} {chain:?}");
        }
    }
}
