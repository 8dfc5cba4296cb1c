//! The instants at which time alone could change the result of rules.

use super::conditions::{Evaluation, Party};
use crate::base::set::Set;
use crate::base::time::Instant;
use crate::check::program::Cell;

/// Reports the instants at which time alone could change the result of the rules of some cells. An instant may be
/// reported more than once.
pub(crate) fn boundaries(evaluation: &Evaluation<'_>, cells: &[Cell], tell: &mut dyn FnMut(Instant)) {
    let viewpoint = evaluation.viewpoint(Party::SUBJECT);
    // Rules that the sieve excludes stay excluded until the evidence that it read changes.
    for family in evaluation.program.sieve().families() {
        viewpoint.evidence_boundaries(family.attribute, &family.policy, tell);
    }
    let mut watched: Set<(Party, u32)> = Set::default();
    for position in evaluation.program.sieve().in_any_scope(cells, &evaluation.candidates) {
        let Some((rule, compiled)) = evaluation.program.rule(position) else { continue };
        if rule.effective.window.is_over(evaluation.now) {
            continue;
        }
        rule.effective.boundaries().for_each(&mut *tell);
        for (exception, lift) in rule.unless.iter().zip(&compiled.exceptions) {
            exception.effective.boundaries().for_each(&mut *tell);
            let Some(licence_index) =
                lift.licence_index.and_then(|licence_index| evaluation.program.licence_index(licence_index))
            else {
                continue;
            };
            let mut look = |position: usize| {
                let Some((licence, _)) = evaluation.program.licence(position) else { return };
                licence.window.boundaries().chain(licence.revoked).for_each(&mut *tell);
                licence.provisos.iter().filter_map(|proviso| proviso.until).for_each(&mut *tell);
            };
            // A person with an unknown name could hold any licence: the decision's needs name those that would fit.
            if evaluation.subject.lacks_a_name() {
                licence_index.iter().for_each(look);
            } else {
                licence_index.held_by(evaluation.subject.ids()).for_each(&mut look);
            }
        }
        for party in evaluation.parties(rule) {
            for &watch in compiled.watches.as_slice() {
                if watched.insert((party, watch))
                    && let Some(watch) = evaluation.program.conditions().watch(watch)
                {
                    evaluation.viewpoint(party).evidence_boundaries(watch.attribute, &watch.policy, tell);
                    watch.changes.iter().copied().for_each(&mut *tell);
                }
            }
        }
    }
}

/// Reports the instants after now at which notice of a rule of some cells is given.
pub(crate) fn notices(evaluation: &Evaluation<'_>, cells: &[Cell], tell: &mut dyn FnMut(Instant)) {
    for position in evaluation.program.sieve().in_any_scope(cells, &evaluation.candidates) {
        let Some((rule, _)) = evaluation.program.rule(position) else { continue };
        rule.effective.notice.into_iter().filter(|notice| *notice > evaluation.now).for_each(&mut *tell);
    }
}
