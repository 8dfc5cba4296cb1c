//! `brightline rotate`: writes the statement by which apps replace the trust root that they ship.

use crate::cli::io::failure::{Exit, Failure};
use crate::cli::io::output::Output;
use crate::cli::io::streams;
use crate::cli::signing::envelope::{self, Envelope};
use crate::cli::signing::signers::Signers;
use crate::cli::signing::succession::Succession;
use crate::cli::signing::trusted;
use brightline::{ROTATION_SCHEMA, ROTATION_TYP, TrustRoot, inspect_rotation};
use clap::Args;
use data_encoding::HEXLOWER;
use serde::Serialize;
use std::path::{Path, PathBuf};

/// Replace a trust root with a new one, signed by a threshold of the keys of both
#[derive(Args)]
pub(crate) struct Rotate {
    /// Trust root that apps have
    #[arg(long, value_name = "OLD-ROOT")]
    trust: PathBuf,
    /// Rotation that has already replaced it; repeat it for several, oldest first
    #[arg(long = "rotation", value_name = "FILE")]
    rotations: Vec<PathBuf>,
    /// New trust root, with a higher `version`; optional with `--add-signature`
    #[arg(long, value_name = "NEW-ROOT", required_unless_present = "add_signature")]
    new: Option<PathBuf>,
    #[command(flatten)]
    signers: Signers,
    /// Rotation to add the signatures to. If `--new` is given too, it must be the trust root in the rotation
    #[arg(long, value_name = "FILE")]
    add_signature: Option<PathBuf>,
    /// File to write the rotation to
    #[arg(short, long, value_name = "ROTATION.jws.json")]
    out: PathBuf,
}

#[derive(Serialize)]
struct RotationPayload<'a> {
    schema: i64,
    prev_sha256: &'a str,
    root: serde_json::Value,
}

impl Rotate {
    pub(crate) fn run(&self, output: Output) -> Result<Exit, Failure> {
        streams::is_file(&self.out)?;
        let own = self.new.iter().chain(&self.rotations).map(PathBuf::as_path);
        streams::is_no_input(Some(&self.out), own.chain([self.trust.as_path()]).chain(self.signers.inputs()))?;
        let former = trusted::load(&self.trust, &self.rotations)?;
        let (mut statement, signed) = match &self.add_signature {
            Some(path) => existing(path, &former)?,
            None => (Envelope::new(&[]), Vec::new()),
        };
        if let Some(path) = &self.new {
            let made = Envelope::new(&payload(path, &former)?);
            if self.add_signature.is_some() && made.payload != statement.payload {
                return Err(Failure::other("not the trust root that was signed").of(path.display()));
            }
            statement.payload = made.payload;
        }
        for signer in self.signers.load(&signed)? {
            statement.sign(&*signer, ROTATION_TYP)?;
        }
        let text = statement.to_text()?;
        // Do not write a rotation that no app could follow once enough have signed.
        let about = self.new.as_ref().or(self.add_signature.as_ref()).unwrap_or(&self.trust);
        let refused = |error| Failure::from(error).by(text.as_bytes(), &former).of(about.display());
        let rotation = inspect_rotation(text.as_bytes(), Some(&former)).map_err(refused)?;
        let succession = Succession::new(&rotation, Some(&former));
        if let Some(kid) = succession.not_counted().first() {
            return Err(Failure::other(format!(
                "the key `{kid}` is in neither trust root, so its signature would not \
                                               count"
            )));
        }
        streams::write(Some(&self.out), &text)?;
        let lines = || std::iter::once(succession.title()).chain(succession.to_lines()).map(|line| line + "\n");
        output.say(|| lines().collect(), &succession)?;
        Ok(Exit::Done)
    }
}

/// A statement that another signer began, with its signers.
fn existing(path: &Path, former: &TrustRoot) -> Result<(Envelope, Vec<(String, String)>), Failure> {
    let bytes = streams::read(path)?;
    let refused = |error| Failure::from(error).by(&bytes, former).of(path.display());
    let rotation = inspect_rotation(&bytes, Some(former)).map_err(refused)?;
    Ok((Envelope::read(&bytes).map_err(|failure| failure.of(path.display()))?, rotation.signatures))
}

fn payload(path: &Path, former: &TrustRoot) -> Result<Vec<u8>, Failure> {
    let text = streams::read(path)?;
    // Parse strictly first: serde takes the last of two members with the same name.
    TrustRoot::parse(&text).map_err(|error| Failure::from(error).of(path.display()))?;
    let root = serde_json::from_slice(&text).map_err(|error| Failure::other(error.to_string()).of(path.display()))?;
    let prev_sha256 = HEXLOWER.encode(&former.fingerprint());
    let payload = RotationPayload { schema: ROTATION_SCHEMA, prev_sha256: &prev_sha256, root };
    Ok(envelope::json(&payload)?.into_bytes())
}
