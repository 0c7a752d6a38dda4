//! LiveKit's question which agent answers an inbound call, as the inbound call document has it.

use std::borrow::Cow;

use bytes::Bytes;
use serde::Serialize;
use thiserror::Error;

use crate::{
    domain::{
        call::{CallKeys, CallUpdate},
        event::{Event, Source},
        facts::{BY_RULE, Direction, Facts},
        key::{CallKey, EventKey},
        phone::PhoneNumber,
        register::{Claim, EarliestTime, Latest},
        timestamp::Timestamp,
    },
    json::{self, Fault, Object},
};

/// The event type of the question in the log and in histories.
const EVENT_TYPE: &str = "sip_inbound";
/// More than any provider's id has.
const MAX_ID_BYTES: usize = 256;
/// A longer text is no name or number.
const MAX_TEXT_BYTES: usize = 2_048;
/// Ranks as in LiveKit's own events: SIP tells numbers better than a room's name does, and only an
/// inbound call is asked about.
const FROM_SIP: u8 = 1;

/// A call that wants an agent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InboundCall {
    /// LiveKit's or the carrier's id of the call.
    pub call_id: String,
    /// The room in which the call waits.
    pub room_name: Option<String>,
    /// Our number, which was called.
    pub called: Party,
    /// Who calls; `None` when nothing is told.
    pub caller: Option<Party>,
}

/// One side of a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Party {
    /// A number.
    Number(PhoneNumber),
    /// A SIP user, or a word like `anonymous`, as it was told.
    Name(String),
}

impl Party {
    fn read(text: String) -> Self {
        PhoneNumber::parse(&text).map_or(Self::Name(text), Self::Number)
    }

    /// Its number, if it is one.
    #[must_use]
    pub fn number(&self) -> Option<&PhoneNumber> {
        match self {
            Self::Number(number) => Some(number),
            Self::Name(_) => None,
        }
    }

    /// The number in E.164, or the text as it was told.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::Number(number) => number.as_str(),
            Self::Name(text) => text,
        }
    }
}

/// The body, as it is sent.
#[derive(Default, Serialize)]
pub struct Question {
    /// LiveKit's or the carrier's id of the call.
    pub call_id: Option<String>,
    /// The trunk through which it came.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trunk_id: Option<String>,
    /// The trunk's number: the one that was called, where nothing else is told.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trunk_phone_number: Option<String>,
    /// Who calls.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from_number: Option<String>,
    /// Which number was called.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to_number: Option<String>,
    /// The room.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub room_name: Option<String>,
}

/// Why a body is no question.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum QuestionError {
    /// Not JSON.
    #[error("Body is not valid JSON")]
    NotJson,
    /// A JSON value of another kind.
    #[error("Body must be a JSON object")]
    NotAnObject,
    /// A field that must be there is not.
    #[error("Missing required field: {0}")]
    Missing(&'static str),
    /// A field has a wrong type, or is longer than it can be.
    #[error("Invalid value of field: {0}")]
    Invalid(String),
}

impl QuestionError {
    /// The field that is wrong, if it is one field.
    #[must_use]
    pub fn field(&self) -> Option<&str> {
        match self {
            Self::NotJson | Self::NotAnObject => None,
            Self::Missing(field) => Some(field),
            Self::Invalid(field) => Some(field),
        }
    }
}

impl Question {
    /// Reads a body.
    ///
    /// # Errors
    /// What is wrong with it, in words that may be shown to the sender.
    pub fn parse(body: &[u8]) -> Result<Self, QuestionError> {
        let json = json::text(body);
        let body = Object::parse(&json)?;
        let text = |name: &str| body.get(name).scalar().map(Cow::into_owned);
        let call_id = body.get("call_id");
        // Half a character would make of two calls one.
        let id = call_id.string().filter(|id| !id.contains(char::REPLACEMENT_CHARACTER));
        if id.is_none() && !call_id.is_null() {
            return Err(QuestionError::Invalid("call_id".to_owned()));
        }
        Ok(Self {
            call_id: id.map(Cow::into_owned),
            trunk_id: text("trunk_id"),
            trunk_phone_number: text("trunk_phone_number"),
            from_number: text("from_number"),
            to_number: text("to_number"),
            room_name: text("room_name"),
        })
    }

    /// The call that it is about.
    ///
    /// # Errors
    /// The field without which no agent can be chosen, or one that is too long to be what it says.
    pub fn call(self) -> Result<InboundCall, QuestionError> {
        let call_id =
            self.call_id.filter(|id| says_something(id)).ok_or(QuestionError::Missing("call_id"))?;
        if call_id.len() > MAX_ID_BYTES {
            return Err(QuestionError::Invalid("call_id".to_owned()));
        }
        let fits = |text: &String| says_something(text) && text.len() <= MAX_TEXT_BYTES;
        let is_too_long = self.to_number.as_ref().is_some_and(|text| text.len() > MAX_TEXT_BYTES);
        let [to_number, trunk_number, caller] = [self.to_number, self.trunk_phone_number, self.from_number]
            .map(|text| text.filter(fits).map(Party::read));
        let is_number = |party: &&Party| party.number().is_some();
        let called = [&to_number, &trunk_number].into_iter().flatten().find(is_number).cloned();
        let called = called.or(to_number).or(trunk_number).ok_or_else(|| match is_too_long {
            true => QuestionError::Invalid("to_number".to_owned()),
            false => QuestionError::Missing("to_number"),
        })?;
        Ok(InboundCall { call_id, room_name: self.room_name.filter(fits), called, caller })
    }
}

fn says_something(text: &str) -> bool {
    !text.trim().is_empty()
}

impl From<Fault> for QuestionError {
    fn from(fault: Fault) -> Self {
        match fault {
            Fault::NotJson { .. } => Self::NotJson,
            Fault::NotAnObject => Self::NotAnObject,
        }
    }
}

impl InboundCall {
    /// Reads a body.
    ///
    /// # Errors
    /// As [`Question::parse`] and [`Question::call`].
    pub fn parse(body: &[u8]) -> Result<Self, QuestionError> {
        Question::parse(body)?.call()
    }

    /// The event that the question is. It has no id of its own: a call may be asked about twice.
    #[must_use]
    pub fn event(&self, payload: Bytes, received_at: Timestamp) -> Event {
        Event {
            key: EventKey::natural(Source::SipInbound.as_str(), &[&self.call_id], &payload),
            source: Source::SipInbound,
            tenant_id: None,
            event_type: EVENT_TYPE.to_owned(),
            occurred_at: received_at,
            received_at,
            payload,
        }
    }

    /// Under which of its names the id is known: an id that tells by its form is one of them, any
    /// other may be both.
    fn ids(&self) -> (Option<&String>, Option<&String>) {
        let id = &self.call_id;
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
    id.strip_prefix("CA").is_some_and(of_twilio) || (id.len() == 36 && uuid::Uuid::try_parse(id).is_ok())
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
    let text =
        |rank, text: Option<&String>| Latest::claimed(text.map(|text| Claim::new(rank, at, text.clone())));
    let number = |party: Option<&Party>| {
        let number = party.and_then(Party::number).cloned();
        Latest::claimed(number.map(|number| Claim::new(BY_RULE, at, number)))
    };
    let facts = Facts {
        direction: Latest::claimed(Some(Claim::new(FROM_SIP, at, Direction::Inbound))),
        phone_number: number(call.caller.as_ref()),
        line_number: number(Some(&call.called)),
        sip_call_id: text(u8::from(call_sid.is_none()), sip_call),
        call_sid: text(0, call_sid),
        room_name: text(0, call.room_name.as_ref()),
        first_event: EarliestTime::claimed(Some(at)),
        ringing: EarliestTime::claimed(Some(at)),
        started: Latest::claimed(Some(Claim::new(FROM_SIP, at, at))),
        has_phone: true,
        has_lead: call.caller.as_ref().is_some_and(|caller| caller.number().is_some()),
        ..Facts::default()
    };
    Some(CallUpdate {
        event: event.key.clone(),
        received_at: event.received_at,
        tenant_id: event.tenant_id.clone(),
        keys: CallKeys::new(keys.into_iter().flatten())?,
        facts,
        recording: None,
    })
}
