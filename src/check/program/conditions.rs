//! Conditions as shared nodes: equal conditions are evaluated once.

use super::AttributeTest;
use crate::base::intern::Interned;
use crate::base::set::Set;
use crate::base::time::Instant;
use crate::ruleset::attribute::AttributeId;
use crate::ruleset::model::{Condition, EvidencePolicies, EvidencePolicy, Matcher};
use std::borrow::Cow;

/// Position of a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct NodeId(u32);

/// Position of a test.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct TestId(u32);

/// How a node's truth follows from that of other nodes.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum NodeKind {
    /// True if all parts hold, or if there are none.
    All(Vec<NodeId>),
    /// True if any part holds. False if there are none.
    Any(Vec<NodeId>),
    /// True if the part does not hold.
    Not(NodeId),
    /// A test of one attribute.
    Test(TestId),
}

/// All conditions of a program. Children come before parents, so a pass in order never looks ahead.
#[derive(Debug, Default)]
pub(crate) struct Conditions {
    nodes: Interned<NodeKind>,
    pub(super) tests: Interned<AttributeTest>,
    watches: Interned<TimedEvidence>,
}

/// The aspects of a test that time alone can change: the evidence for an attribute under a policy, and the instants at
/// which its area changes.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct TimedEvidence {
    pub(crate) attribute: AttributeId,
    pub(crate) policy: EvidencePolicy,
    pub(crate) changes: Vec<Instant>,
}

impl NodeId {
    pub(crate) const fn number(self) -> u32 {
        self.0
    }
}

impl Conditions {
    pub(crate) fn node(&self, id: NodeId) -> Option<&NodeKind> {
        self.nodes.get(id.0)
    }

    pub(crate) fn test(&self, id: TestId) -> Option<&AttributeTest> {
        self.tests.get(id.0)
    }

    /// The tests under a node.
    pub(crate) fn tests_of(&self, id: NodeId, found: &mut Set<TestId>) {
        match self.node(id) {
            Some(NodeKind::All(parts) | NodeKind::Any(parts)) => {
                parts.iter().for_each(|part| self.tests_of(*part, found));
            }
            Some(NodeKind::Not(part)) => self.tests_of(*part, found),
            Some(NodeKind::Test(test)) => {
                found.insert(*test);
            }
            None => {}
        }
    }

    pub(crate) fn watch(&self, number: u32) -> Option<&TimedEvidence> {
        self.watches.get(number)
    }

    /// Collects the attributes that a node reads, and its watches.
    pub(super) fn asks_of(&mut self, id: NodeId, asks: &mut Set<AttributeId>, watches: &mut Set<u32>) {
        let mut tests = Set::default();
        self.tests_of(id, &mut tests);
        for test in tests {
            let Some(test) = self.tests.get(test.0) else { continue };
            asks.insert(test.attribute);
            let changes: Vec<Instant> = test.matcher.area().into_iter().flat_map(|area| area.boundaries()).collect();
            watches.insert(self.watches.add_with(
                (&test.attribute, &test.policy, &changes),
                |known| known.attribute == test.attribute && known.policy == test.policy && known.changes == changes,
                || TimedEvidence { attribute: test.attribute, policy: test.policy.clone(), changes: changes.clone() },
            ));
        }
    }

    pub(super) fn add(&mut self, condition: &Condition, evidence: &EvidencePolicies) -> NodeId {
        match condition {
            Condition::All(parts) => {
                let parts = self.parts(&merge(parts, Matcher::both), evidence, true);
                self.combine(parts, NodeKind::All)
            }
            Condition::Any(parts) => {
                let parts = self.parts(&merge(parts, Matcher::either), evidence, false);
                self.combine(parts, NodeKind::Any)
            }
            Condition::Not(part) => {
                let inner = self.add(part, evidence);
                match self.node(inner) {
                    Some(NodeKind::Not(twice)) => *twice,
                    _ => self.intern(NodeKind::Not(inner)),
                }
            }
            Condition::Test(attribute, matcher) => {
                let policy = policy(*attribute, evidence);
                let id = self.tests.add_with(
                    (attribute, matcher, policy),
                    |known| known.attribute == *attribute && known.matcher == *matcher && known.policy == *policy,
                    || AttributeTest { attribute: *attribute, matcher: matcher.clone(), policy: policy.clone() },
                );
                self.intern(NodeKind::Test(TestId(id)))
            }
        }
    }

    /// The parts of an `all` or `any`, in a fixed order. Nested ones of the same kind are flattened.
    fn parts(&mut self, parts: &[Condition], evidence: &EvidencePolicies, all: bool) -> Set<NodeId> {
        let mut ids = Set::default();
        for part in parts {
            let id = self.add(part, evidence);
            match (self.node(id), all) {
                (Some(NodeKind::All(inner)), true) | (Some(NodeKind::Any(inner)), false) => {
                    ids.extend(inner.iter().copied());
                }
                _ => {
                    ids.insert(id);
                }
            }
        }
        ids
    }

    fn combine(&mut self, parts: Set<NodeId>, kind: fn(Vec<NodeId>) -> NodeKind) -> NodeId {
        match parts.as_slice() {
            [only] => *only,
            _ => self.intern(kind(parts.into_vec())),
        }
    }

    fn intern(&mut self, node: NodeKind) -> NodeId {
        NodeId(self.nodes.add(node))
    }
}

/// The evidence policy of an attribute: its own, or that of the attribute whose facts it reads.
fn policy(attribute: AttributeId, evidence: &EvidencePolicies) -> &EvidencePolicy {
    const ANY: &EvidencePolicy = &EvidencePolicy { assurance: 0, max_age: None, issuers: None, classes: None };
    let sources = attribute.read_from().iter();
    std::iter::once(&attribute).chain(sources).find_map(|attribute| evidence.get(attribute)).unwrap_or(ANY)
}

/// Joins tests of one attribute into one test if that is exact. Evidence for two wanted values is then no conflict:
/// `any` of citizen and of resident accepts either.
fn merge(parts: &[Condition], join: fn(&Matcher, &Matcher) -> Option<Matcher>) -> Cow<'_, [Condition]> {
    let repeats = |part: &Condition, before: &[Condition]| match part {
        Condition::Test(attribute, _) => {
            before.iter().any(|other| matches!(other, Condition::Test(of, _) if of == attribute))
        }
        _ => false,
    };
    if !parts.iter().enumerate().any(|(place, part)| repeats(part, parts.get(..place).unwrap_or_default())) {
        return Cow::Borrowed(parts);
    }
    let mut merged: Vec<Condition> = Vec::new();
    for part in parts {
        let Condition::Test(attribute, matcher) = part else {
            merged.push(part.clone());
            continue;
        };
        let joined = merged.iter_mut().find_map(|other| match other {
            Condition::Test(of, earlier) if of == attribute => Some((join(earlier, matcher)?, earlier)),
            _ => None,
        });
        match joined {
            Some((both, earlier)) => *earlier = both,
            None => merged.push(part.clone()),
        }
    }
    Cow::Owned(merged)
}

impl Matcher {
    /// The matcher that holds if either does. `None` if there is none.
    fn either(&self, other: &Self) -> Option<Self> {
        match (self, other) {
            (Self::Text(a), Self::Text(b)) => Some(Self::Text(a.union(b))),
            (Self::Under(a), Self::Under(b)) => Some(Self::Under(a.union(b))),
            (Self::Country(a), Self::Country(b)) => Some(Self::Country(a.union(b))),
            (Self::AnyText(a), Self::AnyText(b)) => Some(Self::AnyText(a.union(b))),
            (Self::AnyCountry(a), Self::AnyCountry(b)) => Some(Self::AnyCountry(a.union(b))),
            (a, b) => (a == b).then(|| a.clone()),
        }
    }

    /// The matcher that holds if both do. `None` if there is none.
    fn both(&self, other: &Self) -> Option<Self> {
        match (self, other) {
            (Self::AllText(a), Self::AllText(b)) => Some(Self::AllText(a.union(b))),
            (Self::AllCountry(a), Self::AllCountry(b)) => Some(Self::AllCountry(a.union(b))),
            (a, b) => (a == b).then(|| a.clone()),
        }
    }
}
