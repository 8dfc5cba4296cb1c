//! The token profile: a compact JWS from a trusted issuer, or a refusal with a code.

use crate::jose::Key;
use crate::json;
use crate::time::{Instant, Span, Window};

/// An issuer that a ruleset trusts, as far as verification goes.
#[derive(Clone, Debug)]
pub struct TrustedIssuer {
    /// The ruleset's name for it.
    pub id: String,
    /// The exact `iss`.
    pub iss: String,
    /// Accepted `aud` values.
    pub audience: Vec<String>,
    /// Accepted `typ` values, lower case, without `application/`; `absent` accepts a header without one.
    pub typ: Vec<String>,
    /// Its keys.
    pub keys: Vec<Key>,
    /// Longest `exp - iat`.
    pub max_lifetime: Option<Span>,
    /// Tolerated clock skew, at most 60 s.
    pub skew: Span,
}

/// The claims of a token that verified.
#[derive(Clone, Debug)]
pub struct Claims {
    issuer: usize,
    subject: String,
    accepted: Window,
    payload: json::Value,
}

impl Claims {
    /// Position of the issuer in the list that was given.
    pub const fn issuer(&self) -> usize {
        self.issuer
    }

    /// `sub`
    pub fn subject(&self) -> &str {
        &self.subject
    }

    /// When the token is accepted: `nbf` and `exp` with the skew.
    pub const fn accepted(&self) -> Window {
        self.accepted
    }

    /// The whole payload, an object.
    pub const fn payload(&self) -> &json::Value {
        &self.payload
    }
}

/// Why a token is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum TokenError {
    /// Placeholder.
    Malformed,
}

impl TokenError {
    /// Stable code.
    pub const fn code(&self) -> &'static str {
        "token.malformed"
    }
}

impl std::fmt::Display for TokenError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("the token is malformed")
    }
}

/// Verifies a compact JWS.
pub fn verify(_token: &str, _issuers: &[TrustedIssuer], _now: Instant) -> Result<Claims, TokenError> {
    Err(TokenError::Malformed)
}

/// Why a token that verified is refused at another instant, if it is.
pub fn lapsed(accepted: Window, now: Instant) -> Option<TokenError> {
    (!accepted.contains(now)).then_some(TokenError::Malformed)
}
