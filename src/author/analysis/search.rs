//! Finds the regions from which an outcome can come, and evaluates single requests. Only rules that turn out to matter
//! are evaluated symbolically.

use super::counterexample::{Scenario, ScenarioRule, plainest};
use super::diagram::{Diagram, Diagrams};
use super::symbolic_ruleset::SymbolicRuleset;
use crate::base::set::Set;
use crate::check::decide::Truth;
use crate::check::decision::Outcome;
use crate::check::program::{Cell, Program};
use std::collections::BTreeSet;

fn own(program: &Program, rule: usize) -> Outcome {
    program.rule(rule).map_or(Outcome::Allow, |(rule, _)| rule.outcome.outcome)
}

fn instead(program: &Program, rule: usize, cell: Cell) -> Option<Cell> {
    let (rule, _) = program.rule(rule)?;
    (rule.outcome.outcome == Outcome::Degrade).then(|| program.named_instead(rule, cell)).flatten()
}

/// Regions that together cover every request with an outcome. They may also contain requests with other outcomes.
pub(super) fn seeds(
    all: &mut Diagrams,
    law: &mut SymbolicRuleset<'_, '_>,
    cell: Cell,
    target: Outcome,
    visited: &Set<Cell>,
) -> Vec<Diagram> {
    let program = law.program();
    let default = program.ruleset().default.outcome;
    let mut seeds = Vec::new();
    let mut visited = visited.clone();
    visited.insert(cell);
    for (rule, _) in law.active(cell) {
        let own = own(program, rule);
        let counts = own > Outcome::Allow || default > Outcome::Allow;
        let fallback = instead(program, rule, cell).filter(|_| target > Outcome::Degrade);
        if !(counts && (own == target || target == Outcome::StepUp) || fallback.is_some()) {
            continue;
        }
        for state in law.states_of(all, rule, cell) {
            if counts && own == target {
                seeds.push(state.applies);
            }
            if counts && target == Outcome::StepUp {
                seeds.push(state.open);
            }
            // The fallback may itself have that outcome.
            match fallback {
                Some(instead) if visited.contains(&instead) => {
                    seeds.extend((target == Outcome::Deny).then_some(state.applies));
                }
                Some(instead) => {
                    for inner in self::seeds(all, law, instead, target, &visited) {
                        seeds.push(all.and(state.applies, inner));
                    }
                }
                None => {}
            }
        }
    }
    if default == target {
        seeds.push(Diagram::ALL);
    }
    seeds.retain(|seed| !seed.is_none());
    seeds
}

/// Evaluates one request. Returns its outcome and a region around it that the search for `target` may leave out: other
/// seeds cover any request in it with that outcome.
pub(super) fn at(
    all: &mut Diagrams,
    law: &mut SymbolicRuleset<'_, '_>,
    cell: Cell,
    scenario: &Scenario<'_>,
    target: Outcome,
    visited: &Set<Cell>,
) -> (Outcome, Diagram) {
    let program = law.program();
    let default = program.ruleset().default.outcome;
    let judged = scenario.judged(cell);
    let find = |applies: bool, wanted: &dyn Fn(Outcome) -> bool| {
        judged.iter().find(|one| one.applies == applies && wanted(own(program, one.rule))).cloned()
    };
    // A rule that keeps the default off for this request, with the wanted certainty.
    let relieves = |wanted: Truth| {
        judged
            .iter()
            .filter(|one| own(program, one.rule) < default)
            .find(|one| one.relief == wanted)
            .map(|one| one.rule)
    };
    let mut relieved = Diagram::ALL;
    if default > Outcome::Allow {
        let Some(rule) = relieves(Truth::True) else {
            let might = judged.iter().find(|one| might_relieve(program, one, default));
            let possible = might.and_then(|one| law.relief(all, one.rule, cell)).map(|relief| relief.possible);
            for outcome in [Outcome::Deny, Outcome::Review] {
                let found = find(true, &|own| own == outcome).map(|found| whereof(all, law, &found, cell));
                match (found, possible) {
                    (Some(region), _) if outcome >= default => return (outcome, region),
                    // An outcome less strict than the default counts only where the default might be lifted.
                    (Some(region), Some(possible)) => return (outcome, all.and(region, possible)),
                    _ => {}
                }
            }
            let reliefs = law.reliefs(all, cell);
            return match possible {
                // The region in which no rule overrides the default or might.
                None => (default, all.not(reliefs.possible)),
                Some(possible) if target == default => (Outcome::StepUp, possible),
                Some(_) => (Outcome::StepUp, all.not(reliefs.certain)),
            };
        };
        relieved = law.relief(all, rule, cell).map_or(Diagram::NONE, |relief| relief.certain);
    }
    let mut region = |all: &mut Diagrams, found: ScenarioRule| {
        let found = whereof(all, law, &found, cell);
        all.and(relieved, found)
    };
    for outcome in [Outcome::Deny, Outcome::Review, Outcome::StepUp] {
        if let Some(found) = find(true, &|own| own == outcome) {
            return (outcome, region(all, found));
        }
    }
    let degrading = |wanted: bool| {
        let degrading = judged.iter().filter(move |one| one.applies == wanted);
        let degrading = degrading.filter_map(|found| Some((instead(program, found.rule, cell)?, found.clone())));
        degrading.max_by_key(|(instead, _)| *instead)
    };
    if let Some((instead, found)) = degrading(true) {
        let applies = region(all, found);
        if target < Outcome::Degrade {
            // The outcome of the fallback does not matter: it is not the target.
            return (Outcome::Degrade, applies);
        }
        let open = find(false, &|own| own >= Outcome::StepUp).map(|found| (None, found));
        let as_strict = || degrading(false).filter(|(other, _)| *other >= instead);
        let open = open.or_else(|| as_strict().map(|(other, found)| (Some(other), found)));
        let open = open.map(|(named, found)| (named, region(all, found)));
        let less = later(all, law, cell, instead);
        let here = all.without(applies, less);
        let mut visited = visited.clone();
        visited.insert(cell);
        if visited.contains(&instead) {
            return (Outcome::Deny, here);
        }
        let (inner, elsewhere) = at(all, law, instead, scenario, target, &visited);
        // If no seed of the fallback's own led here, there is no way to the target through it.
        let elsewhere = if elsewhere.is_none() { here } else { all.and(here, elsewhere) };
        return match (inner.max(Outcome::Degrade), open) {
            (Outcome::Degrade, Some((named, mut open))) if target == Outcome::Degrade => {
                // An open rule leads elsewhere, unless a less capable fallback is served.
                if let Some(named) = named {
                    let less = later(all, law, cell, named);
                    open = all.without(open, less);
                }
                (Outcome::StepUp, open)
            }
            (Outcome::Degrade, Some(_)) => (Outcome::StepUp, elsewhere),
            (outcome, _) => (outcome, elsewhere),
        };
    }
    if let Some(found) = find(false, &|own| own > Outcome::Allow) {
        return (Outcome::StepUp, region(all, found));
    }
    // If a rule keeps the default off, it is what allows, and no seed led here.
    (Outcome::Allow, if default > Outcome::Allow { relieved } else { Diagram::NONE })
}

/// The region in which a judged rule applies, or is open, for the party that it was judged for.
fn whereof(all: &mut Diagrams, law: &mut SymbolicRuleset<'_, '_>, found: &ScenarioRule, cell: Cell) -> Diagram {
    let state = law.state_of(all, found.rule, &found.who, cell);
    state.map_or(Diagram::NONE, |state| if found.applies { state.applies } else { state.open })
}

/// Returns `true` if an open rule might keep the default off without refusing by itself.
fn might_relieve(program: &Program, one: &ScenarioRule, default: Outcome) -> bool {
    let own = own(program, one.rule);
    own < default && own <= Outcome::StepUp && !one.relief.is_known()
}

/// The region in which a less capable fallback than this one is served.
fn later(all: &mut Diagrams, law: &mut SymbolicRuleset<'_, '_>, cell: Cell, instead: Cell) -> Diagram {
    let program = law.program();
    let mut later = Diagram::NONE;
    for (rule, _) in law.active(cell) {
        if self::instead(program, rule, cell).is_some_and(|other| other > instead) {
            for state in law.states_of(all, rule, cell) {
                later = all.or(later, state.applies);
            }
        }
    }
    later
}

/// Returns `true` if some request would have another outcome without a rule: the rule applies or might, and no other
/// rule that is at least as strict does. Regions covered by another rule are removed until such a request is found or
/// the region is empty. `idle`: rules without an effect of their own, so that of two rules that cover each other one
/// remains.
pub(super) fn matters(
    all: &mut Diagrams,
    law: &mut SymbolicRuleset<'_, '_>,
    position: usize,
    cell: Cell,
    idle: &BTreeSet<usize>,
) -> bool {
    let program = law.program();
    let universe = law.reader.universe;
    let mine = own(program, position);
    let served = instead(program, position, cell);
    let default = program.ruleset().default.outcome;
    let states = law.states_of(all, position, cell);
    for certain in [true, false] {
        let over = |other: &ScenarioRule| {
            let theirs = own(program, other.rule);
            // Of several fallbacks, the least capable is served.
            let as_strict = theirs > mine || theirs == mine && instead(program, other.rule, cell) >= served;
            let covers = match (certain, other.applies) {
                (true, true) => as_strict,
                // A degrade's fallback may have a stricter outcome than an open rule gives.
                (true, false) => theirs >= Outcome::StepUp && mine <= Outcome::StepUp && mine != Outcome::Degrade,
                // An open rule asks for evidence, whatever its own outcome. A rule that applies covers it if it is
                // stricter.
                (false, true) => theirs >= Outcome::StepUp || as_strict && instead(program, other.rule, cell) > served,
                (false, false) => theirs >= Outcome::StepUp || as_strict,
            };
            // A rule that keeps the default off with less certainty does not cover one that does so with more.
            let keeps_off = if other.applies { other.relief == Truth::True } else { other.relief != Truth::False };
            let relieves = mine >= default || theirs >= default || keeps_off;
            other.rule != position && covers && relieves && !idle.contains(&other.rule)
        };
        let mut region = all.any(states.iter().map(|state| if certain { state.applies } else { state.open }));
        while let Some((_, chosen)) = plainest(all, universe, region) {
            // Never report a rule whose search did not finish.
            let Some(scenario) = Scenario::new(universe, &chosen, law.reader.side) else { return true };
            let mut judged = scenario.judged(cell);
            judged.sort_by_key(|one| !one.applies);
            let Some(other) = judged.into_iter().find(over) else { return true };
            let mut theirs = whereof(all, law, &other, cell);
            if mine < default && own(program, other.rule) < default {
                let relief = law.relief(all, other.rule, cell);
                let relief = relief.map(|relief| if other.applies { relief.certain } else { relief.possible });
                theirs = relief.map_or(Diagram::NONE, |relief| all.and(theirs, relief));
            }
            let left = all.without(region, theirs);
            if left == region || all.is_exhausted() {
                return true;
            }
            region = left;
        }
    }
    false
}
