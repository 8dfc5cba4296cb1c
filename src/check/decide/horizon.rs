//! Computes how long a decision is valid, and which changes are coming.

use super::conditions::Evaluation;
use super::instants;
use super::rules::Judgement;
use super::{answer, by_default, spoken};
use crate::base::set::Set;
use crate::base::time::{Instant, Span};
use crate::check::decision::{Change, Decision, Outcome};
use crate::check::program::Cell;

/// Maximum number of instants at which the decision is evaluated again to find the first change. The next one after
/// them counts as a change without evaluation, which is early, never late.
const STEPS: usize = 16;
/// With more findings than this, evaluating again costs more than a check too early: the next instant counts as a
/// change.
const FEW: usize = 24;
/// Maximum number of changes that are announced.
const CHANGES: usize = 8;

/// The first instant at which the decision could change with nothing else changing. Evaluates the decision again at
/// each instant at which something it depends on changes.
pub(super) fn valid_until(evaluation: &Evaluation<'_>, judgement: &Judgement<'_>, decision: &Decision) -> Instant {
    let end = end(evaluation);
    let mut cells = judgement.cells.clone();
    // Other models matter only if the decision names them.
    if judgement.outcome != Outcome::Allow {
        let (_, action) = evaluation.program.positions(judgement.cell);
        let models = evaluation.program.ruleset().models.len();
        cells.extend((0..models).map(|model| evaluation.program.cell(model, action)));
    }
    let looks = if judgement.findings.len() > FEW { 0 } else { STEPS };
    let (instants, _) = next(evaluation, cells.as_slice(), end, looks.saturating_add(1));
    for (step, at) in instants.into_iter().enumerate() {
        if step >= looks {
            return at;
        }
        let later = Evaluation::new(evaluation.program, evaluation.subject, evaluation.context, at);
        let then = answer(&later, &later.judge(judgement.cell));
        if (Decision { decided_at: evaluation.now, ..then }) != *decision {
            return at;
        }
    }
    end
}

/// The end of the tokens or of the ruleset, the earlier of the two. From then on the answer differs.
pub(super) fn end(evaluation: &Evaluation<'_>) -> Instant {
    let expires = evaluation.program.ruleset().expires;
    evaluation.subject.accepted().until.map_or(expires, |end| end.min(expires))
}

/// The first instant at which the answer of any model for an action could change.
pub(super) fn of_action(evaluation: &Evaluation<'_>, action: usize) -> Instant {
    let models = 0..evaluation.program.ruleset().models.len();
    let cells: Vec<Cell> = models.map(|model| evaluation.program.cell(model, action)).collect();
    let end = end(evaluation);
    next(evaluation, &cells, end, 1).0.into_iter().next().unwrap_or(end)
}

/// The changes of outcome, rule or reason inside the ruleset's notice period, as far as notice of them was given. Also
/// returns the first instant at which there could be another one to announce.
pub(super) fn upcoming(evaluation: &Evaluation<'_>, judgement: &Judgement<'_>) -> (Vec<Change>, Instant) {
    let ruleset = evaluation.program.ruleset();
    let end = evaluation.now.saturating_add(ruleset.notice);
    let mut changes: Vec<Change> = Vec::new();
    let mut last = change(evaluation, judgement, evaluation.now);
    let cells = &judgement.cells;
    let after = end.saturating_add(Span::from_millis(1)).min(ruleset.expires);
    let (instants, beyond) = next(evaluation, cells.as_slice(), after, STEPS);
    let enters = |at: Instant| at.saturating_sub(ruleset.notice);
    let mut complete_until = beyond.map_or(ruleset.expires, enters);
    if ruleset.expires > end {
        complete_until = complete_until.min(enters(ruleset.expires));
    }
    instants::notices(evaluation, cells.as_slice(), &mut |at| complete_until = complete_until.min(at));
    for at in instants {
        if changes.len() >= CHANGES {
            return (changes, complete_until);
        }
        let then = evaluation.at(at);
        let next = change(&then, &then.judge(judgement.cell), at);
        if (next.outcome, &next.reason, &next.rule) != (last.outcome, &last.reason, &last.rule) {
            changes.push(next.clone());
            last = next;
        }
    }
    if ruleset.expires <= end && changes.len() < CHANGES {
        changes.push(Change {
            at: ruleset.expires,
            outcome: Outcome::Deny,
            reason: "ruleset.expired".to_owned(),
            rule: None,
        });
    }
    (changes, complete_until)
}

/// Up to `most` instants before `end` at which the result of these cells' rules could change, and the first such
/// instant after them.
fn next(evaluation: &Evaluation<'_>, cells: &[Cell], end: Instant, most: usize) -> (Set<Instant>, Option<Instant>) {
    let (mut first, mut beyond) = (Set::default(), None);
    instants::boundaries(evaluation, cells, &mut |at| {
        if at <= evaluation.now {
            return;
        }
        let mut later = Some(at);
        if at < end && first.insert(at) {
            later = if first.as_slice().len() > most { first.pop() } else { None };
        } else if at < end {
            later = None;
        }
        beyond = match (beyond, later) {
            (Some(a), Some(b)) => Some(std::cmp::min(a, b)),
            (a, b) => a.or(b),
        };
    });
    (first, beyond)
}

fn change(evaluation: &Evaluation<'_>, judgement: &Judgement<'_>, at: Instant) -> Change {
    let governing = judgement.governing.and_then(|position| judgement.findings.get(position));
    let (reason, _) = governing.map_or_else(|| by_default(evaluation), |finding| spoken(evaluation, finding));
    let rule = governing.map(|finding| finding.rule.id.clone());
    Change { at, outcome: judgement.outcome, reason, rule }
}
