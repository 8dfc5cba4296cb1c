//! Reads the texts of conditions, and reports those that are names of something else.

use super::Names;
use super::attribute_name::{FOREIGN_PERSON, US_PERSON};
use super::fields::{Findings, shorten};
use crate::author::language::{Kind, Node};
use crate::base::set::Set;

/// Reads texts to compare values with. Names of attributes and of groups are reported.
pub(super) fn literals(findings: &mut Findings, node: &Node, what: &str, names: &Names) -> Set<String> {
    for item in findings.one_or_more(node, what) {
        if let Kind::String(text) = &item.kind {
            no_name(findings, item, text, names);
        }
    }
    findings.texts(node, what)
}

/// Reports a value that is the name of an attribute or a group, since attributes cannot be compared with each other. True if
/// the value is not such a name.
pub(super) fn no_name(findings: &mut Findings, node: &Node, text: &str, names: &Names) -> bool {
    let group = text.split('@').next().unwrap_or_default();
    let known = [FOREIGN_PERSON, US_PERSON].contains(&text)
        || names.vocabulary.lookup(text).is_some()
        || names.together.contains_key(text);
    let (what, help) = if known || text.starts_with("subject.") || text.starts_with("context.") {
        ("an attribute", "a matcher takes values; an attribute cannot be compared with another one")
    } else if group.contains('.') && names.groups.iter().any(|known| known.id == group) {
        ("a group of countries", "a group can appear where a country can, but this attribute has texts")
    } else {
        return true;
    };
    let message = format!("`{}` is the name of {what}, not a value", shorten(text));
    findings.add_help("ruleset.not_a_value", node.at, message, help.to_owned());
    false
}

/// Reads texts without wildcards. Each matches itself and every value below it.
pub(super) fn prefixes(findings: &mut Findings, node: &Node, what: &str, names: &Names) -> Set<String> {
    let texts = literals(findings, node, what, names);
    for item in findings.one_or_more(node, what) {
        let Kind::String(text) = &item.kind else { continue };
        let before = text.split(['*', '?']).next().unwrap_or_default();
        let plain = before.trim_matches(['.', '/', '^', '$', ' ']);
        if plain == text && !text.contains("..") {
            continue;
        }
        let message = format!("`{}` is not a plain text, so no value is below it", shorten(text));
        let help = match plain {
            "" => "leave the test out: it would hold for every value".to_owned(),
            _ => format!("write `{0}`, which matches `{0}` and everything below it after a dot", shorten(plain)),
        };
        findings.add_help("ruleset.prefix", item.at, message, help);
    }
    texts
}
