//! SD-JWT (RFC 9901): inserts each disclosure at its position, and records the positions of undisclosed values.
//!
//! This rule must hold here and in all code that reads `Hidden`: withholding a disclosure never turns a refusal into an
//! allow, never lifts a rule and never gives a more capable fallback (docs/identities.md, "Withheld claims").

use super::TokenError;
use super::jws::Jws;
use crate::base::json::{self, Object, Value};
use crate::base::limits;
use crate::base::set::Set;
use crate::verify::jose::{decode, encode};
use sha2::{Digest, Sha256};

/// The parts of a token (RFC 9901, section 4): an SD-JWT, or a JWS alone.
pub(super) struct Parts<'a> {
    /// The issuer-signed JWT.
    pub(super) jwt: &'a str,
    /// The disclosures, as they were sent.
    disclosures: Vec<&'a str>,
    /// True if it is an SD-JWT.
    pub(super) selective: bool,
    /// The text that a key binding signs: everything up to and including the last `~`.
    pub(super) bound: &'a str,
    /// The key-binding JWT.
    pub(super) key_binding: Option<&'a str>,
}

/// The positions of undisclosed values: entries of a list, or members of an object.
///
/// A decoy digest is a hidden slot too: a verifier cannot distinguish the two (RFC 9901, section 4.2.5). An object with
/// one may hide any member that it does not show.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Hidden {
    /// JSON Pointers to the lists and objects that have undisclosed slots, one for each slot.
    slots: Vec<String>,
}

impl Hidden {
    /// Returns true if the list at a JSON Pointer lacks entries, or contains a value that is incomplete.
    pub fn is_partial(&self, pointer: &str) -> bool {
        self.slots.iter().any(|slot| is_within(slot, pointer))
    }

    /// Returns true if the value at a JSON Pointer, from the root of a payload, could be hidden or at another position.
    pub fn may_hide(&self, pointer: &str, payload: &Value) -> bool {
        self.may_hide_in("", pointer, payload)
    }

    /// The same for a pointer that starts from the value at the pointer `base`.
    ///
    /// An undisclosed entry of a list is removed, and later entries move up (RFC 9901, section 7.1, step 3), so an
    /// index into such a list is unreliable. An object hides only members that it does not show.
    pub fn may_hide_in(&self, base: &str, pointer: &str, value: &Value) -> bool {
        self.slots.iter().filter_map(|slot| slot.strip_prefix(base)).any(|slot| {
            let Some(rest) = pointer.strip_prefix(slot).and_then(|rest| rest.strip_prefix('/')) else { return false };
            let end = pointer.len().saturating_sub(rest.len()).saturating_add(rest.find('/').unwrap_or(rest.len()));
            let step = pointer.get(..end).unwrap_or(pointer);
            value.pointer(slot).is_some_and(|inner| inner.as_array().is_some()) || value.pointer(step).is_none()
        })
    }

    /// The number of undisclosed entries of the list at a JSON Pointer.
    pub(crate) fn missing_from(&self, pointer: &str) -> usize {
        self.slots.iter().filter(|slot| *slot == pointer).count()
    }

    /// JSON Pointers to the lists and objects that have undisclosed slots, one for each slot.
    pub fn slots(&self) -> &[String] {
        &self.slots
    }

    /// The number of undisclosed slots, including decoys, which cannot be distinguished.
    pub fn count(&self) -> usize {
        self.slots.len()
    }
}

/// Returns true if a JSON Pointer is `outer` or points inside it.
fn is_within(pointer: &str, outer: &str) -> bool {
    pointer.strip_prefix(outer).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

impl<'a> Parts<'a> {
    /// Splits a token; one without `~` is a JWS.
    pub(super) fn of(token: &'a str) -> Result<Self, TokenError> {
        let mut parts = token.split('~');
        let jwt = parts.next().unwrap_or_default();
        let mut disclosures: Vec<&str> = Vec::new();
        if token.len() > limits::SD_JWT_BYTES || jwt.len() > limits::TOKEN_BYTES {
            return Err(TokenError::TooLarge);
        }
        disclosures.extend(parts.take(limits::DISCLOSURES.saturating_add(2)));
        // The text after the last `~` is the key binding, or empty.
        let last = disclosures.pop();
        if disclosures.len() > limits::DISCLOSURES {
            return Err(TokenError::Disclosure("is one too many"));
        }
        let bound = token.get(..token.len().saturating_sub(last.map_or(0, str::len))).unwrap_or_default();
        let key_binding = last.filter(|last| !last.is_empty());
        Ok(Self { jwt, disclosures, selective: last.is_some(), bound, key_binding })
    }

    /// Inserts the disclosures into the payload (RFC 9901, section 7.1, steps 3 to 5).
    pub(super) fn disclose<'j>(&self, mut jws: Jws<'j>) -> Result<(Jws<'j>, Hidden), TokenError> {
        if !self.selective {
            // Without `~` the token's form does not announce withheld values, but the payload has their digests.
            let selective = has_digests(&jws.payload);
            return if selective { Err(TokenError::Selective("form")) } else { Ok((jws, Hidden::default())) };
        }
        if jws.claim("_sd_alg").is_some_and(|name| name.as_str() != Some("sha-256")) {
            return Err(TokenError::Selective("`_sd_alg`"));
        }
        let mut opening = Disclosing::default();
        for text in &self.disclosures {
            let disclosure = Disclosure::read(text)?;
            if opening.disclosures.iter().any(|known| known.digest == disclosure.digest) {
                return Err(TokenError::Disclosure("was sent twice"));
            }
            opening.disclosures.push(disclosure);
        }
        jws.payload = opening.open(std::mem::replace(&mut jws.payload, Value::Null), "", 0)?;
        if !opening.disclosures.iter().all(|disclosure| disclosure.used) {
            return Err(TokenError::Disclosure("matches no digest of the credential"));
        }
        Ok((jws, Hidden { slots: opening.hidden }))
    }
}

/// Returns true if a payload has members that only an SD-JWT's has (section 4).
fn has_digests(value: &Value) -> bool {
    match value {
        Value::Object(members) => members.iter().any(|(name, value)| is_reserved(name) || has_digests(value)),
        Value::Array(items) => items.iter().any(has_digests),
        _ => false,
    }
}

/// One disclosure (section 4.2).
struct Disclosure {
    digest: String,
    /// `None` for an entry of a list.
    name: Option<String>,
    value: Value,
    used: bool,
}

impl Disclosure {
    fn read(text: &str) -> Result<Self, TokenError> {
        let bytes = decode(text).ok_or(TokenError::Disclosure("is not strict base64url"))?;
        let list = json::parse(&bytes, json::Limits::UNTRUSTED).ok();
        let Some(Value::Array(list)) = list else {
            return Err(TokenError::Disclosure("is not one strict JSON list within the limits"));
        };
        let mut parts = list.into_iter();
        let (name, value) = match (parts.next(), parts.next(), parts.next(), parts.next()) {
            (Some(Value::String(_)), Some(value), None, None) => (None, value),
            (Some(Value::String(_)), Some(Value::String(name)), Some(value), None) => (Some(name), value),
            _ => return Err(TokenError::Disclosure("is not a salt, perhaps a name, and a value")),
        };
        if name.as_ref().is_some_and(|name| is_reserved(name)) {
            return Err(TokenError::Disclosure("has a name that is reserved"));
        }
        Ok(Self { digest: encode(&Sha256::digest(text.as_bytes())), name, value, used: false })
    }
}

fn is_reserved(name: &str) -> bool {
    name == "_sd" || name == "..."
}

/// Claims that decide if, when or for whom a credential counts: a holder can neither disclose nor withhold them. The
/// first eight are those of draft-ietf-oauth-sd-jwt-vc, section 2.2.2.3, which an issuer must not make selectively
/// disclosable. The others may be hidden by a decoy: `claims::check` and `subject::hop` refuse a credential if that
/// matters.
const NEVER_HIDDEN: [&str; 17] = [
    "iss",
    "nbf",
    "exp",
    "cnf",
    "vct",
    "vct#integrity",
    "aka_vcts",
    "status",
    "aud",
    "iat",
    "jti",
    "hop",
    "act",
    "azp",
    "client_id",
    "sid",
    "events",
];

/// A payload while its disclosures are inserted.
#[derive(Default)]
struct Disclosing {
    disclosures: Vec<Disclosure>,
    /// Every digest found so far.
    met: Set<String>,
    hidden: Vec<String>,
}

impl Disclosing {
    /// A value with its disclosures inserted and without the members of the mechanism. `depth` is that of nested
    /// disclosures.
    fn open(&mut self, value: Value, pointer: &str, depth: usize) -> Result<Value, TokenError> {
        if depth > limits::DISCLOSURE_DEPTH {
            return Err(TokenError::Disclosure("is nested too deep"));
        }
        match value {
            Value::Object(members) => self.open_object(members, pointer, depth).map(Value::Object),
            Value::Array(items) => {
                let mut opened = Vec::new();
                for item in items {
                    let placeholder =
                        item.as_object().and_then(|members| members.get("...").map(|digest| (members.len(), digest)));
                    let Some((members, digest)) = placeholder else {
                        let inside = within(pointer, &opened.len().to_string());
                        opened.push(self.open(item, &inside, depth)?);
                        continue;
                    };
                    let digest = digest.as_str().filter(|_| members == 1).ok_or(TokenError::Selective("`...`"))?;
                    if let Some((name, value)) = self.disclosed(digest, pointer)? {
                        if name.is_some() {
                            return Err(TokenError::Disclosure("has a name where an entry of a list belongs"));
                        }
                        let inside = within(pointer, &opened.len().to_string());
                        opened.push(self.open(value, &inside, depth.saturating_add(1))?);
                    }
                }
                Ok(Value::Array(opened))
            }
            plain => Ok(plain),
        }
    }

    fn open_object(&mut self, members: Object, pointer: &str, depth: usize) -> Result<Object, TokenError> {
        let mut opened: Vec<(String, Value)> = Vec::new();
        let mut digests = None;
        for (name, value) in members {
            match name.as_str() {
                "_sd" => digests = Some(value),
                "..." => return Err(TokenError::Selective("`...`")),
                "_sd_alg" if pointer.is_empty() => {}
                "_sd_alg" => return Err(TokenError::Selective("`_sd_alg`")),
                _ => {
                    let value = self.open(value, &within(pointer, &name), depth)?;
                    opened.push((name, value));
                }
            }
        }
        let digests = match digests {
            None => Vec::new(),
            Some(Value::Array(digests)) => digests,
            Some(_) => return Err(TokenError::Selective("`_sd`")),
        };
        for digest in &digests {
            let digest = digest.as_str().ok_or(TokenError::Selective("`_sd`"))?;
            let Some((name, value)) = self.disclosed(digest, pointer)? else { continue };
            let name = name.ok_or(TokenError::Disclosure("lacks the name of a claim"))?;
            if let Some(never) = NEVER_HIDDEN.iter().find(|never| pointer.is_empty() && **never == name) {
                return Err(TokenError::Concealed(never));
            }
            if opened.iter().any(|(known, _)| *known == name) {
                return Err(TokenError::Disclosure("names a claim that is there already"));
            }
            let value = self.open(value, &within(pointer, &name), depth.saturating_add(1))?;
            opened.push((name, value));
        }
        Ok(opened.into_iter().collect())
    }

    /// The value behind a digest, if the holder disclosed it; otherwise records one more hidden slot.
    fn disclosed(&mut self, digest: &str, pointer: &str) -> Result<Option<(Option<String>, Value)>, TokenError> {
        let root = pointer.split('/').nth(1).unwrap_or_default();
        if let Some(never) = NEVER_HIDDEN.iter().find(|never| **never == root) {
            return Err(TokenError::Concealed(never));
        }
        if !self.met.insert(digest.to_owned()) {
            return Err(TokenError::Selective("digest, which appears twice,"));
        }
        let found = self.disclosures.iter_mut().find(|disclosure| disclosure.digest == digest);
        let Some(disclosure) = found else {
            self.hidden.push(pointer.to_owned());
            return Ok(None);
        };
        disclosure.used = true;
        Ok(Some((disclosure.name.take(), std::mem::replace(&mut disclosure.value, Value::Null))))
    }
}

/// The JSON Pointer to a member or an entry (RFC 6901, section 3).
fn within(pointer: &str, name: &str) -> String {
    let mut inside = [pointer, "/"].concat();
    for letter in name.chars() {
        match letter {
            '~' => inside.push_str("~0"),
            '/' => inside.push_str("~1"),
            other => inside.push(other),
        }
    }
    inside
}
