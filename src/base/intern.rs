//! Interned values: each is stored once and referred to by number.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hash, Hasher};

/// Distinct values, numbered in the order of their insertion.
#[derive(Clone, Debug)]
pub(crate) struct Interned<T> {
    values: Vec<T>,
    /// The last value with each hash.
    last: HashMap<u64, u32, BuildHasherDefault<Already>>,
    /// For each value, the previous one with the same hash, or itself if there is no such value.
    before: Vec<u32>,
}

impl<T> Default for Interned<T> {
    fn default() -> Self {
        Self { values: Vec::new(), last: HashMap::default(), before: Vec::new() }
    }
}

impl<T: Eq + Hash> Interned<T> {
    /// The number of a value, which is added if it is new.
    pub(crate) fn add(&mut self, value: T) -> u32 {
        let mut hasher = Quick::default();
        value.hash(&mut hasher);
        match self.find(hasher.finish(), |known| *known == value) {
            Ok(number) => number,
            Err(hash) => self.push(hash, value),
        }
    }

    /// The number of a known value. `parts` must have the same hash as the value.
    pub(crate) fn number(&self, parts: &impl Hash, same: impl Fn(&T) -> bool) -> Option<u32> {
        let mut hasher = Quick::default();
        parts.hash(&mut hasher);
        self.find(hasher.finish(), same).ok()
    }

    fn find(&self, hash: u64, same: impl Fn(&T) -> bool) -> Result<u32, u64> {
        let mut number = *self.last.get(&hash).ok_or(hash)?;
        loop {
            if self.get(number).is_some_and(&same) {
                return Ok(number);
            }
            let before = at(&self.before, number).copied().unwrap_or(number);
            if before == number {
                return Err(hash);
            }
            number = before;
        }
    }

    fn push(&mut self, hash: u64, value: T) -> u32 {
        let number = u32::try_from(self.values.len()).unwrap_or(u32::MAX);
        self.values.push(value);
        self.before.push(self.last.insert(hash, number).unwrap_or(number));
        number
    }

    /// The number of a value, which is made only if it is new. `parts` must have the same hash as the value.
    pub(crate) fn add_with(&mut self, parts: impl Hash, same: impl Fn(&T) -> bool, make: impl FnOnce() -> T) -> u32 {
        let mut hasher = Quick::default();
        parts.hash(&mut hasher);
        match self.find(hasher.finish(), same) {
            Ok(number) => number,
            Err(hash) => self.push(hash, make()),
        }
    }

    /// The number of distinct values.
    pub(crate) fn len(&self) -> usize {
        self.values.len()
    }

    /// The values, in the order of their numbers.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &T> {
        self.values.iter()
    }

    /// The value with this number.
    pub(crate) fn get(&self, number: u32) -> Option<&T> {
        at(&self.values, number)
    }
}

fn at<T>(values: &[T], number: u32) -> Option<&T> {
    values.get(usize::try_from(number).ok()?)
}

/// Multiply and rotate, as in rustc's own tables. Collisions are easy to construct, so hash only values that the author
/// of a ruleset signed and the host's deny list, which is short.
#[derive(Debug, Default)]
struct Quick(u64);

impl Hasher for Quick {
    fn write(&mut self, bytes: &[u8]) {
        let (words, rest) = bytes.as_chunks::<8>();
        words.iter().for_each(|word| self.write_u64(u64::from_le_bytes(*word)));
        rest.iter().for_each(|byte| self.write_u64(u64::from(*byte)));
    }

    fn write_u32(&mut self, word: u32) {
        self.write_u64(u64::from(word));
    }

    fn write_u64(&mut self, word: u64) {
        self.0 = (self.0.rotate_left(5) ^ word).wrapping_mul(0x517c_c1b7_2722_0a95);
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

/// For keys that are already hashes.
#[derive(Debug, Default)]
struct Already(u64);

impl Hasher for Already {
    fn write(&mut self, bytes: &[u8]) {
        // Only `u64` is hashed with this; other types still get a hash.
        self.0 = bytes.iter().fold(self.0, |hash, byte| hash.rotate_left(8) ^ u64::from(*byte));
    }

    fn write_u64(&mut self, word: u64) {
        self.0 = word;
    }

    fn finish(&self) -> u64 {
        self.0
    }
}
