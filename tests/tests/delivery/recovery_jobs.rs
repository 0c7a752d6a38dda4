//! What the tests of recoveries share: orders, their jobs, and the work on what is queued.

use std::{
    collections::{BTreeSet, HashMap},
    time::Duration,
};

use http::{Method, header::AUTHORIZATION};
use lambda_http::{Body, Request, RequestExt};
use ringpost::{
    clock::Clock, delivery::recovery::run::PageLimits, queue::deliveries::DeliveryMessage,
};
use ringpost_functions::{runtime::Worker, workers::recover_deliveries};
use ringpost_tests::{
    faults::Faults,
    lambda::{invoke, queue_batch},
    stack::{Answer, eventually, stack},
    world::World,
};
use serde_json::{Value, json};

/// Everything in one invocation.
pub(crate) const WHOLE: PageLimits = PageLimits {
    rows: 250,
    time: Duration::from_secs(60),
};

pub(crate) fn asked(
    tenant_id: &str,
    method: Method,
    path: &[(&str, &str)],
    body: &Value,
) -> Request {
    let path: HashMap<String, String> = path
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect();
    let mut request = Request::new(Body::Text(body.to_string())).with_path_parameters(path);
    *request.method_mut() = method;
    let token = stack().token(json!({ "sub": "user_1", "tenant_id": tenant_id, "role": "admin" }));
    request
        .headers_mut()
        .insert(AUTHORIZATION, format!("Bearer {token}").parse().unwrap());
    request
}

pub(crate) async fn order(
    world: &World,
    faults: &Faults,
    tenant_id: &str,
    id: &str,
    body: &Value,
) -> Answer {
    let endpoint = world.webhook_recover(faults, Clock::system()).await;
    invoke(
        &endpoint,
        asked(tenant_id, Method::POST, &[("id", id)], body),
    )
    .await
}

pub(crate) async fn job(world: &World, tenant_id: &str, id: &str, job: &str) -> Answer {
    let endpoint = world
        .webhook_recover(&Faults::none(), Clock::system())
        .await;
    invoke(
        &endpoint,
        asked(
            tenant_id,
            Method::GET,
            &[("id", id), ("jobId", job)],
            &json!({}),
        ),
    )
    .await
}

pub(crate) fn job_id(answer: &Answer) -> String {
    assert_eq!(answer.status, 202, "{answer:?}");
    answer.body["job"]["id"].as_str().unwrap().to_owned()
}

/// Works on what is queued until nothing is. Returns the number of invocations.
pub(crate) async fn work(world: &World, worker: &recover_deliveries::Function) -> usize {
    let mut invocations = 0;
    loop {
        let bodies = world.take_recoveries().await;
        if bodies.is_empty() {
            return invocations;
        }
        for body in bodies {
            let answer = worker.handle(queue_batch(&[body])).await;
            assert!(answer.batch_item_failures.is_empty());
            invocations += 1;
        }
    }
}

/// The rows for whose next attempt a message waits, and how many messages do: at least `expected`, which
/// become visible one after another.
pub(crate) async fn queued(
    world: &World,
    next_attempt: u32,
    expected: usize,
) -> (BTreeSet<u64>, usize) {
    let mut messages = Vec::new();
    eventually("the messages", async || {
        messages.extend(world.take_deliveries().await);
        (messages.len() >= expected).then_some(())
    })
    .await;
    let ids = messages.iter().map(|message| {
        let DeliveryMessage::V1 { id, attempt, .. } = message;
        assert_eq!(*attempt, next_attempt);
        *id
    });
    (ids.collect(), messages.len())
}
