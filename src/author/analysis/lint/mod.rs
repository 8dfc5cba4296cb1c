//! Findings about meaning: parts of a ruleset that have no effect, rest on something old, or read more about persons
//! than needed. Each cites the law that it rests on, if there is one.

mod claims;
mod effects;
mod names;

use super::budget::Budget;
use crate::author::language::{Kind, Node, SourceRange};
use crate::base::time::{Span, Window};
use crate::ruleset::Ruleset;
use crate::ruleset::model::Rule;

/// A finding for the author.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Lint {
    /// A stable code.
    pub code: &'static str,
    /// The location in the ruleset.
    pub place: LintPlace,
    /// The problem.
    pub message: String,
    /// The remedy, and the law that it rests on.
    pub help: String,
}

/// A location in a ruleset.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct LintPlace {
    /// The list, such as `rules`.
    pub list: &'static str,
    /// The id of the entry.
    pub id: String,
    /// For a rule, the id of its exception; for an issuer, the attribute in its `claims`.
    pub within: Option<String>,
}

impl LintPlace {
    /// The position in a document of the id or of the claim's name. `None` for entries of a preset, which the document
    /// does not contain.
    pub fn find(&self, document: &Node) -> Option<SourceRange> {
        let list = &document.field(self.list)?.value;
        // The position of the whole ruleset is that of its id, and of a one-word default that of the word.
        if let Kind::String(_) = &list.kind {
            return Some(list.at);
        }
        // Groups, obligations, attributes and policies are keyed by name.
        if let Kind::Mapping(_) = &list.kind {
            return list.field(&self.id).map(|entry| entry.key_at);
        }
        let entry = named(list, &self.id)?;
        let found = match (&self.within, self.list) {
            (Some(attribute), "issuers") => {
                return entry.field("claims")?.value.field(attribute).map(|entry| entry.key_at);
            }
            (Some(exception), _) => named(&entry.field("unless")?.value, exception).unwrap_or(entry),
            (None, _) => entry,
        };
        Some(found.field("id").map_or(found.at, |id| id.value.at))
    }
}

/// The entry of a list with this id, or the exception by a licence of this name.
fn named<'a>(list: &'a Node, id: &str) -> Option<&'a Node> {
    let Kind::Sequence(items) = &list.kind else { return None };
    let text = |node: &Node, name: &str| match &node.field(name)?.value.kind {
        Kind::String(text) => Some(text.clone()),
        _ => None,
    };
    items.iter().find(|item| text(item, "id").or_else(|| text(item, "licence")).as_deref() == Some(id))
}

/// The age beyond which a group's source counts as stale.
const FRESH: Span = Span::from_seconds(2 * 365 * 86_400);

/// Returns all warnings about a ruleset that was read from a document.
pub fn lint(ruleset: &Ruleset, document: &Node, budget: Budget<'_>) -> Vec<Lint> {
    let mut found = Vec::new();
    windows(ruleset, &mut found);
    sources(ruleset, &mut found);
    tenants(ruleset, &mut found);
    names::look(ruleset, document, &mut found);
    claims::look(ruleset, &mut found);
    effects::look(ruleset, budget, &mut found);
    found.sort();
    found.dedup();
    found
}

fn of_rule(rule: &Rule) -> LintPlace {
    LintPlace { list: "rules", id: rule.id.clone(), within: None }
}

fn of_exception(rule: &Rule, exception: &str) -> LintPlace {
    LintPlace { within: Some(exception.to_owned()), ..of_rule(rule) }
}

/// Windows that contradict each other.
fn windows(ruleset: &Ruleset, found: &mut Vec<Lint>) {
    let whole = Window { from: Some(ruleset.issued), until: Some(ruleset.expires) };
    for rule in &ruleset.rules {
        let window = &rule.effective.window;
        for (what, list) in [("suspended", &rule.effective.suspended), ("not enforced", &rule.effective.not_enforced)] {
            for part in list.iter().filter(|part| part.intersection(window).is_empty()) {
                let from = part.from.map(|from| from.to_string()).unwrap_or_default();
                found.push(Lint {
                    code: "check.windows",
                    place: of_rule(rule),
                    message: format!("the rule `{}` is {what} from {from}, when it is not in force", rule.id),
                    help: "move one of the windows, or leave this one out".to_owned(),
                });
            }
        }
        for exception in &rule.unless {
            let own = exception.effective.window.intersection(window);
            if own.is_empty() && !exception.effective.window.is_empty() {
                found.push(Lint {
                    code: "check.windows",
                    place: of_exception(rule, &exception.id),
                    message: format!("the exception `{}` is never in force while its rule is", exception.id),
                    help: "move one of the windows".to_owned(),
                });
            }
        }
    }
    for licence in &ruleset.licences {
        if licence.window.intersection(&whole).is_empty() {
            found.push(Lint {
                code: "check.windows",
                place: LintPlace { list: "licences", id: licence.id.clone(), within: None },
                message: format!("the licence `{}` is not valid at any time at which the ruleset is", licence.id),
                help: "leave it out, or correct its dates".to_owned(),
            });
        }
    }
}

/// Issuers that accept every tenant of a provider: anyone can create one.
fn tenants(ruleset: &Ruleset, found: &mut Vec<Lint>) {
    let open = ruleset.issuers().filter(|issuer| issuer.has_tenants() && issuer.tenants.is_empty());
    found.extend(open.map(|issuer| {
        Lint {
            code: "check.tenants",
            place: LintPlace { list: "issuers", id: issuer.id.clone(), within: None },
            message: format!("`{}` accepts the tokens of every tenant of the provider", issuer.id),
            help: "list the `tenants` that you trust: the administrator of a tenant controls the contents of its \
                   directory"
                .to_owned(),
        }
    }));
}

/// Groups that are stale, and citations that a reader cannot look up.
fn sources(ruleset: &Ruleset, found: &mut Vec<Lint>) {
    for group in &ruleset.groups {
        if ruleset.issued.since(group.as_of) > FRESH {
            found.push(Lint {
                code: "check.stale_group",
                place: LintPlace { list: "groups", id: group.id.clone(), within: None },
                message: format!(
                    "the group `{}` is as of {}, long before the ruleset was issued",
                    group.id, group.as_of
                ),
                help: "read its source again, and set `as_of` to the day on which you did".to_owned(),
            });
        }
    }
    for rule in &ruleset.rules {
        if rule.basis.url.is_none() && rule.basis.as_of.is_none() {
            found.push(Lint {
                code: "check.citation",
                place: of_rule(rule),
                message: format!("the basis of `{}` has neither a `url` nor the day as of which it was read", rule.id),
                help: "add `as_of`, or `url`, so that a reader can look it up".to_owned(),
            });
        }
    }
}
