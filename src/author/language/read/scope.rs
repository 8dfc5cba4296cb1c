//! Reads the models and actions that a rule, a licence or a guarantee covers.

use super::Names;
use super::fields::{Branch, branches, range};
use super::fields::{Fields, Findings, shorten};
use crate::author::language::{Entry, Kind, Node};
use crate::base::set::Set;
use crate::ruleset::model::{ModelMatch, Number, Range, Scope};

/// The fields of a model scope, in addition to capabilities.
pub(in crate::author::language) const SCOPE: [&str; 8] =
    ["all", "any", "not", "id", "derived_from", "lab", "tag", "published"];

/// Reads `models` and `actions`. An absent field means all.
pub(super) fn scope(findings: &mut Findings, node: &Node, names: &Names) -> Scope {
    if let Kind::Sequence(_) | Kind::String(_) = node.kind {
        findings.needs_mapping(node, "a scope", "write `{ models: [ … ] }`, `{ actions: [ … ] }`, or both");
        return Scope::default();
    }
    let Some(mut fields) = Fields::new(findings, node, "a scope") else { return Scope::default() };
    let models = fields.take("models").map(|node| models(findings, node, names));
    let actions = fields.take("actions").map(|node| actions(findings, node, names));
    fields.done(findings);
    Scope { models, actions }
}

pub(super) fn actions(findings: &mut Findings, node: &Node, names: &Names) -> Set<String> {
    findings.names(node, "action", "ruleset.unknown_action", &names.actions)
}

/// Reads model ids, or a mapping of fields and capabilities. `all`, `any` and `not` combine mappings.
pub(super) fn models(findings: &mut Findings, node: &Node, names: &Names) -> ModelMatch {
    let ids = |findings: &mut Findings, node| findings.names(node, "model", "ruleset.unknown_model", &names.models);
    if !matches!(node.kind, Kind::Mapping(_)) {
        return ModelMatch::Id(ids(findings, node));
    }
    let mut parts = Vec::new();
    for branch in branches(findings, node, "a model scope") {
        let part = match branch {
            Branch::All(items) => ModelMatch::All(items.iter().map(|item| models(findings, item, names)).collect()),
            Branch::Any(items) => ModelMatch::Any(items.iter().map(|item| models(findings, item, names)).collect()),
            Branch::Not(item) => ModelMatch::Not(Box::new(models(findings, item, names))),
            Branch::Named(entry) => match entry.key.as_str() {
                "id" => ModelMatch::Id(ids(findings, &entry.value)),
                "derived_from" => ModelMatch::DerivedFrom(ids(findings, &entry.value)),
                "lab" => ModelMatch::Lab(findings.names(&entry.value, "lab", "ruleset.unknown_lab", &names.labs)),
                "tag" => ModelMatch::Tag(findings.names(&entry.value, "tag", "ruleset.unknown_tag", &names.tags)),
                "published" => match findings.bool(&entry.value, "`published`") {
                    Some(value) => ModelMatch::Published(value),
                    None => continue,
                },
                _ => match capability(findings, entry, names) {
                    Some(part) => part,
                    None => continue,
                },
            },
        };
        parts.push(part);
    }
    match parts.len() {
        1 => parts.pop().unwrap_or(ModelMatch::All(Vec::new())),
        _ => ModelMatch::All(parts),
    }
}

pub(super) fn capability(findings: &mut Findings, entry: &Entry, names: &Names) -> Option<ModelMatch> {
    let Some(name) = entry.key.strip_prefix("capability.") else {
        let message = format!("`{}` is not a field of a model scope", shorten(&entry.key));
        let capabilities = names.capabilities.iter().map(|name| format!("capability.{name}"));
        let known: Vec<String> = SCOPE.into_iter().map(str::to_owned).chain(capabilities).collect();
        let known = known.iter().map(String::as_str);
        findings.unknown("ruleset.unknown_field", entry.key_at, message, &entry.key, known);
        return None;
    };
    if !names.capabilities.contains(name) {
        let message = format!("no model has the capability `{}`", shorten(name));
        let known = names.capabilities.iter().map(String::as_str);
        findings.unknown("ruleset.unknown_capability", entry.key_at, message, name, known);
    }
    let range = match entry.value.kind {
        Kind::Mapping(_) => {
            let mut fields = Fields::new(findings, &entry.value, "a range")?;
            let range = range(findings, &mut fields);
            fields.done(findings);
            range
        }
        _ => {
            let exact = findings.number(&entry.value, "a capability").map(Number);
            Range { at_least: exact, at_most: exact }
        }
    };
    Some(ModelMatch::Capability(name.to_owned(), range))
}
