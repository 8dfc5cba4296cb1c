//! How a ruleset says that an issuer's tokens are verified: its keys or where to fetch them, the form of its tokens,
//! and the proofs that must accompany them. Nothing in a token changes any of it.

use crate::base::time::Span;
use crate::verify::jose::{Algorithm, Key};

/// An issuer that a ruleset trusts: the part that verification needs.
#[derive(Clone, Debug, Default)]
pub struct TrustedIssuer {
    /// Its id in the ruleset.
    pub id: String,
    /// The exact `iss` of its tokens, or a template with [`TENANT`] in it. Hosts name the issuer by it.
    pub iss: String,
    /// Other spellings of the same `iss` that its tokens may have.
    pub other_iss: Vec<String>,
    /// The accepted tenants, if `iss` is a template; empty if every tenant is accepted.
    pub tenants: Vec<String>,
    /// Accepted `aud` values; for an SD-JWT with a key binding, those of its key-binding JWT.
    pub audience: Vec<String>,
    /// The claim that names the audience of a JWT in place of `aud`.
    pub audience_claim: Option<String>,
    /// Accepted `typ` values, lower case, without `application/`; `absent` accepts a header without `typ`.
    pub typ: Vec<String>,
    /// Accepted `vct` values of its SD-JWT VCs.
    pub vct: Vec<String>,
    /// Its keys in the ruleset itself.
    pub keys: Vec<Key>,
    /// Where the host fetches its keys.
    pub remote: Option<RemoteKeys>,
    /// Longest `exp - iat`.
    pub max_lifetime: Option<Span>,
    /// Tolerated clock skew, at most 60 s.
    pub skew: Span,
    /// How the sender of a token proves possession of it.
    pub holder: Holder,
    /// Greatest age of a proof of possession.
    pub proof_age: Span,
    /// How the status list entries of its tokens are used.
    pub status_list: StatusCheck,
    /// Keys of its status lists; empty if its own keys sign them.
    pub status_keys: Vec<Key>,
    /// JSON Pointer to the claim that links its tokens to those of other issuers.
    pub link: Option<String>,
    /// The roles of intermediaries for which its tokens may be hops.
    pub hops: Vec<String>,
}

/// The ending of the `iss` of every issuer of development tokens: a domain that cannot be registered (RFC 2606, section
/// 2).
pub const DEVELOPMENT: &str = ".development.invalid";

/// The placeholder for a tenant in an `iss`; the token's claim `tid` must name the same tenant.
pub const TENANT: &str = "{tenantid}";

/// Returns true if a text can be a tenant's id: it has no character with a meaning in an address or in a person's id.
pub fn is_tenant(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.' | b'_'))
}

/// A template's `iss` for one tenant.
pub fn of_tenant(iss: &str, tenant: &str) -> String {
    template(iss).map_or_else(|| iss.to_owned(), |(before, after)| [before, tenant, after].concat())
}

/// The parts of a template before and after the tenant. `None` if it is not a template. Does not use the general text
/// search, which would add a kilobyte to the module.
fn template(iss: &str) -> Option<(&str, &str)> {
    iss.match_indices('{').find_map(|(at, _)| {
        let (before, rest) = iss.split_at_checked(at)?;
        Some((before, rest.strip_prefix(TENANT)?))
    })
}

/// The ending of the `typ` of every credential: `dc+sd-jwt`, the older `vc+sd-jwt`, or a type of its own.
pub const CREDENTIAL: &str = "+sd-jwt";

impl TrustedIssuer {
    /// Returns true if its tokens can be minted by any developer; only a ruleset for development may trust it.
    pub fn is_development(&self) -> bool {
        self.spellings().any(|iss| iss.ends_with(DEVELOPMENT))
    }

    /// Every spelling of its `iss` as the ruleset writes it; templates are not expanded.
    pub fn spellings(&self) -> impl Iterator<Item = &str> {
        std::iter::once(&self.iss).chain(&self.other_iss).map(String::as_str)
    }

    /// Returns true if a host's `iss` names this entry.
    pub fn has_iss(&self, iss: &str) -> bool {
        self.spellings().any(|known| known == iss)
    }

    /// Returns true if its entry is for tenants of a provider, each an issuer of its own.
    pub fn has_tenants(&self) -> bool {
        template(&self.iss).is_some()
    }

    /// Returns true if this entry issues tokens with this `iss`; `tenant` is the token's `tid`.
    pub fn issues(&self, iss: &str, tenant: Option<&str>) -> bool {
        let listed = |tenant: &str| self.tenants.is_empty() || self.tenants.iter().any(|known| known == tenant);
        let tenant = tenant.filter(|tenant| is_tenant(tenant) && listed(tenant));
        self.spellings().any(|known| match template(known) {
            None => known == iss,
            Some((before, after)) => {
                tenant.is_some() && iss.strip_prefix(before).and_then(|rest| rest.strip_suffix(after)) == tenant
            }
        })
    }
}

/// How the sender of a token proves that it is theirs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[allow(clippy::exhaustive_enums, reason = "a closed list is the point")]
pub enum Holder {
    /// No proof: a bearer token.
    #[default]
    Bearer,
    /// A DPoP proof (RFC 9449) by the key of `cnf.jkt`.
    Dpop,
    /// A key-binding JWT (RFC 9901, section 4.3) by the key of `cnf.jwk`.
    KeyBinding,
}

/// How a token's status list entry is used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[allow(clippy::exhaustive_enums, reason = "a closed list is the point")]
pub enum StatusCheck {
    /// If a token has one, its status must be known and valid.
    #[default]
    WhenPresent,
    /// Every token must have one, and its status must be known and valid.
    Required,
    /// It is not read.
    Ignored,
}

/// Keys that the host fetches.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(clippy::exhaustive_structs, reason = "read from a ruleset only")]
pub struct RemoteKeys {
    /// The address of the keys, or how to discover it.
    pub source: KeySource,
    /// SHA-256 thumbprints (RFC 7638), base64url, of the only accepted keys; empty if every fetched key is accepted.
    pub thumbprints: Vec<String>,
    /// The algorithms of keys that do not state one; a key of another algorithm is not accepted.
    pub algorithms: Vec<Algorithm>,
    /// How long after a fetch its keys are used if no newer ones can be fetched.
    pub stale: Span,
}

/// The location of an issuer's keys.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(clippy::exhaustive_enums, reason = "a closed list is the point")]
pub enum KeySource {
    /// A JWK Set at this address.
    JwksUri(String),
    /// The `jwks_uri` of the issuer's OpenID configuration (OpenID Connect Discovery 1.0, section 4).
    OpenId,
    /// The `jwks_uri` of the issuer's metadata as an authorisation server (RFC 8414, section 3).
    OAuth,
}
