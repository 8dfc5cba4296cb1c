//! Groups of countries, territories, and the lists of them in conditions.

use super::Names;
use super::fields::{Fields, Findings, shorten};
use super::texts::no_name;
use crate::author::language::{Entry, Kind, Node, suggest};
use crate::base::country::{Country, CountrySet};
use crate::base::time::Instant;
use crate::ruleset::area::{Area, Version};
use crate::ruleset::attribute::AttributeId;
use crate::ruleset::model::Group;

/// Reads a named group. Its `as_of` is the date as of which its source was read.
pub(super) fn group(findings: &mut Findings, entry: &Entry) -> Option<Group> {
    if Country::parse(&entry.key).is_some() || entry.key.contains('@') {
        let message = format!("`{}` cannot be the name of a group", shorten(&entry.key));
        findings.add("ruleset.id", entry.key_at, message);
    }
    if let Kind::Sequence(_) = entry.value.kind {
        findings.needs_mapping(&entry.value, "a group", "write `{ citation: …, as_of: DAY, members: [ … ] }`");
        return None;
    }
    let mut fields = Fields::new(findings, &entry.value, "a group")?;
    let title = fields.take("title").and_then(|node| findings.text(node, "`title`")).map(str::to_owned);
    let citation = fields.need(findings, "citation").and_then(|node| findings.text(node, "`citation`"));
    let citation = citation.map(str::to_owned);
    let source = fields.take("source").and_then(|node| findings.text(node, "`source`")).map(str::to_owned);
    let as_of = fields.need(findings, "as_of").and_then(|node| findings.instant(node, "`as_of`"));
    let members = fields.take("members").map(|node| vec![(Instant::MIN, members(findings, node))]);
    let versions = fields.take("versions").map(|node| versions(findings, node));
    let at = fields.at;
    fields.done(findings);
    let ((Some(versions), None) | (None, Some(versions))) = (members, versions) else {
        let message = "a group needs either `members` or `versions`".to_owned();
        findings.add("ruleset.missing_field", at, message);
        return None;
    };
    Some(Group { id: entry.key.clone(), title, citation: citation?, source, as_of: as_of?, versions })
}

fn versions(findings: &mut Findings, node: &Node) -> Vec<(Instant, CountrySet)> {
    let mut versions: Vec<(Instant, CountrySet)> = Vec::new();
    for item in findings.list(node, "`versions`").unwrap_or_default() {
        let Some(mut fields) = Fields::new(findings, item, "a version") else { continue };
        let from = fields.need(findings, "from").and_then(|node| findings.instant(node, "`from`"));
        let listed = fields.need(findings, "members").map(|node| members(findings, node));
        fields.done(findings);
        let (Some(from), Some(listed)) = (from, listed) else { continue };
        if versions.last().is_some_and(|(last, _)| *last >= from) {
            findings.add("ruleset.window", item.at, "a version does not begin after the one before it".to_owned());
        }
        versions.push((from, listed));
    }
    versions
}

/// Reads a list of countries, or `all` for every country.
fn members(findings: &mut Findings, node: &Node) -> CountrySet {
    if matches!(&node.kind, Kind::String(word) if word == "all") {
        return Country::all().filter_map(Country::parse).collect();
    }
    let mut set = CountrySet::default();
    for item in findings.one_or_more(node, "`members`") {
        let Some(text) = findings.text(item, "a country") else { continue };
        if let Some(country) = country(findings, item, text, std::iter::empty()) {
            set.insert(country);
        }
    }
    set
}

/// Reads the country that each territory counts as, for attributes that are locations: `{ HK: CN }`.
pub(super) fn territories(findings: &mut Findings, node: &Node) -> Vec<(Country, Country)> {
    let Kind::Mapping(entries) = &node.kind else {
        let message = "expected a mapping of territories to countries for `territories`".to_owned();
        findings.add("ruleset.type", node.at, message);
        return Vec::new();
    };
    let mut pairs = Vec::new();
    for entry in entries {
        let key = Node { at: entry.key_at, kind: Kind::String(entry.key.clone()) };
        let territory = country(findings, &key, &entry.key, std::iter::empty());
        let Some(text) = findings.text(&entry.value, "a country") else { continue };
        let counts_as = country(findings, &entry.value, text, std::iter::empty());
        pairs.extend(territory.zip(counts_as));
    }
    pairs
}

/// Reads country codes and groups as an area. If the attribute is a location, `territories` applies to them. `None` if no
/// item is a country or a group.
pub(super) fn area(findings: &mut Findings, node: &Node, names: &Names, attribute: AttributeId) -> Option<Area> {
    let (mut codes, mut groups) = (CountrySet::default(), Vec::new());
    for item in findings.one_or_more(node, "countries") {
        let Some(text) = findings.text(item, "a country or a group") else { continue };
        let (name, frozen) = match text.split_once('@') {
            Some((name, date)) => (name, Some(date)),
            None => (text, None),
        };
        let Some(group) = names.groups.iter().find(|group| group.id == name) else {
            let known = names.groups.iter().map(|group| group.id.as_str());
            if no_name(findings, item, text, names) {
                codes.extend(country(findings, item, text, known));
            }
            continue;
        };
        match frozen.map(|date| Instant::parse(date).ok_or(date)) {
            None => groups.push((group, None)),
            Some(Ok(at)) if group.versions.iter().any(|(from, _)| *from <= at) => groups.push((group, Some(at))),
            Some(Ok(_)) => {
                let message = format!("the group `{}` has no version at `{}`", shorten(name), shorten(text));
                findings.add("ruleset.unknown_group", item.at, message);
            }
            Some(Err(date)) => {
                let message = format!("`{}` is not a date to freeze a group at", shorten(date));
                let help = "write it as `GROUP@2025-01-15`".to_owned();
                findings.add_help("ruleset.unknown_group", item.at, message, help);
            }
        }
    }
    if codes.is_empty() && groups.is_empty() {
        return None;
    }
    let mut whole = (!codes.is_empty()).then(|| Area::of(codes));
    for (group, at) in groups {
        let one = of_group(group, at, &names.groups);
        whole = Some(match whole {
            Some(other) => other.union(&one),
            None => one,
        });
    }
    let mut whole = whole?;
    if is_place(attribute) {
        for version in &mut whole.versions {
            for (territory, counts_as) in &names.territories {
                if version.members.contains(*counts_as) {
                    version.members.insert(*territory);
                }
                if version.mapped.contains(*counts_as) {
                    version.mapped.insert(*territory);
                }
            }
        }
    }
    Some(whole)
}

/// True if the attribute is a location, so that `territories` applies. Nationalities and permanent residencies are not: they
/// are as the person's documents state them.
fn is_place(attribute: AttributeId) -> bool {
    ![
        AttributeId::NATIONALITIES,
        AttributeId::NATIONALITIES_EVER,
        AttributeId::PERMANENT_RESIDENCIES,
        AttributeId::MOST_RECENT,
    ]
    .contains(&attribute)
}

/// The area of a group, as of each instant or frozen at a date. A country that no group of the ruleset lists is unknown.
fn of_group(group: &Group, frozen: Option<Instant>, all: &[Group]) -> Area {
    let mut instants: crate::base::set::Set<Instant> = crate::base::set::Set::default();
    for other in all {
        instants.extend(other.versions.iter().map(|(from, _)| *from));
    }
    let held = |group: &Group, at: Instant| {
        group.versions.iter().rev().find(|(from, _)| *from <= at).map(|(_, members)| *members)
    };
    let version = |from: Instant| {
        let at = frozen.unwrap_or(from);
        let mapped = all.iter().filter_map(|other| held(other, at));
        match held(group, at) {
            Some(members) => Version { from, members, mapped: mapped.fold(members, |all, some| all.union(&some)) },
            // Before the group's first version, every country is unknown.
            None => Version { from, members: CountrySet::default(), mapped: CountrySet::default() },
        }
    };
    let instants = if frozen.is_some() { vec![Instant::MIN] } else { instants.into_vec() };
    let mut versions: Vec<Version> = instants.into_iter().map(version).collect();
    versions.dedup_by(|later, earlier| (later.members, later.mapped) == (earlier.members, earlier.mapped));
    Area { versions }
}

fn country<'a>(
    findings: &mut Findings,
    node: &Node,
    text: &str,
    groups: impl Iterator<Item = &'a str> + Clone,
) -> Option<Country> {
    if let Some(country) = Country::parse(text).or_else(|| Country::parse_class(text)) {
        return Some(country);
    }
    let meant = suggest::country(text);
    // A lower-case code is a misspelt code. Any other text with lower-case letters was meant as a group.
    let as_group = meant.is_none() && text != text.to_ascii_uppercase();
    if as_group && groups.clone().next().is_some() {
        let message = format!("`{}` is neither a country code nor a group", shorten(text));
        match suggest::nearest(text, groups.clone()) {
            Some(_) => findings.unknown("ruleset.unknown_group", node.at, message, text, groups),
            None => {
                let help = "use ISO 3166-1, such as `DE`, or a group that `groups` declares".to_owned();
                findings.add_help("ruleset.unknown_group", node.at, message, help);
            }
        }
        return None;
    }
    let message = format!("`{}` is not a country code", shorten(text));
    let help = match meant {
        Some(country) => format!("did you mean `{country}`?"),
        None => "use ISO 3166-1 alpha-2 or alpha-3, in capitals, such as `DE`".to_owned(),
    };
    findings.add_help("ruleset.unknown_country", node.at, message, help);
    None
}
