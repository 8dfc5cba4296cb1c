//! Proves that a ruleset's guarantees hold for every possible request: exactly, over all possible assertions, not by
//! samples.

use super::atom::{RulesetAt, Who};
use super::budget::Budget;
use super::counterexample::{Scenario, Witness, plainest};
use super::diagram::{Diagram, Diagrams};
use super::rules::{LADDER, instants_of};
use super::search::{at, seeds};
use super::survey::{epochs, inside, reach, rules, universe};
use super::symbolic_ruleset::Lifts;
use super::symbolic_ruleset::{RuleRegions, SymbolicRuleset};
use super::universe::Universe;
use crate::base::set::Set;
use crate::base::time::{Instant, Window};
use crate::check::decision::Outcome;
use crate::check::program::{Cell, NodeId, Program};
use crate::ruleset::model::Guarantee;
use serde::Serialize;
use std::collections::HashSet;

/// The result for one guarantee.
#[derive(Clone, Debug, Serialize)]
pub struct Proven {
    /// The guarantee's id.
    pub guarantee: String,
    /// Its title, if it has one.
    pub title: Option<String>,
    /// The verdict.
    #[serde(flatten)]
    pub verdict: ProofResult,
}

/// The verdict on a guarantee.
#[derive(Clone, Debug, Serialize)]
#[serde(tag = "verdict", rename_all = "snake_case")]
#[allow(clippy::exhaustive_enums, reason = "a caller must handle each verdict")]
pub enum ProofResult {
    /// It holds for every possible request.
    Holds,
    /// It applies to no possible person, so it promises nothing.
    #[serde(rename = "for_nobody")]
    Empty,
    /// It fails for this request, which is among the plainest.
    Broken(Box<Witness>),
    /// The ruleset is too intricate to settle it within the budget. That is no proof either way.
    TooIntricate {
        /// The limit that was exceeded.
        why: &'static str,
    },
}

/// Proves each guarantee of a ruleset, or those with the ids in `only`, or finds a counterexample.
pub fn prove(program: &Program, only: &[String], budget: Budget<'_>) -> Vec<Proven> {
    let whoms: Vec<NodeId> = program.guarantees().collect();
    let instants = epochs(&[program]);
    let universe = universe(&[program], &whoms, &instants);
    let mut work = Work::new(program, &universe, &instants, budget);
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
            work = Work::new(program, &universe, &instants, budget);
            if !fresh && matches!(verdict, ProofResult::TooIntricate { .. }) {
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
    universe: &'b Universe,
    instants: &'b [Instant],
    budget: Budget<'b>,
    all: Diagrams,
    /// One for each period in which no group of countries changes.
    laws: Vec<SymbolicRuleset<'a, 'b>>,
    is_fresh: bool,
}

impl<'a, 'b> Work<'a, 'b> {
    fn new(program: &'a Program, universe: &'b Universe, instants: &'b [Instant], budget: Budget<'b>) -> Self {
        let mut all = Diagrams::new(universe.count(), budget.nodes);
        let laws =
            instants.iter().map(|now| SymbolicRuleset::new(&mut all, RulesetAt::of(program, *now), universe)).collect();
        Self { program, universe, instants, budget, all, laws, is_fresh: true }
    }

    fn verdict(&mut self, guarantee: &Guarantee, whom: NodeId) -> ProofResult {
        self.is_fresh = false;
        let (program, universe, budget) = (self.program, self.universe, self.budget);
        if !universe.are_whole() {
            return ProofResult::TooIntricate { why: "questions" };
        }
        let mut search = Search { program, guarantee, whom, universe, budget, steps: 0, worst: None, applies: false };
        for (place, (from, law)) in self.instants.iter().zip(&mut self.laws).enumerate() {
            let until = self.instants.get(place.saturating_add(1)).copied().unwrap_or(program.ruleset().expires);
            search.look(&mut self.all, law, Window { from: Some(*from), until: Some(until) });
        }
        if let Some((_, found)) = search.worst.take() {
            return ProofResult::Broken(Box::new(found));
        }
        match (self.all.is_exhausted(), search.steps > budget.steps, search.applies) {
            (true, _, _) => ProofResult::TooIntricate { why: "diagrams" },
            (_, true, _) => ProofResult::TooIntricate { why: "steps" },
            (_, _, false) => ProofResult::Empty,
            (_, _, true) => ProofResult::Holds,
        }
    }
}

/// A search for a counterexample to a guarantee.
struct Search<'a> {
    program: &'a Program,
    guarantee: &'a Guarantee,
    whom: NodeId,
    universe: &'a Universe,
    budget: Budget<'a>,
    steps: usize,
    /// The plainest counterexample so far, with its price.
    worst: Option<(u64, Witness)>,
    applies: bool,
}

impl Search<'_> {
    /// Searches a period in which no group of countries changes.
    fn look(&mut self, all: &mut Diagrams, law: &mut SymbolicRuleset<'_, '_>, epoch: Window) {
        let window = epoch.intersection(&self.guarantee.during);
        let Some(from) = window.from.filter(|_| !window.is_empty()) else { return };
        law.set_now(from);
        let whom = law.reader.node(all, self.whom, &Who::Person).yes;
        if whom.is_none() {
            return;
        }
        self.applies = true;
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
    fn by_rule(
        &mut self,
        all: &mut Diagrams,
        law: &mut SymbolicRuleset<'_, '_>,
        whom: Diagram,
        scope: &[Cell],
        window: &Window,
    ) {
        for (position, rule) in self.program.ruleset().rules.iter().enumerate() {
            if rule.outcome.outcome == Outcome::Allow {
                continue;
            }
            let mut seen: HashSet<RuleRegions> = HashSet::new();
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
        law: &mut SymbolicRuleset<'_, '_>,
        whom: Diagram,
        scope: &[Cell],
        window: &Window,
    ) {
        for cell in scope {
            let reach = reach(self.program, *cell);
            let mut instants = Set::default();
            for (rule, compiled) in rules(self.program) {
                if reach.iter().any(|cell| self.program.is_in_scope(compiled, *cell)) {
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
    fn refine(
        &mut self,
        all: &mut Diagrams,
        law: &mut SymbolicRuleset<'_, '_>,
        cell: Cell,
        target: Outcome,
        mut region: Diagram,
    ) {
        while !self.is_over(all) {
            let Some((cost, chosen)) = plainest(all, self.universe, region) else { return };
            // The rest is no plainer.
            if self.worst.as_ref().is_some_and(|(known, _)| *known <= cost) {
                return;
            }
            let Some(scenario) = Scenario::new(self.universe, &chosen, law.reader.side) else { return self.give_up() };
            let (outcome, elsewhere) = at(all, law, cell, &scenario, target, &Set::default());
            if outcome == target {
                let found = Some(scenario.witness(cell));
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
    fn offer(&mut self, all: &Diagrams, region: Diagram, side: RulesetAt<'_>, cell: Cell) {
        if all.is_exhausted() {
            return;
        }
        let Some((cost, chosen)) = plainest(all, self.universe, region) else { return };
        if self.worst.as_ref().is_some_and(|(known, _)| *known <= cost) {
            return;
        }
        let found = Scenario::new(self.universe, &chosen, side).map(|scenario| scenario.witness(cell));
        self.take(cost, found, &chosen);
    }

    /// For a state that cannot occur. If it did, nothing would be proved.
    fn give_up(&mut self) {
        debug_assert!(false, "an assignment does not reach its own node");
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
                let atoms: Vec<_> = chosen.iter().map(|one| self.universe.atom(*one)).collect();
                debug_assert!(false, "not as computed: {found:#?} in {atoms:#?}");
                self.steps = usize::MAX;
            }
        }
    }
}
