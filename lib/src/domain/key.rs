//! The identities of events and calls.

use std::fmt;

use ring::digest;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// Identifies one event of one source for ever: `livekit:EV_aR7mLeft00006`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct EventKey(String);

impl EventKey {
    /// The key of the event that `source` itself calls `id`.
    #[must_use]
    pub fn of(source: &str, id: &str) -> Self {
        Self(format!("{source}:{id}"))
    }

    /// A key that was made by [`EventKey::of`] and stored.
    #[must_use]
    pub fn from_stored(key: String) -> Self {
        Self(key)
    }

    /// The key as it is stored.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// 64 bits of the key's SHA-256: what spreads events over shards and slots.
    #[must_use]
    pub fn digest(&self) -> u64 {
        let hash = digest::digest(&digest::SHA256, self.0.as_bytes());
        hash.as_ref().iter().take(8).fold(0, |bits, byte| (bits << 8) | u64::from(*byte))
    }
}

impl fmt::Display for EventKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// One name under which a provider knows a call; the same call may have many.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum CallKey {
    /// LiveKit's room sid, unique for ever.
    RoomSid(String),
    /// LiveKit's room name, which may be used again by a later room.
    RoomName(String),
    /// LiveKit's SIP call id (`SCL_…`) or the carrier's SIP Call-ID.
    SipCall(String),
    /// The call SID of Twilio or SignalWire.
    CallSid(String),
}

impl CallKey {
    /// The id of the item that this key leads to. Everyone who knows a key of a call computes the
    /// same id, so a call needs no index and two writers cannot create it twice.
    #[must_use]
    pub fn call_id(&self) -> CallId {
        let (kind, name) = match self {
            Self::RoomSid(sid) => ("room-sid", sid),
            Self::RoomName(name) => ("room-name", name),
            Self::SipCall(id) => ("sip-call", id),
            Self::CallSid(sid) => ("call-sid", sid),
        };
        CallId(Uuid::new_v5(&NAMESPACE, format!("{kind}:{name}").as_bytes()))
    }
}

/// The UUIDv5 namespace of call keys; changing it would orphan every stored call.
const NAMESPACE: Uuid = Uuid::from_u128(0x6e1f_5f0a_52b1_4a53_9a8e_1f0c_27d4_93b6);

/// A call's id: the `id` of `CallLog`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CallId(Uuid);

impl CallId {
    /// Reads an id as it stands in a URL.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Uuid::try_parse(text).ok().map(Self)
    }

    /// Spreads ids evenly over `shards` partitions.
    #[must_use]
    pub fn shard(self, shards: u8) -> u8 {
        let [first, ..] = self.0.into_bytes();
        first % shards
    }
}

impl fmt::Display for CallId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.hyphenated().fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stored_call_is_found_by_every_later_version() {
        let id = CallKey::RoomSid("RM_xyz789abc123".to_owned()).call_id();
        assert_eq!(id.to_string(), "75decced-4c31-5f3c-9d47-8892e71acc6e");
    }

    #[test]
    fn the_same_text_under_another_kind_is_another_key() {
        let text = "same".to_owned();
        assert_ne!(CallKey::RoomName(text.clone()).call_id(), CallKey::SipCall(text).call_id());
    }

    #[test]
    fn the_digest_is_the_head_of_sha256() {
        assert_eq!(EventKey::of("livekit", "EV_1").digest(), 0x2eb3_8b69_dfda_4691);
    }
}
