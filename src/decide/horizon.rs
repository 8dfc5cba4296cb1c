//! Until when a decision stands, and what is coming.

use super::instants;
use super::judge::{Judgement, Question};
use super::{answer, by_default, spoken};
use crate::decision::{Change, Decision, Outcome};
use crate::program::Cell;
use crate::set::Set;
use crate::time::{Instant, Span};

/// How many instants are looked at to find the one that changes the decision. One more is taken for it unseen,
/// which is early, never late.
const STEPS: usize = 16;
/// With more rules than these at work, looking costs more than a check too early: the next instant is taken unseen.
const FEW: usize = 24;
/// Most changes that are announced.
const CHANGES: usize = 8;

/// The first instant at which the decision could change with nothing else changing. Found by deciding again at
/// each instant at which anything that it rests on changes.
pub(super) fn valid_until(question: &Question<'_>, judgement: &Judgement<'_>, decision: &Decision) -> Instant {
    let end = end(question);
    let mut cells = judgement.cells.clone();
    // Other models count only where the decision names them.
    if judgement.outcome != Outcome::Allow {
        let (_, action) = question.program.positions(judgement.cell);
        let models = question.program.ruleset().models.len();
        cells.extend((0..models).map(|model| question.program.cell(model, action)));
    }
    let looks = if judgement.findings.len() > FEW { 0 } else { STEPS };
    let (instants, _) = next(question, cells.as_slice(), end, looks.saturating_add(1));
    for (step, at) in instants.into_iter().enumerate() {
        if step >= looks {
            return at;
        }
        let later = Question::new(question.program, question.subject, question.context, at);
        let then = answer(&later, &later.judge(judgement.cell));
        if (Decision { decided_at: question.now, ..then }) != *decision {
            return at;
        }
    }
    end
}

/// When the tokens or the ruleset end, whichever is first: from then on the answer is another one.
pub(super) fn end(question: &Question<'_>) -> Instant {
    let expires = question.program.ruleset().expires;
    question.subject.accepted().until.map_or(expires, |end| end.min(expires))
}

/// The first instant at which what any model allows of an action could change.
pub(super) fn of_action(question: &Question<'_>, action: usize) -> Instant {
    let models = 0..question.program.ruleset().models.len();
    let cells: Vec<Cell> = models.map(|model| question.program.cell(model, action)).collect();
    let end = end(question);
    next(question, &cells, end, 1).0.into_iter().next().unwrap_or(end)
}

/// The changes of outcome, rule or reason inside the ruleset's notice period, as far as notice of them was given; and
/// the first instant at which there could be another one to tell.
pub(super) fn upcoming(question: &Question<'_>, judgement: &Judgement<'_>) -> (Vec<Change>, Instant) {
    let ruleset = question.program.ruleset();
    let end = question.now.saturating_add(ruleset.notice);
    let mut changes: Vec<Change> = Vec::new();
    let mut last = change(question, judgement, question.now);
    let cells = &judgement.cells;
    let after = end.saturating_add(Span::from_millis(1)).min(ruleset.expires);
    let (instants, beyond) = next(question, cells.as_slice(), after, STEPS);
    let enters = |at: Instant| at.saturating_sub(ruleset.notice);
    let mut complete_until = beyond.map_or(ruleset.expires, enters);
    if ruleset.expires > end {
        complete_until = complete_until.min(enters(ruleset.expires));
    }
    instants::notices(question, cells.as_slice(), &mut |at| complete_until = complete_until.min(at));
    for at in instants {
        if changes.len() >= CHANGES {
            return (changes, complete_until);
        }
        let then = question.at(at);
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

/// The first so many instants between now and an end at which what the rules of some cells come to could change, and the
/// first one after them.
fn next(question: &Question<'_>, cells: &[Cell], end: Instant, most: usize) -> (Set<Instant>, Option<Instant>) {
    let (mut first, mut beyond) = (Set::default(), None);
    instants::boundaries(question, cells, &mut |at| {
        if at <= question.now {
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

fn change(question: &Question<'_>, judgement: &Judgement<'_>, at: Instant) -> Change {
    let governing = judgement.governing.and_then(|position| judgement.findings.get(position));
    let (reason, _) = governing.map_or_else(|| by_default(question), |finding| spoken(question, finding));
    let rule = governing.map(|finding| finding.rule.id.clone());
    Change { at, outcome: judgement.outcome, reason, rule }
}
