//! How long a message waits before it is received again: longer every time, so that a short fault is over
//! soon and a long one costs few attempts. Messages that failed together are not received together again.

use uuid::Uuid;

use super::{Client, SendError};

/// The wait after the first attempt; every further one is twice as long.
const FIRST_SECONDS: u32 = 30;
const LONGEST_SECONDS: u32 = 15 * 60;
/// By how many per cent a wait is shortened or lengthened at most.
const JITTER_PERCENT: u32 = 20;

/// Lets a message wait before it is received again; `received` is how often it was.
pub(super) async fn postpone(
    client: &Client,
    url: &str,
    receipt_handle: &str,
    received: u32,
) -> Result<(), SendError> {
    let change = client
        .change_message_visibility()
        .queue_url(url)
        .receipt_handle(receipt_handle);
    let random = Uuid::new_v4().as_fields().0;
    let changed = change
        .visibility_timeout(seconds(received, random).cast_signed())
        .send()
        .await;
    changed
        .map(drop)
        .map_err(|error| SendError::of("ChangeMessageVisibility", error))
}

/// How long a message waits that was received this many times; `random` is evenly distributed over all numbers.
fn seconds(received: u32, random: u32) -> u32 {
    let doublings = received.saturating_sub(1).min(16);
    let wait = FIRST_SECONDS
        .saturating_mul(1 << doublings)
        .min(LONGEST_SECONDS);
    let percent = 100 - JITTER_PERCENT + random % (2 * JITTER_PERCENT + 1);
    wait * percent / 100
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Leaves a wait as it is.
    const MIDDLE: u32 = JITTER_PERCENT;

    #[test]
    fn waits_double_up_to_a_quarter_of_an_hour() {
        let waits: Vec<u32> = (1..=8).map(|received| seconds(received, MIDDLE)).collect();
        assert_eq!(waits, [30, 60, 120, 240, 480, 900, 900, 900]);
        assert_eq!((seconds(0, MIDDLE), seconds(u32::MAX, MIDDLE)), (30, 900));
    }

    #[test]
    fn messages_that_failed_together_are_spread_over_two_fifths_of_the_wait() {
        let waits: Vec<u32> = (0..1_000).map(|random| seconds(3, random)).collect();
        assert_eq!(waits.iter().min(), Some(&96));
        assert_eq!(waits.iter().max(), Some(&144));
        assert_eq!(seconds(1, u32::MAX - u32::MAX % 41), 24);
    }

    #[test]
    fn a_hundred_attempts_last_for_a_day() {
        let shortest: u32 = (1..100).map(|received| seconds(received, 0)).sum();
        let usual: u32 = (1..100).map(|received| seconds(received, MIDDLE)).sum();
        assert_eq!((shortest / 3600, usual / 3600), (19, 23));
    }
}
