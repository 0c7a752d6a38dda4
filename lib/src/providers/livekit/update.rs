//! What a LiveKit event says of its call.

use super::{
    EventName, LiveKitEvent, occurrence,
    payload::{Participant, Role, Room, Sip},
};
use crate::domain::{
    call::{CallKeys, CallUpdate},
    event::Event,
    facts::{BY_RULE, Direction, FROM_ROOM_NAME, Facts, Leaving},
    key::CallKey,
    phone::PhoneNumber,
    register::{Claim, Earliest, EarliestTime, Latest},
    timestamp::Timestamp,
};

/// The rank of what a phone's attributes tell.
const FROM_SIP: u8 = 1;

/// The rank of a phone's claims: the caller, whom a dispatch rule let in, before somebody whom the
/// platform calls into the room.
fn rank_of_phone(sip: &Sip) -> u8 {
    if sip.rule_id.is_some() { BY_RULE } else { FROM_SIP }
}

/// `None` when the event is about no room.
pub(super) fn of(livekit: &LiveKitEvent, event: &Event) -> Option<CallUpdate> {
    let room = livekit.room.as_ref()?;
    let claims = Claims { at: livekit.created_at };
    let mut facts = of_room(room, &claims);
    facts.recording_url = Latest::claimed(
        livekit
            .recording
            .as_ref()
            .map(|recording| claims.of(u8::from(recording.is_file), recording.url.clone())),
    );
    // LiveKit tells when the room was created; the events of the inbound call document need not.
    if livekit.name() == EventName::RoomStarted && facts.room_created.is_empty() {
        facts.started = claims.latest(FROM_SIP, Some(livekit.created_at));
    }
    if livekit.name() == EventName::RoomFinished {
        facts.room_finished = EarliestTime::claimed(Some(livekit.created_at));
    }
    if let Some(participant) = &livekit.participant {
        facts.merge(of_participant(participant, livekit.name(), &claims));
        facts.line_number.merge(claims.latest(FROM_ROOM_NAME, hidden_line(room, participant)));
    }
    Some(CallUpdate {
        event: event.key.clone(),
        received_at: event.received_at,
        tenant_id: event.tenant_id.clone(),
        keys: keys(room, livekit.participant.as_ref().map(|participant| &participant.sip))?,
        facts,
        recording: occurrence::state(livekit),
    })
}

/// Makes the claims of one event.
struct Claims {
    at: Timestamp,
}

impl Claims {
    fn of<T>(&self, rank: u8, value: T) -> Claim<T> {
        Claim::new(rank, self.at, value)
    }

    fn latest<T: Ord>(&self, rank: u8, value: Option<T>) -> Latest<T> {
        Latest::claimed(value.map(|value| self.of(rank, value)))
    }
}

/// The sid first, for it is the surest; the room's name last, for a later room may bear it.
fn keys(room: &Room, sip: Option<&Sip>) -> Option<CallKeys> {
    let of_sip = sip.into_iter().flat_map(|sip| {
        [
            sip.call_id.clone().map(CallKey::SipCall),
            sip.call_id_full.clone().map(CallKey::SipCall),
            sip.twilio_call_sid.clone().map(CallKey::CallSid),
        ]
    });
    let sid = room.sid.clone().map(CallKey::RoomSid);
    let name = room.name.clone().map(CallKey::RoomName);
    CallKeys::new(std::iter::once(sid).chain(of_sip).chain([name]).flatten())
}

fn of_room(room: &Room, claims: &Claims) -> Facts {
    let name = room.name.as_deref();
    // A `sip-` room is named after its line and shown by it; a dispatched room after its caller.
    let line = name.and_then(PhoneNumber::of_sip_room);
    let phone = line.clone().or_else(|| name.and_then(PhoneNumber::of_dispatched_room));
    Facts {
        room_sid: claims.latest(0, room.sid.clone()),
        room_name: claims.latest(0, room.name.clone()),
        first_event: EarliestTime::claimed(Some(claims.at)),
        room_created: EarliestTime::claimed(room.created_at),
        campaign_id: claims.latest(0, room.campaign_id.clone()),
        phone_number: claims.latest(FROM_ROOM_NAME, phone),
        line_number: claims.latest(FROM_ROOM_NAME, line),
        ..Facts::default()
    }
}

/// The called number, where the dispatch rule hides all numbers and yet the room bears one: such a rule
/// names a room after the whole called number, or after four digits of the caller's (livekit/protocol
/// `sip/sip.go`).
fn hidden_line(room: &Room, participant: &Participant) -> Option<PhoneNumber> {
    let sip = &participant.sip;
    let is_hidden = sip.rule_id.is_some() && sip.phone_number.is_none() && sip.trunk_phone_number.is_none();
    let named = room.name.as_deref().and_then(PhoneNumber::of_dispatched_room).filter(|_| is_hidden)?;
    let identity = participant.identity.as_deref().and_then(|identity| identity.strip_prefix("sip_"));
    Some(named)
        .filter(|named| identity.is_some_and(|caller| PhoneNumber::parse(caller).as_ref() != Some(named)))
}

fn of_participant(participant: &Participant, name: EventName, claims: &Claims) -> Facts {
    let joins = name == EventName::ParticipantJoined;
    let joined = participant.joined_at.or(joins.then_some(claims.at));
    match participant.role {
        Role::Machine => Facts::default(),
        Role::Standard => Facts {
            joined: EarliestTime::claimed(joined),
            standard_left: Earliest::claimed(leaving(participant, name).map(|leaving| claims.of(0, leaving))),
            ..Facts::default()
        },
        Role::Phone => Facts {
            has_phone: true,
            joined: EarliestTime::claimed(joined),
            phone_left: claims.latest(rank_of_phone(&participant.sip), leaving(participant, name)),
            ..of_sip(&participant.sip, claims)
        },
    }
}

fn of_sip(sip: &Sip, claims: &Claims) -> Facts {
    let number = |text: &Option<String>| text.as_deref().and_then(PhoneNumber::parse);
    // An outbound call has no dispatch rule. A rule seen once outranks events that lack it.
    let rank = rank_of_phone(sip);
    let direction = match (&sip.rule_id, &sip.trunk_id) {
        (Some(_), _) => Some(claims.of(rank, Direction::Inbound)),
        (None, Some(_)) => Some(claims.of(0, Direction::Outbound)),
        (None, None) => None,
    };
    let (ringing, answered) = match sip.call_status.as_deref() {
        Some("dialing" | "ringing") => (Some(claims.at), None),
        Some("active" | "automation") => (None, Some(claims.at)),
        _ => (None, None),
    };
    Facts {
        sip_call_id: Latest::claimed(match (&sip.call_id, &sip.call_id_full) {
            (Some(id), _) => Some(claims.of(rank, id.clone())),
            (None, Some(id)) => Some(claims.of(0, id.clone())),
            (None, None) => None,
        }),
        call_sid: claims.latest(rank, sip.twilio_call_sid.clone()),
        phone_number: claims.latest(rank, number(&sip.phone_number)),
        line_number: claims.latest(rank, number(&sip.trunk_phone_number)),
        direction: Latest::claimed(direction),
        ringing: EarliestTime::claimed(ringing),
        answered: EarliestTime::claimed(answered),
        ..Facts::default()
    }
}

/// The leaving that the event reports. A participant that never became active, or left while its
/// call was still being set up, was never connected.
fn leaving(participant: &Participant, name: EventName) -> Option<Leaving> {
    let aborted = match name {
        EventName::ParticipantLeft => false,
        EventName::ParticipantConnectionAborted => true,
        _ => return None,
    };
    let still_dialing = matches!(participant.sip.call_status.as_deref(), Some("dialing" | "ringing"));
    Some(Leaving {
        reason: participant.disconnect_reason.clone(),
        identity: participant.identity.clone(),
        connected: !aborted && !still_dialing,
    })
}
