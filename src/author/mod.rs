//! For authors of rulesets alone: the language, files of cases, analysis, SQL, tables of people.

pub mod analysis;
pub mod cases;
pub mod language;
pub mod sql;
pub mod table;

pub use crate::check::decide::for_authors::Brief;
pub use analysis::{
    Budget, Difference, Example, Lint, LintPlace, OutcomeChange, ProofResult, Proven, Reply, ServedInstead, Watch,
    Witness, diff, lint, prove,
};
pub use cases::{
    Authorization, Case, CaseContext, CaseEvidence, CaseFile, CasePlace, Expectation, ExpectedOutcome,
    read as read_cases, schema as cases_schema,
};
pub use language::{
    Diagnostic, Effect, Entry, ExceptionOutline, GuaranteeOutline, Kind, LicenceOutline, ModelOutline, Node,
    PublicRule, RuleOutline, SourceRange, Statement, nearest, parse_json, parse_yaml, read as read_ruleset, read_rules,
    schema as ruleset_schema,
};
pub use sql::{Dialect, Sql, SqlColumn, SqlRequest, to_sql};
pub use table::{BatchDecider, Columns, EvidenceMode, Query, Requests, Row, RulesetWindow, TableError, WrongCell};
