//! Finds the rules that can matter to a person without evaluating each rule. It has a bit for every rule, per model and
//! action, and per country or truth value that a test could find. The condition of a rule that it excludes is false.

use super::conditions::Conditions;
use super::{AttributeTest, Cell, NodeId, NodeKind};
use crate::base::country::CountrySet;
use crate::ruleset::attribute::AttributeId;
use crate::ruleset::model::{EvidencePolicy, Matcher};

/// With fewer rules than this, evaluating each costs less than sieving.
const WORTHWHILE: usize = 48;

/// One bit per rule.
#[derive(Clone, Debug)]
pub(crate) struct Candidates(Vec<u64>);

/// The bits of a program's rules.
#[derive(Debug)]
pub(crate) struct Sieve {
    rules: usize,
    /// Per cell, the rules whose scope includes it.
    scope: Vec<Candidates>,
    families: Vec<Family>,
}

/// The tests of one attribute with one evidence policy: reading the evidence once serves all of them.
#[derive(Debug)]
pub(crate) struct Family {
    pub(crate) attribute: AttributeId,
    pub(crate) policy: EvidencePolicy,
    /// The rules without a test of this family.
    free: Candidates,
    /// Per value, the rules whose test of this family is not false for it. Truth values are the first two.
    possible: Vec<Option<Candidates>>,
}

impl Sieve {
    pub(super) fn new(rules: usize, cells: usize) -> Self {
        Self { rules, scope: vec![Candidates::none(rules); cells], families: Vec::new() }
    }

    pub(super) fn put_in_scope(&mut self, cell: usize, rule: usize) {
        if let Some(bits) = self.scope.get_mut(cell) {
            bits.insert(rule);
        }
    }

    /// Adds a rule's condition: the parts that must all hold.
    pub(super) fn put_condition(&mut self, rule: usize, when: NodeId, conditions: &Conditions) {
        if self.rules < WORTHWHILE {
            return;
        }
        let mut taken: Vec<usize> = Vec::new();
        match conditions.node(when) {
            Some(NodeKind::All(parts)) => {
                for part in parts {
                    self.put_part(rule, *part, conditions, &mut taken);
                }
            }
            _ => self.put_part(rule, when, conditions, &mut taken),
        }
    }

    fn put_part(&mut self, rule: usize, part: NodeId, conditions: &Conditions, taken: &mut Vec<usize>) {
        let (test, wanted) = match conditions.node(part) {
            Some(NodeKind::Test(test)) => (conditions.test(*test), true),
            Some(NodeKind::Not(inner)) => match conditions.node(*inner) {
                Some(NodeKind::Test(test)) => (conditions.test(*test), false),
                _ => return,
            },
            _ => return,
        };
        let Some(test) = test else { return };
        let Some(values) = possible(test, wanted) else { return };
        let family = self.family(test);
        // Only one test of a family per rule: the bits of two would mean either, but both must hold.
        if taken.contains(&family) {
            return;
        }
        taken.push(family);
        let rules = self.rules;
        let Some(family) = self.families.get_mut(family) else { return };
        family.free.remove(rule);
        for value in values.iter() {
            if let Some(slot) = family.possible.get_mut(value.position()) {
                slot.get_or_insert_with(|| Candidates::none(rules)).insert(rule);
            }
        }
    }

    fn family(&mut self, test: &AttributeTest) -> usize {
        let known =
            self.families.iter().position(|known| known.attribute == test.attribute && known.policy == test.policy);
        known.unwrap_or_else(|| {
            self.families.push(Family {
                attribute: test.attribute,
                policy: test.policy.clone(),
                free: Candidates::all(self.rules),
                possible: vec![None; 256],
            });
            self.families.len().saturating_sub(1)
        })
    }

    /// Removes families of few rules, which cost more than they save.
    pub(super) fn finish(&mut self) {
        self.families.retain(|family| family.free.zeros() >= WORTHWHILE / 2);
    }

    pub(crate) fn families(&self) -> &[Family] {
        &self.families
    }

    /// Every rule.
    pub(crate) fn every_rule(&self) -> Candidates {
        Candidates::all(self.rules)
    }

    /// The candidates whose scope includes any of these cells, as ascending positions.
    pub(crate) fn in_any_scope(&self, cells: &[Cell], candidates: &Candidates) -> Vec<usize> {
        let mut all = Candidates::none(self.rules);
        for scope in cells.iter().filter_map(|cell| self.scope.get(cell.position())) {
            all.0.iter_mut().zip(&scope.0).for_each(|(all, one)| *all |= one);
        }
        Common { left: &all.0, right: &candidates.0, word: 0, first: 0 }.collect()
    }

    /// The candidates whose scope includes a cell, as ascending positions.
    pub(crate) fn in_scope<'a>(&'a self, cell: Cell, candidates: &'a Candidates) -> impl Iterator<Item = usize> + 'a {
        let scope = self.scope.get(cell.position()).map(|bits| bits.0.as_slice()).unwrap_or_default();
        Common { left: scope, right: &candidates.0, word: 0, first: 0 }
    }
}

impl Family {
    /// Keeps the rules whose test is not false for all of these values.
    pub(crate) fn keep(&self, values: &CountrySet, candidates: &mut Candidates) {
        let possible: Vec<&[u64]> = values
            .iter()
            .filter_map(|value| self.possible.get(value.position())?.as_ref())
            .map(|bits| bits.0.as_slice())
            .collect();
        for (index, (word, free)) in candidates.0.iter_mut().zip(&self.free.0).enumerate() {
            let held = possible.iter().filter_map(|bits| bits.get(index)).fold(*free, |held, bits| held | bits);
            *word &= held;
        }
    }
}

/// The values for which a test is not false. Truth values are the first two positions.
fn possible(test: &AttributeTest, wanted: bool) -> Option<CountrySet> {
    match &test.matcher {
        Matcher::Is(value) => Some(truth_value(*value == wanted)),
        Matcher::Country(area) => {
            let version = area.always()?;
            Some(if wanted {
                version.members.union(&CountrySet::ALL.without(&version.mapped))
            } else {
                CountrySet::ALL.without(&version.members)
            })
        }
        Matcher::AnyCountry(area) if wanted => {
            let version = area.always()?;
            Some(version.members.union(&CountrySet::ALL.without(&version.mapped)))
        }
        _ => None,
    }
}

/// A truth value in the sieve's encoding.
pub(crate) const fn truth_value(value: bool) -> CountrySet {
    CountrySet::from_words([if value { 2 } else { 1 }, 0, 0, 0])
}

impl Candidates {
    fn none(rules: usize) -> Self {
        Self(vec![0; rules.div_ceil(64)])
    }

    fn all(rules: usize) -> Self {
        Self(vec![u64::MAX; rules.div_ceil(64)])
    }

    fn insert(&mut self, rule: usize) {
        if let Some(word) = self.0.get_mut(rule / 64) {
            *word |= 1 << (rule % 64);
        }
    }

    fn remove(&mut self, rule: usize) {
        if let Some(word) = self.0.get_mut(rule / 64) {
            *word &= !(1 << (rule % 64));
        }
    }

    fn zeros(&self) -> usize {
        self.0.iter().map(|word| usize::try_from(word.count_zeros()).unwrap_or(0)).sum()
    }
}

/// The positions of the bits that are set in both. Most words are zero: a tight loop skips them.
struct Common<'a> {
    /// The words after the current one.
    left: &'a [u64],
    right: &'a [u64],
    /// The remaining bits of the current word.
    word: u64,
    /// Position of the first bit of the word after the current one.
    first: usize,
}

impl Iterator for Common<'_> {
    type Item = usize;

    fn next(&mut self) -> Option<usize> {
        while self.word == 0 {
            let ((left, lefts), (right, rights)) = (self.left.split_first()?, self.right.split_first()?);
            self.word = left & right;
            self.left = lefts;
            self.right = rights;
            self.first = self.first.saturating_add(64);
        }
        let place = usize::try_from(self.word.trailing_zeros()).unwrap_or(0);
        self.word &= self.word.wrapping_sub(1);
        Some(self.first.saturating_sub(64).saturating_add(place))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::country::Country;

    #[test]
    fn ones_are_found_in_order() {
        let mut bits = Candidates::none(200);
        for rule in [0, 63, 64, 199] {
            bits.insert(rule);
        }
        let every = Candidates::all(200);
        let found: Vec<usize> = Common { left: &bits.0, right: &every.0, word: 0, first: 0 }.collect();
        assert_eq!(found, [0, 63, 64, 199]);
        bits.remove(63);
        assert_eq!(bits.zeros(), 256 - 3);
        let truth = |value: bool| truth_value(value).iter().map(Country::position).collect::<Vec<_>>();
        assert_eq!((truth(false), truth(true)), (vec![0], vec![1]));
    }
}
