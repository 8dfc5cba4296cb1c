//! Temporary files, which are removed if a signal stops the program before they are complete.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, Once, PoisonError};

/// The existing temporary files. The lock is held while one is created, moved or removed, so that none is moved while
/// the signal handler removes them. It is not held during writing, which may take long.
static PARTS: Mutex<Vec<PathBuf>> = Mutex::new(Vec::new());

/// The exit code that shells use for a program ended by Ctrl-C.
const BY_SIGNAL: i32 = 130;

/// Creates and registers a temporary file.
pub(crate) fn begin(path: &Path, make: impl FnOnce() -> io::Result<File>) -> io::Result<File> {
    static ONCE: Once = Once::new();
    // Before the first, there is nothing to remove, so a signal ends the program as usual.
    ONCE.call_once(|| {
        // Without a handler, a signal still ends the program.
        let _ = ctrlc::set_handler(|| {
            let _parts = take_away();
            std::process::exit(BY_SIGNAL);
        });
    });
    let mut parts = parts();
    let file = make()?;
    parts.push(path.to_owned());
    Ok(file)
}

/// Unregisters a temporary file and runs `how`, which moves or removes it.
pub(crate) fn end<T>(path: &Path, how: impl FnOnce() -> T) -> T {
    let mut parts = parts();
    parts.retain(|part| part != path);
    how()
}

/// Removes all temporary files. No other can be created or moved while the guard is held.
fn take_away() -> MutexGuard<'static, Vec<PathBuf>> {
    let mut parts = parts();
    for part in parts.drain(..) {
        let _ = fs::remove_file(part);
    }
    parts
}

fn parts() -> MutexGuard<'static, Vec<PathBuf>> {
    PARTS.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    /// Runs the signal handler's work in the middle of writing, but without ending the program. A signal from outside
    /// would be a race: it cannot be timed between two bytes.
    #[test]
    fn what_is_half_written_is_taken_away_and_what_is_done_is_not() {
        let folder = std::env::temp_dir().join(format!("brightline-parts-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        let [half, whole] = ["half", "whole"].map(|name| folder.join(name));
        for path in [&half, &whole] {
            begin(path, || File::create(path)).unwrap().write_all(b"half of it").unwrap();
        }
        end(&whole, || ());
        drop(take_away());
        assert_eq!((half.exists(), whole.exists()), (false, true));
        fs::remove_dir_all(&folder).unwrap();
    }
}
