//! Guarantees: statements that must hold for every possible request.

use super::Names;
use super::condition::condition;
use super::fields::{Fields, Findings, shorten};
use super::rule::policies;
use super::scope::scope;
use crate::author::language::Node;
use crate::base::set::Set;
use crate::ruleset::model::{Condition, Guarantee};
use crate::ruleset::outcome::Outcome;

pub(super) fn guarantee(findings: &mut Findings, node: &Node, names: &Names) -> Option<Guarantee> {
    let mut fields = Fields::new(findings, node, "a guarantee")?;
    let id = fields.need(findings, "id").and_then(|node| findings.id(node, "a guarantee")).map(str::to_owned);
    let title = fields.take("title").and_then(|node| findings.text(node, "`title`")).map(str::to_owned);
    let whom = fields.take("for").map(|node| condition(findings, node, names));
    let evidence = policies(findings, fields.take("evidence"), names);
    let scope = fields.take("scope").map(|node| scope(findings, node, names)).unwrap_or_default();
    let during = fields.take("during").and_then(|node| {
        let mut fields = Fields::new(findings, node, "a window")?;
        let (from, until) = (fields.take("from"), fields.take("until"));
        let window = findings.window(from, until);
        fields.done(findings);
        Some(window)
    });
    let (always, never) = (fields.take("always"), fields.take("never"));
    let permitted = match (always, never) {
        (Some(node), None) => Some(outcomes(findings, node, "`always`")),
        (None, Some(node)) => {
            let never = outcomes(findings, node, "`never`");
            Some(OUTCOMES.into_iter().filter(|outcome| !never.contains(outcome)).collect())
        }
        _ => {
            let help = "write `always: allow`, or several outcomes, or `never: deny`".to_owned();
            let message = "a guarantee has either `always` or `never`".to_owned();
            findings.add_help("ruleset.guarantee", node.at, message, help);
            None
        }
    };
    fields.done(findings);
    Some(Guarantee {
        id: id?,
        title,
        whom: whom.unwrap_or(Condition::ALWAYS),
        evidence,
        scope,
        during: during.unwrap_or_default(),
        permitted: permitted?,
    })
}

const OUTCOMES: [Outcome; 5] = [Outcome::Allow, Outcome::Degrade, Outcome::StepUp, Outcome::Review, Outcome::Deny];

fn outcomes(findings: &mut Findings, node: &Node, what: &str) -> Set<Outcome> {
    let mut outcomes = Set::default();
    for item in findings.one_or_more(node, what) {
        let Some(text) = findings.text(item, what) else { continue };
        match OUTCOMES.into_iter().find(|outcome| outcome.as_str() == text) {
            Some(outcome) => {
                outcomes.insert(outcome);
            }
            None => {
                let known = OUTCOMES.iter().map(|outcome| outcome.as_str());
                let message = format!("`{}` is not an outcome", shorten(text));
                findings.unknown("ruleset.unknown_outcome", item.at, message, text, known);
            }
        }
    }
    outcomes
}
