//! What a body says of a subscription.

use crate::{
    admin::subscriptions::Rotation,
    delivery::{
        addresses::Loopback,
        destination::{self, WrongUrl},
    },
    domain::{
        delivery::signature::SigningSecret,
        event_type,
        name::is_name,
        subscription::{
            SubscriptionStatus,
            change::{NewSubscription, SubscriptionChange},
        },
    },
    http::{
        error::ApiError,
        json_body::{Fields, no_name, wrong},
        webhook_config::values::{object, whole_number},
    },
};

use serde_json::{Map, Value};

use super::{filters, headers, schedule};

/// The longest URL, in bytes.
const MAX_URL_BYTES: usize = 2_048;
/// The highest rate limit that a subscription may have, in deliveries a second.
const MAX_RATE: u32 = 1_000;
/// The largest metadata, in bytes of JSON.
const MAX_METADATA_BYTES: usize = 8 * 1_024;
/// How long the old secret signs along after a rotation, in seconds.
const DEFAULT_OVERLAP: u32 = 86_400;
/// A week.
const MAX_OVERLAP: u32 = 604_800;

/// The subscription that a body asks for.
/// 400 that names the field which is missing or wrong.
pub fn new_subscription(fields: &Fields, loopback: Loopback) -> Result<NewSubscription, ApiError> {
    Ok(NewSubscription {
        name: required(fields, "name", name)?,
        url: required(fields, "url", |value| url(value, loopback))?,
        event_types: required(fields, "eventTypes", event_types)?,
        rest: options(fields)?,
    })
}

/// The change that a body asks for: of what it names, and of nothing else.
/// 400 that names the field which is wrong.
pub fn change(fields: &Fields, loopback: Loopback) -> Result<SubscriptionChange, ApiError> {
    if fields.get("secret") == Some(&Value::Null) {
        return Err(wrong(
            "secret",
            "must be a string; rotate-secret generates one",
        ));
    }
    Ok(SubscriptionChange {
        name: sent(fields, "name", name)?,
        url: sent(fields, "url", |value| url(value, loopback))?,
        event_types: sent(fields, "eventTypes", event_types)?,
        ..options(fields)?
    })
}

/// The rotation that a body asks for.
/// 400 that names the field which is wrong.
pub fn rotation(fields: &Fields) -> Result<Rotation, ApiError> {
    let overlap = |value: &Value| whole_number("overlapSeconds", value, 0..=MAX_OVERLAP);
    Ok(Rotation {
        secret: given(fields, "secret", secret)?,
        overlap_seconds: given(fields, "overlapSeconds", overlap)?.unwrap_or(DEFAULT_OVERLAP),
    })
}

/// The fields that have a default.
fn options(fields: &Fields) -> Result<SubscriptionChange, ApiError> {
    let rate_limit = |value: &Value| whole_number("rateLimit", value, 1..=MAX_RATE).map(Some);
    Ok(SubscriptionChange {
        secret: given(fields, "secret", secret)?,
        status: or_default(fields, "status", status)?,
        headers: or_default(fields, "headers", headers::read)?,
        retry_config: or_default(fields, "retryConfig", schedule::read)?,
        filters: or_default(fields, "filters", filters::read)?,
        rate_limit: or_default(fields, "rateLimit", rate_limit)?,
        metadata: or_default(fields, "metadata", metadata)?,
        ..SubscriptionChange::default()
    })
}

type Read<T> = Result<T, ApiError>;

/// A field that must hold something.
fn required<T>(fields: &Fields, field: &str, read: impl FnOnce(&Value) -> Read<T>) -> Read<T> {
    given(fields, field, read)?.ok_or_else(|| wrong(field, "is required"))
}

/// A field that must hold something if it is there.
fn sent<T>(fields: &Fields, field: &str, read: impl FnOnce(&Value) -> Read<T>) -> Read<Option<T>> {
    fields
        .get(field)
        .map(|_| required(fields, field, read))
        .transpose()
}

/// A field that may hold nothing.
fn given<T>(fields: &Fields, field: &str, read: impl FnOnce(&Value) -> Read<T>) -> Read<Option<T>> {
    fields
        .get(field)
        .filter(|value| !value.is_null())
        .map(read)
        .transpose()
}

/// A field that returns to its default by `null`.
fn or_default<T: Default>(
    fields: &Fields,
    field: &str,
    read: impl FnOnce(&Value) -> Read<T>,
) -> Read<Option<T>> {
    let Some(_) = fields.get(field) else {
        return Ok(None);
    };
    Ok(Some(given(fields, field, read)?.unwrap_or_default()))
}

fn name(value: &Value) -> Read<String> {
    let text = value.as_str().filter(|text| is_name(text));
    text.map(str::to_owned).ok_or_else(|| no_name("name"))
}

fn url(value: &Value, loopback: Loopback) -> Read<String> {
    let text = value
        .as_str()
        .ok_or_else(|| wrong("url", "must be a string"))?;
    if text.len() > MAX_URL_BYTES {
        return Err(wrong(
            "url",
            &format!("must have {MAX_URL_BYTES} bytes at most"),
        ));
    }
    // The parser would drop these, and a reader of the URL would not see where it leads.
    if text
        .chars()
        .any(|letter| letter.is_whitespace() || letter.is_control())
    {
        return Err(wrong("url", &WrongUrl::Malformed.to_string()));
    }
    destination::parse(text, loopback).map_err(|why| wrong("url", &why.to_string()))?;
    Ok(text.to_owned())
}

/// Each type once, in the order in which they are given.
fn event_types(value: &Value) -> Read<Vec<String>> {
    let names = value
        .as_array()
        .filter(|names| !names.is_empty())
        .ok_or_else(no_event_types)?;
    let mut types = Vec::new();
    for name in names {
        let name = name
            .as_str()
            .filter(|name| event_type::is_known(name))
            .ok_or_else(no_event_types)?;
        if !types.iter().any(|known| known == name) {
            types.push(name.to_owned());
        }
    }
    Ok(types)
}

fn no_event_types() -> ApiError {
    let why = format!(
        "must be an array of one or more of {}",
        event_type::all().join(", ")
    );
    wrong("eventTypes", &why)
}

fn secret(value: &Value) -> Read<SigningSecret> {
    let text = value
        .as_str()
        .ok_or_else(|| wrong("secret", "must be a string"))?;
    // Supabase writes a secret with the version of its signatures before it.
    let text = text
        .strip_prefix("v1,")
        .filter(|text| text.starts_with("whsec_"))
        .unwrap_or(text);
    SigningSecret::parse(text).map_err(|why| wrong("secret", &why.to_string()))
}

fn status(value: &Value) -> Read<SubscriptionStatus> {
    match value.as_str() {
        Some("active") => Ok(SubscriptionStatus::Active),
        Some("inactive") => Ok(SubscriptionStatus::Inactive),
        _ => Err(wrong("status", "must be active or inactive")),
    }
}

fn metadata(value: &Value) -> Read<Map<String, Value>> {
    let metadata = object("metadata", value)?;
    if value.to_string().len() > MAX_METADATA_BYTES {
        return Err(wrong(
            "metadata",
            &format!("must have {MAX_METADATA_BYTES} bytes of JSON at most"),
        ));
    }
    Ok(metadata.into_owned())
}
