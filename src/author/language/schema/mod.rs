//! The JSON Schema of the language. Its types have the form in which an author writes them, and an editor shows their
//! comments. The reader decides if a ruleset is valid. The schema does not know the names that a ruleset declares, and
//! accepts everything that the reader accepts. Tests keep the two consistent.

#![allow(dead_code, reason = "nothing is made of these types but their schema")]

pub(crate) mod leaf;
#[cfg(test)]
pub(crate) mod tests;
mod vocabulary;

use super::read::PRESETS;
use crate::ruleset::attribute::{Type, Vocabulary};
use leaf::{
    Address, At, Between, By, COUNTRY, CountryCode, Id, IssuerId, Length, List, Number, OneOrMore, OrEmpty, Pointer,
    PointerOrNone, Reason, Salt, Scalar, Sha256, TenantId, Text, by,
};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde_json::{Value, json};
use std::borrow::Cow;
use vocabulary::{Claims, Condition, ModelScope, Policies, Unknown, Values};

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
    /// Whether it is for development. Only then may it trust issuers whose `iss` ends in `.development.invalid`.
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
    /// Whether the model's weights are public. Default: `false`.
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

#[derive(JsonSchema)]
#[schemars(deny_unknown_fields, extend("allOf" = [{ "anyOf": [{ "required": ["assurance"] }, { "required": ["preset"] }] },
    { "anyOf": [{ "required": ["keys"] }, { "required": ["keys_from"] }] }]))]
struct Issuer {
    /// The issuer's id in this ruleset, such as `my-idp`.
    id: IssuerId,
    /// The kind of source, such as `gov` or `employer`. Evidence policies can require a class.
    class: Option<Id>,
    /// A preset for the tokens of a well-known provider. The fields of this issuer override it.
    preset: Option<Preset>,
    /// The exact `iss` of the issuer's tokens, or a list of its spellings. `{tenantid}` stands for a tenant, which
    /// `tid` must name.
    iss: OneOrMore<Text>,
    /// The accepted tenants, if `iss` contains `{tenantid}`. Default: every tenant.
    tenants: Option<OneOrMore<TenantId>>,
    /// The accepted audiences. The `aud` of a token must contain one of these.
    audience: OneOrMore<Text>,
    /// The claim that names the audience of a JWT in place of `aud`, such as `client_id`.
    audience_claim: Option<Text>,
    /// The accepted `typ` values. `absent` accepts a token without `typ`. Default: `at+jwt`.
    typ: Option<OneOrMore<Text>>,
    /// The credential types (`vct`) that the issuer may assert. Required if a `typ` ends in `+sd-jwt`.
    vct: Option<OneOrMore<Text>>,
    /// The issuer's public keys as JWKs. Use an empty list if `--jwks ID=FILE` supplies them. Required unless
    /// `keys_from` is present.
    keys: Option<Vec<Jwk>>,
    /// The location from which the host fetches the issuer's keys.
    keys_from: Option<KeysFrom>,
    /// How the sender of a token proves that it is theirs. Default: `key_binding` if a `typ` ends in `+sd-jwt`, else
    /// `none`.
    holder: Option<HolderWord>,
    /// The greatest age of such a proof, at most `600s`. Default: `60s`.
    proof_age: Option<Length>,
    /// How the Token Status List entries of tokens are used. Default: `when_present`.
    status_list: Option<StatusListWord>,
    /// The keys of the issuer's status lists. Default: the issuer's own keys.
    status_keys: Option<Vec<Jwk>>,
    /// A pointer to the claim that links the issuer's tokens to those of another issuer (`same_person: link`).
    link: Option<Pointer>,
    /// The roles of intermediaries for which the issuer's tokens may be hops, such as `reseller`.
    hops: Option<OneOrMore<Text>>,
    /// The longest accepted time between `iat` and `exp` of a token, such as `1h`.
    max_lifetime: Option<Length>,
    /// The tolerated clock skew, at most `60s`. Default: `30s`.
    skew: Option<Length>,
    /// The assurance of the issuer's claims: a level, or a claim whose values stand for levels.
    assurance: Option<Assurance>,
    /// A pointer to the time of verification: RFC 3339, a date, or seconds since 1970.
    verified_at: Option<Pointer>,
    /// A pointer to the time at which the facts expire.
    expires_at: Option<Pointer>,
    /// A pointer to an object or a list of objects. The other pointers start at each object.
    each: Option<Pointer>,
    /// A pointer to a text. If it is present and not `valid`, the evidence is revoked.
    status: Option<Pointer>,
    /// A pointer to the party of the chain that the claims are about. If it finds nothing, they are about the token's
    /// own subject.
    of: Option<Pointer>,
    /// Pointers, each with its accepted texts. Claims are read only if every pointer leads to one of its texts.
    only: Option<Only>,
    /// The issuer's own spellings of country codes, such as `{ UK: GB }`.
    country_aliases: Option<By<CountryCode>>,
    /// The claims that assert each attribute. A claim that is not mapped is ignored.
    claims: Option<Claims>,
}

/// The location from which the host fetches an issuer's keys: a `jwks_uri` with accepted thumbprints, or a discovery.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields, extend("oneOf" = [{ "required": ["jwks_uri", "thumbprints"] }, { "required": ["discovery"] }]))]
struct KeysFrom {
    /// The address of the JWK Set.
    #[schemars(extend("pattern" = "^https://"))]
    jwks_uri: Option<Text>,
    /// The metadata with the address: the issuer's OpenID configuration, or its authorisation server metadata (RFC
    /// 8414).
    discovery: Option<DiscoveryWord>,
    /// The only accepted keys, as SHA-256 thumbprints (RFC 7638) in base64url.
    thumbprints: Option<OneOrMore<Text>>,
    /// The algorithms of keys that do not state one, such as `RS256`. If present, keys of other algorithms are not
    /// accepted.
    algorithms: Option<OneOrMore<Text>>,
    /// How long fetched keys are used if the host cannot fetch newer ones. Default: `24h`.
    stale: Option<Length>,
}

#[derive(JsonSchema)]
#[schemars(rename_all = "snake_case", inline)]
enum DiscoveryWord {
    Openid,
    Oauth,
}

#[derive(JsonSchema)]
#[schemars(rename_all = "snake_case", inline)]
enum HolderWord {
    /// No proof: a bearer token.
    None,
    /// A DPoP proof (RFC 9449).
    Dpop,
    /// A key-binding JWT (RFC 9901, section 4.3).
    KeyBinding,
}

#[derive(JsonSchema)]
#[schemars(rename_all = "snake_case", inline)]
enum StatusListWord {
    /// If a token has an entry, its status must be known and valid.
    WhenPresent,
    /// Every token must have an entry, and its status must be known and valid.
    Required,
    /// Entries are ignored.
    Ignored,
}

#[derive(JsonSchema)]
#[schemars(rename_all = "snake_case", inline)]
enum SamePersonWord {
    /// The same `sub`: the issuers share their subjects' identifiers.
    Subject,
    /// The same key in `cnf`.
    Key,
    /// The same text in the claims that the issuers name as `link`.
    ChainParty,
}

/// A preset, with the comment at the start of its file as its description.
enum Preset {}

impl JsonSchema for Preset {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Preset".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let about = |text: &str| -> String {
            let lines = text.lines().map_while(|line| line.strip_prefix('#')).map(str::trim);
            lines.collect::<Vec<_>>().join(" ")
        };
        let each = PRESETS.iter().map(|(name, text)| json!({ "const": name, "description": about(text) }));
        json_schema!({ "oneOf": each.collect::<Vec<_>>() })
    }
}

/// A public key. Private members are refused. A member that is `null`, `""` or `[]` counts as absent.
#[derive(JsonSchema)]
#[schemars(extend("patternProperties" = { "^(d|p|q|dp|dq|qi|oth|k|priv)$": { "enum": [null, "", []] } }))]
struct Jwk {
    /// The type of key.
    kty: KeyType,
    /// The curve of an `OKP` or `EC` key.
    crv: Option<OrEmpty<Curve>>,
    /// The only algorithm that the key is for.
    alg: KeyAlgorithm,
    /// The key's name in token headers.
    kid: Option<OrEmpty<String>>,
    /// The use of the key: `sig`, if present.
    #[schemars(rename = "use")]
    purpose: Option<OrEmpty<Text>>,
    /// For an `OKP` key: the public key, base64url. For an `EC` key: the coordinate `x`, base64url.
    x: Option<OrEmpty<Text>>,
    /// For an `EC` key: the coordinate `y`, base64url.
    y: Option<OrEmpty<Text>>,
    /// For an `RSA` key: the modulus, base64url, 2048 to 4096 bits.
    n: Option<OrEmpty<Text>>,
    /// For an `RSA` key: the exponent, `AQAB`.
    e: Option<OrEmpty<Text>>,
}

#[derive(JsonSchema)]
enum KeyType {
    #[schemars(rename = "OKP")]
    Okp,
    #[schemars(rename = "EC")]
    Ec,
    #[schemars(rename = "RSA")]
    Rsa,
}

#[derive(JsonSchema)]
enum Curve {
    Ed25519,
    #[schemars(rename = "P-256")]
    P256,
    #[schemars(rename = "P-384")]
    P384,
}

#[derive(JsonSchema)]
enum KeyAlgorithm {
    Ed25519,
    #[schemars(rename = "EdDSA")]
    EdDsa,
    #[schemars(rename = "ES256")]
    Es256,
    #[schemars(rename = "ES384")]
    Es384,
    #[schemars(rename = "RS256")]
    Rs256,
    #[schemars(rename = "RS384")]
    Rs384,
    #[schemars(rename = "RS512")]
    Rs512,
    #[schemars(rename = "PS256")]
    Ps256,
    #[schemars(rename = "PS384")]
    Ps384,
    #[schemars(rename = "PS512")]
    Ps512,
}

#[derive(JsonSchema)]
#[schemars(untagged)]
enum Assurance {
    Level(Level),
    Claim(AssuranceClaim),
}

#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
struct AssuranceClaim {
    /// A pointer to the claim that states the assurance.
    claim: Pointer,
    /// The level for each value of the claim. Any other value is level 0.
    levels: By<Level>,
}

/// A level of assurance.
#[derive(JsonSchema)]
#[schemars(untagged)]
enum Level {
    Word(LevelWord),
    /// 0 self-asserted, 1 low, 2 substantial, 3 high.
    Number(#[schemars(range(min = 0, max = 3))] i64),
}

#[derive(JsonSchema)]
#[schemars(rename_all = "snake_case")]
enum LevelWord {
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

/// Pointers to other claims, each with its accepted texts.
enum Only {}

impl JsonSchema for Only {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Only".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        by("^/([^~]|~[01])*$", &generator.subschema_for::<OneOrMore<Text>>())
    }
}

#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
struct ClaimMapping {
    /// A JSON Pointer (RFC 6901) to the claim.
    claim: Pointer,
    /// How complete the asserted set is. `true`: it is complete now. `ever`: so is its history. `false`: there may be
    /// more. Default: `false`.
    complete: Option<Complete>,
    /// The assurance of this claim. Default: the issuer's.
    assurance: Option<Assurance>,
    /// A pointer to the time of verification. `none` removes the issuer's pointer.
    verified_at: Option<PointerOrNone>,
    /// A pointer to the time at which the fact expires. `none` removes the issuer's pointer.
    expires_at: Option<PointerOrNone>,
    /// A pointer to an object or a list of objects, at each of which the other pointers start. `none` removes the
    /// issuer's pointer.
    each: Option<PointerOrNone>,
    /// A pointer to a text that must be `valid` if present. `none` removes the issuer's pointer.
    status: Option<PointerOrNone>,
    /// A pointer to the party that the claim is about. `none` removes the issuer's pointer.
    of: Option<PointerOrNone>,
    /// Pointers, each with its accepted texts: `{ /acct: "0" }`. The claim is read only if every pointer leads to one
    /// of them.
    only: Option<Only>,
    /// Other spellings of country codes, such as `{ UK: GB }`.
    country_aliases: Option<By<CountryCode>>,
    /// For a `bool`: whether to negate the claim.
    not: Option<bool>,
    /// Converts to a `bool`: true if the claim is one of these values, false if it is another value of the same type.
    is: Option<OneOrMore<Scalar>>,
    /// Converts a list, such as one of roles, to a `bool`: true if it has one of these values, false if it has only
    /// others.
    has: Option<OneOrMore<Scalar>>,
    /// The value for each text of the claim, such as `{ "USA": US }`. A text that is not listed cannot be read.
    values: Option<Values>,
    /// Splits a text into a set of texts or countries at this separator, such as `" "` or `","`.
    split: Option<Between>,
}

#[derive(JsonSchema)]
#[schemars(untagged)]
enum Complete {
    /// `true`: the set is complete now. `false`: there may be more.
    Now(bool),
    Word(Ever),
}

#[derive(JsonSchema)]
#[schemars(rename_all = "snake_case")]
enum Ever {
    /// The set is complete, and so is its history.
    Ever,
}

#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
struct Policy {
    /// The minimum assurance: `self`, `low`, `substantial`, `high`, or 0 to 3.
    assurance: Option<Level>,
    /// The greatest age since verification, such as `365d`.
    max_age: Option<Length>,
    /// The ids of the accepted issuers. Default: every trusted issuer.
    issuers: Option<OneOrMore<Text>>,
    /// The accepted classes of issuers. Default: every class.
    classes: Option<OneOrMore<Text>>,
}

#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
struct Basis {
    /// The legal citation, such as `15 CFR 772.1 (foreign person)`.
    citation: Text,
    /// The address of the text.
    url: Option<Address>,
    /// The day on which the author read it, such as `2026-07-01`.
    as_of: Option<At>,
}

#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
struct Scope {
    /// The models: ids, or a mapping such as `{ capability.cyber: { at_least: 4 } }`. Default: all.
    models: Option<Models>,
    /// The actions. Default: all.
    actions: Option<OneOrMore<Text>>,
}

/// Ids of models, or a mapping of tests.
#[derive(JsonSchema)]
#[schemars(untagged)]
enum Models {
    Ids(OneOrMore<Text>),
    Asked(ModelScope),
}

/// A value or range on the scale of the model's lab. A model without the capability does not match.
#[derive(JsonSchema)]
#[schemars(untagged)]
enum Capability {
    /// Exactly this value.
    Exact(Number),
    Range(Range),
}

/// A range with at least one end. Both ends are inclusive.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields, extend("minProperties" = 1))]
struct Range {
    /// The inclusive minimum.
    at_least: Option<Number>,
    /// The inclusive maximum.
    at_most: Option<Number>,
}

#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
struct Effective {
    /// The instant of publication. Decisions do not announce it before.
    notice: Option<At>,
    /// The first instant at which it is in force.
    from: Option<At>,
    /// The first instant at which it is no longer in force.
    until: Option<At>,
    /// The instant at which a later act ended it.
    lifted: Option<At>,
    /// The times at which it is suspended.
    suspended: Option<OneOrMore<Window>>,
    /// The times at which the authority does not enforce it. Decisions list it, but it restricts nothing.
    not_enforced: Option<OneOrMore<Window>>,
}

#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
struct Window {
    /// The first instant of the window.
    from: At,
    /// The first instant after the window.
    until: Option<At>,
}

#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
struct Rule {
    /// The rule's id, such as `foreign-nationals`.
    id: Id,
    /// A title of one line.
    title: Text,
    /// The outcome: a word, or a word with the model or action to serve instead, such as `{ degrade: { model: atlas-4 }
    /// }`.
    outcome: Outcome,
    /// A stable reason code for programs, such as `foreign_person`.
    reason: Reason,
    /// A sentence for the person it concerns.
    message: Text,
    /// The legal basis. A rule must have a citation.
    basis: Basis,
    /// The times at which the rule is in force. Default: always.
    effective: Option<Effective>,
    /// The models and actions in scope. Default: all.
    scope: Option<Scope>,
    /// The parties that the rule judges, by role in the chain, such as `reseller`. `subject` is the person served,
    /// `all` is every party. Default: `subject`.
    parties: Option<OneOrMore<Id>>,
    /// The rule's condition. Default: always true.
    when: Option<Condition>,
    /// The requirements on evidence, per attribute. They override the ruleset's own.
    evidence: Option<Policies>,
    /// The effect if there is no evidence for or against the condition. Default: `step_up`.
    absence: Option<Absence>,
    /// The rule's own reason codes for an unknown condition, per attribute and optionally per cause.
    unknown: Option<Unknown>,
    /// The rule's exceptions. Any one of them lifts it.
    unless: Option<List<Exception>>,
    /// The caller's obligations if the rule applies and the request is allowed.
    obligations: Option<OneOrMore<Text>>,
    /// Hides the rule's title and exceptions in decisions. The value is a random salt of at least 16 characters, or the
    /// SHA-256 that commits to the rule.
    sealed: Option<Seal>,
}

#[derive(JsonSchema)]
#[schemars(untagged)]
enum Outcome {
    Word(OutcomeWord),
    Instead(Instead),
}

#[derive(JsonSchema)]
#[schemars(rename_all = "snake_case")]
enum OutcomeWord {
    /// The request is allowed.
    Allow,
    /// Nothing is served until more evidence arrives.
    StepUp,
    /// Nothing is served until a named person has decided.
    Review,
    /// Nothing is served.
    Deny,
}

#[derive(JsonSchema)]
#[schemars(deny_unknown_fields, extend("minProperties" = 1, "maxProperties" = 1))]
struct Instead {
    /// Another model or action is served: `{ model: ID }`, `{ action: NAME }`, or both.
    degrade: Option<Degrade>,
    /// More evidence is required. Meanwhile only this is served.
    step_up: Option<Meanwhile>,
}

#[derive(JsonSchema)]
#[schemars(deny_unknown_fields, extend("minProperties" = 1))]
struct Degrade {
    /// The model that is served instead.
    model: Option<Text>,
    /// The action that is served instead.
    action: Option<Text>,
}

#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
struct Meanwhile {
    /// The model that may be served meanwhile.
    model: Option<Text>,
    /// The action that may be served meanwhile.
    action: Option<Text>,
}

#[derive(JsonSchema)]
#[schemars(rename_all = "snake_case")]
enum Absence {
    /// The rule does not apply. For red flags that were not raised.
    Clears,
    /// The rule might apply, so evidence is required.
    StepUp,
}

#[derive(JsonSchema)]
#[schemars(untagged)]
enum ReasonOrCauses {
    Reason(Reason),
    Causes(Causes),
}

/// A reason code for each cause.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
struct Causes {
    /// No trusted issuer asserts the attribute, or the host does not state it.
    missing: Option<Reason>,
    /// The holder of a credential did not disclose it.
    undisclosed: Option<Reason>,
    /// There is a value, but it cannot be read as this attribute.
    unusable: Option<Reason>,
    /// The time of verification is in the future.
    not_yet_valid: Option<Reason>,
    /// The assurance is too low, or the rule does not accept the issuer.
    insufficient: Option<Reason>,
    /// The issuer revoked it.
    revoked: Option<Reason>,
    /// The evidence has expired.
    expired: Option<Reason>,
    /// It was verified too long ago, or at an unknown time.
    stale: Option<Reason>,
    /// A country that no group of the ruleset maps.
    unmapped: Option<Reason>,
    /// Dates are missing, so the most recent value is unknown.
    undated: Option<Reason>,
    /// The set may have other members.
    incomplete: Option<Reason>,
    /// Usable evidence disagrees.
    conflict: Option<Reason>,
    /// The chain states that its end user is unknown.
    end_user_unknown: Option<Reason>,
    /// The chain states that this party is unknown.
    party_unknown: Option<Reason>,
}

#[derive(JsonSchema)]
#[schemars(untagged)]
enum Seal {
    /// A random salt. People who may read the rule keep it with the rule.
    Salt(Salt),
    Commitment(Commitment),
}

#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
struct Commitment {
    /// The SHA-256 that commits to the rule, in hexadecimal.
    sha256: Sha256,
}

#[derive(JsonSchema)]
#[schemars(deny_unknown_fields, extend("anyOf" = [{ "required": ["licence"] }, { "required": ["id", "reason", "when"] }]))]
struct Exception {
    /// The exception's id. Default for a licence: the licence's id.
    id: Option<Id>,
    /// The reason code if the exception lifts the rule. Default for a licence: `licence`.
    reason: Option<Reason>,
    /// The legal basis. Default: the licence's, else the rule's.
    basis: Option<Basis>,
    /// The times at which the exception is in force. Default: always.
    effective: Option<Effective>,
    /// The models and actions in scope. Default: all of the rule's.
    scope: Option<Scope>,
    /// The people that the exception is for.
    when: Option<Condition>,
    /// Further requirements for the people that it is for, each with the reason code if it is not met.
    provided: Option<OneOrMore<Requirement>>,
    /// The required licence: an id, or `{ type: KIND }` for any licence of that kind.
    licence: Option<LicenceRef>,
    /// The requirements on evidence, per attribute. They override the ruleset's own.
    evidence: Option<Policies>,
    /// The caller's obligations if the exception lifts the rule.
    obligations: Option<OneOrMore<Text>>,
}

#[derive(JsonSchema)]
#[schemars(deny_unknown_fields, extend("oneOf" = [{ "required": ["always"] }, { "required": ["never"] }]))]
struct Guarantee {
    /// The guarantee's id, such as `us-persons-keep-access`.
    id: Id,
    /// The promise, in one line.
    title: Option<Text>,
    /// The people that it is about. Default: everyone, even without any evidence.
    #[schemars(rename = "for")]
    whom: Option<Condition>,
    /// The requirements on that evidence, per attribute. They override the ruleset's own.
    evidence: Option<Policies>,
    /// The models and actions in scope. Default: all.
    scope: Option<Scope>,
    /// The time during which it must hold. Default: as long as the ruleset is valid.
    during: Option<During>,
    /// The outcome, or the outcomes, that are permitted. Every other outcome violates the guarantee.
    always: Option<OneOrMore<AnyOutcome>>,
    /// The outcome, or the outcomes, that violate the guarantee.
    never: Option<OneOrMore<AnyOutcome>>,
}

#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
struct During {
    /// The first instant of the time.
    from: Option<At>,
    /// The first instant after the time.
    until: Option<At>,
}

/// An outcome of a decision.
#[derive(JsonSchema)]
#[schemars(rename_all = "snake_case")]
enum AnyOutcome {
    /// The request is allowed.
    Allow,
    /// Another model or action is served.
    Degrade,
    /// More evidence is required.
    StepUp,
    /// A named person must decide.
    Review,
    /// Nothing is served.
    Deny,
}

#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
struct Requirement {
    /// The reason code if the requirement is not met, such as `exemption.not_employee`.
    reason: Reason,
    /// The condition that must be true.
    when: Condition,
}

#[derive(JsonSchema)]
#[schemars(untagged)]
enum LicenceRef {
    /// The id of a licence.
    Id(Text),
    Kind(LicenceKind),
}

#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
struct LicenceKind {
    /// Any licence of this kind.
    #[schemars(rename = "type")]
    kind: Id,
}

#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
struct Licence {
    /// The licence's number.
    id: Id,
    /// The kind of licence, for exceptions that name a kind.
    #[schemars(rename = "type")]
    kind: Option<Id>,
    /// The act that granted the licence.
    basis: Basis,
    /// The holder, such as `{ subject.id: "my-idp:user-1" }`.
    holder: Condition,
    /// The requirements on evidence of the holder, per attribute. They override the ruleset's own.
    evidence: Option<Policies>,
    /// The models in scope. Default: all.
    models: Option<Models>,
    /// The actions in scope. Default: all.
    actions: Option<OneOrMore<Text>>,
    /// The purposes in scope. `context.purpose` must be one of these, or begin with one of these and a dot. Default:
    /// all.
    end_uses: Option<OneOrMore<Text>>,
    /// The first instant at which it is valid.
    from: Option<At>,
    /// The first instant at which it is no longer valid.
    until: Option<At>,
    /// The instant at which it was revoked.
    revoked: Option<At>,
    /// Conditions that are satisfied outside the check. If one is not satisfied, the licence lifts nothing.
    provisos: Option<List<Proviso>>,
    /// The caller's obligations if the licence lifts a rule.
    obligations: Option<OneOrMore<Text>>,
}

#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
struct Proviso {
    /// The proviso's name, such as `status-report`.
    id: Id,
    /// Whether it is satisfied.
    satisfied: bool,
    /// The first instant at which it is no longer satisfied.
    until: Option<At>,
}
