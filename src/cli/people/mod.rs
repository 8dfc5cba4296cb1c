//! Files of people, read in batches of rows so that memory stays bounded: CSV, NDJSON, Parquet, by their ending.

mod csv;
mod findings;
mod lines;
mod parquet;

use crate::cli::exit::Failure;
use crate::cli::progress::{Progress, Size};
use brightline::{Columns, Program, TableError};
pub(super) use findings::{Count, Findings, Told};
pub(super) use lines::Lines;
use std::borrow::Cow;
use std::fs::{File, Metadata};
use std::io::{BufRead, BufReader};
use std::num::NonZero;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

/// Rows of one batch.
const BATCH: usize = 4096;
/// Bytes with which a batch ends before that, so that memory stays bounded however long rows are.
const BATCH_BYTES: usize = 4 << 20;

/// A cell with the place of its column.
pub(super) type Cell<'a> = (usize, Cow<'a, str>);

/// Where rows come from.
pub(super) trait Source: Send {
    /// The next rows; `None` at the end.
    fn next(&mut self) -> Result<Option<Box<dyn Batch>>, Failure>;

    /// How much was read, in the unit of the source's size.
    fn done(&self) -> u64;
}

/// Some rows.
pub(super) trait Batch: Send {
    /// Hands over each row, with its number, in order. What is wrong with one is handed over in its place; what is wrong
    /// with a name of a column comes with a row that is good.
    fn each(&self, columns: &Columns, visit: &mut Visit<'_>);
}

/// What takes rows: the number, the cells, the names that no column has.
pub(super) type Visit<'a> = dyn FnMut(u64, Result<&[Cell<'_>], TableError>, &[String]) + 'a;

/// A file of people, opened.
pub(super) struct People {
    pub(super) source: Box<dyn Source>,
    pub(super) size: Size,
    pub(super) columns: Columns,
    /// What is wrong with the header.
    pub(super) header: Vec<TableError>,
    /// The names that the header has; none where each row names its own.
    pub(super) named: Option<Vec<String>>,
}

impl People {
    /// Tells what is wrong with the table as a whole: with its header, and what the rules read and it does not say.
    /// `rows`: how many it has. `seen`: the columns that some row named.
    pub(super) fn tell(
        self,
        programs: &[&Program],
        asked: &[(String, String)],
        rows: u64,
        seen: impl Fn(usize) -> bool,
        findings: &mut Findings,
    ) {
        self.header.into_iter().for_each(|error| findings.of_table(error));
        if rows == 0 {
            findings.of_table(TableError::Empty);
        }
        let said = |name: &str| match &self.named {
            Some(named) => named.iter().any(|known| known == name),
            // Where there is no row, nothing follows from what none has.
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

/// What a worker does with a row. It fails where the work cannot go on.
type Take<'a, W> = dyn Fn(&mut W, u64, Result<&[Cell<'_>], TableError>, &[String]) -> Result<(), Failure> + Sync + 'a;

/// Hands the rows of a source to workers on every core, each with what it keeps to itself.
pub(super) fn share_out<W: Send>(
    source: &mut dyn Source,
    columns: &Columns,
    new: &(dyn Fn() -> W + Sync),
    row: &Take<'_, W>,
    progress: &Progress,
) -> Result<Vec<W>, Failure> {
    let workers = std::thread::available_parallelism().map_or(1, NonZero::get);
    let queue = Mutex::new(source);
    // Reading is one after the other; all the rest is not.
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
        let stopped = |_| Failure::other("a thread that counted stopped");
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
    // What some programs begin a file with.
    if begins.starts_with(BYTE_ORDER_MARK) {
        reader.consume(BYTE_ORDER_MARK.len());
    }
    let (columns, size) = (Columns::every(programs), Size::Bytes(length));
    Ok(People { source: Box::new(Lines::new(Box::new(reader))), size, columns, header: Vec::new(), named: None })
}

const BYTE_ORDER_MARK: &[u8] = "\u{feff}".as_bytes();

/// Tells the other encoding that programs write, by its mark or by the empty half of its first letter.
fn is_utf8(begins: &[u8]) -> Result<(), Failure> {
    match begins {
        [0xff, 0xfe, ..] | [0xfe, 0xff, ..] | [0, _, ..] | [_, 0, ..] => {
            Err(Failure::other("it is UTF-16: write it as UTF-8"))
        }
        _ => Ok(()),
    }
}

/// A file and, where it has one, its length.
fn file(path: &Path) -> Result<(File, Option<u64>), Failure> {
    let file = File::open(path).map_err(|error| Failure::other(format!("cannot read it: {error}")))?;
    let length = file.metadata().ok().filter(Metadata::is_file).map(|known| known.len());
    Ok((file, length))
}

/// Most bytes of what a report names and lists, so that a report is no larger than its number of groups.
const NAME: usize = 1024;

/// What a report names somebody or something by.
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
