//! What a webhook costs: DynamoDB bills writes by the size of the item, in units of 1 KB.

use std::collections::{HashMap, HashSet};

use aws_sdk_dynamodb::types::AttributeValue;
use ringpost::{
    clock::Clock,
    domain::{
        delivery::{Message, message_id},
        key::CallId,
        subscription::Filters,
    },
    queue::deliveries::DeliveryMessage,
    store::history::RecordedDelivery,
};
use ringpost_functions::runtime::Worker;
use ringpost_tests::{
    faults::Faults,
    lambda::{invoke, stream_batch, webhook},
    livekit::{sample, sip_call, unique},
    receiver::{Answer, Receiver},
    subscriptions::message,
    world::{World, deliveries::work},
};
use serde_json::json;

/// The size of an item as DynamoDB counts it: names and values, numbers at two digits a byte.
fn bytes(item: &HashMap<String, AttributeValue>) -> usize {
    let value = |value: &AttributeValue| match value {
        AttributeValue::S(text) => text.len(),
        AttributeValue::N(number) => number.len().div_ceil(2) + 1,
        AttributeValue::B(bytes) => bytes.as_ref().len(),
        other => unreachable!("no item has {other:?}"),
    };
    item.iter()
        .map(|(name, attribute)| name.len() + value(attribute))
        .sum()
}

fn units(item: &HashMap<String, AttributeValue>) -> usize {
    bytes(item).div_ceil(1_024)
}

#[tokio::test]
async fn a_webhook_of_a_kilobyte_costs_four_write_units() {
    let world = World::new(None).await;
    world
        .assign_number("+17678189426", "demo", "user_demo")
        .await;
    let endpoint = world.call_completed(&Faults::none()).await;
    let body = sample(&unique()).to_string();
    assert!((800..1_200).contains(&body.len()), "{}", body.len());
    invoke(&endpoint, webhook(body.as_bytes())).await;
    let log = world.items("events").await;
    world
        .fan_out(&Faults::none())
        .handle(stream_batch(&log))
        .await;
    let (calls, history) = (world.calls().await, world.items("history").await);
    let written = [&log[0], &calls[0], &history[0]];
    assert_eq!(
        calls[0]["version"].as_n().unwrap(),
        "1",
        "fan-out found nothing to add"
    );
    // And one for the index, whose entry is written when the call is created.
    let index = 1;
    assert!(written.map(units).iter().sum::<usize>() + index <= 4);
}

#[tokio::test]
async fn every_item_of_a_real_call_fits_into_one_unit() {
    let world = World::new(None).await;
    world
        .assign_number("+18588796658", "demo", "user_demo")
        .await;
    let endpoint = world.call_completed(&Faults::none()).await;
    for payload in sip_call(&unique(), "+18588796658") {
        invoke(&endpoint, webhook(payload.to_string().as_bytes())).await;
    }
    world
        .fan_out(&Faults::none())
        .handle(stream_batch(&world.items("events").await))
        .await;
    for table in ["events", "calls", "history"] {
        let items = world.items(table).await;
        for item in &items {
            assert_eq!(units(item), 1, "{table}: {} bytes", bytes(item));
        }
    }
}

/// The recording comes after the end: a subscription to corrections is notified.
#[tokio::test]
async fn a_correction_costs_one_row_and_one_message_of_the_queue() {
    let mut costs = Vec::new();
    for types in [&["call.completed"][..], &["call.completed", "call.updated"]] {
        let world = World::new(None).await;
        world
            .assign_number("+18588796658", "demo", "user_demo")
            .await;
        world.subscribe("demo", types, Filters::default()).await;
        let mut events = sip_call(&unique(), "+18588796658");
        let recorded = events.pop().unwrap();
        for event in &events {
            world.event_log().keep(event).await;
        }
        world.process_all().await;
        let before: HashSet<String> = world
            .items("events")
            .await
            .iter()
            .map(|item| item["key"].as_s().unwrap().clone())
            .collect();
        world.event_log().keep(&recorded).await;
        let log = world.items("events").await;
        let item = log
            .iter()
            .find(|item| !before.contains(item["key"].as_s().unwrap()))
            .unwrap();
        let version = world.calls().await[0]["version"]
            .as_n()
            .unwrap()
            .parse::<u64>()
            .unwrap();
        let faults = Faults::none();
        world.fan_out(&faults).handle(stream_batch([item])).await;
        let calls = world.calls().await;
        let writes = calls[0]["version"].as_n().unwrap().parse::<u64>().unwrap() - version;
        assert_eq!(units(&calls[0]), 1, "{} bytes", bytes(&calls[0]));
        costs.push((
            faults.requests(),
            writes,
            world.items("history").await.len(),
        ));
    }
    let [
        (plain, writes, rows),
        (reported, reported_writes, reported_rows),
    ] = costs[..]
    else {
        unreachable!("two")
    };
    assert_eq!(
        (writes, reported_writes),
        (1, 1),
        "the recording changes the call anyway"
    );
    assert_eq!(
        (reported - plain, reported_rows - rows),
        (2, 1),
        "the row, and its message to the queue"
    );
}

/// What the Webhook API document shows, to an endpoint behind a usual web server.
#[tokio::test]
async fn a_delivery_that_succeeds_at_once_costs_two_write_units() {
    let (world, now) = (World::new(None).await, Clock::system().now());
    let headers = [
        ("content-type", "application/json"),
        ("server", "nginx/1.18.0"),
        ("date", "Sat, 29 Jul 2023 10:17:12 GMT"),
        ("connection", "close"),
    ];
    let receiver = Receiver::answering(Answer::with(200, &headers, "Received"));
    let acme = world
        .subscribe_at(&receiver.url("/"), &["call.completed"], |_| {})
        .await;
    let data = json!({
        "callId": "CA123456789abcdef", "callLogId": "75decced-4c31-5f3c-9d47-8892e71acc6e",
        "direction": "outbound", "from": "+18005551234", "to": "+18005557890", "status": "completed",
        "duration": 125, "startTime": "2023-07-29T10:15:00.000Z", "endTime": "2023-07-29T10:17:05.000Z",
        "campaignId": "campaign-123", "contactId": 42, "outcome": "completed",
        "outcomes": { "appointmentSet": true, "leadQualified": true },
        "metadata": { "transferredToAgent": false, "voicemailLeft": false },
        "sequence": 115_000_000_000_000_i64, "occurredAt": "2023-07-29T10:17:05.000Z"
    });
    let message = Message {
        call_id: CallId::parse("75decced-4c31-5f3c-9d47-8892e71acc6e"),
        user_id: Some("user_demo".to_owned()),
        ..message("acme", &message_id(&[&unique()]), now, &data)
    };
    let history = world.history(&Faults::none());
    let RecordedDelivery::Unqueued(at) = history
        .record_delivery(&history.pack(&message, 1).await.unwrap(), acme.id)
        .await
        .unwrap()
    else {
        panic!("new")
    };
    let recorded = units(&world.items("history").await[0]);
    work(
        &world.deliver(&Faults::none(), Clock::system()),
        &[DeliveryMessage::attempt(&at, acme.id, 1)],
    )
    .await;
    let rows = world.items("history").await;
    assert_eq!(
        (rows.len(), rows[0]["status"].as_s().unwrap().as_str()),
        (1, "delivered")
    );
    assert_eq!(
        (recorded, units(&rows[0])),
        (1, 1),
        "{} bytes",
        bytes(&rows[0])
    );
}
