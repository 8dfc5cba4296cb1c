//! CSV: RFC 4180, with a header, in UTF-8. The header is row 1, as in a spreadsheet.

use super::BATCH;
use super::BATCH_BYTES;
use super::BYTE_ORDER_MARK;
use super::Batch;
use super::People;
use super::RowSource;
use super::TableCell;
use super::Visit;
use super::is_utf8;
use super::torn;
use crate::cli::io::failure::Failure;
use crate::cli::io::progress::Size;
use brightline::{Columns, Program};
use csv::{ByteRecord, ReaderBuilder, Terminator};
use std::borrow::Cow;
use std::fmt::Display;
use std::fs::File;
use std::io::{BufRead, BufReader, Read};

/// Maximum bytes and lines of a row: a quote that is not closed by then was not meant as one, or the file is torn.
const ROW: usize = 1 << 20;
const LINES: usize = 100;

struct Csv {
    reader: BufReader<File>,
    /// The end of a line: `\n`, with an optional `\r` before it that is ignored; or a bare `\r`.
    end: u8,
    next_row: u64,
    /// Lines that were read ahead and are rows of their own.
    ahead: Vec<Vec<u8>>,
    read: u64,
}

/// Raw rows, concatenated in `text`. Per row its number and, if it was rejected and is not in `text`, the reason.
struct CsvBlock {
    end: u8,
    rows: Vec<(u64, Option<&'static str>)>,
    text: Vec<u8>,
}

pub(super) fn open(file: File, length: Option<u64>, programs: &[&Program]) -> Result<People, Failure> {
    let mut reader = BufReader::with_capacity(1 << 16, file);
    let begins = reader.fill_buf().map_err(|error| cannot_read(&error))?;
    is_utf8(begins)?;
    let end = line_end(begins);
    if begins.starts_with(BYTE_ORDER_MARK) {
        reader.consume(BYTE_ORDER_MARK.len());
    }
    let mut source = Csv { reader, end, next_row: 1, ahead: Vec::new(), read: 0 };
    let header = match source.row()? {
        Some((_, Ok(text))) => text,
        Some((_, Err(problem))) => return Err(Failure::other(format!("its header cannot be read: {problem}"))),
        None => return Err(Failure::other("it is empty: the first row of a CSV names its columns")),
    };
    let mut record = ByteRecord::new();
    records(&header, end).read_byte_record(&mut record).map_err(|error| cannot_read(&error))?;
    let mut names = Vec::new();
    for cell in &record {
        let name = std::str::from_utf8(cell).map_err(|_| Failure::other("its header is not UTF-8"))?;
        names.push(name.trim().to_owned());
    }
    if let [one] = names.as_slice()
        && let Some(between) =
            [(';', "semicolons"), ('\t', "tabs"), ('|', "bars")].iter().find(|(sign, _)| one.contains(*sign))
    {
        return Err(Failure::other(format!("it has {} between its columns: write it with commas", between.1)));
    }
    let (columns, findings) = Columns::read(programs, names.iter().map(String::as_str));
    let size = Size::Bytes(length);
    Ok(People { source: Box::new(source), size, columns, header: findings, named: Some(names) })
}

/// Detects the line end from the first line: some programs still write a bare `\r`, as early Macintoshes did.
fn line_end(begins: &[u8]) -> u8 {
    let mut quoted = false;
    let mut bytes = begins.iter().peekable();
    while let Some(byte) = bytes.next() {
        match byte {
            b'"' => quoted = !quoted,
            b'\n' if !quoted => return b'\n',
            b'\r' if !quoted => return if bytes.peek().is_none_or(|next| **next == b'\n') { b'\n' } else { b'\r' },
            _ => {}
        }
    }
    b'\n'
}

/// Rows of another length are reported by the caller, since the CSV reader would stop there.
fn records(text: &[u8], end: u8) -> csv::Reader<&[u8]> {
    ReaderBuilder::new().has_headers(false).flexible(true).terminator(Terminator::Any(end)).from_reader(text)
}

impl Csv {
    /// A line with its end. Empty at the end of the file.
    fn line(&mut self) -> Result<Vec<u8>, Failure> {
        if let Some(line) = self.ahead.pop() {
            return Ok(line);
        }
        let mut line = Vec::new();
        let most = u64::try_from(ROW).unwrap_or(u64::MAX);
        let read = self.reader.by_ref().take(most).read_until(self.end, &mut line);
        let read = read.map_err(|error| cannot_read(&error))?;
        self.read = self.read.saturating_add(u64::try_from(read).unwrap_or(u64::MAX));
        Ok(line)
    }

    /// The next row with its number, or the reason for its rejection. Quotes can extend a row over several lines.
    #[allow(clippy::type_complexity, reason = "the end, a failure, a rejected row, and a row")]
    fn row(&mut self) -> Result<Option<(u64, Result<Vec<u8>, &'static str>)>, Failure> {
        let mut row = self.line()?;
        // An empty line is not a row, but is counted, as in a spreadsheet.
        while is_empty(&row) && !row.is_empty() {
            self.next_row = self.next_row.saturating_add(1);
            row = self.line()?;
        }
        if row.is_empty() {
            return Ok(None);
        }
        let number = self.next_row;
        self.next_row = self.next_row.saturating_add(1);
        Ok(Some((number, self.whole(row)?)))
    }

    /// Completes a row from its first line.
    fn whole(&mut self, mut row: Vec<u8>) -> Result<Result<Vec<u8>, &'static str>, Failure> {
        let mut ends = vec![row.len()];
        let mut quoted = quoted_after(&row, false);
        while quoted == Some(true) && ends.len() < LINES && row.len() < ROW {
            let line = self.line()?;
            if line.is_empty() {
                break;
            }
            quoted = quoted_after(&line, true);
            row.extend_from_slice(&line);
            ends.push(row.len());
        }
        if quoted == Some(false) && row.len() < ROW {
            return Ok(Ok(row));
        }
        if quoted == Some(false) {
            // The rest of the line that ends it is rejected too.
            while row.last() != Some(&self.end) {
                row = self.line()?;
                if row.is_empty() {
                    break;
                }
            }
            return Ok(Err("longer than a mebibyte"));
        }
        // Reject the first line only: the others are read again as rows.
        for (place, end) in ends.iter().enumerate().rev() {
            let start = place.checked_sub(1).and_then(|before| ends.get(before)).copied();
            if let Some(line) = start.and_then(|start| row.get(start..*end)) {
                self.ahead.push(line.to_vec());
            }
        }
        Ok(Err("torn: it opens a quote that is not closed"))
    }
}

/// True for a line that is empty apart from its end.
fn is_empty(line: &[u8]) -> bool {
    line.iter().all(|byte| matches!(byte, b'\r' | b'\n'))
}

/// True if a quoted cell continues after the line. `None` if a quote closes in the middle of a cell, which is not
/// valid. A quote opens only at the start of a cell, and two quotes stand for one.
fn quoted_after(line: &[u8], mut quoted: bool) -> Option<bool> {
    if !quoted && !line.contains(&b'"') {
        return Some(false);
    }
    let mut begins = true;
    let mut bytes = line.iter().peekable();
    while let Some(byte) = bytes.next() {
        match (quoted, byte) {
            (true, b'"') if bytes.peek() == Some(&&b'"') => {
                bytes.next();
            }
            (true, b'"') => match bytes.peek() {
                None | Some(b',' | b'\r' | b'\n') => quoted = false,
                Some(_) => return None,
            },
            (false, b'"') if begins => quoted = true,
            _ => {}
        }
        begins = !quoted && *byte == b',';
    }
    Some(quoted)
}

impl RowSource for Csv {
    fn next(&mut self) -> Result<Option<Box<dyn Batch>>, Failure> {
        let mut block = CsvBlock { end: self.end, rows: Vec::new(), text: Vec::new() };
        while block.rows.len() < BATCH && block.text.len() < BATCH_BYTES {
            let Some((number, row)) = self.row()? else { break };
            block.rows.push((number, row.as_ref().err().copied()));
            block.text.extend_from_slice(&row.unwrap_or_default());
        }
        Ok(if block.rows.is_empty() { None } else { Some(Box::new(block)) })
    }

    fn done(&self) -> u64 {
        self.read
    }
}

impl Batch for CsvBlock {
    fn each(&self, columns: &Columns, visit: &mut Visit<'_>) {
        let mut record = ByteRecord::new();
        let mut reader = records(&self.text, self.end);
        for (number, problem) in &self.rows {
            match problem {
                Some(problem) => visit(*number, Err(torn(*problem)), &[]),
                // Reading from memory cannot fail.
                None => {
                    if reader.read_byte_record(&mut record).unwrap_or(false) {
                        visit_record(*number, &record, columns, visit);
                    }
                }
            }
        }
    }
}

fn visit_record(row: u64, record: &ByteRecord, columns: &Columns, visit: &mut Visit<'_>) {
    let wanted = columns.names().len();
    if record.len() != wanted {
        let problem = format!("{} cells, and the header has {wanted}: torn, or a quote is missing", record.len());
        return visit(row, Err(torn(problem)), &[]);
    }
    let mut cells: Vec<TableCell<'_>> = Vec::with_capacity(wanted);
    // People write spaces around cells, so trim them; typed columns of other formats keep theirs.
    let texts = record.iter().map(|cell| std::str::from_utf8(cell).map(|text| Cow::Borrowed(text.trim())));
    let read = texts.enumerate().try_for_each(|(place, text)| text.map(|text| cells.push((place, text))));
    visit(row, read.map(|()| cells.as_slice()).map_err(|_| torn("not UTF-8")), &[]);
}

fn cannot_read(error: &impl Display) -> Failure {
    Failure::other(format!("cannot read it: {error}"))
}

#[cfg(test)]
mod tests {
    use super::quoted_after;

    #[test]
    fn a_quote_opens_only_where_a_cell_begins() {
        for (line, quoted, after) in [
            ("a,b\n", false, Some(false)),
            ("a,\"b\n", false, Some(true)),
            ("a,\"b\"\n", false, Some(false)),
            ("a,5\" pipe\n", false, Some(false)),
            ("a,5\" pipe\n", true, None),
            ("a,\"b\" c\n", false, None),
            ("a,\"say \"\"no\"\"\n", false, Some(true)),
            ("a,\"say \"\"no\"\"\",c\n", false, Some(false)),
            ("the rest\",c\r\n", true, Some(false)),
            ("the rest,c\n", true, Some(true)),
            ("\",\"\n", true, Some(true)),
        ] {
            assert_eq!(quoted_after(line.as_bytes(), quoted), after, "{line}");
        }
    }
}
