//! The queue of events that the log could not take when they were received, though they had to be answered.

use aws_sdk_sqs::Client;
use base64::{Engine, engine::general_purpose::STANDARD};
use serde::{Deserialize, Serialize};

use super::send::{SendError, send};
use crate::domain::{
    event::{Event, Source},
    key::EventKey,
    timestamp::Timestamp,
};

/// A message; old versions stay readable.
#[derive(Serialize, Deserialize)]
#[serde(tag = "version", rename_all_fields = "camelCase")]
pub enum DeferredEvent {
    /// Append this event.
    #[serde(rename = "1")]
    V1 {
        event_key: EventKey,
        source: String,
        /// The tenant of the sender's own key, if it has one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        tenant_id: Option<String>,
        /// The provider's name of the type.
        event_type: String,
        occurred_at: Timestamp,
        /// When it was received, which is before it is appended.
        received_at: Timestamp,
        /// The body of the webhook, in base64.
        payload: String,
    },
}

impl DeferredEvent {
    pub fn of(event: &Event) -> Self {
        Self::V1 {
            event_key: event.key.clone(),
            source: event.source.as_str().to_owned(),
            tenant_id: event.tenant_id.clone(),
            event_type: event.event_type.clone(),
            occurred_at: event.occurred_at,
            received_at: event.received_at,
            payload: STANDARD.encode(&event.payload),
        }
    }

    /// The event that a message's body holds; `None` when it is no such message.
    pub fn read(body: &str) -> Option<Event> {
        let Self::V1 {
            event_key,
            source,
            tenant_id,
            event_type,
            occurred_at,
            received_at,
            payload,
        } = serde_json::from_str(body).ok()?;
        Some(Event {
            key: event_key,
            source: Source::parse(&source)?,
            tenant_id,
            region: None,
            event_type,
            occurred_at,
            received_at,
            payload: STANDARD.decode(payload).ok()?.into(),
        })
    }
}

/// The queue `deferred-events`.
#[derive(Debug, Clone)]
pub struct DeferredEventQueue {
    client: Client,
    url: String,
}

impl DeferredEventQueue {
    pub fn new(client: Client, url: String) -> Self {
        Self { client, url }
    }

    /// Asks for `event` to be appended to the log. Once this returns, it is durable.
    pub async fn send(&self, event: &Event) -> Result<(), SendError> {
        send(&self.client, &self.url, &DeferredEvent::of(event)).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_comes_back_as_it_went() {
        let event = Event {
            key: EventKey::of("livekit-sip-inbound", "SCL_1"),
            source: Source::SipInbound,
            tenant_id: None,
            region: None,
            event_type: "sip_inbound".to_owned(),
            occurred_at: Timestamp::from_millis(1_761_751_845_123).unwrap(),
            received_at: Timestamp::from_millis(1_761_751_845_456).unwrap(),
            payload: vec![0xff, b'{', 0].into(),
        };
        let json = serde_json::to_string(&DeferredEvent::of(&event)).unwrap();
        assert!(
            json.starts_with(r#"{"version":"1","eventKey":"livekit-sip-inbound:SCL_1""#),
            "{json}"
        );
        assert!(DeferredEvent::read(&json).unwrap() == event);
    }

    #[test]
    fn what_is_no_message_is_no_event() {
        for body in ["", "{}", r#"{"version":"2"}"#, "[]"] {
            assert!(DeferredEvent::read(body).is_none(), "{body}");
        }
    }
}
