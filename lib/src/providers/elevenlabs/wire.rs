//! Reading JSON whose sender may change any part of it: what has not the expected form says nothing,
//! and takes nothing else with it.

use std::{fmt, marker::PhantomData, time::Duration};

use serde::{
    Deserialize, Deserializer,
    de::{IgnoredAny, MapAccess, SeqAccess, Visitor, value::MapAccessDeserializer},
};
use serde_json::Value;

use super::payload_error::PayloadError;
use crate::{domain::timestamp::Timestamp, providers::fact::fact};

/// Longer than any provider's name of an event.
const MAX_TYPE_BYTES: usize = 256;

/// A text that says something. Numbers are as good: an id may be sent as one.
pub(super) fn text(value: &Value) -> Option<String> {
    let text = match value {
        Value::String(text) => text.trim().to_owned(),
        Value::Number(number) => number.to_string(),
        _ => return None,
    };
    fact(Some(text))
}

/// A moment: Unix seconds, also as a decimal string, or RFC 3339. Zero says that it is not known.
pub(super) fn time(value: &Value) -> Option<Timestamp> {
    let of_seconds = |seconds: f64| {
        let millis = Duration::try_from_secs_f64(seconds).ok()?.as_millis();
        Timestamp::from_millis(i64::try_from(millis).ok()?)
    };
    let time = match value {
        Value::Number(number) => {
            number.as_i64().map_or_else(|| number.as_f64().and_then(of_seconds), Timestamp::from_seconds)
        }
        Value::String(text) => {
            Timestamp::parse_rfc3339(text.trim()).or_else(|| text.trim().parse().ok().and_then(of_seconds))
        }
        _ => None,
    };
    time.filter(|time| *time > Timestamp::EPOCH)
}

/// Whole seconds.
pub(super) fn seconds(value: &Value) -> Option<u64> {
    let number = value.as_number()?;
    number.as_u64().or_else(|| Some(Duration::try_from_secs_f64(number.as_f64()?).ok()?.as_secs()))
}

/// What happened, in the sender's word for it.
pub(super) fn event_type(value: &Value) -> Result<String, PayloadError> {
    match value {
        Value::Null => Err(PayloadError::NoType),
        Value::String(name) if name.is_empty() => Err(PayloadError::NoType),
        Value::String(name) if name.len() <= MAX_TYPE_BYTES => Ok(name.clone()),
        _ => Err(PayloadError::Invalid("event_type")),
    }
}

/// Whether a body is a JSON object: serde would read a list as the fields in their order.
pub(super) fn is_object(body: &[u8]) -> bool {
    body.trim_ascii_start().first() == Some(&b'{')
}

/// The fields of an object; the defaults where something else stands.
pub(super) fn object_or_default<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de> + Default,
{
    deserializer.deserialize_any(ObjectOr(PhantomData))
}

/// Whether something stands here: a list or an object that is not empty. Nothing of it is kept, for a
/// transcript may have megabytes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Presence(pub(super) bool);

impl<'de> Deserialize<'de> for Presence {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(PresenceVisitor)
    }
}

macro_rules! scalars_say {
    ($value:expr) => {
        fn visit_bool<E>(self, _: bool) -> Result<Self::Value, E> {
            Ok($value)
        }
        fn visit_i64<E>(self, _: i64) -> Result<Self::Value, E> {
            Ok($value)
        }
        fn visit_u64<E>(self, _: u64) -> Result<Self::Value, E> {
            Ok($value)
        }
        fn visit_f64<E>(self, _: f64) -> Result<Self::Value, E> {
            Ok($value)
        }
        fn visit_str<E>(self, _: &str) -> Result<Self::Value, E> {
            Ok($value)
        }
        fn visit_unit<E>(self) -> Result<Self::Value, E> {
            Ok($value)
        }
    };
}

struct ObjectOr<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de> + Default> Visitor<'de> for ObjectOr<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any JSON")
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<T, A::Error> {
        T::deserialize(MapAccessDeserializer::new(map))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<T, A::Error> {
        while list.next_element::<IgnoredAny>()?.is_some() {}
        Ok(T::default())
    }

    scalars_say!(T::default());
}

struct PresenceVisitor;

impl<'de> Visitor<'de> for PresenceVisitor {
    type Value = Presence;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any JSON")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Presence, A::Error> {
        let mut presence = Presence(false);
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {
            presence = Presence(true);
        }
        Ok(presence)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Presence, A::Error> {
        let mut presence = Presence(false);
        while list.next_element::<IgnoredAny>()?.is_some() {
            presence = Presence(true);
        }
        Ok(presence)
    }

    scalars_say!(Presence(false));
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_time_is_read_in_every_spelling_and_nothing_else_is() {
        let new_year = Timestamp::from_seconds(1_767_312_000);
        for value in
            [json!(1_767_312_000), json!(1_767_312_000.0), json!("1767312000"), json!("2026-01-02T00:00:00Z")]
        {
            assert_eq!(time(&value), new_year, "{value}");
        }
        assert_eq!(time(&json!(1_767_312_000.25)), Timestamp::from_millis(1_767_312_000_250));
        for value in
            [json!(0), json!(-5), json!(-5.5), json!(1e300), json!("yesterday"), json!(null), json!([1])]
        {
            assert_eq!(time(&value), None, "{value}");
        }
    }

    #[test]
    fn presence_is_that_of_a_list_or_object_with_something_in_it() {
        for (json, there) in [
            ("[{}]", true),
            (r#"{"spans":[]}"#, true),
            ("[]", false),
            ("{}", false),
            ("null", false),
            (r#""text""#, false),
            ("7", false),
        ] {
            assert_eq!(serde_json::from_str::<Presence>(json).unwrap(), Presence(there), "{json}");
        }
    }
}
