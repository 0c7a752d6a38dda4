//! From events to deliveries: each event type is announced once, in whatever order the reports come and wherever a
//! process dies.

use std::collections::BTreeSet;

use aws_sdk_dynamodb::types::AttributeValue;
use bytes::Bytes;
use futures::future::join_all;
use ringpost::{
    domain::{delivery::Delivery, event_type, subscription::Filters},
    providers::signalwire,
};
use ringpost_functions::runtime::Worker;
use ringpost_tests::{
    faults::{Cut, Faults},
    lambda::stream_batch,
    livekit::sip_call,
    world::{World, publishing::posted},
};
use serde_json::{Value, json};

use super::reported_call::{
    KNOWN_AT_ONCE, LIFECYCLE, acme, all_queued, keep,
    one_call::{CALLER, LINE, call_sid, event, reports},
    outcomes, process_first, second,
};

/// Every type but that of corrections: which of several ends is announced first depends on the order.
fn all_but_corrections() -> Vec<&'static str> {
    event_type::all()
        .iter()
        .copied()
        .filter(|name| *name != event_type::UPDATED)
        .collect()
}

/// Processes the log in four batches at once: each has its own order, and every event is in two.
async fn process_at_once(world: &World, round: usize) {
    let log = world.items("events").await;
    let worker = world.fan_out(&Faults::none());
    let batches = (0..4).map(|batch| {
        let shifted = (0..log.len()).map(|index| &log[(index * 5 + batch * 3 + round) % log.len()]);
        stream_batch(shifted.take(log.len() / 2).collect::<Vec<_>>())
    });
    let answers = join_all(batches.map(|batch| worker.handle(batch))).await;
    assert!(
        answers
            .iter()
            .all(|answer| answer.batch_item_failures.is_empty())
    );
    world.process_all().await;
}

#[tokio::test]
async fn however_many_report_and_repeat_it_each_type_is_announced_once() {
    let expected = [&LIFECYCLE[..], &["contact.created"]].concat();
    let expected: BTreeSet<&str> = expected.into_iter().collect();
    for round in 0..4 {
        let world = acme().await;
        world
            .subscribe("acme", &all_but_corrections(), Filters::default())
            .await;
        world
            .subscribe(
                "acme",
                &all_but_corrections(),
                outcomes(&["appointment_set"]),
            )
            .await;
        // The first report makes the record that all others find.
        keep(&world, "3f", [4]).await;
        world.process_log().await;
        let reports = reports("3f");
        for place in 0..12 {
            // Seven and twelve have no common divisor: every report comes once.
            let report = &reports[(place * 7 + round * 5) % 12];
            world.keep_event(&event(report, second(place))).await;
        }
        process_at_once(&world, round).await;
        let deliveries = world.outbound().await;
        let types: Vec<_> = deliveries
            .iter()
            .map(|delivery| delivery.event_type.as_str())
            .collect();
        let unfiltered: Vec<_> = expected.iter().copied().collect();
        assert_eq!(types[..7], unfiltered, "round {round}");
        assert_eq!(
            types[7..],
            LIFECYCLE,
            "round {round}: a contact has no outcome"
        );
        let ids: BTreeSet<_> = deliveries
            .iter()
            .map(|delivery| &delivery.message_id)
            .collect();
        assert_eq!(ids.len(), 7, "round {round}: the same id for both");
        all_queued(&world, &deliveries).await;
    }
}

#[tokio::test]
async fn in_any_order_nothing_is_missing_and_processing_again_announces_nothing_new() {
    for round in 0..4 {
        let world = acme().await;
        world
            .subscribe("acme", &all_but_corrections(), Filters::default())
            .await;
        keep(
            &world,
            "3f",
            (0..12).map(|index| (index * 7 + round * 5) % 12),
        )
        .await;
        process_at_once(&world, round).await;
        let deliveries = world.outbound().await;
        let types: BTreeSet<_> = deliveries
            .iter()
            .map(|delivery| delivery.event_type.as_str())
            .collect();
        let all = [&LIFECYCLE[..], &["contact.created"]].concat();
        assert!(
            types.is_superset(&all.into_iter().collect()),
            "round {round}: {types:?}"
        );
        // Each record that was united with another may have announced its own life before.
        let records = world.items("calls").await;
        let records = records
            .iter()
            .filter(|record| record.contains_key("facts"))
            .count();
        for event_type in types {
            let of_type = deliveries
                .iter()
                .filter(|delivery| delivery.event_type == event_type)
                .count();
            assert!(
                of_type <= records,
                "round {round}: {of_type} of {event_type} by {records} records"
            );
        }
        let ids: BTreeSet<_> = deliveries
            .iter()
            .map(|delivery| &delivery.message_id)
            .collect();
        assert_eq!(ids.len(), deliveries.len(), "round {round}: an id twice");
        all_queued(&world, &deliveries).await;
        world.process_log().await;
        assert_eq!(world.outbound().await, deliveries, "round {round}");
    }
}

#[tokio::test]
async fn the_payload_is_the_documents() {
    let world = acme().await;
    world
        .subscribe("acme", &["call.completed"], Filters::default())
        .await;
    world
        .subscribe("acme", &["call.created"], Filters::default())
        .await;
    let reports = reports("doc");
    for (place, index) in KNOWN_AT_ONCE.into_iter().enumerate() {
        world
            .keep_event(&event(&reports[index], second(place)))
            .await;
        world.process_log().await;
    }
    let deliveries = world.outbound().await;
    let [completed, created] = &deliveries[..] else {
        unreachable!("{deliveries:?}")
    };
    let log_id = completed.call_id.unwrap().to_string();
    let body = posted(completed);
    assert_eq!(
        body,
        json!({
            "type": "call.completed",
            "timestamp": "2026-01-02T00:00:00.000Z",
            "data": {
                "callId": call_sid("doc"), "callLogId": log_id, "direction": "inbound", "from": CALLER,
                "to": LINE, "status": "completed", "duration": 60,
                "startTime": "2026-01-01T23:59:00.000Z", "endTime": "2026-01-02T00:00:00.000Z",
                "campaignId": "spring", "contactId": body["data"]["contactId"], "outcome": "completed",
                "metadata": { "transferredToAgent": false, "voicemailLeft": false },
                "conversationId": "conv_doc", "roomName": format!("call-_{CALLER}_doc"),
                "legs": [{
                    "role": "caller", "identity": format!("sip_{CALLER}"), "number": CALLER,
                    "joinedAt": "2026-01-01T23:59:02.000Z", "answeredAt": "2026-01-01T23:59:02.000Z",
                    "leftAt": "2026-01-02T00:00:00.000Z", "outcome": "connected"
                }],
                "sequence": second(7).as_millis() * 16 + 5, "occurredAt": "2026-01-02T00:00:00.000Z"
            }
        })
    );
    assert!(
        body["data"]["contactId"].is_string(),
        "no report named a contact: the lead's id"
    );
    let created = posted(created);
    assert_eq!(
        (&created["data"]["status"], &created["data"]["endTime"]),
        (&json!("created"), &Value::Null)
    );
    assert!(created["data"]["sequence"].as_i64() < body["data"]["sequence"].as_i64());
}

#[tokio::test]
async fn the_row_of_a_delivery_costs_one_unit() {
    let world = acme().await;
    world
        .subscribe("acme", &LIFECYCLE, Filters::default())
        .await;
    process_first(&world, "cost", 12).await;
    for row in world.items("history").await {
        let value = |value: &AttributeValue| match value.as_b() {
            Ok(bytes) => bytes.as_ref().len(),
            Err(_) => value.as_s().or(value.as_n()).unwrap().len(),
        };
        let bytes: usize = row
            .iter()
            .map(|(name, attribute)| name.len() + value(attribute))
            .sum();
        assert!(bytes <= 1_024, "{bytes} bytes: {:?}", row["eventType"]);
    }
}

#[tokio::test]
async fn fan_out_killed_at_any_request_loses_no_delivery_and_makes_none_twice() {
    let call = sip_call("killed", LINE);
    let call = [&call[0], &call[1], &call[4], &call[7]].map(Clone::clone);
    let logged = async || {
        let world = acme().await;
        world
            .subscribe("acme", event_type::all(), Filters::default())
            .await;
        world
            .subscribe("acme", event_type::all(), outcomes(&["completed"]))
            .await;
        let log = world.event_log();
        for payload in &call {
            log.keep(payload).await;
        }
        world
    };
    let rows = async |world: &World| -> Vec<(u64, String, String, u64)> {
        let deliveries = world.outbound().await;
        let row = |delivery: &Delivery| {
            let types = delivery.event_type.clone();
            (
                delivery.subscription_id,
                types,
                delivery.message_id.clone(),
                delivery.at.id,
            )
        };
        deliveries.iter().map(row).collect()
    };
    let twin = logged().await;
    twin.process_all().await;
    let expected = rows(&twin).await;
    let types = |id: u64| {
        expected
            .iter()
            .filter(|row| row.0 == id)
            .map(|row| row.1.as_str())
            .collect()
    };
    let all: Vec<&str> = types(1);
    let named = [
        "call.answered",
        "call.completed",
        "call.created",
        "call.updated",
        "recording.completed",
    ];
    assert_eq!(all, named, "the recording comes after the end");
    assert_eq!(
        types(2),
        all,
        "the end let it through, and so what was announced before"
    );
    for cut in [Cut::Before, Cut::After] {
        for number in 0.. {
            let world = logged().await;
            let faults = Faults::death_at(number, cut);
            world
                .fan_out(&faults)
                .handle(stream_batch(&world.items("events").await))
                .await;
            if !faults.struck() {
                assert!(
                    number > call.len() * 3 + expected.len(),
                    "{number} requests are too few"
                );
                break;
            }
            world.process_all().await;
            assert_eq!(
                rows(&world).await,
                expected,
                "request {number}, cut {cut:?}"
            );
            all_queued(&world, &world.outbound().await).await;
        }
    }
}

#[tokio::test]
async fn what_came_before_the_owner_is_announced_with_it() {
    let world = World::new(None).await;
    let id = world
        .subscribe("acme", &LIFECYCLE, Filters::default())
        .await;
    keep(&world, "unowned", 0..12).await;
    world.process_all().await;
    assert_eq!(
        world.outbound().await,
        [],
        "no subscription is notified of a call without an owner"
    );
    world.assign_line(LINE, "acme", None).await;
    // The next event brings the owner.
    let late = reports("unowned")[0]
        .body
        .replace("SequenceNumber=0", "SequenceNumber=9");
    world
        .keep_event(&signalwire::event(&Bytes::from(late), second(20)).unwrap())
        .await;
    world.process_all().await;
    let types: BTreeSet<String> = world.outbound_types(id).await.into_iter().collect();
    assert_eq!(
        types.iter().map(String::as_str).collect::<Vec<_>>(),
        LIFECYCLE
    );
    all_queued(&world, &world.outbound().await).await;
}
