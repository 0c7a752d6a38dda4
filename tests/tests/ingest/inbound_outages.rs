//! Inbound calls while the database or the queue fails: an agent answers in time, and the events are appended later.

use std::time::{Duration, Instant};

use aws_lambda_events::sqs::SqsEvent;
use ringpost::domain::directory::LeadStatus;
use ringpost_functions::runtime::Worker;
use ringpost_tests::{
    faults::Faults,
    lambda::{invoke, queue_batch, request, sample_event, webhook},
    livekit::unique,
    world::{
        World,
        inbound::{DEFAULT_AGENT, Health},
    },
};
use serde_json::json;

use super::{
    inbound::{CALLER, ask, question, seeded},
    inbound_calls::one_lead,
};

#[tokio::test]
async fn a_caller_gets_an_agent_in_time_whatever_fails_and_nothing_is_lost() {
    for database in [Health::Down, Health::Silent] {
        let (world, unique) = (seeded().await, unique());
        let endpoint = world.sip_inbound(database, Health::Well).await;
        let started = Instant::now();
        let answer = invoke(&endpoint, webhook(question(&unique).to_string().as_bytes())).await;
        assert!(
            started.elapsed() < Duration::from_secs(2),
            "{database:?}: {:?}",
            started.elapsed()
        );
        assert_eq!(
            (answer.status, &answer.body["agent_name"]),
            (200, &json!(DEFAULT_AGENT)),
            "{database:?}"
        );
        assert_eq!(answer.body["attributes"]["caller"], CALLER);
        assert_eq!(world.items("events").await.len(), 0);

        let bodies = world.take_deferred().await;
        assert_eq!(bodies.len(), 1, "{database:?}");
        let worker = world.deferred_events(&Faults::none());
        for _ in 0..2 {
            assert!(
                worker
                    .handle(queue_batch(&bodies))
                    .await
                    .batch_item_failures
                    .is_empty()
            );
        }
        // LiveKit asks once more: the same event.
        assert_eq!(
            ask(&world, &question(&unique)).await.body["agent_name"],
            "spring-agent"
        );
        world.process_log().await;
        assert_eq!(world.items("events").await.len(), 1);
        assert_eq!(
            (
                world.calls().await.len(),
                world.items("history").await.len()
            ),
            (1, 1)
        );
        assert_eq!(one_lead(&world).await.status, LeadStatus::Calling);
    }
}

#[tokio::test]
async fn even_without_database_and_queue_there_is_an_agent() {
    let world = World::new(None).await;
    for (database, queue) in [
        (Health::Down, Health::Down),
        (Health::Silent, Health::Silent),
    ] {
        let endpoint = world.sip_inbound(database, queue).await;
        let started = Instant::now();
        let answer = invoke(
            &endpoint,
            webhook(question(&unique()).to_string().as_bytes()),
        )
        .await;
        assert!(
            started.elapsed() < Duration::from_secs(2),
            "{:?}",
            started.elapsed()
        );
        assert_eq!(
            (answer.status, &answer.body["agent_name"]),
            (200, &json!(DEFAULT_AGENT))
        );
    }
}

#[tokio::test]
async fn a_deferred_event_that_cannot_be_appended_comes_again() {
    let world = World::new(Some("demo")).await;
    let sample: SqsEvent = serde_json::from_str(&sample_event("deferred-events")).unwrap();
    let failing = world.deferred_events(&Faults::death_at(0, ringpost_tests::faults::Cut::Before));
    assert_eq!(
        failing
            .handle(sample.clone())
            .await
            .batch_item_failures
            .len(),
        1
    );
    let worker = world.deferred_events(&Faults::none());
    assert_eq!(
        worker
            .handle(queue_batch(&["rubbish".to_owned()]))
            .await
            .batch_item_failures
            .len(),
        1
    );
    assert!(worker.handle(sample).await.batch_item_failures.is_empty());
    // LiveKit's repetition is the same event, under the key that the sample has.
    assert_eq!(
        invoke(
            &world.sip_inbound(Health::Well, Health::Well).await,
            request(&sample_event("sip-inbound"))
        )
        .await
        .status,
        200
    );
    assert_eq!(world.items("events").await.len(), 1);
}
