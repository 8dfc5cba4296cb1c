//! Proofs that the sender of a token may use it: a DPoP proof (RFC 9449) or a key-binding JWT (RFC 9901, section 4.3).

use super::jws::{Carries, Jws};
use super::sd_jwt::Parts;
use super::single_use::SingleUse;
use super::{Claims, JwsPart, TokenError, claims};
use crate::base::json::Value;
use crate::base::limits;
use crate::base::time::{Instant, Span};
use crate::verify::issuer::{Holder, TrustedIssuer};
use crate::verify::jose::{Key, encode};
use sha2::{Digest, Sha256};

/// The proofs of possession that accompany a request's tokens.
#[derive(Clone, Copy, Debug, Default)]
#[allow(clippy::exhaustive_structs, reason = "written by the host")]
pub struct Possession<'a> {
    /// The nonce that this host issued to the wallet, which each key-binding JWT must have.
    pub nonce: Option<&'a str>,
    /// The DPoP proofs; each token that needs one has its own.
    pub proofs: &'a [DpopProof<'a>],
}

/// A DPoP proof, and the request for which it must have been made.
#[derive(Clone, Copy, Debug)]
#[allow(clippy::exhaustive_structs, reason = "written by the host")]
pub struct DpopProof<'a> {
    /// The value of the `DPoP` header.
    pub jwt: &'a str,
    /// The method of the request.
    pub method: &'a str,
    /// The address of the request; query and fragment are ignored.
    pub url: &'a str,
    /// The nonce that this host issued last, if it issues any.
    pub nonce: Option<&'a str>,
}

/// Checks the proof that the issuer's entry requires. The entry decides that before anything of the presentation is
/// read (RFC 9901, section 9.5). Proofs that are not required are ignored.
pub(super) fn check(
    claims: &mut Claims,
    issuer: &TrustedIssuer,
    token: &str,
    parts: &Parts<'_>,
    possession: &Possession<'_>,
    now: Instant,
) -> Result<(), TokenError> {
    // RFC 9449, section 7.2, RFC 8705, section 3, and RFC 7800, section 3: a JWT that is bound to a key is never a
    // bearer token, even if the issuer's other tokens are. A credential always names its holder's key; the entry
    // decides if the holder must prove possession.
    let bound = !parts.selective && claims.payload().pointer("/cnf").is_some_and(|cnf| *cnf != Value::Null);
    let used = match issuer.holder {
        Holder::Bearer if !bound => return Ok(()),
        Holder::KeyBinding => key_binding(claims, issuer, parts, possession.nonce, now)?,
        Holder::Bearer | Holder::Dpop => {
            let mut refused = None;
            let mut proofs = possession.proofs.iter().map(|proof| dpop(claims, issuer, token, proof, now));
            let accepted = proofs.find_map(|proof| proof.map_err(|error| refused = refused.or(Some(error))).ok());
            accepted.ok_or(refused.unwrap_or(TokenError::ProofMissing))?
        }
    };
    claims.uses.push(used);
    Ok(())
}

/// RFC 9901, section 7.3, step 5.
fn key_binding(
    claims: &Claims,
    issuer: &TrustedIssuer,
    parts: &Parts<'_>,
    nonce: Option<&str>,
    now: Instant,
) -> Result<SingleUse, TokenError> {
    let proof = read(parts.key_binding.ok_or(TokenError::ProofMissing)?, Carries::Nothing, "kb+jwt")?;
    let jwk = claims.payload().pointer("/cnf/jwk").and_then(Value::as_object).ok_or(TokenError::ProofKey)?;
    let key = Key::from_bare_jwk(jwk, Some(proof.header.algorithm)).map_err(|_| TokenError::ProofKey)?;
    signed(&proof, &key)?;
    let until = fresh(&proof, issuer, now)?;
    let aud = text(&proof, "aud")?;
    if !issuer.audience.iter().any(|accepted| accepted == aud) {
        return Err(TokenError::ProofTarget("aud"));
    }
    let answered = text(&proof, "nonce")?;
    if nonce != Some(answered) {
        return Err(TokenError::ProofNonce);
    }
    if text(&proof, "sd_hash")? != encode(&Sha256::digest(parts.bound.as_bytes())) {
        return Err(TokenError::ProofTarget("sd_hash"));
    }
    Ok(used("kb", claims, &key, answered, until))
}

/// RFC 9449, section 4.3.
fn dpop(
    claims: &Claims,
    issuer: &TrustedIssuer,
    token: &str,
    given: &DpopProof<'_>,
    now: Instant,
) -> Result<SingleUse, TokenError> {
    let proof = read(given.jwt, Carries::Jwk, "dpop+jwt")?;
    let jwk = proof.header.jwk.as_ref().ok_or(TokenError::Proof("jwk"))?;
    let key = Key::from_bare_jwk(jwk, Some(proof.header.algorithm)).map_err(|_| TokenError::Proof("jwk"))?;
    if claims.holder_key() != Some(key.thumbprint()) {
        return Err(TokenError::ProofKey);
    }
    signed(&proof, &key)?;
    if text(&proof, "htm")? != given.method {
        return Err(TokenError::ProofTarget("htm"));
    }
    if address(text(&proof, "htu")?) != address(given.url) {
        return Err(TokenError::ProofTarget("htu"));
    }
    if text(&proof, "ath")? != encode(&Sha256::digest(token.as_bytes())) {
        return Err(TokenError::ProofTarget("ath"));
    }
    let until = fresh(&proof, issuer, now)?;
    // An empty text is not a nonce: a host that has lost its own must not accept every proof.
    let answered = proof.claim("nonce").and_then(Value::as_str).filter(|nonce| !nonce.is_empty());
    if given.nonce.is_some_and(|nonce| answered != Some(nonce)) {
        return Err(TokenError::ProofNonce);
    }
    let jti = text(&proof, "jti")?;
    Ok(used("dpop", claims, &key, jti, until))
}

/// Parses a proof. Its errors are reported as those of the proof, never of the token.
fn read<'a>(jwt: &'a str, carries: Carries, typ: &str) -> Result<Jws<'a>, TokenError> {
    if jwt.len() > limits::PROOF_BYTES {
        return Err(TokenError::Proof("length"));
    }
    let proof = Jws::read(jwt, carries).map_err(|error| match error {
        TokenError::Encoding(part) | TokenError::Json(part) | TokenError::DuplicateMember(part) => {
            TokenError::Proof(match part {
                JwsPart::Header => "header",
                JwsPart::Payload => "payload",
                JwsPart::Signature => "signature",
            })
        }
        TokenError::EmbeddedKey(name) => TokenError::Proof(name),
        TokenError::Algorithm => TokenError::Proof("alg"),
        TokenError::Typ => TokenError::Proof("typ"),
        TokenError::Critical => TokenError::Proof("crit"),
        TokenError::TooLarge => TokenError::Proof("header"),
        _ => TokenError::Proof("form"),
    })?;
    if proof.header.typ.as_deref() != Some(typ) {
        return Err(TokenError::Proof("typ"));
    }
    Ok(proof)
}

fn signed(proof: &Jws<'_>, key: &Key) -> Result<(), TokenError> {
    // A key is for one algorithm. If its JWK has `alg`, that one applies.
    if key.algorithm() != proof.header.algorithm {
        return Err(TokenError::Proof("alg"));
    }
    proof.verify(key).map_err(|error| match error {
        TokenError::Signature => TokenError::ProofSignature,
        _ => TokenError::Proof("signature"),
    })
}

fn text<'a>(proof: &'a Jws<'_>, name: &'static str) -> Result<&'a str, TokenError> {
    proof.claim(name).and_then(Value::as_str).filter(|text| !text.is_empty()).ok_or(TokenError::Proof(name))
}

/// Checks a proof's age. Returns until when it is accepted.
fn fresh(proof: &Jws<'_>, issuer: &TrustedIssuer, now: Instant) -> Result<Instant, TokenError> {
    let iat = proof.claim("iat").ok_or(TokenError::Proof("iat"))?;
    let iat = claims::date(iat, &proof.bytes, "iat").map_err(|_| TokenError::Proof("iat"))?;
    let skew = claims::skew(issuer);
    let age = issuer.proof_age.min(Span::from_seconds(limits::PROOF_SECONDS));
    let until = iat.floor.saturating_add(age).saturating_add(skew);
    if now < iat.ceiling.saturating_sub(skew) || now >= until {
        return Err(TokenError::ProofTime);
    }
    Ok(until)
}

fn used(kind: &str, claims: &Claims, key: &Key, what: &str, until: Instant) -> SingleUse {
    let hash = Sha256::new_with_prefix(kind).chain_update([0]).chain_update(key.thumbprint()).chain_update(what);
    let holder = match claims.subject() {
        Some(subject) => Sha256::new_with_prefix(&claims.credential().iss).chain_update([0]).chain_update(subject),
        None => Sha256::new_with_prefix(key.thumbprint()),
    };
    SingleUse { key: hash.finalize().into(), holder: holder.finalize().into(), until }
}

/// An address without query and fragment, normalised: the case of scheme, host and escapes, a default port, an empty
/// path (RFC 3986, sections 6.2.2 and 6.2.3).
fn address(text: &str) -> String {
    let end = text.find(['?', '#']).unwrap_or(text.len());
    let text = text.get(..end).unwrap_or_default();
    let (scheme, rest) = text.split_once(':').unwrap_or(("", text));
    let rest = rest.strip_prefix("//").unwrap_or(rest);
    let slash = rest.find('/').unwrap_or(rest.len());
    let (host, path) = rest.split_at_checked(slash).unwrap_or((rest, ""));
    let (scheme, mut host) = (scheme.to_ascii_lowercase(), host.to_ascii_lowercase());
    let port = match scheme.as_str() {
        "https" => ":443",
        "http" => ":80",
        _ => ":",
    };
    for port in [port, ":"] {
        if let Some(bare) = host.strip_suffix(port) {
            host = bare.to_owned();
        }
    }
    let mut whole = [scheme.as_str(), "://", &host, if path.is_empty() { "/" } else { "" }].concat();
    let mut escaped = 0_u8;
    for letter in path.chars() {
        whole.push(if escaped > 0 { letter.to_ascii_uppercase() } else { letter });
        escaped = if letter == '%' { 2 } else { escaped.saturating_sub(1) };
    }
    whole
}
