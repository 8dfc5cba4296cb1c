//! Parquet: flat columns of truth values, numbers, texts, dates and instants, and lists of texts.

use super::{BATCH, Batch, Cell, People, Source, Visit};
use crate::cli::exit::Failure;
use crate::cli::progress::Size;
use brightline::{Columns, Program};
use parquet::file::reader::{FileReader, SerializedFileReader};
use parquet::record::reader::RowIter;
use parquet::record::{Field, Row};
use serde_json::Value;
use std::borrow::Cow;
use std::fs::File;

struct Parquet {
    rows: RowIter<'static>,
    next_row: u64,
}

struct Rows {
    first: u64,
    rows: Vec<Row>,
}

pub(super) fn open(file: File, programs: &[&Program]) -> Result<People, Failure> {
    let cannot = |error| Failure::other(format!("cannot read it as Parquet: {error}"));
    let reader = SerializedFileReader::new(file).map_err(cannot)?;
    let schema = reader.metadata().file_metadata().schema();
    let header: Vec<String> = schema.get_fields().iter().map(|field| field.name().to_owned()).collect();
    let rows = reader.metadata().file_metadata().num_rows();
    let size = Size::Parts(u64::try_from(rows).ok());
    let (columns, findings) = Columns::read(programs, header.iter().map(String::as_str));
    let rows = RowIter::from_file_into(Box::new(reader));
    let source = Box::new(Parquet { rows, next_row: 1 });
    Ok(People { source, size, columns, header: findings, named: Some(header) })
}

impl Source for Parquet {
    fn next(&mut self) -> Result<Option<Box<dyn Batch>>, Failure> {
        let (first, mut rows) = (self.next_row, Vec::new());
        for row in self.rows.by_ref().take(BATCH) {
            rows.push(row.map_err(|error| Failure::other(format!("cannot read it as Parquet: {error}")))?);
            self.next_row = self.next_row.saturating_add(1);
        }
        Ok(if rows.is_empty() { None } else { Some(Box::new(Rows { first, rows })) })
    }

    fn done(&self) -> u64 {
        self.next_row.saturating_sub(1)
    }
}

impl Batch for Rows {
    fn each(&self, _: &Columns, visit: &mut Visit<'_>) {
        let mut cells: Vec<Cell<'_>> = Vec::new();
        for (number, row) in (self.first..).zip(&self.rows) {
            cells.clear();
            cells.extend(row.get_column_iter().enumerate().map(|(place, (_, field))| (place, text(field))));
            visit(number, Ok(&cells), &[]);
        }
    }
}

/// A field as a cell: what JSON would write, instants as RFC 3339.
fn text(field: &Field) -> Cow<'_, str> {
    match field {
        Field::Null => "".into(),
        Field::Str(text) => text.as_str().into(),
        Field::Date(days) => instant(i64::from(*days).saturating_mul(86_400_000)),
        Field::TimestampMillis(millis) => instant(*millis),
        Field::TimestampMicros(micros) => instant(micros.div_euclid(1000)),
        other => match other.to_json_value() {
            Value::String(text) => text.into(),
            value => value.to_string().into(),
        },
    }
}

fn instant(millis: i64) -> Cow<'static, str> {
    brightline::Instant::from_millis(millis).map_or_else(|| millis.to_string(), |at| at.to_string()).into()
}
