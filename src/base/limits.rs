//! Every bound on the check's input, in one place. Input over a limit is refused before it is processed.

/// Most bytes of one compact token.
pub const TOKEN_BYTES: usize = 16 * 1024;
/// Most bytes of a decoded JOSE header.
pub const HEADER_BYTES: usize = 2 * 1024;
/// Most bytes of a decoded JOSE header that may have a chain of certificates.
pub const CERTIFIED_HEADER_BYTES: usize = 16 * 1024;
/// Deepest nesting of arrays and objects in a token or a request.
pub const JSON_DEPTH: usize = 16;
/// Most members of one JSON object in a token or a request.
pub const JSON_MEMBERS: usize = 256;
/// Most bytes of one JSON string in a token or a request. Equal to the token's own limit, since a claim that no rule
/// reads may be long.
pub const JSON_STRING_BYTES: usize = TOKEN_BYTES;
/// Most bytes of a request's context, as JSON.
pub const CONTEXT_BYTES: usize = 16 * 1024;
/// Most keys of one issuer or one trust root.
pub const KEYS: usize = 64;
/// Most bytes of a signed ruleset.
pub const BUNDLE_BYTES: usize = 32 * 1024 * 1024;
/// Most signatures of a signed ruleset.
pub const SIGNATURES: usize = 8;
/// Most bytes of a statement that rotates a trust root.
pub const ROTATION_BYTES: usize = 128 * 1024;
/// Most signatures of such a statement: those of two trust roots.
pub const ROTATION_SIGNATURES: usize = 32;
/// Deepest nesting in a ruleset: conditions inside conditions.
pub const RULESET_DEPTH: usize = 64;
/// Most rules of a ruleset.
pub const RULES: usize = 100_000;
/// Most entries of a set-valued claim. Microsoft Entra ID puts up to 200 groups in a token.
pub const SET_ENTRIES: usize = 256;
/// Most entries of a claim of countries.
pub const COUNTRY_ENTRIES: usize = 16;
/// Most tokens of one presentation.
pub const TOKENS: usize = 16;
/// Most regions or parties that a request's context states.
pub const CONTEXT_ENTRIES: usize = 32;
/// Most rules that a decision's `reasons` lists, strictest first.
pub const REASONS: usize = 16;
/// Most bytes of a model or action name in a request.
pub const NAME_BYTES: usize = 256;
/// Most bytes of one SD-JWT with its disclosures and its key binding.
pub const SD_JWT_BYTES: usize = 64 * 1024;
/// Most disclosures of one SD-JWT.
pub const DISCLOSURES: usize = 100;
/// Deepest nesting of disclosures inside disclosures.
pub const DISCLOSURE_DEPTH: usize = 8;
/// Most bytes of one proof of possession: a DPoP proof, a key-binding JWT.
pub const PROOF_BYTES: usize = 8 * 1024;
/// Greatest age of a proof of possession that an issuer's entry may allow, in seconds.
pub const PROOF_SECONDS: i64 = 600;
/// Most signed hops of one presentation.
pub const HOPS: usize = 8;
/// Most bytes of one status list token.
pub const STATUS_LIST_TOKEN_BYTES: usize = 2 * 1024 * 1024;
/// Most bytes of one status list after inflation.
pub const STATUS_LIST_BYTES: usize = 4 * 1024 * 1024;
/// Most bytes of all status lists that one opened ruleset keeps, after inflation: about 250 lists of a million tokens.
pub const STATUS_LISTS_BYTES: usize = 32 * 1024 * 1024;
/// How long after its fetch a status list without `ttl` is used, in seconds.
pub const STATUS_SECONDS: i64 = 12 * 60 * 60;
/// How long after its fetch any status list is used, in seconds, so that a revoked token is refused within a day.
pub const STATUS_MOST_SECONDS: i64 = 24 * 60 * 60;
/// Greatest age of a status list, from its `iat`, in seconds. An issuer that renews its lists every week stays within
/// it.
pub const STATUS_AGE_SECONDS: i64 = 7 * 24 * 60 * 60;
/// How much the clocks of one host's machines may differ, in seconds: fetched keys and lists are used from this long
/// before their fetch.
pub const CLOCK_SECONDS: i64 = 60;
/// Most bytes of one JWK Set that a host hands over.
pub const JWKS_BYTES: usize = 256 * 1024;
/// Most entries of the deny list.
pub const DENIED: usize = 10_000;
/// Greatest clock skew that an issuer may be given, in seconds.
pub const SKEW_SECONDS: i64 = 60;
