//! What a host keeps up to date beside a ruleset: fetched keys, status lists, and who is denied. All of it is checked
//! before it is taken, and none of it can allow what the ruleset does not.

use super::{Credential, TokenError};
use crate::issuer::TrustedIssuer;
use crate::jose::Key;
use crate::time::Instant;
use std::fmt;

/// What a host keeps up to date. Empty at first.
#[derive(Clone, Debug, Default)]
pub struct Standing {}

/// Why something of a host is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum StandingError {
    /// The issuer is not one whose keys the ruleset lets the host fetch.
    NotRemote,
}

impl StandingError {
    /// Stable code.
    pub const fn code(self) -> &'static str {
        match self {
            Self::NotRemote => "keys.not_remote",
        }
    }
}

impl fmt::Display for StandingError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotRemote => {
                f.write_str("the ruleset does not let this issuer's keys be fetched; give it `keys_from`")
            }
        }
    }
}

impl std::error::Error for StandingError {}

impl Standing {
    /// The keys that were fetched for an issuer, while they may be used.
    pub(super) fn keys_of(&self, _issuer: &TrustedIssuer, _now: Instant) -> &[Key] {
        &[]
    }

    /// Whether a token that verified has been taken back. Otherwise, until when that is known.
    ///
    /// # Errors
    /// That it has been, or that nobody can tell though the ruleset asks for it.
    pub fn refuses(&self, _credential: &Credential, _now: Instant) -> Result<Option<Instant>, TokenError> {
        Ok(None)
    }
}
