//! Signed files: JWS General JSON (RFC 7515, section 7.2.1) in the strict form that the library reads.

use crate::cli::io::failure::{Exit, Failure};
use crate::cli::signing::signer::Signer;
use data_encoding::{BASE64URL_NOPAD, HEXLOWER};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// A payload with its signatures.
#[derive(Serialize, Deserialize)]
pub(crate) struct Envelope {
    /// In base64url.
    pub(crate) payload: String,
    signatures: Vec<EnvelopeSignature>,
}

#[derive(Serialize, Deserialize)]
struct EnvelopeSignature {
    protected: String,
    signature: String,
}

#[derive(Serialize)]
struct EnvelopeHeader<'a> {
    alg: &'a str,
    kid: &'a str,
    typ: &'a str,
}

impl Envelope {
    /// An envelope without signatures.
    pub(crate) fn new(payload: &[u8]) -> Self {
        Self { payload: BASE64URL_NOPAD.encode(payload), signatures: Vec::new() }
    }

    /// Parses a file that the library has already read, so its form is known to be right.
    pub(crate) fn read(bytes: &[u8]) -> Result<Self, Failure> {
        serde_json::from_slice(bytes).map_err(|error| Failure::new(Exit::NotOpened, error.to_string()))
    }

    /// Adds a signature.
    pub(crate) fn sign(&mut self, signer: &dyn Signer, typ: &str) -> Result<(), Failure> {
        let header = EnvelopeHeader { alg: signer.algorithm().as_str(), kid: signer.kid(), typ };
        let protected = BASE64URL_NOPAD.encode(json(&header)?.as_bytes());
        let signature = signer.sign(format!("{protected}.{}", self.payload).as_bytes())?;
        self.signatures.push(EnvelopeSignature { protected, signature: BASE64URL_NOPAD.encode(&signature) });
        Ok(())
    }

    /// The file's text.
    pub(crate) fn to_text(&self) -> Result<String, Failure> {
        Ok(json(self)? + "\n")
    }
}

/// The hash that identifies an image, in the signed ruleset and on its public page.
pub(crate) fn image_sha256(image: &[u8]) -> String {
    HEXLOWER.encode(&Sha256::digest(image))
}

/// Serialises a value in one line.
pub(crate) fn json(value: &impl Serialize) -> Result<String, Failure> {
    serde_json::to_string(value).map_err(|error| Failure::other(error.to_string()))
}
