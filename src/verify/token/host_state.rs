//! The data of verification that a host keeps up to date: fetched keys, status lists, and the deny list. All of it is
//! checked before it is used, and none of it can allow more than the ruleset. Keys and lists are stored with the
//! issuer's entry by whose terms they were checked.

use super::jws;
use super::status::{StatusList, fetched_at};
use super::{Credential, SignedBy, TokenError};
use crate::base::intern::Interned;
use crate::base::json::{self, Object, Value};
use crate::base::limits;
use crate::base::time::{Instant, Window};
use crate::verify::issuer::{RemoteKeys, StatusCheck, TrustedIssuer};
use crate::verify::jose::{Algorithm, Key, KeyError, encode};
use std::fmt;

/// The keys, status lists and deny list of one opened ruleset. Empty at first.
#[derive(Clone, Debug, Default)]
pub struct HostState {
    keys: Vec<FetchedKeys>,
    lists: Vec<StatusList>,
    denied: Denied,
    changes: u32,
}

/// The fetched keys of one issuer's entry.
#[derive(Clone, Debug)]
struct FetchedKeys {
    /// The entry's id.
    entry: String,
    keys: Vec<Key>,
    at: Instant,
    /// The window in which they are used.
    usable: Window,
}

/// A key of a JWK Set.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(clippy::exhaustive_structs, reason = "a host needs no more of it")]
pub struct ListedKey {
    /// Its `kid`.
    pub kid: Option<String>,
    /// Code of the reason why it is not used; `None` if it is.
    pub passed_over: Option<&'static str>,
}

/// The parsed deny list.
#[derive(Clone, Debug, Default)]
struct Denied {
    /// `iss` and `sub`; without `sub`, every subject of the issuer.
    subjects: Interned<(String, Option<String>)>,
    /// For each subject, tokens issued before this are denied.
    not_before: Vec<Instant>,
    /// `jti`, of one issuer or of any.
    tokens: Interned<(Option<String>, String)>,
    /// `iss` and `sid`
    sessions: Interned<(String, String)>,
}

/// Why an update from the host is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum HostStateError {
    /// No ruleset trusts an issuer with this `iss`.
    Issuer,
    /// The ruleset does not let the host fetch this issuer's keys.
    NotRemote,
    /// Longer than the limit, or with more keys than the limit.
    KeysTooLarge,
    /// Not a JWK Set.
    KeysMalformed,
    /// The ruleset accepts none of its keys; the code of the first reason.
    KeysNone(&'static str),
    /// Fetched before the current set.
    KeysOlder,
    /// Longer than the limit.
    StatusTooLarge,
    /// The status list token is refused.
    Status(TokenError),
    /// `status_list` does not follow the standard, or is larger than the limit.
    StatusForm,
    /// Issued longer ago than the limit.
    StatusOld,
    /// Issued before the current list.
    StatusOlder,
    /// Not a list of known entries.
    DeniedMalformed,
    /// More entries than the limit.
    DeniedTooMany,
}

impl HostStateError {
    /// Stable code.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Issuer => "standing.issuer",
            Self::NotRemote => "keys.not_remote",
            Self::KeysTooLarge => "keys.too_large",
            Self::KeysMalformed => "keys.malformed",
            Self::KeysNone(_) => "keys.none",
            Self::KeysOlder => "keys.older",
            Self::StatusTooLarge => "status.too_large",
            Self::Status(_) => "status.refused",
            Self::StatusForm => "status.malformed",
            Self::StatusOld => "status.too_old",
            Self::StatusOlder => "status.older",
            Self::DeniedMalformed => "denied.malformed",
            Self::DeniedTooMany => "denied.too_many",
        }
    }
}

impl fmt::Display for HostStateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Issuer => "no ruleset trusts an issuer with this `iss`; write it as the ruleset does",
            Self::NotRemote => "the ruleset does not let this issuer's keys be fetched; give it `keys_from`",
            Self::KeysTooLarge => "the JWK Set is longer than 256 KiB, or has more than 64 keys",
            Self::KeysMalformed => "this is not a strict JWK Set, an object with `keys` (RFC 7517, section 5)",
            Self::KeysNone(why) => {
                return write!(
                    f,
                    "no key of the JWK Set is one that the ruleset accepts ({why}); compare `thumbprints` and `algorithms`"
                );
            }
            Self::KeysOlder => "a JWK Set that was fetched later is already in use",
            Self::StatusTooLarge => "the status list token is longer than 2 MiB",
            Self::Status(error) => return write!(f, "the status list token is refused: {error}"),
            Self::StatusForm => "`status_list` of the token does not follow the standard, or inflates to more than 4 \
                                 MiB",
            Self::StatusOld => "the status list token was issued more than 7 days ago; its issuer must renew it",
            Self::StatusOlder => "a status list token that was issued later is already in use",
            Self::DeniedMalformed => {
                "the deny list must be a list of objects, each with `iss` and `not_before` and perhaps `sub`, with `jti` and perhaps `iss`, or with `iss` and `sid`"
            }
            Self::DeniedTooMany => "the deny list has more than 10,000 entries",
        })
    }
}

impl std::error::Error for HostStateError {}

impl HostState {
    /// Replaces the JWK Set of an issuer's entry by one fetched at an instant. Keys that cannot be used do not affect
    /// the others (RFC 7517, section 5). Returns each key of the set.
    ///
    /// # Errors
    /// The reason why it is refused. The current keys stay, unless the set is well-formed and has no accepted key: an
    /// issuer that no longer lists a key has withdrawn it.
    pub fn put_keys(
        &mut self,
        issuer: &TrustedIssuer,
        jwks: &[u8],
        fetched: Instant,
        now: Instant,
    ) -> Result<Vec<ListedKey>, HostStateError> {
        let remote = issuer.remote.as_ref().ok_or(HostStateError::NotRemote)?;
        if jwks.len() > limits::JWKS_BYTES {
            return Err(HostStateError::KeysTooLarge);
        }
        let lengths = json::Limits { string_bytes: limits::JWKS_BYTES, ..json::Limits::UNTRUSTED };
        let set = json::parse(jwks, lengths).map_err(|_| HostStateError::KeysMalformed)?;
        let listed = set.pointer("/keys").and_then(Value::as_array).ok_or(HostStateError::KeysMalformed)?;
        if listed.len() > limits::KEYS {
            return Err(HostStateError::KeysTooLarge);
        }
        // Clamp to now: a later fetch time is from a clock that is ahead.
        let at = fetched.min(now);
        // A set stored by such a clock must not block this one, even if the clock was far ahead.
        let older = |known: &FetchedKeys| known.entry == issuer.id && known.at > at && !known.is_ahead_of(now);
        if self.keys.iter().any(older) {
            return Err(HostStateError::KeysOlder);
        }
        let read: Vec<Result<Key, &'static str>> = listed.iter().map(|jwk| accepted(jwk, issuer, remote)).collect();
        let codes = read.iter().enumerate().map(|(place, key)| {
            let key = key.as_ref().map_err(|code| *code)?;
            let other = |other: &&Key| named_alike(key, other) && other.thumbprint() != key.thumbprint();
            if read.iter().flatten().any(|key| other(&key)) {
                return Err("keys.duplicate");
            }
            let again = read.iter().take(place).flatten().any(|known| known.is_same(key));
            if again { Err("keys.repeated") } else { Ok(()) }
        });
        let codes: Vec<Option<&'static str>> = codes.map(Result::err).collect();
        let told = listed.iter().zip(&codes).map(|(jwk, passed_over)| ListedKey {
            kid: jwk.pointer("/kid").and_then(Value::as_str).map(str::to_owned),
            passed_over: *passed_over,
        });
        let told: Vec<ListedKey> = told.collect();
        let keys = read.into_iter().zip(&codes).filter(|(_, passed_over)| passed_over.is_none());
        let keys: Vec<Key> = keys.filter_map(|(key, _)| key.ok()).collect();
        let none = keys.is_empty() && issuer.keys.is_empty();
        self.keys.retain(|known| known.entry != issuer.id);
        if !none {
            let usable = Window { until: Some(at.saturating_add(remote.stale)), ..fetched_at(at) };
            self.keys.push(FetchedKeys { entry: issuer.id.clone(), keys, at, usable });
        }
        self.changes = self.changes.wrapping_add(1);
        if none {
            return Err(HostStateError::KeysNone(told.iter().find_map(|key| key.passed_over).unwrap_or("empty")));
        }
        Ok(told)
    }

    /// Adds a Status List Token of an issuer's entry, fetched at an instant that is not after `now`. Returns its
    /// address and until when it is used. If space is lacking, the lists that end first are dropped, so the result
    /// depends only on the updates.
    ///
    /// # Errors
    /// The reason why it is refused; the current list stays.
    pub fn put_status_list(
        &mut self,
        issuer: &TrustedIssuer,
        token: &str,
        fetched: Instant,
        now: Instant,
    ) -> Result<(String, Instant), HostStateError> {
        let fetched = fetched.min(now);
        let keys = if issuer.status_keys.is_empty() {
            self.keys_of(issuer, &|_| true, now)
        } else {
            issuer.status_keys.iter().collect()
        };
        let list = StatusList::open(token, issuer, &keys, fetched)?;
        let same = |known: &StatusList| known.entry == list.entry && known.uri == list.uri;
        // A list whose key has been withdrawn does not block a new one.
        let stands = |known: &StatusList| self.list_key(issuer, known, now).is_ok();
        if self.lists.iter().any(|known| same(known) && known.issued > list.issued && stands(known)) {
            return Err(HostStateError::StatusOlder);
        }
        self.lists.retain(|known| !same(known) && !known.usable.is_over(now));
        let mut room = limits::STATUS_LISTS_BYTES.saturating_sub(list.size());
        // The lists are sorted by their ends.
        let kept = self.lists.iter().rev().take_while(|known| {
            let rest = room.checked_sub(known.size());
            room = rest.unwrap_or(0);
            rest.is_some()
        });
        let gone = self.lists.len().saturating_sub(kept.count());
        self.lists.drain(..gone);
        let told = (list.uri.clone(), list.usable.until.unwrap_or(fetched));
        let place = self.lists.partition_point(|known| known.usable.until <= list.usable.until);
        self.lists.insert(place, list);
        self.changes = self.changes.wrapping_add(1);
        Ok(told)
    }

    /// Replaces the host's deny list: a JSON list of `{ iss, sub, not_before }`, without `sub` for every subject of an
    /// issuer; of `{ jti }`, with `iss` for a token of one issuer; and of `{ iss, sid }` for a session. `not_before` is
    /// RFC 3339 or seconds since 1970.
    ///
    /// # Errors
    /// The reason why it is refused; the current list stays.
    pub fn put_denied(&mut self, list: &[u8]) -> Result<usize, HostStateError> {
        // The list is the host's own, so only the number of its entries is bounded.
        let list = json::parse(list, json::Limits::RULESET).map_err(|_| HostStateError::DeniedMalformed)?;
        let entries = list.as_array().ok_or(HostStateError::DeniedMalformed)?;
        if entries.len() > limits::DENIED {
            return Err(HostStateError::DeniedTooMany);
        }
        let mut denied = Denied::default();
        for entry in entries {
            denied.put(entry).ok_or(HostStateError::DeniedMalformed)?;
        }
        self.denied = denied;
        self.changes = self.changes.wrapping_add(1);
        Ok(entries.len())
    }

    /// The number of updates. A cached answer is valid only while this stays the same.
    pub const fn changes(&self) -> u32 {
        self.changes
    }

    /// The next instant after `now` at which a fetched set or list begins or ends.
    pub fn next_change(&self, now: Instant) -> Option<Instant> {
        let windows = self.keys.iter().map(|keys| &keys.usable).chain(self.lists.iter().map(|list| &list.usable));
        windows.flat_map(Window::boundaries).filter(|at| now < *at).min()
    }

    fn fetched(&self, issuer: &TrustedIssuer) -> Option<&FetchedKeys> {
        self.keys.iter().find(|fetched| fetched.entry == issuer.id && issuer.remote.is_some())
    }

    /// The admitted keys that verify an issuer's tokens now: those of the ruleset, then the fetched ones.
    pub(super) fn keys_of<'a>(
        &'a self,
        issuer: &'a TrustedIssuer,
        admitted: &dyn Fn(&Key) -> bool,
        now: Instant,
    ) -> Vec<&'a Key> {
        let fetched = self.fetched(issuer).filter(|fetched| fetched.usable.contains(now));
        let mut keys = Vec::new();
        for known in [Some(&issuer.keys), fetched.map(|fetched| &fetched.keys)].into_iter().flatten() {
            keys.extend(known.iter().filter(|key| admitted(key)));
        }
        keys
    }

    /// Checks that the same key would verify a signature now. Returns until when that holds, if it depends on fetched
    /// keys.
    pub(super) fn finds(
        &self,
        issuer: &TrustedIssuer,
        signer: &SignedBy,
        admitted: &dyn Fn(&Key) -> bool,
        now: Instant,
    ) -> Result<Option<Instant>, TokenError> {
        let keys = self.keys_of(issuer, admitted, now);
        let key = jws::named(&keys, signer.kid.as_deref(), signer.algorithm)?;
        if key.thumbprint() != signer.thumbprint {
            return Err(TokenError::Signature);
        }
        // A pinned key that is selected by its `kid` does not depend on any fetch.
        let pinned = signer.kid.is_some() && issuer.keys.iter().any(|known| known.thumbprint() == signer.thumbprint);
        let ends = self.fetched(issuer).filter(|_| !pinned).map(|fetched| fetched.usable);
        Ok(ends.and_then(|window| window.boundaries().find(|at| now < *at)))
    }

    /// The same check for the signature of a status list.
    fn list_key(&self, issuer: &TrustedIssuer, list: &StatusList, now: Instant) -> Result<Option<Instant>, TokenError> {
        if issuer.status_keys.is_empty() { self.finds(issuer, &list.signer, &|_| true, now) } else { Ok(None) }
    }

    /// Checks that a token that verified has not been revoked. Returns until when that is known, if a list was
    /// consulted.
    ///
    /// # Errors
    /// It has been revoked, or its status is unknown although the ruleset requires it.
    pub fn refuses(
        &self,
        issuer: &TrustedIssuer,
        credential: &Credential,
        now: Instant,
    ) -> Result<Option<Instant>, TokenError> {
        if self.denied.has(credential) {
            return Err(TokenError::Revoked);
        }
        let Some(place) = credential.status.as_ref().filter(|_| credential.check != StatusCheck::Ignored) else {
            return Ok(None);
        };
        let list = self.lists.iter().find(|list| list.entry == issuer.id && list.uri == place.uri);
        let list = list.filter(|list| list.usable.contains(now)).ok_or(TokenError::StatusUnknown)?;
        // A list depends on its key in the same way as a token.
        let key = self.list_key(issuer, list, now).map_err(|_| TokenError::StatusUnknown)?;
        match list.status(place.index) {
            Some(0) => Ok(key.into_iter().chain(list.usable.until).min()),
            Some(2) => Err(TokenError::Suspended),
            // Section 8.3: refuse an index outside the list, and every unknown status.
            Some(_) | None => Err(TokenError::Revoked),
        }
    }
}

impl FetchedKeys {
    /// Returns true if it was stored by a clock that was ahead of `now`.
    fn is_ahead_of(&self, now: Instant) -> bool {
        self.usable.from.is_some_and(|from| now < from)
    }
}

/// Returns true if a token's header that names one of two keys also names the other.
fn named_alike(one: &Key, other: &Key) -> bool {
    one.kid().is_some() && one.kid() == other.kid() && one.algorithm() == other.algorithm()
}

/// The key of a JWK, if the issuer's entry accepts it.
///
/// # Errors
/// The code of the reason why it is not used. Providers list keys for other purposes too.
fn accepted(jwk: &Value, issuer: &TrustedIssuer, remote: &RemoteKeys) -> Result<Key, &'static str> {
    let jwk: &Object = jwk.as_object().ok_or("keys.malformed")?;
    let fits =
        |algorithm: &&Algorithm| match (jwk.get("kty").and_then(Value::as_str), jwk.get("crv").and_then(Value::as_str))
        {
            (Some("RSA"), _) => algorithm.is_rsa(),
            (_, Some("P-256")) => **algorithm == Algorithm::Es256,
            (_, Some("P-384")) => **algorithm == Algorithm::Es384,
            (_, Some("Ed25519")) => **algorithm == Algorithm::Ed25519,
            _ => false,
        };
    let key = Key::from_bare_jwk(jwk, remote.algorithms.iter().find(fits).copied()).map_err(KeyError::code)?;
    // A key of the ruleset takes precedence over a fetched one.
    if issuer.keys.iter().any(|known| named_alike(known, &key) || known.thumbprint() == key.thumbprint()) {
        return Err("keys.pinned");
    }
    let pinned = remote.thumbprints.is_empty() || remote.thumbprints.contains(&encode(&key.thumbprint()));
    let listed = remote.algorithms.is_empty() || remote.algorithms.contains(&key.algorithm());
    if pinned && listed { Ok(key) } else { Err("keys.not_accepted") }
}

impl Denied {
    fn put(&mut self, entry: &Value) -> Option<()> {
        let members = entry.as_object()?;
        // An unknown member could be the one that matters.
        if members.iter().any(|(name, _)| !matches!(name, "iss" | "sub" | "not_before" | "jti" | "sid")) {
            return None;
        }
        let text = |name| match members.get(name) {
            None => Some(None),
            Some(value) => value.as_str().filter(|text| !text.is_empty()).map(|text| Some(text.to_owned())),
        };
        let (iss, sub, jti, sid) = (text("iss")?, text("sub")?, text("jti")?, text("sid")?);
        match (jti, sid, members.get("not_before")) {
            (Some(jti), None, None) if sub.is_none() => {
                self.tokens.add((iss, jti));
            }
            (None, Some(sid), None) if sub.is_none() => {
                self.sessions.add((iss?, sid));
            }
            (None, None, Some(not_before)) => {
                let not_before = match not_before {
                    Value::String(text) => Instant::parse(text),
                    // JavaScript's clock divided by 1000 has a fraction.
                    number => number.as_f64().and_then(Instant::from_seconds_rounded_up),
                };
                self.put_subject((iss?, sub), not_before?);
            }
            _ => return None,
        }
        Some(())
    }

    fn put_subject(&mut self, subject: (String, Option<String>), not_before: Instant) {
        let number = usize::try_from(self.subjects.add(subject)).unwrap_or(usize::MAX);
        match self.not_before.get_mut(number) {
            Some(known) => *known = not_before.max(*known),
            None => self.not_before.push(not_before),
        }
    }

    /// Returns true if a credential is denied. A name that it may withhold could be any denied one.
    fn has(&self, credential: &Credential) -> bool {
        let Credential { names, sub, jti, sid, issued, .. } = credential;
        // A token without `iat` could be from before.
        let is_before = |not_before: &Instant| issued.is_none_or(|issued| issued < *not_before);
        let subject = |iss: &String, sub: Option<&str>| {
            let number = self.subjects.number(&(iss, sub), |known| known.0 == *iss && known.1.as_deref() == sub);
            number.and_then(|number| self.not_before.get(usize::try_from(number).ok()?)).is_some_and(is_before)
        };
        let token = |iss: Option<&String>| {
            jti.as_ref().is_some_and(|jti| {
                self.tokens.number(&(iss, jti), |known| known.0.as_ref() == iss && known.1 == *jti).is_some()
            })
        };
        let session = |iss: &String| {
            sid.as_ref().is_some_and(|sid| {
                self.sessions.number(&(iss, sid), |known| known.0 == *iss && known.1 == *sid).is_some()
            })
        };
        let named = |iss: &String| {
            subject(iss, None)
                || sub.as_deref().is_some_and(|sub| subject(iss, Some(sub)))
                || token(Some(iss))
                || session(iss)
        };
        let any_subject = || {
            let mut numbered = (0..).zip(&self.not_before);
            numbered.any(|(number, not_before)| {
                self.subjects.get(number).is_some_and(|known| names.contains(&known.0)) && is_before(not_before)
            })
        };
        let any_token = || self.tokens.iter().any(|known| known.0.as_ref().is_none_or(|known| names.contains(known)));
        let any_session = || self.sessions.iter().any(|known| names.contains(&known.0));
        token(None)
            || names.iter().any(named)
            || credential.hides_sub && any_subject()
            || credential.hides_jti && any_token()
            || credential.hides_sid && any_session()
    }
}
