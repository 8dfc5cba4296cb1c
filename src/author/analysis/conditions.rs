//! Translates conditions to decision diagrams: for each test and each combination of tests, the requests for which it is
//! true or false.

use super::atom::{Atom, Who};
use super::diagram::{Diagram, Diagrams};
use super::reader::{NEVER, SymbolicReader, Truths};
use crate::check::decide::for_authors::{is_set, value_fits};
use crate::check::program::{AttributeTest, NodeId, NodeKind};
use crate::ruleset::attribute::{AttributeId, AttributeValue, END_USER};
use crate::ruleset::model::Matcher;

impl<'a, 'b> SymbolicReader<'a, 'b> {
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

    pub(super) fn joined(&mut self, all: &mut Diagrams, parts: &[NodeId], who: &Who, any: bool) -> Truths {
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

    pub(super) fn test(&self, all: &mut Diagrams, test: &AttributeTest, who: &Who) -> Truths {
        let vocabulary = self.side.program.vocabulary();
        if vocabulary.is_context(test.attribute) {
            return self.stated(all, test);
        }
        if *who == Who::UnstatedEndUser {
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
            Who::Role(..) => self.chain_says(all, &Atom::Unknown(who.clone())),
            Who::Actor(_) | Who::Perhaps(_) | Who::UnstatedEndUser => return truths,
        };
        Truths {
            yes: all.without(truths.yes, unknown),
            no: all.without(truths.no, unknown),
            noisy: all.or(truths.noisy, unknown),
        }
    }

    pub(super) fn fits(&self, matcher: &Matcher, value: &AttributeValue) -> Option<bool> {
        match (matcher, value) {
            (Matcher::Country(area), AttributeValue::Country(country)) => area.at(self.side.now).contains(*country),
            _ => value_fits(matcher, value).ok(),
        }
    }
}
