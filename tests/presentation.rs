//! Several tokens of one request: that they belong to one person, and the chain between the person and the model.
//! Signed for real, natively and in Wasm.

#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "in a test a panic is how a check fails"
)]

mod support;

use brightline::base::limits;
use brightline::{CheckInput, Decision, DpopProof, Engine, Instant, Possession};
use data_encoding::BASE64URL_NOPAD;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use support::{jwk, key, open, sign_jws, sign_ruleset};

#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

const NOW: i64 = 1_770_000_000;

fn now() -> Instant {
    Instant::from_seconds(NOW).unwrap()
}

/// A ruleset with three issuers of one key each, and additions.
fn engine(more: &Value) -> Engine {
    let issuer = |id: &str, seed: u8, claims: &Value, hops: &Value| {
        let mut issuer = json!({"id": id, "iss": format!("https://{id}.example"), "audience": "https://gate.example",
            "keys": [jwk(&key(seed), "k")], "assurance": 2, "claims": claims});
        if !hops.is_null() {
            issuer["hops"] = hops.clone();
        }
        if id != "partners" {
            issuer["link"] = json!(if id == "idp" { "/employee" } else { "/badge" });
        }
        issuer
    };
    let person = json!({"subject.us_person": "/us_person", "subject.residence": "/residence"});
    let mut document = json!({
        "ruleset": "presentations", "version": 1, "language": 1, "issued": "2026-01-01", "expires": "2027-01-01",
        "default": "allow", "actions": ["chat"], "models": [{"id": "m"}],
        "issuers": [
            issuer("idp", 1, &person, &Value::Null),
            issuer("hr", 2, &person, &Value::Null),
            issuer("partners", 3, &json!({"subject.organisation.headquarters": "/hq"}), &json!(["agent", "reseller"])),
        ],
        "rules": [],
    });
    for (name, value) in more.as_object().unwrap() {
        document[name] = value.clone();
    }
    let document = brightline::parse_json(&document.to_string()).unwrap_or_else(|findings| panic!("{findings:#?}"));
    open(&sign_ruleset(&document), now())
}

fn token(issuer: &str, seed: u8, claims: &Value) -> String {
    let mut payload = json!({"iss": format!("https://{issuer}.example"), "aud": "https://gate.example", "sub": "someone",
                             "iat": NOW - 10, "exp": NOW + 300});
    for (name, value) in claims.as_object().unwrap() {
        payload[name] = value.clone();
    }
    sign_jws(&json!({"alg": "Ed25519", "kid": "k", "typ": "at+jwt"}), &payload.to_string(), &key(seed))
}

fn idp(claims: &Value) -> String {
    token("idp", 1, claims)
}

fn hr(claims: &Value) -> String {
    token("hr", 2, claims)
}

fn hash(token: &str) -> String {
    BASE64URL_NOPAD.encode(&Sha256::digest(token.as_bytes()))
}

/// A hop over tokens.
fn hop(sub: &str, role: &str, over: &[&str], claims: &Value) -> String {
    let mut hop = json!({"role": role});
    match over {
        [] => {}
        [one] => hop["over"] = json!(hash(one)),
        several => hop["over"] = several.iter().map(|token| hash(token)).collect(),
    }
    let mut all = json!({"sub": sub, "hop": hop});
    for (name, value) in claims.as_object().unwrap() {
        all[name] = value.clone();
    }
    token("partners", 3, &all)
}

fn check(engine: &Engine, tokens: &[&str]) -> Decision {
    let input = CheckInput {
        tokens,
        possession: Possession::default(),
        model: "m",
        action: "chat",
        context_json: None,
        now: now(),
    };
    // The order of the tokens does not change the answer.
    let decision = engine.check(&input).unwrap();
    let mut reversed = tokens.to_vec();
    reversed.reverse();
    assert_eq!(engine.check(&CheckInput { tokens: &reversed, ..input }).unwrap(), decision);
    decision
}

fn reason(engine: &Engine, tokens: &[&str]) -> String {
    check(engine, tokens).reason
}

#[test]
fn tokens_of_one_issuer_are_one_persons_by_sub() {
    let engine = engine(&json!({}));
    assert!(check(&engine, &[&idp(&json!({})), &idp(&json!({"residence": "DE"}))]).allowed);
    assert_eq!(reason(&engine, &[&idp(&json!({})), &idp(&json!({"sub": "another"}))]), "token.subjects");
}

#[test]
fn a_presentation_has_as_many_tokens_as_the_limit_and_no_more() {
    let engine = engine(&json!({}));
    let tokens: Vec<String> = (0..=limits::TOKENS).map(|number| idp(&json!({"jti": number.to_string()}))).collect();
    let tokens: Vec<&str> = tokens.iter().map(String::as_str).collect();
    assert!(check(&engine, &tokens[1..]).allowed);
    assert_eq!(reason(&engine, &tokens), "token.too_many");
}

/// `sub` is an issuer's own name for a person: two issuers may give one name to two people.
#[test]
fn the_same_sub_of_two_issuers_is_nobody_in_particular_unless_the_ruleset_says_so() {
    let tokens = [idp(&json!({})), hr(&json!({}))];
    let tokens = [tokens[0].as_str(), tokens[1].as_str()];
    assert_eq!(reason(&engine(&json!({})), &tokens), "token.subjects");
    assert_eq!(reason(&engine(&json!({"same_person": ["key", "link"]})), &tokens), "token.subjects");
    assert!(check(&engine(&json!({"same_person": "subject"})), &tokens).allowed);
    let other = hr(&json!({"sub": "another"}));
    assert_eq!(reason(&engine(&json!({"same_person": "subject"})), &[tokens[0], &other]), "token.subjects");
}

#[test]
fn tokens_that_are_linked_by_a_claim_are_one_persons() {
    let engine = engine(&json!({"same_person": "link"}));
    let mine = idp(&json!({"sub": "a", "employee": "e-7"}));
    assert!(check(&engine, &[&mine, &hr(&json!({"sub": "b", "badge": "e-7"}))]).allowed);
    for badge in [json!("e-8"), json!(""), json!(7), Value::Null] {
        assert_eq!(reason(&engine, &[&mine, &hr(&json!({"sub": "b", "badge": badge}))]), "token.subjects");
    }
    // Two empty claims do not link.
    let (empty, other) = (idp(&json!({"sub": "a", "employee": ""})), hr(&json!({"sub": "b", "badge": ""})));
    assert_eq!(reason(&engine, &[&empty, &other]), "token.subjects");
    // Linked through a third token.
    let third = hr(&json!({"sub": "b"}));
    let linked = hr(&json!({"sub": "b", "badge": "e-7"}));
    assert!(check(&engine, &[&mine, &third, &linked]).allowed);
}

#[test]
fn tokens_that_are_bound_to_one_key_are_one_persons() {
    let engine = engine(&json!({"same_person": "key"}));
    let bound = |seed: u8| {
        let mut jwk = jwk(&key(seed), "holder");
        jwk.as_object_mut().unwrap().remove("alg");
        json!({"sub": format!("s{seed}"), "cnf": {"jwk": jwk}})
    };
    let named = |sub: &str, cnf: &Value| json!({"sub": sub, "cnf": cnf["cnf"]});
    // A bound token comes with a proof by its key.
    let reason = |tokens: &[(&str, u8)]| {
        let proofs: Vec<String> = tokens.iter().map(|(token, seed)| {
            let header = json!({"alg": "Ed25519", "typ": "dpop+jwt", "jwk": bound(*seed)["cnf"]["jwk"]});
            let claims = json!({"jti": token, "htm": "POST", "htu": "https://gate.example/", "iat": NOW, "ath": hash(token)});
            sign_jws(&header, &claims.to_string(), &key(*seed))
        }).collect();
        let proof = |jwt| DpopProof { jwt, method: "POST", url: "https://gate.example/", nonce: None };
        let proofs: Vec<DpopProof<'_>> = proofs.iter().map(|jwt| proof(jwt.as_str())).collect();
        let tokens: Vec<&str> = tokens.iter().map(|(token, _)| *token).collect();
        let possession = Possession { nonce: None, proofs: &proofs };
        let input =
            CheckInput { tokens: &tokens, possession, model: "m", action: "chat", context_json: None, now: now() };
        engine.check(&input).unwrap().reason
    };
    let mine = idp(&named("a", &bound(9)));
    assert_eq!(reason(&[(&mine, 9), (&hr(&named("b", &bound(9))), 9)]), "default");
    assert_eq!(reason(&[(&mine, 9), (&hr(&named("b", &bound(8))), 8)]), "token.subjects");
    assert_eq!(reason(&[(&mine, 9), (&hr(&json!({"sub": "a"})), 9)]), "token.subjects");
}

fn chain_rules() -> Value {
    let rule = |id: &str, outcome: &str, parties: &Value, when: &Value, unless: &Value| {
        let mut rule = json!({"id": id, "title": "T", "outcome": outcome, "reason": id.replace('-', "_"), "message": "M",
                              "basis": {"citation": "C"}, "parties": parties, "when": when});
        if !unless.is_null() {
            rule["unless"] = unless.clone();
        }
        rule
    };
    json!({"rules": [
        rule("reseller-abroad", "deny", &json!(["reseller"]), &json!({"subject.organisation.headquarters": {"not_in": ["US"]}}), &Value::Null),
        rule("listed-agent", "deny", &json!(["agent"]), &json!({"subject.id": ["partners:bad-agent"]}), &Value::Null),
        rule("person-abroad", "deny", &json!(["subject"]), &json!({"subject.residence": ["IR"]}), &Value::Null),
    ]})
}

#[test]
fn signed_hops_become_the_parties_that_rules_judge() {
    let engine = engine(&chain_rules());
    let person = idp(&json!({"residence": "DE"}));
    let us = hop("shop", "reseller", &[&person], &json!({"hq": "US"}));
    let abroad = hop("shop", "reseller", &[&person], &json!({"hq": "FR"}));
    assert!(check(&engine, &[&person, &us]).allowed);
    let decision = check(&engine, &[&person, &abroad]);
    assert_eq!((decision.reason.as_str(), decision.reasons[0].of.as_deref()), ("reseller_abroad", Some("reseller")));
    // A second hop over the first, by another party.
    let agent = |sub| hop(sub, "agent", &[&us], &json!({}));
    assert!(check(&engine, &[&person, &us, &agent("good-agent")]).allowed);
    assert_eq!(reason(&engine, &[&person, &us, &agent("bad-agent")]), "listed_agent");
    // Claims of a hop are about its party only, and claims of the person's token are about the person.
    let person_abroad = idp(&json!({"residence": "IR"}));
    let over = hop("shop", "reseller", &[&person_abroad], &json!({"hq": "US"}));
    assert_eq!(reason(&engine, &[&person_abroad, &over]), "person_abroad");
    // Evidence that a hop does not bring is missing.
    let silent = hop("shop", "reseller", &[&person], &json!({}));
    assert_eq!(reason(&engine, &[&person, &silent]), "evidence.missing");
}

#[test]
fn an_actor_that_a_hop_names_is_judged_as_one_that_the_persons_token_names() {
    let mut rules = chain_rules();
    rules["rules"] = json!([{"id": "bots", "title": "T", "outcome": "deny", "reason": "bots", "message": "M",
        "basis": {"citation": "C"}, "parties": ["actor"]}]);
    let engine = engine(&rules);
    let person = idp(&json!({"residence": "DE"}));
    assert!(check(&engine, &[&person, &hop("shop", "reseller", &[&person], &json!({}))]).allowed);
    let acting = json!({"act": {"sub": "bot"}});
    assert_eq!(reason(&engine, &[&person, &hop("shop", "reseller", &[&person], &acting)]), "bots");
    assert_eq!(reason(&engine, &[&idp(&acting)]), "bots");
}

#[test]
fn a_persons_licence_is_no_partys_whether_or_not_somebody_has_signed_in() {
    let engine = engine(&json!({
        "licences": [{"id": "L-1", "basis": {"citation": "L"}, "holder": {"subject.id": "partners:shop"}}],
        "rules": [{"id": "resellers", "title": "T", "outcome": "deny", "reason": "resellers", "message": "M",
            "basis": {"citation": "C"}, "parties": ["reseller"], "unless": [{"licence": "L-1"}]}],
    }));
    let person = idp(&json!({"residence": "DE"}));
    let over = hop("shop", "reseller", &[&person], &json!({"hq": "US"}));
    assert_eq!(check(&engine, &[&person, &over]).rule.as_deref(), Some("resellers"));
    let alone = hop("shop", "reseller", &[], &json!({"hq": "US"}));
    assert_eq!(check(&engine, &[&alone]).rule.as_deref(), Some("resellers"));
    assert!(!check(&engine, &[&alone]).allowed);
}

#[test]
fn a_chain_begins_with_all_of_the_persons_tokens() {
    let mut rules = chain_rules();
    rules["same_person"] = json!("subject");
    let engine = engine(&rules);
    let (one, two) = (idp(&json!({"residence": "DE"})), hr(&json!({"residence": "DE"})));
    let both = hop("shop", "reseller", &[&one, &two], &json!({"hq": "US"}));
    assert!(check(&engine, &[&one, &two, &both]).allowed);
    assert_eq!(reason(&engine, &[&one, &both]), "token.chain");
    let half = hop("shop", "reseller", &[&one], &json!({"hq": "US"}));
    assert_eq!(reason(&engine, &[&one, &two, &half]), "token.chain");
}

#[test]
fn hops_that_do_not_make_one_chain_are_refused() {
    let engine = engine(&chain_rules());
    let person = idp(&json!({"residence": "DE"}));
    let first = hop("shop", "reseller", &[&person], &json!({"hq": "US"}));
    let last = hop("bot", "agent", &[&first], &json!({}));
    // One left out, one over a token that was not sent, two over the same, one of another person's chain.
    assert_eq!(reason(&engine, &[&person, &last]), "token.chain");
    assert_eq!(reason(&engine, &[&person, &first, &hop("bot", "agent", &["elsewhere"], &json!({}))]), "token.chain");
    assert_eq!(reason(&engine, &[&person, &first, &hop("bot", "agent", &[&person], &json!({}))]), "token.chain");
    let other = idp(&json!({"residence": "DE", "jti": "another"}));
    assert_eq!(reason(&engine, &[&other, &first, &last]), "token.chain");
    // A role that the issuer may not vouch for, and a hop that cannot be read.
    let owner = token("partners", 3, &json!({"sub": "x", "hop": {"role": "owner", "over": hash(&person)}}));
    assert_eq!(reason(&engine, &[&person, &owner]), "token.chain");
    for bad in [
        json!({}),
        json!({"role": 1}),
        json!({"role": "agent", "over": "abc"}),
        json!({"role": "agent", "over": [1]}),
        json!([]),
    ] {
        let token = token("partners", 3, &json!({"sub": "x", "hop": bad}));
        assert_eq!(reason(&engine, &[&person, &token]), "token.claim_type");
    }
    // From an issuer that may not vouch for hops, it is a token about another person.
    let claimed = hr(&json!({"sub": "shop", "hop": {"role": "reseller", "over": hash(&person)}}));
    assert_eq!(reason(&engine, &[&person, &claimed]), "token.subjects");
}

#[test]
fn a_chain_is_as_deep_as_the_limit_and_no_deeper() {
    let engine = engine(&chain_rules());
    let person = idp(&json!({"residence": "DE"}));
    let mut tokens = vec![person];
    for place in 0..=brightline::base::limits::HOPS {
        let over = tokens.last().unwrap().clone();
        tokens.push(hop(&format!("agent-{place}"), "agent", &[&over], &json!({})));
    }
    let tokens: Vec<&str> = tokens.iter().map(String::as_str).collect();
    assert!(check(&engine, &tokens[..=brightline::base::limits::HOPS]).allowed);
    assert_eq!(reason(&engine, &tokens), "token.chain");
}

/// A chain that begins without a token serves an unknown end user.
#[test]
fn a_chain_without_a_person_has_an_unknown_end_user() {
    let engine = engine(&chain_rules());
    let first = hop("shop", "reseller", &[], &json!({"hq": "US"}));
    let decision = check(&engine, &[&first]);
    assert_eq!((decision.outcome, decision.reason.as_str()), (brightline::Outcome::StepUp, "chain.end_user_unknown"));
}

/// RFC 8693, section 4.1: the actors of `act` are informational. They make an answer stricter, never looser.
#[test]
fn actors_that_nobody_vouches_for_only_restrict() {
    let rules = |default: &str| {
        let rule = |id: &str, outcome: &str, parties: &Value, more: &Value| {
            let mut rule = json!({"id": id, "title": "T", "outcome": outcome, "reason": id.replace('-', "_"), "message": "M",
                                  "basis": {"citation": "C"}, "parties": parties});
            for (name, value) in more.as_object().unwrap() {
                rule[name] = value.clone();
            }
            rule
        };
        json!({"default": default, "rules": [
            rule("actor-at-work", "review", &json!(["actor"]), &json!({"unless": [{"id": "trusted", "reason": "trusted",
                "when": {"context.chain_roles": {"any_of": ["actor"]}}}]})),
            rule("actor-granted", "allow", &json!(["actor"]), &json!({})),
            rule("everybody", "deny", &json!(["all"]), &json!({"when": {"subject.residence": ["IR"]}})),
        ]})
    };
    let act = json!({"residence": "DE", "act": {"sub": "bot", "act": {"sub": "other-bot"}}});
    let (plain, acted) = (idp(&json!({"residence": "DE"})), idp(&act));
    let allowing = engine(&rules("allow"));
    assert!(check(&allowing, &[&plain]).allowed);
    assert_eq!(reason(&allowing, &[&acted]), "actor_at_work");
    // An `act` claim satisfies no exception and no grant, and no rule on all parties tests the actor.
    let denying = engine(&rules("deny"));
    let (without, with) = (check(&denying, &[&plain]), check(&denying, &[&acted]));
    assert!(!without.allowed && !with.allowed && with.outcome >= brightline::Outcome::Review);
    assert!(with.reasons.iter().all(|reason| reason.rule != "everybody" && reason.rule != "actor-granted"));
}

/// A hop of the role `end_user` names the person served; claims of a hop's token about another party are about that
/// party.
#[test]
fn a_signed_hop_may_name_the_person_served_and_speak_of_others() {
    let claims = json!({"subject.us_person": {"claim": "/us_person", "of": "/of"}});
    let issuer = |id: &str, seed: u8, hops: Value| {
        json!({"id": id, "iss": format!("https://{id}.example"), "audience": "https://gate.example", "hops": hops,
               "keys": [jwk(&key(seed), "k")], "assurance": 2, "claims": claims})
    };
    let rule = |parties: Value| {
        json!([{"id": "foreign", "title": "T", "outcome": "deny", "reason": "foreign", "message": "M",
                "basis": {"citation": "C"}, "parties": parties, "when": {"subject.foreign_person": true}}])
    };
    let judging = |parties: Value| {
        let issuers =
            json!([issuer("idp", 1, json!(["agent"])), issuer("partners", 3, json!(["end_user", "reseller"]))]);
        engine(&json!({"issuers": issuers, "rules": rule(parties)}))
    };
    let person = idp(&json!({"us_person": true}));
    let served = judging(json!(["subject"]));
    let end_user = |claims: Value| hop("u9", "end_user", &[&person], &claims);
    assert!(check(&served, &[&person, &end_user(json!({"us_person": true}))]).allowed);
    assert_eq!(reason(&served, &[&person, &end_user(json!({"us_person": false}))]), "foreign");
    assert_eq!(reason(&served, &[&person, &end_user(json!({}))]), "evidence.missing");
    let resellers = judging(json!(["reseller"]));
    let shop = |claims: Value| hop("shop", "reseller", &[&person], &claims);
    assert_eq!(reason(&resellers, &[&person, &shop(json!({"us_person": false}))]), "foreign");
    assert_eq!(reason(&resellers, &[&person, &shop(json!({"us_person": true, "of": "u9"}))]), "evidence.missing");
}

#[test]
fn a_token_counts_once_however_often_it_is_presented() {
    let issuer = json!({"id": "idp", "iss": "https://idp.example", "audience": "https://gate.example",
        "keys": [jwk(&key(1), "k")], "assurance": 2, "claims": {"subject.list_hits": {"claim": "/hits", "complete": true}}});
    let rule = json!({"id": "two", "title": "t", "outcome": "allow", "reason": "two", "message": "m",
        "basis": {"citation": "c"}, "when": {"subject.list_hits": {"count": {"at_least": 2}}}});
    let engine = engine(&json!({"default": "deny", "issuers": [issuer], "rules": [rule]}));
    let hits = |count: usize| idp(&json!({"hits": vec![json!({"list": "A", "status": "confirmed"}); count]}));
    let (one, two) = (hits(1), hits(2));
    assert!(check(&engine, &[&two]).allowed);
    assert!(!check(&engine, &[&one]).allowed);
    assert!(!check(&engine, &[&one, &one]).allowed);
}

#[test]
fn a_sealed_rule_does_not_disclose_its_exceptions() {
    let rule = json!({"id": "r", "title": "t", "outcome": "deny", "reason": "r", "message": "m",
        "basis": {"citation": "public"}, "sealed": "0123456789abcdef-a", "unless": [{"id": "secret-exception",
        "reason": "lifted", "basis": {"citation": "secret law"}, "when": {"subject.us_person": true}}]});
    let engine = engine(&json!({"rules": [rule]}));
    let decision = check(&engine, &[&idp(&json!({"us_person": true}))]);
    assert!(decision.allowed && decision.reasons[0].basis.citation == "public");
    assert!(!serde_json::to_string(&decision).unwrap().contains("secret"));
}

#[test]
fn the_presenter_is_the_unnamed_party_when_a_signed_hop_names_the_end_user() {
    let rule = json!({"id": "agents", "title": "t", "outcome": "deny", "reason": "german_agent", "message": "m",
        "basis": {"citation": "c"}, "parties": ["agent"], "when": {"subject.residence": ["DE"]}});
    let issuer = |id: &str, seed: u8| {
        json!({"id": id, "iss": format!("https://{id}.example"), "audience": "https://gate.example", "assurance": 2,
            "keys": [jwk(&key(seed), "k")], "hops": ["end_user"], "claims": {"subject.residence": "/residence"}})
    };
    let engine = engine(&json!({"issuers": [issuer("idp", 1), issuer("partners", 3)], "rules": [rule]}));
    let reason = |residence: &str| {
        let person = idp(&json!({"residence": residence}));
        let served = hop("u9", "end_user", &[&person], &json!({"residence": "FR"}));
        let input = CheckInput {
            tokens: &[&person, &served],
            possession: Possession::default(),
            model: "m",
            action: "chat",
            context_json: Some(r#"{"chain": [{"role": "agent"}]}"#),
            now: now(),
        };
        engine.check(&input).unwrap().reason
    };
    assert_eq!([reason("DE"), reason("FR")], ["german_agent", "default"]);
}
