//! Reads a body of which only an event name is certain: what can be read is used, the rest stays in
//! the log.

use std::borrow::Cow;

use super::{LiveKitEvent, Participant, Room, Sip, wire};
use crate::{
    domain::{key::EventKey, placeholder::is_placeholder, timestamp::Timestamp},
    json::{self, Object},
    providers::{
        PayloadError,
        values::{MAX_ID_BYTES, fact},
    },
};

pub(super) fn read(body: &[u8], received_at: Timestamp) -> Result<LiveKitEvent, PayloadError> {
    let text = json::text(body);
    let fields = Object::parse(&text)?;
    let names = ["event", "event_type", "type"]
        .into_iter()
        .map(|name| fields.get(name).string());
    let event_type = names
        .flatten()
        .find(|name| !name.is_empty())
        .ok_or(PayloadError::Missing("event"))?;
    if event_type.len() > MAX_ID_BYTES {
        return Err(PayloadError::Invalid("event"));
    }
    let egress = fields.get("egressInfo").object();
    let times = ["createdAt", "created_at", "timestamp"].into_iter();
    let created_at = times.map(|name| fields.get(name)).find_map(wire::time);
    let ids = ["id", "event_id"]
        .into_iter()
        .filter_map(|name| fields.get(name).string());
    let mut ids = ids.filter(|id| super::is_id(id) && !is_placeholder(id));
    Ok(LiveKitEvent {
        // Without the room's name, which may contain a phone number: keys are logged. The digest
        // covers it.
        id: ids.next().map_or_else(
            || EventKey::natural_id(&[event_type.as_ref()], body),
            Cow::into_owned,
        ),
        event_type: event_type.into_owned(),
        created_at: created_at.unwrap_or(received_at),
        room: super::known(room(&fields), &egress),
        participant: participant(&fields),
        egress_id: wire::egress_id(&egress),
        recording: wire::recording(&egress),
    })
}

fn room(fields: &Object<'_>) -> Room {
    let field = fields.get("room");
    let nested = wire::room(&field.object());
    let flat = |names: &[&str]| fact(fields.first(names).map(Cow::into_owned));
    Room {
        sid: nested.sid.or_else(|| flat(&["room_sid", "roomSid"])),
        name: nested
            .name
            .or_else(|| flat(&["room", "room_name", "roomName"])),
        ..nested
    }
}

fn participant(fields: &Object<'_>) -> Option<Participant> {
    let nested = fields.get("participant");
    if nested.is_object() {
        return Some(wire::participant(&nested.object()));
    }
    let identity = fields.first(&["participant_identity", "participantIdentity", "participant"])?;
    let reasons = ["disconnect_reason", "reason"]
        .into_iter()
        .map(|name| fields.get(name));
    Some(Participant {
        role: wire::role_by_name(Some(&identity)),
        identity: fact(Some(identity.into_owned())),
        joined_at: None,
        disconnect_reason: fact(reasons.into_iter().find_map(wire::disconnect_reason)),
        sip: Sip::default(),
    })
}
