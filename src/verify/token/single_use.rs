//! The parts of a presentation that are used up: proofs of possession, and tokens that are good for one request.

use crate::base::time::Instant;
use crate::verify::jose::encode;

/// A single-use item: the host remembers it until its end, and refuses another presentation that uses it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(clippy::exhaustive_structs, reason = "what a store needs")]
pub struct SingleUse {
    /// SHA-256 of the item. Never of a signature: an ECDSA signature has a second form that verifies too.
    pub key: [u8; 32],
    /// SHA-256 of the holder: the issuer and the token's `sub`, or the holder's key if the token has no `sub`. A store
    /// uses it to share its space fairly.
    pub holder: [u8; 32],
    /// First instant at which the item is refused for another reason anyway.
    pub until: Instant,
}

impl SingleUse {
    /// Its key in base64url.
    pub fn name(&self) -> String {
        encode(&self.key)
    }

    /// Its holder in base64url.
    pub fn holder(&self) -> String {
        encode(&self.holder)
    }
}
