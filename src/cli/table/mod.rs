//! Files of people, read in batches of rows so that memory stays bounded: CSV, NDJSON or Parquet, by their extension.

mod csv;
mod findings;
mod lines;
mod parquet;

use crate::cli::io::failure::Failure;
use crate::cli::io::progress::{Progress, Size};
use brightline::{Columns, Program, TableError};
pub(super) use findings::{Count, TableFinding, TableFindings};
pub(super) use lines::LineStream;
use std::borrow::Cow;
use std::fs::{File, Metadata};
use std::io::{BufRead, BufReader};
use std::num::NonZero;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

/// Maximum rows of a batch.
const BATCH: usize = 4096;
/// Bytes at which a batch ends earlier, so that memory stays bounded even if rows are long.
const BATCH_BYTES: usize = 4 << 20;

/// A cell with the index of its column.
pub(super) type TableCell<'a> = (usize, Cow<'a, str>);

/// A source of rows.
pub(super) trait RowSource: Send {
    /// The next rows; `None` at the end.
    fn next(&mut self) -> Result<Option<Box<dyn Batch>>, Failure>;

    /// The amount that was read, in the unit of the source's size.
    fn done(&self) -> u64;
}

/// A batch of rows.
pub(super) trait Batch: Send {
    /// Passes each row with its number to `visit`, in order. A bad row is replaced by its error; names without a column
    /// accompany a good row.
    fn each(&self, columns: &Columns, visit: &mut Visit<'_>);
}

/// A consumer of rows: the number, the cells or the error, and the names that no column has.
pub(super) type Visit<'a> = dyn FnMut(u64, Result<&[TableCell<'_>], TableError>, &[String]) + 'a;

/// An opened file of people.
pub(super) struct People {
    pub(super) source: Box<dyn RowSource>,
    pub(super) size: Size,
    pub(super) columns: Columns,
    /// Findings about the header.
    pub(super) header: Vec<TableError>,
    /// The names in the header. `None` if each row names its own columns.
    pub(super) named: Option<Vec<String>>,
}

impl People {
    /// Reports findings about the whole table: about its header, and attributes that the rules read and it lacks.
    /// `rows` is the number of rows, `seen` is true for the columns that some row named.
    pub(super) fn tell(
        self,
        programs: &[&Program],
        asked: &[(String, String)],
        rows: u64,
        seen: impl Fn(usize) -> bool,
        findings: &mut TableFindings,
    ) {
        self.header.into_iter().for_each(|error| findings.of_table(error));
        if rows == 0 {
            findings.of_table(TableError::Empty);
        }
        let said = |name: &str| match &self.named {
            Some(named) => named.iter().any(|known| known == name),
            // An empty NDJSON file names no columns, so report none as missing.
            None if rows == 0 => true,
            None => self.columns.place(name).is_some_and(&seen),
        };
        Columns::missing(programs, asked, said).into_iter().for_each(|error| findings.of_table(error));
    }
}

/// Opens a file of people; `-` is standard input, as NDJSON.
pub(super) fn open(path: &Path, programs: &[&Program]) -> Result<People, Failure> {
    open_by_ending(path, programs).map_err(|failure| failure.of(path.display()))
}

fn open_by_ending(path: &Path, programs: &[&Program]) -> Result<People, Failure> {
    let ending = path.extension().and_then(|ending| ending.to_str()).map(str::to_ascii_lowercase);
    match ending.as_deref() {
        _ if path == Path::new("-") => lines(BufReader::new(std::io::stdin()), None, programs),
        Some("ndjson" | "jsonl") => {
            let (file, length) = file(path)?;
            lines(BufReader::new(file), length, programs)
        }
        Some("csv") => {
            let (file, length) = file(path)?;
            csv::open(file, length, programs)
        }
        Some("parquet") => {
            parquet::name_when_it_breaks(path);
            parquet::open(file(path)?.0, programs)
        }
        _ => Err(Failure::other("a file of people ends in .csv, .ndjson, .jsonl or .parquet")),
    }
}

/// A worker's function for a row. It fails if the work cannot go on.
type Take<'a, W> =
    dyn Fn(&mut W, u64, Result<&[TableCell<'_>], TableError>, &[String]) -> Result<(), Failure> + Sync + 'a;

/// Distributes the rows of a source to workers on every core, each with its own state.
pub(super) fn share_out<W: Send>(
    source: &mut dyn RowSource,
    columns: &Columns,
    new: &(dyn Fn() -> W + Sync),
    row: &Take<'_, W>,
    progress: &Progress,
) -> Result<Vec<W>, Failure> {
    let workers = std::thread::available_parallelism().map_or(1, NonZero::get);
    let queue = Mutex::new(source);
    // Reading is serial; everything else is parallel.
    let next = || -> Result<Option<Box<dyn Batch>>, Failure> {
        let mut queue = queue.lock().unwrap_or_else(PoisonError::into_inner);
        let batch = queue.next();
        progress.at(queue.done());
        batch
    };
    let work = || -> Result<W, Failure> {
        let mut worker = new();
        while let Some(batch) = next()? {
            let mut taken = Ok(());
            batch.each(columns, &mut |number, cells, unknown| {
                if taken.is_ok() {
                    taken = row(&mut worker, number, cells, unknown);
                }
            });
            taken?;
        }
        Ok(worker)
    };
    std::thread::scope(|scope| {
        let running: Vec<_> = (0..workers).map(|_| scope.spawn(work)).collect();
        let stopped = |_| Failure::other("a counting thread stopped");
        running.into_iter().map(|one| one.join().map_err(stopped)?).collect()
    })
}

fn lines(
    mut reader: impl BufRead + Send + 'static,
    length: Option<u64>,
    programs: &[&Program],
) -> Result<People, Failure> {
    let begins = reader.fill_buf().map_err(|error| Failure::other(format!("cannot read it: {error}")))?;
    is_utf8(begins)?;
    if begins.trim_ascii_start().starts_with(b"[") {
        return Err(Failure::other(
            "it is a JSON list: write one object a line, without brackets and commas around them",
        ));
    }
    // Some programs start a file with a byte order mark.
    if begins.starts_with(BYTE_ORDER_MARK) {
        reader.consume(BYTE_ORDER_MARK.len());
    }
    let (columns, size) = (Columns::every(programs), Size::Bytes(length));
    Ok(People { source: Box::new(LineStream::new(Box::new(reader))), size, columns, header: Vec::new(), named: None })
}

const BYTE_ORDER_MARK: &[u8] = "\u{feff}".as_bytes();

/// Rejects UTF-16, detected by its mark or by the zero byte of its first character.
fn is_utf8(begins: &[u8]) -> Result<(), Failure> {
    match begins {
        [0xff, 0xfe, ..] | [0xfe, 0xff, ..] | [0, _, ..] | [_, 0, ..] => {
            Err(Failure::other("it is UTF-16: write it as UTF-8"))
        }
        _ => Ok(()),
    }
}

/// A file, and its length if it is a regular file.
fn file(path: &Path) -> Result<(File, Option<u64>), Failure> {
    let file = File::open(path).map_err(|error| Failure::other(format!("cannot read it: {error}")))?;
    let length = file.metadata().ok().filter(Metadata::is_file).map(|known| known.len());
    Ok((file, length))
}

/// Maximum bytes of a name that a report lists, so that the report's size depends only on its number of groups.
const NAME: usize = 1024;

/// Checks the length of a name for a report.
pub(super) fn name<'a>(column: &str, text: &'a str) -> Result<&'a str, TableError> {
    if text.len() <= NAME {
        return Ok(text);
    }
    Err(TableError::Value {
        column: column.to_owned(),
        value: text.chars().take(60).collect(),
        expected: format!("of at most {NAME} bytes"),
        nearest: None,
    })
}

fn torn(problem: impl Into<String>) -> TableError {
    TableError::Row { problem: problem.into() }
}
