//! The JSON Schema of the language: types in the form in which an author writes, whose comments are what an editor
//! shows. The reader is the judge of a ruleset; the schema knows no names that a ruleset declares, and refuses nothing
//! that the reader takes. Tests hold the two together.

#![allow(dead_code, reason = "nothing is made of these types but their schema")]

pub(crate) mod leaf;
#[cfg(test)]
pub(crate) mod tests;
mod vocabulary;

use super::read::PRESETS;
use crate::attribute::{Type, Vocabulary};
use leaf::{
    Address, At, Between, By, COUNTRY, CountryCode, Id, IssuerId, Length, List, Number, OneOrMore, OrEmpty, Pointer,
    PointerOrNone, Reason, Salt, Scalar, Sha256, TenantId, Text, by,
};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde_json::{Value, json};
use std::borrow::Cow;
use vocabulary::{Claims, Condition, ModelScope, Policies, Unknown, Values};

/// The JSON Schema of a ruleset, for editors.
pub fn schema() -> Value {
    leaf::document::<Ruleset>()
}

/// Whom an order hits, on which models, from when, and what lifts it.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields, title = "Brightline ruleset, language 1")]
struct Ruleset {
    /// Its id, such as `us-model-access`; an app's trust root names it.
    ruleset: Id,
    /// A whole number that only grows; an older version is refused where a newer one was seen.
    #[schemars(range(min = 1))]
    version: i64,
    /// The version of the language: 1.
    language: Language,
    /// What it is, in a line.
    title: Option<Text>,
    /// Whether it is for development: then, and only then, it may trust issuers whose `iss` ends in `.development.invalid`.
    development: Option<bool>,
    /// First instant at which it may be used, such as `2026-06-12T00:00:00Z`.
    issued: At,
    /// First instant at which it may no longer be used: weeks after `issued`, not years.
    expires: At,
    /// How far ahead decisions announce changes, such as `30d`.
    notice: Option<Length>,
    /// What holds where no rule applies: a word, or a mapping with a reason and a message.
    default: Default,
    /// What can be done with a model, such as `chat`; an action that is not listed is never allowed.
    actions: List<Id>,
    /// The catalogue, most capable first; a model that is not listed is never allowed.
    models: Vec<Model>,
    /// The ruleset's own attributes by name, such as `subject.groups` or `context.on_site`; or more fields for a record.
    attributes: Option<Attributes>,
    /// Roles of parties of a chain that this ruleset knows in addition to the built-in ones, such as `broker`.
    roles: Option<OneOrMore<Id>>,
    /// Named groups of countries, with their citation.
    groups: Option<Groups>,
    /// Which country each territory counts as, as a place, such as `{ HK: CN }`; never as a nationality.
    territories: Option<Territories>,
    /// The identity providers that are trusted, each with its keys and the claims that it may assert.
    issuers: Option<Vec<Issuer>>,
    /// What makes tokens of several issuers one person's; those of one issuer must have the same `sub`.
    same_person: Option<OneOrMore<SamePersonWord>>,
    /// What evidence must be like for every rule and licence that does not say otherwise, per attribute.
    evidence: Option<Policies>,
    /// What a caller may have to do when it serves, by name, such as `{ log: Keep a record for five years. }`.
    obligations: Option<By<Text>>,
    /// Named authorisations that lift rules; each must be named by an exception.
    licences: Option<Vec<Licence>>,
    /// Each with an outcome, a scope, a condition, exceptions and a basis; their order means nothing.
    rules: Vec<Rule>,
    /// What must hold for every possible request; `brightline prove` proves each or shows a counterexample.
    guarantees: Option<Vec<Guarantee>>,
}

/// The one version of the language.
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

/// What holds where no rule applies.
#[derive(JsonSchema)]
#[schemars(untagged)]
enum Default {
    Word(DefaultOutcome),
    Said(DefaultSaid),
}

#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
struct DefaultSaid {
    /// What holds where no rule applies.
    outcome: DefaultOutcome,
    /// Its reason code, such as `model.not_covered`; without: `default`.
    reason: Option<Reason>,
    /// A sentence for the person whom it concerns.
    message: Option<Text>,
}

#[derive(JsonSchema)]
#[schemars(rename_all = "snake_case")]
enum DefaultOutcome {
    /// An order restricts: what it does not name stays as it was.
    Allow,
    /// More evidence is asked for.
    StepUp,
    /// A person decides.
    Review,
    /// Rules grant: what none grants is not served.
    Deny,
}

#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
struct Model {
    /// Its id, as requests name it.
    id: Id,
    /// Its name for people; without: its id.
    title: Option<Text>,
    /// The lab that made it, on whose scales `capability` is.
    lab: Option<Id>,
    /// What it can do, by name, each on its lab's own scale: `{ cyber: 4, flop: 3e26 }`.
    capability: Option<By<Number>>,
    /// Whether anybody can have its weights; without: no.
    published: Option<bool>,
    /// The model of this catalogue that it was made from.
    derived_from: Option<Id>,
    /// Words by which scopes can name it.
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
            // What is there already can get further fields at most.
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
    /// The type of its values.
    #[schemars(rename = "type")]
    kind: Option<AttributeType>,
    /// Of a `word`: the words that it can be.
    values: Option<OneOrMore<Text>>,
    /// Of `records`: `bool`, `text` or a list of words by field.
    fields: Option<By<FieldType>>,
    /// How much it tells about a person, 0 a yes or no, 9 a document; cheaper evidence is asked for first. Without: 5.
    #[schemars(range(min = 0, max = 9))]
    privacy: Option<i64>,
    /// Of a `bool` that the host states: what holds where it states nothing. Without: that is unknown.
    absent: Option<bool>,
    /// In place of a type: one name for several attributes of countries, of which the strictest counts.
    strictest_of: Option<List<Text>>,
}

/// Of a built-in record.
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

/// Named groups of countries.
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
    /// Its name for people.
    title: Option<Text>,
    /// Where the list stands, as a lawyer cites it: `15 CFR 740 Supplement No. 1`.
    citation: Text,
    /// Where it was read, such as a web page or a file.
    source: Option<Text>,
    /// The day on which it was read, such as `2026-07-01`.
    as_of: At,
    /// Its countries at all times; `all` for every country that there is.
    members: Option<Members>,
    /// Its countries from each day on, the earliest first.
    versions: Option<List<Version>>,
}

#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
struct Version {
    /// The first instant at which this list holds; it does until the next one's.
    from: At,
    /// Its countries from then on; `all` for every country that there is.
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

/// Which country each territory counts as.
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
    /// Its id in this ruleset, such as `my-idp`.
    id: IssuerId,
    /// What kind of source it is, such as `gov` or `employer`; evidence policies can ask for a class.
    class: Option<Id>,
    /// What the tokens of a well-known provider look like; what this issuer says itself stands before it.
    preset: Option<Preset>,
    /// The `iss` of its tokens, exactly, in every spelling; with `{tenantid}` in the place of a tenant, which `tid` has to name.
    iss: OneOrMore<Text>,
    /// The tenants whose tokens are accepted, if `iss` has `{tenantid}` in it. Without: every tenant's.
    tenants: Option<OneOrMore<TenantId>>,
    /// One of these must be in the `aud` of its tokens.
    audience: OneOrMore<Text>,
    /// The claim that names the audience of its JWTs in place of `aud`, such as `client_id`.
    audience_claim: Option<Text>,
    /// The `typ` that its tokens may have; `absent` for none. Without: `at+jwt`.
    typ: Option<OneOrMore<Text>>,
    /// The types of credential (`vct`) that it may assert; needed if a `typ` ends in `+sd-jwt`.
    vct: Option<OneOrMore<Text>>,
    /// Its public keys as JWKs; an empty list where `--jwks ID=FILE` supplies them. Needed unless there is `keys_from`.
    keys: Option<Vec<Jwk>>,
    /// Where the host fetches its keys.
    keys_from: Option<KeysFrom>,
    /// How whoever sends its tokens shows that they are theirs. Without: `key_binding` if a `typ` ends in `+sd-jwt`, else `none`.
    holder: Option<HolderWord>,
    /// The greatest age of such a proof, at most `600s`. Without: `60s`.
    proof_age: Option<Length>,
    /// What its tokens' places in a Token Status List are for. Without: `when_present`.
    status_list: Option<StatusListWord>,
    /// The keys of its status lists, where they are not its own.
    status_keys: Option<Vec<Jwk>>,
    /// Pointer to the claim that links its tokens to those of another issuer (`same_person: link`).
    link: Option<Pointer>,
    /// The roles of intermediaries that its tokens may be hops of, such as `reseller`.
    hops: Option<OneOrMore<Text>>,
    /// The longest `exp` minus `iat` of a token, such as `1h`.
    max_lifetime: Option<Length>,
    /// How far its clock may be off, at most `60s`. Without: `30s`.
    skew: Option<Length>,
    /// How sure it is of what it asserts: a level, or a claim whose values mean levels.
    assurance: Option<Assurance>,
    /// Pointer to when the facts were verified: RFC 3339, a date, or seconds.
    verified_at: Option<Pointer>,
    /// Pointer to when the facts stop counting.
    expires_at: Option<Pointer>,
    /// Pointer to an object, or a list of objects, from each of which the other pointers start.
    each: Option<Pointer>,
    /// Pointer to a text that must be `valid` where it is there; any other means revoked.
    status: Option<Pointer>,
    /// Pointer to the party of the chain that the claims are about; not there: the person whose token it is.
    of: Option<Pointer>,
    /// Claims are read only where each of these pointers leads to one of its texts.
    only: Option<Only>,
    /// Other spellings of countries that it uses, such as `{ UK: GB }`.
    country_aliases: Option<By<CountryCode>>,
    /// Which of its claims assert which attribute; a claim that is not mapped does not exist.
    claims: Option<Claims>,
}

/// Where the host fetches an issuer's keys: a `jwks_uri` with the thumbprints that are accepted, or a discovery.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields, extend("oneOf" = [{ "required": ["jwks_uri", "thumbprints"] }, { "required": ["discovery"] }]))]
struct KeysFrom {
    /// The address of the JWK Set.
    #[schemars(extend("pattern" = "^https://"))]
    jwks_uri: Option<Text>,
    /// The address stands in the issuer's OpenID configuration, or in its metadata as an authorisation server (RFC 8414).
    discovery: Option<DiscoveryWord>,
    /// The only keys that are accepted: SHA-256 thumbprints (RFC 7638) in base64url.
    thumbprints: Option<OneOrMore<Text>>,
    /// The algorithms of keys that do not say theirs, such as `RS256`; where it is there, no other is accepted.
    algorithms: Option<OneOrMore<Text>>,
    /// For how long after a fetch its keys are used where none can be fetched anew. Without: `24h`.
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
    /// A bearer token.
    None,
    /// A DPoP proof (RFC 9449).
    Dpop,
    /// A key-binding JWT (RFC 9901, section 4.3).
    KeyBinding,
}

#[derive(JsonSchema)]
#[schemars(rename_all = "snake_case", inline)]
enum StatusListWord {
    /// Where a token has one, it must be known and valid.
    WhenPresent,
    /// Every token must have one.
    Required,
    /// It is not looked at.
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
    Link,
}

/// A preset, with what its file says of it.
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

/// A public key; private members are refused. A member that is `null`, `""` or `[]` is an absent one.
#[derive(JsonSchema)]
#[schemars(extend("patternProperties" = { "^(d|p|q|dp|dq|qi|oth|k|priv)$": { "enum": [null, "", []] } }))]
struct Jwk {
    /// The type of key.
    kty: KeyType,
    /// The curve of an `OKP` or `EC` key.
    crv: Option<OrEmpty<Curve>>,
    /// The one algorithm that it is for.
    alg: KeyAlgorithm,
    /// Its name in tokens' headers.
    kid: Option<OrEmpty<String>>,
    /// `sig`, if it is there.
    #[schemars(rename = "use")]
    purpose: Option<OrEmpty<Text>>,
    /// Of an `OKP` or `EC` key: base64url.
    x: Option<OrEmpty<Text>>,
    /// Of an `EC` key: base64url.
    y: Option<OrEmpty<Text>>,
    /// Of an `RSA` key: the modulus, base64url, 2048 to 4096 bits.
    n: Option<OrEmpty<Text>>,
    /// Of an `RSA` key: `AQAB`.
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
    /// Pointer to the claim that says how sure the issuer is.
    claim: Pointer,
    /// The level that each of its values means; any other value is level 0.
    levels: By<Level>,
}

/// How sure an issuer is.
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

/// Texts that other claims must have.
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
    /// JSON Pointer (RFC 6901) to the claim.
    claim: Pointer,
    /// How much of a set is asserted: `true`, all that is so now; `ever`, all that ever was; `false`, perhaps a part.
    complete: Option<Complete>,
    /// How sure the issuer is of this claim.
    assurance: Option<Assurance>,
    /// Pointer to when it was verified; `none` for none.
    verified_at: Option<PointerOrNone>,
    /// Pointer to when it stops counting; `none` for none.
    expires_at: Option<PointerOrNone>,
    /// Pointer to an object, or a list of objects, from each of which the other pointers start; `none` for none.
    each: Option<PointerOrNone>,
    /// Pointer to a text that must be `valid` where it is there; `none` for none.
    status: Option<PointerOrNone>,
    /// Pointer to the party that the claim is about; `none` for none.
    of: Option<PointerOrNone>,
    /// Read only where each of these pointers leads to one of its texts: `{ /acct: "0" }`.
    only: Option<Only>,
    /// Other spellings of countries, such as `{ UK: GB }`.
    country_aliases: Option<By<CountryCode>>,
    /// Of a truth value: whether it is read the other way round.
    not: Option<bool>,
    /// Makes a truth value: true where the claim is one of these, false where it is another one of such a type.
    is: Option<OneOrMore<Scalar>>,
    /// Makes a truth value of a list, such as one of roles: true where one of these is in it, false where others alone are.
    has: Option<OneOrMore<Scalar>>,
    /// What each text of the claim means: `{ "USA": US }`; a text that is not listed cannot be read.
    values: Option<Values>,
    /// Makes a set of texts or of countries of one text: what stands between these, such as `" "` or `","`.
    split: Option<Between>,
}

#[derive(JsonSchema)]
#[schemars(untagged)]
enum Complete {
    /// `true`: the set is whole. `false`: there may be others.
    Now(bool),
    Word(Ever),
}

#[derive(JsonSchema)]
#[schemars(rename_all = "snake_case")]
enum Ever {
    /// The set is whole, and so is its history.
    Ever,
}

#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
struct Policy {
    /// The least assurance: `self`, `low`, `substantial`, `high`, or 0 to 3.
    assurance: Option<Level>,
    /// The greatest age since it was verified, such as `365d`.
    max_age: Option<Length>,
    /// Only of these issuers, by id.
    issuers: Option<OneOrMore<Text>>,
    /// Only of issuers of these classes.
    classes: Option<OneOrMore<Text>>,
}

#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
struct Basis {
    /// The citation, as a lawyer writes it: `15 CFR 772.1 (foreign person)`.
    citation: Text,
    /// Where to read it.
    url: Option<Address>,
    /// The day on which it was read, such as `2026-07-01`.
    as_of: Option<At>,
}

#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
struct Scope {
    /// Which models: ids, or a mapping such as `{ capability.cyber: { at_least: 4 } }`. Without: all.
    models: Option<Models>,
    /// Which actions. Without: all.
    actions: Option<OneOrMore<Text>>,
}

/// Ids of models, or what is asked of them.
#[derive(JsonSchema)]
#[schemars(untagged)]
enum Models {
    Ids(OneOrMore<Text>),
    Asked(ModelScope),
}

/// On the model's own lab's scale; a model without the capability does not match.
#[derive(JsonSchema)]
#[schemars(untagged)]
enum Capability {
    /// Exactly this.
    Exact(Number),
    Range(Range),
}

/// At least one end; both are inside.
#[derive(JsonSchema)]
#[schemars(deny_unknown_fields, extend("minProperties" = 1))]
struct Range {
    /// This or more.
    at_least: Option<Number>,
    /// This or less.
    at_most: Option<Number>,
}

#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
struct Effective {
    /// When it was made known; before that, decisions do not announce it.
    notice: Option<At>,
    /// First instant at which it is in force.
    from: Option<At>,
    /// First instant at which it is no longer in force.
    until: Option<At>,
    /// When a later act ended it.
    lifted: Option<At>,
    /// While it is suspended.
    suspended: Option<OneOrMore<Window>>,
    /// While it is in force and the authority does not act on it: it is named in decisions, and restricts nothing.
    not_enforced: Option<OneOrMore<Window>>,
}

#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
struct Window {
    /// First instant inside.
    from: At,
    /// First instant no longer inside.
    until: Option<At>,
}

#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
struct Rule {
    /// Its id, such as `foreign-nationals`.
    id: Id,
    /// What it says, in a line.
    title: Text,
    /// What it comes to: a word, or a word with what is served instead, such as `{ degrade: { model: atlas-4 } }`.
    outcome: Outcome,
    /// A stable reason code, such as `foreign_person`; programs branch on it.
    reason: Reason,
    /// A sentence for the person whom it concerns.
    message: Text,
    /// Where the law says so; a rule without a citation is none.
    basis: Basis,
    /// When it is in force. Without: always.
    effective: Option<Effective>,
    /// Which models and actions. Without: all.
    scope: Option<Scope>,
    /// Whom it judges, by role in the chain, such as `reseller`: `subject` is the person served, `all` is everyone. Without:
    /// `subject`.
    parties: Option<OneOrMore<Id>>,
    /// Its condition. Without: it always holds.
    when: Option<Condition>,
    /// What evidence must be like, per attribute, in place of the ruleset's own.
    evidence: Option<Policies>,
    /// What it means that no evidence speaks of its condition. Without: `step_up`.
    absence: Option<Absence>,
    /// Its own reason codes for what cannot be settled, per attribute and perhaps per cause.
    unknown: Option<Unknown>,
    /// Its exceptions; any of them lifts it.
    unless: Option<List<Exception>>,
    /// What the caller must do where it applies and the request is allowed.
    obligations: Option<OneOrMore<Text>>,
    /// Its title and exceptions are not told in decisions: a random text of at least 16 characters to commit to it.
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
    /// Served.
    Allow,
    /// Nothing is served until there is evidence.
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
    /// Nothing is served but, meanwhile, this.
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
    /// The rule does not apply: it is a red flag, and none was raised.
    Clears,
    /// The rule might apply, so evidence is asked for.
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
    /// No trusted issuer asserts it; of what the host states: it does not.
    missing: Option<Reason>,
    /// A claim is there that cannot be read.
    undisclosed: Option<Reason>,
    /// A claim is there that cannot be read as it.
    unusable: Option<Reason>,
    /// Verified later than now.
    not_yet_valid: Option<Reason>,
    /// Below the assurance asked for, or of an issuer that is not accepted.
    insufficient: Option<Reason>,
    /// Its issuer has taken it back.
    revoked: Option<Reason>,
    /// Its own end has passed.
    expired: Option<Reason>,
    /// Verified too long ago, or at no known time.
    stale: Option<Reason>,
    /// A country that no group of the ruleset maps.
    unmapped: Option<Reason>,
    /// Without the dates that would say which came last.
    undated: Option<Reason>,
    /// A set that may have other members.
    incomplete: Option<Reason>,
    /// Usable evidence disagrees.
    conflict: Option<Reason>,
    /// The chain says that nobody knows whom it serves.
    end_user_unknown: Option<Reason>,
    /// The chain says that nobody knows the party.
    party_unknown: Option<Reason>,
}

#[derive(JsonSchema)]
#[schemars(untagged)]
enum Seal {
    /// A random text, kept beside the rule by those who may read it.
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
    /// Its id; without, where it is a licence: the licence's.
    id: Option<Id>,
    /// Its reason code where it lifts; without, where it is a licence: `licence`.
    reason: Option<Reason>,
    /// Where the law says so; without: the licence's, or else the rule's.
    basis: Option<Basis>,
    /// When it is in force. Without: always.
    effective: Option<Effective>,
    /// Which models and actions. Without: all of the rule's.
    scope: Option<Scope>,
    /// Whom it is for.
    when: Option<Condition>,
    /// What else must hold for those whom it is for, each with the reason code where it does not.
    provided: Option<OneOrMore<Requirement>>,
    /// The licence that it needs: an id, or `{ type: KIND }` for any of that kind.
    licence: Option<LicenceRef>,
    /// What evidence must be like, per attribute, in place of the ruleset's own.
    evidence: Option<Policies>,
    /// What the caller must do where it lifts the rule.
    obligations: Option<OneOrMore<Text>>,
}

#[derive(JsonSchema)]
#[schemars(deny_unknown_fields, extend("oneOf" = [{ "required": ["always"] }, { "required": ["never"] }]))]
struct Guarantee {
    /// Its id, such as `us-persons-keep-access`.
    id: Id,
    /// What it promises, in a line.
    title: Option<Text>,
    /// Whom it is for. Without: everyone, also somebody of whom nothing is known.
    #[schemars(rename = "for")]
    whom: Option<Condition>,
    /// What evidence of that must be like, per attribute, in place of the ruleset's own.
    evidence: Option<Policies>,
    /// Which models and actions. Without: all.
    scope: Option<Scope>,
    /// When it must hold. Without: as long as the ruleset is valid.
    during: Option<During>,
    /// The outcome that they always have, or the outcomes of which they have one.
    always: Option<OneOrMore<AnyOutcome>>,
    /// The outcome, or the outcomes, that they never have.
    never: Option<OneOrMore<AnyOutcome>>,
}

#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
struct During {
    /// The first instant.
    from: Option<At>,
    /// The first instant after it.
    until: Option<At>,
}

/// What a decision can come to.
#[derive(JsonSchema)]
#[schemars(rename_all = "snake_case")]
enum AnyOutcome {
    /// It is served.
    Allow,
    /// Something else is served.
    Degrade,
    /// More evidence is asked for.
    StepUp,
    /// A person decides.
    Review,
    /// Nothing is served.
    Deny,
}

#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
struct Requirement {
    /// The reason code where it does not hold, such as `exemption.not_employee`.
    reason: Reason,
    /// What must hold.
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
    /// Its number.
    id: Id,
    /// What kind of licence it is, for exceptions that name the kind.
    #[schemars(rename = "type")]
    kind: Option<Id>,
    /// Where it was granted.
    basis: Basis,
    /// Who holds it, such as `{ subject.id: "my-idp:user-1" }`.
    holder: Condition,
    /// What evidence of the holder must be like, per attribute, in place of the ruleset's own.
    evidence: Option<Policies>,
    /// Which models. Without: all.
    models: Option<Models>,
    /// Which actions. Without: all.
    actions: Option<OneOrMore<Text>>,
    /// Which purposes, compared with `context.purpose`: these, and what begins with one of them and a dot. Without: all.
    end_uses: Option<OneOrMore<Text>>,
    /// First instant at which it is valid.
    from: Option<At>,
    /// First instant at which it is no longer valid.
    until: Option<At>,
    /// When it was revoked.
    revoked: Option<At>,
    /// What somebody keeps up outside of the check; without one of them it lifts nothing.
    provisos: Option<List<Proviso>>,
    /// What the caller must do where it lifts a rule.
    obligations: Option<OneOrMore<Text>>,
}

#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
struct Proviso {
    /// Its name, such as `status-report`.
    id: Id,
    /// Whether it is kept up.
    satisfied: bool,
    /// First instant at which it no longer is.
    until: Option<At>,
}
