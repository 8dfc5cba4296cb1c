//! What a host keeps up to date beside a ruleset: fetched keys, status lists, and who is denied. All of it is checked
//! before it is taken, and none of it can allow what the ruleset does not.

use super::status::StatusList;
use super::{Credential, TokenError};
use crate::intern::Interned;
use crate::issuer::{RemoteKeys, StatusCheck, TrustedIssuer};
use crate::jose::{Algorithm, Key, KeyError, encode};
use crate::json::{self, Object, Value};
use crate::limits;
use crate::time::Instant;
use std::fmt;

/// What a host keeps up to date. Empty at first.
#[derive(Clone, Debug, Default)]
pub struct Standing {
    keys: Vec<Fetched>,
    lists: Vec<StatusList>,
    denied: Denied,
}

/// The keys of one issuer.
#[derive(Clone, Debug)]
struct Fetched {
    iss: String,
    keys: Vec<Key>,
    at: Instant,
    until: Instant,
}

/// Who is denied.
#[derive(Clone, Debug, Default)]
struct Denied {
    /// `iss`, and `sub` or everybody of it.
    subjects: Interned<(String, Option<String>)>,
    /// Of each, tokens issued before this.
    not_before: Vec<Instant>,
    /// `jti`, of one issuer or of any.
    tokens: Interned<(Option<String>, String)>,
}

/// Why something of a host is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum StandingError {
    /// No ruleset trusts an issuer with this `iss`.
    Issuer,
    /// The issuer is not one whose keys the ruleset lets the host fetch.
    NotRemote,
    /// Longer than the limit, or more keys than it.
    KeysTooLarge,
    /// Not a JWK Set.
    KeysMalformed,
    /// A key in it must not be there.
    Key(KeyError),
    /// Two keys with one `kid`.
    KeysDuplicate,
    /// None of its keys is one that the ruleset accepts.
    KeysNone,
    /// Longer than the limit.
    StatusTooLarge,
    /// Its token is refused.
    Status(TokenError),
    /// `status_list` is not as the standard asks, or larger than the limit.
    StatusForm,
    /// As many are kept as can be.
    StatusTooMany,
    /// Not a list of entries that are known.
    DeniedMalformed,
    /// More entries than the limit.
    DeniedTooMany,
}

impl StandingError {
    /// Stable code.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Issuer => "standing.issuer",
            Self::NotRemote => "keys.not_remote",
            Self::KeysTooLarge => "keys.too_large",
            Self::KeysMalformed => "keys.malformed",
            Self::Key(_) => "keys.refused",
            Self::KeysDuplicate => "keys.duplicate",
            Self::KeysNone => "keys.none",
            Self::StatusTooLarge => "status.too_large",
            Self::Status(_) => "status.refused",
            Self::StatusForm => "status.malformed",
            Self::StatusTooMany => "status.too_many",
            Self::DeniedMalformed => "denied.malformed",
            Self::DeniedTooMany => "denied.too_many",
        }
    }
}

impl fmt::Display for StandingError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Issuer => "no ruleset trusts an issuer with this `iss`; write it as the ruleset does",
            Self::NotRemote => "the ruleset does not let this issuer's keys be fetched; give it `keys_from`",
            Self::KeysTooLarge => "the JWK Set is longer than 256 KiB, or has more than 64 keys",
            Self::KeysMalformed => "this is not a strict JWK Set, an object with `keys` (RFC 7517, section 5)",
            Self::Key(error) => return write!(f, "the JWK Set has a key that must not be there: {error}"),
            Self::KeysDuplicate => "two keys of the JWK Set have the same `kid`; its issuer must fix that",
            Self::KeysNone => "no key of the JWK Set is one that the ruleset accepts; compare `thumbprints` and `algorithms`",
            Self::StatusTooLarge => "the status list token is longer than 2 MiB",
            Self::Status(error) => return write!(f, "the status list token is refused: {error}"),
            Self::StatusForm => "`status_list` of the token is not as the standard asks, or inflates to more than 4 MiB",
            Self::StatusTooMany => "as many status lists are kept as can be; those that have ended go first",
            Self::DeniedMalformed => {
                "the deny list must be a list of objects, each with `iss` and `not_before` and perhaps `sub`, or with `jti` and perhaps `iss`"
            }
            Self::DeniedTooMany => "the deny list has more than 10,000 entries",
        })
    }
}

impl std::error::Error for StandingError {}

impl Standing {
    /// Takes the JWK Set of an issuer that was fetched at an instant, in the place of what was fetched before.
    ///
    /// # Errors
    /// Why it is not taken; the former keys stay.
    pub fn put_keys(&mut self, issuer: &TrustedIssuer, jwks: &[u8], fetched: Instant) -> Result<usize, StandingError> {
        let remote = issuer.remote.as_ref().ok_or(StandingError::NotRemote)?;
        if jwks.len() > limits::JWKS_BYTES {
            return Err(StandingError::KeysTooLarge);
        }
        let set = json::parse(jwks, json::Limits::UNTRUSTED).map_err(|_| StandingError::KeysMalformed)?;
        let listed = set.pointer("/keys").and_then(Value::as_array).ok_or(StandingError::KeysMalformed)?;
        if listed.len() > limits::KEYS {
            return Err(StandingError::KeysTooLarge);
        }
        let mut keys: Vec<Key> = Vec::new();
        for jwk in listed {
            let jwk = jwk.as_object().ok_or(StandingError::KeysMalformed)?;
            let Some(key) = accepted(jwk, remote)? else { continue };
            // What the ruleset pins stands before what is fetched, and is there once.
            let same = |known: &Key| {
                known.kid().is_some() && known.kid() == key.kid() || known.thumbprint() == key.thumbprint()
            };
            if issuer.keys.iter().any(same) {
                continue;
            }
            if keys.iter().any(same) {
                return Err(StandingError::KeysDuplicate);
            }
            keys.push(key);
        }
        if keys.is_empty() && issuer.keys.is_empty() {
            return Err(StandingError::KeysNone);
        }
        let count = keys.len();
        let until = fetched.saturating_add(remote.stale);
        // What comes late is no news.
        if self.keys.iter().all(|known| known.iss != issuer.iss || known.at <= fetched) {
            self.keys.retain(|known| known.iss != issuer.iss);
            self.keys.push(Fetched { iss: issuer.iss.clone(), keys, at: fetched, until });
        }
        Ok(count)
    }

    /// Takes a Status List Token of an issuer, which was fetched just now. Returns where it is and until when it is used.
    ///
    /// # Errors
    /// Why it is not taken; what was there stays.
    pub fn put_status_list(
        &mut self,
        issuer: &TrustedIssuer,
        token: &str,
        now: Instant,
    ) -> Result<(String, Instant), StandingError> {
        let own = issuer.keys.iter().chain(self.keys_of(issuer, now));
        let keys: Vec<&Key> =
            if issuer.status_keys.is_empty() { own.collect() } else { issuer.status_keys.iter().collect() };
        let list = StatusList::open(token, issuer, &keys, now)?;
        let told = (list.uri.clone(), list.until);
        let same = |known: &StatusList| known.iss == list.iss && known.uri == list.uri;
        if self.lists.iter().any(|known| same(known) && known.issued > list.issued) {
            return Ok(told);
        }
        self.lists.retain(|known| !same(known) && now < known.until);
        if self.lists.len() >= limits::STATUS_LISTS {
            return Err(StandingError::StatusTooMany);
        }
        self.lists.push(list);
        Ok(told)
    }

    /// Takes the host's deny list, in the place of the former one: a JSON list of `{ iss, sub, not_before }`, without `sub`
    /// for everybody of an issuer, and of `{ jti }`, with `iss` for a token of one issuer. `not_before` is RFC 3339 or seconds
    /// since 1970.
    ///
    /// # Errors
    /// Why it is not taken; the former one stays.
    pub fn put_denied(&mut self, list: &[u8]) -> Result<usize, StandingError> {
        // The host's own: what bounds it is the number of its entries.
        let list = json::parse(list, json::Limits::RULESET).map_err(|_| StandingError::DeniedMalformed)?;
        let entries = list.as_array().ok_or(StandingError::DeniedMalformed)?;
        if entries.len() > limits::DENIED {
            return Err(StandingError::DeniedTooMany);
        }
        let mut denied = Denied::default();
        for entry in entries {
            denied.put(entry).ok_or(StandingError::DeniedMalformed)?;
        }
        self.denied = denied;
        Ok(entries.len())
    }

    /// This and the other, for rulesets that judge together: the later of two fetches of one thing, and everybody whom
    /// either denies.
    #[must_use]
    pub fn merged(&self, other: &Self) -> Self {
        let mut all = self.clone();
        for fetched in &other.keys {
            if all.keys.iter().all(|known| known.iss != fetched.iss || known.at < fetched.at) {
                all.keys.retain(|known| known.iss != fetched.iss);
                all.keys.push(fetched.clone());
            }
        }
        for list in &other.lists {
            let same = |known: &StatusList| known.iss == list.iss && known.uri == list.uri;
            if !all.lists.iter().any(|known| same(known) && known.issued >= list.issued) {
                all.lists.retain(|known| !same(known));
                all.lists.push(list.clone());
            }
        }
        for (number, until) in (0..).zip(&other.denied.not_before) {
            if let Some(subject) = other.denied.subjects.get(number) {
                all.denied.put_subject(subject.clone(), *until);
            }
        }
        for number in (0..).take(other.denied.tokens.len()) {
            if let Some(token) = other.denied.tokens.get(number) {
                all.denied.tokens.add(token.clone());
            }
        }
        all
    }

    /// The keys that were fetched for an issuer, while they may be used.
    pub(super) fn keys_of(&self, issuer: &TrustedIssuer, now: Instant) -> &[Key] {
        let fetched = self.keys.iter().find(|fetched| fetched.iss == issuer.iss && issuer.remote.is_some());
        fetched.filter(|fetched| now < fetched.until).map_or(&[], |fetched| &fetched.keys)
    }

    /// Whether a token that verified has been taken back. Otherwise, until when that is known, where it was looked up.
    ///
    /// # Errors
    /// That it has been, or that nobody can tell though the ruleset asks for it.
    pub fn refuses(&self, credential: &Credential, now: Instant) -> Result<Option<Instant>, TokenError> {
        if self.denied.has(credential) {
            return Err(TokenError::Revoked);
        }
        let Some(place) = credential.status.as_ref().filter(|_| credential.check != StatusCheck::Ignored) else {
            return Ok(None);
        };
        let list = self.lists.iter().find(|list| list.iss == credential.iss && list.uri == place.uri);
        let list = list.filter(|list| now < list.until).ok_or(TokenError::StatusUnknown)?;
        match list.status(place.index) {
            Some(0) => Ok(Some(list.until)),
            Some(2) => Err(TokenError::Suspended),
            // Section 8.3: a place that the list does not have is refused, and so is every status that is not known.
            Some(_) | None => Err(TokenError::Revoked),
        }
    }
}

/// The key of a JWK, if the ruleset accepts it. Providers list keys for other purposes too: those are passed over.
fn accepted(jwk: &Object, remote: &RemoteKeys) -> Result<Option<Key>, StandingError> {
    let fits =
        |algorithm: &&Algorithm| match (jwk.get("kty").and_then(Value::as_str), jwk.get("crv").and_then(Value::as_str))
        {
            (Some("RSA"), _) => matches!(algorithm, Algorithm::Rs256 | Algorithm::Ps256),
            (_, Some("P-256")) => **algorithm == Algorithm::Es256,
            (_, Some("P-384")) => **algorithm == Algorithm::Es384,
            (_, Some("Ed25519")) => **algorithm == Algorithm::Ed25519,
            _ => false,
        };
    let key = match Key::from_bare_jwk(jwk, remote.algorithms.iter().find(fits).copied()) {
        Ok(key) => key,
        Err(KeyError::Algorithm | KeyError::Mismatch | KeyError::Member(_) | KeyError::Use | KeyError::Encoding(_)) => {
            return Ok(None);
        }
        Err(error) => return Err(StandingError::Key(error)),
    };
    let pinned = remote.thumbprints.is_empty() || remote.thumbprints.contains(&encode(&key.thumbprint()));
    let listed = remote.algorithms.is_empty() || remote.algorithms.contains(&key.algorithm());
    Ok(Some(key).filter(|_| pinned && listed))
}

impl Denied {
    fn put(&mut self, entry: &Value) -> Option<()> {
        let members = entry.as_object()?;
        // A member that is not known could be the one that matters.
        if members.iter().any(|(name, _)| !matches!(name, "iss" | "sub" | "not_before" | "jti")) {
            return None;
        }
        let text = |name| match members.get(name) {
            None => Some(None),
            Some(value) => value.as_str().filter(|text| !text.is_empty()).map(|text| Some(text.to_owned())),
        };
        let (iss, sub, jti) = (text("iss")?, text("sub")?, text("jti")?);
        match (jti, members.get("not_before")) {
            (Some(jti), None) if sub.is_none() => {
                self.tokens.add((iss, jti));
            }
            (None, Some(not_before)) => {
                let not_before = match not_before {
                    Value::String(text) => Instant::parse(text),
                    Value::Integer(seconds) => Instant::from_seconds(*seconds),
                    _ => None,
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

    /// A name that a credential may hold back could be any that is denied.
    fn has(&self, credential: &Credential) -> bool {
        let Credential { iss, sub, jti, issued, .. } = credential;
        // A token that does not say when it was issued could be from before.
        let is_before = |not_before: &Instant| issued.is_none_or(|issued| issued < *not_before);
        let subject = |sub: Option<&str>| {
            let number = self.subjects.number(&(iss, sub), |known| known.0 == *iss && known.1.as_deref() == sub);
            number.and_then(|number| self.not_before.get(usize::try_from(number).ok()?)).is_some_and(is_before)
        };
        let token = |iss: Option<&String>| {
            jti.as_ref().is_some_and(|jti| {
                self.tokens.number(&(iss, jti), |known| known.0.as_ref() == iss && known.1 == *jti).is_some()
            })
        };
        let any_subject = || {
            (0..).zip(&self.not_before).any(|(number, not_before)| {
                self.subjects.get(number).is_some_and(|known| known.0 == *iss) && is_before(not_before)
            })
        };
        let any_token = || {
            (0..)
                .map_while(|number| self.tokens.get(number))
                .any(|known| known.0.as_ref().is_none_or(|known| known == iss))
        };
        subject(None)
            || sub.as_deref().is_some_and(|sub| subject(Some(sub)))
            || token(None)
            || token(Some(iss))
            || credential.hides_sub && any_subject()
            || credential.hides_jti && any_token()
    }
}
