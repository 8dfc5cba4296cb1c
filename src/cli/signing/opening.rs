//! Opening a bundle with a trust root, as commands do it.

use crate::cli::io::failure::{Exit, Failure};
use crate::cli::io::streams;
use crate::cli::signing::trusted;
use brightline::{Engine, Instant, TrustRoot};
use clap::Args;
use std::path::{Path, PathBuf};

/// Options for opening a bundle: the instant, the minimum version and the rotations of the trust root.
#[derive(Args)]
pub(crate) struct BundleOptions {
    /// Current instant, as RFC 3339; default: the clock of this machine
    #[arg(long, visible_alias = "at", value_name = "INSTANT", value_parser = streams::instant, requires = "trust")]
    now: Option<Instant>,
    /// Lowest accepted version: the highest that was seen before; default: 0
    #[arg(long, value_name = "N", requires = "trust")]
    minimum_version: Option<u64>,
    /// Rotation of the trust root; repeat it for several, oldest first
    #[arg(long = "rotation", value_name = "FILE", requires = "trust")]
    rotations: Vec<PathBuf>,
}

/// An opened bundle.
pub(crate) struct Opened {
    pub(crate) engine: Engine,
    pub(crate) root: TrustRoot,
    pub(crate) now: Instant,
}

impl BundleOptions {
    /// The trust root after its rotations, for statements that have neither a window nor a version.
    pub(crate) fn root(&self, root: &Path) -> Result<TrustRoot, Failure> {
        if self.now.is_some() || self.minimum_version.is_some() {
            let message =
                "a rotation does not depend on time or on a minimum version: leave out `--now` and `--minimum-version`";
            return Err(Failure::new(Exit::Usage, message));
        }
        trusted::load(root, &self.rotations)
    }

    /// Opens a bundle that was read from `file`.
    pub(crate) fn open(&self, bundle: &[u8], file: &Path, root: &Path) -> Result<Opened, Failure> {
        let now = streams::now(self.now)?;
        let root = trusted::load(root, &self.rotations)?;
        let refused = |error| Failure::from(error).by(bundle, &root).of(file.display());
        let engine = Engine::open(bundle, &root, now, self.minimum_version.unwrap_or(0)).map_err(refused)?;
        Ok(Opened { engine, root, now })
    }
}
