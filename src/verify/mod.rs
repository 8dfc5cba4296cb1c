//! Bytes → claims, and bundle → payload: JOSE, the token profile, credentials, proofs, status lists, signed bundles.

pub mod bundle;
pub mod issuer;
pub mod jose;
pub mod token;
