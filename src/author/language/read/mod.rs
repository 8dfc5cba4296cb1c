//! Document → ruleset. All findings are collected. A document with findings yields no ruleset.
//!
//! Longer than other files: the order in which the parts of a ruleset are read, since names must be known before their uses.

mod attribute;
mod attribute_name;
mod condition;
mod evidence;
mod fields;
mod group;
mod guarantee;
mod issuer;
mod preset;
mod rule;
mod scope;
mod texts;
mod trust;

pub(super) use attribute::CONTEXT_FIELDS;
#[cfg(test)]
pub(super) use attribute::TYPES;
pub(crate) use attribute_name::FOREIGN_PERSON;
pub(super) use attribute_name::US_PERSON;
pub(super) use condition::matchers;
#[cfg(test)]
pub(super) use evidence::LEVELS;
pub(super) use preset::PRESETS;
#[cfg(test)]
pub(super) use rule::{ABSENCE, CAUSES};
#[cfg(test)]
pub(super) use scope::SCOPE;

use super::{Diagnostic, Entry, Kind, Node};
use crate::base::country::{Country, CountrySet};
use crate::base::limits;
use crate::base::set::{Map, Set};
use crate::base::time::{Instant, Span};
use crate::ruleset::attribute::{AttributeId, END_USER, Vocabulary};
use crate::ruleset::model::{Default, EvidencePolicies, Exception, Group, Licence, LicenceRef, Model, Rule, Ruleset};
use crate::ruleset::outcome::{Obligation, Outcome};
use fields::{Fields, Findings, shorten};
use std::collections::{BTreeMap, BTreeSet};

/// The version of the language that this engine reads.
pub(super) const LANGUAGE: i64 = 1;

/// Reads a ruleset and checks all of it.
///
/// # Errors
/// All findings, in the order of reading, each with its code and location.
pub fn read(document: &Node) -> Result<Ruleset, Vec<Diagnostic>> {
    let mut findings = Findings::default();
    if document.field("cases").is_some() && document.field("rules").is_none() {
        let at = document.field("cases").map(|entry| entry.key_at).unwrap_or_default();
        let help = "run it with `brightline test`".to_owned();
        findings.add_help("ruleset.cases", at, "this is a file of cases, not a ruleset".to_owned(), help);
        return Err(findings.into_vec());
    }
    let ruleset = ruleset(&mut findings, document);
    match ruleset {
        Some(ruleset) if findings.is_empty() => Ok(ruleset),
        _ => Err(findings.into_vec()),
    }
}

/// Reads a ruleset whose issuers' keys may be supplied separately: an empty list of `keys` is not a finding. The meaning of
/// rules does not depend on keys. The result must not be signed.
///
/// # Errors
/// All other findings.
pub fn read_rules(document: &Node) -> Result<Ruleset, Vec<Diagnostic>> {
    let mut document = document.clone();
    stand_in_keys(&mut document);
    read(&document)
}

/// Inserts a placeholder, the public key of RFC 8037, appendix A.2, into each issuer's empty list of keys.
fn stand_in_keys(document: &mut Node) {
    const KEY: [(&str, &str); 5] = [
        ("kty", "OKP"),
        ("crv", "Ed25519"),
        ("alg", "Ed25519"),
        ("kid", "stands-in"),
        ("x", "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"),
    ];
    let Some(Kind::Sequence(issuers)) = document.member_mut("issuers").map(|issuers| &mut issuers.kind) else { return };
    for keys in issuers.iter_mut().filter_map(|issuer| issuer.member_mut("keys")) {
        let at = keys.at;
        if let Kind::Sequence(items) = &mut keys.kind
            && items.is_empty()
        {
            let entry = |(name, value): (&str, &str)| Entry {
                key: name.to_owned(),
                key_at: at,
                value: Node { at, kind: Kind::String(value.to_owned()) },
            };
            items.push(Node { at, kind: Kind::Mapping(KEY.into_iter().map(entry).collect()) });
        }
    }
}

/// The names that later parts of the document may refer to.
#[derive(Debug, std::default::Default)]
struct Names {
    models: BTreeSet<String>,
    capabilities: BTreeSet<String>,
    labs: BTreeSet<String>,
    tags: BTreeSet<String>,
    actions: BTreeSet<String>,
    issuers: BTreeSet<String>,
    classes: BTreeSet<String>,
    obligations: BTreeSet<String>,
    licences: BTreeSet<String>,
    vocabulary: Vocabulary,
    /// Names that each stand for several country attributes (`strictest_of`).
    together: BTreeMap<String, Vec<AttributeId>>,
    groups: Vec<Group>,
    /// Each territory and the country that it counts as, for attributes that are locations.
    territories: Vec<(Country, Country)>,
    /// The ruleset's evidence policies, which apply unless an entry overrides them.
    evidence: EvidencePolicies,
}

fn ruleset(findings: &mut Findings, document: &Node) -> Option<Ruleset> {
    let mut fields = Fields::new(findings, document, "a ruleset")?;
    let id = fields.need(findings, "ruleset").and_then(|node| findings.id(node, "a ruleset")).map(str::to_owned);
    let version = fields.need(findings, "version").and_then(|node| findings.integer(node, "`version`", 1..=i64::MAX));
    if let Some(node) = fields.need(findings, "language")
        && findings.integer(node, "`language`", 1..=i64::MAX).is_some_and(|language| language != LANGUAGE)
    {
        let message = format!("this engine reads language {LANGUAGE} only");
        findings.add("ruleset.language", node.at, message);
    }
    let title = fields.take("title").and_then(|node| findings.text(node, "`title`")).map(str::to_owned);
    let development = fields.take("development").and_then(|node| findings.bool(node, "`development`")).unwrap_or(false);
    let issued = fields.need(findings, "issued").and_then(|node| findings.instant(node, "`issued`"));
    let expires = fields.need(findings, "expires");
    let expires = expires.and_then(|node| {
        let until = findings.instant(node, "`expires`")?;
        if issued.is_some_and(|issued| until <= issued) {
            findings.add("ruleset.window", node.at, "`expires` is not after `issued`".to_owned());
        }
        Some(until)
    });
    let notice = fields.take("notice").and_then(|node| findings.span(node, "`notice`")).unwrap_or(Span::ZERO);
    let default = fields.need(findings, "default").and_then(|node| default_outcome(findings, node));

    // Each part may refer to names that earlier parts declare.
    let mut names = Names::default();
    let actions = fields.need(findings, "actions").map(|node| actions(findings, node, &mut names));
    let models = fields.need(findings, "models").map(|node| models(findings, node, &mut names));
    let obligations = fields.take("obligations").map(|node| obligations(findings, node, &mut names));
    if let Some(node) = fields.take("attributes") {
        attribute::attributes(findings, node, &mut names);
    }
    if let Some(node) = fields.take("roles") {
        names.vocabulary.set_roles(own_roles(findings, node, &names));
    }
    if let Some(node) = fields.take("groups") {
        names.groups = groups(findings, node);
    }
    if let Some(node) = fields.take("territories") {
        names.territories = group::territories(findings, node);
    }
    let issuers = fields.take("issuers");
    let issuers = issuers.map(|node| {
        each(findings, node, "issuers", limits::RULES, |findings, node| issuer::issuer(findings, node, &names))
    });
    let issuers = issuers.unwrap_or_default();
    unique_ids(findings, fields.take("issuers"), "issuer");
    for (position, issuer) in issuers.iter().enumerate() {
        let twin = issuers.iter().take(position).find_map(|other| trust::overlap(&other.trusted, &issuer.trusted));
        if let Some(both) = twin {
            let at = fields.take("issuers").map(|node| last_place(node, &issuer.trusted.id)).unwrap_or_default();
            let help =
                "give the entries of one issuer different `typ`, or those of credentials different `vct`".to_owned();
            findings.add_help("ruleset.duplicate", at, format!("two issuers have the same {both}"), help);
        }
    }
    for issuer in issuers.iter().filter(|issuer| !development && issuer.trusted.is_development()) {
        let at = fields.take("issuers").map(|node| last_place(node, &issuer.trusted.id)).unwrap_or_default();
        findings.add_help(
            "ruleset.development",
            at,
            format!("anyone can mint tokens of the issuer `{}`", shorten(&issuer.trusted.iss)),
            "leave it out, or set `development: true` in a ruleset that no app in production opens".to_owned(),
        );
    }
    let same_person =
        fields.take("same_person").map(|node| trust::same_person(findings, node, &issuers)).unwrap_or_default();
    names.issuers.extend(fields.take("issuers").map(written_ids).unwrap_or_default());
    names.classes.extend(issuers.iter().filter_map(|issuer| issuer.class.clone()));
    if let Some(node) = fields.take("evidence") {
        names.evidence = evidence::evidence(findings, node, &names);
    }
    let licences = fields.take("licences").map(|node| {
        each(findings, node, "licences", limits::RULES, |findings, node| rule::licence(findings, node, &names))
    });
    let licences = licences.unwrap_or_default();
    unique_ids(findings, fields.take("licences"), "licence");
    names.licences.extend(fields.take("licences").map(written_ids).unwrap_or_default());
    let rules = fields
        .need(findings, "rules")
        .map(|node| each(findings, node, "rules", limits::RULES, |findings, node| rule::rule(findings, node, &names)));
    let mut rules = rules.unwrap_or_default();
    unique_ids(findings, fields.take("rules"), "rule");
    // A licence that no exception names is a mistake: it was meant to lift a rule. This is not checked after other findings,
    // since a rule that could not be read might name it.
    if findings.is_empty() {
        let [written, held] = ["rules", "licences"].map(|list| fields.take(list));
        for rule in &rules {
            whereabouts_of_others(findings, rule, written, held, &licences);
        }
        for licence in &licences {
            let mut exceptions = rules.iter().flat_map(|rule| &rule.unless);
            if !exceptions.any(|exception| asks_for(exception, licence)) {
                let at = fields.take("licences").map(|node| last_place(node, &licence.id)).unwrap_or_default();
                findings.add_help(
                    "ruleset.unreachable_licence",
                    at,
                    format!("no rule can be lifted by the licence `{}`", shorten(&licence.id)),
                    "name it, or its type, in the `unless` of a rule".to_owned(),
                );
            }
        }
    }
    let guarantees = fields.take("guarantees").map(|node| {
        each(findings, node, "guarantees", limits::RULES, |findings, node| guarantee::guarantee(findings, node, &names))
    });
    unique_ids(findings, fields.take("guarantees"), "guarantee");
    fields.done(findings);
    // The order of rules has no meaning. Sorting them ensures that no later step depends on it.
    rules.sort_by(|a, b| a.id.cmp(&b.id));

    Some(Ruleset {
        id: id?,
        version: u64::try_from(version?).ok()?,
        title,
        development,
        issued: whole_second(issued?),
        expires: whole_second(expires?),
        notice,
        default: default?,
        actions: actions?,
        models: models?,
        vocabulary: names.vocabulary,
        groups: names.groups,
        issuers,
        same_person,
        obligations: obligations.unwrap_or_default(),
        licences,
        rules,
        guarantees: guarantees.unwrap_or_default(),
    })
}

fn groups(findings: &mut Findings, node: &Node) -> Vec<Group> {
    let Kind::Mapping(entries) = &node.kind else {
        findings.add("ruleset.type", node.at, "expected a mapping of names to groups for `groups`".to_owned());
        return Vec::new();
    };
    // A group with findings keeps its name, so that references to it are not further findings.
    let stand_in = |entry: &Entry| Group {
        id: entry.key.clone(),
        title: None,
        citation: String::new(),
        source: None,
        as_of: Instant::MIN,
        versions: vec![(Instant::MIN, CountrySet::default())],
    };
    entries.iter().map(|entry| group::group(findings, entry).unwrap_or_else(|| stand_in(entry))).collect()
}

/// The roles that the ruleset declares.
fn own_roles(findings: &mut Findings, node: &Node, names: &Names) -> Set<String> {
    let mut roles = Set::default();
    for item in findings.one_or_more(node, "`roles`") {
        let Some(role) = findings.id(item, "a role") else { continue };
        if ["subject", "all"].into_iter().chain(names.vocabulary.roles()).any(|known| known == role) {
            findings.add(
                "ruleset.duplicate",
                item.at,
                format!("`{}` is a role of every ruleset already", shorten(role)),
            );
        }
        roles.insert(role.to_owned());
    }
    roles
}

/// Rounds down to a whole second. A bundle's window is in whole seconds (NumericDate), so a ruleset's is too.
fn whole_second(instant: Instant) -> Instant {
    Instant::from_seconds(instant.as_millis().div_euclid(1000)).unwrap_or(instant)
}

/// Reads an outcome, or a mapping of `outcome`, `reason` and `message`.
fn default_outcome(findings: &mut Findings, node: &Node) -> Option<Default> {
    if !matches!(node.kind, Kind::Mapping(_)) {
        let outcome = default_word(findings, node)?;
        return Some(Default { outcome, reason: None, message: None });
    }
    let mut fields = Fields::new(findings, node, "`default`")?;
    let outcome = fields.need(findings, "outcome").and_then(|node| default_word(findings, node));
    let reason = fields.take("reason").and_then(|node| rule::reason(findings, node));
    let message = fields.take("message").and_then(|node| findings.text(node, "`message`")).map(str::to_owned);
    fields.done(findings);
    Some(Default { outcome: outcome?, reason, message })
}

fn default_word(findings: &mut Findings, node: &Node) -> Option<Outcome> {
    const OUTCOMES: [Outcome; 4] = [Outcome::Allow, Outcome::StepUp, Outcome::Review, Outcome::Deny];
    let text = findings.text(node, "`default`")?;
    let found = OUTCOMES.into_iter().find(|outcome| outcome.as_str() == text);
    if found.is_none() {
        let message = format!("`{}` cannot be the default", shorten(text));
        let known = OUTCOMES.iter().map(|outcome| outcome.as_str());
        findings.unknown("ruleset.unknown_outcome", node.at, message, text, known);
    }
    found
}

fn actions(findings: &mut Findings, node: &Node, names: &mut Names) -> Vec<String> {
    let items = findings.list(node, "`actions`").unwrap_or_default();
    let actions: Vec<String> =
        items.iter().filter_map(|item| findings.id(item, "an action")).map(str::to_owned).collect();
    unique(findings, Some(node), actions.iter().map(String::as_str), "action");
    names.actions.extend(actions.iter().cloned());
    actions
}

fn models(findings: &mut Findings, node: &Node, names: &mut Names) -> Vec<Model> {
    let models = each(findings, node, "models", limits::RULES, |findings, node| {
        let mut fields = Fields::new(findings, node, "a model")?;
        let id = fields.need(findings, "id").and_then(|node| findings.id(node, "a model")).map(str::to_owned);
        let title = fields.take("title").and_then(|node| findings.text(node, "`title`")).map(str::to_owned);
        let mut capability = Map::default();
        if let Some(node) = fields.take("capability") {
            match &node.kind {
                Kind::Mapping(entries) => {
                    for entry in entries {
                        if let Some(value) = findings.number(&entry.value, "a capability") {
                            capability.insert(entry.key.clone(), value);
                        }
                    }
                }
                _ => findings.add(
                    "ruleset.type",
                    node.at,
                    "expected a mapping of names to numbers for `capability`".to_owned(),
                ),
            }
        }
        let lab = fields.take("lab").and_then(|node| findings.id(node, "a lab")).map(str::to_owned);
        let published = fields.take("published").and_then(|node| findings.bool(node, "`published`")).unwrap_or(false);
        let derived_from = fields.take("derived_from").and_then(|node| findings.id(node, "a model")).map(str::to_owned);
        let tags = fields.take("tags").map(|node| findings.texts(node, "`tags`")).unwrap_or_default();
        fields.done(findings);
        let id = id?;
        let title = title.unwrap_or_else(|| id.clone());
        Some(Model { id, title, lab, capability, published, derived_from, tags })
    });
    derivations(findings, node, &models);
    unique_ids(findings, Some(node), "model");
    names.models.extend(written_ids(node));
    names.labs.extend(models.iter().filter_map(|model| model.lab.clone()));
    names.tags.extend(models.iter().flat_map(|model| model.tags.iter().cloned()));
    names.capabilities.extend(models.iter().flat_map(|model| model.capability.iter().map(|(name, _)| name.clone())));
    models
}

/// Checks that each parent model is in the catalogue, and that no model is derived from itself.
fn derivations(findings: &mut Findings, node: &Node, models: &[Model]) {
    for model in models {
        let Some(parent) = &model.derived_from else { continue };
        let at = last_place(node, &model.id);
        let find = |id: &String| models.iter().find(|other| other.id == *id);
        if find(parent).is_none() {
            let message = format!("there is no model `{}`", shorten(parent));
            let known = models.iter().map(|model| model.id.as_str());
            findings.unknown("ruleset.unknown_model", at, message, parent, known);
            continue;
        }
        let ancestors = std::iter::successors(find(parent), |model| model.derived_from.as_ref().and_then(find));
        if ancestors.take(models.len()).any(|ancestor| ancestor.id == model.id) {
            let message = format!("the model `{}` is derived from itself", shorten(&model.id));
            findings.add("ruleset.circular", at, message);
        }
    }
}

fn obligations(findings: &mut Findings, node: &Node, names: &mut Names) -> Vec<Obligation> {
    let Kind::Mapping(entries) = &node.kind else {
        let message = "expected a mapping of names to sentences for `obligations`".to_owned();
        findings.add("ruleset.type", node.at, message);
        return Vec::new();
    };
    let obligations: Vec<Obligation> = entries
        .iter()
        .filter_map(|entry| {
            let title = findings.text(&entry.value, "an obligation")?.to_owned();
            Some(Obligation { id: entry.key.clone(), title })
        })
        .collect();
    names.obligations.extend(obligations.iter().map(|obligation| obligation.id.clone()));
    obligations
}

/// Reads the items of a list one by one. The list may be empty: a ruleset without rules is valid.
fn each<T>(
    findings: &mut Findings,
    node: &Node,
    what: &str,
    most: usize,
    mut read: impl FnMut(&mut Findings, &Node) -> Option<T>,
) -> Vec<T> {
    let Kind::Sequence(items) = &node.kind else {
        let help = "begin each entry with `- `".to_owned();
        findings.add_help("ruleset.type", node.at, format!("expected a list for `{what}`"), help);
        return Vec::new();
    };
    if items.len() > most {
        findings.add("ruleset.too_many", node.at, format!("`{what}` has {} entries; at most {most} fit", items.len()));
        return Vec::new();
    }
    items.iter().filter_map(|item| read(findings, item)).collect()
}

/// Reports ids that occur twice. Entries with findings are included, so that all errors are reported at once.
fn unique_ids(findings: &mut Findings, node: Option<&Node>, what: &str) {
    let ids = node.map(written_ids).unwrap_or_default();
    unique(findings, node, ids.iter().map(String::as_str), what);
}

fn unique<'a>(findings: &mut Findings, node: Option<&Node>, ids: impl Iterator<Item = &'a str>, what: &str) {
    let mut seen = BTreeSet::new();
    for id in ids {
        if !seen.insert(id) {
            let at = node.map(|node| last_place(node, id)).unwrap_or_default();
            findings.add("ruleset.duplicate", at, format!("there are two {what}s `{}`", shorten(id)));
        }
    }
}

/// The ids in a list. Entries with findings are included, so that references to them are not further findings.
fn written_ids(node: &Node) -> Vec<String> {
    let Kind::Sequence(items) = &node.kind else { return Vec::new() };
    let id = |item: &Node| match &item.kind {
        Kind::Mapping(entries) => entries.iter().find(|entry| entry.key == "id").map(|entry| entry.value.kind.clone()),
        _ => None,
    };
    let text = |kind| if let Kind::String(text) = kind { Some(text) } else { None };
    items.iter().filter_map(id).filter_map(text).collect()
}

/// Reports a rule that tests `subject.us_person` of other parties. The test includes the location of the request, which is
/// evidence about the person served only.
fn whereabouts_of_others(
    findings: &mut Findings,
    rule: &Rule,
    rules: Option<&Node>,
    licences: Option<&Node>,
    known: &[Licence],
) {
    if rule.parties.iter().all(|role| role == "subject" || role == END_USER) {
        return;
    }
    let own = rules.and_then(|node| written(node, &rule.id)).into_iter();
    let own = own.flat_map(|node| [node.field("when"), node.field("unless")]).flatten();
    let lifting = known.iter().filter(|licence| rule.unless.iter().any(|exception| asks_for(exception, licence)));
    let held = lifting.filter_map(|licence| licences.and_then(|node| written(node, &licence.id))?.field("holder"));
    for at in own.chain(held).filter_map(|entry| condition::asks_for_us_person(&entry.value)) {
        let message = format!(
            "`{US_PERSON}` depends on where the request comes from, which does not locate the other parties that the \
             rule `{}` judges",
            shorten(&rule.id)
        );
        let help = format!("ask for `{FOREIGN_PERSON}`, or write a separate rule for the person served");
        findings.add_help("ruleset.whereabouts", at, message, help);
    }
}

fn asks_for(exception: &Exception, licence: &Licence) -> bool {
    match &exception.licence {
        Some(LicenceRef::Id(wanted)) => *wanted == licence.id,
        Some(LicenceRef::Kind(wanted)) => Some(wanted) == licence.kind.as_ref(),
        None => false,
    }
}

/// The first item of a list with this id.
fn written<'a>(list: &'a Node, id: &str) -> Option<&'a Node> {
    let Kind::Sequence(items) = &list.kind else { return None };
    let named = |item: &&Node| {
        item.field("id").is_some_and(|entry| matches!(&entry.value.kind, Kind::String(text) if text == id))
    };
    items.iter().find(named)
}

/// The location of the last item with a name: of duplicates, the later one. Without such an item, the location of the list.
fn last_place(node: &Node, id: &str) -> super::SourceRange {
    let Kind::Sequence(items) = &node.kind else { return node.at };
    let named = items.iter().rev().find_map(|item| match &item.kind {
        Kind::String(text) if text == id => Some(item.at),
        Kind::Mapping(entries) => entries
            .iter()
            .find(|entry| entry.key == "id" && matches!(&entry.value.kind, Kind::String(text) if text == id))
            .map(|entry| entry.value.at),
        _ => None,
    });
    named.unwrap_or(node.at)
}
