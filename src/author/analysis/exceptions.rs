//! The regions in which an exception lifts its rule, with or without a licence.

use super::atom::Who;
use super::diagram::{Diagram, Diagrams};
use super::symbolic_ruleset::{Lifts, SymbolicRuleset};
use crate::base::time::Instant;
use crate::check::decide::for_authors::{in_force, licence_in_force};
use crate::check::program::{Cell, CompiledException, CompiledRule, NodeId, Program};
use crate::ruleset::attribute::AttributeId;
use crate::ruleset::model::{Condition, Exception, Licence, Matcher, Rule};

/// A condition must be true, or only must not be false.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Sure {
    Yes,
    Perhaps,
}

impl<'a, 'b> SymbolicRuleset<'a, 'b> {
    /// The possible lifts of a rule. `None` if it is not enforced.
    pub(super) fn lifts_of(&self, position: usize, cell: Cell) -> Option<Lifts> {
        let (program, now) = (self.program(), self.reader.side.now);
        let (rule, compiled) = program.rule(position)?;
        let enforced = !rule.effective.not_enforced.iter().any(|window| window.contains(now));
        let matters = enforced && in_force(&rule.effective, now).is_ok() && program.is_in_scope(compiled, cell);
        matters.then(|| lifts(program, rule, compiled, cell, now))
    }

    /// The region in which an exception in force lifts, or might lift.
    pub(super) fn lifts(
        &mut self,
        all: &mut Diagrams,
        exception: &Exception,
        lift: &CompiledException,
        licences: &[usize],
        who: &Who,
        sure: Sure,
    ) -> Diagram {
        let mut lifts = self.holds(all, lift.when, who, sure);
        for provided in &lift.provided {
            let provided = self.holds(all, *provided, who, sure);
            lifts = all.and(lifts, provided);
        }
        if exception.licence.is_some() {
            let mut held = Diagram::NONE;
            for licence in licences {
                let one = self.licence(all, *licence, who, sure);
                held = all.or(held, one);
            }
            lifts = all.and(lifts, held);
        }
        lifts
    }

    pub(super) fn holds(&mut self, all: &mut Diagrams, node: NodeId, who: &Who, sure: Sure) -> Diagram {
        let truths = self.reader.node(all, node, who);
        match sure {
            Sure::Yes => truths.yes,
            Sure::Perhaps => all.not(truths.no),
        }
    }

    pub(super) fn licence(&mut self, all: &mut Diagrams, position: usize, who: &Who, sure: Sure) -> Diagram {
        let Some((licence, grant)) = self.program().licence(position) else { return Diagram::NONE };
        let mut serves = self.holds(all, grant.holder, who, sure);
        if let Some(end_uses) = grant.end_uses {
            let end_uses = self.holds(all, end_uses, who, sure);
            serves = all.and(serves, end_uses);
        }
        // A holder given by name must be among the presenter's names, of which one may be unknown.
        if let Condition::Test(AttributeId::SUBJECT_ID, Matcher::AnyText(ids)) = &licence.holder {
            let (named, nameless) = self.reader.presenter(all, ids, who);
            let held = all.or(named, nameless);
            serves = all.and(serves, held);
        }
        serves
    }
}

/// The exceptions of a rule that are in force for a model and action, each with its licences in force.
pub(crate) fn lifts(program: &Program, rule: &Rule, compiled: &CompiledRule, cell: Cell, now: Instant) -> Lifts {
    let (model, action) = program.positions(cell);
    let mut lifts = Vec::new();
    for (place, (exception, lift)) in rule.unless.iter().zip(&compiled.exceptions).enumerate() {
        if !program.lifts_model(lift, model)
            || !program.lifts_action(lift, action)
            || in_force(&exception.effective, now).is_err()
        {
            continue;
        }
        let licence_index = lift.licence_index.and_then(|licence_index| program.licence_index(licence_index));
        let serves = |position: &usize| {
            program.licence(*position).is_some_and(|(licence, grant): (&Licence, _)| {
                grant.covers_model(model) && grant.covers_action(action) && licence_in_force(licence, now).is_ok()
            })
        };
        let mut licences: Vec<usize> =
            licence_index.into_iter().flat_map(|licence_index| licence_index.iter()).filter(serves).collect();
        licences.sort_unstable();
        licences.dedup();
        lifts.push((place, licences));
    }
    lifts
}
