//! Translates conditions to decision diagrams: for each test and each combination of tests, the requests for which it
//! is true or false.

use super::diagram::{Diagram, Diagrams};
use super::question::{Questions, country_of, read_by, text_of};
use super::saying::{Claim, Saying, Side, Who};
use crate::attribute::{AttributeId, Complete, END_USER, Holding, Value};
use crate::country::CountrySet;
use crate::decide::{is_held, is_set, record_fits, value_fits};
use crate::program::{NodeId, NodeKind, Test};
use crate::ruleset::model::{Matcher, Range};
use crate::set::Set;
use crate::subject::Fact;
use crate::time::Span;
use std::cell::OnceCell;
use std::collections::{BTreeMap, HashMap};

/// The regions in which a condition is true and false; elsewhere it is unknown.
#[derive(Clone, Copy, Debug)]
pub(super) struct Truths {
    pub(super) yes: Diagram,
    pub(super) no: Diagram,
    /// It is unknown although evidence for it exists.
    pub(super) noisy: Diagram,
}

/// Reads one ruleset's conditions at one instant, and caches the results.
pub(super) struct Reader<'a, 'b> {
    pub(super) side: Side<'a>,
    pub(super) questions: &'b Questions,
    known: HashMap<(NodeId, Who), Truths>,
    chain: OnceCell<Chain>,
}

/// The regions that describe the chain of parties.
#[derive(Debug)]
struct Chain {
    /// The chain states that its end user is unknown.
    said_unknown: Diagram,
    /// The person served is unknown.
    unknown: Diagram,
    /// The person served is unknown, and no party of the chain states it.
    nobody: Diagram,
    /// The person served is not the holder of the tokens.
    another: Diagram,
    /// The party that the holder must be, by role: the only party without a name.
    as_party: Vec<(String, Diagram)>,
    /// The parties that the holder could be: one of several, or, with an empty role, none that the chain names.
    perhaps: Vec<(String, Diagram)>,
}

/// The assertions of one issuer, or of the host, about a set.
#[derive(Default)]
struct Pool {
    members: Vec<(Diagram, Value)>,
    any: Vec<Diagram>,
    complete: Vec<Diagram>,
    /// A part of it is undisclosed and could count.
    hidden: Vec<Diagram>,
    /// A part of it does not count.
    spoilt: Vec<Diagram>,
    /// The claim that the set is complete is undisclosed.
    unsure: Option<Diagram>,
}

/// The result of one pool. Without a result, it may withhold evidence or have evidence that does not settle the test.
#[derive(Clone, Copy)]
struct Pooled {
    yes: Diagram,
    no: Diagram,
    withheld: Diagram,
    noise: Diagram,
}

impl<'a, 'b> Reader<'a, 'b> {
    pub(super) fn new(side: Side<'a>, questions: &'b Questions) -> Self {
        Self { side, questions, known: HashMap::new(), chain: OnceCell::new() }
    }

    /// The truth of a condition of the ruleset for a party.
    pub(super) fn node(&mut self, all: &mut Diagrams, node: NodeId, who: &Who) -> Truths {
        if let Some(known) = self.known.get(&(node, who.clone())) {
            return *known;
        }
        let conditions = self.side.program.conditions();
        let truths = match conditions.node(node) {
            Some(NodeKind::Test(test)) => match conditions.test(*test) {
                Some(test) => self.test(all, test, who),
                None => NEVER,
            },
            Some(NodeKind::Not(part)) => {
                let inner = self.node(all, *part, who);
                Truths { yes: inner.no, no: inner.yes, noisy: inner.noisy }
            }
            Some(NodeKind::All(parts)) => self.joined(all, parts, who, false),
            Some(NodeKind::Any(parts)) => self.joined(all, parts, who, true),
            None => NEVER,
        };
        self.known.insert((node, who.clone()), truths);
        truths
    }

    fn joined(&mut self, all: &mut Diagrams, parts: &[NodeId], who: &Who, any: bool) -> Truths {
        // Regions in which one part settles the result, in which all parts do, and in which evidence leaves it open.
        let (mut one, mut each, mut noisy) = (Diagram::NONE, Diagram::ALL, Diagram::NONE);
        for part in parts {
            let part = self.node(all, *part, who);
            let (settles, needed) = if any { (part.yes, part.no) } else { (part.no, part.yes) };
            one = all.or(one, settles);
            each = all.and(each, needed);
            noisy = all.or(noisy, part.noisy);
        }
        let settled = all.or(one, each);
        let noisy = all.without(noisy, settled);
        if any { Truths { yes: one, no: each, noisy } } else { Truths { yes: each, no: one, noisy } }
    }

    pub(super) fn test(&self, all: &mut Diagrams, test: &Test, who: &Who) -> Truths {
        let vocabulary = self.side.program.vocabulary();
        if vocabulary.is_context(test.attribute) {
            return self.stated(all, test);
        }
        if *who == Who::Nobody {
            return Truths { noisy: Diagram::ALL, ..NEVER };
        }
        let truths = if test.attribute == AttributeId::MOST_RECENT {
            self.most_recent(all, test, who)
        } else if test.attribute == AttributeId::SUBJECT_ID {
            self.names(all, test, who)
        } else if is_set(&test.matcher) {
            self.set(all, test, who)
        } else {
            self.scalar(all, test, who)
        };
        // Nothing is known about an unknown party.
        let unknown = match who {
            Who::Person => self.chain(all).unknown,
            Who::Role(role, _) if role == END_USER => self.chain(all).said_unknown,
            Who::Role(..) => self.chain_says(all, &Saying::Unknown(who.clone())),
            Who::Actor(_) | Who::Perhaps(_) | Who::Nobody => return truths,
        };
        Truths {
            yes: all.without(truths.yes, unknown),
            no: all.without(truths.no, unknown),
            noisy: all.or(truths.noisy, unknown),
        }
    }

    /// The fact about an attribute that follows from a claim: the claim itself, or what it implies.
    fn facts(&self, claim: &Claim, attribute: AttributeId) -> Option<Fact> {
        let fact = self.side.fact(claim, None)?;
        if fact.attribute == attribute {
            return Some(fact);
        }
        match &fact.value {
            Some(value) => {
                let (implied, value) = fact.attribute.implied(value)?;
                (implied == attribute).then_some(Fact { attribute, value: Some(value), ..fact })
            }
            None => fact.attribute.settles().find(|settled| *settled == attribute).map(|_| Fact { attribute, ..fact }),
        }
    }

    /// Each claim about an attribute, with the region in which it is made and counts for a party.
    fn claims(&self, all: &mut Diagrams, who: &Who, attribute: AttributeId) -> Vec<(Diagram, &'b Claim)> {
        let name = self.side.program.vocabulary().name(attribute);
        let questions: &'b Questions = self.questions;
        let (own, more) = match who {
            // The end user of the chain is the person served.
            Who::Role(role, 0) if role == END_USER => (Who::Person, None),
            Who::Perhaps(role) if !role.is_empty() => (Who::Perhaps(String::new()), Some(Who::Role(role.clone(), 0))),
            who => (who.clone(), None),
        };
        // Claims of a token that name no party are about its holder.
        let own_token = match &own {
            Who::Person => {
                let another = self.chain(all).another;
                all.not(another)
            }
            Who::Role(role, 0) => {
                let as_party = self.chain(all).as_party.iter().find(|(known, _)| known == role);
                as_party.map_or(Diagram::NONE, |(_, when)| *when)
            }
            _ => Diagram::ALL,
        };
        let mut found = Vec::new();
        let whose = std::iter::once((own, own_token)).chain(more.map(|more| (more, Diagram::NONE)));
        for (whose, own_token) in whose {
            for question in questions.claims(&whose, name) {
                let Some(Saying::Claim(claim)) = questions.saying(*question) else { continue };
                let said = all.yes(*question);
                let counts = match self.side.speaks_of_parties(name, &claim.source) {
                    true => said,
                    false => all.and(said, own_token),
                };
                found.push((counts, claim));
            }
        }
        found
    }

    fn scalar(&self, all: &mut Diagrams, test: &Test, who: &Who) -> Truths {
        let (mut yes, mut no, mut noise, mut withheld) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        for source in read_by(test.attribute) {
            for (said, claim) in self.claims(all, who, source) {
                let Some(fact) = self.facts(claim, test.attribute) else { continue };
                let fits = match &fact.value {
                    Some(value) if self.side.counts(&test.policy, &fact) => self.fits(&test.matcher, value),
                    _ => None,
                };
                let into = match fits {
                    Some(true) => &mut yes,
                    Some(false) => &mut no,
                    None if self.side.withholds(&test.policy, &fact) => &mut withheld,
                    None => &mut noise,
                };
                into.push(said);
            }
        }
        let [yes, no, noise, withheld] = [yes, no, noise, withheld].map(|parts| all.any(parts));
        beside_withheld(all, [yes, no, noise], withheld)
    }

    fn fits(&self, matcher: &Matcher, value: &Value) -> Option<bool> {
        match (matcher, value) {
            (Matcher::Country(area), Value::Country(country)) => area.at(self.side.now).contains(*country),
            _ => value_fits(matcher, value).ok(),
        }
    }

    fn set(&self, all: &mut Diagrams, test: &Test, who: &Who) -> Truths {
        let source = test.attribute.read_from().first().copied().unwrap_or(test.attribute);
        let ever = test.attribute == AttributeId::NATIONALITIES_EVER;
        let wanted = if ever { Complete::Ever } else { Complete::Now };
        let mut pools: BTreeMap<usize, Pool> = BTreeMap::new();
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
    fn says_complete(&self, all: &mut Diagrams, test: &Test, who: &Who, issuer: usize) -> (Diagram, Diagram) {
        let (mut says, mut other, mut hidden) = (Vec::new(), Vec::new(), Vec::new());
        for (said, claim) in self.claims(all, who, AttributeId::NATIONALITIES_COMPLETE) {
            let Some(fact) = self.facts(claim, AttributeId::NATIONALITIES_COMPLETE) else { continue };
            if fact.issuer != issuer {
                continue;
            }
            let so = fact.value == Some(Value::Bool(true)) && self.side.counts(&test.policy, &fact);
            if self.side.withholds(&test.policy, &fact) {
                hidden.push(said);
            }
            if so { says.push(said) } else { other.push(said) }
        }
        let [says, other, hidden] = [says, other, hidden].map(|parts| all.any(parts));
        (all.without(says, other), hidden)
    }

    /// The result of one pool, and where its evidence does not settle the test.
    fn pool(&self, all: &mut Diagrams, test: &Test, pool: &Pool) -> Pooled {
        let none = Diagram::NONE;
        let [any, complete, hidden, spoilt] =
            [&pool.any, &pool.complete, &pool.hidden, &pool.spoilt].map(|parts| all.any(parts.iter().copied()));
        let whole = all.and(any, complete);
        let whole = all.without(whole, spoilt);
        let whole = all.without(whole, hidden);
        // A member that is in no group, or lacks a required field, still counts as evidence.
        let mut vague = none;
        let now = self.side.now;
        let members = |all: &mut Diagrams, so: &dyn Fn(&Value) -> bool| {
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
                let fits = |value: &Value| match value {
                    Value::Records(records, _) => records.first().map(|record| record_fits(fields, record)),
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
                        Value::Shares(shares, _) => {
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

    fn names(&self, all: &mut Diagrams, test: &Test, who: &Who) -> Truths {
        let mut pool = Pool::default();
        for (said, id) in self.named(all, who) {
            pool.any.push(said);
            pool.members.push((said, Value::Texts(crate::set::Set::of(id), Complete::Ever)));
        }
        let (hidden, presents) = (self.name_hidden(all), self.presents(all, who));
        pool.spoilt.push(all.and(hidden, presents));
        if !self.side.counts(&test.policy, &crate::subject::named_fact()) {
            let noise = all.any(pool.any.into_iter().chain(pool.spoilt));
            return Truths { noisy: noise, ..NEVER };
        }
        pool.complete = pool.any.clone();
        let Pooled { yes, no, noise, .. } = self.pool(all, test, &pool);
        agreed(all, yes, no, noise)
    }

    /// The names that a party can have: at most one per issuer for the person, one for any other party.
    pub(super) fn named(&self, all: &mut Diagrams, who: &Who) -> Vec<(Diagram, String)> {
        let mut names = Vec::new();
        let who = match who {
            Who::Role(role, 0) if role == END_USER => &Who::Person,
            Who::Perhaps(role) => &Who::Role(role.clone(), 0),
            who => who,
        };
        let elsewhere = self.names_elsewhere(all, who).unwrap_or(Diagram::NONE);
        let (mut before, mut taken) = (String::new(), Diagram::NONE);
        for question in self.questions.claims(who, "subject.id") {
            let Some(Saying::Name { id, .. }) = self.questions.saying(*question) else { continue };
            let issuer = if *who == Who::Person { id.split(':').next().unwrap_or_default() } else { "" };
            if issuer != before {
                (before, taken) = (issuer.to_owned(), Diagram::NONE);
            }
            let said = all.yes(*question);
            let said = all.without(said, elsewhere);
            let first = all.without(said, taken);
            taken = all.or(taken, said);
            names.push((first, id.clone()));
        }
        names
    }

    /// The region in which a token of the presenter may withhold a name.
    fn name_hidden(&self, all: &mut Diagrams) -> Diagram {
        let names = self.questions.claims(&Who::Person, "subject.id").iter();
        let mut hidden = names.filter(|question| self.questions.saying(**question) == Some(&Saying::NameHidden));
        hidden.next().map_or(Diagram::NONE, |question| all.yes(*question))
    }

    /// The region in which the tokens are those of the party.
    fn presents(&self, all: &mut Diagrams, who: &Who) -> Diagram {
        match who {
            Who::Person => {
                let chain = self.chain(all);
                let (another, nobody) = (chain.another, chain.nobody);
                let other = all.or(another, nobody);
                all.not(other)
            }
            Who::Role(role, 0) if role == END_USER => self.presents(all, &Who::Person),
            Who::Role(role, 0) => {
                let as_party = self.chain(all).as_party.iter().find(|(known, _)| known == role);
                as_party.map_or(Diagram::NONE, |(_, when)| *when)
            }
            Who::Perhaps(_) => Diagram::ALL,
            Who::Role(..) | Who::Actor(_) | Who::Nobody => Diagram::NONE,
        }
    }

    /// Two regions: the presenter has one of these names; and the party is a presenter with an unknown name.
    pub(super) fn presenter(&self, all: &mut Diagrams, ids: &Set<String>, who: &Who) -> (Diagram, Diagram) {
        let (mut named, mut any) = (Diagram::NONE, Diagram::NONE);
        let as_party: Vec<(String, Diagram)> = self.chain(all).as_party.clone();
        let parties = as_party.into_iter().map(|(role, when)| (Who::Role(role, 0), when));
        for (whose, when) in std::iter::once((Who::Person, Diagram::ALL)).chain(parties) {
            for (said, id) in self.named(all, &whose) {
                let said = all.and(said, when);
                any = all.or(any, said);
                if ids.contains(&id) {
                    named = all.or(named, said);
                }
            }
        }
        let (hidden, none) = (self.name_hidden(all), all.not(any));
        let nameless = all.or(hidden, none);
        let presents = self.presents(all, who);
        (named, all.and(nameless, presents))
    }

    /// The region in which the names in the tokens are not those of the person served. `None` for another party.
    fn names_elsewhere(&self, all: &mut Diagrams, who: &Who) -> Option<Diagram> {
        let served = *who == Who::Person || matches!(who, Who::Role(role, 0) if role == END_USER);
        served.then(|| {
            let chain = self.chain(all);
            let (another, unknown) = (chain.another, chain.said_unknown);
            all.or(another, unknown)
        })
    }

    /// 15 CFR 734.13(b): the latest acquisition decides. If several are the latest, any of them may be it.
    fn most_recent(&self, all: &mut Diagrams, test: &Test, who: &Who) -> Truths {
        let Matcher::Country(area) = &test.matcher else { return NEVER };
        let version = area.at(self.side.now);
        // First the late acquisitions, then the early ones: each inside, outside and unmapped.
        let mut said: [[Vec<Diagram>; 3]; 2] = Default::default();
        let mut noise = Vec::new();
        for source in test.attribute.read_from() {
            for (claimed, claim) in self.claims(all, who, *source) {
                let Some(fact) = self.facts(claim, *source) else { continue };
                let holdings = match &fact.value {
                    Some(Value::Holdings(held, _)) if self.side.counts(&test.policy, &fact) => held,
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

    fn is_late(&self, one: &Holding) -> bool {
        // The age is relative to the instant from which `EARLY` and `LATE` are counted.
        let first = self.questions.first.unwrap_or(self.side.now);
        one.since.is_some_and(|since| first.since(since) < Span::from_seconds(10 * 365 * 86_400))
    }

    fn stated(&self, all: &mut Diagrams, test: &Test) -> Truths {
        match test.attribute {
            AttributeId::CONTEXT_COUNTRY | AttributeId::CONTEXT_COUNTRIES => self.places(all, test),
            AttributeId::CONTEXT_REGIONS => self.regions(all, test),
            AttributeId::CHAIN_ROLES => {
                let mut pool = Pool { any: vec![self.has_chain(all)], ..Pool::default() };
                for (who, present) in self.parties(all) {
                    if let Who::Role(role, _) = who {
                        let value = Value::Texts(crate::set::Set::of(role), Complete::Ever);
                        pool.members.push((present, value));
                    }
                }
                self.stated_pool(all, test, pool)
            }
            _ => self.stated_value(all, test),
        }
    }

    /// A set that the host states: it is complete, unless a part is unreadable. An absent statement is not absent
    /// evidence.
    fn stated_pool(&self, all: &mut Diagrams, test: &Test, mut pool: Pool) -> Truths {
        pool.complete = pool.any.clone();
        let Pooled { yes, no, .. } = self.pool(all, test, &pool);
        let settled = all.or(yes, no);
        Truths { yes, no, noisy: all.not(settled) }
    }

    /// A location without a region leaves open only tests that a region of its country could change.
    fn regions(&self, all: &mut Diagrams, test: &Test) -> Truths {
        let named = match &test.matcher {
            Matcher::AnyText(regions) | Matcher::AllText(regions) | Matcher::OnlyText(regions) => Some(regions),
            _ => None,
        };
        let mut pool = Pool::default();
        let (mut spoilt, mut elsewhere) = (Vec::new(), Vec::new());
        for question in self.questions.stated("context.countries") {
            let said = all.yes(*question);
            match self.questions.saying(*question) {
                Some(Saying::Place(Some(_), Some(region))) => {
                    pool.any.push(said);
                    let value = Value::Texts(crate::set::Set::of(region.clone()), Complete::No);
                    pool.members.push((said, value));
                }
                Some(Saying::Place(Some(country), None)) => {
                    pool.any.push(said);
                    let could =
                        |regions: &Set<String>| regions.iter().any(|region| region.get(..2) == Some(country.code()));
                    if named.is_none_or(could) {
                        spoilt.push(said);
                    } else {
                        elsewhere.push(said);
                    }
                }
                _ => {
                    pool.any.push(said);
                    spoilt.push(said);
                }
            }
        }
        // An unusable location makes the rest incomplete.
        let [spoilt, elsewhere] = [spoilt, elsewhere].map(|parts| all.any(parts));
        pool.spoilt = vec![spoilt];
        let truths = self.stated_pool(all, test, pool);
        if !matches!(test.matcher, Matcher::OnlyText(_)) {
            return truths;
        }
        let no = all.or(truths.no, elsewhere);
        let yes = all.without(truths.yes, elsewhere);
        let settled = all.or(yes, no);
        Truths { yes, no, noisy: all.not(settled) }
    }

    fn places(&self, all: &mut Diagrams, test: &Test) -> Truths {
        let mut pool = Pool::default();
        for question in self.questions.stated("context.countries") {
            let said = all.yes(*question);
            match self.questions.saying(*question) {
                Some(Saying::Place(Some(country), _)) => {
                    pool.any.push(said);
                    let set: CountrySet = [*country].into_iter().collect();
                    pool.members.push((said, Value::Countries(set, Complete::No)));
                }
                Some(Saying::Place(None, _)) => pool.spoilt.push(said),
                _ => {}
            }
        }
        let Matcher::Country(area) = &test.matcher else { return self.stated_pool(all, test, pool) };
        let version = area.at(self.side.now);
        let mut of: [Vec<Diagram>; 3] = Default::default();
        for (said, value) in &pool.members {
            let place = match country_of(value).and_then(|country| version.contains(country)) {
                Some(true) => 0,
                Some(false) => 1,
                None => 2,
            };
            if let Some(slot) = of.get_mut(place) {
                slot.push(*said);
            }
        }
        let [inside, outside, unmapped] = of.map(|parts| all.any(parts));
        let spoilt = all.any(pool.spoilt);
        let open = all.or(unmapped, spoilt);
        let (not_in, not_out) = (all.or(outside, open), all.or(inside, open));
        let (yes, no) = (all.without(inside, not_in), all.without(outside, not_out));
        let settled = all.or(yes, no);
        Truths { yes, no, noisy: all.not(settled) }
    }

    /// One value, or a set, of an attribute that the ruleset declares.
    fn stated_value(&self, all: &mut Diagrams, test: &Test) -> Truths {
        let attribute = self.side.program.vocabulary().get(test.attribute);
        let Some(attribute) = attribute else { return NEVER };
        let read = |value: &serde_json::Value| crate::decide::stated(&attribute.kind, value);
        if is_set(&test.matcher) {
            let mut pool = Pool::default();
            for question in self.questions.stated(&attribute.name) {
                let said = all.yes(*question);
                pool.any.push(said);
                if let Some(Saying::Member(_, Some(member))) = self.questions.saying(*question)
                    && let Some(value) = read(&serde_json::Value::Array(vec![member.clone()]))
                {
                    pool.members.push((said, value));
                }
            }
            return self.stated_pool(all, test, pool);
        }
        let (mut yes, mut no, mut before) = (Diagram::NONE, Diagram::NONE, Diagram::NONE);
        for question in self.questions.stated(&attribute.name) {
            let Some(Saying::Stated(_, value)) = self.questions.saying(*question) else { continue };
            let said = all.yes(*question);
            let stated = all.without(said, before);
            before = all.or(before, said);
            match read(value).and_then(|value| self.fits(&test.matcher, &value)) {
                Some(true) => yes = all.or(yes, stated),
                Some(false) => no = all.or(no, stated),
                None => {}
            }
        }
        let nothing = all.not(before);
        match attribute.absent.and_then(|absent| self.fits(&test.matcher, &Value::Bool(absent))) {
            Some(true) => yes = all.or(yes, nothing),
            Some(false) => no = all.or(no, nothing),
            None => {}
        }
        let settled = all.or(yes, no);
        Truths { yes, no, noisy: all.not(settled) }
    }

    /// Each party that the chain may have, with the region in which it has it.
    pub(super) fn parties(&self, all: &mut Diagrams) -> Vec<(Who, Diagram)> {
        let mut parties = self.stated_parties(all);
        let chain = self.chain(all);
        let perhaps = chain.perhaps.iter().map(|(role, when)| (Who::Perhaps(role.clone()), *when));
        parties.extend(perhaps.chain([(Who::Nobody, chain.nobody)]));
        parties
    }

    fn stated_parties(&self, all: &mut Diagrams) -> Vec<(Who, Diagram)> {
        let end_user = self.chain_says(all, &Saying::Party(Who::Role(END_USER.to_owned(), 0)));
        let mut parties = Vec::new();
        for question in self.questions.stated("context.chain") {
            if let Some(Saying::Party(who)) = self.questions.saying(*question) {
                let said = all.yes(*question);
                // A second end user is present only if the first one is.
                let other = matches!(who, Who::Role(role, 1..) if role == END_USER);
                parties.push((who.clone(), if other { all.and(said, end_user) } else { said }));
            }
        }
        parties
    }

    fn chain_says(&self, all: &mut Diagrams, saying: &Saying) -> Diagram {
        let mut asked = self.questions.stated("context.chain").iter();
        let question = asked.find(|question| self.questions.saying(**question) == Some(saying));
        question.map_or(Diagram::NONE, |question| all.yes(*question))
    }

    /// The region in which a chain is stated: an empty one, or one with parties that a token or the host vouches for.
    fn has_chain(&self, all: &mut Diagrams) -> Diagram {
        let mut stated = self.chain_says(all, &Saying::Chain);
        for (who, present) in self.stated_parties(all) {
            if matches!(who, Who::Role(..)) {
                stated = all.or(stated, present);
            }
        }
        stated
    }

    /// The same as `Stated::settle` of `decide`.
    fn chain(&self, all: &mut Diagrams) -> &Chain {
        if self.chain.get().is_none() {
            let chain = self.read_chain(all);
            let _ = self.chain.set(chain);
        }
        self.chain.get_or_init(|| Chain {
            said_unknown: Diagram::NONE,
            unknown: Diagram::NONE,
            nobody: Diagram::NONE,
            another: Diagram::NONE,
            as_party: Vec::new(),
            perhaps: Vec::new(),
        })
    }

    fn read_chain(&self, all: &mut Diagrams) -> Chain {
        let [says_unknown, is_another, twice] =
            [Saying::EndUserUnknown, Saying::Another, Saying::Twice].map(|saying| self.chain_says(all, &saying));
        let (mut end_user, mut others, mut several) = (Diagram::NONE, Diagram::NONE, Diagram::NONE);
        let mut unnamed: Vec<(String, Diagram)> = Vec::new();
        for (who, present) in self.stated_parties(all) {
            match who {
                Who::Role(role, 0) if role == END_USER => end_user = present,
                Who::Role(role, _) if role == END_USER => several = all.or(several, present),
                Who::Role(role, copy) => {
                    others = all.or(others, present);
                    if copy == 0 {
                        let says = self.chain_says(all, &Saying::Unnamed(role.clone()));
                        unnamed.push((role, all.and(present, says)));
                    }
                }
                _ => {}
            }
        }
        let said_unknown = all.and(says_unknown, end_user);
        // A first hop without `over` serves an unknown person.
        let has_hops = self.side.program.ruleset().issuers().any(|issuer| !issuer.hops.is_empty());
        let over_nothing = all.and(says_unknown, others);
        let over_nothing = if has_hops { all.without(over_nothing, end_user) } else { Diagram::NONE };
        let nobody = all.or(over_nothing, several);
        let unknown = all.or(said_unknown, nobody);
        let another = all.and(end_user, is_another);
        let elsewhere = all.or(another, said_unknown);
        let mut as_party = Vec::new();
        let mut alone = all.without(another, said_unknown);
        alone = all.without(alone, twice);
        let mut single = Diagram::NONE;
        for (role, when) in &unnamed {
            let mut one = all.and(alone, *when);
            for (other, there) in &unnamed {
                if other != role {
                    one = all.without(one, *there);
                }
            }
            single = all.or(single, one);
            as_party.push((role.clone(), one));
        }
        let many = all.without(elsewhere, single);
        let mut nameless = many;
        let mut perhaps = Vec::new();
        for (role, when) in unnamed {
            nameless = all.without(nameless, when);
            perhaps.push((role, all.and(many, when)));
        }
        perhaps.push((String::new(), nameless));
        Chain { said_unknown, unknown, nobody, another, as_party, perhaps }
    }
}

/// True and false nowhere.
const NEVER: Truths = Truths { yes: Diagram::NONE, no: Diagram::NONE, noisy: Diagram::NONE };

/// Combines sources: those that disagree leave the test open.
fn agreed(all: &mut Diagrams, yes: Diagram, no: Diagram, noise: Diagram) -> Truths {
    let both = all.and(yes, no);
    let either = all.or(yes, no);
    let noise = all.without(noise, either);
    Truths { yes: all.without(yes, no), no: all.without(no, yes), noisy: all.or(both, noise) }
}

/// The same, if an undisclosed source could disagree.
fn beside_withheld(all: &mut Diagrams, [yes, no, noise]: [Diagram; 3], withheld: Diagram) -> Truths {
    let Truths { yes, no, noisy } = agreed(all, yes, no, noise);
    Truths { yes: all.without(yes, withheld), no: all.without(no, withheld), noisy: all.or(noisy, withheld) }
}

fn complete_of(value: &Value) -> Complete {
    match value {
        Value::Texts(_, complete)
        | Value::Countries(_, complete)
        | Value::Holdings(_, complete)
        | Value::Records(_, complete)
        | Value::Shares(_, complete) => *complete,
        Value::Bool(_) | Value::Text(_) | Value::Number(_) | Value::Country(_) => Complete::No,
    }
}

/// Omits holdings that have ended, unless `ever`.
fn held(value: &Value, ever: bool, side: Side<'_>) -> Value {
    match value {
        Value::Holdings(all, complete) => {
            let kept = all.iter().filter(|one| is_held(one, ever, side.now));
            Value::Holdings(kept.copied().collect(), *complete)
        }
        other => other.clone(),
    }
}

/// Counts each distinct member once, and each record.
fn distinct(all: &mut Diagrams, members: &[(Diagram, Value)]) -> Vec<(Diagram, f64)> {
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
            (None, Value::Records(records, _)) if !records.is_empty() => each.push((*said, 1.0)),
            _ => {}
        }
    }
    each.extend(alike.into_values().map(|said| (all.any(said), 1.0)));
    each
}

/// The regions in which the sum of the amounts is inside the range, and outside it. An incomplete set may contain more.
fn ranged(
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
fn scaled(amount: f64) -> i64 {
    #[expect(clippy::as_conversions, clippy::cast_possible_truncation, reason = "a percentage or a small count")]
    let scaled = (amount * 1e9).round() as i64;
    scaled
}
