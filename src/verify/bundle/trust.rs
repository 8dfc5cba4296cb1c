//! The trust root that an app ships: the keys whose signatures count, the ruleset that they sign, and how many must
//! sign.

use super::{BundleError, exactly, text};
use crate::base::json::{self, Value};
use crate::base::limits;
use crate::base::set::Set;
use crate::verify::jose::{Algorithm, Key, KeyError, encode};
use serde::Serialize;
use sha2::{Digest, Sha256};

/// The keys, ruleset and environment that an app trusts.
#[derive(Clone, Debug)]
pub struct TrustRoot {
    pub(super) ruleset: String,
    pub(super) audience: String,
    pub(super) threshold: usize,
    pub(super) version: u64,
    pub(super) keys: Vec<Key>,
}

impl TrustRoot {
    /// Reads strict JSON with exactly `ruleset`, `audience`, `threshold`, `keys` and, after a rotation, `version`.
    ///
    /// # Errors
    /// `trust_root.…`, or an error of a key.
    pub fn parse(json: &[u8]) -> Result<Self, BundleError> {
        let document = json::parse(json, json::Limits::UNTRUSTED).map_err(|_| BundleError::TrustRoot)?;
        Self::read(&document)
    }

    pub(super) fn read(document: &Value) -> Result<Self, BundleError> {
        let (members, version) = match document.pointer("/version") {
            None => (exactly(document, &["ruleset", "audience", "threshold", "keys"]), Some(0)),
            Some(version) => {
                (exactly(document, &["ruleset", "audience", "threshold", "keys", "version"]), as_u64(version))
            }
        };
        let members = members.map_err(|_| BundleError::TrustRoot)?;
        let version = version.ok_or(BundleError::TrustRoot)?;
        let name = |name| text(members, name).map_err(|_| BundleError::TrustRoot).map(str::to_owned);
        let keys = members.get("keys").and_then(Value::as_array).ok_or(BundleError::TrustRoot)?;
        if keys.len() > limits::KEYS {
            return Err(BundleError::TrustRoot);
        }
        let keys = keys.iter().map(key).collect::<Result<Vec<Key>, BundleError>>()?;
        let kids: Set<&str> = keys.iter().filter_map(Key::kid).collect();
        if kids.as_slice().len() != keys.len() {
            return Err(BundleError::TrustRootKids);
        }
        let distinct: Set<[u8; 32]> = keys.iter().map(Key::thumbprint).collect();
        let threshold = match members.get("threshold") {
            Some(Value::Integer(threshold)) => usize::try_from(*threshold).unwrap_or(0),
            _ => 0,
        };
        if threshold == 0 || threshold > distinct.as_slice().len() {
            return Err(BundleError::TrustRootThreshold);
        }
        Ok(Self { ruleset: name("ruleset")?, audience: name("audience")?, threshold, version, keys })
    }

    /// The `kid` of each key.
    pub fn kids(&self) -> impl Iterator<Item = &str> {
        self.keys.iter().filter_map(Key::kid)
    }

    /// Its keys.
    pub fn keys(&self) -> &[Key] {
        &self.keys
    }

    /// The id of the only ruleset that it trusts.
    pub fn ruleset(&self) -> &str {
        &self.ruleset
    }

    /// The only environment that it is for.
    pub fn audience(&self) -> &str {
        &self.audience
    }

    /// The number of keys that must sign.
    pub const fn threshold(&self) -> usize {
        self.threshold
    }

    /// Its version, which only grows; 0 if the file has none.
    pub const fn version(&self) -> u64 {
        self.version
    }

    /// SHA-256 of its meaning, independent of the file's white space and order: of the compact JSON
    /// `{"audience":…,"keys":[[kid,thumbprint],…],"ruleset":…,"threshold":…,"version":…}`, with the keys sorted by
    /// `kid` and thumbprints (RFC 7638) in base64url.
    pub fn fingerprint(&self) -> [u8; 32] {
        let mut keys: Vec<(&str, String)> =
            self.keys.iter().map(|key| (key.kid().unwrap_or_default(), encode(&key.thumbprint()))).collect();
        keys.sort_unstable();
        let Self { audience, ruleset, threshold, version, .. } = self;
        let meaning = Meaning { audience, keys, ruleset, threshold: *threshold, version: *version };
        // Texts and numbers can always be serialised.
        Sha256::digest(serde_json::to_string(&meaning).unwrap_or_default()).into()
    }
}

#[derive(Serialize)]
struct Meaning<'a> {
    audience: &'a str,
    keys: Vec<(&'a str, String)>,
    ruleset: &'a str,
    threshold: usize,
    version: u64,
}

fn as_u64(value: &Value) -> Option<u64> {
    match value {
        Value::Integer(number) => u64::try_from(*number).ok(),
        _ => None,
    }
}

fn key(jwk: &Value) -> Result<Key, BundleError> {
    let jwk = jwk.as_object().ok_or(BundleError::TrustRoot)?;
    let key = Key::from_jwk(jwk).map_err(BundleError::TrustRootKey)?;
    // Accept the default algorithm and the one that hardware keys support; no others sign rulesets.
    if !matches!(key.algorithm(), Algorithm::Ed25519 | Algorithm::Es256) {
        return Err(BundleError::TrustRootKey(KeyError::Algorithm));
    }
    Ok(key)
}
