//! A conversation, as returned by ElevenLabs' API and as contained in the post-call webhook, and
//! what it reports about its call.

use std::collections::BTreeSet;

use super::{
    results,
    wire::{id, seconds, text, time},
};
use crate::{
    domain::{
        bounded::BoundedMap,
        call::{
            CallUpdate,
            agent_status::{AgentStatus, StatusWord},
            claims::{Claim, EarliestTime, Latest},
            direction::Direction,
            facts::Facts,
            outcome::Outcome,
            report::{ConversationReport, Hangup, Report},
        },
        event::Event,
        key::CallKey,
        phone::PhoneNumber,
        timestamp::Timestamp,
    },
    json::{self, Json, Object},
};

/// The rank of ElevenLabs' reports after a call and of its API. Its call status events are more
/// reliable, and its carrier is most reliable.
pub(super) const POST_CALL: u8 = 1;

#[derive(Debug, Clone, Default)]
pub struct Conversation {
    pub conversation_id: Option<String>,
    pub agent_id: Option<String>,
    /// `None` when ElevenLabs sends an unknown status.
    pub status: Option<ConversationStatus>,
    pub has_transcript: bool,
    started: Option<Timestamp>,
    accepted: Option<Timestamp>,
    seconds: Option<u64>,
    error: Option<String>,
    phone_call: Option<PhoneCall>,
    results: BTreeSet<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, strum::EnumString)]
#[strum(serialize_all = "kebab-case")]
pub enum ConversationStatus {
    Initiated,
    InProgress,
    /// It has ended; transcript and analysis are not ready yet.
    Processing,
    Done,
    Failed,
}

#[derive(Debug, Clone)]
struct PhoneCall {
    direction: Option<Direction>,
    agent_number: Option<PhoneNumber>,
    external_number: Option<PhoneNumber>,
    result: Option<String>,
    call_sid: Option<String>,
    sip_call_id: Option<String>,
}

impl Conversation {
    /// Reads the body of `GET /v1/convai/conversations/{id}`; `None` when it is no JSON object.
    pub fn parse(body: &[u8]) -> Option<Self> {
        Object::parse(&json::text(body))
            .ok()
            .map(|fields| Self::of(&fields))
    }

    pub(super) fn of(fields: &Object<'_>) -> Self {
        let metadata = fields.get("metadata").object();
        let error = metadata.get("error");
        Self {
            conversation_id: id(fields.get("conversation_id")),
            agent_id: id(fields.get("agent_id")),
            status: fields
                .get("status")
                .string()
                .and_then(|word| word.parse().ok()),
            has_transcript: fields.get("transcript").has_content(),
            started: time(metadata.get("start_time_unix_secs")),
            accepted: time(metadata.get("accepted_time_unix_secs")),
            seconds: seconds(metadata.get("call_duration_secs")),
            error: text(error.object().get("reason")).or_else(|| text(error)),
            phone_call: PhoneCall::of(metadata.get("phone_call")),
            results: results::of_analysis(&fields.get("analysis").object()),
        }
    }

    pub fn is_final(&self) -> bool {
        matches!(
            self.status,
            Some(ConversationStatus::Done | ConversationStatus::Failed)
        )
    }

    fn has_ended(&self) -> bool {
        self.is_final() || self.status == Some(ConversationStatus::Processing)
    }

    fn ended_at(&self) -> Option<Timestamp> {
        let millis = i64::try_from(self.seconds?.checked_mul(1_000)?).ok()?;
        Timestamp::from_millis(self.started?.as_millis().checked_add(millis)?)
    }

    /// The outcome of a phone call that failed or did not become a conversation.
    fn verdict(&self) -> Option<Outcome> {
        if !self.has_ended() {
            return None;
        }
        let failed =
            || (self.status == Some(ConversationStatus::Failed)).then_some(Outcome::Failed);
        self.call_result()
            .and_then(outcome_of_reason)
            .or_else(failed)
    }

    fn call_result(&self) -> Option<&str> {
        self.phone_call.as_ref()?.result.as_deref()
    }

    fn word(&self) -> Option<StatusWord> {
        Some(match (self.status?, self.verdict()) {
            (ConversationStatus::Initiated, _) => StatusWord::Initiated,
            (ConversationStatus::InProgress, _) => StatusWord::Answered,
            (ConversationStatus::Processing, _) => StatusWord::Ended,
            (ConversationStatus::Done, _) => StatusWord::Completed,
            (ConversationStatus::Failed, Some(Outcome::Busy)) => StatusWord::Busy,
            (ConversationStatus::Failed, Some(Outcome::NoAnswer)) => StatusWord::NoAnswer,
            (ConversationStatus::Failed, _) => StatusWord::Failed,
        })
    }
}

impl PhoneCall {
    /// `None` for a conversation in a browser or an app.
    fn of(json: Json<'_>) -> Option<Self> {
        if !json.is_object() {
            return None;
        }
        let fields = json.object();
        let field = |name: &str| text(fields.get(name));
        let number = |name: &str| field(name).as_deref().and_then(PhoneNumber::parse);
        let direction = match field("direction").as_deref() {
            Some("inbound") => Some(Direction::Inbound),
            Some("outbound") => Some(Direction::Outbound),
            _ => None,
        };
        Some(Self {
            direction,
            agent_number: number("agent_number"),
            external_number: number("external_number"),
            result: field("call_result"),
            call_sid: id(fields.get("call_sid")),
            sip_call_id: id(fields.get("call_id")),
        })
    }
}

/// The outcome that a `call_result` or `failure_reason` names; `None` when the call was answered,
/// by a person or a machine.
pub(super) fn outcome_of_reason(reason: &str) -> Option<Outcome> {
    match reason {
        "busy" => Some(Outcome::Busy),
        "no-answer" | "no_answer" => Some(Outcome::NoAnswer),
        "failed" | "unknown" => Some(Outcome::Failed),
        _ => None,
    }
}

/// `None` when the conversation names no call.
pub(crate) fn update(conversation: &Conversation, event: &Event) -> Option<CallUpdate> {
    let call = conversation.phone_call.as_ref();
    let call_sid = call.and_then(|call| call.call_sid.clone());
    let sip_call_id = call.and_then(|call| call.sip_call_id.clone());
    let conversation_id = conversation.conversation_id.clone();
    let keys = [
        conversation_id.clone().map(CallKey::Conversation),
        call_sid.clone().map(CallKey::CallSid),
        sip_call_id.clone().map(CallKey::SipCall),
    ];
    let talk = of_talk(conversation, event);
    let facts = Facts {
        call_sid: claim(event, 0, call_sid),
        sip_call_id: claim(event, 0, sip_call_id),
        first_event: EarliestTime::claimed(Some(event.occurred_at)),
        agent_status: status(event, conversation.word()),
        has_phone: call.is_some(),
        direction: claim(event, POST_CALL, call.and_then(|call| call.direction)),
        line_number: claim(
            event,
            POST_CALL,
            call.and_then(|call| call.agent_number.clone()),
        ),
        phone_number: claim(
            event,
            POST_CALL,
            call.and_then(|call| call.external_number.clone()),
        ),
        ..of_conversation(conversation_id, talk)
    };
    CallUpdate::of(event, keys, facts)
}

pub(super) fn claim<T: Ord>(event: &Event, rank: u8, value: Option<T>) -> Latest<T> {
    Latest::of(rank, event.occurred_at, value)
}

/// The status that `event` reports. One that has progressed further takes precedence.
pub(super) fn status(event: &Event, word: Option<StatusWord>) -> Latest<AgentStatus> {
    Latest::claimed(word.map(|word| {
        let status = AgentStatus {
            word,
            event: event.key.clone(),
        };
        Claim::new(word.progress(), event.occurred_at, status)
    }))
}

/// A report about the leg of this call SID, or about the call as a whole.
pub(super) fn of_report(call_sid: Option<&str>, report: Report) -> Facts {
    if let Some(sid) = call_sid {
        return Facts {
            reports: BoundedMap::of(sid.to_owned(), report),
            ..Facts::default()
        };
    }
    let Report {
        started,
        ringing,
        answered,
        hangup,
        verdict,
        seconds,
        failure,
        ..
    } = report;
    Facts {
        started,
        ringing,
        answered,
        hangup,
        verdict,
        reported_seconds: seconds,
        failure_reason: failure,
        ..Facts::default()
    }
}

/// A report about this conversation, or about the call's only one.
pub(super) fn of_conversation(conversation_id: Option<String>, talk: ConversationReport) -> Facts {
    if let Some(id) = conversation_id {
        return Facts {
            talks: BoundedMap::of(id, talk),
            ..Facts::default()
        };
    }
    let ConversationReport {
        agent_id,
        ended,
        transcript,
        results,
        report,
    } = talk;
    Facts {
        agent_id,
        conversation_ended: ended,
        transcript,
        results,
        ..of_report(None, report)
    }
}

fn of_talk(conversation: &Conversation, event: &Event) -> ConversationReport {
    let answered = conversation.call_result() == Some("answered");
    let mut talk = if conversation.has_ended() {
        of_end(conversation, event)
    } else {
        ConversationReport::default()
    };
    talk.agent_id = claim(event, 0, conversation.agent_id.clone());
    talk.report.started = claim(event, POST_CALL, conversation.started);
    talk.report.answered = EarliestTime::claimed(conversation.accepted.filter(|_| answered));
    talk
}

fn of_end(conversation: &Conversation, event: &Event) -> ConversationReport {
    let ended_at = conversation.ended_at().unwrap_or(event.occurred_at);
    let verdict = conversation.verdict();
    // That a conversation failed says less than why its call was not established.
    let rank = if conversation.call_result().is_some() {
        POST_CALL
    } else {
        POST_CALL - 1
    };
    // A single word: an outcome is also read from the reason, and an error's text may contain
    // "busy".
    let hangup = verdict.map(|verdict| Hangup {
        at: ended_at,
        reason: Some(verdict.as_str().to_owned()),
    });
    let result = || {
        conversation
            .call_result()
            .filter(|result| outcome_of_reason(result).is_some())
    };
    let failure = || {
        conversation
            .error
            .clone()
            .or_else(|| result().map(str::to_owned))
    };
    let results = Some(&conversation.results).filter(|results| !results.is_empty());
    let has_transcript = conversation.has_transcript && conversation.is_final();
    ConversationReport {
        // A call that was not answered had no conversation that could end.
        ended: claim(
            event,
            POST_CALL,
            Some(ended_at).filter(|_| result().is_none()),
        ),
        transcript: claim(event, POST_CALL, has_transcript.then(|| event.key.clone())),
        results: claim(event, POST_CALL, results.cloned()),
        report: Report {
            seconds: claim(event, POST_CALL, conversation.seconds),
            verdict: claim(event, rank, verdict),
            hangup: claim(event, rank, hangup),
            failure: claim(event, rank, verdict.and_then(|_| failure())),
            ..Report::default()
        },
        ..ConversationReport::default()
    }
}
