//! Keys, signatures and trust roots: who signs a ruleset, and whose signatures count.

pub(super) mod envelope;
mod external;
pub(super) mod key_file;
pub(super) mod keygen;
mod listing;
pub(super) mod opening;
mod quorum;
pub(super) mod rotate;
pub(super) mod sign;
mod signer;
mod signers;
mod succession;
pub(super) mod trust;
pub(super) mod trusted;
pub(super) mod verify;
