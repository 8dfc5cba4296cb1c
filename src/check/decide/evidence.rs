//! Evaluates one test of one attribute on the usable evidence, and finds the instants at which that evidence changes.

use super::cause::Cause;
use super::context::Stated;
use super::sets::{Pool, is_held, is_set, plain};
use super::truth::Truth;
use crate::base::country::{Country, CountrySet};
use crate::base::time::Instant;
use crate::check::program::{AttributeTest, Family, Program, truth_value};
use crate::check::subject::{ChainParty, Fact, Subject};
use crate::ruleset::attribute::{AttributeId, AttributeValue, Complete, END_USER, Holding};
use crate::ruleset::model::{EvidencePolicy, Matcher};

/// The result of a test.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct TestResult {
    pub(crate) truth: Truth,
    /// Why it is not settled. `None` if it is.
    pub(crate) cause: Option<Cause>,
}

impl TestResult {
    fn of(said: Result<bool, Cause>) -> Self {
        match said {
            Ok(true) => Self { truth: Truth::True, cause: None },
            Ok(false) => Self { truth: Truth::False, cause: None },
            Err(Cause::Conflict) => Self { truth: Truth::Conflict, cause: Some(Cause::Conflict) },
            Err(cause) => Self { truth: Truth::Unknown, cause: Some(cause) },
        }
    }
}

/// Everything a test depends on: the facts, the party they must be about, the request's context and the instant.
#[derive(Clone, Copy)]
pub(crate) struct Viewpoint<'a> {
    pub(crate) program: &'a Program,
    pub(crate) subject: &'a Subject,
    pub(crate) context: &'a Stated,
    pub(crate) now: Instant,
    /// The party that is judged. `None` if that is the person who presents the tokens.
    pub(crate) party: Option<&'a ChainParty>,
}

impl<'a> Viewpoint<'a> {
    fn facts(&self, attribute: AttributeId) -> impl Iterator<Item = &'a Fact> + use<'a> {
        let party = self.party;
        let is_about = move |fact: &&Fact| {
            let of = fact.of.as_deref();
            fact.anyone || party.map_or(of.is_none(), |party| party.is_of(of))
        };
        self.subject.facts().iter().filter(move |fact| fact.attribute == attribute).filter(is_about)
    }

    /// Why nothing can be known of the party, even if there is evidence about it. `None` if the party is known.
    fn unknown(&self) -> Option<Cause> {
        let party = self.party.filter(|party| !party.known)?;
        Some(if party.role == END_USER { Cause::EndUser } else { Cause::Party })
    }

    /// Evaluates a test.
    pub(crate) fn test(&self, test: &AttributeTest) -> TestResult {
        TestResult::of(if self.program.vocabulary().is_context(test.attribute) {
            self.stated(test)
        } else if let Some(cause) = self.unknown() {
            Err(cause)
        } else if test.attribute == AttributeId::MOST_RECENT {
            self.most_recent(test)
        } else if is_set(&test.matcher) {
            self.set(test)
        } else {
            self.scalar(test)
        })
    }

    /// Usable facts must agree.
    fn scalar(&self, test: &AttributeTest) -> Result<bool, Cause> {
        let mut said = Combined::default();
        for fact in self.facts(test.attribute) {
            let found = self.usable(&test.policy, fact).and_then(|value| self.matches(&test.matcher, value));
            said.put(found, found == Err(Cause::Undisclosed));
        }
        said.agreed()
    }

    /// An issuer's facts about a set form one set. Issuers must agree.
    fn set(&self, test: &AttributeTest) -> Result<bool, Cause> {
        let source = test.attribute.read_from().first().copied().unwrap_or(test.attribute);
        let mut said = Combined::default();
        let mut facts = self.facts(source).peekable();
        while let Some(first) = facts.next() {
            let mut pool = Pool::default();
            self.put(&mut pool, test, first);
            while let Some(fact) = facts.next_if(|fact| fact.issuer == first.issuer) {
                self.put(&mut pool, test, fact);
            }
            if source == AttributeId::NATIONALITIES {
                match self.says_complete(&test.policy, first.issuer) {
                    Ok(true) => pool.complete = Complete::Ever,
                    Ok(false) => {}
                    Err(cause) => pool.unsure(cause),
                }
            }
            said.put(pool.matches(test, self.now), pool.withheld);
        }
        said.agreed()
    }

    fn put(&self, pool: &mut Pool<'a>, test: &AttributeTest, fact: &'a Fact) {
        match self.usable(&test.policy, fact) {
            Ok(value) => pool.put(value, test.attribute == AttributeId::NATIONALITIES_EVER, self.now),
            // An unusable fact could be the decisive one, so the rest is not complete.
            Err(cause) => {
                pool.spoiled = pool.spoiled.max(Some(cause));
                pool.withheld |= cause == Cause::Undisclosed;
            }
        }
    }

    /// True if an issuer asserts that there are and were no other nationalities than those it asserts. An error if that
    /// is withheld.
    fn says_complete(&self, policy: &EvidencePolicy, issuer: usize) -> Result<bool, Cause> {
        let (mut yes, mut no) = (false, false);
        for fact in self.facts(AttributeId::NATIONALITIES_COMPLETE).filter(|fact| fact.issuer == issuer) {
            match self.usable(policy, fact) {
                Err(Cause::Undisclosed) => return Err(Cause::Undisclosed),
                Ok(AttributeValue::Bool(true)) => yes = true,
                _ => no = true,
            }
        }
        Ok(yes && !no)
    }

    /// 15 CFR 734.13(b): the most recently acquired of the citizenships and permanent residencies that are held now.
    fn most_recent(&self, test: &AttributeTest) -> Result<bool, Cause> {
        let Matcher::Country(area) = &test.matcher else { return Err(Cause::Unusable) };
        let mut held: Vec<Holding> = Vec::new();
        let mut open: Option<Cause> = None;
        for fact in test.attribute.read_from().iter().flat_map(|source| self.facts(*source)) {
            match self.usable(&test.policy, fact) {
                Ok(AttributeValue::Holdings(_, Complete::Untold)) => open = open.max(Some(Cause::Partial)),
                Ok(AttributeValue::Holdings(some, _)) => {
                    held.extend(some.iter().filter(|one| is_held(one, false, self.now)))
                }
                Ok(_) => open = open.max(Some(Cause::Unusable)),
                Err(cause) => open = open.max(Some(cause)),
            }
        }
        let Some(first) = held.first() else { return Err(open.unwrap_or(Cause::Missing)) };
        // An unusable holding could be later than all usable ones.
        if let Some(cause) = open {
            return Err(cause.beside_some());
        }
        let only = held.iter().all(|one| one.country == first.country);
        let latest = held.iter().filter_map(|one| one.since).max();
        let version = area.at(self.now);
        let (mut yes, mut no, mut unmapped) = (false, false, false);
        for one in &held {
            if only || one.since.is_none() || one.since == latest {
                match version.contains(one.country) {
                    Some(true) => yes = true,
                    Some(false) => no = true,
                    None => unmapped = true,
                }
            }
        }
        match (yes, no, unmapped) {
            (true, false, false) => Ok(true),
            (false, true, false) => Ok(false),
            (_, _, true) => Err(Cause::Unmapped),
            _ => Err(Cause::Undated),
        }
    }

    /// Evaluates a test of a value that the host states.
    fn stated(&self, test: &AttributeTest) -> Result<bool, Cause> {
        match self.context.get(test.attribute) {
            None => match self.program.vocabulary().get(test.attribute).and_then(|attribute| attribute.absent) {
                Some(value) => self.matches(&test.matcher, &AttributeValue::Bool(value)),
                None => Err(Cause::ContextMissing),
            },
            Some(None) => Err(Cause::ContextUnusable),
            Some(Some(value)) => self.stated_value(test, value).map_err(|cause| match cause {
                Cause::Incomplete | Cause::Partial | Cause::Unusable => Cause::ContextUnusable,
                cause => cause,
            }),
        }
    }

    fn stated_value(&self, test: &AttributeTest, value: &'a AttributeValue) -> Result<bool, Cause> {
        // Several signals of one location must agree.
        if let (Matcher::Country(area), AttributeValue::Countries(places, complete)) = (&test.matcher, value) {
            let version = area.at(self.now);
            let inside = !places.intersection(&version.members).is_empty();
            let outside = !places.without(&version.members).intersection(&version.mapped).is_empty();
            let unmapped = !places.without(&version.members).without(&version.mapped).is_empty();
            return match (inside, outside) {
                (true, true) => Err(Cause::Conflict),
                _ if unmapped => Err(Cause::Unmapped),
                _ if *complete == Complete::No => Err(Cause::Incomplete),
                (inside, _) => Ok(inside),
            };
        }
        if !is_set(&test.matcher) {
            return self.matches(&test.matcher, value);
        }
        let mut pool = Pool::default();
        pool.put(value, false, self.now);
        if test.attribute == AttributeId::CONTEXT_REGIONS {
            let one = |could| self.context.regionless().iter().any(|place| could_be_in(place, &test.matcher) == could);
            // A location outside all of the test's regions, for every region that it could have.
            if matches!(test.matcher, Matcher::OnlyText(_)) && one(false) {
                return Ok(false);
            }
            pool.spoiled = one(true).then_some(Cause::ContextMissing);
        }
        pool.matches(test, self.now)
    }

    /// The fact's value, if it satisfies the rule's evidence policy.
    pub(super) fn usable(&self, policy: &EvidencePolicy, fact: &'a Fact) -> Result<&'a AttributeValue, Cause> {
        // Withheld evidence has the highest assurance that it could have.
        if fact.assurance < policy.assurance || !self.is_accepted(policy, fact) {
            return Err(Cause::Insufficient);
        }
        let unreadable = if fact.undisclosed { Cause::Undisclosed } else { Cause::Unusable };
        let value = fact.value.as_ref().ok_or(unreadable)?;
        if fact.revoked {
            return Err(Cause::Revoked);
        }
        if fact.expires_at.is_some_and(|end| self.now >= end) {
            return Err(Cause::Expired);
        }
        if fact.verified_at.is_some_and(|verified| verified > self.now) {
            return Err(Cause::NotYetValid);
        }
        if let Some(age) = policy.max_age {
            if fact.undisclosed {
                return Err(Cause::Undisclosed);
            }
            let fresh = fact.verified_at.is_some_and(|verified| self.now < verified.saturating_add(age));
            if !fresh {
                return Err(Cause::Stale);
            }
        }
        Ok(value)
    }

    fn is_accepted(&self, policy: &EvidencePolicy, fact: &Fact) -> bool {
        if policy.issuers.is_none() && policy.classes.is_none() {
            return true;
        }
        let Some(issuer) = self.program.issuer(fact.issuer) else {
            // The names of a subject come from every token.
            return fact.attribute == AttributeId::SUBJECT_ID;
        };
        policy.accepts(issuer)
    }

    fn matches(&self, matcher: &Matcher, value: &AttributeValue) -> Result<bool, Cause> {
        match (matcher, value) {
            (Matcher::Country(area), AttributeValue::Country(value)) => {
                area.at(self.now).contains(*value).ok_or(Cause::Unmapped)
            }
            _ => plain(matcher, value),
        }
    }

    /// The values for which a test of this family in the sieve could be other than false. `None` if that could be any
    /// value.
    pub(crate) fn possible(&self, family: &Family) -> Option<CountrySet> {
        let attribute = family.attribute;
        if self.program.vocabulary().is_context(attribute) {
            return match self.context.get(attribute)?.as_ref()? {
                AttributeValue::Countries(places, complete) => (*complete != Complete::No).then_some(*places),
                AttributeValue::Country(country) => Some([*country].into_iter().collect()),
                AttributeValue::Bool(value) => Some(truth_value(*value)),
                _ => None,
            };
        }
        if self.unknown().is_some() || attribute == AttributeId::MOST_RECENT {
            return None;
        }
        let source = attribute.read_from().first().copied().unwrap_or(attribute);
        let ever = attribute == AttributeId::NATIONALITIES_EVER;
        let (mut values, mut settled) = (CountrySet::default(), false);
        for fact in self.facts(source) {
            let is_unsure = || self.says_complete(&family.policy, fact.issuer).is_err();
            if source == AttributeId::NATIONALITIES && is_unsure() {
                return None;
            }
            match self.usable(&family.policy, fact) {
                Ok(AttributeValue::Bool(value)) => {
                    values = values.union(&truth_value(*value));
                    settled = true;
                }
                Ok(AttributeValue::Country(country)) => {
                    values.insert(*country);
                    settled = true;
                }
                Ok(AttributeValue::Countries(members, _)) => values = values.union(members),
                Ok(AttributeValue::Holdings(held, _)) => {
                    held.iter().filter(|one| is_held(one, ever, self.now)).for_each(|one| values.insert(one.country));
                }
                // Withheld evidence could have any value.
                Err(Cause::Undisclosed) => return None,
                _ => {}
            }
        }
        // Absence from a set settles nothing, unless an issuer asserts that the set is complete.
        let wanted = if ever { Complete::Ever } else { Complete::Now };
        let whole = |issuer: usize| {
            let mut mine = self.facts(source).filter(|fact| fact.issuer == issuer);
            let said = source == AttributeId::NATIONALITIES && self.says_complete(&family.policy, issuer) == Ok(true);
            mine.all(|fact| match self.usable(&family.policy, fact) {
                Ok(AttributeValue::Countries(_, Complete::Untold) | AttributeValue::Holdings(_, Complete::Untold)) => {
                    false
                }
                Ok(AttributeValue::Countries(_, complete) | AttributeValue::Holdings(_, complete)) => {
                    said || *complete >= wanted
                }
                _ => false,
            })
        };
        let settled = settled || self.facts(source).any(|fact| whole(fact.issuer));
        settled.then_some(values)
    }

    /// Reports the instants at which time alone could change the evidence for an attribute.
    pub(crate) fn evidence_boundaries(
        &self,
        attribute: AttributeId,
        policy: &EvidencePolicy,
        tell: &mut dyn FnMut(Instant),
    ) {
        for fact in self.facts_behind(attribute) {
            fact.expires_at.into_iter().chain(fact.verified_at).for_each(&mut *tell);
            if let (Some(verified), Some(age)) = (fact.verified_at, policy.max_age) {
                tell(verified.saturating_add(age));
            }
            if let Some(AttributeValue::Holdings(held, _)) = &fact.value {
                held.iter().flat_map(|one| [one.since, one.until]).flatten().for_each(&mut *tell);
            }
        }
    }

    fn facts_behind(&self, attribute: AttributeId) -> impl Iterator<Item = &'a Fact> {
        attribute.settled_by().flat_map(|source| self.facts(source))
    }
}

/// True if a location without a stated region could change a test by its region, which is one in its country.
fn could_be_in(country: Country, matcher: &Matcher) -> bool {
    match matcher {
        Matcher::AnyText(regions) | Matcher::AllText(regions) | Matcher::OnlyText(regions) => {
            regions.iter().any(|region| region.get(..2) == Some(country.code()))
        }
        _ => true,
    }
}

/// The combined result of an attribute's sources for a test.
struct Combined {
    yes: bool,
    no: bool,
    /// A source that leaves the test open withholds evidence that could settle it either way.
    withheld: bool,
    nearest: Cause,
}

impl Default for Combined {
    fn default() -> Self {
        Self { yes: false, no: false, withheld: false, nearest: Cause::Missing }
    }
}

impl Combined {
    fn put(&mut self, found: Result<bool, Cause>, withholds: bool) {
        match found {
            Ok(true) => self.yes = true,
            Ok(false) => self.no = true,
            Err(cause) => {
                self.nearest = self.nearest.max(cause);
                self.withheld |= withholds;
            }
        }
    }

    /// Sources must agree. Evidence that one of them withholds could contradict the others.
    fn agreed(self) -> Result<bool, Cause> {
        match (self.yes, self.no) {
            (true, true) => Err(Cause::Conflict),
            (yes, no) if yes == no || self.withheld => Err(self.nearest),
            (yes, _) => Ok(yes),
        }
    }
}
