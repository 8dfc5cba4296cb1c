//! Composed rulesets, on random ones. The composition refuses every request that one of them alone refuses, in any
//! order. A decision never depends on earlier requests, with the clock going forwards or backwards.
//!
//! `BRIGHTLINE_PRESENTATIONS` sets the number of presentations for each property, `BRIGHTLINE_SEED` the seed.

#![cfg(not(target_arch = "wasm32"))]
#![allow(
    clippy::arithmetic_side_effects,
    clippy::cast_possible_truncation,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stderr,
    clippy::unwrap_used,
    reason = "in a test a panic is how a check fails"
)]

mod support;

use brightline::verify::token::SingleUse;
use brightline::{CheckInput, Decision, DpopProof, Engine, Identity, Instant, Outcome, Possession};
use data_encoding::BASE64URL_NOPAD;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::time::{SystemTime, UNIX_EPOCH};
use support::{jwk, key, open, sign_jws, sign_ruleset};

const NOW: i64 = 1_770_000_000;
const DAY: i64 = 86_400;
const METHOD: &str = "POST";
const ADDRESS: &str = "https://gate.example/v1";

fn at(seconds: i64) -> Instant {
    Instant::from_seconds(seconds).unwrap()
}

// ── Randomness ──

/// Xorshift: the same numbers from the same seed, on any machine.
#[derive(Clone)]
struct Chance(u64);

impl Chance {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    fn below(&mut self, most: usize) -> usize {
        usize::try_from(self.next() >> 33).unwrap() % most
    }

    /// True once in `many`.
    fn once_in(&mut self, many: usize) -> bool {
        self.below(many) == 0
    }

    fn of<T: Clone>(&mut self, several: &[T]) -> T {
        several[self.below(several.len())].clone()
    }

    /// A random part of the items, in their order.
    fn some<T: Clone>(&mut self, several: &[T]) -> Vec<T> {
        several.iter().filter(|_| self.once_in(2)).cloned().collect()
    }

    fn shuffled<T: Clone>(&mut self, several: &[T]) -> Vec<T> {
        let mut all = several.to_vec();
        for place in (1..all.len()).rev() {
            let other = self.below(place + 1);
            all.swap(place, other);
        }
        all
    }
}

/// The first updates from the host: the keys of every issuer.
fn first_keys() -> Vec<Update> {
    let all = |(id, seeds): (&str, [u8; 2])| {
        let keys: Vec<Value> = seeds.iter().map(|seed| jwk(&key(*seed), &kid(*seed))).collect();
        Update::Keys { iss: iss(id), jwks: json!({"keys": keys}).to_string(), fetched: NOW - 30, now: NOW - 30 }
    };
    ISSUERS.map(all).to_vec()
}

/// Runs a property on fixed seeds and a fresh one, each with a share of the presentations. A failure names its seed.
fn try_on_seeds(name: &str, share: impl Fn(&mut Chance, usize)) {
    let many: usize = std::env::var("BRIGHTLINE_PRESENTATIONS").map_or(20_000, |text| text.parse().expect("a number"));
    let fresh = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs() | 1;
    let seeds = match std::env::var("BRIGHTLINE_SEED") {
        Ok(seed) => vec![seed.parse().expect("a number")],
        Err(_) => vec![7, 11, 13, fresh],
    };
    for seed in &seeds {
        let run = std::panic::AssertUnwindSafe(|| share(&mut Chance(*seed), many.div_ceil(seeds.len())));
        if let Err(failure) = std::panic::catch_unwind(run) {
            eprintln!("to repeat: BRIGHTLINE_SEED={seed} cargo test --all-features --test compositions {name}");
            std::panic::resume_unwind(failure);
        }
    }
}

// ── Rulesets ──

/// All issuers, with the seeds of their keys: two each.
const ISSUERS: [(&str, [u8; 2]); 3] = [("idp", [1, 2]), ("gov", [3, 4]), ("partners", [5, 6])];
/// Seeds of keys for status lists.
const LISTERS: [u8; 2] = [21, 22];

fn iss(id: &str) -> String {
    format!("https://{id}.example")
}

fn list_uri(id: &str) -> String {
    format!("https://{id}.example/list")
}

fn kid(seed: u8) -> String {
    format!("k{seed}")
}

/// A random entry for one of the issuers.
fn entry(chance: &mut Chance, (id, seeds): (&str, [u8; 2])) -> Value {
    let keys: Vec<Value> = seeds.iter().map(|seed| jwk(&key(*seed), &kid(*seed))).collect();
    let mut entry = json!({
        "id": id, "iss": iss(id), "audience": "https://gate.example", "assurance": chance.below(3), "link": "/link",
        "claims": {"subject.us_person": "/us_person", "subject.residence": "/residence"},
    });
    match chance.below(4) {
        0 => entry["keys"] = json!(keys),
        1 => entry["keys"] = json!([keys[0]]),
        2 => {
            entry["keys_from"] = json!({"discovery": "openid", "stale": chance.of(&["1h", "24h"])});
        }
        _ => {
            let pinned = brightline::parse_strictly(
                keys[usize::from(chance.once_in(4))].to_string().as_bytes(),
                brightline::JsonLimits::UNTRUSTED,
            );
            let pinned = brightline::Key::from_jwk(pinned.unwrap().as_object().unwrap()).unwrap();
            let thumbprint = BASE64URL_NOPAD.encode(&pinned.thumbprint());
            entry["keys_from"] =
                json!({"jwks_uri": format!("{}/jwks", iss(id)), "thumbprints": [thumbprint], "stale": "1h"});
        }
    }
    if chance.once_in(4) {
        let seed = chance.of(&LISTERS);
        entry["status_keys"] = json!([jwk(&key(seed), &kid(seed))]);
    }
    if chance.once_in(8) {
        entry["status_list"] = json!(chance.of(&["required", "ignored"]));
    }
    if chance.once_in(8) {
        entry["holder"] = json!("dpop");
        entry["proof_age"] = json!(chance.of(&["30s", "60s"]));
    }
    if id == "partners" && !chance.once_in(4) || chance.once_in(8) {
        entry["hops"] = json!(["reseller"]);
    }
    if chance.once_in(12) {
        entry["max_lifetime"] = json!("10m");
    }
    entry
}

/// A random ruleset over the same issuers, models and actions.
fn ruleset(chance: &mut Chance, id: &str) -> Value {
    let mut issuers: Vec<Value> = Vec::new();
    for known in ISSUERS {
        if !chance.once_in(4) {
            issuers.push(entry(chance, known));
        }
    }
    if issuers.is_empty() {
        issuers.push(entry(chance, ISSUERS[0]));
    }
    let mut models: Vec<Value> = vec![json!({"id": "big"}), json!({"id": "mid"}), json!({"id": "small"})];
    if chance.once_in(6) {
        models.swap(1, 2);
    }
    let mut rules: Vec<Value> = Vec::new();
    for number in 0..chance.below(4) {
        let instead = chance.of(&["mid", "small"]);
        let scope = if instead == "mid" {
            chance.of(&[json!(["big"]), json!(["big"])])
        } else {
            chance.of(&[json!(["big"]), json!(["mid"]), json!(["big", "mid"])])
        };
        let restricting = [
            json!("deny"),
            json!("review"),
            json!({"step_up": {"model": instead}}),
            json!({"degrade": {"model": instead}}),
            json!("step_up"),
        ];
        let outcome = if chance.once_in(4) { json!("allow") } else { chance.of(&restricting) };
        let when = chance.of(&[
            json!({"subject.us_person": true}),
            json!({"subject.us_person": false}),
            json!({"subject.residence": ["DE"]}),
            json!({"subject.residence": {"not_in": ["DE", "FR"]}}),
        ]);
        let mut rule = json!({"id": format!("r{number}"), "title": "T", "outcome": outcome, "reason": "r", "message": "m",
            "basis": {"citation": "c"}, "when": when, "scope": {"models": scope}});
        if chance.once_in(3) {
            rule["absence"] = json!("clears");
        }
        if chance.once_in(3) {
            rule["parties"] = json!(["reseller"]);
            rule["when"] = json!({"subject.residence": {"not_in": ["DE", "FR"]}});
        }
        if rule["outcome"] == "allow" {
            rule.as_object_mut().unwrap().remove("absence");
        }
        rules.push(rule);
    }
    let mut document = json!({
        "ruleset": id, "version": 1, "language": 1, "issued": "2026-01-01", "expires": "2027-01-01",
        "default": chance.of(&["allow", "allow", "allow", "allow", "deny"]), "actions": ["chat"], "models": models,
        "issuers": issuers, "rules": rules,
    });
    let same = chance.some(&["subject", "key", "link"]);
    if !same.is_empty() && document["issuers"].as_array().unwrap().len() > 1 {
        document["same_person"] = json!(same);
    }
    document
}

/// Opens a ruleset afresh on each call, without any update from the host.
fn opener(document: &Value) -> impl Fn() -> Engine + use<> {
    let node =
        brightline::parse_json(&document.to_string()).unwrap_or_else(|findings| panic!("{findings:#?}\n{document:#}"));
    let signed = sign_ruleset(&node);
    move || open(&signed, at(NOW))
}

// ── Tokens ──

/// A token and its claims.
#[derive(Clone)]
struct Minted {
    text: String,
    claims: Value,
}

fn hash(text: &str) -> String {
    BASE64URL_NOPAD.encode(&Sha256::digest(text.as_bytes()))
}

fn holder(seed: u8) -> Value {
    let jwk = jwk(&key(seed), "holder");
    json!({"kty": jwk["kty"], "crv": jwk["crv"], "x": jwk["x"]})
}

fn mint(chance: &mut Chance, over: &[Minted]) -> Minted {
    let (id, seeds) = chance.of(&ISSUERS);
    let seed = seeds[usize::from(chance.once_in(5))];
    let mut claims = json!({"iss": iss(id), "aud": "https://gate.example", "sub": chance.of(&["a", "a", "a", "b"]),
        "iat": NOW - 10, "exp": NOW + chance.of(&[300, 3 * 3600, 40 * DAY])});
    for (name, values) in [
        ("us_person", vec![json!(true), json!(false)]),
        ("residence", vec![json!("DE"), json!("FR"), json!("IR")]),
        ("link", vec![json!("l1"), json!("l1"), json!("l2")]),
        ("jti", vec![json!("t1"), json!("t2")]),
        ("cnf", vec![json!({"jwk": holder(31)}), json!({"jwk": holder(31)}), json!({"jwk": holder(32)})]),
        (
            "status",
            vec![
                json!({"status_list": {"idx": 0, "uri": list_uri(id)}}),
                json!({"status_list": {"idx": 1, "uri": list_uri(id)}}),
            ],
        ),
    ] {
        let often = if name == "status" { chance.once_in(12) } else { !chance.once_in(3) };
        if often {
            claims[name] = chance.of(&values);
        }
    }
    if id == "partners" && chance.once_in(2) || chance.once_in(16) {
        let over: Vec<String> = over.iter().map(|token| hash(&token.text)).collect();
        claims["hop"] = match over.as_slice() {
            [] => json!({"role": "reseller"}),
            [one] => json!({"role": "reseller", "over": one}),
            several => json!({"role": "reseller", "over": several}),
        };
    }
    let mut header = json!({"alg": "Ed25519", "typ": "at+jwt"});
    if !chance.once_in(6) {
        header["kid"] = json!(kid(seed));
    }
    let text = sign_jws(&header, &claims.to_string(), &key(seed));
    Minted { text, claims }
}

/// Tokens, and hops over some of them.
fn pool(chance: &mut Chance) -> Vec<Vec<Minted>> {
    let person: Vec<Minted> = (0..10).map(|_| mint(chance, &[])).collect();
    let mut all: Vec<Vec<Minted>> = vec![Vec::new()];
    for _ in 0..40 {
        let many = chance.of(&[1, 1, 1, 2]);
        let mut tokens: Vec<Minted> = chance.shuffled(&person).into_iter().take(many).collect();
        if chance.once_in(3) {
            let over = if chance.once_in(6) { Vec::new() } else { tokens.clone() };
            tokens.push(mint(chance, &over));
        }
        all.push(tokens);
    }
    all
}

/// DPoP proofs for every token that is bound to a key.
fn proofs(tokens: &[Minted], made: i64) -> Vec<String> {
    let bound = tokens.iter().filter_map(|token| {
        let x = token.claims.pointer("/cnf/jwk/x")?;
        let seed = if *x == holder(31)["x"] { 31 } else { 32 };
        let header = json!({"alg": "Ed25519", "typ": "dpop+jwt", "jwk": holder(seed)});
        let claims =
            json!({"htm": METHOD, "htu": ADDRESS, "ath": hash(&token.text), "iat": made, "jti": hash(&token.text)});
        Some(sign_jws(&header, &claims.to_string(), &key(seed)))
    });
    bound.collect()
}

// ── Updates from the host ──

#[derive(Clone, Debug)]
enum Update {
    Keys { iss: String, jwks: String, fetched: i64, now: i64 },
    List { iss: String, token: String, fetched: i64, now: i64 },
    Denied(String),
}

impl Update {
    fn apply(&self, engine: &Engine) {
        // Refused updates are part of the test.
        match self {
            Self::Keys { iss, jwks, fetched, now } => {
                drop(engine.update_keys(iss, jwks.as_bytes(), None, at(*fetched), at(*now)))
            }
            Self::List { iss, token, fetched, now } => {
                drop(engine.update_status_list(iss, token, at(*fetched), at(*now)))
            }
            Self::Denied(list) => drop(engine.update_deny_list(list.as_bytes())),
        }
    }
}

fn update(chance: &mut Chance, now: i64) -> Update {
    let (id, seeds) = chance.of(&ISSUERS);
    let fetched = now - chance.of(&[0, 0, 0, 30, 600, -90 * DAY]);
    match chance.below(5) {
        0 | 1 => {
            let mut keys: Vec<Value> = chance.some(&seeds).iter().map(|seed| jwk(&key(*seed), &kid(*seed))).collect();
            if chance.once_in(4) {
                keys.push(jwk(&key(40), &kid(seeds[0])));
            }
            if chance.once_in(4) {
                keys.push(json!({"kty": "RSA", "kid": "odd", "n": "AA", "e": "AQAB"}));
            }
            Update::Keys { iss: iss(id), jwks: json!({"keys": keys}).to_string(), fetched, now }
        }
        2 | 3 => {
            let seed = if chance.once_in(2) { chance.of(&LISTERS) } else { chance.of(&seeds) };
            // A ZLIB stream of one stored byte.
            let bits = chance.of(&[0_u8, 0, 1, 2]);
            let sum = (u32::from(bits) + 1) << 16 | (u32::from(bits) + 1);
            let lst = [&[0x78, 1, 1, 1, 0, 0xfe, 0xff, bits][..], &sum.to_be_bytes()].concat();
            let mut claims = json!({"sub": list_uri(id), "iat": now - chance.of(&[0, 10, 3600, 8 * DAY]),
                "status_list": {"bits": 1, "lst": BASE64URL_NOPAD.encode(&lst)}});
            if chance.once_in(2) {
                claims["ttl"] = chance.of(&[json!(300), json!(7200), json!(100 * DAY)]);
            }
            let header = json!({"alg": "Ed25519", "kid": kid(seed), "typ": "statuslist+jwt"});
            Update::List { iss: iss(id), token: sign_jws(&header, &claims.to_string(), &key(seed)), fetched, now }
        }
        _ => {
            let entries = [
                json!({"jti": "t1"}),
                json!({"iss": iss(id), "sub": "a", "not_before": NOW + 5}),
                json!({"iss": iss(id), "not_before": NOW - 100}),
                json!({"iss": iss("idp"), "jti": "t2"}),
            ];
            let list = if chance.once_in(2) { Vec::new() } else { chance.some(&entries) };
            Update::Denied(json!(list).to_string())
        }
    }
}

// ── Requests ──

fn identify(engine: &Engine, tokens: &[Minted], proofs: &[String], now: i64) -> Identity {
    let texts: Vec<&str> = tokens.iter().map(|token| token.text.as_str()).collect();
    let proofs: Vec<DpopProof<'_>> =
        proofs.iter().map(|jwt| DpopProof { jwt, method: METHOD, url: ADDRESS, nonce: None }).collect();
    engine.identify(&texts, &Possession { nonce: None, proofs: &proofs }, at(now))
}

fn ask(identity: &Identity, model: &str, now: i64) -> Decision {
    identity.check(model, "chat", None, at(now)).unwrap()
}

/// Rank of the model that a decision serves, in the ruleset's own order; serving nothing ranks lowest.
fn served(decision: &Decision, models: &[Value]) -> usize {
    let model = match decision.outcome {
        Outcome::Allow => Some(decision.model.as_str()),
        Outcome::Degrade => decision.fallback.as_ref().map(|serving| serving.model.as_str()),
        Outcome::StepUp => decision.interim.as_ref().map(|serving| serving.model.as_str()),
        Outcome::Review | Outcome::Deny => None,
    };
    let place = |model: &str| models.iter().position(|known| known["id"] == model).unwrap();
    model.map_or(0, |model| models.len() - place(model))
}

/// True if a ruleset has an entry for a token's issuer. A token without an entry has no effect on it.
fn covers(document: &Value, token: &Minted) -> bool {
    document["issuers"].as_array().unwrap().iter().any(|entry| entry["iss"] == token.claims["iss"])
}

#[test]
fn whatever_one_ruleset_refuses_every_composition_refuses() {
    try_on_seeds("whatever_one_ruleset_refuses", |chance, share| {
        let (mut tried, mut allowed, mut refused_by_one, mut bound_apart) = (0, 0, 0, 0);
        while tried < share {
            let documents: Vec<Value> = ["a", "b", "c"].iter().map(|id| ruleset(chance, id)).collect();
            let opened: Vec<_> = documents.iter().map(opener).collect();
            let updates: Vec<Update> = (0..chance.below(8))
                .map(|number| update(chance, NOW - 20 + 2 * i64::try_from(number).unwrap()))
                .collect();
            // Each ruleset alone, and all composed in several orders and shapes, with the same updates through each.
            let fresh = || -> Vec<Engine> { opened.iter().map(|open| open()).collect() };
            let alone = fresh();
            let [ab_c, c_ba, bca] = [fresh(), fresh(), fresh()];
            let together = [
                ab_c[0].combine(&ab_c[1]).combine(&ab_c[2]),
                c_ba[2].combine(&c_ba[1].combine(&c_ba[0])),
                bca[1].combine(&bca[2]).combine(&bca[0]).combine(&bca[1]),
            ];
            let early = chance.below(updates.len() + 1);
            for (number, update) in updates.iter().enumerate() {
                alone.iter().for_each(|engine| update.apply(engine));
                update.apply(&together[0]);
                update.apply(&together[1]);
                // Through the parts, which the composition shares.
                if number < early {
                    bca.iter().for_each(|engine| update.apply(engine))
                } else {
                    update.apply(&together[2])
                }
            }
            for tokens in pool(chance) {
                tried += 1;
                let proofs =
                    if chance.once_in(3) { Vec::new() } else { proofs(&tokens, NOW - chance.of(&[0, 5, 35, 80])) };
                let mixed = chance.shuffled(&tokens);
                let now = NOW + chance.of(&[0, 0, 100, 3000, 5 * 3600]);
                let all = identify(&together[0], &tokens, &proofs, NOW);
                let others: Vec<Identity> = chance
                    .some(&[1, 2])
                    .into_iter()
                    .map(|order| identify(&together[order], &mixed, &proofs, NOW))
                    .collect();
                for other in &others {
                    let sorted = |identity: &Identity| {
                        let mut uses: Vec<SingleUse> = identity.single_uses().to_vec();
                        uses.sort_by_key(|used| used.key);
                        (identity.refusal().copied(), identity.missing().cloned(), identity.accepted_until(), uses)
                    };
                    assert_eq!(sorted(&all), sorted(other), "{documents:#?}\n{updates:#?}");
                }
                let one: Vec<Identity> = alone
                    .iter()
                    .zip(&documents)
                    .map(|(engine, document)| {
                        let own: Vec<Minted> = tokens.iter().filter(|token| covers(document, token)).cloned().collect();
                        identify(engine, &own, &proofs, NOW)
                    })
                    .collect();
                // No use is claimed twice.
                let mut uses: Vec<[u8; 32]> = all.single_uses().iter().map(|used| used.key).collect();
                uses.sort_unstable();
                assert!(uses.windows(2).all(|pair| pair[0] != pair[1]));
                for model in ["big", "mid", "small"] {
                    let decision = ask(&all, model, now);
                    for other in &others {
                        assert_eq!(ask(other, model, now), decision, "{documents:#?}\n{updates:#?}");
                    }
                    for (identity, document) in one.iter().zip(&documents) {
                        let own = ask(identity, model, now);
                        let context = || {
                            let claims: Vec<&Value> = tokens.iter().map(|token| &token.claims).collect();
                            format!("{document:#}\n{updates:#?}\n{claims:#?}\nalone: {own:#?}\ntogether: {decision:#?}")
                        };
                        assert!(own.outcome <= decision.outcome, "{}", context());
                        let models = document["models"].as_array().unwrap();
                        assert!(served(&decision, models) <= served(&own, models), "{}", context());
                        if own.outcome == Outcome::Deny && identity.refusal().is_some() {
                            refused_by_one += 1;
                            bound_apart += usize::from(own.reason == "token.subjects" || own.reason == "token.chain");
                        }
                    }
                    allowed += usize::from(decision.allowed && !tokens.is_empty());
                }
            }
        }
        // Each kind of request was tried.
        assert!(
            allowed > share / 50 && refused_by_one > share / 4 && bound_apart > share / 100,
            "{share}: {allowed} {refused_by_one} {bound_apart}"
        );
    });
}

#[test]
fn an_answer_never_depends_on_what_was_seen_before() {
    try_on_seeds("an_answer_never_depends", |chance, share| {
        let (mut tried, mut verified, mut ended) = (0, 0, 0);
        while tried < share {
            let documents: Vec<Value> = ["a", "b"].iter().map(|id| ruleset(chance, id)).collect();
            let opened: Vec<_> = documents.iter().map(opener).collect();
            let compose = || match opened.as_slice() {
                [one, other] => one().combine(&other()),
                _ => panic!("two rulesets"),
            };
            let pool = pool(chance);
            let engine = compose();
            let mut updates = first_keys();
            updates.iter().for_each(|update| update.apply(&engine));
            let mut held: Vec<(usize, Identity)> = Vec::new();
            let mut now = NOW;
            for _ in 0..40 {
                if chance.once_in(3) {
                    let update = update(chance, now);
                    update.apply(&engine);
                    updates.push(update);
                }
                // The clock goes on, jumps ahead, and goes back.
                now = (now
                    + chance.of(&[1, 1, 40, 700, 3600, 25 * 3600, -30, -100, -4000, -90_000, 60 * DAY, -60 * DAY]))
                .clamp(NOW - DAY, NOW + 70 * DAY);
                // Far from `NOW` nearly every token has expired, and nothing is left to compare.
                if chance.once_in(2) {
                    now = NOW + i64::try_from(chance.below(900)).unwrap();
                }
                let place = chance.below(pool.len());
                held.push((place, identify(&engine, &pool[place], &[], now)));
                if held.len() > 12 {
                    held.remove(0);
                }
                if !chance.once_in(3) {
                    continue;
                }
                // A fresh engine that received the same updates.
                let fresh = compose();
                updates.iter().for_each(|update| update.apply(&fresh));
                for (place, identity) in &held {
                    // A refused identity stays refused: the host must make it anew.
                    if identity.refusal().is_some() {
                        continue;
                    }
                    tried += 1;
                    let model = chance.of(&["big", "mid", "small"]);
                    let anew = identify(&fresh, &pool[*place], &[], now);
                    let decision = ask(identity, model, now);
                    assert_eq!(decision, ask(&anew, model, now), "{now}\n{documents:#?}\n{updates:#?}");
                    verified += usize::from(anew.refusal().is_none() && !pool[*place].is_empty());
                    ended += usize::from(anew.refusal().is_some());
                    if !chance.once_in(4) {
                        continue;
                    }
                    // The decision must hold until its `valid_until` if nothing else changes.
                    let Some(until) = decision.valid_until.filter(|until| *until > at(now)) else { continue };
                    let last = Instant::from_millis(until.as_millis() - 1).unwrap();
                    for later in [last, Instant::from_millis(at(now).as_millis().midpoint(last.as_millis())).unwrap()] {
                        let then = identity.check(model, "chat", None, later).unwrap();
                        // A refused token stays refused, but it can expire meanwhile.
                        let said = |one: &Decision| {
                            (one.outcome, (!one.reason.starts_with("token.")).then(|| one.reason.clone()))
                        };
                        assert_eq!(said(&then), said(&decision), "{now} {later}\n{documents:#?}\n{updates:#?}");
                    }
                }
            }
        }
        assert!(verified > share / 20 && ended > share / 20, "{share}: {verified} {ended}");
    });
}

#[test]
fn a_composition_is_associative_commutative_and_idempotent() {
    let documents: Vec<Value> = ["a", "b", "c"].iter().map(|id| ruleset(&mut Chance(5), id)).collect();
    let [a, b, c] = [0, 1, 2].map(|place| opener(&documents[place])());
    let ids = |engine: &Engine| {
        let mut ids: Vec<String> = engine.rulesets().map(|(ruleset, _)| ruleset.id().to_owned()).collect();
        ids.sort();
        ids
    };
    for all in [
        a.combine(&b).combine(&c),
        a.combine(&b.combine(&c)),
        c.combine(&a).combine(&b),
        a.combine(&b).combine(&b.combine(&a)).combine(&c),
    ] {
        assert_eq!(ids(&all), ["a", "b", "c"]);
    }
    assert_eq!(ids(&a.combine(&a)), ["a"]);
    assert_eq!(ids(&a.combine(&a.clone())), ["a"]);
    // The same ruleset opened twice has two deny lists, and both apply.
    let [one, other] = [(); 2].map(|()| opener(&documents[0])());
    let both = one.combine(&other);
    assert_eq!(both.rulesets().count(), 2);
    let changes = both.changes();
    other.update_deny_list(br#"[{"jti": "t1"}]"#).unwrap();
    assert_ne!(both.changes(), changes);
}

#[test]
fn a_presentation_without_tokens_is_decided_by_all() {
    let documents: Vec<Value> = ["a", "b"].iter().map(|id| ruleset(&mut Chance(9), id)).collect();
    let [a, b] = [0, 1].map(|place| opener(&documents[place])());
    let input = CheckInput {
        tokens: &[],
        possession: Possession::default(),
        model: "big",
        action: "chat",
        context_json: None,
        now: at(NOW),
    };
    let both = a.combine(&b).check(&input).unwrap();
    assert!(a.check(&input).unwrap().outcome.max(b.check(&input).unwrap().outcome) <= both.outcome);
}
