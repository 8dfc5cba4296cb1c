//! The states of the rules of a model and action, and of all that could be served in its place: where an outcome can come from,
//! and what one choice of sayings comes to.

use super::diagram::{Diagram, Diagrams};
use super::outcome::State;
use crate::decision::Outcome;
use crate::program::{Cell, Program};
use crate::set::Set;
use std::collections::{BTreeMap, BTreeSet};

/// At one instant.
#[derive(Default)]
pub(super) struct Situation {
    pub(super) states: BTreeMap<Cell, Vec<State>>,
}

fn own(program: &Program, state: &State) -> Outcome {
    program.rule(state.rule).map_or(Outcome::Allow, |(rule, _)| rule.outcome.outcome)
}

fn instead(program: &Program, state: &State, cell: Cell) -> Option<Cell> {
    program.rule(state.rule).and_then(|(rule, _)| program.named_instead(rule, cell))
}

impl Situation {
    fn of(&self, cell: Cell) -> &[State] {
        self.states.get(&cell).map_or(&[], Vec::as_slice)
    }

    /// Regions such that whatever comes to an outcome is in one of them; not all in them need come to it.
    pub(super) fn seeds(
        &self,
        all: &mut Diagrams,
        program: &Program,
        cell: Cell,
        target: Outcome,
        visited: &Set<Cell>,
    ) -> Vec<Diagram> {
        let default = program.ruleset().default.outcome;
        let mut seeds = Vec::new();
        let mut visited = visited.clone();
        visited.insert(cell);
        for state in self.of(cell) {
            let own = own(program, state);
            if own == target && (own > Outcome::Allow || default > Outcome::Allow) {
                seeds.push(state.applies);
            }
            if target == Outcome::StepUp && (own > Outcome::Allow || default > Outcome::Allow) {
                seeds.push(state.open);
            }
            // What is to be served instead may itself come to it.
            if own == Outcome::Degrade
                && target > Outcome::Degrade
                && let Some(instead) = instead(program, state, cell)
            {
                if visited.contains(&instead) {
                    seeds.extend((target == Outcome::Deny).then_some(state.applies));
                } else {
                    for inner in self.seeds(all, program, instead, target, &visited) {
                        seeds.push(all.and(state.applies, inner));
                    }
                }
            }
        }
        if default == target {
            seeds.push(Diagram::ALL);
        }
        seeds.retain(|seed| !seed.is_none());
        seeds
    }

    /// What a choice of sayings comes to; and a region around it that no seed of another outcome, the target, needs.
    pub(super) fn at(
        &self,
        all: &mut Diagrams,
        program: &Program,
        cell: Cell,
        yes: &BTreeSet<u32>,
        target: Outcome,
        visited: &Set<Cell>,
    ) -> (Outcome, Diagram) {
        let states = self.of(cell);
        let applying = |all: &Diagrams, outcome: Outcome| {
            states.iter().find(|state| own(program, state) == outcome && all.contains(state.applies, yes)).copied()
        };
        for outcome in [Outcome::Deny, Outcome::Review, Outcome::StepUp] {
            if let Some(state) = applying(all, outcome) {
                return (outcome, state.applies);
            }
        }
        let open = |all: &Diagrams, wanted: &dyn Fn(Outcome) -> bool| {
            states.iter().find(|state| wanted(own(program, state)) && all.contains(state.open, yes)).copied()
        };
        if let Some(state) = open(all, &|own| own >= Outcome::StepUp) {
            return (Outcome::StepUp, state.open);
        }
        let named = |state: &State| {
            let degrades = own(program, state) == Outcome::Degrade;
            degrades.then(|| instead(program, state, cell)).flatten().map(|instead| (instead, state.applies))
        };
        let degrading = || states.iter().filter_map(named);
        let chosen = degrading().filter(|(_, applies)| all.contains(*applies, yes)).max_by_key(|(instead, _)| *instead);
        if let Some((instead, applies)) = chosen {
            let mut visited = visited.clone();
            visited.insert(cell);
            if target < Outcome::Degrade {
                // Whatever is served instead, it is not this.
                return (Outcome::Degrade, applies);
            }
            let later = all.any(degrading().filter(|(other, _)| *other > instead).map(|(_, applies)| applies));
            let here = all.without(applies, later);
            if visited.contains(&instead) {
                return (Outcome::Deny, here);
            }
            let (inner, elsewhere) = self.at(all, program, instead, yes, target, &visited);
            // Where nothing of the fallback's own led there, this is no way to it.
            let elsewhere = if elsewhere.is_none() { here } else { all.and(here, elsewhere) };
            return (inner.max(Outcome::Degrade), elsewhere);
        }
        if let Some(state) = open(all, &|own| own == Outcome::Degrade) {
            return (Outcome::StepUp, state.open);
        }
        let default = program.ruleset().default.outcome;
        if default > Outcome::Allow {
            if let Some(state) = applying(all, Outcome::Allow) {
                return (Outcome::Allow, state.applies);
            }
            if let Some(state) = open(all, &|own| own == Outcome::Allow) {
                return (Outcome::StepUp, state.open);
            }
        }
        (default, Diagram::NONE)
    }
}
