//! One ruleset at one instant, as it is translated for a row.

use super::clause::Clause;
use super::columns::RowColumns;
use super::dialect::Dialect;
use crate::base::time::Instant;
use crate::check::program::{NodeId, Program};
use crate::ruleset::attribute::AttributeId;
use std::cell::RefCell;
use std::collections::HashMap;

/// The result of a condition.
#[derive(Clone, Debug)]
pub(super) struct ConditionSql {
    pub(super) holds: Clause,
    /// It is unknown although evidence for it exists.
    pub(super) noisy: Clause,
}

/// The party that a condition is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum RowParty {
    /// The person of the row.
    Person,
    /// The same person, judged as the party `end_user` of the chain.
    EndUser,
    /// Another party of the chain, about which a row has no evidence.
    Party,
}

/// Reads a ruleset's conditions at one instant, and caches the results.
#[derive(Debug)]
pub(super) struct RowReader<'a> {
    pub(super) program: &'a Program,
    pub(super) now: Instant,
    pub(super) dialect: Dialect,
    pub(super) columns: RowColumns<'a>,
    /// The expressions evaluated once per row, by name.
    pub(super) bound: RefCell<Vec<(String, String)>>,
    pub(super) known: HashMap<(NodeId, RowParty), ConditionSql>,
}

/// The table has no evidence.
pub(super) const NOTHING: ConditionSql = ConditionSql { holds: Clause::UNKNOWN, noisy: Clause::FALSE };

impl<'a> RowReader<'a> {
    pub(super) fn new(program: &'a Program, now: Instant, dialect: Dialect, columns: RowColumns<'a>) -> Self {
        Self { program, now, dialect, columns, bound: RefCell::default(), known: HashMap::new() }
    }

    /// Names a clause so that it is evaluated once per row. Returns a reference to it.
    pub(super) fn bind(&self, attribute: AttributeId, clause: Clause) -> Clause {
        let Clause::Sql { text, settled } = clause else { return clause };
        let mut bound = self.bound.borrow_mut();
        let known = bound.iter().find(|(_, known)| *known == text).map(|(name, _)| name.clone());
        let name = known.unwrap_or_else(|| {
            let attribute = self.program.vocabulary().name(attribute);
            let start = format!("{}_", attribute.rsplit('.').next().unwrap_or_default());
            let alike = bound.iter().filter(|(name, _)| name.strip_prefix(&start).is_some_and(is_number)).count();
            let name = format!("{start}{}", alike.saturating_add(1));
            bound.push((name.clone(), text));
            name
        });
        Clause::Sql { text: self.dialect.field("t", &name), settled }
    }

    /// An expression over the named clauses, which it calls `t`.
    pub(super) fn over_bound(&self, expression: &str) -> String {
        let bound = self.bound.borrow();
        if bound.is_empty() { expression.to_owned() } else { self.dialect.with(&bound, expression) }
    }
}

fn is_number(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit())
}
