//! The identities of events and calls.

use std::fmt;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::placeholder::is_placeholder;
use crate::crypto::sha256;

/// Identifies one event of one source for ever: `livekit:EV_aR7mLeft00006`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct EventKey(String);

impl EventKey {
    /// The key of the event that `source` calls `id`. An id that contains a phone number is hashed.
    pub fn of(source: &str, id: &str) -> Self {
        if shows_a_number(id) {
            // Keys appear in logs.
            return Self(format!("{source}:{}", hex::encode(sha256(id.as_bytes()))));
        }
        Self(format!("{source}:{id}"))
    }

    /// The key of an event without an id: its natural parts (call, type, state, sequence, time) and
    /// a digest of its body. A duplicate entry is better than a lost event.
    pub fn natural(source: &str, parts: &[&str], body: &[u8]) -> Self {
        Self::of(source, &Self::natural_id(parts, body))
    }

    /// The substitute for the id of an event that has none, as in [`EventKey::natural`].
    pub fn natural_id(parts: &[&str], body: &[u8]) -> String {
        let hash = sha256(body);
        let mut natural = parts.join(":");
        // DynamoDB's keys have at most 2,048 bytes; the digest covers what is cut off.
        natural.truncate(natural.floor_char_boundary(512));
        format!("{natural}:{}", hex::encode(&hash[..16]))
    }

    /// The key of the same event in a tenant's own provider account: it never equals the key of
    /// another account's event.
    pub fn in_account_of(&self, tenant_id: &str) -> Self {
        let (source, id) = self.0.split_once(':').unwrap_or_default();
        // With the length, so that no account and id can be read as another account's.
        Self::of(source, &format!("@{}:{tenant_id}:{id}", tenant_id.len()))
    }

    /// A key that was made by [`EventKey::of`] or [`EventKey::natural`] and stored.
    pub fn from_stored(key: String) -> Self {
        Self(key)
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// 64 bits of the key's SHA-256. They distribute events over shards and slots.
    pub fn digest(&self) -> u64 {
        sha256(self.0.as_bytes())
            .iter()
            .take(8)
            .fold(0, |bits, byte| (bits << 8) | u64::from(*byte))
    }
}

impl fmt::Display for EventKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// One name that a provider has for a call; a call may have many.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum CallKey {
    /// Unique for ever.
    RoomSid(String),
    /// A later room may use it again.
    RoomName(String),
    /// LiveKit's SIP call id (`SCL_…`) or the carrier's SIP Call-ID.
    SipCall(String),
    /// The call SID of Twilio or SignalWire.
    CallSid(String),
    Conversation(String),
    /// The record itself: the platform's own events name calls by their ids.
    Record(CallId),
    /// A call that a company's dialer submitted, by the company's name for it.
    Captured {
        /// The tenant whose API key submitted it: no name reaches another tenant's call.
        tenant_id: String,
        company_id: String,
        system: Option<String>,
        /// The system's id of the call, or a digest if it gave none.
        id: String,
    },
}

impl CallKey {
    /// A placeholder names no call, and would merge all calls that have it.
    pub fn names_a_call(&self) -> bool {
        match self {
            Self::RoomSid(id) | Self::SipCall(id) | Self::CallSid(id) | Self::Conversation(id) => {
                is_call_name(id)
            }
            // People choose these: they may number their calls from 1, and name a room `a`.
            Self::Record(_) => true,
            Self::RoomName(name) | Self::Captured { id: name, .. } => !is_placeholder(name),
        }
    }

    /// The id of the item that this key leads to. It is computed from the key, so a call needs no
    /// index and two writers cannot create it twice.
    pub fn call_id(&self) -> CallId {
        let (kind, name) = match self {
            Self::RoomSid(sid) => ("room-sid", sid),
            Self::RoomName(name) => ("room-name", name),
            Self::SipCall(id) => ("sip-call", id),
            Self::CallSid(sid) => ("call-sid", sid),
            Self::Conversation(id) => ("conversation", id),
            Self::Record(id) => return *id,
            Self::Captured {
                tenant_id,
                company_id,
                system,
                id,
            } => {
                // As JSON, so that no two lists of names make the same text.
                let names = serde_json::json!([tenant_id, company_id, system, id]).to_string();
                return CallId::of(&format!("captured:{names}"));
            }
        };
        CallId::of(&format!("{kind}:{name}"))
    }
}

/// Whether an id contains a whole phone number, as carriers' SIP Call-IDs may.
fn shows_a_number(id: &str) -> bool {
    let is_digits = |text: &str, most: usize| {
        (7..=most).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit())
    };
    let begins_with_digits = |text: &str| text.get(..7).is_some_and(|digits| is_digits(digits, 7));
    is_digits(id, 15) || id.split('+').skip(1).any(begins_with_digits)
}

/// No provider's id is longer.
const MAX_CALL_NAME_BYTES: usize = 512;

/// Whether a text may be a provider's id of a call. No id has a single character, and an id that
/// was cut within a character could belong to two calls.
pub fn is_call_name(text: &str) -> bool {
    let is_whole = !text.contains(char::REPLACEMENT_CHARACTER) && text.len() <= MAX_CALL_NAME_BYTES;
    text.trim().chars().nth(1).is_some() && is_whole && !is_placeholder(text)
}

/// The UUIDv5 namespace of call keys; changing it would orphan every stored call.
const NAMESPACE: Uuid = Uuid::from_u128(0x6e1f_5f0a_52b1_4a53_9a8e_1f0c_27d4_93b6);

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CallId(Uuid);

impl Serialize for CallId {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for CallId {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).ok_or_else(|| serde::de::Error::custom("no call id"))
    }
}

impl CallId {
    fn of(name: &str) -> Self {
        Self(Uuid::new_v5(&NAMESPACE, name.as_bytes()))
    }

    /// The id of this tenant's call if the item of this id belongs to another tenant: a name that
    /// both use must not lead from one to the other.
    pub fn owned_by(self, tenant_id: &str) -> Self {
        Self::of(&format!("owned:{tenant_id}:{self}"))
    }

    pub fn parse(text: &str) -> Option<Self> {
        Uuid::try_parse(text).ok().map(Self)
    }

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
        assert_ne!(
            CallKey::RoomName(text.clone()).call_id(),
            CallKey::SipCall(text).call_id()
        );
    }

    #[test]
    fn an_id_of_one_character_is_a_real_one_or_none() {
        let own = |id: &str| CallKey::Captured {
            tenant_id: "acme".to_owned(),
            company_id: "c".to_owned(),
            system: None,
            id: id.to_owned(),
        };
        for key in [own("1"), own("x"), CallKey::RoomName("a".to_owned())] {
            assert!(key.names_a_call(), "{key:?}");
        }
        let given = [
            CallKey::RoomSid,
            CallKey::SipCall,
            CallKey::CallSid,
            CallKey::Conversation,
        ];
        for kind in given {
            assert!(!kind("7".to_owned()).names_a_call() && kind("77".to_owned()).names_a_call());
        }
        assert!(
            !own("0").names_a_call() && !CallKey::RoomName("undefined".to_owned()).names_a_call()
        );
    }

    #[test]
    fn a_key_holds_no_phone_number() {
        for id in [
            "+15551234567",
            "15551234567",
            "sip:+15551234567@example.com",
            "5551234",
            "%+15551234567:x",
        ] {
            let key = EventKey::of("livekit-sip-inbound", id);
            assert!(!key.as_str().contains("5551234"), "{key}");
            assert_ne!(
                key,
                EventKey::of("livekit-sip-inbound", &format!("{id}0")),
                "{id}"
            );
        }
        for id in [
            "EV_1",
            "evt_test_123",
            "CA0123456789abcdef0123456789abcdef",
            "1234567890123456",
            "a+1",
            "123456",
        ] {
            assert_eq!(
                EventKey::of("livekit", id).as_str(),
                format!("livekit:{id}")
            );
        }
    }

    #[test]
    fn the_digest_is_the_head_of_sha256() {
        assert_eq!(
            EventKey::of("livekit", "EV_1").digest(),
            0x2eb3_8b69_dfda_4691
        );
    }
}
