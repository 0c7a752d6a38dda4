//! `call_initiation_failure`: the call was not answered. It contains the carrier's own report.

use super::{
    conversation::{POST_CALL, claim, of_conversation, outcome_of_reason, status},
    wire::{id, text},
};
use crate::{
    domain::{
        call::{
            CallUpdate,
            agent_status::StatusWord,
            claims::EarliestTime,
            direction::Direction,
            facts::Facts,
            outcome::Outcome,
            report::{ConversationReport, Hangup, Report},
        },
        event::Event,
        key::CallKey,
        phone::PhoneNumber,
    },
    json::Object,
};

#[derive(Debug, Clone)]
pub(super) struct InitiationFailure {
    pub(super) conversation_id: Option<String>,
    agent_id: Option<String>,
    call_sid: Option<String>,
    direction: Direction,
    line_number: Option<PhoneNumber>,
    phone_number: Option<PhoneNumber>,
    verdict: Outcome,
    reason: Option<String>,
}

impl InitiationFailure {
    pub(super) fn of(data: &Object<'_>) -> Self {
        // Twilio's status callback, or the SIP trunk's response.
        let report = data.get("metadata").object().get("body").unwrapped();
        let report = Object::parse(&report).unwrap_or_default();
        let field = |names: [&str; 2]| names.into_iter().find_map(|name| text(report.get(name)));
        let number = |names| field(names).as_deref().and_then(PhoneNumber::parse);
        let (from, to) = (number(["From", "from_number"]), number(["To", "to_number"]));
        let inbound = field(["Direction", "direction"]).as_deref() == Some("inbound");
        let (direction, line_number, phone_number) = if inbound {
            (Direction::Inbound, to, from)
        } else {
            (Direction::Outbound, from, to)
        };
        let reason = text(data.get("failure_reason"));
        let verdict = reason
            .as_deref()
            .and_then(outcome_of_reason)
            .unwrap_or(Outcome::Failed);
        let says_little = reason.as_deref().is_none_or(|reason| reason == "unknown");
        let of_trunk = field(["error_reason", "sip_status"]).filter(|_| says_little);
        Self {
            conversation_id: id(data.get("conversation_id")),
            agent_id: id(data.get("agent_id")),
            call_sid: ["CallSid", "call_sid"]
                .into_iter()
                .find_map(|name| id(report.get(name))),
            direction,
            line_number,
            phone_number,
            verdict,
            reason: of_trunk.or(reason),
        }
    }

    pub(super) fn update(&self, event: &Event) -> Option<CallUpdate> {
        let conversation = self.conversation_id.clone().map(CallKey::Conversation);
        let call = self.call_sid.clone().map(CallKey::CallSid);
        let hangup = Hangup {
            at: event.occurred_at,
            reason: Some(self.verdict.as_str().to_owned()),
        };
        let report = Report {
            hangup: claim(event, POST_CALL, Some(hangup)),
            verdict: claim(event, POST_CALL, Some(self.verdict)),
            failure: claim(event, POST_CALL, self.reason.clone()),
            ..Report::default()
        };
        let talk = ConversationReport {
            report,
            ..ConversationReport::default()
        };
        let facts = Facts {
            agent_id: claim(event, 0, self.agent_id.clone()),
            call_sid: claim(event, 0, self.call_sid.clone()),
            first_event: EarliestTime::claimed(Some(event.occurred_at)),
            has_phone: true,
            direction: claim(event, POST_CALL, Some(self.direction)),
            line_number: claim(event, POST_CALL, self.line_number.clone()),
            phone_number: claim(event, POST_CALL, self.phone_number.clone()),
            agent_status: status(event, Some(StatusWord::InitiationFailed)),
            ..of_conversation(self.conversation_id.clone(), talk)
        };
        CallUpdate::of(event, [conversation, call], facts)
    }
}
