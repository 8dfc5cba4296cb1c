//! JOSE primitives: keys with one pinned algorithm each, strict base64url, signature checks.

use crate::json;

/// A signature algorithm (RFC 7518, RFC 8037, RFC 9864).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Algorithm {
    /// EdDSA over Curve25519.
    Ed25519,
    /// ECDSA with P-256 and SHA-256.
    Es256,
    /// ECDSA with P-384 and SHA-384.
    Es384,
    /// RSASSA-PKCS1-v1_5 with SHA-256.
    Rs256,
    /// RSASSA-PSS with SHA-256 and MGF1.
    Ps256,
}

/// A public key, tied to one algorithm.
#[derive(Clone, Debug)]
pub struct Key {
    kid: Option<String>,
    algorithm: Algorithm,
}

/// Why a JWK is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum KeyError {
    /// Placeholder.
    Malformed,
}

impl KeyError {
    /// Stable code.
    pub const fn code(&self) -> &'static str {
        "key.malformed"
    }
}

impl Key {
    /// Imports a public JWK (RFC 7517).
    pub fn from_jwk(_jwk: &json::Object) -> Result<Self, KeyError> {
        Err(KeyError::Malformed)
    }

    /// Its `kid`.
    pub fn kid(&self) -> Option<&str> {
        self.kid.as_deref()
    }

    /// The one algorithm it is for.
    pub const fn algorithm(&self) -> Algorithm {
        self.algorithm
    }
}

impl std::fmt::Display for KeyError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("the key is malformed")
    }
}
