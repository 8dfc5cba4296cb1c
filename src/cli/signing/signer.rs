//! A key that signs: in a file, or held by a command.

use crate::cli::io::failure::Failure;
use brightline::Algorithm;

/// A key that can sign.
pub(crate) trait Signer {
    fn kid(&self) -> &str;
    fn algorithm(&self) -> Algorithm;
    /// RFC 7638, with SHA-256.
    fn thumbprint(&self) -> String;
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, Failure>;
}
