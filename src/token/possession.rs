//! Whether whoever sends a token may: a DPoP proof (RFC 9449) or a key-binding JWT (RFC 9901, section 4.3).

use super::sd_jwt::Parts;
use super::{Claims, TokenError};
use crate::issuer::{Holder, TrustedIssuer};
use crate::time::Instant;

/// What a request brings besides its tokens, to show that they are the sender's.
#[derive(Clone, Copy, Debug, Default)]
#[allow(clippy::exhaustive_structs, reason = "written by the host")]
pub struct Possession<'a> {
    /// The nonce that this host gave to the wallet, which each key-binding JWT must have.
    pub nonce: Option<&'a str>,
    /// The DPoP proofs; each token that needs one has one of its own.
    pub proofs: &'a [Proof<'a>],
}

/// A DPoP proof, and the request that it must be for.
#[derive(Clone, Copy, Debug)]
#[allow(clippy::exhaustive_structs, reason = "written by the host")]
pub struct Proof<'a> {
    /// The value of the `DPoP` header.
    pub jwt: &'a str,
    /// The method of the request.
    pub method: &'a str,
    /// The address of the request, without query and fragment.
    pub url: &'a str,
    /// The nonce that this host last gave, if it gives any.
    pub nonce: Option<&'a str>,
}

/// Something that may be used once: the host remembers it until its end, and refuses whatever uses it again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(clippy::exhaustive_structs, reason = "what a store needs")]
pub struct Use {
    /// SHA-256 of what is used.
    pub key: [u8; 32],
    /// From when on it would be refused anyhow.
    pub until: Instant,
}

impl Use {
    /// Its key as a text, in base64url.
    pub fn name(&self) -> String {
        crate::jose::encode(&self.key)
    }
}

/// Holds a token to what its issuer's entry asks for.
pub(super) fn check(
    _claims: &mut Claims,
    issuer: &TrustedIssuer,
    _token: &Parts<'_>,
    _possession: &Possession<'_>,
    _now: Instant,
) -> Result<(), TokenError> {
    match issuer.holder {
        Holder::Bearer => Ok(()),
        Holder::Dpop | Holder::KeyBinding => Err(TokenError::ProofMissing),
    }
}
