//! The samples beside the real events, which a story of a call makes.

use std::collections::BTreeSet;

use super::*;
use crate::{
    domain::{
        event::{Event, Source},
        event_type,
        key::EventKey,
        subscription::tests::to,
    },
    fan_out::announce::Audience,
};

fn subscription() -> Subscription {
    Subscription {
        id: 7,
        name: "CRM Integration".to_owned(),
        url: "https://crm.example".to_owned(),
        ..to(&[])
    }
}

fn sample(event_type: &str) -> Value {
    sample_data(event_type, &subscription()).into()
}

fn paths(value: &Value, path: &str, into: &mut BTreeSet<String>) {
    for (name, value) in value.as_object().into_iter().flatten() {
        let path = format!("{path}/{name}");
        paths(value, &path, into);
        into.insert(path);
    }
}

fn event(source: Source, second: u64, event_type: &str, body: &Value) -> Event {
    Event {
        key: EventKey::of(source.as_str(), &second.to_string()),
        source,
        tenant_id: None,
        region: None,
        event_type: event_type.to_owned(),
        occurred_at: call::at(second),
        received_at: call::at(second),
        payload: body.to_string().into(),
    }
}

fn carrier(second: u64, event_type: &str, more: &Value) -> Event {
    let mut body = json!({
        "event_type": event_type, "call_id": "CA1", "direction": "outbound", "from": "+18005551234",
        "to": "+18005557890", "metadata": { "campaignId": "spring", "contactId": 7 }
    });
    body.as_object_mut()
        .unwrap()
        .extend(more.as_object().unwrap().clone());
    event(Source::SignalWire, second, event_type, &body)
}

fn agent(second: u64, event_type: &str) -> Event {
    let body = json!({
        "event_type": event_type, "call_id": "CA1", "agent_id": "agent-1", "voice_id": "voice-1",
        "duration": 2, "error": "out of words"
    });
    event(Source::ElevenLabs, second, event_type, &body)
}

fn room(second: u64, name: &str, more: &Value) -> Event {
    let mut body = json!({
        "id": format!("EV_{second}"), "event": name, "createdAt": call::at(second).as_seconds(),
        "room": { "sid": "RM_1", "name": "room-1" },
        "participant": { "identity": "sip_1", "kind": "SIP", "attributes": {
            "sip.callID": "SCL_1", "sip.twilio.callSid": "CA1", "sip.trunkID": "ST_1", "sip.callStatus": "active"
        } }
    });
    body.as_object_mut()
        .unwrap()
        .extend(more.as_object().unwrap().clone());
    event(Source::LiveKit, second, name, &body)
}

/// A recorded call with an agent that every provider reports, and with a transfer.
fn story() -> Vec<Event> {
    let file = json!({ "egressInfo": { "egressId": "EG_1", "status": "EGRESS_COMPLETE",
        "fileResults": [{ "location": "s3://recordings/1.ogg" }] } });
    let conversation = json!({ "type": "post_call_transcription", "data": {
        "conversation_id": "conv-1", "agent_id": "agent-1", "status": "done",
        "transcript": [{ "role": "user", "message": "Yes" }],
        "metadata": { "start_time_unix_secs": call::at(4).as_seconds(), "call_duration_secs": 100,
            "phone_call": { "direction": "outbound", "call_sid": "CA1", "agent_number": "+18005551234",
                "external_number": "+18005557890", "call_result": "answered" } },
        "analysis": { "data_collection_results": { "appointment_set": {
            "data_collection_id": "appointment_set", "value": true } } }
    } });
    vec![
        carrier(0, "call.created", &json!({})),
        carrier(2, "call.ringing", &json!({})),
        event(
            Source::CallStatus,
            4,
            "call.answered",
            &json!({
                "event_type": "call.answered", "call_id": "CA1", "conversation_id": "conv-1", "agent_id": "agent-1"
            }),
        ),
        room(5, "participant_joined", &json!({})),
        room(
            6,
            "egress_started",
            &json!({ "egressInfo": { "egressId": "EG_1" } }),
        ),
        carrier(7, "recording.started", &json!({ "recording_id": "R1" })),
        agent(8, "agent.ready"),
        agent(9, "agent.speaking"),
        agent(10, "agent.listening"),
        agent(11, "voice.processing"),
        agent(12, "voice.completed"),
        agent(13, "agent.error"),
        carrier(14, "transfer.initiated", &json!({})),
        carrier(15, "transfer.completed", &json!({})),
        carrier(
            90,
            "recording.completed",
            &json!({ "recording_id": "R1", "recording_url": "s3://r", "duration": 80 }),
        ),
        event(
            Source::ElevenLabs,
            110,
            "post_call_transcription",
            &conversation,
        ),
        room(
            124,
            "participant_left",
            &json!({ "participant": {
                "identity": "sip_1", "kind": "SIP", "disconnectReason": "CLIENT_INITIATED", "attributes": {}
            } }),
        ),
        carrier(
            125,
            "call.completed",
            &json!({ "duration": 125, "recording_url": "s3://r" }),
        ),
        room(126, "egress_ended", &file),
        // Again, when all facts are known.
        carrier(
            127,
            "recording.completed",
            &json!({ "recording_id": "R2", "recording_url": "s3://r2", "duration": 9 }),
        ),
        agent(128, "voice.completed"),
        agent(129, "agent.error"),
        carrier(130, "transfer.completed", &json!({})),
    ]
}

/// What the call announces to every subscription, event by event.
fn announced(events: &[Event]) -> (Call, Vec<Message>) {
    let (owner, mut call, mut messages) = (call::owner(), None, Vec::new());
    for event in events {
        let update = providers::read_update(event).unwrap();
        match &mut call {
            None => call = Some(Call::begin(&update, Some(&owner))),
            Some(call) => call.apply(&update, Some(&owner)),
        }
        let call = call.as_ref().unwrap();
        let lead = Lead::of(call, &event.key);
        let lead = lead.filter(|_| event.source == Source::SipInbound);
        let outgoing =
            CallAnnouncements::new(event, &update, call, &owner, lead.as_ref()).messages();
        let to_everybody = outgoing
            .into_iter()
            .filter(|outgoing| outgoing.audience == Audience::All);
        messages.extend(to_everybody.map(|outgoing| outgoing.message));
    }
    (call.unwrap(), messages)
}

/// Two records that both announced their end become one call.
fn merger() -> Vec<Message> {
    let ended = |id: &str| carrier(125, "call.completed", &json!({ "call_id": id }));
    let ([mut one, other], owner) = (
        [ended("CA1"), ended("CA2")].map(|event| announced(&[event]).0),
        call::owner(),
    );
    let event = room(130, "room_finished", &json!({}));
    one.absorb(&other, &event.key);
    let update = providers::read_update(&event).unwrap();
    let messages = CallAnnouncements::new(&event, &update, &one, &owner, None).messages();
    messages
        .into_iter()
        .map(|outgoing| outgoing.message)
        .collect()
}

fn inbound() -> Vec<Message> {
    let question = json!({
        "call_id": "SCL_9", "from_number": "+15551234567", "to_number": "+18588796658", "room_name": "room-9"
    });
    let mut event = event(Source::SipInbound, 1, "sip.inbound", &question);
    event.tenant_id = Some("acme".to_owned());
    announced(&[event]).1
}

fn follow_up() -> Message {
    let body = json!({
        "company_id": "123e4567-e89b-12d3-a456-426614174000", "lead_id": "234e5678-e89b-12d3-a456-426614174001",
        "employee_id": "345e6789-e89b-12d3-a456-426614174002", "caller_number": "+919876543210",
        "recipient_number": "+919123456789", "next_follow_up": "2031-11-27", "next_follow_up_time": "14:00:00",
        "auto_call_followup": true, "external_call_id": "C1", "call_details": { "campaign_id": "CAMP-001" }
    });
    let mut event = event(Source::CallCapture, 1, "call.captured", &body);
    event.tenant_id = Some("acme".to_owned());
    let call = announced(&[event]).0;
    let follow_up = call.facts.follow_up.get().unwrap().as_ref().unwrap();
    announce_platform::message(&platform::follow_up_due(
        &call,
        "acme",
        follow_up,
        call::at(2),
    ))
    .unwrap()
}

fn of_deliveries() -> Vec<Message> {
    let (subscription, now) = (subscription(), call::at(200));
    let delivery = call::delivery(&subscription);
    let disabled = Subscription {
        disabled: Some(Disabled {
            reason: DisabledReason::Gone,
            at: now,
        }),
        updated_at: now,
        ..subscription.clone()
    };
    let events = [
        delivery_events::failing(&delivery, &subscription, now).unwrap(),
        delivery_events::exhausted(&delivery, &subscription, now).unwrap(),
        delivery_events::disabled(&disabled, now).unwrap(),
    ];
    events
        .iter()
        .map(|event| announce_platform::message(event).unwrap())
        .collect()
}

#[test]
fn a_sample_has_every_field_of_the_real_event_of_its_type() {
    let mut real = announced(&story()).1;
    real.extend(merger());
    real.extend(inbound());
    real.push(follow_up());
    real.extend(of_deliveries());
    for message in &real {
        let body: Value = serde_json::from_slice(&message.body).unwrap();
        let (mut expected, mut shown) = (BTreeSet::new(), BTreeSet::new());
        paths(&body["data"], "", &mut expected);
        paths(&sample(&message.event_type), "", &mut shown);
        // The names of achieved results vary.
        let missing: Vec<_> = expected
            .difference(&shown)
            .filter(|path| !path.starts_with("/outcomes/"))
            .collect();
        assert!(
            missing.is_empty(),
            "{}: {missing:?} of {body}",
            message.event_type
        );
    }
    let seen: BTreeSet<&str> = real
        .iter()
        .map(|message| message.event_type.as_str())
        .collect();
    let unseen: Vec<_> = event_type::all()
        .iter()
        .filter(|name| !seen.contains(**name))
        .collect();
    assert_eq!(
        unseen,
        [&"campaign.started", &"campaign.completed"],
        "a tenant's own payload"
    );
}

#[test]
fn every_type_has_a_sample_that_says_what_it_is_about() {
    for event_type in event_type::all() {
        let sample = sample(event_type);
        let about = ["callId", "from", "campaignId", "webhookConfigId"];
        assert!(
            about.iter().any(|field| sample.get(field).is_some()),
            "{event_type}: {sample}"
        );
    }
    assert_eq!(sample("call.unheard_of"), json!({}));
}

#[test]
fn a_completed_call_is_the_documents() {
    let documented = json!({
        "callId": "CA123456789abcdef", "direction": "outbound", "from": "+18005551234", "to": "+18005557890",
        "status": "completed", "duration": 125, "startTime": "2023-07-29T10:15:00.000Z",
        "endTime": "2023-07-29T10:17:05.000Z", "campaignId": "campaign-123", "contactId": 42,
        "outcomes": { "appointmentSet": true, "leadQualified": true },
        "metadata": { "transferredToAgent": false, "voicemailLeft": false }
    });
    let sample = sample("call.completed");
    for (name, value) in documented.as_object().unwrap() {
        assert_eq!(&sample[name], value, "{name}");
    }
    assert_eq!(sample["outcome"], "completed");
}

#[test]
fn a_sample_shows_how_far_its_call_has_come() {
    for (event_type, status, has_ended) in [
        ("call.created", "created", false),
        ("call.ringing", "ringing", false),
        ("call.answered", "answered", false),
        ("recording.started", "answered", false),
        ("recording.completed", "completed", true),
        ("agent.speaking", "answered", false),
    ] {
        let sample = sample(event_type);
        assert_eq!(sample["status"], status, "{event_type}");
        assert_eq!(sample.get("endTime").is_some(), has_ended, "{event_type}");
    }
    assert_eq!(
        sample("recording.completed")["recording"]["id"],
        "recording-123"
    );
    assert_eq!(
        sample("agent.error")["agent"]["error"],
        "The agent did not answer"
    );
    assert_eq!(
        sample("webhook.failing")["webhookConfigName"],
        "CRM Integration"
    );
}
