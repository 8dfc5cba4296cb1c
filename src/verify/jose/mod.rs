//! JOSE primitives: keys with one pinned algorithm each, strict base64url, signature checks. HMAC, `none` and
//! encryption are not implemented at all, so that no input can select them.

mod key;
mod roca;

pub use key::{Key, KeyError};

/// A signature algorithm (RFC 7518, section 3.1; RFC 8037; RFC 9864).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(clippy::exhaustive_enums, reason = "a closed list is the point")]
pub enum Algorithm {
    /// EdDSA over Curve25519.
    Ed25519,
    /// ECDSA with P-256 and SHA-256.
    Es256,
    /// ECDSA with P-384 and SHA-384.
    Es384,
    /// RSASSA-PKCS1-v1_5 with SHA-256.
    Rs256,
    /// RSASSA-PKCS1-v1_5 with SHA-384.
    Rs384,
    /// RSASSA-PKCS1-v1_5 with SHA-512.
    Rs512,
    /// RSASSA-PSS with SHA-256, MGF1 and a salt of 32 bytes.
    Ps256,
    /// RSASSA-PSS with SHA-384, MGF1 and a salt of 48 bytes.
    Ps384,
    /// RSASSA-PSS with SHA-512, MGF1 and a salt of 64 bytes.
    Ps512,
}

impl Algorithm {
    /// Reads its registered name. `EdDSA`, the older name, means `Ed25519` here, since no other curve is implemented.
    /// Names are compared exactly.
    pub fn parse(name: &str) -> Option<Self> {
        match name {
            "Ed25519" | "EdDSA" => Some(Self::Ed25519),
            "ES256" => Some(Self::Es256),
            "ES384" => Some(Self::Es384),
            "RS256" => Some(Self::Rs256),
            "RS384" => Some(Self::Rs384),
            "RS512" => Some(Self::Rs512),
            "PS256" => Some(Self::Ps256),
            "PS384" => Some(Self::Ps384),
            "PS512" => Some(Self::Ps512),
            _ => None,
        }
    }

    /// Returns true if its keys are RSA keys.
    pub fn is_rsa(self) -> bool {
        self.as_str().starts_with(['R', 'P'])
    }

    /// Its registered name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ed25519 => "Ed25519",
            Self::Es256 => "ES256",
            Self::Es384 => "ES384",
            Self::Rs256 => "RS256",
            Self::Rs384 => "RS384",
            Self::Rs512 => "RS512",
            Self::Ps256 => "PS256",
            Self::Ps384 => "PS384",
            Self::Ps512 => "PS512",
        }
    }
}

/// Decodes strict base64url (RFC 7515, appendix C): no padding, no white space, no trailing bits.
pub(crate) fn decode(text: &str) -> Option<Vec<u8>> {
    data_encoding::BASE64URL_NOPAD.decode(text.as_bytes()).ok()
}

/// Encodes base64url without padding.
pub(crate) fn encode(bytes: &[u8]) -> String {
    data_encoding::BASE64URL_NOPAD.encode(bytes)
}
