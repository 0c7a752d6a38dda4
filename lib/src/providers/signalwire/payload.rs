//! The body of a SignalWire callback, whichever of its forms it has. The content type is not signed,
//! so the body itself says what it is: JSON begins with a brace, which a form would encode.
//!
//! Nothing in a body can make it unacceptable but that it is neither, or that it names neither a type nor
//! anything that SignalWire reports on; what cannot be read says nothing.

mod form;
mod json;
mod words;

use crate::{
    domain::{
        call::{direction::Direction, outcome::Outcome},
        contact_id::ContactId,
        timestamp::Timestamp,
    },
    json as foreign,
    providers::{
        PayloadError,
        values::{MAX_ID_BYTES, fact},
    },
};

pub(super) use form::{is_modest, sorted_parameters, unique_parameters};

/// What a callback tells, as it matters here.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Callback {
    /// The Webhook API document's name for what happened (`call.answered`), else the sender's own.
    pub event_type: String,
    /// When it happened; recordings and documents do not say.
    pub occurred_at: Option<Timestamp>,
    /// The call: `CallSid` and `call_id` are the same id in SignalWire's two APIs.
    pub call_sid: Option<String>,
    /// What else the callback is about, while its body is read: a message, a recording, a conference.
    subject: Option<String>,
    /// The state that the sender names, in its own word.
    pub state: Option<String>,
    /// The place among the call's callbacks.
    pub sequence: Option<String>,
    pub progress: Option<Progress>,
    /// The callback of one of our numbers rather than of a leg: the call was inbound, and `to` is ours.
    pub is_of_number: bool,
    pub direction: Option<Direction>,
    /// Who called: a number, or a SIP address.
    pub from: Option<String>,
    pub to: Option<String>,
    /// A leg that another call dialled: its caller's number may be that of the other call's caller.
    pub was_dialled: bool,
    /// A browser or an app, not a phone.
    pub is_web: bool,
    pub started_at: Option<Timestamp>,
    pub answered_at: Option<Timestamp>,
    pub ended_at: Option<Timestamp>,
    pub reason: Option<String>,
    /// The outcome, as far as the sender judges it.
    pub verdict: Option<Outcome>,
    pub seconds: Option<u64>,
    pub recording_url: Option<String>,
    pub recording_id: Option<String>,
    pub recording_seconds: Option<u64>,
    pub campaign_id: Option<String>,
    pub contact_id: Option<ContactId>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Progress {
    Created,
    Ringing,
    Answered,
    Ended,
}

/// The type of a callback that names none.
const UNNAMED: &str = "unknown";

impl Callback {
    /// Reads a verified body.
    pub fn parse(body: &[u8]) -> Result<Self, PayloadError> {
        let text = foreign::text(body);
        let callback = match text.trim_ascii_start().as_bytes().first() {
            Some(b'{') => json::parse(&text)?,
            Some(b'[') => return Err(PayloadError::NotAnObject),
            _ => form::parse(body).ok_or(PayloadError::NotAForm)?,
        };
        if callback.event_type.is_empty()
            && callback.call_sid.is_none()
            && callback.subject.is_none()
        {
            return Err(PayloadError::NoEvent);
        }
        Ok(Self {
            event_type: identifier(callback.event_type).unwrap_or_else(|| UNNAMED.to_owned()),
            call_sid: callback
                .call_sid
                .and_then(identifier)
                .filter(|id| is_exact(id)),
            subject: None,
            state: callback.state.and_then(identifier),
            sequence: callback.sequence.and_then(identifier),
            from: fact(callback.from),
            to: fact(callback.to),
            reason: fact(callback.reason),
            recording_url: fact(callback.recording_url),
            recording_id: callback.recording_id.and_then(identifier),
            campaign_id: callback.campaign_id.and_then(identifier),
            contact_id: callback
                .contact_id
                .filter(|id| id.as_str().len() <= MAX_ID_BYTES),
            ..callback
        })
    }
}

/// Whether a body is JSON, which is signed byte for byte; any other is read as a form.
pub(super) fn is_json(body: &[u8]) -> bool {
    foreign::text(body).trim_ascii_start().starts_with('{')
}

/// Half a character, or a byte that is none, would make of two ids one.
fn is_exact(id: &str) -> bool {
    !id.contains(char::REPLACEMENT_CHARACTER)
}

fn identifier(text: String) -> Option<String> {
    Some(text).filter(|text| !text.is_empty() && text.len() <= MAX_ID_BYTES)
}
