//! Caches the verdict of each condition in one request. The table grows with the conditions evaluated, not with the
//! ruleset.

use super::evidence::TestResult;
use crate::check::program::NodeId;

/// Verdicts by node and party.
#[derive(Debug, Default)]
pub(super) struct Memo {
    /// Open addressing. The length is a power of two, and at most half of the slots are full.
    slots: Vec<Option<(u64, TestResult)>>,
    filled: usize,
}

impl Memo {
    pub(super) fn get(&self, node: NodeId, party: usize) -> Option<TestResult> {
        let wanted = key(node, party);
        let mut place = self.first(wanted);
        while let Some((key, verdict)) = self.slots.get(place).copied().flatten() {
            if key == wanted {
                return Some(verdict);
            }
            place = self.next(place);
        }
        None
    }

    pub(super) fn put(&mut self, node: NodeId, party: usize, verdict: TestResult) {
        if self.filled.saturating_mul(2) >= self.slots.len() {
            let longer = self.slots.len().saturating_mul(4).max(32);
            let old = std::mem::replace(&mut self.slots, vec![None; longer]);
            old.into_iter().flatten().for_each(|(key, verdict)| self.insert(key, verdict));
        }
        self.insert(key(node, party), verdict);
        self.filled = self.filled.saturating_add(1);
    }

    fn insert(&mut self, key: u64, verdict: TestResult) {
        let mut place = self.first(key);
        while matches!(self.slots.get(place), Some(Some(_))) {
            place = self.next(place);
        }
        if let Some(slot) = self.slots.get_mut(place) {
            *slot = Some((key, verdict));
        }
    }

    fn first(&self, key: u64) -> usize {
        // The high bits of a product depend on all of the key.
        let mixed = key.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 40;
        usize::try_from(mixed).unwrap_or(0) & self.slots.len().saturating_sub(1)
    }

    fn next(&self, place: usize) -> usize {
        place.wrapping_add(1) & self.slots.len().saturating_sub(1)
    }
}

fn key(node: NodeId, party: usize) -> u64 {
    u64::from(node.number()) | u64::try_from(party).unwrap_or(0) << 32
}
