//! Values that several fields share.

use std::{borrow::Cow, ops::RangeInclusive};

use serde_json::{Map, Value};

use crate::http::{error::ApiError, json_body::wrong};

/// The fields of the object that a field holds. Some clients have but one kind of empty collection, a
/// list, and leave a field empty by an empty text: both are an object without fields.
pub(super) fn object<'a>(
    field: &str,
    value: &'a Value,
) -> Result<Cow<'a, Map<String, Value>>, ApiError> {
    match value {
        Value::Object(fields) => Ok(Cow::Borrowed(fields)),
        Value::Array(list) if list.is_empty() => Ok(Cow::default()),
        Value::String(text) if text.trim().is_empty() => Ok(Cow::default()),
        _ => Err(wrong(field, "must be an object")),
    }
}

/// A whole number, which may be written as `5.0`.
pub(super) fn whole_number(
    field: &str,
    value: &Value,
    range: RangeInclusive<u32>,
) -> Result<u32, ApiError> {
    let bounds = f64::from(*range.start())..=f64::from(*range.end());
    let number = value
        .as_f64()
        .filter(|number| number.fract() == 0.0 && bounds.contains(number));
    let why = || {
        format!(
            "must be a whole number from {} to {}",
            range.start(),
            range.end()
        )
    };
    number
        .map(|number| number as u32)
        .ok_or_else(|| wrong(field, &why()))
}
