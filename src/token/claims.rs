//! The registered claims (RFC 7519, section 4.1), with exact types and an injected clock.

use super::{TokenError, TrustedIssuer};
use crate::json::{self, Value};
use crate::limits;
use crate::time::{Instant, Span, Window};

/// The claims of a token that verified. Nothing else makes one.
#[derive(Clone, Debug)]
pub struct Claims {
    issuer: usize,
    subject: String,
    accepted: Window,
    payload: Value,
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

    /// When the token is accepted: from the later of `nbf` and `iat` until `exp`, both with the skew.
    pub const fn accepted(&self) -> Window {
        self.accepted
    }

    /// The whole payload, an object.
    pub const fn payload(&self) -> &Value {
        &self.payload
    }
}

pub(super) fn check(
    position: usize,
    issuer: &TrustedIssuer,
    payload: Value,
    text: &[u8],
    now: Instant,
) -> Result<Claims, TokenError> {
    let claim = |name| payload.as_object().and_then(|claims| claims.get(name));
    let needed = |name| claim(name).ok_or(TokenError::MissingClaim(name));
    let subject = needed("sub")?.as_str().filter(|sub| !sub.is_empty()).ok_or(TokenError::ClaimType("sub"))?.to_owned();
    audience(needed("aud")?, issuer)?;
    let exp = date(needed("exp")?, text, "exp")?;
    let iat = date(needed("iat")?, text, "iat")?;
    let nbf = claim("nbf").map(|nbf| date(nbf, text, "nbf")).transpose()?;

    let skew = issuer.skew.min(Span::from_seconds(limits::SKEW_SECONDS));
    // `iat` bounds the window too: what a cached token may do must not differ from what a fresh one may.
    let from = nbf.map_or(iat, |nbf| nbf.max(iat)).saturating_sub(skew);
    let accepted = Window { from: Some(from), until: Some(exp.saturating_add(skew)) };
    if now < iat.saturating_sub(skew) {
        return Err(TokenError::IssuedInFuture { at: from });
    }
    if let Some(error) = super::lapsed(accepted, now) {
        return Err(error);
    }
    if let Some(most) = issuer.max_lifetime.filter(|most| exp.since(iat) > *most) {
        return Err(TokenError::Lifetime { most });
    }
    Ok(Claims { issuer: position, subject, accepted, payload })
}

/// One string or a list of strings; one of them must be an audience of the issuer's entry.
fn audience(aud: &Value, issuer: &TrustedIssuer) -> Result<(), TokenError> {
    let items = match aud {
        Value::String(_) => std::slice::from_ref(aud),
        Value::Array(items) => items,
        _ => return Err(TokenError::ClaimType("aud")),
    };
    let mut meant = false;
    for item in items {
        let name = item.as_str().ok_or(TokenError::ClaimType("aud"))?;
        meant |= issuer.audience.iter().any(|accepted| accepted == name);
    }
    if meant { Ok(()) } else { Err(TokenError::Audience) }
}

/// A NumericDate (RFC 7519, section 2): seconds since 1970, perhaps with a fraction, never with an exponent.
fn date(value: &Value, text: &[u8], name: &'static str) -> Result<Instant, TokenError> {
    let instant = match value {
        Value::Integer(seconds) => Instant::from_seconds(*seconds),
        // A float has lost how it was spelt.
        Value::Float(_) => json::spelling(text, name).and_then(|spelt| with_fraction(&spelt)),
        _ => None,
    };
    instant.filter(|at| (0..=LAST_DATE_MILLIS).contains(&at.as_millis())).ok_or(TokenError::ClaimType(name))
}

/// The last NumericDate of the profile, 9999-12-31T23:59:59Z.
const LAST_DATE_MILLIS: i64 = 253_402_300_799_000;

/// Digits, a point, digits; what is finer than a millisecond is dropped.
fn with_fraction(spelt: &str) -> Option<Instant> {
    let (seconds, fraction) = spelt.split_once('.')?;
    // No sign either: the whole part of -0.5 is -0, which a number cannot tell from 0.
    if !seconds.bytes().chain(fraction.bytes()).all(|b| b.is_ascii_digit()) {
        return None;
    }
    let millis: i64 = format!("{fraction:0<3}").get(..3)?.parse().ok()?;
    let seconds: i64 = seconds.parse().ok()?;
    Instant::from_millis(seconds.checked_mul(1000)?.checked_add(millis)?)
}
