//! The Call Outcomes document's own example, from its payload to its `CallLog`.

use ringpost::{
    domain::{
        call::{
            Call, CallStatus, CallUpdate, announcement::Announcement, outcome::Outcome,
            owner::Owner,
        },
        key::CallKey,
        phone::PhoneNumber,
        timestamp::Timestamp,
    },
    http::call_log::CallLog,
    providers::livekit::LiveKitEvent,
};
use serde_json::{Value, json};

use crate::support::events::{self, time};

const SAMPLE: &str = include_str!("../support/call_completed.json");

/// What a body says of its call.
fn update(body: &Value, received_at: Timestamp) -> CallUpdate {
    let (_, update) =
        events::read(body.to_string().as_bytes(), received_at).expect("a readable body");
    update.expect("a call")
}

fn sample() -> Value {
    serde_json::from_str(SAMPLE).expect("the document's JSON")
}

#[test]
fn the_sample_is_normalised_as_the_document_does() {
    let event = LiveKitEvent::parse(SAMPLE.as_bytes(), time("2025-10-29T15:30:45.500Z"))
        .expect("the document's payload");
    assert_eq!(event.id, "evt_abc123def456");
    assert_eq!(event.event_type, "participant_left");
    assert_eq!(event.created_at, time("2025-10-29T15:30:45.123Z"));
    let room = event.room.expect("a room");
    assert_eq!(
        room.name.as_deref(),
        Some("sip-7678189426__1730217045__abc123")
    );
    assert_eq!(room.sid.as_deref(), Some("RM_xyz789abc123"));
    assert_eq!(room.created_at, Some(time("2025-10-29T15:30:00.000Z")));
    assert_eq!(room.campaign_id, None);
    let participant = event.participant.expect("a participant");
    assert_eq!(participant.identity.as_deref(), Some("agent"));
    assert_eq!(
        participant.disconnect_reason.as_deref(),
        Some("CLIENT_INITIATED")
    );
    assert_eq!(
        participant.joined_at,
        Some(time("2025-10-29T15:30:02.000Z"))
    );
    let recording = event.recording.expect("a recording");
    assert_eq!(
        recording.url,
        "https://cdn.example.com/recordings/recording.mp3"
    );
}

#[test]
fn the_sample_reports_one_call_under_both_names_of_its_room() {
    let update = update(&sample(), time("2025-10-29T15:30:45.500Z"));
    let keys: Vec<&CallKey> = update.keys.iter().collect();
    let sid = CallKey::RoomSid("RM_xyz789abc123".to_owned());
    let name = CallKey::RoomName("sip-7678189426__1730217045__abc123".to_owned());
    assert_eq!(keys, [&sid, &name]);
    assert_eq!(update.event.as_str(), "livekit:evt_abc123def456");
    let number = update.facts.phone_number().map(PhoneNumber::as_str);
    assert_eq!(number, Some("+17678189426"));
    let line = update.facts.line_number();
    assert_eq!(
        line,
        update.facts.phone_number(),
        "a room of this name is named after its line"
    );
    assert_eq!(update.facts.duration_millis(), Some(45_123));
}

#[test]
fn the_sample_ends_in_the_documents_call_log() {
    let owner = Owner {
        user_id: Some("user_xyz789".to_owned()),
        agent_config_id: Some("agent_config_456".to_owned()),
        ..Owner::tenant("tenant_1")
    };
    let started = json!({
        "id": "evt_started",
        "event": "room_started",
        "createdAt": "2025-10-29T15:30:00.000Z",
        "room": sample().get("room"),
    });
    let mut call = Call::begin(
        &update(&started, time("2025-10-29T15:30:00.500Z")),
        Some(&owner),
    );
    assert_eq!(call.status(), CallStatus::Active);
    call.apply(
        &update(&sample(), time("2025-10-29T15:30:45.500Z")),
        Some(&owner),
    );

    assert_eq!(call.facts.outcome(), Some(Outcome::Completed));
    let announced: Vec<(Announcement, &str)> = call
        .announced
        .iter()
        .map(|(announcement, event)| (*announcement, event.by.as_str()))
        .collect();
    let expected = [
        (Announcement::Created, "livekit:evt_started"),
        (Announcement::Completed, "livekit:evt_abc123def456"),
    ];
    assert_eq!(announced, expected);
    // The document's object but for the id, which is a UUID, and a `sipCallId` that its payload
    // does not hold.
    let call_log = serde_json::to_value(CallLog::of(&call, &owner)).expect("JSON");
    let expected = json!({
        "id": "75decced-4c31-5f3c-9d47-8892e71acc6e",
        "userId": "user_xyz789",
        "agentConfigId": "agent_config_456",
        "livekitRoomName": "sip-7678189426__1730217045__abc123",
        "livekitRoomSid": "RM_xyz789abc123",
        "direction": "inbound",
        "phoneNumber": "+17678189426",
        "status": "ended",
        "outcome": "completed",
        "duration": 45,
        "recordingUrl": "https://cdn.example.com/recordings/recording.mp3",
        "metadata": {
            "disconnect_reason": "CLIENT_INITIATED",
            "participant_identity": "agent",
            "room_creation_time": "2025-10-29T15:30:00.000Z"
        },
        "startedAt": "2025-10-29T15:30:00.000Z",
        "endedAt": "2025-10-29T15:30:45.123Z",
        "createdAt": "2025-10-29T15:30:00.500Z",
        "updatedAt": "2025-10-29T15:30:45.500Z"
    });
    assert_eq!(call_log, expected);
}

#[test]
fn a_call_of_which_little_is_known_still_has_every_required_field() {
    let body = json!({
        "id": "e", "event": "room_started", "createdAt": "2025-10-29T15:30:00Z", "room": { "name": "r", "sid": "RM_1" },
    });
    let owner = Owner::tenant("tenant_1");
    let call = Call::begin(
        &update(&body, time("2025-10-29T15:30:00.500Z")),
        Some(&owner),
    );
    let expected = json!({
        "id": CallKey::RoomSid("RM_1".to_owned()).call_id().to_string(),
        "userId": "tenant_1",
        "livekitRoomName": "r",
        "livekitRoomSid": "RM_1",
        "direction": "inbound",
        "phoneNumber": "",
        "status": "active",
        "metadata": {},
        "startedAt": "2025-10-29T15:30:00.000Z",
        "createdAt": "2025-10-29T15:30:00.500Z",
        "updatedAt": "2025-10-29T15:30:00.500Z"
    });
    assert_eq!(
        serde_json::to_value(CallLog::of(&call, &owner)).expect("JSON"),
        expected
    );
}

#[test]
fn the_campaign_of_the_events_wins_over_that_of_the_number() {
    let owner = Owner {
        campaign_id: Some("of-number".to_owned()),
        ..Owner::tenant("tenant_1")
    };
    let mut body = sample();
    let now = time("2025-10-29T15:30:45.500Z");
    let mut call = Call::begin(&update(&body, now), Some(&owner));
    let shown = |call: &Call| serde_json::to_value(CallLog::of(call, &owner)).expect("JSON");
    assert_eq!(shown(&call)["metadata"]["campaign_id"], "of-number");
    body["room"]["metadata"] = json!(r#"{"campaign_id":"of-room"}"#);
    body["id"] = json!("evt_2");
    call.apply(&update(&body, now), Some(&owner));
    assert_eq!(shown(&call)["metadata"]["campaign_id"], "of-room");
}
