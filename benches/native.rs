//! The core on this machine: what a check consists of, and the whole of it.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "what it measures was made for it"
)]

use brightline::decide::{Context, Request, decide};
use brightline::program::{Program, compile};
use brightline::subject::identify;
use brightline::time::Instant;
use brightline::token::{self, Possession, Standing};
use criterion::{Criterion, criterion_group, criterion_main};
use data_encoding::BASE64URL_NOPAD as BASE64URL;
use ed25519_dalek::Signer;
use std::hint::black_box;

/// Within the token's time and the ruleset's.
const NOW: &str = "2026-06-01T12:00:00Z";

fn measure(criterion: &mut Criterion) {
    let fixtures = [Fixture::ed25519(), Fixture::es256(), Fixture::es384()];
    let program = program(&fixtures);
    let now = Instant::parse(NOW).expect("an instant");
    let context = Context::default();
    let request = Request { model: "atlas-5", action: "chat", context: &context };

    for Fixture { alg, token, .. } in &fixtures {
        let verify = || {
            token::verify(black_box(token), program.issuers(), &Standing::default(), &Possession::default(), now)
                .expect("a token that verifies")
        };
        criterion.bench_function(&format!("verify {alg}"), |bencher| bencher.iter(verify));
        let check = || decide(&program, &identify(program.ruleset(), &[&verify()], &[]), request, now);
        criterion.bench_function(&format!("check {alg}"), |bencher| bencher.iter(check));
    }
    let claims =
        [token::verify(&fixtures[0].token, program.issuers(), &Standing::default(), &Possession::default(), now)
            .expect("a token that verifies")];
    criterion.bench_function("identify", |bencher| {
        bencher.iter(|| identify(program.ruleset(), black_box(&[&claims[0]]), &[]))
    });
    let subject = identify(program.ruleset(), &[&claims[0]], &[]);
    criterion.bench_function("decide", |bencher| bencher.iter(|| decide(&program, black_box(&subject), request, now)));
}

fn program(fixtures: &[Fixture]) -> Program {
    let keys: Vec<&str> = fixtures.iter().map(|fixture| fixture.jwk.as_str()).collect();
    let text = include_str!("bench-ruleset.yaml").replace("keys: []", &format!("keys: [{}]", keys.join(", ")));
    let document = brightline::ruleset::parse_yaml(&text).expect("a document");
    compile(brightline::ruleset::read(&document).expect("a ruleset"))
}

/// A token and the key that it verifies with. The secrets are constants: nothing here is to be trusted.
struct Fixture {
    alg: &'static str,
    jwk: String,
    token: String,
}

impl Fixture {
    fn ed25519() -> Self {
        let key = ed25519_dalek::SigningKey::from_bytes(&[7; 32]);
        let public = format!(r#""kty": "OKP", "crv": "Ed25519", "x": "{}""#, encode(key.verifying_key().as_bytes()));
        Self::new("Ed25519", &public, |input| key.sign(input).to_vec())
    }

    fn es256() -> Self {
        let key = p256::ecdsa::SigningKey::from_slice(&[7; 32]).expect("a scalar");
        let point = key.verifying_key().to_sec1_point(false);
        let sign = |input: &[u8]| p256::ecdsa::signature::Signer::<p256::ecdsa::Signature>::sign(&key, input).to_vec();
        Self::new("ES256", &ec("P-256", point.x(), point.y()), sign)
    }

    fn es384() -> Self {
        let key = p384::ecdsa::SigningKey::from_slice(&[7; 48]).expect("a scalar");
        let point = key.verifying_key().to_sec1_point(false);
        let sign = |input: &[u8]| p384::ecdsa::signature::Signer::<p384::ecdsa::Signature>::sign(&key, input).to_vec();
        Self::new("ES384", &ec("P-384", point.x(), point.y()), sign)
    }

    fn new(alg: &'static str, public: &str, sign: impl Fn(&[u8]) -> Vec<u8>) -> Self {
        let header = format!(r#"{{"alg":"{alg}","kid":"{alg}","typ":"at+jwt"}}"#);
        let iat = Instant::parse(NOW).expect("an instant").as_millis() / 1000;
        let payload = format!(
            r#"{{"iss":"https://idp.example","aud":"https://gate.example","sub":"person-1","iat":{iat},"exp":{},
                "jti":"1","client_id":"bench","us_status":"citizen","nationalities":["US"]}}"#,
            iat.saturating_add(3600)
        );
        let input = format!("{}.{}", encode(header.as_bytes()), encode(payload.as_bytes()));
        let token = format!("{input}.{}", encode(&sign(input.as_bytes())));
        Self { alg, jwk: format!(r#"{{{public}, "alg": "{alg}", "kid": "{alg}"}}"#), token }
    }
}

fn ec(curve: &str, x: Option<impl AsRef<[u8]>>, y: Option<impl AsRef<[u8]>>) -> String {
    let coordinate = |value: Option<&[u8]>| encode(value.expect("a point that is not at infinity"));
    let (x, y) = (coordinate(x.as_ref().map(AsRef::as_ref)), coordinate(y.as_ref().map(AsRef::as_ref)));
    format!(r#""kty": "EC", "crv": "{curve}", "x": "{x}", "y": "{y}""#)
}

fn encode(bytes: &[u8]) -> String {
    BASE64URL.encode(bytes)
}

criterion_group!(benches, measure);
criterion_main!(benches);
