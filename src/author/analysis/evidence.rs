//! The claims about a party, and the regions in which a test of one value is true or false.

use super::atom::{Atom, ClaimAtom, Who};
use super::diagram::{Diagram, Diagrams};
use super::reader::{SymbolicReader, Truths, beside_withheld};
use super::universe::{Universe, read_by};
use crate::base::set::Set;
use crate::check::program::AttributeTest;
use crate::check::subject::Fact;
use crate::ruleset::attribute::{AttributeId, END_USER};

impl<'a, 'b> SymbolicReader<'a, 'b> {
    /// The fact about an attribute that follows from a claim: the claim itself, or what it implies.
    pub(super) fn facts(&self, claim: &ClaimAtom, attribute: AttributeId) -> Option<Fact> {
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
    pub(super) fn claims(
        &self,
        all: &mut Diagrams,
        who: &Who,
        attribute: AttributeId,
    ) -> Vec<(Diagram, &'b ClaimAtom)> {
        let name = self.side.program.vocabulary().name(attribute);
        let universe: &'b Universe = self.universe;
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
            for variable in universe.claims(&whose, name) {
                let Some(Atom::Claim(claim)) = universe.atom(*variable) else { continue };
                let said = all.yes(*variable);
                let counts = match self.side.speaks_of_parties(name, &claim.source) {
                    true => said,
                    false => all.and(said, own_token),
                };
                found.push((counts, claim));
            }
        }
        found
    }

    pub(super) fn scalar(&self, all: &mut Diagrams, test: &AttributeTest, who: &Who) -> Truths {
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
        for variable in self.universe.claims(who, "subject.id") {
            let Some(Atom::Name { id, .. }) = self.universe.atom(*variable) else { continue };
            let issuer = if *who == Who::Person { id.split(':').next().unwrap_or_default() } else { "" };
            if issuer != before {
                (before, taken) = (issuer.to_owned(), Diagram::NONE);
            }
            let said = all.yes(*variable);
            let said = all.without(said, elsewhere);
            let first = all.without(said, taken);
            taken = all.or(taken, said);
            names.push((first, id.clone()));
        }
        names
    }

    /// The region in which a token of the presenter may withhold a name.
    pub(super) fn name_hidden(&self, all: &mut Diagrams) -> Diagram {
        let names = self.universe.claims(&Who::Person, "subject.id").iter();
        let mut hidden = names.filter(|variable| self.universe.atom(**variable) == Some(&Atom::NameHidden));
        hidden.next().map_or(Diagram::NONE, |variable| all.yes(*variable))
    }

    /// The region in which the tokens are those of the party.
    pub(super) fn presents(&self, all: &mut Diagrams, who: &Who) -> Diagram {
        match who {
            Who::Person => {
                let chain = self.chain(all);
                let (another, unstated) = (chain.another, chain.unstated);
                let other = all.or(another, unstated);
                all.not(other)
            }
            Who::Role(role, 0) if role == END_USER => self.presents(all, &Who::Person),
            Who::Role(role, 0) => {
                let as_party = self.chain(all).as_party.iter().find(|(known, _)| known == role);
                as_party.map_or(Diagram::NONE, |(_, when)| *when)
            }
            Who::Perhaps(_) => Diagram::ALL,
            Who::Role(..) | Who::Actor(_) | Who::UnstatedEndUser => Diagram::NONE,
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
    pub(super) fn names_elsewhere(&self, all: &mut Diagrams, who: &Who) -> Option<Diagram> {
        let served = *who == Who::Person || matches!(who, Who::Role(role, 0) if role == END_USER);
        served.then(|| {
            let chain = self.chain(all);
            let (another, unknown) = (chain.another, chain.said_unknown);
            all.or(another, unknown)
        })
    }
}
