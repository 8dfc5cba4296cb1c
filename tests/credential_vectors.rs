//! The vectors of the specifications: RFC 9901, OpenID4VP, the cases that two SD-JWT libraries share, Token Status
//! List. They are read if the public vectors are present; if not, the test prints a loud notice.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::print_stdout,
    reason = "in a test a panic is how a check fails"
)]
#![cfg(not(target_arch = "wasm32"))]

mod support;

use brightline::Instant;
use brightline::base::json as strict;
use brightline::base::time::Span;
use brightline::verify::issuer::{Holder, TrustedIssuer};
use brightline::verify::jose::Key;
use brightline::verify::token::{self, Claims, HostState, Possession, TokenError};
use data_encoding::BASE64URL_NOPAD;
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};
use std::cell::Cell;
use support::{jwk, key, sign_jws};

fn read(file: &str) -> Option<String> {
    let default = concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/vectors");
    let folder = std::env::var("BRIGHTLINE_VECTORS").unwrap_or_else(|_| default.to_owned());
    let text = std::fs::read_to_string(format!("{folder}/{file}")).ok();
    if text.is_none() {
        println!("ABSENT: {file}; set BRIGHTLINE_VECTORS to the folder of public vectors to run it");
    }
    text
}

fn imported(jwk: &Value, alg: &str) -> Key {
    let mut jwk = jwk.clone();
    jwk["alg"] = json!(alg);
    let members = jwk.as_object_mut().unwrap();
    members.remove("d");
    let jwk = strict::parse(jwk.to_string().as_bytes(), strict::Limits::UNTRUSTED).unwrap();
    Key::from_jwk(jwk.as_object().unwrap()).unwrap()
}

fn issuer(iss: &str, aud: &str, key: Key, holder: Holder) -> TrustedIssuer {
    TrustedIssuer {
        id: "issuer".to_owned(),
        iss: iss.to_owned(),
        audience: vec![aud.to_owned()],
        typ: vec!["example+sd-jwt".to_owned(), "dc+sd-jwt".to_owned()],
        vct: vec!["urn:eudi:pid:de:1".to_owned(), "https://credentials.example.com/example_credential".to_owned()],
        keys: vec![key],
        skew: Span::from_seconds(30),
        proof_age: Span::from_seconds(60),
        holder,
        ..TrustedIssuer::default()
    }
}

/// The SD-JWT examples of the specifications have no `vct`. Their entry lists no types, which a ruleset cannot express.
fn of_no_type(issuer: TrustedIssuer, token: &str) -> TrustedIssuer {
    let vct = if part(token)["vct"].is_null() { Vec::new() } else { issuer.vct };
    TrustedIssuer { vct, ..issuer }
}

fn part(jwt: &str) -> Value {
    let payload = jwt.split('.').nth(1).unwrap();
    serde_json::from_slice(&BASE64URL_NOPAD.decode(payload.as_bytes()).unwrap()).unwrap()
}

/// Verifies a presentation at the instant at which it was made.
fn verify(token: &str, issuer: &TrustedIssuer, nonce: &str) -> Result<Claims, TokenError> {
    let binding = token.rsplit('~').next().filter(|last| token.contains('~') && !last.is_empty());
    let now = binding.map_or(1_700_000_000, |binding| part(binding)["iat"].as_i64().unwrap());
    let possession = Possession { nonce: Some(nonce), proofs: &[] };
    token::verify(token, [issuer], &HostState::default(), &possession, Instant::from_seconds(now).unwrap())
}

#[test]
fn the_examples_of_rfc_9901_verify() {
    let Some(text) = read("sd-jwt-rfc9901/sd_jwt_examples.json") else { return };
    let vectors: Value = serde_json::from_str(&text).unwrap();
    let (nonce, aud) = (vectors["kb_nonce"].as_str().unwrap(), vectors["kb_aud"].as_str().unwrap());
    let key = || imported(&vectors["keys"]["issuer"], "ES256");
    let mut outcomes = Vec::new();
    for example in vectors["examples"].as_array().unwrap() {
        let token = example["token"].as_str().unwrap();
        let jwt = token.split('~').next().unwrap();
        let iss = part(jwt)["iss"].as_str().unwrap_or("https://issuer.example.com").to_owned();
        let bound = token.contains('~') && !token.ends_with('~');
        let holder = if bound { Holder::KeyBinding } else { Holder::Bearer };
        let trusted = || of_no_type(issuer(&iss, aud, key(), holder), token);
        let result = verify(token, &trusted(), nonce);
        let disclosures = token.matches('~').count().saturating_sub(1);
        if let Ok(claims) = &result {
            assert!(!claims.payload().to_string().contains("\"_sd"), "{}", example["section"]);
            // Removing a disclosure breaks the key binding.
            if bound && disclosures > 0 {
                let mut parts: Vec<&str> = token.split('~').collect();
                parts.remove(1);
                let less = verify(&parts.join("~"), &trusted(), nonce);
                let code = less.map_or_else(TokenError::code, |_| "accepted");
                // Nothing refers any longer to the disclosures inside it.
                assert!(["token.proof_target", "token.disclosure"].contains(&code), "{code}");
            }
        }
        outcomes.push((disclosures, bound, result.map_or_else(TokenError::code, |_| "accepted")));
    }
    // The first is the JWT alone; the last two, of the W3C model, name neither an issuer nor a type. A credential
    // without a key binding must show its audience if it withholds claims, and two do not.
    let expected = [
        (0, false, "token.malformed"),
        (10, false, "accepted"),
        (4, true, "accepted"),
        (2, false, "token.concealed_claim"),
        (6, false, "token.concealed_claim"),
        (27, false, "accepted"),
        (3, true, "accepted"),
        (14, false, "token.issuer"),
        (4, true, "token.issuer"),
    ];
    assert_eq!(outcomes, expected);
}

#[test]
fn the_presentation_of_openid4vp_verifies() {
    let folder = "openid4vp/sd_jwt_vcld/01";
    let (Some(issuance), Some(binding)) =
        (read(&format!("{folder}/sd_jwt_issuance.txt")), read(&format!("{folder}/kb_jwt_serialized.txt")))
    else {
        return;
    };
    let jwk = json!({"kty": "EC", "crv": "P-256", "x": "b28d4MwZMjw8-00CG4xfnn9SLMVMM19SlqZpVb_uNtQ",
                     "y": "Xv5zWwuoaTgdS6hV43yI6gBwTnjukmFQQnJ_kCxzqk8"});
    let plain = |text: &str| text.split_whitespace().collect::<String>();
    let jwt = plain(&issuance);
    let iss = part(jwt.split('~').next().unwrap())["iss"].as_str().map(str::to_owned);
    let iss = iss.unwrap_or_else(|| "https://issuer.example.com".to_owned());
    let trusted = |holder| issuer(&iss, "https://verifier.example.org", imported(&jwk, "ES256"), holder);
    let claims = verify(&jwt, &trusted(Holder::Bearer), "");
    let code = claims.as_ref().map_or_else(|error| error.code(), |_| "accepted");
    assert_eq!(code, "accepted");
    // The vectors do not list the presented disclosures: exactly one choice of them matches the signed binding.
    let parts: Vec<&str> = jwt.trim_end_matches('~').split('~').collect();
    let (jwt, disclosures) = parts.split_first().unwrap();
    let accepted = (0..1_u32 << disclosures.len()).filter(|chosen| {
        let chosen =
            disclosures.iter().enumerate().filter(|(place, _)| chosen >> place & 1 == 1).map(|(_, text)| *text);
        let presented: Vec<&str> = std::iter::once(*jwt).chain(chosen).collect();
        let presented = [presented.join("~").as_str(), "~", &plain(&binding)].concat();
        verify(&presented, &trusted(Holder::KeyBinding), "1234567890").is_ok()
    });
    assert_eq!(accepted.count(), 1);
}

/// Makes the claims that an issuer signs, from the frame in which the libraries' cases list the disclosable claims.
struct Maker {
    /// Each disclosure, and if the presentation frame shows it.
    disclosures: Vec<(String, bool)>,
    salts: Cell<u32>,
}

impl Maker {
    fn disclose(&mut self, list: &[Value], shown: bool) -> String {
        let text = BASE64URL_NOPAD.encode(Value::from(list.to_vec()).to_string().as_bytes());
        self.disclosures.push((text.clone(), shown));
        BASE64URL_NOPAD.encode(&Sha256::digest(text.as_bytes()))
    }

    fn salt(&self) -> Value {
        self.salts.set(self.salts.get() + 1);
        json!(format!("salt-{}", self.salts.get()))
    }

    fn make(&mut self, claims: &Value, frame: &Value, shown: &Value, visible: bool) -> Value {
        let listed = |name: &Value| frame["_sd"].as_array().is_some_and(|names| names.contains(name));
        let decoys = frame["_sd_decoy"].as_u64().unwrap_or(0);
        let decoy = |maker: &Self| BASE64URL_NOPAD.encode(&Sha256::digest(maker.salt().to_string().as_bytes()));
        let is_shown = |name: &str| visible && !matches!(shown.get(name), None | Some(Value::Bool(false)));
        match claims {
            Value::Object(members) => {
                let (mut made, mut digests) = (Map::new(), Vec::new());
                for (name, value) in members {
                    let below = is_shown(name);
                    let hidden = listed(&json!(name));
                    let value = self.make(value, &frame[name], &shown[name], if hidden { below } else { visible });
                    if hidden {
                        let salt = self.salt();
                        digests.push(self.disclose(&[salt, json!(name), value], below));
                    } else {
                        made.insert(name.clone(), value);
                    }
                }
                digests.extend((0..decoys).map(|_| decoy(self)));
                if !digests.is_empty() {
                    made.insert("_sd".to_owned(), json!(digests));
                }
                Value::Object(made)
            }
            Value::Array(items) => {
                let mut made = Vec::new();
                for (place, item) in items.iter().enumerate() {
                    let name = place.to_string();
                    let below = is_shown(&name);
                    let hidden = listed(&json!(place));
                    let inner = shown.get(&name).unwrap_or(&Value::Null);
                    let item = self.make(item, &frame[&name], inner, if hidden { below } else { visible });
                    if hidden {
                        let salt = self.salt();
                        made.push(json!({"...": self.disclose(&[salt, item], below)}));
                    } else {
                        made.push(item);
                    }
                }
                made.extend((0..decoys).map(|_| json!({"...": decoy(self)})));
                Value::Array(made)
            }
            plain => plain.clone(),
        }
    }
}

#[test]
fn the_cases_that_sd_jwt_libraries_share_give_their_claims() {
    let names = [
        "array_data_types",
        "array_full_sd",
        "array_in_sd",
        "array_nested_in_plain",
        "array_none_disclosed",
        "array_of_nulls",
        "array_of_objects",
        "array_of_scalars",
        "array_recursive_sd",
        "array_recursive_sd_some_disclosed",
        "complex",
        "header_mod",
        "json_serialization",
        "key_binding",
        "no_sd",
        "object_data_types",
        "recursions",
    ];
    let mut wrong = Vec::new();
    for name in names {
        let Some(text) = read(&format!("sd-jwt-js/{name}.json")) else { continue };
        let case: Value = serde_json::from_str(&text).unwrap();
        let mut maker = Maker { disclosures: Vec::new(), salts: Cell::new(0) };
        let mut payload = maker.make(&case["claims"], &case["disclosureFrame"], &case["presentationFrames"], true);
        for (claim, value) in [
            ("iss", json!("https://issuer.example")),
            ("aud", json!("a")),
            ("exp", json!(1_800_000_000)),
            ("iat", json!(1_600_000_000)),
        ] {
            payload[claim] = value;
        }
        let header = json!({"alg": "Ed25519", "kid": "k", "typ": "example+sd-jwt"});
        let mut token = sign_jws(&header, &payload.to_string(), &key(1)) + "~";
        for (disclosure, _) in maker.disclosures.iter().filter(|(_, shown)| *shown) {
            token += disclosure;
            token += "~";
        }
        let trusted = issuer("https://issuer.example", "a", imported(&jwk(&key(1), "k"), "Ed25519"), Holder::Bearer);
        let trusted = of_no_type(trusted, &token);
        let claims = verify(&token, &trusted, "").unwrap_or_else(|error| panic!("{name}: {error}"));
        let mut shown: Value = serde_json::from_str(&claims.payload().to_string()).unwrap();
        for claim in ["iss", "aud", "exp", "iat"] {
            shown.as_object_mut().unwrap().remove(claim);
        }
        // One case omits the object without any disclosed member: it was never hidden (RFC 9901, section 7.1, step 3).
        if name == "array_none_disclosed" {
            assert_eq!(shown.as_object_mut().unwrap().remove("is_over"), Some(json!({})));
        }
        if shown != case["presentedClaims"] {
            wrong.push(format!("{name}: {shown} is not {}", case["presentedClaims"]));
        }
        let held_back = maker.disclosures.iter().any(|(_, shown)| !shown);
        assert!(claims.hidden().count() > 0 || !held_back, "{name}");
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_listed_status_is_found() {
    let Some(text) = read("token-status-list/status_list.json") else { return };
    let vectors: Value = serde_json::from_str(&text).unwrap();
    let now = Instant::from_seconds(1_770_000_000).unwrap();
    let uri = "https://example.com/statuslists/1";
    let trusted = TrustedIssuer {
        audience: vec!["https://gate.example".to_owned()],
        typ: vec!["at+jwt".to_owned()],
        ..issuer("https://example.com", "https://gate.example", imported(&jwk(&key(1), "k"), "Ed25519"), Holder::Bearer)
    };
    let mut looked_up = 0;
    for case in vectors["cases"].as_array().unwrap() {
        let payload =
            json!({"sub": uri, "iat": 1_769_999_000, "status_list": {"bits": case["bits"], "lst": case["lst"]}});
        let header = json!({"alg": "Ed25519", "kid": "k", "typ": "statuslist+jwt"});
        let mut standing = HostState::default();
        standing.put_status_list(&trusted, &sign_jws(&header, &payload.to_string(), &key(1)), now, now).unwrap();
        let status = |index: u64| {
            let payload = json!({"iss": "https://example.com", "aud": "https://gate.example", "sub": "someone", "iat": 1_769_999_900,
                "exp": 1_770_000_300, "status": {"status_list": {"idx": index, "uri": uri}}});
            let token =
                sign_jws(&json!({"alg": "Ed25519", "kid": "k", "typ": "at+jwt"}), &payload.to_string(), &key(1));
            let verified = token::verify(&token, [&trusted], &standing, &Possession::default(), now);
            verified.map_or_else(TokenError::code, |_| "accepted")
        };
        let listed: Vec<(String, u64)> = match (case["statuses"].as_object(), case["bytes_hex"].as_str()) {
            (Some(values), _) => values.iter().map(|(index, value)| (index.clone(), value.as_u64().unwrap())).collect(),
            (None, Some(hex)) => {
                let (bits, bytes) =
                    (case["bits"].as_u64().unwrap(), data_encoding::HEXLOWER.decode(hex.as_bytes()).unwrap());
                let entries = 0..u64::try_from(bytes.len()).unwrap() * 8 / bits;
                let value = |index: u64| {
                    u64::from(bytes[usize::try_from(index * bits / 8).unwrap()]) >> (index * bits % 8)
                        & ((1 << bits) - 1)
                };
                entries.map(|index| (index.to_string(), value(index))).collect()
            }
            _ => panic!("{case}"),
        };
        for (index, value) in &listed {
            let expected = match value {
                0 => "accepted",
                2 => "token.suspended",
                _ => "token.revoked",
            };
            assert_eq!(status(index.parse().unwrap()), expected, "{} bits, {index}", case["bits"]);
            looked_up += 1;
        }
        // Neighbours that are not listed are valid, and the last entry is the last index.
        if let Some(entries) = case["entries"].as_u64() {
            assert_eq!((status(1), status(entries - 1), status(entries)), ("accepted", "accepted", "token.revoked"));
        }
    }
    assert!(looked_up > 100, "{looked_up}");
}
