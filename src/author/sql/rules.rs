//! Translates the rules, in the order in which they govern (`decide/rules.rs`), to one `CASE`.

use super::clause::Clause;
use super::reader::{RowParty, RowReader};
use crate::author::analysis::{Lifts, lifts};
use crate::base::set::Set;
use crate::check::decide::for_authors::in_force;
use crate::check::decision::Outcome;
use crate::check::program::{Cell, CompiledRule, Program};
use crate::ruleset::attribute::END_USER;
use crate::ruleset::model::Rule;
use std::collections::HashMap;

/// Translates the outcomes of models and actions.
#[derive(Debug)]
pub(super) struct OutcomeSql<'a> {
    pub(super) reader: RowReader<'a>,
    /// The columns of the request, if columns name it.
    pub(super) asked: RequestColumns,
    /// The model and action being translated.
    of_row: Option<Cell>,
    known: HashMap<(usize, RowParty, Lifts), RuleSql>,
}

/// The columns that name the model and action of a row's request, as SQL.
#[derive(Debug)]
pub(super) struct RequestColumns {
    pub(super) model: Option<String>,
    pub(super) action: Option<String>,
}

/// The reason for serving a fallback.
pub(super) struct Degraded {
    /// The governing rule, as SQL.
    rule: String,
    /// The rules that ask for evidence if they are open, as SQL.
    open: Vec<(Clause, String)>,
}

/// One rule, over all parties that it judges.
#[derive(Clone, Debug)]
pub(super) struct RuleSql {
    /// Its condition is true, and no exception lifts it.
    applies: Clause,
    /// Its condition is unknown, and no exception lifts it.
    open: Clause,
    /// Its condition is true, and an exception lifts it.
    lifted: Clause,
    /// Its condition is unknown, and an exception lifts it.
    perhaps_lifted: Clause,
}

/// One rule of a model and action.
pub(super) struct Ruled<'a> {
    rule: &'a Rule,
    state: RuleSql,
    /// The conditions for a grant, or for keeping off a stricter default: every party that the rule judges fulfils it.
    relief: ReliefSql,
}

/// Every party that a rule judges fulfils it, or might.
#[derive(Clone, Debug)]
pub(super) struct ReliefSql {
    certain: Clause,
    possible: Clause,
}

/// The outcomes of a model and action, in the order of their cases; `otherwise` is the last.
#[derive(Default)]
pub(super) struct Cases {
    whens: Vec<(Clause, String)>,
    otherwise: Option<String>,
}

impl Cases {
    fn put(&mut self, when: Clause, then: impl FnOnce() -> String) {
        match when {
            _ if self.otherwise.is_some() => {}
            Clause::Known(Some(true)) => self.otherwise = Some(then()),
            Clause::Known(_) => {}
            when => self.whens.push((when, then())),
        }
    }

    fn to_sql(&self) -> String {
        let otherwise = self.otherwise.as_deref().unwrap_or("NULL");
        if self.whens.iter().all(|(_, then)| then == otherwise) {
            return otherwise.to_owned();
        }
        let indent = |text: &str| text.replace('\n', "\n  ");
        let whens = self
            .whens
            .iter()
            .map(|(when, then)| format!("\n  WHEN {}\n  THEN {}", indent(&when.to_sql()), indent(then)));
        format!("CASE{}\n  ELSE {}\nEND", whens.collect::<String>(), indent(otherwise))
    }
}

impl<'a> OutcomeSql<'a> {
    pub(super) fn new(reader: RowReader<'a>, asked: RequestColumns) -> Self {
        Self { reader, asked, of_row: None, known: HashMap::new() }
    }

    pub(super) const fn program(&self) -> &'a Program {
        self.reader.program
    }

    /// The outcome of a model and action.
    pub(super) fn of(&mut self, cell: Cell) -> String {
        self.of_row = Some(cell);
        self.cell(cell, None, &Set::default())
    }

    /// `degraded`: the reason if this is a fallback. `visited`: the models and actions that it is the fallback of.
    pub(super) fn cell(&mut self, cell: Cell, degraded: Option<&Degraded>, visited: &Set<Cell>) -> String {
        let ruled = self.ruled(cell);
        let own = |one: &Ruled<'_>| one.rule.outcome.outcome;
        let default = self.program().ruleset().default.outcome;
        // The conditions that a rule keeps a stricter default off, and that one might. A default that refuses does so
        // however those open rules turn out that would refuse as well.
        let reliefs = ruled.iter().filter(|one| own(one) < default);
        let relieved = Clause::any(reliefs.clone().map(|one| one.relief.certain.clone()));
        let may =
            reliefs.map(|one| if own(one) > Outcome::StepUp { &one.relief.certain } else { &one.relief.possible });
        let may = Clause::any(may.cloned());
        // A rule that applies to some but not all parties that it judges counts only if a rule keeps the default off.
        let beside = |one: &Ruled<'_>, off: &Clause| {
            let alone = own(one) >= default || one.relief.certain == one.state.applies;
            Clause::all([one.state.applies.clone(), if alone { Clause::TRUE } else { off.clone() }])
        };
        let mut cases = Cases::default();
        for strict in [Outcome::Deny, Outcome::Review, Outcome::StepUp] {
            for one in ruled.iter().filter(|one| own(one) == strict) {
                cases.put(beside(one, &may), || self.record(strict, &self.id(one), None));
            }
        }
        let degrading = ruled.iter().filter(|one| own(one) == Outcome::Degrade);
        let applies = Clause::any(degrading.map(|one| beside(one, &relieved)));
        if applies != Clause::FALSE {
            let instead = self.instead(cell, &ruled, degraded, visited);
            cases.put(applies, || instead);
        }
        let no_rule = self.reader.dialect.no_text();
        if default > Outcome::StepUp {
            cases.put(may.not(), || self.record(default, &no_rule, None));
        }
        for one in ruled.iter().filter(|one| own(one) > Outcome::Allow) {
            cases.put(one.state.open.clone(), || self.record(Outcome::StepUp, &self.id(one), None));
        }
        let allow = |one: &Ruled<'_>| self.allowed(cell, &self.id(one), degraded);
        let grants = || ruled.iter().filter(|one| own(one) == Outcome::Allow);
        if default > Outcome::Allow {
            grants().for_each(|one| cases.put(one.state.applies.clone(), || allow(one)));
            for one in grants() {
                cases.put(one.state.open.clone(), || self.record(Outcome::StepUp, &self.id(one), None));
            }
        } else {
            ruled.iter().for_each(|one| cases.put(one.state.lifted.clone(), || allow(one)));
            ruled.iter().for_each(|one| cases.put(one.state.perhaps_lifted.clone(), || allow(one)));
            grants().for_each(|one| cases.put(one.state.applies.clone(), || allow(one)));
        }
        cases.put(Clause::TRUE, || match default {
            Outcome::Allow => self.allowed(cell, &no_rule, degraded),
            default => self.record(default, &no_rule, None),
        });
        cases.to_sql()
    }

    pub(super) fn id(&self, one: &Ruled<'_>) -> String {
        self.reader.dialect.text(&one.rule.id)
    }

    /// The outcome of a degrade: of several fallbacks, the least capable is served. If it is not allowed, its own
    /// outcome holds; otherwise an open rule that is as strict asks for evidence.
    pub(super) fn instead(
        &mut self,
        cell: Cell,
        ruled: &[Ruled<'_>],
        outer: Option<&Degraded>,
        visited: &Set<Cell>,
    ) -> String {
        let program = self.program();
        let named = |one: &Ruled<'_>| {
            let degrades = one.rule.outcome.outcome == Outcome::Degrade;
            degrades.then(|| program.named_instead(one.rule, cell)).flatten()
        };
        let mut governing = Cases::default();
        for one in ruled.iter().filter(|one| named(one).is_some()) {
            governing.put(one.state.applies.clone(), || self.id(one));
        }
        // One of them applies.
        if governing.otherwise.is_none() {
            governing.otherwise = governing.whens.pop().map(|(_, then)| then);
        }
        let governing = governing.to_sql();
        let fallbacks: Set<std::cmp::Reverse<Cell>> = ruled.iter().filter_map(named).map(std::cmp::Reverse).collect();
        let mut visited = visited.clone();
        visited.insert(cell);
        let mut cases = Cases::default();
        let mut fallbacks = fallbacks.into_iter().peekable();
        while let Some(std::cmp::Reverse(instead)) = fallbacks.next() {
            let here: Vec<&Ruled<'_>> = ruled.iter().filter(|one| named(one) == Some(instead)).collect();
            // One of them applies, so the last needs no condition.
            let applies = match fallbacks.peek() {
                None => Clause::TRUE,
                Some(_) => Clause::any(here.iter().map(|one| one.state.applies.clone())),
            };
            // A rule that applies is not open, unless it judges several parties.
            let certain = match here.as_slice() {
                [one] if one.rule.parties.is_empty() => Some(&one.rule.id),
                _ => None,
            };
            let as_strict = |one: &&Ruled<'_>| match one.rule.outcome.outcome {
                Outcome::Degrade => named(one) >= Some(instead) && Some(&one.rule.id) != certain,
                own => own > Outcome::Degrade,
            };
            let open = ruled.iter().filter(as_strict).map(|one| (one.state.open.clone(), self.id(one)));
            let open = open.filter(|(open, _)| *open != Clause::FALSE);
            let degraded = Degraded {
                rule: outer.map_or(&governing, |outer| &outer.rule).clone(),
                open: open.chain(outer.into_iter().flat_map(|outer| outer.open.iter().cloned())).collect(),
            };
            let then = if visited.contains(&instead) {
                self.record(Outcome::Deny, &governing, None)
            } else {
                self.cell(instead, Some(&degraded), &visited)
            };
            cases.put(applies, || then);
        }
        cases.to_sql()
    }

    /// The answer if a model and action are allowed: to the request itself, or as the fallback of a degrade.
    pub(super) fn allowed(&self, cell: Cell, rule: &str, degraded: Option<&Degraded>) -> String {
        let Some(degraded) = degraded else { return self.record(Outcome::Allow, rule, None) };
        let mut cases = Cases::default();
        for (open, rule) in &degraded.open {
            cases.put(open.clone(), || self.record(Outcome::StepUp, rule, None));
        }
        cases.put(Clause::TRUE, || self.record(Outcome::Degrade, &degraded.rule, Some(cell)));
        cases.to_sql()
    }

    pub(super) fn record(&self, outcome: Outcome, rule: &str, instead: Option<Cell>) -> String {
        let dialect = self.reader.dialect;
        let (model, action) = match instead.map(|cell| self.program().names(cell)) {
            Some((model, action)) => {
                // An unchanged model or action is written as the request's column, so that many models and actions have
                // the same result.
                let (asked_model, asked_action) =
                    self.of_row.map(|cell| self.program().names(cell)).unwrap_or_default();
                let same = |column: &Option<String>, same: bool| column.clone().filter(|_| same);
                (
                    same(&self.asked.model, model == asked_model).unwrap_or_else(|| dialect.text(model)),
                    same(&self.asked.action, action == asked_action).unwrap_or_else(|| dialect.text(action)),
                )
            }
            None => (dialect.no_text(), dialect.no_text()),
        };
        let outcome = dialect.text(outcome.as_str());
        dialect.record([("outcome", outcome.as_str()), ("rule", rule), ("model", &model), ("action", &action)])
    }

    /// The rules in force for a model and action, by id.
    pub(super) fn ruled(&mut self, cell: Cell) -> Vec<Ruled<'a>> {
        let program = self.program();
        let mut ruled = Vec::new();
        for position in 0..program.ruleset().rules.len() {
            let Some((rule, compiled)) = program.rule(position) else { continue };
            if !program.is_in_scope(compiled, cell) || in_force(&rule.effective, self.reader.now).is_err() {
                continue;
            }
            let lifts = lifts(program, rule, compiled, cell, self.reader.now);
            let mut all: Option<(RuleSql, ReliefSql, Clause)> = None;
            for (who, present) in self.judged(rule) {
                let state = self.state(position, rule, compiled, who, &lifts);
                let here = |clause: Clause| Clause::all([present.clone(), clause]);
                let absent = present.clone().not();
                let relief = ReliefSql {
                    certain: Clause::any([absent.clone(), state.applies.clone()]),
                    possible: Clause::any([absent, state.applies.clone(), state.open.clone()]),
                };
                let state = RuleSql {
                    applies: here(state.applies),
                    open: here(state.open),
                    lifted: here(state.lifted),
                    perhaps_lifted: here(state.perhaps_lifted),
                };
                all = Some(match all {
                    None => (state, relief, present),
                    Some((known, known_relief, any_present)) => {
                        let state = RuleSql {
                            applies: Clause::any([known.applies, state.applies]),
                            open: Clause::any([known.open, state.open]),
                            lifted: Clause::any([known.lifted, state.lifted]),
                            perhaps_lifted: Clause::any([known.perhaps_lifted, state.perhaps_lifted]),
                        };
                        let relief = ReliefSql {
                            certain: Clause::all([known_relief.certain, relief.certain]),
                            possible: Clause::all([known_relief.possible, relief.possible]),
                        };
                        (state, relief, Clause::any([any_present, present]))
                    }
                });
            }
            let ruling = |(mut state, relief, any_present): (RuleSql, ReliefSql, Clause)| {
                let relief = ReliefSql {
                    certain: Clause::all([any_present.clone(), relief.certain]),
                    possible: Clause::all([any_present, relief.possible]),
                };
                // A grant has one state for all parties that it judges.
                if rule.outcome.outcome == Outcome::Allow && relief.certain != state.applies {
                    state.open = Clause::all([relief.possible.clone(), relief.certain.clone().not()]);
                    state.applies = relief.certain.clone();
                }
                Ruled { rule, state, relief }
            };
            ruled.extend(all.map(ruling));
        }
        ruled
    }

    /// The parties that a rule judges, and the conditions that they are present. A row describes parties other than the
    /// end user, who is the person of the row, only by role.
    pub(super) fn judged(&self, rule: &Rule) -> Vec<(RowParty, Clause)> {
        let everyone = rule.parties.contains("all");
        let names = |role: &str| everyone || rule.parties.contains(role);
        let person = rule.parties.is_empty() || names("subject");
        let others: Vec<&str> =
            rule.parties.iter().map(String::as_str).filter(|role| *role != END_USER && *role != "subject").collect();
        let party = if everyone { self.reader.has_party() } else { self.reader.has_role(&others) };
        let end_user: &[&str] = if names(END_USER) { &[END_USER] } else { &[] };
        let end_user = self.reader.has_role(end_user);
        // The person served is the end user, even if the chain names none.
        let served = if person {
            Clause::TRUE
        } else if names(END_USER) {
            end_user.clone().not()
        } else {
            Clause::FALSE
        };
        let judged = [(RowParty::Person, served), (RowParty::EndUser, end_user), (RowParty::Party, party)];
        judged.into_iter().filter(|(_, present)| *present != Clause::FALSE).collect()
    }

    pub(super) fn state(
        &mut self,
        position: usize,
        rule: &Rule,
        compiled: &CompiledRule,
        who: RowParty,
        lifts: &Lifts,
    ) -> RuleSql {
        let key = (position, who, lifts.clone());
        if let Some(known) = self.known.get(&key) {
            return known.clone();
        }
        let when = self.reader.node(compiled.when, who);
        let mut exceptions = Vec::new();
        for (place, licences) in lifts {
            let (Some(exception), Some(lift)) = (rule.unless.get(*place), compiled.exceptions.get(*place)) else {
                continue;
            };
            let mut parts = vec![self.reader.node(lift.when, who).holds];
            parts.extend(lift.provided.iter().map(|provided| self.reader.node(*provided, who).holds));
            if exception.licence.is_some() {
                parts.push(Clause::any(licences.iter().map(|licence| self.licence(*licence, who)).collect::<Vec<_>>()));
            }
            exceptions.push(Clause::all(parts));
        }
        let lifted = Clause::any(exceptions.iter().map(Clause::is_true).collect::<Vec<_>>());
        let holds = when.holds.is_true();
        // A rule with `absence_clears` is not open without evidence for its condition.
        let mut open = if rule.absence_clears { when.noisy } else { when.holds.is_unknown() };
        let mut applies = holds.clone();
        // A rule that grants, or keeps off a stricter default, does not rest on unknown exceptions: one that might lift
        // it leaves it open.
        if self.program().is_undone_by_lifting(rule) {
            let perhaps = Clause::any(exceptions.iter().map(Clause::is_unknown).collect::<Vec<_>>());
            applies = Clause::all([holds.clone(), perhaps.clone().not()]);
            open = Clause::any([open, Clause::all([holds.clone(), perhaps])]);
        }
        let unlifted = lifted.clone().not();
        let enforced = !rule.effective.not_enforced.iter().any(|window| window.contains(self.reader.now));
        let enforced = Clause::Known(Some(enforced));
        let state = RuleSql {
            applies: Clause::all([enforced.clone(), applies, unlifted.clone()]),
            open: Clause::all([enforced, open.clone(), unlifted]),
            lifted: Clause::all([holds, lifted.clone()]),
            perhaps_lifted: Clause::all([open, lifted]),
        };
        self.known.insert(key, state.clone());
        state
    }
}
