//! The domain of proofs and comparisons: the periods, models and actions, rules, parties and tests of rulesets, and the
//! universe of all requests that these distinguish.

use super::atom::{ReadTest, RulesetAt, Who, texts};
use super::representatives::unnamed;
use super::universe::Universe;
use crate::base::set::Set;
use crate::base::time::{Instant, Window};
use crate::check::decision::Outcome;
use crate::check::program::{AttributeTest, Cell, CompiledRule, NodeId, Program};
use crate::ruleset::attribute::{ACTOR, AttributeId, END_USER};
use crate::ruleset::model::{Matcher, Rule, Scope};
use std::collections::BTreeSet;

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

/// The variables about all assertions that the conditions of these rulesets read.
pub(super) fn universe<'a>(programs: &[&'a Program], also: &[NodeId], instants: &[Instant]) -> Universe {
    let now = instants.first().copied().unwrap_or(Instant::MIN);
    let (roles, alike) = roles(programs);
    let asked_of = |who: &Who| -> Vec<ReadTest<'_>> {
        let of = |(place, program): (usize, &&'a Program)| {
            let side = RulesetAt { program, now, place };
            tests_of(program, who, also).into_iter().map(move |test| ReadTest { side, test })
        };
        programs.iter().enumerate().flat_map(of).collect()
    };
    let asked: Vec<(&Who, Vec<ReadTest<'_>>)> = roles.iter().map(|who| (who, asked_of(who))).collect();
    let context: Vec<ReadTest<'_>> = asked.iter().flat_map(|(_, asked)| asked.iter().copied()).collect();
    // The order of the variables makes diagrams small or large. Attributes with one value come first: a set's members
    // are then asked about when all else is known, and rules that test a value and a member do not multiply.
    let mut universe = Universe::from(now);
    universe.put_context(&context, &roles, instants);
    // One party after the other, each beginning with its presence: only its result must then be remembered while the
    // next is examined.
    let knows = roles.contains(&Who::Perhaps(String::new()));
    for (who, asked) in &asked {
        universe.put_party(who, knows);
        universe.put(who, asked, instants, false);
        universe.put(who, asked, instants, true);
    }
    universe.cut |= alike > MOST_ALIKE;
    universe
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
                rules(program).filter(|(rule, compiled)| by_party(rule) && program.is_in_scope(compiled, cell));
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
fn tests_of<'a>(program: &'a Program, who: &Who, also: &[NodeId]) -> Vec<&'a AttributeTest> {
    let mut found = Set::default();
    let conditions = program.conditions();
    let rules = 0..program.ruleset().rules.len();
    for (rule, compiled) in rules.filter_map(|position| program.rule(position)) {
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
            Who::UnstatedEndUser => false,
        };
        if !judges {
            continue;
        }
        conditions.tests_of(compiled.when, &mut found);
        for lift in &compiled.exceptions {
            conditions.tests_of(lift.when, &mut found);
            lift.provided.iter().for_each(|node| conditions.tests_of(*node, &mut found));
            let licence_index = lift.licence_index.and_then(|licence_index| program.licence_index(licence_index));
            for position in licence_index.into_iter().flat_map(|licence_index| licence_index.iter()) {
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

/// All rules, with their compiled conditions.
pub(super) fn rules(program: &Program) -> impl Iterator<Item = (&Rule, &CompiledRule)> {
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
        for (rule, compiled) in rules(program) {
            if rule.outcome.outcome == Outcome::Degrade
                && program.is_in_scope(compiled, from)
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
