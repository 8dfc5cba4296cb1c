//! Tokens as issuers really make them: several forms, spellings, tenants and audiences of one issuer, and tokens of the
//! same issuer that are not sign-ins. Each goes through a ruleset that was read, signed and opened, natively and in
//! Wasm.

#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "in a test a panic is how a check fails"
)]

mod support;

use brightline::{CheckInput, Engine, Instant, Possession};
use data_encoding::BASE64URL_NOPAD;
use serde_json::{Value, json};
use support::{jwk, key, open, sign_jws, sign_ruleset};

#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

const NOW: i64 = 1_770_000_000;

fn now() -> Instant {
    Instant::from_seconds(NOW).unwrap()
}

fn with(mut members: Value, changes: &Value) -> Value {
    for (name, value) in changes.as_object().unwrap() {
        members[name] = value.clone();
    }
    members
}

/// An entry with some members changed.
fn entry(changes: &Value) -> Value {
    let usual = json!({"id": "idp", "iss": "https://idp.example", "audience": "https://api.example", "assurance": 2,
                       "keys": [jwk(&key(1), "k")], "claims": {"subject.us_person": "/us_person"}});
    with(usual, changes)
}

/// A ruleset that trusts some issuers and allows U.S. persons.
fn document(issuers: &[Value], changes: &Value) -> Value {
    let rule = json!({"id": "foreign", "title": "T", "outcome": "deny", "reason": "foreign_person", "message": "M",
                      "basis": {"citation": "C"}, "when": {"subject.foreign_person": true}});
    let usual = json!({
        "ruleset": "issuers", "version": 1, "language": 1, "issued": "2026-01-01", "expires": "2027-01-01",
        "default": "allow", "actions": ["chat"], "models": [{"id": "m"}], "issuers": issuers, "rules": [rule],
    });
    with(usual, changes)
}

fn parsed(document: &Value) -> brightline::author::language::Node {
    brightline::parse_json(&document.to_string()).unwrap_or_else(|findings| panic!("{findings:#?}"))
}

fn engine_of(document: &Value) -> Engine {
    open(&sign_ruleset(&parsed(document)), now())
}

fn engine(issuers: &[Value]) -> Engine {
    engine_of(&document(issuers, &json!({})))
}

/// The codes with which a ruleset is refused.
fn findings(issuers: &[Value]) -> Vec<&'static str> {
    let read = brightline::read_ruleset(&parsed(&document(issuers, &json!({}))));
    read.err().unwrap_or_default().iter().map(|finding| finding.code).collect()
}

/// `allow`, or the reason for the refusal.
fn check(engine: &Engine, tokens: &[&str]) -> String {
    let input = CheckInput {
        tokens,
        possession: Possession::default(),
        model: "m",
        action: "chat",
        context_json: None,
        now: now(),
    };
    let decision = engine.check(&input).unwrap();
    if decision.allowed { "allow".to_owned() } else { decision.reason }
}

/// The claims that a JWT needs, with changes.
fn claims(changes: &Value) -> Value {
    with(
        json!({"iss": "https://idp.example", "aud": "https://api.example", "sub": "somebody", "iat": NOW - 60,
               "exp": NOW + 600, "us_person": true}),
        changes,
    )
}

fn signed(typ: &str, claims: &Value) -> String {
    let header = match typ {
        "absent" => json!({"alg": "Ed25519", "kid": "k"}),
        typ => json!({"alg": "Ed25519", "kid": "k", "typ": typ}),
    };
    sign_jws(&header, &claims.to_string(), &key(1))
}

fn jwt(changes: &Value) -> String {
    signed("at+jwt", &claims(changes))
}

/// A credential without disclosures; a member that is `null` is left out.
fn credential(typ: &str, changes: &Value) -> String {
    let mut claims = json!({"iss": "https://idp.example", "vct": "urn:example:1", "iat": NOW - 60, "exp": NOW + 600, "us_person": true});
    for (name, value) in changes.as_object().unwrap() {
        claims[name] = value.clone();
        if value.is_null() {
            claims.as_object_mut().unwrap().remove(name);
        }
    }
    signed(typ, &claims) + "~"
}

fn wallet(changes: &Value) -> Value {
    entry(&with(json!({"typ": "dc+sd-jwt", "vct": "urn:example:1", "holder": "none"}), changes))
}

/// A token is a credential because of its form, not because of one spelling of `typ`.
#[test]
fn every_credential_has_a_type_and_a_holder() {
    for typ in ["dc+sd-jwt", "vc+sd-jwt", "VC+SD-JWT", "application/acme+sd-jwt"] {
        let listed = entry(&json!({"typ": typ, "vct": "urn:example:1"}));
        let bearer = with(listed.clone(), &json!({"holder": "none"}));
        let of = |vct: Value| credential(typ, &json!({"vct": vct, "cnf": {"jwk": {}}}));
        assert_eq!(check(&engine(std::slice::from_ref(&bearer)), &[&of(json!("urn:example:1"))]), "allow", "{typ}");
        assert_eq!(check(&engine(std::slice::from_ref(&bearer)), &[&of(json!("urn:example:2"))]), "token.vct", "{typ}");
        assert_eq!(check(&engine(&[bearer]), &[&of(json!(null))]), "token.missing_claim", "{typ}");
        // By default, the holder must prove possession of the key.
        assert_eq!(check(&engine(&[listed]), &[&of(json!("urn:example:1"))]), "token.proof_missing", "{typ}");
        assert_eq!(findings(&[entry(&json!({ "typ": typ }))]), ["ruleset.vct"], "{typ}");
    }
    assert_eq!(findings(&[entry(&json!({"typ": "jwt", "vct": "urn:example:1"}))]), ["ruleset.vct"]);
}

#[test]
fn a_status_that_is_no_reference_is_of_no_concern() {
    let asked = |list: &str| engine(&[entry(&json!({ "status_list": list }))]);
    let reference = json!({"status_list": {"idx": 1, "uri": "https://idp.example/list"}});
    for (status, present, required) in [
        (json!("active"), "allow", "token.missing_claim"),
        (json!(1), "allow", "token.missing_claim"),
        (json!(null), "allow", "token.missing_claim"),
        (json!(["x"]), "allow", "token.missing_claim"),
        (json!({"other": 1}), "allow", "token.missing_claim"),
        (json!({"status_list": {"idx": "1", "uri": "x"}}), "token.claim_type", "token.claim_type"),
        (json!({"status_list": "x"}), "token.claim_type", "token.claim_type"),
        (reference, "token.status_unknown", "token.status_unknown"),
    ] {
        let token = jwt(&json!({ "status": status }));
        let all = ["when_present", "required", "ignored"].map(|list| check(&asked(list), &[&token]));
        assert_eq!(all, [present, required, "allow"], "{status}");
    }
}

/// RFC 7519, section 2, and RFC 8259, section 6: a claim that no mapping reads may be any number or text.
#[test]
fn what_nothing_reads_refuses_nothing() {
    let idp = engine(&[entry(&json!({}))]);
    for number in
        ["9223372036854775808", "18446744073709551615", "123456789012345678901234567890", "1.00000000000000000000001"]
    {
        let payload = claims(&json!({"x": "@"})).to_string().replace("\"@\"", number);
        let token = sign_jws(&json!({"alg": "Ed25519", "kid": "k", "typ": "at+jwt"}), &payload, &key(1));
        assert_eq!(check(&idp, &[&token]), "allow", "{number}");
    }
    assert_eq!(check(&idp, &[&jwt(&json!({"picture": "A".repeat(8000)}))]), "allow");
}

/// The header of a credential may contain a certificate chain; its length is bounded nevertheless.
#[test]
fn a_chain_of_certificates_is_passed_over() {
    let idp = engine(&[wallet(&json!({})), entry(&json!({"id": "other", "iss": "https://other.example"}))]);
    let chained = |typ: &str, certificates: usize| {
        let chain = vec!["A".repeat(1200); certificates];
        let header = json!({"alg": "Ed25519", "kid": "k", "typ": typ, "x5c": chain});
        let claims = json!({"iss": "https://idp.example", "vct": "urn:example:1", "iat": NOW, "exp": NOW + 600, "us_person": true});
        sign_jws(&header, &claims.to_string(), &key(1)) + "~"
    };
    for (certificates, expected) in
        [(1, "allow"), (2, "allow"), (8, "allow"), (13, "token.too_large"), (14, "token.too_large")]
    {
        assert_eq!(check(&idp, &[&chained("dc+sd-jwt", certificates)]), expected, "{certificates}");
    }
    assert_eq!(check(&idp, &[chained("at+jwt", 2).trim_end_matches('~')]), "token.too_large");
}

/// One issuer of access tokens and credentials: an entry for each form, with a holder requirement for each.
#[test]
fn entries_of_one_issuer_are_told_apart_by_form() {
    let access = entry(&json!({"claims": {}}));
    let id_token = entry(&json!({"id": "id", "typ": ["jwt", "absent"], "claims": {}}));
    let (card, pass) = (
        wallet(&json!({"id": "card"})),
        wallet(&json!({"id": "pass", "vct": "urn:example:2", "holder": "key_binding"})),
    );
    let all = [access.clone(), id_token, card.clone(), pass];
    for turn in 0..all.len() {
        let mut turned = all.to_vec();
        turned.rotate_left(turn);
        let idp = engine(&turned);
        // Only the card asserts the required claim.
        assert_eq!(check(&idp, &[&credential("dc+sd-jwt", &json!({}))]), "allow");
        assert_eq!(check(&idp, &[&credential("dc+sd-jwt", &json!({"vct": "urn:example:2"}))]), "token.proof_missing");
        assert_eq!(check(&idp, &[&credential("dc+sd-jwt", &json!({"vct": "urn:example:3"}))]), "token.vct");
        assert_eq!(check(&idp, &[&jwt(&json!({}))]), "evidence.missing");
        assert_eq!(check(&idp, &[&signed("JWT", &claims(&json!({})))]), "evidence.missing");
        assert_eq!(check(&idp, &[&signed("x+jwt", &claims(&json!({})))]), "token.typ");
    }
    for (twin, expected) in [
        (entry(&json!({"id": "twin"})), vec!["ruleset.duplicate"]),
        (entry(&json!({"id": "twin", "typ": ["jwt", "at+jwt"]})), vec!["ruleset.duplicate"]),
        (
            entry(&json!({"id": "twin", "iss": ["https://other.example", "https://idp.example"]})),
            vec!["ruleset.duplicate"],
        ),
        (entry(&json!({"id": "twin", "typ": "jwt"})), vec![]),
        (entry(&json!({"id": "twin", "iss": "https://other.example"})), vec![]),
    ] {
        assert_eq!(findings(&[access.clone(), twin.clone()]), expected, "{twin}");
    }
    assert_eq!(findings(&[card.clone(), wallet(&json!({"id": "twin"}))]), ["ruleset.duplicate"]);
    assert_eq!(findings(&[card, wallet(&json!({"id": "twin", "vct": "urn:example:2"}))]), [""; 0]);
}

/// Google: one issuer, one name for a person, two spellings of `iss`.
#[test]
fn an_issuer_has_several_spellings_and_one_name_for_a_person() {
    let spellings = ["https://accounts.google.example", "accounts.google.example"];
    let google = engine(&[entry(&json!({ "iss": spellings }))]);
    let of = |iss: &str, more: Value| jwt(&with(json!({ "iss": iss }), &more));
    let [one, other] = spellings.map(|iss| of(iss, json!({})));
    assert_eq!([check(&google, &[&one]), check(&google, &[&other])], ["allow", "allow"]);
    assert_eq!(check(&google, &[&one, &other]), "allow");
    assert_eq!(check(&google, &[&one, &of(spellings[1], json!({"sub": "another"}))]), "token.subjects");
    assert_eq!(check(&google, &[&of("https://accounts.google.example/", json!({}))]), "token.issuer");
    // A person who is denied under one spelling is denied under the other.
    for denied in spellings {
        let list = json!([{"iss": denied, "sub": "somebody", "not_before": NOW}]);
        google.update_deny_list(list.to_string().as_bytes()).unwrap();
        assert_eq!(
            [check(&google, &[&one]), check(&google, &[&other])],
            ["token.revoked", "token.revoked"],
            "{denied}"
        );
    }
}

const TEMPLATE: &str = "https://login.example/{tenantid}/v2.0";

fn tenant(tenant: &str, more: &Value) -> String {
    jwt(&with(json!({"iss": format!("https://login.example/{tenant}/v2.0"), "tid": tenant}), more))
}

#[test]
fn a_tenant_is_the_one_that_the_token_names() {
    let any = engine(&[entry(&json!({ "iss": TEMPLATE }))]);
    let some =
        engine(&[entry(&json!({"iss": [TEMPLATE, "https://old.example/{tenantid}/"], "tenants": ["t-1", "t-2"]}))]);
    for (token, of_any, of_some) in [
        (tenant("t-1", &json!({})), "allow", "allow"),
        (tenant("t-3", &json!({})), "allow", "token.issuer"),
        (tenant("t-1", &json!({"tid": "t-2"})), "token.issuer", "token.issuer"),
        (tenant("t-1", &json!({"tid": null})), "token.issuer", "token.issuer"),
        (tenant("t-1", &json!({"tid": ["t-1"]})), "token.issuer", "token.issuer"),
        (tenant("", &json!({})), "token.issuer", "token.issuer"),
        (tenant("{tenantid}", &json!({})), "token.issuer", "token.issuer"),
        (tenant("t-1/t-2", &json!({})), "token.issuer", "token.issuer"),
        (tenant("t:1", &json!({})), "token.issuer", "token.issuer"),
        (tenant("t-1", &json!({"iss": "https://login.example/t-1/v2.0/"})), "token.issuer", "token.issuer"),
        (tenant("t-1", &json!({"iss": "https://old.example/t-1/"})), "token.issuer", "allow"),
    ] {
        assert_eq!([check(&any, &[&token]), check(&some, &[&token])], [of_any, of_some], "{token}");
    }
    for (changes, expected) in [
        (json!({"iss": "https://login.example/{tenant}/v2.0"}), vec!["ruleset.tenants"]),
        (json!({"iss": "https://{tenantid}.example/{tenantid}"}), vec!["ruleset.tenants"]),
        (json!({"iss": [TEMPLATE, "https://login.example"]}), vec!["ruleset.tenants"]),
        (json!({"tenants": ["t-1"]}), vec!["ruleset.tenants"]),
        (json!({"iss": TEMPLATE, "tenants": ["t/1"]}), vec!["ruleset.tenants"]),
        (json!({"id": "a:b"}), vec!["ruleset.id"]),
    ] {
        assert_eq!(findings(&[entry(&changes)]), expected, "{changes}");
    }
    // An entry for one tenant in addition to one for others.
    let own = |tenants: Value| entry(&with(json!({"id": "all", "iss": TEMPLATE}), &tenants));
    let one = entry(&json!({"iss": "https://login.example/t-1/v2.0"}));
    assert_eq!(findings(&[one.clone(), own(json!({}))]), ["ruleset.duplicate"]);
    assert_eq!(findings(&[one.clone(), own(json!({"tenants": ["t-1", "t-2"]}))]), ["ruleset.duplicate"]);
    assert_eq!(findings(&[one, own(json!({"tenants": ["t-2"]}))]), [""; 0]);
}

/// Each tenant has its own names: one `sub` in two tenants is two people.
#[test]
fn two_tenants_never_have_one_subject() {
    for same_person in [json!([]), json!(["subject"]), json!(["key", "subject", "link"])] {
        let link = entry(&json!({"iss": TEMPLATE, "link": "/l"}));
        let other = entry(&json!({"id": "other", "iss": "https://other.example", "link": "/l"}));
        let changes = if same_person == json!([]) { json!({}) } else { json!({ "same_person": same_person }) };
        let idp = engine_of(&document(&[link, other], &changes));
        let [one, two] = ["t-1", "t-2"].map(|name| tenant(name, &json!({})));
        assert_eq!(check(&idp, &[&one, &one]), "allow");
        assert_eq!(check(&idp, &[&one, &two]), "token.subjects", "{same_person}");
    }
    let ids = json!({"rules": [{"id": "r", "title": "T", "outcome": "deny", "reason": "named", "message": "M",
        "basis": {"citation": "C"}, "when": {"subject.id": {"any_of": ["idp:t-1:somebody"]}}}]});
    let idp = engine_of(&document(&[entry(&json!({ "iss": TEMPLATE }))], &ids));
    let [one, two] = ["t-1", "t-2"].map(|name| tenant(name, &json!({"jti": "j", "sid": "s"})));
    assert_eq!([check(&idp, &[&one]), check(&idp, &[&two])], ["named", "allow"]);
    assert_eq!(check(&idp, &[&tenant("t-2", &json!({"sub": "t-1:somebody"}))]), "allow");
    // A person is denied under the tenant's own `iss`.
    let iss = "https://login.example/t-2/v2.0";
    for denied in [
        json!({"iss": iss, "sub": "somebody", "not_before": NOW}),
        json!({"iss": iss, "not_before": NOW}),
        json!({"iss": iss, "jti": "j"}),
        json!({"iss": iss, "sid": "s"}),
    ] {
        idp.update_deny_list(json!([denied]).to_string().as_bytes()).unwrap();
        assert_eq!([check(&idp, &[&one]), check(&idp, &[&two])], ["named", "token.revoked"], "{denied}");
    }
}

/// A provider may restrict a key to a tenant in the JWK: such a key signs for no other tenant.
#[test]
fn a_key_for_one_tenant_signs_for_no_other() {
    let of = |issuer: &str| {
        engine(&[entry(&json!({"iss": TEMPLATE, "keys": [with(jwk(&key(1), "k"), &json!({ "issuer": issuer }))]}))])
    };
    for (issuer, one, two) in [
        (TEMPLATE, "allow", "allow"),
        ("https://login.example/t-1/v2.0", "allow", "token.key_unknown"),
        ("https://elsewhere.example/{tenantid}", "token.key_unknown", "token.key_unknown"),
    ] {
        let found = ["t-1", "t-2"].map(|name| check(&of(issuer), &[&tenant(name, &json!({}))]));
        assert_eq!(found, [one, two], "{issuer}");
    }
}

/// Cognito's access tokens have `client_id` and no `aud`, Clerk's `azp`.
#[test]
fn another_claim_may_name_the_audience() {
    let cognito = engine(&[entry(&json!({"audience": ["app-1", "app-2"], "audience_claim": "client_id"}))]);
    for (changes, expected) in [
        (json!({"aud": null, "client_id": "app-1"}), "token.claim_type"),
        (json!({"aud": "app-2", "client_id": "app-1"}), "allow"),
        (json!({"aud": "other", "client_id": "app-1"}), "token.audience"),
        (json!({"aud": "app-1", "client_id": "other"}), "token.audience"),
        (json!({"aud": "app-1", "client_id": ["app-1"]}), "token.audience"),
        (json!({"aud": "app-1"}), "token.audience"),
    ] {
        assert_eq!(check(&cognito, &[&jwt(&changes)]), expected, "{changes}");
    }
    let without = |name: &str| {
        let mut claims = claims(&json!({"client_id": "app-1"}));
        claims.as_object_mut().unwrap().remove("aud");
        claims.as_object_mut().unwrap().remove(name);
        signed("at+jwt", &claims)
    };
    assert_eq!(
        [check(&cognito, &[&without("")]), check(&cognito, &[&without("client_id")])],
        ["allow", "token.audience"]
    );
    assert_eq!(check(&engine(&[entry(&json!({}))]), &[&without("")]), "token.missing_claim");
}

/// OpenID Connect Core 1.0, section 3.1.3.7: an ID token for several clients is for the one that `azp` names. An access
/// token's `azp` is the client that may call the audience.
#[test]
fn an_id_token_of_another_client_is_refused() {
    let idp = engine(&[entry(&json!({"typ": ["jwt", "absent", "at+jwt", "chat+jwt"]}))]);
    let (ours, both) = ("https://api.example", json!(["https://api.example", "other"]));
    for (typ, changes, expected) in [
        ("JWT", json!({"aud": both, "azp": "other"}), "token.audience"),
        ("absent", json!({"aud": both, "azp": "other"}), "token.audience"),
        ("JWT", json!({"aud": both, "azp": 7}), "token.audience"),
        ("JWT", json!({"aud": both, "azp": ours}), "allow"),
        ("JWT", json!({"aud": both}), "allow"),
        ("JWT", json!({"aud": both, "azp": null}), "allow"),
        ("chat+jwt", json!({"aud": both, "azp": "other"}), "token.audience"),
        // Google: an app's token for its own server.
        ("JWT", json!({"aud": ours, "azp": "other"}), "allow"),
        ("JWT", json!({"aud": [ours], "azp": "other"}), "allow"),
        // Auth0 and Keycloak: access tokens with several audiences, as `scope` shows.
        ("JWT", json!({"aud": both, "azp": "other", "scope": "openid"}), "allow"),
        ("at+jwt", json!({"aud": both, "azp": "other"}), "allow"),
    ] {
        assert_eq!(check(&idp, &[&signed(typ, &claims(&changes))]), expected, "{typ} {changes}");
    }
}

/// Tokens by the same issuer and key, perhaps with `typ` JWT, that are not sign-ins.
#[test]
fn what_is_no_sign_in_is_refused() {
    let idp = engine(&[entry(&json!({"typ": ["jwt", "absent", "at+jwt"]}))]);
    let event = json!({"http://schemas.openid.net/event/backchannel-logout": {}});
    for changes in
        [json!({ "events": event }), json!({"events": {}}), json!({"status_list": {"bits": 1, "lst": "eNo"}})]
    {
        for typ in ["JWT", "absent", "at+jwt"] {
            assert_eq!(check(&idp, &[&signed(typ, &claims(&changes))]), "token.typ", "{typ} {changes}");
        }
    }
    for typ in [
        "logout+jwt",
        "secevent+jwt",
        "statuslist+jwt",
        "kb+jwt",
        "dpop+jwt",
        "entity-statement+jwt",
        "Application/Logout+JWT",
    ] {
        assert_eq!(findings(&[entry(&json!({"typ": ["at+jwt", typ]}))]), ["ruleset.typ"], "{typ}");
        assert_eq!(check(&idp, &[&signed(typ, &claims(&json!({})))]), "token.typ", "{typ}");
    }
}

/// Back-channel logout names a session.
#[test]
fn a_session_that_ended_is_refused() {
    let idp = engine(&[entry(&json!({})), entry(&json!({"id": "other", "iss": "https://other.example"}))]);
    let sid = |iss: &str, sid: &str| jwt(&json!({ "iss": iss, "sid": sid }));
    idp.update_deny_list(json!([{"iss": "https://idp.example", "sid": "s-1"}]).to_string().as_bytes()).unwrap();
    for (token, expected) in [
        (sid("https://idp.example", "s-1"), "token.revoked"),
        (sid("https://idp.example", "s-2"), "allow"),
        (sid("https://other.example", "s-1"), "allow"),
        (jwt(&json!({})), "allow"),
        (jwt(&json!({"sid": null})), "allow"),
        (jwt(&json!({"sid": 1})), "token.claim_type"),
    ] {
        assert_eq!(check(&idp, &[&token]), expected);
    }
    for wrong in [
        json!({"sid": "s-1"}),
        json!({"iss": "i", "sid": "s", "sub": "a"}),
        json!({"iss": "i", "sid": "s", "jti": "j"}),
        json!({"iss": "i", "sid": 1}),
    ] {
        assert!(idp.update_deny_list(json!([wrong]).to_string().as_bytes()).is_err(), "{wrong}");
    }
    // A host's clock in seconds has a fraction; tokens issued in that millisecond are denied too.
    let list = format!(r#"[{{"iss":"https://idp.example","sub":"somebody","not_before":{}.0001}}]"#, NOW - 60);
    idp.update_deny_list(list.as_bytes()).unwrap();
    assert_eq!(check(&idp, &[&jwt(&json!({}))]), "token.revoked");
}

/// `iss` and `exp` of an SD-JWT VC are optional. The type then selects the entry, whose key must verify the credential;
/// a credential without `exp` must have a status.
#[test]
fn a_credential_may_name_neither_its_issuer_nor_an_end() {
    let (ours, theirs) =
        (wallet(&json!({})), wallet(&json!({"id": "b", "iss": "https://b.example", "keys": [jwk(&key(2), "k")]})));
    let of = |changes: Value| credential("dc+sd-jwt", &with(json!({"iss": null}), &changes));
    let alone = engine(&[ours.clone(), entry(&json!({"id": "c", "typ": "jwt"}))]);
    assert_eq!(check(&alone, &[&of(json!({}))]), "allow");
    assert_eq!(check(&alone, &[&of(json!({"vct": "urn:example:2"}))]), "token.issuer");
    assert_eq!(check(&alone, &[&of(json!({"vct": null}))]), "token.issuer");
    assert_eq!(check(&engine(std::slice::from_ref(&theirs)), &[&of(json!({}))]), "token.signature");
    // Two entries match: neither is tried.
    assert_eq!(check(&engine(&[ours, theirs]), &[&of(json!({}))]), "token.issuer");
    assert_eq!(check(&engine(&[wallet(&json!({ "iss": TEMPLATE }))]), &[&of(json!({}))]), "token.issuer");
    // An `iss` that is present must be a text, and a JWT must have one.
    let spelt = signed("dc+sd-jwt", &json!({"iss": null, "vct": "urn:example:1", "iat": NOW, "exp": NOW + 60})) + "~";
    assert_eq!(check(&alone, &[&spelt]), "token.claim_type");
    let mut bare = claims(&json!({}));
    bare.as_object_mut().unwrap().remove("iss");
    assert_eq!(check(&alone, &[&signed("at+jwt", &bare)]), "token.missing_claim");

    let endless = credential("dc+sd-jwt", &json!({"exp": null}));
    let status = json!({"status_list": {"idx": 0, "uri": "https://idp.example/list"}});
    let kept = credential("dc+sd-jwt", &json!({"exp": null, "status": status}));
    let listed = |changes: Value| {
        let idp = engine(&[wallet(&changes)]);
        let list = json!({"sub": "https://idp.example/list", "iat": NOW, "ttl": 600,
                          "status_list": {"bits": 1, "lst": BASE64URL_NOPAD.encode(&[0x78, 0x9c, 0x63, 0, 0, 0, 1, 0, 1])}});
        let list =
            sign_jws(&json!({"alg": "Ed25519", "kid": "k", "typ": "statuslist+jwt"}), &list.to_string(), &key(1));
        idp.update_status_list("https://idp.example", &list, now(), now()).unwrap();
        idp
    };
    assert_eq!(check(&alone, &[&endless]), "token.missing_claim");
    assert_eq!(check(&alone, &[&kept]), "token.status_unknown");
    let idp = listed(json!({}));
    assert_eq!([check(&idp, &[&kept]), check(&idp, &[&endless])], ["allow", "token.missing_claim"]);
    let until = idp.identify(&[&kept], &Possession::default(), now()).accepted_until();
    assert_eq!(until, Instant::from_seconds(NOW + 600), "as long as the status is known");
    assert_eq!(check(&listed(json!({"status_list": "ignored"})), &[&kept]), "token.missing_claim");
    assert_eq!(check(&listed(json!({"max_lifetime": "1h"})), &[&kept]), "token.lifetime");
}

/// The lifetime and the dates of a status list may be any JSON number too.
#[test]
fn a_status_list_has_dates_as_a_token_has() {
    for (numbers, until) in [
        (r#""iat":1.77e9,"ttl":6e2"#, Some(NOW * 1000 + 600_000)),
        (r#""iat":1770000000.5,"ttl":0.25"#, Some(NOW * 1000 + 250)),
        (r#""iat":1770000000,"exp":1770000060.0019"#, Some(NOW * 1000 + 60_001)),
        (r#""iat":1770000000,"ttl":0"#, None),
        (r#""iat":1770000000,"ttl":-1"#, None),
        (r#""iat":1770000000,"ttl":1e300"#, None),
    ] {
        let payload =
            format!(r#"{{"sub":"https://l.example","status_list":{{"bits":1,"lst":"eJxjAAAAAQAB"}},{numbers}}}"#);
        let list = sign_jws(&json!({"alg": "Ed25519", "kid": "k", "typ": "statuslist+jwt"}), &payload, &key(1));
        let idp = engine(&[wallet(&json!({}))]);
        let taken = idp.update_status_list("https://idp.example", &list, now(), now()).ok();
        assert_eq!(taken.map(|(_, until)| until.as_millis()), until, "{numbers}");
    }
}

/// A guest of a tenant, and a person of unknown type, is not employed by it.
#[test]
fn the_entra_preset_takes_members_alone_for_employed() {
    let rule = json!({"default": "deny", "rules": [{"id": "staff", "title": "T", "outcome": "allow", "reason": "staff",
        "message": "M", "basis": {"citation": "C"}, "when": {"subject.employer": {"any_of": ["t-1"]}}}]});
    let entra = json!({"id": "entra", "preset": "entra", "iss": TEMPLATE, "tenants": ["t-1"],
                       "audience": "https://api.example", "keys": [jwk(&key(1), "k")]});
    let idp = engine_of(&document(&[entra], &rule));
    let iss = "https://login.example/t-1/v2.0";
    let of = |acct: Value| check(&idp, &[&signed("JWT", &claims(&with(json!({"iss": iss, "tid": "t-1"}), &acct)))]);
    assert_eq!(of(json!({"acct": 0})), "allow");
    for other in [json!({"acct": 1}), json!({}), json!({"acct": null}), json!({"acct": "x"})] {
        assert_ne!(of(other.clone()), "allow", "{other}");
    }
}

/// Keycloak's access tokens name the client in `azp`; their audience is set by mappers.
#[test]
fn the_keycloak_preset_reads_its_access_tokens() {
    let keycloak = |more: Value| {
        let entry = json!({"id": "kc", "preset": "keycloak", "iss": "https://kc.example/realms/r", "audience": "api",
            "keys": [jwk(&key(1), "k")], "claims": {"subject.us_person": "/us_person"}});
        engine(&[with(entry, &more)])
    };
    let token = |aud: Value| {
        signed(
            "JWT",
            &claims(&json!({"iss": "https://kc.example/realms/r", "aud": aud, "azp": "spa", "typ": "Bearer",
            "scope": "openid profile", "realm_access": {"roles": ["offline_access"]}})),
        )
    };
    assert_eq!(check(&keycloak(json!({})), &[&token(json!(["api", "account"]))]), "allow");
    assert_eq!(check(&keycloak(json!({})), &[&token(json!("account"))]), "token.audience");
    let by_client = keycloak(json!({"audience": ["spa", "account"], "audience_claim": "azp"}));
    assert_eq!(check(&by_client, &[&token(json!("account"))]), "allow");
}

/// Disclosures of a JWT are not read, so a JWT with digests is refused: its holder may have cut off the `~` of a
/// credential.
#[test]
fn a_jwt_with_the_digests_of_a_credential_is_refused() {
    let idp = engine(&[entry(&json!({}))]);
    for changes in
        [json!({"_sd": ["x"]}), json!({"address": {"_sd": []}}), json!({"nationalities": ["US", {"...": "x"}]})]
    {
        assert_eq!(check(&idp, &[&jwt(&changes)]), "token.selective", "{changes}");
    }
}

/// Two entries with the same spellings are one issuer, in whichever order they list them.
#[test]
fn the_order_of_spellings_makes_no_other_issuer() {
    let [long, short] = ["https://idp.example", "idp.example"];
    let one = entry(&json!({"iss": [long, short]}));
    let other = entry(&json!({"id": "web", "iss": [short, long], "typ": ["jwt"]}));
    let both = engine(&[one, other]);
    let of = |sub: &str| signed("jwt", &claims(&json!({"sub": sub})));
    assert_eq!(check(&both, &[&jwt(&json!({})), &of("somebody")]), "allow");
    assert_eq!(check(&both, &[&jwt(&json!({})), &of("another")]), "token.subjects");
}
