//! Sets of assignments of yes or no to variables, as binary decision diagrams (Bryant 1986). They are
//! reduced and ordered, so two sets are equal if and only if their diagrams are. Each distinct diagram is stored once
//! and identified by its number.

use biodivine_lib_bdd::{Bdd, BddPointer, BddVariable, BddVariableSet, op_function};
use std::collections::HashMap;
use std::rc::Rc;

/// A set of assignments, as its index in one `Diagrams`.
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

/// All diagrams over one variable order.
pub(super) struct Diagrams {
    variables: BddVariableSet,
    kept: Vec<Rc<Bdd>>,
    numbers: HashMap<Rc<Bdd>, Diagram>,
    results: HashMap<(Operation, Diagram, Diagram), Diagram>,
    /// The remaining budget of nodes.
    left: usize,
    exhausted: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Operation {
    And,
    Or,
    Without,
}

/// The cost of a result in addition to its nodes, so that many small results also exhaust the budget.
const RESULT: usize = 2;

impl Diagrams {
    /// Creates the diagrams over a number of variables, with a budget of nodes.
    pub(super) fn new(variables: usize, budget: usize) -> Self {
        let variables = BddVariableSet::new_anonymous(u16::try_from(variables).unwrap_or(u16::MAX));
        let ends = [variables.mk_false(), variables.mk_true()].map(Rc::new);
        let numbers = ends.iter().cloned().zip([Diagram::NONE, Diagram::ALL]).collect();
        let kept = ends.to_vec();
        Self { variables, kept, numbers, results: HashMap::new(), left: budget, exhausted: false }
    }

    /// Returns `true` if the budget is exhausted. Results since then are meaningless.
    pub(super) const fn is_exhausted(&self) -> bool {
        self.exhausted
    }

    /// The assignments that answer a variable with yes.
    pub(super) fn yes(&mut self, number: u32) -> Diagram {
        let variable = variable(number).filter(|variable| variable.to_index() < usize::from(self.variables.num_vars()));
        let diagram = variable.map(|variable| self.variables.mk_var(variable));
        self.keep(diagram)
    }

    pub(super) fn not(&mut self, a: Diagram) -> Diagram {
        self.without(Diagram::ALL, a)
    }

    pub(super) fn and(&mut self, a: Diagram, b: Diagram) -> Diagram {
        match (a.min(b), a.max(b)) {
            (Diagram::NONE, _) => Diagram::NONE,
            (Diagram::ALL, other) => other,
            (a, b) if a == b => a,
            (a, b) => self.made(Operation::And, a, b),
        }
    }

    pub(super) fn or(&mut self, a: Diagram, b: Diagram) -> Diagram {
        match (a.min(b), a.max(b)) {
            (Diagram::NONE, other) => other,
            (Diagram::ALL, _) => Diagram::ALL,
            (a, b) if a == b => a,
            (a, b) => self.made(Operation::Or, a, b),
        }
    }

    /// The assignments of `a` that are not in `b`.
    pub(super) fn without(&mut self, a: Diagram, b: Diagram) -> Diagram {
        match (a, b) {
            (Diagram::NONE, _) | (_, Diagram::ALL) => Diagram::NONE,
            (_, Diagram::NONE) => a,
            (a, b) if a == b => Diagram::NONE,
            (a, b) => self.made(Operation::Without, a, b),
        }
    }

    /// The union, built from the last variables first, so that existing nodes are never traversed again.
    pub(super) fn any(&mut self, all: impl IntoIterator<Item = Diagram>) -> Diagram {
        let mut all: Vec<Diagram> = all.into_iter().collect();
        all.sort_by_key(|one| std::cmp::Reverse(self.first_question(*one)));
        all.into_iter().fold(Diagram::NONE, |any, one| self.or(one, any))
    }

    /// The union, built pairwise: with many large sets, the intermediate results stay small.
    pub(super) fn union(&mut self, mut all: Vec<Diagram>) -> Diagram {
        all.sort();
        all.dedup();
        while all.len() > 1 {
            all = all.chunks(2).map(|pair| self.any(pair.iter().copied())).collect();
        }
        all.pop().unwrap_or(Diagram::NONE)
    }

    fn made(&mut self, operation: Operation, a: Diagram, b: Diagram) -> Diagram {
        if self.exhausted {
            return Diagram::NONE;
        }
        if let Some(known) = self.results.get(&(operation, a, b)) {
            return *known;
        }
        let made = self.at(a).zip(self.at(b)).and_then(|(left, right)| match operation {
            Operation::And => Bdd::binary_op_with_limit(self.left, left, right, op_function::and),
            Operation::Or => Bdd::binary_op_with_limit(self.left, left, right, op_function::or),
            Operation::Without if a == Diagram::ALL => Some(right.not()),
            Operation::Without => Bdd::binary_op_with_limit(self.left, left, right, op_function::and_not),
        });
        let made = self.keep(made);
        if !self.exhausted {
            self.results.insert((operation, a, b), made);
        }
        made
    }

    /// Returns the number of a diagram. `None` means that the budget is exhausted.
    fn keep(&mut self, diagram: Option<Bdd>) -> Diagram {
        let Some(diagram) = diagram else { return self.give_up() };
        if let Some(known) = self.numbers.get(&diagram) {
            self.left = self.left.saturating_sub(RESULT);
            return *known;
        }
        let left = self.left.checked_sub(diagram.size().saturating_add(RESULT));
        let (Some(left), Ok(number)) = (left, u32::try_from(self.kept.len())) else { return self.give_up() };
        self.left = left;
        let diagram = Rc::new(diagram);
        self.kept.push(Rc::clone(&diagram));
        self.numbers.insert(diagram, Diagram(number));
        Diagram(number)
    }

    const fn give_up(&mut self) -> Diagram {
        self.exhausted = true;
        Diagram::NONE
    }

    fn at(&self, diagram: Diagram) -> Option<&Bdd> {
        self.kept.get(usize::try_from(diagram.0).ok()?).map(Rc::as_ref)
    }

    /// The first variable of a diagram; `usize::MAX` for a constant.
    fn first_question(&self, diagram: Diagram) -> usize {
        let asks = self.at(diagram).filter(|diagram| !diagram.root_pointer().is_terminal());
        asks.map_or(usize::MAX, |diagram| diagram.var_of(diagram.root_pointer()).to_index())
    }

    /// Returns `true` if a set contains an assignment, given as the variables that it answers with yes.
    #[cfg(test)]
    pub(super) fn contains(&self, diagram: Diagram, yes: &std::collections::BTreeSet<u32>) -> bool {
        let diagram = self.at(diagram).unwrap();
        let mut at = diagram.root_pointer();
        while !at.is_terminal() {
            let is_yes = yes.contains(&number_of(diagram, at));
            at = if is_yes { diagram.high_link_of(at) } else { diagram.low_link_of(at) };
        }
        at.is_one()
    }

    /// The cheapest assignment of a set, as the variables that it answers with yes. Each yes has a price; a no is free.
    pub(super) fn cheapest(&self, diagram: Diagram, price: impl Fn(u32) -> u64) -> Option<Vec<u32>> {
        let diagram = self.at(diagram).filter(|_| !diagram.is_none())?;
        // A node's successors precede it; the first two nodes are the constants false and true.
        let mut costs = vec![u64::MAX, 0];
        let cost = |costs: &[u64], at: BddPointer| costs.get(at.to_index()).copied().unwrap_or(u64::MAX);
        for at in diagram.pointers().skip(costs.len()) {
            let no = cost(&costs, diagram.low_link_of(at));
            let yes = cost(&costs, diagram.high_link_of(at)).saturating_add(price(number_of(diagram, at)));
            costs.push(no.min(yes));
        }
        let (mut chosen, mut at) = (Vec::new(), diagram.root_pointer());
        while !at.is_terminal() {
            let asked = number_of(diagram, at);
            let (no, yes) = (diagram.low_link_of(at), diagram.high_link_of(at));
            if cost(&costs, no) <= cost(&costs, yes).saturating_add(price(asked)) {
                at = no;
            } else {
                chosen.push(asked);
                at = yes;
            }
        }
        Some(chosen)
    }
}

/// The library's variable of a number.
fn variable(number: u32) -> Option<BddVariable> {
    u16::try_from(number).ok().map(|number| BddVariable::from_index(usize::from(number)))
}

/// The number of the variable of an inner node.
fn number_of(diagram: &Bdd, at: BddPointer) -> u32 {
    u32::try_from(diagram.var_of(at).to_index()).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    /// Every assignment of N variables.
    fn assignments(variables: u32) -> impl Iterator<Item = BTreeSet<u32>> {
        (0..1_u32 << variables).map(move |bits| (0..variables).filter(|at| bits & (1 << at) != 0).collect())
    }

    #[test]
    fn sets_are_what_they_say() {
        let mut all = Diagrams::new(3, 10_000);
        let [a, b, c] = [0, 1, 2].map(|number| all.yes(number));
        let both = all.and(a, b);
        let either = all.or(both, c);
        let rest = all.without(either, a);
        let not = all.not(either);
        for yes in assignments(3) {
            let [a, b, c] = [0, 1, 2].map(|number| yes.contains(&number));
            assert_eq!(all.contains(either, &yes), a && b || c);
            assert_eq!(all.contains(rest, &yes), !a && c);
            assert_eq!(all.contains(not, &yes), !(a && b || c));
        }
    }

    #[test]
    fn one_set_has_one_diagram() {
        let mut all = Diagrams::new(3, 10_000);
        let [a, b] = [0, 1].map(|number| all.yes(number));
        let (not_a, not_b) = (all.not(a), all.not(b));
        let neither = all.and(not_a, not_b);
        let either = all.or(a, b);
        assert_eq!(all.not(either), neither);
        assert_eq!(all.and(either, neither), Diagram::NONE);
        assert_eq!(all.or(either, neither), Diagram::ALL);
    }

    #[test]
    fn the_cheapest_assignment_is_found() {
        let mut all = Diagrams::new(3, 10_000);
        let [a, b, c] = [0, 1, 2].map(|number| all.yes(number));
        let bc = all.and(b, c);
        let set = all.or(a, bc);
        assert_eq!(all.cheapest(set, |_| 1), Some(vec![0]));
        assert_eq!(all.cheapest(set, |number| if number == 0 { 9 } else { 1 }), Some(vec![1, 2]));
        assert_eq!(all.cheapest(Diagram::NONE, |_| 1), None);
        assert_eq!(all.cheapest(Diagram::ALL, |_| 1), Some(Vec::new()));
    }

    #[test]
    fn a_budget_ends_the_work() {
        let mut all = Diagrams::new(100, 200);
        let mut odd = Diagram::NONE;
        for number in 0..100 {
            let one = all.yes(number);
            let (left, right) = (all.without(odd, one), all.without(one, odd));
            odd = all.or(left, right);
        }
        assert!(all.is_exhausted());
    }
}
