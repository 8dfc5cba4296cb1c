//! Private keys as JWK files, and signing with them. The library itself only verifies.

use crate::cli::io::failure::Failure;
use crate::cli::io::ruleset::not_json;
use crate::cli::io::streams;
use crate::cli::signing::signer::Signer;
use brightline::{Algorithm, Entry, Kind};
use data_encoding::BASE64URL_NOPAD;
use ed25519_dalek::Signer as _;
use serde::Serialize;
use sha2::{Digest, Sha256};
use std::path::Path;

/// A named key that signs.
pub(crate) struct PrivateKey {
    kid: String,
    secret: Secret,
}

enum Secret {
    Ed25519(ed25519_dalek::SigningKey),
    Es256(p256::ecdsa::SigningKey),
}

/// A key file's members (RFC 7517).
#[derive(Serialize)]
pub(crate) struct PrivateJwk {
    kty: &'static str,
    crv: &'static str,
    alg: &'static str,
    #[serde(rename = "use")]
    usage: &'static str,
    kid: String,
    x: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    y: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    d: Option<String>,
}

impl PrivateKey {
    /// Makes a key. If `kid` is `None`, its RFC 7638 thumbprint is its name.
    pub(crate) fn generate(algorithm: Algorithm, kid: Option<String>) -> Result<Self, Failure> {
        let secret = Secret::generate(algorithm)?;
        let kid = kid.unwrap_or_else(|| secret.thumbprint());
        Ok(Self { kid, secret })
    }

    /// Reads a private JWK file that `keygen` wrote.
    pub(crate) fn load(path: &Path) -> Result<Self, Failure> {
        Self::parse(&streams::read_text(path)?).map_err(|failure| failure.of(path.display()))
    }

    fn parse(text: &str) -> Result<Self, Failure> {
        let document = brightline::parse_json(text).map_err(|findings| not_json(&findings))?;
        let Kind::Mapping(members) = document.kind else { return Err(Failure::key("a JWK is an object")) };
        let need =
            |name| member(&members, name).ok_or_else(|| Failure::key(format!("a private JWK needs `{name}`, as text")));
        let algorithm = Algorithm::parse(need("alg")?).filter(|alg| Secret::KINDS.iter().any(|(kind, ..)| kind == alg));
        let algorithm = algorithm.ok_or_else(|| Failure::key("rulesets are signed with `alg` Ed25519 or ES256"))?;
        let bytes =
            BASE64URL_NOPAD.decode(need("d")?.as_bytes()).ok().and_then(|bytes| <[u8; 32]>::try_from(bytes).ok());
        let secret = bytes.and_then(|bytes| Secret::new(algorithm, &bytes));
        let secret = secret.ok_or_else(|| Failure::key("`d` is not a private key of this `alg`"))?;
        let (kty, crv) = secret.names();
        let (x, y) = secret.coordinates();
        let agrees =
            need("kty")? == kty && need("crv")? == crv && need("x")? == x && member(&members, "y") == y.as_deref();
        if !agrees {
            return Err(Failure::key("`kty`, `crv`, `x` and `y` do not belong to the private key `d`"));
        }
        Ok(Self { kid: need("kid")?.to_owned(), secret })
    }

    pub(crate) fn kid(&self) -> &str {
        &self.kid
    }

    pub(crate) const fn algorithm(&self) -> Algorithm {
        match self.secret {
            Secret::Ed25519(_) => Algorithm::Ed25519,
            Secret::Es256(_) => Algorithm::Es256,
        }
    }

    /// The key as a JWK, with or without the private part.
    pub(crate) fn to_jwk(&self, private: bool) -> PrivateJwk {
        let (kty, crv) = self.secret.names();
        let (x, y) = self.secret.coordinates();
        let d = private.then(|| self.secret.scalar());
        PrivateJwk { kty, crv, alg: self.algorithm().as_str(), usage: "sig", kid: self.kid.clone(), x, y, d }
    }

    /// A JWT signed with this key, as a compact JWS.
    pub(crate) fn jwt(&self, typ: &str, payload: &serde_json::Value) -> String {
        let header = serde_json::json!({ "alg": self.algorithm().as_str(), "kid": self.kid(), "typ": typ });
        let [header, payload] = [&header, payload].map(|part| BASE64URL_NOPAD.encode(part.to_string().as_bytes()));
        let signed = format!("{header}.{payload}");
        let signature = BASE64URL_NOPAD.encode(&self.sign(signed.as_bytes()));
        format!("{signed}.{signature}")
    }

    /// Signs. The same message always has the same signature (RFC 8032; RFC 6979).
    pub(crate) fn sign(&self, message: &[u8]) -> Vec<u8> {
        match &self.secret {
            Secret::Ed25519(key) => key.sign(message).to_vec(),
            Secret::Es256(key) => {
                let signature: p256::ecdsa::Signature = p256::ecdsa::signature::Signer::sign(key, message);
                signature.to_vec()
            }
        }
    }
}

impl Signer for PrivateKey {
    fn kid(&self) -> &str {
        self.kid()
    }

    fn algorithm(&self) -> Algorithm {
        self.algorithm()
    }

    fn thumbprint(&self) -> String {
        self.secret.thumbprint()
    }

    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, Failure> {
        Ok(self.sign(message))
    }
}

impl Secret {
    /// The kinds of keys that can sign, with `kty` and `crv`.
    const KINDS: [(Algorithm, &'static str, &'static str); 2] =
        [(Algorithm::Ed25519, "OKP", "Ed25519"), (Algorithm::Es256, "EC", "P-256")];

    fn generate(algorithm: Algorithm) -> Result<Self, Failure> {
        // All but about one in 2^32 random numbers are scalars of P-256.
        for _ in 0..8 {
            let mut bytes = [0; 32];
            getrandom::fill(&mut bytes)
                .map_err(|error| Failure::other(format!("the system gave no random numbers: {error}")))?;
            if let Some(secret) = Self::new(algorithm, &bytes) {
                return Ok(secret);
            }
        }
        Err(Failure::other("no key can be made for this algorithm"))
    }

    fn new(algorithm: Algorithm, bytes: &[u8; 32]) -> Option<Self> {
        match algorithm {
            Algorithm::Ed25519 => Some(Self::Ed25519(ed25519_dalek::SigningKey::from_bytes(bytes))),
            Algorithm::Es256 => p256::ecdsa::SigningKey::from_slice(bytes).ok().map(Self::Es256),
            _ => None,
        }
    }

    const fn names(&self) -> (&'static str, &'static str) {
        let [(_, okp, ed25519), (_, ec, p256)] = Self::KINDS;
        match self {
            Self::Ed25519(_) => (okp, ed25519),
            Self::Es256(_) => (ec, p256),
        }
    }

    fn coordinates(&self) -> (String, Option<String>) {
        match self {
            Self::Ed25519(key) => (BASE64URL_NOPAD.encode(key.verifying_key().as_bytes()), None),
            Self::Es256(key) => {
                let point = key.verifying_key().to_sec1_point(false);
                let text = |bytes: Option<&p256::FieldBytes>| bytes.map(|bytes| BASE64URL_NOPAD.encode(bytes));
                (text(point.x()).unwrap_or_default(), text(point.y()))
            }
        }
    }

    fn scalar(&self) -> String {
        match self {
            Self::Ed25519(key) => BASE64URL_NOPAD.encode(key.as_bytes()),
            Self::Es256(key) => BASE64URL_NOPAD.encode(&key.to_bytes()),
        }
    }

    /// RFC 7638, with SHA-256.
    fn thumbprint(&self) -> String {
        let ((kty, crv), (x, y)) = (self.names(), self.coordinates());
        let y = y.map(|y| format!(r#","y":"{y}""#)).unwrap_or_default();
        let canonical = format!(r#"{{"crv":"{crv}","kty":"{kty}","x":"{x}"{y}}}"#);
        BASE64URL_NOPAD.encode(&Sha256::digest(canonical))
    }
}

fn member<'a>(members: &'a [Entry], name: &str) -> Option<&'a str> {
    match &members.iter().find(|entry| entry.key == name)?.value.kind {
        Kind::String(text) => Some(text),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(key: &PrivateKey) -> String {
        serde_json::to_string(&key.to_jwk(true)).unwrap()
    }

    #[test]
    fn a_written_key_is_read_again_and_signs_the_same() {
        for algorithm in [Algorithm::Ed25519, Algorithm::Es256] {
            let key = PrivateKey::generate(algorithm, Some("a".to_owned())).unwrap();
            let again = PrivateKey::parse(&written(&key)).unwrap();
            assert_eq!((again.kid(), again.algorithm()), ("a", algorithm));
            assert_eq!(key.sign(b"x"), again.sign(b"x"));
            assert_eq!(key.sign(b"x").len(), 64);
            let public = serde_json::to_string(&key.to_jwk(false)).unwrap();
            assert!(PrivateKey::parse(&public).is_err_and(|failure| failure.message.contains("needs `d`")));
        }
        assert!(PrivateKey::generate(Algorithm::Rs256, None).is_err());
    }

    #[test]
    fn a_key_file_whose_parts_disagree_is_refused() {
        let key = PrivateKey::generate(Algorithm::Es256, None).unwrap();
        let other = PrivateKey::generate(Algorithm::Es256, None).unwrap();
        let (x, _) = other.secret.coordinates();
        let mut jwk: serde_json::Value = serde_json::from_str(&written(&key)).unwrap();
        jwk["x"] = x.into();
        for text in [
            jwk.to_string(),
            written(&key).replace("P-256", "P-384"),
            written(&key).replace("ES256", "Ed25519"),
            written(&key).replace("\"kid\"", "\"kidd\""),
            written(&key).replace("{", "{\"alg\":\"ES256\","),
            "[]".to_owned(),
            String::new(),
        ] {
            assert!(PrivateKey::parse(&text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_key_without_a_name_is_called_by_its_thumbprint() {
        // RFC 8037, appendix A.3.
        let secret = BASE64URL_NOPAD.decode(b"nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A").unwrap();
        let secret = Secret::new(Algorithm::Ed25519, &secret.try_into().unwrap()).unwrap();
        assert_eq!(secret.thumbprint(), "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
    }
}
