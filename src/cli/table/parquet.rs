//! Parquet: flat columns of booleans, numbers, strings, dates and instants, and lists of strings and of records.

use super::BATCH;
use super::BATCH_BYTES;
use super::Batch;
use super::People;
use super::RowSource;
use super::TableCell;
use super::Visit;
use crate::cli::io::failure::Failure;
use crate::cli::io::output::{self, Output};
use crate::cli::io::progress::Size;
use brightline::{Columns, Instant, Program, TableError};
use parquet::basic::{Compression, LogicalType, TimeUnit};
use parquet::file::metadata::{ColumnChunkMetaData, ParquetMetaData};
use parquet::file::reader::{FileReader, SerializedFileReader};
use parquet::record::reader::RowIter;
use parquet::record::{Field, Row};
use serde_json::{Map, Value};
use std::borrow::Cow;
use std::fs::File;
use std::path::Path;

struct Parquet {
    rows: RowIter<'static>,
    next_row: u64,
    /// The number of rows that the file declares.
    all: u64,
    /// True for the columns whose numbers are nanoseconds.
    nanoseconds: Vec<bool>,
}

struct Rows {
    first: u64,
    rows: Vec<Row>,
    /// The error after which nothing can be read, and the number of rows that are lost.
    broken: Option<(String, u64)>,
    nanoseconds: Vec<bool>,
}

pub(super) fn open(file: File, programs: &[&Program]) -> Result<People, Failure> {
    let cannot = |error| Failure::other(format!("cannot read it as Parquet: {error}"));
    let reader = SerializedFileReader::new(file).map_err(cannot)?;
    can_unpack(reader.metadata())?;
    let schema = reader.metadata().file_metadata().schema();
    let header: Vec<String> = schema.get_fields().iter().map(|field| field.name().to_owned()).collect();
    let is_nanoseconds = |kind: Option<&LogicalType>| match kind {
        Some(LogicalType::Timestamp(kind)) => kind.unit == TimeUnit::NANOS,
        _ => false,
    };
    let kinds = schema.get_fields().iter().map(|field| field.get_basic_info().logical_type_ref());
    let nanoseconds = kinds.map(is_nanoseconds).collect();
    let groups = reader.metadata().row_groups().iter().map(|group| group.num_rows());
    let all = groups.fold(0_u64, |all, rows| all.saturating_add(u64::try_from(rows).unwrap_or_default()));
    let (columns, findings) = Columns::read(programs, header.iter().map(String::as_str));
    let rows = RowIter::from_file_into(Box::new(reader));
    let source = Box::new(Parquet { rows, next_row: 1, all, nanoseconds });
    Ok(People { source, size: Size::Parts(Some(all)), columns, header: findings, named: Some(header) })
}

/// The library panics on a few kinds of damage instead of returning an error. The panic cannot be recovered from, so
/// the hook only names the file.
pub(super) fn name_when_it_breaks(path: &Path) {
    let (file, usual) = (path.display().to_string(), std::panic::take_hook());
    std::panic::set_hook(Box::new(move |panic| {
        if !panic.location().is_some_and(|place| is_of_library(place.file())) {
            return usual(panic);
        }
        let failure = Failure::other("cannot read it as Parquet: it is damaged").of(&file);
        let output = Output::of(std::env::args_os().any(|argument| argument == "--json"));
        output::failure(&failure, output);
        std::process::exit(failure.exit.number().into());
    }));
}

fn is_of_library(source: &str) -> bool {
    source.split(['/', '\\']).any(|folder| folder.starts_with("parquet-"))
}

/// Rejects unsupported compression before the work begins, and names the supported kinds.
fn can_unpack(metadata: &ParquetMetaData) -> Result<(), Failure> {
    let mut columns = metadata.row_groups().iter().flat_map(|group| group.columns());
    // The library would panic on such a column.
    let starts = |column: &ColumnChunkMetaData| column.dictionary_page_offset().unwrap_or(column.data_page_offset());
    if columns.clone().any(|column| starts(column) < 0 || column.compressed_size() < 0) {
        return Err(Failure::other("cannot read it as Parquet: the description of its columns is damaged"));
    }
    let unknown = columns.find_map(|column| match column.compression() {
        Compression::LZO => Some((column, "LZO")),
        Compression::BROTLI(_) => Some((column, "Brotli")),
        _ => None,
    });
    let Some((column, name)) = unknown else { return Ok(()) };
    Err(Failure::other(format!(
        "its column `{}` is compressed with {name}, which is not read: write it with Zstandard, Snappy, gzip or LZ4, or \
         without compression",
        column.column_path().string()
    )))
}

impl RowSource for Parquet {
    fn next(&mut self) -> Result<Option<Box<dyn Batch>>, Failure> {
        let (first, mut rows, mut bytes, mut broken) = (self.next_row, Vec::new(), 0_usize, None);
        while rows.len() < BATCH && bytes < BATCH_BYTES && self.next_row <= self.all {
            match self.rows.next() {
                Some(Ok(row)) => {
                    bytes = bytes.saturating_add(row.get_column_iter().map(|(_, field)| size(field)).sum());
                    rows.push(row);
                    self.next_row = self.next_row.saturating_add(1);
                }
                // The columns are out of step from here on, so nothing after it can be read.
                other => {
                    let rest = self.all.saturating_add(1).saturating_sub(self.next_row);
                    let why =
                        other.and_then(Result::err).map_or_else(|| "the file ends".to_owned(), |why| why.to_string());
                    broken = Some((why, rest));
                    self.next_row = self.all.saturating_add(1);
                }
            }
        }
        if rows.is_empty() && broken.is_none() {
            return Ok(None);
        }
        Ok(Some(Box::new(Rows { first, rows, broken, nanoseconds: self.nanoseconds.clone() })))
    }

    fn done(&self) -> u64 {
        self.next_row.saturating_sub(1)
    }
}

impl Batch for Rows {
    fn each(&self, _: &Columns, visit: &mut Visit<'_>) {
        let mut cells: Vec<TableCell<'_>> = Vec::new();
        let mut number = self.first;
        for row in &self.rows {
            cells.clear();
            let fields = row.get_column_iter().zip(&self.nanoseconds).enumerate();
            cells.extend(fields.map(|(place, ((_, field), nanoseconds))| (place, text(field, *nanoseconds))));
            visit(number, Ok(&cells), &[]);
            number = number.saturating_add(1);
        }
        if let Some((problem, rows)) = &self.broken {
            visit(number, Err(TableError::Rest { problem: problem.clone(), rows: *rows }), &[]);
        }
    }
}

/// A field as a cell: its JSON form, with instants as RFC 3339.
fn text(field: &Field, nanoseconds: bool) -> Cow<'_, str> {
    match field {
        Field::Null => "".into(),
        Field::Str(text) => text.as_str().into(),
        Field::Long(nanos) if nanoseconds => instant(nanos.div_euclid(1_000_000)).into(),
        other => match json(other) {
            Value::String(text) => text.into(),
            // A number that JSON cannot express, which is not the same as no number.
            Value::Null => "NaN".into(),
            value => value.to_string().into(),
        },
    }
}

/// Avoids the library's own conversion, which panics at dates outside its calendar.
fn json(field: &Field) -> Value {
    match field {
        Field::Date(days) => instant(i64::from(*days).saturating_mul(86_400_000)).into(),
        Field::TimestampMillis(millis) => instant(*millis).into(),
        Field::TimestampMicros(micros) => instant(micros.div_euclid(1000)).into(),
        Field::Group(row) => {
            row.get_column_iter().map(|(name, field)| (name.clone(), json(field))).collect::<Map<_, _>>().into()
        }
        Field::ListInternal(list) => list.elements().iter().map(json).collect(),
        other => other.to_json_value(),
    }
}

fn instant(millis: i64) -> String {
    Instant::from_millis(millis).map_or_else(|| millis.to_string(), |at| at.to_string())
}

/// The approximate size in bytes.
fn size(field: &Field) -> usize {
    let own = match field {
        Field::Str(text) => text.len(),
        Field::Bytes(bytes) => bytes.len(),
        Field::ListInternal(list) => list.elements().iter().map(size).sum(),
        Field::Group(row) => row.get_column_iter().map(|(_, field)| size(field)).sum(),
        _ => 0,
    };
    own.saturating_add(size_of::<Field>())
}

#[cfg(test)]
mod tests {
    use super::is_of_library;

    #[test]
    fn only_what_the_library_does_is_its_damage() {
        assert!(is_of_library("/registry/src/index/parquet-60.1.0/src/util/bit_util.rs"));
        assert!(is_of_library("C:\\registry\\parquet-60.1.0\\src\\lib.rs"));
        assert!(!is_of_library("src/cli/people/parquet.rs"));
    }
}
