//! Files that are written beside their place: they go where a signal stops the program before they are whole.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, Once, PoisonError};

/// Those that there are. Whoever makes, moves or takes one away holds the lock, so that nothing is moved while a signal
/// takes them away; nobody holds it while one is written, which may take long.
static PARTS: Mutex<Vec<PathBuf>> = Mutex::new(Vec::new());

/// As shells say that Ctrl-C ended a program.
const BY_SIGNAL: i32 = 130;

/// Makes one.
pub(super) fn begin(path: &Path, make: impl FnOnce() -> io::Result<File>) -> io::Result<File> {
    static ONCE: Once = Once::new();
    // Before the first, there is nothing to take away, and a signal ends the program as it always does.
    ONCE.call_once(|| {
        // Where no handler can be had, it still does.
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

/// Moves one to its place, or takes it away.
pub(super) fn end<T>(path: &Path, how: impl FnOnce() -> T) -> T {
    let mut parts = parts();
    parts.retain(|part| part != path);
    how()
}

/// Takes all away. Until the lock is given back, nobody makes or moves any.
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

    /// What a signal does but for ending the program, in the middle of writing. With a signal from outside it would be a
    /// race: nobody can stop the program between two letters of a file of its own.
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
