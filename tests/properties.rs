//! What must hold for every ruleset and request, tried on random ones.

#![cfg(not(target_arch = "wasm32"))]
#![cfg(feature = "author")]
#![allow(
    clippy::arithmetic_side_effects,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "in a test a panic is how a check fails"
)]

mod support;

use brightline::{CheckInput, Decision, Engine, Instant, TrustRoot};
use proptest::prelude::*;
use serde_json::{Value, json};

/// Days of 2026 as instants: few, so that windows meet each other and the requests.
fn day(day: u8) -> String {
    format!("2026-02-{:02}T00:00:00Z", day.clamp(1, 28))
}

fn condition() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        any::<bool>().prop_map(|value| json!({"subject.us_person": value})),
        prop::sample::subsequence(vec!["citizen", "lpr", "none"], 1..=2)
            .prop_map(|of| json!({"subject.us_status": of})),
        prop::sample::subsequence(vec!["DE", "FR", "IR"], 1..=2)
            .prop_map(|of| json!({"subject.nationalities": {"any_of": of}})),
        prop::sample::subsequence(vec!["DE", "FR", "IR"], 1..=2)
            .prop_map(|of| json!({"subject.nationalities": {"only": of}})),
        prop::sample::select(vec!["DE", "IR"]).prop_map(|of| json!({"context.country": of})),
    ];
    leaf.prop_recursive(2, 6, 3, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 1..3).prop_map(|parts| json!({"all": parts})),
            prop::collection::vec(inner.clone(), 1..3).prop_map(|parts| json!({"any": parts})),
            inner.prop_map(|part| json!({"not": part})),
        ]
    })
}

fn rule() -> impl Strategy<Value = Value> {
    let outcome = prop::sample::select(vec![
        json!("deny"),
        json!("review"),
        json!("step_up"),
        json!({"degrade": {"model": "small"}}),
        json!("allow"),
    ]);
    let window = (1_u8..28, 1_u8..10, any::<bool>());
    (outcome, condition(), condition(), window, any::<bool>()).prop_map(|(outcome, when, unless, window, both)| {
        let (from, length, bounded) = window;
        let effective = match bounded {
            true => json!({"from": day(from), "until": day(from.saturating_add(length)).replace("28T00", "28T12")}),
            false => json!({"from": day(from)}),
        };
        json!({
            "outcome": outcome, "reason": "r", "message": "m", "title": "t", "basis": {"citation": "c"},
            "effective": effective, "when": when,
            "scope": {"models": if both { json!(["large", "small"]) } else { json!(["large"]) }},
            "evidence": {"subject.us_person": {"max_age": "20d"}},
            "unless": [{"id": "e", "reason": "e", "when": unless}],
        })
    })
}

fn claims() -> impl Strategy<Value = Value> {
    let status = prop::option::of(prop::sample::select(vec!["citizen", "lpr", "none", "nonsense"]));
    let person = prop::option::of(any::<bool>());
    let nationalities =
        prop::option::of(prop::collection::vec(prop::sample::select(vec!["DE", "FR", "IR", "XX"]), 0..3));
    (status, person, nationalities, 1_u8..28).prop_map(|(status, person, nationalities, verified)| {
        let mut claims = json!({"verified_at": day(verified)});
        let mut put = |name: &str, value: Option<Value>| {
            if let (Some(value), Some(claims)) = (value, claims.as_object_mut()) {
                claims.insert(name.to_owned(), value);
            }
        };
        put("us_status", status.map(|status| json!(status)));
        put("us_person", person.map(|person| json!(person)));
        put("nationalities", nationalities.map(|list| json!(list)));
        claims
    })
}

fn engine(rules: &[Value], default: &str) -> Engine {
    let rules: Vec<Value> = rules.to_vec();
    let document = json!({
        "ruleset": "random", "version": 1, "language": 1, "issued": "2026-01-01T00:00:00Z",
        "expires": "2026-03-05T00:00:00Z", "notice": "7d", "default": default, "actions": ["chat"],
        "models": [{"id": "large"}, {"id": "small"}],
        "issuers": [{
            "id": "idp", "iss": "https://idp.example", "audience": "https://gate.example", "assurance": 2,
            "keys": [support::jwk(&support::key(1), "issuer")], "verified_at": "/verified_at",
            "claims": {
                "subject.us_status": "/us_status", "subject.us_person": "/us_person",
                "subject.nationalities": {"claim": "/nationalities", "complete": true},
            },
        }],
        "rules": rules,
    });
    let node = brightline::parse_json(&document.to_string()).expect("JSON");
    let (bundle, root) = support::sign_ruleset(&node);
    let root = TrustRoot::parse(root.to_string().as_bytes()).expect("a trust root");
    Engine::open(bundle.as_bytes(), &root, Instant::parse("2026-02-01T00:00:00Z").unwrap(), 0).expect("it opens")
}

/// A token that outlives the ruleset, so that the rules' own instants are what ends a decision.
fn token(claims: &Value) -> String {
    let mut payload = json!({"iss": "https://idp.example", "aud": "https://gate.example", "sub": "someone",
                             "iat": 1_767_225_600, "exp": 1_800_000_000});
    for (name, value) in claims.as_object().expect("claims") {
        payload[name] = value.clone();
    }
    let header = json!({"alg": "Ed25519", "kid": "issuer", "typ": "at+jwt"});
    support::sign_jws(&header, &payload.to_string(), &support::key(1))
}

fn check(engine: &Engine, token: &str, now: Instant) -> Decision {
    let context_json = Some(r#"{"country":"DE"}"#);
    let input = CheckInput { tokens: &[token], model: "large", action: "chat", context_json, now };
    engine.check(&input).expect("a context")
}

fn named(rules: Vec<Value>) -> Vec<Value> {
    let name = |(index, mut rule): (usize, Value)| {
        rule["id"] = json!(format!("r{index}"));
        rule
    };
    rules.into_iter().enumerate().map(name).collect()
}

/// A decision without what names its instant and what lies ahead.
fn standing(decision: &Decision) -> Value {
    let mut value = serde_json::to_value(decision).expect("a decision is JSON");
    for name in ["decided_at", "valid_until", "upcoming"] {
        value[name] = Value::Null;
    }
    value
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 150, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn order_never_matters(
        rules in prop::collection::vec(rule(), 1..6),
        claims in claims(),
        now in 1_u8..28,
        default in prop::sample::select(vec!["allow", "deny"]),
    ) {
        let rules = named(rules);
        let reversed: Vec<Value> = rules.iter().rev().cloned().collect();
        let (token, now) = (token(&claims), Instant::parse(&day(now)).unwrap());
        let one = serde_json::to_string(&check(&engine(&rules, default), &token, now)).unwrap();
        let other = serde_json::to_string(&check(&engine(&reversed, default), &token, now)).unwrap();
        prop_assert_eq!(one, other);
    }

    #[test]
    fn a_decision_stands_until_it_says_and_no_restriction_is_missed(
        rules in prop::collection::vec(rule(), 1..6),
        claims in claims(),
        now in 1_u8..28,
        later in prop::collection::vec(0.0_f64..1.0, 4),
    ) {
        let engine = engine(&named(rules), "allow");
        let (token, now) = (token(&claims), Instant::parse(&day(now)).unwrap());
        let decision = check(&engine, &token, now);
        prop_assert_eq!(decision.allowed, decision.outcome.as_str() == "allow");
        prop_assert!(decision.fallback.is_some() == (decision.outcome.as_str() == "degrade"));
        let until = decision.valid_until.expect("it ends with the ruleset at the latest");
        prop_assert!(until > now);
        let length = until.as_millis() - now.as_millis();
        for part in later {
            let millis = now.as_millis() + serde_json::from_str::<i64>(&format!("{:.0}", (part * 1e6).floor())).unwrap() * length / 1_000_000;
            let then = check(&engine, &token, Instant::from_millis(millis).unwrap());
            prop_assert_eq!(standing(&decision), standing(&then), "changed at {} before {}", millis, until);
        }
    }

    #[test]
    fn no_text_as_a_token_is_ever_allowed_or_a_panic(token in "\\PC{0,200}|[A-Za-z0-9_-]{0,80}\\.[A-Za-z0-9_-]{0,80}\\.[A-Za-z0-9_-]{0,90}") {
        let engine = engine(&[], "allow");
        let decision = check(&engine, &token, Instant::parse("2026-02-01T00:00:00Z").unwrap());
        prop_assert!(!decision.allowed && decision.reason.starts_with("token."));
    }
}
