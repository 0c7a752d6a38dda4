//! Reading and writing the attributes of an item.

use std::collections::HashMap;

use aws_sdk_dynamodb::{primitives::Blob, types::AttributeValue};

use super::StoreError;
use crate::domain::timestamp::Timestamp;

/// An item, by attribute.
pub type Item = HashMap<String, AttributeValue>;

pub(super) fn string(text: impl Into<String>) -> AttributeValue {
    AttributeValue::S(text.into())
}

pub(super) fn number(number: impl ToString) -> AttributeValue {
    AttributeValue::N(number.to_string())
}

pub(super) fn time(time: Timestamp) -> AttributeValue {
    number(time.as_millis())
}

pub(super) fn binary(bytes: Vec<u8>) -> AttributeValue {
    AttributeValue::B(Blob::new(bytes))
}

/// An item with these attributes.
pub(super) fn item<const N: usize>(attributes: [(&str, AttributeValue); N]) -> Item {
    attributes
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value))
        .collect()
}

/// Those of the attributes that are there, all of them strings.
pub(super) fn optional<const N: usize>(attributes: [(&str, Option<String>); N]) -> Item {
    let there = attributes
        .into_iter()
        .filter_map(|(name, value)| Some((name.to_owned(), string(value?))));
    there.collect()
}

/// The version of the layout in which items are written, their attribute `v`.
pub(super) const LAYOUT: u32 = 1;

/// Refuses an item that a later version has written in a layout of its own: read as this one it would be
/// misunderstood, and written back it would lose what it says. Health and counters have no layout.
pub(super) fn check_layout(item: &Item) -> Result<(), StoreError> {
    match item.contains_key("v") && read_number::<u32>(item, "v")? > LAYOUT {
        true => Err(StoreError::Corrupt { what: "v" }),
        false => Ok(()),
    }
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
    let text = item.get(name).and_then(|value| value.as_n().ok());
    text.and_then(|text| text.parse().ok())
        .ok_or(StoreError::Corrupt { what: name })
}

/// A moment that need not be there.
pub(super) fn find_time(item: &Item, name: &'static str) -> Result<Option<Timestamp>, StoreError> {
    item.contains_key(name)
        .then(|| read_time(item, name))
        .transpose()
}

pub(super) fn read_time(item: &Item, name: &'static str) -> Result<Timestamp, StoreError> {
    Timestamp::from_millis(read_number(item, name)?).ok_or(StoreError::Corrupt { what: name })
}

pub(super) fn read_binary<'a>(item: &'a Item, name: &'static str) -> Result<&'a [u8], StoreError> {
    let blob = item.get(name).and_then(|value| value.as_b().ok());
    blob.map(AsRef::as_ref)
        .ok_or(StoreError::Corrupt { what: name })
}
