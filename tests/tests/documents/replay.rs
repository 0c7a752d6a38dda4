//! `make replay`: what the history lost comes back from the log, each event once.

use std::process::Output;

use ringpost::{clock::Clock, domain::timestamp::Timestamp};
use ringpost_tests::{
    commands::{operate, printed},
    livekit::{sample, unique},
    stack::{eventually, stack},
    world::World,
};
use serde_json::json;

fn replay(arguments: &[&str]) -> Output {
    operate("replay", arguments)
}

/// A minute of the last weeks that no other run of this test has chosen.
fn minute() -> Timestamp {
    let chosen = u64::from_str_radix(&unique(), 16).unwrap() % (40 * 24 * 60);
    Clock::system()
        .now()
        .minus_days(45)
        .plus_millis(chosen * 60_000)
}

#[tokio::test]
async fn events_that_the_history_lost_come_back_once() {
    let (stack, world) = (stack(), World::deployed().await);
    let (from, log) = (minute(), world.event_log());
    let to = from.plus_millis(60_000);
    let mut keys = Vec::new();
    // The last is received when the window has ended.
    for millis in [0, 1, 30_000, 59_999, 60_000] {
        let mut payload = sample(&unique());
        payload["createdAt"] = json!(from.plus_millis(millis).to_string());
        log.keep(&payload).await;
        keys.push(format!("livekit:{}", payload["id"].as_str().unwrap()));
    }
    for key in &keys {
        eventually("the event's row", async || {
            (stack.history_rows(key).await == 1).then_some(())
        })
        .await;
    }
    let (lost, kept) = keys.split_at(2);
    let beyond = kept.last().unwrap();
    for key in lost.iter().chain([beyond]) {
        assert_eq!(world.forget_history_of(key).await, 1);
    }

    let done = replay(&[
        "--from",
        &from.to_string(),
        "--to",
        &to.to_string(),
        "--yes",
    ]);
    assert!(done.status.success(), "{}", printed(&done));
    assert!(
        printed(&done).contains("matched 4, queued 4."),
        "{}",
        printed(&done)
    );
    for key in lost {
        eventually("the row's return", async || {
            (stack.history_rows(key).await == 1).then_some(())
        })
        .await;
    }
    // Again, and nothing is there twice.
    assert!(
        replay(&[
            "--from",
            &from.to_string(),
            "--to",
            &to.to_string(),
            "--yes"
        ])
        .status
        .success()
    );
    let later = sample(&unique());
    log.keep(&later).await;
    let later = format!("livekit:{}", later["id"].as_str().unwrap());
    eventually("a later event's row", async || {
        (stack.history_rows(&later).await == 1).then_some(())
    })
    .await;
    for key in &keys[..4] {
        assert_eq!(stack.history_rows(key).await, 1, "{key}");
    }
    assert_eq!(
        stack.history_rows(beyond).await,
        0,
        "received after the window"
    );
}

#[test]
fn a_window_that_makes_no_sense_is_refused() {
    stack();
    for (arguments, reason) in [
        (
            &[
                "--from",
                "2026-11-01T00:00Z",
                "--to",
                "2026-11-01T00:00Z",
                "--yes",
            ][..],
            "the window is empty",
        ),
        (
            &["--from", "2026-11-01", "--yes"],
            "must be a time with its zone",
        ),
        (&["--from", "", "--yes"], "must be a time with its zone"),
        (&["--from", "2026-11-01T00:00Z"], "no terminal to ask on"),
    ] {
        let refused = replay(arguments);
        assert!(!refused.status.success());
        assert!(
            printed(&refused).to_lowercase().contains(reason),
            "{arguments:?}: {}",
            printed(&refused)
        );
    }
}
