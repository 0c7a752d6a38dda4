//! Secrets in the real Parameter Store API: missing ones stop the start, rotated ones are taken up
//! while warm, and a store that fails changes nothing.

#![expect(clippy::unwrap_used, reason = "a test's support fails by panicking")]

use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering},
};

use ringpost::{
    clock::Clock,
    domain::timestamp::Timestamp,
    secrets::{Secrets, SecretsError},
};
use ringpost_tests::{
    aws::sdk,
    faults::{Cut, Faults},
    livekit::unique,
    stack::stack,
};

/// A clock that is set by hand.
fn clock() -> (Clock, Arc<AtomicI64>) {
    let seconds = Arc::new(AtomicI64::new(1_767_312_000));
    let shown = Arc::clone(&seconds);
    let now = move || Timestamp::from_seconds(shown.load(Ordering::SeqCst)).unwrap();
    (Clock::new(now), seconds)
}

async fn put(name: &str, value: &str) {
    let ssm = aws_sdk_ssm::Client::new(&sdk(stack(), &Faults::none(), 3));
    let put = ssm.put_parameter().name(name).value(value).overwrite(true);
    put.r#type(aws_sdk_ssm::types::ParameterType::SecureString).send().await.unwrap();
}

async fn load(prefix: &str, clock: Clock, faults: &Faults) -> Result<Secrets<Vec<String>>, SecretsError> {
    let sdk = sdk(stack(), faults, 1);
    Secrets::load(&sdk, clock, prefix.to_owned(), &["keys"], |texts| match texts.lines("keys") {
        lines if lines == ["broken"] => {
            Err(SecretsError::Invalid { name: "keys", reason: "broken".to_owned() })
        }
        lines => Ok(lines),
    })
    .await
}

#[tokio::test]
async fn a_missing_secret_stops_the_start_and_is_named() {
    let prefix = format!("/{}/", unique());
    let error = load(&prefix, Clock::system(), &Faults::none()).await.err().unwrap();
    assert_eq!(
        error.to_string(),
        format!("no such SSM parameter: {prefix}keys; `make secrets STAGE=…` creates it")
    );
}

#[tokio::test]
async fn a_rotated_secret_is_taken_up_after_five_minutes_and_a_failure_changes_nothing() {
    let prefix = format!("/{}/", unique());
    let name = format!("{prefix}keys");
    put(&name, "one\n two \n\n").await;
    let (clock, seconds) = clock();
    let secrets = load(&prefix, clock, &Faults::none()).await.unwrap();
    assert_eq!(*secrets.current().await, ["one", "two"]);

    put(&name, "three").await;
    seconds.fetch_add(299, Ordering::SeqCst);
    assert_eq!(*secrets.current().await, ["one", "two"]);
    seconds.fetch_add(1, Ordering::SeqCst);
    assert_eq!(*secrets.current().await, ["three"]);

    put(&name, "broken").await;
    seconds.fetch_add(300, Ordering::SeqCst);
    assert_eq!(*secrets.current().await, ["three"]);

    put(&name, "none").await;
    seconds.fetch_add(300, Ordering::SeqCst);
    assert_eq!(*secrets.current().await, [""; 0]);
}

#[tokio::test]
async fn a_store_that_fails_while_warm_leaves_the_known_secrets_in_use() {
    let prefix = format!("/{}/", unique());
    put(&format!("{prefix}keys"), "one").await;
    let (clock, seconds) = clock();
    // The second request, the first refresh, and all after it fail.
    let faults = Faults::death_at(1, Cut::Before);
    let secrets = load(&prefix, clock, &faults).await.unwrap();
    seconds.fetch_add(300, Ordering::SeqCst);
    assert_eq!(*secrets.current().await, ["one"]);
    assert!(faults.struck());
}
