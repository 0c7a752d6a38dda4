//! Pacing deliveries to endpoints with a rate limit, a learned pace or slow responses: one booking of slots
//! per subscription and batch, and one request to the queue for all deliveries that must wait.
//!
//! ```text
//! has a valid slot, or gets one ─┬─ its time is near ── the batch posts it
//!                                ├─ its time is later ── back into its queue until then
//!                                ├─ the endpoint is slow ── into the slow lane until then
//!                                └─ no slot is left ── back into its queue, without one
//! ```

use std::collections::HashMap;

use futures::future::join_all;

use super::deliver::{Deliver, Endpoint};
use crate::{
    domain::{
        delivery::{DeliveryRef, pace::Pace},
        timestamp::Timestamp,
    },
    queue::{
        SendError,
        deliveries::{BookedSlot, DeliveryMessage},
    },
    telemetry,
};

/// How long a slot stays valid after its time. A queue may be late, and a new booking would be later still:
/// a queue that is always late would deliver nothing.
const LATE_MICROS: u64 = 60_000_000;

/// The delivery, and the number of the attempt.
pub(super) type AttemptRef = (DeliveryRef, u32);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Slot {
    /// In microseconds since 1970, soon or past.
    At(u64),
    /// Its message is in a queue again.
    Later,
    /// The database or the queue failed.
    Unknown,
}

impl Deliver {
    /// The slots of those messages that must be paced.
    pub(super) async fn assign_slots(
        &self,
        ready: &[(&DeliveryMessage, Endpoint<'_>)],
        now: Timestamp,
    ) -> HashMap<AttemptRef, Slot> {
        let mut by_endpoint: HashMap<_, (&Endpoint<'_>, Vec<&DeliveryMessage>)> = HashMap::new();
        for (message, endpoint) in ready {
            by_endpoint
                .entry(&endpoint.at)
                .or_insert((endpoint, Vec::new()))
                .1
                .push(message);
        }
        let slots = join_all(by_endpoint.into_values().map(async |(endpoint, messages)| {
            let pace = endpoint.load.pace(endpoint.subscription.rate_limit, now)?;
            Some(self.assign_slots_at(endpoint, &pace, &messages, now).await)
        }));
        slots.await.into_iter().flatten().flatten().collect()
    }

    async fn assign_slots_at(
        &self,
        endpoint: &Endpoint<'_>,
        pace: &Pace,
        messages: &[&DeliveryMessage],
        now: Timestamp,
    ) -> Vec<(AttemptRef, Slot)> {
        let is_slow = endpoint.load.is_slow(now);
        let good = |place: &BookedSlot| {
            // A message in the slow lane is late because of other endpoints, not because of its own pace.
            let is_late = !is_slow && place.micros.saturating_add(LATE_MICROS) < micros(now);
            !is_late && endpoint.load.honours(place.given, now)
        };
        let (mut placed, unplaced): (Vec<&DeliveryMessage>, Vec<&DeliveryMessage>) = messages
            .iter()
            .partition(|message| message.place().is_some_and(|place| good(&place)));
        placed.sort_by_key(|message| message.place().map(|place| place.micros));
        let first = match unplaced.len() as u64 {
            0 => Ok(None),
            count => {
                self.endpoints
                    .book(&endpoint.at, count, pace, endpoint.load.next_place)
                    .await
            }
        };
        let all_of = |slot| {
            messages
                .iter()
                .map(|message| (attempt_of(message), slot))
                .collect()
        };
        let first = match first {
            Ok(first) => first,
            Err(error) => {
                tracing::error!(cause = telemetry::chain(&error), "no places");
                return all_of(Slot::Unknown);
            }
        };
        let booked = unplaced.into_iter().zip(0_u64..).map(|(message, number)| {
            let place = first.map(|first| first.saturating_add(pace.micros.saturating_mul(number)));
            (
                message,
                place.map(|micros| BookedSlot { micros, given: now }),
            )
        });
        let placed = placed.into_iter().map(|message| (message, message.place()));
        let (mut slots, mut waits, mut earliest) = (Vec::new(), Vec::new(), micros(now));
        for (message, place) in placed.chain(booked) {
            // Late ones also go one after the other.
            let place = place.map(|place| BookedSlot {
                micros: place.micros.max(earliest),
                ..place
            });
            earliest = place.map_or(earliest, |place| place.micros.saturating_add(pace.micros));
            let wait = place.map(|place| place.micros.saturating_sub(micros(now)));
            let is_in_lane = message.is_in_slow_lane() || !is_slow;
            match (place, wait) {
                (Some(place), Some(wait)) if is_in_lane && wait <= pace.hold_micros() => {
                    slots.push((attempt_of(message), Slot::At(place.micros)));
                }
                _ => {
                    let delay = wait.map_or(pace.until.millis_since(now) / 1_000, |wait| {
                        seconds(wait, pace)
                    });
                    waits.push((
                        message.placed(place, message.is_in_slow_lane() || is_slow),
                        delay,
                    ));
                    slots.push((attempt_of(message), Slot::Later));
                }
            }
        }
        match self.queue_again(&waits).await {
            Ok(()) => slots,
            Err(error) => {
                tracing::error!(cause = telemetry::chain(&error), "not queued again");
                let unless_near = |slot| {
                    if slot == Slot::Later {
                        Slot::Unknown
                    } else {
                        slot
                    }
                };
                slots
                    .into_iter()
                    .map(|(attempt, slot)| (attempt, unless_near(slot)))
                    .collect()
            }
        }
    }

    async fn queue_again(&self, waits: &[(DeliveryMessage, u64)]) -> Result<(), SendError> {
        let (slow, usual): (Vec<_>, Vec<_>) = waits
            .iter()
            .cloned()
            .partition(|(message, _)| message.is_in_slow_lane());
        self.queue.send(&usual).await?;
        self.slow_lane.send(&slow).await
    }
}

pub(super) fn attempt_of(message: &DeliveryMessage) -> AttemptRef {
    (message.delivery(), message.number())
}

pub(super) fn micros(moment: Timestamp) -> u64 {
    moment.millis_since(Timestamp::EPOCH).saturating_mul(1_000)
}

/// How many seconds a message stays in its queue. If the pace allows it, the function waits for the rest of
/// a second; else the message comes a little late rather than early.
fn seconds(wait_micros: u64, pace: &Pace) -> u64 {
    const SECOND: u64 = 1_000_000;
    if pace.hold_micros() < SECOND {
        wait_micros.div_ceil(SECOND)
    } else {
        wait_micros / SECOND
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_is_counted_in_microseconds() {
        let moment = Timestamp::from_millis(1_234).unwrap();
        assert_eq!((micros(Timestamp::EPOCH), micros(moment)), (0, 1_234_000));
    }

    #[test]
    fn a_message_stays_until_its_second_or_up_to_a_second_less_if_it_is_held() {
        let pace = |micros| Pace {
            micros,
            from: Timestamp::EPOCH,
            until: Timestamp::EPOCH,
        };
        let (fast, slow) = (pace(1), pace(1_000_000));
        assert!(fast.hold_micros() < 1_000_000 && slow.hold_micros() >= 1_000_000);
        for (wait, of_fast, of_slow) in [
            (0, 0, 0),
            (1, 1, 0),
            (1_000_000, 1, 1),
            (1_000_001, 2, 1),
            (2_999_999, 3, 2),
        ] {
            assert_eq!(
                (seconds(wait, &fast), seconds(wait, &slow)),
                (of_fast, of_slow),
                "{wait}"
            );
        }
    }
}
