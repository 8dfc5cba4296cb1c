//! Files, the standard streams and the clock: all input and output of the program.

use crate::cli::io::failure::{Exit, Failure};
use crate::cli::io::parts;
use brightline::Instant;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::SystemTime;

/// True once standard input was read to its end, since it can be read only once.
static READ: AtomicBool = AtomicBool::new(false);

/// Maximum bytes of a file that is read whole: twice the largest bundle.
const WHOLE: u64 = 64 << 20;

/// Reads a whole file; `-` is standard input.
pub(crate) fn read(path: &Path) -> Result<Vec<u8>, Failure> {
    let mut bytes = Vec::new();
    let mut take = |source: &mut dyn Read| source.take(WHOLE.saturating_add(1)).read_to_end(&mut bytes);
    let read = if path == Path::new("-") {
        if READ.swap(true, Ordering::Relaxed) {
            return Err(Failure::new(Exit::Usage, "standard input (`-`) is read once: name a file for the other"));
        }
        take(&mut io::stdin().lock())
    } else {
        fs::File::open(path).and_then(|mut file| take(&mut file))
    };
    let read = read.map_err(|error| Failure::other(format!("cannot read `{}`: {error}", path.display())))?;
    if u64::try_from(read).is_ok_and(|read| read <= WHOLE) {
        return Ok(bytes);
    }
    Err(Failure::other(format!(
        "`{}` is longer than {} MiB, the limit for a file of its kind",
        path.display(),
        WHOLE >> 20
    )))
}

/// Reads a whole file as text.
pub(crate) fn read_text(path: &Path) -> Result<String, Failure> {
    String::from_utf8(read(path)?).map_err(|error| {
        let valid = error.utf8_error().valid_up_to();
        Failure::other(format!("`{}` is not UTF-8: no character begins at byte {valid}", path.display()))
    })
}

/// Writes a file atomically, or, if there is no path or it is `-`, writes to standard output.
pub(crate) fn write(path: Option<&Path>, text: &str) -> Result<(), Failure> {
    match path {
        Some(path) if path != Path::new("-") => replace(path, text),
        _ => print(text),
    }
}

/// Writes a file atomically: to a temporary file in the same folder, which is then renamed. If the program stops early,
/// the old file is unchanged. If a signal stops it, the temporary file is removed too.
pub(crate) fn replace(path: &Path, text: &str) -> Result<(), Failure> {
    stage(path, text, false)?.put()
}

/// A written file that is yet to be moved to its target.
pub(crate) struct Staged<'a> {
    /// The temporary file. `None` if the target was written directly.
    beside: Option<PathBuf>,
    target: PathBuf,
    path: &'a Path,
}

/// Writes a temporary file in the target's folder, readable by its owner alone if it is secret.
pub(crate) fn stage<'a>(path: &'a Path, text: &str, secret: bool) -> Result<Staged<'a>, Failure> {
    // Replace the target of a link, not the link.
    let target = path.canonicalize().unwrap_or_else(|_| path.to_owned());
    let before = fs::metadata(&target).ok();
    if before.as_ref().is_some_and(|before| !before.is_file()) {
        // A device or a pipe has no contents to lose, and must not be replaced by a file.
        fs::write(&target, text).map_err(|error| cannot_write(path, &error))?;
        return Ok(Staged { beside: None, target, path });
    }
    let name = target.file_name().ok_or_else(|| Failure::other(format!("`{}` is not a file", path.display())))?;
    let beside = target.with_file_name(format!(".{}.{}.part", name.to_string_lossy(), std::process::id()));
    let _ = fs::remove_file(&beside);
    let staged = Staged { beside: Some(beside.clone()), target, path };
    let written =
        parts::begin(&beside, || create(&beside, secret)).and_then(|mut file| file.write_all(text.as_bytes()));
    written.map_err(|error| cannot_write(path, &error))?;
    if let Some(before) = before.filter(|_| !secret) {
        fs::set_permissions(&beside, before.permissions()).map_err(|error| cannot_write(path, &error))?;
    }
    Ok(staged)
}

impl Staged<'_> {
    /// Moves the temporary file to its target.
    pub(crate) fn put(mut self) -> Result<(), Failure> {
        let Some(beside) = self.beside.take() else { return Ok(()) };
        parts::end(&beside, || fs::rename(&beside, &self.target)).map_err(|error| {
            let _ = fs::remove_file(&beside);
            cannot_write(self.path, &error)
        })
    }
}

impl Drop for Staged<'_> {
    fn drop(&mut self) {
        if let Some(beside) = &self.beside {
            let _ = parts::end(beside, || fs::remove_file(beside));
        }
    }
}

/// Checks that the folder of an output file exists, before the work that produces its contents.
pub(crate) fn has_folder(path: &Path) -> Result<(), Failure> {
    match path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        Some(folder) if !folder.is_dir() => {
            Err(Failure::other(format!("cannot write `{}`: there is no folder `{}`", path.display(), folder.display())))
        }
        _ => Ok(()),
    }
}

/// Checks that the output file is none of the inputs.
pub(crate) fn is_no_input<'a>(out: Option<&Path>, inputs: impl IntoIterator<Item = &'a Path>) -> Result<(), Failure> {
    let Some((out, place)) = out.and_then(|out| Some((out, out.canonicalize().ok()?))) else { return Ok(()) };
    let same = |input: &&Path| place.is_file() && input.canonicalize().is_ok_and(|input| input == place);
    match inputs.into_iter().find(same) {
        Some(input) => {
            let (out, input) = (out.display(), input.display());
            Err(Failure::new(Exit::Usage, format!("`{out}` would overwrite the input `{input}`; name another file")))
        }
        None => Ok(()),
    }
}

/// Refuses `-` for commands that already print to standard output.
pub(crate) fn is_file(out: &Path) -> Result<(), Failure> {
    if out == Path::new("-") {
        return Err(Failure::new(Exit::Usage, "this command does not write to standard output; name a file"));
    }
    Ok(())
}

/// Creates a file that must not exist yet, readable by its owner alone if it is secret.
pub(crate) fn write_new(path: &Path, text: &str, secret: bool) -> Result<(), Failure> {
    let written = create(path, secret).and_then(|mut file| file.write_all(text.as_bytes()));
    written.map_err(|error| cannot_write(path, &error))
}

fn create(path: &Path, secret: bool) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    if secret {
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    }
    #[cfg(not(unix))]
    let _ = secret;
    options.open(path)
}

/// Creates a folder if it does not exist.
pub(crate) fn make_folder(path: &Path) -> Result<(), Failure> {
    fs::create_dir_all(path).map_err(|error| cannot_write(path, &error))
}

/// Writes text to standard output, unchanged.
pub(crate) fn print(text: &str) -> Result<(), Failure> {
    written(&mut io::stdout().lock(), text)
}

/// Shows text on standard output, coloured if it is a terminal that supports colours.
pub(crate) fn show(text: &str) -> Result<(), Failure> {
    written(&mut anstream::stdout().lock(), text)
}

fn written(out: &mut dyn Write, text: &str) -> Result<(), Failure> {
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        // The reader closed the pipe because it has read enough.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        Err(error) => Err(Failure::other(format!("cannot write to standard output: {error}"))),
        Ok(()) => Ok(()),
    }
}

/// Writes to standard error and ignores errors, which could not be reported anyway.
pub(crate) fn print_error(text: &str) {
    let _ = io::stderr().lock().write_all(text.as_bytes());
}

/// Shows text on standard error, coloured if it is a terminal that supports colours.
pub(crate) fn show_error(text: &str) {
    let _ = anstream::stderr().lock().write_all(text.as_bytes());
}

/// The given instant, or the current one.
pub(crate) fn now(given: Option<Instant>) -> Result<Instant, Failure> {
    let clock = || {
        let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).ok()?;
        Instant::from_millis(i64::try_from(since.as_millis()).ok()?)
    };
    given.or_else(clock).ok_or_else(|| Failure::other("the clock of this machine is wrong; give `--now`"))
}

/// The start of the current day, in UTC.
pub(crate) fn today() -> Result<Instant, Failure> {
    let now = now(None)?;
    let day = now.to_string().split('T').next().and_then(Instant::parse);
    Ok(day.unwrap_or(now))
}

/// Parses an instant from an argument.
pub(crate) fn instant(text: &str) -> Result<Instant, String> {
    Instant::parse(text).ok_or_else(|| "write it as RFC 3339 with a zone, such as 2026-06-12T22:51:00Z".to_owned())
}

fn cannot_write(path: &Path, error: &io::Error) -> Failure {
    Failure::other(format!("cannot write `{}`: {error}", path.display()))
}
