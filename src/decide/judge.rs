//! Judges the rules of one model and action: the result of each rule, and the outcome that governs.

use super::context::Stated;
use super::evidence::{Cause, Scene, Verdict};
use super::lift::{Failed, Tried, in_force};
use super::memo::Memo;
use super::truth::Truth;
use crate::attribute::{AttributeId, END_USER};
use crate::decision::Outcome;
use crate::program::{Candidates, Cell, Guarded, NodeId, NodeKind, Program, Test, TestId};
use crate::ruleset::model::Rule;
use crate::set::Set;
use crate::subject::{Link, Subject, Weight};
use crate::time::Instant;
use std::cell::RefCell;
use std::cmp::Reverse;

/// The person, the request's context and the instant. Caches each condition's verdict for one request.
pub(crate) struct Question<'a> {
    pub(crate) program: &'a Program,
    pub(crate) subject: &'a Subject,
    pub(crate) context: &'a Stated,
    pub(crate) now: Instant,
    /// Future rules whose notice date is after this instant are not announced.
    announced: Instant,
    /// The rules whose condition can be other than false.
    pub(super) candidates: Candidates,
    memo: RefCell<Memo>,
}

/// The result of the rules of one cell.
pub(crate) struct Judgement<'a> {
    pub(crate) cell: Cell,
    pub(crate) outcome: Outcome,
    /// Index in `findings` of the governing one. `None` if the default governs.
    pub(crate) governing: Option<usize>,
    /// The rules that apply, might apply, or were lifted: strictest first, then by id.
    pub(crate) findings: Vec<Finding<'a>>,
    /// With `degrade`, the model and action to serve. With `step_up`, those that may be served meanwhile.
    pub(crate) instead: Option<Cell>,
    /// The models and actions whose rules were judged: the one asked for, and the fallbacks.
    pub(crate) cells: Set<Cell>,
}

/// The cells judged so far, each with the cell that is served for it. `None` while it is being judged, so that circular
/// fallbacks serve nothing.
type Served = Vec<(Cell, Option<Cell>)>;

/// How strict a rule is. The less capable of two fallbacks is the stricter.
type Rank = (Outcome, Option<Cell>);

/// The result of one rule for one of the parties that it judges.
pub(crate) struct Finding<'a> {
    pub(crate) rule: &'a Rule,
    pub(crate) guarded: &'a Guarded,
    pub(crate) party: Party,
    pub(crate) truth: Truth,
    pub(crate) cause: Option<Cause>,
    /// The outcome that it contributes.
    pub(crate) outcome: Outcome,
    /// The authority enforces the rule now.
    pub(crate) enforced: bool,
    pub(crate) exceptions: Vec<Tried<'a>>,
}

/// The party that a rule judges: the person served, or a party of the chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Party(usize);

impl Party {
    pub(super) const SUBJECT: Self = Self(0);

    /// Its index in the chain. `None` if that is the person served.
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

    /// The same question at another instant, as far as it can be foreseen today.
    pub(crate) fn at(&self, now: Instant) -> Self {
        Self { announced: self.announced, ..Self::new(self.program, self.subject, self.context, now) }
    }

    /// The rules that can matter for a cell.
    fn rules_of(&self, cell: Cell) -> impl Iterator<Item = (&'a Rule, &'a Guarded)> {
        let program = self.program;
        program.sieve().in_scope(cell, &self.candidates).filter_map(move |position| program.rule(position))
    }

    /// Judges one cell, and the cells to which it falls back.
    pub(crate) fn judge(&self, cell: Cell) -> Judgement<'a> {
        let mut served = Served::new();
        let judgement = self.judge_among(cell, &mut served);
        Judgement { cells: served.into_iter().map(|(cell, _)| cell).collect(), ..judgement }
    }

    /// True if a cell is allowed. One rule usually settles it.
    pub(crate) fn allows(&self, cell: Cell) -> bool {
        let mut granted = self.program.ruleset().default.outcome == Outcome::Allow;
        let mut findings = Vec::new();
        for (rule, guarded) in self.rules_of(cell) {
            // A grant that is not needed changes nothing.
            if granted && rule.outcome.outcome == Outcome::Allow || !self.is_heard(rule) {
                continue;
            }
            let relief = self.find(rule, guarded, cell, &mut findings);
            if findings.iter().any(Finding::restricts) {
                // The rule applies, or might apply until evidence settles it.
                return false;
            }
            findings.clear();
            granted |= relief == Truth::True;
        }
        granted
    }

    /// True if the rule is in force and announced.
    fn is_heard(&self, rule: &Rule) -> bool {
        in_force(&rule.effective, self.now).is_ok() && self.is_announced(rule)
    }

    /// The rules in force that are not lifted, for each party that they judge.
    #[cfg(feature = "author")]
    pub(super) fn judged(&self, cell: Cell) -> Vec<super::Judged> {
        let mut judged = Vec::new();
        for position in self.program.sieve().in_scope(cell, &self.candidates) {
            let Some((rule, guarded)) = self.program.rule(position).filter(|(rule, _)| self.is_heard(rule)) else {
                continue;
            };
            let mut findings = Vec::new();
            let relief = self.find(rule, guarded, cell, &mut findings);
            for finding in findings.iter().filter(|finding| finding.enforced && !finding.is_lifted()) {
                let party = self.link(finding.party).cloned();
                judged.push(super::Judged { rule: position, party, applies: finding.truth == Truth::True, relief });
            }
        }
        judged
    }

    fn judge_among(&self, cell: Cell, served: &mut Served) -> Judgement<'a> {
        let place = served.len();
        served.push((cell, None));
        let mut findings: Vec<Finding<'a>> = Vec::new();
        let default = self.program.ruleset().default.outcome;
        let mut relief = if default > Outcome::Allow { Truth::False } else { Truth::True };
        for (rule, guarded) in self.rules_of(cell) {
            if self.is_heard(rule) {
                let found = self.find(rule, guarded, cell, &mut findings);
                // If open rules would refuse too, a default that refuses does so however they turn out.
                if found == Truth::True || rule.outcome.outcome <= Outcome::StepUp {
                    relief = relief.or(found);
                }
            }
        }
        // If the default may apply, less strict rules settle nothing.
        let least = if relief == Truth::True { Outcome::Allow } else { default };
        let certain = findings.iter().filter(|finding| finding.applies());
        let strictest = certain.map(|finding| self.rank(finding, cell)).filter(|(outcome, _)| *outcome >= least).max();
        for finding in &mut findings {
            finding.outcome = self.contribution(finding, cell, strictest);
        }
        let findings = strictest_first(findings);
        let first = findings.first().map_or(Outcome::Allow, |first| first.outcome);
        let (outcome, governing) = match relief {
            // Nothing overrides the default.
            Truth::False if first >= default => (first, Some(0)),
            Truth::False => (default, None),
            // Something might override the default: evidence could settle it.
            Truth::Unknown | Truth::Conflict if first >= Outcome::StepUp => (first, Some(0)),
            Truth::Unknown | Truth::Conflict => {
                (Outcome::StepUp, findings.iter().position(|finding| finding.is_open_grant()))
            }
            Truth::True if first > Outcome::Allow => (first, Some(0)),
            Truth::True => {
                let lifted = || findings.iter().position(Finding::is_lifted);
                let granted = || findings.iter().position(Finding::applies);
                let governing = if default > Outcome::Allow { granted() } else { lifted().or_else(granted) };
                (Outcome::Allow, governing)
            }
        };
        let judgement = Judgement { cell, outcome, governing, findings, instead: None, cells: Set::default() };
        let judgement = self.with_instead(judgement, strictest, relief, served);
        if let Some((_, known)) = served.get_mut(place) {
            *known = judgement.served();
        }
        judgement
    }

    /// Settles what is served instead: the least capable fallback of the rules that apply or might apply. A rule
    /// without a fallback has nothing served. A fallback that is itself not allowed cannot be served.
    fn with_instead(
        &self,
        mut judgement: Judgement<'a>,
        strictest: Option<Rank>,
        relief: Truth,
        served: &mut Served,
    ) -> Judgement<'a> {
        if !matches!(judgement.outcome, Outcome::Degrade | Outcome::StepUp) {
            return judgement;
        }
        // If no open rule applies, the default applies, which may serve nothing either.
        let mut nothing = relief != Truth::True;
        let (mut certain, mut open) = (None, Set::default());
        for finding in judgement.findings.iter().filter(|finding| finding.restricts()) {
            match self.program.named_instead(finding.rule, judgement.cell) {
                None => nothing = true,
                named if finding.truth == Truth::True => certain = certain.max(named),
                named => open.extend(named),
            }
        }
        let mut least = None;
        if let Some(cell) = certain {
            let degrades = strictest.is_some_and(|(outcome, _)| outcome == Outcome::Degrade);
            let inner = match served.iter().find(|(known, _)| *known == cell) {
                Some((_, inner)) => Err(*inner),
                None if degrades || !nothing => Ok(self.judge_among(cell, served)),
                None => Err(None),
            };
            least = match &inner {
                Ok(inner) => inner.served(),
                Err(inner) => *inner,
            };
            nothing |= least.is_none();
            match inner {
                Ok(inner) if degrades && inner.outcome > Outcome::Degrade => {
                    judgement = self.stricter(judgement, inner)
                }
                Err(None) if degrades => {
                    judgement.outcome = Outcome::Deny;
                    judgement.governing = judgement.findings.iter().position(|finding| finding.applies());
                }
                _ => {}
            }
            if judgement.outcome > Outcome::StepUp {
                return judgement;
            }
        }
        for cell in open.into_iter().filter(|cell| Some(*cell) > certain) {
            if nothing {
                break;
            }
            let known = served.iter().find(|(known, _)| *known == cell).map(|(_, inner)| *inner);
            let inner = known.unwrap_or_else(|| self.judge_among(cell, served).served());
            least = least.max(inner);
            nothing = inner.is_none();
        }
        judgement.instead = least.filter(|_| !nothing);
        judgement
    }

    fn rank(&self, finding: &Finding<'_>, cell: Cell) -> Rank {
        match finding.rule.outcome.outcome {
            Outcome::Degrade => (Outcome::Degrade, self.program.named_instead(finding.rule, cell)),
            own => (own, None),
        }
    }

    /// The outcome that a rule contributes, given the strictest of the rules that certainly apply.
    fn contribution(&self, finding: &Finding<'_>, cell: Cell, strictest: Option<Rank>) -> Outcome {
        let own = finding.rule.outcome.outcome;
        if !finding.restricts() {
            return Outcome::Allow;
        }
        if finding.truth == Truth::True {
            return own;
        }
        // If a stricter rule certainly applies, an open one makes no difference.
        let rank = Some(self.rank(finding, cell));
        match own {
            Outcome::Degrade if strictest <= rank => Outcome::StepUp,
            Outcome::Degrade => Outcome::Allow,
            _ if strictest < rank => Outcome::StepUp,
            _ => Outcome::Allow,
        }
    }

    /// A degrade whose fallback is itself refused takes the fallback's outcome and reasons.
    fn stricter(&self, outer: Judgement<'a>, inner: Judgement<'a>) -> Judgement<'a> {
        let mut findings = inner.findings;
        for finding in outer.findings {
            if !findings.iter().any(|known| known.rule.id == finding.rule.id && known.party == finding.party) {
                findings.push(finding);
            }
        }
        Judgement { cell: outer.cell, findings, ..Judgement { findings: Vec::new(), ..inner } }
    }

    /// True if a rule may be named: notice of it was given, or it is in force already.
    fn is_announced(&self, rule: &Rule) -> bool {
        let given = rule.effective.notice.is_none_or(|notice| notice <= self.announced);
        given || in_force(&rule.effective, self.announced).is_ok()
    }

    /// The parties of the request that a rule judges.
    pub(super) fn parties(&self, rule: &Rule) -> impl Iterator<Item = Party> {
        let all = rule.parties.contains("all");
        let links = self.context.parties();
        // The person served is the end user, even if the chain names no end user.
        let end_user = || rule.parties.contains(END_USER) && !links.iter().any(|link| link.role == END_USER);
        let subject = rule.parties.is_empty() || all || rule.parties.contains("subject") || end_user();
        let chain = links.iter().enumerate();
        // Actors that no signature vouches for (`act`, RFC 8693) are judged only by rules that name their role. They, and a
        // person who might be a party, can only make an answer stricter.
        let named = chain
            .filter(move |(_, link)| rule.parties.contains(link.role.as_str()) || all && link.weight != Weight::Act);
        let named = named.map(|(place, _)| Party(place.saturating_add(1)));
        subject.then_some(Party::SUBJECT).into_iter().chain(named)
    }

    fn link(&self, party: Party) -> Option<&'a Link> {
        party.place().and_then(|place| self.context.parties().get(place))
    }

    /// Whether the host or a signature asserts that the party takes part.
    fn is_vouched_for(&self, party: Party) -> bool {
        self.link(party).is_none_or(|link| link.weight == Weight::Full)
    }

    /// Whether the tokens are those of the party.
    pub(super) fn presents(&self, party: Party) -> bool {
        self.scene(party).party.is_none_or(|link| link.presents)
    }

    /// The role of a party of the chain. `None` if that is the person served, or if no role is stated.
    pub(crate) fn role(&self, party: Party) -> Option<&'a str> {
        self.link(party).map(|link| link.role.as_str()).filter(|role| !role.is_empty())
    }

    pub(super) fn scene(&self, party: Party) -> Scene<'a> {
        let party = self.link(party).or_else(|| self.context.served());
        Scene { program: self.program, subject: self.subject, context: self.context, now: self.now, party }
    }

    /// Adds a finding of a rule in force for each party that it judges. Returns whether the rule grants, or overrides a
    /// stricter default. It does so only if each of the parties satisfies it, and at least one of them is vouched for.
    fn find(&self, rule: &'a Rule, guarded: &'a Guarded, cell: Cell, findings: &mut Vec<Finding<'a>>) -> Truth {
        let from = findings.len();
        if !self.program.is_undone_by_lifting(rule) {
            findings.extend(self.parties(rule).filter_map(|party| self.finding(rule, guarded, party, cell)));
            return Truth::False;
        }
        let (mut relief, mut vouched) = (Truth::True, false);
        for party in self.parties(rule) {
            let finding = self.finding(rule, guarded, party, cell);
            let heeded = finding.as_ref().filter(|finding| finding.enforced && !finding.is_lifted());
            relief = relief.and(heeded.map_or(Truth::False, |finding| finding.truth));
            // An exception that was not tried could take back what the rule keeps off.
            if self.is_vouched_for(party) {
                vouched = true;
            } else if rule.outcome.outcome > Outcome::Allow && !rule.unless.is_empty() {
                relief = relief.and(Truth::Unknown);
            }
            findings.extend(finding);
        }
        let relief = if vouched { relief } else { Truth::False };
        // A grant that is not given, or only might be, is no reason for the parties that satisfy it.
        if rule.outcome.outcome == Outcome::Allow && relief != Truth::True {
            let mut place = 0_usize;
            findings.retain(|finding| {
                place = place.saturating_add(1);
                let open = relief != Truth::False && !finding.truth.is_known();
                place <= from || !finding.enforced || open || finding.is_lifted()
            });
        }
        relief
    }

    /// The finding of a rule in force for one party. `None` if its condition is false.
    fn finding(&self, rule: &'a Rule, guarded: &'a Guarded, party: Party, cell: Cell) -> Option<Finding<'a>> {
        let Verdict { truth, cause } = self.node(guarded.when, party);
        if truth == Truth::False || rule.absence_clears && self.nothing_speaks_of(guarded.when, party) {
            return None;
        }
        // For an actor, or a person who might be the party, exceptions can only revoke a grant. They lift no other rule.
        let tried = self.is_vouched_for(party) || rule.outcome.outcome == Outcome::Allow;
        let exceptions = rule.unless.iter().zip(&guarded.exceptions).filter(|_| tried).map(|(exception, lift)| Tried {
            exception,
            lift,
            result: self.try_lift(exception, lift, party, cell),
        });
        let enforced = !rule.effective.not_enforced.iter().any(|window| window.contains(self.now));
        let exceptions: Vec<Tried<'a>> = exceptions.collect();
        let mut finding = Finding { rule, guarded, party, truth, cause, outcome: Outcome::Allow, enforced, exceptions };
        // A rule that grants, or overrides a stricter default, must not depend on unknown facts. An exception that
        // might undo it leaves it open.
        if self.program.is_undone_by_lifting(rule) && truth == Truth::True && !finding.is_lifted() {
            finding.cause = finding.exceptions.iter().filter_map(|tried| self.left_open(tried, party, cell)).max();
            finding.truth = if finding.cause.is_some() { Truth::Unknown } else { Truth::True };
        }
        Some(finding)
    }

    /// True if a condition is open only because there is no evidence of it, neither for nor against.
    fn nothing_speaks_of(&self, when: NodeId, party: Party) -> bool {
        if self.node(when, party).truth != Truth::Unknown {
            return false;
        }
        let mut open = Vec::new();
        self.open_tests(when, party, &mut open);
        open.iter().all(|(_, cause)| cause.is_absence())
    }

    /// Collects the tests that leave a condition open, each with its cause.
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

    /// The cause is that of the parts that leave it open.
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
    /// True if its condition holds and it is enforced and not lifted.
    pub(crate) fn applies(&self) -> bool {
        self.truth == Truth::True && self.enforced && !self.is_lifted()
    }

    pub(crate) fn is_lifted(&self) -> bool {
        self.exceptions.iter().any(|tried| tried.result.is_ok())
    }

    /// True if it applies or might apply, and is stricter than `allow`.
    pub(crate) fn restricts(&self) -> bool {
        self.rule.outcome.outcome > Outcome::Allow && self.enforced && !self.is_lifted()
    }

    fn is_open_grant(&self) -> bool {
        self.rule.outcome.outcome == Outcome::Allow && !self.truth.is_known() && self.enforced && !self.is_lifted()
    }

    /// The exception that lifts the rule. Among several, the first by id. `None` if none does.
    pub(crate) fn lifted_by(&self) -> Option<&Tried<'a>> {
        self.exceptions.iter().filter(|tried| tried.result.is_ok()).min_by_key(|tried| &tried.exception.id)
    }

    /// The exception that came nearest to applying: it was meant for this person and something else failed.
    pub(crate) fn nearest(&self) -> Option<(&Tried<'a>, Failed)> {
        let failed = self.exceptions.iter().filter_map(|tried| Some((tried, tried.result.err()?)));
        let near = failed.filter(|(_, failed)| *failed >= Failed::LicenceNotYet);
        near.max_by_key(|(tried, failed)| (*failed, Reverse(&tried.exception.id)))
    }
}

impl Judgement<'_> {
    /// The model and action that are served.
    fn served(&self) -> Option<Cell> {
        match self.outcome {
            Outcome::Allow => Some(self.cell),
            Outcome::Degrade | Outcome::StepUp => self.instead,
            Outcome::Review | Outcome::Deny => None,
        }
    }
}

/// Sorts by strictness, then those that certainly apply first, then by id. They are already in the order of their ids.
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

/// Adds the attributes that the rules in force read. An exception is read only if its rule might apply.
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
