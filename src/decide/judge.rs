//! The rules of one model and action, judged: what each came to, and what the strictest says.

use super::context::Stated;
use super::evidence::{Cause, Scene, Verdict};
use super::lift::{Failed, Tried, in_force};
use super::memo::Memo;
use super::truth::Truth;
use crate::attribute::AttributeId;
use crate::decision::Outcome;
use crate::program::{Candidates, Cell, Guarded, NodeId, NodeKind, Program, Test, TestId};
use crate::ruleset::model::Rule;
use crate::set::Set;
use crate::subject::{Link, Subject, Weight};
use crate::time::Instant;
use std::cell::RefCell;
use std::cmp::Reverse;

/// Who asks, from where, and when. Remembers what each condition came to, for one request.
pub(crate) struct Question<'a> {
    pub(crate) program: &'a Program,
    pub(crate) subject: &'a Subject,
    pub(crate) context: &'a Stated,
    pub(crate) now: Instant,
    /// Rules that begin later, and of which notice is given later than this, are not spoken of.
    announced: Instant,
    /// The rules whose condition can be other than false.
    pub(super) candidates: Candidates,
    memo: RefCell<Memo>,
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

/// What one rule came to, for one of the parties that it judges.
pub(crate) struct Finding<'a> {
    pub(crate) rule: &'a Rule,
    pub(crate) guarded: &'a Guarded,
    pub(crate) party: Party,
    pub(crate) truth: Truth,
    pub(crate) cause: Option<Cause>,
    /// What it contributes.
    pub(crate) outcome: Outcome,
    /// In force, and the authority acts on it.
    pub(crate) enforced: bool,
    pub(crate) exceptions: Vec<Tried<'a>>,
}

/// Whom a rule judges: the person served, or one of the chain's parties.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Party(usize);

impl Party {
    pub(super) const SUBJECT: Self = Self(0);

    /// Its place in the chain; none: the person served.
    pub(crate) const fn place(self) -> Option<usize> {
        self.0.checked_sub(1)
    }
}

impl<'a> Question<'a> {
    pub(crate) fn new(program: &'a Program, subject: &'a Subject, context: &'a Stated, now: Instant) -> Self {
        let scene = Scene { program, subject, context, now, party: context.served() };
        let mut candidates = program.sieve().every_rule();
        for family in program.sieve().families() {
            if let Some(values) = scene.possible(family) {
                family.keep(&values, &mut candidates);
            }
        }
        Self { program, subject, context, now, announced: now, candidates, memo: RefCell::default() }
    }

    /// The same question at another instant, as far as it can be told today.
    pub(crate) fn at(&self, now: Instant) -> Self {
        Self { announced: self.announced, ..Self::new(self.program, self.subject, self.context, now) }
    }

    /// The rules that can matter to a cell.
    fn rules_of(&self, cell: Cell) -> impl Iterator<Item = (&'a Rule, &'a Guarded)> {
        let program = self.program;
        program.sieve().in_scope(cell, &self.candidates).filter_map(move |position| program.rule(position))
    }

    /// Judges one cell, and the cells that it falls back to.
    pub(crate) fn judge(&self, cell: Cell) -> Judgement<'a> {
        self.judge_without(cell, &Set::default())
    }

    /// Whether a cell is allowed, which mostly one rule settles.
    pub(crate) fn allows(&self, cell: Cell) -> bool {
        let mut granted = self.program.ruleset().default.outcome == Outcome::Allow;
        for (rule, guarded) in self.rules_of(cell) {
            // A grant that nothing needs changes nothing.
            if granted && rule.outcome.outcome == Outcome::Allow || !self.is_heard(rule) {
                continue;
            }
            for party in self.parties(rule) {
                let Some(finding) = self.finding(rule, guarded, party, cell) else { continue };
                if finding.is_lifted() || !finding.enforced {
                    continue;
                }
                if rule.outcome.outcome > Outcome::Allow {
                    // It applies, or it might, and evidence would have to settle that first.
                    return false;
                }
                granted |= finding.truth == Truth::True;
            }
        }
        granted
    }

    /// In force, and to be spoken of.
    fn is_heard(&self, rule: &Rule) -> bool {
        in_force(&rule.effective, self.now).is_ok() && self.is_announced(rule)
    }

    /// Of the rules in force, those that nothing lifts, for each party that they judge.
    #[cfg(feature = "author")]
    pub(super) fn judged(&self, cell: Cell) -> Vec<super::Judged> {
        let mut judged = Vec::new();
        for position in self.program.sieve().in_scope(cell, &self.candidates) {
            let Some((rule, guarded)) = self.program.rule(position).filter(|(rule, _)| self.is_heard(rule)) else {
                continue;
            };
            for party in self.parties(rule) {
                let Some(finding) = self.finding(rule, guarded, party, cell) else { continue };
                if finding.enforced && !finding.is_lifted() {
                    let party = self.link(party).cloned();
                    judged.push(super::Judged { rule: position, party, applies: finding.truth == Truth::True });
                }
            }
        }
        judged
    }

    /// `visited`: the cells on the way here; a fallback that leads back to one of them is none.
    fn judge_without(&self, cell: Cell, visited: &Set<Cell>) -> Judgement<'a> {
        let mut findings: Vec<Finding<'a>> = Vec::new();
        for (rule, guarded) in self.rules_of(cell) {
            if self.is_heard(rule) {
                for party in self.parties(rule) {
                    findings.extend(self.finding(rule, guarded, party, cell));
                }
            }
        }
        let certain = findings.iter().filter(|finding| finding.applies()).map(|finding| finding.rule.outcome.outcome);
        let strictest = certain.max();
        for finding in &mut findings {
            finding.outcome = finding.contribution(strictest);
        }
        let findings = strictest_first(findings);
        let default = self.program.ruleset().default.outcome;
        let lifted = || findings.iter().position(Finding::is_lifted);
        let (outcome, governing) = match findings.first() {
            Some(first) if first.outcome > Outcome::Allow => (first.outcome, Some(0)),
            // A grant that applies, which a default that restricts would otherwise hold back.
            _ if strictest.is_some() && (default > Outcome::Allow || lifted().is_none()) => {
                (Outcome::Allow, findings.iter().position(|finding| finding.applies()))
            }
            // A grant that might apply: evidence could turn the default.
            _ if default > Outcome::Allow && findings.iter().any(Finding::is_open_grant) => {
                (Outcome::StepUp, findings.iter().position(Finding::is_open_grant))
            }
            _ if default > Outcome::Allow => (default, None),
            _ => (Outcome::Allow, lifted()),
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
        let named: Set<Cell> =
            named.filter_map(|finding| self.program.named_instead(finding.rule, judgement.cell)).collect();
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
            if !findings.iter().any(|known| known.rule.id == finding.rule.id && known.party == finding.party) {
                findings.push(finding);
            }
        }
        Judgement { cell: outer.cell, findings, ..Judgement { findings: Vec::new(), ..inner } }
    }

    /// Whether a rule may be spoken of: notice of it was given, or it is in force already, notice or not.
    fn is_announced(&self, rule: &Rule) -> bool {
        let given = rule.effective.notice.is_none_or(|notice| notice <= self.announced);
        given || in_force(&rule.effective, self.announced).is_ok()
    }

    /// The parties that a rule judges, as far as the request has them.
    pub(super) fn parties(&self, rule: &Rule) -> impl Iterator<Item = Party> {
        let all = rule.parties.contains("all");
        let subject = rule.parties.is_empty() || all || rule.parties.contains("subject");
        let chain = self.context.parties().iter().enumerate();
        // Actors that nobody vouches for (`act`, RFC 8693) are judged by rules that restrict and name them: what they are
        // can only make an answer stricter. So can a person who might be a party.
        let restricts = rule.outcome.outcome > Outcome::Allow;
        let named = chain.filter(move |(_, link)| {
            let named = rule.parties.contains(link.role.as_str());
            match link.weight {
                Weight::Full => named || all,
                Weight::Perhaps => (named || all) && restricts,
                Weight::Act => named && restricts,
            }
        });
        let named = named.map(|(place, _)| Party(place.saturating_add(1)));
        subject.then_some(Party::SUBJECT).into_iter().chain(named)
    }

    fn link(&self, party: Party) -> Option<&'a Link> {
        party.place().and_then(|place| self.context.parties().get(place))
    }

    /// The role of a party of the chain; none: the person served, or one whose role nobody states.
    pub(crate) fn role(&self, party: Party) -> Option<&'a str> {
        self.link(party).map(|link| link.role.as_str()).filter(|role| !role.is_empty())
    }

    pub(super) fn scene(&self, party: Party) -> Scene<'a> {
        let party = self.link(party).or_else(|| self.context.served());
        Scene { program: self.program, subject: self.subject, context: self.context, now: self.now, party }
    }

    /// What a rule in force comes to; `None` where its condition is false.
    fn finding(&self, rule: &'a Rule, guarded: &'a Guarded, party: Party, cell: Cell) -> Option<Finding<'a>> {
        let Verdict { mut truth, mut cause } = self.node(guarded.when, party);
        if truth == Truth::False || rule.absence_clears && self.nothing_speaks_of(guarded.when, party) {
            return None;
        }
        // Nothing that only `act` says lifts a rule, nor what a person shows who might be the party.
        let tried = self.link(party).is_none_or(|link| link.weight == Weight::Full);
        let exceptions = rule.unless.iter().zip(&guarded.exceptions).filter(|_| tried).map(|(exception, lift)| Tried {
            exception,
            lift,
            result: self.try_lift(exception, lift, party, cell),
        });
        let enforced = !rule.effective.not_enforced.iter().any(|window| window.contains(self.now));
        let exceptions: Vec<Tried<'a>> = exceptions.collect();
        // An exception that is open lifts nothing, and so must not leave a grant as it is: it might take it away.
        let is_grant = rule.outcome.outcome == Outcome::Allow && truth == Truth::True;
        if is_grant && exceptions.iter().all(|tried| tried.result.is_err()) {
            let doubts = exceptions.iter().filter(|tried| self.might_lift(tried.exception, tried.lift, party, cell));
            let causes = doubts.map(|doubt| match doubt.result {
                Err(Failed::Open(cause)) => cause,
                Err(Failed::Provided(place)) => {
                    let cause = doubt.lift.provided.get(place).and_then(|node| self.node(*node, party).cause);
                    cause.unwrap_or(Cause::Missing)
                }
                _ => Cause::Missing,
            });
            if let Some(doubt) = causes.max() {
                (truth, cause) = (Truth::Unknown, Some(doubt));
            }
        }
        Some(Finding { rule, guarded, party, truth, cause, outcome: Outcome::Allow, enforced, exceptions })
    }

    /// Whether a condition is open only because no evidence speaks of it, for better or worse.
    fn nothing_speaks_of(&self, when: NodeId, party: Party) -> bool {
        if self.node(when, party).truth != Truth::Unknown {
            return false;
        }
        let mut open = Vec::new();
        self.open_tests(when, party, &mut open);
        open.iter().all(|(_, cause)| cause.is_absence())
    }

    /// The tests that leave a condition open, and why each does.
    pub(crate) fn open_tests(&self, node: NodeId, party: Party, found: &mut Vec<(TestId, Cause)>) {
        let verdict = self.node(node, party);
        if verdict.truth.is_known() {
            return;
        }
        match self.program.conditions().node(node) {
            Some(NodeKind::Test(test)) => found.extend(verdict.cause.map(|cause| (*test, cause))),
            Some(NodeKind::Not(part)) => self.open_tests(*part, party, found),
            Some(NodeKind::All(parts) | NodeKind::Any(parts)) => {
                parts.iter().for_each(|part| self.open_tests(*part, party, found));
            }
            None => {}
        }
    }

    pub(crate) fn node(&self, id: NodeId, party: Party) -> Verdict {
        if let Some(known) = self.memo.borrow().get(id, party.0) {
            return known;
        }
        let verdict = match self.program.conditions().node(id) {
            Some(NodeKind::Test(test)) => self.test(*test, party),
            Some(NodeKind::Not(part)) => {
                let inner = self.node(*part, party);
                Verdict { truth: inner.truth.not(), ..inner }
            }
            Some(NodeKind::All(parts)) => self.combined(parts, party, Truth::True, Truth::and),
            Some(NodeKind::Any(parts)) => self.combined(parts, party, Truth::False, Truth::or),
            None => Verdict { truth: Truth::Unknown, cause: None },
        };
        self.memo.borrow_mut().put(id, party.0, verdict);
        verdict
    }

    /// Only the parts that leave it open say why.
    fn combined(&self, parts: &[NodeId], party: Party, neutral: Truth, join: fn(Truth, Truth) -> Truth) -> Verdict {
        let mut all = Verdict { truth: neutral, cause: None };
        for part in parts {
            let one = self.node(*part, party);
            let truth = join(all.truth, one.truth);
            let mut cause = None;
            for open in [all, one] {
                if !truth.is_known() && open.truth == truth {
                    cause = cause.max(open.cause);
                }
            }
            all = Verdict { truth, cause };
            if truth.is_known() && truth != neutral {
                break;
            }
        }
        all
    }

    pub(crate) fn test(&self, id: TestId, party: Party) -> Verdict {
        let test = self.program.conditions().test(id);
        test.map_or(Verdict { truth: Truth::Unknown, cause: None }, |test| self.scene(party).test(test))
    }

    pub(crate) fn test_of(&self, id: TestId) -> Option<&'a Test> {
        self.program.conditions().test(id)
    }
}

impl<'a> Finding<'a> {
    /// Its condition holds and nothing lifts it.
    pub(crate) fn applies(&self) -> bool {
        self.truth == Truth::True && self.enforced && !self.is_lifted()
    }

    pub(crate) fn is_lifted(&self) -> bool {
        self.exceptions.iter().any(|tried| tried.result.is_ok())
    }

    fn is_open_grant(&self) -> bool {
        self.rule.outcome.outcome == Outcome::Allow && !self.truth.is_known() && self.enforced && !self.is_lifted()
    }

    /// The exception that lifted, if one did; of several, the first by id.
    pub(crate) fn lifted_by(&self) -> Option<&Tried<'a>> {
        self.exceptions.iter().filter(|tried| tried.result.is_ok()).min_by_key(|tried| &tried.exception.id)
    }

    /// The exception that came nearest to applying, where it was meant for this person and something else failed.
    pub(crate) fn nearest(&self) -> Option<(&Tried<'a>, Failed)> {
        let failed = self.exceptions.iter().filter_map(|tried| Some((tried, tried.result.err()?)));
        let near = failed.filter(|(_, failed)| *failed >= Failed::LicenceNotYet);
        near.max_by_key(|(tried, failed)| (*failed, Reverse(&tried.exception.id)))
    }

    /// What it adds to the outcome, given the strictest of the rules that certainly apply.
    fn contribution(&self, strictest: Option<Outcome>) -> Outcome {
        if self.is_lifted() || !self.enforced {
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

/// Strictest first, then those that certainly apply, then by id, which is the order in which they come.
fn strictest_first(findings: Vec<Finding<'_>>) -> Vec<Finding<'_>> {
    let mut buckets: [Vec<Finding<'_>>; 10] = Default::default();
    for finding in findings {
        let strictness: usize = match finding.outcome {
            Outcome::Deny => 0,
            Outcome::Review => 2,
            Outcome::StepUp => 4,
            Outcome::Degrade => 6,
            Outcome::Allow => 8,
        };
        let place = if finding.truth == Truth::True { strictness } else { strictness | 1 };
        if let Some(bucket) = buckets.get_mut(place) {
            bucket.push(finding);
        }
    }
    buckets.into_iter().flatten().collect()
}

/// The attributes that the rules in force asked for: an exception is asked only where its rule might apply.
pub(crate) fn consulted(question: &Question<'_>, cell: Cell, found: &mut Set<AttributeId>) {
    for family in question.program.sieve().families() {
        found.insert(family.attribute);
    }
    for (rule, guarded) in question.rules_of(cell) {
        if in_force(&rule.effective, question.now).is_err() {
            continue;
        }
        let open = question.parties(rule).any(|party| question.node(guarded.when, party).truth != Truth::False);
        let asked = if open { &guarded.asks } else { &guarded.when_asks };
        found.extend(asked.iter().copied());
    }
}
