//! The parts that a ruleset declares, which its cases should reach.

use super::stage::{entries, integer, items, text};
use brightline::{Kind, Node};
use serde::Serialize;

/// The parts that a ruleset declares, in its order.
#[derive(Clone, Debug)]
pub(super) struct Declared {
    pub(super) ruleset: String,
    pub(super) version: i64,
    pub(super) rules: Vec<String>,
    pub(super) exceptions: Vec<DeclaredException>,
    pub(super) licences: Vec<String>,
    pub(super) reasons: Vec<String>,
}

/// An exception of a rule.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub(super) struct DeclaredException {
    pub(super) rule: String,
    pub(super) exception: String,
}

impl Declared {
    /// Reads the declared parts of a checked ruleset.
    pub(super) fn of(root: &Node) -> Self {
        let id = |node: &Node| text(node, "id").map(str::to_owned);
        let (mut exceptions, mut reasons) = (Vec::new(), Vec::new());
        let mut add = |code: &str| {
            if !reasons.iter().any(|known| known == code) {
                reasons.push(code.to_owned());
            }
        };
        let member =
            |node: &Node, name: &str| entries(node).iter().find(|entry| entry.key == name).map(|e| e.value.clone());
        member(root, "default").iter().filter_map(|default| text(default, "reason")).for_each(&mut add);
        for rule in items(root, "rules") {
            text(rule, "reason").into_iter().for_each(&mut add);
            // Each attribute has a code, or codes by cause.
            for unknown in member(rule, "unknown").iter().flat_map(entries) {
                match &unknown.value.kind {
                    Kind::String(code) => add(code),
                    _ => entries(&unknown.value).iter().filter_map(|cause| plain(&cause.value)).for_each(&mut add),
                }
            }
            for unless in items(rule, "unless") {
                text(unless, "reason").into_iter().for_each(&mut add);
                let provided = member(unless, "provided");
                let one = provided.iter().filter_map(|one| text(one, "reason"));
                one.chain(items(unless, "provided").iter().filter_map(|item| text(item, "reason"))).for_each(&mut add);
                let licence = member(unless, "licence");
                let kind = licence.as_ref().and_then(|licence| text(licence, "type"));
                let named = text(unless, "id").or_else(|| text(unless, "licence")).or(kind);
                exceptions.extend(
                    id(rule).zip(named).map(|(rule, named)| DeclaredException { rule, exception: named.to_owned() }),
                );
            }
        }
        Self {
            ruleset: text(root, "ruleset").unwrap_or_default().to_owned(),
            version: integer(root, "version"),
            rules: items(root, "rules").iter().filter_map(id).collect(),
            exceptions,
            licences: items(root, "licences").iter().filter_map(id).collect(),
            reasons,
        }
    }
}

fn plain(node: &Node) -> Option<&str> {
    match &node.kind {
        Kind::String(text) => Some(text),
        _ => None,
    }
}
