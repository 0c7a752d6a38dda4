//! Sample events for test deliveries. The code that makes the real events makes them from an invented call,
//! the one of the Webhook API document, so that a sample always has the fields of the real event.

mod call;
#[cfg(test)]
mod tests;

use serde_json::{Map, Value, json};

use super::{announce::CallAnnouncements, announce_platform, follow_ups::automatic_follow_up};
use crate::{
    delivery::delivery_events,
    domain::{
        call::{Absorption, Call},
        delivery::Message,
        directory::Lead,
        event_type::{
            CONTACT_CREATED, DISABLED, EXHAUSTED, FAILING, TRANSFER_COMPLETED, TRANSFER_INITIATED,
            UPDATED,
        },
        key::CallKey,
        subscription::{Disabled, DisabledReason, Subscription},
    },
    providers::{self, platform},
};

/// `data` of an event of this type, as `subscription` might get it. Empty for a type without subscriptions.
pub fn sample_data(event_type: &str, subscription: &Subscription) -> Map<String, Value> {
    let message = of_call(event_type).or_else(|| of_platform(event_type, subscription));
    let posted = message.and_then(|message| serde_json::from_slice(&message.body).ok());
    match posted.and_then(|mut posted: Map<String, Value>| posted.remove("data")) {
        Some(Value::Object(data)) => data,
        _ => Map::new(),
    }
}

/// The message of a provider's event of this type: about a call at that stage, a second record of that call,
/// or its caller.
fn of_call(event_type: &str) -> Option<Message> {
    let event = match event_type {
        CONTACT_CREATED => call::first_call(),
        TRANSFER_INITIATED | TRANSFER_COMPLETED => call::dialled_leg(event_type),
        _ => call::reported(event_type),
    };
    let (update, mut call) = call::reported_by(&event, event_type)?;
    if event_type == UPDATED {
        call.updates.insert(event.key.clone(), call::previous());
    }
    let other = CallKey::RoomName("another-room".to_owned()).call_id();
    call.absorbed.insert(
        other,
        Absorption {
            by: event.key.clone(),
            both_ended: true,
        },
    );
    let (owner, lead) = (call::owner(), Lead::of(&call, &event.key));
    let messages = CallAnnouncements::new(&event, &update, &call, &owner, lead.as_ref()).messages();
    messages
        .into_iter()
        .map(|outgoing| outgoing.message)
        .find(|message| message.event_type == event_type)
}

fn of_platform(event_type: &str, subscription: &Subscription) -> Option<Message> {
    let now = call::at(130);
    let event = match event_type {
        FAILING => delivery_events::failing(&call::delivery(subscription), subscription, now)?,
        EXHAUSTED => delivery_events::exhausted(&call::delivery(subscription), subscription, now)?,
        DISABLED => {
            let disabled = Disabled {
                reason: DisabledReason::Failing,
                at: now,
            };
            let subscription = Subscription {
                disabled: Some(disabled),
                updated_at: now,
                ..subscription.clone()
            };
            delivery_events::disabled(&subscription, now)?
        }
        "call.follow_up_due" => {
            let update = providers::read_update(&call::captured())?;
            let call = Call::begin(&update, Some(&call::owner()));
            let tenant_id = &subscription.tenant_id;
            platform::follow_up_due(&call, tenant_id, automatic_follow_up(&call)?, now)
        }
        // A tenant publishes these with a free payload.
        "campaign.started" | "campaign.completed" => {
            let payload = json!({ "campaignId": call::CAMPAIGN_ID }).to_string();
            platform::published(
                &subscription.tenant_id,
                "sample",
                event_type,
                &payload,
                now,
                now,
            )
        }
        _ => return None,
    };
    announce_platform::message(&event)
}
