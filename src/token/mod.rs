//! The token profile: a token of a trusted issuer, with whatever must come with it, or a refusal with a code.
//!
//! RFC 7515, RFC 7519, RFC 8725, RFC 9068, RFC 9449 and RFC 9901, read narrowly: keys and algorithms come from the ruleset
//! and never from the token, encodings are strict, required claims have exact types, and `now` is given.

mod claims;
mod error;
mod jws;
mod possession;
mod sd_jwt;
mod standing;
mod status;
mod wanted;

use crate::issuer::TrustedIssuer;
use crate::jose::Key;
use crate::time::{Instant, Window};
pub(crate) use claims::get;
pub use claims::{Claims, Credential, StatusPlace, Withheld};
pub use error::{Part, TokenError};
use jws::{Carries, Jws};
pub use possession::{Possession, Proof, Use};
pub use sd_jwt::Hidden;
pub use standing::{Standing, StandingError};
pub use wanted::{Wanted, wanted};

/// Verifies a token and its claims, what shows that it is the sender's, and that nobody has taken it back.
///
/// # Errors
/// The first reason to refuse it, in the order: form, header, issuer, key, signature, disclosures, claims, possession,
/// status.
pub fn verify<'a>(
    token: &str,
    issuers: impl IntoIterator<Item = &'a TrustedIssuer>,
    standing: &Standing,
    possession: &Possession<'_>,
    now: Instant,
) -> Result<Claims, TokenError> {
    let parts = sd_jwt::Parts::of(token)?;
    let jws = Jws::read(parts.jwt, Carries::Nothing)?;
    if jws.header.is_selective() != parts.selective {
        return Err(if parts.selective { TokenError::Typ } else { TokenError::Malformed });
    }
    let iss = jws.claim("iss").ok_or(TokenError::MissingClaim("iss"))?;
    let iss = iss.as_str().ok_or(TokenError::ClaimType("iss"))?;
    let (position, issuer) =
        issuers.into_iter().enumerate().find(|(_, issuer)| issuer.iss == iss).ok_or(TokenError::Issuer)?;
    if !jws.header.has_typ_of(issuer) {
        return Err(TokenError::Typ);
    }
    let fetched = standing.keys_of(issuer, now);
    let keys: Vec<&Key> = issuer.keys.iter().chain(fetched).collect();
    jws.verify(jws.header.key(&keys)?)?;
    let (jws, hidden) = parts.disclose(jws)?;
    let mut claims = claims::check(position, issuer, jws, hidden, now)?;
    possession::check(&mut claims, issuer, token, &parts, possession, now)?;
    standing.refuses(claims.credential(), now)?;
    Ok(claims)
}

/// Why a token that verified is refused at another instant, if it is.
pub fn lapsed(accepted: Window, now: Instant) -> Option<TokenError> {
    match accepted {
        Window { until: Some(at), .. } if now >= at => Some(TokenError::Expired { at }),
        Window { from: Some(at), .. } if now < at => Some(TokenError::NotYetValid { at }),
        _ => None,
    }
}
