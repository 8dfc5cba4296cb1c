//! NDJSON: one JSON object per line, whose members are columns. Empty lines are skipped.

use super::BATCH;
use super::BATCH_BYTES;
use super::Batch;
use super::RowSource;
use super::TableCell;
use super::Visit;
use super::torn;
use crate::cli::io::failure::Failure;
use brightline::Columns;
use serde::de::{Deserializer, Error, MapAccess, Visitor};
use serde_json::Value;
use std::borrow::Cow;
use std::collections::{HashMap, HashSet};
use std::fmt;
use std::io::{BufRead, Read};

/// Maximum bytes of a line: a longer one is rejected and not kept.
const LINE: u64 = 1 << 20;

pub(super) type Reader = Box<dyn BufRead + Send>;

/// Lines of a stream.
pub(crate) struct LineStream {
    reader: Reader,
    next_row: u64,
    read: u64,
}

/// A batch of lines.
struct LineBlock {
    first: u64,
    rows: Vec<Vec<u8>>,
}

impl LineStream {
    pub(crate) fn new(reader: Reader) -> Self {
        Self { reader, next_row: 1, read: 0 }
    }

    /// A line without its end. `None` at the end of the file. A line that is too long is cut to the maximum, which
    /// rejects it.
    fn line(&mut self) -> Result<Option<Vec<u8>>, Failure> {
        let mut line = Vec::new();
        let cannot = |error| Failure::other(format!("cannot read it: {error}"));
        let read = self.reader.by_ref().take(LINE).read_until(b'\n', &mut line).map_err(cannot)?;
        if read == 0 {
            return Ok(None);
        }
        self.count(read);
        if line.last() == Some(&b'\n') {
            line.pop();
        } else if line.len() >= usize::try_from(LINE).unwrap_or(usize::MAX) {
            // Skip the rest of the line in pieces.
            loop {
                let mut rest = Vec::new();
                let read = self.reader.by_ref().take(LINE).read_until(b'\n', &mut rest).map_err(cannot)?;
                self.count(read);
                if read == 0 || rest.last() == Some(&b'\n') {
                    break;
                }
            }
        }
        Ok(Some(line))
    }

    fn count(&mut self, bytes: usize) {
        self.read = self.read.saturating_add(u64::try_from(bytes).unwrap_or(u64::MAX));
    }
}

impl RowSource for LineStream {
    fn next(&mut self) -> Result<Option<Box<dyn Batch>>, Failure> {
        let (first, mut rows, mut bytes) = (self.next_row, Vec::new(), 0_usize);
        while rows.len() < BATCH && bytes < BATCH_BYTES {
            let Some(line) = self.line()? else { break };
            bytes = bytes.saturating_add(line.len());
            rows.push(line);
            self.next_row = self.next_row.saturating_add(1);
        }
        Ok(if rows.is_empty() { None } else { Some(Box::new(LineBlock { first, rows })) })
    }

    fn done(&self) -> u64 {
        self.read
    }
}

impl Batch for LineBlock {
    fn each(&self, columns: &Columns, visit: &mut Visit<'_>) {
        let places: HashMap<&str, usize> =
            columns.names().iter().enumerate().map(|(place, name)| (name.as_str(), place)).collect();
        for (number, line) in (self.first..).zip(&self.rows) {
            if line.iter().all(u8::is_ascii_whitespace) {
                continue;
            }
            let read = if u64::try_from(line.len()).is_ok_and(|length| length < LINE) {
                object(line).map_err(|error| torn(format!("not one JSON object: {error}")))
            } else {
                Err(torn("longer than a mebibyte"))
            };
            let (mut cells, mut unknown): (Vec<TableCell<'_>>, Vec<String>) = (Vec::new(), Vec::new());
            let read = read.map(|members| {
                for (name, value) in members {
                    match places.get(name.as_str()) {
                        Some(place) => cells.push((*place, text(value))),
                        None => unknown.push(name),
                    }
                }
                cells.as_slice()
            });
            visit(number, read, &unknown);
        }
    }
}

/// A member's value as a cell.
fn text(value: Value) -> Cow<'static, str> {
    match value {
        Value::Null => "".into(),
        Value::String(text) => text.into(),
        other => other.to_string().into(),
    }
}

/// A line's members in order. Two members with the same name are an error.
fn object(line: &[u8]) -> Result<Vec<(String, Value)>, serde_json::Error> {
    struct JsonMembers;
    impl<'de> Visitor<'de> for JsonMembers {
        type Value = Vec<(String, Value)>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("an object")
        }

        fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
            let (mut members, mut names): (Self::Value, HashSet<String>) = Default::default();
            while let Some((name, value)) = map.next_entry::<String, Value>()? {
                if !names.insert(name.clone()) {
                    let short: String = name.chars().take(64).collect();
                    return Err(A::Error::custom(format_args!("`{short}` twice")));
                }
                members.push((name, value));
            }
            Ok(members)
        }
    }
    let mut reader = serde_json::Deserializer::from_slice(line);
    let members = reader.deserialize_map(JsonMembers)?;
    reader.end()?;
    Ok(members)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_batch_ends_by_bytes_too() {
        let line = ["x".repeat(1_000_000), "\n".to_owned()].concat();
        let mut lines = LineStream::new(Box::new(std::io::Cursor::new(line.repeat(20))));
        let mut batches = 0;
        while lines.next().unwrap().is_some() {
            batches += 1;
        }
        assert_eq!(batches, 4, "of five lines each");
    }
}
