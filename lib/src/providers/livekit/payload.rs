//! The body of a LiveKit webhook, read from both of its shapes: the Call Outcomes document's (ISO
//! times, states in lower case) and protobuf-JSON (`livekit_models.proto`: numbers as strings,
//! defaults omitted). Fields that nobody here uses are skipped unread.

mod lenient;
mod wire;

use bytes::Bytes;
use thiserror::Error;

use super::EventName;
use crate::{
    domain::{
        event::{Event, Source},
        key::EventKey,
        timestamp::Timestamp,
    },
    providers::fact::fact,
};
use wire::{Kind, Wire};

/// A LiveKit event as it matters here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LiveKitEvent {
    /// LiveKit's id of the event; where it has none, what is natural to it and a digest of its body.
    pub id: String,
    /// LiveKit's name for what happened, as it was sent.
    pub event_type: String,
    /// When it happened. LiveKit itself sends whole seconds.
    pub created_at: Timestamp,
    /// The room it happened in; of an egress event, the room that is recorded.
    pub room: Option<Room>,
    /// Who joined or left.
    pub participant: Option<Participant>,
    /// LiveKit's id of the recording that the event is about.
    pub egress_id: Option<String>,
    /// Where the finished recording is.
    pub recording: Option<Recording>,
}

/// The room of an event: a name, a sid, or both.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Room {
    /// Unique for ever.
    pub sid: Option<String>,
    /// Chosen by the platform; may be used again.
    pub name: Option<String>,
    /// When the room was created.
    pub created_at: Option<Timestamp>,
    /// The campaign that the room's metadata names.
    pub campaign_id: Option<String>,
}

/// What a participant is to a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// The phone: LiveKit's `kind: SIP`.
    Phone,
    /// A person in a browser, an app or a messenger.
    Standard,
    /// An agent, a recorder, an egress or an ingress: its leaving ends nothing.
    Machine,
}

/// A participant of a room.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Participant {
    /// What it is to the call.
    pub role: Role,
    /// Its identity.
    pub identity: Option<String>,
    /// When it joined.
    pub joined_at: Option<Timestamp>,
    /// Why it left: LiveKit's name of the reason, or the sender's own words.
    pub disconnect_reason: Option<String>,
    /// What LiveKit's SIP service tells of it.
    pub sip: Sip,
}

/// The SIP attributes of a participant.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Sip {
    /// LiveKit's id of the SIP call.
    pub call_id: Option<String>,
    /// The carrier's Call-ID.
    pub call_id_full: Option<String>,
    /// Twilio's call SID.
    pub twilio_call_sid: Option<String>,
    /// `dialing`, `ringing`, `automation`, `active` or `hangup`.
    pub call_status: Option<String>,
    /// The dispatch rule; only an inbound call has one.
    pub rule_id: Option<String>,
    /// The trunk.
    pub trunk_id: Option<String>,
    /// The other side's number.
    pub phone_number: Option<String>,
    /// Our number.
    pub trunk_phone_number: Option<String>,
}

/// A finished recording.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recording {
    /// Where it can be fetched.
    pub url: String,
    /// A single file rather than a list of segments.
    pub is_file: bool,
}

/// Why a body cannot be accepted.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum PayloadError {
    /// Not JSON, nested deeper than any real event, or telling a field twice.
    #[error("Body is not valid JSON (line {line}, column {column})")]
    NotJson {
        /// Line of the fault, from 1.
        line: usize,
        /// Column of the fault, from 0.
        column: usize,
    },
    /// A JSON value of another kind.
    #[error("Body must be a JSON object")]
    NotAnObject,
    /// A field that every event has is absent; the name is that of the normalised event.
    #[error("Missing required field: {0}")]
    Missing(&'static str),
    /// A field has a wrong type or an impossible value; the name is its path in the body.
    #[error("Invalid value of field: {0}")]
    Invalid(String),
}

/// More than any provider's id has; DynamoDB's limit for a key is 2,048.
const MAX_ID_BYTES: usize = 256;

impl LiveKitEvent {
    /// Reads a verified body.
    ///
    /// # Errors
    /// What is wrong with it, in words that may be shown to the sender.
    pub fn parse(body: &[u8]) -> Result<Self, PayloadError> {
        // serde would read a list as the fields in their order.
        if opens_with(body, b'[') {
            return Err(PayloadError::NotAnObject);
        }
        let mut deserializer = serde_json::Deserializer::from_slice(body);
        let wire: Wire = serde_path_to_error::deserialize(&mut deserializer).map_err(|error| {
            let path = error.path().to_string();
            PayloadError::of_json(&error.into_inner(), path, body)
        })?;
        deserializer.end().map_err(|error| PayloadError::of_json(&error, String::new(), body))?;
        Self::from_wire(wire)
    }

    /// Reads a body that was verified and may lack what LiveKit itself always tells: its id, its time,
    /// its room. Beside LiveKit's shapes a flat one is read (`room_name`, `participant_identity`). What
    /// has a wrong type is not told. Where [`LiveKitEvent::parse`] finds a room, this reads the same.
    ///
    /// # Errors
    /// When the body is no JSON object or names no event.
    pub fn parse_lenient(body: &[u8], received_at: Timestamp) -> Result<Self, PayloadError> {
        match Self::parse(body) {
            Ok(event) if event.room.is_some() => Ok(event),
            _ => lenient::read(body, received_at),
        }
    }

    /// The event that is kept of it.
    #[must_use]
    pub fn event(&self, payload: Bytes, received_at: Timestamp) -> Event {
        Event {
            key: EventKey::of(Source::LiveKit.as_str(), &self.id),
            source: Source::LiveKit,
            tenant_id: None,
            event_type: self.event_type.clone(),
            occurred_at: self.created_at,
            received_at,
            payload,
        }
    }

    /// The event's name, if this version knows it.
    #[must_use]
    pub fn name(&self) -> EventName {
        EventName::parse(&self.event_type)
    }

    fn from_wire(wire: Wire) -> Result<Self, PayloadError> {
        let id = identifier(wire.id, "event_id", "id")?;
        let event_type = identifier(wire.event, "event_type", "event")?;
        let created_at = wire.created_at.ok_or(PayloadError::Missing("event_created_at"))?.0;
        let room = room(wire.room, wire.egress_info.as_ref());
        if room.is_none() && EventName::parse(&event_type).is_processable() {
            return Err(PayloadError::Missing("room_name"));
        }
        Ok(Self {
            id,
            event_type,
            created_at,
            room,
            participant: wire.participant.map(participant),
            egress_id: wire.egress_info.as_ref().and_then(egress_id),
            recording: wire.egress_info.and_then(recording),
        })
    }
}

impl PayloadError {
    fn of_json(error: &serde_json::Error, path: String, body: &[u8]) -> Self {
        let of_field = !path.is_empty() && path != ".";
        if error.is_data() && of_field {
            Self::Invalid(path)
        } else if error.is_data() && !opens_with(body, b'{') {
            Self::NotAnObject
        } else {
            Self::NotJson { line: error.line(), column: error.column() }
        }
    }
}

fn opens_with(body: &[u8], byte: u8) -> bool {
    body.trim_ascii_start().first() == Some(&byte)
}

fn identifier(
    text: Option<String>,
    missing: &'static str,
    path: &'static str,
) -> Result<String, PayloadError> {
    let text = text.filter(|text| !text.is_empty()).ok_or(PayloadError::Missing(missing))?;
    if text.len() > MAX_ID_BYTES {
        return Err(PayloadError::Invalid(path.to_owned()));
    }
    Ok(text)
}

/// protobuf-JSON's zero says that a time is not known. LiveKit tells the start also in milliseconds,
/// but every end in whole seconds: a span of the two would be short by half a second on average.
fn known_time(time: Option<wire::WireTime>) -> Option<Timestamp> {
    time.map(|time| time.0).filter(|time| *time > Timestamp::EPOCH)
}

fn room(room: Option<wire::Room>, egress: Option<&wire::EgressInfo>) -> Option<Room> {
    let room = room.unwrap_or_default();
    let of_egress =
        |field: fn(&wire::EgressInfo) -> &Option<String>| egress.and_then(|egress| field(egress).clone());
    let sid = fact(room.sid).or_else(|| fact(of_egress(|egress| &egress.room_id)));
    let name = fact(room.name).or_else(|| fact(of_egress(|egress| &egress.room_name)));
    if sid.is_none() && name.is_none() {
        return None;
    }
    Some(Room {
        sid,
        name,
        created_at: known_time(room.creation_time),
        campaign_id: fact(room.metadata.and_then(wire::campaign_id)),
    })
}

fn participant(participant: wire::Participant) -> Participant {
    let permission = participant.permission.unwrap_or_default();
    let role = match participant.kind.unwrap_or(Kind::Standard) {
        _ if permission.recorder == Some(true) || permission.agent == Some(true) => Role::Machine,
        Kind::Standard => Role::Standard,
        Kind::Sip => Role::Phone,
        Kind::Machine => Role::Machine,
    };
    let sip = participant.attributes.unwrap_or_default();
    Participant {
        role,
        identity: fact(participant.identity),
        joined_at: known_time(participant.joined_at),
        disconnect_reason: fact(participant.disconnect_reason.map(|reason| reason.0)),
        sip: Sip {
            call_id: fact(sip.call_id),
            call_id_full: fact(sip.call_id_full),
            twilio_call_sid: fact(sip.twilio_call_sid),
            call_status: fact(sip.call_status),
            rule_id: fact(sip.rule_id),
            trunk_id: fact(sip.trunk_id),
            phone_number: fact(sip.phone_number),
            trunk_phone_number: fact(sip.trunk_phone_number),
        },
    }
}

fn egress_id(egress: &wire::EgressInfo) -> Option<String> {
    let id = egress.egress_id.as_ref()?.as_str()?.to_owned();
    fact(Some(id)).filter(|id| id.len() <= MAX_ID_BYTES)
}

fn recording(egress: wire::EgressInfo) -> Option<Recording> {
    if !egress.status.is_some_and(|status| status.has_result) {
        return None;
    }
    let file = egress.file_results.into_iter().flatten().chain(egress.file).find_map(wire::FileInfo::url);
    let segments = || egress.segment_results.into_iter().flatten().find_map(|info| info.playlist_location);
    let (url, is_file) = match fact(file) {
        Some(url) => (url, true),
        None => (fact(segments())?, false),
    };
    Some(Recording { url, is_file })
}
