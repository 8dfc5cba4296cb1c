//! Evaluates conditions for one request: the person and the parties, the context, and the instant.

use super::cause::Cause;
use super::context::Stated;
use super::evidence::{TestResult, Viewpoint};
use super::memo::Memo;
use super::truth::Truth;
use crate::base::time::Instant;
use crate::check::program::{AttributeTest, Candidates, NodeId, NodeKind, Program, TestId};
use crate::check::subject::{ChainParty, Subject, Weight};
use crate::ruleset::attribute::END_USER;
use crate::ruleset::model::Rule;
use std::cell::RefCell;

/// The person, the request's context and the instant. Caches each condition's verdict for one request.
pub(crate) struct Evaluation<'a> {
    pub(crate) program: &'a Program,
    pub(crate) subject: &'a Subject,
    pub(crate) context: &'a Stated,
    pub(crate) now: Instant,
    /// Future rules whose notice date is after this instant are not announced.
    pub(super) announced: Instant,
    /// The rules whose condition can be other than false.
    pub(super) candidates: Candidates,
    memo: RefCell<Memo>,
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

impl<'a> Evaluation<'a> {
    pub(crate) fn new(program: &'a Program, subject: &'a Subject, context: &'a Stated, now: Instant) -> Self {
        let viewpoint = Viewpoint { program, subject, context, now, party: context.served() };
        let mut candidates = program.sieve().every_rule();
        for family in program.sieve().families() {
            if let Some(values) = viewpoint.possible(family) {
                family.keep(&values, &mut candidates);
            }
        }
        Self { program, subject, context, now, announced: now, candidates, memo: RefCell::default() }
    }

    /// The same question at another instant, as far as it can be foreseen today.
    pub(crate) fn at(&self, now: Instant) -> Self {
        Self { announced: self.announced, ..Self::new(self.program, self.subject, self.context, now) }
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

    pub(super) fn link(&self, party: Party) -> Option<&'a ChainParty> {
        party.place().and_then(|place| self.context.parties().get(place))
    }

    /// True if the host or a signature asserts that the party takes part.
    pub(super) fn is_vouched_for(&self, party: Party) -> bool {
        self.link(party).is_none_or(|link| link.weight == Weight::Full)
    }

    /// True if the tokens are those of the party.
    pub(super) fn presents(&self, party: Party) -> bool {
        self.viewpoint(party).party.is_none_or(|link| link.presents)
    }

    /// The role of a party of the chain. `None` if that is the person served, or if no role is stated.
    pub(crate) fn role(&self, party: Party) -> Option<&'a str> {
        self.link(party).map(|link| link.role.as_str()).filter(|role| !role.is_empty())
    }

    pub(super) fn viewpoint(&self, party: Party) -> Viewpoint<'a> {
        let party = self.link(party).or_else(|| self.context.served());
        Viewpoint { program: self.program, subject: self.subject, context: self.context, now: self.now, party }
    }

    /// True if a condition is open only because there is no evidence of it, neither for nor against.
    pub(super) fn nothing_speaks_of(&self, when: NodeId, party: Party) -> bool {
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

    pub(crate) fn node(&self, id: NodeId, party: Party) -> TestResult {
        if let Some(known) = self.memo.borrow().get(id, party.0) {
            return known;
        }
        let verdict = match self.program.conditions().node(id) {
            Some(NodeKind::Test(test)) => self.test(*test, party),
            Some(NodeKind::Not(part)) => {
                let inner = self.node(*part, party);
                TestResult { truth: inner.truth.not(), ..inner }
            }
            Some(NodeKind::All(parts)) => self.combined(parts, party, Truth::True, Truth::and),
            Some(NodeKind::Any(parts)) => self.combined(parts, party, Truth::False, Truth::or),
            None => TestResult { truth: Truth::Unknown, cause: None },
        };
        self.memo.borrow_mut().put(id, party.0, verdict);
        verdict
    }

    /// The cause is that of the parts that leave it open.
    fn combined(&self, parts: &[NodeId], party: Party, neutral: Truth, join: fn(Truth, Truth) -> Truth) -> TestResult {
        let mut all = TestResult { truth: neutral, cause: None };
        for part in parts {
            let one = self.node(*part, party);
            let truth = join(all.truth, one.truth);
            let mut cause = None;
            for open in [all, one] {
                if !truth.is_known() && open.truth == truth {
                    cause = cause.max(open.cause);
                }
            }
            all = TestResult { truth, cause };
            if truth.is_known() && truth != neutral {
                break;
            }
        }
        all
    }

    pub(crate) fn test(&self, id: TestId, party: Party) -> TestResult {
        let test = self.program.conditions().test(id);
        test.map_or(TestResult { truth: Truth::Unknown, cause: None }, |test| self.viewpoint(party).test(test))
    }

    pub(crate) fn test_of(&self, id: TestId) -> Option<&'a AttributeTest> {
        self.program.conditions().test(id)
    }
}
