//! The rate of deliveries to an endpoint. It follows from its owner's limit, from refusals (429
//! means *later*, not *broken*) and from its response time. Each of them is expressed as an
//! interval between two deliveries.

use crate::domain::timestamp::Timestamp;

/// A slower endpoint gets its deliveries through the slow lane, apart from the others.
pub const SLOW_MILLIS: u64 = 2_000;
/// Concurrent deliveries to one slow subscription: a fifth of the slow lane.
const SLOW_IN_FLIGHT: u64 = 50;
/// How long an endpoint counts as slow after its last slow response.
const SLOW_REMEMBERED_MILLIS: u64 = 10 * 60_000;
/// Response times are rounded up to this, or to two or four times as much. A slower response is a
/// timeout.
const SLOW_STEP_MILLIS: u64 = 4_000;
const SLOWEST_STEPS: u64 = 4;

/// Slots are spread over one per cent more than a second: a delivery may arrive some milliseconds
/// late, and the next one on time.
const SLACK_PERCENT: u64 = 101;

/// The interval after the first refusal, and after an outage: ten a second.
pub const FIRST_MICROS: u64 = 100_000;
/// The lowest rate is one a minute.
const LONGEST_MICROS: u64 = 60_000_000;
const DOUBLES_MILLIS: f64 = 60_000.0;
/// A shorter interval is no longer a limit.
const FORGOTTEN_MICROS: u64 = 500;
/// The longest pause; an endpoint that asks for more is tried after this.
const LONGEST_PAUSE_SECONDS: u64 = 900;

/// How far ahead slots under an owner's limit are booked: the longest delay of an SQS message.
const AHEAD_MILLIS: u64 = 900_000;
/// Learned limits change soon, so their slots are not booked as far ahead.
const LEARNED_AHEAD_MILLIS: u64 = 120_000;
/// The longest wait in a function for a booked slot; for longer waits the message returns to the
/// queue.
const HOLD_MICROS: u64 = 1_500_000;
/// Deliveries of one subscription that wait in functions at once.
const HELD_AT_ONCE: u64 = 50;

/// The observed capacity of an endpoint.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct EndpointLoad {
    pub slow: Option<Slow>,
    /// Set after refusals and outages.
    pub learned: Option<Learned>,
    /// Nothing is sent before.
    pub paused_until: Option<Timestamp>,
    /// The first free slot, in microseconds since 1970.
    pub next_place: Option<u64>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Slow {
    pub until: Timestamp,
    /// Rounded up, so that it seldom changes.
    pub millis: u64,
}

/// The learned interval between two deliveries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Learned {
    /// Microseconds from one delivery to the next, at that moment.
    pub micros: u64,
    pub at: Timestamp,
}

impl Slow {
    /// What to store after an attempt of this duration, unless it is known already.
    pub fn observed(known: Option<Self>, millis: u64, now: Timestamp) -> Option<Self> {
        if millis < SLOW_MILLIS {
            return None;
        }
        let steps = millis
            .div_ceil(SLOW_STEP_MILLIS)
            .min(SLOWEST_STEPS)
            .next_power_of_two();
        let millis = steps * SLOW_STEP_MILLIS;
        let until = now.plus_millis(SLOW_REMEMBERED_MILLIS);
        let is_known = known.is_some_and(|known| {
            // Renewed seldom, so that it costs almost nothing.
            millis <= known.millis && now.plus_millis(SLOW_REMEMBERED_MILLIS / 2) < known.until
        });
        (!is_known).then_some(Self { until, millis })
    }
}

impl Learned {
    /// After a refusal: half of the rate at which its attempt was made.
    pub fn refused(known: Option<Self>, began: Timestamp, now: Timestamp) -> Self {
        let micros = known.and_then(|known| known.micros_at(began));
        let micros = micros.map_or(FIRST_MICROS, |micros| {
            (micros * 2).clamp(FIRST_MICROS / 50, LONGEST_MICROS)
        });
        Self { micros, at: now }
    }

    /// The interval at a moment: it shrinks while nothing is refused.
    fn micros_at(self, now: Timestamp) -> Option<u64> {
        let doublings = now.millis_since(self.at) as f64 / DOUBLES_MILLIS;
        let micros = (self.micros as f64 / doublings.exp2()) as u64;
        (micros >= FORGOTTEN_MICROS).then_some(micros)
    }
}

/// When an endpoint that refused a delivery at `now` may get the next one.
pub fn pause_until(retry_after: Option<u64>, now: Timestamp) -> Timestamp {
    now.plus_millis(retry_after.unwrap_or(1).clamp(1, LONGEST_PAUSE_SECONDS) * 1_000)
}

/// The rate of deliveries to an endpoint at this moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pace {
    /// Microseconds from one delivery to the next.
    pub micros: u64,
    /// No delivery is made before that.
    pub from: Timestamp,
    /// No slot is booked after that.
    pub until: Timestamp,
}

impl EndpointLoad {
    pub fn is_slow(&self, now: Timestamp) -> bool {
        self.slow.is_some_and(|slow| now < slow.until)
    }

    /// The pace, if deliveries must be spread.
    pub fn pace(&self, rate_limit: Option<u32>, now: Timestamp) -> Option<Pace> {
        let from = self.paused_until.unwrap_or(now).max(now);
        // At the rate of that time: where many deliveries wait, their slots are far ahead.
        let place = self
            .next_place
            .and_then(|micros| Timestamp::from_millis(i64::try_from(micros / 1_000).ok()?));
        let learned = self
            .learned
            .and_then(|learned| learned.micros_at(place.unwrap_or(from).max(from)));
        let slow = self
            .slow
            .filter(|slow| now < slow.until)
            .map(|slow| slow.millis * 1_000 / SLOW_IN_FLIGHT);
        let limit =
            rate_limit.map(|limit| (10_000 * SLACK_PERCENT).div_ceil(u64::from(limit.max(1))));
        let is_unsure = learned.is_some() || now < from;
        let ahead = if is_unsure {
            LEARNED_AHEAD_MILLIS
        } else {
            AHEAD_MILLIS
        };
        let micros = [limit, learned, slow].into_iter().flatten().max();
        let micros = micros.or((now < from).then_some(FORGOTTEN_MICROS))?;
        Some(Pace {
            micros,
            from,
            until: now.plus_millis(ahead),
        })
    }

    /// How many deliveries a second are made at this moment, if their number is limited.
    pub fn limit_per_second(&self, rate_limit: Option<u32>, now: Timestamp) -> Option<f64> {
        let observed = self.pace(None, now);
        let observed = observed.filter(|pace| pace.micros > FORGOTTEN_MICROS);
        let observed = observed.map(|pace| 1e6 / pace.micros as f64);
        let limits = [observed, rate_limit.map(f64::from)];
        limits.into_iter().flatten().min_by(f64::total_cmp)
    }

    /// Whether a slot that was booked at that moment is still valid: a later refusal invalidates
    /// all slots, and no delivery is made during a pause.
    pub fn honours(&self, booked_at: Timestamp, now: Timestamp) -> bool {
        self.learned.is_none_or(|learned| learned.at < booked_at)
            && self.paused_until.is_none_or(|until| until <= now)
    }
}

impl Pace {
    /// The longest wait in a function for a booked slot.
    pub fn hold_micros(&self) -> u64 {
        self.micros.saturating_mul(HELD_AT_ONCE).min(HOLD_MICROS)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_seconds(seconds).unwrap()
    }

    #[test]
    fn an_endpoint_at_ease_has_no_pace() {
        assert_eq!(EndpointLoad::default().pace(None, at(100)), None);
        let old = EndpointLoad {
            slow: Some(Slow {
                until: at(1_000),
                millis: 16_000,
            }),
            learned: Some(Learned {
                micros: FIRST_MICROS,
                at: at(400),
            }),
            paused_until: Some(at(999)),
            next_place: Some(999_000_000),
        };
        assert_eq!(
            old.pace(None, at(1_000)),
            None,
            "what is long ago says nothing"
        );
    }

    #[test]
    fn a_second_has_no_more_places_than_the_limit() {
        for limit in [1, 3, 5, 7, 50, 999, 1_000] {
            let pace = EndpointLoad::default().pace(Some(limit), at(100)).unwrap();
            assert!(pace.micros * u64::from(limit) > 1_000_000, "{limit}");
            assert!(
                pace.micros * u64::from(limit) < 1_012_000,
                "and hardly fewer: {limit}"
            );
        }
    }

    #[test]
    fn every_refusal_halves_the_rate_and_every_minute_without_one_doubles_it() {
        let first = Learned::refused(None, at(99), at(100));
        assert_eq!(
            first,
            Learned {
                micros: 100_000,
                at: at(100)
            }
        );
        let second = Learned::refused(Some(first), at(100), at(101));
        assert_eq!(second.micros, 200_000);
        assert_eq!(second.micros_at(at(161)), Some(100_000));
        assert_eq!(second.micros_at(at(221)), Some(50_000));
        assert_eq!(second.micros_at(at(101 + 600)), None, "forgotten");
        let mut slower = second;
        for _ in 0..20 {
            slower = Learned::refused(Some(slower), slower.at, slower.at);
        }
        assert_eq!(slower.micros, LONGEST_MICROS);
    }

    #[test]
    fn a_pause_and_a_refusal_make_places_void() {
        let load = EndpointLoad {
            learned: Some(Learned {
                micros: 100_000,
                at: at(100),
            }),
            paused_until: Some(at(103)),
            ..EndpointLoad::default()
        };
        assert!(!load.honours(at(99), at(110)) && !load.honours(at(100), at(110)));
        assert!(!load.honours(at(101), at(102)) && load.honours(at(101), at(103)));
        let pace = load.pace(None, at(101)).unwrap();
        assert_eq!((pace.from, pace.until), (at(103), at(101 + 120)));
        assert_eq!(pause_until(None, at(100)), at(101));
        assert_eq!(pause_until(Some(0), at(100)), at(101));
        assert_eq!(pause_until(Some(u64::MAX), at(100)), at(1_000));
    }

    #[test]
    fn the_slower_an_endpoint_the_fewer_go_to_it_at_once() {
        let slow = |millis| Slow::observed(None, millis, at(100));
        assert_eq!(slow(1_999), None);
        for (millis, rounded) in [
            (2_000, 4_000),
            (4_500, 8_000),
            (9_000, 16_000),
            (15_100, 16_000),
        ] {
            let load = EndpointLoad {
                slow: slow(millis),
                ..EndpointLoad::default()
            };
            assert_eq!(load.slow.unwrap().millis, rounded);
            let in_flight = millis * 1_000 / load.pace(None, at(101)).unwrap().micros;
            assert!((20..=50).contains(&in_flight), "{millis}: {in_flight}");
            assert!(load.is_slow(at(699)) && !load.is_slow(at(700)));
        }
    }

    #[test]
    fn slowness_that_is_known_is_not_written_again() {
        let known = Slow::observed(None, 14_000, at(100));
        assert_eq!(Slow::observed(known, 14_000, at(101)), None);
        assert_eq!(Slow::observed(known, 3_000, at(101)), None);
        assert!(Slow::observed(known, 14_000, at(401)).is_some(), "renewed");
        let little = Slow::observed(None, 3_000, at(100));
        assert!(
            Slow::observed(little, 14_000, at(101)).is_some(),
            "slower than that"
        );
    }

    #[test]
    fn few_wait_in_functions() {
        let held = |limit| {
            EndpointLoad::default()
                .pace(Some(limit), at(100))
                .unwrap()
                .hold_micros()
        };
        assert_eq!((held(1), held(1_000)), (HOLD_MICROS, 50_500));
    }
}
