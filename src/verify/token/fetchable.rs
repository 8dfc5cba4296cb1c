//! Data that a host could fetch so that a refused token may be accepted.

use super::jws::{Carries, Jws};
use super::sd_jwt::Parts;
use super::{IssuerEntry, TokenError, claims};
use crate::verify::issuer::TrustedIssuer;

/// Data to fetch.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[allow(clippy::exhaustive_enums, reason = "a host must handle each")]
pub enum Fetchable {
    /// The keys of an issuer whose entry has `keys_from`.
    Keys {
        /// Its `iss`.
        iss: String,
    },
    /// A status list.
    StatusList {
        /// The `iss` of the token's issuer.
        iss: String,
        /// The address of the list.
        uri: String,
    },
}

/// The data to fetch for a token that was refused for `error`, if that could help. Nothing here trusts the token: it
/// selects among trusted issuers, and asks for a status list only after the token's signature verified.
pub fn wanted<'a>(
    token: &str,
    issuers: impl IntoIterator<Item = &'a TrustedIssuer>,
    error: TokenError,
) -> Option<Fetchable> {
    // Without a `kid`, a key that has not been fetched yet appears as an algorithm without a key.
    let keys = matches!(error, TokenError::KeyUnknown | TokenError::Algorithm);
    if !keys && error != TokenError::StatusUnknown {
        return None;
    }
    let parts = Parts::of(token).ok()?;
    let jws = Jws::read(parts.jwt, Carries::Nothing).ok()?;
    let issuer = IssuerEntry::of(&jws, issuers).ok()?.issuer;
    let iss = issuer.iss.clone();
    if keys {
        return issuer.remote.is_some().then_some(Fetchable::Keys { iss });
    }
    let place = claims::status_place(jws.claim("status")).ok()??;
    Some(Fetchable::StatusList { iss, uri: place.uri })
}
