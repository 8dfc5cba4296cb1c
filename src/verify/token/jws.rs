//! Parses a compact JWS strictly: checks its header, and finds the key that it names.

use super::{JwsPart, SignedBy, TokenError};
use crate::base::json::{self, Object, Value};
use crate::base::limits;
use crate::verify::issuer::{CREDENTIAL, TrustedIssuer};
use crate::verify::jose::{Algorithm, Key, decode};
use sha2::{Digest, Sha256};

/// A compact JWS (RFC 7515, section 7.1), not yet verified.
pub(super) struct Jws<'a> {
    pub(super) header: JwsHeader,
    /// The payload as it was signed.
    pub(super) bytes: Vec<u8>,
    /// The payload, an object.
    pub(super) payload: Value,
    signed: &'a str,
    signature: &'a str,
}

/// The `typ` of a token for development.
const DEVELOPMENT: &str = "dev+jwt";
/// The `typ` of a status list token.
pub(super) const STATUS_LIST: &str = "statuslist+jwt";

/// The header's members.
pub(super) struct JwsHeader {
    pub(super) algorithm: Algorithm,
    pub(super) kid: Option<String>,
    /// Lower case, without `application/`.
    pub(super) typ: Option<String>,
    /// The key in a proof of possession's header, if `Carries::Jwk` permits one.
    pub(super) jwk: Option<Object>,
    /// True if `cty` declares the payload a token. Some issuers declare that of plain claims.
    nested: bool,
}

/// The header members that only some tokens may have.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Carries {
    /// No member about keys.
    Nothing,
    /// `jwk`: a DPoP proof's own key (RFC 9449, section 4.2).
    Jwk,
}

impl<'a> Jws<'a> {
    /// Parses a token.
    pub(super) fn read(token: &'a str, carries: Carries) -> Result<Self, TokenError> {
        Self::read_within(token, carries, json::Limits::UNTRUSTED)
    }

    /// Parses a token with other limits for its payload.
    pub(super) fn read_within(token: &'a str, carries: Carries, limits: json::Limits) -> Result<Self, TokenError> {
        let mut parts = token.split('.');
        let (Some(header), Some(payload), Some(signature), None) =
            (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Err(TokenError::Malformed);
        };
        // The signing input ends before the second dot.
        let length = header.len().saturating_add(1).saturating_add(payload.len());
        let signed = token.get(..length).ok_or(TokenError::Malformed)?;
        let header = JwsHeader::read(header, carries)?;
        let bytes = decode(payload).ok_or(TokenError::Encoding(JwsPart::Payload))?;
        let payload = object(&bytes, JwsPart::Payload, limits).map_err(|error| match error {
            TokenError::Json(_) if header.nested => TokenError::Nested,
            error => error,
        })?;
        Ok(Self { header, bytes, payload, signed, signature })
    }

    /// A claim of the payload.
    pub(super) fn claim(&self, name: &str) -> Option<&Value> {
        self.payload.as_object().and_then(|claims| claims.get(name))
    }

    /// SHA-256 of the whole token.
    pub(super) fn digest(&self) -> [u8; 32] {
        let hash = Sha256::new_with_prefix(self.signed).chain_update(".").chain_update(self.signature);
        hash.finalize().into()
    }

    /// Finds the key that the header names and verifies the signature with it.
    pub(super) fn signed_by(&self, keys: &[&Key]) -> Result<SignedBy, TokenError> {
        let JwsHeader { kid, algorithm, .. } = &self.header;
        let key = named(keys, kid.as_deref(), *algorithm)?;
        self.verify(key)?;
        Ok(SignedBy { kid: kid.clone(), algorithm: *algorithm, thumbprint: key.thumbprint() })
    }

    /// Checks that the signature is the key's.
    pub(super) fn verify(&self, key: &Key) -> Result<(), TokenError> {
        let signature = decode(self.signature).ok_or(TokenError::Encoding(JwsPart::Signature))?;
        if key.verify(self.signed.as_bytes(), &signature) { Ok(()) } else { Err(TokenError::Signature) }
    }
}

impl JwsHeader {
    fn read(text: &str, carries: Carries) -> Result<Self, TokenError> {
        let bytes = decode(text).ok_or(TokenError::Encoding(JwsPart::Header))?;
        if bytes.len() > limits::CERTIFIED_HEADER_BYTES {
            return Err(TokenError::TooLarge);
        }
        let header = object(&bytes, JwsPart::Header, json::Limits::UNTRUSTED)?;
        let Value::Object(header) = header else { return Err(TokenError::Json(JwsPart::Header)) };
        let typ = header.get("typ").map(|typ| typ.as_str().map(bare).ok_or(TokenError::Typ)).transpose()?;
        // Profiles of wallets (HAIP) require certificate chains in the headers of credentials and status lists. Ignore
        // them: the key is the ruleset's.
        let certified = typ.as_deref().is_some_and(|typ| typ.ends_with(CREDENTIAL) || typ == STATUS_LIST)
            && header.get("x5c").is_some();
        if !certified && bytes.len() > limits::HEADER_BYTES {
            return Err(TokenError::TooLarge);
        }
        for name in ["jwk", "jku", "x5u", "x5c"] {
            let expected = name == "jwk" && carries == Carries::Jwk || name == "x5c" && certified;
            if header.get(name).is_some() && !expected {
                return Err(TokenError::EmbeddedKey(name));
            }
        }
        // RFC 7515, section 4.1.11: refuse critical members that are not understood. No critical member is understood.
        if header.get("crit").is_some() || header.get("b64").is_some() {
            return Err(TokenError::Critical);
        }
        if header.get("enc").is_some() || header.get("zip").is_some() {
            return Err(TokenError::Encrypted);
        }
        let nested = header.get("cty").and_then(Value::as_str).is_some_and(|cty| bare(cty) == "jwt");
        let algorithm = header.get("alg").and_then(Value::as_str).and_then(Algorithm::parse);
        let kid = header.get("kid").map(|kid| kid.as_str().map(str::to_owned).ok_or(TokenError::KeyUnknown));
        Ok(Self {
            algorithm: algorithm.ok_or(TokenError::Algorithm)?,
            kid: kid.transpose()?,
            typ,
            jwk: header.get("jwk").and_then(Value::as_object).cloned(),
            nested,
        })
    }

    /// Returns true if it is the header of an SD-JWT (RFC 9901, section 11.1: a structured suffix).
    pub(super) fn is_selective(&self) -> bool {
        self.typ.as_deref().is_some_and(|typ| typ.ends_with(CREDENTIAL))
    }

    pub(super) fn has_typ_of(&self, issuer: &TrustedIssuer) -> bool {
        let typ = self.typ.as_deref().unwrap_or("absent");
        // Development issuers have development tokens and no others, regardless of the `typ` values in the ruleset.
        if (typ == DEVELOPMENT) != issuer.is_development() {
            return false;
        }
        // A token whose `typ` is the text `absent` does have a `typ`.
        (self.typ.is_none() || typ != "absent") && issuer.typ.iter().any(|accepted| accepted == typ)
    }
}

/// The key that a header names, by its exact `kid` and its `alg`: keys of several types may share a `kid` (RFC 7517,
/// section 4.5). A second key is never tried, so that only one key can have signed a token.
pub(super) fn named<'k>(keys: &[&'k Key], kid: Option<&str>, algorithm: Algorithm) -> Result<&'k Key, TokenError> {
    let mut none = if kid.is_some() { TokenError::KeyUnknown } else { TokenError::Algorithm };
    let mut found: Option<&Key> = None;
    for key in keys.iter().filter(|key| kid.is_none_or(|kid| key.kid() == Some(kid))) {
        none = TokenError::Algorithm;
        if key.algorithm() == algorithm {
            // The same key under two names counts once.
            if found.is_some_and(|known| known.thumbprint() != key.thumbprint()) {
                return Err(TokenError::KeyAmbiguous);
            }
            found = Some(key);
        }
    }
    found.ok_or(none)
}

/// RFC 8725bis, section 3.11: `application/` may be omitted, and case does not matter.
fn bare(typ: &str) -> String {
    let lower = typ.to_ascii_lowercase();
    lower.strip_prefix("application/").map(str::to_owned).unwrap_or(lower)
}

fn object(bytes: &[u8], part: JwsPart, limits: json::Limits) -> Result<Value, TokenError> {
    match json::parse(bytes, limits) {
        Ok(value @ Value::Object(_)) => Ok(value),
        Err(error) if error.is_duplicate() => Err(TokenError::DuplicateMember(part)),
        Ok(_) | Err(_) => Err(TokenError::Json(part)),
    }
}
