//! What a ruleset says of how an issuer's tokens are verified: its keys or where they are, the form of its tokens, and what
//! else must come with them. What a token says of itself changes none of it.

use crate::jose::{Algorithm, Key};
use crate::time::Span;

/// An issuer that a ruleset trusts, as far as verification goes.
#[derive(Clone, Debug, Default)]
pub struct TrustedIssuer {
    /// The ruleset's name for it.
    pub id: String,
    /// The exact `iss` of its tokens; with [`TENANT`] in it, a template of them. The name by which a host calls the issuer.
    pub iss: String,
    /// Other spellings of the same `iss`, which its tokens may have too.
    pub other_iss: Vec<String>,
    /// The tenants that are accepted, if `iss` is a template; none: every tenant.
    pub tenants: Vec<String>,
    /// Accepted `aud` values; for an SD-JWT, of its key-binding JWT.
    pub audience: Vec<String>,
    /// The claim that names the audience of a JWT in place of `aud`.
    pub audience_claim: Option<String>,
    /// Accepted `typ` values, lower case, without `application/`; `absent` accepts a header without one.
    pub typ: Vec<String>,
    /// Accepted `vct` values of its SD-JWT VCs.
    pub vct: Vec<String>,
    /// Its keys inside the ruleset.
    pub keys: Vec<Key>,
    /// Where the host fetches its keys.
    pub remote: Option<RemoteKeys>,
    /// Longest `exp - iat`.
    pub max_lifetime: Option<Span>,
    /// Tolerated clock skew, at most 60 s.
    pub skew: Span,
    /// How whoever sends its tokens shows that they may.
    pub holder: Holder,
    /// Greatest age of a proof of possession.
    pub proof_age: Span,
    /// What its tokens' places in a status list are for.
    pub status_list: StatusCheck,
    /// Keys of its status lists, where they are not its own.
    pub status_keys: Vec<Key>,
    /// JSON Pointer to the claim by which its tokens are linked to those of other issuers.
    pub link: Option<String>,
    /// The roles of intermediaries that its tokens may be hops of.
    pub hops: Vec<String>,
}

/// How the `iss` of every issuer of development tokens ends: a name that nobody can have (RFC 2606, section 2).
pub const DEVELOPMENT: &str = ".development.invalid";

/// The part of an `iss` that stands for a tenant: the claim `tid` of the token has to name the same one.
pub const TENANT: &str = "{tenantid}";

/// Whether a text can be the id of a tenant: nothing that means something in an address or in a person's name.
pub fn is_tenant(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.' | b'_'))
}

/// A template's `iss` for one tenant.
pub fn of_tenant(iss: &str, tenant: &str) -> String {
    template(iss).map_or_else(|| iss.to_owned(), |(before, after)| [before, tenant, after].concat())
}

/// The parts of a template before and after the tenant. `None` if it is none. The general search for a text is a kilobyte of the
/// module.
fn template(iss: &str) -> Option<(&str, &str)> {
    iss.match_indices('{').find_map(|(at, _)| {
        let (before, rest) = iss.split_at_checked(at)?;
        Some((before, rest.strip_prefix(TENANT)?))
    })
}

/// How the `typ` of every credential ends, whatever its name: `dc+sd-jwt`, the older `vc+sd-jwt`, a name of its own.
pub const CREDENTIAL: &str = "+sd-jwt";

impl TrustedIssuer {
    /// Whether anyone may mint its tokens: only a ruleset for development trusts it.
    pub fn is_development(&self) -> bool {
        self.spellings().any(|iss| iss.ends_with(DEVELOPMENT))
    }

    /// Its `iss` as the ruleset writes it, in every spelling; a template as a template.
    pub fn spellings(&self) -> impl Iterator<Item = &str> {
        std::iter::once(&self.iss).chain(&self.other_iss).map(String::as_str)
    }

    /// Whether a host that names an issuer by `iss` means this entry.
    pub fn has_iss(&self, iss: &str) -> bool {
        self.spellings().any(|known| known == iss)
    }

    /// Whether its entry is for tenants of a provider, each an issuer of its own.
    pub fn has_tenants(&self) -> bool {
        template(&self.iss).is_some()
    }

    /// Whether a token with this `iss` is its own; `tenant` is the token's `tid`.
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

/// How whoever sends a token shows that it is theirs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[allow(clippy::exhaustive_enums, reason = "a closed list is the point")]
pub enum Holder {
    /// Not at all: a bearer token.
    #[default]
    Bearer,
    /// A DPoP proof (RFC 9449) by the key of `cnf.jkt`.
    Dpop,
    /// A key-binding JWT (RFC 9901, section 4.3) by the key of `cnf.jwk`.
    KeyBinding,
}

/// What is done about a token's place in a status list.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[allow(clippy::exhaustive_enums, reason = "a closed list is the point")]
pub enum StatusCheck {
    /// Where a token has one, it must be known and valid.
    #[default]
    WhenPresent,
    /// Every token must have one.
    Required,
    /// Nothing.
    Ignored,
}

/// Keys that the host fetches.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(clippy::exhaustive_structs, reason = "read from a ruleset only")]
pub struct RemoteKeys {
    /// Where they are.
    pub source: KeySource,
    /// SHA-256 thumbprints (RFC 7638), base64url, of the only keys that are accepted; none: all that are there.
    pub thumbprints: Vec<String>,
    /// The algorithms of keys that do not say theirs; a key of another algorithm is not accepted.
    pub algorithms: Vec<Algorithm>,
    /// For how long after a fetch its keys are used where none can be fetched anew.
    pub stale: Span,
}

/// Where an issuer's keys are.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(clippy::exhaustive_enums, reason = "a closed list is the point")]
pub enum KeySource {
    /// At this address, as a JWK Set.
    JwksUri(String),
    /// Where the issuer's OpenID configuration says (OpenID Connect Discovery 1.0, section 4).
    OpenId,
    /// Where the issuer's metadata as an authorisation server say (RFC 8414, section 3).
    OAuth,
}
