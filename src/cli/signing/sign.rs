//! `brightline sign`: signs a ruleset as a bundle, JWS General JSON (RFC 7515, section 7.2.1) in the bundle's profile.
//! The same ruleset and key files give the same bytes; the clock causes only warnings.

use crate::cli::io::failure::{Exit, Failure};
use crate::cli::io::output::{self, Output};
use crate::cli::io::ruleset::RulesetOptions;
use crate::cli::io::{streams, terminal};
use crate::cli::signing::envelope::{self, Envelope, image_sha256};
use crate::cli::signing::quorum::{Quorum, names};
use crate::cli::signing::signer::Signer;
use crate::cli::signing::signers::Signers;
use crate::cli::signing::trusted;
use brightline::{
    BUNDLE_SCHEMA, BUNDLE_TYP, BundleError, Instant, OpenError, Ruleset, TrustRoot, Untrusted, inspect_bundle,
    inspect_ruleset, means_production, signed_by, to_image,
};
use clap::Args;
use data_encoding::HEXLOWER;
use serde::Serialize;
use std::path::{Path, PathBuf};

/// Compile a ruleset and sign it, or add a signature to a bundle
#[derive(Args)]
pub(crate) struct Sign {
    /// Ruleset in YAML or JSON; optional with `--add-signature`
    #[arg(required_unless_present = "add_signature", requires = "audience")]
    ruleset: Option<PathBuf>,
    #[command(flatten)]
    source: RulesetOptions,
    /// Environment that the bundle is for, such as `prod-eu`
    #[arg(long, value_name = "ENV", requires = "ruleset")]
    audience: Option<String>,
    #[command(flatten)]
    signers: Signers,
    /// Bundle of the previous version, whose hash is included
    #[arg(long, value_name = "OLD.bundle", requires = "ruleset")]
    previous: Option<PathBuf>,
    /// Bundle to add the signatures to. If a ruleset is given too, it must give the same payload
    #[arg(long, value_name = "BUNDLE")]
    add_signature: Option<PathBuf>,
    /// Trust root that apps have, to report how many signatures are missing
    #[arg(long, value_name = "ROOT")]
    trust: Option<PathBuf>,
    /// Rotation of the trust root; repeat it for several, oldest first
    #[arg(long = "rotation", value_name = "FILE", requires = "trust")]
    rotations: Vec<PathBuf>,
    /// File to write the bundle to
    #[arg(short, long, value_name = "OUT.bundle.json")]
    out: PathBuf,
}

#[derive(Serialize)]
struct BundlePayload<'a> {
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
    pub(crate) fn run(&self, output: Output) -> Result<Exit, Failure> {
        streams::is_file(&self.out)?;
        // Adding a signature in place loses nothing, so `--add-signature` is not among the inputs.
        let own = [&self.ruleset, &self.previous, &self.trust].into_iter().flatten().chain(&self.rotations);
        let inputs = own.map(PathBuf::as_path).chain(self.source.inputs()).chain(self.signers.inputs());
        streams::is_no_input(Some(&self.out), inputs)?;
        let compiled = match (&self.ruleset, &self.audience) {
            (Some(path), Some(audience)) => {
                let ruleset = self.source.load_valid(path)?;
                let before = self.previous.as_deref().map(|path| previous(path, &ruleset)).transpose()?;
                Some(payload(&ruleset, audience, before)?)
            }
            _ => None,
        };
        let root = self.trust.as_deref().map(|root| trusted::load(root, &self.rotations)).transpose()?;
        let (mut bundle, signed) = match &self.add_signature {
            Some(path) => {
                existing(path, compiled.as_ref(), root.as_ref()).map_err(|failure| failure.of(path.display()))?
            }
            None => (compiled.unwrap_or_else(|| Envelope::new(&[])), Vec::new()),
        };
        for signer in self.signers.load(&signed)? {
            bundle.sign(&*signer, BUNDLE_TYP)?;
        }
        let text = bundle.to_text()?;
        // Do not write a bundle that no app could open.
        let made = inspect_bundle(text.as_bytes())?;
        inspect_ruleset(&made.contents)?;
        let needed = |(root, path): (&TrustRoot, &PathBuf)| {
            Needed::new(root, text.as_bytes(), &made).map_err(|failure| failure.of(path.display()))
        };
        let needed = root.as_ref().zip(self.trust.as_ref()).map(needed).transpose()?;
        streams::write(Some(&self.out), &text)?;
        let signed = Signed::new(&made, needed, streams::now(None).is_ok_and(|now| made.contents.expires <= now));
        if signed.expired && output == Output::Text {
            let message = format!("the ruleset expired at {}: no app opens it", made.contents.expires);
            output::warning("bundle.expired", &message);
        }
        output.say(|| signed.to_text(), &signed)?;
        Ok(Exit::Done)
    }
}

/// The signed bundle, its signers so far, and the missing signatures.
#[derive(Serialize)]
struct Signed<'a> {
    ruleset: &'a str,
    version: u64,
    audience: &'a str,
    sha256: String,
    /// The hash of the image alone, as the public page shows it.
    image_sha256: String,
    signatures: Vec<BundleSignature<'a>>,
    /// True if it has expired by the clock of this machine, so that no app opens it.
    expired: bool,
    /// `None` if no trust root was given.
    #[serde(skip_serializing_if = "Option::is_none")]
    trust: Option<Needed>,
}

#[derive(Serialize)]
struct BundleSignature<'a> {
    kid: &'a str,
    alg: &'a str,
}

/// A bundle's signatures compared with a trust root.
#[derive(Serialize)]
struct Needed {
    #[serde(flatten)]
    quorum: Quorum,
    /// Signers that the trust root does not have.
    not_counted: Vec<String>,
}

impl Needed {
    fn new(root: &TrustRoot, bundle: &[u8], made: &Untrusted) -> Result<Self, Failure> {
        if made.contents.ruleset_id != root.ruleset() {
            return Err(BundleError::Id.into());
        }
        if made.contents.audience != root.audience() {
            return Err(BundleError::Audience.into());
        }
        signed_by(bundle, root)?;
        let signers = made.signatures.iter().map(|(kid, _)| kid.clone());
        let not_counted = signers.filter(|kid| !root.kids().any(|known| known == kid)).collect();
        Ok(Self { quorum: Quorum::new(root, &made.signatures), not_counted })
    }

    fn to_text(&self) -> String {
        let enough = if self.quorum.missing == 0 { "enough" } else { "not enough" };
        let mut text = format!("  {enough} for the trust root: {}", self.quorum.to_text());
        if !self.not_counted.is_empty() {
            text += &format!("; not counted, since it does not have these keys: {}", names(&self.not_counted));
        }
        text + "\n"
    }
}

impl<'a> Signed<'a> {
    fn new(made: &'a Untrusted, trust: Option<Needed>, expired: bool) -> Self {
        let contents = &made.contents;
        Self {
            ruleset: &contents.ruleset_id,
            version: contents.version,
            audience: &contents.audience,
            sha256: HEXLOWER.encode(&contents.sha256),
            image_sha256: image_sha256(&contents.ruleset),
            signatures: made.signatures.iter().map(|(kid, alg)| BundleSignature { kid, alg }).collect(),
            expired,
            trust,
        }
    }

    /// Each value is made visible separately: a line end in one would start a line that seems to be the program's own.
    fn to_text(&self) -> String {
        let Self { version, sha256, image_sha256, signatures, trust, .. } = self;
        let [ruleset, audience] = [self.ruleset, self.audience].map(terminal::visible);
        let signer = |BundleSignature { kid, alg }: &BundleSignature<'_>| {
            format!("{} ({})", terminal::visible(kid), terminal::visible(alg))
        };
        let signers: Vec<String> = signatures.iter().map(signer).collect();
        let count = if signers.len() == 1 { "1 signature".to_owned() } else { format!("{} signatures", signers.len()) };
        let trust = trust.as_ref().map(Needed::to_text).unwrap_or_default();
        format!(
            "signed `{ruleset}` version {version} for `{audience}`, sha256 {sha256}\n  image sha256 {image_sha256}\n  \
             {count}: {}\n{trust}",
            signers.join(", ")
        )
    }
}

/// The payload to sign.
fn payload(ruleset: &Ruleset, audience: &str, prev_sha256: Option<String>) -> Result<Envelope, Failure> {
    if ruleset.is_development() && means_production(audience) {
        let message = "a ruleset for development is not signed for production; leave `development` out of it";
        return Err(Failure { code: Some("ruleset.development"), ..Failure::new(Exit::Findings, message) });
    }
    let seconds = |instant: Instant| instant.as_millis().div_euclid(1000);
    let payload = BundlePayload {
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

/// A bundle of a first version, signed by one key.
pub(crate) fn bundle(ruleset: &Ruleset, audience: &str, signer: &dyn Signer) -> Result<String, Failure> {
    let mut bundle = payload(ruleset, audience, None)?;
    bundle.sign(signer, BUNDLE_TYP)?;
    bundle.to_text()
}

/// A bundle to add to, with its signers. It must be one that an app could open; otherwise its fields and its image
/// could disagree.
fn existing(
    path: &Path,
    compiled: Option<&Envelope>,
    root: Option<&TrustRoot>,
) -> Result<(Envelope, Vec<(String, String)>), Failure> {
    let bytes = streams::read(path)?;
    let opened = inspect_bundle(&bytes)?;
    inspect_ruleset(&opened.contents)?;
    // `nbf` differs from `issued`: another tool made this bundle, so refuse it.
    if opened.contents.not_before != opened.contents.issued {
        return Err(OpenError::Mismatch.into());
    }
    if let Some(root) = root {
        signed_by(&bytes, root).map_err(|error| Failure::from(error).by(&bytes, root))?;
    }
    let bundle = Envelope::read(&bytes)?;
    if compiled.is_some_and(|compiled| compiled.payload != bundle.payload) {
        return Err(Failure::other("this ruleset does not compile to the payload that was signed"));
    }
    Ok((bundle, opened.signatures))
}

/// The hash of the previous version.
fn previous(path: &Path, ruleset: &Ruleset) -> Result<String, Failure> {
    let contents =
        inspect_bundle(&streams::read(path)?).map_err(|error| Failure::from(error).of(path.display()))?.contents;
    if contents.ruleset_id != ruleset.id() || contents.version >= ruleset.version() {
        return Err(Failure::other("not an earlier version of this ruleset").of(path.display()));
    }
    Ok(HEXLOWER.encode(&contents.sha256))
}
