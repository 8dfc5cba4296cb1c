//! Until when a decision stands, and what is coming.

use super::judge::{self, Judgement, Question};
use super::{answer, by_default, spoken};
use crate::decision::{Change, Decision, Outcome};
use crate::program::Cell;
use crate::set::Set;
use crate::time::Instant;

/// How many instants are looked at to find the one that changes the decision. One more is taken for it unseen,
/// which is early, never late.
const STEPS: usize = 16;
/// Most changes that are announced.
const CHANGES: usize = 8;

/// The first instant at which the decision could change with nothing else changing. Found by deciding again at
/// each instant at which anything that it rests on changes.
pub(super) fn valid_until(question: &Question<'_>, judgement: &Judgement<'_>, decision: &Decision) -> Instant {
    let expires = question.program.ruleset().expires;
    let end = question.subject.accepted().until.map_or(expires, |end| end.min(expires));
    for (step, at) in boundaries(question, judgement).into_iter().filter(|at| *at < end).enumerate() {
        if step >= STEPS {
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

/// The changes of outcome, rule or reason inside the ruleset's notice period, as far as notice of them was given.
pub(super) fn upcoming(question: &Question<'_>, judgement: &Judgement<'_>) -> Vec<Change> {
    let ruleset = question.program.ruleset();
    let end = question.now.saturating_add(ruleset.notice);
    let mut changes: Vec<Change> = Vec::new();
    let mut last = change(question, judgement, question.now);
    for at in boundaries(question, judgement).into_iter().filter(|at| *at <= end && *at < ruleset.expires) {
        if changes.len() >= CHANGES {
            return changes;
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
    changes
}

fn change(question: &Question<'_>, judgement: &Judgement<'_>, at: Instant) -> Change {
    let governing = judgement.governing.and_then(|position| judgement.findings.get(position));
    let (reason, _) = governing.map_or_else(|| by_default(question), |finding| spoken(question, finding));
    let rule = governing.map(|finding| finding.rule.id.clone());
    Change { at, outcome: judgement.outcome, reason, rule }
}

/// Every later instant at which a window or a piece of evidence that the decision rests on begins or ends.
fn boundaries(question: &Question<'_>, judgement: &Judgement<'_>) -> Set<Instant> {
    let program = question.program;
    let (_, action) = program.positions(judgement.cell);
    let mut cells: Set<Cell> = std::iter::once(judgement.cell).chain(judgement.instead).collect();
    let mut found = Set::default();
    // Other models count only where the decision names them.
    if judgement.outcome != Outcome::Allow {
        cells.extend((0..program.ruleset().models.len()).map(|model| program.cell(model, action)));
    }
    for cell in cells {
        judge::boundaries(question, cell, &mut found);
    }
    found.into_iter().filter(|at| *at > question.now).collect()
}
