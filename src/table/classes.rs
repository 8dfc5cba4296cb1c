//! Cells that no test tells apart become one cell, so that rows that differ in nothing else are found again.

use super::outcomes::View;
use super::person::{Reader, members};
use crate::attribute::{AttributeId, Complete, Value};
use crate::country::Country;
use crate::decide::value_fits;
use crate::program::{Program, Test};
use crate::ruleset::model::Matcher;
use crate::set::Set;
use crate::time::Instant;
use std::collections::HashMap;
use std::hash::{BuildHasher as _, RandomState};

/// Places for texts of a column: each has one, and takes it from the one before, so that memory stays bounded whatever the
/// table.
const PLACES: u16 = 1 << 15;
/// The attributes of a row that say one place together.
const PLACES_OF: [AttributeId; 3] =
    [AttributeId::CONTEXT_COUNTRY, AttributeId::CONTEXT_COUNTRIES, AttributeId::CONTEXT_REGIONS];
/// Longest text that has one, for the same reason; longer ones stand for themselves.
const TEXT: usize = 256;

/// What a value comes to in each test that looks at it: 0 it is not so, 1 it is, 2 nobody says.
type Signature = Vec<u8>;

/// A view, and what a cell says to it.
type Reading<'a> = (&'a View<'a>, AttributeId, Value);

/// The cells of one table, by what the tests of all views make of them.
#[derive(Debug, Default)]
pub(super) struct Classes {
    columns: Vec<Column>,
    hasher: RandomState,
}

#[derive(Clone, Debug, Default)]
struct Column {
    /// Texts that were looked at; none before the first.
    known: Vec<Known>,
    /// Of each class one.
    values: HashMap<Signature, Box<str>>,
    members: HashMap<Signature, Box<str>>,
}

#[derive(Clone, Debug, Default)]
struct Known {
    text: String,
    /// The text that stands for it; none where it stands for itself.
    same: Option<Box<str>>,
}

impl Classes {
    /// For so many columns.
    pub(super) fn new(columns: usize) -> Self {
        Self { columns: vec![Column::default(); columns], hasher: RandomState::default() }
    }

    /// A text that counts the same in this column; none where only it will do.
    pub(super) fn same(&mut self, views: &[(View<'_>, Reader<'_>)], place: usize, text: &str) -> Option<&str> {
        if text.len() > TEXT {
            return None;
        }
        let column = self.columns.get_mut(place)?;
        if column.known.is_empty() {
            column.known.resize_with(usize::from(PLACES), Known::default);
        }
        let own = usize::try_from(self.hasher.hash_one(text).checked_rem(PLACES.into())?).ok()?;
        if column.known.get(own)?.text != text {
            let same = column.of(views, place, text);
            let known = column.known.get_mut(own)?;
            known.text.clear();
            known.text.push_str(text);
            known.same = same;
        }
        column.known.get(own)?.same.as_deref()
    }
}

impl Column {
    /// What stands for a text that no view finds wrong.
    fn of(&mut self, views: &[(View<'_>, Reader<'_>)], place: usize, text: &str) -> Option<Box<str>> {
        let mut read = Vec::new();
        for (before, (view, reader)) in views.iter().enumerate() {
            // Another belief in the same rules.
            if views.iter().take(before).any(|(other, _)| std::ptr::eq(other.program, view.program)) {
                continue;
            }
            let attribute = reader.value_of(place)?;
            // Who is judged hangs on each role, and where a region counts, on the country of each place.
            if attribute == AttributeId::CHAIN_ROLES || reader.pairs() && PLACES_OF.contains(&attribute) {
                return None;
            }
            let value = reader.value(attribute, (place, text), Complete::Now).ok()?;
            read.push((view, attribute, value));
        }
        let signature = match read.as_slice() {
            [(_, _, Value::Countries(..) | Value::Holdings(..) | Value::Texts(..)), ..] if is_looked_at(&read) => {
                return self.set(&read);
            }
            _ => signature(&read, one)?,
        };
        Some(self.values.entry(signature).or_insert_with(|| text.into()).clone())
    }

    /// A set by the classes of its members, where only members matter, and not how many or since when.
    fn set(&mut self, read: &[Reading<'_>]) -> Option<Box<str>> {
        let (_, _, first) = read.first()?;
        let members: Vec<Member<'_>> = match first {
            Value::Countries(members, Complete::Now) => members.iter().map(Member::Country).collect(),
            // Dates, and what is not told, are something of their own.
            Value::Holdings(held, Complete::Now) if held.iter().all(|one| (one.since, one.until) == (None, None)) => {
                held.iter().map(|one| Member::Country(one.country)).collect()
            }
            // What a cell's own syntax would read otherwise.
            Value::Texts(members, Complete::Now) if members.iter().all(|one| is_plain(one)) => {
                members.iter().map(|one| Member::Text(one)).collect()
            }
            _ => return None,
        };
        let mut same: Set<Box<str>> = Set::default();
        for member in members {
            let signature = signature(read, |test, _, view| member.fits(test, view.now))?;
            same.insert(self.members.entry(signature).or_insert_with(|| member.text().into()).clone());
        }
        // An empty set is something else than one with members.
        (!same.is_empty()).then(|| same.as_slice().join(";").into())
    }
}

/// One member of a set.
enum Member<'a> {
    Country(Country),
    Text(&'a str),
}

impl<'a> Member<'a> {
    fn text(&self) -> &'a str {
        match self {
            Self::Country(country) => country.code(),
            Self::Text(text) => text,
        }
    }

    /// Whether it is one of those that a test speaks of; none where the test asks for more than that.
    fn fits(&self, test: &Test, now: Instant) -> Option<Option<bool>> {
        match (&test.matcher, self) {
            // Which one was acquired last hangs on whether there are several.
            _ if test.attribute == AttributeId::MOST_RECENT => None,
            (
                Matcher::AnyCountry(area) | Matcher::OnlyCountry(area) | Matcher::Country(area),
                Self::Country(country),
            ) => Some(area.at(now).contains(*country)),
            (Matcher::AnyText(texts) | Matcher::OnlyText(texts), Self::Text(text)) => Some(Some(texts.contains(*text))),
            _ => None,
        }
    }
}

/// Whether a member of a list of texts is read back as it is.
fn is_plain(text: &str) -> bool {
    !text.starts_with('[') && members(text).eq([text])
}

/// What the tests of all views make of a value, each by itself; none where there is more to one.
fn signature(
    read: &[Reading<'_>],
    fits: impl Fn(&Test, &Value, &View<'_>) -> Option<Option<bool>>,
) -> Option<Signature> {
    let mut signature = Signature::new();
    for (view, attribute, value) in read {
        for test in looking_at(view.program, *attribute) {
            signature.push(match fits(test, value, view)? {
                Some(false) => 0,
                Some(true) => 1,
                None => 2,
            });
        }
    }
    Some(signature)
}

fn is_looked_at(read: &[Reading<'_>]) -> bool {
    read.iter().any(|(view, attribute, _)| looking_at(view.program, *attribute).next().is_some())
}

/// The tests that look at what a column says of an attribute.
fn looking_at(program: &Program, attribute: AttributeId) -> impl Iterator<Item = &Test> {
    let places = [AttributeId::CONTEXT_COUNTRY, AttributeId::CONTEXT_COUNTRIES];
    program.conditions().tests().filter(move |test| {
        test.attribute.settled_by().any(|source| source == attribute)
            || places.contains(&attribute) && places.contains(&test.attribute)
    })
}

/// What a test makes of one value; none where that is not all there is to it.
#[allow(clippy::option_option, reason = "what is not known is another thing than what cannot be told by itself")]
fn one(test: &Test, value: &Value, view: &View<'_>) -> Option<Option<bool>> {
    match (&test.matcher, value) {
        (Matcher::Country(area) | Matcher::AnyCountry(area) | Matcher::OnlyCountry(area), Value::Country(country)) => {
            Some(area.at(view.now).contains(*country))
        }
        (Matcher::Is(_), Value::Bool(_))
        | (Matcher::Text(_) | Matcher::Under(_), Value::Text(_))
        | (Matcher::Number(_), Value::Number(_)) => Some(value_fits(&test.matcher, value).ok()),
        // Such as what is said of a person's status, where the test asks what follows from it.
        _ => None,
    }
}
