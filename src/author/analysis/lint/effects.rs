//! Evaluates rules and exceptions over all requests: finds those without effect, and those that affect protected
//! individuals.

use super::{Lint, LintPlace, of_exception, of_rule};
use crate::author::analysis::atom::{RulesetAt, Who};
use crate::author::analysis::budget::Budget;
use crate::author::analysis::diagram::{Diagram, Diagrams};
use crate::author::analysis::exceptions::{Sure, lifts};
use crate::author::analysis::rules::instants_of;
use crate::author::analysis::search::matters;
use crate::author::analysis::survey::{epochs, inside, rules, universe};
use crate::author::analysis::symbolic_ruleset::Lifts;
use crate::author::analysis::symbolic_ruleset::SymbolicRuleset;
use crate::base::set::Set;
use crate::base::time::{Instant, Window};
use crate::check::decision::{Basis, Outcome};
use crate::check::program::{Cell, NodeId, Program, compile};
use crate::ruleset::Ruleset;
use crate::ruleset::attribute::AttributeId;
use crate::ruleset::model::{Condition, EvidencePolicies, Guarantee, Licence, LicenceRef, Matcher, Rule, Scope};
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

/// A licence with a holder for each kind that exceptions require and the ruleset does not have yet: such licences are
/// added later.
fn to_come(ruleset: &Ruleset) -> Vec<Licence> {
    let issuer = ruleset.issuers.first().map_or("nobody", |issuer| issuer.trusted.id.as_str());
    let holder = Set::of([issuer, ":a licensee"].concat());
    let exceptions = ruleset.rules.iter().flat_map(|rule| &rule.unless);
    let kinds: BTreeSet<&String> = exceptions
        .filter_map(|exception| match &exception.licence {
            Some(LicenceRef::Kind(kind)) => Some(kind),
            _ => None,
        })
        .filter(|kind| !ruleset.licences.iter().any(|licence| licence.kind.as_ref() == Some(*kind)))
        .collect();
    let licence = |kind: &String| Licence {
        id: format!("a licence of kind {kind}"),
        kind: Some(kind.clone()),
        basis: Basis { citation: String::new(), url: None, as_of: None },
        holder: Condition::Test(AttributeId::SUBJECT_ID, Matcher::AnyText(holder.clone())),
        evidence: EvidencePolicies::default(),
        scope: Scope::default(),
        end_uses: None,
        window: Window::default(),
        revoked: None,
        provisos: Vec::new(),
        obligations: Vec::new(),
    };
    kinds.into_iter().map(licence).collect()
}

/// Reports the effects of rules and exceptions over all requests.
pub(super) fn look(ruleset: &Ruleset, budget: Budget<'_>, found: &mut Vec<Lint>) {
    // The same ruleset, which also asks if a person is certainly a U.S. person.
    let mut asking = ruleset.clone();
    asking.guarantees = vec![Guarantee {
        id: "protected".to_owned(),
        title: None,
        whom: Condition::Test(AttributeId::US_PERSON, Matcher::Is(true)),
        evidence: EvidencePolicies::default(),
        scope: Scope::default(),
        during: Window::default(),
        permitted: Set::default(),
    }];
    asking.licences.extend(to_come(ruleset));
    let program = compile(asking);
    let Some(protected) = program.guarantees().next() else { return };
    let instants = epochs(&[&program]);
    let universe = universe(&[&program], &[protected], &instants);
    if !universe.are_whole() {
        found.push(too_intricate(ruleset));
        return;
    }
    let windows: Vec<Window> = instants
        .iter()
        .enumerate()
        .map(|(place, from)| {
            let until = instants.get(place.saturating_add(1)).copied().unwrap_or(ruleset.expires);
            Window { from: Some(*from), until: Some(until) }
        })
        .collect();
    let fresh = || {
        let mut all = Diagrams::new(universe.count(), budget.nodes);
        let laws = instants
            .iter()
            .map(|from| SymbolicRuleset::new(&mut all, RulesetAt::of(&program, *from), &universe))
            .collect();
        (all, laws)
    };
    let mut effects = Effects::default();
    let (mut all, mut laws): (_, Vec<SymbolicRuleset<'_, '_>>) = fresh();
    let of = program.ruleset().rules.len();
    // The last first: of several rules that cover each other, the first by name stays.
    for (done, position) in (0..of).rev().enumerate() {
        (budget.watch.0)(done, of);
        effects.look(&mut all, &mut laws, position, protected, &windows);
        if all.is_exhausted() {
            // Discard the results for others: each rule gets the whole budget, once.
            (all, laws) = fresh();
            effects.look(&mut all, &mut laws, position, protected, &windows);
            if all.is_exhausted() {
                effects.unsettled.insert(position);
                (all, laws) = fresh();
            }
        }
        effects.settle(&program, position);
    }
    let Effects { live, lifting, hits, idle, unsettled, .. } = effects;
    if !unsettled.is_empty() {
        found.push(too_intricate(ruleset));
    }
    for (position, rule) in program.ruleset().rules.iter().enumerate() {
        // Never report a rule whose analysis did not finish.
        if unsettled.contains(&position) {
            continue;
        }
        if !live.contains(&position) {
            found.push(dead(&program, rule));
            continue;
        }
        if idle.contains(&position) {
            found.push(Lint {
                code: "check.shadowed",
                place: of_rule(rule),
                message: format!(
                    "the rule `{}` changes no outcome: wherever it applies, others are as strict",
                    rule.id
                ),
                help: "leave it out, or check what it was meant to add".to_owned(),
            });
        }
        for (place, exception) in rule.unless.iter().enumerate() {
            if !lifting.contains(&(position, place)) {
                found.push(Lint {
                    code: "check.never_lifts",
                    place: of_exception(rule, &exception.id),
                    message: format!("the exception `{}` can never lift `{}`", exception.id, rule.id),
                    help: "no issuer can give the evidence that it asks for, its licences do not fit or have expired, \
                           or its conditions exclude each other"
                        .to_owned(),
                });
            }
        }
        if hits.contains(&position) && rule.outcome.outcome > Outcome::Allow && reads_nationality(rule) {
            found.push(Lint {
                code: "check.protected",
                place: of_rule(rule),
                message: format!(
                    "`{}` reads nationality or status and restricts people who have proved that they \
                                  are protected",
                    rule.id
                ),
                help: "citizens, nationals, permanent residents, refugees and asylees must not be treated \
                       differently because of their citizenship or origin unless a law provides otherwise (8 U.S.C. \
                       1324b(a)(1), (a)(2)(C), (a)(3)): add \
                       `subject.foreign_person: true` to its condition, or accept it with `--allow`"
                    .to_owned(),
            });
        }
    }
}

/// The findings about rules, by position, and about exceptions, by index within their rule.
#[derive(Default)]
struct Effects {
    /// It can apply to some person.
    live: BTreeSet<usize>,
    lifting: BTreeSet<(usize, usize)>,
    /// It can apply to a person who is certainly a U.S. person.
    hits: BTreeSet<usize>,
    /// Without it, some request would have another outcome.
    matter: BTreeSet<usize>,
    /// It restricts, but no request would have another outcome without it.
    idle: BTreeSet<usize>,
    /// It is too intricate to settle.
    unsettled: BTreeSet<usize>,
    /// The active rules, by instant, model and action.
    active: BTreeMap<(Instant, Cell), Rc<ActiveInstead>>,
}

/// Rules, each with its possible lifts and its fallback.
type ActiveInstead = BTreeSet<(usize, Lifts, Option<Cell>)>;

impl Effects {
    /// Analyses one rule, period by period in which no group of countries changes.
    fn look(
        &mut self,
        all: &mut Diagrams,
        laws: &mut [SymbolicRuleset<'_, '_>],
        position: usize,
        protected: NodeId,
        windows: &[Window],
    ) {
        for (law, window) in laws.iter_mut().zip(windows) {
            let program = law.program();
            let Some((rule, _)) = program.rule(position) else { return };
            let mut changes = Set::default();
            instants_of(program, rule, &mut changes);
            let us_person = law.reader.node(all, protected, &Who::Person).yes;
            let mut covered = Vec::new();
            for now in inside(changes, window) {
                law.set_now(now);
                for cell in program.cells_of(&rule.scope) {
                    let states = law.states_of(all, position, cell);
                    let hits = states.iter().any(|state| !all.and(state.applies, us_person).is_none());
                    let lifting = what_lifts(all, law, position, cell);
                    let matters =
                        self.matter.contains(&position) || self.matters(all, law, position, cell, &mut covered);
                    // Results beyond the budget are meaningless.
                    if all.is_exhausted() {
                        return;
                    }
                    self.live.extend(states.iter().any(|state| !state.applies.is_none()).then_some(position));
                    self.hits.extend(hits.then_some(position));
                    self.lifting.extend(lifting.into_iter().map(|place| (position, place)));
                    self.matter.extend(matters.then_some(position));
                }
            }
        }
        for (law, window) in laws.iter_mut().zip(windows) {
            self.look_at_others(all, law, position, window);
        }
    }

    /// Checks if a rule matters at instants at which other rules change and it does not.
    fn look_at_others(
        &mut self,
        all: &mut Diagrams,
        law: &mut SymbolicRuleset<'_, '_>,
        position: usize,
        window: &Window,
    ) {
        let program = law.program();
        let Some((rule, _)) = program.rule(position).filter(|(rule, _)| rule.outcome.outcome > Outcome::Allow) else {
            return;
        };
        let mut covered = Vec::new();
        for cell in program.cells_of(&rule.scope) {
            let mut changes = Set::default();
            for (other, compiled) in rules(program) {
                if program.is_in_scope(compiled, cell) {
                    instants_of(program, other, &mut changes);
                }
            }
            for now in inside(changes, window) {
                law.set_now(now);
                if self.matter.contains(&position) || all.is_exhausted() {
                    return;
                }
                if self.matters(all, law, position, cell, &mut covered) && !all.is_exhausted() {
                    self.matter.insert(position);
                }
            }
        }
    }

    /// Returns `true` if a rule matters to a model and action now. `covered`: sets of rules that were found to cover
    /// it. Additional rules do not change that.
    fn matters(
        &mut self,
        all: &mut Diagrams,
        law: &mut SymbolicRuleset<'_, '_>,
        position: usize,
        cell: Cell,
        covered: &mut Vec<Rc<ActiveInstead>>,
    ) -> bool {
        let (program, now) = (law.program(), law.reader.side.now);
        let active = || -> Rc<ActiveInstead> {
            let instead = |rule: usize| program.rule(rule).and_then(|(rule, _)| program.named_instead(rule, cell));
            Rc::new(law.active(cell).into_iter().map(|(rule, lifts)| (rule, lifts, instead(rule))).collect())
        };
        let active = Rc::clone(self.active.entry((now, cell)).or_insert_with(active));
        let is_at_work = active.iter().any(|(rule, ..)| *rule == position);
        if !is_at_work || covered.iter().any(|known| known.is_subset(&active)) {
            return false;
        }
        let matters = matters(all, law, position, cell, &self.idle);
        if !matters {
            covered.push(active);
        }
        matters
    }

    /// Concludes the finding about a rule once its analysis is complete.
    fn settle(&mut self, program: &Program, position: usize) {
        let restricts = program.rule(position).is_some_and(|(rule, _)| rule.outcome.outcome > Outcome::Allow);
        let known = self.live.contains(&position) && !self.unsettled.contains(&position);
        if restricts && known && !self.matter.contains(&position) {
            self.idle.insert(position);
        }
    }
}

fn too_intricate(ruleset: &Ruleset) -> Lint {
    Lint {
        code: "check.too_intricate",
        place: LintPlace { list: "ruleset", id: ruleset.id.clone(), within: None },
        message: "it is too complex to find out which of its rules and exceptions have no effect".to_owned(),
        help: "everything else was checked; to check this too, split the ruleset and check its parts separately"
            .to_owned(),
    }
}

/// The exceptions of a rule that lift it for some party, by index.
fn what_lifts(all: &mut Diagrams, law: &mut SymbolicRuleset<'_, '_>, position: usize, cell: Cell) -> Vec<usize> {
    let program = law.program();
    let mut lifting = Vec::new();
    let Some((rule, compiled)) = program.rule(position) else { return lifting };
    for (place, licences) in lifts(program, rule, compiled, cell, law.reader.side.now) {
        let (Some(exception), Some(lift)) = (rule.unless.get(place), compiled.exceptions.get(place)) else { continue };
        let lifts = law.judged(all, rule).into_iter().any(|(who, present)| {
            let when = law.reader.node(all, compiled.when, &who);
            let lifted = law.lifts(all, exception, lift, &licences, &who, Sure::Yes);
            // An exception lifts only where the rule could apply.
            let could = all.without(lifted, when.no);
            all.and(could, present) != Diagram::NONE
        });
        lifting.extend(lifts.then_some(place));
    }
    lifting
}

fn dead(program: &Program, rule: &Rule) -> Lint {
    let whole = Window { from: Some(program.ruleset().issued), until: Some(program.ruleset().expires) };
    let (message, help) = if program.cells_of(&rule.scope).is_empty() {
        ("has a scope that no model or action of the catalogue matches", "widen its scope, or leave it out")
    } else if rule.effective.window.intersection(&whole).is_empty() {
        ("is not in force at any time at which the ruleset is valid", "correct its dates, or leave it out")
    } else {
        (
            "can never definitely apply",
            "its conditions exclude each other, no issuer can give the evidence that it asks for, or its exceptions lift it for \
             everyone",
        )
    };
    Lint {
        code: "check.dead",
        place: of_rule(rule),
        message: format!("the rule `{}` {message}", rule.id),
        help: help.to_owned(),
    }
}

fn reads_nationality(rule: &Rule) -> bool {
    fn walk(condition: &Condition) -> bool {
        match condition {
            Condition::All(parts) | Condition::Any(parts) => parts.iter().any(walk),
            Condition::Not(part) => walk(part),
            Condition::Test(attribute, _) => [
                AttributeId::NATIONALITIES,
                AttributeId::NATIONALITIES_EVER,
                AttributeId::MOST_RECENT,
                AttributeId::PERMANENT_RESIDENCIES,
                AttributeId::US_STATUS,
            ]
            .contains(attribute),
        }
    }
    walk(&rule.when)
}

#[cfg(test)]
mod tests {
    use super::super::super::diff::diff;
    use super::super::super::tests::{compiled, ruleset, without_whereabouts};
    use super::super::lint;
    use super::*;
    use crate::author::language::{parse_json, read};
    use crate::base::dice::Dice;
    use serde_json::{Value as Json, json};

    fn budget() -> Budget<'static> {
        Budget { nodes: 500_000, ..Budget::default() }
    }

    /// The rules with a warning of this code, by id. `None` if the ruleset is too intricate.
    fn warned(document: &Json, code: &str) -> Option<BTreeSet<String>> {
        let document = parse_json(&document.to_string()).unwrap();
        let found = lint(&read(&document).unwrap(), &document, budget());
        let is_told = found.iter().all(|lint| lint.code != "check.too_intricate");
        is_told.then(|| found.into_iter().filter(|lint| lint.code == code).map(|lint| lint.place.id).collect())
    }

    /// The document without some rules. The licences are for the rule `last`, so it stays.
    fn without(document: &Json, left_out: &BTreeSet<String>) -> Json {
        let mut new = document.clone();
        let rules = new["rules"].as_array_mut().unwrap();
        rules.retain(|rule| rule["id"] == "last" || !left_out.contains(rule["id"].as_str().unwrap()));
        new
    }

    #[test]
    fn without_the_rules_that_change_nothing_nothing_changes_and_without_any_other_something_does() {
        let mut dice = Dice(23);
        let (mut changing, mut none) = (0, 0);
        for _ in 0..60 {
            let rules = 2 + dice.below(2);
            let mut document = ruleset(&mut dice, rules, true);
            // Two rules with the same condition, so that one covers the other.
            let copy = document["rules"][0].clone();
            document["rules"][1]["when"] = copy["when"].clone();
            if document["rules"][1].get("parties").is_some() {
                without_whereabouts(&mut document["rules"][1]["when"]);
            }
            document["rules"][1]["evidence"] = copy["evidence"].clone();
            document["default"] = json!("allow");
            // A result that is too intricate does not count.
            let same = |one: &Json, other: &Json| {
                let found = diff(&compiled(one), &compiled(other), budget());
                found.unsettled.is_empty().then_some(found.changes.is_empty())
            };
            let (Some(idle), Some(dead)) = (warned(&document, "check.shadowed"), warned(&document, "check.dead"))
            else {
                continue;
            };
            none += idle.len();
            let needed = without(&document, &idle);
            assert!(same(&document, &needed) != Some(false), "{idle:?} {document:#}");
            for rule in needed["rules"].as_array().unwrap() {
                let id = rule["id"].as_str().unwrap().to_owned();
                if rule["outcome"] != "allow" && id != "last" && !dead.contains(&id) {
                    let same = same(&needed, &without(&needed, &BTreeSet::from([id.clone()])));
                    changing += usize::from(same == Some(false));
                    assert!(same != Some(true), "{id} {needed:#}");
                }
            }
        }
        assert!(changing > 50 && none > 3, "{changing} {none}");
    }
}
