//! Splits the requests whose outcome changes into disjoint classes, by as few literals as possible.

use super::atom::Who;
use super::diagram::{Diagram, Diagrams};
use super::phrases::{Shades, statement};
use super::rules::{OutcomeRegions, ServedOutcome};
use super::symbolic_ruleset::SymbolicRuleset;
use crate::base::set::Set;
use crate::check::program::NodeId;

/// The outcomes before and after a change.
pub(super) type Pair = (ServedOutcome, ServedOutcome);

/// The regions in which the outcome changes, each with its outcomes before and after.
pub(super) fn changes(all: &mut Diagrams, old: &OutcomeRegions, new: &OutcomeRegions) -> Vec<(Pair, Diagram)> {
    let mut changes = Vec::new();
    for (before, left) in old {
        for (after, right) in new.iter().filter(|(after, _)| *after != before) {
            let both = all.and(*left, *right);
            if !both.is_none() {
                changes.push(((before.clone(), after.clone()), both));
            }
        }
    }
    changes
}

/// A statement with the regions in which it is true, false and unknown.
pub(super) struct Literal {
    yes: Diagram,
    no: Diagram,
    open: Diagram,
    what: String,
}

pub(super) fn add(
    literals: &mut Vec<Literal>,
    all: &mut Diagrams,
    yes: Diagram,
    no: Diagram,
    place: usize,
    mut what: String,
) {
    let settled = all.or(yes, no);
    let open = all.not(settled);
    if literals.iter().any(|known| known.yes == yes && known.no == no) {
        return;
    }
    // The same words about other evidence.
    if let Some(known) = literals.iter_mut().find(|known| known.what == what) {
        let version = |place| if place == 0 { "old" } else { "new" };
        known.what = format!("{what}, as the {} version reads it", version(1_usize.saturating_sub(place)));
        what = format!("{what}, as the {} version reads it", version(place));
    }
    literals.push(Literal { yes, no, open, what });
}

pub(super) fn literals_of(
    all: &mut Diagrams,
    law: &mut SymbolicRuleset<'_, '_>,
    nodes: &[NodeId],
    who: &Who,
    absence: bool,
    literals: &mut Vec<Literal>,
) {
    let (program, side) = (law.program(), law.reader.side);
    let mut tests = Set::default();
    nodes.iter().for_each(|node| program.conditions().tests_of(*node, &mut tests));
    for test in tests {
        let Some(asked) = program.conditions().test(test) else { continue };
        let truths = law.reader.test(all, asked, who);
        add(literals, all, truths.yes, truths.no, side.place, statement(side, asked, who));
        if absence {
            let name = program.vocabulary().name(asked.attribute);
            let quiet = all.not(truths.noisy);
            let what = format!("evidence of {name} is inconclusive");
            add(literals, all, truths.noisy, quiet, side.place, what);
        }
    }
}

/// A class before it is described.
pub(super) struct Leaf {
    pub(super) who: Vec<String>,
    /// The lines of `who` do not define the class completely.
    pub(super) more: bool,
    shades: Vec<(usize, Shades)>,
    pub(super) change: Pair,
    pub(super) region: Diagram,
}

impl Leaf {
    fn new(change: Pair, region: Diagram) -> Self {
        Self { who: Vec::new(), more: false, shades: Vec::new(), change, region }
    }
}

/// Returns each change as one class, described by the statements that hold in all of it. Used if a finer split would
/// have too many lines to read.
pub(super) fn coarse(all: &mut Diagrams, literals: &[Literal], changes: &[(Pair, Diagram)]) -> Vec<Leaf> {
    let mut leaves = Vec::new();
    for (change, region) in changes {
        let mut leaf = Leaf { more: true, ..Leaf::new(change.clone(), *region) };
        for literal in literals {
            let [yes, no, open] = [literal.yes, literal.no, literal.open].map(|side| !all.and(*region, side).is_none());
            let words = Shades { yes, no, open }.of(&literal.what);
            leaf.who.extend(Some(words).filter(|words| !words.is_empty()));
        }
        leaves.push(leaf);
    }
    leaves
}

/// Splits the changes into disjoint classes, by as few literals as possible.
pub(super) struct Tree<'a> {
    pub(super) literals: &'a [Literal],
    pub(super) changes: &'a [(Pair, Diagram)],
    /// The maximum number of steps left.
    pub(super) left: usize,
}

impl Tree<'_> {
    pub(super) fn split(&mut self, all: &mut Diagrams, region: Diagram, asked: &mut Vec<usize>) -> Option<Vec<Leaf>> {
        self.left = self.left.checked_sub(1)?;
        let kinds = self.kinds(all, region);
        let changed = all.any(kinds.iter().map(|(_, region)| *region));
        let unchanged = all.without(region, changed);
        match kinds.as_slice() {
            [] => return Some(Vec::new()),
            [(change, only)] if unchanged.is_none() => {
                return Some(vec![Leaf::new(change.clone(), *only)]);
            }
            _ => {}
        }
        let Some(place) = self.best(all, region, asked) else {
            // No literal separates these changes any further: each becomes a class of its own.
            return Some(kinds.into_iter().map(|(change, region)| Leaf::new(change, region)).collect());
        };
        asked.push(place);
        let mut parts: Vec<(Shades, Vec<Leaf>)> = Vec::new();
        let none = Shades { yes: false, no: false, open: false };
        if let Some(literal) = self.literals.get(place) {
            let sides = [
                (Shades { yes: true, ..none }, literal.yes),
                (Shades { no: true, ..none }, literal.no),
                (Shades { open: true, ..none }, literal.open),
            ];
            for (shades, side) in sides {
                let part = all.and(region, side);
                if part.is_none() {
                    continue;
                }
                let leaves = self.split(all, part, asked)?;
                // Merge two answers that lead to the same classes.
                match parts.iter_mut().find(|(_, known)| alike(known, &leaves)) {
                    Some((known, merged)) => {
                        *known = known.or(shades);
                        for (into, more) in merged.iter_mut().zip(leaves) {
                            into.region = all.or(into.region, more.region);
                        }
                    }
                    None => parts.push((shades, leaves)),
                }
            }
        }
        asked.pop();
        let alone = parts.len() == 1;
        let mut leaves = Vec::new();
        for (shades, part) in parts {
            for mut leaf in part {
                if !alone {
                    leaf.shades.insert(0, (place, shades));
                    let what = self.literals.get(place).map_or("", |literal| literal.what.as_str());
                    leaf.who.insert(0, shades.of(what));
                }
                leaves.push(leaf);
            }
        }
        Some(leaves)
    }

    fn kinds(&self, all: &mut Diagrams, region: Diagram) -> Vec<(Pair, Diagram)> {
        let mut kinds = Vec::new();
        for (change, part) in self.changes {
            let part = all.and(*part, region);
            if !part.is_none() {
                kinds.push((change.clone(), part));
            }
        }
        kinds
    }

    /// The literal whose answers leave the fewest mixed changes.
    fn best(&self, all: &mut Diagrams, region: Diagram, asked: &[usize]) -> Option<usize> {
        let mut best: Option<(usize, usize)> = None;
        for (place, literal) in self.literals.iter().enumerate().filter(|(place, _)| !asked.contains(place)) {
            let (mut parts, mut mixed) = (0_usize, 0_usize);
            for side in [literal.yes, literal.no, literal.open] {
                let part = all.and(region, side);
                if part.is_none() {
                    continue;
                }
                parts = parts.saturating_add(1);
                let kinds = self.kinds(all, part);
                let changed = all.any(kinds.iter().map(|(_, region)| *region));
                let rest = usize::from(!all.without(part, changed).is_none());
                mixed = mixed.saturating_add(kinds.len().saturating_add(rest).saturating_sub(1));
            }
            if parts > 1 && best.is_none_or(|(_, known)| mixed < known) {
                best = Some((place, mixed));
            }
        }
        best.map(|(place, _)| place)
    }
}

fn alike(one: &[Leaf], other: &[Leaf]) -> bool {
    one.len() == other.len()
        && one.iter().zip(other).all(|(one, other)| one.change == other.change && one.shades == other.shades)
}
