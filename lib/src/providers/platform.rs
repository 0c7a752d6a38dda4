//! The platform's own events: due follow-ups, calls without a reported end, the health of
//! deliveries, and what a tenant publishes.

use serde::{Deserialize, Serialize};

use crate::domain::{
    call::{Call, CallUpdate, claims::EarliestTime, facts::Facts},
    contact_id::ContactId,
    event::{Event, Source},
    follow_up::FollowUp,
    key::{CallId, CallKey, EventKey},
    phone::PhoneNumber,
    timestamp::Timestamp,
};

const FOLLOW_UP_DUE: &str = "call.follow_up_due";
/// Not a type for subscriptions: the call announces its end as for every end.
const UNFINISHED: &str = "call.unfinished";

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Unfinished {
    call_id: CallId,
    last_event_at: String,
}

#[serde_with::skip_serializing_none]
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct FollowUpDue<'a> {
    call_id: CallId,
    lead_id: Option<&'a str>,
    employee_id: Option<&'a str>,
    campaign_id: Option<&'a str>,
    phone_number: Option<&'a str>,
    follow_up_at: String,
    next_follow_up: &'a str,
    next_follow_up_time: Option<&'a str>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct OfCall {
    call_id: CallId,
}

/// The event that a call's follow-up is due. Its key is derived from the call and the time, so that
/// it happens once.
pub fn follow_up_due(call: &Call, tenant_id: &str, follow_up: &FollowUp, now: Timestamp) -> Event {
    let facts = &call.facts;
    let payload = FollowUpDue {
        call_id: call.id,
        lead_id: facts.lead_id.get().map(ContactId::as_str),
        employee_id: facts.employee_id.as_str(),
        campaign_id: call.campaign_id(),
        phone_number: facts.other_side().map(PhoneNumber::as_str),
        follow_up_at: follow_up.due_at.to_string(),
        next_follow_up: &follow_up.date,
        next_follow_up_time: follow_up.time.as_deref(),
    };
    let id = format!(
        "{tenant_id}:follow-up:{}:{}",
        call.id,
        follow_up.due_at.as_millis()
    );
    Event {
        key: EventKey::of(Source::Platform.as_str(), &id),
        source: Source::Platform,
        tenant_id: Some(tenant_id.to_owned()),
        region: None,
        event_type: FOLLOW_UP_DUE.to_owned(),
        occurred_at: follow_up.due_at,
        received_at: now,
        // String keys only, so it always serialises.
        payload: serde_json::to_vec(&payload).unwrap_or_default().into(),
    }
}

/// The event that no end of a call was reported. Its key is derived from the call, so that it
/// happens once.
pub fn unfinished(call: &Call, tenant_id: &str, now: Timestamp) -> Event {
    let payload = Unfinished {
        call_id: call.id,
        last_event_at: call.received.to.to_string(),
    };
    Event {
        key: EventKey::of(
            Source::Platform.as_str(),
            &format!("{tenant_id}:unfinished:{}", call.id),
        ),
        source: Source::Platform,
        tenant_id: Some(tenant_id.to_owned()),
        region: None,
        event_type: UNFINISHED.to_owned(),
        occurred_at: now,
        received_at: now,
        // Two texts, so it always serialises.
        payload: serde_json::to_vec(&payload).unwrap_or_default().into(),
    }
}

/// The end of a call for which no other source reported one.
pub(super) fn read_update(event: &Event) -> Option<CallUpdate> {
    let is_unfinished = event.source == Source::Platform && event.event_type == UNFINISHED;
    let unfinished: Unfinished = is_unfinished
        .then(|| serde_json::from_slice(&event.payload).ok())
        .flatten()?;
    let silent_since = Timestamp::parse_rfc3339(&unfinished.last_event_at)?;
    let facts = Facts {
        silent_since: EarliestTime::claimed(Some(silent_since)),
        ..Facts::default()
    };
    CallUpdate::of(event, [Some(CallKey::Record(unfinished.call_id))], facts)
}

/// The call of a follow-up event, which adds no facts to it.
pub(crate) fn call_of(event: &Event) -> Option<CallId> {
    let is_ours = event.source == Source::Platform && event.event_type == FOLLOW_UP_DUE;
    let of_call: OfCall = is_ours
        .then(|| serde_json::from_slice(&event.payload).ok())
        .flatten()?;
    Some(of_call.call_id)
}

/// An event that a tenant publishes under an idempotency key: the same key is the same event. A
/// digest replaces the key, which may be long or personal, and binds it to the tenant.
pub fn published(
    tenant_id: &str,
    idempotency_key: &str,
    event_type: &str,
    payload: &str,
    occurred_at: Timestamp,
    now: Timestamp,
) -> Event {
    let names = serde_json::json!([tenant_id, idempotency_key]).to_string();
    let id = EventKey::natural_id(&[tenant_id, "published"], names.as_bytes());
    Event {
        key: EventKey::of(Source::Platform.as_str(), &id),
        source: Source::Platform,
        tenant_id: Some(tenant_id.to_owned()),
        region: None,
        event_type: event_type.to_owned(),
        occurred_at,
        received_at: now,
        payload: payload.to_owned().into(),
    }
}
