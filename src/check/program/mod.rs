//! A ruleset compiled for decisions: names are positions, and each distinct condition exists once. The rules that can
//! concern a model, action or person are known before any request.

mod conditions;
#[cfg(feature = "author")]
mod for_authors;
mod licence_index;
mod sieve;

use crate::base::intern::Interned;
use crate::base::set::Set;
use crate::check::decision::{Obligation, Outcome};
use crate::ruleset::Ruleset;
use crate::ruleset::attribute::{AttributeId, Vocabulary};
use crate::ruleset::model::{
    EvidencePolicy, Exception, Issuer, Licence, LicenceRef, Matcher, Model, ModelMatch, Rule, Scope,
};
use crate::verify::issuer::TrustedIssuer;
use conditions::Conditions;
pub(crate) use conditions::{NodeId, NodeKind, TestId};
pub(crate) use licence_index::LicenceIndex;
pub(crate) use sieve::{Candidates, Family, Sieve, truth_value};

/// A compiled ruleset. Immutable: deciding only reads it.
#[derive(Debug)]
pub struct Program {
    ruleset: Ruleset,
    conditions: Conditions,
    rules: Vec<CompiledRule>,
    licences: Vec<CompiledLicence>,
    licence_indexes: Vec<LicenceIndex>,
    scopes: Scopes,
    sieve: Sieve,
    #[cfg(feature = "author")]
    guarantees: Vec<NodeId>,
}

/// One model with one action, as a position.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Cell(usize);

/// A rule's condition and exceptions, compiled.
#[derive(Debug)]
pub(crate) struct CompiledRule {
    /// Number of its scope.
    scope: u32,
    pub(crate) when: NodeId,
    pub(crate) exceptions: Vec<CompiledException>,
    /// The evidence that the condition, the exceptions and their licences read.
    pub(crate) watches: Set<u32>,
    /// The attributes that the condition reads.
    pub(crate) when_asks: Set<AttributeId>,
    /// The attributes that the condition, the exceptions and their licences read.
    pub(crate) asks: Set<AttributeId>,
}

/// A compiled exception. Its other data is in the rule's exception of the same position.
#[derive(Debug)]
pub(crate) struct CompiledException {
    pub(crate) when: NodeId,
    /// The conditions that must hold in addition.
    pub(crate) provided: Vec<NodeId>,
    /// Position of the wallet with the licences that fit. `None` if it needs no licence.
    pub(crate) licence_index: Option<usize>,
    /// Number of its scope.
    scope: u32,
}

/// A licence, compiled.
#[derive(Debug)]
pub(crate) struct CompiledLicence {
    pub(crate) holder: NodeId,
    pub(crate) end_uses: Option<NodeId>,
    covers: Cover,
}

/// Models and actions, as positions.
#[derive(Debug)]
struct Cover {
    models: Set<usize>,
    actions: Set<usize>,
}

/// A test of one attribute, with its requirements on the evidence.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct AttributeTest {
    pub(crate) attribute: AttributeId,
    pub(crate) matcher: Matcher,
    pub(crate) policy: EvidencePolicy,
}

/// Compiles a ruleset.
pub fn compile(ruleset: Ruleset) -> Program {
    let mut conditions = Conditions::default();
    let licences: Vec<CompiledLicence> =
        ruleset.licences.iter().map(|licence| grant(&ruleset, &mut conditions, licence)).collect();
    let mut licence_indexes = LicenceIndexes { ruleset: &ruleset, licences: &licences, of: Vec::new() };
    let mut scopes = Scopes::default();
    let rules: Vec<CompiledRule> = ruleset
        .rules
        .iter()
        .map(|rule| compiled(&ruleset, &mut conditions, &mut licence_indexes, &mut scopes, rule))
        .collect();
    let licence_indexes = licence_indexes.of.into_iter().map(|(_, licence_index)| licence_index).collect();
    let mut sieve = Sieve::new(ruleset.rules.len(), ruleset.models.len().saturating_mul(ruleset.actions.len()));
    for (position, (rule, compiled)) in ruleset.rules.iter().zip(&rules).enumerate() {
        let Some(cover) = scopes.covers(compiled.scope) else { continue };
        for &model in cover.models.as_slice() {
            for &action in cover.actions.as_slice() {
                sieve.put_in_scope(cell_position(&ruleset, model, action), position);
            }
        }
        // Rules for other parties than the person served read facts that the sieve does not consider.
        if rule.parties.as_slice().is_empty() {
            sieve.put_condition(position, compiled.when, &conditions);
        }
    }
    sieve.finish();
    #[cfg(feature = "author")]
    let guarantees =
        ruleset.guarantees.iter().map(|guarantee| conditions.add(&guarantee.whom, &guarantee.evidence)).collect();
    Program {
        ruleset,
        conditions,
        rules,
        licences,
        licence_indexes,
        scopes,
        sieve,
        #[cfg(feature = "author")]
        guarantees,
    }
}

impl Program {
    /// The ruleset that it was compiled from.
    pub const fn ruleset(&self) -> &Ruleset {
        &self.ruleset
    }

    /// The issuers' data for token verification, in the ruleset's order.
    pub fn issuers(&self) -> impl Iterator<Item = &TrustedIssuer> {
        self.ruleset.issuers()
    }

    pub(crate) const fn conditions(&self) -> &Conditions {
        &self.conditions
    }

    pub(crate) const fn vocabulary(&self) -> &Vocabulary {
        &self.ruleset.vocabulary
    }

    pub(crate) const fn sieve(&self) -> &Sieve {
        &self.sieve
    }

    pub(crate) fn issuer(&self, position: usize) -> Option<&Issuer> {
        self.ruleset.issuers.get(position)
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

    pub(crate) fn rule(&self, position: usize) -> Option<(&Rule, &CompiledRule)> {
        Some((self.ruleset.rules.get(position)?, self.rules.get(position)?))
    }

    /// True if lifting a rule can make an outcome stricter: the rule grants, or is less strict than the default.
    pub(crate) fn is_undone_by_lifting(&self, rule: &Rule) -> bool {
        let outcome = rule.outcome.outcome;
        outcome == Outcome::Allow || outcome < self.ruleset.default.outcome
    }

    /// The fallback that a rule names for a model and action. `None` if it names none.
    pub(crate) fn named_instead(&self, rule: &Rule, cell: Cell) -> Option<Cell> {
        let named = &rule.outcome;
        if named.model.is_none() && named.action.is_none() {
            return None;
        }
        let (model, action) = self.positions(cell);
        let model = named.model.as_ref().map_or(Some(model), |id| self.model_position(id))?;
        let action = named.action.as_ref().map_or(Some(action), |name| self.action_position(name))?;
        Some(self.cell(model, action))
    }

    /// True if an exception's scope includes a model.
    pub(crate) fn lifts_model(&self, lift: &CompiledException, model: usize) -> bool {
        self.scopes.covers(lift.scope).is_some_and(|covers| covers.models.contains(&model))
    }

    /// True if an exception's scope includes an action.
    pub(crate) fn lifts_action(&self, lift: &CompiledException, action: usize) -> bool {
        self.scopes.covers(lift.scope).is_some_and(|covers| covers.actions.contains(&action))
    }

    pub(crate) fn licence(&self, position: usize) -> Option<(&Licence, &CompiledLicence)> {
        Some((self.ruleset.licences.get(position)?, self.licences.get(position)?))
    }

    pub(crate) fn licence_index(&self, position: usize) -> Option<&LicenceIndex> {
        self.licence_indexes.get(position)
    }

    pub(crate) fn obligation(&self, id: &str) -> Option<&Obligation> {
        self.ruleset.obligations.iter().find(|obligation| obligation.id == id)
    }
}

impl Cell {
    pub(crate) const fn position(self) -> usize {
        self.0
    }
}

impl CompiledLicence {
    pub(crate) fn covers_model(&self, model: usize) -> bool {
        self.covers.models.contains(&model)
    }

    pub(crate) fn covers_action(&self, action: usize) -> bool {
        self.covers.actions.contains(&action)
    }
}

fn cell_position(ruleset: &Ruleset, model: usize, action: usize) -> usize {
    model.saturating_mul(ruleset.actions.len()).saturating_add(action)
}

fn grant(ruleset: &Ruleset, conditions: &mut Conditions, licence: &Licence) -> CompiledLicence {
    CompiledLicence {
        holder: conditions.add(&licence.holder, &licence.evidence),
        end_uses: licence.end_uses.as_ref().map(|condition| conditions.add(condition, &licence.evidence)),
        covers: resolve(ruleset, &licence.scope),
    }
}

/// The licences that exceptions require, one wallet per distinct reference.
struct LicenceIndexes<'a> {
    ruleset: &'a Ruleset,
    licences: &'a [CompiledLicence],
    of: Vec<(&'a LicenceRef, LicenceIndex)>,
}

impl<'a> LicenceIndexes<'a> {
    fn position(&mut self, conditions: &mut Conditions, wanted: &'a LicenceRef) -> usize {
        let known = self.of.iter().position(|(known, _)| *known == wanted);
        known.unwrap_or_else(|| {
            let mut licence_index = LicenceIndex::of(self.ruleset, wanted);
            let (mut asks, mut watches) = (Set::default(), Set::default());
            for grant in licence_index.iter().filter_map(|position| self.licences.get(position)) {
                for node in std::iter::once(grant.holder).chain(grant.end_uses) {
                    conditions.asks_of(node, &mut asks, &mut watches);
                }
            }
            (licence_index.asks, licence_index.watches) = (asks, watches);
            self.of.push((wanted, licence_index));
            self.of.len().saturating_sub(1)
        })
    }
}

/// All distinct scopes.
#[derive(Debug, Default)]
struct Scopes {
    known: Interned<Scope>,
    covers: Vec<Cover>,
}

impl Scopes {
    fn number(&mut self, ruleset: &Ruleset, scope: &Scope) -> u32 {
        let number = self.known.add_with(scope, |known| known == scope, || scope.clone());
        if self.covers.len() < self.known.len() {
            self.covers.push(resolve(ruleset, scope));
        }
        number
    }

    fn covers(&self, number: u32) -> Option<&Cover> {
        self.covers.get(usize::try_from(number).ok()?)
    }
}

fn compiled<'a>(
    ruleset: &Ruleset,
    conditions: &mut Conditions,
    licence_indexes: &mut LicenceIndexes<'a>,
    scopes: &mut Scopes,
    rule: &'a Rule,
) -> CompiledRule {
    let when = conditions.add(&rule.when, &rule.evidence);
    let mut lift = |exception: &'a Exception| CompiledException {
        when: conditions.add(&exception.when, &exception.evidence),
        provided: exception.provided.iter().map(|item| conditions.add(&item.when, &exception.evidence)).collect(),
        licence_index: exception.licence.as_ref().map(|wanted| licence_indexes.position(conditions, wanted)),
        scope: scopes.number(ruleset, &exception.scope),
    };
    let exceptions: Vec<CompiledException> = rule.unless.iter().map(&mut lift).collect();
    let (mut when_asks, mut asks, mut watches) = (Set::default(), Set::default(), Set::default());
    conditions.asks_of(when, &mut when_asks, &mut watches);
    asks.extend(when_asks.iter().copied());
    for exception in &exceptions {
        conditions.asks_of(exception.when, &mut asks, &mut watches);
        exception.provided.iter().for_each(|node| conditions.asks_of(*node, &mut asks, &mut watches));
        if let Some((_, licence_index)) = exception.licence_index.and_then(|position| licence_indexes.of.get(position))
        {
            asks.extend(licence_index.asks.iter().copied());
            watches.extend(licence_index.watches.iter().copied());
        }
    }
    CompiledRule { scope: scopes.number(ruleset, &rule.scope), when, exceptions, watches, when_asks, asks }
}

/// The positions of the models and actions that a scope includes.
fn resolve(ruleset: &Ruleset, scope: &Scope) -> Cover {
    let models = ruleset.models.iter().enumerate();
    let models =
        models.filter(|(_, model)| scope.models.as_ref().is_none_or(|wanted| includes(ruleset, wanted, model)));
    let actions = ruleset.actions.iter().enumerate();
    let actions = actions.filter(|(_, action)| scope.actions.as_ref().is_none_or(|wanted| wanted.contains(*action)));
    Cover {
        models: models.map(|(position, _)| position).collect(),
        actions: actions.map(|(position, _)| position).collect(),
    }
}

fn includes(ruleset: &Ruleset, wanted: &ModelMatch, model: &Model) -> bool {
    match wanted {
        ModelMatch::All(parts) => parts.iter().all(|part| includes(ruleset, part, model)),
        ModelMatch::Any(parts) => parts.iter().any(|part| includes(ruleset, part, model)),
        ModelMatch::Not(part) => !includes(ruleset, part, model),
        ModelMatch::Id(ids) => ids.contains(&model.id),
        ModelMatch::DerivedFrom(ids) => ruleset.lineage(model).any(|ancestor| ids.contains(&ancestor.id)),
        ModelMatch::Lab(labs) => model.lab.as_ref().is_some_and(|lab| labs.contains(lab)),
        ModelMatch::Tag(tags) => tags.iter().any(|tag| model.tags.contains(tag)),
        ModelMatch::Published(wanted) => model.published == *wanted,
        ModelMatch::Capability(name, range) => model.capability.get(name).is_some_and(|value| range.contains(*value)),
    }
}
