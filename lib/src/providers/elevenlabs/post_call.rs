//! The post-call webhooks, and the `voice.*` and `agent.*` events of the Webhook API document.

use bytes::Bytes;

use super::{
    conversation::{self, Conversation, ConversationStatus, claim},
    initiation_failure::InitiationFailure,
    wire::{event_type, id, text, time},
};
use crate::{
    domain::{
        call::{CallUpdate, claims::EarliestTime, facts::Facts, in_call_event::InCallEvent},
        contact_id::ContactId,
        event::{Event, Source},
        event_type::is_repeated,
        key::{CallKey, EventKey},
        scalar::Scalar,
        timestamp::Timestamp,
    },
    json::{self, Object},
    providers::{
        PayloadError,
        values::{contact_id, scalar},
    },
};

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
    /// Audio, the documented events, and unknown types: they only name a call and its agent.
    Other(Mention),
}

#[derive(Debug, Clone, Default)]
struct Mention {
    conversation_id: Option<String>,
    call_sid: Option<String>,
    agent_id: Option<String>,
    campaign_id: Option<String>,
    contact_id: Option<ContactId>,
    voice_id: Option<String>,
    duration: Option<Scalar>,
    error: Option<String>,
}

impl PostCall {
    /// Reads a verified body.
    pub fn parse(body: &[u8]) -> Result<Self, PayloadError> {
        let json = json::text(body);
        let body = Object::parse(&json)?;
        let kind = body.get("type");
        let event_type = event_type(if kind.is_null() {
            body.get("event_type")
        } else {
            kind
        })?;
        let occurred_at = ["event_timestamp", "timestamp"]
            .iter()
            .find_map(|name| time(body.get(name)));
        let data = body.get("data").object();
        let content = match event_type.as_str() {
            "post_call_transcription" => {
                let mut conversation = Conversation::of(&data);
                // It is sent after the call, so an unknown status means done.
                conversation.status.get_or_insert(ConversationStatus::Done);
                Content::Transcription(Box::new(conversation))
            }
            "call_initiation_failure" => {
                Content::InitiationFailure(Box::new(InitiationFailure::of(&data)))
            }
            _ => Content::Other(Mention::of(&body, &data)),
        };
        Ok(Self {
            event_type,
            occurred_at,
            content,
        })
    }

    /// The event that this webhook with this `body` is.
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
            region: None,
            event_type: self.event_type.clone(),
            occurred_at: self.occurred_at.unwrap_or(received_at),
            received_at,
            payload: body.clone(),
        }
    }

    /// What the webhook reports about a call; `event` is its log entry. `None` when it names no
    /// call.
    pub fn update(&self, event: &Event) -> Option<CallUpdate> {
        match &self.content {
            Content::Transcription(conversation) => conversation::update(conversation, event),
            Content::InitiationFailure(failure) => failure.update(event),
            Content::Other(mention) => mention.update(event),
        }
    }

    /// `None` if it is not one of the documented events.
    pub fn in_call_event(&self) -> Option<InCallEvent> {
        match &self.content {
            Content::Other(mention) if is_repeated(&self.event_type) => {
                Some(mention.in_call_event(&self.event_type))
            }
            _ => None,
        }
    }

    fn subject(&self) -> Option<&str> {
        match &self.content {
            Content::Transcription(conversation) => conversation.conversation_id.as_deref(),
            Content::InitiationFailure(failure) => failure.conversation_id.as_deref(),
            Content::Other(mention) => mention
                .conversation_id
                .as_deref()
                .or(mention.call_sid.as_deref()),
        }
    }
}

impl Mention {
    /// `data` has ElevenLabs' shape, `body` the document's flat one.
    fn of(body: &Object<'_>, data: &Object<'_>) -> Self {
        let metadata = body.get("metadata").unwrapped();
        let metadata = Object::parse(&metadata).unwrap_or_default();
        let named = |name: &str| id(data.get(name)).or_else(|| id(body.get(name)));
        Self {
            conversation_id: named("conversation_id"),
            call_sid: id(body.get("call_id")),
            agent_id: named("agent_id"),
            campaign_id: ["campaignId", "campaign_id"]
                .iter()
                .find_map(|name| text(metadata.get(name))),
            contact_id: contact_id(&metadata),
            voice_id: text(body.get("voice_id")),
            duration: scalar(body.get("duration"))
                .filter(|text| text.as_str().parse().is_ok_and(f64::is_finite)),
            error: ["error", "message"]
                .iter()
                .find_map(|name| text(body.get(name))),
        }
    }

    fn in_call_event(&self, event_type: &str) -> InCallEvent {
        let known = |text: &Option<String>| text.clone().map(Scalar::Text);
        match event_type.split_once('.') {
            Some(("voice", _)) => {
                let details = [
                    ("id", known(&self.voice_id)),
                    ("duration", self.duration.clone()),
                ];
                InCallEvent::new(event_type, details)
            }
            Some(("agent", what)) => {
                let error = known(&self.error).filter(|_| what == "error");
                InCallEvent::new(
                    event_type,
                    [("id", known(&self.agent_id)), ("error", error)],
                )
            }
            _ => InCallEvent::new(event_type, []),
        }
    }

    fn update(&self, event: &Event) -> Option<CallUpdate> {
        let conversation = self.conversation_id.clone().map(CallKey::Conversation);
        let call = self.call_sid.clone().map(CallKey::CallSid);
        let facts = Facts {
            conversation_id: claim(event, 0, self.conversation_id.clone()),
            call_sid: claim(event, 0, self.call_sid.clone()),
            agent_id: claim(event, 0, self.agent_id.clone()),
            campaign_id: claim(event, 0, self.campaign_id.clone()),
            lead_id: claim(event, 0, self.contact_id.clone()),
            first_event: EarliestTime::claimed(Some(event.occurred_at)),
            ..Facts::default()
        };
        CallUpdate::of(event, [conversation, call], facts)
    }
}
