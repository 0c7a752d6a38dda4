//! The kinds of facts that a call consists of. Each merges commutatively, associatively and
//! idempotently, so events may arrive in any order, repeatedly and in any grouping.

use serde::{Deserialize, Serialize};

use crate::domain::timestamp::Timestamp;

/// A value that an event claimed, with what decides between claims: first the rank of the source,
/// then the time, then the value itself. Only identical claims are equal.
///
/// Stored as the array `[rank, at, value]`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Claim<T>(u8, Timestamp, T);

impl<T> Claim<T> {
    /// `value` as reported at `at` by a source of this rank; higher is better.
    pub fn new(rank: u8, at: Timestamp, value: T) -> Self {
        Self(rank, at, value)
    }

    /// Higher is better.
    pub fn rank(&self) -> u8 {
        self.0
    }

    pub fn at(&self) -> Timestamp {
        self.1
    }

    pub fn value(&self) -> &T {
        &self.2
    }
}

/// The claim of the best source, and the latest of several equally good ones.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Latest<T>(Option<Claim<T>>);

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Earliest<T>(Option<Claim<T>>);

/// The highest of the reported values; of times, the latest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Highest<T>(Option<T>);

/// The first and the last of the reported times. Stored as an array of both, or of one if they are
/// equal.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Vec<Timestamp>", into = "Vec<Timestamp>")]
pub struct FirstLast(Option<(Timestamp, Timestamp)>);

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct EarliestTime(Option<Timestamp>);

/// Merges `$other` into `$this`. It destructures without `..`, so that the compiler finds a field that is in
/// neither list: registers merge, flags are set for ever.
macro_rules! merge_fields {
    ($this:ident, $other:expr, registers: [$($register:ident),*], flags: [$($flag:ident),*]) => {
        let Self { $($register,)* $($flag,)* } = $other;
        $($this.$register.merge($register);)*
        $($this.$flag |= $flag;)*
    };
}
pub(super) use merge_fields;

macro_rules! register {
    ($name:ident, $wins:expr) => {
        impl<T> Default for $name<T> {
            fn default() -> Self {
                Self(None)
            }
        }

        impl<T: Ord> $name<T> {
            pub fn claimed(claim: Option<Claim<T>>) -> Self {
                Self(claim)
            }

            pub fn merge(&mut self, other: Self) {
                let wins: fn(&Claim<T>, &Claim<T>) -> bool = $wins;
                if let Some(theirs) = other.0
                    && self.0.as_ref().is_none_or(|ours| wins(&theirs, ours))
                {
                    self.0 = Some(theirs);
                }
            }
        }

        impl<T> $name<T> {
            pub fn claim(&self) -> Option<&Claim<T>> {
                self.0.as_ref()
            }

            pub fn get(&self) -> Option<&T> {
                self.0.as_ref().map(Claim::value)
            }

            pub fn is_empty(&self) -> bool {
                self.0.is_none()
            }
        }
    };
}

register!(Latest, |theirs, ours| theirs > ours);
register!(Earliest, |theirs, ours| {
    (theirs.1, &theirs.2, theirs.0) < (ours.1, &ours.2, ours.0)
});

impl<T: Ord> Latest<T> {
    /// What a source of this rank claims at that moment, if it claims anything.
    pub fn of(rank: u8, at: Timestamp, value: Option<T>) -> Self {
        Self::claimed(value.map(|value| Claim::new(rank, at, value)))
    }
}

impl Latest<String> {
    pub fn as_str(&self) -> Option<&str> {
        self.get().map(String::as_str)
    }
}

impl<T> Latest<T> {
    /// The register if `keeps` accepts its value, else an empty one.
    pub fn filter(self, keeps: impl FnOnce(&T) -> bool) -> Self {
        Self(self.0.filter(|claim| keeps(claim.value())))
    }
}

pub fn best<'a, T: Ord + 'a>(
    registers: impl IntoIterator<Item = &'a Latest<T>>,
) -> Option<&'a Claim<T>> {
    registers.into_iter().filter_map(Latest::claim).max()
}

impl<T> Default for Highest<T> {
    fn default() -> Self {
        Self(None)
    }
}

impl<T: Ord> Highest<T> {
    pub fn of(value: Option<T>) -> Self {
        Self(value)
    }

    pub fn merge(&mut self, other: Self) {
        self.0 = self.0.take().max(other.0);
    }
}

impl<T> Highest<T> {
    pub fn get(&self) -> Option<&T> {
        self.0.as_ref()
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_none()
    }
}

impl FirstLast {
    pub fn of(time: Option<Timestamp>) -> Self {
        Self(time.map(|time| (time, time)))
    }

    pub fn merge(&mut self, other: Self) {
        self.0 = match (self.0, other.0) {
            (Some(ours), Some(theirs)) => Some((ours.0.min(theirs.0), ours.1.max(theirs.1))),
            (ours, theirs) => ours.or(theirs),
        };
    }

    pub fn first(&self) -> Option<Timestamp> {
        self.0.map(|(first, _)| first)
    }

    pub fn last(&self) -> Option<Timestamp> {
        self.0.map(|(_, last)| last)
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_none()
    }
}

impl From<Vec<Timestamp>> for FirstLast {
    fn from(times: Vec<Timestamp>) -> Self {
        Self(times.iter().min().copied().zip(times.iter().max().copied()))
    }
}

impl From<FirstLast> for Vec<Timestamp> {
    fn from(FirstLast(times): FirstLast) -> Self {
        match times {
            None => Self::new(),
            Some((first, last)) if first == last => vec![first],
            Some((first, last)) => vec![first, last],
        }
    }
}

impl EarliestTime {
    pub fn claimed(time: Option<Timestamp>) -> Self {
        Self(time)
    }

    pub fn merge(&mut self, other: Self) {
        self.0 = match (self.0, other.0) {
            (Some(ours), Some(theirs)) => Some(ours.min(theirs)),
            (ours, theirs) => ours.or(theirs),
        };
    }

    pub fn get(&self) -> Option<Timestamp> {
        self.0
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_none()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_seconds(second).unwrap()
    }

    /// The records of every version hold these arrays.
    #[test]
    fn a_span_is_stored_as_both_ends_or_as_one_if_they_are_equal() {
        for (times, stored) in [
            (vec![], vec![]),
            (vec![at(5)], vec![at(5)]),
            (vec![at(5), at(5)], vec![at(5)]),
            (vec![at(7), at(5), at(6)], vec![at(5), at(7)]),
        ] {
            let span = FirstLast::from(times.clone());
            assert_eq!(Vec::from(span), stored, "{times:?}");
            assert_eq!(span.is_empty(), times.is_empty());
            assert_eq!(FirstLast::from(stored), span);
        }
    }
}
