//! Compares two versions of a ruleset: every class of requests whose outcome changes, each once.

use super::beside::beside;
use super::classes::{Leaf, Literal, Tree, add, changes, coarse, literals_of};
use super::diagram::{Diagram, Diagrams};
use super::outcome::{Law, Lifts, Served, instants_of};
use super::prove::{Budget, inside, questions, reach, rules};
use super::question::Questions;
use super::saying::{Side, Who};
use super::witness::{Somebody, plainest};
use crate::decision::Outcome;
use crate::program::{Cell, Program};
use crate::ruleset::Ruleset;
use crate::ruleset::model::{Matcher, Rule};
use crate::set::Set;
use crate::time::{Instant, Window};
use serde::Serialize;
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// The differences between two versions.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Difference {
    /// Differences that no outcome shows: the ruleset's id, its validity, its issuers, its obligations.
    pub beside: Vec<String>,
    /// Models and actions that only the old version has: refused from now on.
    pub gone: Vec<String>,
    /// Models and actions that only the new version has: refused before.
    pub added: Vec<String>,
    /// The classes that change, disjoint and complete.
    pub changes: Vec<Change>,
    /// Models and actions that could not be settled within the budget.
    pub unsettled: Vec<(String, String)>,
}

/// A class of requests that the two versions treat differently.
#[derive(Clone, Debug, Serialize)]
pub struct Change {
    /// The models and actions requested.
    pub requests: Vec<(String, String)>,
    /// Start of the period.
    pub from: Instant,
    /// End of the period, exclusive.
    pub until: Instant,
    /// Describes the persons of the class: every line holds for all of them.
    pub who: Vec<String>,
    /// `who` also holds for other persons: an exact description would have too many lines.
    pub more: bool,
    /// The reply of the old version.
    pub old: Reply,
    /// The reply of the new version.
    pub new: Reply,
    /// One request of the class.
    pub example: Example,
}

/// The reply of one version.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Reply {
    /// The outcome.
    pub outcome: Outcome,
    /// The fallback of a degrade.
    pub instead: Option<Instead>,
    /// The rule that governs the example, if any.
    pub rule: Option<String>,
    /// Its reason.
    pub reason: String,
}

/// The fallback that is served in place of the request.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Instead {
    /// The model. `None` if it is the requested one.
    pub model: Option<String>,
    /// The action. `None` if it is the requested one.
    pub action: Option<String>,
}

/// One request of a class.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Example {
    /// The assertions about the person, one per line.
    pub who: Vec<String>,
    /// The host's statements, as a request's context in JSON.
    pub context: String,
}

/// Compares two versions of a ruleset over the window of the new one. The old one is assumed to be valid throughout.
pub fn diff(old: &Program, new: &Program, budget: Budget<'_>) -> Difference {
    let mut difference = Difference { beside: beside(old.ruleset(), new.ruleset()), ..Difference::default() };
    names(old, new, &mut difference);
    let window = Window { from: Some(new.ruleset().issued), until: Some(new.ruleset().expires) };
    let epochs = epochs(&[old, new], &window);
    let questions = questions(&[old, new], &[], &epochs);
    let mut comparison = Comparison {
        old,
        new,
        questions: &questions,
        budget,
        steps: 0,
        same: Same::of(old, new),
        known: HashMap::new(),
        stage: None,
    };
    let mut rows: BTreeMap<Row, Vec<(String, String)>> = BTreeMap::new();
    let requests = requests(old, new);
    let count = requests.len();
    for (done, (model, action)) in requests.into_iter().enumerate() {
        (budget.watch.0)(done, count);
        let of =
            |program: &Program| Some(program.cell(program.model_position(&model)?, program.action_position(&action)?));
        let (Some(before), Some(after)) = (of(old), of(new)) else { continue };
        match comparison.of_request(before, after, &epochs, &window) {
            Some(found) => {
                for row in found {
                    rows.entry(row).or_default().push((model.clone(), action.clone()));
                }
            }
            None => difference.unsettled.push((model, action)),
        }
    }
    difference.changes = rows
        .into_iter()
        .map(|(row, requests)| Change {
            requests,
            from: row.from,
            until: row.until,
            who: row.class.who,
            more: row.class.more,
            old: row.class.old,
            new: row.class.new,
            example: row.class.example,
        })
        .collect();
    difference
}

fn names(old: &Program, new: &Program, difference: &mut Difference) {
    let all = |program: &Program| -> BTreeSet<String> {
        let models = program.ruleset().models().map(|(id, _)| format!("model {id}"));
        models.chain(program.ruleset().actions().map(|action| format!("action {action}"))).collect()
    };
    let (before, after) = (all(old), all(new));
    difference.gone = before.difference(&after).cloned().collect();
    difference.added = after.difference(&before).cloned().collect();
}

/// The models and actions that both versions have.
fn requests(old: &Program, new: &Program) -> Vec<(String, String)> {
    let mut requests = Vec::new();
    for (model, _) in new.ruleset().models().filter(|(id, _)| old.model_position(id).is_some()) {
        for action in new.ruleset().actions().filter(|action| old.action_position(action).is_some()) {
            requests.push((model.to_owned(), action.to_owned()));
        }
    }
    requests
}

/// The first instant of a window, and those inside it at which a group of countries changes.
fn epochs(programs: &[&Program], window: &Window) -> Vec<Instant> {
    let mut instants = Set::default();
    for test in programs.iter().flat_map(|program| program.conditions().tests()) {
        if let Matcher::Country(area)
        | Matcher::AnyCountry(area)
        | Matcher::AllCountry(area)
        | Matcher::OnlyCountry(area) = &test.matcher
        {
            instants.extend(area.boundaries());
        }
    }
    inside(instants, window)
}

/// A row of the table, without its models and actions.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Row {
    from: Instant,
    until: Instant,
    class: Class,
}

/// Requests that change in the same way.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Class {
    old: Reply,
    new: Reply,
    who: Vec<String>,
    more: bool,
    example: Example,
}

/// The maximum number of unchanged rules that are described one by one.
const FEW: usize = 3;
/// The maximum numbers of classes of one situation and of splits on the way to them. Beyond, each change is one class.
const CLASSES: usize = 16;
const SPLITS: usize = 120;

/// The identical parts of the two versions, which need not be read.
struct Same {
    /// Identical words mean the same: vocabulary, issuers and licences are equal.
    words: bool,
    rules: BTreeSet<String>,
}

impl Same {
    fn of(old: &Program, new: &Program) -> Self {
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

    fn has(&self, rule: &Rule) -> bool {
        self.words && self.rules.contains(&rule.id)
    }
}

/// The effect of a rule's state: its outcome, its fallback, and the regions in which it applies and is open.
type Touch = (Outcome, Option<String>, Diagram, Diagram);

type Active = Vec<(String, Vec<(usize, Lifts)>)>;

/// The two versions in a period in which no group of countries changes.
struct Stage<'a> {
    epoch: Instant,
    all: Diagrams,
    laws: [Law<'a, 'a>; 2],
}

/// The active rules for a model and action, and for all its fallbacks.
fn active(law: &mut Law<'_, '_>, cell: Cell) -> Active {
    let program = law.program();
    let named = |cell: &Cell, first: bool| if first { String::new() } else { named(program, *cell) };
    let reach = reach(program, cell);
    reach.iter().enumerate().map(|(place, cell)| (named(cell, place == 0), law.active(*cell))).collect()
}

struct Comparison<'a> {
    old: &'a Program,
    new: &'a Program,
    questions: &'a Questions,
    budget: Budget<'a>,
    steps: usize,
    same: Same,
    known: HashMap<(Instant, Active, Active), Option<Vec<Class>>>,
    stage: Option<Stage<'a>>,
}

impl<'a> Comparison<'a> {
    /// The changes of one model and action, period by period. `None` if they are too intricate.
    fn of_request(&mut self, before: Cell, after: Cell, epochs: &[Instant], window: &Window) -> Option<Vec<Row>> {
        if !self.questions.are_whole() {
            return None;
        }
        let mut instants: Set<Instant> = epochs.iter().copied().collect();
        for (program, cell) in [(self.old, before), (self.new, after)] {
            let reach = reach(program, cell);
            for (rule, guarded) in rules(program) {
                if reach.iter().any(|cell| program.is_in_scope(guarded, *cell)) {
                    instants_of(program, rule, &mut instants);
                }
            }
        }
        let instants = inside(instants, window);
        let mut rows: Vec<Row> = Vec::new();
        for (place, from) in instants.iter().enumerate() {
            let until = instants.get(place.saturating_add(1)).copied().or(window.until)?;
            let epoch = epochs.iter().copied().filter(|epoch| epoch <= from).max()?;
            let classes = self.classes(epoch, *from, before, after)?;
            // A class that continues unchanged is one row.
            for class in classes {
                match rows.iter_mut().find(|row| row.until == *from && row.class == class) {
                    Some(row) => row.until = until,
                    None => rows.push(Row { from: *from, until, class }),
                }
            }
        }
        Some(rows)
    }

    fn classes(&mut self, epoch: Instant, now: Instant, before: Cell, after: Cell) -> Option<Vec<Class>> {
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

    fn open(&self, epoch: Instant) -> Stage<'a> {
        let mut all = Diagrams::new(self.questions.count(), self.budget.nodes);
        let side = |program, place| Side { program, now: epoch, place };
        let sides = [side(self.old, 0), side(self.new, 1)];
        let laws = sides.map(|side| Law::new(&mut all, side, self.questions));
        Stage { epoch, all, laws }
    }

    fn compare(&self, stage: &mut Stage<'_>, before: Cell, after: Cell) -> Option<Vec<Class>> {
        let leaves = self.leaves(stage, [before, after])?;
        leaves.into_iter().map(|leaf| self.class(stage, [before, after], leaf)).collect()
    }

    /// The classes of one situation, as regions.
    fn leaves(&self, stage: &mut Stage<'_>, cells: [Cell; 2]) -> Option<Vec<Leaf>> {
        let Stage { all, laws, .. } = stage;
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
    fn care(
        &self,
        all: &mut Diagrams,
        laws: &mut [Law<'_, '_>; 2],
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
    fn literals(
        &self,
        all: &mut Diagrams,
        laws: &mut [Law<'_, '_>; 2],
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
                        let Some((rule, guarded)) = program.rule(position) else { continue };
                        if self.same.has(rule) == changed {
                            continue;
                        }
                        let mut nodes = vec![guarded.when];
                        for (place, licences) in &lifts {
                            let Some(lift) = guarded.exceptions.get(*place) else { continue };
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
                                    format!("somebody in the chain is `{role}`"),
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
    fn together(
        &self,
        all: &mut Diagrams,
        law: &mut Law<'_, '_>,
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
    fn class(&self, stage: &Stage<'_>, [before, after]: [Cell; 2], leaf: Leaf) -> Option<Class> {
        let (_, chosen) = plainest(&stage.all, self.questions, leaf.region)?;
        let told = |law: &Law<'_, '_>, cell: Cell, served: &Served| {
            let somebody = Somebody::new(self.questions, &chosen, law.reader.side)?;
            let (rule, reason, really) = somebody.told(cell);
            debug_assert_eq!(really, *served, "not as computed: {chosen:?}");
            let (model, action) = law.program().names(cell);
            let instead = served.instead.clone().map(|(served_model, served_action)| Instead {
                model: Some(served_model).filter(|served| served != model),
                action: Some(served_action).filter(|served| served != action),
            });
            (really == *served).then_some(Reply { outcome: served.outcome, instead, rule, reason })
        };
        let [old, new] = &stage.laws;
        let example = Somebody::new(self.questions, &chosen, new.reader.side)?.example();
        let (old, new) = (told(old, before, &leaf.change.0)?, told(new, after, &leaf.change.1)?);
        Some(Class { old, new, who: leaf.who, more: leaf.more, example })
    }
}

/// The models and actions of a ruleset that another one has too, in its order.
fn order<'a>(of: &'a Ruleset, other: &Ruleset) -> (Vec<&'a str>, Vec<&'a str>) {
    let models = of.models().map(|(id, _)| id).filter(|id| other.models().any(|(known, _)| known == *id));
    let actions = of.actions().filter(|action| other.actions().any(|known| known == *action));
    (models.collect(), actions.collect())
}

fn named(program: &Program, cell: Cell) -> String {
    let (model, action) = program.names(cell);
    [model, " ", action].concat()
}

fn cell_of(program: &Program, name: &str) -> Option<Cell> {
    let (model, action) = name.split_once(' ')?;
    Some(program.cell(program.model_position(model)?, program.action_position(action)?))
}

#[cfg(test)]
mod tests {
    use super::super::tests::{Dice, compiled, ruleset};
    use super::*;
    use serde_json::{Value as Json, json};

    /// The same ruleset with one change.
    fn changed(dice: &mut Dice, document: &Json) -> Json {
        let mut new = document.clone();
        let other = ruleset(dice, 3, false);
        match dice.below(5) {
            0 => new["rules"][0] = other["rules"][0].clone(),
            1 => new["rules"][0]["outcome"] = other["rules"][1]["outcome"].clone(),
            2 => {
                new["rules"].as_array_mut().unwrap().remove(0);
            }
            3 => new["rules"][0]["when"] = other["rules"][2]["when"].clone(),
            _ => new["default"] = other["default"].clone(),
        }
        new
    }

    #[test]
    fn the_classes_are_disjoint_and_complete() {
        let mut dice = Dice(17);
        let (mut differing, mut same, mut rows, mut exhausted) = (0, 0, 0, 0);
        for _ in 0..80 {
            let rules = 1 + dice.below(3);
            let document = ruleset(&mut dice, rules, true);
            let (old, new) = (compiled(&document), compiled(&changed(&mut dice, &document)));
            let window = Window { from: Some(new.ruleset().issued), until: Some(new.ruleset().expires) };
            let epochs = epochs(&[&old, &new], &window);
            let questions = questions(&[&old, &new], &[], &epochs);
            let same_words = Same::of(&old, &new);
            let budget = Budget::default();
            let comparison = Comparison {
                old: &old,
                new: &new,
                questions: &questions,
                budget,
                steps: 0,
                same: same_words,
                known: HashMap::new(),
                stage: None,
            };
            let now = epochs[dice.below(epochs.len())];
            let place = (dice.below(3), dice.below(2));
            let mut stage = comparison.open(now);
            let cells = [&old, &new].map(|program| program.cell(place.0, place.1));
            let leaves = comparison.leaves(&mut stage, cells).unwrap();
            // Two rulesets may exceed the budget; that is reported, and there is nothing to compare.
            if stage.all.is_exhausted() {
                exhausted += 1;
                continue;
            }
            let Stage { all, laws, .. } = &stage;
            let sides: Vec<(&Law<'_, '_>, Cell)> = laws.iter().zip(cells).collect();
            rows += leaves.len();
            let count = u32::try_from(questions.sayings.len()).unwrap();
            for round in 0..150 + count {
                let rarity = 2 + dice.below(12);
                let chosen: Vec<u32> = match round.checked_sub(150) {
                    Some(one) => vec![one],
                    None => (0..count).filter(|_| dice.once_in(rarity)).collect(),
                };
                let told = [&sides[0], &sides[1]]
                    .map(|(law, cell)| Somebody::new(&questions, &chosen, law.reader.side).unwrap().told(*cell).2);
                let yes: BTreeSet<u32> = chosen.iter().copied().collect();
                let inside: Vec<&Leaf> = leaves.iter().filter(|leaf| all.contains(leaf.region, &yes)).collect();
                let [before, after] = told;
                if before == after {
                    same += 1;
                    assert!(inside.is_empty(), "{document:#}");
                } else {
                    differing += 1;
                    assert_eq!(
                        inside.len(),
                        1,
                        "{document:#}\n{:#}",
                        json!([before.outcome.as_str(), after.outcome.as_str()])
                    );
                    assert_eq!(inside[0].change, (before, after));
                }
            }
        }
        assert!(exhausted <= 1, "{exhausted}");
        assert!(differing > 1_000 && same > 1_000 && rows > 50, "{differing} {same} {rows}");
    }

    /// Another way to write the same condition.
    fn rewritten(dice: &mut Dice, condition: &Json) -> Json {
        let parts = |condition: &Json, name: &str| condition[name].as_array().cloned();
        if let Some(mut parts) = parts(condition, "all") {
            parts.reverse();
            let denied: Vec<Json> = parts.iter().map(|part| json!({"not": rewritten(dice, part)})).collect();
            return json!({"not": {"any": denied}});
        }
        if let Some(parts) = parts(condition, "any") {
            let mut parts: Vec<Json> = parts.iter().map(|part| rewritten(dice, part)).collect();
            parts.push(parts[0].clone());
            return json!({"any": parts});
        }
        match dice.below(3) {
            0 => json!({"not": {"not": condition}}),
            1 => json!({"all": [condition, {"any": [condition]}]}),
            _ => condition.clone(),
        }
    }

    #[test]
    fn the_same_meaning_is_no_difference_however_it_is_written() {
        let mut dice = Dice(19);
        for _ in 0..60 {
            let rules = 1 + dice.below(3);
            let document = ruleset(&mut dice, rules, true);
            let mut again = document.clone();
            let rules = again["rules"].as_array_mut().unwrap();
            rules.reverse();
            for (place, rule) in rules.iter_mut().enumerate() {
                // Merging tests of one attribute changes the treatment of evidence that disagrees, so rewrite only
                // exactly.
                if rule.get("when").is_some() {
                    let when = rule["when"].clone();
                    rule["when"] = rewritten(&mut dice, &when);
                }
                rule["id"] = json!(format!("renamed-{place}"));
                rule["title"] = json!("Another title");
            }
            let (old, new) = (compiled(&document), compiled(&again));
            let found = diff(&old, &new, Budget::default());
            assert!(
                found.changes.is_empty() && found.unsettled.is_empty(),
                "{document:#}\n{again:#}\n{:#?}",
                found.changes
            );
        }
    }
}
