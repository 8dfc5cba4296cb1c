//! Translates a ruleset to one SQL expression over the table of attributes (docs/table.md), so that a warehouse decides
//! where the rows are. Its answers equal those of [`crate::check::decide`]; `src/author/sql/tests.rs` compares many thousand rows.

mod clause;
mod columns;
mod conditions;
mod context;
mod dialect;
mod evidence;
mod exceptions;
mod members;
mod reader;
mod rules;
mod sets;

use crate::base::set::Set;
use crate::base::time::Instant;
use crate::check::program::{Cell, Program};
use clause::Clause;
pub use columns::SqlColumn;
pub use dialect::Dialect;
use reader::RowReader;
use rules::{OutcomeSql, RequestColumns};
use serde::Serialize;
use std::collections::BTreeMap;

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests;

/// The decisions that an expression must make.
#[derive(Clone, Debug)]
pub struct SqlRequest {
    /// The SQL dialect.
    pub dialect: Dialect,
    /// The instant of the decisions, a constant of the expression.
    pub at: Instant,
    /// The model. `None` if the column `model` names it.
    pub model: Option<String>,
    /// The action. `None` if the column `action` names it.
    pub action: Option<String>,
    /// The columns of the table. `None` if it has all that the rules read. A missing column means no evidence for any
    /// row.
    pub columns: Option<Set<String>>,
}

/// A ruleset as SQL.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct Sql {
    /// The decision for a row: a record of `outcome`, the governing `rule`, and with `degrade` the `model` and `action`
    /// that are served instead. `NULL` if a cell is not valid for its column.
    pub expression: String,
    /// The columns that the expression reads, by name.
    pub columns: Vec<SqlColumn>,
    /// The first later instant at which the rules change.
    pub until: Instant,
}

/// Translates a ruleset at an instant to SQL. The instant must be in the ruleset's own window. If the ruleset does not
/// have the model or action, every row is refused.
pub fn to_sql(program: &Program, request: &SqlRequest) -> Sql {
    let dialect = request.dialect;
    let columns = columns::RowColumns::new(program, dialect, request.columns.as_ref());
    let column = |fixed: &Option<String>, name: &str| fixed.is_none().then(|| dialect.name(name));
    let asked = RequestColumns { model: column(&request.model, "model"), action: column(&request.action, "action") };
    let mut outcomes = OutcomeSql::new(RowReader::new(program, request.at, dialect, columns), asked);
    let models =
        program.ruleset().models().map(|(id, _)| id).filter(|id| request.model.as_deref().is_none_or(|one| one == *id));
    let mut alike: BTreeMap<String, Vec<(&str, &str)>> = BTreeMap::new();
    for (model, id) in models.filter_map(|id| Some((program.model_position(id)?, id))) {
        for (action, name) in program.ruleset().actions().enumerate() {
            if request.action.as_deref().is_none_or(|one| one == name) {
                let cell: Cell = program.cell(model, action);
                alike.entry(outcomes.of(cell)).or_default().push((id, name));
            }
        }
    }
    let mut groups: Vec<(String, Vec<(&str, &str)>)> = alike.into_iter().collect();
    // In the order of the catalogue.
    groups.sort_by_key(|(_, cells)| cells.first().and_then(|(model, _)| program.model_position(model)));
    let RequestColumns { model, action } = &outcomes.asked;
    let unsaid = model.iter().chain(action).map(|column| Clause::settled(format!("{column} IS NULL")));
    let wrong = Clause::any(unsaid.chain([outcomes.reader.columns.wrong(), outcomes.reader.wrong_region()]));
    let refused = outcomes.record(crate::check::decision::Outcome::Deny, &dialect.no_text(), None);
    let mut cases = Vec::new();
    let mut otherwise = refused;
    for (expression, cells) in groups {
        match covered(dialect, model.as_deref(), action.as_deref(), &cells) {
            Some(asked) => cases.push(format!("WHEN {asked}\n  THEN {}", expression.replace('\n', "\n  "))),
            None => otherwise = expression,
        }
    }
    let decision = match cases.as_slice() {
        [] => otherwise,
        cases => format!("CASE\n  {}\n  ELSE {otherwise}\nEND", cases.join("\n  ")),
    };
    let mut expression = outcomes.reader.over_bound(&decision);
    if wrong != Clause::FALSE {
        expression = format!("CASE WHEN {} THEN NULL ELSE\n{expression}\nEND", wrong.to_sql());
    }
    let mut columns = outcomes.reader.columns.listed();
    let text = || dialect.of_type(&crate::ruleset::attribute::Type::Text);
    let asked = [("model", model), ("action", action)].into_iter().filter(|(_, column)| column.is_some());
    columns.splice(0..0, asked.map(|(name, _)| SqlColumn { name: name.to_owned(), kind: text() }));
    Sql { expression, columns, until: until(program, request.at) }
}

/// The condition that a row asks for one of some models and actions. `None` if every row does.
fn covered(dialect: Dialect, model: Option<&str>, action: Option<&str>, cells: &[(&str, &str)]) -> Option<String> {
    let mut by_actions: BTreeMap<Vec<&str>, Vec<&str>> = BTreeMap::new();
    let mut by_model: Vec<(&str, Vec<&str>)> = Vec::new();
    for (model, action) in cells {
        match by_model.iter_mut().find(|(known, _)| known == model) {
            Some((_, actions)) => actions.push(action),
            None => by_model.push((model, vec![action])),
        }
    }
    for (model, actions) in by_model {
        by_actions.entry(actions).or_default().push(model);
    }
    let is = |column: &str, texts: &[&str]| format!("{column} IN ({})", dialect.texts(texts.iter().copied()));
    let either = by_actions.into_iter().map(|(actions, models)| match (model, action) {
        (None, None) => None,
        (Some(model), None) => Some(is(model, &models)),
        (None, Some(action)) => Some(is(action, &actions)),
        (Some(model), Some(action)) => Some(format!("({} AND {})", is(model, &models), is(action, &actions))),
    });
    let either: Option<Vec<String>> = either.collect();
    either.map(|either| either.join(" OR "))
}

/// The first later instant at which any rule changes.
fn until(program: &Program, at: Instant) -> Instant {
    let ruleset = program.ruleset();
    let mut next = ruleset.expires();
    let mut look = |instant: Instant| {
        if instant > at {
            next = next.min(instant);
        }
    };
    for rule in &ruleset.rules {
        rule.effective.boundaries().for_each(&mut look);
        rule.unless.iter().flat_map(|exception| exception.effective.boundaries()).for_each(&mut look);
    }
    for licence in &ruleset.licences {
        licence.window.boundaries().chain(licence.revoked).for_each(&mut look);
        licence.provisos.iter().filter_map(|proviso| proviso.until).for_each(&mut look);
    }
    program.boundaries_of_areas().for_each(&mut look);
    next
}
