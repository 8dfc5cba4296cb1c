//! Reads requirements on evidence: issuers, classes, assurance and age.

use super::Names;
use super::attribute_name::FOREIGN_PERSON;
use super::attribute_name::attribute;
use super::fields::{Fields, Findings, shorten};
use crate::author::language::{Kind, Node};
use crate::ruleset::attribute::AttributeId;
use crate::ruleset::model::{EvidencePolicies, EvidencePolicy};

/// The assurance levels by name, lowest first.
pub(in crate::author::language) const LEVELS: [&str; 4] = ["self", "low", "substantial", "high"];

/// Reads evidence policies by attribute.
pub(super) fn evidence(findings: &mut Findings, node: &Node, names: &Names) -> EvidencePolicies {
    let mut policies = EvidencePolicies::default();
    let Kind::Mapping(entries) = &node.kind else {
        findings.add("ruleset.type", node.at, "expected a mapping of attributes to evidence policies".to_owned());
        return policies;
    };
    for entry in entries {
        let id = match entry.key.as_str() {
            FOREIGN_PERSON => Some(AttributeId::US_PERSON),
            _ => attribute(findings, entry, names, &[]),
        };
        let Some(id) = id else { continue };
        if names.vocabulary.is_context(id) {
            let message = format!("`{}` comes from the host and has no evidence", shorten(&entry.key));
            findings.add("ruleset.no_evidence", entry.key_at, message);
        }
        policies.extend(policy(findings, &entry.value, names).map(|policy| (id, policy)));
    }
    policies
}

/// Reads the requirements that evidence must meet to be usable.
pub(super) fn policy(findings: &mut Findings, node: &Node, names: &Names) -> Option<EvidencePolicy> {
    let mut fields = Fields::new(findings, node, "an evidence policy")?;
    let assurance = fields.take("assurance").and_then(|node| level(findings, node)).unwrap_or(0);
    let max_age = fields.take("max_age").and_then(|node| findings.span(node, "`max_age`"));
    let issuers = fields.take("issuers");
    let issuers = issuers.map(|node| findings.names(node, "issuer", "ruleset.unknown_issuer", &names.issuers));
    let classes = fields.take("classes");
    let classes = classes.map(|node| findings.names(node, "class", "ruleset.unknown_class", &names.classes));
    fields.done(findings);
    Some(EvidencePolicy { assurance, max_age, issuers, classes })
}

/// Reads an assurance level: 0 self-asserted, 1 low, 2 substantial, 3 high.
pub(super) fn level(findings: &mut Findings, node: &Node) -> Option<u8> {
    if let Kind::String(text) = &node.kind {
        if let Some(level) = LEVELS.iter().position(|name| name == text) {
            return u8::try_from(level).ok();
        }
        let message = format!("`{}` is not an assurance level", shorten(text));
        findings.unknown("ruleset.unknown_level", node.at, message, text, LEVELS.into_iter());
        return None;
    }
    findings.integer(node, "an assurance level", 0..=3).and_then(|level| u8::try_from(level).ok())
}
