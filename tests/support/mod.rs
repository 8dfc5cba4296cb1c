//! Shared by the data-driven tests: reads cases in YAML, mints and signs them for real, decides them, compares.
//! The same code runs natively, in Node and in a browser.

#![allow(dead_code, reason = "each test file uses its part")]
#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "in a test a panic is how a check fails"
)]

use brightline::author::language::{Kind, Node};
use brightline::base::json::{self, Value};
use brightline::{Engine, Instant, TrustRoot};
use data_encoding::BASE64URL_NOPAD;
use ed25519_dalek::{Signer, SigningKey};
use serde_json::json;

/// A throw-away key of the tests, from a fixed seed.
pub(crate) fn key(seed: u8) -> SigningKey {
    SigningKey::from_bytes(&[seed; 32])
}

pub(crate) fn jwk(key: &SigningKey, kid: &str) -> serde_json::Value {
    json!({"kty": "OKP", "crv": "Ed25519", "alg": "Ed25519", "kid": kid,
           "x": BASE64URL_NOPAD.encode(key.verifying_key().as_bytes())})
}

/// A compact JWS.
pub(crate) fn sign_jws(header: &serde_json::Value, payload: &(impl AsRef<[u8]> + ?Sized), key: &SigningKey) -> String {
    let input = format!(
        "{}.{}",
        BASE64URL_NOPAD.encode(header.to_string().as_bytes()),
        BASE64URL_NOPAD.encode(payload.as_ref())
    );
    let signature = key.sign(input.as_bytes());
    format!("{input}.{}", BASE64URL_NOPAD.encode(&signature.to_bytes()))
}

/// Every case file, with the file of its ruleset unless it contains its own.
pub(crate) const SUITES: [(&str, Option<&str>); 11] = [
    (include_str!("../cases/us-model-access.yaml"), Some(include_str!("../../pkg/rulesets/us-model-access.yaml"))),
    (include_str!("../cases/semantics.yaml"), None),
    (include_str!("../cases/default-deny.yaml"), None),
    (include_str!("../cases/countries.yaml"), None),
    (include_str!("../cases/context.yaml"), None),
    (include_str!("../cases/who.yaml"), None),
    (include_str!("../cases/grants.yaml"), None),
    (include_str!("../cases/claims.yaml"), None),
    (include_str!("../cases/records.yaml"), None),
    (include_str!("../cases/exceptions.yaml"), None),
    (include_str!("../cases/together.yaml"), None),
];

/// Rules that may apply to other parties: `subject.us_person` depends on the location of the request, which does not
/// apply to them.
pub(crate) fn without_whereabouts(rules: &serde_json::Value) -> serde_json::Value {
    let text = rules.to_string().replace(r#""subject.us_person":true"#, r#""subject.foreign_person":false"#);
    let text = text.replace(r#""subject.us_person":false"#, r#""subject.foreign_person":true"#);
    serde_json::from_str(&text).expect("JSON")
}

/// One case file: one or several rulesets that decide together, and requests with their expected decisions.
pub(crate) struct Suite {
    pub(crate) engine: Engine,
    /// Each signed ruleset, with its trust root.
    pub(crate) signed: Vec<(String, serde_json::Value)>,
    pub(crate) cases: Vec<Case>,
}

pub(crate) struct Case {
    pub(crate) name: String,
    pub(crate) now: Instant,
    pub(crate) tokens: Vec<String>,
    pub(crate) model: String,
    pub(crate) action: String,
    pub(crate) context: Option<String>,
    pub(crate) expect: Node,
}

const ISSUER_SEED: u8 = 1;
const RULESET_SEED: u8 = 2;

/// Reads a suite: `ruleset` (or the text of a file instead), optionally `with`, further rulesets, and `cases`.
pub(crate) fn suite(cases: &str, ruleset_file: Option<&str>) -> Suite {
    let document = brightline::author::language::parse_yaml(cases).expect("the cases are YAML");
    let mut rulesets = vec![match ruleset_file {
        Some(text) => brightline::author::language::parse_yaml(text).expect("the ruleset is YAML"),
        None => field(&document, "ruleset").expect("a suite has a ruleset").clone(),
    }];
    rulesets.extend(list(&document, "with").iter().cloned());
    rulesets.iter_mut().for_each(give_keys);
    let signed: Vec<(String, serde_json::Value)> = rulesets.iter().map(sign_ruleset).collect();
    let engines = rulesets.iter().zip(&signed).map(|(ruleset, signed)| {
        let issued = text(ruleset, "issued").and_then(|at| Instant::parse(&at)).expect("issued");
        open(signed, issued)
    });
    let engine = engines.reduce(|all, one| all.combine(&one)).expect("a suite has a ruleset");
    let issuer = list(&rulesets[0], "issuers").first().cloned();
    let cases = list(&document, "cases").iter().map(|case| read_case(case, issuer.as_ref())).collect();
    Suite { engine, signed, cases }
}

/// Opens a signed ruleset.
pub(crate) fn open((bundle, trust_root): &(String, serde_json::Value), now: Instant) -> Engine {
    let root = TrustRoot::parse(trust_root.to_string().as_bytes()).expect("the trust root is one");
    Engine::open(bundle.as_bytes(), &root, now, 0).expect("the bundle opens")
}

/// Decides a case. Returns its difference from the expected decision. `None` if there is no difference.
pub(crate) fn differs(suite: &Suite, case: &Case) -> Option<String> {
    let decision = decide(suite, case);
    let decision = json::parse(decision.as_bytes(), json::Limits::RULESET).expect("a decision is strict JSON");
    let mut found = Vec::new();
    compare("", &Value::from(case.expect.clone()), &decision, &mut found);
    (!found.is_empty()).then(|| format!("{}:\n  {}", case.name, found.join("\n  ")))
}

/// The decision as JSON text.
pub(crate) fn decide(suite: &Suite, case: &Case) -> String {
    let tokens: Vec<&str> = case.tokens.iter().map(String::as_str).collect();
    let input = brightline::CheckInput {
        tokens: &tokens,
        possession: brightline::Possession::default(),
        model: &case.model,
        action: &case.action,
        context_json: case.context.as_deref(),
        now: case.now,
    };
    let decision = suite.engine.check(&input).expect("the context is one");
    serde_json::to_string(&decision).expect("a decision is JSON")
}

/// Expected members must be present; members that are not mentioned may have any value.
fn compare(path: &str, expected: &Value, actual: &Value, found: &mut Vec<String>) {
    match (expected, actual) {
        (Value::Object(wanted), Value::Object(got)) => {
            for (name, value) in wanted.iter() {
                match got.get(name) {
                    Some(actual) => compare(&format!("{path}/{name}"), value, actual, found),
                    None => found.push(format!("{path}/{name}: not there")),
                }
            }
        }
        (Value::Array(wanted), Value::Array(got)) if wanted.len() == got.len() => {
            for (index, (value, actual)) in wanted.iter().zip(got).enumerate() {
                compare(&format!("{path}/{index}"), value, actual, found);
            }
        }
        _ if expected == actual => {}
        _ => found.push(format!("{path}: expected {expected:?}, got {actual:?}")),
    }
}

fn read_case(case: &Node, issuer: Option<&Node>) -> Case {
    let name = text(case, "name").expect("a case has a name");
    let now = text(case, "now").and_then(|at| Instant::parse(&at)).expect("a case has an instant");
    let tokens: Vec<&Node> = match field(case, "token").map(|node| (node, &node.kind)) {
        None | Some((_, Kind::Null)) => Vec::new(),
        Some((_, Kind::Sequence(several))) => several.iter().collect(),
        Some((one, _)) => vec![one],
    };
    let minted = |claims: &&Node| match &claims.kind {
        Kind::String(raw) => raw.clone(),
        _ => mint(claims, issuer.expect("an issuer"), now),
    };
    Case {
        tokens: tokens.iter().map(minted).collect(),
        now,
        model: text(case, "model").expect("a case has a model"),
        action: text(case, "action").unwrap_or_else(|| "chat".to_owned()),
        context: field(case, "context").map(|context| plain(&Value::from(context.clone())).to_string()),
        expect: field(case, "expect").expect("a case expects something").clone(),
        name,
    }
}

/// A token with the usual claims, to which the claims of the case are added or which they replace.
fn mint(claims: &Node, issuer: &Node, now: Instant) -> String {
    let audience = text(issuer, "audience").expect("the test issuers have one audience");
    let seconds = now.as_millis() / 1000;
    let mut payload = json!({"iss": text(issuer, "iss"), "aud": audience, "sub": "someone",
                             "iat": seconds - 10, "exp": seconds + 300});
    let Value::Object(overrides) = Value::from(claims.clone()) else { panic!("claims are a mapping") };
    for (name, value) in overrides.iter() {
        payload[name] = plain(value);
    }
    let header = json!({"alg": "Ed25519", "kid": "issuer", "typ": "at+jwt"});
    sign_jws(&header, &payload.to_string(), &key(ISSUER_SEED))
}

/// Every issuer of a test gets the same throw-away key.
fn give_keys(ruleset: &mut Node) {
    let key = jwk(&key(ISSUER_SEED), "issuer").to_string();
    let key = Node::from(json::parse(key.as_bytes(), json::Limits::UNTRUSTED).expect("a JWK is JSON"));
    let Kind::Mapping(entries) = &mut ruleset.kind else { panic!("a ruleset is a mapping") };
    for entry in entries.iter_mut().filter(|entry| entry.key == "issuers") {
        let Kind::Sequence(issuers) = &mut entry.value.kind else { panic!("issuers are a list") };
        for issuer in issuers {
            let Kind::Mapping(fields) = &mut issuer.kind else { panic!("an issuer is a mapping") };
            for field in fields.iter_mut().filter(|field| field.key == "keys") {
                field.value.kind = Kind::Sequence(vec![key.clone()]);
            }
        }
    }
}

pub(crate) fn sign_ruleset(document: &Node) -> (String, serde_json::Value) {
    let ruleset = brightline::author::language::read(document).unwrap_or_else(|findings| panic!("{findings:#?}"));
    sign_image(&ruleset, &brightline::to_image(&ruleset))
}

/// A bundle with that image, and the trust root that opens it.
pub(crate) fn sign_image(ruleset: &brightline::Ruleset, image: &[u8]) -> (String, serde_json::Value) {
    let signer = key(RULESET_SEED);
    let payload = json!({
        "schema": brightline::BUNDLE_SCHEMA, "aud": "test", "ruleset_id": ruleset.id(), "version": ruleset.version(),
        "prev_sha256": null, "iat": ruleset.issued().as_millis() / 1000, "nbf": ruleset.issued().as_millis() / 1000,
        "exp": ruleset.expires().as_millis() / 1000,
    });
    let payload = [format!("{payload}\n").as_bytes(), image].concat();
    let header = json!({"alg": "Ed25519", "kid": "author", "typ": "brightline-ruleset+jws"});
    let compact = sign_jws(&header, &payload, &signer);
    let parts: Vec<&str> = compact.split('.').collect();
    let bundle = json!({"payload": parts[1], "signatures": [{"protected": parts[0], "signature": parts[2]}]});
    let root = json!({"ruleset": ruleset.id(), "audience": "test", "threshold": 1, "keys": [jwk(&signer, "author")]});
    (bundle.to_string(), root)
}

fn plain(value: &Value) -> serde_json::Value {
    match value {
        Value::Null => serde_json::Value::Null,
        Value::Bool(value) => json!(value),
        Value::Integer(value) => json!(value),
        Value::Float(value) => json!(value),
        Value::String(text) => json!(text),
        Value::Array(items) => items.iter().map(plain).collect(),
        Value::Object(members) => {
            serde_json::Value::Object(members.iter().map(|(name, value)| (name.to_owned(), plain(value))).collect())
        }
    }
}

fn field<'a>(node: &'a Node, name: &str) -> Option<&'a Node> {
    match &node.kind {
        Kind::Mapping(entries) => entries.iter().find(|entry| entry.key == name).map(|entry| &entry.value),
        _ => None,
    }
}

fn list<'a>(node: &'a Node, name: &str) -> &'a [Node] {
    match field(node, name).map(|node| &node.kind) {
        Some(Kind::Sequence(items)) => items,
        _ => &[],
    }
}

fn text(node: &Node, name: &str) -> Option<String> {
    match field(node, name).map(|node| &node.kind) {
        Some(Kind::String(text)) => Some(text.clone()),
        _ => None,
    }
}
