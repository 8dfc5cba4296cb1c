//! Files, the standard streams and the clock: all that the program takes from outside.

use super::exit::Failure;
use brightline::Instant;
use std::fs::{self, OpenOptions};
use std::io::{self, Read, Write};
use std::path::Path;
use std::time::SystemTime;

/// Reads a whole file; `-` is standard input.
pub(super) fn read(path: &Path) -> Result<Vec<u8>, Failure> {
    let bytes = if path == Path::new("-") {
        let mut bytes = Vec::new();
        io::stdin().lock().read_to_end(&mut bytes).map(|_| bytes)
    } else {
        fs::read(path)
    };
    bytes.map_err(|error| Failure::other(format!("cannot read `{}`: {error}", path.display())))
}

/// Reads a whole file as text.
pub(super) fn read_text(path: &Path) -> Result<String, Failure> {
    String::from_utf8(read(path)?).map_err(|error| {
        let valid = error.utf8_error().valid_up_to();
        Failure::other(format!("`{}` is not UTF-8: byte {valid} begins no character", path.display()))
    })
}

/// Writes a file, or, without a path, to standard output.
pub(super) fn write(path: Option<&Path>, text: &str) -> Result<(), Failure> {
    match path {
        Some(path) => fs::write(path, text).map_err(|error| cannot_write(path, &error)),
        None => print(text),
    }
}

/// Writes a file whole or not at all: beside its place first, then moved there, so that whatever stops the program leaves
/// what was there before.
pub(super) fn replace(path: &Path, text: &str) -> Result<(), Failure> {
    let name = path.file_name().ok_or_else(|| Failure::other(format!("`{}` is no file", path.display())))?;
    let beside = path.with_file_name(format!(".{}.{}.part", name.to_string_lossy(), std::process::id()));
    let written = fs::write(&beside, text).and_then(|()| fs::rename(&beside, path));
    written.map_err(|error| {
        let _ = fs::remove_file(&beside);
        cannot_write(path, &error)
    })
}

/// Writes a file that was not there, readable by its owner alone if it is secret.
pub(super) fn write_new(path: &Path, text: &str, secret: bool) -> Result<(), Failure> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, if secret { 0o600 } else { 0o644 });
    #[cfg(not(unix))]
    let _ = secret;
    let written = options.open(path).and_then(|mut file| file.write_all(text.as_bytes()));
    written.map_err(|error| cannot_write(path, &error))
}

/// Makes a folder, if it is not there.
pub(super) fn make_folder(path: &Path) -> Result<(), Failure> {
    fs::create_dir_all(path).map_err(|error| cannot_write(path, &error))
}

/// Takes a file away, if it is there.
pub(super) fn remove(path: &Path) -> Result<(), Failure> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(cannot_write(path, &error)),
        _ => Ok(()),
    }
}

/// Writes to standard output, as it is.
pub(super) fn print(text: &str) -> Result<(), Failure> {
    written(&mut io::stdout().lock(), text)
}

/// Shows a person something on standard output, with its colours where a terminal shows them.
pub(super) fn show(text: &str) -> Result<(), Failure> {
    written(&mut anstream::stdout().lock(), text)
}

fn written(out: &mut dyn Write, text: &str) -> Result<(), Failure> {
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        // Whoever read has seen enough.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        Err(error) => Err(Failure::other(format!("cannot write to standard output: {error}"))),
        Ok(()) => Ok(()),
    }
}

/// Writes to standard error, where there is nothing left to do if that fails.
pub(super) fn print_error(text: &str) {
    let _ = io::stderr().lock().write_all(text.as_bytes());
}

/// Shows a person something there, with its colours where a terminal shows them.
pub(super) fn show_error(text: &str) {
    let _ = anstream::stderr().lock().write_all(text.as_bytes());
}

/// The given instant, or the current one.
pub(super) fn now(given: Option<Instant>) -> Result<Instant, Failure> {
    let clock = || {
        let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).ok()?;
        Instant::from_millis(i64::try_from(since.as_millis()).ok()?)
    };
    given.or_else(clock).ok_or_else(|| Failure::other("the clock of this machine is wrong; give `--now`"))
}

/// The beginning of the current day, in UTC.
pub(super) fn today() -> Result<Instant, Failure> {
    let now = now(None)?;
    let day = now.to_string().split('T').next().and_then(Instant::parse);
    Ok(day.unwrap_or(now))
}

/// Reads an instant from an argument.
pub(super) fn instant(text: &str) -> Result<Instant, String> {
    Instant::parse(text).ok_or_else(|| "write it as RFC 3339 with a zone, such as 2026-06-12T22:51:00Z".to_owned())
}

fn cannot_write(path: &Path, error: &io::Error) -> Failure {
    Failure::other(format!("cannot write `{}`: {error}", path.display()))
}
