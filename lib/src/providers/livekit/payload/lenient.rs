//! Reading a body of which nobody promised more than a name: as much as can be understood is told,
//! the rest stays in the log.

use serde::Deserialize;
use serde_json::{Map, Value};

use super::{
    LiveKitEvent, MAX_ID_BYTES, PayloadError, egress_id, participant, recording, room,
    wire::{EgressInfo, Kind, Participant, Room, WireTime},
};
use crate::domain::{key::EventKey, timestamp::Timestamp};

/// How LiveKit names the participant of a caller.
const CALLER_PREFIX: &str = "sip_";

pub(super) fn read(body: &[u8], received_at: Timestamp) -> Result<LiveKitEvent, PayloadError> {
    let value: Value = serde_json::from_slice(body)
        .map_err(|error| PayloadError::NotJson { line: error.line(), column: error.column() })?;
    let Value::Object(fields) = value else { return Err(PayloadError::NotAnObject) };
    let event_type = text(&fields, &["event", "event_type", "type"]).ok_or(PayloadError::Missing("event"))?;
    if event_type.len() > MAX_ID_BYTES {
        return Err(PayloadError::Invalid("event".to_owned()));
    }
    let egress: Option<EgressInfo> = part(&fields, "egressInfo");
    let room = room(Some(wire_room(&fields)), egress.as_ref());
    let created_at = ["createdAt", "created_at", "timestamp"].into_iter().find_map(|name| {
        let time: WireTime = part(&fields, name)?;
        Some(time.0)
    });
    let id = text(&fields, &["id", "event_id"]).filter(|id| id.len() <= MAX_ID_BYTES);
    Ok(LiveKitEvent {
        // Without the room, whose name may hold a phone number: keys are logged. The digest covers it.
        id: id.unwrap_or_else(|| EventKey::natural_id(&[&event_type], body)),
        event_type,
        created_at: created_at.unwrap_or(received_at),
        room,
        participant: wire_participant(&fields).map(participant),
        egress_id: egress.as_ref().and_then(egress_id),
        recording: egress.and_then(recording),
    })
}

fn wire_room(fields: &Map<String, Value>) -> Room {
    let nested = fields.get("room").and_then(Value::as_object);
    let by_name = fields.get("room").and_then(Value::as_str).map(str::to_owned);
    let read: Room = part(fields, "room").unwrap_or_default();
    let told = |name: &str| nested.and_then(|room| text(room, &[name]));
    Room {
        sid: told("sid").or_else(|| text(fields, &["room_sid", "roomSid"])),
        name: told("name").or(by_name).or_else(|| text(fields, &["room_name", "roomName"])),
        ..read
    }
}

fn wire_participant(fields: &Map<String, Value>) -> Option<Participant> {
    if let Some(participant) = part(fields, "participant") {
        return Some(participant);
    }
    let nested = fields.get("participant").and_then(Value::as_object);
    let identity = nested.and_then(|participant| text(participant, &["identity"]));
    let identity =
        identity.or_else(|| text(fields, &["participant_identity", "participantIdentity", "participant"]))?;
    let reason = fields.get("disconnect_reason").or_else(|| fields.get("reason"));
    Some(Participant {
        kind: identity.starts_with(CALLER_PREFIX).then_some(Kind::Sip),
        identity: Some(identity),
        joined_at: None,
        permission: None,
        attributes: None,
        disconnect_reason: reason.and_then(|reason| Deserialize::deserialize(reason).ok()),
    })
}

/// A field, if it is there and has the type that it should have.
fn part<T: for<'de> Deserialize<'de>>(fields: &Map<String, Value>, name: &str) -> Option<T> {
    T::deserialize(fields.get(name)?).ok()
}

/// The first of these fields that is a text and says something.
fn text(fields: &Map<String, Value>, names: &[&str]) -> Option<String> {
    let texts = names.iter().filter_map(|name| fields.get(*name)?.as_str());
    texts.map(str::to_owned).find(|text| !text.is_empty())
}
