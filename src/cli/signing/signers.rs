//! Signers: key files, and commands that hold the keys.

use crate::cli::io::failure::Failure;
use crate::cli::io::terminal;
use crate::cli::signing::external::{self, External};
use crate::cli::signing::key_file::PrivateKey;
use crate::cli::signing::signer::Signer;
use clap::Args;
use std::path::{Path, PathBuf};

/// The keys that sign.
#[derive(Args)]
#[group(id = "signers", required = true, multiple = true)]
pub(crate) struct Signers {
    /// Private key file; repeat it to sign with several
    #[arg(long = "key", value_name = "PRIVATE.jwk")]
    keys: Vec<PathBuf>,
    /// Command that signs, for a key that never leaves its hardware. It reads the bytes to sign from standard input and
    /// writes the signature to standard output
    #[arg(long = "signer", value_name = "PUBLIC.jwk=COMMAND", value_parser = external::spec)]
    commands: Vec<external::Spec>,
}

impl Signers {
    /// The files that the signers are read from.
    pub(crate) fn inputs(&self) -> impl Iterator<Item = &Path> {
        self.keys.iter().map(PathBuf::as_path).chain(self.commands.iter().map(external::Spec::public))
    }

    /// Loads all signers and checks that none has signed already.
    pub(crate) fn load(&self, signed: &[(String, String)]) -> Result<Vec<Box<dyn Signer>>, Failure> {
        let mut signers: Vec<Box<dyn Signer>> = Vec::new();
        for path in &self.keys {
            let signer = PrivateKey::load(path)?;
            is_new(&signer, &signers, signed).map_err(|failure| failure.of(path.display()))?;
            signers.push(Box::new(signer));
        }
        for spec in &self.commands {
            let signer = External::load(spec)?;
            is_new(&signer, &signers, signed)?;
            signers.push(Box::new(signer));
        }
        Ok(signers)
    }
}

/// Checks that a key signs only once, under any name.
fn is_new(signer: &dyn Signer, others: &[Box<dyn Signer>], signed: &[(String, String)]) -> Result<(), Failure> {
    let kid = terminal::visible(signer.kid());
    let taken = |known: &str| known == signer.kid();
    if signed.iter().any(|(kid, _)| taken(kid)) || others.iter().any(|other| taken(other.kid())) {
        return Err(Failure::other(format!("the key `{kid}` has signed already")));
    }
    match others.iter().find(|other| other.thumbprint() == signer.thumbprint()) {
        None => Ok(()),
        Some(other) => {
            let other = terminal::visible(other.kid());
            Err(Failure::other(format!("`{kid}` is the same key as `{other}`, which counts once")))
        }
    }
}
