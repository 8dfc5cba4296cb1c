//! Converts a row to a subject and a context. Conversion is strict: a cell that is not of its column's type is an
//! error, never missing evidence.

use super::{ColumnRole, Columns, Role, Row, TableError, field};
use crate::author::language::suggest;
use crate::base::country::{self, Country};
use crate::base::json;
use crate::base::set::Set;
use crate::base::time::Instant;
use crate::check::decide::Context;
use crate::check::program::Program;
use crate::check::subject::for_authors;
use crate::check::subject::{Fact, Subject};
use crate::ruleset::attribute::{AttributeId, AttributeValue, Complete, Source, Type};
use std::collections::BTreeMap;

/// The trust in a table's evidence.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(clippy::exhaustive_enums, reason = "there is no third way")]
pub enum EvidenceMode {
    /// As the row describes it: issuer, assurance, age.
    AsShown,
    /// Every value of a row is true, with or without evidence: finds the people to whom a rule applies.
    AsTrue,
}

/// A cell that is not valid: its column and the expected content. It is described only when it is reported.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Wrong {
    pub(super) place: usize,
    expected: Expected,
}

/// The expected content of a cell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Expected {
    Assurance,
    Instant,
    Issuer,
    Complete,
    /// A region of a country that the row names.
    Region,
    Role,
    Value(AttributeId),
}

/// The columns of a table, as one ruleset reads them.
#[derive(Clone, Debug)]
pub(super) struct PersonReader<'a> {
    program: &'a Program,
    names: &'a [String],
    /// By column.
    fields: Vec<Option<(AttributeId, ColumnRole)>>,
    /// A test reads regions, each of which must belong to one of the row's countries.
    pairs: bool,
}

/// The cells of a row about one attribute.
#[derive(Default)]
struct Given<'a> {
    value: Option<(usize, &'a str)>,
    assurance: Option<(usize, &'a str)>,
    verified_at: Option<(usize, &'a str)>,
    issuer: Option<(usize, &'a str)>,
    complete: Option<(usize, &'a str)>,
}

impl<'a> PersonReader<'a> {
    pub(super) fn new(program: &'a Program, columns: &'a Columns) -> Self {
        let known = columns.names.iter().zip(&columns.roles);
        let read = |(name, role): (&String, &Role)| match role {
            Role::Grouping | Role::Unknown => None,
            _ => field(program.vocabulary(), name),
        };
        let pairs = program.conditions().tests().any(|test| test.attribute == AttributeId::CONTEXT_REGIONS);
        Self { program, names: &columns.names, fields: known.map(read).collect(), pairs }
    }

    /// Returns `true` if the country of each region matters.
    pub(super) const fn pairs(&self) -> bool {
        self.pairs
    }

    /// The attribute whose value a column holds.
    pub(super) fn value_of(&self, place: usize) -> Option<AttributeId> {
        let (attribute, part) = (*self.fields.get(place)?)?;
        (part == ColumnRole::Value && attribute != AttributeId::SUBJECT_ID).then_some(attribute)
    }

    /// Returns the subject of a row and the context that the host states.
    pub(super) fn person(&self, row: &Row, belief: EvidenceMode, now: Instant) -> Result<(Subject, Context), Wrong> {
        let mut given: BTreeMap<AttributeId, Given<'_>> = BTreeMap::new();
        for (place, text) in row.cells() {
            let Some(Some((attribute, part))) = self.fields.get(place) else { continue };
            let one = given.entry(*attribute).or_default();
            let slot = match part {
                ColumnRole::Value => &mut one.value,
                ColumnRole::Assurance => &mut one.assurance,
                ColumnRole::VerifiedAt => &mut one.verified_at,
                ColumnRole::Issuer => &mut one.issuer,
                ColumnRole::Complete => &mut one.complete,
            };
            *slot = Some((place, text));
        }
        let (mut facts, mut stated, mut ids) = (Vec::new(), Vec::new(), Set::default());
        for (attribute, given) in &given {
            let source = self.program.vocabulary().get(*attribute).map(|one| one.source);
            match (given.value, source) {
                (Some((_, text)), _) if *attribute == AttributeId::SUBJECT_ID => {
                    ids.extend(names(text));
                }
                (Some(value), Some(Source::Context)) => {
                    stated.push((*attribute, self.value(*attribute, value, Complete::Now)?));
                }
                _ => facts.extend(self.fact(*attribute, given, belief, now)?),
            }
        }
        let regions = given.get(&AttributeId::CONTEXT_REGIONS).and_then(|given| given.value);
        if let Some((place, _)) = regions.filter(|_| self.pairs && !has_its_country(&stated)) {
            return Err(Wrong { place, expected: Expected::Region });
        }
        Ok((Subject::stated(facts, ids), Context::of(stated)))
    }

    /// Reads one piece of evidence. Properties of absent evidence are read too, so that no mistake stays hidden.
    fn fact(
        &self,
        attribute: AttributeId,
        given: &Given<'_>,
        belief: EvidenceMode,
        now: Instant,
    ) -> Result<Option<Fact>, Wrong> {
        let wrong = |(place, _): (usize, &str), expected| Wrong { place, expected };
        let assurance = match given.assurance.map(|cell| (cell, whole(cell.1))) {
            None => Some(3),
            Some((_, "none")) => None,
            Some((_, "0")) => Some(0),
            Some((_, "1")) => Some(1),
            Some((_, "2")) => Some(2),
            Some((_, "3")) => Some(3),
            Some((cell, _)) => return Err(wrong(cell, Expected::Assurance)),
        };
        let verified_at = match given.verified_at {
            None => now,
            Some(cell) => Instant::parse(cell.1).ok_or_else(|| wrong(cell, Expected::Instant))?,
        };
        let issuer = match given.issuer {
            None => self.program.first_issuer_of(attribute),
            Some(cell) => Some(self.program.issuer_position(cell.1).ok_or_else(|| wrong(cell, Expected::Issuer))?),
        };
        let complete = match given.complete {
            None => Complete::Now,
            Some((_, "ever")) => Complete::Ever,
            Some(cell) => match truth(cell.1) {
                Some(true) => Complete::Now,
                Some(false) => Complete::No,
                None => return Err(wrong(cell, Expected::Complete)),
            },
        };
        let Some(cell) = given.value else { return Ok(None) };
        let value = self.value(attribute, cell, complete)?;
        let (assurance, verified_at) = match belief {
            EvidenceMode::AsTrue => (3, now),
            EvidenceMode::AsShown => match assurance {
                Some(assurance) => (assurance, verified_at),
                None => return Ok(None),
            },
        };
        Ok(Some(Fact {
            attribute,
            value: Some(value),
            asserted: attribute,
            of: None,
            // For a ruleset without issuers: no issuer.
            issuer: issuer.unwrap_or(usize::MAX),
            assurance,
            verified_at: Some(verified_at),
            expires_at: None,
            revoked: false,
            undisclosed: false,
            anyone: false,
        }))
    }

    pub(super) fn value(
        &self,
        attribute: AttributeId,
        (place, text): (usize, &str),
        complete: Complete,
    ) -> Result<AttributeValue, Wrong> {
        let read = || {
            let kind = &self.program.vocabulary().get(attribute)?.kind;
            let value = for_authors::plain(attribute, kind, complete, &said(kind, text)?)?;
            is_of_places(kind, &value).then_some(value)
        };
        let value = read().ok_or(Wrong { place, expected: Expected::Value(attribute) })?;
        match &value {
            AttributeValue::Texts(roles, _)
                if attribute == AttributeId::CHAIN_ROLES && !roles.iter().all(|role| self.is_role(role)) =>
            {
                Err(Wrong { place, expected: Expected::Role })
            }
            _ => Ok(value),
        }
    }

    fn is_role(&self, role: &str) -> bool {
        self.program.vocabulary().roles().any(|known| known == role)
    }

    /// Describes the error in a cell of a row.
    pub(super) fn tell(&self, wrong: Wrong, row: &Row) -> TableError {
        let text = row.cells().find(|(place, _)| *place == wrong.place).map_or("", |(_, text)| text);
        let issuers = || self.program.issuers().map(|issuer| issuer.id.as_str());
        let (expected, nearest) = match wrong.expected {
            Expected::Assurance => ("an assurance level: 0, 1, 2, 3 or `none`".to_owned(), None),
            Expected::Instant => ("an instant or a date (RFC 3339), such as 2026-06-12".to_owned(), None),
            Expected::Issuer => {
                let nearest = suggest::nearest(text, issuers()).map(str::to_owned);
                ("the id of an issuer of the ruleset".to_owned(), nearest)
            }
            Expected::Complete => ("true, false or `ever`".to_owned(), None),
            Expected::Region => ("the code of a subdivision of a country that the row names".to_owned(), None),
            Expected::Role => {
                let roles = || self.program.vocabulary().roles();
                let unknown = members(text).find(|role| !self.is_role(role)).unwrap_or(text);
                let expected = format!("roles of parties: {}", roles().collect::<Vec<_>>().join(", "));
                (expected, suggest::nearest(unknown, roles()).map(str::to_owned))
            }
            Expected::Value(attribute) => match self.program.vocabulary().get(attribute).map(|one| &one.kind) {
                Some(kind) => (expected(kind), nearest(kind, text)),
                None => ("known".to_owned(), None),
            },
        };
        let column = self.names.get(wrong.place).cloned().unwrap_or_default();
        TableError::Value { column, value: text.chars().take(60).collect(), expected, nearest }
    }
}

/// The names of one person: a JSON list of texts, or texts separated by `;`.
pub(super) fn names(text: &str) -> Vec<String> {
    let list = text.starts_with('[').then(|| serde_json::from_str(text).ok()).flatten();
    list.unwrap_or_else(|| members(text).map(str::to_owned).collect())
}

/// The members of a list of texts.
pub(super) fn members(text: &str) -> impl Iterator<Item = &str> {
    text.split(';').map(str::trim).filter(|member| !member.is_empty())
}

/// The JSON value of a claim with the cell's content. `None` if the cell cannot be of that type.
fn said(kind: &Type, text: &str) -> Option<json::Value> {
    let strings = |parts: &mut dyn Iterator<Item = &str>| {
        json::Value::Array(parts.map(|part| json::Value::String(part.to_owned())).collect())
    };
    match kind {
        Type::Bool => truth(text).map(json::Value::Bool),
        Type::Number => text.parse().ok().filter(|number: &f64| number.is_finite()).map(json::Value::Float),
        Type::Text | Type::Word(_) | Type::Country => Some(json::Value::String(text.to_owned())),
        _ if text.starts_with('[') => json::parse(text.as_bytes(), json::Limits::UNTRUSTED).ok().map(plain),
        Type::Texts => Some(strings(&mut members(text))),
        // No code contains a space.
        Type::Countries | Type::Regions | Type::Holdings => {
            Some(strings(&mut members(text).flat_map(str::split_whitespace)))
        }
        Type::Records(_) | Type::Shares => None,
    }
}

/// Removes a zero fraction, as in `3.0`: programs write whole numbers like that if the column has empty cells.
fn whole(text: &str) -> &str {
    match text.split_once('.') {
        Some((whole, part)) if !part.is_empty() && part.bytes().all(|digit| digit == b'0') => whole,
        _ => text,
    }
}

/// The value as a claim would have it: without null members, and with whole numbers where there is no fraction. Typed
/// columns cannot omit a member, or mix both kinds of numbers.
fn plain(value: json::Value) -> json::Value {
    match value {
        json::Value::Float(number) => match whole(&format!("{number:?}")).parse() {
            Ok(whole) => json::Value::Integer(whole),
            Err(_) => json::Value::Float(number),
        },
        json::Value::Array(items) => json::Value::Array(items.into_iter().map(plain).collect()),
        json::Value::Object(members) => {
            let there = members.into_iter().filter(|(_, member)| *member != json::Value::Null);
            json::Value::Object(there.map(|(name, member)| (name, plain(member))).collect())
        }
        other => other,
    }
}

/// Accepts the spellings of programs: `true`, `True`, `TRUE`.
fn truth(text: &str) -> Option<bool> {
    match text {
        "true" | "True" | "TRUE" => Some(true),
        "false" | "False" | "FALSE" => Some(false),
        _ => None,
    }
}

/// Checks that subdivisions of countries have valid codes: in claims they are compared without a check.
fn is_of_places(kind: &Type, value: &AttributeValue) -> bool {
    match (kind, value) {
        (Type::Regions, AttributeValue::Texts(regions, _)) => regions.iter().all(|region| country::is_region(region)),
        _ => true,
    }
}

/// Checks that each stated region belongs to a stated country.
fn has_its_country(stated: &[(AttributeId, AttributeValue)]) -> bool {
    let is_country = |code: &str| {
        Country::parse(code).is_some_and(|of| {
            stated.iter().any(|(attribute, value)| match (*attribute, value) {
                (AttributeId::CONTEXT_COUNTRY, AttributeValue::Country(country)) => *country == of,
                (AttributeId::CONTEXT_COUNTRIES, AttributeValue::Countries(countries, _)) => countries.contains(of),
                _ => false,
            })
        })
    };
    stated.iter().all(|(attribute, value)| match value {
        AttributeValue::Texts(regions, _) if *attribute == AttributeId::CONTEXT_REGIONS => {
            regions.iter().all(|region| is_country(region.get(..2).unwrap_or_default()))
        }
        _ => true,
    })
}

fn expected(kind: &Type) -> String {
    match kind {
        Type::Bool => "true or false".to_owned(),
        Type::Text => "a text".to_owned(),
        Type::Word(words) => format!("one of {}", words.join(", ")),
        Type::Number => "a number".to_owned(),
        Type::Country => "a country code (ISO 3166-1), such as DE".to_owned(),
        Type::Texts => "texts separated by `;`, or a JSON list of them".to_owned(),
        Type::Countries | Type::Holdings => {
            "country codes (ISO 3166-1) separated by `;` or spaces, or a JSON list of them".to_owned()
        }
        Type::Regions => "codes of subdivisions (ISO 3166-2), such as UA-43".to_owned(),
        Type::Records(fields) => {
            let names: Vec<&str> = fields.iter().map(|(name, _)| name.as_str()).collect();
            format!("a JSON list of objects with {}", names.join(", "))
        }
        Type::Shares => "a JSON list of objects with `list` and `pct`".to_owned(),
    }
}

fn nearest(kind: &Type, text: &str) -> Option<String> {
    match kind {
        Type::Word(words) => suggest::nearest(text, words.iter().map(String::as_str)).map(str::to_owned),
        Type::Country | Type::Countries | Type::Holdings => {
            suggest::country(text).map(|country| country.code().to_owned())
        }
        _ => None,
    }
}
