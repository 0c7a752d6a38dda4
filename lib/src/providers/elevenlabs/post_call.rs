//! The post-call webhooks, and the `voice.*` and `agent.*` events of the Webhook API document.

use bytes::Bytes;
use serde::Deserialize;
use serde_json::{Number, Value};

use super::{
    conversation::{self, Conversation, ConversationStatus, Fields, claim},
    initiation_failure::InitiationFailure,
    payload_error::{self, PayloadError},
    wire::{event_type, object_or_default, text, time},
};
use crate::domain::{
    call::{CallKeys, CallUpdate},
    event::{Event, Source},
    event_type::is_repeated,
    facts::Facts,
    key::{CallKey, EventKey},
    occurrence::Occurrence,
    register::EarliestTime,
    timestamp::Timestamp,
};

/// A post-call webhook as it matters here.
#[derive(Debug, Clone)]
pub struct PostCall {
    event_type: String,
    occurred_at: Option<Timestamp>,
    content: Content,
}

#[derive(Debug, Clone)]
enum Content {
    Transcription(Box<Conversation>),
    InitiationFailure(Box<InitiationFailure>),
    /// Audio, the documented events, and whatever ElevenLabs may send one day: they tell whose and
    /// which call it is.
    Other(Mention),
}

#[derive(Debug, Clone, Default)]
struct Mention {
    conversation_id: Option<String>,
    call_sid: Option<String>,
    agent_id: Option<String>,
    campaign_id: Option<String>,
    contact_id: Option<String>,
    voice_id: Option<String>,
    duration: Option<Number>,
    error: Option<String>,
}

/// Both shapes at once: ElevenLabs' `{type, event_timestamp, data}` and the document's flat one.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Body {
    #[serde(rename = "type")]
    kind: Value,
    event_type: Value,
    event_timestamp: Value,
    timestamp: Value,
    conversation_id: Value,
    call_id: Value,
    agent_id: Value,
    voice_id: Value,
    duration: Value,
    error: Value,
    message: Value,
    metadata: Value,
    #[serde(deserialize_with = "object_or_default")]
    data: Fields,
}

impl PostCall {
    /// Reads a verified body.
    ///
    /// # Errors
    /// What is wrong with it, in words that may be shown to the sender.
    pub fn parse(body: &[u8]) -> Result<Self, PayloadError> {
        let body: Body = payload_error::parse(body)?;
        let kind = if body.kind.is_null() { &body.event_type } else { &body.kind };
        let event_type = event_type(kind)?;
        let occurred_at = time(&body.event_timestamp).or_else(|| time(&body.timestamp));
        let content = match event_type.as_str() {
            "post_call_transcription" => {
                let mut conversation = Conversation::of(body.data);
                // It is sent when the call is over, whatever the word for that may be.
                conversation.status.get_or_insert(ConversationStatus::Done);
                Content::Transcription(Box::new(conversation))
            }
            "call_initiation_failure" => {
                Content::InitiationFailure(Box::new(InitiationFailure::of(&body.data)))
            }
            _ => Content::Other(Mention::of(&body)),
        };
        Ok(Self { event_type, occurred_at, content })
    }

    /// The event that this webhook with this `body` is.
    #[must_use]
    pub fn event(&self, body: &Bytes, received_at: Timestamp) -> Event {
        let source = Source::ElevenLabs;
        Event {
            key: EventKey::natural(
                source.as_str(),
                &[&self.event_type, self.subject().unwrap_or_default()],
                body,
            ),
            source,
            tenant_id: None,
            event_type: self.event_type.clone(),
            occurred_at: self.occurred_at.unwrap_or(received_at),
            received_at,
            payload: body.clone(),
        }
    }

    /// What the webhook, kept as `event`, says of a call; `None` when it is about none.
    #[must_use]
    pub fn update(&self, event: &Event) -> Option<CallUpdate> {
        match &self.content {
            Content::Transcription(conversation) => conversation::update(conversation, event),
            Content::InitiationFailure(failure) => failure.update(event),
            Content::Other(mention) => mention.update(event),
        }
    }

    /// What happened in the call, if it is one of the documented events.
    #[must_use]
    pub fn occurrence(&self) -> Option<Occurrence> {
        match &self.content {
            Content::Other(mention) if is_repeated(&self.event_type) => {
                Some(mention.occurrence(&self.event_type))
            }
            _ => None,
        }
    }

    fn subject(&self) -> Option<&str> {
        match &self.content {
            Content::Transcription(conversation) => conversation.conversation_id.as_deref(),
            Content::InitiationFailure(failure) => failure.conversation_id.as_deref(),
            Content::Other(mention) => mention.conversation_id.as_deref().or(mention.call_sid.as_deref()),
        }
    }
}

impl Mention {
    fn of(body: &Body) -> Self {
        let named = |name: &str| body.metadata.get(name).and_then(text);
        Self {
            conversation_id: text(&body.data.conversation_id).or_else(|| text(&body.conversation_id)),
            call_sid: text(&body.call_id),
            agent_id: text(&body.data.agent_id).or_else(|| text(&body.agent_id)),
            campaign_id: named("campaignId").or_else(|| named("campaign_id")),
            contact_id: named("contactId").or_else(|| named("contact_id")),
            voice_id: text(&body.voice_id),
            duration: body.duration.as_number().cloned(),
            error: text(&body.error).or_else(|| text(&body.message)),
        }
    }

    fn occurrence(&self, event_type: &str) -> Occurrence {
        let known = |text: &Option<String>| text.clone().map(Value::from);
        match event_type.split_once('.') {
            Some(("voice", _)) => {
                let duration = self.duration.clone().map(Value::from);
                Occurrence::new(event_type, [("id", known(&self.voice_id)), ("duration", duration)])
            }
            Some(("agent", what)) => {
                let error = known(&self.error).filter(|_| what == "error");
                Occurrence::new(event_type, [("id", known(&self.agent_id)), ("error", error)])
            }
            _ => Occurrence::new(event_type, []),
        }
    }

    fn update(&self, event: &Event) -> Option<CallUpdate> {
        let conversation = self.conversation_id.clone().map(CallKey::Conversation);
        let call = self.call_sid.clone().map(CallKey::CallSid);
        Some(CallUpdate {
            event: event.key.clone(),
            received_at: event.received_at,
            tenant_id: event.tenant_id.clone(),
            keys: CallKeys::new([conversation, call].into_iter().flatten())?,
            facts: Facts {
                conversation_id: claim(event, 0, self.conversation_id.clone()),
                call_sid: claim(event, 0, self.call_sid.clone()),
                agent_id: claim(event, 0, self.agent_id.clone()),
                campaign_id: claim(event, 0, self.campaign_id.clone()),
                lead_id: claim(event, 0, self.contact_id.clone()),
                first_event: EarliestTime::claimed(Some(event.occurred_at)),
                ..Facts::default()
            },
            recording: None,
        })
    }
}
