//! Reasons why a signed ruleset is not trusted.

use crate::base::limits;
use crate::base::time::Instant;
use crate::verify::jose::KeyError;
use std::fmt;

/// Why a bundle does not open, or a trust root is not valid.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum BundleError {
    /// Longer than the limit.
    TooLarge,
    /// Not in the strict form.
    Malformed,
    /// A signature's `typ` is not that of a ruleset.
    Typ,
    /// A signature of a known key does not verify: the bundle was tampered with.
    Signature,
    /// Too few distinct keys signed.
    Threshold {
        /// Number of keys that signed.
        signed: usize,
        /// Number of keys that must sign.
        needed: usize,
    },
    /// The payload has another schema.
    Schema,
    /// For another environment.
    Audience,
    /// Another ruleset (mix-up).
    Id,
    /// An older version than one seen before (rollback).
    Rollback {
        /// The bundle's version.
        version: u64,
        /// The lowest accepted version.
        minimum: u64,
    },
    /// Not valid yet.
    NotYetValid {
        /// First instant at which it is valid.
        at: Instant,
    },
    /// No longer valid (freeze).
    Expired {
        /// First instant at which it is no longer valid.
        at: Instant,
    },
    /// The trust root is not in the strict form.
    TrustRoot,
    /// A key of the trust root has no `kid`, or two have the same.
    TrustRootKids,
    /// The trust root's threshold is zero or cannot be met.
    TrustRootThreshold,
    /// A key of the trust root is refused.
    TrustRootKey(KeyError),
}

impl BundleError {
    /// Every code except those of keys, sorted.
    pub const CODES: [&str; 14] = [
        "bundle.audience",
        "bundle.expired",
        "bundle.id",
        "bundle.malformed",
        "bundle.not_yet_valid",
        "bundle.rollback",
        "bundle.schema",
        "bundle.signature",
        "bundle.threshold",
        "bundle.too_large",
        "bundle.typ",
        "trust_root.kid",
        "trust_root.malformed",
        "trust_root.threshold",
    ];

    /// Stable code.
    pub const fn code(self) -> &'static str {
        match self {
            Self::TooLarge => "bundle.too_large",
            Self::Malformed => "bundle.malformed",
            Self::Typ => "bundle.typ",
            Self::Signature => "bundle.signature",
            Self::Threshold { .. } => "bundle.threshold",
            Self::Schema => "bundle.schema",
            Self::Audience => "bundle.audience",
            Self::Id => "bundle.id",
            Self::Rollback { .. } => "bundle.rollback",
            Self::NotYetValid { .. } => "bundle.not_yet_valid",
            Self::Expired { .. } => "bundle.expired",
            Self::TrustRoot => "trust_root.malformed",
            Self::TrustRootKids => "trust_root.kid",
            Self::TrustRootThreshold => "trust_root.threshold",
            Self::TrustRootKey(error) => error.code(),
        }
    }
}

impl fmt::Display for BundleError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooLarge => {
                write!(f, "the signed ruleset is longer than {} bytes; make it smaller", limits::BUNDLE_BYTES)
            }
            Self::Malformed => f.write_str(
                "this is not a signed ruleset of the form that is accepted; use the file as `sign` wrote it",
            ),
            Self::Typ => f.write_str("a signature is not for a ruleset (`typ`); sign the ruleset itself"),
            Self::Signature => f.write_str(
                "a signature does not verify: the ruleset was changed after it was signed; fetch the original",
            ),
            Self::Threshold { signed, needed } => {
                write!(f, "{signed} of the trust root's keys signed the ruleset; {needed} must")
            }
            Self::Schema => {
                f.write_str("the signed ruleset is of a form that this version does not read; update Brightline")
            }
            Self::Audience => f.write_str(
                "the signed ruleset is not for the environment of the trust root (`audience`); sign it for that",
            ),
            Self::Id => {
                f.write_str("the signed ruleset is not the one of the trust root (`ruleset`); fetch that one")
            }
            Self::Rollback { version, minimum } => {
                write!(
                    f,
                    "the signed ruleset is version {version}, older than version {minimum}, which was seen before; fetch a newer one"
                )
            }
            Self::NotYetValid { at } => write!(f, "the signed ruleset is valid from {at}; wait, or check the clock"),
            Self::Expired { at } => write!(f, "the signed ruleset expired at {at}; fetch a newer one"),
            Self::TrustRoot => f.write_str(
                "the trust root must be strict JSON with exactly `ruleset`, `audience`, `threshold`, `keys` and perhaps `version`",
            ),
            Self::TrustRootKids => f.write_str("each key of the trust root needs a distinct `kid`"),
            Self::TrustRootThreshold => {
                f.write_str("the trust root's `threshold` must be from 1 to the number of its distinct keys")
            }
            Self::TrustRootKey(error) => write!(f, "a key of the trust root is refused: {error}"),
        }
    }
}

impl std::error::Error for BundleError {}
