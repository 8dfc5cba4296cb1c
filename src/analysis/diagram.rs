//! Binary decision diagrams (Bryant 1986): a set of assignments of yes or no to questions, one diagram for each set. Reduced and
//! ordered, so that two sets are equal where their diagrams are the same number.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

/// A set of assignments, as its place among the diagrams of one `Diagrams`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Diagram(u32);

impl Diagram {
    /// No assignment.
    pub(super) const NONE: Self = Self(0);
    /// Every assignment.
    pub(super) const ALL: Self = Self(1);

    pub(super) fn is_none(self) -> bool {
        self == Self::NONE
    }
}

/// One question, and what is left where the answer is no and where it is yes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Node {
    question: u32,
    no: Diagram,
    yes: Diagram,
}

/// All diagrams over one order of questions.
pub(super) struct Diagrams {
    nodes: Vec<Node>,
    /// Where each node is, found by what it is; as long as the next power of two after twice as many. 0 is free.
    places: Vec<u32>,
    /// What was made last, each result in the one slot that its key leads to: a later one takes the place of an earlier one.
    results: Vec<([u32; 3], Diagram)>,
    /// Most nodes.
    budget: usize,
    exhausted: bool,
}

/// Fewest and most results that are kept.
const RESULTS: std::ops::RangeInclusive<usize> = 1 << 12..=1 << 21;

impl Diagrams {
    pub(super) fn new(budget: usize) -> Self {
        // The first two stand for nothing and everything; no question has that number.
        let ends = [Diagram::NONE, Diagram::ALL].map(|end| Node { question: u32::MAX, no: end, yes: end });
        let results = vec![NO_RESULT; *RESULTS.start()];
        Self { nodes: ends.to_vec(), places: vec![0; *RESULTS.start()], results, budget, exhausted: false }
    }

    /// Whether there was more to do than the budget allows. What was made since means nothing.
    pub(super) const fn is_exhausted(&self) -> bool {
        self.exhausted
    }

    /// The assignments whose answer to a question is yes.
    pub(super) fn yes(&mut self, question: u32) -> Diagram {
        self.node(question, Diagram::NONE, Diagram::ALL)
    }

    pub(super) fn not(&mut self, a: Diagram) -> Diagram {
        self.choose(a, Diagram::NONE, Diagram::ALL)
    }

    pub(super) fn and(&mut self, a: Diagram, b: Diagram) -> Diagram {
        let (a, b) = (a.min(b), a.max(b));
        self.choose(a, b, Diagram::NONE)
    }

    pub(super) fn or(&mut self, a: Diagram, b: Diagram) -> Diagram {
        let (a, b) = (a.min(b), a.max(b));
        self.choose(a, Diagram::ALL, b)
    }

    /// Those of `a` that are not in `b`.
    pub(super) fn without(&mut self, a: Diagram, b: Diagram) -> Diagram {
        self.choose(b, Diagram::NONE, a)
    }

    /// The last questions first, so that what is there already is never gone through again.
    pub(super) fn any(&mut self, all: impl IntoIterator<Item = Diagram>) -> Diagram {
        let mut all: Vec<Diagram> = all.into_iter().collect();
        all.sort_by_key(|one| std::cmp::Reverse(self.at(*one).question));
        all.into_iter().fold(Diagram::NONE, |any, one| self.or(one, any))
    }

    /// Two by two, and so on: of many large ones, what is made on the way stays small.
    pub(super) fn union(&mut self, mut all: Vec<Diagram>) -> Diagram {
        all.sort();
        all.dedup();
        while all.len() > 1 {
            all = all.chunks(2).map(|pair| self.any(pair.iter().copied())).collect();
        }
        all.pop().unwrap_or(Diagram::NONE)
    }

    /// Where `of`, then `then`; elsewhere `other`.
    fn choose(&mut self, of: Diagram, then: Diagram, other: Diagram) -> Diagram {
        match (of, then, other) {
            (Diagram::ALL, _, _) => return then,
            (Diagram::NONE, _, _) => return other,
            (_, Diagram::ALL, Diagram::NONE) => return of,
            _ if then == other => return then,
            _ if self.exhausted => return Diagram::NONE,
            _ => {}
        }
        let key = [of.0, then.0, other.0];
        if let Some((known, result)) = self.results.get(slot(key, self.results.len()))
            && *known == key
        {
            return *result;
        }
        let question = [of, then, other].into_iter().map(|part| self.at(part).question).min().unwrap_or(u32::MAX);
        let ([of_no, then_no, other_no], [of_yes, then_yes, other_yes]) = (
            [of, then, other].map(|part| self.side(part, question, false)),
            [of, then, other].map(|part| self.side(part, question, true)),
        );
        let no = self.choose(of_no, then_no, other_no);
        let yes = self.choose(of_yes, then_yes, other_yes);
        let result = self.node(question, no, yes);
        // The table may have grown since.
        let place = slot(key, self.results.len());
        if let Some(slot) = self.results.get_mut(place) {
            *slot = (key, result);
        }
        result
    }

    fn at(&self, diagram: Diagram) -> Node {
        let end = Node { question: u32::MAX, no: diagram, yes: diagram };
        usize::try_from(diagram.0).ok().and_then(|place| self.nodes.get(place)).copied().unwrap_or(end)
    }

    fn side(&self, diagram: Diagram, question: u32, yes: bool) -> Diagram {
        let node = self.at(diagram);
        match (node.question == question, yes) {
            (false, _) => diagram,
            (true, false) => node.no,
            (true, true) => node.yes,
        }
    }

    fn node(&mut self, question: u32, no: Diagram, yes: Diagram) -> Diagram {
        if no == yes {
            return no;
        }
        let node = Node { question, no, yes };
        let mut place = slot([question, no.0, yes.0], self.places.len());
        while let Some(&known) = self.places.get(place).filter(|known| **known != 0) {
            if self.at(Diagram(known)) == node {
                return Diagram(known);
            }
            place = place.saturating_add(1);
            if place >= self.places.len() {
                place = 0;
            }
        }
        let number = u32::try_from(self.nodes.len()).ok().filter(|_| self.nodes.len() < self.budget);
        let Some(number) = number else {
            self.exhausted = true;
            return Diagram::NONE;
        };
        self.nodes.push(node);
        if let Some(free) = self.places.get_mut(place) {
            *free = number;
        }
        if self.nodes.len().saturating_mul(2) > self.places.len() {
            self.grow();
        }
        Diagram(number)
    }

    /// Twice the room, for nodes and, up to a point, for results.
    fn grow(&mut self) {
        let length = self.places.len().saturating_mul(2);
        let mut places = vec![0; length];
        for (number, node) in (0_u32..).zip(&self.nodes).skip(2) {
            let mut place = slot([node.question, node.no.0, node.yes.0], length);
            while places.get(place).is_some_and(|known| *known != 0) {
                place = place.saturating_add(1);
                if place >= length {
                    place = 0;
                }
            }
            if let Some(free) = places.get_mut(place) {
                *free = number;
            }
        }
        self.places = places;
        if length <= *RESULTS.end() {
            let known = std::mem::replace(&mut self.results, vec![NO_RESULT; length]);
            for (key, result) in known.into_iter().filter(|one| *one != NO_RESULT) {
                if let Some(slot) = self.results.get_mut(slot(key, length)) {
                    *slot = (key, result);
                }
            }
        }
    }

    /// Whether an assignment, as the questions that it answers with yes, is in a set.
    #[cfg(test)]
    pub(super) fn contains(&self, diagram: Diagram, yes: &std::collections::BTreeSet<u32>) -> bool {
        let mut at = diagram;
        while at > Diagram::ALL {
            at = self.side(at, self.at(at).question, yes.contains(&self.at(at).question));
        }
        at == Diagram::ALL
    }

    /// The cheapest assignment of a set, as the questions that it answers with yes; each has a price, and no costs nothing.
    pub(super) fn cheapest(&self, diagram: Diagram, price: impl Fn(u32) -> u64) -> Option<Vec<u32>> {
        if diagram.is_none() {
            return None;
        }
        let mut costs: HashMap<Diagram, u64, BuildHasherDefault<Number>> = HashMap::default();
        costs.extend([(Diagram::ALL, 0), (Diagram::NONE, u64::MAX)]);
        let mut open = vec![diagram];
        while let Some(&one) = open.last() {
            let node = self.at(one);
            match (costs.get(&node.no), costs.get(&node.yes)) {
                _ if costs.contains_key(&one) => {
                    open.pop();
                }
                (Some(&no), Some(&yes)) => {
                    costs.insert(one, no.min(yes.saturating_add(price(node.question))));
                    open.pop();
                }
                (no, yes) => {
                    open.extend(no.is_none().then_some(node.no));
                    open.extend(yes.is_none().then_some(node.yes));
                }
            }
        }
        let cost = |one: Diagram| costs.get(&one).copied().unwrap_or(u64::MAX);
        let (mut chosen, mut at) = (Vec::new(), diagram);
        while at > Diagram::ALL {
            let node = self.at(at);
            if cost(node.no) <= cost(node.yes).saturating_add(price(node.question)) {
                at = node.no;
            } else {
                chosen.push(node.question);
                at = node.yes;
            }
        }
        Some(chosen)
    }
}

/// Hashes a number: no key comes from anybody who could choose it.
#[derive(Default)]
struct Number(u64);

impl Hasher for Number {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        bytes.iter().for_each(|byte| self.write_u32(u32::from(*byte)));
    }

    fn write_u32(&mut self, number: u32) {
        self.0 = (self.0 ^ u64::from(number)).wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(29);
    }
}

/// The key is that of nothing: where nothing is asked, nothing is looked up.
const NO_RESULT: ([u32; 3], Diagram) = ([0; 3], Diagram::NONE);

/// Where a key belongs in a table whose length is a power of two.
fn slot(key: [u32; 3], length: usize) -> usize {
    let [a, b, c] = key.map(u64::from);
    // Fibonacci hashing (Knuth, 6.4), part by part; the high bits are the mixed ones.
    let mix = |state: u64, part: u64| (state ^ part).wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(29);
    let mixed = mix(mix(mix(0, a), b), c).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32;
    usize::try_from(mixed).unwrap_or_default() & length.saturating_sub(1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    /// Every assignment of a few questions.
    fn assignments(questions: u32) -> impl Iterator<Item = BTreeSet<u32>> {
        (0..1_u32 << questions).map(move |bits| (0..questions).filter(|at| bits & (1 << at) != 0).collect())
    }

    #[test]
    fn sets_are_what_they_say() {
        let mut all = Diagrams::new(10_000);
        let [a, b, c] = [0, 1, 2].map(|question| all.yes(question));
        let both = all.and(a, b);
        let either = all.or(both, c);
        let rest = all.without(either, a);
        let not = all.not(either);
        for yes in assignments(3) {
            let [a, b, c] = [0, 1, 2].map(|question| yes.contains(&question));
            assert_eq!(all.contains(either, &yes), a && b || c);
            assert_eq!(all.contains(rest, &yes), !a && c);
            assert_eq!(all.contains(not, &yes), !(a && b || c));
        }
    }

    #[test]
    fn one_set_has_one_diagram() {
        let mut all = Diagrams::new(10_000);
        let [a, b] = [0, 1].map(|question| all.yes(question));
        let (not_a, not_b) = (all.not(a), all.not(b));
        let neither = all.and(not_a, not_b);
        let either = all.or(a, b);
        assert_eq!(all.not(either), neither);
        assert_eq!(all.and(either, neither), Diagram::NONE);
        assert_eq!(all.or(either, neither), Diagram::ALL);
    }

    #[test]
    fn the_cheapest_assignment_is_found() {
        let mut all = Diagrams::new(10_000);
        let [a, b, c] = [0, 1, 2].map(|question| all.yes(question));
        let bc = all.and(b, c);
        let set = all.or(a, bc);
        assert_eq!(all.cheapest(set, |_| 1), Some(vec![0]));
        assert_eq!(all.cheapest(set, |question| if question == 0 { 9 } else { 1 }), Some(vec![1, 2]));
        assert_eq!(all.cheapest(Diagram::NONE, |_| 1), None);
        assert_eq!(all.cheapest(Diagram::ALL, |_| 1), Some(Vec::new()));
    }

    #[test]
    fn a_budget_ends_the_work() {
        let mut all = Diagrams::new(20);
        let mut odd = Diagram::NONE;
        for question in 0..100 {
            let one = all.yes(question);
            let (left, right) = (all.without(odd, one), all.without(one, odd));
            odd = all.or(left, right);
        }
        assert!(all.is_exhausted());
    }
}
