//! A ruleset at one instant, evaluated for all requests at once.

use super::atom::{RulesetAt, Who};
use super::diagram::{Diagram, Diagrams};
use super::reader::SymbolicReader;
use super::universe::Universe;
use crate::base::time::Instant;
use crate::check::program::{Cell, Program};
use std::collections::{BTreeMap, HashMap};
use std::rc::Rc;

/// The possible lifts of a rule: its exceptions in force for the model and action, each with its licences in force.
pub(crate) type Lifts = Vec<(usize, Vec<usize>)>;

/// One rule for one party, at one instant and for one model and action: the regions in which it applies and in which it
/// is open.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct RuleRegions {
    pub(super) rule: usize,
    pub(super) applies: Diagram,
    pub(super) open: Diagram,
}

/// The regions in which a rule grants, or keeps off a stricter default: every party that it judges fulfils it.
#[derive(Clone, Copy, Debug)]
pub(super) struct ReliefRegions {
    pub(super) certain: Diagram,
    /// It does, or it might.
    pub(super) possible: Diagram,
}

/// A ruleset at one instant, with the cached results for its rules.
pub(super) struct SymbolicRuleset<'a, 'b> {
    pub(super) reader: SymbolicReader<'a, 'b>,
    pub(super) parties: Vec<(Who, Diagram)>,
    pub(super) known: HashMap<(usize, Who, Lifts), RuleRegions>,
    pub(super) reliefs: HashMap<(usize, Lifts), ReliefRegions>,
    /// The rules of each model and action.
    pub(super) scope: BTreeMap<Cell, Rc<[usize]>>,
}

impl<'a, 'b> SymbolicRuleset<'a, 'b> {
    pub(super) fn new(all: &mut Diagrams, side: RulesetAt<'a>, universe: &'b Universe) -> Self {
        let reader = SymbolicReader::new(side, universe);
        let parties = reader.parties(all);
        Self { reader, parties, known: HashMap::new(), reliefs: HashMap::new(), scope: BTreeMap::new() }
    }

    pub(super) const fn program(&self) -> &'a Program {
        self.reader.side.program
    }

    /// Moves to another instant at which every group of countries is the same, so cached conditions stay valid.
    pub(super) fn set_now(&mut self, now: Instant) {
        self.reader.side.now = now;
    }
}
