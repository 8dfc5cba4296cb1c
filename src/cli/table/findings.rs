//! Findings in a table: the first in detail, and counts of all by column and kind.

use crate::cli::io::output::Output;
use crate::cli::io::streams;
use crate::cli::io::terminal::{bad, many, open, visible};
use brightline::TableError;
use serde::Serialize;
use std::collections::BTreeMap;

/// Maximum number of findings in detail.
const DETAILED: usize = 20;
/// Maximum number of odd names that are counted separately.
const NAMES: usize = 1000;
/// Maximum number of characters kept of them.
const LETTERS: usize = 64;

/// The findings so far.
#[derive(Debug, Default)]
pub(crate) struct TableFindings {
    /// The first findings by row, preceded by those about the whole table.
    detailed: BTreeMap<(Option<u64>, TableError), ()>,
    counts: BTreeMap<(Option<String>, &'static str), u64>,
    /// Warnings on otherwise good rows: members that match no column, unknown country codes.
    odd: BTreeMap<(&'static str, String), Odd>,
    left_out: u64,
}

/// A warning, the first row that has it, and the number of rows that have it.
#[derive(Clone, Debug)]
struct Odd {
    error: TableError,
    row: u64,
    count: u64,
}

/// A finding, for programs.
#[derive(Debug, Serialize)]
pub(crate) struct TableFinding {
    /// The row. `None` if the finding is about the whole table.
    pub(crate) row: Option<u64>,
    pub(crate) column: Option<String>,
    pub(crate) code: &'static str,
    pub(crate) message: String,
}

/// The number of rows with a finding of one kind.
#[derive(Debug, Serialize)]
pub(crate) struct Count {
    pub(crate) column: Option<String>,
    pub(crate) code: &'static str,
    pub(crate) count: u64,
}

impl TableFindings {
    /// Adds a finding about the whole table.
    pub(crate) fn of_table(&mut self, error: TableError) {
        self.put(None, error);
    }

    /// Adds a finding about a row, which is then not counted.
    pub(crate) fn of_row(&mut self, row: u64, error: TableError) {
        self.left_out = self.left_out.saturating_add(error.rows());
        self.put(Some(row), error);
    }

    /// Adds a finding about a cell, whose row is then not counted. The message is made only for the few shown in
    /// detail.
    pub(crate) fn of_cell(&mut self, row: u64, column: &str, error: impl FnOnce() -> TableError) {
        let last = self.detailed.last_key_value().and_then(|((row, _), ())| *row);
        if self.detailed.len() < DETAILED || last.is_some_and(|last| row < last) {
            return self.of_row(row, error());
        }
        self.left_out = self.left_out.saturating_add(1);
        self.count(Some(column), "table.value");
    }

    /// Adds a warning about a name that no column has, in an otherwise good row.
    pub(crate) fn of_name(&mut self, row: u64, name: &str, error: impl FnOnce() -> TableError) {
        self.of_odd(row, "table.unknown_column", name, error);
    }

    /// Adds a warning about a row's country for grouping, which is not a known code.
    pub(crate) fn of_country(&mut self, row: u64, country: &str) {
        self.of_odd(row, "table.country", country, || TableError::country(country));
    }

    fn of_odd(&mut self, row: u64, code: &'static str, text: &str, error: impl FnOnce() -> TableError) {
        let key = (code, text.chars().take(LETTERS).collect());
        if let Some(known) = self.odd.get_mut(&key) {
            known.row = known.row.min(row);
            known.count = known.count.saturating_add(1);
        } else if self.odd.len() < NAMES {
            self.odd.insert(key, Odd { error: error(), row, count: 1 });
        } else {
            // Above the maximum, count rows without their names.
            self.count(None, code);
        }
    }

    fn put(&mut self, row: Option<u64>, error: TableError) {
        self.count(error.column(), error.code());
        self.detailed.insert((row, error), ());
        if self.detailed.len() > DETAILED {
            self.detailed.pop_last();
        }
    }

    fn count(&mut self, column: Option<&str>, code: &'static str) {
        let count = self.counts.entry((column.map(str::to_owned), code)).or_default();
        *count = count.saturating_add(1);
    }

    /// Adds the findings of another part of the table; the order of parts makes no difference.
    pub(crate) fn merge(&mut self, other: Self) {
        self.left_out = self.left_out.saturating_add(other.left_out);
        for (kind, more) in other.counts {
            let count = self.counts.entry(kind).or_default();
            *count = count.saturating_add(more);
        }
        self.detailed.extend(other.detailed);
        while self.detailed.len() > DETAILED {
            self.detailed.pop_last();
        }
        for (name, more) in other.odd {
            let known = self.odd.entry(name).or_insert(Odd { count: 0, ..more.clone() });
            known.row = known.row.min(more.row);
            known.count = known.count.saturating_add(more.count);
        }
    }

    /// The number of rows that are not counted.
    pub(crate) const fn left_out(&self) -> u64 {
        self.left_out
    }

    /// The first findings.
    pub(crate) fn detailed(&self) -> Vec<TableFinding> {
        let told = |row: Option<u64>, error: &TableError| TableFinding {
            row,
            column: error.column().map(str::to_owned),
            code: error.code(),
            message: error.to_string(),
        };
        let names = self.odd.values().map(|one| told(Some(one.row), &one.error));
        let mut all: Vec<TableFinding> =
            self.detailed.keys().map(|(row, error)| told(*row, error)).chain(names).collect();
        all.sort_by_key(|one| one.row);
        all.truncate(DETAILED);
        all
    }

    /// The counts of all findings.
    pub(crate) fn counts(&self) -> Vec<Count> {
        let mut all = self.counts.clone();
        for one in self.odd.values() {
            let count = all.entry((one.error.column().map(str::to_owned), one.error.code())).or_default();
            *count = count.saturating_add(one.count);
        }
        all.into_iter().map(|((column, code), count)| Count { column, code, count }).collect()
    }

    /// Shows the findings on standard error. Programs read them in the report.
    pub(crate) fn show(&self, file: &str, output: Output) {
        if output == Output::Text {
            streams::show_error(&self.to_text(file));
        }
    }

    fn to_text(&self, file: &str) -> String {
        let mut text = String::new();
        for TableFinding { row, code, message, .. } in self.detailed() {
            let place = row.map_or_else(String::new, |row| format!(" row {row}:"));
            let (place, message) = (visible(&format!("{file}:{place}")), visible(&message));
            text.push_str(&format!("{place} {} {message}\n", open(&format!("[{code}]"))));
        }
        let total: u64 = self.counts().iter().map(|one| one.count).sum();
        if total > u64::try_from(self.detailed().len()).unwrap_or(u64::MAX) {
            text.push_str("in all:\n");
            for Count { column, code, count } in self.counts() {
                let column = column.map_or_else(String::new, |column| format!(" in `{column}`"));
                text.push_str(&(visible(&format!("  {count} × {code}{column}")) + "\n"));
            }
        }
        if self.left_out > 0 {
            text.push_str(&(bad(&(many(self.left_out, "row is", "rows are") + " left out")) + "\n"));
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_told_is_put_into_words() {
        let (mut findings, mut words) = (TableFindings::default(), 0);
        for row in (0..1000).chain([7]) {
            findings.of_cell(row, "a", || {
                words += 1;
                let (column, value) = ("a".to_owned(), row.to_string());
                TableError::Value { column, value, expected: "b".to_owned(), nearest: None }
            });
        }
        assert_eq!((words, findings.left_out(), findings.detailed().len()), (21, 1001, 20));
        assert_eq!(findings.counts().iter().map(|one| one.count).sum::<u64>(), 1001);
    }
}
