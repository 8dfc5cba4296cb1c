//! Unknown attributes never increase the served capability: random rulesets whose conditions are known or unknown,
//! compared with every assignment of the unknown flags, each decided by the engine itself.

#![cfg(not(target_arch = "wasm32"))]
#![cfg(feature = "author")]
#![allow(
    clippy::arithmetic_side_effects,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "in a test a panic is how a check fails"
)]

#[path = "support/property.rs"]
mod property;
mod support;

use brightline::{CheckInput, Decision, Engine, Instant, Outcome};
use property::property;
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Value, json};
use std::cmp::Reverse;

/// In the order of the catalogue, so that a later position is the less capable model.
const MODELS: [&str; 4] = ["a", "b", "c", "d"];
const ACTIONS: [&str; 2] = ["train", "chat"];
const CELLS: usize = MODELS.len() * ACTIONS.len();
/// Each rule has its own flag, and so has its exception.
const RULES: usize = 5;
const FLAGS: usize = 2 * RULES;

/// The model and the action of a position.
fn names(cell: usize) -> (&'static str, &'static str) {
    (MODELS[cell / ACTIONS.len()], ACTIONS[cell % ACTIONS.len()])
}

/// The condition of a rule: always true, its own flag, or the flag of the first rule.
#[derive(Clone, Copy, Debug, PartialEq)]
enum When {
    Always,
    Flag,
    Shared,
}

/// The position of the rule's model and action, the distance to its fallback, its outcome, its condition, its
/// exception, and if it is for all actions.
type Draw = (usize, usize, &'static str, When, u8, bool);

fn draw(shared: bool) -> impl Strategy<Value = Draw> {
    let outcomes = vec!["deny", "review", "step_up", "interim", "degrade", "degrade", "degrade", "allow", "allow"];
    let when = if shared { vec![When::Shared, When::Flag] } else { vec![When::Always, When::Flag, When::Flag] };
    let wide = any::<bool>().prop_map(move |wide| wide && shared);
    (0..CELLS - 1, 1..CELLS, select(outcomes), select(when), 0..5_u8, wide)
}

fn rule((number, (cell, further, outcome, when, lifts, wide)): (usize, &Draw)) -> Value {
    // Only later entries of the catalogue are less capable.
    let (model, action) = names((cell + further).min(CELLS - 1));
    let outcome = match *outcome {
        "degrade" => json!({"degrade": {"model": model, "action": action}}),
        "interim" => json!({"step_up": {"model": model, "action": action}}),
        other => json!(other),
    };
    let flag = |number: usize| json!({format!("context.f{number}"): true});
    let (model, action) = names(*cell);
    let actions = if *wide { json!(ACTIONS) } else { json!([action]) };
    let mut rule = json!({
        "id": format!("r{number}"), "title": "t", "outcome": outcome, "reason": "r", "message": "m",
        "basis": {"citation": "c"}, "scope": {"models": [model], "actions": actions},
    });
    match when {
        When::Always => {}
        When::Flag => rule["when"] = flag(number),
        When::Shared => rule["when"] = flag(0),
    }
    let exception = flag(RULES + number);
    match lifts {
        0 => rule["unless"] = json!([{"id": "e", "reason": "e", "when": exception}]),
        1 => {
            rule["unless"] =
                json!([{"id": "e", "reason": "e", "when": exception, "provided": {"reason": "p", "when": exception}}])
        }
        _ => {}
    }
    rule
}

fn engine(rules: &[Value], default: &str) -> Engine {
    let attributes: serde_json::Map<String, Value> =
        (0..FLAGS).map(|flag| (format!("context.f{flag}"), json!({"type": "bool"}))).collect();
    let document = json!({
        "ruleset": "served", "version": 1, "language": 1, "issued": "2026-01-01", "expires": "2027-01-01",
        "default": default, "actions": ACTIONS, "models": MODELS.map(|id| json!({"id": id})), "attributes": attributes,
        "issuers": [{"id": "i", "iss": "https://i.example", "audience": "a", "keys": [support::jwk(&support::key(1), "k")], "assurance": 2, "claims": {}}],
        "rules": rules,
    });
    let node = brightline::parse_json(&document.to_string()).expect("JSON");
    support::open(&support::sign_ruleset(&node), Instant::parse("2026-01-01").unwrap())
}

fn ask(engine: &Engine, cell: usize, flags: &[Option<bool>]) -> Decision {
    let said = flags.iter().enumerate().filter_map(|(flag, value)| Some((format!("f{flag}"), json!((*value)?))));
    let context = Value::Object(said.collect()).to_string();
    let (model, action) = names(cell);
    let input = CheckInput {
        tokens: &[],
        possession: brightline::Possession::default(),
        model,
        action,
        context_json: Some(&context),
        now: Instant::parse("2026-06-01").unwrap(),
    };
    engine.check(&input).expect("a context")
}

/// Rank of the served model: more capable ranks higher, serving nothing lowest, the requested model highest.
fn served(decision: &Decision) -> Option<Reverse<Option<usize>>> {
    let serving = match decision.outcome {
        Outcome::Allow => return Some(Reverse(None)),
        Outcome::Degrade => decision.fallback.as_ref(),
        Outcome::StepUp => decision.interim.as_ref(),
        Outcome::Review | Outcome::Deny => return None,
    }?;
    let of = |cell: &usize| names(*cell) == (serving.model.as_str(), serving.action.as_str());
    Some(Reverse((0..CELLS).find(of)))
}

/// Every assignment of the unknown flags.
fn completions(flags: &[Option<bool>]) -> Vec<Vec<Option<bool>>> {
    let mut all = vec![Vec::new()];
    for flag in flags {
        let values: &[bool] = match flag {
            Some(true) => &[true],
            Some(false) => &[false],
            None => &[true, false],
        };
        all = all
            .into_iter()
            .flat_map(|known: Vec<Option<bool>>| {
                values.iter().map(move |value| known.iter().copied().chain([Some(*value)]).collect())
            })
            .collect();
    }
    all
}

fn flags() -> impl Strategy<Value = Vec<Option<bool>>> {
    prop::collection::vec(prop_oneof![2 => Just(Some(true)), 2 => Just(Some(false)), 3 => Just(None)], FLAGS)
}

fn defaults() -> impl Strategy<Value = &'static str> {
    select(vec!["allow", "allow", "deny", "review", "step_up"])
}

proptest! {
    #![proptest_config(property(150))]

    /// Independent conditions: the answer is exactly the part that all assignments have in common.
    #[test]
    fn a_decision_is_what_is_common_to_all_that_could_be(
        rules in prop::collection::vec(draw(false), 1..=RULES),
        flags in flags(),
        default in defaults(),
    ) {
        let rules: Vec<Value> = rules.iter().enumerate().map(rule).collect();
        let engine = engine(&rules, default);
        // A flag that no rule reads makes no difference.
        let read = json!(rules).to_string();
        let is_read = |flag: usize| read.contains(&format!("\"context.f{flag}\""));
        let flags: Vec<_> = flags.iter().enumerate().map(|(flag, value)| if is_read(flag) { *value } else { Some(false) }).collect();
        for cell in 0..CELLS {
            let withheld = ask(&engine, cell, &flags);
            let all: Vec<Decision> = completions(&flags).iter().map(|flags| ask(&engine, cell, flags)).collect();
            let context = || format!("{default} {rules:#?} {flags:?} {:?}\n{withheld:#?}", names(cell));
            prop_assert_eq!(served(&withheld), all.iter().map(served).min().unwrap(), "{}", context());
            prop_assert_eq!(withheld.allowed, all.iter().all(|one| one.allowed), "{}", context());
            // Under a default that refuses, an open rule that degrades asks for evidence, though its fallback may be
            // refused too.
            let degrades = |id: &String| rules.iter().any(|rule| rule["id"] == **id && rule["outcome"]["degrade"].is_object());
            let asks = matches!(default, "deny" | "review") && withheld.reasons.iter().any(|reason| degrades(&reason.rule));
            if withheld.outcome == Outcome::StepUp && asks {
                prop_assert_eq!(&withheld.interim, &None, "{}", context());
                continue;
            }
            prop_assert!(withheld.outcome >= all.iter().map(|one| one.outcome).min().unwrap(), "{}", context());
            let same = all.iter().all(|one| (one.outcome, served(one)) == (all[0].outcome, served(&all[0])));
            if same && withheld.outcome != all[0].outcome {
                // Two degrades to one fallback, one of which certainly applies and the other might.
                prop_assert_eq!((withheld.outcome, all[0].outcome), (Outcome::StepUp, Outcome::Degrade), "{}", context());
            }
        }
    }

    /// Dependent conditions, and rules for several actions: more unknown flags never increase the served capability.
    #[test]
    fn withholding_never_has_more_served(
        rules in prop::collection::vec(draw(true), 1..=RULES),
        flags in flags(),
        default in defaults(),
        hidden in prop::collection::vec(any::<bool>(), FLAGS),
    ) {
        let rules: Vec<Value> = rules.iter().enumerate().map(rule).collect();
        let engine = engine(&rules, default);
        let less: Vec<_> = flags.iter().zip(hidden).map(|(value, hidden)| value.filter(|_| !hidden)).collect();
        for cell in 0..CELLS {
            let (shown, withheld) = (ask(&engine, cell, &flags), ask(&engine, cell, &less));
            let context = || format!("{default} {rules:#?} {flags:?} {less:?}\n{shown:#?}\n{withheld:#?}");
            prop_assert!(served(&withheld) <= served(&shown), "{}", context());
            prop_assert!(shown.allowed || !withheld.allowed, "{}", context());
        }
    }
}

/// Rules of one model, each with an outcome and, perhaps, the flag that it tests.
fn of(model: &str, rules: &[(Value, Option<usize>)]) -> Vec<Value> {
    let rule = |(number, (outcome, flag)): (usize, &(Value, Option<usize>))| {
        let mut rule = json!({
            "id": format!("{model}{number}"), "title": "t", "outcome": outcome, "reason": "r", "message": "m",
            "basis": {"citation": "c"}, "scope": {"models": [model]},
        });
        if let Some(flag) = flag {
            rule["when"] = json!({format!("context.f{flag}"): true});
        }
        rule
    };
    rules.iter().enumerate().map(rule).collect()
}

fn to(model: &str) -> Value {
    json!({"degrade": {"model": model}})
}

/// The outcome and the served model if all flags are unknown.
fn open(rules: &[Value], default: &str) -> (Outcome, Option<String>) {
    let decision = ask(&engine(rules, default), 1, &[]);
    (decision.outcome, decision.fallback.or(decision.interim).map(|serving| serving.model))
}

#[test]
fn what_might_apply_can_only_lower_what_is_served() {
    use Outcome::{Degrade, Deny, Review, StepUp};
    let some = |model: &str| Some(model.to_owned());
    let cases = [
        // The same fallback, a less and a more capable one.
        (of("a", &[(to("c"), None), (to("c"), Some(0))]), (StepUp, some("c"))),
        (of("a", &[(to("b"), None), (to("c"), Some(0))]), (StepUp, some("c"))),
        (of("a", &[(to("c"), None), (to("b"), Some(0))]), (Degrade, some("c"))),
        // A rule that might refuse, and one that asks for evidence and names no interim.
        (of("a", &[(to("b"), None), (json!("deny"), Some(0))]), (StepUp, None)),
        (of("a", &[(to("b"), Some(0)), (json!("review"), Some(1))]), (StepUp, None)),
        (of("a", &[(json!("step_up"), None), (to("c"), Some(0))]), (StepUp, None)),
        // A rule that asks for evidence and names an interim.
        (of("a", &[(json!({"step_up": {"model": "b"}}), None), (to("c"), Some(0))]), (StepUp, some("c"))),
        (of("a", &[(json!({"step_up": {"model": "b"}}), Some(0)), (to("c"), None)]), (StepUp, some("c"))),
        // A stricter rule applies anyway.
        (of("a", &[(json!("review"), None), (to("c"), Some(0)), (json!("deny"), Some(1))]), (Review, None)),
        (of("a", &[(json!("deny"), None), (to("c"), Some(0))]), (Deny, None)),
        // A fallback that is refused, one that might be, and one that falls back itself.
        ([of("a", &[(to("b"), None), (to("c"), Some(0))]), of("b", &[(json!("deny"), None)])].concat(), (Deny, None)),
        (
            [of("a", &[(to("b"), None), (json!("deny"), Some(0))]), of("b", &[(json!("deny"), None)])].concat(),
            (Deny, None),
        ),
        (
            [of("a", &[(to("b"), Some(0)), (to("c"), Some(1))]), of("b", &[(json!("deny"), None)])].concat(),
            (StepUp, None),
        ),
        ([of("a", &[(to("b"), None)]), of("b", &[(json!("deny"), Some(0))])].concat(), (StepUp, None)),
        ([of("a", &[(to("b"), None), (to("c"), Some(0))]), of("b", &[(to("d"), None)])].concat(), (StepUp, some("d"))),
        (
            [of("a", &[(to("b"), None), (to("c"), Some(0))]), of("c", &[(to("d"), Some(1))])].concat(),
            (StepUp, some("d")),
        ),
        // Circular fallbacks.
        ([of("a", &[(to("b"), None), (to("c"), Some(0))]), of("b", &[(to("a"), None)])].concat(), (Deny, None)),
        ([of("a", &[(to("b"), Some(0))]), of("b", &[(to("a"), None)])].concat(), (StepUp, None)),
    ];
    for (rules, expected) in cases {
        assert_eq!(open(&rules, "allow"), expected, "{rules:#?}");
    }
    // A default that restricts, alone and with grants.
    let restricted = [
        (of("a", &[(json!("deny"), Some(0))]), (Deny, None)),
        (of("a", &[(to("b"), Some(0))]), (StepUp, None)),
        (of("a", &[(json!("allow"), Some(0)), (to("b"), Some(1))]), (StepUp, None)),
        (
            [of("a", &[(json!("allow"), None), (to("b"), Some(0))]), of("b", &[(json!("allow"), None)])].concat(),
            (StepUp, some("b")),
        ),
    ];
    for (rules, expected) in restricted {
        assert_eq!(open(&rules, "deny"), expected, "{rules:#?}");
    }
    let mut grant = of("a", &[(json!("allow"), None)]);
    grant[0]["unless"] = json!([{"id": "e", "reason": "e", "when": {"context.f0": true}}]);
    assert_eq!(open(&grant, "deny"), (StepUp, None), "an exception that might take a grant back");
    // Lifting a rule that is less strict than the default leaves the default.
    for outcome in [to("b"), json!({"step_up": {"model": "b"}})] {
        let mut rules = [of("a", &[(outcome, None)]), of("b", &[(json!("allow"), None)])].concat();
        assert_eq!(open(&rules, "deny").1, some("b"));
        rules[0]["unless"] = json!([{"id": "e", "reason": "e", "when": {"context.f0": true}}]);
        assert_eq!(open(&rules, "deny"), (StepUp, None), "{rules:#?}");
    }
}
