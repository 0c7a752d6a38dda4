//! LiveKit's request for an agent that answers an inbound call, as the inbound call document has
//! it.

use bytes::Bytes;
use serde::Serialize;
use thiserror::Error;

use crate::{
    domain::{
        call::{
            CallUpdate,
            claims::{EarliestTime, Latest},
            direction::Direction,
            facts::{BY_RULE, Facts},
        },
        event::{Event, Source},
        key::{CallKey, EventKey},
        phone::PhoneNumber,
        timestamp::Timestamp,
    },
    json::{self, Fault, Object},
    providers::values::{MAX_BYTES, MAX_ID_BYTES},
};

/// The event type of the request in the log and in histories.
const EVENT_TYPE: &str = "sip_inbound";
/// Ranks as in LiveKit's own events: SIP is a better source of numbers than a room's name. Every
/// such call is inbound.
const FROM_SIP: u8 = 1;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InboundCall {
    /// LiveKit's or the carrier's id.
    pub call_id: Option<String>,
    pub room_name: Option<String>,
    /// Our number, which was called.
    pub called: Party,
    pub caller: Option<Party>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Party {
    Number(PhoneNumber),
    /// A SIP user, or a word like `anonymous`, as it was sent.
    Name(String),
}

impl Party {
    fn read(text: String) -> Self {
        PhoneNumber::parse(&text).map_or(Self::Name(text), Self::Number)
    }

    pub fn number(&self) -> Option<&PhoneNumber> {
        match self {
            Self::Number(number) => Some(number),
            Self::Name(_) => None,
        }
    }

    /// The number in E.164, or the text as it was sent.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Number(number) => number.as_str(),
            Self::Name(text) => text,
        }
    }
}

/// The readable part of the body: an unreadable field must not fail the call.
#[serde_with::skip_serializing_none]
#[derive(Default, Serialize)]
pub struct Question {
    /// LiveKit's or the carrier's id of the call.
    #[serialize_always]
    pub call_id: Option<String>,
    /// The called number, if no other is given.
    pub trunk_phone_number: Option<String>,
    pub from_number: Option<String>,
    pub to_number: Option<String>,
    pub room_name: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum QuestionError {
    #[error("Body is not valid JSON")]
    NotJson,
    #[error("Body must be a JSON object")]
    NotAnObject,
    #[error("Missing required field: to_number")]
    NoNumber,
}

impl QuestionError {
    /// The field that is missing, if it is one field.
    pub fn field(&self) -> Option<&'static str> {
        match self {
            Self::NotJson | Self::NotAnObject => None,
            Self::NoNumber => Some("to_number"),
        }
    }
}

impl From<Fault> for QuestionError {
    fn from(fault: Fault) -> Self {
        match fault {
            Fault::NotJson { .. } => Self::NotJson,
            Fault::NotAnObject => Self::NotAnObject,
        }
    }
}

impl Question {
    /// A value of another type, or one that is too long, counts as absent.
    pub fn parse(body: &[u8]) -> Result<Self, QuestionError> {
        let text = json::text(body);
        let object = Object::parse(&text)?;
        let text_of = |field: &str, at_most: usize| {
            let text = object.get(field).scalar()?.trim().to_owned();
            Some(text).filter(|text| !text.is_empty() && text.len() <= at_most)
        };
        Ok(Self {
            call_id: text_of("call_id", MAX_ID_BYTES),
            trunk_phone_number: text_of("trunk_phone_number", MAX_BYTES),
            from_number: text_of("from_number", MAX_BYTES),
            to_number: text_of("to_number", MAX_BYTES),
            room_name: text_of("room_name", MAX_BYTES),
        })
    }

    pub fn call(self) -> Result<InboundCall, QuestionError> {
        let [to_number, trunk_number] =
            [self.to_number, self.trunk_phone_number].map(|text| text.map(Party::read));
        let is_number = |party: &&Party| party.number().is_some();
        let called = [&to_number, &trunk_number]
            .into_iter()
            .flatten()
            .find(is_number)
            .cloned();
        Ok(InboundCall {
            call_id: self.call_id,
            room_name: self.room_name,
            called: called
                .or(to_number)
                .or(trunk_number)
                .ok_or(QuestionError::NoNumber)?,
            caller: self.from_number.map(Party::read),
        })
    }
}

impl InboundCall {
    /// Reads a body.
    pub fn parse(body: &[u8]) -> Result<Self, QuestionError> {
        Question::parse(body)?.call()
    }

    /// The log entry of the request. It has no id: two requests may be about one call. Requests
    /// that name neither call nor room cannot be matched with each other.
    pub fn event(&self, payload: Bytes, received_at: Timestamp) -> Event {
        let moment = || received_at.to_string();
        let known = self
            .call_id
            .clone()
            .or_else(|| self.room_name.is_some().then(String::new));
        Event {
            key: EventKey::natural(
                Source::SipInbound.as_str(),
                &[&known.unwrap_or_else(moment)],
                &payload,
            ),
            source: Source::SipInbound,
            tenant_id: None,
            region: None,
            event_type: EVENT_TYPE.to_owned(),
            occurred_at: received_at,
            received_at,
            payload,
        }
    }

    /// The SIP call id and the call SID. The form of an id may show which one it is; otherwise it
    /// may be both.
    fn ids(&self) -> (Option<&String>, Option<&String>) {
        let Some(id) = &self.call_id else {
            return (None, None);
        };
        if id.starts_with("SCL_") {
            (Some(id), None)
        } else if is_call_sid(id) {
            (None, Some(id))
        } else {
            (Some(id), Some(id))
        }
    }
}

/// Twilio's `CA` and 32 hex digits, or SignalWire's UUID.
fn is_call_sid(id: &str) -> bool {
    let of_twilio = |id: &str| id.len() == 32 && id.chars().all(|c| c.is_ascii_hexdigit());
    id.strip_prefix("CA").is_some_and(of_twilio)
        || (id.len() == 36 && uuid::Uuid::try_parse(id).is_ok())
}

pub(in crate::providers) fn read_update(event: &Event) -> Option<CallUpdate> {
    let call = InboundCall::parse(&event.payload).ok()?;
    let at = event.occurred_at;
    let (sip_call, call_sid) = call.ids();
    let keys = [
        sip_call.cloned().map(CallKey::SipCall),
        call_sid.cloned().map(CallKey::CallSid),
        call.room_name.clone().map(CallKey::RoomName),
    ];
    let text = |rank, text: Option<&String>| Latest::of(rank, at, text.cloned());
    let number =
        |party: Option<&Party>| Latest::of(BY_RULE, at, party.and_then(Party::number).cloned());
    let facts = Facts {
        direction: Latest::of(FROM_SIP, at, Some(Direction::Inbound)),
        phone_number: number(call.caller.as_ref()),
        line_number: number(Some(&call.called)),
        sip_call_id: text(u8::from(call_sid.is_none()), sip_call),
        call_sid: text(0, call_sid),
        room_name: text(0, call.room_name.as_ref()),
        first_event: EarliestTime::claimed(Some(at)),
        ringing: EarliestTime::claimed(Some(at)),
        started: Latest::of(FROM_SIP, at, Some(at)),
        has_phone: true,
        has_lead: call
            .caller
            .as_ref()
            .is_some_and(|caller| caller.number().is_some()),
        ..Facts::default()
    };
    CallUpdate::of(event, keys, facts)
}
