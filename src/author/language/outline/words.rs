//! Conditions and scopes in English, for readers who know the law but not programming.

use super::Statement;
use crate::base::set::Set;
use crate::ruleset::area::Area;
use crate::ruleset::attribute::{AttributeId, Vocabulary};
use crate::ruleset::model::{Condition, Group, Matcher, Model, ModelMatch, Range, Ruleset};

/// The built-in attributes, each with its name in English. True if that is a plural.
const NOUNS: [(&str, &str, bool); 20] = [
    ("subject.id", "the person's identifiers", true),
    ("subject.us_person", "whether the person is a foreign person", false),
    ("subject.us_status", "the person's status in the United States", false),
    ("subject.employer", "the person's employers", true),
    ("subject.employments", "the person's employments", true),
    ("subject.residence", "the person's country of residence", false),
    ("subject.nationalities", "the person's nationalities", true),
    ("subject.nationalities_ever", "the nationalities that the person has or ever had", true),
    ("subject.permanent_residencies", "the countries where the person is a permanent resident", true),
    ("subject.most_recent_nationality", "the person's most recent nationality or permanent residency", false),
    ("subject.organisation.headquarters", "the headquarters of the person's organisation", false),
    ("subject.organisation.parent", "the headquarters of the organisation's ultimate parent", false),
    ("subject.organisation.established", "the country where the organisation is established", false),
    ("subject.organisation.listed_owners", "the organisation's listed owners", true),
    ("subject.list_hits", "the lists on which the person was found", true),
    ("context.country", "the country from which the request comes", false),
    ("context.countries", "the countries that the request's signals point to", true),
    ("context.regions", "the regions from which the request comes", true),
    ("context.purpose", "the stated purpose", false),
    ("context.chain_roles", "the parties between the caller and the person", true),
];

/// The ruleset whose names the texts use.
pub(super) struct Words<'a> {
    vocabulary: &'a Vocabulary,
    groups: &'a [Group],
    ruleset: &'a Ruleset,
}

impl<'a> Words<'a> {
    pub(super) fn of(ruleset: &'a Ruleset) -> Self {
        Self { vocabulary: &ruleset.vocabulary, groups: &ruleset.groups, ruleset }
    }

    /// Describes a condition. `None` if it is always true.
    pub(super) fn condition(&self, condition: &Condition) -> Option<Statement> {
        (*condition != Condition::ALWAYS).then(|| self.said(condition))
    }

    fn said(&self, condition: &Condition) -> Statement {
        match condition {
            Condition::All(parts) if parts.is_empty() => Statement::Is("always".to_owned()),
            Condition::All(parts) => several(parts.iter().map(|part| self.said(part)), Statement::All),
            Condition::Any(parts) => several(parts.iter().map(|part| self.said(part)), Statement::Any),
            Condition::Not(part) => Statement::Not(Box::new(self.said(part))),
            Condition::Test(attribute, matcher) => Statement::Is(self.test(*attribute, matcher)),
        }
    }

    fn test(&self, attribute: AttributeId, matcher: &Matcher) -> String {
        match (attribute, matcher) {
            (AttributeId::US_PERSON, Matcher::Is(true)) => return "the person is not a foreign person".to_owned(),
            (AttributeId::US_PERSON, Matcher::Is(false)) => return "the person is a foreign person".to_owned(),
            (AttributeId::NATIONALITIES_COMPLETE, Matcher::Is(is)) => {
                let known = if *is { "known" } else { "not known" };
                return format!("it is {known} that no other nationality was ever held");
            }
            _ => {}
        }
        let (noun, plural) = self.named(attribute);
        let (is, includes) = if plural { ("are", "include") } else { ("is", "includes") };
        match matcher {
            Matcher::Is(value) => format!("{noun} {is} {value}"),
            Matcher::Text(texts) => format!("{noun} {is} {}", one_of(texts.iter())),
            Matcher::Under(texts) => format!("{noun} {is} {} or a part of it", one_of(texts.iter())),
            Matcher::Number(range) => format!("{noun} {is} {}", self::range(*range)),
            Matcher::Country(area) => format!("{noun} {is} {}", self.area(area, "or")),
            Matcher::AnyText(texts) => format!("{noun} {includes} {}", one_of(texts.iter())),
            Matcher::AllText(texts) => format!("{noun} {includes} {}", joined(texts.iter(), "and")),
            Matcher::OnlyText(texts) => format!("{noun} {is} only {}", joined(texts.iter(), "and")),
            Matcher::AnyCountry(area) => format!("{noun} {includes} {}", self.area(area, "or")),
            Matcher::AllCountry(area) => format!("{noun} {includes} {}", self.area(area, "and")),
            Matcher::OnlyCountry(area) => format!("{noun} {is} only {}", self.area(area, "and")),
            Matcher::Count(range) => format!("the number of {noun} is {}", self::range(*range)),
            Matcher::Record(fields) => {
                let fields: Vec<String> = fields.iter().map(|(name, matcher)| field(name, matcher)).collect();
                format!("{noun} {includes} one with {}", joined(fields.iter(), "and"))
            }
            Matcher::Share(lists, range) => {
                let lists = one_of(lists.iter());
                format!("owners on the list {lists} together hold {} percent", self::range(*range))
            }
        }
    }

    /// The name of an attribute in English.
    pub(super) fn noun(&self, attribute: AttributeId) -> String {
        self.named(attribute).0
    }

    fn named(&self, attribute: AttributeId) -> (String, bool) {
        let name = self.vocabulary.name(attribute);
        match NOUNS.iter().find(|(known, ..)| *known == name) {
            Some((_, noun, plural)) => ((*noun).to_owned(), *plural),
            None => (name.to_owned(), false),
        }
    }

    /// Names a group by its title, or lists the codes of the countries if no group has exactly these members.
    fn area(&self, area: &Area, and: &str) -> String {
        let same = |group: &&Group| {
            let versions = area.versions.iter().map(|version| (version.from, version.members));
            versions.eq(group.versions.iter().copied())
        };
        if let Some(group) = self.groups.iter().find(same) {
            let (article, name) = if and == "or" { ("one", &group.title) } else { ("all", &group.title) };
            return format!("{article} of the group \u{201c}{}\u{201d}", name.as_ref().unwrap_or(&group.id));
        }
        let versions = area.versions.iter().map(|version| {
            let codes: Vec<&str> = version.members.iter().map(|country| country.code()).collect();
            let codes = joined(codes.iter(), and);
            match area.always() {
                Some(_) => codes,
                None => format!("from {} on {codes}", version.from),
            }
        });
        versions.collect::<Vec<_>>().join("; ")
    }

    /// Describes a condition on models.
    pub(super) fn models(&self, models: &ModelMatch) -> Statement {
        let titles = |ids: &Set<String>, and| {
            let titles: Vec<String> = ids.iter().map(|id| self.model(id)).collect();
            joined(titles.iter(), and)
        };
        Statement::Is(match models {
            ModelMatch::All(parts) => return several(parts.iter().map(|part| self.models(part)), Statement::All),
            ModelMatch::Any(parts) => return several(parts.iter().map(|part| self.models(part)), Statement::Any),
            ModelMatch::Not(part) => return Statement::Not(Box::new(self.models(part))),
            ModelMatch::Id(ids) => titles(ids, "or"),
            ModelMatch::DerivedFrom(ids) => {
                let from = if ids.as_slice().len() == 1 { "it" } else { "one of them" };
                format!("{}, or a model derived from {from}", titles(ids, "or"))
            }
            ModelMatch::Lab(labs) => format!("a model of the lab {}", one_of(labs.iter())),
            ModelMatch::Tag(tags) => format!("a model marked {}", one_of(tags.iter())),
            ModelMatch::Published(true) => "a model whose weights are published".to_owned(),
            ModelMatch::Published(false) => "a model whose weights are not published".to_owned(),
            ModelMatch::Capability(name, range) => {
                format!("a model with a capability {name} of {}", self::range(*range))
            }
        })
    }

    /// The title of a model, or its id if the catalogue does not have it.
    pub(super) fn model(&self, id: &str) -> String {
        let found = self.ruleset.models.iter().find(|model: &&Model| model.id == id);
        found.map_or(id, |model| model.title.as_str()).to_owned()
    }

    /// The sentence of an obligation, or its id if the ruleset does not declare it.
    pub(super) fn obligation(&self, id: &str) -> String {
        let found = self.ruleset.obligations.iter().find(|obligation| obligation.id == id);
        found.map_or(id, |obligation| obligation.title.as_str()).to_owned()
    }
}

/// Combines several parts. A single part needs no list.
fn several(parts: impl Iterator<Item = Statement>, list: fn(Vec<Statement>) -> Statement) -> Statement {
    let mut parts: Vec<Statement> = parts.collect();
    match (parts.len(), parts.pop()) {
        (1, Some(only)) => only,
        (_, last) => {
            parts.extend(last);
            list(parts)
        }
    }
}

fn field(name: &str, matcher: &Matcher) -> String {
    match matcher {
        Matcher::Is(value) => format!("{name} {value}"),
        Matcher::Text(texts) => format!("{name} {}", one_of(texts.iter())),
        _ => name.to_owned(),
    }
}

fn range(range: Range) -> String {
    match (range.at_least.map(|least| least.0), range.at_most.map(|most| most.0)) {
        (Some(least), Some(most)) if least.total_cmp(&most).is_eq() => least.to_string(),
        (Some(least), Some(most)) => format!("between {} and {}", quantity(least), quantity(most)),
        (Some(least), None) => format!("at least {}", quantity(least)),
        (None, Some(most)) => format!("at most {}", quantity(most)),
        (None, None) => "any number".to_owned(),
    }
}

/// Writes a large number in scientific notation, which is easier to read than many zeros.
pub(super) fn quantity(value: f64) -> String {
    if value.abs() >= 1e9 { format!("{value:e}") } else { value.to_string() }
}

/// Joins as `a`, `a or b`, `a, b or c`.
pub(super) fn one_of<T: AsRef<str>>(items: impl Iterator<Item = T>) -> String {
    joined(items, "or")
}

fn joined<T: AsRef<str>>(items: impl Iterator<Item = T>, and: &str) -> String {
    let items: Vec<T> = items.collect();
    let texts: Vec<&str> = items.iter().map(AsRef::as_ref).collect();
    match texts.split_last() {
        None => "nothing".to_owned(),
        Some((only, [])) => (*only).to_owned(),
        Some((last, before)) => format!("{} {and} {last}", before.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RULESET: &str = r#"
ruleset: r
version: 1
language: 1
issued: 2026-01-01
expires: 2026-04-01
default: allow
actions: [chat]
models: [ { id: large, title: Large, capability: { flop: 3e26 } }, { id: small, title: Small, lab: lab-a } ]
attributes: { context.on_site: { type: bool } }
groups: { foes: { title: The listed, citation: C, as_of: 2026-01-01, members: [IR, KP] } }
issuers: []
rules:
  - id: one
    title: T
    outcome: deny
    reason: r
    message: M
    basis: { citation: C }
    scope: SCOPE
    when: WHEN
"#;

    fn ruleset(scope: &str, when: &str) -> Ruleset {
        let text = RULESET.replace("SCOPE", scope).replace("WHEN", when);
        let document = crate::author::language::parse_yaml(&text).unwrap();
        crate::author::language::read(&document).unwrap_or_else(|findings| panic!("{when}: {findings:#?}"))
    }

    #[test]
    fn conditions_are_english() {
        for (when, says) in [
            ("{ subject.foreign_person: true }", "the person is a foreign person"),
            ("{ subject.foreign_person: false }", "the person is not a foreign person"),
            ("{ subject.nationalities: { any_of: [DE, FR, IT] } }", "the person's nationalities include DE, FR or IT"),
            (
                "{ subject.nationalities: { any_of: foes } }",
                "the person's nationalities include one of the group \u{201c}The listed\u{201d}",
            ),
            ("{ subject.residence: [DE] }", "the person's country of residence is DE"),
            (
                "{ subject.us_status: [asylee, refugee] }",
                "the person's status in the United States is asylee or refugee",
            ),
            (
                "{ subject.employments: { has: { org: lab, regular: true } } }",
                "the person's employments include one with org lab and regular true",
            ),
            (
                "{ subject.employments: { count: { at_least: 2 } } }",
                "the number of the person's employments is at least 2",
            ),
            ("{ subject.nationalities_complete: true }", "it is known that no other nationality was ever held"),
            ("{ context.on_site: true }", "context.on_site is true"),
            (
                "{ subject.organisation.listed_owners: { lists: [sdn], at_least: 50 } }",
                "owners on the list sdn together hold at least 50 percent",
            ),
        ] {
            let ruleset = ruleset("{}", when);
            let told = ruleset.outline().next().unwrap().told.unwrap();
            assert_eq!(told.whom, Some(Statement::Is(says.to_owned())), "{when}");
        }
        let ruleset =
            ruleset("{}", "{ any: [ { subject.foreign_person: true }, { not: { context.on_site: true } } ] }");
        let on_site = Statement::Is("context.on_site is true".to_owned());
        let foreign = Statement::Is("the person is a foreign person".to_owned());
        let told = ruleset.outline().next().unwrap().told.unwrap();
        assert_eq!(told.whom, Some(Statement::Any(vec![foreign, Statement::Not(Box::new(on_site))])));
    }

    #[test]
    fn scopes_are_english() {
        for (models, says) in [
            ("[large, small]", "Large or Small"),
            ("{ derived_from: [large] }", "Large, or a model derived from it"),
            ("{ derived_from: [large, small] }", "Large or Small, or a model derived from one of them"),
            ("{ lab: [lab-a] }", "a model of the lab lab-a"),
            ("{ published: false }", "a model whose weights are not published"),
            ("{ capability.flop: { at_least: 1e26 } }", "a model with a capability flop of at least 1e26"),
        ] {
            let ruleset = ruleset(&format!("{{ models: {models} }}"), "{ subject.foreign_person: true }");
            let told = ruleset.outline().next().unwrap().told.unwrap();
            assert_eq!(told.models, Some(Statement::Is(says.to_owned())), "{models}");
        }
    }

    #[test]
    fn every_built_in_attribute_has_a_name_in_english() {
        for (id, attribute) in Vocabulary::default().iter().filter(|(id, _)| *id != AttributeId::NATIONALITIES_COMPLETE)
        {
            assert!(NOUNS.iter().any(|(name, ..)| *name == attribute.name), "{} of {}", attribute.name, id.position());
        }
    }
}
