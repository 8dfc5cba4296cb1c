//! What can be wrong with a table, each with the column that it is about.

use crate::country::Country;
use crate::program::Program;
use crate::ruleset::suggest;
use std::fmt;

/// Something wrong with a table's header or a row.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum TableError {
    /// No ruleset knows such a column.
    UnknownColumn {
        /// What was written.
        column: String,
        /// What was probably meant.
        nearest: Option<String>,
    },
    /// A column that is there twice.
    DuplicateColumn {
        /// Which.
        column: String,
    },
    /// The ruleset reads it, and the table does not say it.
    MissingColumn {
        /// Which.
        column: String,
    },
    /// A `country`, by which a report groups, that is no country's code. The row counts all the same.
    Country {
        /// What was written, shortened.
        value: String,
        /// What was probably meant.
        nearest: Option<String>,
    },
    /// There is not one row.
    Empty,
    /// A cell that is not of the column's type.
    Value {
        /// Its column.
        column: String,
        /// The cell, shortened.
        value: String,
        /// What it must be.
        expected: String,
        /// What was probably meant.
        nearest: Option<String>,
    },
    /// Nothing can be read from a row on.
    Rest {
        /// Why.
        problem: String,
        /// How many rows that costs.
        rows: u64,
    },
    /// A row that is none: torn, or not of the file's form.
    Row {
        /// What is wrong with it.
        problem: String,
    },
}

impl TableError {
    /// A name that no column has, in a row that names its own.
    pub fn unknown(programs: &[&Program], name: &str) -> Self {
        let nearest = suggest::nearest(name, super::known(programs).iter().map(String::as_str)).map(str::to_owned);
        Self::UnknownColumn { column: name.chars().take(64).collect(), nearest }
    }

    /// A `country` that is no country's code.
    pub fn country(value: &str) -> Self {
        let nearest = Country::meant(value).map(|country| country.code().to_owned());
        Self::Country { value: value.chars().take(64).collect(), nearest }
    }

    /// How many rows count for nothing by it.
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

    /// The column that it is about, if it is about one.
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
            Self::DuplicateColumn { column } => write!(f, "the column `{column}` is there twice; the first is read"),
            Self::MissingColumn { column } => write!(
                f,
                "the ruleset reads `{column}`, and the table has no such column: everybody counts as without evidence \
                 for it; an empty column says so on purpose"
            ),
            Self::Country { value, nearest } => write!(
                f,
                "`{value}` in the column `country` is no country's code (ISO 3166-1), so it is a group of its own{}",
                meant(nearest)
            ),
            Self::Empty => f.write_str("the table has no row, so nothing is counted"),
            Self::Value { column, value, expected, nearest } => {
                write!(f, "`{value}` in the column `{column}` is not {expected}{}", meant(nearest))
            }
            Self::Rest { problem, rows: 1 } => {
                write!(f, "damaged: nothing can be read of this row, the last: {problem}")
            }
            Self::Rest { problem, rows } => {
                write!(f, "damaged: nothing can be read of this row and those behind it, {rows} in all: {problem}")
            }
            Self::Row { problem } => f.write_str(problem),
        }
    }
}

impl std::error::Error for TableError {}
