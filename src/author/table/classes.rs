//! Replaces cells that no test distinguishes by one representative, so that rows which are otherwise equal share one
//! cached result.

use super::person::{PersonReader, members};
use super::view::Query;
use crate::base::country::Country;
use crate::base::set::Set;
use crate::base::time::Instant;
use crate::check::decide::for_authors::value_fits;
use crate::check::program::{AttributeTest, Program};
use crate::ruleset::attribute::{AttributeId, AttributeValue, Complete};
use crate::ruleset::model::Matcher;
use std::collections::HashMap;
use std::hash::{BuildHasher as _, RandomState};

/// The number of cache slots per column. Each text has one slot and replaces its former text, so memory stays bounded
/// for any table.
const PLACES: u16 = 1 << 15;
/// The attributes of a row that together describe one location.
const PLACES_OF: [AttributeId; 3] =
    [AttributeId::CONTEXT_COUNTRY, AttributeId::CONTEXT_COUNTRIES, AttributeId::CONTEXT_REGIONS];
/// The maximum length of a cached text, for the same reason; a longer text represents itself.
const TEXT: usize = 256;

/// The result of each test that reads a value: 0 false, 1 true, 2 unknown.
type RowSignature = Vec<u8>;

/// A view, and a cell as it reads it.
type QueryCell<'a> = (&'a Query<'a>, AttributeId, AttributeValue);

/// The cells of one table, classified by the tests of all views.
#[derive(Debug, Default)]
pub(super) struct Classes {
    columns: Vec<Column>,
    hasher: RandomState,
}

#[derive(Clone, Debug, Default)]
struct Column {
    /// Texts classified so far; empty before the first.
    known: Vec<Known>,
    /// One representative of each class.
    values: HashMap<RowSignature, Box<str>>,
    members: HashMap<RowSignature, Box<str>>,
}

#[derive(Clone, Debug, Default)]
struct Known {
    text: String,
    /// The representative. `None` if the text represents itself.
    same: Option<Box<str>>,
}

impl Classes {
    /// Creates the classes for `columns` columns.
    pub(super) fn new(columns: usize) -> Self {
        Self { columns: vec![Column::default(); columns], hasher: RandomState::default() }
    }

    /// An equivalent text in this column. `None` if no other text is known to be equivalent.
    pub(super) fn same(&mut self, views: &[(Query<'_>, PersonReader<'_>)], place: usize, text: &str) -> Option<&str> {
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
    /// The representative of a text. `None` if the text must represent itself or a view finds it wrong.
    fn of(&mut self, views: &[(Query<'_>, PersonReader<'_>)], place: usize, text: &str) -> Option<Box<str>> {
        let mut read = Vec::new();
        for (before, (view, reader)) in views.iter().enumerate() {
            // The same rules with another belief.
            if views.iter().take(before).any(|(other, _)| std::ptr::eq(other.program, view.program)) {
                continue;
            }
            let attribute = reader.value_of(place)?;
            // The judged parties depend on each role and, if regions count, each region depends on the country of its
            // location.
            if attribute == AttributeId::CHAIN_ROLES || reader.pairs() && PLACES_OF.contains(&attribute) {
                return None;
            }
            let value = reader.value(attribute, (place, text), Complete::Now).ok()?;
            read.push((view, attribute, value));
        }
        let signature = match read.as_slice() {
            [(_, _, AttributeValue::Countries(..) | AttributeValue::Holdings(..) | AttributeValue::Texts(..)), ..]
                if is_looked_at(&read) =>
            {
                return self.set(&read);
            }
            _ => signature(&read, one)?,
        };
        Some(self.values.entry(signature).or_insert_with(|| text.into()).clone())
    }

    /// Classifies a set by its members. `None` if their number or dates matter too.
    fn set(&mut self, read: &[QueryCell<'_>]) -> Option<Box<str>> {
        let (_, _, first) = read.first()?;
        let members: Vec<Member<'_>> = match first {
            AttributeValue::Countries(members, Complete::Now) => members.iter().map(Member::Country).collect(),
            // Dates and undisclosed nationalities are not classified.
            AttributeValue::Holdings(held, Complete::Now)
                if held.iter().all(|one| (one.since, one.until) == (None, None)) =>
            {
                held.iter().map(|one| Member::Country(one.country)).collect()
            }
            // A member that the cell's syntax would change when read back is not classified.
            AttributeValue::Texts(members, Complete::Now) if members.iter().all(|one| is_plain(one)) => {
                members.iter().map(|one| Member::Text(one)).collect()
            }
            _ => return None,
        };
        let mut same: Set<Box<str>> = Set::default();
        for member in members {
            let signature = signature(read, |test, _, view| member.fits(test, view.now))?;
            same.insert(self.members.entry(signature).or_insert_with(|| member.text().into()).clone());
        }
        // An empty set differs from one with members.
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

    /// The result of a test for the member. `None` if the test depends on more than that.
    fn fits(&self, test: &AttributeTest, now: Instant) -> Option<Option<bool>> {
        match (&test.matcher, self) {
            // The latest acquisition depends on the number of members.
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

/// Returns `true` if a member of a list of texts is read back unchanged.
fn is_plain(text: &str) -> bool {
    !text.starts_with('[') && members(text).eq([text])
}

/// The results of the tests of all views for a value. `None` if a test depends on more than the value.
fn signature(
    read: &[QueryCell<'_>],
    fits: impl Fn(&AttributeTest, &AttributeValue, &Query<'_>) -> Option<Option<bool>>,
) -> Option<RowSignature> {
    let mut signature = RowSignature::new();
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

fn is_looked_at(read: &[QueryCell<'_>]) -> bool {
    read.iter().any(|(view, attribute, _)| looking_at(view.program, *attribute).next().is_some())
}

/// The tests that read an attribute's column.
fn looking_at(program: &Program, attribute: AttributeId) -> impl Iterator<Item = &AttributeTest> {
    let places = [AttributeId::CONTEXT_COUNTRY, AttributeId::CONTEXT_COUNTRIES];
    program.conditions().tests().filter(move |test| {
        test.attribute.settled_by().any(|source| source == attribute)
            || places.contains(&attribute) && places.contains(&test.attribute)
    })
}

/// The result of a test for one value. `None` if it depends on more.
#[allow(clippy::option_option, reason = "an unknown result differs from one that depends on more")]
fn one(test: &AttributeTest, value: &AttributeValue, view: &Query<'_>) -> Option<Option<bool>> {
    match (&test.matcher, value) {
        (
            Matcher::Country(area) | Matcher::AnyCountry(area) | Matcher::OnlyCountry(area),
            AttributeValue::Country(country),
        ) => Some(area.at(view.now).contains(*country)),
        (Matcher::Is(_), AttributeValue::Bool(_))
        | (Matcher::Text(_) | Matcher::Under(_), AttributeValue::Text(_))
        | (Matcher::Number(_), AttributeValue::Number(_)) => Some(value_fits(&test.matcher, value).ok()),
        // For example a U.S. status, if the test is about what follows from it.
        _ => None,
    }
}
