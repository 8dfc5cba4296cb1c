//! Compares two versions of a ruleset: every class of requests whose outcome changes, each once.

use super::budget::Budget;
use super::comparison::{ChangeRow, Comparison, Reply, Same};
use super::counterexample::Example;
use super::metadata_diff::beside;
use super::survey::{inside, universe};
use crate::base::set::Set;
use crate::base::time::{Instant, Window};
use crate::check::program::Program;
use crate::ruleset::model::Matcher;
use serde::Serialize;
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
    pub changes: Vec<OutcomeChange>,
    /// Models and actions that could not be settled within the budget.
    pub unsettled: Vec<(String, String)>,
}

/// A class of requests that the two versions treat differently.
#[derive(Clone, Debug, Serialize)]
pub struct OutcomeChange {
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

/// Compares two versions of a ruleset over the window of the new one. The old one is assumed to be valid throughout.
pub fn diff(old: &Program, new: &Program, budget: Budget<'_>) -> Difference {
    let mut difference = Difference { beside: beside(old.ruleset(), new.ruleset()), ..Difference::default() };
    names(old, new, &mut difference);
    let window = Window { from: Some(new.ruleset().issued), until: Some(new.ruleset().expires) };
    let epochs = epochs(&[old, new], &window);
    let universe = universe(&[old, new], &[], &epochs);
    let mut comparison = Comparison {
        old,
        new,
        universe: &universe,
        budget,
        steps: 0,
        same: Same::of(old, new),
        known: HashMap::new(),
        stage: None,
    };
    let mut rows: BTreeMap<ChangeRow, Vec<(String, String)>> = BTreeMap::new();
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
        .map(|(row, requests)| OutcomeChange {
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

#[cfg(test)]
mod tests {
    use super::super::classes::Leaf;
    use super::super::comparison::Period;
    use super::super::counterexample::Scenario;
    use super::super::symbolic_ruleset::SymbolicRuleset;
    use super::super::tests::{compiled, ruleset};
    use super::*;
    use crate::base::dice::Dice;
    use crate::check::program::Cell;
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
            let universe = universe(&[&old, &new], &[], &epochs);
            let same_words = Same::of(&old, &new);
            let budget = Budget::default();
            let comparison = Comparison {
                old: &old,
                new: &new,
                universe: &universe,
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
            let Period { all, laws, .. } = &stage;
            let sides: Vec<(&SymbolicRuleset<'_, '_>, Cell)> = laws.iter().zip(cells).collect();
            rows += leaves.len();
            let count = u32::try_from(universe.atoms.len()).unwrap();
            for round in 0..150 + count {
                let rarity = 2 + dice.below(12);
                let chosen: Vec<u32> = match round.checked_sub(150) {
                    Some(one) => vec![one],
                    None => (0..count).filter(|_| dice.once_in(rarity)).collect(),
                };
                let told = [&sides[0], &sides[1]]
                    .map(|(law, cell)| Scenario::new(&universe, &chosen, law.reader.side).unwrap().told(*cell).2);
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
