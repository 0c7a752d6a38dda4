//! What is posted of the events of carriers, voices and the platform itself.

use bytes::Bytes;
use ringpost::{
    domain::{
        event::{Event, Source},
        key::{CallId, EventKey},
        subscription::Filters,
        timestamp::Timestamp,
    },
    providers::{elevenlabs::PostCall, signalwire},
};
use ringpost_tests::world::{World, publishing::posted};
use serde_json::json;

fn second(index: i64) -> Timestamp {
    Timestamp::from_seconds(1_767_312_000 + index).unwrap()
}

#[tokio::test]
async fn the_documents_events_of_carrier_and_voice_are_announced_with_their_data() {
    let world = World::new(Some("acme")).await;
    world
        .subscribe("acme", &["voice.completed"], Filters::default())
        .await;
    world
        .subscribe("acme", &["recording.completed"], Filters::default())
        .await;
    let voice = json!({
        "event_type": "voice.completed", "timestamp": "2023-07-29T15:05:00Z", "voice_id": "voice-123",
        "agent_id": "agent-456", "call_id": "CA123456789abcdef", "duration": 15.5,
        "metadata": { "campaignId": "campaign-123", "contactId": 42 }
    });
    let voice = Bytes::from(voice.to_string());
    world
        .keep_event(&PostCall::parse(&voice).unwrap().event(&voice, second(0)))
        .await;
    let recording = Bytes::from_static(
        b"CallSid=CA123456789abcdef&RecordingSid=RE1&RecordingStatus=completed&RecordingDuration=94&RecordingUrl=https%3A%2F%2Fr.example.com%2F1",
    );
    world
        .keep_event(&signalwire::event(&recording, second(1)).unwrap())
        .await;
    world.process_all().await;
    let deliveries = world.outbound().await;
    let [voice, recording] = &deliveries[..] else {
        unreachable!("{deliveries:?}")
    };
    let data = &posted(voice)["data"];
    assert_eq!(
        data["voice"],
        json!({ "id": "voice-123", "duration": 15.5 })
    );
    assert_eq!(data["contactId"], 42);
    let named = ["callId", "campaignId", "agentId"].map(|name| data[name].as_str().unwrap());
    assert_eq!(named, ["CA123456789abcdef", "campaign-123", "agent-456"]);
    let data = &posted(recording)["data"];
    let expected = json!({ "id": "RE1", "url": "https://r.example.com/1", "duration": 94 });
    assert_eq!(
        (&data["recording"], &data["recordingUrl"]),
        (&expected, &expected["url"])
    );
}

#[tokio::test]
async fn what_the_platform_reports_is_its_own_payload() {
    let world = World::new(None).await;
    let wanting = Filters {
        campaigns: vec!["spring".to_owned()],
        ..Filters::default()
    };
    let id = world
        .subscribe("acme", &["call.follow_up_due"], wanting)
        .await;
    let call_id = CallId::parse("75decced-4c31-5f3c-9d47-8892e71acc6e").unwrap();
    let payload = json!({ "callId": call_id, "campaignId": "spring" });
    let report = |tenant_id: &str, event_type: &str| Event {
        key: EventKey::of("11wire", &format!("{tenant_id}:{event_type}")),
        source: Source::Platform,
        tenant_id: Some(tenant_id.to_owned()),
        region: None,
        event_type: event_type.to_owned(),
        occurred_at: second(1),
        received_at: second(2),
        payload: payload.to_string().into(),
    };
    let cases = [
        ("acme", "call.follow_up_due"),
        ("other", "call.follow_up_due"),
        ("acme", "call.unknown"),
    ];
    for (tenant_id, event_type) in cases {
        world.keep_event(&report(tenant_id, event_type)).await;
    }
    world.process_all().await;
    world.process_log().await;
    assert_eq!(world.outbound_types(id).await, ["call.follow_up_due"]);
    let delivery = &world.outbound().await[0];
    assert_eq!(posted(delivery)["data"], payload);
    assert_eq!(posted(delivery)["timestamp"], second(1).to_string());
    assert_eq!(json!(delivery.call_id.unwrap()), payload["callId"]);
}
