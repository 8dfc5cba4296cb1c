//! The parts of evaluation that only authors' tools use: short answers, the result of each rule, and contexts and values that
//! do not come from a request.

mod brief;
#[cfg(test)]
mod context_tests;

use super::answer;
use super::cause::Cause;
use super::conditions::Evaluation;
use super::context::{Context, Locations, Stated, country_of, read};
use super::truth::Truth;
use crate::base::country::CountrySet;
use crate::base::json;
use crate::base::time::Instant;
use crate::check::decision::Decision;
use crate::check::program::{Cell, Program};
use crate::check::subject::{ChainParty, Fact, Subject};
use crate::ruleset::attribute::{AttributeId, AttributeValue, Complete, Type};
use crate::ruleset::model::EvidencePolicy;
use crate::ruleset::outcome::Outcome;

pub(crate) use super::evidence::Viewpoint;
pub(crate) use super::exceptions::{in_force, licence_in_force};
pub(crate) use super::sets::{is_held, is_set, plain as value_fits, record_matches as record_fits};
pub use brief::Brief;
pub(crate) use brief::{brief_at_any_time, briefs, briefs_at_any_time};

/// The decision as if the ruleset were valid, without the parts that look ahead.
pub(crate) fn told(program: &Program, subject: &Subject, context: &Context, now: Instant, cell: Cell) -> Decision {
    let context = context.0.with_chain_of(subject);
    let evaluation = Evaluation::new(program, subject, &context, now);
    answer(&evaluation, &evaluation.judge(cell))
}

/// The result of one rule in force for one party.
pub(crate) struct Judged {
    /// Position of the rule.
    pub(crate) rule: usize,
    /// The party of the chain. `None` if that is the person served.
    pub(crate) party: Option<crate::check::subject::ChainParty>,
    /// True if its condition holds. Otherwise the condition is open.
    pub(crate) applies: bool,
    /// For all parties that the rule judges together: whether it grants, or overrides a stricter default.
    pub(crate) relief: Truth,
}

/// The rules of one model and action that are enforced and not lifted, and that apply or might apply.
pub(crate) fn judged(program: &Program, subject: &Subject, context: &Context, now: Instant, cell: Cell) -> Vec<Judged> {
    let context = context.0.with_chain_of(subject);
    let evaluation = Evaluation::new(program, subject, &context, now);
    evaluation.judged(cell)
}

/// True if a condition holds for the person served.
#[cfg(test)]
pub(crate) fn holds(
    program: &Program,
    subject: &Subject,
    context: &Context,
    now: Instant,
    condition: crate::check::program::NodeId,
) -> bool {
    let context = context.0.with_chain_of(subject);
    let evaluation = Evaluation::new(program, subject, &context, now);
    evaluation.node(condition, super::conditions::Party::SUBJECT).truth == Truth::True
}

impl Context {
    /// Builds a context from the cells of a table. Signals and parties are derived as well, from the attributes for
    /// locations and roles. Each region becomes a signal with the country of its code. Each other country becomes a
    /// signal without a region.
    pub(crate) fn of(stated: Vec<(AttributeId, AttributeValue)>) -> Self {
        let mut all = Stated::default();
        let mut places = Locations::default();
        for (attribute, value) in stated {
            match (attribute, value) {
                (AttributeId::CONTEXT_COUNTRY, AttributeValue::Country(country)) => {
                    places.any = true;
                    places.countries.insert(country);
                }
                (AttributeId::CONTEXT_COUNTRIES, AttributeValue::Countries(some, _)) => {
                    places.any = true;
                    places.countries = places.countries.union(&some);
                }
                (AttributeId::CONTEXT_REGIONS, AttributeValue::Texts(regions, _)) => {
                    // An empty list may be incomplete.
                    places.unreadable_region = regions.is_empty();
                    places.regions = regions;
                }
                (AttributeId::CHAIN_ROLES, AttributeValue::Texts(roles, _)) => {
                    // No party has its own name.
                    all.parties
                        .extend(roles.iter().map(|role| ChainParty { presents: true, ..ChainParty::of(role, role) }));
                    all.values.push((attribute, Some(AttributeValue::Texts(roles, Complete::Ever))));
                }
                (_, value) => all.values.push((attribute, Some(value))),
            }
        }
        let stated: CountrySet = places.regions.iter().filter_map(|region| country_of(region)).collect();
        places.regionless = places.countries.without(&stated);
        places.state(&mut all);
        all.settle();
        Self(all)
    }
}

/// Reads a value that the host states for an attribute of this type.
pub(crate) fn stated(kind: &Type, value: &serde_json::Value) -> Option<AttributeValue> {
    let value = json::parse(value.to_string().as_bytes(), json::Limits::UNTRUSTED).ok()?;
    read("", kind, &value).ok().flatten()
}

impl<'a> Viewpoint<'a> {
    /// Calls `look` with a scene without facts or context.
    pub(crate) fn alone<T>(program: &Program, now: Instant, look: impl FnOnce(&Viewpoint<'_>) -> T) -> T {
        let (subject, context) = (Subject::anonymous(), Stated::default());
        look(&Viewpoint { program, subject: &subject, context: &context, now, party: None })
    }

    /// True if evidence satisfies a policy.
    pub(crate) fn counts(&self, policy: &EvidencePolicy, fact: &'a Fact) -> bool {
        self.usable(policy, fact).is_ok()
    }

    /// True if withheld evidence could satisfy a policy.
    pub(crate) fn withholds(&self, policy: &EvidencePolicy, fact: &'a Fact) -> bool {
        self.usable(policy, fact) == Err(Cause::Undisclosed)
    }
}

impl Evaluation<'_> {
    /// The rules in force that are not lifted, for each party that they judge.
    pub(super) fn judged(&self, cell: Cell) -> Vec<Judged> {
        let mut judged = Vec::new();
        for position in self.program.sieve().in_scope(cell, &self.candidates) {
            let Some((rule, compiled)) = self.program.rule(position).filter(|(rule, _)| self.is_heard(rule)) else {
                continue;
            };
            let mut findings = Vec::new();
            let relief = self.judge_rule(rule, compiled, cell, &mut findings);
            for finding in findings.iter().filter(|finding| finding.enforced && !finding.is_lifted()) {
                let party = self.link(finding.party).cloned();
                judged.push(Judged { rule: position, party, applies: finding.truth == Truth::True, relief });
            }
        }
        judged
    }
}

impl Program {
    /// True if a rule in force, or the default, can restrict a model and an action for any person. A blanket shutdown
    /// would close these.
    pub fn restricts(&self, model: &str, action: &str, now: Instant) -> bool {
        let (Some(model), Some(action)) = (self.model_position(model), self.action_position(action)) else {
            return false;
        };
        let cell = self.cell(model, action);
        let mut rules = (0..).map_while(|position| self.rule(position));
        self.ruleset().default.outcome > Outcome::Allow
            || rules.any(|(rule, compiled)| {
                rule.outcome.outcome > Outcome::Allow
                    && !rule.effective.not_enforced.iter().any(|window| window.contains(now))
                    && in_force(&rule.effective, now).is_ok()
                    && self.is_in_scope(compiled, cell)
            })
    }
}
