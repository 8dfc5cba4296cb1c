//! A case's evidence as tokens: one from each issuer that the case names, and one from the app's account issuer.

use super::ask::ACCOUNT;
use super::ask::CALLER;
use super::ask::plain;
use super::stage::Keys;
use super::stage::TYP;
use super::stage::Trusted;
use brightline::{Case, CaseEvidence};
use serde_json::{Value, json};

/// Claims that are lists, by the path of one entry.
const LISTS: [(&str, &str); 4] = [
    ("citizenship", "citizenships"),
    ("permanent_residency", "permanent_residencies"),
    ("list_hit", "list_hits"),
    ("employment", "employments"),
];

/// The claim in which an issuer asserts a piece of evidence.
pub(super) fn claim_of(evidence: &CaseEvidence) -> &str {
    list_of(evidence).unwrap_or(&evidence.path)
}

/// The list that a piece of evidence is an entry of.
fn list_of(evidence: &CaseEvidence) -> Option<&'static str> {
    LISTS.iter().find(|(path, _)| *path == evidence.path).map(|(_, list)| *list)
}

/// The issuers that a case's evidence names, in its order.
pub(super) fn issuers(case: &Case) -> Vec<&str> {
    let mut names: Vec<&str> = Vec::new();
    for CaseEvidence { issuer, .. } in &case.evidence {
        if !names.contains(&issuer.as_str()) {
            names.push(issuer);
        }
    }
    if !names.contains(&ACCOUNT) {
        names.push(ACCOUNT);
    }
    names
}

/// The token of one issuer, for every ruleset that trusts it under the same `iss`.
pub(super) fn mint(case: &Case, issuer: &str, as_trusted: &[&Trusted], keys: &Keys) -> Option<String> {
    let first = as_trusted.first()?;
    let key = keys.of(&first.iss)?;
    let mut audiences: Vec<&str> = as_trusted.iter().map(|trusted| trusted.audience.as_str()).collect();
    audiences.sort_unstable();
    audiences.dedup();
    let seconds = case.at.as_millis().div_euclid(1000);
    let mut payload = json!({
        "iss": first.iss,
        "aud": audiences,
        "sub": CALLER,
        "iat": seconds.saturating_sub(10),
        "exp": seconds.saturating_add(300),
    });
    let claims = verified_claims(case, issuer);
    if let (false, Some(payload)) = (claims.is_empty(), payload.as_object_mut()) {
        payload.insert("verified_claims".to_owned(), Value::Array(claims));
    }
    Some(key.jwt(TYP, &payload))
}

/// The claims that the issuer asserts, in the order of the case.
fn verified_claims(case: &Case, issuer: &str) -> Vec<Value> {
    let mut elements: Vec<VerifiedClaim<'_>> = Vec::new();
    for evidence in case.evidence.iter().filter(|evidence| evidence.issuer == issuer) {
        let list = list_of(evidence);
        let element = VerifiedClaim {
            claim: claim_of(evidence),
            verification: verification(evidence),
            of: evidence.of.as_deref(),
            value: match list {
                Some(_) => Value::Array(vec![plain(&evidence.value)]),
                None => plain(&evidence.value),
            },
        };
        let same = elements.iter_mut().find(|known| list.is_some() && known.goes_with(&element));
        match (same.map(|known| &mut known.value), element.value) {
            (Some(Value::Array(entries)), Value::Array(more)) => entries.extend(more),
            (_, value) => elements.push(VerifiedClaim { value, ..element }),
        }
    }
    elements.into_iter().map(VerifiedClaim::into_json).collect()
}

/// One entry of `verified_claims`.
struct VerifiedClaim<'a> {
    claim: &'a str,
    verification: Value,
    of: Option<&'a str>,
    value: Value,
}

impl VerifiedClaim<'_> {
    fn goes_with(&self, other: &Self) -> bool {
        self.claim == other.claim && self.verification == other.verification && self.of == other.of
    }

    fn into_json(self) -> Value {
        let claims = serde_json::Map::from_iter([(self.claim.to_owned(), self.value)]);
        match self.of {
            Some(of) => json!({ "verification": self.verification, "of": of, "claims": claims }),
            None => json!({ "verification": self.verification, "claims": claims }),
        }
    }
}

fn verification(evidence: &CaseEvidence) -> Value {
    let instant = |at: &Option<brightline::Instant>| at.map(|at| at.to_string());
    let members = [
        ("trust_framework", Some("brightline_cases".to_owned())),
        ("assurance_level", evidence.assurance.map(|level| level.as_str().to_owned())),
        ("time", instant(&evidence.verified_at)),
        ("expires", instant(&evidence.expires_at)),
        ("status", evidence.status.clone()),
    ];
    let known = members.into_iter().filter_map(|(name, value)| Some((name.to_owned(), Value::String(value?))));
    Value::Object(known.collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_of_a_list_that_were_verified_alike_are_one_claim() {
        let text = "
cases:
  - id: x
    ruleset: A
    at: 2026-06-13
    model: m
    action: a
    evidence:
      - { path: citizenship, value: { country: GB }, issuer: i, assurance: high, verified_at: 2026-05-20 }
      - { path: us_status, value: none, issuer: i }
      - { path: citizenship, value: { country: IN }, issuer: i, assurance: high, verified_at: 2026-05-20 }
      - { path: citizenship, value: { country: FR }, issuer: i, assurance: low, status: revoked }
      - { path: citizenship, value: { country: DE }, issuer: i, assurance: low, status: revoked, of: app }
      - { path: citizenship, value: { country: US }, issuer: other }
    expect: { outcome: allow }
";
        let file = brightline::read_cases(&brightline::parse_yaml(text).unwrap()).unwrap();
        let case = &file.cases[0];
        assert_eq!(issuers(case), ["i", "other", ACCOUNT]);
        let frame = "brightline_cases";
        let expected = json!([
            { "verification": { "trust_framework": frame, "assurance_level": "high", "time": "2026-05-20T00:00:00Z" },
              "claims": { "citizenships": [{ "country": "GB" }, { "country": "IN" }] } },
            { "verification": { "trust_framework": frame }, "claims": { "us_status": "none" } },
            { "verification": { "trust_framework": frame, "assurance_level": "low", "status": "revoked" },
              "claims": { "citizenships": [{ "country": "FR" }] } },
            { "verification": { "trust_framework": frame, "assurance_level": "low", "status": "revoked" }, "of": "app",
              "claims": { "citizenships": [{ "country": "DE" }] } },
        ]);
        assert_eq!(Value::Array(verified_claims(case, "i")), expected);
        assert!(verified_claims(case, ACCOUNT).is_empty());
    }
}
