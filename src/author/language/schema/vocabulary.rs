//! Mappings whose keys are attributes. Built-in attributes get a schema that fits their type. Attributes that a ruleset
//! declares are accepted by the form of their names alone, because the schema does not know them.

use super::leaf::{Anything, Number, OneOrMore, Place, Pointer, Region, Text, described, members, one_or_more};
use super::{Capability, ClaimMapping, Models, Policy, Range, ReasonOrCauses};
use crate::author::language::read::{FOREIGN_PERSON, US_PERSON, matchers};
use crate::ruleset::attribute::{AttributeId, Source, Type, Vocabulary};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde_json::{Map, Value};
use std::borrow::Cow;

/// The form of an attribute's name.
pub(super) const NAME: &str = r"^(subject|context)(\.[a-z0-9_]+)+$";
/// The form of the names that a token can have evidence for.
const EVIDENCE: &str = r"^subject(\.[a-z0-9_]+)+$";

/// The description of a built-in attribute, for authors.
fn about(name: &str) -> &'static str {
    match name {
        "subject.id" => "The ids of the person: each token's issuer id, a colon and `sub`, such as `my-idp:user-1`.",
        "subject.us_person" => {
            "True for a citizen, national, permanent resident or protected individual (15 CFR 772.1). Also follows \
             from `subject.us_status`."
        }
        "subject.us_status" => {
            "The status in the United States. All but nonimmigrant, parolee, asylum_applicant and none are U.S. persons."
        }
        "subject.employer" => "The organisations that employ the person.",
        "subject.employments" => {
            "Employments, each a record of `org`, `role`, `regular` and `nda`; a ruleset may add fields."
        }
        "subject.residence" => "The country where the person lives.",
        "subject.nationalities" => "The nationalities that are held now.",
        "subject.nationalities_ever" => "The nationalities that are or were held (22 CFR 120.50(b)).",
        "subject.nationalities_complete" => {
            "True if the asserted nationalities are all that were ever held; asserted by the same issuer."
        }
        "subject.permanent_residencies" => "The countries of permanent residence that are held now.",
        "subject.most_recent_nationality" => {
            "Of the citizenships and permanent residencies that are held, the one acquired last (15 CFR 734.13(b))."
        }
        "subject.organisation.headquarters" => "The country of the organisation's seat.",
        "subject.organisation.parent" => "The country of the ultimate parent's seat.",
        "subject.organisation.established" => "The country under whose law the organisation was established.",
        "subject.organisation.listed_owners" => {
            "Shares of owners on lists, in percent: those on the named lists are added up."
        }
        "subject.list_hits" => "Matches with lists of restricted parties, each a record of `list` and `status`.",
        "context.country" => {
            "The country that the request comes from; signals that disagree are a conflict. Stated by the host."
        }
        "context.countries" => "Every country that a signal names. Stated by the host.",
        "context.regions" => "Every subdivision that a signal names (ISO 3166-2). Stated by the host.",
        "context.purpose" => "The purpose of the request, such as `weapons.chemical`. Stated by the host.",
        "context.chain_roles" => "The roles of the parties between the caller and the person served.",
        _ => "",
    }
}

/// A map of attribute to matcher, all of which must be true; `all`, `any` and `not` combine.
pub(super) enum Condition {}

impl JsonSchema for Condition {
    fn schema_name() -> Cow<'static, str> {
        "Condition".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let vocabulary = Vocabulary::default();
        let mut properties = members(vocabulary.iter().map(|(_, attribute)| {
            let matcher = matcher(&attribute.kind, generator);
            (attribute.name.clone(), described(matcher, about(&attribute.name)))
        }));
        let truth = matcher(&Type::Bool, generator);
        properties.extend(members([
            (
                FOREIGN_PERSON.to_owned(),
                described(
                    truth.clone(),
                    "True for a person who is not a citizen, national, permanent resident or protected individual \
                     (15 CFR 772.1).",
                ),
            ),
            (
                US_PERSON.to_owned(),
                described(
                    truth,
                    "A U.S. person in the sense of 15 CFR part 744: a person who is not a foreign person, or any \
                     person in the United States. For export controls use `subject.foreign_person`.",
                ),
            ),
        ]));
        properties.extend(combined::<Self>(generator, "A condition"));
        json_schema!({
            "type": "object",
            "description": "A map of attribute to matcher, all of which must hold; `all`, `any` and `not` combine.",
            "properties": properties,
            "patternProperties": { NAME: generator.subschema_for::<OwnMatcher>() },
            "additionalProperties": false,
            "minProperties": 1,
        })
    }
}

/// The members `all`, `any` and `not` over parts of one type.
fn combined<T: JsonSchema>(generator: &mut SchemaGenerator, what: &str) -> Map<String, Value> {
    let part = generator.subschema_for::<T>();
    let list = json_schema!({ "type": "array", "items": part, "minItems": 1 });
    members([
        ("all".to_owned(), described(list.clone(), &format!("{what}: every one of these holds."))),
        ("any".to_owned(), described(list, &format!("{what}: at least one of these holds."))),
        ("not".to_owned(), described(part, &format!("{what}: this does not hold."))),
    ])
}

/// The description of a matcher by its name.
fn asks(name: &str) -> &'static str {
    match name {
        "is" => "It has this truth value.",
        "in" => "It is one of these.",
        "not_in" => "It is none of these.",
        "under" => "It is one of these, or begins with one of these and a dot.",
        "at_least" => "It is this or more.",
        "at_most" => "It is this or less.",
        "any_of" => "The set holds at least one of these.",
        "all_of" => "The set holds all of these.",
        "none_of" => "The set holds none of these; needs an issuer that asserts the whole set.",
        "only" => "The set holds nothing but these; needs an issuer that asserts the whole set.",
        "count" => "The number of members of the set is in this range.",
        "has" => "There is a record whose fields all match.",
        "has_none" => "There is no record whose fields all match.",
        "lists" => "The lists whose owners' shares are added up.",
        _ => "",
    }
}

/// Returns the schema of the matchers for a type of attribute.
fn matcher(kind: &Type, generator: &mut SchemaGenerator) -> Schema {
    // The value of most matchers, and of the short form without a matcher's name.
    let wanted = match kind {
        Type::Bool => generator.subschema_for::<bool>(),
        Type::Word(words) => one_or_more(&json_schema!({ "enum": words })),
        Type::Country | Type::Countries | Type::Holdings => generator.subschema_for::<OneOrMore<Place>>(),
        Type::Regions => generator.subschema_for::<OneOrMore<Region>>(),
        _ => generator.subschema_for::<OneOrMore<Text>>(),
    };
    let value = |name: &str, generator: &mut SchemaGenerator| match (name, kind) {
        ("at_least" | "at_most", _) => generator.subschema_for::<Number>(),
        ("count", _) => generator.subschema_for::<Range>(),
        ("has" | "has_none", Type::Records(fields)) => record(fields, generator),
        _ => wanted.clone(),
    };
    let named = matchers(kind).iter().map(|name| ((*name).to_owned(), described(value(name, generator), asks(name))));
    let properties = members(named);
    let mut mapping = json_schema!({
        "type": "object", "properties": properties, "additionalProperties": false, "minProperties": 1,
    });
    match kind {
        Type::Shares => {
            mapping.insert("required".to_owned(), serde_json::json!(["lists"]));
            mapping.insert("minProperties".to_owned(), 2.into());
            mapping
        }
        Type::Number | Type::Records(_) => mapping,
        _ => json_schema!({ "anyOf": [wanted, mapping] }),
    }
}

fn record(fields: &[(String, Type)], generator: &mut SchemaGenerator) -> Schema {
    let known = fields.iter().map(|(name, kind)| {
        let value = match kind {
            Type::Bool => generator.subschema_for::<bool>(),
            Type::Word(words) => one_or_more(&json_schema!({ "enum": words })),
            _ => generator.subschema_for::<OneOrMore<Text>>(),
        };
        (name.clone(), value)
    });
    let known = members(known);
    json_schema!({
        "type": "object",
        "properties": known,
        "additionalProperties": generator.subschema_for::<OwnField>(),
        "minProperties": 1,
    })
}

/// A test of a record's field that a ruleset declares.
enum OwnField {}

impl JsonSchema for OwnField {
    fn schema_name() -> Cow<'static, str> {
        "OwnField".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let texts = generator.subschema_for::<OneOrMore<Text>>();
        json_schema!({ "anyOf": [{ "type": "boolean" }, texts] })
    }
}

/// A test of an attribute that a ruleset declares, of any type.
enum OwnMatcher {}

impl JsonSchema for OwnMatcher {
    fn schema_name() -> Cow<'static, str> {
        "OwnMatcher".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let mut properties = Map::new();
        let texts = generator.subschema_for::<OneOrMore<Text>>();
        for kind in [Type::Bool, Type::Text, Type::Number, Type::Texts, Type::Records(Vec::new()), Type::Shares] {
            for name in matchers(&kind) {
                let value = match *name {
                    "is" => generator.subschema_for::<bool>(),
                    "at_least" | "at_most" => generator.subschema_for::<Number>(),
                    "count" => generator.subschema_for::<Range>(),
                    "has" | "has_none" => record(&[], generator),
                    _ => texts.clone(),
                };
                properties.insert((*name).to_owned(), described(value, asks(name)).into());
            }
        }
        json_schema!({
            "description": "The matcher of one of the ruleset's own attributes; the type of the attribute determines \
                            which of these are allowed.",
            "anyOf": [
                { "type": "boolean" },
                texts,
                { "type": "object", "properties": properties, "additionalProperties": false, "minProperties": 1 },
            ],
        })
    }
}

/// A mapping whose keys are attributes with evidence.
fn of_evidence<T: JsonSchema>(
    generator: &mut SchemaGenerator,
    names: impl Fn(AttributeId, Source) -> bool,
    foreign_person: bool,
) -> Schema {
    let value = generator.subschema_for::<T>();
    let vocabulary = Vocabulary::default();
    let evidence = vocabulary.iter().filter(|(_, attribute)| attribute.source != Source::Context);
    let mut properties = members(evidence.map(|(id, attribute)| {
        // Other built-in names match the pattern for a ruleset's own attributes, so they are refused explicitly.
        let taken = names(id, attribute.source);
        let value = if taken { described(value.clone(), about(&attribute.name)) } else { false.into() };
        (attribute.name.clone(), value)
    }));
    let foreign = "The evidence policy for foreign persons: it applies to `subject.us_person` and `subject.us_status`.";
    let foreign = if foreign_person { described(value.clone(), foreign) } else { false.into() };
    properties.insert(FOREIGN_PERSON.to_owned(), foreign.into());
    json_schema!({
        "type": "object",
        "properties": properties,
        "patternProperties": { EVIDENCE: value },
        "additionalProperties": false,
    })
}

/// The requirements on evidence, per attribute.
pub(super) enum Policies {}

impl JsonSchema for Policies {
    fn schema_name() -> Cow<'static, str> {
        "Policies".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        of_evidence::<Policy>(generator, |_, _| true, true)
    }
}

/// The claims that assert each attribute.
pub(super) enum Claims {}

impl JsonSchema for Claims {
    fn schema_name() -> Cow<'static, str> {
        "Claims".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let assertable = |id, source| source == Source::Evidence && id != AttributeId::SUBJECT_ID;
        of_evidence::<OneOrMore<PointerOrMapping>>(generator, assertable, false)
    }
}

/// A pointer to a claim, or a mapping with further fields.
enum PointerOrMapping {}

impl JsonSchema for PointerOrMapping {
    fn schema_name() -> Cow<'static, str> {
        "PointerOrMapping".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "A JSON Pointer (RFC 6901) to the claim, such as `/us_status`; or a mapping with `claim`.",
            "anyOf": [generator.subschema_for::<Pointer>(), generator.subschema_for::<ClaimMapping>()],
        })
    }
}

/// Reason codes for an unknown condition, per attribute.
pub(super) enum Unknown {}

impl JsonSchema for Unknown {
    fn schema_name() -> Cow<'static, str> {
        "Unknown".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let value = generator.subschema_for::<ReasonOrCauses>();
        let vocabulary = Vocabulary::default();
        let names = vocabulary.iter().map(|(_, attribute)| attribute.name.as_str()).chain([FOREIGN_PERSON]);
        let properties = members(names.map(|name| {
            let value = value.clone();
            (name.to_owned(), if name == FOREIGN_PERSON { value } else { described(value, about(name)) })
        }));
        json_schema!({
            "type": "object",
            "properties": properties,
            "patternProperties": { NAME: value },
            "additionalProperties": false,
        })
    }
}

/// A condition on models of the catalogue.
pub(super) enum ModelScope {}

impl JsonSchema for ModelScope {
    fn schema_name() -> Cow<'static, str> {
        "ModelScope".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let texts = generator.subschema_for::<OneOrMore<Text>>();
        let mut properties = members([
            ("id".to_owned(), described(texts.clone(), "These models, by id.")),
            (
                "derived_from".to_owned(),
                described(texts.clone(), "These models and all models derived from them, directly or indirectly."),
            ),
            ("lab".to_owned(), described(texts.clone(), "The models of these labs.")),
            ("tag".to_owned(), described(texts, "The models with at least one of these tags.")),
            (
                "published".to_owned(),
                described(generator.subschema_for::<bool>(), "True if the model's weights are published."),
            ),
        ]);
        properties.extend(combined::<Models>(generator, "Models"));
        json_schema!({
            "type": "object",
            "properties": properties,
            "patternProperties": { r"^capability\.": generator.subschema_for::<Capability>() },
            "additionalProperties": false,
            "minProperties": 1,
        })
    }
}

/// The texts of a claim, each with its value.
pub(super) type Values = super::leaf::By<Anything>;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_attribute_and_every_matcher_is_explained() {
        for (_, attribute) in Vocabulary::default().iter() {
            assert_ne!(about(&attribute.name), "", "{}", attribute.name);
            for name in matchers(&attribute.kind) {
                assert_ne!(asks(name), "", "{name}");
            }
        }
    }
}
