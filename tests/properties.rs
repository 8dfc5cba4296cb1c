//! Invariants of every ruleset and request, tried on random ones.

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

use brightline::{CheckInput, Decision, Engine, Instant, Outcome, TrustRoot, read_image, to_image};
use property::property;
use proptest::prelude::*;
use proptest::sample::{Index, select, subsequence};
use serde_json::{Map, Value, json};

// ── Random rulesets ──

/// Days of 2026 as instants: few, so that windows coincide with each other and with the requests.
fn day(day: u8) -> String {
    format!("2026-02-{:02}T00:00:00Z", day.clamp(1, 28))
}

fn at(text: &str) -> Instant {
    Instant::parse(text).unwrap()
}

/// `friends` changes in the middle of the month; no group contains `BR`.
const COUNTRIES: [&str; 5] = ["DE", "FR", "IR", "BR", "friends"];

fn leaf() -> impl Strategy<Value = Value> {
    let countries = || subsequence(COUNTRIES.to_vec(), 1..=2);
    prop_oneof![
        any::<bool>().prop_map(|value| json!({"subject.foreign_person": value})),
        any::<bool>().prop_map(|value| json!({"subject.us_person": value})),
        subsequence(vec!["citizen", "lpr", "none"], 1..=2).prop_map(|of| json!({"subject.us_status": of})),
        (select(vec!["any_of", "all_of", "none_of", "only"]), countries())
            .prop_map(|(how, of)| json!({"subject.nationalities": {how: of}})),
        countries().prop_map(|of| json!({"subject.nationalities_ever": {"any_of": of}})),
        countries().prop_map(|of| json!({"subject.most_recent_nationality": of})),
        (select(vec!["in", "not_in"]), countries()).prop_map(|(how, of)| json!({"subject.residence": {how: of}})),
        select(vec!["any_of", "none_of", "only"]).prop_map(|how| json!({"subject.employer": {how: ["lab", "mill"]}})),
        countries().prop_map(|of| json!({"context.country": of})),
        any::<bool>().prop_map(|value| json!({"context.on_site": value})),
    ]
}

fn condition() -> impl Strategy<Value = Value> {
    leaf().prop_recursive(2, 6, 3, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 1..3).prop_map(|parts| json!({"all": parts})),
            prop::collection::vec(inner.clone(), 1..3).prop_map(|parts| json!({"any": parts})),
            inner.prop_map(|part| json!({"not": part})),
        ]
    })
}

fn rule() -> impl Strategy<Value = Value> {
    let outcome = select(vec![
        json!("deny"),
        json!("review"),
        json!("step_up"),
        json!({"degrade": {"model": "small"}}),
        json!("allow"),
    ]);
    let window = (1_u8..28, 1_u8..10, any::<bool>(), any::<bool>());
    let lift = prop_oneof![
        condition().prop_map(|when| json!({"id": "e", "reason": "e", "when": when})),
        (condition(), condition()).prop_map(
            |(when, more)| json!({"id": "e", "reason": "e", "when": when, "provided": {"reason": "p", "when": more}})
        ),
        Just(json!({"licence": {"type": "kind"}})),
    ];
    (outcome, condition(), lift, window, any::<bool>()).prop_map(|(outcome, when, lift, window, both)| {
        let (from, length, bounded, paused) = window;
        let mut effective = match bounded {
            true => json!({"from": day(from), "until": day(from.saturating_add(length)).replace("28T00", "28T12")}),
            false => json!({"from": day(from)}),
        };
        if paused {
            effective["suspended"] = json!([{"from": day(length), "until": day(length + 3)}]);
            effective["not_enforced"] = json!([{"from": day(length + 6), "until": day(length + 8)}]);
        }
        json!({
            "outcome": outcome, "reason": "r", "message": "m", "title": "t", "basis": {"citation": "c"},
            "effective": effective, "when": when,
            "scope": {"models": if both { json!(["large", "small"]) } else { json!(["large"]) }},
            "evidence": {"subject.us_person": {"max_age": "20d"}, "subject.residence": {"assurance": 2}},
            "unless": [lift],
        })
    })
}

fn named(rules: Vec<Value>) -> Vec<Value> {
    let name = |(index, mut rule): (usize, Value)| {
        rule["id"] = json!(format!("r{index}"));
        rule
    };
    rules.into_iter().enumerate().map(name).collect()
}

fn rules(most: usize) -> impl Strategy<Value = Vec<Value>> {
    prop::collection::vec(rule(), 1..most).prop_map(named)
}

/// Rules for the person served, without attributes that only that person has.
fn several_parties() -> impl Strategy<Value = Vec<Value>> {
    rules(6).prop_map(|rules| rules.iter().map(support::without_whereabouts).collect())
}

/// A whole ruleset. `idp` asserts complete sets, `partial` incomplete ones.
fn document(id: &str, rules: &[Value], default: &str) -> Value {
    let issuer = |id: &str, assurance: u8, complete: bool| {
        // Each claim has its own time, so that evidence can be added without making another piece fresh.
        let claim = |name: &str| json!({"claim": format!("/{name}"), "verified_at": format!("/at/{name}")});
        let set = |name: &str| json!({"claim": format!("/{name}"), "verified_at": format!("/at/{name}"), "complete": complete});
        let claims = json!({
            "subject.us_status": claim("us_status"), "subject.us_person": claim("us_person"),
            "subject.residence": claim("residence"), "subject.nationalities": set("nationalities"),
            "subject.nationalities_complete": claim("all_told"), "subject.employer": set("employer"),
        });
        json!({
            "id": id, "iss": format!("https://{id}.example"), "audience": "https://gate.example",
            "keys": [support::jwk(&support::key(1), "issuer")],
            "assurance": assurance, "claims": claims,
        })
    };
    // The second licence has no holder. The order is that of an image.
    let mut licences = vec![
        json!({"id": "l2", "type": "kind", "basis": {"citation": "l"}, "holder": {"subject.id": "idp:nobody"}}),
        json!({"id": "l1", "type": "kind", "basis": {"citation": "l"}, "holder": {"subject.id": "idp:someone"},
               "models": ["large"], "from": day(5), "provisos": [{"id": "p", "satisfied": true, "until": day(20)}]}),
        json!({"id": "l3", "type": "kind", "basis": {"citation": "l"}, "holder": {"subject.employer": "mill"},
               "end_uses": ["research"], "revoked": day(15)}),
    ];
    if !json!(rules).to_string().contains("licence") {
        licences.clear();
    }
    json!({
        "ruleset": id, "version": 1, "language": 1, "issued": "2026-01-01T00:00:00Z",
        "expires": "2026-03-05T00:00:00Z", "notice": "7d", "default": default, "actions": ["chat"],
        "models": [{"id": "large"}, {"id": "small"}],
        "attributes": {"context.on_site": {"type": "bool"}},
        "groups": {
            "friends": {"citation": "g", "as_of": "2026-01-01", "versions": [
                {"from": "2026-01-01", "members": ["DE"]}, {"from": day(14), "members": ["DE", "FR"]},
            ]},
            "others": {"citation": "g", "as_of": "2026-01-01", "members": ["FR", "IR", "US"]},
        },
        "same_person": "subject",
        "issuers": [issuer("idp", 2, true), issuer("partial", 1, false)],
        "licences": licences, "rules": rules,
    })
}

fn opened(document: &Value) -> Engine {
    let node = brightline::parse_json(&document.to_string()).expect("JSON");
    support::open(&support::sign_ruleset(&node), at("2026-02-01T00:00:00Z"))
}

fn engine(rules: &[Value], default: &str) -> Engine {
    opened(&document("random", rules, default))
}

// ── Random people ──

const CLAIMS: [&str; 6] = ["us_status", "us_person", "residence", "nationalities", "all_told", "employer"];

/// The claims of one issuer; each may be absent, wrong or unreadable.
fn claims() -> impl Strategy<Value = Map<String, Value>> {
    let country = || select(vec!["DE", "FR", "IR", "BR"]);
    let held = prop_oneof![
        country().prop_map(|code| json!(code)),
        (country(), 1_u8..28).prop_map(|(code, until)| json!({"country": code, "until": day(until)})),
        (country(), 1_u8..4).prop_map(|(code, year)| json!({"country": code, "since": format!("200{year}-01-01")})),
        (country(), 1_u8..28).prop_map(|(code, since)| json!({"country": code, "since": day(since)})),
        select(vec!["XX", "XXB"]).prop_map(|code| json!(code)),
    ];
    let maybe = |values: Vec<Value>| prop::option::weighted(0.6, select(values));
    (
        maybe(vec![json!("citizen"), json!("lpr"), json!("none"), json!("nonsense")]),
        maybe(vec![json!(true), json!(false), json!("yes")]),
        prop::option::of(prop::collection::vec(held, 0..3)),
        maybe(vec![json!("DE"), json!("FR"), json!("IR"), json!("BR"), json!(7)]),
        maybe(vec![json!(["lab"]), json!(["mill", "other"]), json!([]), json!("lab")]),
        prop::option::weighted(0.2, any::<bool>()),
        1_u8..28,
    )
        .prop_map(|(status, person, nationalities, residence, employer, told, verified)| {
            let mut claims = Map::new();
            let mut put = |name: &str, value: Option<Value>| {
                claims.extend(value.map(|value| (name.to_owned(), value)));
            };
            put("us_status", status);
            put("us_person", person);
            put("nationalities", nationalities.map(|list| json!(list)));
            put("residence", residence);
            put("employer", employer);
            put("all_told", told.map(|told| json!(told)));
            let at = CLAIMS.map(|name| (name.to_owned(), json!(day(verified))));
            put("at", Some(Value::Object(at.into_iter().collect())));
            claims
        })
}

/// Claims by issuer.
type Person = Vec<(&'static str, Map<String, Value>)>;

fn person() -> impl Strategy<Value = Person> {
    (prop::option::weighted(0.8, claims()), prop::option::weighted(0.3, claims())).prop_map(|(idp, partial)| {
        let said = [("idp", idp), ("partial", partial)];
        said.into_iter().filter_map(|(issuer, claims)| Some((issuer, claims?))).collect()
    })
}

fn context() -> impl Strategy<Value = Map<String, Value>> {
    let country = prop::option::weighted(0.8, select(vec!["DE", "IR", "BR", "T1"]));
    let other = prop::option::weighted(0.2, select(vec!["DE", "IR", "T1"]));
    (country, other, prop::option::of(any::<bool>()), prop::option::of(select(vec!["research", "sales"]))).prop_map(
        |(country, other, on_site, purpose)| {
            let mut context = Map::new();
            context.extend(country.map(|code| ("country".to_owned(), json!(code))));
            context.extend(other.map(|code| ("places".to_owned(), json!([{"country": code}]))));
            context.extend(on_site.map(|value| ("on_site".to_owned(), json!(value))));
            context.extend(purpose.map(|value| ("purpose".to_owned(), json!(value))));
            context
        },
    )
}

/// Tokens that outlive the ruleset, so that only the rules' own instants end a decision.
fn tokens(person: &Person) -> Vec<String> {
    // Tokens of one request name one subject.
    let named = person.iter().find_map(|(_, claims)| claims.get("sub"));
    let same = |claims: &Map<String, Value>| {
        claims.clone().into_iter().chain(named.map(|sub| ("sub".to_owned(), sub.clone()))).collect()
    };
    person.iter().map(|(issuer, claims)| token(issuer, &same(claims), false)).collect()
}

fn token(issuer: &str, claims: &Map<String, Value>, reversed: bool) -> String {
    let fixed = [
        ("iss", json!(format!("https://{issuer}.example"))),
        ("aud", json!("https://gate.example")),
        ("sub", claims.get("sub").cloned().unwrap_or_else(|| json!("someone"))),
        ("iat", json!(1_767_225_600)),
        ("exp", json!(1_800_000_000)),
    ];
    let fixed = fixed.into_iter().map(|(name, value)| (name.to_owned(), value));
    let mut members: Vec<String> = fixed
        .chain(claims.clone().into_iter().filter(|(name, _)| name != "sub"))
        .map(|(name, value)| format!("{}:{value}", json!(name)))
        .collect();
    if reversed {
        members.reverse();
    }
    let header = json!({"alg": "Ed25519", "kid": "issuer", "typ": "at+jwt"});
    support::sign_jws(&header, &format!("{{{}}}", members.join(",")), &support::key(1))
}

fn ask(engine: &Engine, tokens: &[String], context: &Map<String, Value>, now: Instant) -> Decision {
    let tokens: Vec<&str> = tokens.iter().map(String::as_str).collect();
    let context = json!(context).to_string();
    let input = CheckInput {
        tokens: &tokens,
        possession: brightline::Possession::default(),
        model: "large",
        action: "chat",
        context_json: Some(&context),
        now,
    };
    engine.check(&input).expect("a context")
}

/// A decision without the members that depend on its instant or announce changes.
fn standing(decision: &Decision) -> Value {
    let mut value = serde_json::to_value(decision).expect("a decision is JSON");
    for name in ["decided_at", "valid_until", "upcoming"] {
        value[name] = Value::Null;
    }
    value
}

fn text(decision: &Decision) -> String {
    serde_json::to_string(decision).expect("a decision is JSON")
}

fn defaults() -> impl Strategy<Value = &'static str> {
    select(vec!["allow", "allow", "deny", "review"])
}

// ── Properties of decisions ──

proptest! {
    #![proptest_config(property(150))]

    #[test]
    fn order_never_matters(
        (rules, more) in (rules(6), rules(4)),
        person in person(),
        context in context(),
        now in 1_u8..28,
        default in defaults(),
    ) {
        let now = at(&day(now));
        let baseline = opened(&document("baseline", &more, "allow"));
        let one = ask(&engine(&rules, default).combine(&baseline), &tokens(&person), &context, now);
        let reversed: Vec<Value> = rules.iter().rev().cloned().collect();
        let tokens: Vec<String> = person.iter().rev().map(|(issuer, claims)| token(issuer, claims, true)).collect();
        let other = ask(&baseline.combine(&engine(&reversed, default)), &tokens, &context, now);
        prop_assert_eq!(text(&one), text(&other));
    }

    #[test]
    fn a_decision_stands_until_it_says(
        rules in rules(6),
        more in prop::option::weighted(0.3, rules(3)),
        person in person(),
        context in context(),
        now in 1_u8..28,
        default in defaults(),
        later in prop::collection::vec(0_i64..1_000_000, 4),
    ) {
        let mut engine = engine(&rules, default);
        if let Some(more) = more {
            engine = engine.combine(&opened(&document("baseline", &more, "allow")));
        }
        let (tokens, now) = (tokens(&person), at(&day(now)));
        let decision = ask(&engine, &tokens, &context, now);
        prop_assert_eq!(decision.allowed, decision.outcome == Outcome::Allow);
        prop_assert_eq!(decision.fallback.is_some(), decision.outcome == Outcome::Degrade);
        let until = decision.valid_until.expect("it ends with the ruleset at the latest");
        prop_assert!(until > now);
        let (from, length) = (now.as_millis(), until.as_millis() - now.as_millis());
        // A window begins or ends on each day, and at noon of the last one.
        let days = (0..40).flat_map(|day| [0, 43_200_000].map(|hour| at("2026-02-01T00:00:00Z").as_millis() + day * 86_400_000 + hour));
        let before = days.clone().map(|at| at - 1);
        let random = later.into_iter().map(|part| from + part * length / 1_000_000);
        for millis in days.chain(before).chain(random).filter(|at| (from..until.as_millis()).contains(at)) {
            let then = ask(&engine, &tokens, &context, Instant::from_millis(millis).unwrap());
            prop_assert_eq!(standing(&decision), standing(&then), "changed at {} before {}", millis, until);
        }
    }

    #[test]
    fn less_evidence_never_allows(
        rules in rules(6),
        person in person(),
        mut context in context(),
        now in 1_u8..28,
        default in defaults(),
        dropped in select(vec![
            &["us_status", "us_person"][..], &["nationalities"], &["nationalities", "all_told"], &["all_told"], &["residence"], &["employer"],
            &["country", "places"], &["on_site"], &["purpose"],
        ]),
    ) {
        let engine = engine(&rules, default);
        let now = at(&day(now));
        let before = ask(&engine, &tokens(&person), &context, now);
        let mut person = person;
        for name in dropped {
            person.iter_mut().for_each(|(_, claims)| drop(claims.remove(*name)));
            context.remove(*name);
        }
        let after = ask(&engine, &tokens(&person), &context, now);
        prop_assert!(before.allowed || !after.allowed, "allowed without {:?}: {}", dropped, text(&after));
    }

    /// A rule that restricts applies to each party; a rule that grants needs them all.
    #[test]
    fn one_more_party_in_a_rule_never_makes_an_answer_less_strict(
        rules in several_parties(),
        person in person(),
        mut context in context(),
        chain in subsequence(vec!["reseller", "agent", "end_user", "app"], 0..=4),
        unknown in subsequence(vec!["reseller", "agent", "end_user", "app"], 0..=2),
        now in 1_u8..28,
        default in defaults(),
        more in select(vec!["reseller", "agent", "end_user", "all"]),
    ) {
        let party = |role: &&str| json!({"role": role, "known": !unknown.contains(role)});
        context.insert("chain".to_owned(), chain.iter().map(party).collect());
        let (tokens, now) = (tokens(&person), at(&day(now)));
        let wider: Vec<Value> = rules
            .iter()
            .map(|rule| {
                let mut rule = rule.clone();
                rule["parties"] = json!(["subject", more]);
                rule
            })
            .collect();
        let (one, other) = (ask(&engine(&rules, default), &tokens, &context, now), ask(&engine(&wider, default), &tokens, &context, now));
        // A request that is certainly refused may result in `step_up` instead.
        prop_assert!(other.outcome >= one.outcome.min(Outcome::StepUp), "{:?} with {more}: {}\n{}", one.outcome, text(&one), text(&other));
    }

    #[test]
    fn no_text_as_a_token_is_ever_allowed_or_a_panic(token in "\\PC{0,200}|[A-Za-z0-9_-]{0,80}\\.[A-Za-z0-9_-]{0,80}\\.[A-Za-z0-9_-]{0,90}") {
        let engine = engine(&[], "allow");
        let decision = ask(&engine, &[token], &Map::new(), at("2026-02-01T00:00:00Z"));
        prop_assert!(!decision.allowed && decision.reason.starts_with("token."));
    }
}

proptest! {
    #![proptest_config(property(60))]

    /// The sieve ignores rules that name their parties; other rules apply to the person served.
    #[test]
    fn the_sieve_passes_over_nothing_that_matters(
        rules in prop::collection::vec(rule(), 60..90).prop_map(named),
        people in prop::collection::vec((person(), context(), 1_u8..28), 6),
        default in defaults(),
    ) {
        let spelt: Vec<Value> = rules
            .iter()
            .cloned()
            .map(|mut rule| {
                rule["parties"] = json!("subject");
                rule
            })
            .collect();
        let (sieved, plain) = (engine(&rules, default), engine(&spelt, default));
        for (person, context, now) in people {
            let (tokens, now) = (tokens(&person), at(&day(now)));
            let (one, other) = (ask(&sieved, &tokens, &context, now), ask(&plain, &tokens, &context, now));
            // Attributes that the sieve reads count as needed.
            prop_assert!(one.not_needed.iter().all(|name| other.not_needed.contains(name)));
            let same = |decision: &Decision| standing(&Decision { not_needed: Vec::new(), ..decision.clone() });
            prop_assert_eq!(same(&one), same(&other));
            let until = one.valid_until.unwrap();
            let last = Instant::from_millis(until.as_millis() - 1).unwrap();
            prop_assert_eq!(same(&one), same(&ask(&sieved, &tokens, &context, last)));
        }
    }

    #[test]
    fn what_is_asked_for_can_help(
        rules in consistent(),
        person in person(),
        context in context(),
        now in 2_u8..28,
        default in defaults(),
    ) {
        let engine = engine(&rules, default);
        let now = at(&day(now));
        let decision = ask(&engine, &tokens(&person), &context, now);
        for path in &decision.needs {
            let mut ways: Vec<(Person, Map<String, Value>)> = vec![(person.clone(), context.clone())];
            for need in &path.evidence {
                ways = ways.iter().flat_map(|way| supplied(way, &need.attribute, &need.issuers, now)).collect();
            }
            let helps = ways.iter().any(|(person, context)| ask(&engine, &tokens(person), context, now).allowed);
            prop_assert!(helps, "{:?} does not help {}", path, text(&decision));
        }
    }
}

/// Rules without contradictions: some person always meets every requirement.
fn consistent() -> impl Strategy<Value = Vec<Value>> {
    let of = |name: &'static str, wanted: Vec<Value>| select(wanted).prop_map(move |wanted| json!({name: wanted}));
    let person = prop_oneof![
        of("subject.foreign_person", vec![json!(true), json!(false)]),
        of("subject.us_status", vec![json!(["citizen"]), json!(["lpr", "none"])]),
    ];
    let held = prop_oneof![
        of(
            "subject.nationalities",
            vec![json!({"any_of": ["FR"]}), json!({"only": ["friends"]}), json!({"all_of": ["DE", "IR"]})]
        ),
        of("subject.nationalities_ever", vec![json!({"any_of": ["IR", "friends"]})]),
        of("subject.most_recent_nationality", vec![json!(["friends"]), json!(["IR"])]),
    ];
    let leaves = (
        person,
        held,
        of("subject.residence", vec![json!(["friends"]), json!({"not_in": ["DE", "IR"]})]),
        of("subject.employer", vec![json!({"any_of": ["lab"]}), json!({"only": ["mill"]})]),
        of("context.country", vec![json!(["friends"]), json!(["IR"])]),
        of("context.on_site", vec![json!(true), json!(false)]),
    );
    let leaves = leaves.prop_map(|(a, b, c, d, e, f)| vec![a, b, c, d, e, f]).prop_shuffle();
    (leaves, any::<[bool; 6]>(), select(vec!["deny", "review", "allow"]), any::<bool>(), rule(), rule()).prop_map(
        |(leaves, nots, outcome, licensed, one, two)| {
            let leaves: Vec<Value> =
                leaves.into_iter().zip(nots).map(|(leaf, not)| if not { json!({"not": leaf}) } else { leaf }).collect();
            let (mut one, mut two) = (one, two);
            one["outcome"] = json!("deny");
            one["when"] = json!({"any": [leaves[0], leaves[1]]});
            one["unless"] =
                json!([{"id": "e", "reason": "e", "when": leaves[2], "provided": {"reason": "p", "when": leaves[3]}}]);
            two["outcome"] = json!(outcome);
            two["when"] = json!({"all": [leaves[4], leaves[5]]});
            two.as_object_mut().expect("a rule").remove("unless");
            if licensed && outcome != "allow" {
                two["unless"] = json!([{"licence": {"type": "kind"}}]);
            }
            named(vec![one, two])
        },
    )
}

/// Requests with one attribute that only one of the issuers asserts now; one request for each value.
fn supplied(
    (person, context): &(Person, Map<String, Value>),
    attribute: &str,
    issuers: &[String],
    now: Instant,
) -> Vec<(Person, Map<String, Value>)> {
    let codes = ["DE", "FR", "IR", "US", "BR"].map(|code| json!(code)).to_vec();
    let (names, values): (&[&str], Vec<Value>) = match attribute {
        "subject.us_person" => (&["us_person", "us_status"], vec![json!(true), json!(false)]),
        "subject.us_status" => (&["us_status", "us_person"], vec![json!("citizen"), json!("lpr"), json!("none")]),
        "subject.residence" => (&["residence"], codes),
        // Pairs too: a condition can want one employer, and another that not all of them are that one.
        "subject.employer" => (
            &["employer"],
            [&["lab"][..], &["mill"], &["other"], &["lab", "mill"], &["mill", "other"]].map(|set| json!(set)).to_vec(),
        ),
        "context.country" => (&["country", "places"], codes),
        "context.on_site" => (&["on_site"], vec![json!(true), json!(false)]),
        "context.purpose" => (&["purpose"], vec![json!("research"), json!("sales")]),
        "subject.id" => (&["sub"], vec![json!("someone"), json!("nobody")]),
        _ => (&["nationalities", "all_told"], nationalities()),
    };
    let issuer = if issuers.iter().any(|issuer| issuer == "idp") || issuers.is_empty() { "idp" } else { "partial" };
    let one = |value: &Value| {
        let (mut person, mut context) = (person.clone(), context.clone());
        for name in names {
            person.iter_mut().for_each(|(_, claims)| drop(claims.remove(*name)));
            context.remove(*name);
        }
        if attribute.starts_with("context.") {
            context.insert(names[0].to_owned(), value.clone());
            return (person, context);
        }
        if !person.iter().any(|(known, _)| *known == issuer) {
            person.push((issuer, Map::new()));
        }
        for (_, claims) in person.iter_mut().filter(|(known, _)| *known == issuer) {
            for name in names.iter().filter(|name| CLAIMS.contains(name)) {
                let at = claims.entry("at").or_insert_with(|| json!({}));
                at[*name] = json!(now.to_string());
            }
            if let Some(name) = names.first() {
                claims.insert((*name).to_owned(), value.clone());
            }
            if *names == ["nationalities", "all_told"] {
                claims.insert("all_told".to_owned(), json!(true));
            }
        }
        (person, context)
    };
    values.iter().map(one).collect()
}

/// Sets of current nationalities, pairs whose second is the more recent, and pairs whose first has ended.
fn nationalities() -> Vec<Value> {
    const CODES: [&str; 4] = ["DE", "FR", "IR", "BR"];
    let of =
        |bits: usize| CODES.into_iter().enumerate().filter(move |(at, _)| bits & (1 << at) != 0).map(|(_, code)| code);
    let mut lists: Vec<Value> = (1..16).map(|bits| of(bits).collect()).collect();
    lists.push(json!(["US"]));
    for first in CODES {
        for then in CODES.into_iter().filter(|then| *then != first) {
            lists.push(json!([{"country": first, "since": "2001-01-01"}, {"country": then, "since": "2002-01-01"}]));
            lists.push(json!([{"country": first, "until": "2001-01-01"}, then]));
        }
    }
    lists
}

// ── Properties of texts and images ──

/// JSON of any shape, with names and texts that have a meaning somewhere in a ruleset.
fn anything() -> impl Strategy<Value = Value> {
    let words = vec![
        "ruleset",
        "rules",
        "when",
        "unless",
        "all",
        "any",
        "not",
        "subject.us_person",
        "subject.nationalities",
        "any_of",
        "context.country",
        "DE",
        "friends",
        "friends@2026-02-01",
        "id",
        "kind",
        "type",
        "licence",
        "from",
        "until",
        "deny",
        "degrade",
        "model",
        "large",
        "members",
        "versions",
        "claim",
        "/a",
        "is",
        "values",
        "count",
        "at_least",
        "records",
        "fields",
        "bool",
        "oidc",
        "2026-02-01",
        "9999-12-31T23:59:59Z",
        "30d",
        "",
        "sealed",
        "subject.employments",
        "has",
        "lists",
        "evidence",
        "preset",
    ];
    let names = words.clone();
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(|value| json!(value)),
        any::<i64>().prop_map(|value| json!(value)),
        any::<f64>().prop_map(|value| json!(value)),
        select(words).prop_map(|word| json!(word)),
        "\\PC{0,20}".prop_map(|text| json!(text)),
    ];
    leaf.prop_recursive(4, 24, 5, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(|items| json!(items)),
            prop::collection::vec((select(names.clone()), inner), 0..5).prop_map(|members| Value::Object(
                members.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
            )),
        ]
    })
}

/// The positions in a document, as JSON Pointers.
fn places(value: &Value, here: &str, found: &mut Vec<String>) {
    found.push(here.to_owned());
    match value {
        Value::Array(items) => {
            items.iter().enumerate().for_each(|(at, item)| places(item, &format!("{here}/{at}"), found))
        }
        Value::Object(members) => members.iter().for_each(|(name, member)| {
            places(member, &format!("{here}/{}", name.replace('~', "~0").replace('/', "~1")), found);
        }),
        _ => {}
    }
}

proptest! {
    #![proptest_config(property(400))]

    #[test]
    fn a_document_with_anything_anywhere_is_read_or_refused(
        rules in rules(3),
        changes in prop::collection::vec((any::<Index>(), anything()), 1..3),
    ) {
        let mut document = document("random", &rules, "allow");
        for (place, value) in changes {
            let mut all = Vec::new();
            places(&document, "", &mut all);
            *document.pointer_mut(&all[place.index(all.len())]).expect("a place") = value;
        }
        let Ok(node) = brightline::parse_json(&document.to_string()) else { return Ok(()) };
        if let Ok(ruleset) = brightline::read_ruleset(&node) {
            // The image that an app reads equals the original, byte for byte.
            let image = to_image(&ruleset);
            let again = read_image(&image).expect("an image");
            prop_assert_eq!(to_image(&again), image);
            prop_assert_eq!(again.to_json().len(), ruleset.to_json().len());
        }
    }

    #[test]
    fn an_image_is_the_ruleset(rules in rules(6), default in defaults()) {
        let node = brightline::parse_json(&document("random", &rules, default).to_string()).unwrap();
        let ruleset = brightline::read_ruleset(&node).unwrap();
        let image = to_image(&ruleset);
        let again = read_image(&image).expect("an image");
        prop_assert_eq!(again.to_json(), ruleset.to_json());
        prop_assert_eq!(to_image(&again), image);
    }

    #[test]
    fn no_bytes_are_an_image_by_chance(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        prop_assert!(read_image(&bytes).is_none());
        prop_assert!(read_image(&[b"BLR1", bytes.as_slice()].concat()).is_none());
    }

    /// A broken image with a valid signature is the author's mistake; an app refuses it or decides by it, and never
    /// panics.
    #[test]
    fn a_changed_image_is_refused_or_another_ruleset(
        rules in rules(4),
        changes in prop::collection::vec((any::<Index>(), any::<u8>(), 0_u8..4), 1..4),
        person in person(),
    ) {
        let node = brightline::parse_json(&document("random", &rules, "allow").to_string()).unwrap();
        let mut image = to_image(&brightline::read_ruleset(&node).unwrap());
        for (place, byte, how) in changes {
            let place = place.index(image.len());
            match how {
                0 => image[place] = byte,
                1 => image[place] ^= 1 << (byte & 7),
                2 => image.insert(place, byte),
                _ => image.truncate(place.max(1)),
            }
        }
        if let Some(ruleset) = read_image(&image) {
            let exact = to_image(&ruleset);
            prop_assert_eq!(to_image(&read_image(&exact).expect("an image")), exact);
            let signed = support::sign_image(&ruleset, &image);
            // A ruleset whose instants are not whole seconds, as a payload's are, does not open.
            let root = TrustRoot::parse(signed.1.to_string().as_bytes()).expect("a trust root");
            if let Ok(engine) = Engine::open(signed.0.as_bytes(), &root, ruleset.issued(), 0) {
                let _ = ask(&engine, &tokens(&person), &Map::new(), at(&day(10))).outcome;
            }
        }
    }
}
