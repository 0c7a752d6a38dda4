//! The call that the samples are about, as its providers report it.

use serde_json::{Map, Value, json};

use crate::{
    domain::{
        call::{Call, CallUpdate, announcement::Announcement, owner::Owner},
        delivery::{Attempt, Delivery, DeliveryRef, DeliveryStatus},
        event::{Event, Source},
        event_type::TRANSFER_COMPLETED,
        key::{CallKey, EventKey},
        subscription::Subscription,
        timestamp::Timestamp,
    },
    providers,
};

const CALL_SID: &str = "CA123456789abcdef";
const AGENT_ID: &str = "agent-456";
const CONVERSATION_ID: &str = "conv-123";
pub(super) const CAMPAIGN_ID: &str = "campaign-123";

/// Seconds after the call began at 2023-07-29T10:15:00Z.
pub(super) fn at(seconds: u64) -> Timestamp {
    Timestamp::EPOCH.plus_millis((1_690_625_700 + seconds) * 1_000)
}

pub(super) fn owner() -> Owner {
    Owner {
        user_id: Some("user-123".to_owned()),
        agent_config_id: Some("agent-config-123".to_owned()),
        campaign_id: Some(CAMPAIGN_ID.to_owned()),
        ..Owner::tenant("tenant-123")
    }
}

/// The call when an event of this type is announced, made from this event alone.
pub(super) fn reported_by(event: &Event, event_type: &str) -> Option<(CallUpdate, Call)> {
    let mut update = providers::read_update(event)?;
    for earlier in reports(event_type) {
        update.facts.merge(providers::read_update(&earlier)?.facts);
    }
    let call = Call::begin(&update, Some(&owner()));
    Some((update, call))
}

/// A provider's event of this type with the fields of all providers.
pub(super) fn reported(event_type: &str) -> Event {
    let (source, duration) = match event_type.split('.').next() {
        Some("voice" | "agent") => (Source::ElevenLabs, Some(15.5)),
        Some("recording") => (Source::SignalWire, Some(120.0)),
        _ => (Source::SignalWire, None),
    };
    let second = match Announcement::parse(event_type) {
        Some(Announcement::Created) => 0,
        Some(Announcement::Ringing) => 2,
        Some(Announcement::Answered | Announcement::ConversationStarted) => 5,
        _ => 125,
    };
    let body = json!({
        "event_type": event_type, "call_id": CALL_SID, "agent_id": AGENT_ID, "voice_id": "voice-123",
        "error": "The agent did not answer", "recording_id": "recording-123", "duration": duration,
        "recording_url": "https://recordings.example.com/CA123456789abcdef.mp3"
    });
    event(source, second, event_type, &body)
}

/// The carrier's report of a leg that the call has dialled: the type decides its state.
pub(super) fn dialled_leg(event_type: &str) -> Event {
    let is_over = event_type == TRANSFER_COMPLETED;
    let body = json!({
        "event_type": "calling.call.state", "timestamp": at(if is_over { 125 } else { 90 }).as_seconds(), "params": {
            "call_id": "CA234567890abcdef1", "parent": { "call_id": CALL_SID }, "direction": "outbound",
            "device": { "type": "phone", "params": { "from_number": "+18005551234", "to_number": "+18005559876" } },
            "call_state": if is_over { "ended" } else { "ringing" },
            "start_time": at(90).as_millis(),
            "answer_time": is_over.then(|| at(95).as_millis()),
            "end_time": is_over.then(|| at(125).as_millis())
        }
    });
    event(
        Source::SignalWire,
        if is_over { 125 } else { 90 },
        "calling.call.state",
        &body,
    )
}

/// The values announced when the call seemed shorter.
pub(super) fn previous() -> Map<String, Value> {
    let seemed = [
        ("status", json!("no_answer")),
        ("outcome", json!("no_answer")),
        ("duration", json!(5)),
        ("recordingUrl", Value::Null),
    ];
    seemed
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value))
        .collect()
}

/// The first call from this number to a campaign.
pub(super) fn first_call() -> Event {
    let question = json!({
        "call_id": CALL_SID, "from_number": "+18005557890", "to_number": "+18005551234", "room_name": "room-123"
    });
    event(Source::SipInbound, 0, "sip_inbound", &question)
}

/// A dialer asks for a follow-up call.
pub(super) fn captured() -> Event {
    let submission = json!({
        "company_id": "123e4567-e89b-12d3-a456-426614174000", "external_call_id": "CALL-12345",
        "lead_id": "234e5678-e89b-12d3-a456-426614174001", "employee_id": "345e6789-e89b-12d3-a456-426614174001",
        "caller_number": "+18005551234", "recipient_number": "+18005557890", "auto_call_followup": true,
        "next_follow_up": "2023-07-30", "next_follow_up_time": "10:00:00",
        "call_details": { "campaign_id": CAMPAIGN_ID }
    });
    Event {
        tenant_id: Some(owner().tenant_id),
        ..event(Source::CallCapture, 125, "call.captured", &submission)
    }
}

/// What the providers have reported when an event of this type is announced.
fn reports(event_type: &str) -> Vec<Event> {
    let stage = Announcement::parse(event_type);
    let mut reports = vec![
        carrier(0, "call.created", &json!({})),
        event(
            Source::LiveKit,
            0,
            "room_started",
            &json!({
                "event": "room_started", "id": "EV_sample", "createdAt": at(0).as_seconds(),
                "room": { "sid": "RM_123", "name": "room-123" }
            }),
        ),
        event(
            Source::CallStatus,
            0,
            "call.initiated",
            &json!({
                "event_type": "call.initiated", "call_id": CALL_SID, "conversation_id": CONVERSATION_ID, "agent_id": AGENT_ID
            }),
        ),
    ];
    if stage != Some(Announcement::Created) {
        reports.push(carrier(2, "call.ringing", &json!({})));
    }
    if !matches!(stage, Some(Announcement::Created | Announcement::Ringing)) {
        reports.push(carrier(5, "call.answered", &json!({})));
    }
    let begins = [
        "created",
        "ringing",
        "answered",
        "started",
        "initiated",
        "processing",
        "ready",
        "speaking",
        "listening",
    ];
    if event_type
        .rsplit('.')
        .next()
        .is_none_or(|what| !begins.contains(&what))
    {
        reports.extend([
            carrier(
                125,
                "call.completed",
                &json!({
                    "duration": 125, "recording_url": "https://recordings.example.com/CA123456789abcdef.mp3"
                }),
            ),
            event(Source::ElevenLabs, 125, "post_call_transcription", &conversation()),
        ]);
    }
    reports
}

fn conversation() -> Value {
    let achieved = |name: &str| json!({ "data_collection_id": name, "value": true });
    json!({ "type": "post_call_transcription", "data": {
        "conversation_id": CONVERSATION_ID, "agent_id": AGENT_ID, "status": "done",
        "metadata": { "start_time_unix_secs": at(5).as_seconds(), "call_duration_secs": 120,
            "phone_call": { "direction": "outbound", "call_sid": CALL_SID } },
        "analysis": { "data_collection_results": {
            "appointment_set": achieved("appointment_set"), "lead_qualified": achieved("lead_qualified")
        } }
    } })
}

/// The carrier's report, as the Webhook API document shows it.
fn carrier(second: u64, event_type: &str, more: &Value) -> Event {
    let body = json!({
        "event_type": event_type, "call_id": CALL_SID, "timestamp": at(second).to_string(),
        "direction": "outbound", "from": "+18005551234", "to": "+18005557890",
        "duration": more.get("duration"), "recording_url": more.get("recording_url"),
        "metadata": { "campaignId": CAMPAIGN_ID, "contactId": 42 }
    });
    event(Source::SignalWire, second, event_type, &body)
}

fn event(source: Source, second: u64, event_type: &str, body: &Value) -> Event {
    Event {
        key: EventKey::of(source.as_str(), "sample"),
        source,
        tenant_id: None,
        region: None,
        event_type: event_type.to_owned(),
        occurred_at: at(second),
        received_at: at(second),
        payload: body.to_string().into(),
    }
}

/// A delivery that has failed four times.
pub(super) fn delivery(subscription: &Subscription) -> Delivery {
    let attempt = Attempt {
        at: at(126),
        status_code: Some(503),
        timing: 245,
        ..Attempt::default()
    };
    Delivery {
        at: DeliveryRef {
            tenant_id: subscription.tenant_id.clone(),
            id: 115_363_151_155_200,
        },
        subscription_id: subscription.id,
        message_id: "evt_00112233445566778899aabbccddeeff".to_owned(),
        event_type: "call.completed".to_owned(),
        call_id: Some(CallKey::CallSid(CALL_SID.to_owned()).call_id()),
        user_id: owner().user_id,
        body: Some("{}".into()),
        status: DeliveryStatus::Pending,
        attempts: 4,
        earlier_attempts: 0,
        refused: 0,
        next_attempt_at: Some(at(1_206)),
        last: Some(Attempt {
            error: Some("timed out".to_owned()),
            ..attempt
        }),
        recovery: None,
        occurred_at: at(125),
        created_at: at(125),
        updated_at: at(126),
    }
}
