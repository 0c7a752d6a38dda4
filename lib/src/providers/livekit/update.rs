//! What a LiveKit event reports about its call.

use super::{
    EventName, LiveKitEvent, in_call_event,
    payload::{Participant, Role, Room},
};
use crate::domain::{
    bounded::{BoundedMap, BoundedSet},
    call::{
        CallUpdate,
        claims::{EarliestTime, FirstLast, Highest, Latest},
        facts::{FROM_ROOM_NAME, Facts},
        leg::{Disconnection, Leg, LegKey},
        report::RoomSpan,
    },
    event::Event,
    key::CallKey,
    phone::PhoneNumber,
    timestamp::Timestamp,
};

/// The rank of the start that the room's first event shows.
const FROM_ROOM: u8 = 1;

/// `None` when the event names no room.
pub(super) fn of(livekit: &LiveKitEvent, event: &Event) -> Option<CallUpdate> {
    let room = livekit.room.as_ref()?;
    let at = livekit.created_at;
    let finished = livekit.name() == EventName::RoomFinished;
    let mut facts = of_room(room, finished, at);
    if let Some(recording) = &livekit.recording {
        facts.recording_url =
            Latest::of(u8::from(recording.is_file), at, Some(recording.url.clone()));
    }
    // LiveKit reports when the room was created; events of the inbound call document may not.
    if livekit.name() == EventName::RoomStarted && room.created_at.is_none() {
        facts.started = Latest::of(FROM_ROOM, at, Some(livekit.created_at));
    }
    if let Some(participant) = &livekit.participant {
        facts.merge(of_participant(participant, livekit.name(), at));
        facts.line_number.merge(Latest::of(
            FROM_ROOM_NAME,
            at,
            hidden_line(room, participant),
        ));
    }
    Some(CallUpdate {
        recording: in_call_event::state(livekit),
        ..CallUpdate::of(event, keys(room, livekit.participant.as_ref()), facts)?
    })
}

/// The sid first, because it is the most reliable; the room's name last, because a later room may
/// have it. Only a phone's attributes are LiveKit's own: a browser may set any.
fn keys(room: &Room, participant: Option<&Participant>) -> impl Iterator<Item = Option<CallKey>> {
    let phone = participant.filter(|participant| participant.role == Role::Phone);
    let of_sip = phone
        .map(|participant| &participant.sip)
        .into_iter()
        .flat_map(|sip| {
            [
                sip.call_id.clone().map(CallKey::SipCall),
                sip.call_id_full.clone().map(CallKey::SipCall),
                sip.twilio_call_sid.clone().map(CallKey::CallSid),
            ]
        });
    let sid = room.sid.clone().map(CallKey::RoomSid);
    let name = room.name.clone().map(CallKey::RoomName);
    std::iter::once(sid).chain(of_sip).chain([name])
}

fn of_room(room: &Room, finished: bool, at: Timestamp) -> Facts {
    let name = room.name.as_deref();
    // A `sip-` room is named after its line; a dispatched room after its caller.
    let line = name.and_then(PhoneNumber::of_sip_room);
    let phone = line
        .clone()
        .or_else(|| name.and_then(PhoneNumber::of_dispatched_room));
    let (created, finished) = (
        EarliestTime::claimed(room.created_at),
        EarliestTime::claimed(Some(at).filter(|_| finished)),
    );
    let facts = Facts {
        room_name: Latest::of(0, at, room.name.clone()),
        first_event: EarliestTime::claimed(Some(at)),
        campaign_id: Latest::of(0, at, room.campaign_id.clone()),
        phone_number: Latest::of(FROM_ROOM_NAME, at, phone),
        line_number: Latest::of(FROM_ROOM_NAME, at, line),
        ..Facts::default()
    };
    match &room.sid {
        Some(sid) => Facts {
            rooms: BoundedMap::of(sid.clone(), RoomSpan { created, finished }),
            ..facts
        },
        None => Facts {
            room_created: created,
            room_finished: finished,
            ..facts
        },
    }
}

/// The called number, if the dispatch rule hides all numbers and the room's name still has one:
/// such a rule names a room after the whole called number, or after four digits of the caller's
/// (livekit/protocol `sip/sip.go`).
fn hidden_line(room: &Room, participant: &Participant) -> Option<PhoneNumber> {
    // A browser may set any attribute.
    let sip = Some(&participant.sip).filter(|_| participant.role == Role::Phone)?;
    let is_hidden =
        sip.rule_id.is_some() && sip.phone_number.is_none() && sip.trunk_phone_number.is_none();
    let named = room
        .name
        .as_deref()
        .and_then(PhoneNumber::of_dispatched_room)
        .filter(|_| is_hidden)?;
    let identity = participant
        .identity
        .as_deref()
        .and_then(|identity| identity.strip_prefix("sip_"));
    Some(named).filter(|named| {
        identity.is_some_and(|caller| PhoneNumber::parse(caller).as_ref() != Some(named))
    })
}

fn of_participant(participant: &Participant, name: EventName, at: Timestamp) -> Facts {
    let identity = participant.identity.as_deref();
    let (key, leg) = match participant.role {
        Role::Machine => return of_machine(name, at),
        Role::Standard => (
            LegKey::person(identity.unwrap_or_default()),
            presence(participant, name, at),
        ),
        Role::Phone => {
            let sip = &participant.sip;
            let named = identity
                .or(sip.call_id.as_deref())
                .or(sip.call_id_full.as_deref());
            (
                LegKey::phone(named.unwrap_or_default()),
                of_phone(participant, name, at),
            )
        }
    };
    // A track event has only the identity of its participant.
    if !key.is_phone() && leg == Leg::default() {
        return Facts::default();
    }
    Facts {
        legs: BoundedMap::of(key, leg),
        ..Facts::default()
    }
}

/// Machines are no legs; while one is present, it may dial.
fn of_machine(name: EventName, at: Timestamp) -> Facts {
    let when = |is_it: bool| Highest::of(Some(at).filter(|_| is_it));
    Facts {
        machine_joined: when(name == EventName::ParticipantJoined),
        machine_left: when(name == EventName::ParticipantLeft),
        ..Facts::default()
    }
}

fn of_phone(participant: &Participant, name: EventName, at: Timestamp) -> Leg {
    let sip = &participant.sip;
    let number =
        |text: &Option<String>| BoundedSet::of(text.as_deref().and_then(PhoneNumber::parse));
    let (ringing, answered) = match sip.call_status.as_deref() {
        Some("dialing" | "ringing") => (Some(at), None),
        Some("active" | "automation") => (None, Some(at)),
        _ => (None, None),
    };
    Leg {
        // An outbound call has no dispatch rule. A rule that was seen once takes precedence over
        // events without it.
        by_rule: sip.rule_id.is_some(),
        dialled: sip.rule_id.is_none() && sip.trunk_id.is_some(),
        ringing: EarliestTime::claimed(ringing),
        answered: EarliestTime::claimed(answered),
        numbers: number(&sip.phone_number),
        lines: number(&sip.trunk_phone_number),
        sip_calls: BoundedSet::of(sip.call_id.clone().or_else(|| sip.call_id_full.clone())),
        call_sids: BoundedSet::of(sip.twilio_call_sid.clone()),
        ..presence(participant, name, at)
    }
}

/// When the participant joined and left. One that never became active, or left while its call was
/// being set up, was never connected. A participant whose connection is replaced by its own newer
/// one has not left.
fn presence(participant: &Participant, name: EventName, at: Timestamp) -> Leg {
    let aborted = name == EventName::ParticipantConnectionAborted;
    let joins = name == EventName::ParticipantJoined;
    let joined = participant
        .joined_at
        .or(joins.then_some(at))
        .filter(|_| !aborted);
    let reason = participant.disconnect_reason.clone();
    let is_taken_over = matches!(reason.as_deref(), Some("DUPLICATE_IDENTITY" | "MIGRATION"));
    let leaves = (aborted || name == EventName::ParticipantLeft) && !is_taken_over;
    let still_dialing = matches!(
        participant.sip.call_status.as_deref(),
        Some("dialing" | "ringing")
    );
    let left = leaves.then(|| Disconnection::new(at, joined, reason));
    let (left, missed) = if aborted || still_dialing {
        (None, left)
    } else {
        (left, None)
    };
    Leg {
        joined: FirstLast::of(joined),
        left: Highest::of(left),
        missed: Highest::of(missed),
        ..Leg::default()
    }
}
