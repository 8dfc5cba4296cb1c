//! An independent oracle: translates rulesets that Cedar can express and checks that Cedar decides complete requests
//! the same.
//!
//! Cedar (https://www.cedarpolicy.com) has two truth values and no evidence. Rules here therefore deny or allow, and in
//! each request one issuer asserts every attribute with certainty. A rule that denies is a `forbid`, one that allows a
//! `permit`, and a default of allow a `permit` of everything. `forbid` overrides `permit` as `deny` overrides `allow`.

#![cfg(not(target_arch = "wasm32"))]
#![cfg(feature = "author")]
#![allow(
    clippy::arithmetic_side_effects,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    clippy::panic,
    reason = "in a test a panic is how a check fails"
)]

use brightline::{BatchDecider, Columns, EvidenceMode, Instant, Outcome, Query, Row, RulesetWindow};
use cedar_policy::{Authorizer, Context, Entities, PolicySet, Request};
use serde_json::{Value, json};

/// A generator with a fixed sequence (SplitMix64).
struct Dice(u64);

impl Dice {
    fn below(&mut self, most: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((z ^ (z >> 31)) % u64::try_from(most).unwrap()).unwrap()
    }

    fn once_in(&mut self, times: usize) -> bool {
        self.below(times) == 0
    }

    fn some(&mut self, from: &[&'static str]) -> Vec<&'static str> {
        let mut some: Vec<&str> = from.iter().copied().filter(|_| self.once_in(2)).collect();
        if some.is_empty() {
            some.push(from[self.below(from.len())]);
        }
        some
    }
}

const COUNTRIES: [&str; 6] = ["US", "RU", "IR", "DE", "FR", "JP"];
const PURPOSES: [&str; 4] = ["general", "research", "research.biology", "researching"];
const EMPLOYERS: [&str; 3] = ["lab", "mill", "shop"];
const STATUSES: [&str; 4] = ["citizen", "lpr", "nonimmigrant", "none"];

/// A condition in both languages.
fn condition(dice: &mut Dice, depth: usize) -> (Value, String) {
    let set = |items: &[&str]| format!("{items:?}");
    match dice.below(if depth == 0 { 9 } else { 13 }) {
        0 => {
            let wanted = dice.once_in(2);
            (json!({"subject.foreign_person": wanted}), format!("principal.us_person == {}", !wanted))
        }
        1 => {
            let some = dice.some(&STATUSES);
            (json!({"subject.us_status": some}), format!("{}.contains(principal.us_status)", set(&some)))
        }
        2 => {
            let some = dice.some(&COUNTRIES);
            (json!({"subject.residence": some}), format!("{}.contains(principal.residence)", set(&some)))
        }
        3 => {
            let some = dice.some(&COUNTRIES);
            let any = format!("principal.nationalities.containsAny({})", set(&some));
            (json!({"subject.nationalities": {"any_of": some}}), any)
        }
        4 => {
            let some = dice.some(&COUNTRIES);
            let only = format!("{}.containsAll(principal.nationalities)", set(&some));
            (json!({"subject.nationalities": {"only": some}}), only)
        }
        5 => {
            let some = dice.some(&EMPLOYERS);
            (json!({"subject.employer": {"all_of": some}}), format!("principal.employer.containsAll({})", set(&some)))
        }
        6 => {
            let least = dice.below(10);
            (json!({"subject.score": {"at_least": least}}), format!("principal.score >= {least}"))
        }
        7 => {
            let some = dice.some(&COUNTRIES);
            (json!({"context.country": some}), format!("{}.contains(context.country)", set(&some)))
        }
        8 => {
            let under = "(context.purpose == \"research\" || context.purpose like \"research.*\")";
            (json!({"context.purpose": {"under": ["research"]}}), under.to_owned())
        }
        9 | 10 => {
            let parts: Vec<(Value, String)> = (0..2 + dice.below(2)).map(|_| condition(dice, depth - 1)).collect();
            let (ours, theirs): (Vec<Value>, Vec<String>) = parts.into_iter().unzip();
            (json!({ "all": ours }), format!("({})", theirs.join(" && ")))
        }
        11 => {
            let parts: Vec<(Value, String)> = (0..2 + dice.below(2)).map(|_| condition(dice, depth - 1)).collect();
            let (ours, theirs): (Vec<Value>, Vec<String>) = parts.into_iter().unzip();
            (json!({ "any": ours }), format!("({})", theirs.join(" || ")))
        }
        _ => {
            let (ours, theirs) = condition(dice, depth - 1);
            (json!({ "not": ours }), format!("!({theirs})"))
        }
    }
}

const MODELS: [&str; 3] = ["large", "mid", "small"];
const ACTIONS: [&str; 2] = ["chat", "agent"];
const ISSUED: &str = "2026-01-01T00:00:00Z";
const DAY: i64 = 86_400;

/// A rule in both languages.
fn rule(dice: &mut Dice, id: usize) -> (Value, String) {
    let allows = dice.once_in(3);
    let (when, theirs) = condition(dice, 2);
    let mut rule = json!({
        "id": format!("rule-{id}"), "title": "A rule", "reason": "a_reason", "message": "No.", "basis": {"citation": "An act"},
        "outcome": if allows { "allow" } else { "deny" }, "when": when,
    });
    let mut clauses = vec![format!("when {{ {theirs} }}")];
    let (mut action, mut scope) = ("action".to_owned(), json!({}));
    if dice.once_in(2) {
        let models = dice.some(&MODELS);
        clauses.push(format!("when {{ {models:?}.contains(resource.id) }}"));
        scope["models"] = json!(models);
    }
    if dice.once_in(2) {
        let actions = dice.some(&ACTIONS);
        let names: Vec<String> = actions.iter().map(|name| format!("Action::\"{name}\"")).collect();
        action = format!("action in [{}]", names.join(", "));
        scope["actions"] = json!(actions);
    }
    rule["scope"] = scope;
    if dice.once_in(2) {
        let (when, theirs) = condition(dice, 1);
        rule["unless"] = json!([{"id": "lifted", "reason": "lifted", "when": when}]);
        clauses.push(format!("unless {{ {theirs} }}"));
    }
    if dice.once_in(2) {
        let issued = Instant::parse(ISSUED).unwrap().as_millis() / 1000;
        let from = issued + DAY * i64::try_from(dice.below(60)).unwrap();
        let until = from + DAY * i64::try_from(1 + dice.below(60)).unwrap();
        let at = |seconds| Instant::from_seconds(seconds).unwrap().to_string();
        rule["effective"] = json!({"from": at(from), "until": at(until)});
        clauses.push(format!("when {{ context.now >= {from} && context.now < {until} }}"));
    }
    let effect = if allows { "permit" } else { "forbid" };
    (rule, format!("{effect} (principal, {action}, resource) {};", clauses.join(" ")))
}

#[test]
fn cedar_decides_the_same() {
    let mut dice = Dice(23);
    let (mut allowed, mut denied) = (0, 0);
    for _ in 0..150 {
        let open = dice.once_in(2);
        let rules: Vec<(Value, String)> = (0..1 + dice.below(5)).map(|id| rule(&mut dice, id)).collect();
        let (ours, mut theirs): (Vec<Value>, Vec<String>) = rules.into_iter().unzip();
        if open {
            theirs.push("permit (principal, action, resource);".to_owned());
        }
        let document = json!({
            "ruleset": "oracle", "version": 1, "language": 1, "issued": ISSUED, "expires": "2026-06-01T00:00:00Z",
            "default": if open { "allow" } else { "deny" }, "actions": ACTIONS,
            "models": MODELS.map(|id| json!({ "id": id })), "attributes": {"subject.score": {"type": "number"}},
            "issuers": [{
                "id": "idp", "iss": "https://idp.example", "audience": "a", "keys": [], "assurance": "high",
                "claims": {
                    "subject.us_status": "/a", "subject.residence": "/b", "subject.score": "/c",
                    "subject.nationalities": {"claim": "/d", "complete": true},
                    "subject.employer": {"claim": "/e", "complete": true},
                },
            }],
            "rules": ours,
        });
        let read = brightline::read_rules(&brightline::parse_json(&document.to_string()).unwrap());
        let program = brightline::compile(read.unwrap_or_else(|findings| panic!("{findings:#?}\n{document:#}")));
        let policies: PolicySet = theirs.join("\n").parse().unwrap_or_else(|error| panic!("{error}\n{theirs:#?}"));
        let columns = Columns::every(&[&program]);
        for _ in 0..40 {
            let now =
                Instant::parse(ISSUED).unwrap().as_millis() / 1000 + i64::try_from(dice.below(120)).unwrap() * DAY;
            let (model, action) = (MODELS[dice.below(3)], ACTIONS[dice.below(2)]);
            let status = STATUSES[dice.below(4)];
            let (residence, country) = (COUNTRIES[dice.below(6)], COUNTRIES[dice.below(6)]);
            let (nationalities, employers) = (dice.some(&COUNTRIES), dice.some(&EMPLOYERS));
            let (score, purpose) = (dice.below(12), PURPOSES[dice.below(4)]);

            let mut row = Row::default();
            let cells = [
                ("subject.us_status", status.to_owned()),
                ("subject.residence", residence.to_owned()),
                ("subject.nationalities", nationalities.join(";")),
                ("subject.employer", employers.join(";")),
                ("subject.score", score.to_string()),
                ("context.country", country.to_owned()),
                ("context.purpose", purpose.to_owned()),
            ];
            for (name, text) in &cells {
                columns.put(&mut row, columns.place(name).unwrap(), text);
            }
            let view = Query {
                program: &program,
                now: Instant::from_seconds(now).unwrap(),
                belief: EvidenceMode::AsShown,
                asked: vec![(model.to_owned(), action.to_owned())],
                window: RulesetWindow::Counts,
            };
            let mut outcomes = BatchDecider::new(vec![view], &columns);
            let number = outcomes.outcome(&row).unwrap();
            let outcome = outcomes.verdict(number).next().unwrap().outcome;

            let us_person = ["citizen", "lpr"].contains(&status);
            let entities = json!([
                {"uid": {"type": "User", "id": "somebody"}, "parents": [], "attrs": {
                    "us_person": us_person, "us_status": status, "residence": residence,
                    "nationalities": nationalities, "employer": employers, "score": score}},
                {"uid": {"type": "Model", "id": model}, "parents": [], "attrs": {"id": model}},
            ]);
            let context = json!({"country": country, "purpose": purpose, "now": now});
            let request = Request::new(
                "User::\"somebody\"".parse().unwrap(),
                format!("Action::\"{action}\"").parse().unwrap(),
                format!("Model::\"{model}\"").parse().unwrap(),
                Context::from_json_value(context, None).unwrap(),
                None,
            );
            let entities = Entities::from_json_value(entities, None).unwrap();
            let answer = Authorizer::new().is_authorized(&request.unwrap(), &policies, &entities);
            assert_eq!(answer.diagnostics().errors().count(), 0, "{theirs:#?}");
            let expected = match answer.decision() {
                cedar_policy::Decision::Allow => Outcome::Allow,
                cedar_policy::Decision::Deny => Outcome::Deny,
            };
            assert_eq!(outcome, expected, "{document:#}\n{theirs:#?}\n{cells:?} {model} {action} {now}");
            match expected {
                Outcome::Allow => allowed += 1,
                _ => denied += 1,
            }
        }
    }
    assert!(allowed > 1_000 && denied > 1_000, "{allowed} {denied}");
}
