//! The events of the ElevenLabs call status document.

use bytes::Bytes;

use super::{
    conversation::{claim, of_report, status},
    wire::{event_type, id, text, time},
};
use crate::{
    domain::{
        call::{
            CallUpdate,
            agent_status::StatusWord,
            claims::EarliestTime,
            facts::Facts,
            outcome::Outcome,
            report::{Hangup, Report},
        },
        event::{Event, Source},
        key::{CallKey, EventKey},
        timestamp::Timestamp,
    },
    json::{self, Object},
    providers::PayloadError,
};

/// The rank of these events. They are sent during the call, the rest of ElevenLabs' webhooks after
/// it; only the carrier is more reliable.
const CALL_STATUS: u8 = 2;

#[derive(Debug, Clone)]
pub struct CallStatusEvent {
    event_type: String,
    call_id: Option<String>,
    conversation_id: Option<String>,
    agent_id: Option<String>,
    occurred_at: Option<Timestamp>,
    reason: Option<String>,
}

/// The fields of a reason, in order of preference.
const REASONS: [&str; 3] = ["failure_reason", "error_message", "message"];

impl CallStatusEvent {
    /// Reads a verified body.
    pub fn parse(body: &[u8]) -> Result<Self, PayloadError> {
        let json = json::text(body);
        let body = Object::parse(&json)?;
        let event_type = event_type(body.get("event_type"))?;
        let [call_id, conversation_id] =
            ["call_id", "conversation_id"].map(|name| id(body.get(name)));
        if call_id.is_none() && conversation_id.is_none() {
            let is_given =
                |name| !body.get(name).is_null() && body.get(name).string().as_deref() != Some("");
            return Err(match (is_given("call_id"), is_given("conversation_id")) {
                (true, _) => PayloadError::Invalid("call_id"),
                (false, true) => PayloadError::Invalid("conversation_id"),
                (false, false) => PayloadError::NoCall,
            });
        }
        Ok(Self {
            event_type,
            call_id,
            conversation_id,
            agent_id: id(body.get("agent_id")),
            occurred_at: time(body.get("timestamp")),
            reason: REASONS.iter().find_map(|name| text(body.get(name))),
        })
    }

    /// The event that this webhook with this `body` is.
    pub fn event(&self, body: &Bytes, received_at: Timestamp) -> Event {
        let source = Source::CallStatus;
        let call = self
            .conversation_id
            .as_deref()
            .or(self.call_id.as_deref())
            .unwrap_or_default();
        Event {
            key: EventKey::natural(source.as_str(), &[&self.event_type, call], body),
            source,
            tenant_id: None,
            region: None,
            event_type: self.event_type.clone(),
            occurred_at: self.occurred_at.unwrap_or(received_at),
            received_at,
            payload: body.clone(),
        }
    }

    /// What the webhook reports about its call; `event` is its log entry. An unknown event type
    /// only reports that the call exists.
    pub fn update(&self, event: &Event) -> Option<CallUpdate> {
        let conversation = self.conversation_id.clone().map(CallKey::Conversation);
        let call = self.call_id.clone().map(CallKey::CallSid);
        let report = Report {
            is_phone: true,
            ..word_of(&self.event_type)
                .map(|word| self.of_status(word, event))
                .unwrap_or_default()
        };
        let facts = Facts {
            conversation_id: claim(event, 0, self.conversation_id.clone()),
            call_sid: claim(event, 0, self.call_id.clone()),
            agent_id: claim(event, 0, self.agent_id.clone()),
            first_event: EarliestTime::claimed(Some(event.occurred_at)),
            has_phone: true,
            agent_status: status(event, word_of(&self.event_type)),
            ..of_report(self.call_id.as_deref(), report)
        };
        CallUpdate::of(event, [conversation, call], facts)
    }

    fn of_status(&self, word: StatusWord, event: &Event) -> Report {
        let when = |is_it: bool| is_it.then_some(event.occurred_at);
        // The status and not the sender's text: an outcome is also read from the reason, and
        // "failed to reach the recipient" is not a failure of the call.
        let fallback = fallback_reason(word);
        let reason = fallback.map(|_| word.as_str().to_owned());
        let hangup = word.is_terminal().then_some(Hangup {
            at: event.occurred_at,
            reason,
        });
        let failure = fallback.map(|text| self.reason.clone().unwrap_or_else(|| text.to_owned()));
        Report {
            started: claim(event, CALL_STATUS, when(word == StatusWord::Initiated)),
            ringing: EarliestTime::claimed(when(word == StatusWord::Ringing)),
            answered: EarliestTime::claimed(when(word == StatusWord::Answered)),
            hangup: claim(event, CALL_STATUS, hangup),
            verdict: claim(event, CALL_STATUS, verdict(word)),
            failure: claim(event, CALL_STATUS, failure),
            ..Report::default()
        }
    }
}

pub(in crate::providers) fn read_update(event: &Event) -> Option<CallUpdate> {
    CallStatusEvent::parse(&event.payload).ok()?.update(event)
}

fn word_of(event_type: &str) -> Option<StatusWord> {
    Some(match event_type {
        "call.initiated" => StatusWord::Initiated,
        "call.ringing" => StatusWord::Ringing,
        "call.answered" => StatusWord::Answered,
        "call.completed" => StatusWord::Completed,
        "call.ended" => StatusWord::Ended,
        "call_initiation_failure" => StatusWord::InitiationFailed,
        "call.busy" => StatusWord::Busy,
        "call.no_answer" => StatusWord::NoAnswer,
        "call.failed" => StatusWord::Failed,
        "call.canceled" => StatusWord::Canceled,
        "call.unreachable" => StatusWord::Unreachable,
        "call.rejected" => StatusWord::Rejected,
        _ => return None,
    })
}

/// The outcome of a status, consistent with LiveKit's reasons: a rejected call counts as busy, a
/// canceled or unreachable one as not answered. `ended` has none: the duration or another event
/// decides.
fn verdict(word: StatusWord) -> Option<Outcome> {
    match word {
        StatusWord::Initiated | StatusWord::Ringing | StatusWord::Answered | StatusWord::Ended => {
            None
        }
        StatusWord::Completed => Some(Outcome::Completed),
        StatusWord::Busy | StatusWord::Rejected => Some(Outcome::Busy),
        StatusWord::NoAnswer | StatusWord::Canceled | StatusWord::Unreachable => {
            Some(Outcome::NoAnswer)
        }
        StatusWord::Failed | StatusWord::InitiationFailed => Some(Outcome::Failed),
    }
}

/// Why a call failed if the sender gives no reason: the document's description of the event. `None`
/// when it did not fail.
fn fallback_reason(word: StatusWord) -> Option<&'static str> {
    match word {
        StatusWord::Initiated
        | StatusWord::Ringing
        | StatusWord::Answered
        | StatusWord::Completed
        | StatusWord::Ended => None,
        StatusWord::InitiationFailed => Some("Call failed to initiate"),
        StatusWord::Busy => Some("Recipient is busy"),
        StatusWord::NoAnswer => Some("No answer from recipient"),
        StatusWord::Failed => Some("General call failure"),
        StatusWord::Canceled => Some("Call was canceled"),
        StatusWord::Unreachable => Some("Recipient unreachable (switched off, no signal)"),
        StatusWord::Rejected => Some("Call rejected by recipient"),
    }
}
