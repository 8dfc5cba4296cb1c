//! Token Status List (draft-ietf-oauth-status-list), JWT form: records if a token has been revoked since it was issued.

use super::claims;
use super::jws::{Carries, Jws, STATUS_LIST};
use super::{HostStateError, SignedBy, TokenError};
use crate::base::json::{self, Value};
use crate::base::limits;
use crate::base::time::{Instant, Span, Window};
use crate::verify::issuer::TrustedIssuer;
use crate::verify::jose::{Key, decode};
use miniz_oxide::inflate::TINFLStatus;
use miniz_oxide::inflate::core::{DecompressorOxide, decompress, inflate_flags as flags};

/// A status list that verified.
#[derive(Clone, Debug)]
pub(super) struct StatusList {
    /// The id of the issuer's entry to whose tokens it applies.
    pub(super) entry: String,
    /// Its address, which is its `sub`.
    pub(super) uri: String,
    /// The key that verified it.
    pub(super) signer: SignedBy,
    pub(super) issued: Instant,
    /// The window in which it is used.
    pub(super) usable: Window,
    /// Bits per entry: 1, 2, 4 or 8.
    bits: u8,
    list: Vec<u8>,
}

impl StatusList {
    /// Verifies a Status List Token (section 5.1), fetched at an instant, with the keys of an issuer's entry.
    pub(super) fn open(
        token: &str,
        issuer: &TrustedIssuer,
        keys: &[&Key],
        fetched: Instant,
    ) -> Result<Self, HostStateError> {
        if token.len() > limits::STATUS_LIST_TOKEN_BYTES {
            return Err(HostStateError::StatusTooLarge);
        }
        // The list itself is one long text.
        let lengths = json::Limits { string_bytes: limits::STATUS_LIST_TOKEN_BYTES, ..json::Limits::UNTRUSTED };
        let jws = Jws::read_within(token, Carries::Nothing, lengths).map_err(HostStateError::Status)?;
        if jws.header.typ.as_deref() != Some(STATUS_LIST) {
            return Err(HostStateError::Status(TokenError::Typ));
        }
        let signer = jws.signed_by(keys).map_err(HostStateError::Status)?;
        let uri =
            jws.claim("sub").and_then(Value::as_str).ok_or(HostStateError::Status(TokenError::MissingClaim("sub")))?;
        let date = |name| jws.claim(name).map(|value| claims::date(value, &jws.bytes, name)).transpose();
        let date = |name| date(name).map_err(HostStateError::Status);
        let issued = date("iat")?.ok_or(HostStateError::Status(TokenError::MissingClaim("iat")))?;
        if fetched < issued.ceiling.saturating_sub(issuer.skew) {
            return Err(HostStateError::Status(TokenError::IssuedInFuture { at: issued.ceiling }));
        }
        let issued = issued.floor;
        let exp = date("exp")?.map(|exp| exp.floor);
        // `ttl` is a duration, but has the form of a date.
        let most = Span::from_seconds(limits::STATUS_MOST_SECONDS);
        let span = match date("ttl")?.map(|ttl| ttl.floor.since(Instant::EPOCH)) {
            None if exp.is_some() => most,
            None => Span::from_seconds(limits::STATUS_SECONDS),
            Some(Span::ZERO) => return Err(HostStateError::Status(TokenError::ClaimType("ttl"))),
            Some(ttl) => most.min(ttl),
        };
        if let Some(at) = exp.filter(|exp| fetched >= *exp) {
            return Err(HostStateError::Status(TokenError::Expired { at }));
        }
        let oldest = issued.saturating_add(Span::from_seconds(limits::STATUS_AGE_SECONDS));
        if fetched >= oldest {
            return Err(HostStateError::StatusOld);
        }
        let until = oldest.min(fetched.saturating_add(span));
        let until = exp.map_or(until, |exp| exp.min(until));
        let usable = Window { until: Some(until), ..fetched_at(fetched) };
        let (bits, list) = lists(&jws.payload).ok_or(HostStateError::StatusForm)?;
        Ok(Self { entry: issuer.id.clone(), uri: uri.to_owned(), signer, issued, usable, bits, list })
    }

    /// Its approximate size in bytes, including a constant for each list.
    pub(super) const fn size(&self) -> usize {
        self.list.len().saturating_add(self.uri.len()).saturating_add(1024)
    }

    /// The status of an entry (section 4.1: the low bits first). `None` if the index is outside the list.
    pub(super) fn status(&self, index: u64) -> Option<u8> {
        let bit = index.checked_mul(u64::from(self.bits))?;
        let byte = self.list.get(usize::try_from(bit.checked_div(8)?).ok()?)?;
        let shift = u32::try_from(bit.checked_rem(8)?).ok()?;
        let mask = 1_u16.checked_shl(u32::from(self.bits))?.checked_sub(1)?;
        u8::try_from(u16::from(byte.checked_shr(shift)?) & mask).ok()
    }
}

/// The window of data fetched at an instant: it begins a little earlier, since clocks differ.
pub(super) fn fetched_at(at: Instant) -> Window {
    Window { from: Some(at.saturating_sub(Span::from_seconds(limits::CLOCK_SECONDS))), until: None }
}

/// Reads `status_list` (section 4.2): the bits per entry, and the inflated list.
fn lists(payload: &Value) -> Option<(u8, Vec<u8>)> {
    let bits = match payload.pointer("/status_list/bits") {
        Some(Value::Integer(bits @ (1 | 2 | 4 | 8))) => u8::try_from(*bits).ok()?,
        _ => return None,
    };
    let list = payload.pointer("/status_list/lst").and_then(Value::as_str).and_then(decode)?;
    Some((bits, inflate(&list)?))
}

/// Inflates ZLIB (RFC 1950), complete and exact, up to the limit.
fn inflate(bytes: &[u8]) -> Option<Vec<u8>> {
    let flags = flags::TINFL_FLAG_PARSE_ZLIB_HEADER
        | flags::TINFL_FLAG_COMPUTE_ADLER32
        | flags::TINFL_FLAG_USING_NON_WRAPPING_OUTPUT_BUF;
    let mut state = Box::<DecompressorOxide>::default();
    let mut inflated = vec![0; limits::STATUS_LIST_BYTES.min(128 * 1024)];
    let (mut read, mut written) = (0_usize, 0_usize);
    loop {
        let (status, consumed, made) = decompress(&mut state, bytes.get(read..)?, &mut inflated, written, flags);
        read = read.checked_add(consumed)?;
        written = written.checked_add(made)?;
        match status {
            TINFLStatus::Done => {
                inflated.truncate(written);
                inflated.shrink_to_fit();
                return (read == bytes.len()).then_some(inflated);
            }
            TINFLStatus::HasMoreOutput if inflated.len() < limits::STATUS_LIST_BYTES => {
                inflated.resize(inflated.len().saturating_mul(2).min(limits::STATUS_LIST_BYTES), 0);
            }
            _ => return None,
        }
    }
}
