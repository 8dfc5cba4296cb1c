//! Tests the analysis against the engine: every choice of assertions of small random rulesets is decided as computed,
//! and the analysis misses no outcome of random requests.
//!
//! Longer than other files: the generator of rulesets and requests that all tests of the analysis share.

#![allow(clippy::arithmetic_side_effects, reason = "in a test a panic is how a check fails")]

use super::atom::{RulesetAt, Who};
use super::counterexample::Scenario;
use super::diagram::{Diagram, Diagrams};
use super::rules::{LADDER, ServedOutcome, instants_of};
use super::survey::{epochs, universe};
use super::symbolic_ruleset::SymbolicRuleset;
use super::universe::Universe;
use super::{Budget, ProofResult, prove};
use crate::author::language::{parse_json, read};
use crate::base::country::Country;
use crate::base::dice::Dice;
use crate::base::set::Set;
use crate::base::time::{Instant, Span, Window};
use crate::check::decide::{Context, Request, decide};
use crate::check::program::{Program, compile};
use crate::check::subject::for_authors::{named_fact, with_implied};
use crate::check::subject::{ChainParty, Fact, Subject, Weight, nameless};
use crate::ruleset::attribute::{AttributeValue, Complete, Holding};
use serde_json::{Value as Json, json};
use std::collections::BTreeSet;

/// A test of one attribute.
fn test(dice: &mut Dice) -> Json {
    let tests = [
        json!({"subject.us_person": true}),
        json!({"subject.us_person": false}),
        json!({"subject.us_status": ["lpr", "none"]}),
        json!({"subject.us_status": ["citizen"]}),
        json!({"subject.residence": ["RU", "IR"]}),
        json!({"subject.residence": {"in": "friends"}}),
        json!({"subject.nationalities": {"any_of": ["RU"]}}),
        json!({"subject.nationalities": {"any_of": ["foes"]}}),
        json!({"subject.nationalities": {"only": ["US", "DE"]}}),
        json!({"subject.nationalities": {"all_of": ["US", "RU"]}}),
        json!({"subject.nationalities": {"count": {"at_least": 2}}}),
        json!({"subject.nationalities": {"count": {"at_most": 1}}}),
        json!({"subject.nationalities_ever": {"any_of": ["RU"]}}),
        json!({"subject.most_recent_nationality": ["RU", "IR"]}),
        json!({"subject.employer": ["lab"]}),
        json!({"subject.employer": {"only": ["lab"]}}),
        json!({"subject.employments": {"has": {"org": "lab", "regular": true}}}),
        json!({"subject.organisation.headquarters": ["RU"]}),
        json!({"subject.organisation.listed_owners": {"lists": ["SDN"], "at_least": 50}}),
        json!({"subject.score": {"at_least": 5}}),
        json!({"subject.name": "x"}),
        json!({"subject.id": "one:anna"}),
        json!({"context.country": ["RU"]}),
        json!({"context.country": {"in": "foes"}}),
        json!({"context.countries": {"any_of": ["IR"]}}),
        json!({"context.regions": {"any_of": ["UA-43"]}}),
        json!({"context.regions": {"only": ["DE-BE", "UA-43"]}}),
        json!({"context.regions": {"all_of": ["DE-BE", "DE-BY"]}}),
        json!({"context.regions": {"count": {"at_least": 2}}}),
        json!({"context.purpose": {"under": ["research"]}}),
        json!({"context.chain_roles": {"any_of": ["reseller"]}}),
        json!({"context.on_site": true}),
        json!({"context.flag": true}),
    ];
    dice.of(&tests).clone()
}

fn condition(dice: &mut Dice, depth: usize) -> Json {
    match dice.below(if depth == 0 { 1 } else { 5 }) {
        0 | 1 => test(dice),
        2 => json!({"all": [condition(dice, depth - 1), condition(dice, depth - 1)]}),
        3 => json!({"any": [condition(dice, depth - 1), condition(dice, depth - 1)]}),
        _ => json!({"not": condition(dice, depth - 1)}),
    }
}

fn evidence(dice: &mut Dice) -> Json {
    let mut policies = json!({});
    for attribute in [
        "subject.us_person",
        "subject.nationalities",
        "subject.residence",
        "subject.us_status",
        "subject.employer",
        "subject.id",
    ] {
        if dice.once_in(4) {
            let policy = [
                json!({"assurance": "low"}),
                json!({"assurance": "high"}),
                json!({"max_age": "30d"}),
                json!({"issuers": ["one"]}),
                json!({"classes": ["gov"], "assurance": "substantial"}),
            ];
            policies[attribute] = dice.of(&policy).clone();
        }
    }
    policies
}

fn effective(dice: &mut Dice) -> Json {
    let all = [
        json!({}),
        json!({}),
        json!({"from": "2026-02-01"}),
        json!({"until": "2026-03-01"}),
        json!({"from": "2026-01-10", "until": "2026-02-10"}),
        json!({"suspended": [{"from": "2026-01-15", "until": "2026-02-15"}]}),
        json!({"not_enforced": [{"from": "2026-02-20"}]}),
        json!({"from": "2026-01-05", "lifted": "2026-02-25"}),
    ];
    dice.of(&all).clone()
}

fn scope(dice: &mut Dice) -> Json {
    let all = [
        json!({}),
        json!({}),
        json!({"models": ["large"]}),
        json!({"models": ["small", "mid"]}),
        json!({"actions": ["chat"]}),
    ];
    dice.of(&all).clone()
}

fn rule(dice: &mut Dice, id: usize, plain: bool) -> Json {
    let outcomes = [
        json!("deny"),
        json!("review"),
        json!("step_up"),
        json!({"degrade": {"model": "mid"}}),
        json!({"degrade": {"model": "small"}}),
        json!({"degrade": {"action": "chat"}}),
        json!("allow"),
    ];
    let mut rule = json!({
        "id": format!("rule-{id}"), "title": "A rule", "reason": "a_reason", "message": "No.", "basis": {"citation": "An act"},
        "outcome": dice.of(&outcomes), "when": condition(dice, if plain { 1 } else { 2 }), "evidence": evidence(dice),
        "scope": scope(dice), "effective": effective(dice),
    });
    // A possible fallback.
    if rule["outcome"].is_object() && !dice.once_in(3) {
        rule["scope"] = json!({"models": ["large"]});
    }
    if dice.once_in(5) {
        rule["absence"] = json!("clears");
    }
    if dice.once_in(5) {
        let parties = [
            json!(["reseller"]),
            json!(["subject", "reseller"]),
            json!("all"),
            json!(["actor"]),
            json!(["end_user"]),
            json!(["agent", "reseller"]),
        ];
        rule["parties"] = dice.of(&parties).clone();
    }
    let of_others = rule.get("parties").is_some_and(|parties| *parties != json!(["end_user"]));
    if dice.once_in(3) {
        let mut exception = json!({
            "id": "lifted", "reason": "lifted", "when": condition(dice, 1), "effective": effective(dice), "scope": scope(dice),
            "evidence": evidence(dice),
        });
        if dice.once_in(3) {
            exception["provided"] = json!([{"reason": "not_so", "when": condition(dice, 0)}]);
        }
        if dice.once_in(3) {
            exception["licence"] = json!({"type": "export"});
        }
        rule["unless"] = json!([exception]);
    }
    if of_others {
        without_whereabouts(&mut rule);
    }
    rule
}

/// The location of the request does not apply to other parties.
pub(super) fn without_whereabouts(value: &mut Json) {
    match value {
        Json::Array(items) => items.iter_mut().for_each(without_whereabouts),
        Json::Object(members) => {
            if let Some(wanted) = members.get("subject.us_person").and_then(Json::as_bool) {
                members.remove("subject.us_person");
                members.insert("subject.foreign_person".to_owned(), (!wanted).into());
            }
            members.values_mut().for_each(without_whereabouts);
        }
        _ => {}
    }
}

/// A small ruleset.
pub(super) fn ruleset(dice: &mut Dice, rules: usize, plain: bool) -> Json {
    let issuer = |id: &str, class: &str, complete: bool, more: Json| {
        let mut claims = json!({
            "subject.us_person": "/us", "subject.us_status": "/status", "subject.residence": "/residence",
            "subject.nationalities": {"claim": "/nationalities", "complete": complete},
            "subject.permanent_residencies": {"claim": "/residencies", "complete": complete},
            "subject.employer": {"claim": "/employer", "complete": complete},
            "subject.employments": {"claim": "/jobs", "complete": complete},
            "subject.organisation.headquarters": {"claim": "/hq", "of": "/of"},
            "subject.organisation.listed_owners": {"claim": "/owners", "complete": complete},
            "subject.score": "/score", "subject.name": "/name",
        });
        if !complete {
            claims["subject.nationalities_complete"] = json!("/complete");
        }
        let mut issuer = json!({"id": id, "iss": format!("https://{id}.example"), "audience": "a", "class": class, "claims": claims,
            "keys": [{"kty": "OKP", "crv": "Ed25519", "alg": "Ed25519", "kid": "k1", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]});
        for (name, value) in more.as_object().unwrap() {
            issuer[name] = value.clone();
        }
        issuer
    };
    let defaults = [json!("allow"), json!("allow"), json!("deny"), json!("step_up")];
    json!({
        "ruleset": "random", "version": 1, "language": 1, "issued": "2026-01-01", "expires": "2026-04-01",
        "default": dice.of(&defaults), "roles": ["another", "broker"], "actions": ["chat", "agent"],
        "models": [{"id": "large"}, {"id": "mid"}, {"id": "small"}],
        "attributes": {
            "subject.score": {"type": "number"}, "subject.name": {"type": "text"},
            "context.on_site": {"type": "bool", "absent": false}, "context.flag": {"type": "bool"},
        },
        "groups": {
            "foes": {"citation": "A", "as_of": "2026-01-01", "members": ["RU", "IR"]},
            "friends": {"citation": "B", "as_of": "2026-01-01", "versions": [
                {"from": "2025-01-01", "members": ["DE", "FR"]}, {"from": "2026-02-05", "members": ["DE"]}]},
        },
        "issuers": [
            issuer("one", "gov", true, json!({"assurance": {"claim": "/acr", "levels": {"l1": "low", "l3": "high"}}, "verified_at": "/at",
                "hops": ["reseller"]})),
            issuer("two", "employer", false, json!({"assurance": "substantial"})),
        ],
        "licences": [
            {"id": "l-1", "type": "export", "basis": {"citation": "L"}, "holder": {"subject.id": "one:anna"}, "until": "2026-03-15"},
            {"id": "l-2", "type": "export", "basis": {"citation": "L"}, "holder": {"subject.employer": "lab"}, "models": ["large"]},
        ],
        "rules": (0..rules).map(|id| rule(dice, id, plain)).chain([json!({
            "id": "last", "title": "L", "reason": "l", "message": "L", "basis": {"citation": "A"}, "outcome": "review",
            "effective": {"from": "2026-03-31"}, "unless": [{"licence": {"type": "export"}}],
        })]).collect::<Vec<Json>>(),
    })
}

pub(super) fn compiled(document: &Json) -> Program {
    let read = read(&parse_json(&document.to_string()).unwrap());
    compile(read.unwrap_or_else(|findings| panic!("{findings:#?}\n{document:#}")))
}

/// Returns `true` if a region contains a choice of assertions.
fn is_in(all: &Diagrams, region: Diagram, chosen: &[u32]) -> bool {
    all.contains(region, &chosen.iter().copied().collect::<BTreeSet<u32>>())
}

/// A few choices of assertions: none, each alone, and some together.
fn choices(dice: &mut Dice, universe: &Universe) -> Vec<Vec<u32>> {
    let count = u32::try_from(universe.atoms.len()).unwrap();
    let mut choices: Vec<Vec<u32>> = vec![Vec::new()];
    choices.extend((0..count).map(|one| vec![one]));
    for _ in 0..150 {
        let rarity = 2 + dice.below(12);
        choices.push((0..count).filter(|_| dice.once_in(rarity)).collect());
    }
    choices
}

#[test]
fn every_choice_is_decided_as_computed() {
    let mut dice = Dice(7);
    let mut seen = [0; 5];
    for _ in 0..200 {
        let rules = 1 + dice.below(4);
        let document = ruleset(&mut dice, rules, false);
        let program = compiled(&document);
        let instants = epochs(&[&program]);
        let universe = universe(&[&program], &[], &instants);
        let mut all = Diagrams::new(universe.count(), 40_000_000);
        let cell = program.cell(dice.below(3), dice.below(2));
        for (place, from) in instants.iter().enumerate() {
            // An instant of this period.
            let end = instants.get(place + 1).copied().unwrap_or(program.ruleset().expires);
            let length = usize::try_from(end.since(*from).as_seconds()).unwrap();
            let now = from.saturating_add(Span::from_seconds(i64::try_from(dice.below(length)).unwrap()));
            let side = RulesetAt::of(&program, *from);
            let mut law = SymbolicRuleset::new(&mut all, side, &universe);
            law.set_now(now);
            let outcomes = law.outcomes(&mut all, cell, Diagram::ALL);
            assert!(!all.is_exhausted(), "{document:#}");
            assert_eq!(all.any(outcomes.values().copied()), Diagram::ALL, "every request has an outcome");
            for chosen in choices(&mut dice, &universe) {
                let found = Scenario::new(&universe, &chosen, law.reader.side).unwrap().witness(cell);
                let computed: Vec<&ServedOutcome> = outcomes
                    .iter()
                    .filter(|(_, region)| is_in(&all, **region, &chosen))
                    .map(|(served, _)| served)
                    .collect();
                let atoms: Vec<_> = chosen.iter().map(|one| universe.atom(*one)).collect();
                let fallback = found.decision.fallback.as_ref();
                let really = ServedOutcome {
                    outcome: found.decision.outcome,
                    instead: fallback.map(|served| (served.model.clone(), served.action.clone())),
                };
                assert_eq!(computed, [&really], "{document:#}\n{atoms:#?}\n{found:#?}");
                seen[LADDER.iter().position(|outcome| *outcome == found.decision.outcome).unwrap()] += 1;
            }
        }
    }
    assert!(seen.iter().all(|count| *count > 40), "{seen:?}");
}

/// A random request, richer than the assertions of the analysis.
fn anybody(dice: &mut Dice, program: &Program, now: Instant) -> (Subject, Json) {
    let vocabulary = program.vocabulary();
    let countries = ["US", "RU", "IR", "DE", "FR", "JP", "GBN", "KP"];
    let country = |dice: &mut Dice| {
        let code = dice.of(&countries);
        Country::parse(code).or_else(|| Country::parse_class(code)).unwrap()
    };
    let mut facts = Vec::new();
    let parties = [
        None,
        None,
        None,
        None,
        Some("reseller"),
        Some("reseller"),
        Some("another"),
        Some(":actor"),
        Some("u9"),
        Some("end_user"),
    ];
    for _ in 0..dice.below(9) {
        let issuer = dice.below(2);
        let whole = if issuer == 0 { Complete::Now } else { Complete::No };
        let names = [
            "subject.us_person",
            "subject.us_status",
            "subject.residence",
            "subject.nationalities",
            "subject.permanent_residencies",
            "subject.employer",
            "subject.employments",
            "subject.organisation.headquarters",
            "subject.organisation.listed_owners",
            "subject.score",
            "subject.name",
            "subject.nationalities_complete",
        ];
        let name = *dice.of(&names[..if issuer == 0 { 11 } else { 12 }]);
        let of = *dice.of(&parties);
        // Only the issuer of hop tokens, or a mapping that names the party, may assert facts about it.
        let about = match of {
            Some("reseller" | "u9") => issuer == 0 || name.ends_with("headquarters"),
            Some(_) => name.ends_with("headquarters"),
            None => true,
        };
        if !about {
            continue;
        }
        let real = |dice: &mut Dice| loop {
            let one = country(dice);
            if Country::parse(one.code()).is_some() {
                return one;
            }
        };
        let holdings = |dice: &mut Dice| {
            let held = (0..dice.below(4)).map(|_| Holding {
                country: country(dice),
                since: dice.once_in(2).then(|| {
                    let days = |days: usize| Span::from_seconds(86_400 * (1 + i64::try_from(days).unwrap()));
                    if dice.once_in(6) { now.saturating_add(days(0)) } else { now.saturating_sub(days(dice.below(4))) }
                }),
                until: dice.once_in(4).then(|| now.saturating_sub(Span::from_seconds(60))),
            });
            let held: Vec<Holding> = held.collect();
            let complete = if dice.once_in(6) {
                Complete::Untold
            } else if held.is_empty() {
                Complete::No
            } else {
                whole
            };
            AttributeValue::Holdings(held, complete)
        };
        let value = match name {
            "subject.us_person" | "subject.nationalities_complete" => AttributeValue::Bool(dice.once_in(2)),
            "subject.us_status" => {
                AttributeValue::Text((*dice.of(&["citizen", "lpr", "none", "refugee", "parolee"])).to_owned())
            }
            "subject.residence" | "subject.organisation.headquarters" => AttributeValue::Country(real(dice)),
            "subject.nationalities" | "subject.permanent_residencies" => holdings(dice),
            "subject.employer" => {
                let members = (0..dice.below(3)).map(|_| (*dice.of(&["lab", "other", "third"])).to_owned()).collect();
                AttributeValue::Texts(members, whole)
            }
            "subject.employments" => {
                let fields = [
                    ("org", AttributeValue::Text((*dice.of(&["lab", "other"])).to_owned())),
                    ("regular", AttributeValue::Bool(dice.once_in(2))),
                ];
                let record = fields
                    .into_iter()
                    .filter(|_| !dice.once_in(3))
                    .map(|(name, value)| (name.to_owned(), value))
                    .collect();
                AttributeValue::Records(vec![record], whole)
            }
            "subject.organisation.listed_owners" => AttributeValue::Shares(
                vec![((*dice.of(&["SDN", "EL"])).to_owned(), *dice.of(&[10.0, 25.0, 50.0, 60.0]))],
                whole,
            ),
            "subject.score" => AttributeValue::Number(*dice.of(&[1.0, 5.0, 7.5])),
            _ => AttributeValue::Text((*dice.of(&["x", "y"])).to_owned()),
        };
        let attribute = vocabulary.lookup(name).unwrap();
        let (unreadable, undisclosed) = (dice.once_in(10), dice.once_in(8));
        let fact = Fact {
            attribute,
            value: (!unreadable && !undisclosed).then_some(value),
            asserted: attribute,
            of: of.map(str::to_owned),
            issuer,
            // An undisclosed fact counts with the highest possible assurance.
            assurance: match issuer {
                0 if undisclosed => 3,
                0 => *dice.of(&[0, 1, 3]),
                _ => 2,
            },
            verified_at: (issuer == 0 && !dice.once_in(4))
                .then(|| now.saturating_sub(Span::from_seconds(86_400 * i64::try_from(dice.below(60)).unwrap()))),
            expires_at: dice.once_in(10).then_some(now),
            revoked: dice.once_in(12),
            undisclosed,
            anyone: false,
        };
        with_implied(fact, &mut facts);
    }
    let ids: Vec<String> =
        ["one:anna", "one:other", "two:bert"].into_iter().filter(|_| dice.once_in(3)).map(str::to_owned).collect();
    let ids = if ids.len() == 3 || ids.starts_with(&["one:anna".to_owned(), "one:other".to_owned()]) {
        ids[1..].to_vec()
    } else {
        ids
    };
    if !ids.is_empty() {
        facts.push(Fact {
            value: Some(AttributeValue::Texts(ids.iter().cloned().collect(), Complete::Ever)),
            ..named_fact()
        });
    }
    if dice.once_in(10) {
        facts.push(nameless());
    }
    facts.sort_by_key(|fact| fact.issuer);
    let mut chain = Vec::new();
    if dice.once_in(6) {
        chain.push(ChainParty { weight: Weight::Act, ..ChainParty::of("actor", ":actor") });
    }
    let mut context = json!({});
    if dice.once_in(2) {
        let places: Vec<Json> = (0..1 + dice.below(3))
            .map(|_| match dice.below(5) {
                0 => json!({"region": *dice.of(&["UA-43", "DE-BE", "nowhere"])}),
                1 => json!({"country": *dice.of(&["UA", "DE"]), "region": *dice.of(&["UA-43", "DE-BE", "DE-BY", "nowhere"])}),
                _ => json!({"country": *dice.of(&["RU", "IR", "DE", "FR", "US", "UA", "??"])}),
            })
            .collect();
        context["places"] = places.into();
    }
    if dice.once_in(2) {
        context["purpose"] = (*dice.of(&["research", "research.bio", "sales", "researching"])).into();
    }
    for name in ["on_site", "flag"] {
        if dice.once_in(3) {
            context[name] = dice.once_in(2).into();
        }
    }
    if dice.once_in(3) {
        let roles = ["reseller", "another", "end_user", "end_user", "broker", "reseller", "agent"];
        let roles: Vec<&str> = roles.into_iter().filter(|_| dice.once_in(3)).collect();
        let party = |role: &&str| {
            let mut party = json!({"role": role});
            if dice.once_in(4) {
                party["known"] = dice.once_in(2).into();
            }
            if dice.once_in(2) {
                party["of"] = (*dice.of(&["u9", role])).into();
            }
            party
        };
        context["chain"] = roles.iter().map(party).collect();
    }
    (Subject::of(facts, ids, chain, false), context)
}

#[test]
fn nothing_that_anybody_can_present_is_left_out() {
    let mut dice = Dice(11);
    let mut compared = 0;
    for _ in 0..150 {
        let rules = 1 + dice.below(3);
        let document = ruleset(&mut dice, rules, true);
        let program = compiled(&document);
        let instants = epochs(&[&program]);
        let universe = universe(&[&program], &[], &instants);
        let mut all = Diagrams::new(universe.count(), 40_000_000);
        let now = instants[dice.below(instants.len())];
        let mut law = SymbolicRuleset::new(&mut all, RulesetAt::of(&program, now), &universe);
        let cell = program.cell(dice.below(3), dice.below(2));
        let outcomes = law.outcomes(&mut all, cell, Diagram::ALL);
        let (model, action) = program.names(cell);
        for _ in 0..60 {
            let (subject, context) = anybody(&mut dice, &program, now);
            let read = Context::parse(program.vocabulary(), &[], &context.to_string()).unwrap();
            let decision = decide(&program, &subject, Request { model, action, context: &read }, now);
            // Some choice of assertions has the same outcome by the same rules.
            let alike = outcomes.iter().filter(|(served, _)| served.outcome == decision.outcome);
            let mut region = all.any(alike.map(|(_, region)| *region));
            for one in crate::check::decide::for_authors::judged(&program, &subject, &read, now, cell) {
                let (rule, compiled) = program.rule(one.rule).unwrap();
                // A rule that an exception leaves open is open whatever its condition evaluates to.
                if one.party.is_some() || !one.applies && program.is_undone_by_lifting(rule) {
                    continue;
                }
                let truths = law.reader.node(&mut all, compiled.when, &Who::Person);
                region = if one.applies {
                    all.and(region, truths.yes)
                } else {
                    let settled = all.or(truths.yes, truths.no);
                    all.without(region, settled)
                };
            }
            assert!(!region.is_none(), "{document:#}\n{subject:#?}\n{context:#}\n{decision:#?}");
            compared += 1;
        }
    }
    assert!(compared > 5_000);
}

/// Returns `true` if the first guarantee is broken, found the slow way: by all outcomes at each instant.
fn by_partition(program: &Program) -> bool {
    let guarantee = &program.ruleset().guarantees[0];
    let whom = program.guarantees().next().unwrap();
    let instants = epochs(&[program]);
    let universe = universe(&[program], &[whom], &instants);
    let mut all = Diagrams::new(universe.count(), 40_000_000);
    let mut changes: Set<Instant> = instants.iter().copied().collect();
    for rule in &program.ruleset().rules {
        instants_of(program, rule, &mut changes);
    }
    let window = Window { from: Some(program.ruleset().issued), until: Some(program.ruleset().expires) };
    for now in changes.into_iter().filter(|at| window.contains(*at)) {
        let mut law = SymbolicRuleset::new(&mut all, RulesetAt::of(program, now), &universe);
        let region = law.reader.node(&mut all, whom, &Who::Person).yes;
        for cell in program.cells_of(&guarantee.scope) {
            let outcomes = law.outcomes(&mut all, cell, region);
            if outcomes.keys().any(|served| !guarantee.permitted.contains(&served.outcome)) {
                return true;
            }
        }
    }
    false
}

#[test]
fn a_proof_is_as_the_engine_decides() {
    let mut dice = Dice(13);
    let (mut held, mut broken, mut intricate) = (0, 0, 0);
    for _ in 0..220 {
        let rules = 1 + dice.below(3);
        let mut document = ruleset(&mut dice, rules, true);
        let permitted = [
            json!(["allow"]),
            json!(["allow", "degrade"]),
            json!(["deny", "review", "step_up"]),
            json!(["degrade", "step_up"]),
        ];
        document["guarantees"] = json!([{"id": "g", "for": condition(&mut dice, 1), "always": dice.of(&permitted), "scope": scope(&mut dice)}]);
        let program = compiled(&document);
        let proofs = prove(&program, &[], Budget::default());
        let guarantee = &program.ruleset().guarantees[0];
        let expected = by_partition(&program);
        // More parties can matter than are told apart; that is reported.
        if matches!(proofs[0].verdict, ProofResult::TooIntricate { why: "questions" }) {
            intricate += 1;
            continue;
        }
        let found = matches!(proofs[0].verdict, ProofResult::Broken(_));
        assert_eq!(found, expected, "{:?} {document:#}", proofs[0].verdict);
        match &proofs[0].verdict {
            ProofResult::Broken(found) => {
                broken += 1;
                assert!(!guarantee.permitted.contains(&found.decision.outcome));
            }
            ProofResult::Holds | ProofResult::Empty => {
                held += 1;
                let whom = program.guarantees().next().unwrap();
                for _ in 0..300 {
                    let now = program
                        .ruleset()
                        .issued
                        .saturating_add(Span::from_seconds(i64::try_from(dice.below(90 * 86_400)).unwrap()));
                    let (subject, context) = anybody(&mut dice, &program, now);
                    let read = Context::parse(program.vocabulary(), &[], &context.to_string()).unwrap();
                    if !crate::check::decide::for_authors::holds(&program, &subject, &read, now, whom) {
                        continue;
                    }
                    for cell in program.cells_of(&guarantee.scope) {
                        let (model, action) = program.names(cell);
                        let decision = decide(&program, &subject, Request { model, action, context: &read }, now);
                        assert!(
                            guarantee.permitted.contains(&decision.outcome),
                            "{document:#}\n{subject:#?}\n{context:#}\n{decision:#?}"
                        );
                    }
                }
            }
            ProofResult::TooIntricate { why } => panic!("{why}: {document:#}"),
        }
    }
    assert!(held > 10 && broken > 50 && intricate < 12, "{held} {broken} {intricate}");
}
