//! Compares two versions of a ruleset in one period: the classes of requests whose outcome changes.

use super::atom::{RulesetAt, Who};
use super::budget::Budget;
use super::classes::{Leaf, Literal, Tree, add, changes, coarse, literals_of};
use super::counterexample::{Example, Scenario, plainest};
use super::diagram::{Diagram, Diagrams};
use super::rules::{ServedOutcome, instants_of};
use super::survey::{inside, reach, rules};
use super::symbolic_ruleset::Lifts;
use super::symbolic_ruleset::SymbolicRuleset;
use super::universe::Universe;
use crate::base::set::Set;
use crate::base::time::{Instant, Window};
use crate::check::decision::Outcome;
use crate::check::program::{Cell, Program};
use crate::ruleset::Ruleset;
use crate::ruleset::model::Rule;
use serde::Serialize;
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// The reply of one version.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Reply {
    /// The outcome.
    pub outcome: Outcome,
    /// The fallback of a degrade.
    pub instead: Option<ServedInstead>,
    /// The rule that governs the example, if any.
    pub rule: Option<String>,
    /// Its reason.
    pub reason: String,
}

/// The fallback that is served in place of the request.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct ServedInstead {
    /// The model. `None` if it is the requested one.
    pub model: Option<String>,
    /// The action. `None` if it is the requested one.
    pub action: Option<String>,
}

/// A row of the table, without its models and actions.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct ChangeRow {
    pub(super) from: Instant,
    pub(super) until: Instant,
    pub(super) class: Class,
}

/// Requests that change in the same way.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Class {
    pub(super) old: Reply,
    pub(super) new: Reply,
    pub(super) who: Vec<String>,
    pub(super) more: bool,
    pub(super) example: Example,
}

/// The maximum number of unchanged rules that are described one by one.
pub(super) const FEW: usize = 3;
/// The maximum numbers of classes of one situation and of splits on the way to them. Beyond, each change is one class.
pub(super) const CLASSES: usize = 16;
pub(super) const SPLITS: usize = 120;

/// The identical parts of the two versions, which need not be read.
pub(super) struct Same {
    /// Identical words mean the same: vocabulary, issuers and licences are equal.
    pub(super) words: bool,
    pub(super) rules: BTreeSet<String>,
}

impl Same {
    pub(super) fn of(old: &Program, new: &Program) -> Self {
        let (before, after) = (old.ruleset(), new.ruleset());
        let issuers = |program: &Program| -> Vec<_> {
            let all = program.ruleset().issuers.iter();
            all.map(|issuer| {
                (issuer.trusted.id.clone(), issuer.class.clone(), issuer.claims.clone(), issuer.trusted.hops.clone())
            })
            .collect()
        };
        let words = before.vocabulary == after.vocabulary
            && issuers(old) == issuers(new)
            && before.licences == after.licences
            && before.models == after.models
            && before.actions == after.actions;
        let unchanged = |rule: &&Rule| before.rules.iter().any(|other| other == *rule);
        Self { words, rules: after.rules.iter().filter(unchanged).map(|rule| rule.id.clone()).collect() }
    }

    pub(super) fn has(&self, rule: &Rule) -> bool {
        self.words && self.rules.contains(&rule.id)
    }
}

/// The effect of a rule's state: its outcome, its fallback, and the regions in which it applies and is open.
pub(super) type Touch = (Outcome, Option<String>, Diagram, Diagram);

pub(super) type ActiveRules = Vec<(String, Vec<(usize, Lifts)>)>;

/// The two versions in a period in which no group of countries changes.
pub(super) struct Period<'a> {
    pub(super) epoch: Instant,
    pub(super) all: Diagrams,
    pub(super) laws: [SymbolicRuleset<'a, 'a>; 2],
}

/// The active rules for a model and action, and for all its fallbacks.
pub(super) fn active(law: &mut SymbolicRuleset<'_, '_>, cell: Cell) -> ActiveRules {
    let program = law.program();
    let named = |cell: &Cell, first: bool| if first { String::new() } else { named(program, *cell) };
    let reach = reach(program, cell);
    reach.iter().enumerate().map(|(place, cell)| (named(cell, place == 0), law.active(*cell))).collect()
}

pub(super) struct Comparison<'a> {
    pub(super) old: &'a Program,
    pub(super) new: &'a Program,
    pub(super) universe: &'a Universe,
    pub(super) budget: Budget<'a>,
    pub(super) steps: usize,
    pub(super) same: Same,
    pub(super) known: HashMap<(Instant, ActiveRules, ActiveRules), Option<Vec<Class>>>,
    pub(super) stage: Option<Period<'a>>,
}

impl<'a> Comparison<'a> {
    /// The changes of one model and action, period by period. `None` if they are too intricate.
    pub(super) fn of_request(
        &mut self,
        before: Cell,
        after: Cell,
        epochs: &[Instant],
        window: &Window,
    ) -> Option<Vec<ChangeRow>> {
        if !self.universe.are_whole() {
            return None;
        }
        let mut instants: Set<Instant> = epochs.iter().copied().collect();
        for (program, cell) in [(self.old, before), (self.new, after)] {
            let reach = reach(program, cell);
            for (rule, compiled) in rules(program) {
                if reach.iter().any(|cell| program.is_in_scope(compiled, *cell)) {
                    instants_of(program, rule, &mut instants);
                }
            }
        }
        let instants = inside(instants, window);
        let mut rows: Vec<ChangeRow> = Vec::new();
        for (place, from) in instants.iter().enumerate() {
            let until = instants.get(place.saturating_add(1)).copied().or(window.until)?;
            let epoch = epochs.iter().copied().filter(|epoch| epoch <= from).max()?;
            let classes = self.classes(epoch, *from, before, after)?;
            // A class that continues unchanged is one row.
            for class in classes {
                match rows.iter_mut().find(|row| row.until == *from && row.class == class) {
                    Some(row) => row.until = until,
                    None => rows.push(ChangeRow { from: *from, until, class }),
                }
            }
        }
        Some(rows)
    }

    pub(super) fn classes(&mut self, epoch: Instant, now: Instant, before: Cell, after: Cell) -> Option<Vec<Class>> {
        // The cached results of other models and actions apply here too.
        let kept = self.stage.take().filter(|stage| stage.epoch == epoch);
        let is_fresh = kept.is_none();
        let mut stage = kept.unwrap_or_else(|| self.open(epoch));
        let [old, new] = &mut stage.laws;
        old.set_now(now);
        new.set_now(now);
        let key = (epoch, active(old, before), active(new, after));
        if let Some(known) = self.known.get(&key) {
            let known = known.clone();
            self.stage = Some(stage);
            return known;
        }
        let rules = [self.old, self.new].map(|program| program.ruleset().rules.len());
        self.steps = self.steps.saturating_add(rules.into_iter().sum());
        let mut found = None;
        if self.steps <= self.budget.steps {
            found = self.compare(&mut stage, before, after);
            if stage.all.is_exhausted() {
                // Discard the results for others: each gets the whole budget, once.
                stage = self.open(epoch);
                found = None;
                if !is_fresh {
                    stage.laws.iter_mut().for_each(|law| law.set_now(now));
                    found = self.compare(&mut stage, before, after);
                    if stage.all.is_exhausted() {
                        (stage, found) = (self.open(epoch), None);
                    }
                }
            }
        }
        self.known.insert(key, found.clone());
        self.stage = Some(stage);
        found
    }

    pub(super) fn open(&self, epoch: Instant) -> Period<'a> {
        let mut all = Diagrams::new(self.universe.count(), self.budget.nodes);
        let side = |program, place| RulesetAt { program, now: epoch, place };
        let sides = [side(self.old, 0), side(self.new, 1)];
        let laws = sides.map(|side| SymbolicRuleset::new(&mut all, side, self.universe));
        Period { epoch, all, laws }
    }

    pub(super) fn compare(&self, stage: &mut Period<'_>, before: Cell, after: Cell) -> Option<Vec<Class>> {
        let leaves = self.leaves(stage, [before, after])?;
        leaves.into_iter().map(|leaf| self.class(stage, [before, after], leaf)).collect()
    }

    /// The classes of one situation, as regions.
    pub(super) fn leaves(&self, stage: &mut Period<'_>, cells: [Cell; 2]) -> Option<Vec<Leaf>> {
        let Period { all, laws, .. } = stage;
        let care = self.care(all, laws, cells, &Set::default());
        if care.is_none() || all.is_exhausted() {
            return Some(Vec::new());
        }
        let [old_law, new_law] = laws;
        let (old, new) = (old_law.outcomes(all, cells[0], care), new_law.outcomes(all, cells[1], care));
        let changes = changes(all, &old, &new);
        if changes.is_empty() {
            return Some(Vec::new());
        }
        let literals = self.literals(all, laws, cells, care);
        let mut tree = Tree { literals: &literals, changes: &changes, left: SPLITS };
        let fine = tree.split(all, Diagram::ALL, &mut Vec::new()).filter(|leaves| leaves.len() <= CLASSES);
        Some(fine.unwrap_or_else(|| coarse(all, &literals, &changes)))
    }

    /// The region in which the outcome can differ: where some rule that is not identical in both versions has an
    /// effect.
    pub(super) fn care(
        &self,
        all: &mut Diagrams,
        laws: &mut [SymbolicRuleset<'_, '_>; 2],
        cells: [Cell; 2],
        visited: &Set<String>,
    ) -> Diagram {
        let (old, new) = (self.old.ruleset(), self.new.ruleset());
        // The order of the models decides which of several fallbacks is served.
        if old.default.outcome != new.default.outcome || order(old, new) != order(new, old) {
            return Diagram::ALL;
        }
        let mut found: Vec<BTreeSet<Touch>> = Vec::new();
        let mut fallbacks: BTreeMap<String, Vec<Diagram>> = BTreeMap::new();
        for (law, cell) in laws.iter_mut().zip(cells) {
            let program = law.program();
            let mut states = BTreeSet::new();
            for (position, _) in law.active(cell) {
                let Some((rule, _)) = program.rule(position) else { continue };
                let instead = (rule.outcome.outcome == Outcome::Degrade).then(|| program.named_instead(rule, cell));
                let instead = instead.flatten().map(|cell| named(program, cell));
                if self.same.has(rule) && instead.is_none() {
                    continue;
                }
                for state in law.states_of(all, position, cell) {
                    if let Some(instead) = &instead {
                        fallbacks.entry(instead.clone()).or_default().push(state.applies);
                    }
                    states.insert((rule.outcome.outcome, instead.clone(), state.applies, state.open));
                }
            }
            found.push(states);
        }
        let [before, after] = found.as_slice() else { return Diagram::ALL };
        let touched = before.symmetric_difference(after);
        let touched = touched.flat_map(|(_, _, applies, open)| [*applies, *open]).collect();
        let mut care = all.union(touched);
        // The fallback may be judged differently.
        for (name, applies) in fallbacks {
            let fallbacks = laws.each_ref().map(|law| cell_of(law.program(), &name));
            let mut visited = visited.clone();
            if let [Some(before), Some(after)] = fallbacks
                && visited.insert(name)
            {
                let inner = self.care(all, laws, [before, after], &visited);
                let mut touched: Vec<Diagram> = applies.into_iter().map(|applies| all.and(applies, inner)).collect();
                touched.push(care);
                care = all.union(touched);
            }
        }
        care
    }

    /// The literals that can distinguish the classes: the tests of the active rules, those of changed rules first. Many
    /// unchanged rules are combined by their effect, because a table that repeats each of them would be unreadable.
    pub(super) fn literals(
        &self,
        all: &mut Diagrams,
        laws: &mut [SymbolicRuleset<'_, '_>; 2],
        cells: [Cell; 2],
        care: Diagram,
    ) -> Vec<Literal> {
        let mut literals: Vec<Literal> = Vec::new();
        let mut unchanged = BTreeSet::new();
        let [law, _] = &mut *laws;
        for cell in reach(self.old, cells[0]) {
            let active = law.active(cell).into_iter().map(|(position, _)| position);
            unchanged.extend(
                active.filter(|position| self.old.rule(*position).is_some_and(|(rule, _)| self.same.has(rule))),
            );
        }
        let few = unchanged.len() <= FEW;
        for changed in [true, false] {
            if !changed && !few {
                let [law, _] = &mut *laws;
                self.together(all, law, cells[0], care, &mut literals);
                continue;
            }
            for (law, cell) in laws.iter_mut().zip(cells) {
                let program = law.program();
                for cell in reach(program, cell) {
                    for (position, lifts) in law.active(cell) {
                        let Some((rule, compiled)) = program.rule(position) else { continue };
                        if self.same.has(rule) == changed {
                            continue;
                        }
                        let mut nodes = vec![compiled.when];
                        for (place, licences) in &lifts {
                            let Some(lift) = compiled.exceptions.get(*place) else { continue };
                            nodes.push(lift.when);
                            nodes.extend(&lift.provided);
                            for (_, grant) in licences.iter().filter_map(|licence| program.licence(*licence)) {
                                nodes.push(grant.holder);
                                nodes.extend(grant.end_uses);
                            }
                        }
                        for (who, present) in law.judged(all, rule) {
                            if let Who::Role(role, _) = &who {
                                add(
                                    &mut literals,
                                    all,
                                    present,
                                    Diagram::NONE,
                                    law.reader.side.place,
                                    format!("there is a party `{role}` in the chain"),
                                );
                            }
                            literals_of(all, law, &nodes, &who, rule.absence_clears, &mut literals);
                        }
                    }
                }
            }
        }
        literals
    }

    /// Adds the combined effect of all unchanged rules, by outcome and fallback.
    pub(super) fn together(
        &self,
        all: &mut Diagrams,
        law: &mut SymbolicRuleset<'_, '_>,
        cell: Cell,
        care: Diagram,
        literals: &mut Vec<Literal>,
    ) {
        let program = law.program();
        for (place, cell) in reach(program, cell).into_iter().enumerate() {
            let mut leading: BTreeMap<(Reverse<Outcome>, String), [Vec<Diagram>; 2]> = BTreeMap::new();
            for state in law.states(all, cell) {
                let Some((rule, _)) = program.rule(state.rule).filter(|(rule, _)| self.same.has(rule)) else {
                    continue;
                };
                let instead = program.named_instead(rule, cell).filter(|_| rule.outcome.outcome == Outcome::Degrade);
                let instead = instead.map_or_else(String::new, |cell| format!(" to {}", named(program, cell)));
                let [applies, open] = leading.entry((Reverse(rule.outcome.outcome), instead)).or_default();
                applies.push(all.and(care, state.applies));
                open.push(all.and(care, state.open));
            }
            for ((Reverse(outcome), instead), [applies, open]) in leading {
                let (applies, open) = (all.union(applies), all.union(open));
                let either = all.or(applies, open);
                let no = all.not(either);
                let does = match outcome {
                    Outcome::Deny => "denies it",
                    Outcome::Review => "has it reviewed",
                    Outcome::StepUp => "asks for more",
                    Outcome::Degrade => "degrades it",
                    Outcome::Allow => "grants it",
                };
                let of = if place == 0 { String::new() } else { format!(", for {}", named(program, cell)) };
                let what = format!("a rule that did not change {does}{instead}{of}");
                add(literals, all, applies, no, 0, what);
            }
        }
    }

    /// A class with one example and the engine's decisions on it.
    pub(super) fn class(&self, stage: &Period<'_>, [before, after]: [Cell; 2], leaf: Leaf) -> Option<Class> {
        let (_, chosen) = plainest(&stage.all, self.universe, leaf.region)?;
        let told = |law: &SymbolicRuleset<'_, '_>, cell: Cell, served: &ServedOutcome| {
            let scenario = Scenario::new(self.universe, &chosen, law.reader.side)?;
            let (rule, reason, really) = scenario.told(cell);
            debug_assert_eq!(really, *served, "not as computed: {chosen:?}");
            let (model, action) = law.program().names(cell);
            let instead = served.instead.clone().map(|(served_model, served_action)| ServedInstead {
                model: Some(served_model).filter(|served| served != model),
                action: Some(served_action).filter(|served| served != action),
            });
            (really == *served).then_some(Reply { outcome: served.outcome, instead, rule, reason })
        };
        let [old, new] = &stage.laws;
        let example = Scenario::new(self.universe, &chosen, new.reader.side)?.example();
        let (old, new) = (told(old, before, &leaf.change.0)?, told(new, after, &leaf.change.1)?);
        Some(Class { old, new, who: leaf.who, more: leaf.more, example })
    }
}

/// The models and actions of a ruleset that another one has too, in its order.
pub(super) fn order<'a>(of: &'a Ruleset, other: &Ruleset) -> (Vec<&'a str>, Vec<&'a str>) {
    let models = of.models().map(|(id, _)| id).filter(|id| other.models().any(|(known, _)| known == *id));
    let actions = of.actions().filter(|action| other.actions().any(|known| known == *action));
    (models.collect(), actions.collect())
}

pub(super) fn named(program: &Program, cell: Cell) -> String {
    let (model, action) = program.names(cell);
    [model, " ", action].concat()
}

pub(super) fn cell_of(program: &Program, name: &str) -> Option<Cell> {
    let (model, action) = name.split_once(' ')?;
    Some(program.cell(program.model_position(model)?, program.action_position(action)?))
}
