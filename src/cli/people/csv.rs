//! CSV: RFC 4180, with a header, in UTF-8. The header is row 1, as in a spreadsheet.

use super::{BATCH, Batch, Cell, People, Source, Visit, torn};
use crate::cli::exit::Failure;
use brightline::{Columns, Program};
use csv::ByteRecord;
use std::borrow::Cow;
use std::fs::File;

struct Csv {
    reader: csv::Reader<File>,
    next_row: u64,
}

struct Records {
    first: u64,
    rows: Vec<ByteRecord>,
}

pub(super) fn open(file: File, programs: &[&Program]) -> Result<People, Failure> {
    // Rows of another length are told as such, not by the reader, which would end there.
    let mut reader = csv::ReaderBuilder::new().flexible(true).buffer_capacity(1 << 16).from_reader(file);
    let header = reader.headers().map_err(|error| cannot_read(&error))?;
    // A byte order mark is what some programs begin a file with.
    let header: Vec<String> = header.iter().map(|name| name.trim_start_matches('\u{feff}').to_owned()).collect();
    let (columns, findings) = Columns::read(programs, header.iter().map(String::as_str));
    let source = Box::new(Csv { reader, next_row: 2 });
    Ok(People { source, columns, header: findings, named: Some(header) })
}

impl Source for Csv {
    fn next(&mut self) -> Result<Option<Box<dyn Batch>>, Failure> {
        let (first, mut rows) = (self.next_row, Vec::new());
        while rows.len() < BATCH {
            let mut record = ByteRecord::new();
            if !self.reader.read_byte_record(&mut record).map_err(|error| cannot_read(&error))? {
                break;
            }
            rows.push(record);
            self.next_row = self.next_row.saturating_add(1);
        }
        Ok(if rows.is_empty() { None } else { Some(Box::new(Records { first, rows })) })
    }
}

impl Batch for Records {
    fn each(&self, columns: &Columns, visit: &mut Visit<'_>) {
        let wanted = columns.names().len();
        let mut cells: Vec<Cell<'_>> = Vec::new();
        for (number, record) in (self.first..).zip(&self.rows) {
            if record.len() != wanted {
                let problem =
                    format!("{} cells, and the header has {wanted}: torn, or a quote is missing", record.len());
                visit(number, Err(torn(problem)), &[]);
                continue;
            }
            cells.clear();
            let texts = record.iter().map(|cell| std::str::from_utf8(cell).map(Cow::Borrowed));
            let read = texts.enumerate().try_for_each(|(place, text)| text.map(|text| cells.push((place, text))));
            visit(number, read.map(|()| cells.as_slice()).map_err(|_| torn("not UTF-8")), &[]);
        }
    }
}

fn cannot_read(error: &csv::Error) -> Failure {
    Failure::other(format!("cannot read it: {error}"))
}
