//! A ruleset made ready for deciding: names are positions, each distinct condition exists once,
//! and which rules concern which model and action is known before any request.

mod conditions;

use crate::attribute::AttributeId;
use crate::decision::{Basis, Obligation};
use crate::ruleset::Ruleset;
use crate::ruleset::model::{
    Condition, Effective, EvidencePolicies, EvidencePolicy, Exception, Licence, Matcher, Model, ModelMatch, Rule, Scope,
};
use crate::set::Set;
use crate::token::TrustedIssuer;
use conditions::Conditions;
pub(crate) use conditions::{NodeId, NodeKind, TestId};

/// A compiled ruleset. Immutable: deciding only reads it.
#[derive(Debug)]
pub struct Program {
    ruleset: Ruleset,
    issuers: Vec<TrustedIssuer>,
    conditions: Conditions,
    rules: Vec<Guarded>,
    /// Per cell, the rules whose scope includes it.
    in_scope: Vec<Vec<usize>>,
}

/// One model with one action, as a position.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Cell(usize);

/// A rule's condition and exceptions, compiled.
#[derive(Debug)]
pub(crate) struct Guarded {
    pub(crate) when: NodeId,
    pub(crate) exceptions: Vec<Lift>,
    /// All that the condition and the exceptions test.
    pub(crate) tests: Vec<TestId>,
}

/// An exception or a licence, compiled.
#[derive(Debug)]
pub(crate) struct Lift {
    pub(crate) id: String,
    pub(crate) reason: String,
    pub(crate) basis: Option<Basis>,
    pub(crate) when: NodeId,
    pub(crate) effective: Effective,
    pub(crate) obligations: Vec<String>,
    /// Position of the licence, if it is one.
    pub(crate) licence: Option<usize>,
    models: Set<usize>,
    actions: Set<usize>,
}

/// What one test wants of one attribute, and of its evidence.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Test {
    pub(crate) attribute: AttributeId,
    pub(crate) matcher: Matcher,
    pub(crate) policy: EvidencePolicy,
}

/// Compiles a ruleset.
pub fn compile(ruleset: Ruleset) -> Program {
    let mut conditions = Conditions::default();
    let issuers = ruleset
        .issuers
        .iter()
        .map(|issuer| TrustedIssuer {
            id: issuer.id.clone(),
            iss: issuer.iss.clone(),
            audience: issuer.audience.clone(),
            typ: issuer.typ.clone(),
            keys: issuer.keys.clone(),
            max_lifetime: issuer.max_lifetime,
            skew: issuer.skew,
        })
        .collect();
    let rules: Vec<Guarded> = ruleset.rules.iter().map(|rule| guarded(&ruleset, &mut conditions, rule)).collect();
    let mut in_scope = vec![Vec::new(); ruleset.models.len().saturating_mul(ruleset.actions.len())];
    for (position, rule) in ruleset.rules.iter().enumerate() {
        let (models, actions) = resolve(&ruleset, &rule.scope);
        for model in models {
            for &action in actions.as_slice() {
                if let Some(rules) = in_scope.get_mut(cell_position(&ruleset, model, action)) {
                    rules.push(position);
                }
            }
        }
    }
    Program { ruleset, issuers, conditions, rules, in_scope }
}

impl Program {
    /// The ruleset that it was compiled from.
    pub const fn ruleset(&self) -> &Ruleset {
        &self.ruleset
    }

    /// What token verification needs of the issuers, in the ruleset's order.
    pub fn issuers(&self) -> &[TrustedIssuer] {
        &self.issuers
    }

    pub(crate) const fn conditions(&self) -> &Conditions {
        &self.conditions
    }

    pub(crate) fn model_position(&self, id: &str) -> Option<usize> {
        self.ruleset.models.iter().position(|model| model.id == id)
    }

    pub(crate) fn action_position(&self, name: &str) -> Option<usize> {
        self.ruleset.actions.iter().position(|action| action == name)
    }

    pub(crate) fn cell(&self, model: usize, action: usize) -> Cell {
        Cell(cell_position(&self.ruleset, model, action))
    }

    /// The model and action of a cell.
    pub(crate) fn positions(&self, cell: Cell) -> (usize, usize) {
        let actions = self.ruleset.actions.len();
        (cell.0.checked_div(actions).unwrap_or(0), cell.0.checked_rem(actions).unwrap_or(0))
    }

    /// A cell's model id and action name.
    pub(crate) fn names(&self, cell: Cell) -> (&str, &str) {
        let (model, action) = self.positions(cell);
        let model = self.ruleset.models.get(model).map_or("", |model| model.id.as_str());
        (model, self.ruleset.actions.get(action).map_or("", String::as_str))
    }

    /// The rules whose scope includes a cell.
    pub(crate) fn rules_of(&self, cell: Cell) -> impl Iterator<Item = (usize, &Rule, &Guarded)> {
        let positions = self.in_scope.get(cell.0).map(Vec::as_slice).unwrap_or_default();
        positions
            .iter()
            .filter_map(|&position| Some((position, self.ruleset.rules.get(position)?, self.rules.get(position)?)))
    }

    pub(crate) fn licence(&self, position: usize) -> Option<&Licence> {
        self.ruleset.licences.get(position)
    }

    pub(crate) fn obligation(&self, id: &str) -> Option<&Obligation> {
        self.ruleset.obligations.iter().find(|obligation| obligation.id == id)
    }
}

impl Lift {
    pub(crate) fn covers_model(&self, model: usize) -> bool {
        self.models.contains(&model)
    }

    pub(crate) fn covers_action(&self, action: usize) -> bool {
        self.actions.contains(&action)
    }
}

fn cell_position(ruleset: &Ruleset, model: usize, action: usize) -> usize {
    model.saturating_mul(ruleset.actions.len()).saturating_add(action)
}

fn guarded(ruleset: &Ruleset, conditions: &mut Conditions, rule: &Rule) -> Guarded {
    let when = conditions.add(&rule.when, &rule.evidence);
    let exceptions: Vec<Lift> =
        rule.unless.iter().filter_map(|exception| lift(ruleset, conditions, exception)).collect();
    let mut tests = Set::default();
    std::iter::once(when)
        .chain(exceptions.iter().map(|exception| exception.when))
        .for_each(|node| conditions.tests_of(node, &mut tests));
    Guarded { when, exceptions, tests: tests.into_vec() }
}

fn lift(ruleset: &Ruleset, conditions: &mut Conditions, exception: &Exception) -> Option<Lift> {
    let mut add = |when: &Condition, evidence: &EvidencePolicies| conditions.add(when, evidence);
    match exception {
        Exception::Licence(id) => {
            let (position, licence) = ruleset.licences.iter().enumerate().find(|(_, licence)| licence.id == *id)?;
            let (models, actions) = resolve(ruleset, &licence.scope);
            Some(Lift {
                id: id.clone(),
                reason: "licence".to_owned(),
                basis: Some(licence.basis.clone()),
                when: add(&licence.holder, &licence.evidence),
                effective: Effective::default(),
                obligations: licence.obligations.clone(),
                licence: Some(position),
                models,
                actions,
            })
        }
        Exception::Case(case) => {
            let (models, actions) = resolve(ruleset, &case.scope);
            Some(Lift {
                id: case.id.clone(),
                reason: case.reason.clone(),
                basis: case.basis.clone(),
                when: add(&case.when, &case.evidence),
                effective: case.effective.clone(),
                obligations: case.obligations.clone(),
                licence: None,
                models,
                actions,
            })
        }
    }
}

/// The positions of the models and actions that a scope includes.
fn resolve(ruleset: &Ruleset, scope: &Scope) -> (Set<usize>, Set<usize>) {
    let models = ruleset.models.iter().enumerate();
    let models = models.filter(|(_, model)| scope.models.as_ref().is_none_or(|wanted| includes(wanted, model)));
    let actions = ruleset.actions.iter().enumerate();
    let actions = actions.filter(|(_, action)| scope.actions.as_ref().is_none_or(|wanted| wanted.contains(*action)));
    (models.map(|(position, _)| position).collect(), actions.map(|(position, _)| position).collect())
}

fn includes(wanted: &ModelMatch, model: &Model) -> bool {
    match wanted {
        ModelMatch::All(parts) => parts.iter().all(|part| includes(part, model)),
        ModelMatch::Any(parts) => parts.iter().any(|part| includes(part, model)),
        ModelMatch::Not(part) => !includes(part, model),
        ModelMatch::Id(ids) => ids.contains(&model.id),
        ModelMatch::Capability { name, range } => model.capability.get(name).is_some_and(|value| {
            range.at_least.is_none_or(|least| *value >= least) && range.at_most.is_none_or(|most| *value <= most)
        }),
    }
}
