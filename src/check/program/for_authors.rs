//! Questions about a program that only authors' tools ask.

use super::conditions::{Conditions, NodeId};
use super::{AttributeTest, Cell, CompiledRule, Program, resolve};
use crate::base::set::Set;
use crate::base::time::{Instant, Span};
use crate::ruleset::attribute::AttributeId;
use crate::ruleset::model::{Matcher, Scope};

impl Program {
    pub(crate) fn issuer_position(&self, id: &str) -> Option<usize> {
        self.ruleset.issuers.iter().position(|issuer| issuer.trusted.id == id)
    }

    /// The issuer that asserts an attribute: the first that maps it or an attribute that settles it, else the first
    /// issuer. The issuer of the nationalities asserts their completeness.
    pub(crate) fn first_issuer_of(&self, attribute: AttributeId) -> Option<usize> {
        let attribute =
            if attribute == AttributeId::NATIONALITIES_COMPLETE { AttributeId::NATIONALITIES } else { attribute };
        let maps = |of: AttributeId| {
            let issuers = self.ruleset.issuers.iter();
            issuers.enumerate().find(|(_, issuer)| issuer.claims.iter().any(|mapping| mapping.attribute == of))
        };
        let found = attribute.settled_by().find_map(maps);
        found.map(|(position, _)| position).or((!self.ruleset.issuers.is_empty()).then_some(0))
    }

    /// The attributes that the rules of some models and actions read.
    pub(crate) fn read_by(&self, asked: &[(String, String)]) -> Set<AttributeId> {
        let mut read = Set::default();
        for rule in &self.rules {
            let Some(cover) = self.scopes.covers(rule.scope) else { continue };
            let covered = |(model, action): &(String, String)| {
                self.model_position(model).is_some_and(|model| cover.models.contains(&model))
                    && self.action_position(action).is_some_and(|action| cover.actions.contains(&action))
            };
            if asked.iter().any(covered) {
                read.extend(rule.asks.iter().copied());
            }
        }
        read
    }

    /// The maximum ages of evidence in all tests.
    pub(crate) fn greatest_ages(&self) -> Set<Span> {
        self.conditions.tests().filter_map(|test| test.policy.max_age).collect()
    }

    /// The instants at which an area in a condition changes its countries.
    pub(crate) fn boundaries_of_areas(&self) -> impl Iterator<Item = Instant> {
        self.conditions.tests().flat_map(|test| test.matcher.area().into_iter().flat_map(|area| area.boundaries()))
    }

    /// The names of all people in conditions and licences.
    pub(crate) fn names_of_people(&self) -> Set<String> {
        let tests = self.conditions.tests().filter(|test| test.attribute == AttributeId::SUBJECT_ID);
        let names = tests.flat_map(|test| match &test.matcher {
            Matcher::AnyText(names) | Matcher::AllText(names) | Matcher::OnlyText(names) => names.as_slice(),
            _ => &[],
        });
        names.cloned().collect()
    }

    /// The condition for the persons of each guarantee.
    pub(crate) fn guarantees(&self) -> impl Iterator<Item = NodeId> {
        self.guarantees.iter().copied()
    }

    /// True if a rule's scope includes a model and action.
    pub(crate) fn is_in_scope(&self, compiled: &CompiledRule, cell: Cell) -> bool {
        let (model, action) = self.positions(cell);
        let covers = self.scopes.covers(compiled.scope);
        covers.is_some_and(|covers| covers.models.contains(&model) && covers.actions.contains(&action))
    }

    /// The models with the actions that a scope includes.
    pub(crate) fn cells_of(&self, scope: &Scope) -> Vec<Cell> {
        let cover = resolve(&self.ruleset, scope);
        let models = cover.models.iter();
        models.flat_map(|model| cover.actions.iter().map(|action| self.cell(*model, *action))).collect()
    }
}

impl Conditions {
    /// All tests.
    pub(crate) fn tests(&self) -> impl Iterator<Item = &AttributeTest> {
        (0..u32::MAX).map_while(|number| self.tests.get(number))
    }
}
