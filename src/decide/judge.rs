//! The rules of one model and action, judged: what each came to, and what the strictest says.

use super::evidence::{self, Cause, Stated, Verdict};
use super::truth::Truth;
use crate::attribute::AttributeId;
use crate::decision::Outcome;
use crate::program::{Cell, Guarded, Lift, NodeId, NodeKind, Program, Test, TestId};
use crate::ruleset::model::{Effective, Licence, Rule};
use crate::set::Set;
use crate::subject::Subject;
use crate::time::Instant;
use std::cell::RefCell;
use std::cmp::Reverse;
use std::collections::BTreeMap;

/// Who asks, from where, and when. Remembers what each condition came to, for one request.
pub(crate) struct Question<'a> {
    pub(crate) program: &'a Program,
    pub(crate) subject: &'a Subject,
    pub(crate) context: &'a Stated,
    pub(crate) now: Instant,
    /// Rules that begin later, and of which notice is given later than this, are not spoken of.
    announced: Instant,
    issuers: Vec<&'a str>,
    tests: RefCell<Vec<Option<Verdict>>>,
    nodes: RefCell<Vec<Option<Verdict>>>,
}

/// What the rules of one cell came to.
pub(crate) struct Judgement<'a> {
    pub(crate) cell: Cell,
    pub(crate) outcome: Outcome,
    /// Position in `findings` of the one that governs; none where the default does.
    pub(crate) governing: Option<usize>,
    /// The rules that apply, might apply, or were lifted: strictest first, then by id.
    pub(crate) findings: Vec<Finding<'a>>,
    /// With `degrade`: what is served; with `step_up`: what may be meanwhile.
    pub(crate) instead: Option<Cell>,
}

/// What one rule came to.
pub(crate) struct Finding<'a> {
    pub(crate) rule: &'a Rule,
    pub(crate) guarded: &'a Guarded,
    pub(crate) truth: Truth,
    pub(crate) cause: Option<Cause>,
    /// What it contributes.
    pub(crate) outcome: Outcome,
    pub(crate) exceptions: Vec<Tried<'a>>,
}

/// What one exception came to.
pub(crate) struct Tried<'a> {
    pub(crate) lift: &'a Lift,
    pub(crate) result: Result<(), Failed>,
}

/// Why an exception does not lift.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Failed {
    /// Not for this model.
    Model,
    /// Not for this action.
    Action,
    /// Not in force yet.
    NotYet,
    /// No longer in force.
    Over,
    /// Suspended.
    Suspended,
    /// Revoked.
    Revoked,
    /// A proviso is not satisfied, or no longer.
    Proviso,
    /// Its condition is false.
    Condition,
    /// Its condition is not known.
    Open(Cause),
}

impl<'a> Question<'a> {
    pub(crate) fn new(program: &'a Program, subject: &'a Subject, context: &'a Stated, now: Instant) -> Self {
        Self {
            program,
            subject,
            context,
            now,
            announced: now,
            issuers: program.issuers().iter().map(|issuer| issuer.id.as_str()).collect(),
            tests: RefCell::new(vec![None; program.conditions().test_count()]),
            nodes: RefCell::new(vec![None; program.conditions().node_count()]),
        }
    }

    /// The same question at another instant, as far as it can be told today.
    pub(crate) fn at(&self, now: Instant) -> Self {
        Self { announced: self.announced, ..Self::new(self.program, self.subject, self.context, now) }
    }

    /// Judges one cell, and the cells that it falls back to.
    pub(crate) fn judge(&self, cell: Cell) -> Judgement<'a> {
        self.judge_without(cell, &Set::default())
    }

    /// `visited`: the cells on the way here; a fallback that leads back to one of them is none.
    fn judge_without(&self, cell: Cell, visited: &Set<Cell>) -> Judgement<'a> {
        let mut findings: Vec<Finding<'a>> = self
            .program
            .rules_of(cell)
            .filter(|(_, rule, _)| in_force(&rule.effective, self.now).is_ok() && self.is_announced(rule))
            .filter_map(|(_, rule, guarded)| self.finding(rule, guarded, cell))
            .collect();
        let certain = findings.iter().filter(|finding| finding.applies()).map(|finding| finding.rule.outcome.outcome);
        let strictest = certain.max();
        for finding in &mut findings {
            finding.outcome = finding.contribution(strictest);
        }
        let findings = strictest_first(findings);
        let default = self.program.ruleset().default;
        let (outcome, governing) = match findings.first() {
            Some(first) if first.outcome > Outcome::Allow => (first.outcome, Some(0)),
            // A grant that applies, which a default that restricts would otherwise hold back.
            _ if strictest.is_some() => (Outcome::Allow, findings.iter().position(|finding| finding.applies())),
            // A grant that might apply: evidence could turn the default.
            _ if default > Outcome::Allow && findings.iter().any(Finding::is_open_grant) => {
                (Outcome::StepUp, findings.iter().position(Finding::is_open_grant))
            }
            _ if default > Outcome::Allow => (default, None),
            _ => (Outcome::Allow, findings.iter().position(Finding::is_lifted)),
        };
        let judgement = Judgement { cell, outcome, governing, findings, instead: None };
        self.with_instead(judgement, visited)
    }

    /// Settles what is served instead. A fallback that is itself not allowed is no fallback.
    fn with_instead(&self, mut judgement: Judgement<'a>, visited: &Set<Cell>) -> Judgement<'a> {
        if !matches!(judgement.outcome, Outcome::Degrade | Outcome::StepUp) {
            return judgement;
        }
        let mut visited = visited.clone();
        visited.insert(judgement.cell);
        // Of several, the least capable: it is the one that every rule's author had in mind at most.
        let named = judgement.findings.iter().filter(|finding| finding.outcome == judgement.outcome);
        let named: Set<Cell> = named.filter_map(|finding| self.named_instead(finding, judgement.cell)).collect();
        let Some(&cell) = named.as_slice().last() else { return judgement };
        let inner = (!visited.contains(&cell)).then(|| self.judge_without(cell, &visited));
        match (judgement.outcome, inner) {
            (_, Some(inner)) if inner.outcome == Outcome::Allow => judgement.instead = Some(cell),
            (_, Some(inner)) if inner.outcome == Outcome::Degrade => judgement.instead = inner.instead,
            (Outcome::Degrade, Some(inner)) => return self.stricter(judgement, inner),
            (Outcome::Degrade, None) => judgement.outcome = Outcome::Deny,
            _ => {}
        }
        judgement
    }

    /// What a degrade comes to whose fallback is not to be had: the fallback's own outcome, for its own reasons.
    fn stricter(&self, outer: Judgement<'a>, inner: Judgement<'a>) -> Judgement<'a> {
        let mut findings = inner.findings;
        for finding in outer.findings {
            if !findings.iter().any(|known| known.rule.id == finding.rule.id) {
                findings.push(finding);
            }
        }
        Judgement { cell: outer.cell, findings, ..Judgement { findings: Vec::new(), ..inner } }
    }

    fn named_instead(&self, finding: &Finding<'a>, cell: Cell) -> Option<Cell> {
        let named = &finding.rule.outcome;
        if named.model.is_none() && named.action.is_none() {
            return None;
        }
        let (model, action) = self.program.positions(cell);
        let model = named.model.as_ref().map_or(Some(model), |id| self.program.model_position(id))?;
        let action = named.action.as_ref().map_or(Some(action), |name| self.program.action_position(name))?;
        Some(self.program.cell(model, action))
    }

    /// Whether a rule may be spoken of: notice of it was given, or it is in force already, notice or not.
    fn is_announced(&self, rule: &Rule) -> bool {
        let given = rule.effective.notice.is_none_or(|notice| notice <= self.announced);
        given || in_force(&rule.effective, self.announced).is_ok()
    }

    /// What a rule in force comes to; `None` where its condition is false.
    fn finding(&self, rule: &'a Rule, guarded: &'a Guarded, cell: Cell) -> Option<Finding<'a>> {
        let Verdict { truth, cause } = self.node(guarded.when);
        if truth == Truth::False {
            return None;
        }
        let exceptions = guarded.exceptions.iter().map(|lift| Tried { lift, result: self.try_lift(lift, cell) });
        Some(Finding { rule, guarded, truth, cause, outcome: Outcome::Allow, exceptions: exceptions.collect() })
    }

    fn try_lift(&self, lift: &Lift, cell: Cell) -> Result<(), Failed> {
        let (model, action) = self.program.positions(cell);
        if !lift.covers_model(model) {
            return Err(Failed::Model);
        }
        if !lift.covers_action(action) {
            return Err(Failed::Action);
        }
        match lift.licence.and_then(|position| self.program.licence(position)) {
            Some(licence) => licence_in_force(licence, self.now)?,
            None => in_force(&lift.effective, self.now)?,
        }
        match self.node(lift.when) {
            Verdict { truth: Truth::True, .. } => Ok(()),
            Verdict { truth: Truth::False, .. } => Err(Failed::Condition),
            Verdict { cause, .. } => Err(Failed::Open(cause.unwrap_or(Cause::Missing))),
        }
    }

    pub(crate) fn node(&self, id: NodeId) -> Verdict {
        let position = id.position();
        if let Some(Some(known)) = self.nodes.borrow().get(position) {
            return known.clone();
        }
        let verdict = match self.program.conditions().node(id) {
            Some(NodeKind::Test(test)) => self.test(*test),
            Some(NodeKind::Not(part)) => {
                let inner = self.node(*part);
                Verdict { truth: inner.truth.not(), ..inner }
            }
            Some(NodeKind::All(parts)) => self.combined(parts, |truths| Truth::all(truths)),
            Some(NodeKind::Any(parts)) => self.combined(parts, |truths| Truth::any(truths)),
            None => Verdict { truth: Truth::Unknown, cause: None },
        };
        if let Some(slot) = self.nodes.borrow_mut().get_mut(position) {
            *slot = Some(verdict.clone());
        }
        verdict
    }

    fn combined(&self, parts: &[NodeId], join: fn(&mut dyn Iterator<Item = Truth>) -> Truth) -> Verdict {
        let verdicts: Vec<Verdict> = parts.iter().map(|part| self.node(*part)).collect();
        let truth = join(&mut verdicts.iter().map(|verdict| verdict.truth));
        // Only the parts that leave it open say why.
        let open = verdicts.iter().filter(|verdict| !truth.is_known() && verdict.truth == truth);
        Verdict { truth, cause: open.filter_map(|verdict| verdict.cause).max() }
    }

    pub(crate) fn test(&self, id: TestId) -> Verdict {
        if let Some(Some(known)) = self.tests.borrow().get(id.position()) {
            return known.clone();
        }
        let Some(test) = self.test_of(id) else { return Verdict { truth: Truth::Unknown, cause: None } };
        let verdict = evidence::test(test, self.subject, self.context, &self.issuers, self.now);
        if let Some(slot) = self.tests.borrow_mut().get_mut(id.position()) {
            *slot = Some(verdict.clone());
        }
        verdict
    }

    pub(crate) fn test_of(&self, id: TestId) -> Option<&'a Test> {
        self.program.conditions().test(id)
    }
}

impl Finding<'_> {
    /// Its condition holds and nothing lifts it.
    pub(crate) fn applies(&self) -> bool {
        self.truth == Truth::True && !self.is_lifted()
    }

    pub(crate) fn is_lifted(&self) -> bool {
        self.exceptions.iter().any(|tried| tried.result.is_ok())
    }

    fn is_open_grant(&self) -> bool {
        self.rule.outcome.outcome == Outcome::Allow && !self.truth.is_known() && !self.is_lifted()
    }

    /// What it adds to the outcome, given the strictest of the rules that certainly apply.
    fn contribution(&self, strictest: Option<Outcome>) -> Outcome {
        if self.is_lifted() {
            return Outcome::Allow;
        }
        let own = self.rule.outcome.outcome;
        if self.truth == Truth::True {
            return own;
        }
        // Whichever way an open rule turns out, one that is no stricter than what applies cannot matter.
        if strictest.is_some_and(|strictest| own <= strictest) || own == Outcome::Allow {
            return Outcome::Allow;
        }
        Outcome::StepUp
    }
}

impl Failed {
    /// Stable code.
    pub(crate) const fn code(self, licence: bool) -> &'static str {
        match (self, licence) {
            (Self::Model, true) => "licence.model",
            (Self::Action, true) => "licence.action",
            (Self::NotYet, true) => "licence.not_yet_valid",
            (Self::Over, true) => "licence.expired",
            (Self::Suspended, true) => "licence.suspended",
            (Self::Revoked, _) => "licence.revoked",
            (Self::Proviso, _) => "licence.proviso",
            (Self::Condition, true) => "licence.holder",
            (Self::Model, false) => "exception.model",
            (Self::Action, false) => "exception.action",
            (Self::NotYet, false) => "exception.not_yet",
            (Self::Over, false) => "exception.over",
            (Self::Suspended, false) => "exception.suspended",
            (Self::Condition, false) => "exception.condition",
            (Self::Open(cause), _) => cause.code(),
        }
    }
}

/// Strictest first, then those that certainly apply, then by id: an order that no order of rules changes.
fn strictest_first(findings: Vec<Finding<'_>>) -> Vec<Finding<'_>> {
    let mut sorted = BTreeMap::new();
    for finding in findings {
        sorted.insert((Reverse(finding.outcome), finding.truth != Truth::True, &finding.rule.id), finding);
    }
    sorted.into_values().collect()
}

fn in_force(effective: &Effective, now: Instant) -> Result<(), Failed> {
    if effective.window.is_before(now) {
        return Err(Failed::NotYet);
    }
    if effective.window.is_over(now) {
        return Err(Failed::Over);
    }
    if effective.suspended.iter().any(|window| window.contains(now)) {
        return Err(Failed::Suspended);
    }
    Ok(())
}

fn licence_in_force(licence: &Licence, now: Instant) -> Result<(), Failed> {
    if licence.revoked.is_some_and(|revoked| now >= revoked) {
        return Err(Failed::Revoked);
    }
    if licence.window.is_before(now) {
        return Err(Failed::NotYet);
    }
    if licence.window.is_over(now) {
        return Err(Failed::Over);
    }
    let kept =
        |proviso: &crate::ruleset::model::Proviso| proviso.satisfied && proviso.until.is_none_or(|until| now < until);
    if !licence.provisos.iter().all(kept) {
        return Err(Failed::Proviso);
    }
    Ok(())
}

/// The instants after `now` at which time alone could change what a cell's rules come to.
pub(crate) fn boundaries(question: &Question<'_>, cell: Cell, found: &mut Set<Instant>) {
    let effective = |effective: &Effective, found: &mut Set<Instant>| {
        found.extend(effective.window.boundaries());
        found.extend(effective.suspended.iter().flat_map(|window| window.boundaries()));
    };
    for (_, rule, guarded) in question.program.rules_of(cell) {
        if rule.effective.window.is_over(question.now) {
            continue;
        }
        effective(&rule.effective, found);
        for lift in &guarded.exceptions {
            effective(&lift.effective, found);
            if let Some(licence) = lift.licence.and_then(|position| question.program.licence(position)) {
                found.extend(licence.window.boundaries());
                found.extend(licence.revoked);
                found.extend(licence.provisos.iter().filter_map(|proviso| proviso.until));
            }
        }
        for test in guarded.tests.iter().filter_map(|test| question.test_of(*test)) {
            evidence::boundaries(test, question.subject, found);
        }
    }
}

/// The attributes that the rules in force asked for: an exception is asked only where its rule might apply.
pub(crate) fn consulted(question: &Question<'_>, cell: Cell, found: &mut Set<AttributeId>) {
    let mut tests = Set::default();
    for (_, rule, guarded) in question.program.rules_of(cell) {
        if in_force(&rule.effective, question.now).is_err() {
            continue;
        }
        question.program.conditions().tests_of(guarded.when, &mut tests);
        if question.node(guarded.when).truth != Truth::False {
            tests.extend(guarded.tests.iter().copied());
        }
    }
    found.extend(tests.into_iter().filter_map(|test| question.test_of(test)).map(|test| test.attribute));
}
