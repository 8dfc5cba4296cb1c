//! Combines several rulesets into one decision: each judges, the strictest governs, and all must allow what is served
//! instead.

use crate::base::set::Set;
use crate::base::time::Instant;
use crate::check::decision::{
    Alternative, Change, DecidedBy, Decision, EvidenceNeed, EvidencePath, Obligation, Outcome, RuleReason, Serving,
};
use crate::check::program::{Cell, Program};
use std::cmp::Reverse;

/// The answer of one ruleset to a model and an action.
pub type Answer<'a> = dyn Fn(&str, &str) -> Decision + 'a;
/// A ruleset that judges, and how it answers.
pub type Judge<'a> = (&'a Program, Box<Answer<'a>>);

/// Maximum number of fallbacks that may follow one another.
const STEPS: usize = 8;
/// Maximum number of paths to an allow.
const PATHS: usize = 8;

/// The decision of several rulesets for one request. They are given in the order of their ids. It is never looser than
/// that of any of them alone. What is served instead is never more capable than what any of them alone would serve.
pub fn strictest(judges: &[Judge<'_>], model: &str, action: &str) -> Option<Decision> {
    let mut panel = Panel { judges, valid_until: None, same_until: None };
    let mut decisions = panel.ask(model, action);
    if decisions.len() < 2 {
        return decisions.pop();
    }
    let governing = governing(&decisions)?;
    let mut decision = decisions.get(governing)?.clone();
    decision.needs = needs(&decisions);
    decision.reasons = reasons(&decisions);
    decision.upcoming = upcoming(&decisions, governing);
    decision.not_needed.retain(|name| decisions.iter().all(|one| one.not_needed.contains(name)));
    decision.obligations = obligations(&decisions, decision.outcome);
    if matches!(decision.outcome, Outcome::Degrade | Outcome::StepUp) {
        decision = panel.with_instead(decision, decisions.clone());
    }
    if decision.outcome != Outcome::Allow {
        decision.alternatives = panel.alternatives(&decisions, action);
    }
    decision.valid_until = panel.valid_until;
    decision.same_until = panel.same_until;
    Some(decision)
}

struct Panel<'a, 'b> {
    judges: &'a [Judge<'b>],
    /// The first instant at which any answer received so far could change.
    valid_until: Option<Instant>,
    /// The first instant at which any of them would not be given again.
    same_until: Option<Instant>,
}

impl Panel<'_, '_> {
    fn ask(&mut self, model: &str, action: &str) -> Vec<Decision> {
        let answers: Vec<Decision> = self.judges.iter().map(|(_, answer)| answer(model, action)).collect();
        for answer in &answers {
            self.valid_until = earlier(self.valid_until, answer.valid_until);
            self.same_until = earlier(self.same_until, answer.same_until.or(Some(answer.decided_at)));
        }
        answers
    }

    /// Settles what is served instead: the first fallback on the way down that every ruleset allows. `answers` are
    /// those to the request.
    fn with_instead(&mut self, mut decision: Decision, mut answers: Vec<Decision>) -> Decision {
        (decision.fallback, decision.interim) = (None, None);
        // The most capable model and action that each would serve.
        let mut most: Vec<(&Program, Serving)> = Vec::new();
        for _ in 0..STEPS {
            let all = most.len().saturating_add(answers.len());
            most.extend(self.judges.iter().zip(&answers).filter_map(|((program, _), answer)| {
                let Decision { model, action, fallback, interim, .. } = answer.clone();
                let asked = (answer.outcome == Outcome::Allow).then_some(Serving { model, action });
                Some((*program, fallback.or(interim).or(asked)?))
            }));
            let Some(one) = least(&most).filter(|_| most.len() == all) else { break };
            answers = self.ask(&one.model, &one.action);
            let Some(strictest) = governing(&answers).and_then(|place| answers.get(place)) else { break };
            match strictest.outcome {
                Outcome::Allow => {
                    decision.obligations = obligations(&answers, Outcome::Allow);
                    return instead(decision, one);
                }
                Outcome::Degrade => {}
                // A fallback that is itself refused cannot be served: its outcome applies instead.
                _ if decision.outcome == Outcome::Degrade => {
                    let Decision { model, action, needs, reasons, .. } = decision;
                    let mut all = strictest.reasons.clone();
                    all.extend(reasons);
                    // An interim model of one ruleset may be refused by another.
                    let nothing =
                        Decision { fallback: None, interim: None, obligations: Vec::new(), ..strictest.clone() };
                    return Decision { model, action, needs, reasons: all, ..nothing };
                }
                _ => break,
            }
        }
        decision.obligations.clear();
        if decision.outcome == Outcome::Degrade {
            decision.outcome = Outcome::Deny;
        }
        decision
    }

    /// The models on which every ruleset allows the action.
    fn alternatives(&mut self, decisions: &[Decision], action: &str) -> Vec<Alternative> {
        let restricting = decisions.iter().find(|one| one.outcome != Outcome::Allow);
        let named = restricting.map(|one| one.alternatives.clone()).unwrap_or_default();
        let mut common = Vec::new();
        for alternative in named {
            if self.ask(&alternative.model, action).iter().all(|answer| answer.allowed) {
                common.push(alternative);
            }
        }
        common
    }
}

/// The candidate that is no more capable than what any ruleset would serve, in that ruleset's own order. `None` if the
/// orders differ.
fn least(most: &[(&Program, Serving)]) -> Option<Serving> {
    let place = |program: &Program, serving: &Serving| -> Option<Cell> {
        Some(program.cell(program.model_position(&serving.model)?, program.action_position(&serving.action)?))
    };
    let fits = |one: &&(&Program, Serving)| {
        let no_more = |(program, bound): &(&Program, Serving)| {
            place(program, &one.1).is_some_and(|cell| Some(cell) >= place(program, bound))
        };
        most.iter().all(no_more)
    };
    most.iter().find(fits).map(|(_, serving)| serving.clone())
}

fn earlier(a: Option<Instant>, b: Option<Instant>) -> Option<Instant> {
    match (a, b) {
        (Some(a), Some(b)) => Some(a.min(b)),
        (a, b) => a.or(b),
    }
}

/// The index of the strictest decision. Among equals, one that a rule decided precedes a default; then the first.
fn governing(decisions: &[Decision]) -> Option<usize> {
    let rank = |one: &Decision| (Reverse(one.outcome), one.decided_by == DecidedBy::Default);
    (0..decisions.len()).min_by_key(|place| decisions.get(*place).map(rank))
}

fn instead(mut decision: Decision, serving: Serving) -> Decision {
    match decision.outcome {
        Outcome::Degrade => decision.fallback = Some(serving),
        _ => decision.interim = Some(serving),
    }
    decision
}

/// All obligations of an allowed request.
fn obligations(decisions: &[Decision], outcome: Outcome) -> Vec<Obligation> {
    let mut all: Vec<Obligation> = Vec::new();
    if outcome == Outcome::Allow {
        for obligation in decisions.iter().flat_map(|one| &one.obligations) {
            if let Err(place) = all.binary_search_by(|known| known.id.cmp(&obligation.id)) {
                all.insert(place, obligation.clone());
            }
        }
    }
    all
}

/// The reasons of all rulesets, strictest first, then by ruleset and rule.
fn reasons(decisions: &[Decision]) -> Vec<RuleReason> {
    let mut all: Vec<RuleReason> = Vec::new();
    for reason in decisions.iter().flat_map(|one| &one.reasons) {
        let rank = |one: &RuleReason| (Reverse(one.outcome), one.ruleset.clone(), one.rule.clone(), one.of.clone());
        // Two engines with the same ruleset give the same reasons.
        if !all.contains(reason) {
            let place = all.partition_point(|known| rank(known) <= rank(reason));
            all.insert(place, reason.clone());
        }
    }
    all
}

/// Combines one path of each ruleset that does not allow. Paths whose parts come first in their own rulesets come
/// first.
fn needs(decisions: &[Decision]) -> Vec<EvidencePath> {
    let mut paths: Set<(usize, Set<EvidenceNeed>)> = Set::of((0, Set::default()));
    for decision in decisions.iter().filter(|one| one.outcome != Outcome::Allow) {
        let mut longer: Set<(usize, Set<EvidenceNeed>)> = Set::default();
        for (cost, path) in paths.iter() {
            for (more, part) in decision.needs.iter().enumerate() {
                let whole = path.union(&part.evidence.iter().cloned().collect());
                longer.insert((cost.saturating_add(more), whole));
            }
        }
        let mut kept: Set<(usize, Set<EvidenceNeed>)> = Set::default();
        for one in longer {
            if kept.as_slice().len() < PATHS && !kept.iter().any(|(_, known)| *known == one.1) {
                kept.insert(one);
            }
        }
        paths = kept;
    }
    let some = paths.into_iter().filter(|(_, path)| !path.is_empty());
    some.map(|(_, path)| EvidencePath { evidence: path.into_vec() }).collect()
}

/// The changes of the governing outcome.
fn upcoming(decisions: &[Decision], governing: usize) -> Vec<Change> {
    let now = |one: &Decision| Change {
        at: one.decided_at,
        outcome: one.outcome,
        reason: one.reason.clone(),
        rule: one.rule.clone(),
    };
    let mut current: Vec<Change> = decisions.iter().map(now).collect();
    let Some(mut last) = current.get(governing).cloned() else { return Vec::new() };
    let instants: Set<Instant> = decisions.iter().flat_map(|one| one.upcoming.iter().map(|change| change.at)).collect();
    let mut changes = Vec::new();
    for at in instants {
        for (one, state) in decisions.iter().zip(&mut current) {
            if let Some(change) = one.upcoming.iter().find(|change| change.at == at) {
                *state = change.clone();
            }
        }
        // The governing change is chosen as in a decision.
        let refused =
            |change: &Change| ["ruleset.", "token.", "request."].iter().any(|of| change.reason.starts_with(of));
        let by_default = |change: &Change| change.rule.is_none() && !refused(change);
        let rank = |change: &&Change| (Reverse(change.outcome), by_default(change));
        let Some(strictest) = current.iter().min_by_key(rank) else { continue };
        if (strictest.outcome, &strictest.reason, &strictest.rule) != (last.outcome, &last.reason, &last.rule) {
            last = Change { at, ..strictest.clone() };
            changes.push(last.clone());
        }
    }
    changes
}
