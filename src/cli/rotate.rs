//! `brightline rotate`: the statement by which apps take a new trust root in the place of the one that they ship.

use super::envelope::{self, Envelope};
use super::exit::{Exit, Failure};
use super::output::Output;
use super::signers::Signers;
use super::{files, report, trusted};
use brightline::{ROTATION_SCHEMA, ROTATION_TYP, Rotation, TrustRoot, inspect_rotation};
use clap::Args;
use data_encoding::HEXLOWER;
use serde::Serialize;
use std::path::{Path, PathBuf};

/// Replace a trust root by another, signed by a threshold of the keys of both
#[derive(Args)]
pub(super) struct Rotate {
    /// The trust root that apps have
    #[arg(long, value_name = "OLD-ROOT")]
    trust: PathBuf,
    /// A rotation that has replaced it already; several in their order
    #[arg(long = "rotation", value_name = "FILE")]
    rotations: Vec<PathBuf>,
    /// The trust root that takes its place, with a `version` that is higher; with `--add-signature` it may be left out
    #[arg(long, value_name = "NEW-ROOT", required_unless_present = "add_signature")]
    new: Option<PathBuf>,
    #[command(flatten)]
    signers: Signers,
    /// A rotation to which the signatures are added. A new trust root that is given too must be the one in it
    #[arg(long, value_name = "FILE")]
    add_signature: Option<PathBuf>,
    /// Where to write the rotation
    #[arg(short, long, value_name = "ROTATION.jws.json")]
    out: PathBuf,
}

#[derive(Serialize)]
struct Payload<'a> {
    schema: i64,
    prev_sha256: &'a str,
    root: serde_json::Value,
}

/// Who has signed, and what is missing.
#[derive(Serialize)]
struct Summary {
    version: u64,
    former_version: u64,
    former: Count,
    new: Count,
    complete: bool,
}

#[derive(Serialize)]
struct Count {
    signed: usize,
    needed: usize,
}

impl Rotate {
    pub(super) fn run(&self, output: Output) -> Result<Exit, Failure> {
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
        // What no app could follow, once enough have signed, is not written.
        let rotation = inspect_rotation(text.as_bytes(), &former)?;
        for (kid, _) in &rotation.signatures {
            let known = former.kids().chain(rotation.root.kids()).any(|known| known == kid);
            if !known {
                let kid = report::visible(kid);
                return Err(Failure::other(format!("the key `{kid}` is in neither trust root: nobody would count it")));
            }
        }
        files::write(Some(&self.out), &text)?;
        let summary = Summary::new(&former, &rotation);
        output.say(|| summary.to_text(), &summary)?;
        Ok(Exit::Done)
    }
}

/// A statement that somebody else began, and who signed it.
fn existing(path: &Path, former: &TrustRoot) -> Result<(Envelope, Vec<(String, String)>), Failure> {
    let bytes = files::read(path)?;
    let refused = |error| Failure::from(error).by(&bytes, former).of(path.display());
    let rotation = inspect_rotation(&bytes, former).map_err(refused)?;
    Ok((Envelope::read(&bytes).map_err(|failure| failure.of(path.display()))?, rotation.signatures))
}

fn payload(path: &Path, former: &TrustRoot) -> Result<Vec<u8>, Failure> {
    let text = files::read(path)?;
    // Strictly first: the reader below would take the second of two members.
    TrustRoot::parse(&text).map_err(|error| Failure::from(error).of(path.display()))?;
    let root = serde_json::from_slice(&text).map_err(|error| Failure::other(error.to_string()).of(path.display()))?;
    let prev_sha256 = HEXLOWER.encode(&former.fingerprint());
    let payload = Payload { schema: ROTATION_SCHEMA, prev_sha256: &prev_sha256, root };
    Ok(envelope::json(&payload)?.into_bytes())
}

impl Summary {
    fn new(former: &TrustRoot, rotation: &Rotation) -> Self {
        let count = |signed, root: &TrustRoot| Count { signed, needed: root.threshold() };
        let (old, new) = (count(rotation.former_signed, former), count(rotation.new_signed, &rotation.root));
        let complete = old.missing() == 0 && new.missing() == 0;
        let (version, former_version) = (rotation.root.version(), former.version());
        Self { version, former_version, former: old, new, complete }
    }

    fn to_text(&self) -> String {
        let line = |which: &str, count: &Count| {
            let Count { signed, needed } = count;
            let missing = match count.missing() {
                0 => String::new(),
                missing => format!(", {missing} missing"),
            };
            format!("  {which}  {signed} of {needed} signatures{missing}\n")
        };
        let title = match self.complete {
            true => "complete: apps with the former trust root follow it",
            false => "not complete: add signatures with `--add-signature`",
        };
        let Self { version, former_version, former, new, .. } = self;
        let (former, new) = (line("former root", former), line("new root   ", new));
        format!("rotation from version {former_version} to version {version}, {title}\n{former}{new}")
    }
}

impl Count {
    const fn missing(&self) -> usize {
        self.needed.saturating_sub(self.signed)
    }
}
