//! Items. A struct names the attributes of an item once, for the function that writes it and the one that
//! reads it.

use std::{collections::HashMap, slice};

use aws_sdk_dynamodb::types::AttributeValue;
use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{self, DeserializeOwned, DeserializeSeed, IntoDeserializer, MapAccess, Visitor},
    forward_to_deserialize_any,
    ser::Error as _,
};

use super::StoreError;
use crate::domain::timestamp::Timestamp;

/// An item, by attribute.
pub type Item = HashMap<String, AttributeValue>;

/// The version of the layout in which items are written, their attribute `v`. Health and counters have none.
const LAYOUT: u32 = 1;

pub(super) fn string(text: impl Into<String>) -> AttributeValue {
    AttributeValue::S(text.into())
}

pub(super) fn number(number: impl ToString) -> AttributeValue {
    AttributeValue::N(number.to_string())
}

pub(super) fn time(time: Timestamp) -> AttributeValue {
    number(time.as_millis())
}

/// A key, or the values of an expression.
pub(super) fn item<const N: usize>(attributes: [(&str, AttributeValue); N]) -> Item {
    attributes
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value))
        .collect()
}

/// The item that holds these attributes and the version of its layout.
pub(super) fn to_item(attributes: &impl Serialize) -> Result<Item, StoreError> {
    let mut item: Item =
        serde_dynamo::to_item(attributes).map_err(|_| StoreError::Corrupt { what: "item" })?;
    item.insert("v".to_owned(), number(LAYOUT));
    Ok(item)
}

/// Reads a struct of attributes, unless a later version has written the item in a layout of its own: read as
/// this one it would be misunderstood, and written back it would lose data.
pub(super) fn from_item<T: DeserializeOwned>(item: &Item) -> Result<T, StoreError> {
    check_layout(item)?;
    read(item)
}

pub(super) fn check_layout(item: &Item) -> Result<(), StoreError> {
    match find_number::<u32>(item, "v")? {
        Some(layout) if layout > LAYOUT => Err(StoreError::Corrupt { what: "v" }),
        _ => Ok(()),
    }
}

/// Reads a struct of attributes from an item that has no layout.
pub(super) fn read<T: DeserializeOwned>(item: &Item) -> Result<T, StoreError> {
    T::deserialize(Attributes(item)).map_err(|Unreadable(what)| StoreError::Corrupt { what })
}

pub(super) fn find_string<'a>(item: &'a Item, name: &str) -> Option<&'a str> {
    item.get(name)?.as_s().ok().map(String::as_str)
}

pub(super) fn read_string<'a>(item: &'a Item, name: &'static str) -> Result<&'a str, StoreError> {
    find_string(item, name).ok_or(StoreError::Corrupt { what: name })
}

pub(super) fn read_number<T: std::str::FromStr>(
    item: &Item,
    name: &'static str,
) -> Result<T, StoreError> {
    find_number(item, name)?.ok_or(StoreError::Corrupt { what: name })
}

pub(super) fn find_number<T: std::str::FromStr>(
    item: &Item,
    name: &'static str,
) -> Result<Option<T>, StoreError> {
    let Some(value) = item.get(name) else {
        return Ok(None);
    };
    let number = value.as_n().ok().and_then(|text| text.parse().ok());
    number.map(Some).ok_or(StoreError::Corrupt { what: name })
}

/// A value that an item holds as a JSON text.
#[derive(Debug)]
pub(super) struct Json<T>(pub(super) T);

impl<T: Serialize> Serialize for Json<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let text = serde_json::to_string(&self.0).map_err(S::Error::custom)?;
        serializer.serialize_str(&text)
    }
}

impl<'de, T: DeserializeOwned> Deserialize<'de> for Json<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        serde_json::from_str(&text)
            .map(Self)
            .map_err(de::Error::custom)
    }
}

/// Deserializes a struct from an item: the values by `serde_dynamo`, whose errors do not name the attribute.
struct Attributes<'a>(&'a Item);

/// The attribute that is missing or cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct Unreadable(&'static str);

impl de::Error for Unreadable {
    fn custom<T: std::fmt::Display>(_: T) -> Self {
        Self("item")
    }

    fn missing_field(attribute: &'static str) -> Self {
        Self(attribute)
    }
}

impl<'de> Deserializer<'de> for Attributes<'_> {
    type Error = Unreadable;

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        attributes: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Unreadable> {
        visitor.visit_map(Present {
            item: self.0,
            attributes: attributes.iter(),
            current: None,
        })
    }

    fn deserialize_any<V: Visitor<'de>>(self, _: V) -> Result<V::Value, Unreadable> {
        Err(de::Error::custom("an item is read as a struct"))
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit
        unit_struct newtype_struct seq tuple tuple_struct map enum identifier ignored_any
    }
}

/// Those attributes of a struct that an item has.
struct Present<'a> {
    item: &'a Item,
    attributes: slice::Iter<'static, &'static str>,
    current: Option<(&'static str, &'a AttributeValue)>,
}

impl<'de> MapAccess<'de> for Present<'_> {
    type Error = Unreadable;

    fn next_key_seed<K: DeserializeSeed<'de>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, Unreadable> {
        self.current = self
            .attributes
            .find_map(|name| Some((*name, self.item.get(*name)?)));
        self.current
            .map(|(name, _)| seed.deserialize(name.into_deserializer()))
            .transpose()
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(
        &mut self,
        seed: V,
    ) -> Result<V::Value, Unreadable> {
        let (name, value) = self.current.ok_or(Unreadable("item"))?;
        let value = serde_dynamo::Deserializer::from_attribute_value(value.clone().into());
        seed.deserialize(value).map_err(|_| Unreadable(name))
    }
}

#[cfg(test)]
mod tests {
    use serde_with::skip_serializing_none;

    use super::*;

    #[skip_serializing_none]
    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Sample {
        created_at: Timestamp,
        text: Option<String>,
        #[serde(default, with = "serde_bytes")]
        bytes: Option<Vec<u8>>,
    }

    fn what(item: &Item) -> &'static str {
        match from_item::<Sample>(item) {
            Err(StoreError::Corrupt { what }) => what,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn an_item_is_written_and_read_by_the_names_of_its_struct() {
        let created_at = Timestamp::from_millis(1_761_751_845_123).unwrap();
        let (text, bytes) = (Some("text".to_owned()), Some(vec![0, 0xff]));
        let whole = Sample {
            created_at,
            text,
            bytes,
        };
        let expected = item([
            ("v", number(1)),
            ("createdAt", number(1_761_751_845_123_u64)),
            ("text", string("text")),
            ("bytes", AttributeValue::B(vec![0, 0xff].into())),
        ]);
        assert_eq!(to_item(&whole).unwrap(), expected);
        assert_eq!(from_item::<Sample>(&expected).unwrap(), whole);

        let bare = Sample {
            created_at,
            text: None,
            bytes: None,
        };
        let stored = to_item(&bare).unwrap();
        assert_eq!(stored.len(), 2, "what is absent has no attribute");
        assert_eq!(from_item::<Sample>(&stored).unwrap(), bare);
    }

    #[test]
    fn an_error_names_the_attribute_and_a_later_layout_comes_first() {
        let mut stored = item([("createdAt", number(1)), ("text", number(1))]);
        assert_eq!(what(&stored), "text", "of another type");
        stored.insert("v".to_owned(), number(2));
        assert_eq!(what(&stored), "v");
        assert_eq!(what(&item([("text", string("text"))])), "createdAt");
        assert_eq!(what(&item([("createdAt", number(-1))])), "createdAt");
    }
}
