//! A signed ruleset: JWS General JSON (RFC 7515, section 7.2.1) in a strict profile, opened only against the
//! trust root that the app ships. Every check is done before a byte of the payload is interpreted.

mod error;
mod payload;
mod rotation;
mod trust;

use crate::base::json::{self, Object, Value};
use crate::base::limits;
use crate::base::set::Set;
use crate::base::time::Instant;
use crate::verify::jose::{Key, decode};
pub use error::BundleError;
use payload::is_sha256;
pub use payload::{Contents, SCHEMA};
pub use rotation::{
    Rotation, RotationError, SCHEMA as ROTATION_SCHEMA, TYP as ROTATION_TYP, inspect as inspect_rotation,
};
pub use trust::TrustRoot;

/// The `typ` of a signature over a ruleset, so that no other signed object can pass as one.
pub const TYP: &str = "brightline-ruleset+jws";

/// The payload of a bundle that opened. Only `open` makes one.
#[derive(Clone, Debug)]
pub struct Payload(Contents);

impl Payload {
    /// The signed content.
    pub const fn contents(&self) -> &Contents {
        &self.0
    }
}

/// The content of a bundle, of which nothing was verified.
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
    let envelope = JwsEnvelope::read(bundle, &SignedForm::BUNDLE)?;
    let signed = envelope.signers(root)?;
    if signed < root.threshold {
        return Err(BundleError::Threshold { signed, needed: root.threshold });
    }
    let contents = Contents::read(&envelope.payload)?;
    contents.check(root, now, minimum_version)?;
    Ok(Payload(contents))
}

/// Reads a bundle's content without trusting it, to show it to a person.
///
/// # Errors
/// The form is not that of a bundle.
pub fn inspect(bundle: &[u8]) -> Result<Untrusted, BundleError> {
    let envelope = JwsEnvelope::read(bundle, &SignedForm::BUNDLE)?;
    Ok(Untrusted { signatures: envelope.names(), contents: Contents::read(&envelope.payload)? })
}

/// The number of distinct keys of a trust root that signed a bundle, regardless of its threshold and of its validity.
///
/// # Errors
/// The form is not that of a bundle, or a signature of a key of the root does not verify.
pub fn signed_by(bundle: &[u8], root: &TrustRoot) -> Result<usize, BundleError> {
    JwsEnvelope::read(bundle, &SignedForm::BUNDLE)?.signers(root)
}

/// The `kid` of the first signature that does not verify, of a refused bundle or rotation; for a message to a person.
pub fn broken_signature(signed: &[u8], root: &TrustRoot) -> Option<String> {
    match JwsEnvelope::read(signed, &SignedForm::BUNDLE) {
        Ok(envelope) => envelope.broken(root),
        Err(_) => rotation::broken_signature(signed, root),
    }
}

/// Returns true if an environment's name is that of a production environment: a part of it begins with `prod`, as in
/// `eu-prod`.
pub fn means_production(audience: &str) -> bool {
    // Compare bytes: the Unicode tables for lower case would make the module 8 kB larger.
    let mut parts = audience.as_bytes().split(|letter| !letter.is_ascii_alphanumeric());
    parts.any(|part| part.get(..4).is_some_and(|start| start.eq_ignore_ascii_case(b"prod")))
}

/// Distinguishes the kinds of signed objects, and bounds their size.
struct SignedForm {
    typ: &'static str,
    bytes: usize,
    signatures: usize,
}

impl SignedForm {
    const BUNDLE: Self = Self { typ: TYP, bytes: limits::BUNDLE_BYTES, signatures: limits::SIGNATURES };
}

struct JwsEnvelope {
    payload: String,
    signatures: Vec<JwsSignature>,
}

struct JwsSignature {
    protected: String,
    /// As it is spelt: the algorithm of a key that the root does not know need not be implemented.
    alg: String,
    kid: String,
    value: Vec<u8>,
}

impl JwsEnvelope {
    fn read(bundle: &[u8], form: &SignedForm) -> Result<Self, BundleError> {
        if bundle.len() > form.bytes {
            return Err(BundleError::TooLarge);
        }
        // No signature is verified yet, so read no more values than the form has. Commas separate them, and no text of
        // the form contains one: there is one between the members of each object, and one before each further
        // signature.
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
            read.push(JwsSignature::read(signature, form.typ)?);
        }
        Ok(Self { payload, signatures: read })
    }

    /// The number of distinct keys of a root that signed. One key under two names counts once.
    fn signers(&self, root: &TrustRoot) -> Result<usize, BundleError> {
        let mut signers: Set<[u8; 32]> = Set::default();
        for signature in &self.signatures {
            // Ignore signatures by keys that the root does not know.
            let Some(key) = root.keys.iter().find(|key| key.kid() == Some(&signature.kid)) else { continue };
            if !signature.is_by(key, &self.payload) {
                return Err(BundleError::Signature);
            }
            signers.insert(key.thumbprint());
        }
        Ok(signers.as_slice().len())
    }

    /// The `kid` of the first key of the root whose signature does not verify.
    fn broken(&self, root: &TrustRoot) -> Option<String> {
        let broken = |signature: &&JwsSignature| {
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

impl JwsSignature {
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

    /// Accepts the registered name only: Brightline signs rulesets itself, and never as `EdDSA`.
    fn is_by(&self, key: &Key, payload: &str) -> bool {
        let signed = format!("{}.{payload}", self.protected);
        self.alg == key.algorithm().as_str() && key.verify(signed.as_bytes(), &self.value)
    }
}

/// The members of an object that has exactly these.
fn exactly<'a>(value: &'a Value, names: &[&str]) -> Result<&'a Object, BundleError> {
    let members = value.as_object().ok_or(BundleError::Malformed)?;
    let exact = members.len() == names.len() && names.iter().all(|name| members.get(name).is_some());
    if exact { Ok(members) } else { Err(BundleError::Malformed) }
}

fn text<'a>(members: &'a Object, name: &str) -> Result<&'a str, BundleError> {
    members.get(name).and_then(Value::as_str).ok_or(BundleError::Malformed)
}
