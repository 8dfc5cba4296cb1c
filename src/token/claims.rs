//! The registered claims (RFC 7519, section 4.1), with exact types and an injected clock.

use super::jws::Jws;
use super::sd_jwt::Hidden;
use super::{TokenError, Use, possession};
use crate::issuer::{Holder, StatusCheck, TrustedIssuer};
use crate::json::{self, Value};
use crate::limits;
use crate::time::{Instant, Span, Window};

/// The claims of a token that verified. Nothing else makes one.
#[derive(Clone, Debug)]
pub struct Claims {
    issuer: usize,
    subject: Option<String>,
    accepted: Window,
    payload: Value,
    hidden: Hidden,
    credential: Credential,
    /// SHA-256 thumbprint (RFC 7638) of the key in `cnf`.
    pub(super) holder_key: Option<[u8; 32]>,
    /// SHA-256 of the issuer-signed JWT.
    digest: [u8; 32],
    pub(super) uses: Vec<Use>,
}

/// What of a token can be taken back.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(clippy::exhaustive_structs, reason = "made by verification only")]
pub struct Credential {
    /// `iss`
    pub iss: String,
    /// `sub`
    pub sub: Option<String>,
    /// `jti`
    pub jti: Option<String>,
    /// `iat`
    pub issued: Option<Instant>,
    /// Its place in a status list.
    pub status: Option<StatusPlace>,
    /// What that is for.
    pub check: StatusCheck,
    /// `sub` is absent and may be held back.
    pub hides_sub: bool,
    /// `jti` is absent and may be held back.
    pub hides_jti: bool,
}

/// A token's place in a status list: `status.status_list` (draft-ietf-oauth-status-list, section 6.2).
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(clippy::exhaustive_structs, reason = "made by verification only")]
pub struct StatusPlace {
    /// Where the list is.
    pub uri: String,
    /// The place in it.
    pub index: u64,
}

impl Claims {
    /// Position of the issuer in the list that was given.
    pub const fn issuer(&self) -> usize {
        self.issuer
    }

    /// `sub`; a credential may have none.
    pub fn subject(&self) -> Option<&str> {
        self.subject.as_deref()
    }

    /// When the token is accepted: from the later of `nbf` and `iat` until `exp`, both with the skew.
    pub const fn accepted(&self) -> Window {
        self.accepted
    }

    /// The whole payload, an object, with what was disclosed in its place.
    pub const fn payload(&self) -> &Value {
        &self.payload
    }

    /// What the holder did not disclose.
    pub const fn hidden(&self) -> &Hidden {
        &self.hidden
    }

    /// What a JSON Pointer leads to; a member that is null is an absent member.
    ///
    /// # Errors
    /// The holder may not have disclosed it.
    pub fn get(&self, pointer: &str) -> Result<Option<&Value>, Withheld> {
        get(&self.hidden, "", &self.payload, pointer)
    }

    /// What of it can be taken back.
    pub const fn credential(&self) -> &Credential {
        &self.credential
    }

    /// SHA-256 thumbprint (RFC 7638) of the key that it is bound to, in `cnf`.
    pub const fn holder_key(&self) -> Option<[u8; 32]> {
        self.holder_key
    }

    /// SHA-256 of the issuer-signed JWT, which a hop that passes it on names.
    pub const fn digest(&self) -> [u8; 32] {
        self.digest
    }

    /// What was used and may not be used again.
    pub fn uses(&self) -> &[Use] {
        &self.uses
    }
}

/// The holder of a credential may not have disclosed it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(clippy::exhaustive_structs, reason = "it says nothing more")]
pub struct Withheld;

/// What a JSON Pointer leads to from the value at another one.
pub(crate) fn get<'v>(
    hidden: &Hidden,
    base: &str,
    value: &'v Value,
    pointer: &str,
) -> Result<Option<&'v Value>, Withheld> {
    if hidden.may_hide_in(base, pointer, value) {
        return Err(Withheld);
    }
    Ok(value.pointer(pointer).filter(|found| **found != Value::Null))
}

/// The `typ` of an SD-JWT VC.
const SD_JWT_VC: &str = "dc+sd-jwt";

pub(super) fn check(
    position: usize,
    issuer: &TrustedIssuer,
    jws: Jws<'_>,
    hidden: Hidden,
    now: Instant,
) -> Result<Claims, TokenError> {
    let needed = |name| jws.claim(name).ok_or(TokenError::MissingClaim(name));
    let text = |name| match jws.claim(name) {
        None => Ok(None),
        Some(value) => value
            .as_str()
            .filter(|text| !text.is_empty())
            .map(str::to_owned)
            .map(Some)
            .ok_or(TokenError::ClaimType(name)),
    };
    // A credential names its type, may be about nobody in particular, and is for whomever its key binding names.
    let selective = jws.header.is_selective();
    let hides = |name: &str| jws.claim(name).is_none() && hidden.may_hide(&["/", name].concat(), &jws.payload);
    let subject = text("sub")?;
    if jws.header.typ.as_deref() == Some(SD_JWT_VC) {
        let vct = needed("vct")?.as_str().ok_or(TokenError::ClaimType("vct"))?;
        if !issuer.vct.iter().any(|accepted| accepted == vct) {
            return Err(TokenError::Vct);
        }
    }
    if !selective {
        needed("sub")?;
    }
    match jws.claim("aud") {
        Some(aud) => audience(aud, issuer)?,
        // With a key binding it is the binding's `aud` that counts.
        None if hides("aud") && issuer.holder != Holder::KeyBinding => return Err(TokenError::Concealed("aud")),
        None if selective => {}
        None => return Err(TokenError::MissingClaim("aud")),
    }
    let date = |name| jws.claim(name).map(|value| date(value, &jws.bytes, name)).transpose();
    let exp = date("exp")?.ok_or(TokenError::MissingClaim("exp"))?;
    let (iat, nbf) = (date("iat")?, date("nbf")?);
    if iat.is_none() && !selective {
        return Err(TokenError::MissingClaim("iat"));
    }

    let skew = issuer.skew.min(Span::from_seconds(limits::SKEW_SECONDS));
    // `iat` bounds the window too: what a cached token may do must not differ from what a fresh one may.
    let from = nbf.max(iat).map(|from| from.saturating_sub(skew));
    let accepted = Window { from, until: Some(exp.saturating_add(skew)) };
    if let (Some(iat), Some(at)) = (iat, from)
        && now < iat.saturating_sub(skew)
    {
        return Err(TokenError::IssuedInFuture { at });
    }
    if let Some(error) = super::lapsed(accepted, now) {
        return Err(error);
    }
    if issuer.max_lifetime.is_some() && hides("iat") {
        return Err(TokenError::Concealed("iat"));
    }
    if let Some(most) = issuer.max_lifetime
        && nbf.max(iat).is_none_or(|from| exp.since(iat.unwrap_or(from)) > most)
    {
        return Err(TokenError::Lifetime { most });
    }
    let credential = Credential {
        iss: issuer.iss.clone(),
        sub: subject.clone(),
        jti: jws.claim("jti").filter(|jti| **jti != Value::Null).map_or(Ok(None), |_| text("jti"))?,
        issued: iat,
        status: status_place(jws.claim("status"))?,
        check: issuer.status_list,
        hides_sub: hides("sub"),
        hides_jti: hides("jti"),
    };
    if credential.status.is_none() && issuer.status_list == StatusCheck::Required {
        return Err(TokenError::MissingClaim("status"));
    }
    let digest = jws.digest();
    let holder_key = possession::holder_key(jws.claim("cnf"))?;
    Ok(Claims {
        issuer: position,
        subject,
        accepted,
        payload: jws.payload,
        hidden,
        credential,
        holder_key,
        digest,
        uses: Vec::new(),
    })
}

/// Where a token's status is to be looked up.
pub(super) fn status_place(status: Option<&Value>) -> Result<Option<StatusPlace>, TokenError> {
    let Some(list) = status.and_then(Value::as_object).and_then(|status| status.get("status_list")) else {
        // Another mechanism, which nothing here reads, is as good as none.
        return if status.is_none_or(|status| status.as_object().is_some()) {
            Ok(None)
        } else {
            Err(TokenError::ClaimType("status"))
        };
    };
    let index = match list.pointer("/idx") {
        Some(Value::Integer(index)) => u64::try_from(*index).ok(),
        _ => None,
    };
    let uri = list.pointer("/uri").and_then(Value::as_str);
    let place = index.zip(uri).map(|(index, uri)| StatusPlace { uri: uri.to_owned(), index });
    place.map(Some).ok_or(TokenError::ClaimType("status"))
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
pub(super) fn date(value: &Value, text: &[u8], name: &'static str) -> Result<Instant, TokenError> {
    let instant = match value {
        Value::Integer(seconds) => Instant::from_seconds(*seconds),
        // A float has lost how it was spelt.
        Value::Float(_) => json::spelling(text, name).and_then(with_fraction),
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
