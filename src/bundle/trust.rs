//! The trust root that an app ships: whose signatures count, over what, and how many of them.

use super::{BundleError, exactly, text};
use crate::jose::{Algorithm, Key, KeyError};
use crate::json::{self, Value};
use crate::limits;
use crate::set::Set;

/// What an app trusts.
#[derive(Clone, Debug)]
pub struct TrustRoot {
    pub(super) ruleset: String,
    pub(super) audience: String,
    pub(super) threshold: usize,
    pub(super) keys: Vec<Key>,
}

impl TrustRoot {
    /// Reads strict JSON with exactly `ruleset`, `audience`, `threshold` and `keys`.
    ///
    /// # Errors
    /// `trust_root.…`, or what is wrong with a key.
    pub fn parse(json: &[u8]) -> Result<Self, BundleError> {
        let document = json::parse(json, json::Limits::UNTRUSTED).map_err(|_| BundleError::TrustRoot)?;
        let members =
            exactly(&document, &["ruleset", "audience", "threshold", "keys"]).map_err(|_| BundleError::TrustRoot)?;
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
        Ok(Self { ruleset: name("ruleset")?, audience: name("audience")?, threshold, keys })
    }

    /// The names of its keys.
    pub fn kids(&self) -> impl Iterator<Item = &str> {
        self.keys.iter().filter_map(Key::kid)
    }
}

fn key(jwk: &Value) -> Result<Key, BundleError> {
    let jwk = jwk.as_object().ok_or(BundleError::TrustRoot)?;
    let key = Key::from_jwk(jwk).map_err(BundleError::TrustRootKey)?;
    // The house algorithm and the one that hardware keys have; no others sign rulesets.
    if !matches!(key.algorithm(), Algorithm::Ed25519 | Algorithm::Es256) {
        return Err(BundleError::TrustRootKey(KeyError::Algorithm));
    }
    Ok(key)
}
