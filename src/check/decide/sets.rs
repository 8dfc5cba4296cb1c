//! One issuer's assertions about a set, and the tests that they settle.

use super::cause::Cause;
use crate::base::country::CountrySet;
use crate::base::set::Set;
use crate::base::time::Instant;
use crate::check::program::AttributeTest;
use crate::ruleset::area::Area;
use crate::ruleset::attribute::{AttributeId, AttributeValue, Complete, Holding, Record};
use crate::ruleset::model::{Matcher, Range};

/// One issuer's assertions about a set.
#[derive(Default)]
pub(super) struct Pool<'a> {
    countries: CountrySet,
    texts: Vec<&'a str>,
    records: Vec<&'a Record>,
    shares: Vec<&'a (String, f64)>,
    pub(super) complete: Complete,
    /// Why a part of it cannot be used.
    pub(super) spoiled: Option<Cause>,
    /// A part of the set, or the evidence of its completeness, is withheld.
    pub(super) withheld: bool,
    /// Why its completeness is unknown.
    unsure: Option<Cause>,
    any: bool,
}

impl<'a> Pool<'a> {
    pub(super) fn put(&mut self, value: &'a AttributeValue, ever: bool, now: Instant) {
        self.any = true;
        let complete = match value {
            AttributeValue::Texts(members, complete) => {
                self.texts.extend(members.iter().map(String::as_str));
                *complete
            }
            AttributeValue::Countries(members, complete) => {
                self.countries = self.countries.union(members);
                *complete
            }
            AttributeValue::Holdings(held, complete) => {
                held.iter().filter(|one| is_held(one, ever, now)).for_each(|one| self.countries.insert(one.country));
                *complete
            }
            AttributeValue::Records(records, complete) => {
                self.records.extend(records);
                *complete
            }
            AttributeValue::Shares(shares, complete) => {
                self.shares.extend(shares);
                *complete
            }
            AttributeValue::Country(country) => {
                self.countries.insert(*country);
                Complete::Ever
            }
            AttributeValue::Bool(_) | AttributeValue::Text(_) | AttributeValue::Number(_) => Complete::No,
        };
        if complete == Complete::Untold {
            self.spoiled = self.spoiled.max(Some(Cause::Partial));
        }
        self.complete = self.complete.max(complete);
    }

    /// Records that evidence of the set's completeness is withheld.
    pub(super) fn unsure(&mut self, cause: Cause) {
        self.unsure = Some(cause);
        self.withheld = true;
    }

    /// Evaluates a test. If the set may have other members, only results that those cannot change are settled.
    pub(super) fn matches(&self, test: &AttributeTest, now: Instant) -> Result<bool, Cause> {
        if !self.any {
            return Err(self.spoiled.unwrap_or(Cause::Missing));
        }
        let wanted = if test.attribute == AttributeId::NATIONALITIES_EVER { Complete::Ever } else { Complete::Now };
        let whole = self.spoiled.is_none() && self.complete >= wanted;
        // A match among the known members is conclusive. A non-match is conclusive only if the set is complete.
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
                // Shares are decimal fractions: rounding keeps binary addition from changing the result.
                let sum = (sum * 1e9).round_ties_even() / 1e9;
                // Hidden owners can only increase the sum.
                let least = Range { at_most: None, ..*range }.contains(sum);
                let most = Range { at_least: None, ..*range }.contains(sum);
                match (most, least, range.at_most) {
                    (false, _, _) => Ok(false),
                    (true, true, None) => Ok(true),
                    _ => shown_or_whole(false).map(|_| least && most),
                }
            }
            // INVARIANT: one vocabulary types both the matchers of a ruleset and the values of a subject.
            _ => Err(Cause::Unusable),
        }
    }

    fn count_matches(&self, range: Range, shown_or_whole: impl Fn(bool) -> Result<bool, Cause>) -> Result<bool, Cause> {
        let texts: Set<&str> = self.texts.iter().copied().collect();
        let known = self.countries.len().saturating_add(texts.as_slice().len()).saturating_add(self.records.len());
        let known = u32::try_from(known).map_or(f64::MAX, f64::from);
        // Hidden members can only increase the count.
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

/// True if every field matches. A missing field is unknown, although there is a record.
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

pub(crate) fn plain(matcher: &Matcher, value: &AttributeValue) -> Result<bool, Cause> {
    match (matcher, value) {
        (Matcher::Is(wanted), AttributeValue::Bool(value)) => Ok(wanted == value),
        (Matcher::Text(wanted), AttributeValue::Text(value)) => Ok(wanted.contains(value)),
        (Matcher::Under(wanted), AttributeValue::Text(value)) => Ok(wanted.iter().any(|word| {
            value.strip_prefix(word.as_str()).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
        })),
        (Matcher::Number(range), AttributeValue::Number(value)) => Ok(range.contains(*value)),
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

/// True if it is held now or, with `ever`, was ever held. A holding that begins later is neither.
pub(crate) fn is_held(one: &Holding, ever: bool, now: Instant) -> bool {
    one.since.is_none_or(|since| since <= now) && (ever || one.until.is_none_or(|until| now < until))
}
