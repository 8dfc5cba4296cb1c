//! Loads the trust root of a command: a file, with the rotations since.

use super::exit::Failure;
use super::files;
use brightline::TrustRoot;
use std::path::{Path, PathBuf};

/// Reads a trust root and applies rotations to it, in their order.
pub(super) fn load(root: &Path, rotations: &[PathBuf]) -> Result<TrustRoot, Failure> {
    let mut current = TrustRoot::parse(&files::read(root)?).map_err(|error| Failure::from(error).of(root.display()))?;
    for path in rotations {
        let statement = files::read(path)?;
        let refused = |error| Failure::from(error).by(&statement, &current).of(path.display());
        current = current.rotate(&statement).map_err(refused)?;
    }
    Ok(current)
}
