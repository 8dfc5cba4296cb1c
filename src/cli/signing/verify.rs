//! `brightline verify`: opens a bundle as an app does, or only shows its contents.

use crate::cli::io::failure::{Exit, Failure};
use crate::cli::io::output::Output;
use crate::cli::io::streams;
use crate::cli::io::terminal::{self, bad, good};
use crate::cli::signing::envelope::image_sha256;
use crate::cli::signing::listing::Listing;
use crate::cli::signing::opening::BundleOptions;
use crate::cli::signing::succession::Succession;
use brightline::{
    Instant, RotationError, TrustRoot, Untrusted, inspect_bundle, inspect_rotation, read_image, signed_by,
};
use clap::Args;
use data_encoding::HEXLOWER;
use serde::Serialize;
use std::path::PathBuf;

/// Open a bundle or a rotation against a trust root, or show its contents if none is given
#[derive(Args)]
pub(crate) struct Verify {
    /// Signed ruleset, or a rotation of a trust root
    bundle: PathBuf,
    /// Trust root; without it, nothing is verified
    #[arg(long, value_name = "ROOT")]
    trust: Option<PathBuf>,
    #[command(flatten)]
    opening: BundleOptions,
}

/// The contents of a bundle.
#[derive(Serialize)]
struct Summary<'a> {
    verified: bool,
    /// By the clock of this machine; false if the bundle was opened.
    expired: bool,
    ruleset: &'a str,
    version: u64,
    audience: &'a str,
    issued: Instant,
    not_before: Instant,
    expires: Instant,
    sha256: String,
    /// The hash of the image alone, as the public page shows it.
    image_sha256: String,
    prev_sha256: Option<&'a str>,
    /// The threshold and version of the trust root, and how many of its keys signed. `None` if no root was given.
    #[serde(skip_serializing_if = "Option::is_none")]
    trust: Option<TrustShown>,
    signatures: Vec<SignatureShown<'a>>,
    /// The contents of the ruleset. `None` if this version cannot read its form.
    contents: Option<Listing>,
}

#[derive(Serialize)]
struct TrustShown {
    version: u64,
    signed: usize,
    needed: usize,
}

#[derive(Serialize)]
struct SignatureShown<'a> {
    kid: &'a str,
    alg: &'a str,
    /// True if the trust root has the key, so that the signature was verified.
    verified: bool,
}

impl Verify {
    pub(crate) fn run(&self, output: Output) -> Result<Exit, Failure> {
        let bundle = streams::read(&self.bundle)?;
        if inspect_bundle(&bundle).is_err() && is_rotation(&bundle) {
            return self.rotation(&bundle, output);
        }
        let opened = self.trust.as_deref().map(|root| self.opening.open(&bundle, &self.bundle, root)).transpose()?;
        let contents = inspect_bundle(&bundle).map_err(|error| Failure::from(error).of(self.bundle.display()))?;
        let summary = Summary::new(&contents, &bundle, opened.as_ref().map(|opened| &opened.root))?;
        output.say(|| summary.to_text(), &summary)?;
        Ok(Exit::Done)
    }

    /// Shows a rotation even if it lacks signatures; the exit code is then that of a bundle that does not open.
    fn rotation(&self, statement: &[u8], output: Output) -> Result<Exit, Failure> {
        let former = self.trust.as_deref().map(|root| self.opening.root(root)).transpose()?;
        let refused = |error| {
            let failure = Failure::from(error);
            let failure = match &former {
                Some(former) => failure.by(statement, former),
                None => failure,
            };
            failure.of(self.bundle.display())
        };
        let rotation = inspect_rotation(statement, former.as_ref()).map_err(refused)?;
        let succession = Succession::new(&rotation, former.as_ref());
        let verified = succession.is_complete();
        let title = match (&former, verified) {
            (None, _) => bad("NOT VERIFIED: no trust root was given, so these are unverified claims of the rotation"),
            (_, true) => good("verified against the trust root"),
            (_, false) => bad("NOT VERIFIED: signatures are missing"),
        };
        let lines = || [title.clone(), succession.title()].into_iter().chain(succession.to_lines());
        let shown = RotationShown { verified, rotation: &succession };
        output.say(|| lines().map(|line| line + "\n").collect(), &shown)?;
        Ok(if former.is_some() && !verified { Exit::NotOpened } else { Exit::Done })
    }
}

/// True if the signed payload is a rotation, even one that is not valid.
fn is_rotation(signed: &[u8]) -> bool {
    !matches!(inspect_rotation(signed, None), Err(RotationError::Malformed))
}

/// Output for a rotation instead of a bundle.
#[derive(Serialize)]
struct RotationShown<'a> {
    verified: bool,
    rotation: &'a Succession,
}

impl<'a> Summary<'a> {
    /// If a root is given, it has opened the bundle.
    fn new(untrusted: &'a Untrusted, bundle: &[u8], root: Option<&TrustRoot>) -> Result<Self, Failure> {
        let contents = &untrusted.contents;
        let known = |kid: &str| root.is_some_and(|root| root.kids().any(|known| known == kid));
        // A bundle opens only if every signature by a key of the trust root is good.
        let signatures =
            untrusted.signatures.iter().map(|(kid, alg)| SignatureShown { kid, alg, verified: known(kid) });
        let trust = |root: &TrustRoot| {
            let (version, needed) = (root.version(), root.threshold());
            signed_by(bundle, root).map(|signed| TrustShown { version, signed, needed })
        };
        Ok(Self {
            verified: root.is_some(),
            expired: root.is_none() && streams::now(None).is_ok_and(|now| contents.expires <= now),
            ruleset: &contents.ruleset_id,
            version: contents.version,
            audience: &contents.audience,
            issued: contents.issued,
            not_before: contents.not_before,
            expires: contents.expires,
            sha256: HEXLOWER.encode(&contents.sha256),
            image_sha256: image_sha256(&contents.ruleset),
            prev_sha256: contents.previous.as_deref(),
            trust: root.map(trust).transpose()?,
            signatures: signatures.collect(),
            contents: read_image(&contents.ruleset).as_ref().map(Listing::new).transpose()?,
        })
    }

    fn to_text(&self) -> String {
        let title = match self.verified {
            true => "verified against the trust root",
            false => "NOT VERIFIED: no trust root was given, so these are unverified claims of the bundle",
        };
        let mut lines = vec![
            title.to_owned(),
            format!("  ruleset   {} version {}", self.ruleset, self.version),
            format!("  audience  {}", self.audience),
            format!("  issued    {}", self.issued),
            format!("  valid     from {} until {}", self.not_before, self.expires),
            format!("  sha256    {}", self.sha256),
            format!("  image     {}", self.image_sha256),
            format!("  previous  {}", self.prev_sha256.unwrap_or("none")),
        ];
        lines.extend(self.signatures.iter().map(|SignatureShown { kid, alg, verified }| {
            let note = match (self.verified, verified) {
                (true, false) => ", not counted: the trust root does not have this key",
                (false, _) => ", not verified",
                (true, true) => "",
            };
            format!("  signed    by {kid} ({alg}){note}")
        }));
        if self.expired {
            lines.insert(1, format!("  EXPIRED   at {}: no app opens it any more", self.expires));
        }
        if self.contents.as_ref().is_some_and(Listing::is_development) {
            lines.insert(1, "  DEVELOPMENT: anyone can mint tokens that this ruleset may accept".to_owned());
        }
        if let Some(TrustShown { version, signed, needed }) = &self.trust {
            lines.push(format!("  trust     {signed} of {needed} signatures; version {version} of the trust root"));
        }
        match &self.contents {
            Some(listing) => lines.extend(listing.to_lines()),
            None => lines.push("  contains  no ruleset that this version reads".to_owned()),
        }
        let line = |(place, line): (usize, &String)| {
            let line = terminal::visible(line);
            let shown = match (place, self.verified) {
                (0, true) => good(&line),
                (0, false) => bad(&line),
                _ => line,
            };
            shown + "\n"
        };
        lines.iter().enumerate().map(line).collect()
    }
}
