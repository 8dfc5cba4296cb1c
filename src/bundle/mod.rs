//! A signed ruleset: JWS General JSON, opened only against the app's trust root.

use crate::jose::Key;
use crate::json;
use crate::time::Instant;

/// What an app trusts.
#[derive(Clone, Debug)]
pub struct TrustRoot {
    /// The one ruleset id.
    pub ruleset: String,
    /// The environment.
    pub audience: String,
    /// Distinct keys that must have signed.
    pub threshold: usize,
    /// The keys.
    pub keys: Vec<Key>,
}

/// The payload of a bundle that opened.
#[derive(Clone, Debug)]
pub struct Payload {
    /// The ruleset's id.
    pub ruleset_id: String,
    /// Its version.
    pub version: u64,
    /// When it was issued.
    pub issued: Instant,
    /// First instant at which it may no longer be used.
    pub expires: Instant,
    /// SHA-256 of the signed payload.
    pub sha256: [u8; 32],
    /// The ruleset, in canonical form.
    pub ruleset: json::Value,
}

/// Why a bundle does not open.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum BundleError {
    /// Placeholder.
    Malformed,
}

/// Opens a bundle.
pub fn open(_bundle: &[u8], _root: &TrustRoot, _now: Instant, _minimum_version: u64) -> Result<Payload, BundleError> {
    Err(BundleError::Malformed)
}

impl BundleError {
    /// Stable code.
    pub const fn code(&self) -> &'static str {
        "bundle.malformed"
    }
}

impl std::fmt::Display for BundleError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("the bundle is malformed")
    }
}

impl TrustRoot {
    /// Reads a trust root.
    pub fn parse(_text: &[u8]) -> Result<Self, BundleError> {
        Err(BundleError::Malformed)
    }
}
