//! Items of a newer layout, as a function meets them that was rolled back or is not yet replaced: refused, kept,
//! and never written over.

use aws_sdk_dynamodb::types::AttributeValue;
use ringpost::{
    domain::{directory::PhoneNumberEntry, key::CallId},
    queue::deliveries::DeliveryMessage,
    store::StoreError,
};
use ringpost_functions::runtime::Worker;
use ringpost_tests::{
    faults::Faults,
    lambda::stream_batch,
    livekit::{sip_call, unique},
    manual_clock::ManualClock,
    receiver::Receiver,
    world::{World, deliveries::work},
};

const LINE: &str = "+18588796658";
const TABLES: [&str; 5] = ["events", "calls", "history", "directory", "webhookconfigs"];

/// A world with an item of every kind that a call leaves, and one delivery that is to be made.
async fn lived_in(receiver: &Receiver) -> (World, DeliveryMessage) {
    let world = World::new(None).await;
    world.assign_number(LINE, "acme", "user_acme").await;
    let acme = world
        .subscribe_at(&receiver.url("/"), &["call.completed"], |_| {})
        .await;
    for payload in sip_call(&unique(), LINE) {
        world.event_log().keep(&payload).await;
    }
    world.process_all().await;
    let message = world.deliverable(&acme, "evt_1", "call.completed").await;
    (world, message)
}

fn is_newer<T>(read: Result<T, StoreError>) -> bool {
    matches!(read, Err(StoreError::Corrupt { what: "v" }))
}

#[tokio::test]
async fn an_item_of_a_newer_layout_is_refused_and_stays_as_it_is() {
    let (receiver, hand) = (Receiver::start(), ManualClock::stopped());
    let (world, message) = lived_in(&receiver).await;
    let call = CallId::parse(world.calls().await[0]["id"].as_s().unwrap()).unwrap();
    for table in TABLES {
        world
            .set_everywhere(table, "v", AttributeValue::N("2".to_owned()))
            .await;
    }
    let none = Faults::none();
    assert!(is_newer(world.call_table().find(call).await));
    assert!(is_newer(
        world
            .history(&none)
            .find_delivery(&message.delivery())
            .await
    ));
    assert!(is_newer(
        world
            .subscriptions(&none)
            .find("acme", message.subscription_id())
            .await
    ));
    assert!(is_newer(world.subscriptions(&none).list("acme").await));
    assert!(is_newer(
        world.directory().find::<PhoneNumberEntry>(LINE).await
    ));

    let before = world.state(&[]).await;
    assert_eq!(
        work(&world.deliver(&none, hand.clock()), &[message]).await,
        1,
        "the message comes again"
    );
    let log = world.items("events").await;
    let answer = world.fan_out(&none).handle(stream_batch(&log)).await;
    assert!(
        answer.batch_item_failures.is_empty(),
        "the events are put aside"
    );
    assert_eq!(world.take_retries().await.len(), log.len());
    assert_eq!(world.state(&[]).await, before, "nothing was written over");
    assert!(receiver.requests().is_empty());
}
