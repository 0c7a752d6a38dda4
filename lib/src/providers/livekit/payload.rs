//! The body of a LiveKit webhook, in either of its formats: the Call Outcomes document's (ISO
//! times, states in lower case) and protobuf-JSON (`livekit_models.proto`: numbers as strings,
//! defaults omitted). Fields that are not needed are skipped.

mod lenient;
mod wire;

use bytes::Bytes;

use super::{EventName, event_name::Subject};
use crate::{
    domain::{
        event::{Event, Source},
        key::EventKey,
        placeholder::is_placeholder,
        timestamp::Timestamp,
    },
    json::{self, Json, Object},
    providers::{PayloadError, values::MAX_ID_BYTES},
};

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LiveKitEvent {
    /// LiveKit's id of the event; without one, its type and a digest of its body.
    pub id: String,
    /// LiveKit's event name, as it was sent.
    pub event_type: String,
    /// LiveKit itself sends whole seconds.
    pub created_at: Timestamp,
    /// For an egress event, the recorded room.
    pub room: Option<Room>,
    pub participant: Option<Participant>,
    /// LiveKit's id of the recording that the event is about.
    pub egress_id: Option<String>,
    pub recording: Option<Recording>,
}

/// The room of an event: a name, a sid, or both.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Room {
    /// Unique for ever.
    pub sid: Option<String>,
    /// Chosen by the platform; may be used again.
    pub name: Option<String>,
    pub created_at: Option<Timestamp>,
    pub campaign_id: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// The phone: LiveKit's `kind: SIP`.
    Phone,
    Standard,
    /// An agent, a recorder, an egress or an ingress: it ends no call.
    Machine,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Participant {
    pub role: Role,
    pub identity: Option<String>,
    pub joined_at: Option<Timestamp>,
    /// LiveKit's name of the reason, or the sender's text.
    pub disconnect_reason: Option<String>,
    pub sip: Sip,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Sip {
    /// LiveKit's id of the SIP call.
    pub call_id: Option<String>,
    /// The carrier's Call-ID.
    pub call_id_full: Option<String>,
    pub twilio_call_sid: Option<String>,
    /// `dialing`, `ringing`, `automation`, `active` or `hangup`.
    pub call_status: Option<String>,
    /// Only an inbound call has a dispatch rule.
    pub rule_id: Option<String>,
    pub trunk_id: Option<String>,
    /// The other side's number.
    pub phone_number: Option<String>,
    /// Our number.
    pub trunk_phone_number: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recording {
    pub url: String,
    pub is_file: bool,
}

impl LiveKitEvent {
    /// Reads a verified body, as the Call Outcomes document requires it: an event of a room or of a
    /// participant has the room's name and sid. LiveKit's own egress event names the recorded room,
    /// and none if a web page is recorded. The time of receipt replaces an unreadable time.
    pub fn parse(body: &[u8], received_at: Timestamp) -> Result<Self, PayloadError> {
        let text = json::text(body);
        let fields = Object::parse(&text)?;
        let event = Self::read(&fields, received_at)?;
        no_room(event.name(), &fields).map_or(Ok(event), Err)
    }

    /// Reads a body in either format, with or without a room.
    fn read(fields: &Object<'_>, received_at: Timestamp) -> Result<Self, PayloadError> {
        let id = identifier(fields.get("id"), "event_id", "id")?;
        if is_placeholder(&id) {
            return Err(PayloadError::Missing("event_id"));
        }
        let event_type = identifier(fields.get("event"), "event_type", "event")?;
        let created_at = fields.get("createdAt");
        if created_at.is_null() {
            return Err(PayloadError::Missing("event_created_at"));
        }
        let egress = fields.get("egressInfo").object();
        let participant = fields.get("participant");
        Ok(Self {
            id,
            event_type,
            created_at: wire::time(created_at).unwrap_or(received_at),
            room: known(wire::room(&fields.get("room").object()), &egress),
            participant: participant
                .is_object()
                .then(|| wire::participant(&participant.object())),
            egress_id: wire::egress_id(&egress),
            recording: wire::recording(&egress),
        })
    }

    /// Reads a verified body that may lack what LiveKit itself always sends: id, time, room.
    /// Besides LiveKit's formats it reads a flat one (`room_name`, `participant_identity`). A value
    /// of a wrong type is ignored. What [`LiveKitEvent::parse`] accepts with a room is read the
    /// same way.
    pub fn parse_lenient(body: &[u8], received_at: Timestamp) -> Result<Self, PayloadError> {
        let text = json::text(body);
        let read = Object::parse(&text).map_err(PayloadError::from);
        match read.and_then(|fields| Self::read(&fields, received_at)) {
            Ok(event) if event.room.is_some() => Ok(event),
            _ => lenient::read(body, received_at),
        }
    }

    pub fn event(&self, payload: Bytes, received_at: Timestamp) -> Event {
        Event {
            key: EventKey::of(Source::LiveKit.as_str(), &self.id),
            source: Source::LiveKit,
            tenant_id: None,
            region: None,
            event_type: self.event_type.clone(),
            occurred_at: self.created_at,
            received_at,
            payload,
        }
    }

    /// The event's name, if this version knows it.
    pub fn name(&self) -> EventName {
        EventName::parse(&self.event_type)
    }
}

fn is_id(text: &str) -> bool {
    // Half a character would make two different ids equal.
    (1..=MAX_ID_BYTES).contains(&text.len()) && !text.contains(char::REPLACEMENT_CHARACTER)
}

fn identifier(
    json: Json<'_>,
    missing: &'static str,
    path: &'static str,
) -> Result<String, PayloadError> {
    match json.string() {
        None if json.is_null() => Err(PayloadError::Missing(missing)),
        Some(text) if text.is_empty() => Err(PayloadError::Missing(missing)),
        Some(text) if is_id(&text) => Ok(text.into_owned()),
        _ => Err(PayloadError::Invalid(path)),
    }
}

/// The missing part of an event's room, if it must name one. An event that is not about an egress
/// is not in the room of its `egressInfo`.
fn no_room(name: EventName, fields: &Object<'_>) -> Option<PayloadError> {
    let (given, egress) = (fields.get("room"), fields.get("egressInfo"));
    let (room, names) = match name.subject() {
        Subject::Other => return None,
        Subject::Egress if egress.is_object() && wire::is_unix(fields.get("createdAt")) => {
            return None;
        }
        Subject::Egress if given.is_null() => (egress.object(), ["roomName", "roomId"]),
        _ if given.is_null() || given.is_object() => (given.object(), ["name", "sid"]),
        _ => return Some(PayloadError::Invalid("room")),
    };
    // An unreadable value counts as absent, as everywhere.
    let (name, path) = match names.map(|name| room.get(name).scalar().is_some()) {
        [true, true] => return None,
        [false, false] => ("room_name", "room"),
        [false, true] => ("room_name", "room.name"),
        [true, false] => ("room_sid", "room.sid"),
    };
    Some(PayloadError::NoRoom { name, path })
}

/// The room of an event, or else the recorded room.
fn known(room: Room, egress: &Object<'_>) -> Option<Room> {
    let recorded = wire::recorded_room(egress);
    let room = Room {
        sid: room.sid.or(recorded.sid),
        name: room.name.or(recorded.name),
        ..room
    };
    Some(room).filter(|room| room.sid.is_some() || room.name.is_some())
}
