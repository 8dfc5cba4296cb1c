//! The entries of `issuers`: how tokens are verified, and which claims assert which attributes.

use super::leaf::{
    Between, By, CountryCode, Id, IssuerId, Length, OneOrMore, OrEmpty, Pointer, PointerOrNone, Scalar, TenantId, Text,
    by,
};
use super::vocabulary::{Claims, Values};
use crate::author::language::read::PRESETS;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde_json::json;
use std::borrow::Cow;

#[derive(JsonSchema)]
#[schemars(deny_unknown_fields, extend("allOf" = [{ "anyOf": [{ "required": ["assurance"] }, { "required": ["preset"] }] },
    { "anyOf": [{ "required": ["keys"] }, { "required": ["keys_from"] }] }]))]
pub(super) struct Issuer {
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
pub(super) struct KeysFrom {
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
pub(super) enum DiscoveryWord {
    Openid,
    Oauth,
}

#[derive(JsonSchema)]
#[schemars(rename_all = "snake_case", inline)]
pub(super) enum HolderWord {
    /// No proof: a bearer token.
    None,
    /// A DPoP proof (RFC 9449).
    Dpop,
    /// A key-binding JWT (RFC 9901, section 4.3).
    KeyBinding,
}

#[derive(JsonSchema)]
#[schemars(rename_all = "snake_case", inline)]
pub(super) enum StatusListWord {
    /// If a token has an entry, its status must be known and valid.
    WhenPresent,
    /// Every token must have an entry, and its status must be known and valid.
    Required,
    /// Entries are ignored.
    Ignored,
}

#[derive(JsonSchema)]
#[schemars(rename_all = "snake_case", inline)]
pub(super) enum SamePersonWord {
    /// The same `sub`: the issuers share their subjects' identifiers.
    Subject,
    /// The same key in `cnf`.
    Key,
    /// The same text in the claims that the issuers name as `link`.
    ChainParty,
}

/// A preset, with the comment at the start of its file as its description.
pub(super) enum Preset {}

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
pub(super) struct Jwk {
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
pub(super) enum KeyType {
    #[schemars(rename = "OKP")]
    Okp,
    #[schemars(rename = "EC")]
    Ec,
    #[schemars(rename = "RSA")]
    Rsa,
}

#[derive(JsonSchema)]
pub(super) enum Curve {
    Ed25519,
    #[schemars(rename = "P-256")]
    P256,
    #[schemars(rename = "P-384")]
    P384,
}

#[derive(JsonSchema)]
pub(super) enum KeyAlgorithm {
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
pub(super) enum Assurance {
    Level(Level),
    Claim(AssuranceClaim),
}

#[derive(JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(super) struct AssuranceClaim {
    /// A pointer to the claim that states the assurance.
    claim: Pointer,
    /// The level for each value of the claim. Any other value is level 0.
    levels: By<Level>,
}

/// A level of assurance.
#[derive(JsonSchema)]
#[schemars(untagged)]
pub(super) enum Level {
    Word(LevelWord),
    /// 0 self-asserted, 1 low, 2 substantial, 3 high.
    Number(#[schemars(range(min = 0, max = 3))] i64),
}

#[derive(JsonSchema)]
#[schemars(rename_all = "snake_case")]
pub(super) enum LevelWord {
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
pub(super) enum Only {}

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
pub(super) struct ClaimMapping {
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
pub(super) enum Complete {
    /// `true`: the set is complete now. `false`: there may be more.
    Now(bool),
    Word(Ever),
}

#[derive(JsonSchema)]
#[schemars(rename_all = "snake_case")]
pub(super) enum Ever {
    /// The set is complete, and so is its history.
    Ever,
}
