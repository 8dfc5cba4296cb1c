//! The syntax of each warehouse's SQL.

use crate::base::time::{Instant, Span};
use crate::ruleset::attribute::Type;

/// The SQL dialect of a warehouse.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Dialect {
    /// DuckDB 1.3 or later.
    DuckDb,
    /// Apache Spark 3.4 or later, and Databricks.
    Spark,
}

impl Dialect {
    /// Its name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::DuckDb => "DuckDB",
            Self::Spark => "Spark",
        }
    }

    fn pick<T>(self, duckdb: T, spark: T) -> T {
        match self {
            Self::DuckDb => duckdb,
            Self::Spark => spark,
        }
    }

    /// Quotes a column's name, which contains dots.
    pub(super) fn name(self, name: &str) -> String {
        match self {
            Self::DuckDb => format!("\"{}\"", name.replace('"', "\"\"")),
            Self::Spark => format!("`{}`", name.replace('`', "``")),
        }
    }

    pub(super) fn field(self, record: &str, name: &str) -> String {
        format!("{record}.{}", self.name(name))
    }

    pub(super) fn text(self, text: &str) -> String {
        match self {
            Self::DuckDb => format!("'{}'", text.replace('\'', "''")),
            Self::Spark => format!("'{}'", text.replace('\\', "\\\\").replace('\'', "\\'")),
        }
    }

    /// Texts separated by commas, for `IN`. Without texts, one that equals no value.
    pub(super) fn texts<'a>(self, texts: impl Iterator<Item = &'a str>) -> String {
        let all: Vec<String> = texts.map(|text| self.text(text)).collect();
        if all.is_empty() { self.text("") } else { all.join(", ") }
    }

    pub(super) fn instant(self, at: Instant) -> String {
        format!("{} '{at}'", self.pick("TIMESTAMPTZ", "TIMESTAMP"))
    }

    /// The condition that an instant is later than another one, both in whole milliseconds, as in the engine.
    pub(super) fn is_after(self, value: &str, at: Instant) -> String {
        format!("{value} >= {}", self.instant(at.saturating_add(Span::from_millis(1))))
    }

    /// An instant truncated to milliseconds.
    pub(super) fn in_millis(self, value: &str) -> String {
        format!("date_trunc('{}', {value})", self.pick("milliseconds", "MILLISECOND"))
    }

    pub(super) fn number(self, number: f64) -> String {
        format!("CAST('{number:?}' AS DOUBLE)")
    }

    /// As text, whatever type the reader of a table inferred.
    pub(super) fn as_text(self, value: &str) -> String {
        format!("CAST({value} AS {})", self.text_type())
    }

    pub(super) fn no_text(self) -> String {
        self.as_text("NULL")
    }

    /// The condition that a text begins with another one.
    pub(super) fn begins(self, text: &str, start: &str) -> String {
        format!("{}({text}, {})", self.pick("starts_with", "startswith"), self.text(start))
    }

    /// The condition that a regular expression matches a text.
    pub(super) fn matches(self, text: &str, expression: &str) -> String {
        format!("{}({text}, {})", self.pick("regexp_matches", "regexp_like"), self.text(expression))
    }

    pub(super) fn list(self, items: &str) -> String {
        self.pick(format!("[{items}]"), format!("array({items})"))
    }

    /// An empty list of a type.
    pub(super) fn empty(self, kind: &Type) -> String {
        format!("CAST({} AS {})", self.list(""), self.of_type(kind))
    }

    pub(super) fn joined(self, lists: &[String]) -> String {
        format!("{}({})", self.pick("list_concat", "concat"), lists.join(", "))
    }

    pub(super) fn length(self, list: &str) -> String {
        format!("{}({list})", self.pick("len", "size"))
    }

    pub(super) fn distinct(self, list: &str) -> String {
        format!("{}({list})", self.pick("list_distinct", "array_distinct"))
    }

    /// The condition that two lists have a member in common.
    pub(super) fn overlap(self, list: &str, items: &str) -> String {
        format!("{}({list}, {})", self.pick("list_has_any", "arrays_overlap"), self.list(items))
    }

    /// The condition that `so` is true for some member, which is `x`.
    pub(super) fn exists(self, list: &str, so: &str) -> String {
        match self {
            Self::DuckDb => format!("len({}) > 0", self.filtered(list, so)),
            Self::Spark => format!("exists({list}, x -> {so})"),
        }
    }

    /// The members, each as `x`, for which `so` is true.
    pub(super) fn filtered(self, list: &str, so: &str) -> String {
        match self {
            Self::DuckDb => format!("list_filter({list}, lambda x: {so})"),
            Self::Spark => format!("filter({list}, x -> {so})"),
        }
    }

    /// Maps each member, which is `y`.
    pub(super) fn each(self, list: &str, what: &str) -> String {
        match self {
            Self::DuckDb => format!("list_transform({list}, lambda y: {what})"),
            Self::Spark => format!("transform({list}, y -> {what})"),
        }
    }

    pub(super) fn greatest(self, list: &str) -> String {
        format!("{}({list})", self.pick("list_max", "array_max"))
    }

    /// The sum of numbers, added in their order.
    pub(super) fn sum(self, list: &str) -> String {
        match self {
            Self::DuckDb => format!("COALESCE(list_sum({list}), 0)"),
            Self::Spark => format!("aggregate({list}, CAST(0 AS DOUBLE), (a, b) -> a + b)"),
        }
    }

    /// Rounds to the nearest whole number, and halves to even.
    pub(super) fn rounded(self, number: &str) -> String {
        self.pick(format!("round_even({number}, 0)"), format!("bround({number}, 0)"))
    }

    pub(super) fn record<'t>(self, fields: impl IntoIterator<Item = (&'t str, &'t str)>) -> String {
        self.record_with(fields, ", ")
    }

    fn record_with<'t>(self, fields: impl IntoIterator<Item = (&'t str, &'t str)>, between: &str) -> String {
        let written = |(name, value): (&str, &str)| match self {
            Self::DuckDb => format!("{} := {value}", self.name(name)),
            Self::Spark => format!("{}, {value}", self.text(name)),
        };
        let fields: Vec<String> = fields.into_iter().map(written).collect();
        format!("{}({})", self.pick("struct_pack", "named_struct"), fields.join(between))
    }

    /// An expression over others, each evaluated once and named in `t`. A list of one record is the only `let` within
    /// an SQL expression.
    pub(super) fn with(self, bound: &[(String, String)], expression: &str) -> String {
        let fields = bound.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        let record = self.record_with(fields, ",\n  ");
        match self {
            Self::DuckDb => format!("list_transform([{record}],\nlambda t: {expression})[1]"),
            Self::Spark => format!("transform(array({record}),\nt -> {expression})[0]"),
        }
    }

    const fn text_type(self) -> &'static str {
        match self {
            Self::DuckDb => "VARCHAR",
            Self::Spark => "STRING",
        }
    }

    pub(super) const fn instant_type(self) -> &'static str {
        match self {
            Self::DuckDb => "TIMESTAMPTZ",
            Self::Spark => "TIMESTAMP",
        }
    }

    /// The type of an attribute's column.
    pub(super) fn of_type(self, kind: &Type) -> String {
        let text = || self.text_type().to_owned();
        let list = |of: String| self.pick(format!("{of}[]"), format!("ARRAY<{of}>"));
        let record = |fields: &[(&str, String)]| {
            let field = |(name, kind): &(&str, String)| format!("{}{}{kind}", self.name(name), self.pick(" ", ": "));
            let fields: Vec<String> = fields.iter().map(field).collect();
            self.pick(format!("STRUCT({})", fields.join(", ")), format!("STRUCT<{}>", fields.join(", ")))
        };
        match kind {
            Type::Bool => "BOOLEAN".to_owned(),
            Type::Text | Type::Word(_) | Type::Country => text(),
            Type::Number => "DOUBLE".to_owned(),
            Type::Texts | Type::Countries | Type::Regions => list(text()),
            Type::Holdings => {
                let instant = || self.instant_type().to_owned();
                list(record(&[("country", text()), ("since", instant()), ("until", instant())]))
            }
            Type::Records(fields) => {
                let fields: Vec<(&str, String)> =
                    fields.iter().map(|(name, kind)| (name.as_str(), self.of_type(kind))).collect();
                list(record(&fields))
            }
            Type::Shares => list(record(&[("list", text()), ("pct", "DOUBLE".to_owned())])),
        }
    }
}
