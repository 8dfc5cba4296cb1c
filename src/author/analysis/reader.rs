//! One ruleset at one instant, as the analysis reads it.

use super::atom::{RulesetAt, Who};
use super::diagram::{Diagram, Diagrams};
use super::universe::Universe;
use crate::check::program::NodeId;
use std::cell::OnceCell;
use std::collections::HashMap;

/// The regions in which a condition is true and false; elsewhere it is unknown.
#[derive(Clone, Copy, Debug)]
pub(super) struct Truths {
    pub(super) yes: Diagram,
    pub(super) no: Diagram,
    /// It is unknown although evidence for it exists.
    pub(super) noisy: Diagram,
}

/// Reads one ruleset's conditions at one instant, and caches the results.
pub(super) struct SymbolicReader<'a, 'b> {
    pub(super) side: RulesetAt<'a>,
    pub(super) universe: &'b Universe,
    pub(super) known: HashMap<(NodeId, Who), Truths>,
    pub(super) chain: OnceCell<Chain>,
}

/// The regions that describe the chain of parties.
#[derive(Debug)]
pub(super) struct Chain {
    /// The chain states that its end user is unknown.
    pub(super) said_unknown: Diagram,
    /// The person served is unknown.
    pub(super) unknown: Diagram,
    /// The person served is unknown, and no party of the chain states it.
    pub(super) unstated: Diagram,
    /// The person served is not the holder of the tokens.
    pub(super) another: Diagram,
    /// The party that the holder must be, by role: the only party without a name.
    pub(super) as_party: Vec<(String, Diagram)>,
    /// The parties that the holder could be: one of several, or, with an empty role, none that the chain names.
    pub(super) perhaps: Vec<(String, Diagram)>,
}

/// True and false nowhere.
pub(super) const NEVER: Truths = Truths { yes: Diagram::NONE, no: Diagram::NONE, noisy: Diagram::NONE };

impl<'a, 'b> SymbolicReader<'a, 'b> {
    pub(super) fn new(side: RulesetAt<'a>, universe: &'b Universe) -> Self {
        Self { side, universe, known: HashMap::new(), chain: OnceCell::new() }
    }
}

/// Combines sources: those that disagree leave the test open.
pub(super) fn agreed(all: &mut Diagrams, yes: Diagram, no: Diagram, noise: Diagram) -> Truths {
    let both = all.and(yes, no);
    let either = all.or(yes, no);
    let noise = all.without(noise, either);
    Truths { yes: all.without(yes, no), no: all.without(no, yes), noisy: all.or(both, noise) }
}

/// The same, if an undisclosed source could disagree.
pub(super) fn beside_withheld(all: &mut Diagrams, [yes, no, noise]: [Diagram; 3], withheld: Diagram) -> Truths {
    let Truths { yes, no, noisy } = agreed(all, yes, no, noise);
    Truths { yes: all.without(yes, withheld), no: all.without(no, withheld), noisy: all.or(noisy, withheld) }
}
