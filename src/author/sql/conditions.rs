//! Translates conditions over a row: when each is true, and when it is unknown although evidence for it exists.
//!
//! The semantics are those of `decide/evidence.rs`, for a row: it has at most one piece of evidence for an attribute,
//! and only its context describes other parties.

use super::clause::Clause;
use super::reader::{ConditionSql, NOTHING, RowParty, RowReader};
use crate::check::program::{AttributeTest, NodeId, NodeKind};
use crate::ruleset::attribute::AttributeId;

impl<'a> RowReader<'a> {
    /// The result of a condition of the ruleset.
    pub(super) fn node(&mut self, node: NodeId, who: RowParty) -> ConditionSql {
        if let Some(known) = self.known.get(&(node, who)) {
            return known.clone();
        }
        let conditions = self.program.conditions();
        let reading = match conditions.node(node) {
            Some(NodeKind::Test(test)) => conditions.test(*test).map_or(NOTHING, |test| self.test(test, who)),
            Some(NodeKind::Not(part)) => {
                let inner = self.node(*part, who);
                ConditionSql { holds: inner.holds.not(), noisy: inner.noisy }
            }
            Some(NodeKind::All(parts)) => self.joined(parts, who, Clause::all),
            Some(NodeKind::Any(parts)) => self.joined(parts, who, Clause::any),
            None => NOTHING,
        };
        self.known.insert((node, who), reading.clone());
        reading
    }

    pub(super) fn joined(&mut self, parts: &[NodeId], who: RowParty, join: fn(Vec<Clause>) -> Clause) -> ConditionSql {
        let (holds, noisy): (Vec<Clause>, Vec<Clause>) = parts
            .iter()
            .map(|part| {
                let ConditionSql { holds, noisy } = self.node(*part, who);
                (holds, noisy)
            })
            .unzip();
        let holds = join(holds);
        let noisy = Clause::all([holds.is_unknown(), Clause::any(noisy)]);
        ConditionSql { holds, noisy }
    }

    pub(super) fn test(&self, test: &AttributeTest, who: RowParty) -> ConditionSql {
        let vocabulary = self.program.vocabulary();
        if vocabulary.is_context(test.attribute) {
            let holds = self.bind(test.attribute, self.stated(test));
            return ConditionSql { noisy: holds.is_unknown(), holds };
        }
        match test.attribute {
            _ if who == RowParty::Party => NOTHING,
            AttributeId::MOST_RECENT => self.most_recent(test),
            _ if crate::check::decide::for_authors::is_set(&test.matcher) => self.set(test),
            _ => self.scalar(test),
        }
    }
}
