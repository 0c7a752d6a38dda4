//! The events about a tenant's own deliveries. They are appended to the log and delivered like any other,
//! but their own deliveries cause no such events, because that would never end.

use serde::Serialize;
use serde_with::skip_serializing_none;

use crate::domain::{
    delivery::{Attempt, Delivery},
    event::{Event, Source},
    event_type::{DISABLED, EXHAUSTED, FAILING, is_operational},
    key::EventKey,
    subscription::{DisabledReason, Subscription},
    timestamp::Timestamp,
};

#[skip_serializing_none]
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Payload<'a> {
    webhook_config_id: u64,
    webhook_config_name: &'a str,
    delivery: Option<OfDelivery<'a>>,
    reason: Option<&'static str>,
}

#[skip_serializing_none]
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct OfDelivery<'a> {
    id: u64,
    message_id: &'a str,
    event_type: &'a str,
    attempts: u32,
    status_code: Option<u16>,
    error: Option<&'a str>,
    next_attempt_at: Option<String>,
}

/// A delivery has failed several times and is tried again.
pub(crate) fn failing(
    delivery: &Delivery,
    subscription: &Subscription,
    now: Timestamp,
) -> Option<Event> {
    of_delivery(FAILING, delivery, subscription, now)
}

/// A delivery has failed for the last time.
pub(crate) fn exhausted(
    delivery: &Delivery,
    subscription: &Subscription,
    now: Timestamp,
) -> Option<Event> {
    of_delivery(EXHAUSTED, delivery, subscription, now)
}

/// The subscription was set inactive by Ringpost; `None` if it has changed since. One event each time.
pub(crate) fn disabled(subscription: &Subscription, now: Timestamp) -> Option<Event> {
    let disabled = subscription
        .disabled
        .as_ref()
        .filter(|disabled| disabled.at == subscription.updated_at)?;
    let payload = Payload {
        webhook_config_id: subscription.id,
        webhook_config_name: &subscription.name,
        delivery: None,
        reason: Some(word(disabled.reason)),
    };
    let id = format!("{}:{}", subscription.id, disabled.at.as_millis());
    Some(event(DISABLED, subscription, &id, &payload, now))
}

/// The reason as the API names it.
pub(super) fn word(reason: DisabledReason) -> &'static str {
    match reason {
        DisabledReason::Gone => "gone",
        DisabledReason::Failing => "failing",
        DisabledReason::Unproven => "unproven",
    }
}

fn of_delivery(
    event_type: &'static str,
    delivery: &Delivery,
    subscription: &Subscription,
    now: Timestamp,
) -> Option<Event> {
    if is_operational(&delivery.event_type) {
        return None;
    }
    let last = delivery.last.as_ref();
    let payload = Payload {
        webhook_config_id: subscription.id,
        webhook_config_name: &subscription.name,
        delivery: Some(OfDelivery {
            id: delivery.at.id,
            message_id: &delivery.message_id,
            event_type: &delivery.event_type,
            attempts: delivery.attempts,
            status_code: last.and_then(|attempt| attempt.status_code),
            error: last.and_then(|attempt: &Attempt| attempt.error.as_deref()),
            next_attempt_at: delivery.next_attempt_at.map(|at| at.to_string()),
        }),
        reason: None,
    };
    // A later refusal is no further failure and gives no further event.
    let id = format!(
        "{}:{}",
        delivery.at.id,
        delivery.attempts.saturating_sub(delivery.refused)
    );
    Some(event(event_type, subscription, &id, &payload, now))
}

fn event(
    event_type: &'static str,
    subscription: &Subscription,
    id: &str,
    payload: &Payload<'_>,
    now: Timestamp,
) -> Event {
    let tenant_id = &subscription.tenant_id;
    Event {
        key: EventKey::of(
            Source::Platform.as_str(),
            &format!("{tenant_id}:{event_type}:{id}"),
        ),
        source: Source::Platform,
        tenant_id: Some(tenant_id.clone()),
        region: None,
        event_type: event_type.to_owned(),
        occurred_at: now,
        received_at: now,
        // String keys only, so it always serialises.
        payload: serde_json::to_vec(payload).unwrap_or_default().into(),
    }
}
