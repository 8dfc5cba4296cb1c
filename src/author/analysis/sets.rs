//! The regions in which a test of a set is true or false, from the members that claims show.

use super::atom::{RulesetAt, Who};
use super::diagram::{Diagram, Diagrams};
use super::reader::{NEVER, SymbolicReader, Truths, agreed, beside_withheld};
use super::universe::{country_of, text_of};
use crate::base::time::Span;
use crate::check::decide::for_authors::{is_held, record_fits};
use crate::check::program::AttributeTest;
use crate::ruleset::attribute::{AttributeId, AttributeValue, Complete, Holding};
use crate::ruleset::model::{Matcher, Range};
use std::collections::BTreeMap;

/// The assertions of one issuer, or of the host, about a set.
#[derive(Default)]
pub(super) struct SymbolicPool {
    pub(super) members: Vec<(Diagram, AttributeValue)>,
    pub(super) any: Vec<Diagram>,
    pub(super) complete: Vec<Diagram>,
    /// A part of it is undisclosed and could count.
    pub(super) hidden: Vec<Diagram>,
    /// A part of it does not count.
    pub(super) spoilt: Vec<Diagram>,
    /// The claim that the set is complete is undisclosed.
    pub(super) unsure: Option<Diagram>,
}

/// The result of one pool. Without a result, it may withhold evidence or have evidence that does not settle the test.
#[derive(Clone, Copy)]
pub(super) struct Pooled {
    pub(super) yes: Diagram,
    pub(super) no: Diagram,
    pub(super) withheld: Diagram,
    pub(super) noise: Diagram,
}

impl<'a, 'b> SymbolicReader<'a, 'b> {
    pub(super) fn names(&self, all: &mut Diagrams, test: &AttributeTest, who: &Who) -> Truths {
        let mut pool = SymbolicPool::default();
        for (said, id) in self.named(all, who) {
            pool.any.push(said);
            pool.members.push((said, AttributeValue::Texts(crate::base::set::Set::of(id), Complete::Ever)));
        }
        let (hidden, presents) = (self.name_hidden(all), self.presents(all, who));
        pool.spoilt.push(all.and(hidden, presents));
        if !self.side.counts(&test.policy, &crate::check::subject::for_authors::named_fact()) {
            let noise = all.any(pool.any.into_iter().chain(pool.spoilt));
            return Truths { noisy: noise, ..NEVER };
        }
        pool.complete = pool.any.clone();
        let Pooled { yes, no, noise, .. } = self.pool(all, test, &pool);
        agreed(all, yes, no, noise)
    }

    pub(super) fn set(&self, all: &mut Diagrams, test: &AttributeTest, who: &Who) -> Truths {
        let source = test.attribute.read_from().first().copied().unwrap_or(test.attribute);
        let ever = test.attribute == AttributeId::NATIONALITIES_EVER;
        let wanted = if ever { Complete::Ever } else { Complete::Now };
        let mut pools: BTreeMap<usize, SymbolicPool> = BTreeMap::new();
        for (said, claim) in self.claims(all, who, source) {
            let Some(fact) = self.facts(claim, source) else { continue };
            let pool = pools.entry(fact.issuer).or_default();
            let counts = self.side.counts(&test.policy, &fact);
            match &fact.value {
                Some(value) if counts => {
                    pool.any.push(said);
                    if complete_of(value) >= wanted {
                        pool.complete.push(said);
                    }
                    pool.members.push((said, held(value, ever, self.side)));
                }
                None if self.side.withholds(&test.policy, &fact) => pool.hidden.push(said),
                _ => pool.spoilt.push(said),
            }
        }
        let (mut yes, mut no, mut noise) = (Diagram::NONE, Diagram::NONE, Diagram::NONE);
        let mut withheld = Diagram::NONE;
        for (issuer, mut pool) in pools {
            if source == AttributeId::NATIONALITIES {
                let (says, unsure) = self.says_complete(all, test, who, issuer);
                pool.complete.push(says);
                pool.unsure = Some(unsure);
            }
            let one = self.pool(all, test, &pool);
            yes = all.or(yes, one.yes);
            no = all.or(no, one.no);
            noise = all.or(noise, one.noise);
            withheld = all.or(withheld, one.withheld);
        }
        beside_withheld(all, [yes, no, noise], withheld)
    }

    /// The regions in which an issuer asserts that its nationalities are all that ever were, and in which that is
    /// undisclosed.
    pub(super) fn says_complete(
        &self,
        all: &mut Diagrams,
        test: &AttributeTest,
        who: &Who,
        issuer: usize,
    ) -> (Diagram, Diagram) {
        let (mut says, mut other, mut hidden) = (Vec::new(), Vec::new(), Vec::new());
        for (said, claim) in self.claims(all, who, AttributeId::NATIONALITIES_COMPLETE) {
            let Some(fact) = self.facts(claim, AttributeId::NATIONALITIES_COMPLETE) else { continue };
            if fact.issuer != issuer {
                continue;
            }
            let so = fact.value == Some(AttributeValue::Bool(true)) && self.side.counts(&test.policy, &fact);
            if self.side.withholds(&test.policy, &fact) {
                hidden.push(said);
            }
            if so { says.push(said) } else { other.push(said) }
        }
        let [says, other, hidden] = [says, other, hidden].map(|parts| all.any(parts));
        (all.without(says, other), hidden)
    }

    /// The result of one pool, and where its evidence does not settle the test.
    pub(super) fn pool(&self, all: &mut Diagrams, test: &AttributeTest, pool: &SymbolicPool) -> Pooled {
        let none = Diagram::NONE;
        let [any, complete, hidden, spoilt] =
            [&pool.any, &pool.complete, &pool.hidden, &pool.spoilt].map(|parts| all.any(parts.iter().copied()));
        let whole = all.and(any, complete);
        let whole = all.without(whole, spoilt);
        let whole = all.without(whole, hidden);
        // A member that is in no group, or lacks a required field, still counts as evidence.
        let mut vague = none;
        let now = self.side.now;
        let members = |all: &mut Diagrams, so: &dyn Fn(&AttributeValue) -> bool| {
            all.any(pool.members.iter().filter(|(_, value)| so(value)).map(|(said, _)| *said))
        };
        let (yes, no) = match &test.matcher {
            Matcher::AnyText(wanted) => {
                let shown = members(all, &|value| text_of(value).is_some_and(|text| wanted.contains(text)));
                (shown, all.without(whole, shown))
            }
            Matcher::OnlyText(wanted) => {
                let other = members(all, &|value| text_of(value).is_some_and(|text| !wanted.contains(text)));
                (all.without(whole, other), other)
            }
            Matcher::AllText(wanted) => {
                let mut shown = any;
                for text in wanted.iter() {
                    let one = members(all, &|value| text_of(value) == Some(text));
                    shown = all.and(shown, one);
                }
                (shown, all.without(whole, shown))
            }
            Matcher::AnyCountry(area) => {
                let version = area.at(now);
                let shown =
                    members(all, &|value| country_of(value).is_some_and(|one| version.contains(one) == Some(true)));
                let unmapped =
                    members(all, &|value| country_of(value).is_some_and(|one| version.contains(one).is_none()));
                vague = unmapped;
                let settled = all.without(whole, unmapped);
                (shown, all.without(settled, shown))
            }
            Matcher::OnlyCountry(area) => {
                let version = area.at(now);
                let other =
                    members(all, &|value| country_of(value).is_some_and(|one| version.contains(one) == Some(false)));
                let unmapped =
                    members(all, &|value| country_of(value).is_some_and(|one| version.contains(one).is_none()));
                vague = unmapped;
                let settled = all.without(whole, unmapped);
                (all.without(settled, other), other)
            }
            Matcher::AllCountry(area) => {
                let mut shown = any;
                for country in area.at(now).members.iter() {
                    let one = members(all, &|value| country_of(value) == Some(country));
                    shown = all.and(shown, one);
                }
                (shown, all.without(whole, shown))
            }
            Matcher::Record(fields) => {
                let fits = |value: &AttributeValue| match value {
                    AttributeValue::Records(records, _) => records.first().map(|record| record_fits(fields, record)),
                    _ => None,
                };
                let shown = members(all, &|value| fits(value) == Some(Ok(true)));
                let open = members(all, &|value| fits(value).is_some_and(|fits| fits.is_err()));
                vague = open;
                let settled = all.without(whole, open);
                (shown, all.without(settled, shown))
            }
            Matcher::Count(range) => {
                let amounts = distinct(all, &pool.members);
                ranged(all, &amounts, *range, any, whole)
            }
            Matcher::Share(lists, range) => {
                let amounts: Vec<(Diagram, f64)> = pool
                    .members
                    .iter()
                    .filter_map(|(said, value)| match value {
                        AttributeValue::Shares(shares, _) => {
                            let (list, share) = shares.first()?;
                            lists.contains(list).then_some((*said, *share))
                        }
                        _ => None,
                    })
                    .collect();
                ranged(all, &amounts, *range, any, whole)
            }
            _ => (none, none),
        };
        let settled = all.or(yes, no);
        let noise = all.or(spoilt, hidden);
        let something = all.or(any, noise);
        let unsure = all.and(pool.unsure.unwrap_or(none), something);
        let withheld = all.or(hidden, unsure);
        let withheld = all.without(withheld, settled);
        let noise = all.or(noise, vague);
        let noise = all.or(noise, unsure);
        Pooled { yes, no, withheld, noise: all.without(noise, settled) }
    }

    /// 15 CFR 734.13(b): the latest acquisition decides. If several are the latest, any of them may be it.
    pub(super) fn most_recent(&self, all: &mut Diagrams, test: &AttributeTest, who: &Who) -> Truths {
        let Matcher::Country(area) = &test.matcher else { return NEVER };
        let version = area.at(self.side.now);
        // First the late acquisitions, then the early ones: each inside, outside and unmapped.
        let mut said: [[Vec<Diagram>; 3]; 2] = Default::default();
        let mut noise = Vec::new();
        for source in test.attribute.read_from() {
            for (claimed, claim) in self.claims(all, who, *source) {
                let Some(fact) = self.facts(claim, *source) else { continue };
                let holdings = match &fact.value {
                    Some(AttributeValue::Holdings(held, _)) if self.side.counts(&test.policy, &fact) => held,
                    _ => {
                        noise.push(claimed);
                        continue;
                    }
                };
                for one in holdings.iter().filter(|one| is_held(one, false, self.side.now)) {
                    let place = match version.contains(one.country) {
                        Some(true) => 0,
                        Some(false) => 1,
                        None => 2,
                    };
                    let late = usize::from(!self.is_late(one));
                    if let Some(slot) = said.get_mut(late).and_then(|row| row.get_mut(place)) {
                        slot.push(claimed);
                    }
                }
            }
        }
        let [late, early] = said.map(|parts| parts.map(|parts| all.any(parts)));
        let noise = all.any(noise);
        let any_late = all.any(late);
        let settle = |all: &mut Diagrams, [inside, outside, unmapped]: [Diagram; 3]| {
            let (not_in, not_out) = (all.or(outside, unmapped), all.or(inside, unmapped));
            (all.without(inside, not_in), all.without(outside, not_out))
        };
        let (late_yes, late_no) = settle(all, late);
        let (early_yes, early_no) = settle(all, early);
        let (early_yes, early_no) = (all.without(early_yes, any_late), all.without(early_no, any_late));
        let (yes, no) = (all.or(late_yes, early_yes), all.or(late_no, early_no));
        // Unusable evidence could be later than all usable evidence.
        let (yes, no) = (all.without(yes, noise), all.without(no, noise));
        // Evidence that does not settle the test is more than no evidence.
        let something = all.any(late.into_iter().chain(early));
        let noise = all.or(noise, something);
        let settled = all.or(yes, no);
        Truths { yes, no, noisy: all.without(noise, settled) }
    }

    pub(super) fn is_late(&self, one: &Holding) -> bool {
        // The age is relative to the instant from which `EARLY` and `LATE` are counted.
        let first = self.universe.first.unwrap_or(self.side.now);
        one.since.is_some_and(|since| first.since(since) < Span::from_seconds(10 * 365 * 86_400))
    }
}

pub(super) fn complete_of(value: &AttributeValue) -> Complete {
    match value {
        AttributeValue::Texts(_, complete)
        | AttributeValue::Countries(_, complete)
        | AttributeValue::Holdings(_, complete)
        | AttributeValue::Records(_, complete)
        | AttributeValue::Shares(_, complete) => *complete,
        AttributeValue::Bool(_) | AttributeValue::Text(_) | AttributeValue::Number(_) | AttributeValue::Country(_) => {
            Complete::No
        }
    }
}

/// Omits holdings that have ended, unless `ever`.
pub(super) fn held(value: &AttributeValue, ever: bool, side: RulesetAt<'_>) -> AttributeValue {
    match value {
        AttributeValue::Holdings(all, complete) => {
            let kept = all.iter().filter(|one| is_held(one, ever, side.now));
            AttributeValue::Holdings(kept.copied().collect(), *complete)
        }
        other => other.clone(),
    }
}

/// Counts each distinct member once, and each record.
pub(super) fn distinct(all: &mut Diagrams, members: &[(Diagram, AttributeValue)]) -> Vec<(Diagram, f64)> {
    let mut alike: BTreeMap<String, Vec<Diagram>> = BTreeMap::new();
    let mut each = Vec::new();
    for (said, value) in members {
        let name = match country_of(value) {
            Some(country) => Some(country.code().to_owned()),
            None => text_of(value).map(str::to_owned),
        };
        match (name, value) {
            (Some(name), _) => {
                alike.entry(name).or_default().push(*said);
            }
            (None, AttributeValue::Records(records, _)) if !records.is_empty() => each.push((*said, 1.0)),
            _ => {}
        }
    }
    each.extend(alike.into_values().map(|said| (all.any(said), 1.0)));
    each
}

/// The regions in which the sum of the amounts is inside the range, and outside it. An incomplete set may contain more.
pub(super) fn ranged(
    all: &mut Diagrams,
    amounts: &[(Diagram, f64)],
    range: Range,
    any: Diagram,
    whole: Diagram,
) -> (Diagram, Diagram) {
    // Sums beyond the bounds are equivalent.
    let bounds = [range.at_least, range.at_most].into_iter().flatten();
    let ceiling = bounds.map(|bound| scaled(bound.0)).max().unwrap_or(0).saturating_add(2);
    let mut sums: BTreeMap<i64, Diagram> = BTreeMap::from([(0, Diagram::ALL)]);
    for (said, amount) in amounts {
        let mut next: BTreeMap<i64, Diagram> = BTreeMap::new();
        for (sum, when) in &sums {
            let with = all.and(*when, *said);
            let not = all.without(*when, *said);
            for (sum, when) in [(sum.saturating_add(scaled(*amount)).min(ceiling), with), (*sum, not)] {
                if !when.is_none() {
                    let known = next.entry(sum).or_insert(Diagram::NONE);
                    *known = all.or(*known, when);
                }
            }
        }
        sums = next;
    }
    let (mut least, mut most) = (Diagram::NONE, Diagram::NONE);
    for (sum, when) in sums {
        #[expect(
            clippy::as_conversions,
            clippy::cast_precision_loss,
            reason = "a percentage or a small count in billionths"
        )]
        let sum = sum as f64 / 1e9;
        if range.at_least.is_none_or(|bound| sum >= bound.0) {
            least = all.or(least, when);
        }
        if range.at_most.is_none_or(|bound| sum <= bound.0) {
            most = all.or(most, when);
        }
    }
    let inside = all.and(least, most);
    let sure = if range.at_most.is_none() { all.and(any, inside) } else { all.and(whole, inside) };
    let beyond = all.without(any, most);
    let short = all.without(whole, least);
    (sure, all.or(beyond, short))
}

/// In billionths, the unit in which shares are compared.
pub(super) fn scaled(amount: f64) -> i64 {
    #[expect(clippy::as_conversions, clippy::cast_possible_truncation, reason = "a percentage or a small count")]
    let scaled = (amount * 1e9).round() as i64;
    scaled
}
