//! A signed ruleset: JWS General JSON (RFC 7515, section 7.2.1) in a strict profile, opened only against the
//! trust root that the app ships. Every check is done before a byte of the payload is interpreted.

mod error;
mod payload;
mod rotation;
mod trust;

use crate::jose::{Key, decode};
use crate::json::{self, Object, Value};
use crate::limits;
use crate::set::Set;
use crate::time::Instant;
pub use error::BundleError;
use payload::is_sha256;
pub use payload::{Contents, SCHEMA};
pub use rotation::{
    Rotation, RotationError, SCHEMA as ROTATION_SCHEMA, TYP as ROTATION_TYP, inspect as inspect_rotation,
};
pub use trust::TrustRoot;

/// The `typ` of a signature over a ruleset, so that no other signed thing is taken for one.
pub const TYP: &str = "brightline-ruleset+jws";

/// The payload of a bundle that opened. Nothing else makes one.
#[derive(Clone, Debug)]
pub struct Payload(Contents);

impl Payload {
    /// What was signed.
    pub const fn contents(&self) -> &Contents {
        &self.0
    }
}

/// What a bundle says of itself. Nothing of it was verified.
#[derive(Clone, Debug)]
pub struct Untrusted {
    /// `kid` and `alg` of each signature.
    pub signatures: Vec<(String, String)>,
    /// The payload's fields.
    pub contents: Contents,
}

/// Opens a bundle against a trust root.
///
/// # Errors
/// The first reason not to trust it: form, signatures, threshold, then the payload's schema, audience, id,
/// version (rollback) and window (freeze).
pub fn open(bundle: &[u8], root: &TrustRoot, now: Instant, minimum_version: u64) -> Result<Payload, BundleError> {
    let envelope = Envelope::read(bundle, &Form::BUNDLE)?;
    let signed = envelope.signers(root)?;
    if signed < root.threshold {
        return Err(BundleError::Threshold { signed, needed: root.threshold });
    }
    let contents = Contents::read(&envelope.payload)?;
    contents.check(root, now, minimum_version)?;
    Ok(Payload(contents))
}

/// Reads what a bundle says without trusting it, to show it to a person.
///
/// # Errors
/// A form that is not that of a bundle.
pub fn inspect(bundle: &[u8]) -> Result<Untrusted, BundleError> {
    let envelope = Envelope::read(bundle, &Form::BUNDLE)?;
    Ok(Untrusted { signatures: envelope.names(), contents: Contents::read(&envelope.payload)? })
}

/// How many distinct keys of a trust root signed a bundle, whatever its threshold and whenever it may be used.
///
/// # Errors
/// A form that is not that of a bundle, or a signature of a key of the root that does not verify.
pub fn signed_by(bundle: &[u8], root: &TrustRoot) -> Result<usize, BundleError> {
    Envelope::read(bundle, &Form::BUNDLE)?.signers(root)
}

/// Whose signature does not verify, of a bundle or a rotation that is refused for it: to tell a person.
pub fn broken_signature(signed: &[u8], root: &TrustRoot) -> Option<String> {
    match Envelope::read(signed, &Form::BUNDLE) {
        Ok(envelope) => envelope.broken(root),
        Err(_) => rotation::broken_signature(signed, root),
    }
}

/// Whether an environment is one that people depend on, by its name: a part of it begins with `prod`, as in `eu-prod`.
pub fn means_production(audience: &str) -> bool {
    // Byte by byte: the tables of what a small letter is would make the module 8 kB larger.
    let mut parts = audience.as_bytes().split(|letter| !letter.is_ascii_alphanumeric());
    parts.any(|part| part.get(..4).is_some_and(|start| start.eq_ignore_ascii_case(b"prod")))
}

/// What tells one kind of signed thing from another, and how large it may be.
struct Form {
    typ: &'static str,
    bytes: usize,
    signatures: usize,
}

impl Form {
    const BUNDLE: Self = Self { typ: TYP, bytes: limits::BUNDLE_BYTES, signatures: limits::SIGNATURES };
}

struct Envelope {
    payload: String,
    signatures: Vec<Signature>,
}

struct Signature {
    protected: String,
    /// As it is spelt: what a key that the root does not know signs with need not be implemented.
    alg: String,
    kid: String,
    value: Vec<u8>,
}

impl Envelope {
    fn read(bundle: &[u8], form: &Form) -> Result<Self, BundleError> {
        if bundle.len() > form.bytes {
            return Err(BundleError::TooLarge);
        }
        // No signature is verified yet, so no more values are read than the form has. Commas part them, and no text of the
        // form holds one: there is one between the members of each object, and one before each further signature.
        let commas = bundle.iter().filter(|byte| **byte == b',').count();
        if commas > form.signatures.saturating_mul(2) {
            return Err(BundleError::Malformed);
        }
        let document = json::parse(bundle, json::Limits::RULESET).map_err(|_| BundleError::Malformed)?;
        let members = exactly(&document, &["payload", "signatures"])?;
        let payload = text(members, "payload")?.to_owned();
        let signatures = members.get("signatures").and_then(Value::as_array).ok_or(BundleError::Malformed)?;
        if signatures.is_empty() || signatures.len() > form.signatures {
            return Err(BundleError::Malformed);
        }
        let mut read = Vec::new();
        for signature in signatures {
            read.push(Signature::read(signature, form.typ)?);
        }
        Ok(Self { payload, signatures: read })
    }

    /// How many distinct keys of a root signed: one key under two names is one.
    fn signers(&self, root: &TrustRoot) -> Result<usize, BundleError> {
        let mut signers: Set<[u8; 32]> = Set::default();
        for signature in &self.signatures {
            // A signature by a key that the root does not know is somebody else's business.
            let Some(key) = root.keys.iter().find(|key| key.kid() == Some(&signature.kid)) else { continue };
            if !signature.is_by(key, &self.payload) {
                return Err(BundleError::Signature);
            }
            signers.insert(key.thumbprint());
        }
        Ok(signers.as_slice().len())
    }

    /// The name of a key of the root whose signature is not by it.
    fn broken(&self, root: &TrustRoot) -> Option<String> {
        let broken = |signature: &&Signature| {
            let key = root.keys.iter().find(|key| key.kid() == Some(&signature.kid));
            key.is_some_and(|key| !signature.is_by(key, &self.payload))
        };
        self.signatures.iter().find(broken).map(|signature| signature.kid.clone())
    }

    /// `kid` and `alg` of each signature.
    fn names(&self) -> Vec<(String, String)> {
        self.signatures.iter().map(|signature| (signature.kid.clone(), signature.alg.clone())).collect()
    }
}

impl Signature {
    fn read(entry: &Value, typ: &str) -> Result<Self, BundleError> {
        let members = exactly(entry, &["protected", "signature"])?;
        let protected = text(members, "protected")?;
        let header = decode(protected).filter(|header| header.len() <= limits::HEADER_BYTES);
        let header = header.ok_or(BundleError::Malformed)?;
        let header = json::parse(&header, json::Limits::UNTRUSTED).map_err(|_| BundleError::Malformed)?;
        let header = exactly(&header, &["alg", "kid", "typ"])?;
        if text(header, "typ")? != typ {
            return Err(BundleError::Typ);
        }
        Ok(Self {
            protected: protected.to_owned(),
            alg: text(header, "alg")?.to_owned(),
            kid: text(header, "kid")?.to_owned(),
            value: decode(text(members, "signature")?).ok_or(BundleError::Malformed)?,
        })
    }

    /// The registered name only: Brightline signs rulesets itself, and never as `EdDSA`.
    fn is_by(&self, key: &Key, payload: &str) -> bool {
        let signed = format!("{}.{payload}", self.protected);
        self.alg == key.algorithm().as_str() && key.verify(signed.as_bytes(), &self.value)
    }
}

/// The members of an object that has these and no others.
fn exactly<'a>(value: &'a Value, names: &[&str]) -> Result<&'a Object, BundleError> {
    let members = value.as_object().ok_or(BundleError::Malformed)?;
    let exact = members.len() == names.len() && names.iter().all(|name| members.get(name).is_some());
    if exact { Ok(members) } else { Err(BundleError::Malformed) }
}

fn text<'a>(members: &'a Object, name: &str) -> Result<&'a str, BundleError> {
    members.get(name).and_then(Value::as_str).ok_or(BundleError::Malformed)
}
