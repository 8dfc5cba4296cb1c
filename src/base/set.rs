//! A small set as a sorted vector: the operations that deciding needs, in a tenth of a tree's code.

use std::borrow::Borrow;

/// A set of few members, sorted.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Set<T>(Vec<T>);

impl<T> Default for Set<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T: Ord> Set<T> {
    /// A set with one member.
    pub fn of(member: T) -> Self {
        Self(vec![member])
    }

    /// Adds a member. Returns true if it is new.
    pub fn insert(&mut self, member: T) -> bool {
        match self.0.binary_search(&member) {
            Ok(_) => false,
            Err(place) => {
                self.0.insert(place, member);
                true
            }
        }
    }

    /// Returns true if it is a member.
    pub fn contains<Q: Ord + ?Sized>(&self, member: &Q) -> bool
    where
        T: Borrow<Q>,
    {
        self.0.binary_search_by(|known| known.borrow().cmp(member)).is_ok()
    }

    /// Returns true if every member is in `other`.
    pub fn is_subset(&self, other: &Self) -> bool {
        self.0.iter().all(|member| other.contains(member))
    }

    /// Returns true if both sets have a common member.
    pub fn intersects(&self, other: &Self) -> bool {
        self.0.iter().any(|member| other.contains(member))
    }

    /// Returns true if the set is empty.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Its members, in order.
    pub fn as_slice(&self) -> &[T] {
        &self.0
    }

    /// Its members, in order.
    pub fn iter(&self) -> std::slice::Iter<'_, T> {
        self.0.iter()
    }

    /// Removes and returns the greatest member.
    pub fn pop(&mut self) -> Option<T> {
        self.0.pop()
    }

    /// Its members, in order.
    pub fn into_vec(self) -> Vec<T> {
        self.0
    }
}

impl<T: Ord + Clone> Set<T> {
    /// The members of either set.
    pub fn union(&self, other: &Self) -> Self {
        let mut all = self.clone();
        all.extend(other.0.iter().cloned());
        all
    }
}

impl<T: Ord> Extend<T> for Set<T> {
    fn extend<I: IntoIterator<Item = T>>(&mut self, members: I) {
        for member in members {
            self.insert(member);
        }
    }
}

impl<T: Ord> FromIterator<T> for Set<T> {
    fn from_iter<I: IntoIterator<Item = T>>(members: I) -> Self {
        let mut set = Self::default();
        set.extend(members);
        set
    }
}

impl<T> IntoIterator for Set<T> {
    type Item = T;
    type IntoIter = std::vec::IntoIter<T>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

/// A map of few keys, sorted.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Map<K, V>(Vec<(K, V)>);

impl<K, V> Default for Map<K, V> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<K: Ord, V> Map<K, V> {
    /// Inserts a value under a key and replaces an earlier one.
    pub fn insert(&mut self, key: K, value: V) {
        match self.0.binary_search_by(|(known, _)| known.cmp(&key)) {
            Ok(place) => {
                if let Some(slot) = self.0.get_mut(place) {
                    slot.1 = value;
                }
            }
            Err(place) => self.0.insert(place, (key, value)),
        }
    }

    /// The value under a key.
    pub fn get<Q: Ord + ?Sized>(&self, key: &Q) -> Option<&V>
    where
        K: Borrow<Q>,
    {
        let place = self.0.binary_search_by(|(known, _)| known.borrow().cmp(key)).ok()?;
        self.0.get(place).map(|(_, value)| value)
    }

    /// The number of its keys.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Returns true if it has no keys.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Its entries, in the order of the keys.
    pub fn iter(&self) -> impl Iterator<Item = (&K, &V)> {
        self.0.iter().map(|(key, value)| (key, value))
    }
}

impl<K: Ord, V> Extend<(K, V)> for Map<K, V> {
    fn extend<I: IntoIterator<Item = (K, V)>>(&mut self, entries: I) {
        entries.into_iter().for_each(|(key, value)| self.insert(key, value));
    }
}

impl<K: Ord, V> FromIterator<(K, V)> for Map<K, V> {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(entries: I) -> Self {
        let mut map = Self::default();
        map.extend(entries);
        map
    }
}

impl<K, V> IntoIterator for Map<K, V> {
    type Item = (K, V);
    type IntoIter = std::vec::IntoIter<(K, V)>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_are_unique_and_in_order() {
        let set: Set<u8> = [3, 1, 2, 3, 1].into_iter().collect();
        assert_eq!(set.as_slice(), [1, 2, 3]);
        assert!(Set::of(2).is_subset(&set) && !set.is_subset(&Set::of(2)));
        assert_eq!(set.union(&[0, 9].into_iter().collect()).into_vec(), [0, 1, 2, 3, 9]);
    }
}
