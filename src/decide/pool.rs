//! What one issuer says of a set, and what that settles.

use super::evidence::Cause;
use crate::attribute::{AttributeId, Complete, Holding, Record, Value};
use crate::country::CountrySet;
use crate::program::Test;
use crate::ruleset::area::Area;
use crate::ruleset::model::{Matcher, Range};
use crate::set::Set;
use crate::time::Instant;

/// What one issuer says of a set.
#[derive(Default)]
pub(super) struct Pool<'a> {
    countries: CountrySet,
    texts: Vec<&'a str>,
    records: Vec<&'a Record>,
    shares: Vec<&'a (String, f64)>,
    pub(super) complete: Complete,
    /// Why a part of it cannot be used.
    pub(super) spoiled: Option<Cause>,
    /// A part of it is held back, or whether it is whole.
    pub(super) withheld: bool,
    /// Why it is not known to be whole.
    unsure: Option<Cause>,
    any: bool,
}

impl<'a> Pool<'a> {
    pub(super) fn put(&mut self, value: &'a Value, ever: bool, now: Instant) {
        self.any = true;
        let complete = match value {
            Value::Texts(members, complete) => {
                self.texts.extend(members.iter().map(String::as_str));
                *complete
            }
            Value::Countries(members, complete) => {
                self.countries = self.countries.union(members);
                *complete
            }
            Value::Holdings(held, complete) => {
                held.iter().filter(|one| is_held(one, ever, now)).for_each(|one| self.countries.insert(one.country));
                *complete
            }
            Value::Records(records, complete) => {
                self.records.extend(records);
                *complete
            }
            Value::Shares(shares, complete) => {
                self.shares.extend(shares);
                *complete
            }
            Value::Country(country) => {
                self.countries.insert(*country);
                Complete::Ever
            }
            Value::Bool(_) | Value::Text(_) | Value::Number(_) => Complete::No,
        };
        if complete == Complete::Untold {
            self.spoiled = self.spoiled.max(Some(Cause::Partial));
        }
        self.complete = self.complete.max(complete);
    }

    /// Whether it is whole is held back.
    pub(super) fn unsure(&mut self, cause: Cause) {
        self.unsure = Some(cause);
        self.withheld = true;
    }

    /// A set that may have other members settles only what those cannot change.
    pub(super) fn matches(&self, test: &Test, now: Instant) -> Result<bool, Cause> {
        if !self.any {
            return Err(self.spoiled.unwrap_or(Cause::Missing));
        }
        let wanted = if test.attribute == AttributeId::NATIONALITIES_EVER { Complete::Ever } else { Complete::Now };
        let whole = self.spoiled.is_none() && self.complete >= wanted;
        // What the known members show holds whatever the others are; what they do not show needs them all.
        let open = self.spoiled.max(self.unsure).unwrap_or(Cause::Incomplete).beside_some();
        let shown_or_whole = |shown: bool| if shown || whole { Ok(shown) } else { Err(open) };
        match &test.matcher {
            Matcher::AnyText(wanted) => shown_or_whole(self.texts.iter().any(|text| wanted.contains(*text))),
            Matcher::AllText(wanted) => shown_or_whole(wanted.iter().all(|text| self.texts.contains(&text.as_str()))),
            Matcher::OnlyText(wanted) => {
                shown_or_whole(!self.texts.iter().all(|text| wanted.contains(*text))).map(|other| !other)
            }
            Matcher::AllCountry(area) => shown_or_whole(area.at(now).members.is_subset(&self.countries)),
            Matcher::AnyCountry(area) => {
                let shown = self.countries.intersects(&area.at(now).members);
                if !shown && self.has_unmapped(area, now) {
                    return Err(Cause::Unmapped);
                }
                shown_or_whole(shown)
            }
            Matcher::OnlyCountry(area) => {
                let version = area.at(now);
                let other = self.countries.without(&version.members).intersects(&version.mapped);
                if !other && self.has_unmapped(area, now) {
                    return Err(Cause::Unmapped);
                }
                shown_or_whole(other).map(|other| !other)
            }
            Matcher::Count(range) => self.count_matches(*range, shown_or_whole),
            Matcher::Record(fields) => {
                let lacks = self.records.iter().filter_map(|record| record_matches(fields, record).err()).max();
                let shown = self.records.iter().any(|record| record_matches(fields, record) == Ok(true));
                match lacks {
                    Some(cause) if !shown => {
                        Err(self.spoiled.map_or(cause, |spoiled| spoiled.beside_some().max(cause)))
                    }
                    _ => shown_or_whole(shown),
                }
            }
            Matcher::Share(lists, range) => {
                let sum: f64 =
                    self.shares.iter().filter(|(list, _)| lists.contains(list)).map(|(_, share)| share).sum();
                // Shares are decimal fractions: what they come to is not to hang on how those are added in binary.
                let sum = (sum * 1e9).round_ties_even() / 1e9;
                // More owners only add to it.
                let least = Range { at_most: None, ..*range }.contains(sum);
                let most = Range { at_least: None, ..*range }.contains(sum);
                match (most, least, range.at_most) {
                    (false, _, _) => Ok(false),
                    (true, true, None) => Ok(true),
                    _ => shown_or_whole(false).map(|_| least && most),
                }
            }
            // INVARIANT: the reader types matchers and the identification types values by the same vocabulary.
            _ => Err(Cause::Unusable),
        }
    }

    fn count_matches(&self, range: Range, shown_or_whole: impl Fn(bool) -> Result<bool, Cause>) -> Result<bool, Cause> {
        let texts: Set<&str> = self.texts.iter().copied().collect();
        let known = self.countries.len().saturating_add(texts.as_slice().len()).saturating_add(self.records.len());
        let known = u32::try_from(known).map_or(f64::MAX, f64::from);
        // What is hidden only makes it more.
        let least = Range { at_most: None, ..range }.contains(known);
        let most = Range { at_least: None, ..range }.contains(known);
        match (most, least, range.at_most) {
            (false, _, _) => Ok(false),
            (true, true, None) => Ok(true),
            _ => shown_or_whole(false).map(|_| least && most),
        }
    }

    fn has_unmapped(&self, area: &Area, now: Instant) -> bool {
        let version = area.at(now);
        !self.countries.without(&version.members).without(&version.mapped).is_empty()
    }
}

/// Whether every field is as wanted; one that is not there is not known, though the record speaks of it.
pub(crate) fn record_matches(fields: &[(String, Matcher)], record: &Record) -> Result<bool, Cause> {
    let mut open = None;
    for (name, matcher) in fields {
        match record.iter().find(|(field, _)| field == name).map(|(_, value)| plain(matcher, value)) {
            Some(Ok(true)) => {}
            Some(Ok(false)) => return Ok(false),
            Some(Err(cause)) => open = open.max(Some(cause)),
            None => open = open.max(Some(Cause::Lacking)),
        }
    }
    open.map_or(Ok(true), Err)
}

pub(crate) fn plain(matcher: &Matcher, value: &Value) -> Result<bool, Cause> {
    match (matcher, value) {
        (Matcher::Is(wanted), Value::Bool(value)) => Ok(wanted == value),
        (Matcher::Text(wanted), Value::Text(value)) => Ok(wanted.contains(value)),
        (Matcher::Under(wanted), Value::Text(value)) => Ok(wanted.iter().any(|word| {
            value.strip_prefix(word.as_str()).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
        })),
        (Matcher::Number(range), Value::Number(value)) => Ok(range.contains(*value)),
        _ => Err(Cause::Unusable),
    }
}

pub(crate) const fn is_set(matcher: &Matcher) -> bool {
    match matcher {
        Matcher::AnyText(_)
        | Matcher::AllText(_)
        | Matcher::OnlyText(_)
        | Matcher::AnyCountry(_)
        | Matcher::AllCountry(_)
        | Matcher::OnlyCountry(_)
        | Matcher::Count(_)
        | Matcher::Record(_)
        | Matcher::Share(_, _) => true,
        Matcher::Is(_) | Matcher::Text(_) | Matcher::Under(_) | Matcher::Number(_) | Matcher::Country(_) => false,
    }
}

/// Whether it is held, or, if so asked, ever was: what begins later is neither.
pub(crate) fn is_held(one: &Holding, ever: bool, now: Instant) -> bool {
    one.since.is_none_or(|since| since <= now) && (ever || one.until.is_none_or(|until| now < until))
}
