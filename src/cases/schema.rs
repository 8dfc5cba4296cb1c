//! The JSON Schema of files of cases, from types in the form in which they are written.

#![allow(dead_code, reason = "nothing is made of these types but their schema")]

use crate::ruleset::schema::leaf::{self, Anything, At, Id, Text};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde_json::Value;
use std::borrow::Cow;

/// The JSON Schema of a file of cases, for editors.
pub fn schema() -> Value {
    leaf::document::<CaseFile>()
}

/// Requests, each with the decision that is expected of it; `brightline test` runs them.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields, title = "Brightline cases")]
struct CaseFile {
    /// Anything about the file as a whole; it is not read.
    meta: Option<Anything>,
    /// Which file each ruleset that the cases name is in, relative to this file: `{ A: order.yaml }`.
    rulesets: Option<Rulesets>,
    /// The cases, run in this order.
    cases: leaf::List<Case>,
}

/// Files by the names of rulesets.
enum Rulesets {}

impl JsonSchema for Rulesets {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Rulesets".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        leaf::by("^[^+=]+$", &generator.subschema_for::<Text>())
    }
}

leaf::leaf! {
    /// Rulesets that apply.
    Applied: { "type": "string", "pattern": r"^\s*[^+\s][^+]*(\+\s*[^+\s][^+]*)*$", "examples": ["A", "A+C"] }
    /// The name of a claim in a token's `verified_claims`.
    Path: {
        "type": "string",
        "pattern": r"\S",
        "examples": [
            "us_status", "us_person", "citizenship", "citizenship_history_complete", "permanent_residency", "residence",
            "employment", "list_hit", "org",
        ],
    }
}

#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
struct Case {
    /// Its name, once in a file.
    id: Text,
    /// What it is about, in a line.
    title: Option<Text>,
    /// The ruleset that applies, by name; `A+C` where both apply, of which the strictest governs.
    ruleset: Applied,
    /// When it is decided, such as `2026-06-27T12:00:00Z`; a date means its midnight in UTC.
    at: At,
    /// The model that is asked for.
    model: Text,
    /// What is to be done with the model.
    action: Text,
    /// What it is for, as the host states it.
    purpose: Option<Text>,
    /// All that issuers assert; without any, the caller is signed in and nothing more is known.
    evidence: Option<Vec<Evidence>>,
    /// What the host states: `geo`, and any context attribute that the ruleset declares.
    context: Option<Context>,
    /// The parties between the caller and the model, the person served among them.
    chain: Option<Vec<Party>>,
    /// The licences that the caller holds; one of the ruleset with the same id is replaced.
    authorizations: Option<Vec<Authorization>>,
    /// The decision that is expected; what is not mentioned may be anything.
    expect: Expectation,
    /// Why that is the right decision.
    why: Option<Text>,
    /// What it rests on.
    cite: Option<Vec<Text>>,
    /// Words by which cases can be chosen.
    tags: Option<Vec<Text>>,
}

#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
struct Evidence {
    /// The claim, such as `us_status` or `citizenship`.
    path: Path,
    /// What the issuer says.
    value: Anything,
    /// What kind of issuer it is, such as `gov`; a ruleset that does not name the issuer may trust its class.
    class: Option<Text>,
    /// Who says it, by id.
    issuer: Id,
    /// How sure the issuer is.
    assurance: Option<Assurance>,
    /// When the issuer verified it.
    verified_at: Option<At>,
    /// From when it no longer counts.
    expires_at: Option<At>,
    /// What has become of it since; anything but `valid` means that it was taken back.
    status: Option<Text>,
    /// Which party of the chain it is about; without: the caller.
    of: Option<Text>,
}

#[derive(JsonSchema)]
#[schemars(rename_all = "snake_case")]
enum Assurance {
    /// 0: the person says so.
    #[schemars(rename = "self")]
    SelfAsserted,
    /// 1.
    Low,
    /// 2.
    Substantial,
    /// 3.
    High,
}

/// What the host states.
enum Context {}

impl JsonSchema for Context {
    fn schema_name() -> Cow<'static, str> {
        "Context".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let mut geo = generator.subschema_for::<Geo>();
        geo.insert("description".to_owned(), "Where the request comes from.".into());
        // These are written elsewhere in a case.
        json_schema!({
            "type": "object",
            "properties": { "geo": geo, "places": false, "purpose": false, "chain": false },
        })
    }
}

#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
struct Geo {
    /// The country's code; one that does not exist is a case too.
    country: Text,
    /// A part of the country, such as `UA-43`.
    region: Option<Text>,
    /// Where the signal is from, such as `ip`.
    source: Option<Text>,
    /// `ok`, or why the signal is to be ignored.
    quality: Option<Text>,
    /// Further signals, which may disagree.
    others: Option<Vec<Place>>,
}

#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
struct Place {
    /// The country's code.
    country: Text,
    /// A part of the country, such as `UA-43`.
    region: Option<Text>,
    /// Where the signal is from, such as `billing`.
    source: Option<Text>,
    /// `ok`, or why the signal is to be ignored.
    quality: Option<Text>,
}

/// A party of the chain.
#[derive(JsonSchema)]
struct Party {
    /// Its role, such as `reseller`, `agent` or `end_user`.
    role: Text,
    /// The name under which evidence speaks of it; without: its role. An end user without it is the caller.
    of: Option<Anything>,
    /// `false`: nobody knows who it is.
    known: Option<Anything>,
}

#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
struct Authorization {
    /// What kind of licence it is.
    #[schemars(rename = "type")]
    kind: Text,
    /// Its number.
    number: Id,
    /// The models that it is for. Without: all.
    models: Option<Vec<Text>>,
    /// The actions that it is for. Without: all.
    actions: Option<Vec<Text>>,
    /// What the models may be used for. Without: anything.
    end_uses: Option<Vec<Text>>,
    /// First instant at which it is valid.
    valid_from: Option<At>,
    /// First instant at which it is no longer valid.
    valid_until: Option<At>,
    /// When it was revoked.
    revoked: Option<At>,
    /// What has to be kept up for it to hold.
    provisos: Option<Vec<Proviso>>,
}

#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
struct Proviso {
    /// Its name.
    id: Id,
    /// Whether it is kept up.
    satisfied: bool,
    /// First instant at which it no longer is.
    until: Option<At>,
}

#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
struct Expectation {
    /// The outcome.
    outcome: Outcome,
    /// The governing reason, or that of another rule which gives the same outcome.
    reason: Option<Text>,
    /// With `degrade`: the other model that is served.
    fallback: Option<Text>,
    /// With `degrade`: the action that is served.
    fallback_action: Option<Text>,
    /// With `step_up`: the model that may be served meanwhile.
    interim: Option<Text>,
}

#[derive(JsonSchema)]
#[schemars(rename_all = "snake_case")]
enum Outcome {
    /// Allowed, without obligations.
    Allow,
    /// Allowed, with one obligation or more.
    AllowWithObligations,
    /// The fallback is served.
    Degrade,
    /// Evidence is missing.
    StepUp,
    /// A person decides.
    Review,
    /// Nothing is served.
    Deny,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cases::ExpectedOutcome;
    use crate::ruleset::schema::tests::{properties, words};
    use crate::ruleset::{parse_yaml, taken};
    use std::collections::BTreeSet;

    /// What the reader calls each mapping, and where the schema has it: the root or a definition.
    const MAPPINGS: [(&str, &str); 8] = [
        ("`geo`", "Geo"),
        ("a case", "Case"),
        ("a file of cases", ""),
        ("a piece of evidence", "Evidence"),
        ("a place", "Place"),
        ("a proviso", "Proviso"),
        ("an authorization", "Authorization"),
        ("an expectation", "Expectation"),
    ];

    #[test]
    fn the_schema_has_the_fields_that_the_reader_takes_and_no_others() {
        let schema = schema();
        taken::take();
        crate::cases::read(&parse_yaml(include_str!("whole.yaml")).unwrap()).unwrap();
        let taken = taken::take();
        assert_eq!(taken.keys().copied().collect::<Vec<_>>(), MAPPINGS.map(|(what, _)| what));
        for (what, name) in MAPPINGS {
            assert_eq!(properties(&schema, name), (taken[what].clone(), true), "{what}");
        }
        // Each mapping that the reader has, but for parties, whose members are the engine's to read.
        let source = include_str!("read.rs");
        for rest in source.split("Fields::new(findings, ").skip(1).filter(|rest| !rest.contains("a party of the chain"))
        {
            let what = rest.split('"').nth(1).unwrap();
            assert!(taken.contains_key(what), "{what}");
        }
    }

    #[test]
    fn the_schema_has_the_words_that_the_reader_knows() {
        let schema = schema();
        let assurances = crate::cases::Assurance::ALL.map(|word| word.as_str().to_owned());
        assert_eq!(words(&schema, "/definitions/Assurance"), BTreeSet::from(assurances));
        let outcomes = ExpectedOutcome::ALL.map(|word| word.as_str().to_owned());
        assert_eq!(words(&schema, "/definitions/Outcome"), BTreeSet::from(outcomes));
    }
}
