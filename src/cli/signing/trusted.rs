//! Loads the trust root of a command: a file, with the rotations since.

use crate::cli::io::failure::Failure;
use crate::cli::io::streams;
use brightline::TrustRoot;
use std::path::{Path, PathBuf};

/// Reads a trust root and applies rotations to it, in their order.
pub(crate) fn load(root: &Path, rotations: &[PathBuf]) -> Result<TrustRoot, Failure> {
    let mut current =
        TrustRoot::parse(&streams::read(root)?).map_err(|error| Failure::from(error).of(root.display()))?;
    for path in rotations {
        let statement = streams::read(path)?;
        let refused = |error| Failure::from(error).by(&statement, &current).of(path.display());
        current = current.rotate(&statement).map_err(refused)?;
    }
    Ok(current)
}
