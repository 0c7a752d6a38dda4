//! The JSON itself. Every field may be absent or null, because protobuf-JSON omits defaults.

use serde::{
    Deserialize, Deserializer,
    de::{Error, Unexpected, Visitor},
};

use crate::domain::timestamp::Timestamp;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Wire {
    pub(super) id: Option<String>,
    pub(super) event: Option<String>,
    pub(super) created_at: Option<WireTime>,
    pub(super) room: Option<Room>,
    pub(super) participant: Option<Participant>,
    pub(super) egress_info: Option<EgressInfo>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Room {
    pub(super) sid: Option<String>,
    pub(super) name: Option<String>,
    pub(super) creation_time: Option<WireTime>,
    pub(super) metadata: Option<serde_json::Value>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Participant {
    pub(super) identity: Option<String>,
    pub(super) joined_at: Option<WireTime>,
    pub(super) kind: Option<Kind>,
    pub(super) permission: Option<Permission>,
    pub(super) attributes: Option<Attributes>,
    pub(super) disconnect_reason: Option<DisconnectReason>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Permission {
    pub(super) recorder: Option<bool>,
    pub(super) agent: Option<bool>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Attributes {
    #[serde(rename = "sip.callID")]
    pub(super) call_id: Option<String>,
    #[serde(rename = "sip.callIDFull")]
    pub(super) call_id_full: Option<String>,
    #[serde(rename = "sip.twilio.callSid")]
    pub(super) twilio_call_sid: Option<String>,
    #[serde(rename = "sip.callStatus")]
    pub(super) call_status: Option<String>,
    #[serde(rename = "sip.ruleID")]
    pub(super) rule_id: Option<String>,
    #[serde(rename = "sip.trunkID")]
    pub(super) trunk_id: Option<String>,
    #[serde(rename = "sip.phoneNumber")]
    pub(super) phone_number: Option<String>,
    #[serde(rename = "sip.trunkPhoneNumber")]
    pub(super) trunk_phone_number: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct EgressInfo {
    pub(super) egress_id: Option<serde_json::Value>,
    pub(super) room_id: Option<String>,
    pub(super) room_name: Option<String>,
    pub(super) status: Option<EgressStatus>,
    pub(super) file_results: Option<Vec<FileInfo>>,
    /// Deprecated by LiveKit, still sent by older servers.
    pub(super) file: Option<FileInfo>,
    pub(super) segment_results: Option<Vec<SegmentsInfo>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct FileInfo {
    download_url: Option<String>,
    location: Option<String>,
}

impl FileInfo {
    /// The document's download link, else LiveKit's location.
    pub(super) fn url(self) -> Option<String> {
        let says_something = |url: &String| !url.is_empty();
        self.download_url.filter(says_something).or(self.location.filter(says_something))
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct SegmentsInfo {
    pub(super) playlist_location: Option<String>,
}

/// The campaign in a room's metadata: a JSON object, usually inside a string.
pub(super) fn campaign_id(metadata: serde_json::Value) -> Option<String> {
    let object = match metadata {
        serde_json::Value::String(text) => serde_json::from_str(&text).ok()?,
        other => other,
    };
    ["campaign_id", "campaignId", "campaign"].into_iter().find_map(|name| match object.get(name)? {
        serde_json::Value::String(id) => Some(id.clone()),
        serde_json::Value::Number(id) => Some(id.to_string()),
        _ => None,
    })
}

/// A time: RFC 3339, or Unix seconds as a number or as a decimal string.
#[derive(Clone, Copy)]
pub(super) struct WireTime(pub(super) Timestamp);

impl<'de> Deserialize<'de> for WireTime {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let time = match IntOrText::deserialize(deserializer)? {
            IntOrText::Int(seconds) => Timestamp::from_seconds(seconds),
            IntOrText::Text(text) => match text.parse() {
                Ok(seconds) => Timestamp::from_seconds(seconds),
                Err(_) => Timestamp::parse_rfc3339(&text),
            },
        };
        time.map(Self).ok_or_else(|| D::Error::custom("no time"))
    }
}

/// `ParticipantInfo.Kind`: STANDARD, INGRESS, EGRESS, SIP, AGENT, CONNECTOR (7) and BRIDGE (8).
#[derive(Clone, Copy)]
pub(super) enum Kind {
    Standard,
    Sip,
    Machine,
}

impl<'de> Deserialize<'de> for Kind {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(match IntOrText::deserialize(deserializer)? {
            IntOrText::Int(3) => Self::Sip,
            IntOrText::Int(1 | 2 | 4) => Self::Machine,
            IntOrText::Text(kind) if kind.eq_ignore_ascii_case("SIP") => Self::Sip,
            IntOrText::Text(kind)
                if ["INGRESS", "EGRESS", "AGENT"]
                    .iter()
                    .any(|machine| kind.eq_ignore_ascii_case(machine)) =>
            {
                Self::Machine
            }
            // Connectors and bridges carry people; a kind of the future is taken for a person too.
            IntOrText::Int(_) | IntOrText::Text(_) => Self::Standard,
        })
    }
}

/// `DisconnectReason` by its name; numbers are turned into their names.
pub(super) struct DisconnectReason(pub(super) String);

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

impl<'de> Deserialize<'de> for DisconnectReason {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Self(match IntOrText::deserialize(deserializer)? {
            IntOrText::Text(name) => name,
            IntOrText::Int(number) => usize::try_from(number)
                .ok()
                .and_then(|index| DISCONNECT_REASONS.get(index))
                .map_or_else(|| number.to_string(), |name| (*name).to_owned()),
        }))
    }
}

/// `EgressStatus`: only a complete egress, or one that reached its limit, has a result to keep.
#[derive(Clone, Copy)]
pub(super) struct EgressStatus {
    pub(super) has_result: bool,
}

impl<'de> Deserialize<'de> for EgressStatus {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let has_result = match IntOrText::deserialize(deserializer)? {
            IntOrText::Int(number) => matches!(number, 3 | 6),
            IntOrText::Text(name) => matches!(name.as_str(), "EGRESS_COMPLETE" | "EGRESS_LIMIT_REACHED"),
        };
        Ok(Self { has_result })
    }
}

/// protobuf-JSON gives integers and enums as numbers or strings, as the sender likes.
enum IntOrText {
    Int(i64),
    Text(String),
}

impl<'de> Deserialize<'de> for IntOrText {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct IntOrTextVisitor;

        impl Visitor<'_> for IntOrTextVisitor {
            type Value = IntOrText;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("an integer or a string")
            }

            fn visit_i64<E: Error>(self, number: i64) -> Result<IntOrText, E> {
                Ok(IntOrText::Int(number))
            }

            fn visit_u64<E: Error>(self, number: u64) -> Result<IntOrText, E> {
                i64::try_from(number)
                    .map(IntOrText::Int)
                    .map_err(|_| E::invalid_value(Unexpected::Unsigned(number), &self))
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<IntOrText, E> {
                Ok(IntOrText::Text(text.to_owned()))
            }
        }

        deserializer.deserialize_any(IntOrTextVisitor)
    }
}
