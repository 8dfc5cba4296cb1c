//! The JSON Schema of files of cases. Its types have the form in which an author writes them.

#![allow(dead_code, reason = "these types exist only for their schema")]

use crate::author::language::schema::leaf::{self, Anything, At, Id, Text};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde_json::Value;
use std::borrow::Cow;

/// Returns the JSON Schema of a file of cases, for editors.
pub fn schema() -> Value {
    leaf::document::<CaseFile>()
}

/// Requests, each with its expected decision. `brightline test` runs them.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields, title = "Brightline cases")]
struct CaseFile {
    /// Notes about the whole file. They are not read.
    meta: Option<Anything>,
    /// The file of each ruleset that the cases name, relative to this file: `{ A: order.yaml }`.
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
    /// The names of the rulesets that apply.
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
    /// The case's id, unique in the file.
    id: Text,
    /// A title of one line.
    title: Option<Text>,
    /// The name of the ruleset that applies. `A+C` applies both, and the strictest outcome governs.
    ruleset: Applied,
    /// The instant of the decision, such as `2026-06-27T12:00:00Z`. A date means its midnight in UTC.
    at: At,
    /// The requested model.
    model: Text,
    /// The requested action.
    action: Text,
    /// The purpose, as the host states it.
    purpose: Option<Text>,
    /// All evidence that issuers assert. Default: the caller is signed in, and nothing else is known.
    evidence: Option<Vec<Evidence>>,
    /// The context that the host states: `geo`, and any context attribute that the ruleset declares.
    context: Option<Context>,
    /// The parties between the caller and the model, including the person served.
    chain: Option<Vec<Party>>,
    /// The licences that the caller holds. Each replaces a licence of the ruleset with the same id.
    authorizations: Option<Vec<Authorization>>,
    /// The expected decision. Only the fields that are present are compared.
    expect: Expectation,
    /// The reason why this decision is right.
    why: Option<Text>,
    /// The legal sources of the expected decision.
    cite: Option<Vec<Text>>,
    /// Words by which cases can be selected.
    tags: Option<Vec<Text>>,
}

#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
struct Evidence {
    /// The name of the claim, such as `us_status` or `citizenship`.
    path: Path,
    /// The value that the issuer asserts.
    value: Anything,
    /// The class of the issuer, such as `gov`. A ruleset that does not name the issuer may trust its class.
    class: Option<Text>,
    /// The id of the issuer.
    issuer: Id,
    /// The assurance of the claim.
    assurance: Option<Assurance>,
    /// The time at which the issuer verified it.
    verified_at: Option<At>,
    /// The first instant at which it is expired.
    expires_at: Option<At>,
    /// The current status. Any text except `valid` means revoked.
    status: Option<Text>,
    /// The party of the chain that it is about. Default: the caller.
    of: Option<Text>,
}

#[derive(JsonSchema)]
#[schemars(rename_all = "snake_case")]
enum Assurance {
    /// Level 0: self-asserted.
    #[schemars(rename = "self")]
    SelfAsserted,
    /// Level 1.
    Low,
    /// Level 2.
    Substantial,
    /// Level 3.
    High,
}

/// The context that the host states.
enum Context {}

impl JsonSchema for Context {
    fn schema_name() -> Cow<'static, str> {
        "Context".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let mut geo = generator.subschema_for::<Geo>();
        geo.insert("description".to_owned(), "The country that the request comes from.".into());
        // A case has its own fields for `purpose` and `chain`, and `geo` for `places`.
        json_schema!({
            "type": "object",
            "properties": { "geo": geo, "places": false, "purpose": false, "chain": false },
        })
    }
}

#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
struct Geo {
    /// The country's code. A case may use a code that does not exist.
    country: Text,
    /// A subdivision of the country, such as `UA-43`.
    region: Option<Text>,
    /// The source of the signal, such as `ip`.
    source: Option<Text>,
    /// `ok`, or the reason why the signal is ignored.
    quality: Option<Text>,
    /// Further signals. They may disagree.
    others: Option<Vec<Place>>,
}

#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
struct Place {
    /// The country's code.
    country: Text,
    /// A subdivision of the country, such as `UA-43`.
    region: Option<Text>,
    /// The source of the signal, such as `billing`.
    source: Option<Text>,
    /// `ok`, or the reason why the signal is ignored.
    quality: Option<Text>,
}

/// A party of the chain.
#[derive(JsonSchema)]
struct Party {
    /// The party's role, such as `reseller`, `agent` or `end_user`.
    role: Text,
    /// The name by which evidence refers to the party. Default: its role. An end user without `of` is the caller.
    of: Option<Anything>,
    /// `false` if the party is unknown.
    known: Option<Anything>,
}

#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
struct Authorization {
    /// The kind of licence.
    #[schemars(rename = "type")]
    kind: Text,
    /// The licence's number.
    number: Id,
    /// The models in scope. Default: all.
    models: Option<Vec<Text>>,
    /// The actions in scope. Default: all.
    actions: Option<Vec<Text>>,
    /// The purposes in scope. Default: all.
    end_uses: Option<Vec<Text>>,
    /// The first instant at which it is valid.
    valid_from: Option<At>,
    /// The first instant at which it is no longer valid.
    valid_until: Option<At>,
    /// The instant at which it was revoked.
    revoked: Option<At>,
    /// Conditions that must be satisfied for the licence to be valid.
    provisos: Option<Vec<Proviso>>,
}

#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
struct Proviso {
    /// The proviso's name.
    id: Id,
    /// True if it is satisfied.
    satisfied: bool,
    /// The first instant at which it is no longer satisfied.
    until: Option<At>,
}

#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
struct Expectation {
    /// The expected outcome.
    outcome: Outcome,
    /// The governing reason, or the reason of another rule with the same outcome.
    reason: Option<Text>,
    /// With `degrade`: the model that is served, if it is not the requested one.
    fallback: Option<Text>,
    /// With `degrade`: the action that is served.
    fallback_action: Option<Text>,
    /// With `step_up`: the model that may be served meanwhile.
    interim: Option<Text>,
}

#[derive(JsonSchema)]
#[schemars(rename_all = "snake_case")]
enum Outcome {
    /// The request is allowed without obligations.
    Allow,
    /// The request is allowed with at least one obligation.
    AllowWithObligations,
    /// The fallback is served.
    Degrade,
    /// More evidence is required.
    StepUp,
    /// A named person must decide.
    Review,
    /// Nothing is served.
    Deny,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::author::cases::ExpectedOutcome;
    use crate::author::language::schema::tests::{properties, words};
    use crate::author::language::{parse_yaml, taken};
    use std::collections::BTreeSet;

    /// The reader's name for each mapping, and its location in the schema: the root or a definition.
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
        crate::author::cases::read(&parse_yaml(include_str!("whole.yaml")).unwrap()).unwrap();
        let taken = taken::take();
        assert_eq!(taken.keys().copied().collect::<Vec<_>>(), MAPPINGS.map(|(what, _)| what));
        for (what, name) in MAPPINGS {
            assert_eq!(properties(&schema, name), (taken[what].clone(), true), "{what}");
        }
        // Every mapping that the reader uses, except parties, whose members the engine reads.
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
        let assurances = crate::author::cases::CaseAssurance::ALL.map(|word| word.as_str().to_owned());
        assert_eq!(words(&schema, "/definitions/Assurance"), BTreeSet::from(assurances));
        let outcomes = ExpectedOutcome::ALL.map(|word| word.as_str().to_owned());
        assert_eq!(words(&schema, "/definitions/Outcome"), BTreeSet::from(outcomes));
    }
}
