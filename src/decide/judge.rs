//! The rules of one model and action, judged: what each came to, and what the strictest says.

use super::context::Stated;
use super::evidence::{Cause, Scene, Verdict};
use super::memo::Memo;
use super::truth::Truth;
use crate::attribute::AttributeId;
use crate::decision::Outcome;
use crate::program::{Candidates, Cell, Guarded, Lift, NodeId, NodeKind, Program, Test, TestId};
use crate::ruleset::model::{Effective, Exception, Licence, Proviso, Rule};
use crate::set::Set;
use crate::subject::Subject;
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
    candidates: Candidates,
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
    const SUBJECT: Self = Self(0);

    /// Its place in the chain; none: the person served.
    pub(crate) const fn place(self) -> Option<usize> {
        self.0.checked_sub(1)
    }
}

/// What one exception came to.
pub(crate) struct Tried<'a> {
    pub(crate) exception: &'a Exception,
    pub(crate) lift: &'a Lift,
    /// The licence that it rests on, if it needs one, or why it does not lift.
    pub(crate) result: Result<Option<usize>, Failed>,
}

/// Why an exception does not lift: the nearer to applying, the greater.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
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
    /// Its condition is false.
    Condition,
    /// There is no licence, or its holder is somebody else.
    Holder,
    /// The licence is for other models.
    LicenceModel,
    /// The licence is for other actions.
    LicenceAction,
    /// The licence is for other purposes.
    EndUse,
    /// Its condition, or who holds the licence, is not known.
    Open(Cause),
    /// The licence is held and not valid yet.
    LicenceNotYet,
    /// The licence is held and has expired.
    LicenceOver,
    /// The licence was revoked.
    Revoked,
    /// A proviso is not satisfied, or no longer.
    Proviso,
    /// It is for this person, and this one of the things that it asks for does not hold.
    Provided(usize),
}

impl<'a> Question<'a> {
    pub(crate) fn new(program: &'a Program, subject: &'a Subject, context: &'a Stated, now: Instant) -> Self {
        let scene = Scene { program, subject, context, now, party: None };
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
            if !findings.iter().any(|known| known.rule.id == finding.rule.id && known.party == finding.party) {
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

    /// The parties that a rule judges, as far as the request has them.
    fn parties(&self, rule: &Rule) -> impl Iterator<Item = Party> {
        let all = rule.parties.contains("all");
        let subject = rule.parties.is_empty() || all || rule.parties.contains("subject");
        let chain = self.context.parties().iter().enumerate();
        let named = chain.filter(move |(_, (role, _))| all || rule.parties.contains(role.as_str()));
        let named = named.map(|(place, _)| Party(place.saturating_add(1)));
        subject.then_some(Party::SUBJECT).into_iter().chain(named)
    }

    /// The role of a party of the chain.
    pub(crate) fn role(&self, party: Party) -> Option<&'a str> {
        party.place().and_then(|place| self.context.parties().get(place)).map(|(role, _)| role.as_str())
    }

    fn scene(&self, party: Party) -> Scene<'a> {
        let name = party.place().and_then(|place| self.context.parties().get(place)).map(|(_, name)| name.as_str());
        Scene { program: self.program, subject: self.subject, context: self.context, now: self.now, party: name }
    }

    /// What a rule in force comes to; `None` where its condition is false.
    fn finding(&self, rule: &'a Rule, guarded: &'a Guarded, party: Party, cell: Cell) -> Option<Finding<'a>> {
        let Verdict { truth, cause } = self.node(guarded.when, party);
        if truth == Truth::False || rule.absence_clears && self.nothing_speaks_of(guarded.when, party) {
            return None;
        }
        let exceptions = rule.unless.iter().zip(&guarded.exceptions).map(|(exception, lift)| Tried {
            exception,
            lift,
            result: self.try_lift(exception, lift, party, cell),
        });
        let enforced = !rule.effective.not_enforced.iter().any(|window| window.contains(self.now));
        let exceptions = exceptions.collect();
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

    fn try_lift(&self, exception: &Exception, lift: &Lift, party: Party, cell: Cell) -> Result<Option<usize>, Failed> {
        let (model, action) = self.program.positions(cell);
        if !self.program.lifts_model(lift, model) {
            return Err(Failed::Model);
        }
        if !self.program.lifts_action(lift, action) {
            return Err(Failed::Action);
        }
        in_force(&exception.effective, self.now)?;
        self.holds(lift.when, party, Failed::Condition)?;
        let licence = lift.wallet.map(|wallet| self.find_licence(wallet, party, cell)).transpose()?;
        for (position, node) in lift.provided.iter().enumerate() {
            self.holds(*node, party, Failed::Provided(position)).map_err(|_| Failed::Provided(position))?;
        }
        Ok(licence)
    }

    /// The licence that serves; of several that do not, why the one that is nearest to it does not.
    fn find_licence(&self, wallet: usize, party: Party, cell: Cell) -> Result<usize, Failed> {
        let Some(wallet) = self.program.wallet(wallet) else { return Err(Failed::Holder) };
        let mut nearest = Failed::Holder;
        let mut look = |position: usize| match self.licence_serves(position, party, cell) {
            Ok(()) => Some(position),
            Err(failed) => {
                nearest = nearest.max(failed);
                None
            }
        };
        let ids = self.subject.ids();
        // Nobody has signed in: whoever the holder of one that would serve is, it is not known to be this person.
        let found = if ids.is_empty() {
            let one = wallet.iter().find(|position| self.could_serve(*position, party, cell));
            one.or_else(|| wallet.iter().next()).and_then(&mut look)
        } else {
            wallet.held_by(ids).find_map(look)
        };
        found.ok_or(nearest)
    }

    fn licence_serves(&self, position: usize, party: Party, cell: Cell) -> Result<(), Failed> {
        let (licence, grant) = self.program.licence(position).ok_or(Failed::Holder)?;
        let holder = self.holds(grant.holder, party, Failed::Holder);
        if holder == Err(Failed::Holder) {
            return holder;
        }
        let (model, action) = self.program.positions(cell);
        // Who the holder is does not matter where the licence is for something else.
        if !grant.covers_model(model) {
            return Err(Failed::LicenceModel);
        }
        if !grant.covers_action(action) {
            return Err(Failed::LicenceAction);
        }
        let end_use = grant.end_uses.map_or(Ok(()), |node| self.holds(node, party, Failed::EndUse));
        if end_use == Err(Failed::EndUse) {
            return end_use;
        }
        holder?;
        end_use?;
        licence_in_force(licence, self.now)
    }

    /// Whether a licence would serve if its holder were this person: nothing else that is known keeps it from it.
    pub(crate) fn could_serve(&self, position: usize, party: Party, cell: Cell) -> bool {
        self.program.licence(position).is_some_and(|(licence, grant)| {
            let (model, action) = self.program.positions(cell);
            grant.covers_model(model)
                && grant.covers_action(action)
                && grant.end_uses.is_none_or(|node| self.node(node, party).truth != Truth::False)
                && licence_in_force(licence, self.now).is_ok()
        })
    }

    fn holds(&self, node: NodeId, party: Party, failed: Failed) -> Result<(), Failed> {
        match self.node(node, party) {
            Verdict { truth: Truth::True, .. } => Ok(()),
            Verdict { truth: Truth::False, .. } => Err(failed),
            Verdict { cause, .. } => Err(Failed::Open(cause.unwrap_or(Cause::Missing))),
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

impl Finding<'_> {
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
    pub(crate) fn lifted_by(&self) -> Option<&Tried<'_>> {
        self.exceptions.iter().filter(|tried| tried.result.is_ok()).min_by_key(|tried| &tried.exception.id)
    }

    /// The exception that came nearest to applying, where it was meant for this person and something else failed.
    pub(crate) fn nearest(&self) -> Option<(&Tried<'_>, Failed)> {
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

impl Failed {
    /// Stable code.
    pub(crate) fn code(self, exception: &Exception) -> &str {
        match self {
            Self::Model => "exception.model",
            Self::Action => "exception.action",
            Self::NotYet => "exception.not_yet",
            Self::Over => "exception.over",
            Self::Suspended => "exception.suspended",
            Self::Condition => "exception.condition",
            Self::Holder => "licence.holder",
            Self::LicenceModel => "licence.model",
            Self::LicenceAction => "licence.action",
            Self::EndUse => "licence.end_use",
            Self::LicenceNotYet => "licence.not_yet_valid",
            Self::LicenceOver => "licence.expired",
            Self::Revoked => "licence.revoked",
            Self::Proviso => "licence.proviso",
            Self::Open(cause) => cause.code(),
            Self::Provided(position) => {
                exception.provided.get(position).map_or("exception.condition", |item| &item.reason)
            }
        }
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

pub(crate) fn in_force(effective: &Effective, now: Instant) -> Result<(), Failed> {
    if effective.window.is_before(now) {
        return Err(Failed::NotYet);
    }
    if effective.window.is_over(now) || effective.lifted.is_some_and(|lifted| now >= lifted) {
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
        return Err(Failed::LicenceNotYet);
    }
    if licence.window.is_over(now) {
        return Err(Failed::LicenceOver);
    }
    let kept = |proviso: &Proviso| proviso.satisfied && proviso.until.is_none_or(|until| now < until);
    if !licence.provisos.iter().all(kept) {
        return Err(Failed::Proviso);
    }
    Ok(())
}

/// Tells the instants at which time alone could change what the rules of some cells come to; some more than once.
pub(crate) fn boundaries(question: &Question<'_>, cells: &[Cell], tell: &mut dyn FnMut(Instant)) {
    let scene = question.scene(Party::SUBJECT);
    // What the sieve passed over stays so until the evidence that it looked at changes.
    for family in question.program.sieve().families() {
        scene.evidence_boundaries(family.attribute, &family.policy, tell);
    }
    let mut watched: Set<(Party, u32)> = Set::default();
    for position in question.program.sieve().in_any_scope(cells, &question.candidates) {
        let Some((rule, guarded)) = question.program.rule(position) else { continue };
        if rule.effective.window.is_over(question.now) {
            continue;
        }
        effective_boundaries(&rule.effective, tell);
        for (exception, lift) in rule.unless.iter().zip(&guarded.exceptions) {
            effective_boundaries(&exception.effective, tell);
            let Some(wallet) = lift.wallet.and_then(|wallet| question.program.wallet(wallet)) else { continue };
            let mut look = |position: usize| {
                let Some((licence, grant)) = question.program.licence(position) else { return };
                licence.window.boundaries().chain(licence.revoked).for_each(&mut *tell);
                licence.provisos.iter().filter_map(|proviso| proviso.until).for_each(&mut *tell);
                let mut tests = Set::default();
                question.program.conditions().tests_of(grant.holder, &mut tests);
                for test in tests.iter().filter_map(|test| question.test_of(*test)) {
                    for party in question.parties(rule) {
                        question.scene(party).evidence_boundaries(test.attribute, &test.policy, tell);
                    }
                }
            };
            // Of nobody who has signed in, any licence could be: the needs name those that would serve.
            match question.subject.ids() {
                [] => wallet.iter().for_each(look),
                ids => wallet.held_by(ids).for_each(&mut look),
            }
        }
        for party in question.parties(rule) {
            for &watch in guarded.watches.as_slice() {
                if watched.insert((party, watch))
                    && let Some(watch) = question.program.conditions().watch(watch)
                {
                    question.scene(party).evidence_boundaries(watch.attribute, &watch.policy, tell);
                    watch.changes.iter().copied().for_each(&mut *tell);
                }
            }
        }
    }
}

/// Tells the instants after now at which notice of a rule of some cells is given.
pub(crate) fn notices(question: &Question<'_>, cells: &[Cell], tell: &mut dyn FnMut(Instant)) {
    for position in question.program.sieve().in_any_scope(cells, &question.candidates) {
        let Some((rule, _)) = question.program.rule(position) else { continue };
        rule.effective.notice.into_iter().filter(|notice| *notice > question.now).for_each(&mut *tell);
    }
}

fn effective_boundaries(effective: &Effective, tell: &mut dyn FnMut(Instant)) {
    effective.window.boundaries().chain(effective.lifted).for_each(&mut *tell);
    let windows = effective.suspended.iter().chain(&effective.not_enforced);
    windows.flat_map(|window| window.boundaries()).for_each(tell);
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
