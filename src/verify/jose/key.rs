//! Public keys: imported from a JWK, refused if weak, used with one algorithm only.

use super::{Algorithm, decode, roca};
use crate::base::json;
use p256::ecdsa::signature::hazmat::PrehashVerifier as _;
use rsa::traits::PublicKeyParts;
use rsa::{Pkcs1v15Sign, Pss};
use sha2::digest::{DynDigest, InvalidBufferSize};
use sha2::{Digest, Sha256, Sha384, Sha512};
use std::fmt;

/// A public key, tied to one algorithm.
#[derive(Clone, Debug)]
pub struct Key {
    kid: Option<String>,
    issuer: Option<String>,
    thumbprint: [u8; 32],
    material: Material,
}

#[derive(Clone, Debug)]
enum Material {
    Ed25519(Box<ed25519_dalek::VerifyingKey>),
    P256(Box<p256::ecdsa::VerifyingKey>),
    P384(Box<p384::ecdsa::VerifyingKey>),
    Rsa(Box<rsa::RsaPublicKey>, Algorithm),
}

/// Why a JWK is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum KeyError {
    /// A required member is missing or is not text.
    Member(&'static str),
    /// `alg` is not one of the implemented algorithms.
    Algorithm,
    /// `kty`, `crv` and `alg` do not fit together.
    Mismatch,
    /// It holds a private or symmetric key.
    Secret,
    /// `use` or `key_ops` does not permit verification.
    Use,
    /// A member is not strict base64url of the right length.
    Encoding(&'static str),
    /// Not a point on the curve.
    OffCurve,
    /// A point of small order, or not in canonical form.
    Weak,
    /// RSA modulus not of 2048 to 4096 bits.
    RsaSize,
    /// RSA public exponent not 65537.
    RsaExponent,
    /// RSA modulus with the ROCA fingerprint (CVE-2017-15361).
    Roca,
}

impl KeyError {
    /// Stable code.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Member(_) => "key.member",
            Self::Algorithm => "key.algorithm",
            Self::Mismatch => "key.mismatch",
            Self::Secret => "key.secret",
            Self::Use => "key.use",
            Self::Encoding(_) => "key.encoding",
            Self::OffCurve => "key.off_curve",
            Self::Weak => "key.weak",
            Self::RsaSize => "key.rsa_size",
            Self::RsaExponent => "key.rsa_exponent",
            Self::Roca => "key.roca",
        }
    }
}

impl fmt::Display for KeyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Member(name) => write!(f, "the key needs `{name}`, as text"),
            Self::Algorithm => {
                f.write_str("the key's `alg` must be Ed25519, ES256 or ES384, or RS or PS with 256, 384 or 512")
            }
            Self::Mismatch => f.write_str("the key's `kty`, `crv` and `alg` do not fit together"),
            Self::Secret => f.write_str("the key holds secret members; give the public key only"),
            Self::Use => f.write_str("the key's `use` or `key_ops` does not allow verifying signatures"),
            Self::Encoding(name) => write!(f, "the key's `{name}` is not base64url of the right length"),
            Self::OffCurve => f.write_str("the key is not a point on its curve"),
            Self::Weak => f.write_str("the key is weak: a point of small order or not in canonical form"),
            Self::RsaSize => f.write_str("the RSA modulus must have 2048 to 4096 bits"),
            Self::RsaExponent => f.write_str("the RSA public exponent must be 65537"),
            Self::Roca => f.write_str("the RSA modulus has the ROCA fingerprint (CVE-2017-15361); make a new key"),
        }
    }
}

impl std::error::Error for KeyError {}

impl Key {
    /// Imports a public JWK (RFC 7517). `alg` is required: a key is for one algorithm, and a token never chooses it.
    ///
    /// # Errors
    /// The reason why the key is refused.
    pub fn from_jwk(jwk: &json::Object) -> Result<Self, KeyError> {
        if ["d", "p", "q", "dp", "dq", "qi", "oth", "k", "priv"].iter().any(|secret| present(jwk, secret).is_some()) {
            return Err(KeyError::Secret);
        }
        let verifies = match (present(jwk, "use"), present(jwk, "key_ops")) {
            (Some(purpose), _) if purpose.as_str() != Some("sig") => false,
            (_, Some(operations)) => operations
                .as_array()
                .is_some_and(|operations| operations.iter().any(|operation| operation.as_str() == Some("verify"))),
            _ => true,
        };
        if !verifies {
            return Err(KeyError::Use);
        }
        let kid = present(jwk, "kid")
            .map(|kid| kid.as_str().map(str::to_owned).ok_or(KeyError::Member("kid")))
            .transpose()?;
        let algorithm = Algorithm::parse(member(jwk, "alg")?).ok_or(KeyError::Algorithm)?;
        let kty = member(jwk, "kty")?;
        let crv = present(jwk, "crv").map(|crv| crv.as_str().unwrap_or_default());
        let (material, canonical) = match (algorithm, kty, crv) {
            (Algorithm::Ed25519, "OKP", Some("Ed25519")) => ed25519(jwk)?,
            (Algorithm::Es256, "EC", Some("P-256")) => p256(jwk)?,
            (Algorithm::Es384, "EC", Some("P-384")) => p384(jwk)?,
            (algorithm, "RSA", None) if algorithm.is_rsa() => rsa(jwk, algorithm)?,
            _ => return Err(KeyError::Mismatch),
        };
        let issuer = jwk.get("issuer").and_then(json::Value::as_str).map(str::to_owned);
        Ok(Self { kid, issuer, thumbprint: Sha256::digest(canonical).into(), material })
    }

    /// Imports a public JWK from a token, such as from `cnf`. Without `alg`, the key is for its curve's algorithm, or
    /// else for `algorithm`.
    ///
    /// # Errors
    /// The reason why the key is refused.
    pub fn from_bare_jwk(jwk: &json::Object, algorithm: Option<Algorithm>) -> Result<Self, KeyError> {
        if present(jwk, "alg").is_some() {
            return Self::from_jwk(jwk);
        }
        let algorithm = match jwk.get("crv").and_then(json::Value::as_str) {
            Some("P-256") => Some(Algorithm::Es256),
            Some("P-384") => Some(Algorithm::Es384),
            Some("Ed25519") => Some(Algorithm::Ed25519),
            _ => algorithm,
        };
        let named = algorithm.ok_or(KeyError::Member("alg"))?.as_str().to_owned();
        let members = jwk.iter().filter(|(name, _)| *name != "alg");
        let members = members.map(|(name, value)| (name.to_owned(), value.clone()));
        Self::from_jwk(&members.chain([("alg".to_owned(), json::Value::String(named))]).collect())
    }

    /// Its `kid`.
    pub fn kid(&self) -> Option<&str> {
        self.kid.as_deref()
    }

    /// The only `iss` whose tokens it signs, if the JWK names one: a provider of several tenants has keys for some of
    /// them.
    pub fn issuer(&self) -> Option<&str> {
        self.issuer.as_deref()
    }

    /// The one algorithm it is for.
    pub const fn algorithm(&self) -> Algorithm {
        match self.material {
            Material::Ed25519(_) => Algorithm::Ed25519,
            Material::P256(_) => Algorithm::Es256,
            Material::P384(_) => Algorithm::Es384,
            Material::Rsa(_, algorithm) => algorithm,
        }
    }

    /// Its RFC 7638 thumbprint with SHA-256, which does not depend on its `kid`.
    pub const fn thumbprint(&self) -> [u8; 32] {
        self.thumbprint
    }

    /// Returns true if both are the same key, for the same algorithm and with the same `kid`.
    pub(crate) fn is_same(&self, other: &Self) -> bool {
        self.thumbprint == other.thumbprint && self.kid == other.kid && self.algorithm() == other.algorithm()
    }

    /// Returns true if `signature` is this key's over `message`. Variable time: everything here is public.
    pub fn verify(&self, message: &[u8], signature: &[u8]) -> bool {
        match &self.material {
            // Strict: refuses points of small order and encodings on which verifiers disagree.
            Material::Ed25519(key) => ed25519_dalek::Signature::from_slice(signature)
                .is_ok_and(|signature| key.verify_strict(message, &signature).is_ok()),
            Material::P256(key) => p256::ecdsa::Signature::from_slice(signature)
                .is_ok_and(|signature| key.verify_prehash(&Sha256::digest(message), &signature).is_ok()),
            Material::P384(key) => p384::ecdsa::Signature::from_slice(signature)
                .is_ok_and(|signature| key.verify_prehash(&Sha384::digest(message), &signature).is_ok()),
            Material::Rsa(key, algorithm) => rsa_verifies(key, *algorithm, message, signature),
        }
    }
}

/// A member that has a value. Serializers write `null`, `""` or `[]` for an absent member.
fn present<'a>(jwk: &'a json::Object, name: &str) -> Option<&'a json::Value> {
    jwk.get(name).filter(|value| match value {
        json::Value::Null => false,
        json::Value::String(text) => !text.is_empty(),
        json::Value::Array(items) => !items.is_empty(),
        _ => true,
    })
}

fn member<'a>(jwk: &'a json::Object, name: &'static str) -> Result<&'a str, KeyError> {
    present(jwk, name).and_then(json::Value::as_str).ok_or(KeyError::Member(name))
}

fn octets<const N: usize>(jwk: &json::Object, name: &'static str) -> Result<[u8; N], KeyError> {
    decode(member(jwk, name)?).and_then(|bytes| bytes.try_into().ok()).ok_or(KeyError::Encoding(name))
}

/// The key, and its canonical form for the thumbprint.
type Imported = Result<(Material, String), KeyError>;

fn ed25519(jwk: &json::Object) -> Imported {
    let bytes: [u8; 32] = octets(jwk, "x")?;
    let key = ed25519_dalek::VerifyingKey::from_bytes(&bytes).map_err(|_| KeyError::OffCurve)?;
    // The library reduces a y that is not below the prime, so one key could have two encodings and two thumbprints.
    let [low, middle @ .., high] = bytes;
    let beyond_prime = low >= 0xed && middle.iter().all(|byte| *byte == 0xff) && high & 0x7f == 0x7f;
    if key.is_weak() || beyond_prime {
        return Err(KeyError::Weak);
    }
    let canonical = format!(r#"{{"crv":"Ed25519","kty":"OKP","x":"{}"}}"#, member(jwk, "x")?);
    Ok((Material::Ed25519(Box::new(key)), canonical))
}

fn p256(jwk: &json::Object) -> Imported {
    let (x, y): ([u8; 32], [u8; 32]) = (octets(jwk, "x")?, octets(jwk, "y")?);
    let point = p256::Sec1Point::from_affine_coordinates(&x.into(), &y.into(), false);
    let key = p256::ecdsa::VerifyingKey::from_sec1_point(&point).map_err(|_| KeyError::OffCurve)?;
    Ok((Material::P256(Box::new(key)), canonical_ec(jwk, "P-256")?))
}

fn p384(jwk: &json::Object) -> Imported {
    let (x, y): ([u8; 48], [u8; 48]) = (octets(jwk, "x")?, octets(jwk, "y")?);
    let point = p384::Sec1Point::from_affine_coordinates(&x.into(), &y.into(), false);
    let key = p384::ecdsa::VerifyingKey::from_sec1_point(&point).map_err(|_| KeyError::OffCurve)?;
    Ok((Material::P384(Box::new(key)), canonical_ec(jwk, "P-384")?))
}

fn canonical_ec(jwk: &json::Object, crv: &str) -> Result<String, KeyError> {
    let (x, y) = (member(jwk, "x")?, member(jwk, "y")?);
    Ok(format!(r#"{{"crv":"{crv}","kty":"EC","x":"{x}","y":"{y}"}}"#))
}

fn rsa(jwk: &json::Object, algorithm: Algorithm) -> Imported {
    let modulus = decode(member(jwk, "n")?).ok_or(KeyError::Encoding("n"))?;
    let exponent = decode(member(jwk, "e")?).ok_or(KeyError::Encoding("e"))?;
    if exponent != [1, 0, 1] {
        return Err(KeyError::RsaExponent);
    }
    let Some(first) = modulus.first().filter(|first| **first != 0) else { return Err(KeyError::Encoding("n")) };
    let spare = usize::try_from(first.leading_zeros()).unwrap_or(0);
    let bits = modulus.len().saturating_mul(8).saturating_sub(spare);
    if !(2048..=4096).contains(&bits) {
        return Err(KeyError::RsaSize);
    }
    if roca::has_fingerprint(&modulus) {
        return Err(KeyError::Roca);
    }
    let n = rsa::BigUint::from_bytes_be(&modulus);
    let key = rsa::RsaPublicKey::new(n, rsa::BigUint::from(65_537_u32)).map_err(|_| KeyError::RsaSize)?;
    let canonical = format!(r#"{{"e":"AQAB","kty":"RSA","n":"{}"}}"#, member(jwk, "n")?);
    Ok((Material::Rsa(Box::new(key), algorithm), canonical))
}

/// Hashes a whole message.
type Hash = fn(&[u8]) -> Vec<u8>;

fn hash<D: Digest>(message: &[u8]) -> Vec<u8> {
    D::digest(message).to_vec()
}

/// Verifies by RSASSA-PKCS1-v1_5 or RSASSA-PSS with a salt as long as the hash (RFC 7518, sections 3.3 and 3.5). The
/// hashes share the code, since the library's schemes hold their differences as data.
fn rsa_verifies(key: &rsa::RsaPublicKey, algorithm: Algorithm, message: &[u8], signature: &[u8]) -> bool {
    // For each hash: the last part of its object identifier, and its length with and without the DER prefix.
    let (hash, id, named, length): (Hash, u8, u8, u8) = match algorithm {
        Algorithm::Rs384 | Algorithm::Ps384 => (hash::<Sha384>, 2, 65, 48),
        Algorithm::Rs512 | Algorithm::Ps512 => (hash::<Sha512>, 3, 81, 64),
        _ => (hash::<Sha256>, 1, 49, 32),
    };
    let (hashed, size) = (hash(message), usize::from(length));
    let verified = match algorithm {
        Algorithm::Ps256 | Algorithm::Ps384 | Algorithm::Ps512 => {
            let digest = Box::new(PssDigest { hash, size, data: Vec::new() });
            key.verify(Pss { blinded: false, digest, salt_len: size }, &hashed, signature)
        }
        _ => {
            // RFC 8017, section 9.2, note 1.
            let prefix = [48, named, 48, 13, 6, 9, 96, 134, 72, 1, 101, 3, 4, 2, id, 5, 0, 4, length];
            key.verify(Pkcs1v15Sign { hash_len: Some(size), prefix: prefix.into() }, &hashed, signature)
        }
    };
    signature.len() == key.size() && verified.is_ok()
}

/// A hash in the form that PSS needs, which hashes a few short messages. The library's own form is instantiated for
/// each hash.
#[derive(Clone)]
struct PssDigest {
    hash: Hash,
    size: usize,
    data: Vec<u8>,
}

impl DynDigest for PssDigest {
    fn update(&mut self, data: &[u8]) {
        self.data.extend_from_slice(data);
    }

    fn finalize_into(mut self, out: &mut [u8]) -> Result<(), InvalidBufferSize> {
        self.finalize_into_reset(out)
    }

    fn finalize_into_reset(&mut self, out: &mut [u8]) -> Result<(), InvalidBufferSize> {
        let hashed = self.finalize_reset();
        if hashed.len() != out.len() {
            return Err(InvalidBufferSize);
        }
        out.copy_from_slice(&hashed);
        Ok(())
    }

    fn finalize_reset(&mut self) -> Box<[u8]> {
        let hashed = (self.hash)(&self.data);
        self.data.clear();
        hashed.into()
    }

    fn finalize(mut self: Box<Self>) -> Box<[u8]> {
        self.finalize_reset()
    }

    fn reset(&mut self) {
        self.data.clear();
    }

    fn output_size(&self) -> usize {
        self.size
    }

    fn box_clone(&self) -> Box<dyn DynDigest> {
        Box::new(self.clone())
    }
}
