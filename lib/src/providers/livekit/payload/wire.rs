//! The parts of an event. Any field may be absent (protobuf-JSON omits defaults) or of another
//! type, which counts as absent.

use std::borrow::Cow;

use super::{Participant, Recording, Role, Room, Sip};
use crate::{
    domain::timestamp::Timestamp,
    json::{Json, Object},
    providers::values::{MAX_ID_BYTES, fact},
};

/// A text or number of at most `MAX_BYTES`.
pub(super) fn text(fields: &Object<'_>, name: &str) -> Option<String> {
    fact(fields.get(name).scalar().map(Cow::into_owned))
}

/// It may have neither sid nor name.
pub(super) fn room(room: &Object<'_>) -> Room {
    Room {
        // Half a character would make two sids equal; a name is only one of several keys.
        sid: fact(room.get("sid").id().map(Cow::into_owned)),
        name: text(room, "name"),
        created_at: known_time(room.get("creationTime")),
        campaign_id: fact(campaign_id(room.get("metadata"))),
    }
}

pub(super) fn recorded_room(egress: &Object<'_>) -> Room {
    let sid = fact(egress.get("roomId").id().map(Cow::into_owned));
    Room {
        sid,
        name: text(egress, "roomName"),
        ..Room::default()
    }
}

/// From a JSON object, usually inside a string.
fn campaign_id(metadata: Json<'_>) -> Option<String> {
    let unwrapped = metadata.unwrapped();
    let object = Object::parse(&unwrapped).ok()?;
    ["campaign_id", "campaignId", "campaign"]
        .into_iter()
        .find_map(|name| {
            let id = object.get(name);
            // The first that is present counts, even if it is empty.
            id.string()
                .or_else(|| id.number().map(Cow::Borrowed))
                .map(Cow::into_owned)
        })
}

pub(super) fn participant(participant: &Object<'_>) -> Participant {
    let permission = participant.get("permission").object();
    let is = |name: &str| permission.get(name).bool() == Some(true);
    let sip = participant.get("attributes").object();
    let identity = text(participant, "identity");
    Participant {
        role: if is("recorder") || is("agent") {
            Role::Machine
        } else {
            role(participant.get("kind"), identity.as_deref())
        },
        identity,
        joined_at: known_time(participant.get("joinedAt")),
        disconnect_reason: fact(disconnect_reason(participant.get("disconnectReason"))),
        sip: Sip {
            call_id: text(&sip, "sip.callID"),
            call_id_full: text(&sip, "sip.callIDFull"),
            twilio_call_sid: text(&sip, "sip.twilio.callSid"),
            call_status: text(&sip, "sip.callStatus"),
            rule_id: text(&sip, "sip.ruleID"),
            trunk_id: text(&sip, "sip.trunkID"),
            phone_number: text(&sip, "sip.phoneNumber"),
            trunk_phone_number: text(&sip, "sip.trunkPhoneNumber"),
        },
    }
}

/// `ParticipantInfo.Kind`: STANDARD, INGRESS, EGRESS, SIP, AGENT, CONNECTOR (7) and BRIDGE (8).
/// Connectors and bridges carry people; an unknown kind counts as a person too.
fn role(kind: Json<'_>, identity: Option<&str>) -> Role {
    match kind
        .scalar()
        .map(|kind| kind.to_ascii_uppercase())
        .as_deref()
    {
        Some("SIP" | "3") => Role::Phone,
        Some("INGRESS" | "EGRESS" | "AGENT" | "1" | "2" | "4") => Role::Machine,
        None if !kind.is_null() => role_by_name(identity),
        _ => Role::Standard,
    }
}

/// The prefix of LiveKit's identity for a caller.
const CALLER_PREFIX: &str = "sip_";

/// For a participant without a kind.
pub(super) fn role_by_name(identity: Option<&str>) -> Role {
    let is_caller = identity.is_some_and(|identity| identity.starts_with(CALLER_PREFIX));
    if is_caller {
        Role::Phone
    } else {
        Role::Standard
    }
}

/// RFC 3339, or Unix seconds as a number or as a decimal string. A fraction is dropped.
pub(super) fn time(time: Json<'_>) -> Option<Timestamp> {
    let text = time.scalar()?;
    match whole(&text) {
        Some(seconds) => Timestamp::from_seconds(seconds),
        None => Timestamp::parse_rfc3339(&text),
    }
}

pub(super) fn is_unix(time: Json<'_>) -> bool {
    time.scalar().is_some_and(|text| whole(&text).is_some())
}

/// protobuf-JSON's zero means unknown. LiveKit also sends the start in milliseconds, but every end
/// in whole seconds: a span of the two would be half a second short on average.
fn known_time(json: Json<'_>) -> Option<Timestamp> {
    time(json).filter(|time| *time > Timestamp::EPOCH)
}

/// A whole number, also as `45.0`.
fn whole(text: &str) -> Option<i64> {
    let (digits, fraction) = text.split_once('.').unwrap_or((text, ""));
    fraction
        .bytes()
        .all(|digit| digit.is_ascii_digit())
        .then(|| digits.parse().ok())
        .flatten()
}

const DISCONNECT_REASONS: [&str; 17] = [
    "UNKNOWN_REASON",
    "CLIENT_INITIATED",
    "DUPLICATE_IDENTITY",
    "SERVER_SHUTDOWN",
    "PARTICIPANT_REMOVED",
    "ROOM_DELETED",
    "STATE_MISMATCH",
    "JOIN_FAILURE",
    "MIGRATION",
    "SIGNAL_CLOSE",
    "ROOM_CLOSED",
    "USER_UNAVAILABLE",
    "USER_REJECTED",
    "SIP_TRUNK_FAILURE",
    "CONNECTION_TIMEOUT",
    "MEDIA_FAILURE",
    "AGENT_ERROR",
];

/// `DisconnectReason` by its name; numbers are translated into names.
pub(super) fn disconnect_reason(reason: Json<'_>) -> Option<String> {
    let reason = reason.scalar()?;
    let number = whole(&reason).and_then(|number| usize::try_from(number).ok());
    let name = number.and_then(|number| DISCONNECT_REASONS.get(number));
    Some(name.map_or_else(|| reason.into_owned(), |name| (*name).to_owned()))
}

pub(super) fn egress_id(egress: &Object<'_>) -> Option<String> {
    let id = egress.get("egressId").id().map(Cow::into_owned);
    fact(id).filter(|id| id.len() <= MAX_ID_BYTES)
}

/// Only an egress that completed or reached its limit has a result.
pub(super) fn recording(egress: &Object<'_>) -> Option<Recording> {
    let status = egress.get("status").scalar()?;
    let number = whole(&status);
    if !matches!(number, Some(3 | 6))
        && !matches!(&*status, "EGRESS_COMPLETE" | "EGRESS_LIMIT_REACHED")
    {
        return None;
    }
    // LiveKit deprecated the last one; older servers still send it.
    let files = egress
        .get("fileResults")
        .list()
        .into_iter()
        .chain([egress.get("file")]);
    // The document's download link, or else LiveKit's location.
    let url = |file: Json<'_>| {
        file.object()
            .first(&["downloadUrl", "location"])
            .map(Cow::into_owned)
    };
    if let Some(url) = fact(files.into_iter().find_map(url)) {
        return Some(Recording { url, is_file: true });
    }
    let segments = egress.get("segmentResults").list();
    let playlist = |info: Json<'_>| {
        info.object()
            .first(&["playlistLocation"])
            .map(Cow::into_owned)
    };
    let url = fact(segments.into_iter().find_map(playlist))?;
    Some(Recording {
        url,
        is_file: false,
    })
}
