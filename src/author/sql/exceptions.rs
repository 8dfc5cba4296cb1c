//! Licences: the row holds one that fits an exception.

use super::clause::Clause;
use super::reader::RowParty;
use super::rules::OutcomeSql;
use crate::ruleset::attribute::AttributeId;
use crate::ruleset::model::{Condition, Matcher};

impl<'a> OutcomeSql<'a> {
    /// The condition that a party holds a licence, which is in force and covers the request.
    pub(super) fn licence(&mut self, position: usize, who: RowParty) -> Clause {
        let Some((licence, grant)) = self.program().licence(position) else { return Clause::FALSE };
        let holder = self.reader.node(grant.holder, who).holds;
        // A holder given by name must be among the names of the row's person, of which one may be unknown.
        let named = match &licence.holder {
            Condition::Test(AttributeId::SUBJECT_ID, names @ Matcher::AnyText(_)) => {
                let nameless = if who == RowParty::Party { Clause::FALSE } else { self.reader.is_named().not() };
                Clause::any([self.reader.has_name(names), nameless])
            }
            _ => Clause::TRUE,
        };
        let end_use = grant.end_uses.map_or(Clause::TRUE, |end_uses| self.reader.node(end_uses, who).holds);
        Clause::all([named, holder, end_use])
    }
}
