//! What a host could fetch so that a token that was refused may be accepted.

use super::jws::{Carries, Jws};
use super::sd_jwt::Parts;
use super::{Entry, TokenError, claims};
use crate::issuer::TrustedIssuer;

/// Something to fetch.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[allow(clippy::exhaustive_enums, reason = "a host must handle each")]
pub enum Wanted {
    /// The keys of an issuer, whose entry has `keys_from`.
    Keys {
        /// Its `iss`.
        iss: String,
    },
    /// A status list.
    StatusList {
        /// The `iss` of the token's issuer.
        iss: String,
        /// Where the list is.
        uri: String,
    },
}

/// What to fetch for a token that was refused for `error`, if that could help. Nothing here trusts the token: it chooses
/// among what the ruleset trusts, and a status list is asked for only once the token's signature was good.
pub fn wanted<'a>(
    token: &str,
    issuers: impl IntoIterator<Item = &'a TrustedIssuer>,
    error: TokenError,
) -> Option<Wanted> {
    // Without a `kid`, a key that is not there yet shows as an algorithm that no key has.
    let keys = matches!(error, TokenError::KeyUnknown | TokenError::Algorithm);
    if !keys && error != TokenError::StatusUnknown {
        return None;
    }
    let parts = Parts::of(token).ok()?;
    let jws = Jws::read(parts.jwt, Carries::Nothing).ok()?;
    let issuer = Entry::of(&jws, issuers).ok()?.issuer;
    let iss = issuer.iss.clone();
    if keys {
        return issuer.remote.is_some().then_some(Wanted::Keys { iss });
    }
    let place = claims::status_place(jws.claim("status")).ok()??;
    Some(Wanted::StatusList { iss, uri: place.uri })
}
