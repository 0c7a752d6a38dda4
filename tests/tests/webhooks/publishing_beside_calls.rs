//! What is announced beside the steps of a call: its contact, its recordings, and records that are one call.

use std::collections::BTreeSet;

use bytes::Bytes;
use ringpost::{
    domain::{key::CallKey, subscription::Filters},
    providers::elevenlabs::PostCall,
};
use ringpost_tests::world::{World, publishing::posted};
use serde_json::json;

use super::reported_call::{
    acme, keep, of_phone,
    one_call::{CALLER, DIALLED, LINE},
    second,
};

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

#[tokio::test]
async fn records_that_both_announced_their_end_are_announced_as_merged() {
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
    let reported = ["from", "into"].map(|name| merged["data"][name].as_str().unwrap().to_owned());
    assert_eq!(BTreeSet::from(reported), ids);
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
