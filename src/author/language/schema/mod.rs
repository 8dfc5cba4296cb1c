//! The JSON Schema of the language. Its types have the form in which an author writes them, and an editor shows their
//! comments. The reader decides if a ruleset is valid. The schema does not know the names that a ruleset declares, and
//! accepts everything that the reader accepts. Tests keep the two consistent.

#![allow(dead_code, reason = "these types exist only for their schema")]

mod issuer;
pub(crate) mod leaf;
mod rule;
#[cfg(test)]
pub(crate) mod tests;
mod vocabulary;

use crate::ruleset::attribute::{Type, Vocabulary};
use issuer::{ClaimMapping, Issuer, SamePersonWord};
use leaf::{At, By, COUNTRY, CountryCode, Id, Length, List, Number, OneOrMore, Reason, Text, by};
use rule::{Capability, Guarantee, Licence, Models, Policy, Range, ReasonOrCauses, Rule};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde_json::Value;
use std::borrow::Cow;
use vocabulary::Policies;

/// Returns the JSON Schema of a ruleset, for editors.
pub fn schema() -> Value {
    leaf::document::<Ruleset>()
}

/// A ruleset: the people and models that an order restricts, from when, and the exceptions.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields, title = "Brightline ruleset, language 1")]
struct Ruleset {
    /// The ruleset's id, such as `us-model-access`. An app's trust root names it.
    ruleset: Id,
    /// A whole number that only increases. An app refuses a version older than one it has seen.
    #[schemars(range(min = 1))]
    version: i64,
    /// The version of the language: 1.
    language: Language,
    /// A title of one line.
    title: Option<Text>,
    /// True if it is for development. Only then may it trust issuers whose `iss` ends in `.development.invalid`.
    development: Option<bool>,
    /// The first instant at which it may be used, such as `2026-06-12T00:00:00Z`.
    issued: At,
    /// The first instant at which it may no longer be used: weeks after `issued`, not years.
    expires: At,
    /// How far ahead decisions announce changes, such as `30d`.
    notice: Option<Length>,
    /// The outcome if no rule applies: a word, or a mapping with a reason and a message.
    default: Default,
    /// The actions that a request can name, such as `chat`. An action that is not listed is never allowed.
    actions: List<Id>,
    /// The catalogue of models, most capable first. A model that is not listed is never allowed.
    models: Vec<Model>,
    /// The ruleset's own attributes by name, such as `subject.groups` or `context.on_site`, and further fields for
    /// built-in records.
    attributes: Option<Attributes>,
    /// Roles of parties in addition to the built-in ones, such as `broker`.
    roles: Option<OneOrMore<Id>>,
    /// Named groups of countries, with their citation.
    groups: Option<Groups>,
    /// The country that each territory counts as, such as `{ HK: CN }`. This applies to locations, never to
    /// nationalities.
    territories: Option<Territories>,
    /// The trusted identity providers, each with its keys and the claims that it may assert.
    issuers: Option<Vec<Issuer>>,
    /// The marks by which tokens of several issuers are bound to one person. Tokens of one issuer must have the same
    /// `sub`.
    same_person: Option<OneOrMore<SamePersonWord>>,
    /// The requirements on evidence, per attribute. A rule, exception, licence or guarantee can override them.
    evidence: Option<Policies>,
    /// The obligations by name, such as `{ log: Keep a record for five years. }`.
    obligations: Option<By<Text>>,
    /// Named authorisations that lift rules. At least one exception must name each.
    licences: Option<Vec<Licence>>,
    /// The rules, each with an outcome, a scope, a condition, exceptions and a basis. Their order has no effect.
    rules: Vec<Rule>,
    /// Statements that must hold for every possible request. `brightline prove` proves each or shows a counterexample.
    guarantees: Option<Vec<Guarantee>>,
}

/// The only version of the language.
enum Language {}

impl JsonSchema for Language {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Language".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "const": super::read::LANGUAGE })
    }
}

/// The outcome if no rule applies.
#[derive(JsonSchema)]
#[schemars(untagged)]
enum Default {
    Word(DefaultOutcome),
    Said(DefaultSaid),
}

#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
struct DefaultSaid {
    /// The outcome if no rule applies.
    outcome: DefaultOutcome,
    /// A reason code, such as `model.not_covered`. Default: `default`.
    reason: Option<Reason>,
    /// A sentence for the person it concerns.
    message: Option<Text>,
}

#[derive(JsonSchema)]
#[schemars(rename_all = "snake_case")]
enum DefaultOutcome {
    /// The request is allowed: the rules restrict.
    Allow,
    /// More evidence is required.
    StepUp,
    /// A named person must decide.
    Review,
    /// The request is denied: the rules grant.
    Deny,
}

#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
struct Model {
    /// The model's id, as requests name it.
    id: Id,
    /// The model's name for people. Default: its id.
    title: Option<Text>,
    /// The lab that made the model. Its scales are those of `capability`.
    lab: Option<Id>,
    /// Capabilities by name, each on the lab's own scale: `{ cyber: 4, flop: 3e26 }`.
    capability: Option<By<Number>>,
    /// True if the model's weights are public. Default: `false`.
    published: Option<bool>,
    /// The id of the model from which this one was derived.
    derived_from: Option<Id>,
    /// Words by which scopes can select the model.
    tags: Option<OneOrMore<Text>>,
}

/// The ruleset's own attributes.
enum Attributes {}

impl JsonSchema for Attributes {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Attributes".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let mut properties = serde_json::Map::new();
        for (_, attribute) in Vocabulary::default().iter() {
            // A built-in attribute cannot be declared again. Only a built-in record can get further fields.
            let known = match attribute.kind {
                Type::Records(_) => generator.subschema_for::<MoreFields>(),
                _ => false.into(),
            };
            properties.insert(attribute.name.clone(), known.into());
        }
        for name in super::read::CONTEXT_FIELDS {
            properties.insert(name.to_owned(), false.into());
        }
        json_schema!({
            "type": "object",
            "properties": properties,
            "propertyNames": { "pattern": vocabulary::NAME },
            "additionalProperties": generator.subschema_for::<Attribute>(),
        })
    }
}

#[derive(JsonSchema)]
#[schemars(deny_unknown_fields, extend("anyOf" = [{ "required": ["type"] }, { "required": ["strictest_of"] }], "allOf" = [
    { "if": { "properties": { "type": { "const": "word" } }, "required": ["type"] }, "then": { "required": ["values"] } },
    { "if": { "properties": { "type": { "const": "records" } }, "required": ["type"] }, "then": { "required": ["fields"] } },
]))]
struct Attribute {
    /// The type of the attribute's values.
    #[schemars(rename = "type")]
    kind: Option<AttributeType>,
    /// For `word`: the words that are possible.
    values: Option<OneOrMore<Text>>,
    /// For `records`: the type of each field, which is `bool`, `text` or a list of words.
    fields: Option<By<FieldType>>,
    /// How much it reveals about a person: 0 is a yes or no, 9 a document. Evidence that reveals less is offered first.
    /// Default: 5.
    #[schemars(range(min = 0, max = 9))]
    privacy: Option<i64>,
    /// For a `bool` that the host states: the value if it states none. Default: unknown.
    absent: Option<bool>,
    /// In place of `type`: attributes of countries that this one combines. The strictest counts.
    strictest_of: Option<List<Text>>,
}

/// An addition to a built-in record.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
struct MoreFields {
    /// Further fields of this record, each `bool`, `text` or a list of words.
    fields: By<FieldType>,
}

#[derive(JsonSchema)]
#[schemars(rename_all = "snake_case")]
enum AttributeType {
    /// Yes or no.
    Bool,
    /// Any text, compared exactly.
    Text,
    /// One of the words under `values`.
    Word,
    /// A number.
    Number,
    /// A country.
    Country,
    /// A set of texts.
    Texts,
    /// A set of countries.
    Countries,
    /// Countries, each with the dates from and until which it was held.
    DatedCountries,
    /// A set of records with the fields under `fields`.
    Records,
}

#[derive(JsonSchema)]
#[schemars(untagged)]
enum FieldType {
    Plain(PlainType),
    /// One of these words.
    Words(List<Text>),
}

#[derive(JsonSchema)]
#[schemars(rename_all = "snake_case")]
enum PlainType {
    /// Yes or no.
    Bool,
    /// Any text.
    Text,
}

/// The named groups of countries.
enum Groups {}

impl JsonSchema for Groups {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Groups".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        by("^[^@]+$", &generator.subschema_for::<Group>())
    }
}

#[derive(JsonSchema)]
#[schemars(deny_unknown_fields, extend("oneOf" = [{ "required": ["members"] }, { "required": ["versions"] }]))]
struct Group {
    /// The group's name for people.
    title: Option<Text>,
    /// The legal citation of the list, such as `15 CFR 740 Supplement No. 1`.
    citation: Text,
    /// The source that the author read, such as a web page or a file.
    source: Option<Text>,
    /// The day on which the author read it, such as `2026-07-01`.
    as_of: At,
    /// The group's countries at all times. `all` means every country.
    members: Option<Members>,
    /// The group's countries from each day on, earliest first.
    versions: Option<List<Version>>,
}

#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
struct Version {
    /// The first instant at which this list is in force. It is in force until the next one starts.
    from: At,
    /// The group's countries from then on. `all` means every country.
    members: Members,
}

enum Members {}

impl JsonSchema for Members {
    fn schema_name() -> Cow<'static, str> {
        "Members".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        json_schema!({ "anyOf": [{ "const": "all" }, generator.subschema_for::<OneOrMore<CountryCode>>()] })
    }
}

/// The country that each territory counts as.
enum Territories {}

impl JsonSchema for Territories {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Territories".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        by(COUNTRY, &generator.subschema_for::<CountryCode>())
    }
}
