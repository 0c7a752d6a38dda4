//! From events to deliveries: what is announced, to whom, once, whatever the order, whoever dies.

#[path = "../../../lib/tests/suite/support/one_call.rs"]
mod one_call;

use std::collections::{BTreeMap, BTreeSet, HashMap};

use aws_sdk_dynamodb::types::AttributeValue;
use bytes::Bytes;
use futures::future::join_all;
use ringpost::{
    domain::{
        delivery::Delivery, event_type, key::CallKey, subscription::Filters, timestamp::Timestamp,
    },
    providers::{elevenlabs::PostCall, signalwire},
    queue::deliveries::DeliveryMessage,
};
use ringpost_functions::runtime::Worker;
use ringpost_tests::{
    faults::{Cut, Faults},
    lambda::stream_batch,
    livekit::sip_call,
    world::{World, publishing::posted},
};
use serde_json::{Value, json};

use one_call::{CALLER, DIALLED, LINE, call_sid, event, reports};

fn second(index: usize) -> Timestamp {
    Timestamp::from_seconds(DIALLED + i64::try_from(index).unwrap()).unwrap()
}

fn outcomes(words: &[&str]) -> Filters {
    Filters {
        outcomes: words.iter().map(|word| (*word).to_owned()).collect(),
        ..Filters::default()
    }
}

/// A world of the tenant `acme`, to which the line of the calls belongs.
async fn acme() -> World {
    let world = World::new(None).await;
    world.assign_line(LINE, "acme", Some("spring")).await;
    world
}

/// The reports in an order in which the first names all of the call's keys, so that no record has to
/// be united with another: what two records announced, both did.
const KNOWN_AT_ONCE: [usize; 12] = [4, 0, 1, 2, 3, 5, 6, 7, 8, 9, 10, 11];

/// Every type but that of corrections: which of several ends is told first depends on the order.
fn all_but_corrections() -> Vec<&'static str> {
    event_type::all()
        .iter()
        .copied()
        .filter(|name| *name != event_type::UPDATED)
        .collect()
}

/// Keeps the reports of a call in this order, received one a second.
async fn keep(world: &World, unique: &str, order: impl IntoIterator<Item = usize>) {
    let reports = reports(unique);
    for (place, index) in order.into_iter().enumerate() {
        world
            .keep_event(&event(&reports[index], second(place)))
            .await;
    }
}

/// Lets the first reports of a call follow, in an order in which none makes a second record.
async fn drive_first(world: &World, unique: &str, reports: usize) {
    for kept in [1, reports] {
        keep(world, unique, KNOWN_AT_ONCE.into_iter().take(kept)).await;
        world.process_all().await;
    }
}

/// Every delivery that was not tried yet must have a message in the queue, and no other one may.
async fn all_queued(world: &World, deliveries: &[Delivery]) {
    let queued: BTreeSet<(String, u64, u64, u32)> = world
        .take_deliveries()
        .await
        .into_iter()
        .map(
            |DeliveryMessage::V1 {
                 tenant_id,
                 id,
                 subscription_id,
                 attempt,
                 ..
             }| { (tenant_id, id, subscription_id, attempt) },
        )
        .collect();
    let expected = deliveries.iter().map(|delivery| {
        (
            delivery.at.tenant_id.clone(),
            delivery.at.id,
            delivery.subscription_id,
            1,
        )
    });
    assert_eq!(queued, expected.collect());
}

const LIFECYCLE: [&str; 6] = [
    "call.answered",
    "call.completed",
    "call.created",
    "call.ringing",
    "conversation.completed",
    "conversation.started",
];

/// Drives what is in the log in four batches at once: each has its own order, and every event is in two.
async fn drive_at_once(world: &World, round: usize) {
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
        drive_at_once(&world, round).await;
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
async fn whoever_reports_first_nothing_is_missing_and_driving_again_announces_nothing_new() {
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
        drive_at_once(&world, round).await;
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
        "nobody named a contact: the lead's id"
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
    drive_first(&world, "cost", 12).await;
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
async fn a_late_analysis_reaches_the_filtered_subscription_once_and_only_it() {
    let world = acme().await;
    let plain = world
        .subscribe("acme", &["call.completed"], Filters::default())
        .await;
    let filtered = world
        .subscribe("acme", &["call.completed"], outcomes(&["appointment_set"]))
        .await;
    let other = world
        .subscribe("acme", &["call.completed"], outcomes(&["call_back"]))
        .await;
    let too_late = second(40);
    let late = world
        .subscribe_since(
            "acme",
            &["call.completed"],
            outcomes(&["appointment_set"]),
            too_late,
        )
        .await;
    let stranger = world
        .subscribe("other", &["call.completed"], Filters::default())
        .await;
    assert_eq!((plain, stranger), (1, 1), "ids are counted by the tenant");
    let reports = reports("late");
    drive_first(&world, "late", 11).await;
    let to = async |id: u64| world.outbound_types(id).await.len();
    assert_eq!((to(plain).await, to(filtered).await), (1, 0));
    world.keep_event(&event(&reports[11], second(60))).await;
    let log = world.items("events").await;
    let is_analysis = |item: &&HashMap<String, AttributeValue>| {
        item["eventType"].as_s().unwrap() == "post_call_transcription"
    };
    for _ in 0..2 {
        let batch = stream_batch(log.iter().filter(is_analysis));
        world.fan_out(&Faults::none()).handle(batch).await;
        assert_eq!(
            (
                to(plain).await,
                to(filtered).await,
                to(other).await,
                to(late).await
            ),
            (1, 1, 0, 0)
        );
    }
    let deliveries = world.outbound().await;
    assert_eq!(deliveries[0].message_id, deliveries[1].message_id);
    assert_eq!(
        posted(&deliveries[1])["data"]["outcomes"]["appointmentSet"],
        true
    );
    assert!(
        deliveries
            .iter()
            .all(|delivery| delivery.at.tenant_id == "acme")
    );
}

#[tokio::test]
async fn filters_keep_out_what_is_not_wanted() {
    let world = acme().await;
    let campaigns = |id: &str| Filters {
        campaigns: vec![id.to_owned()],
        ..Filters::default()
    };
    let agents = |id: &str| Filters {
        agents: vec![id.to_owned()],
        ..Filters::default()
    };
    let mut expected = BTreeMap::new();
    for (filters, wanted) in [
        (campaigns("spring"), 1),
        (campaigns("autumn"), 0),
        (agents("agent_1"), 1),
        (agents("agent_2"), 0),
        (outcomes(&["busy", "completed"]), 1),
        (outcomes(&["busy"]), 0),
        (
            Filters {
                campaigns: vec!["spring".to_owned()],
                ..agents("agent_2")
            },
            0,
        ),
    ] {
        expected.insert(
            world
                .subscribe("acme", &["call.created", "agent.ready"], filters)
                .await,
            wanted,
        );
    }
    drive_first(&world, "filtered", 12).await;
    for (id, wanted) in expected {
        assert_eq!(
            world.outbound_types(id).await.len(),
            wanted,
            "subscription {id}"
        );
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
async fn a_contact_is_created_once_however_often_it_calls() {
    let world = acme().await;
    let id = world
        .subscribe("acme", &["contact.created"], Filters::default())
        .await;
    for unique in ["one", "two"] {
        keep(&world, unique, 0..12).await;
        world.process_all().await;
    }
    world.process_log().await;
    assert_eq!(world.outbound_types(id).await, ["contact.created"]);
    let lead = &world.leads("acme").await[0];
    let data = &posted(&world.outbound().await[0])["data"];
    assert_eq!(data["id"], lead.id().to_string());
    assert_eq!(
        (&data["phoneNumber"], &data["campaignId"]),
        (&json!(CALLER), &json!("spring"))
    );
}

/// A LiveKit event of a phone that leaves or joins a room.
fn of_phone(room: &str, name: &str, seconds: i64, ids: [&str; 2]) -> Value {
    let [id, full] = ids;
    json!({
        "event": name, "id": format!("EV_{room}_{name}_{seconds}"), "createdAt": (DIALLED + seconds).to_string(),
        "room": { "sid": room, "name": room, "creationTime": DIALLED.to_string() },
        "participant": {
            "identity": "sip_1", "kind": "SIP",
            "attributes": { "sip.callID": id, "sip.callIDFull": full, "sip.trunkPhoneNumber": LINE }
        }
    })
}

#[tokio::test]
async fn records_that_both_told_their_end_are_told_to_be_one_call() {
    let world = acme().await;
    let id = world
        .subscribe(
            "acme",
            &["call.merged", "call.completed"],
            Filters::default(),
        )
        .await;
    let log = world.event_log();
    log.keep(&of_phone("RM_a", "participant_left", 10, ["A", "A"]))
        .await;
    let talk = json!({
        "type": "post_call_transcription", "event_timestamp": DIALLED + 20,
        "data": {
            "conversation_id": "conv_b", "status": "done",
            "metadata": { "phone_call": { "direction": "inbound", "agent_number": LINE, "call_sid": "CAb" } }
        }
    });
    let bytes = Bytes::from(talk.to_string());
    world
        .keep_event(&PostCall::parse(&bytes).unwrap().event(&bytes, second(20)))
        .await;
    world.process_all().await;
    assert_eq!(
        world.outbound_types(id).await,
        ["call.completed", "call.completed"]
    );
    let mut both = of_phone("RM_a", "participant_left", 11, ["A", "A"]);
    both["participant"]["attributes"]["sip.twilio.callSid"] = json!("CAb");
    log.keep(&both).await;
    world.process_all().await;
    world.process_log().await;
    assert_eq!(
        world.outbound_types(id).await,
        ["call.completed", "call.completed", "call.merged"]
    );
    let merged = posted(&world.outbound().await[2]);
    let ids = BTreeSet::from([
        World::call_id(&of_phone("RM_a", "participant_left", 0, ["", ""])),
        CallKey::Conversation("conv_b".to_owned())
            .call_id()
            .to_string(),
    ]);
    let told = ["from", "into"].map(|name| merged["data"][name].as_str().unwrap().to_owned());
    assert_eq!(BTreeSet::from(told), ids);
}

#[tokio::test]
async fn a_recording_is_announced_once_for_each_of_its_states() {
    let world = acme().await;
    let id = world
        .subscribe(
            "acme",
            &["recording.started", "recording.completed"],
            Filters::default(),
        )
        .await;
    world
        .event_log()
        .keep(&of_phone("RM_r", "participant_joined", 0, ["R", "R"]))
        .await;
    let egress = |number: u32, name: &str, status: &str, egress_id: &str| {
        json!({
            "event": name, "id": format!("EV_{number}"), "createdAt": (DIALLED + 9).to_string(),
            "egressInfo": {
                "egressId": egress_id, "roomId": "RM_r", "status": status,
                "fileResults": [{ "location": "https://recordings.example.com/call.ogg" }]
            }
        })
    };
    for (number, name, status, egress_id) in [
        (1, "egress_started", "EGRESS_ACTIVE", "EG_1"),
        (2, "egress_ended", "EGRESS_COMPLETE", "EG_1"),
        (3, "egress_ended", "EGRESS_COMPLETE", "EG_1"),
        (4, "egress_ended", "EGRESS_COMPLETE", "EG_2"),
        (5, "egress_ended", "EGRESS_FAILED", "EG_3"),
    ] {
        world
            .event_log()
            .keep(&egress(number, name, status, egress_id))
            .await;
    }
    world.process_all().await;
    world.process_log().await;
    let expected = [
        "recording.completed",
        "recording.completed",
        "recording.started",
    ];
    assert_eq!(world.outbound_types(id).await, expected);
    let deliveries = world.outbound().await;
    let recordings: BTreeSet<_> = deliveries
        .iter()
        .map(|delivery| posted(delivery)["data"]["recording"].to_string())
        .collect();
    let url = "https://recordings.example.com/call.ogg";
    let recording = |id: &str| json!({ "id": id, "url": url }).to_string();
    assert_eq!(
        recordings,
        BTreeSet::from([
            recording("EG_1"),
            recording("EG_2"),
            json!({ "id": "EG_1" }).to_string()
        ])
    );
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
        "nobody is told of a call without an owner"
    );
    world.assign_line(LINE, "acme", None).await;
    // Somebody's next event brings the owner.
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

#[tokio::test]
async fn a_tenant_without_subscriptions_costs_one_query_a_batch() {
    let driven = async |types: Option<&[&str]>, faults: &Faults| {
        let world = acme().await;
        if let Some(types) = types {
            world.subscribe("acme", types, Filters::default()).await;
        }
        let log = world.event_log();
        for payload in &sip_call("cost", LINE) {
            log.keep(payload).await;
        }
        world
            .fan_out(faults)
            .handle(stream_batch(&world.items("events").await))
            .await;
        faults.requests()
    };
    let nobody = driven(None, &Faults::none()).await;
    assert_eq!(
        driven(Some(&["campaign.started"]), &Faults::none()).await,
        nobody
    );
    assert_eq!(
        driven(Some(&["call.completed"]), &Faults::none()).await,
        nobody + 2,
        "a row and a message"
    );
    // Only queries count here: the one that is cut off, and the same again.
    assert_eq!(driven(None, &Faults::once("Query", Cut::Before)).await, 2);
}
