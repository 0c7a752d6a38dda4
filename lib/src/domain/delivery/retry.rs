//! When a failed delivery is tried again: exponential backoff with jitter.

use serde::{Deserialize, Serialize, Serializer};

/// A subscription's retry schedule, as the Webhook API document has it. Delays are in seconds.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RetryConfig {
    /// Attempts in all, the first one included.
    pub max_attempts: u32,
    pub initial_delay: u32,
    pub max_delay: u32,
    /// The factor between consecutive delays.
    #[serde(serialize_with = "as_written")]
    pub backoff_factor: f64,
}

impl Default for RetryConfig {
    /// Nine attempts in 32 hours: at once, then after 5 s, 30 s, 3 min, 18 min, 1.8 h and three times 10 h.
    fn default() -> Self {
        Self {
            max_attempts: 9,
            initial_delay: 5,
            max_delay: 36_000,
            backoff_factor: 6.0,
        }
    }
}

/// The jitter of a delay, as a fraction: deliveries that failed together are not retried together.
const JITTER: f64 = 0.2;

impl RetryConfig {
    /// Milliseconds to wait after the `failed`th attempt (from 1) has failed; `None` when it was
    /// the last. `random` spreads the delay and is evenly distributed over all numbers;
    /// `retry_after` is what the endpoint asked for, in seconds.
    pub fn delay_millis(&self, failed: u32, random: u64, retry_after: Option<u64>) -> Option<u64> {
        if failed >= self.max_attempts {
            return None;
        }
        let exponent = i32::try_from(failed.saturating_sub(1)).unwrap_or(i32::MAX);
        let delay = f64::from(self.initial_delay) * self.backoff_factor.powi(exponent);
        Some(self.wait_millis(delay, random, retry_after))
    }

    /// Milliseconds to wait after a refusal, which does not count against the schedule.
    pub fn refused_delay_millis(&self, random: u64, retry_after: Option<u64>) -> u64 {
        self.wait_millis(f64::from(self.initial_delay), random, retry_after)
    }

    fn wait_millis(&self, delay: f64, random: u64, retry_after: Option<u64>) -> u64 {
        let most = f64::from(self.max_delay);
        let spread = (random % 2_001) as f64 / 1_000.0 - 1.0;
        let jittered = delay.min(most) * (1.0 + JITTER * spread);
        let asked = retry_after.map_or(0.0, |seconds| (seconds as f64).min(most));
        (jittered.max(asked) * 1_000.0) as u64
    }
}

/// A whole number without a fraction, as its owner wrote it.
fn as_written<S: Serializer>(factor: &f64, serializer: S) -> Result<S::Ok, S::Error> {
    if factor.fract() == 0.0 {
        serializer.serialize_u64(*factor as u64)
    } else {
        serializer.serialize_f64(*factor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The number that leaves a delay as it is.
    const EVEN: u64 = 1_000;

    #[test]
    fn the_default_schedule_spans_32_hours() {
        let schedule = RetryConfig::default();
        let delays: Vec<u64> = (1..=9)
            .map_while(|failed| schedule.delay_millis(failed, EVEN, None))
            .map(|millis| millis / 1_000)
            .collect();
        assert_eq!(delays, [5, 30, 180, 1_080, 6_480, 36_000, 36_000, 36_000]);
        assert_eq!(delays.iter().sum::<u64>() / 3_600, 32);
    }

    #[test]
    fn a_delay_varies_by_a_fifth() {
        let schedule = RetryConfig {
            max_attempts: 3,
            initial_delay: 100,
            max_delay: 150,
            backoff_factor: 2.0,
        };
        let range = |failed| {
            let delays =
                (0..2_001).map(|random| schedule.delay_millis(failed, random, None).unwrap());
            (delays.clone().min().unwrap(), delays.max().unwrap())
        };
        assert_eq!(range(1), (80_000, 120_000));
        assert_eq!(range(2), (120_000, 180_000), "around the longest");
    }

    #[test]
    fn what_the_endpoint_asks_for_is_granted_up_to_the_longest_delay() {
        let schedule = RetryConfig {
            max_attempts: 3,
            initial_delay: 10,
            max_delay: 60,
            backoff_factor: 2.0,
        };
        assert_eq!(schedule.delay_millis(1, EVEN, Some(30)), Some(30_000));
        assert_eq!(
            schedule.delay_millis(1, EVEN, Some(3)),
            Some(10_000),
            "never sooner"
        );
        assert_eq!(schedule.delay_millis(1, EVEN, Some(u64::MAX)), Some(60_000));
        assert_eq!(
            schedule.delay_millis(3, EVEN, Some(30)),
            None,
            "the attempts are used up"
        );
        assert_eq!(schedule.refused_delay_millis(EVEN, None), 10_000);
        assert_eq!(schedule.refused_delay_millis(EVEN, Some(u64::MAX)), 60_000);
    }

    #[test]
    fn no_configuration_overflows() {
        let schedule = RetryConfig {
            max_attempts: u32::MAX,
            initial_delay: u32::MAX,
            max_delay: u32::MAX,
            backoff_factor: 1e9,
        };
        assert!(
            schedule
                .delay_millis(u32::MAX - 1, u64::MAX, Some(u64::MAX))
                .is_some()
        );
    }

    #[test]
    fn the_document_s_numbers_come_back_as_written() {
        let json = r#"{"maxAttempts":5,"initialDelay":30,"maxDelay":3600,"backoffFactor":2}"#;
        let schedule: RetryConfig = serde_json::from_str(json).unwrap();
        assert_eq!(serde_json::to_string(&schedule).unwrap(), json);
        let half = RetryConfig {
            backoff_factor: 1.5,
            ..schedule
        };
        assert!(
            serde_json::to_string(&half)
                .unwrap()
                .ends_with(r#""backoffFactor":1.5}"#)
        );
    }
}
