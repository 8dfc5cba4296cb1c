//! Proves that a ruleset's guarantees hold for every possible request: exactly, over all possible assertions, not by
//! samples.

use super::diagram::{Diagram, Diagrams};
use super::outcome::{LADDER, Law, Lifts, State, instants_of};
use super::question::{Asked, Questions, texts};
use super::saying::{Side, Who};
use super::situation::{at, seeds};
use super::value::unnamed;
use super::witness::{Somebody, Witness, plainest};
use crate::attribute::{ACTOR, AttributeId, END_USER};
use crate::decision::Outcome;
use crate::program::{Cell, NodeId, Program, Test};
use crate::ruleset::model::{Guarantee, Matcher, Rule, Scope};
use crate::set::Set;
use crate::time::{Instant, Window};
use serde::Serialize;
use std::collections::{BTreeSet, HashSet};

/// The result for one guarantee.
#[derive(Clone, Debug, Serialize)]
pub struct Proven {
    /// The guarantee's id.
    pub guarantee: String,
    /// Its title, if it has one.
    pub title: Option<String>,
    /// The verdict.
    #[serde(flatten)]
    pub verdict: Verdict,
}

/// The verdict on a guarantee.
#[derive(Clone, Debug, Serialize)]
#[serde(tag = "verdict", rename_all = "snake_case")]
#[allow(clippy::exhaustive_enums, reason = "a caller must handle each verdict")]
pub enum Verdict {
    /// It holds for every possible request.
    Holds,
    /// It applies to no possible person, so it promises nothing.
    ForNobody,
    /// It fails for this request, which is among the plainest.
    Broken(Box<Witness>),
    /// The ruleset is too intricate to settle it within the budget. That is no proof either way.
    TooIntricate {
        /// The limit that was exceeded.
        why: &'static str,
    },
}

/// The limit of work for a proof. The same budget gives the same result on every machine.
#[derive(Clone, Copy, Debug)]
pub struct Budget<'a> {
    /// The maximum number of diagram nodes. Each takes about 17 bytes, with its cached results.
    pub nodes: usize,
    /// The maximum number of rules examined, counted once for each model, action and instant at which something
    /// changes.
    pub steps: usize,
    /// Receives the progress.
    pub watch: Watch<'a>,
}

impl Default for Budget<'_> {
    fn default() -> Self {
        Self { nodes: 16_000_000, steps: 20_000_000, watch: Watch(&|_, _| {}) }
    }
}

/// Called repeatedly with the number of parts done and the total.
#[derive(Clone, Copy)]
pub struct Watch<'a>(pub &'a dyn Fn(usize, usize));

impl std::fmt::Debug for Watch<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Watch")
    }
}

/// Proves each guarantee of a ruleset, or those with the ids in `only`, or finds a counterexample.
pub fn prove(program: &Program, only: &[String], budget: Budget<'_>) -> Vec<Proven> {
    let whoms: Vec<NodeId> = program.guarantees().collect();
    let instants = epochs(&[program]);
    let questions = questions(&[program], &whoms, &instants);
    let mut work = Work::new(program, &questions, &instants, budget);
    let mut proofs = Vec::new();
    let of = program.ruleset().guarantees.len();
    for (done, (guarantee, whom)) in program.ruleset().guarantees.iter().zip(whoms).enumerate() {
        (budget.watch.0)(done, of);
        if !only.is_empty() && !only.contains(&guarantee.id) {
            continue;
        }
        let fresh = work.is_fresh;
        let mut verdict = work.verdict(guarantee, whom);
        if work.all.is_exhausted() {
            // Discard the results for other guarantees: each gets the whole budget, once.
            work = Work::new(program, &questions, &instants, budget);
            if !fresh && matches!(verdict, Verdict::TooIntricate { .. }) {
                verdict = work.verdict(guarantee, whom);
            }
        }
        proofs.push(Proven { guarantee: guarantee.id.clone(), title: guarantee.title.clone(), verdict });
    }
    proofs
}

/// The results for the rules so far, shared by all guarantees.
struct Work<'a, 'b> {
    program: &'a Program,
    questions: &'b Questions,
    instants: &'b [Instant],
    budget: Budget<'b>,
    all: Diagrams,
    /// One for each period in which no group of countries changes.
    laws: Vec<Law<'a, 'b>>,
    is_fresh: bool,
}

impl<'a, 'b> Work<'a, 'b> {
    fn new(program: &'a Program, questions: &'b Questions, instants: &'b [Instant], budget: Budget<'b>) -> Self {
        let mut all = Diagrams::new(questions.count(), budget.nodes);
        let laws = instants.iter().map(|now| Law::new(&mut all, Side::of(program, *now), questions)).collect();
        Self { program, questions, instants, budget, all, laws, is_fresh: true }
    }

    fn verdict(&mut self, guarantee: &Guarantee, whom: NodeId) -> Verdict {
        self.is_fresh = false;
        let (program, questions, budget) = (self.program, self.questions, self.budget);
        if !questions.are_whole() {
            return Verdict::TooIntricate { why: "questions" };
        }
        let mut search = Search { program, guarantee, whom, questions, budget, steps: 0, worst: None, anybody: false };
        for (place, (from, law)) in self.instants.iter().zip(&mut self.laws).enumerate() {
            let until = self.instants.get(place.saturating_add(1)).copied().unwrap_or(program.ruleset().expires);
            search.look(&mut self.all, law, Window { from: Some(*from), until: Some(until) });
        }
        if let Some((_, found)) = search.worst.take() {
            return Verdict::Broken(Box::new(found));
        }
        match (self.all.is_exhausted(), search.steps > budget.steps, search.anybody) {
            (true, _, _) => Verdict::TooIntricate { why: "diagrams" },
            (_, true, _) => Verdict::TooIntricate { why: "steps" },
            (_, _, false) => Verdict::ForNobody,
            (_, _, true) => Verdict::Holds,
        }
    }
}

/// The first instant of a ruleset's window, and those at which a group of countries changes.
pub(super) fn epochs(programs: &[&Program]) -> Vec<Instant> {
    let from = programs.iter().map(|program| program.ruleset().issued).max().unwrap_or(Instant::MIN);
    let until = programs.iter().map(|program| program.ruleset().expires).min().unwrap_or(Instant::MIN);
    let mut instants = Set::of(from);
    for test in programs.iter().flat_map(|program| program.conditions().tests()) {
        if let Matcher::Country(area)
        | Matcher::AnyCountry(area)
        | Matcher::AllCountry(area)
        | Matcher::OnlyCountry(area) = &test.matcher
        {
            instants.extend(area.boundaries().filter(|at| *at > from && *at < until));
        }
    }
    instants.into_vec()
}

/// The questions about all assertions that the conditions of these rulesets read.
pub(super) fn questions<'a>(programs: &[&'a Program], also: &[NodeId], instants: &[Instant]) -> Questions {
    let now = instants.first().copied().unwrap_or(Instant::MIN);
    let (roles, alike) = roles(programs);
    let asked_of = |who: &Who| -> Vec<Asked<'_>> {
        let of = |(place, program): (usize, &&'a Program)| {
            let side = Side { program, now, place };
            tests_of(program, who, also).into_iter().map(move |test| Asked { side, test })
        };
        programs.iter().enumerate().flat_map(of).collect()
    };
    let asked: Vec<(&Who, Vec<Asked<'_>>)> = roles.iter().map(|who| (who, asked_of(who))).collect();
    let context: Vec<Asked<'_>> = asked.iter().flat_map(|(_, asked)| asked.iter().copied()).collect();
    // The order of the variables makes diagrams small or large. Attributes with one value come first: a set's members
    // are then asked about when all else is known, and rules that test a value and a member do not multiply.
    let mut questions = Questions::from(now);
    questions.put_context(&context, &roles, instants);
    // One party after the other, each beginning with its presence: only its result must then be remembered while the
    // next is examined.
    let knows = roles.contains(&Who::Perhaps(String::new()));
    for (who, asked) in &asked {
        questions.put_party(who, knows);
        questions.put(who, asked, instants, false);
        questions.put(who, asked, instants, true);
    }
    questions.cut |= alike > MOST_ALIKE;
    questions
}

/// The maximum number of parties of one role that are distinguished.
pub(super) const MOST_ALIKE: usize = 4;

/// The person served and each kind of party that some rule judges, with one more of each than an outcome can depend on; and
/// that number.
fn roles(programs: &[&Program]) -> (BTreeSet<Who>, usize) {
    let mut roles: BTreeSet<String> = BTreeSet::new();
    for rule in programs.iter().flat_map(|program| &program.ruleset().rules) {
        roles.extend(rule.parties.iter().cloned());
    }
    if roles.remove("all") {
        // All parties: each role that a party can have, and one role that nothing names.
        roles.insert("end_user".to_owned());
        for program in programs {
            roles.extend(program.ruleset().issuers().flat_map(|issuer| &issuer.hops).cloned());
            let asked = program.conditions().tests().filter(|test| test.attribute == AttributeId::CHAIN_ROLES);
            roles.extend(asked.flat_map(|test| texts(&test.matcher)).map(str::to_owned));
        }
        let other = unnamed(&roles).next();
        roles.extend(other);
    }
    let alike = programs.iter().copied().map(parties_that_matter).max().unwrap_or(0).saturating_add(1);
    let copies = 0..alike.min(MOST_ALIKE);
    // Of several end users, one other than the first is enough.
    let judges_end_users = roles.contains(END_USER);
    let judges_others = roles.iter().any(|role| ![END_USER, "subject", ACTOR].contains(&role.as_str()));
    let is_named = roles.contains("actor");
    let actors = copies.clone().filter(|_| is_named).map(Who::Actor);
    roles.remove("subject");
    let parties = roles.into_iter().flat_map(|role| copies.clone().map(move |copy| Who::Role(role.clone(), copy)));
    let more = judges_end_users.then(|| Who::Role(END_USER.to_owned(), 1));
    let perhaps = judges_others.then(|| Who::Perhaps(String::new()));
    (parties.chain([Who::Person]).chain(actors).chain(more).chain(perhaps).collect(), alike)
}

/// The maximum number of parties of one role that an outcome can depend on. Each fallback that a party can cause needs one.
/// If the default applies in the end, each rule that would override it needs one too: each may fail for another party.
fn parties_that_matter(program: &Program) -> usize {
    let by_party = |rule: &Rule| rule.parties.iter().any(|one| one != "subject" && one != END_USER);
    let default = program.ruleset().default.outcome;
    let of_request = |cell: Cell| {
        let (mut handed_on, mut most_relieving) = (Set::default(), 0);
        for cell in reach(program, cell) {
            let in_scope =
                rules(program).filter(|(rule, guarded)| by_party(rule) && program.is_in_scope(guarded, cell));
            let in_scope: Vec<&Rule> = in_scope.map(|(rule, _)| rule).collect();
            let degrading = in_scope.iter().filter(|rule| rule.outcome.outcome == Outcome::Degrade);
            handed_on.extend(degrading.filter_map(|rule| program.named_instead(rule, cell)));
            let relieving = in_scope.iter().filter(|rule| rule.outcome.outcome < default).count();
            most_relieving = most_relieving.max(relieving);
        }
        handed_on.iter().count().saturating_add(most_relieving)
    };
    program.cells_of(&Scope::default()).into_iter().map(of_request).max().unwrap_or(0)
}

/// The tests that matter to a party.
fn tests_of<'a>(program: &'a Program, who: &Who, also: &[NodeId]) -> Vec<&'a Test> {
    let mut found = Set::default();
    let conditions = program.conditions();
    let rules = 0..program.ruleset().rules.len();
    for (rule, guarded) in rules.filter_map(|position| program.rule(position)) {
        let everyone = rule.parties.contains("all");
        let judges = match who {
            // The end user of the chain is the person served.
            Who::Person => {
                rule.parties.is_empty()
                    || everyone
                    || rule.parties.contains("subject")
                    || rule.parties.contains(END_USER)
            }
            Who::Role(role, 0) if role == END_USER => false,
            Who::Role(role, _) => everyone || rule.parties.contains(role.as_str()),
            Who::Actor(_) => rule.parties.contains("actor"),
            Who::Perhaps(_) => rule.parties.iter().any(|role| !["subject", END_USER, ACTOR].contains(&role.as_str())),
            Who::Nobody => false,
        };
        if !judges {
            continue;
        }
        conditions.tests_of(guarded.when, &mut found);
        for lift in &guarded.exceptions {
            conditions.tests_of(lift.when, &mut found);
            lift.provided.iter().for_each(|node| conditions.tests_of(*node, &mut found));
            let wallet = lift.wallet.and_then(|wallet| program.wallet(wallet));
            for position in wallet.into_iter().flat_map(|wallet| wallet.iter()) {
                let Some((_, grant)) = program.licence(position) else { continue };
                conditions.tests_of(grant.holder, &mut found);
                if let Some(end_uses) = grant.end_uses {
                    conditions.tests_of(end_uses, &mut found);
                }
            }
        }
    }
    if *who == Who::Person {
        also.iter().for_each(|node| conditions.tests_of(*node, &mut found));
    }
    found.into_iter().filter_map(|test| conditions.test(test)).collect()
}

/// A search for a counterexample to a guarantee.
struct Search<'a> {
    program: &'a Program,
    guarantee: &'a Guarantee,
    whom: NodeId,
    questions: &'a Questions,
    budget: Budget<'a>,
    steps: usize,
    /// The plainest counterexample so far, with its price.
    worst: Option<(u64, Witness)>,
    anybody: bool,
}

impl Search<'_> {
    /// Searches a period in which no group of countries changes.
    fn look(&mut self, all: &mut Diagrams, law: &mut Law<'_, '_>, epoch: Window) {
        let window = epoch.intersection(&self.guarantee.during);
        let Some(from) = window.from.filter(|_| !window.is_empty()) else { return };
        law.set_now(from);
        let whom = law.reader.node(all, self.whom, &Who::Person).yes;
        if whom.is_none() {
            return;
        }
        self.anybody = true;
        let scope = self.program.cells_of(&self.guarantee.scope);
        let only_allow = self.guarantee.permitted.as_slice() == [Outcome::Allow];
        if only_allow && self.program.ruleset().default.outcome == Outcome::Allow {
            self.by_rule(all, law, whom, &scope, &window);
        } else {
            self.by_outcome(all, law, whom, &scope, &window);
        }
    }

    /// If only `allow` is permitted, one rule that applies or is open breaks the guarantee: each rule is examined by
    /// itself.
    fn by_rule(&mut self, all: &mut Diagrams, law: &mut Law<'_, '_>, whom: Diagram, scope: &[Cell], window: &Window) {
        for (position, rule) in self.program.ruleset().rules.iter().enumerate() {
            if rule.outcome.outcome == Outcome::Allow {
                continue;
            }
            let mut seen: HashSet<State> = HashSet::new();
            let mut instants = Set::default();
            instants_of(self.program, rule, &mut instants);
            for now in inside(instants, window) {
                law.set_now(now);
                for cell in scope {
                    self.steps = self.steps.saturating_add(1);
                    if self.is_over(all) {
                        return;
                    }
                    for state in law.states_of(all, position, *cell) {
                        if !seen.insert(state) {
                            continue;
                        }
                        let hit = all.or(state.applies, state.open);
                        let hit = all.and(whom, hit);
                        self.offer(all, hit, law.reader.side, *cell);
                    }
                }
            }
        }
    }

    /// Otherwise each outcome that is not permitted is searched for by itself: in the regions in which a rule or the
    /// default could lead to it, minus those that turn out to lead elsewhere.
    fn by_outcome(
        &mut self,
        all: &mut Diagrams,
        law: &mut Law<'_, '_>,
        whom: Diagram,
        scope: &[Cell],
        window: &Window,
    ) {
        for cell in scope {
            let reach = reach(self.program, *cell);
            let mut instants = Set::default();
            for (rule, guarded) in rules(self.program) {
                if reach.iter().any(|cell| self.program.is_in_scope(guarded, *cell)) {
                    instants_of(self.program, rule, &mut instants);
                }
            }
            let mut seen: HashSet<Vec<Vec<(usize, Lifts)>>> = HashSet::new();
            for now in inside(instants, window) {
                law.set_now(now);
                self.steps = self.steps.saturating_add(reach.len().saturating_mul(self.program.ruleset().rules.len()));
                if self.is_over(all) {
                    return;
                }
                if !seen.insert(reach.iter().map(|cell| law.active(*cell)).collect()) {
                    continue;
                }
                for target in LADDER.into_iter().filter(|outcome| !self.guarantee.permitted.contains(outcome)) {
                    for seed in seeds(all, law, *cell, target, &Set::default()) {
                        let region = all.and(whom, seed);
                        self.refine(all, law, *cell, target, region);
                        if self.is_over(all) {
                            return;
                        }
                    }
                }
                // This counterexample is plain enough: searching all instants could take a hundred times as long.
                if self.worst.is_some() {
                    return;
                }
            }
        }
    }

    /// Searches a region for an outcome, the plainest request first, and removes what leads elsewhere.
    fn refine(&mut self, all: &mut Diagrams, law: &mut Law<'_, '_>, cell: Cell, target: Outcome, mut region: Diagram) {
        while !self.is_over(all) {
            let Some((cost, chosen)) = plainest(all, self.questions, region) else { return };
            // The rest is no plainer.
            if self.worst.as_ref().is_some_and(|(known, _)| *known <= cost) {
                return;
            }
            let Some(somebody) = Somebody::new(self.questions, &chosen, law.reader.side) else { return self.give_up() };
            let (outcome, elsewhere) = at(all, law, cell, &somebody, target, &Set::default());
            if outcome == target {
                let found = Some(somebody.witness(cell));
                self.take(cost, found, &chosen);
                return;
            }
            self.steps = self.steps.saturating_add(1);
            let left = all.without(region, elsewhere);
            if left == region {
                return self.give_up();
            }
            region = left;
        }
    }

    fn is_over(&self, all: &Diagrams) -> bool {
        all.is_exhausted() || self.steps > self.budget.steps
    }

    /// Takes the plainest request of a region, if it is plainer than the counterexample so far.
    fn offer(&mut self, all: &Diagrams, region: Diagram, side: Side<'_>, cell: Cell) {
        if all.is_exhausted() {
            return;
        }
        let Some((cost, chosen)) = plainest(all, self.questions, region) else { return };
        if self.worst.as_ref().is_some_and(|(known, _)| *known <= cost) {
            return;
        }
        let found = Somebody::new(self.questions, &chosen, side).map(|somebody| somebody.witness(cell));
        self.take(cost, found, &chosen);
    }

    /// For a state that cannot occur. If it did, nothing would be proved.
    fn give_up(&mut self) {
        debug_assert!(false, "a choice of sayings does not come to what leads to it");
        self.steps = usize::MAX;
    }

    /// Takes a counterexample if the engine's decision confirms it. Otherwise the analysis has a fault, and nothing is
    /// proved.
    fn take(&mut self, cost: u64, found: Option<Witness>, chosen: &[u32]) {
        match found {
            Some(found) if !self.guarantee.permitted.contains(&found.decision.outcome) => {
                self.worst = Some((cost, found))
            }
            found => {
                let sayings: Vec<_> = chosen.iter().map(|one| self.questions.saying(*one)).collect();
                debug_assert!(false, "not as computed: {found:#?} in {sayings:#?}");
                self.steps = usize::MAX;
            }
        }
    }
}

pub(super) fn rules(
    program: &Program,
) -> impl Iterator<Item = (&crate::ruleset::model::Rule, &crate::program::Guarded)> {
    (0..program.ruleset().rules.len()).filter_map(|position| program.rule(position))
}

/// The first instant of a window, and those inside it.
pub(super) fn inside(instants: Set<Instant>, window: &Window) -> Vec<Instant> {
    let first = window.from;
    first.into_iter().chain(instants.into_iter().filter(|at| Some(*at) > first && window.contains(*at))).collect()
}

/// A model and action, and all fallbacks that can be reached from them.
pub(super) fn reach(program: &Program, cell: Cell) -> Vec<Cell> {
    let mut reach = vec![cell];
    let mut next = 0;
    while let Some(&from) = reach.get(next) {
        for (rule, guarded) in rules(program) {
            if rule.outcome.outcome == Outcome::Degrade
                && program.is_in_scope(guarded, from)
                && let Some(instead) = program.named_instead(rule, from)
                && !reach.contains(&instead)
            {
                reach.push(instead);
            }
        }
        next = next.saturating_add(1);
    }
    reach
}
