//! Errors in a table, each with its column.

use crate::author::language::suggest;
use crate::check::program::Program;
use std::fmt;

/// An error in a table's header or in a row.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum TableError {
    /// No ruleset knows this column.
    UnknownColumn {
        /// The name in the header.
        column: String,
        /// The name probably meant.
        nearest: Option<String>,
    },
    /// The column occurs twice.
    DuplicateColumn {
        /// The column.
        column: String,
    },
    /// The ruleset reads this column, and the table does not have it.
    MissingColumn {
        /// The column.
        column: String,
    },
    /// A `country`, by which a report groups, that is not a country's code. The row is counted nevertheless.
    Country {
        /// The cell, shortened.
        value: String,
        /// The code probably meant.
        nearest: Option<String>,
    },
    /// The table has no rows.
    Empty,
    /// A cell that is not of its column's type.
    Value {
        /// The column.
        column: String,
        /// The cell, shortened.
        value: String,
        /// The expected type.
        expected: String,
        /// The value probably meant.
        nearest: Option<String>,
    },
    /// The file is unreadable from this row on.
    Rest {
        /// The cause.
        problem: String,
        /// The number of rows lost.
        rows: u64,
    },
    /// A row that is not valid: damaged, or not in the file's format.
    Row {
        /// The problem.
        problem: String,
    },
}

impl TableError {
    /// An unknown column name, in a row that names its own columns.
    pub fn unknown(programs: &[&Program], name: &str) -> Self {
        let nearest = suggest::nearest(name, super::known(programs).iter().map(String::as_str)).map(str::to_owned);
        Self::UnknownColumn { column: name.chars().take(64).collect(), nearest }
    }

    /// A `country` that is not a country's code.
    pub fn country(value: &str) -> Self {
        let nearest = suggest::country(value).map(|country| country.code().to_owned());
        Self::Country { value: value.chars().take(64).collect(), nearest }
    }

    /// The number of rows that are not counted because of this error.
    pub const fn rows(&self) -> u64 {
        match self {
            Self::Rest { rows, .. } => *rows,
            Self::Value { .. } | Self::Row { .. } => 1,
            _ => 0,
        }
    }

    /// Stable code.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::UnknownColumn { .. } => "table.unknown_column",
            Self::DuplicateColumn { .. } => "table.duplicate_column",
            Self::MissingColumn { .. } => "table.missing_column",
            Self::Country { .. } => "table.country",
            Self::Empty => "table.empty",
            Self::Value { .. } => "table.value",
            Self::Rest { .. } => "table.rest",
            Self::Row { .. } => "table.row",
        }
    }

    /// The column that the error is about, if any.
    pub fn column(&self) -> Option<&str> {
        match self {
            Self::UnknownColumn { column, .. }
            | Self::DuplicateColumn { column }
            | Self::MissingColumn { column }
            | Self::Value { column, .. } => Some(column),
            Self::Country { .. } => Some("country"),
            Self::Empty | Self::Rest { .. } | Self::Row { .. } => None,
        }
    }
}

impl fmt::Display for TableError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let meant = |nearest: &Option<String>| {
            nearest.as_ref().map_or_else(String::new, |nearest| format!("; did you mean `{nearest}`?"))
        };
        match self {
            Self::UnknownColumn { column, nearest } => {
                write!(f, "no ruleset knows a column `{column}`, so it is not read{}", meant(nearest))
            }
            Self::DuplicateColumn { column } => write!(f, "the column `{column}` appears twice; the first is read"),
            Self::MissingColumn { column } => write!(
                f,
                "the ruleset reads `{column}`, and the table has no such column: every row counts as without \
                 evidence for it; add an empty column if this is intended"
            ),
            Self::Country { value, nearest } => write!(
                f,
                "`{value}` in the column `country` is not a country code (ISO 3166-1), so it is a separate group{}",
                meant(nearest)
            ),
            Self::Empty => f.write_str("the table has no row, so nothing is counted"),
            Self::Value { column, value, expected, nearest } => {
                write!(f, "`{value}` in the column `{column}` is not {expected}{}", meant(nearest))
            }
            Self::Rest { problem, rows: 1 } => {
                write!(f, "damaged: this row, the last, cannot be read: {problem}")
            }
            Self::Rest { problem, rows } => {
                write!(f, "damaged: this row and all rows after it, {rows} in total, cannot be read: {problem}")
            }
            Self::Row { problem } => f.write_str(problem),
        }
    }
}

impl std::error::Error for TableError {}
