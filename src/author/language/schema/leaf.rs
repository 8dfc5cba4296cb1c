//! The smallest parts of a schema, such as a text, an instant or a country code, and functions that combine parts.

use crate::base::country::Country;
use schemars::generate::SchemaSettings;
use schemars::transform::{RecursiveTransform, Transform, transform_subschemas};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde_json::{Map, Value, json};
use std::borrow::Cow;
use std::marker::PhantomData;

/// Returns the schema of a whole document. It uses draft 7, which editor extensions for YAML and JSON support best.
pub(crate) fn document<T: JsonSchema>() -> Value {
    let mut settings = SchemaSettings::draft07();
    settings.transforms.insert(0, Box::new(WithoutNull));
    settings.transforms.push(Box::new(RecursiveTransform(plain)));
    settings.into_generator().into_root_schema_for::<T>().into()
}

/// Refuses `null` for optional fields, because a `null` is usually a forgotten value.
#[derive(Clone, Debug)]
struct WithoutNull;

impl Transform for WithoutNull {
    fn transform(&mut self, schema: &mut Schema) {
        let null = json!({ "type": "null" });
        if let Some(Value::Array(types)) = schema.get_mut("type") {
            types.retain(|name| name != "null");
            if let [only] = types.as_slice() {
                let only = only.clone();
                schema.insert("type".to_owned(), only);
            }
        }
        if let Some(Value::Array(parts)) = schema.get_mut("anyOf")
            && parts.contains(&null)
        {
            parts.retain(|part| *part != null);
            if let [Value::Object(only)] = parts.as_slice() {
                let only = only.clone();
                schema.remove("anyOf");
                only.into_iter().for_each(|(name, value)| {
                    schema.ensure_object().entry(name).or_insert(value);
                });
            }
        }
        transform_subschemas(self, schema);
    }
}

/// Removes line breaks from descriptions, and the width of numbers, which does not matter to an author.
fn plain(schema: &mut Schema) {
    schema.remove("format");
    if let Some(Value::String(text)) = schema.get_mut("description") {
        *text = text.replace('\n', " ");
    }
}

/// Types without values, for their schema only.
macro_rules! leaf {
    ($($(#[$doc:meta])* $name:ident: $schema:tt)*) => {$(
        $(#[$doc])*
        pub(crate) enum $name {}

        impl JsonSchema for $name {
            fn inline_schema() -> bool {
                true
            }

            fn schema_name() -> Cow<'static, str> {
                stringify!($name).into()
            }

            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                json_schema!($schema)
            }
        }
    )*};
}

pub(crate) use leaf;

leaf! {
    /// A text with at least one visible character.
    Text: { "type": "string", "pattern": r"\S" }
    /// A name that is safe in a URL, a header and a log line.
    Id: { "type": "string", "pattern": "^[A-Za-z0-9._/:@+-]{1,256}$" }
    /// The id of an issuer. It has no colon, which separates it from a person's name in `subject.id`.
    IssuerId: { "type": "string", "pattern": "^[A-Za-z0-9._/@+-]{1,256}$" }
    /// The id of a tenant.
    TenantId: { "type": "string", "pattern": "^[A-Za-z0-9._-]+$" }
    /// An instant, or a date, which means its midnight in UTC.
    At: {
        "type": "string",
        "pattern": r"^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}:\d{2}(\.\d{1,9})?(Z|[+-]\d{2}:\d{2}))?$",
        "examples": ["2026-06-12T22:51:00Z"],
    }
    /// A duration.
    Length: { "type": "string", "pattern": "^[0-9]{1,9}[smhd]$", "examples": ["30d", "12h", "15m", "90s"] }
    /// A JSON Pointer (RFC 6901).
    Pointer: { "type": "string", "pattern": "^/([^~]|~[01])*$", "examples": ["/us_status"] }
    /// A JSON Pointer, or `none`.
    PointerOrNone: { "type": "string", "pattern": "^(/([^~]|~[01])*|none)$" }
    /// A web address.
    Address: { "type": "string", "pattern": "^https?://[^\\s<>\"]+$", "examples": ["https://www.ecfr.gov/"] }
    /// A reason code.
    Reason: { "type": "string", "pattern": r"^[a-z0-9_]+(\.[a-z0-9_]+)*$", "examples": ["foreign_person"] }
    /// Any finite number.
    Number: { "type": "number" }
    /// A separator: at least one character, which may be a space.
    Between: { "type": "string", "minLength": 1, "examples": [" ", ","] }
    /// A text of at least 16 characters.
    Salt: { "type": "string", "minLength": 16 }
    /// A SHA-256 in hexadecimal.
    Sha256: { "type": "string", "pattern": "^[0-9a-f]{64}$" }
    /// The code of a subdivision of a country.
    Region: { "type": "string", "pattern": "^[A-Z]{2}-[A-Z0-9]{1,3}$", "examples": ["UA-43"] }
    /// A text, a number or a truth value.
    Scalar: { "type": ["string", "number", "boolean"] }
    /// Any value.
    Anything: {}
}

/// The form of a country code, for keys of a mapping.
pub(crate) const COUNTRY: &str = "^[A-Z]{2,3}$";

/// A country.
pub(crate) enum CountryCode {}

impl JsonSchema for CountryCode {
    fn schema_name() -> Cow<'static, str> {
        "CountryCode".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let codes: Vec<&str> = Country::all().collect();
        json_schema!({
            "description": "ISO 3166-1 alpha-2 or alpha-3 in capitals, or XK.",
            "anyOf": [{ "enum": codes }, { "type": "string", "pattern": "^[A-Z]{3}$" }],
        })
    }
}

/// A country, a group, or a group as it was on a day.
pub(crate) enum Place {}

impl JsonSchema for Place {
    fn schema_name() -> Cow<'static, str> {
        "Place".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let codes: Vec<&str> = Country::all().collect();
        json_schema!({
            "description": "A country code, the name of a group, or a group as it was on a day: `GROUP@2025-01-15`.",
            "anyOf": [{ "enum": codes }, generator.subschema_for::<Text>()],
        })
    }
}

/// One item, or a list with at least one item.
pub(crate) struct OneOrMore<T>(PhantomData<T>);

impl<T: JsonSchema> JsonSchema for OneOrMore<T> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        format!("OneOrMore{}", T::schema_name()).into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let one = generator.subschema_for::<T>();
        one_or_more(&one)
    }
}

pub(super) fn one_or_more(one: &Schema) -> Schema {
    json_schema!({ "anyOf": [one, { "type": "array", "items": one, "minItems": 1 }] })
}

/// One item, or a value that serializers write for an absent member.
pub(crate) struct OrEmpty<T>(PhantomData<T>);

impl<T: JsonSchema> JsonSchema for OrEmpty<T> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        format!("OrEmpty{}", T::schema_name()).into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        json_schema!({ "anyOf": [generator.subschema_for::<T>(), { "enum": [null, "", []] }] })
    }
}

/// A list with at least one item.
pub(crate) struct List<T>(PhantomData<T>);

impl<T: JsonSchema> JsonSchema for List<T> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        format!("List{}", T::schema_name()).into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "array", "items": generator.subschema_for::<T>(), "minItems": 1 })
    }
}

/// A mapping from names to values of one type.
pub(crate) struct By<T>(PhantomData<T>);

impl<T: JsonSchema> JsonSchema for By<T> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        format!("By{}", T::schema_name()).into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "object", "additionalProperties": generator.subschema_for::<T>() })
    }
}

/// Returns the schema of a mapping whose names have a form.
pub(crate) fn by(names: &str, value: &Schema) -> Schema {
    json_schema!({ "type": "object", "propertyNames": { "pattern": names }, "additionalProperties": value })
}

/// Adds a description for this use of a schema.
pub(super) fn described(mut schema: Schema, sentence: &str) -> Schema {
    schema.insert("description".to_owned(), sentence.into());
    schema
}

/// Converts the members of a mapping, by name.
pub(super) fn members(members: impl IntoIterator<Item = (String, Schema)>) -> Map<String, Value> {
    members.into_iter().map(|(name, schema)| (name, schema.into())).collect()
}
