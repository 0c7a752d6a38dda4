//! `CallLog`, the Call Outcomes document's view of a call.

use std::collections::BTreeSet;

use serde::Serialize;

use crate::domain::{
    call::{Call, agent_status::StatusWord, direction::Direction, outcome::Outcome, owner::Owner},
    follow_up,
};

/// A call as frontends see it. Fields that are not known yet are left out. The document's fields come
/// first; those after `updatedAt` are fields of the other documents.
#[serde_with::skip_serializing_none]
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CallLog<'a> {
    id: String,
    user_id: &'a str,
    agent_config_id: Option<&'a str>,
    livekit_room_name: &'a str,
    livekit_room_sid: &'a str,
    direction: Direction,
    phone_number: &'a str,
    sip_call_id: Option<&'a str>,
    status: &'static str,
    outcome: Option<Outcome>,
    duration: Option<u64>,
    recording_url: Option<&'a str>,
    metadata: Metadata<'a>,
    started_at: String,
    ended_at: Option<String>,
    created_at: String,
    updated_at: String,
    call_sid: Option<&'a str>,
    conversation_id: Option<&'a str>,
    agent_id: Option<&'a str>,
    agent_status: Option<StatusWord>,
    failure_reason: Option<&'a str>,
    outcomes: Option<&'a BTreeSet<String>>,
    lead_id: Option<String>,
    employee_id: Option<&'a str>,
    follow_up: Option<FollowUp<'a>>,
}

#[serde_with::skip_serializing_none]
#[derive(Debug, Serialize)]
struct Metadata<'a> {
    disconnect_reason: Option<&'a str>,
    participant_identity: Option<&'a str>,
    room_creation_time: Option<String>,
    campaign_id: Option<&'a str>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct FollowUp<'a> {
    date: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    time: Option<&'a str>,
    auto: bool,
    due_at: String,
}

impl<'a> FollowUp<'a> {
    fn of(follow_up: &'a follow_up::FollowUp) -> Self {
        Self {
            date: &follow_up.date,
            time: follow_up.time.as_deref(),
            auto: follow_up.automatic,
            due_at: follow_up.due_at.to_string(),
        }
    }
}

impl<'a> CallLog<'a> {
    /// The view of an owned call. Where the document requires a text that was not reported, it is empty;
    /// a call whose direction was not reported is inbound.
    pub fn of(call: &'a Call, owner: &'a Owner) -> Self {
        let facts = &call.facts;
        let ending = facts.ending();
        Self {
            id: call.id.to_string(),
            user_id: owner.user_id(),
            agent_config_id: owner.agent_config_id.as_deref(),
            livekit_room_name: facts.room_name.get().map_or("", String::as_str),
            livekit_room_sid: facts.room_sid().unwrap_or_default(),
            direction: facts.direction().unwrap_or(Direction::Inbound),
            phone_number: facts.phone_number().map_or("", |number| number.as_str()),
            sip_call_id: facts.sip_call_id(),
            status: call.status().as_str(),
            outcome: facts.outcome(),
            duration: call.duration_seconds(),
            recording_url: facts.recording_url.get().map(String::as_str),
            metadata: Metadata {
                disconnect_reason: ending.and_then(|ending| ending.reason()),
                participant_identity: ending.and_then(|ending| ending.identity()),
                room_creation_time: facts.room_created().map(|time| time.to_string()),
                campaign_id: call.campaign_id(),
            },
            started_at: call.started_at().to_string(),
            ended_at: ending.map(|ending| ending.at.to_string()),
            created_at: call.created_at.to_string(),
            updated_at: call.updated_at.to_string(),
            call_sid: facts.call_sid(),
            conversation_id: facts.conversation_id().map(String::as_str),
            agent_id: facts.agent_id().map(String::as_str),
            agent_status: facts.agent_status.get().map(|status| status.word),
            failure_reason: call.failure_reason(),
            outcomes: facts.results().filter(|results| !results.is_empty()),
            lead_id: call.lead_id().map(|lead| lead.as_str().to_owned()),
            employee_id: facts.employee_id.get().map(String::as_str),
            follow_up: facts
                .follow_up
                .get()
                .and_then(Option::as_ref)
                .map(FollowUp::of),
        }
    }
}
