//! Reasons why a token is refused, each with a stable code. None contains data of the token.

use crate::base::limits;
use crate::base::time::{Instant, Span};
use std::fmt;

/// Why a token is refused. Holds names and instants, never data of the token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum TokenError {
    /// Longer than the limit.
    TooLarge,
    /// Not three parts of base64url with exactly two dots.
    Malformed,
    /// A part is not strict base64url.
    Encoding(JwsPart),
    /// A part is not one strict JSON object.
    Json(JwsPart),
    /// A member name occurs twice.
    DuplicateMember(JwsPart),
    /// The header has `crit` or `b64`.
    Critical,
    /// The header contains or refers to a key: `jwk`, `jku`, `x5u`, `x5c`.
    EmbeddedKey(&'static str),
    /// The header declares encryption or compression: `enc`, `zip`.
    Encrypted,
    /// A token inside the token.
    Nested,
    /// `typ` is not accepted for this issuer.
    Typ,
    /// `alg` is missing, not text, not implemented, or not the key's.
    Algorithm,
    /// `iss` is not one of the ruleset's issuers.
    Issuer,
    /// `kid` is not one of the issuer's keys, or is not text.
    KeyUnknown,
    /// Several of the issuer's keys match: no `kid` and one algorithm, or one `kid` twice.
    KeyAmbiguous,
    /// The signature does not verify with the key.
    Signature,
    /// A required claim is missing.
    MissingClaim(&'static str),
    /// A claim is of the wrong type or out of range.
    ClaimType(&'static str),
    /// `aud` does not name an audience of the issuer's entry.
    Audience,
    /// `exp` has passed.
    Expired {
        /// First instant at which it is refused, skew included.
        at: Instant,
    },
    /// `nbf` is in the future.
    NotYetValid {
        /// First instant at which it is accepted, skew included.
        at: Instant,
    },
    /// `iat` is in the future.
    IssuedInFuture {
        /// First instant at which it is accepted, skew included.
        at: Instant,
    },
    /// `exp` is further from `iat` than the issuer's entry allows.
    Lifetime {
        /// The longest lifetime allowed.
        most: Span,
    },
    /// The tokens of one presentation name different subjects.
    Subjects,
    /// More tokens than the limit.
    TooMany,
    /// A disclosure that cannot be inserted; the text says why.
    Disclosure(&'static str),
    /// The issuer's selective disclosure is not well-formed; the text names the part.
    Selective(&'static str),
    /// A claim that must not be selectively disclosable is, or may be.
    Concealed(&'static str),
    /// `vct` is not one that the ruleset lists for this issuer.
    Vct,
    /// The issuer's entry requires a proof of possession, and there is none.
    ProofMissing,
    /// The proof cannot be read or is not valid; the text names the member.
    Proof(&'static str),
    /// The proof is not by the key to which the token is bound, or the token is not bound to a key.
    ProofKey,
    /// The proof's signature does not verify with its key.
    ProofSignature,
    /// The proof is for another request; the text names the claim.
    ProofTarget(&'static str),
    /// The proof does not have the nonce that this host issued.
    ProofNonce,
    /// The proof is too old, or from the future.
    ProofTime,
    /// A single-use item was used before.
    Replayed,
    /// The token's status is unknown, but must be known.
    StatusUnknown,
    /// The token has been revoked, by a status list or by the host's deny list.
    Revoked,
    /// The token has been suspended.
    Suspended,
    /// The signed hops do not form one chain; the text says why.
    Chain(&'static str),
}

/// A part of a compact JWS.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(clippy::exhaustive_enums, reason = "there are three")]
pub enum JwsPart {
    /// The first part.
    Header,
    /// The second part.
    Payload,
    /// The third part.
    Signature,
}

impl TokenError {
    /// Every code, sorted.
    pub const CODES: [&str; 41] = [
        "token.algorithm",
        "token.audience",
        "token.chain",
        "token.claim_type",
        "token.concealed_claim",
        "token.critical",
        "token.disclosure",
        "token.duplicate_member",
        "token.embedded_key",
        "token.encoding",
        "token.encrypted",
        "token.expired",
        "token.header_json",
        "token.issued_in_future",
        "token.issuer",
        "token.key_ambiguous",
        "token.key_unknown",
        "token.lifetime",
        "token.malformed",
        "token.missing_claim",
        "token.nested",
        "token.not_yet_valid",
        "token.payload_json",
        "token.proof",
        "token.proof_key",
        "token.proof_missing",
        "token.proof_nonce",
        "token.proof_signature",
        "token.proof_target",
        "token.proof_time",
        "token.replayed",
        "token.revoked",
        "token.selective",
        "token.signature",
        "token.status_unknown",
        "token.subjects",
        "token.suspended",
        "token.too_large",
        "token.too_many",
        "token.typ",
        "token.vct",
    ];

    /// Stable code.
    pub const fn code(self) -> &'static str {
        match self {
            Self::TooLarge => "token.too_large",
            Self::Malformed => "token.malformed",
            Self::Encoding(_) => "token.encoding",
            Self::Json(JwsPart::Header) => "token.header_json",
            Self::Json(_) => "token.payload_json",
            Self::DuplicateMember(_) => "token.duplicate_member",
            Self::Critical => "token.critical",
            Self::EmbeddedKey(_) => "token.embedded_key",
            Self::Encrypted => "token.encrypted",
            Self::Nested => "token.nested",
            Self::Typ => "token.typ",
            Self::Algorithm => "token.algorithm",
            Self::Issuer => "token.issuer",
            Self::KeyUnknown => "token.key_unknown",
            Self::KeyAmbiguous => "token.key_ambiguous",
            Self::Signature => "token.signature",
            Self::MissingClaim(_) => "token.missing_claim",
            Self::ClaimType(_) => "token.claim_type",
            Self::Audience => "token.audience",
            Self::Expired { .. } => "token.expired",
            Self::NotYetValid { .. } => "token.not_yet_valid",
            Self::IssuedInFuture { .. } => "token.issued_in_future",
            Self::Lifetime { .. } => "token.lifetime",
            Self::Subjects => "token.subjects",
            Self::TooMany => "token.too_many",
            Self::Disclosure(_) => "token.disclosure",
            Self::Selective(_) => "token.selective",
            Self::Concealed(_) => "token.concealed_claim",
            Self::Vct => "token.vct",
            Self::ProofMissing => "token.proof_missing",
            Self::Proof(_) => "token.proof",
            Self::ProofKey => "token.proof_key",
            Self::ProofSignature => "token.proof_signature",
            Self::ProofTarget(_) => "token.proof_target",
            Self::ProofNonce => "token.proof_nonce",
            Self::ProofTime => "token.proof_time",
            Self::Replayed => "token.replayed",
            Self::StatusUnknown => "token.status_unknown",
            Self::Revoked => "token.revoked",
            Self::Suspended => "token.suspended",
            Self::Chain(_) => "token.chain",
        }
    }

    /// The instant from which it could be accepted if nothing else changes.
    pub const fn accepted_from(self) -> Option<Instant> {
        match self {
            Self::NotYetValid { at } | Self::IssuedInFuture { at } => Some(at),
            _ => None,
        }
    }
}

impl fmt::Display for TokenError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooLarge => write!(
                f,
                "The token is longer than {} bytes, or its header than {}; ask its issuer for a smaller one.",
                limits::TOKEN_BYTES,
                limits::HEADER_BYTES
            ),
            Self::Malformed => {
                f.write_str("This is not a compact JWS, three parts with two dots; send the token as it was issued.")
            }
            Self::Encoding(part) => {
                write!(f, "The token's {part} is not strict base64url; send the token alone, without `Bearer` and white space.")
            }
            Self::Json(part) => {
                write!(f, "The token's {part} is not one strict JSON object within the limits; its issuer must fix that.")
            }
            Self::DuplicateMember(part) => {
                write!(f, "A member occurs twice in the token's {part}; its issuer must fix that.")
            }
            Self::Critical => {
                f.write_str("The token's header has `crit` or `b64`, and no extension is supported; use a plain token.")
            }
            Self::EmbeddedKey(name) => write!(f, "The token's header has `{name}`; keys come from the ruleset only."),
            Self::Encrypted => f.write_str("The token's header has `enc` or `zip`; only plain signed tokens are read."),
            Self::Nested => f.write_str("The token holds another token; send the inner one."),
            Self::Typ => f.write_str(
                "The token's `typ` is not one that the ruleset lists for this issuer, or it is not a sign-in token; \
                 send an access token, or list it.",
            ),
            Self::Algorithm => f.write_str(
                "The token's `alg` is not that of a key that the ruleset pins for this issuer; pin the key with it.",
            ),
            Self::Issuer => f.write_str(
                "The token's `iss` is not an issuer that the ruleset trusts; sign in elsewhere, or add the issuer.",
            ),
            Self::KeyUnknown => f.write_str(
                "The token's `kid` is not a key that the ruleset pins for this issuer; ship a ruleset with the new key.",
            ),
            Self::KeyAmbiguous => f.write_str(
                "Several keys of the token's issuer fit; the issuer should send `kid`, and give each key one of its own.",
            ),
            Self::Signature => f.write_str("The token's signature does not verify; sign in again."),
            Self::MissingClaim(name) => write!(f, "The token lacks the claim `{name}`; its issuer must add it."),
            Self::ClaimType(name) => {
                write!(f, "The token's claim `{name}` is of the wrong type or out of range; its issuer must fix that.")
            }
            Self::Audience => f.write_str("The token is for another audience (`aud`); ask for one for this audience."),
            Self::Expired { .. } => f.write_str("The token has expired; sign in again."),
            Self::NotYetValid { at } => write!(f, "The token is valid from {at}; wait, or check the clocks."),
            Self::IssuedInFuture { .. } => f.write_str("The token claims to be issued in the future; check the \
                                                        clocks."),
            Self::Lifetime { most } => {
                write!(f, "The token is valid for longer than {most}, the most that the ruleset allows; ask for a \
                           shorter one.")
            }
            Self::Subjects => {
                f.write_str("The tokens name different subjects (`sub`); send tokens about one person in one request.")
            }
            Self::TooMany => write!(f, "More than {} tokens were sent at once; send fewer.", limits::TOKENS),
            Self::Disclosure(why) => write!(f, "A disclosure of the credential {why}; present the credential again."),
            Self::Selective(what) => write!(f, "The credential's {what} does not follow RFC 9901; its issuer must \
                                                fix that."),
            Self::Concealed(name) => {
                write!(f, "The credential's `{name}` must not be selectively disclosable, but is; its issuer must \
                           fix that.")
            }
            Self::Vct => f.write_str(
                "The credential's `vct` is not one that the ruleset lists for this issuer; present another, or list it.",
            ),
            Self::ProofMissing => f.write_str(
                "The token needs a proof that it belongs to the sender, a DPoP proof or a key-binding JWT; send it \
                 too.",
            ),
            Self::Proof(name) => write!(f, "The proof's `{name}` is missing or wrong; make a new proof."),
            Self::ProofKey => f.write_str(
                "The proof is not signed with the key that the token is bound to (`cnf`); sign it with that key.",
            ),
            Self::ProofSignature => f.write_str("The proof's signature does not verify; make a new proof."),
            Self::ProofTarget(name) => {
                write!(f, "The proof's `{name}` is not that of this request; make a new proof for each request.")
            }
            Self::ProofNonce => f.write_str("The proof lacks the nonce that this service gave; make a new proof with it."),
            Self::ProofTime => f.write_str("The proof was not made just now (`iat`); make a new proof, or check the clocks."),
            Self::Replayed => f.write_str("The proof has been used before; make a new one for each request."),
            Self::StatusUnknown => f.write_str(
                "It is not known whether the token has been revoked; fetch its status list (`status`), then try again.",
            ),
            Self::Revoked => f.write_str("The token has been revoked; sign in again, or ask its issuer."),
            Self::Suspended => f.write_str("The token has been suspended; wait until its issuer lifts the \
                                            suspension, or ask the issuer."),
            Self::Chain(why) => write!(f, "The signed hops do not make one chain: {why}; send all of them, in full."),
        }
    }
}

impl std::error::Error for TokenError {}

impl fmt::Display for JwsPart {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Header => "header",
            Self::Payload => "payload",
            Self::Signature => "signature",
        })
    }
}
