//! The registered claims (RFC 7519, section 4.1), with exact types and an injected clock.

use super::jws::Jws;
use super::sd_jwt::Hidden;
use super::single_use::SingleUse;
use super::{IssuerEntry, TokenError};
use crate::base::json::{self, Value};
use crate::base::limits;
use crate::base::time::{Instant, Span, Window};
use crate::verify::issuer::{Holder, StatusCheck, TrustedIssuer};
use crate::verify::jose::{Algorithm, Key, decode};

/// The claims of a token that verified. Only verification makes them.
#[derive(Clone, Debug)]
pub struct Claims {
    subject: Option<String>,
    payload: Value,
    hidden: Hidden,
    credential: Credential,
    /// SHA-256 thumbprint (RFC 7638) of the key in `cnf`.
    pub(super) holder_key: Option<[u8; 32]>,
    /// SHA-256 of the issuer-signed JWT.
    digest: [u8; 32],
    pub(super) uses: Vec<SingleUse>,
}

/// The part of a verified token that decides if it still verifies later: its key, its window, and its revocation.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(clippy::exhaustive_structs, reason = "made by verification only")]
pub struct Credential {
    /// Index of the issuer's entry in the list of issuers.
    pub entry: usize,
    /// The key that verified it.
    pub signer: SignedBy,
    /// The window in which it is accepted: from the later of `nbf` and `iat` until `exp`, both with the skew. A
    /// credential without `exp` is accepted as long as it is known not to be revoked.
    pub accepted: Window,
    /// The issuer's `iss` as its entry spells it: the name of its status lists.
    pub iss: String,
    /// The token's `iss`, in every spelling of its entry. Never empty.
    pub names: Vec<String>,
    /// The tenant in which `sub` names the person, if the issuer's entry is for tenants.
    pub tenant: Option<String>,
    /// `sub`
    pub sub: Option<String>,
    /// `jti`
    pub jti: Option<String>,
    /// `sid`: the session (OpenID Connect Back-Channel Logout 1.0, section 2.1).
    pub sid: Option<String>,
    /// `iat`, rounded down.
    pub issued: Option<Instant>,
    /// The first instant at which `iat` is not in the future, skew included.
    pub not_future_from: Option<Instant>,
    /// Its index in a status list.
    pub status: Option<StatusPlace>,
    /// How that index is used.
    pub check: StatusCheck,
    /// `sub` is absent and may be withheld.
    pub hides_sub: bool,
    /// `jti` is absent and may be withheld.
    pub hides_jti: bool,
    /// `sid` is absent and may be withheld.
    pub hides_sid: bool,
}

/// The key that verified a signature, and the header members that led to it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(clippy::exhaustive_structs, reason = "made by verification only")]
pub struct SignedBy {
    /// `kid`
    pub kid: Option<String>,
    /// `alg`
    pub algorithm: Algorithm,
    /// The key's SHA-256 thumbprint (RFC 7638).
    pub thumbprint: [u8; 32],
}

/// A token's index in a status list: `status.status_list` (draft-ietf-oauth-status-list, section 6.2).
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(clippy::exhaustive_structs, reason = "made by verification only")]
pub struct StatusPlace {
    /// The address of the list.
    pub uri: String,
    /// The index in the list.
    pub index: u64,
}

impl Claims {
    /// Index of the issuer in the list of issuers.
    pub const fn issuer(&self) -> usize {
        self.credential.entry
    }

    /// `sub`; a credential may have none.
    pub fn subject(&self) -> Option<&str> {
        self.subject.as_deref()
    }

    /// The tenant in which `sub` names the person, if the issuer's entry is for tenants.
    pub fn tenant(&self) -> Option<&str> {
        self.credential.tenant.as_deref()
    }

    /// The window in which the token is accepted: from the later of `nbf` and `iat` until `exp`, both with the skew.
    pub const fn accepted(&self) -> Window {
        self.credential.accepted
    }

    /// The whole payload, an object, with every disclosure inserted.
    pub const fn payload(&self) -> &Value {
        &self.payload
    }

    /// The parts that the holder did not disclose.
    pub const fn hidden(&self) -> &Hidden {
        &self.hidden
    }

    /// The value at a JSON Pointer; a member that is null counts as absent.
    ///
    /// # Errors
    /// The holder may have withheld the value.
    pub fn get(&self, pointer: &str) -> Result<Option<&Value>, Withheld> {
        get(&self.hidden, "", &self.payload, pointer)
    }

    /// The part that decides if it still verifies later.
    pub const fn credential(&self) -> &Credential {
        &self.credential
    }

    /// SHA-256 thumbprint (RFC 7638) of the key in `cnf`, to which the token is bound.
    pub const fn holder_key(&self) -> Option<[u8; 32]> {
        self.holder_key
    }

    /// SHA-256 of the issuer-signed JWT, by which a hop that passes the token on refers to it.
    pub const fn digest(&self) -> [u8; 32] {
        self.digest
    }

    /// The single-use items that this verification used.
    pub fn single_uses(&self) -> &[SingleUse] {
        &self.uses
    }
}

/// The holder of a credential may have withheld the value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(clippy::exhaustive_structs, reason = "it carries no data")]
pub struct Withheld;

/// The value at `pointer`, which starts from `value` at the JSON Pointer `base`.
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

pub(super) fn check(
    entry: IssuerEntry<'_>,
    signer: SignedBy,
    jws: Jws<'_>,
    hidden: Hidden,
    now: Instant,
) -> Result<Claims, TokenError> {
    let IssuerEntry { position, issuer, names, tenant } = entry;
    let text = |name| match stated(&jws, name) {
        None => Ok(None),
        Some(value) => value
            .as_str()
            .filter(|text| !text.is_empty())
            .map(str::to_owned)
            .map(Some)
            .ok_or(TokenError::ClaimType(name)),
    };
    let lacking = |name| match jws.claim(name) {
        None => TokenError::MissingClaim(name),
        Some(_) => TokenError::ClaimType(name),
    };
    // A credential names its type, may have no `sub`, and is for the audience of its key binding.
    let selective = jws.header.is_selective();
    let hides = |name: &str| jws.claim(name).is_none() && hidden.may_hide(&["/", name].concat(), &jws.payload);
    let subject = text("sub")?;
    if !selective {
        subject.as_ref().ok_or(lacking("sub"))?;
        // Refuse logout tokens, events and status lists: the same issuer and key sign them, but they are no sign-in,
        // whichever `typ` they have.
        if ["events", "status_list"].iter().any(|name| stated(&jws, name).is_some()) {
            return Err(TokenError::Typ);
        }
    } else if !issuer.vct.is_empty() || jws.claim("vct").is_some() {
        let vct = text("vct")?.ok_or(lacking("vct"))?;
        issuer.vct.contains(&vct).then_some(()).ok_or(TokenError::Vct)?;
    }
    audience(&jws, issuer)?;
    let date = |name| jws.claim(name).map(|value| date(value, &jws.bytes, name)).transpose();
    let (exp, iat, nbf) = (date("exp")?, date("iat")?, date("nbf")?);
    for (name, claim) in [("exp", exp), ("iat", iat)] {
        if claim.is_none() && !selective {
            return Err(TokenError::MissingClaim(name));
        }
    }
    // With a key binding, only the binding's `aud` counts.
    if selective && hides("aud") && issuer.holder != Holder::KeyBinding {
        return Err(TokenError::Concealed("aud"));
    }
    if issuer.max_lifetime.is_some() && hides("iat") {
        return Err(TokenError::Concealed("iat"));
    }

    // `iat` bounds the window too, so that a cached token is accepted exactly when a fresh one is.
    let from = nbf.max(iat).map(|from| from.ceiling.saturating_sub(skew(issuer)));
    let accepted = Window { from, until: exp.map(|exp| exp.floor.saturating_add(skew(issuer))) };
    let not_future_from = iat.map(|iat| iat.ceiling.saturating_sub(skew(issuer)));
    timely(not_future_from, accepted, now)?;
    if let Some(most) = issuer.max_lifetime {
        let from = iat.or(nbf);
        if exp.zip(from).is_none_or(|(exp, from)| exp.ceiling.since(from.floor) > most) {
            return Err(TokenError::Lifetime { most });
        }
    }
    let status = match issuer.status_list {
        StatusCheck::Ignored => None,
        _ => status_place(jws.claim("status"))?,
    };
    if status.is_none() && issuer.status_list == StatusCheck::Required {
        return Err(TokenError::MissingClaim("status"));
    }
    let credential = Credential {
        entry: position,
        signer,
        accepted,
        iss: issuer.iss.clone(),
        names,
        tenant,
        sub: subject.clone(),
        jti: text("jti")?,
        sid: text("sid")?,
        issued: iat.map(|iat| iat.floor),
        not_future_from,
        status,
        check: issuer.status_list,
        hides_sub: hides("sub"),
        hides_jti: hides("jti"),
        hides_sid: hides("sid"),
    };
    let digest = jws.digest();
    let holder_key = holder_key(jws.claim("cnf"))?;
    Ok(Claims { subject, payload: jws.payload, hidden, credential, holder_key, digest, uses: Vec::new() })
}

/// The clock skew that an issuer's entry tolerates.
/// The thumbprint of the key to which a token is bound (RFC 7800, section 3; RFC 9449, section 6.1). `None` if it names
/// none.
fn holder_key(cnf: Option<&Value>) -> Result<Option<[u8; 32]>, TokenError> {
    let unreadable = TokenError::ClaimType("cnf");
    let Some(cnf) = cnf.filter(|cnf| **cnf != Value::Null) else { return Ok(None) };
    let members = cnf.as_object().ok_or(unreadable)?;
    if let Some(jkt) = members.get("jkt") {
        let thumbprint = jkt.as_str().and_then(decode).and_then(|bytes| bytes.try_into().ok());
        return thumbprint.map(Some).ok_or(unreadable);
    }
    // A key type that is not implemented binds to nothing: no proof by it could be verified.
    let jwk = members.get("jwk").and_then(Value::as_object);
    Ok(jwk.and_then(|jwk| Key::from_bare_jwk(jwk, Some(Algorithm::Rs256)).ok()).map(|key| key.thumbprint()))
}

pub(super) fn skew(issuer: &TrustedIssuer) -> Span {
    issuer.skew.min(Span::from_seconds(limits::SKEW_SECONDS))
}

/// Checks that a token is accepted now and is not from the future.
pub(super) fn timely(not_future_from: Option<Instant>, accepted: Window, now: Instant) -> Result<(), TokenError> {
    match (not_future_from, accepted) {
        (Some(from), Window { from: Some(at), .. }) if now < from => Err(TokenError::IssuedInFuture { at }),
        (_, Window { until: Some(at), .. }) if now >= at => Err(TokenError::Expired { at }),
        (_, Window { from: Some(at), .. }) if now < at => Err(TokenError::NotYetValid { at }),
        _ => Ok(()),
    }
}

/// The index of a token in a status list. `None` for a `status` of another mechanism or of a person.
pub(super) fn status_place(status: Option<&Value>) -> Result<Option<StatusPlace>, TokenError> {
    let Some(list) = status.and_then(|status| status.pointer("/status_list")) else { return Ok(None) };
    let index = match list.pointer("/idx") {
        Some(Value::Integer(index)) => u64::try_from(*index).ok(),
        _ => None,
    };
    let uri = list.pointer("/uri").and_then(Value::as_str);
    let place = index.zip(uri).map(|(index, uri)| StatusPlace { uri: uri.to_owned(), index });
    place.map(Some).ok_or(TokenError::ClaimType("status"))
}

/// An optional claim, where `null` counts as absent, since serializers write it. A date or an audience that is present
/// must be valid.
fn stated<'a>(jws: &'a Jws<'_>, name: &str) -> Option<&'a Value> {
    jws.claim(name).filter(|claim| **claim != Value::Null)
}

/// Checks that a token is for an audience of its issuer's entry. `aud` must name one, and so must the claim that the
/// entry reads in its place.
fn audience(jws: &Jws<'_>, issuer: &TrustedIssuer) -> Result<(), TokenError> {
    let accepted = |name: &Value| name.as_str().is_some_and(|name| issuer.audience.iter().any(|known| known == name));
    let selective = jws.header.is_selective();
    if let Some(name) = issuer.audience_claim.as_ref().filter(|_| !selective) {
        jws.claim(name).filter(|named| accepted(named)).ok_or(TokenError::Audience)?;
    }
    let items = match jws.claim("aud") {
        None if selective || issuer.audience_claim.is_some() => return Ok(()),
        None => return Err(TokenError::MissingClaim("aud")),
        Some(aud @ Value::String(_)) => std::slice::from_ref(aud),
        Some(Value::Array(items)) if items.iter().all(|item| item.as_str().is_some()) => items,
        Some(_) => return Err(TokenError::ClaimType("aud")),
    };
    // OpenID Connect Core 1.0, section 3.1.3.7: in an ID token for several clients, `azp` names the one that asked for
    // it. An access token is for the resource that `aud` names, and its `azp` is the client that may call it.
    let access = jws.header.typ.as_deref().is_some_and(|typ| typ == "at+jwt" || typ.ends_with("-at+jwt"))
        || ["scope", "scp"].iter().any(|name| stated(jws, name).is_some());
    let other = items.len() > 1 && !access && stated(jws, "azp").is_some_and(|azp| !accepted(azp));
    if items.iter().any(accepted) && !other { Ok(()) } else { Err(TokenError::Audience) }
}

/// A NumericDate, in whole milliseconds.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Date {
    /// Rounded down.
    pub(super) floor: Instant,
    /// Rounded up.
    pub(super) ceiling: Instant,
}

/// Reads a NumericDate (RFC 7519, section 2): seconds since 1970, as any JSON number.
pub(super) fn date(value: &Value, text: &[u8], name: &'static str) -> Result<Date, TokenError> {
    let millis = match value {
        Value::Integer(seconds) => seconds.checked_mul(1000).map(|millis| (millis, millis)),
        // A float has lost its spelling.
        Value::Float(_) => json::spelling(text, name).and_then(millis),
        _ => None,
    };
    let date =
        millis.filter(|(floor, ceiling)| *floor >= 0 && *ceiling <= LAST_DATE_MILLIS).and_then(|(floor, ceiling)| {
            Some(Date { floor: Instant::from_millis(floor)?, ceiling: Instant::from_millis(ceiling)? })
        });
    date.ok_or(TokenError::ClaimType(name))
}

/// The last NumericDate of the profile, 9999-12-31T23:59:59Z.
const LAST_DATE_MILLIS: i64 = 253_402_300_799_000;

/// The whole milliseconds below and above a number of seconds, spelt in JSON without a sign. Exact, since a float would
/// round the end of a token up.
fn millis(spelt: &str) -> Option<(i64, i64)> {
    let (digits, exponent) = spelt.split_once(['e', 'E']).unwrap_or((spelt, "0"));
    let (seconds, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    // The number of digits before the decimal point.
    let shift = i64::try_from(seconds.len()).ok()?.checked_add(3)?;
    let mut before = exponent.parse::<i64>().ok()?.checked_add(shift)?;
    let (mut millis, mut beyond) = (0_i64, 0_i64);
    for digit in seconds.bytes().chain(fraction.bytes()) {
        let digit = i64::from(digit.checked_sub(b'0').filter(|digit| *digit < 10)?);
        if before > 0 {
            millis = millis.checked_mul(10)?.checked_add(digit)?;
        } else {
            beyond = beyond.max(digit.min(1));
        }
        before = before.saturating_sub(1);
    }
    while before > 0 && millis > 0 {
        millis = millis.checked_mul(10)?;
        before = before.saturating_sub(1);
    }
    Some((millis, millis.checked_add(beyond)?))
}
