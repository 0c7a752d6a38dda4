//! How far `listen` has read the history.
//!
//! The history sorts by the time at which an event was made, and an event can land in it later than its neighbours. So
//! each reading begins [`WINDOW_MILLIS`] before the latest event that was forwarded, and leaves out what was forwarded before.
//! All times are those of the stage: the clock of this machine does not matter.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// How late an event can land in the history.
const WINDOW_MILLIS: i64 = 120_000;

/// What was forwarded. It is saved after each event. Times are in milliseconds since 1970.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Position {
    /// When the latest forwarded event was made; none at the beginning of an empty history.
    latest: Option<i64>,
    /// The events within the window, and when they were made.
    seen: BTreeMap<String, i64>,
}

impl Position {
    /// The position from which everything made since that moment is new.
    pub(super) fn since(moment: Timestamp) -> Self {
        // Reading begins at that moment: the window before it is not new.
        Self {
            latest: Some(moment.as_millisecond().saturating_add(WINDOW_MILLIS)),
            seen: BTreeMap::new(),
        }
    }

    /// The position at which the event that was made at that moment is the latest one.
    pub(super) fn behind(newest: Timestamp) -> Self {
        Self {
            latest: Some(newest.as_millisecond()),
            seen: BTreeMap::new(),
        }
    }

    /// From when on to read; `None` reads everything.
    pub(super) fn from(&self) -> Option<Timestamp> {
        Timestamp::from_millisecond(self.latest? - WINDOW_MILLIS).ok()
    }

    /// Whether this event is still to be forwarded.
    pub(super) fn is_new(&self, id: &str) -> bool {
        !self.seen.contains_key(id)
    }

    /// The event was forwarded, and all that the history had before it were.
    pub(super) fn forwarded(&mut self, id: &str, made_at: Timestamp) {
        let made_at = made_at.as_millisecond();
        let latest = self.latest.map_or(made_at, |latest| latest.max(made_at));
        self.latest = Some(latest);
        self.seen.insert(id.to_owned(), made_at);
        // No reading begins before the window: what is older is never seen again.
        self.seen
            .retain(|_, made_at| *made_at >= latest - WINDOW_MILLIS);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[derive(Debug, Clone)]
    struct Row {
        id: String,
        made_at: Timestamp,
        landed_at: Timestamp,
    }

    fn second(tenth: i64) -> Timestamp {
        Timestamp::from_millisecond(1_767_312_000_000 + tenth * 100).unwrap()
    }

    /// Rows that land at most as late as the window says, some at the same moment.
    fn rows() -> impl Strategy<Value = Vec<Row>> {
        prop::collection::vec((0..6_000_i64, 0..=1_200_i64), 0..60).prop_map(|times| {
            let row = |(index, (made, late)): (usize, (i64, i64))| Row {
                id: index.to_string(),
                made_at: second(made),
                landed_at: second(made + late),
            };
            times.into_iter().enumerate().map(row).collect()
        })
    }

    /// One reading: what the history has then, the oldest first. It ends after `most` events, as when the program is
    /// stopped, and begins again from what was saved.
    fn read(
        position: &mut Position,
        history: &[Row],
        at: Timestamp,
        most: usize,
        forwarded: &mut Vec<String>,
    ) {
        let mut listed: Vec<&Row> = history
            .iter()
            .filter(|row| {
                row.landed_at <= at && position.from().is_none_or(|from| row.made_at >= from)
            })
            .collect();
        listed.sort_by_key(|row| row.made_at);
        for row in listed
            .into_iter()
            .filter(|row| position.is_new(&row.id))
            .take(most)
            .collect::<Vec<_>>()
        {
            forwarded.push(row.id.clone());
            position.forwarded(&row.id, row.made_at);
        }
        let saved = serde_json::to_string(&position).unwrap();
        *position = serde_json::from_str(&saved).unwrap();
    }

    proptest! {
        #[test]
        fn nothing_is_lost_and_nothing_comes_twice(
            history in rows(),
            readings in prop::collection::vec((0..7_000_i64, 0..8_usize), 0..40),
        ) {
            let mut readings = readings;
            readings.sort();
            let (mut position, mut forwarded) = (Position::default(), Vec::new());
            for (at, most) in readings {
                read(&mut position, &history, second(at), most, &mut forwarded);
            }
            read(&mut position, &history, second(100_000), usize::MAX, &mut forwarded);
            forwarded.sort();
            let mut expected: Vec<_> = history.iter().map(|row| row.id.clone()).collect();
            expected.sort();
            prop_assert_eq!(forwarded, expected);
        }

        #[test]
        fn what_was_made_since_a_moment_is_new_and_what_was_made_before_is_not(history in rows(), since in 0..6_000_i64) {
            let (mut position, mut forwarded) = (Position::since(second(since)), Vec::new());
            read(&mut position, &history, second(100_000), usize::MAX, &mut forwarded);
            forwarded.sort();
            let mut expected: Vec<_> = history.iter().filter(|row| row.made_at >= second(since)).map(|row| row.id.clone()).collect();
            expected.sort();
            prop_assert_eq!(forwarded, expected);
        }
    }

    #[test]
    fn what_is_remembered_does_not_grow_with_the_history() {
        let mut position = Position::default();
        for minute in 0..100 {
            position.forwarded(&minute.to_string(), second(minute * 600));
        }
        assert_eq!(position.seen.len(), 3);
    }
}
