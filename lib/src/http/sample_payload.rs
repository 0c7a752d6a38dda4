//! What the `data` of an event looks like, for tests of a subscription.

use serde_json::{Map, Value, json};

/// The document's example of an event about a call.
const CALL_ID: &str = "CA123456789abcdef";

/// A payload as an event of this type might have it; that of `call.completed` is the Webhook API
/// document's.
#[must_use]
pub fn sample_payload(event_type: &str) -> Value {
    match event_type {
        "call.completed" => about_call(json!({
            "status": "completed", "duration": 125, "endTime": "2023-07-29T10:17:05Z",
            "outcomes": { "appointmentSet": true, "leadQualified": true },
            "metadata": { "transferredToAgent": false, "voicemailLeft": false }
        })),
        "call.updated" => about_call(json!({
            "status": "completed", "duration": 140, "endTime": "2023-07-29T10:17:20Z",
            "outcome": "completed", "previous": { "outcome": "no_answer", "duration": 5 }
        })),
        "call.ringing" => about_call(json!({ "status": "ringing" })),
        "call.answered" => about_call(json!({ "status": "answered" })),
        "call.merged" => json!({
            "from": "75decced-4c31-5f3c-9d47-8892e71acc6e", "into": "0c6a7a0e-7a37-5f0b-9c3d-0f8f1c7e5a11"
        }),
        "call.follow_up_due" => about_call(json!({ "status": "completed", "dueAt": "2023-07-30T10:00:00Z" })),
        "recording.started" => about_call(json!({ "status": "in_progress" })),
        "recording.completed" => about_call(json!({
            "status": "completed", "recordingUrl": "https://recordings.example.com/CA123456789abcdef.wav"
        })),
        "agent.error" => about_conversation(json!({ "error": "The agent did not answer" })),
        "conversation.completed" => about_conversation(json!({ "status": "completed", "duration": 120 })),
        "transfer.initiated" => about_call(json!({ "status": "in_progress", "transferTo": "+18005550100" })),
        "transfer.completed" => about_call(json!({ "status": "completed", "transferTo": "+18005550100" })),
        "contact.created" => json!({
            "contactId": 42, "campaignId": "campaign-123", "phoneNumber": "+18005557890", "name": "Jane Doe"
        }),
        "campaign.started" => json!({ "campaignId": "campaign-123", "status": "started" }),
        "campaign.completed" => json!({ "campaignId": "campaign-123", "status": "completed" }),
        "webhook.failing" | "webhook.exhausted" => json!({
            "webhookConfigId": 1, "eventId": "evt_00112233445566778899aabbccddeeff",
            "eventType": "call.completed", "attempts": 4, "statusCode": 503
        }),
        "webhook.disabled" => json!({ "webhookConfigId": 1, "reason": "failing" }),
        _ if event_type.starts_with("call.") => about_call(json!({ "status": "created" })),
        _ => about_conversation(json!({})),
    }
}

fn about_call(more: Value) -> Value {
    with(
        json!({
            "callId": CALL_ID, "direction": "outbound", "from": "+18005551234", "to": "+18005557890",
            "startTime": "2023-07-29T10:15:00Z", "campaignId": "campaign-123", "contactId": 42
        }),
        more,
    )
}

fn about_conversation(more: Value) -> Value {
    with(
        json!({ "callId": CALL_ID, "conversationId": "conv_123", "agentId": "agent_123", "campaignId": "campaign-123" }),
        more,
    )
}

fn with(payload: Value, more: Value) -> Value {
    let fields = [payload, more].into_iter().filter_map(|value| match value {
        Value::Object(fields) => Some(fields),
        _ => None,
    });
    Value::Object(fields.flatten().collect::<Map<_, _>>())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::event_type;

    #[test]
    fn a_completed_call_is_the_document_s() {
        let documented = json!({
            "callId": "CA123456789abcdef", "direction": "outbound",
            "from": "+18005551234", "to": "+18005557890", "status": "completed", "duration": 125,
            "startTime": "2023-07-29T10:15:00Z", "endTime": "2023-07-29T10:17:05Z",
            "campaignId": "campaign-123", "contactId": 42,
            "outcomes": { "appointmentSet": true, "leadQualified": true },
            "metadata": { "transferredToAgent": false, "voicemailLeft": false }
        });
        assert_eq!(sample_payload("call.completed"), documented);
    }

    #[test]
    fn every_type_has_a_sample_that_says_what_it_is_about() {
        for event_type in event_type::all() {
            let sample = sample_payload(event_type);
            let about = ["callId", "from", "contactId", "campaignId", "webhookConfigId"];
            assert!(about.iter().any(|field| sample.get(field).is_some()), "{event_type}: {sample}");
        }
    }
}
