//! Development tokens: a development ruleset decides on made-up people, and no other ruleset accepts their tokens.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::panic,
    reason = "a panic is how a check fails"
)]

#[path = "support/sandbox.rs"]
mod sandbox;

use data_encoding::BASE64URL_NOPAD as BASE64URL;
use sandbox::Sandbox;
use serde_json::{Value, json};

const NOW: &str = "2026-02-01T00:00:00Z";

/// A ruleset that trusts one issuer.
fn ruleset(development: bool, issuer: &Value) -> String {
    let mut ruleset = json!({
        "ruleset": "trial", "version": 1, "language": 1, "issued": "2026-01-01T00:00:00Z",
        "expires": "2026-07-01T00:00:00Z", "default": "allow", "actions": ["chat"], "models": [{"id": "m"}],
        "issuers": [issuer],
        "rules": [{
            "id": "foreign", "title": "T", "outcome": "deny", "reason": "foreign_person", "message": "M",
            "basis": {"citation": "C"}, "when": {"subject.foreign_person": true},
            "evidence": {"subject.us_person": {"assurance": "substantial", "max_age": "365d"}},
            "unless": [{"id": "staff", "reason": "staff", "when": {"subject.employments": {"has": {"org": "lab"}}}}],
        }],
    });
    if development {
        ruleset["development"] = json!(true);
    }
    ruleset.to_string()
}

impl Sandbox {
    /// With the throw-away issuer in `dev`, and a bundle that trusts a changed copy of its entry.
    fn with_issuer(name: &str, development: bool, change: &dyn Fn(&mut Value)) -> Self {
        let sandbox = Self::new(name);
        sandbox.ok(&["token", "init", "--out", "dev"]);
        sandbox.ok(&["keygen", "--kid", "a", "--out", "a"]);
        let mut entry = sandbox.json("dev/issuer.json");
        change(&mut entry);
        sandbox.write("rules.json", ruleset(development, &entry));
        sandbox
    }

    fn sign(&self) {
        self.ok(&["sign", "rules.json", "--audience", "dev", "--key", "a.private.jwk", "-o", "bundle.json"]);
        let trust = ["trust", "--ruleset", "trial", "--audience", "dev", "--threshold", "1", "a.public.jwk"];
        self.ok(&[&trust[..], &["-o", "root.json"]].concat());
    }

    /// The outcome and the reason of a token.
    fn decide(&self, token: &str) -> (String, String) {
        self.write("token.jwt", token);
        let decide = ["decide", "--bundle", "bundle.json", "--trust", "root.json", "--now", NOW, "--model", "m"];
        let ran = self.run(&[&decide[..], &["--action", "chat", "--token", "token.jwt"]].concat());
        let decision = ran.json();
        let text = |name: &str| decision[name].as_str().unwrap().to_owned();
        (text("outcome"), text("reason"))
    }

    fn token(&self, persona: &str, more: &[&str]) -> String {
        self.ok(&[&["token", persona, "--issuer", "dev", "--now", NOW][..], more].concat())
    }
}

#[test]
fn made_up_people_are_decided_by_what_is_known_of_them() {
    for preset in ["evidence", "house"] {
        let sandbox =
            Sandbox::with_issuer(&format!("personas-{preset}"), true, &|entry| entry["preset"] = json!(preset));
        sandbox.sign();
        let foreign = ("deny", "foreign_person");
        // The `house` preset has no claim for employment.
        let staff = if preset == "house" { foreign } else { ("allow", "staff") };
        // It asserts attributes only of people whose papers were verified.
        let weak = if preset == "house" { "evidence.missing" } else { "evidence.insufficient" };
        let weak = ("step_up", weak);
        let people = [
            ("us-citizen", ("allow", "default")),
            ("us-citizen-abroad", ("allow", "default")),
            ("permanent-resident", ("allow", "default")),
            ("refugee", ("allow", "default")),
            ("employee-abroad", staff),
            ("no-evidence", ("step_up", "evidence.missing")),
            ("stale-evidence", ("step_up", "evidence.stale")),
            ("weak-evidence", weak),
            ("h1b-dual-citizen", foreign),
            ("chinese-in-germany", foreign),
        ];
        for (persona, (outcome, reason)) in people {
            let decided = sandbox.decide(&sandbox.token(persona, &[]));
            assert_eq!(decided, (outcome.to_owned(), reason.to_owned()), "{preset}, {persona}");
        }
    }
}

#[test]
fn a_token_is_as_its_options_say() {
    let sandbox = Sandbox::with_issuer("token-options", true, &|_| ());
    sandbox.sign();
    let changed = ["--claim", "/verified_claims/0/claims/us_status=\"none\"", "--claim", "/us_person=false"];
    let changed =
        [&changed[..], &["--claim", "/verified_claims/0/claims/us_person=false", "--claim", "/a/b=[1]"]].concat();
    let more = [&changed[..], &["--valid", "2h", "--audience", "other", "--json"]].concat();
    let said: Value = serde_json::from_str(&sandbox.token("us-citizen", &more)).unwrap();
    // A claim that no mapping reads changes nothing, and its author is warned.
    assert_eq!(said["unread"], json!(["/a/b"]));
    let claims = &said["claims"];
    let unread = ["token", "us-citizen", "--issuer", "dev", "--claim", "/residence=\"FR\""];
    let told = sandbox.run(&unread).stderr();
    assert_eq!(
        told,
        "warning[claim.unread]: `--claim /residence`: neither the issuer's entry nor the preset `house` reads it\n"
    );
    for read in ["/verified_claims/0/claims/residence=\"FR\"", "/verified_claims=[]", "/us_person=true", "/exp=1"] {
        sandbox.ok(&["token", "us-citizen", "--issuer", "dev", "--claim", read]);
    }
    assert_eq!(
        (&claims["aud"], &claims["a"]["b"], &claims["sub"]),
        (&json!("other"), &json!([1]), &json!("us-citizen"))
    );
    assert_eq!(claims["exp"].as_i64().unwrap() - claims["iat"].as_i64().unwrap(), 7200);
    assert_eq!(sandbox.decide(&sandbox.token("us-citizen", &["--audience", "other"])).1, "token.audience");
    // Employment is known of staff only.
    assert_ne!(sandbox.decide(&sandbox.token("us-citizen", &changed[..6])).0, "allow");
    let token = |more: &[&'static str]| [&["token", "us-citizen", "--issuer", "dev"], more].concat();
    sandbox.fails(&token(&["--claim", "/iss=\"https://idp.example\""]), 1, &["leave `/iss`"]);
    sandbox.fails(&token(&["--claim", "/aud/0=1"]), 1, &["there is no path `/aud/0`"]);
    sandbox.fails(&token(&["--claim", "aud=1"]), 2, &["JSON Pointer"]);
    sandbox.fails(&["token", "nobody", "--issuer", "dev"], 2, &["no persona `nobody`", "--list"]);
    sandbox.fails(&["token", "us-citzen", "--issuer", "dev"], 2, &["did you mean `us-citizen`?"]);
    sandbox.fails(&["token", "us-citizen"], 2, &["--issuer"]);
    sandbox.fails(&["token", "us-citizen", "--issuer", "no"], 1, &["cannot read `no/issuer.json`"]);
    sandbox.fails(&["token", "init", "--out", "dev"], 1, &["already exists"]);
    let list = sandbox.ok(&["token", "--list"]);
    assert!(list.contains("us-citizen  ") && list.contains("chinese-in-germany"), "{list}");
    assert!(sandbox.run(&["token", "--list", "--json"]).json().as_array().unwrap().len() > 10);
}

#[test]
fn no_other_ruleset_takes_development_tokens() {
    // An ordinary ruleset may not trust the issuer itself.
    let sandbox = Sandbox::with_issuer("development-issuer", false, &|_| ());
    let ran = sandbox.run(&["check", "--json", "rules.json"]);
    assert_eq!((ran.code(), &ran.json()[0]["code"]), (3, &json!("ruleset.development")));
    // Nor its key under another `iss`, whichever types are listed.
    let plain = |entry: &mut Value| {
        entry["iss"] = json!("https://idp.example");
        entry["typ"] = json!(["dev+jwt", "at+jwt"]);
    };
    let sandbox = Sandbox::with_issuer("development-key", false, &plain);
    sandbox.sign();
    assert_eq!(sandbox.decide(&sandbox.token("us-citizen", &[])).1, "token.issuer");
    let path = sandbox.0.join("dev/issuer.json");
    let entry = std::fs::read_to_string(&path).unwrap();
    let iss = sandbox.json("dev/issuer.json")["iss"].as_str().unwrap().to_owned();
    std::fs::write(&path, entry.replace(&iss, "https://idp.example")).unwrap();
    assert_eq!(sandbox.decide(&sandbox.token("us-citizen", &[])).1, "token.typ");
    // Nor does a development ruleset accept a token of its issuer without the development `typ`.
    let sandbox = Sandbox::with_issuer("development-typ", true, &|entry| entry["typ"] = json!(["at+jwt"]));
    sandbox.sign();
    assert_eq!(sandbox.decide(&sandbox.token("us-citizen", &[])).1, "token.typ");
}

#[test]
fn an_image_that_says_otherwise_is_none() {
    let sandbox = Sandbox::with_issuer("development-image", true, &|_| ());
    let document = brightline::parse_json(&sandbox.read("rules.json")).unwrap();
    let image = brightline::to_image(&brightline::read_ruleset(&document).unwrap());
    assert!(brightline::read_image(&image).unwrap().is_development());
    let mut unmarked = 0;
    for at in 0..image.len() {
        let mut changed = image.clone();
        changed[at] ^= 1;
        let Some(ruleset) = brightline::read_image(&changed) else {
            unmarked += 1;
            continue;
        };
        assert!(ruleset.is_development() || !ruleset.issuers().any(brightline::TrustedIssuer::is_development), "{at}");
    }
    assert!(unmarked > 0);
}

#[test]
fn a_bundle_for_development_says_so_and_is_not_signed_for_production() {
    let sandbox = Sandbox::with_issuer("development-sign", true, &|_| ());
    let sign = ["sign", "rules.json", "--audience", "prod-eu", "--key", "a.private.jwk", "-o", "no.json"];
    sandbox.fails(&sign, 3, &["error[ruleset.development]", "not signed for production"]);
    assert!(!sandbox.0.join("no.json").exists());
    for audience in ["eu-prod", " Production"] {
        let sign = ["sign", "rules.json", "--audience", audience, "--key", "a.private.jwk", "-o", "no.json"];
        sandbox.fails(&sign, 3, &["error[ruleset.development]"]);
    }
    sandbox.sign();
    // Nor by adding a signature to another person's bundle.
    let mut draft = sandbox.json("bundle.json");
    let payload = BASE64URL.decode(draft["payload"].as_str().unwrap().as_bytes()).unwrap();
    let dev = b"\"aud\":\"dev\"";
    let at = payload.windows(dev.len()).position(|part| part == dev).unwrap();
    let payload = [&payload[..at], b"\"aud\":\"EU Prod\"", &payload[at + dev.len()..]].concat();
    draft["payload"] = json!(BASE64URL.encode(&payload));
    sandbox.write("draft.json", draft.to_string());
    sandbox.ok(&["keygen", "--kid", "b", "--out", "b"]);
    let add = ["sign", "--add-signature", "draft.json", "--key", "b.private.jwk", "-o", "no.json"];
    sandbox.fails(&add, 4, &["error[bundle.development]: `draft.json`"]);
    let shown = sandbox.ok(&["verify", "bundle.json", "--trust", "root.json", "--now", NOW]);
    assert!(shown.lines().nth(1).unwrap().starts_with("  DEVELOPMENT: "), "{shown}");
    assert_eq!(sandbox.run(&["verify", "bundle.json", "--json"]).json()["contents"]["development"], json!(true));
    let compiled = sandbox.ok(&["compile", "rules.json"]);
    assert!(compiled.contains("\"development\":true"));
}

#[test]
fn cases_run_under_a_ruleset_for_development() {
    let sandbox = Sandbox::with_issuer("development-cases", true, &|_| ());
    let evidence = json!([{"path": "us_status", "value": "none", "issuer": "development", "assurance": "high",
        "verified_at": "2026-01-20"}]);
    let case = json!({"id": "one", "ruleset": "A", "at": "2026-02-01", "model": "m", "action": "chat",
        "evidence": evidence, "expect": {"outcome": "deny", "reason": "foreign_person"}});
    sandbox.write("cases.json", json!({"cases": [case]}).to_string());
    let ran = sandbox.run(&["test", "cases.json", "--ruleset", "A=rules.json"]);
    assert_eq!(ran.code(), 0, "{}{}", ran.stdout(), ran.stderr());
}
