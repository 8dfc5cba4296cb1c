//! The catalogue's models, each with the facts that public scopes read.

use super::words::quantity;
use crate::base::set::Set;
use crate::ruleset::model::{Model, ModelMatch, Ruleset, Scope};

/// A model in plain words.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ModelOutline {
    /// Its id.
    pub id: String,
    /// Its title.
    pub title: String,
    /// The facts by which rules, licences and guarantees match this model or not.
    pub facts: Vec<String>,
}

impl Ruleset {
    /// Outlines each model. Facts that only sealed rules read are not disclosed.
    pub fn models_outline(&self) -> impl Iterator<Item = ModelOutline> {
        let mut looked_at = LookedAt::default();
        for rule in self.rules.iter().filter(|rule| rule.sealed.is_none()) {
            looked_at.scope(&rule.scope);
            rule.unless.iter().for_each(|exception| looked_at.scope(&exception.scope));
        }
        self.told_licences().for_each(|licence| looked_at.scope(&licence.scope));
        self.guarantees.iter().for_each(|guarantee| looked_at.scope(&guarantee.scope));
        self.models.iter().map(move |model| ModelOutline {
            id: model.id.clone(),
            title: model.title.clone(),
            facts: looked_at.facts(model, self),
        })
    }
}

/// The properties of models that scopes read.
#[derive(Default)]
struct LookedAt {
    capabilities: Set<String>,
    tags: Set<String>,
    lab: bool,
    published: bool,
    derived: bool,
}

impl LookedAt {
    fn scope(&mut self, scope: &Scope) {
        scope.models.iter().for_each(|models| self.models(models));
    }

    fn models(&mut self, models: &ModelMatch) {
        match models {
            ModelMatch::All(parts) | ModelMatch::Any(parts) => parts.iter().for_each(|part| self.models(part)),
            ModelMatch::Not(part) => self.models(part),
            ModelMatch::Id(_) => {}
            ModelMatch::DerivedFrom(_) => self.derived = true,
            ModelMatch::Lab(_) => self.lab = true,
            ModelMatch::Tag(tags) => self.tags.extend(tags.iter().cloned()),
            ModelMatch::Published(_) => self.published = true,
            ModelMatch::Capability(name, _) => {
                self.capabilities.insert(name.clone());
            }
        }
    }

    fn facts(&self, model: &Model, ruleset: &Ruleset) -> Vec<String> {
        let title = |id: &String| ruleset.models.iter().find(|one| one.id == *id).map_or(id, |one| &one.title).clone();
        let mut facts: Vec<String> = Vec::new();
        facts.extend(model.lab.iter().filter(|_| self.lab).map(|lab| format!("of the lab {lab}")));
        facts
            .extend(model.derived_from.iter().filter(|_| self.derived).map(|id| format!("derived from {}", title(id))));
        let capabilities = model.capability.iter().filter(|(name, _)| self.capabilities.contains(*name));
        facts.extend(capabilities.map(|(name, value)| format!("capability {name} {}", quantity(*value))));
        facts.extend(model.tags.iter().filter(|tag| self.tags.contains(*tag)).map(|tag| format!("marked {tag}")));
        facts.extend((self.published && model.published).then(|| "its weights are published".to_owned()));
        facts
    }
}
