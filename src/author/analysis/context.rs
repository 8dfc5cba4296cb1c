//! The host's statements: values, locations and the chain, and the regions in which tests of them are true or false.

use super::atom::{Atom, Who};
use super::diagram::{Diagram, Diagrams};
use super::reader::{Chain, NEVER, SymbolicReader, Truths};
use super::sets::{Pooled, SymbolicPool};
use super::universe::country_of;
use crate::base::country::CountrySet;
use crate::base::set::Set;
use crate::check::decide::for_authors::is_set;
use crate::check::program::AttributeTest;
use crate::ruleset::attribute::{AttributeId, AttributeValue, Complete, END_USER};
use crate::ruleset::model::Matcher;

impl<'a, 'b> SymbolicReader<'a, 'b> {
    pub(super) fn stated(&self, all: &mut Diagrams, test: &AttributeTest) -> Truths {
        match test.attribute {
            AttributeId::CONTEXT_COUNTRY | AttributeId::CONTEXT_COUNTRIES => self.places(all, test),
            AttributeId::CONTEXT_REGIONS => self.regions(all, test),
            AttributeId::CHAIN_ROLES => {
                let mut pool = SymbolicPool { any: vec![self.has_chain(all)], ..SymbolicPool::default() };
                for (who, present) in self.parties(all) {
                    if let Who::Role(role, _) = who {
                        let value = AttributeValue::Texts(crate::base::set::Set::of(role), Complete::Ever);
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
    pub(super) fn stated_pool(&self, all: &mut Diagrams, test: &AttributeTest, mut pool: SymbolicPool) -> Truths {
        pool.complete = pool.any.clone();
        let Pooled { yes, no, .. } = self.pool(all, test, &pool);
        let settled = all.or(yes, no);
        Truths { yes, no, noisy: all.not(settled) }
    }

    /// A location without a region leaves open only tests that a region of its country could change.
    pub(super) fn regions(&self, all: &mut Diagrams, test: &AttributeTest) -> Truths {
        let named = match &test.matcher {
            Matcher::AnyText(regions) | Matcher::AllText(regions) | Matcher::OnlyText(regions) => Some(regions),
            _ => None,
        };
        let mut pool = SymbolicPool::default();
        let (mut spoilt, mut elsewhere) = (Vec::new(), Vec::new());
        for variable in self.universe.stated("context.countries") {
            let said = all.yes(*variable);
            match self.universe.atom(*variable) {
                Some(Atom::Place(Some(_), Some(region))) => {
                    pool.any.push(said);
                    let value = AttributeValue::Texts(crate::base::set::Set::of(region.clone()), Complete::No);
                    pool.members.push((said, value));
                }
                Some(Atom::Place(Some(country), None)) => {
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

    pub(super) fn places(&self, all: &mut Diagrams, test: &AttributeTest) -> Truths {
        let mut pool = SymbolicPool::default();
        for variable in self.universe.stated("context.countries") {
            let said = all.yes(*variable);
            match self.universe.atom(*variable) {
                Some(Atom::Place(Some(country), _)) => {
                    pool.any.push(said);
                    let set: CountrySet = [*country].into_iter().collect();
                    pool.members.push((said, AttributeValue::Countries(set, Complete::No)));
                }
                Some(Atom::Place(None, _)) => pool.spoilt.push(said),
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
    pub(super) fn stated_value(&self, all: &mut Diagrams, test: &AttributeTest) -> Truths {
        let attribute = self.side.program.vocabulary().get(test.attribute);
        let Some(attribute) = attribute else { return NEVER };
        let read = |value: &serde_json::Value| crate::check::decide::for_authors::stated(&attribute.kind, value);
        if is_set(&test.matcher) {
            let mut pool = SymbolicPool::default();
            for variable in self.universe.stated(&attribute.name) {
                let said = all.yes(*variable);
                pool.any.push(said);
                if let Some(Atom::Member(_, Some(member))) = self.universe.atom(*variable)
                    && let Some(value) = read(&serde_json::Value::Array(vec![member.clone()]))
                {
                    pool.members.push((said, value));
                }
            }
            return self.stated_pool(all, test, pool);
        }
        let (mut yes, mut no, mut before) = (Diagram::NONE, Diagram::NONE, Diagram::NONE);
        for variable in self.universe.stated(&attribute.name) {
            let Some(Atom::Stated(_, value)) = self.universe.atom(*variable) else { continue };
            let said = all.yes(*variable);
            let stated = all.without(said, before);
            before = all.or(before, said);
            match read(value).and_then(|value| self.fits(&test.matcher, &value)) {
                Some(true) => yes = all.or(yes, stated),
                Some(false) => no = all.or(no, stated),
                None => {}
            }
        }
        let nothing = all.not(before);
        match attribute.absent.and_then(|absent| self.fits(&test.matcher, &AttributeValue::Bool(absent))) {
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
        parties.extend(perhaps.chain([(Who::UnstatedEndUser, chain.unstated)]));
        parties
    }

    pub(super) fn stated_parties(&self, all: &mut Diagrams) -> Vec<(Who, Diagram)> {
        let end_user = self.chain_says(all, &Atom::Party(Who::Role(END_USER.to_owned(), 0)));
        let mut parties = Vec::new();
        for variable in self.universe.stated("context.chain") {
            if let Some(Atom::Party(who)) = self.universe.atom(*variable) {
                let said = all.yes(*variable);
                // A second end user is present only if the first one is.
                let other = matches!(who, Who::Role(role, 1..) if role == END_USER);
                parties.push((who.clone(), if other { all.and(said, end_user) } else { said }));
            }
        }
        parties
    }

    pub(super) fn chain_says(&self, all: &mut Diagrams, atom: &Atom) -> Diagram {
        let mut asked = self.universe.stated("context.chain").iter();
        let variable = asked.find(|variable| self.universe.atom(**variable) == Some(atom));
        variable.map_or(Diagram::NONE, |variable| all.yes(*variable))
    }

    /// The region in which a chain is stated: an empty one, or one with parties that a token or the host vouches for.
    pub(super) fn has_chain(&self, all: &mut Diagrams) -> Diagram {
        let mut stated = self.chain_says(all, &Atom::Chain);
        for (who, present) in self.stated_parties(all) {
            if matches!(who, Who::Role(..)) {
                stated = all.or(stated, present);
            }
        }
        stated
    }

    /// The same as `Stated::settle` of `decide`.
    pub(super) fn chain(&self, all: &mut Diagrams) -> &Chain {
        if self.chain.get().is_none() {
            let chain = self.read_chain(all);
            let _ = self.chain.set(chain);
        }
        self.chain.get_or_init(|| Chain {
            said_unknown: Diagram::NONE,
            unknown: Diagram::NONE,
            unstated: Diagram::NONE,
            another: Diagram::NONE,
            as_party: Vec::new(),
            perhaps: Vec::new(),
        })
    }

    pub(super) fn read_chain(&self, all: &mut Diagrams) -> Chain {
        let [says_unknown, is_another, twice] =
            [Atom::EndUserUnknown, Atom::Another, Atom::Twice].map(|atom| self.chain_says(all, &atom));
        let (mut end_user, mut others, mut several) = (Diagram::NONE, Diagram::NONE, Diagram::NONE);
        let mut unnamed: Vec<(String, Diagram)> = Vec::new();
        for (who, present) in self.stated_parties(all) {
            match who {
                Who::Role(role, 0) if role == END_USER => end_user = present,
                Who::Role(role, _) if role == END_USER => several = all.or(several, present),
                Who::Role(role, copy) => {
                    others = all.or(others, present);
                    if copy == 0 {
                        let says = self.chain_says(all, &Atom::Unnamed(role.clone()));
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
        let unstated = all.or(over_nothing, several);
        let unknown = all.or(said_unknown, unstated);
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
        Chain { said_unknown, unknown, unstated, another, as_party, perhaps }
    }
}
