//! Maps and sets that only grow, up to a bound. They keep the smallest keys, so that the order,
//! repetition and grouping of merges do not matter: a key that is among the smallest of all is
//! among the smallest of any part.

use std::{
    borrow::Borrow,
    collections::{BTreeMap, BTreeSet},
};

use serde::{Deserialize, Serialize};

/// What merges commutatively, associatively and idempotently.
pub trait Merge: Default {
    fn merge(&mut self, other: Self);
}

/// A map of at most `N` keys; the values of a key merge.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(
    transparent,
    bound(deserialize = "K: Ord + Deserialize<'de>, V: Deserialize<'de>")
)]
pub struct BoundedMap<K, V, const N: usize>(BTreeMap<K, V>);

/// A set of at most `N` values.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent, bound(deserialize = "T: Ord + Deserialize<'de>"))]
pub struct BoundedSet<T, const N: usize>(BTreeSet<T>);

impl<K, V, const N: usize> Default for BoundedMap<K, V, N> {
    fn default() -> Self {
        Self(BTreeMap::new())
    }
}

impl<K: Ord, V: Merge, const N: usize> BoundedMap<K, V, N> {
    pub fn of(key: K, value: V) -> Self {
        Self(BTreeMap::from([(key, value)]))
    }

    /// Adds the entries of the other map; true when some keys did not fit.
    pub fn merge(&mut self, other: Self) -> bool {
        for (key, value) in other.0 {
            self.0.entry(key).or_default().merge(value);
        }
        let mut is_full = false;
        while self.0.len() > N {
            self.0.pop_last();
            is_full = true;
        }
        is_full
    }

    /// Without the keys that `keeps` rejects.
    pub fn filter(self, keeps: impl Fn(&K) -> bool) -> Self {
        Self(self.0.into_iter().filter(|(key, _)| keeps(key)).collect())
    }

    pub fn map(self, change: impl Fn(V) -> V) -> Self {
        Self(
            self.0
                .into_iter()
                .map(|(key, value)| (key, change(value)))
                .collect(),
        )
    }

    pub fn get<Q: Ord + ?Sized>(&self, key: &Q) -> Option<&V>
    where
        K: Borrow<Q>,
    {
        self.0.get(key)
    }
}

impl<K, V, const N: usize> BoundedMap<K, V, N> {
    pub fn iter(&self) -> impl Iterator<Item = (&K, &V)> {
        self.0.iter()
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl<T, const N: usize> Default for BoundedSet<T, N> {
    fn default() -> Self {
        Self(BTreeSet::new())
    }
}

impl<T: Ord, const N: usize> BoundedSet<T, N> {
    /// A set of these values, or of the smallest of them.
    pub fn of(values: impl IntoIterator<Item = T>) -> Self {
        let mut set = Self::default();
        set.merge(Self(values.into_iter().collect()));
        set
    }

    /// Without the values that `keeps` rejects.
    pub fn filter(self, keeps: impl Fn(&T) -> bool) -> Self {
        Self(self.0.into_iter().filter(keeps).collect())
    }

    pub fn merge(&mut self, other: Self) {
        self.0.extend(other.0);
        while self.0.len() > N {
            self.0.pop_last();
        }
    }

    pub fn contains<Q: Ord + ?Sized>(&self, value: &Q) -> bool
    where
        T: Borrow<Q>,
    {
        self.0.contains(value)
    }
}

impl<T, const N: usize> BoundedSet<T, N> {
    pub fn iter(&self) -> impl Iterator<Item = &T> {
        self.0.iter()
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{call::report::Report, timestamp::Timestamp};

    type Reports = BoundedMap<u32, Report, 3>;

    #[test]
    fn a_set_keeps_the_smallest_values_and_as_many_as_its_bound() {
        let kept = |values: &[u32]| -> Vec<u32> {
            BoundedSet::<u32, 3>::of(values.iter().copied())
                .iter()
                .copied()
                .collect()
        };
        assert_eq!(kept(&[3, 1]), [1, 3]);
        assert_eq!(kept(&[3, 1, 2]), [1, 2, 3]);
        assert_eq!(kept(&[4, 3, 1, 2, 5]), [1, 2, 3]);
        assert!(BoundedSet::<u32, 3>::default().is_empty());
        assert!(!BoundedSet::<u32, 3>::of([1]).is_empty());
    }

    #[test]
    fn a_map_says_only_beyond_its_bound_that_something_did_not_fit() {
        let mut map = Reports::default();
        for (key, is_full) in [
            (2, false),
            (3, false),
            (1, false),
            (1, false),
            (4, true),
            (0, true),
        ] {
            let report = Report {
                seconds: crate::domain::call::claims::Latest::of(0, Timestamp::EPOCH, Some(1)),
                ..Report::default()
            };
            assert_eq!(map.merge(BoundedMap::of(key, report)), is_full, "{key}");
        }
        let keys: Vec<_> = map.iter().map(|(key, _)| *key).collect();
        assert_eq!(keys, [0, 1, 2]);
    }
}
