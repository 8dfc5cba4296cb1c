//! The token profile: a compact JWS of a trusted issuer, or a refusal with a code.
//!
//! RFC 7515, RFC 7519, RFC 8725 and RFC 9068, read narrowly: keys and algorithms come from the ruleset and never
//! from the token, encodings are strict, required claims have exact types, and `now` is given.

mod claims;
mod error;

use crate::jose::{Algorithm, Key, decode};
use crate::json::{self, Value};
use crate::limits;
use crate::time::{Instant, Span, Window};
pub use claims::Claims;
pub use error::{Part, TokenError};

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

/// Verifies a compact JWS and its claims.
///
/// # Errors
/// The first reason to refuse it, in the order: form, header, issuer, key, signature, claims.
pub fn verify(token: &str, issuers: &[TrustedIssuer], now: Instant) -> Result<Claims, TokenError> {
    if token.len() > limits::TOKEN_BYTES {
        return Err(TokenError::TooLarge);
    }
    let mut parts = token.split('.');
    let (Some(header), Some(payload), Some(signature), None) = (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return Err(TokenError::Malformed);
    };
    // Two dots further on than the signing input, which ends before the second.
    let signed_length = header.len().saturating_add(1).saturating_add(payload.len());
    let signed = token.get(..signed_length).ok_or(TokenError::Malformed)?;

    let header = Header::read(header)?;
    let payload = decode(payload).ok_or(TokenError::Encoding(Part::Payload))?;
    let claims = object(&payload, Part::Payload)?;
    let iss = claims.pointer("/iss").ok_or(TokenError::MissingClaim("iss"))?;
    let iss = iss.as_str().ok_or(TokenError::ClaimType("iss"))?;
    let (position, issuer) =
        issuers.iter().enumerate().find(|(_, issuer)| issuer.iss == iss).ok_or(TokenError::Issuer)?;
    if !header.has_typ_of(issuer) {
        return Err(TokenError::Typ);
    }
    let key = header.key(issuer)?;
    let signature = decode(signature).ok_or(TokenError::Encoding(Part::Signature))?;
    if !key.verify(signed.as_bytes(), &signature) {
        return Err(TokenError::Signature);
    }
    claims::check(position, issuer, claims, &payload, now)
}

/// Why a token that verified is refused at another instant, if it is.
pub fn lapsed(accepted: Window, now: Instant) -> Option<TokenError> {
    match accepted {
        Window { until: Some(at), .. } if now >= at => Some(TokenError::Expired { at }),
        Window { from: Some(at), .. } if now < at => Some(TokenError::NotYetValid { at }),
        _ => None,
    }
}

/// What a header may say.
struct Header {
    algorithm: Algorithm,
    kid: Option<String>,
    typ: Option<String>,
}

impl Header {
    fn read(text: &str) -> Result<Self, TokenError> {
        let bytes = decode(text).ok_or(TokenError::Encoding(Part::Header))?;
        if bytes.len() > limits::HEADER_BYTES {
            return Err(TokenError::TooLarge);
        }
        let header = object(&bytes, Part::Header)?;
        let Value::Object(header) = header else { return Err(TokenError::Json(Part::Header)) };
        for name in ["jwk", "jku", "x5u", "x5c"] {
            if header.get(name).is_some() {
                return Err(TokenError::EmbeddedKey(name));
            }
        }
        // RFC 7515, section 4.1.11: what is critical and not understood is refused; nothing critical is understood.
        if header.get("crit").is_some() || header.get("b64").is_some() {
            return Err(TokenError::Critical);
        }
        if header.get("enc").is_some() || header.get("zip").is_some() {
            return Err(TokenError::Encrypted);
        }
        if header.get("cty").is_some_and(|cty| cty.as_str().is_none_or(|cty| bare(cty) == "jwt")) {
            return Err(TokenError::Nested);
        }
        let algorithm = header.get("alg").and_then(Value::as_str).and_then(Algorithm::parse);
        let kid = header.get("kid").map(|kid| kid.as_str().map(str::to_owned).ok_or(TokenError::KeyUnknown));
        let typ = header.get("typ").map(|typ| typ.as_str().map(bare).ok_or(TokenError::Typ));
        Ok(Self { algorithm: algorithm.ok_or(TokenError::Algorithm)?, kid: kid.transpose()?, typ: typ.transpose()? })
    }

    fn has_typ_of(&self, issuer: &TrustedIssuer) -> bool {
        let typ = self.typ.as_deref().unwrap_or("absent");
        // A token that spells out `absent` is not one without a `typ`.
        (self.typ.is_none() || typ != "absent") && issuer.typ.iter().any(|accepted| accepted == typ)
    }

    /// By `kid`, exactly; without one, the only key of the algorithm.
    fn key<'a>(&self, issuer: &'a TrustedIssuer) -> Result<&'a Key, TokenError> {
        let key = match &self.kid {
            Some(kid) => only(issuer, |key| key.kid() == Some(kid), TokenError::KeyUnknown)?,
            None => only(issuer, |key| key.algorithm() == self.algorithm, TokenError::Algorithm)?,
        };
        if key.algorithm() != self.algorithm {
            return Err(TokenError::Algorithm);
        }
        Ok(key)
    }
}

/// The one key that fits; a second one is never tried, so that each token has one key that can have signed it.
fn only(issuer: &TrustedIssuer, fits: impl Fn(&Key) -> bool, none: TokenError) -> Result<&Key, TokenError> {
    let mut fitting = issuer.keys.iter().filter(|key| fits(key));
    match (fitting.next(), fitting.next()) {
        (Some(only), None) => Ok(only),
        (Some(_), Some(_)) => Err(TokenError::KeyAmbiguous),
        (None, _) => Err(none),
    }
}

/// RFC 8725bis, section 3.11: `application/` may be left out, and case does not matter.
fn bare(typ: &str) -> String {
    let lower = typ.to_ascii_lowercase();
    lower.strip_prefix("application/").map(str::to_owned).unwrap_or(lower)
}

fn object(bytes: &[u8], part: Part) -> Result<Value, TokenError> {
    match json::parse(bytes, json::Limits::UNTRUSTED) {
        Ok(value @ Value::Object(_)) => Ok(value),
        Err(error) if error.is_duplicate() => Err(TokenError::DuplicateMember(part)),
        Ok(_) | Err(_) => Err(TokenError::Json(part)),
    }
}
