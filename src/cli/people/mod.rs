//! Files of people, read in batches of rows so that memory stays bounded: CSV, NDJSON, Parquet, by their ending.

mod csv;
mod findings;
mod lines;
mod parquet;

use crate::cli::exit::Failure;
use brightline::{Columns, Program, TableError};
pub(super) use findings::{Count, Findings, Told};
pub(super) use lines::Lines;
use std::borrow::Cow;
use std::path::Path;

/// Rows of one batch.
const BATCH: usize = 4096;

/// A cell with the place of its column.
pub(super) type Cell<'a> = (usize, Cow<'a, str>);

/// Where rows come from.
pub(super) trait Source: Send {
    /// The next rows; `None` at the end.
    fn next(&mut self) -> Result<Option<Box<dyn Batch>>, Failure>;
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
    pub(super) columns: Columns,
    /// What is wrong with the header.
    pub(super) header: Vec<TableError>,
    /// The names that the header has; none where each row names its own.
    pub(super) named: Option<Vec<String>>,
}

/// Opens a file of people; `-` is standard input, as NDJSON.
pub(super) fn open(path: &Path, programs: &[&Program]) -> Result<People, Failure> {
    let ending = path.extension().and_then(|ending| ending.to_str()).map(str::to_ascii_lowercase);
    match ending.as_deref() {
        _ if path == Path::new("-") => Ok(lines(Box::new(std::io::BufReader::new(std::io::stdin())), programs)),
        Some("ndjson" | "jsonl") => Ok(lines(Box::new(std::io::BufReader::new(file(path)?)), programs)),
        Some("csv") => csv::open(file(path)?, programs),
        Some("parquet") => parquet::open(file(path)?, programs),
        _ => {
            let message = format!("`{}`: a file of people ends in .csv, .ndjson, .jsonl or .parquet", path.display());
            Err(Failure::other(message))
        }
    }
    .map_err(|failure| failure.of(path.display()))
}

fn lines(reader: lines::Reader, programs: &[&Program]) -> People {
    let columns = Columns::every(programs);
    People { source: Box::new(Lines::new(reader)), columns, header: Vec::new(), named: None }
}

fn file(path: &Path) -> Result<std::fs::File, Failure> {
    std::fs::File::open(path).map_err(|error| Failure::other(format!("cannot read it: {error}")))
}

fn torn(problem: impl Into<String>) -> TableError {
    TableError::Row { problem: problem.into() }
}
