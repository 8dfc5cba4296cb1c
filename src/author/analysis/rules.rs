//! Evaluates a ruleset for all requests at once: the region of each outcome, by the rules of `decide`.

use super::atom::Who;
use super::diagram::{Diagram, Diagrams};
use super::exceptions::Sure;
use super::symbolic_ruleset::{Lifts, ReliefRegions, RuleRegions, SymbolicRuleset};
use crate::base::set::Set;
use crate::base::time::Instant;
use crate::check::decision::Outcome;
use crate::check::program::{Cell, CompiledRule, Program};
use crate::ruleset::attribute::END_USER;
use crate::ruleset::model::Rule;
use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::rc::Rc;

/// The outcome of a request and, for a degrade, the fallback.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct ServedOutcome {
    pub(super) outcome: Outcome,
    /// The model and the action that a degrade serves.
    pub(super) instead: Option<(String, String)>,
}

/// The region of each outcome.
pub(super) type OutcomeRegions = BTreeMap<ServedOutcome, Diagram>;

/// The outcomes in the order of `OutcomeRegions`.
pub(super) const LADDER: [Outcome; 5] =
    [Outcome::Allow, Outcome::Degrade, Outcome::StepUp, Outcome::Review, Outcome::Deny];

impl<'a, 'b> SymbolicRuleset<'a, 'b> {
    /// The rules that are enforced for a model and action, each with its possible lifts.
    pub(super) fn active(&mut self, cell: Cell) -> Vec<(usize, Lifts)> {
        let program = self.program();
        let in_scope = || -> Rc<[usize]> {
            let rules = 0..program.ruleset().rules.len();
            let covers =
                |position: &usize| program.rule(*position).is_some_and(|(_, rule)| program.is_in_scope(rule, cell));
            rules.filter(covers).collect()
        };
        let rules = Rc::clone(self.scope.entry(cell).or_insert_with(in_scope));
        rules.iter().filter_map(|rule| Some((*rule, self.lifts_of(*rule, cell)?))).collect()
    }

    /// The states of the rules in force for a model and action that are not empty.
    pub(super) fn states(&mut self, all: &mut Diagrams, cell: Cell) -> Vec<RuleRegions> {
        let active = self.active(cell);
        active.into_iter().flat_map(|(rule, _)| self.states_of(all, rule, cell)).collect()
    }

    /// One rule's states for a model and action.
    pub(super) fn states_of(&mut self, all: &mut Diagrams, position: usize, cell: Cell) -> Vec<RuleRegions> {
        let Some((rule, _)) = self.program().rule(position) else { return Vec::new() };
        let judged = self.judged(all, rule);
        let states = judged.into_iter().filter_map(|(who, _)| self.state_of(all, position, &who, cell));
        states.filter(|state| !(state.applies.is_none() && state.open.is_none())).collect()
    }

    /// One rule's state for a party. `None` if it is not enforced or does not judge that party. A grant has one state
    /// for all parties.
    pub(super) fn state_of(
        &mut self,
        all: &mut Diagrams,
        position: usize,
        who: &Who,
        cell: Cell,
    ) -> Option<RuleRegions> {
        let (rule, _) = self.program().rule(position)?;
        if rule.outcome.outcome > Outcome::Allow {
            return self.own_state(all, position, who, cell);
        }
        let ReliefRegions { certain, possible } = self.relief(all, position, cell)?;
        Some(RuleRegions { rule: position, applies: certain, open: all.without(possible, certain) })
    }

    /// The relief by a rule. `None` if it is not enforced.
    pub(super) fn relief(&mut self, all: &mut Diagrams, position: usize, cell: Cell) -> Option<ReliefRegions> {
        let key = (position, self.lifts_of(position, cell)?);
        if let Some(relief) = self.reliefs.get(&key) {
            return Some(*relief);
        }
        let (rule, _) = self.program().rule(position)?;
        let (mut vouched, mut doubtful, mut failing) = (Vec::new(), Vec::new(), Vec::new());
        for (who, present) in self.judged(all, rule) {
            let state = self.own_state(all, position, &who, cell)?;
            let mut doubts = all.without(present, state.applies);
            failing.push(all.without(doubts, state.open));
            if !matches!(who, Who::Actor(_) | Who::Perhaps(_)) {
                vouched.push(present);
            } else if rule.outcome.outcome > Outcome::Allow && !rule.unless.is_empty() {
                // An exception that was not tried could take back what the rule keeps off.
                doubts = present;
            }
            doubtful.push(doubts);
        }
        let [vouched, doubtful, failing] = [vouched, doubtful, failing].map(|parts| all.any(parts));
        let relief = ReliefRegions { certain: all.without(vouched, doubtful), possible: all.without(vouched, failing) };
        self.reliefs.insert(key, relief);
        Some(relief)
    }

    /// The regions in which any rule keeps off the default of a model and action, and in which any might.
    pub(super) fn reliefs(&mut self, all: &mut Diagrams, cell: Cell) -> ReliefRegions {
        let default = self.program().ruleset().default.outcome;
        let mut reliefs = ReliefRegions { certain: Diagram::NONE, possible: Diagram::NONE };
        for (rule, _) in self.active(cell) {
            let own = self.program().rule(rule).map_or(default, |(rule, _)| rule.outcome.outcome);
            let Some(relief) = (own < default).then(|| self.relief(all, rule, cell)).flatten() else { continue };
            // A default that refuses does so however those open rules turn out that would refuse as well.
            let possible = if own <= Outcome::StepUp { relief.possible } else { relief.certain };
            reliefs.certain = all.or(reliefs.certain, relief.certain);
            reliefs.possible = all.or(reliefs.possible, possible);
        }
        reliefs
    }

    pub(super) fn own_state(
        &mut self,
        all: &mut Diagrams,
        position: usize,
        who: &Who,
        cell: Cell,
    ) -> Option<RuleRegions> {
        let (rule, compiled) = self.program().rule(position)?;
        let lifts = self.lifts_of(position, cell)?;
        let key = (position, who.clone(), lifts);
        if let Some(state) = self.known.get(&key) {
            return Some(*state);
        }
        let (_, present) = self.judged(all, rule).into_iter().find(|(judged, _)| judged == who)?;
        let state = self.state(all, position, rule, compiled, who, present, &key.2);
        self.known.insert(key, state);
        Some(state)
    }

    /// The parties that a rule judges, with the regions in which they are present.
    pub(super) fn judged(&self, all: &mut Diagrams, rule: &Rule) -> Vec<(Who, Diagram)> {
        let everyone = rule.parties.contains("all");
        let person = rule.parties.is_empty() || everyone || rule.parties.contains("subject");
        let end_user = self.parties.iter().find(|(who, _)| *who == Who::Role(END_USER.to_owned(), 0));
        let mut judged = Vec::new();
        if person {
            judged.push((Who::Person, Diagram::ALL));
        } else if rule.parties.contains(END_USER) {
            // The person served is the end user, even if the chain names none.
            judged.push((Who::Person, end_user.map_or(Diagram::ALL, |(_, named)| all.not(*named))));
        }
        for (who, present) in &self.parties {
            let is = match who {
                Who::Role(role, _) => everyone || rule.parties.contains(role.as_str()),
                Who::Actor(_) => rule.parties.contains("actor"),
                Who::Perhaps(role) => everyone || rule.parties.contains(role.as_str()),
                Who::UnstatedEndUser => everyone || rule.parties.contains(END_USER),
                Who::Person => false,
            };
            if is {
                judged.push((who.clone(), *present));
            }
        }
        judged
    }

    #[allow(clippy::too_many_arguments, reason = "the parts of a state, at its only call")]
    pub(super) fn state(
        &mut self,
        all: &mut Diagrams,
        position: usize,
        rule: &Rule,
        compiled: &CompiledRule,
        who: &Who,
        present: Diagram,
        lifts: &Lifts,
    ) -> RuleRegions {
        let when = self.reader.node(all, compiled.when, who);
        let (mut lifted, mut doubted) = (Diagram::NONE, Diagram::NONE);
        // For an actor, or a person who might be the party, exceptions can only revoke a grant. They lift no other rule.
        if !matches!(who, Who::Actor(_) | Who::Perhaps(_)) || rule.outcome.outcome == Outcome::Allow {
            for (exception, licences) in lifts {
                let (Some(written), Some(lift)) = (rule.unless.get(*exception), compiled.exceptions.get(*exception))
                else {
                    continue;
                };
                let one = self.lifts(all, written, lift, licences, who, Sure::Yes);
                lifted = all.or(lifted, one);
                // An exception that might lift a grant, or a rule that keeps off a stricter default, leaves it open.
                if self.program().is_undone_by_lifting(rule) {
                    let one = self.lifts(all, written, lift, licences, who, Sure::Perhaps);
                    doubted = all.or(doubted, one);
                }
            }
        }
        let settled = all.or(when.yes, when.no);
        let mut open = if rule.absence_clears { when.noisy } else { all.not(settled) };
        let doubted = all.and(when.yes, doubted);
        open = all.or(open, doubted);
        open = all.and(open, present);
        let applies = all.and(when.yes, present);
        let applies = all.without(applies, doubted);
        RuleRegions { rule: position, applies: all.without(applies, lifted), open: all.without(open, lifted) }
    }

    /// The outcomes of a model and action within a region.
    pub(super) fn outcomes(&mut self, all: &mut Diagrams, cell: Cell, region: Diagram) -> OutcomeRegions {
        self.outcomes_without(all, cell, region, &Set::default())
    }

    pub(super) fn outcomes_without(
        &mut self,
        all: &mut Diagrams,
        cell: Cell,
        region: Diagram,
        visited: &Set<Cell>,
    ) -> OutcomeRegions {
        let mut out = OutcomeRegions::new();
        if region.is_none() {
            return out;
        }
        let states = self.states(all, cell);
        let program = self.program();
        let own =
            |state: &RuleRegions| program.rule(state.rule).map_or(Outcome::Allow, |(rule, _)| rule.outcome.outcome);
        let take = |all: &mut Diagrams, left: &mut Diagram, part: &dyn Fn(&RuleRegions) -> Option<Diagram>| {
            let parts: Vec<Diagram> = states.iter().filter_map(part).map(|part| all.and(*left, part)).collect();
            let taken = all.union(parts);
            *left = all.without(*left, taken);
            taken
        };
        let applies = |wanted: Outcome| move |state: &RuleRegions| (own(state) == wanted).then_some(state.applies);
        let default = program.ruleset().default.outcome;
        let mut left = region;
        if default > Outcome::Allow {
            let relief = self.reliefs(all, cell);
            left = all.and(region, relief.certain);
            let mut rest = all.without(region, relief.certain);
            // No rule keeps the default off: only a stricter rule governs.
            for outcome in [Outcome::Deny, Outcome::Review].into_iter().filter(|outcome| *outcome > default) {
                let taken = take(all, &mut rest, &applies(outcome));
                put(all, &mut out, outcome, taken);
            }
            let refused = all.without(rest, relief.possible);
            put(all, &mut out, default, refused);
            // A rule might keep the default off: evidence could change the outcome.
            rest = all.and(rest, relief.possible);
            for outcome in [Outcome::Deny, Outcome::Review] {
                let taken = take(all, &mut rest, &applies(outcome));
                put(all, &mut out, outcome, taken);
            }
            put(all, &mut out, Outcome::StepUp, rest);
        }
        for outcome in [Outcome::Deny, Outcome::Review, Outcome::StepUp] {
            let taken = take(all, &mut left, &applies(outcome));
            put(all, &mut out, outcome, taken);
        }
        let degraded = self.put_fallbacks(all, cell, left, &states, visited, &mut out);
        left = all.without(left, degraded);
        let open = take(all, &mut left, &|state| (own(state) > Outcome::Allow).then_some(state.open));
        put(all, &mut out, Outcome::StepUp, open);
        put(all, &mut out, Outcome::Allow, left);
        out
    }

    /// Assigns the degraded part of a region in which no stricter rule applies, and returns it. If the fallback is not
    /// allowed, its own outcome holds; otherwise an open rule that is as strict asks for evidence.
    pub(super) fn put_fallbacks(
        &mut self,
        all: &mut Diagrams,
        cell: Cell,
        region: Diagram,
        states: &[RuleRegions],
        visited: &Set<Cell>,
        out: &mut OutcomeRegions,
    ) -> Diagram {
        let program = self.program();
        // Of several fallbacks, the least capable is served.
        let mut named: BTreeMap<Reverse<Cell>, [Vec<Diagram>; 2]> = BTreeMap::new();
        let mut open = Diagram::NONE;
        for state in states {
            let Some((rule, _)) = program.rule(state.rule) else { continue };
            if rule.outcome.outcome == Outcome::Degrade
                && let Some(instead) = program.named_instead(rule, cell)
            {
                let [applies, open] = named.entry(Reverse(instead)).or_default();
                applies.push(state.applies);
                open.push(state.open);
            } else if rule.outcome.outcome > Outcome::Degrade {
                open = all.or(open, state.open);
            }
        }
        let mut visited = visited.clone();
        visited.insert(cell);
        let mut left = region;
        for (Reverse(instead), [applies, as_strict]) in named {
            // The open rules so far name this fallback or a less capable one.
            let as_strict = all.union(as_strict);
            open = all.or(open, as_strict);
            let parts = applies.into_iter().map(|applies| all.and(left, applies)).collect();
            let part = all.union(parts);
            left = all.without(left, part);
            if part.is_none() {
                continue;
            }
            if visited.contains(&instead) {
                put(all, out, Outcome::Deny, part);
                continue;
            }
            let (model, action) = program.names(instead);
            for (mut served, region) in self.outcomes_without(all, instead, part, &visited) {
                if served.outcome > Outcome::Degrade {
                    put_served(all, out, served, region);
                    continue;
                }
                let asked = all.and(region, open);
                put(all, out, Outcome::StepUp, asked);
                if served.outcome == Outcome::Allow {
                    served = ServedOutcome {
                        outcome: Outcome::Degrade,
                        instead: Some((model.to_owned(), action.to_owned())),
                    };
                }
                let degraded = all.without(region, open);
                put_served(all, out, served, degraded);
            }
        }
        all.without(region, left)
    }
}

pub(super) fn put(all: &mut Diagrams, out: &mut OutcomeRegions, outcome: Outcome, region: Diagram) {
    put_served(all, out, ServedOutcome { outcome, instead: None }, region);
}

pub(super) fn put_served(all: &mut Diagrams, out: &mut OutcomeRegions, served: ServedOutcome, region: Diagram) {
    if !region.is_none() {
        let known = out.entry(served).or_insert(Diagram::NONE);
        *known = all.or(*known, region);
    }
}

/// The instants inside a ruleset's window at which one of its rules changes.
pub(super) fn instants_of(program: &Program, rule: &Rule, found: &mut Set<Instant>) {
    effective(&rule.effective, found);
    for exception in &rule.unless {
        effective(&exception.effective, found);
    }
    if rule.unless.iter().any(|exception| exception.licence.is_some()) {
        for licence in &program.ruleset().licences {
            found.extend(licence.window.boundaries());
            found.extend(licence.revoked);
            found.extend(licence.provisos.iter().filter_map(|proviso| proviso.until));
        }
    }
}

pub(super) fn effective(effective: &crate::ruleset::model::Effective, found: &mut Set<Instant>) {
    found.extend(effective.window.boundaries());
    found.extend(effective.lifted);
    for window in effective.suspended.iter().chain(&effective.not_enforced) {
        found.extend(window.boundaries());
    }
}
