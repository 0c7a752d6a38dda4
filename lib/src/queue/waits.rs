//! How long a message waits before it is received again: longer every time, so that a short fault is over
//! soon and a long one costs few attempts.

use super::{Client, SendError};

/// The wait after the first attempt; every further one is twice as long.
const FIRST_SECONDS: u32 = 30;
const LONGEST_SECONDS: u32 = 15 * 60;

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
    let changed = change
        .visibility_timeout(seconds(received).cast_signed())
        .send()
        .await;
    changed
        .map(drop)
        .map_err(|error| SendError::of("ChangeMessageVisibility", error))
}

/// How long a message waits that was received this many times.
fn seconds(received: u32) -> u32 {
    let doublings = received.saturating_sub(1).min(16);
    FIRST_SECONDS
        .saturating_mul(1 << doublings)
        .min(LONGEST_SECONDS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_a_quarter_of_an_hour() {
        let waits: Vec<u32> = (1..=8).map(seconds).collect();
        assert_eq!(waits, [30, 60, 120, 240, 480, 900, 900, 900]);
        assert_eq!((seconds(0), seconds(u32::MAX)), (30, 900));
    }

    #[test]
    fn a_hundred_attempts_last_for_a_day() {
        let lasting: u32 = (1..100).map(seconds).sum();
        assert_eq!(lasting / 3600, 23);
    }
}
