//! The events of a call that has no owner yet.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::domain::key::EventKey;

/// Events that wait for their call to have an owner before they enter the history. The list is
/// stored in the call's item, which DynamoDB limits to 400 KB, so it is bounded. An event that does
/// not fit remains in the log: a replay of that period processes it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Waiting(BTreeSet<EventKey>);

impl Waiting {
    /// The limit of the stored list in bytes: about two thousand keys of the usual length.
    pub const MAX_BYTES: usize = 64 * 1_024;

    /// Adds the event if it fits.
    pub fn insert(&mut self, event: EventKey) {
        self.extend([event]);
    }

    /// Adds the events that fit.
    pub fn extend(&mut self, events: impl IntoIterator<Item = EventKey>) {
        // The list's brackets take the place of a comma and one byte more.
        let mut bytes = 1 + self.0.iter().map(stored_bytes).sum::<usize>();
        for event in events {
            let with_event = bytes + stored_bytes(&event);
            if with_event <= Self::MAX_BYTES && self.0.insert(event) {
                bytes = with_event;
            }
        }
    }

    pub fn remove(&mut self, queued: &BTreeSet<EventKey>) {
        self.0.retain(|event| !queued.contains(event));
    }

    /// Up to `count` events: those after `start`, then those before it. Workers that start at
    /// different events get different ones.
    pub fn next_after(&self, start: &EventKey, count: usize) -> BTreeSet<EventKey> {
        let before = self.0.range::<EventKey, _>(..start);
        self.0
            .range::<EventKey, _>(start..)
            .chain(before)
            .take(count)
            .cloned()
            .collect()
    }

    pub fn contains(&self, event: &EventKey) -> bool {
        self.0.contains(event)
    }

    pub fn iter(&self) -> impl Iterator<Item = &EventKey> {
        self.0.iter()
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl FromIterator<EventKey> for Waiting {
    fn from_iter<I: IntoIterator<Item = EventKey>>(events: I) -> Self {
        let mut waiting = Self::default();
        waiting.extend(events);
        waiting
    }
}

/// The size of a key in the stored list: a JSON string and a comma. JSON escapes some characters,
/// at most sixfold.
fn stored_bytes(event: &EventKey) -> usize {
    let escaped = |c: char| match c {
        '"' | '\\' => 2,
        c if c.is_control() => 6,
        c => c.len_utf8(),
    };
    event.as_str().chars().map(escaped).sum::<usize>() + 3
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(number: usize) -> EventKey {
        EventKey::of("livekit", &format!("EV_{number:05}"))
    }

    #[test]
    fn the_list_ends_at_its_bound_however_it_is_filled() {
        for text in ["EV_", "\"\\\u{1}", &"long ".repeat(100)] {
            // More than fit. Each is inserted alone, which counts all the others.
            let keys = (0..6_000).map(|number| EventKey::of("x", &format!("{text}{number}")));
            let mut waiting = Waiting::default();
            keys.clone().for_each(|key| waiting.insert(key));
            let json = serde_json::to_string(&waiting).unwrap();
            assert!(json.len() <= Waiting::MAX_BYTES, "{} bytes", json.len());
            assert!(
                json.len() > Waiting::MAX_BYTES * 9 / 10,
                "{} bytes",
                json.len()
            );
            let mut united: Waiting = keys.clone().rev().collect();
            united.extend(waiting.iter().cloned());
            assert!(serde_json::to_string(&united).unwrap().len() <= Waiting::MAX_BYTES);
        }
    }

    #[test]
    fn an_event_that_waits_already_takes_no_room() {
        let mut waiting: Waiting = (0..30_000).map(key).collect();
        let full = waiting.clone();
        waiting.extend(full.iter().cloned());
        assert_eq!(waiting, full);
        waiting.remove(&BTreeSet::from([key(0), key(1)]));
        waiting.insert(key(29_999));
        assert!(waiting.contains(&key(29_999)) && !waiting.contains(&key(0)));
    }

    #[test]
    fn workers_that_start_elsewhere_take_other_events() {
        let waiting: Waiting = (0..6).map(key).collect();
        let numbers = |start, count| waiting.next_after(&key(start), count);
        assert_eq!(numbers(0, 2), BTreeSet::from([key(0), key(1)]));
        assert_eq!(numbers(4, 3), BTreeSet::from([key(4), key(5), key(0)]));
        assert_eq!(numbers(9, 2), BTreeSet::from([key(0), key(1)]));
        assert_eq!(numbers(3, 100).len(), 6, "each once");
    }

    #[test]
    fn the_bound_counts_every_byte_as_it_is_stored() {
        for text in [
            "EV_1",
            "\"",
            "\\",
            "\u{1}",
            "é",
            "\u{1f600}",
            "a\"b\\c\u{1f}d",
        ] {
            let key = EventKey::of("x", text);
            let json = serde_json::to_string(&key).unwrap();
            assert_eq!(stored_bytes(&key), json.len() + 1, "{json}");
            let waiting: Waiting = [key.clone()].into_iter().collect();
            let listed: Vec<_> = waiting.iter().collect();
            assert_eq!(listed, [&key]);
        }
    }
}
