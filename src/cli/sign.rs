//! `brightline sign`: a ruleset becomes a bundle, JWS General JSON (RFC 7515, section 7.2.1) in the bundle's profile.
//! It needs no clock: the same ruleset and keys give the same bytes.

use super::envelope::{self, Envelope};
use super::exit::{Exit, Failure};
use super::files;
use super::report;
use super::ruleset::Source;
use super::signers::{Signer, Signers};
use brightline::{BUNDLE_SCHEMA, BUNDLE_TYP, Instant, Ruleset, inspect_bundle, to_image};
use clap::Args;
use data_encoding::HEXLOWER;
use serde::Serialize;
use std::path::{Path, PathBuf};

/// Compile a ruleset and sign it, or add a signature to a bundle
#[derive(Args)]
pub(super) struct Sign {
    /// The ruleset in YAML or JSON; with `--add-signature` it may be left out
    #[arg(required_unless_present = "add_signature", requires = "audience")]
    ruleset: Option<PathBuf>,
    #[command(flatten)]
    source: Source,
    /// The environment that the bundle is for, such as `prod-eu`
    #[arg(long, value_name = "ENV", requires = "ruleset")]
    audience: Option<String>,
    #[command(flatten)]
    signers: Signers,
    /// The bundle of the version before, whose hash this one names
    #[arg(long, value_name = "OLD.bundle", requires = "ruleset")]
    previous: Option<PathBuf>,
    /// A bundle to which the signatures are added. A ruleset that is given too must give the same payload
    #[arg(long, value_name = "BUNDLE")]
    add_signature: Option<PathBuf>,
    /// Where to write the bundle
    #[arg(short, long, value_name = "OUT.bundle.json")]
    out: PathBuf,
}

#[derive(Serialize)]
struct Payload<'a> {
    schema: i64,
    aud: &'a str,
    ruleset_id: &'a str,
    version: u64,
    prev_sha256: Option<String>,
    iat: i64,
    nbf: i64,
    exp: i64,
}

impl Sign {
    pub(super) fn run(&self) -> Result<Exit, Failure> {
        let compiled = match (&self.ruleset, &self.audience) {
            (Some(path), Some(audience)) => {
                let ruleset = self.source.load_valid(path)?;
                let before = self.previous.as_deref().map(|path| previous(path, &ruleset)).transpose()?;
                Some(payload(&ruleset, audience, before)?)
            }
            _ => None,
        };
        let (mut bundle, signed) = match &self.add_signature {
            Some(path) => existing(path, compiled.as_ref())?,
            None => (compiled.unwrap_or_else(|| Envelope::new(&[])), Vec::new()),
        };
        for signer in self.signers.load(&signed)? {
            bundle.sign(&*signer, BUNDLE_TYP)?;
        }
        let text = bundle.to_text()?;
        // What no app could open is not written.
        let made = inspect_bundle(text.as_bytes())?;
        files::write(Some(&self.out), &text)?;
        let contents = &made.contents;
        let (id, sha256) = (report::visible(&contents.ruleset_id), HEXLOWER.encode(&contents.sha256));
        files::print(&format!("signed `{id}` version {}, sha256 {sha256}\n", contents.version))?;
        Ok(Exit::Done)
    }
}

/// What is to be signed.
fn payload(ruleset: &Ruleset, audience: &str, prev_sha256: Option<String>) -> Result<Envelope, Failure> {
    let seconds = |instant: Instant| instant.as_millis().div_euclid(1000);
    let payload = Payload {
        schema: BUNDLE_SCHEMA,
        aud: audience,
        ruleset_id: ruleset.id(),
        version: ruleset.version(),
        prev_sha256,
        iat: seconds(ruleset.issued()),
        nbf: seconds(ruleset.issued()),
        exp: seconds(ruleset.expires()),
    };
    let mut bytes = (envelope::json(&payload)? + "\n").into_bytes();
    bytes.extend(to_image(ruleset));
    Ok(Envelope::new(&bytes))
}

/// A first version's bundle, signed by one key.
pub(super) fn bundle(ruleset: &Ruleset, audience: &str, signer: &dyn Signer) -> Result<String, Failure> {
    let mut bundle = payload(ruleset, audience, None)?;
    bundle.sign(signer, BUNDLE_TYP)?;
    bundle.to_text()
}

/// A bundle to add to, and who signed it.
fn existing(path: &Path, compiled: Option<&Envelope>) -> Result<(Envelope, Vec<(String, String)>), Failure> {
    let bytes = files::read(path)?;
    let opened = inspect_bundle(&bytes).map_err(|error| Failure::from(error).of(path.display()))?;
    let bundle = Envelope::read(&bytes).map_err(|failure| failure.of(path.display()))?;
    if compiled.is_some_and(|compiled| compiled.payload != bundle.payload) {
        return Err(Failure::other("this ruleset does not give the payload that was signed").of(path.display()));
    }
    Ok((bundle, opened.signatures))
}

/// The hash of the version before.
fn previous(path: &Path, ruleset: &Ruleset) -> Result<String, Failure> {
    let contents =
        inspect_bundle(&files::read(path)?).map_err(|error| Failure::from(error).of(path.display()))?.contents;
    if contents.ruleset_id != ruleset.id() || contents.version >= ruleset.version() {
        return Err(Failure::other("not an earlier version of this ruleset").of(path.display()));
    }
    Ok(HEXLOWER.encode(&contents.sha256))
}
