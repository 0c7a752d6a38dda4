//! What a webhook costs: DynamoDB bills writes by the size of the item, in units of 1 KB.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use ringpost_functions::runtime::Worker;
use ringpost_tests::{
    faults::Faults,
    lambda::{invoke, stream_batch, webhook},
    livekit::{sample, sip_call, unique},
    world::World,
};

/// The size of an item as DynamoDB counts it: names and values, numbers at two digits a byte.
fn bytes(item: &HashMap<String, AttributeValue>) -> usize {
    let value = |value: &AttributeValue| match value {
        AttributeValue::S(text) => text.len(),
        AttributeValue::N(number) => number.len().div_ceil(2) + 1,
        AttributeValue::B(bytes) => bytes.as_ref().len(),
        other => unreachable!("no item has {other:?}"),
    };
    item.iter().map(|(name, attribute)| name.len() + value(attribute)).sum()
}

fn units(item: &HashMap<String, AttributeValue>) -> usize {
    bytes(item).div_ceil(1_024)
}

#[tokio::test]
async fn a_webhook_of_a_kilobyte_costs_four_write_units() {
    let world = World::new(None).await;
    world.assign_number("+17678189426", "demo", "user_demo").await;
    let endpoint = world.call_completed(&Faults::none()).await;
    let body = sample(&unique()).to_string();
    assert!((800..1_200).contains(&body.len()), "{}", body.len());
    invoke(&endpoint, webhook(body.as_bytes())).await;
    let log = world.items("events").await;
    world.fan_out(&Faults::none()).handle(stream_batch(&log)).await;
    let (calls, history) = (world.calls().await, world.items("history").await);
    let written = [&log[0], &calls[0], &history[0]];
    assert_eq!(calls[0]["version"].as_n().unwrap(), "1", "fan-out found nothing to add");
    // And one for the index, whose entry is written when the call is created.
    let index = 1;
    assert!(written.map(units).iter().sum::<usize>() + index <= 4);
}

#[tokio::test]
async fn every_item_of_a_real_call_fits_into_one_unit() {
    let world = World::new(None).await;
    world.assign_number("+18588796658", "demo", "user_demo").await;
    let endpoint = world.call_completed(&Faults::none()).await;
    for payload in sip_call(&unique(), "+18588796658") {
        invoke(&endpoint, webhook(payload.to_string().as_bytes())).await;
    }
    world.fan_out(&Faults::none()).handle(stream_batch(&world.items("events").await)).await;
    for table in ["events", "calls", "history"] {
        let items = world.items(table).await;
        for item in &items {
            assert_eq!(units(item), 1, "{table}: {} bytes", bytes(item));
        }
    }
}
