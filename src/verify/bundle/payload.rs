//! The signed payload: a line of JSON with the ruleset's id, audience and window, followed by the ruleset's image.

use super::{BundleError, TrustRoot, exactly, text};
use crate::base::json::{self, Value};
use crate::base::time::Instant;
use crate::verify::jose::decode;
use sha2::{Digest, Sha256};

/// The version of the payload's schema.
pub const SCHEMA: i64 = 2;

/// A payload's fields.
#[derive(Clone, Debug)]
pub struct Contents {
    /// The environment for which it is signed.
    pub audience: String,
    /// The ruleset's id.
    pub ruleset_id: String,
    /// Its version, which only grows.
    pub version: u64,
    /// SHA-256 of the previous version's payload, lower-case hex.
    pub previous: Option<String>,
    /// `iat`: when it was issued.
    pub issued: Instant,
    /// `nbf`: first instant at which it may be used.
    pub not_before: Instant,
    /// `exp`: first instant at which it may no longer be used.
    pub expires: Instant,
    /// SHA-256 of the payload.
    pub sha256: [u8; 32],
    /// The ruleset's image.
    pub ruleset: Vec<u8>,
}

impl Contents {
    /// Reads a payload from base64url.
    pub(super) fn read(payload: &str) -> Result<Self, BundleError> {
        const MEMBERS: [&str; 8] = ["schema", "aud", "ruleset_id", "version", "prev_sha256", "iat", "nbf", "exp"];
        let bytes = decode(payload).ok_or(BundleError::Malformed)?;
        // A payload of another schema may have no second part.
        let end = bytes.iter().position(|byte| *byte == b'\n').unwrap_or(bytes.len());
        let (head, rest) = bytes.split_at_checked(end).ok_or(BundleError::Malformed)?;
        let document = json::parse(head, json::Limits::RULESET).map_err(|_| BundleError::Malformed)?;
        // Check the schema first, since another schema has other members.
        if document.pointer("/schema") != Some(&Value::Integer(SCHEMA)) {
            return Err(BundleError::Schema);
        }
        let members = exactly(&document, &MEMBERS)?;
        let integer = |name| match members.get(name) {
            Some(Value::Integer(value)) => Ok(*value),
            _ => Err(BundleError::Malformed),
        };
        let instant = |name| integer(name).and_then(|at| Instant::from_seconds(at).ok_or(BundleError::Malformed));
        let previous = match members.get("prev_sha256") {
            Some(Value::Null) => None,
            Some(Value::String(hex)) if is_sha256(hex) => Some(hex.clone()),
            _ => return Err(BundleError::Malformed),
        };
        let version = u64::try_from(integer("version")?).ok().filter(|version| *version > 0);
        Ok(Self {
            audience: text(members, "aud")?.to_owned(),
            ruleset_id: text(members, "ruleset_id")?.to_owned(),
            version: version.ok_or(BundleError::Malformed)?,
            previous,
            issued: instant("iat")?,
            not_before: instant("nbf")?,
            expires: instant("exp")?,
            sha256: Sha256::digest(&bytes).into(),
            ruleset: rest.get(1..).ok_or(BundleError::Malformed)?.to_vec(),
        })
    }

    pub(super) fn check(&self, root: &TrustRoot, now: Instant, minimum_version: u64) -> Result<(), BundleError> {
        if self.audience != root.audience {
            return Err(BundleError::Audience);
        }
        if self.ruleset_id != root.ruleset {
            return Err(BundleError::Id);
        }
        if self.version < minimum_version {
            return Err(BundleError::Rollback { version: self.version, minimum: minimum_version });
        }
        if now < self.not_before {
            return Err(BundleError::NotYetValid { at: self.not_before });
        }
        if now >= self.expires {
            return Err(BundleError::Expired { at: self.expires });
        }
        Ok(())
    }
}

pub(super) fn is_sha256(hex: &str) -> bool {
    hex.len() == 64 && hex.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
}
