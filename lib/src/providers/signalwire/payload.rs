//! The body of a SignalWire callback, in any of its formats. The content type is not signed, so the
//! body itself shows its format: JSON begins with a brace, which a form would encode.
//!
//! A body is refused only if it has neither format, or names neither a type nor anything that
//! SignalWire reports on. Unreadable values count as absent.

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

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Callback {
    /// The Webhook API document's type (`call.answered`), or else the sender's own.
    pub event_type: String,
    /// Recordings and document requests have none.
    pub occurred_at: Option<Timestamp>,
    /// `CallSid` and `call_id` are the same id in SignalWire's two APIs.
    pub call_sid: Option<String>,
    /// Another subject of the callback, while its body is read: a message, a recording, a
    /// conference.
    subject: Option<String>,
    /// In the sender's spelling.
    pub state: Option<String>,
    /// The position among the call's callbacks.
    pub sequence: Option<String>,
    pub progress: Option<Progress>,
    /// The callback of one of our numbers instead of a leg: the call was inbound, and `to` is ours.
    pub is_of_number: bool,
    pub direction: Option<Direction>,
    /// A number or a SIP address.
    pub from: Option<String>,
    pub to: Option<String>,
    /// Another call dialled this leg: its caller's number may be that of the other call's caller.
    pub was_dialled: bool,
    /// A browser or an app, not a phone.
    pub is_web: bool,
    pub started_at: Option<Timestamp>,
    pub answered_at: Option<Timestamp>,
    pub ended_at: Option<Timestamp>,
    pub reason: Option<String>,
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

/// JSON is signed byte for byte; any other body is read as a form.
pub(super) fn is_json(body: &[u8]) -> bool {
    foreign::text(body).trim_ascii_start().starts_with('{')
}

/// Half a character, or an invalid byte, would make two different ids equal.
fn is_exact(id: &str) -> bool {
    !id.contains(char::REPLACEMENT_CHARACTER)
}

fn identifier(text: String) -> Option<String> {
    Some(text).filter(|text| !text.is_empty() && text.len() <= MAX_ID_BYTES)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A body whose fields, but for the call's id and the type, all have this text.
    fn callback(text: &str) -> Callback {
        let body = serde_json::json!({
            "event_type": "recording.completed", "call_id": "CA1", "state": text, "sequence": text,
            "from": text, "to": text, "reason": text, "recording_url": text, "recording_id": text,
            "metadata": { "campaignId": text, "contactId": text }
        });
        Callback::parse(body.to_string().as_bytes()).unwrap()
    }

    #[test]
    fn a_text_that_nothing_sends_is_not_kept() {
        let known = |callback: Callback| {
            [
                callback.subject,
                callback.state,
                callback.sequence,
                callback.from,
                callback.to,
                callback.recording_url,
                callback.recording_id,
                callback.campaign_id,
                callback.contact_id.map(|id| id.as_str().to_owned()),
            ]
            .map(|field| field.is_some())
        };
        let kept = [false, true, true, true, true, true, true, true, true];
        assert_eq!(known(callback("x")), kept);
        assert_eq!(known(callback(&"x".repeat(100_000))), [false; 9]);
    }

    #[test]
    fn an_id_with_half_a_character_names_no_call() {
        for (id, named) in [("CA1", true), ("CA\\ud83d", false), ("", false)] {
            let body = format!(r#"{{"event_type":"call.created","call_id":"{id}"}}"#);
            let callback = Callback::parse(body.as_bytes()).unwrap();
            assert_eq!(callback.call_sid.is_some(), named, "{id}");
        }
    }
}
