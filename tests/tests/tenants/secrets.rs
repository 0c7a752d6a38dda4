//! Secrets in the real Parameter Store API: missing ones stop the start, rotated ones are taken up while
//! warm, taken away they refuse everything, and a store that fails changes nothing for an hour.

use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering},
};

use ringpost::{
    aws::json_api::JsonApi,
    clock::Clock,
    domain::timestamp::Timestamp,
    secrets::{Samples, Secrets, SecretsError, Source, is_broken, tenant_and_secret},
};
use ringpost_tests::{
    aws::sdk,
    faults::{Cut, Faults},
    livekit::unique,
    stack::stack,
};
use serde_json::{Value, json};

/// A clock that is set by hand.
fn clock() -> (Clock, Arc<AtomicI64>) {
    let seconds = Arc::new(AtomicI64::new(1_767_312_000));
    let shown = Arc::clone(&seconds);
    let now = move || Timestamp::from_seconds(shown.load(Ordering::SeqCst)).unwrap();
    (Clock::new(now), seconds)
}

async fn put(name: &str, value: &str) {
    let parameter =
        json!({"Name": name, "Value": value, "Type": "SecureString", "Overwrite": true});
    call("PutParameter", parameter).await;
}

async fn delete(name: &str) {
    call("DeleteParameter", json!({ "Name": name })).await;
}

async fn call(operation: &str, input: Value) {
    let ssm = JsonApi::new(&sdk(stack(), &Faults::none(), 3), "ssm", "AmazonSSM");
    let _: Value = ssm.call(operation, &input).await.unwrap();
}

fn source(prefix: &str) -> Source {
    Source {
        prefix: prefix.to_owned(),
        names: &["keys"],
        samples: Samples::Refused,
    }
}

async fn load(
    prefix: &str,
    clock: Clock,
    faults: &Faults,
) -> Result<Secrets<Vec<String>>, SecretsError> {
    let sdk = sdk(stack(), faults, 1);
    Secrets::load(&sdk, clock, source(prefix), |texts| {
        match texts.lines("keys") {
            lines if lines.is_empty() || lines == ["broken"] => Err(SecretsError::Invalid {
                name: "keys",
                reason: "broken".to_owned(),
            }),
            lines => Ok(lines),
        }
    })
    .await
}

async fn current(secrets: &Secrets<Vec<String>>) -> Option<Vec<String>> {
    secrets.current().await.map(|known| (*known).clone())
}

fn some(lines: &[&str]) -> Option<Vec<String>> {
    Some(lines.iter().map(|line| (*line).to_owned()).collect())
}

#[tokio::test]
async fn a_missing_secret_stops_the_start_and_is_named() {
    let prefix = format!("/{}/", unique());
    let error = load(&prefix, Clock::system(), &Faults::none())
        .await
        .err()
        .unwrap();
    assert_eq!(
        error.to_string(),
        format!("no such SSM parameter: {prefix}keys; `make secrets STAGE=…` creates it")
    );
}

#[tokio::test]
async fn a_rotated_secret_is_taken_up_after_five_minutes() {
    let prefix = format!("/{}/", unique());
    let name = format!("{prefix}keys");
    put(&name, "one\n two \n\n").await;
    let (clock, seconds) = clock();
    let secrets = load(&prefix, clock, &Faults::none()).await.unwrap();
    assert_eq!(current(&secrets).await, some(&["one", "two"]));

    put(&name, "two\nthree").await;
    seconds.fetch_add(299, Ordering::SeqCst);
    assert_eq!(current(&secrets).await, some(&["one", "two"]));
    seconds.fetch_add(1, Ordering::SeqCst);
    assert_eq!(
        current(&secrets).await,
        some(&["two", "three"]),
        "the entry that was taken out is gone"
    );
}

#[tokio::test]
async fn what_is_taken_away_while_warm_refuses_everything_until_it_is_back() {
    let sample = "local-stack-jwt-secret-0123456789abcdef";
    for taken_away in ["none", "broken", sample, ""] {
        let prefix = format!("/{}/", unique());
        let name = format!("{prefix}keys");
        put(&name, "one").await;
        let (clock, seconds) = clock();
        let secrets = load(&prefix, clock, &Faults::none()).await.unwrap();
        if taken_away.is_empty() {
            delete(&name).await;
        } else {
            put(&name, taken_away).await;
        }
        seconds.fetch_add(300, Ordering::SeqCst);
        assert_eq!(current(&secrets).await, None, "{taken_away:?}");
        put(&name, "two").await;
        seconds.fetch_add(300, Ordering::SeqCst);
        assert_eq!(current(&secrets).await, some(&["two"]), "{taken_away:?}");
    }
}

#[tokio::test]
async fn the_secrets_of_the_sample_events_start_no_other_stage_than_the_local_one() {
    let prefix = format!("/{}/", unique());
    for sample in [
        "APIlocalstack:secret",
        "own-secret\nlocal-stack-livekit-webhook-secret-012345",
    ] {
        put(&format!("{prefix}keys"), sample).await;
        let error = load(&prefix, Clock::system(), &Faults::none())
            .await
            .err()
            .unwrap()
            .to_string();
        assert!(
            error.contains("sample events") && !error.contains("own-secret"),
            "{error}"
        );
        let sdk = sdk(stack(), &Faults::none(), 1);
        let local = Source {
            samples: Samples::Accepted,
            ..source(&prefix)
        };
        let loaded = Secrets::load(
            &sdk,
            Clock::system(),
            local,
            |texts| Ok(texts.lines("keys")),
        )
        .await;
        assert!(loaded.is_ok());
    }
}

#[tokio::test]
async fn a_store_that_fails_while_warm_leaves_the_known_secrets_in_use_for_an_hour() {
    let prefix = format!("/{}/", unique());
    put(&format!("{prefix}keys"), "one").await;
    let (clock, seconds) = clock();
    // The second request, the first refresh, and all after it fail.
    let faults = Faults::death_at(1, Cut::Before);
    let secrets = load(&prefix, clock, &faults).await.unwrap();
    for _ in 0..11 {
        seconds.fetch_add(300, Ordering::SeqCst);
        assert_eq!(current(&secrets).await, some(&["one"]));
    }
    seconds.fetch_add(300, Ordering::SeqCst);
    assert_eq!(current(&secrets).await, None);
    assert!(faults.struck());
}

#[test]
fn an_entry_may_name_the_tenant_whose_account_it_is() {
    for (entry, tenant, secret) in [
        ("secret", None, "secret"),
        ("@acme secret", Some("acme"), "secret"),
        (" @acme\tkey:secret ", Some("acme"), "key:secret"),
        ("@acme", None, "@acme"),
        ("@ secret", None, "@ secret"),
        ("se@cret of", None, "se@cret of"),
    ] {
        let (named, rest) = tenant_and_secret(entry);
        assert_eq!((named.as_deref(), rest), (tenant, secret), "{entry:?}");
        assert_eq!(
            is_broken(entry),
            entry.starts_with('@') && tenant.is_none(),
            "{entry:?}"
        );
    }
}
