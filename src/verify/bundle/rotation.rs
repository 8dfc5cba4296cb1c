//! Replaces a trust root by another, by a statement that a threshold of both signed: of the former, since only it is
//! trusted; of the new, since keys without a holder must not lock an app out (The Update Framework, section 5.3).

use super::{BundleError, JwsEnvelope, SignedForm, TrustRoot, exactly, is_sha256, text};
use crate::base::json::{self, Value};
use crate::base::limits;
use crate::verify::jose::{Key, decode};
use std::fmt;

/// The `typ` of a signature over a rotation statement.
pub const TYP: &str = "brightline-trust-root+jws";

/// The version of the statement's schema.
pub const SCHEMA: i64 = 1;

const FORM: SignedForm =
    SignedForm { typ: TYP, bytes: limits::ROTATION_BYTES, signatures: limits::ROTATION_SIGNATURES };

/// The content of a statement, and its signatures so far.
#[derive(Clone, Debug)]
pub struct Rotation {
    /// `kid` and `alg` of each signature.
    pub signatures: Vec<(String, String)>,
    /// [`TrustRoot::fingerprint`] of the former root, lower-case hex.
    pub previous: String,
    /// The new root.
    pub root: TrustRoot,
}

/// Why a trust root is not replaced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum RotationError {
    /// Not in the strict form.
    Malformed,
    /// The statement has another schema.
    Schema,
    /// A signature of a key of either root does not verify.
    Signature,
    /// Too few distinct keys of the former root signed.
    TooFewFormer {
        /// Number of keys that signed.
        signed: usize,
        /// Number of keys that must sign.
        needed: usize,
    },
    /// Too few distinct keys of the new root signed.
    TooFewNew {
        /// Number of keys that signed.
        signed: usize,
        /// Number of keys that must sign.
        needed: usize,
    },
    /// The new root is for another ruleset.
    Id,
    /// The new root is for another environment.
    Audience,
    /// The statement replaces another root.
    Previous,
    /// The version is not greater than the former root's.
    Version {
        /// The new root's version.
        version: u64,
        /// The former root's version.
        former: u64,
    },
    /// A `kid` of the former root names another key in the new one.
    Kid,
    /// The new root itself is not valid.
    Root(BundleError),
}

impl TrustRoot {
    /// The root by which a statement replaces this one. Several statements are applied in turn.
    ///
    /// # Errors
    /// The first reason not to follow it: form, signatures and threshold of this root before anything is read; then the
    /// new root itself, its signatures and threshold, and that it directly follows this one.
    pub fn rotate(&self, statement: &[u8]) -> Result<Self, RotationError> {
        let envelope = read(statement)?;
        let signed = envelope.signers(self).map_err(|_| RotationError::Signature)?;
        if signed < self.threshold {
            // It is refused either way. If it claims to replace another root, report that as the more helpful reason.
            let other = payload(&envelope.payload).is_ok_and(|(previous, _)| previous != hex(&self.fingerprint()));
            let too_few = RotationError::TooFewFormer { signed, needed: self.threshold };
            return Err(if other { RotationError::Previous } else { too_few });
        }
        let (previous, root) = payload(&envelope.payload)?;
        root.follows(self, &previous)?;
        let signed = envelope.signers(&root).map_err(|_| RotationError::Signature)?;
        if signed < root.threshold {
            return Err(RotationError::TooFewNew { signed, needed: root.threshold });
        }
        Ok(root)
    }

    fn follows(&self, former: &Self, previous: &str) -> Result<(), RotationError> {
        if self.ruleset != former.ruleset {
            return Err(RotationError::Id);
        }
        if self.audience != former.audience {
            return Err(RotationError::Audience);
        }
        if previous != hex(&former.fingerprint()) {
            return Err(RotationError::Previous);
        }
        if self.version <= former.version {
            return Err(RotationError::Version { version: self.version, former: former.version });
        }
        // Signatures refer to keys by `kid`, so a key must have the same name in both roots.
        let renamed = |key: &Key| {
            former.keys.iter().any(|known| known.kid() == key.kid() && known.thumbprint() != key.thumbprint())
        };
        if self.keys.iter().any(renamed) {
            return Err(RotationError::Kid);
        }
        Ok(())
    }
}

/// Reads a statement that may still lack signatures, to show it or to sign it. Without the former root, its signatures
/// are only checked with the keys that the statement itself contains.
///
/// # Errors
/// Everything that [`TrustRoot::rotate`] refuses, except missing signatures.
pub fn inspect(statement: &[u8], former: Option<&TrustRoot>) -> Result<Rotation, RotationError> {
    let envelope = read(statement)?;
    let (previous, root) = payload(&envelope.payload)?;
    if let Some(former) = former {
        root.follows(former, &previous)?;
    }
    for root in former.into_iter().chain([&root]) {
        envelope.signers(root).map_err(|_| RotationError::Signature)?;
    }
    Ok(Rotation { signatures: envelope.names(), previous, root })
}

pub(super) fn broken_signature(statement: &[u8], former: &TrustRoot) -> Option<String> {
    let envelope = read(statement).ok()?;
    let new = payload(&envelope.payload).ok().map(|(_, root)| root);
    envelope.broken(former).or_else(|| envelope.broken(&new?))
}

fn read(statement: &[u8]) -> Result<JwsEnvelope, RotationError> {
    JwsEnvelope::read(statement, &FORM).map_err(|_| RotationError::Malformed)
}

/// Returns the hash of the former root, and the new root.
fn payload(payload: &str) -> Result<(String, TrustRoot), RotationError> {
    let bytes = decode(payload).ok_or(RotationError::Malformed)?;
    let document = json::parse(&bytes, json::Limits::UNTRUSTED).map_err(|_| RotationError::Malformed)?;
    // Check the schema first, since another schema has other members.
    if document.pointer("/schema") != Some(&Value::Integer(SCHEMA)) {
        return Err(RotationError::Schema);
    }
    let members = exactly(&document, &["schema", "prev_sha256", "root"]).map_err(|_| RotationError::Malformed)?;
    let previous = text(members, "prev_sha256").ok().filter(|hash| is_sha256(hash)).ok_or(RotationError::Malformed)?;
    let root = members.get("root").ok_or(RotationError::Malformed)?;
    Ok((previous.to_owned(), TrustRoot::read(root).map_err(RotationError::Root)?))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

impl RotationError {
    /// Every code except those of trust roots, sorted.
    pub const CODES: [&str; 10] = [
        "trust_root.audience",
        "trust_root.id",
        "trust_root.kid",
        "trust_root.previous",
        "trust_root.rotation",
        "trust_root.schema",
        "trust_root.signature",
        "trust_root.too_few_former",
        "trust_root.too_few_new",
        "trust_root.version",
    ];

    /// Stable code.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Malformed => "trust_root.rotation",
            Self::Schema => "trust_root.schema",
            Self::Signature => "trust_root.signature",
            Self::TooFewFormer { .. } => "trust_root.too_few_former",
            Self::TooFewNew { .. } => "trust_root.too_few_new",
            Self::Id => "trust_root.id",
            Self::Audience => "trust_root.audience",
            Self::Previous => "trust_root.previous",
            Self::Version { .. } => "trust_root.version",
            Self::Kid => "trust_root.kid",
            Self::Root(error) => error.code(),
        }
    }
}

impl fmt::Display for RotationError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Malformed => {
                f.write_str("this is not a rotation of the form that is accepted; use the file as `rotate` wrote it")
            }
            Self::Schema => f.write_str("the rotation is of a form that this version does not read; update Brightline"),
            Self::Signature => f.write_str(
                "a signature does not verify: the rotation was changed after it was signed; fetch the original",
            ),
            Self::TooFewFormer { signed, needed } => {
                write!(f, "{signed} of the former trust root's keys signed the rotation; {needed} must")
            }
            Self::TooFewNew { signed, needed } => {
                write!(f, "{signed} of the new trust root's keys signed the rotation; {needed} must")
            }
            Self::Id => f.write_str("the new trust root has a different `ruleset` than the former one"),
            Self::Audience => f.write_str("the new trust root has a different `audience` than the former one"),
            Self::Previous => f.write_str(
                "the rotation does not replace this trust root; give the rotations in order, starting from this root",
            ),
            Self::Version { version, former } => {
                write!(f, "the new trust root has version {version}; it must be more than {former}, the former one's")
            }
            Self::Kid => f.write_str(
                "a `kid` of the former trust root names a different key in the new one; rename \
                                      that key",
            ),
            Self::Root(error) => write!(f, "the new trust root is refused: {error}"),
        }
    }
}

impl std::error::Error for RotationError {}
