//! `filters`.

use serde_json::Value;

use crate::{
    domain::{name::is_name, subscription::Filters},
    http::{error::ApiError, json_body::wrong, webhook_config::values::object},
};

/// Entries of one filter.
const MAX_ENTRIES: usize = 100;

pub(super) fn read(value: &Value) -> Result<Filters, ApiError> {
    let mut filters = Filters::default();
    for (name, value) in object("filters", value)?.iter() {
        let filter = match name.as_str() {
            "campaigns" => &mut filters.campaigns,
            "agents" => &mut filters.agents,
            "outcomes" => &mut filters.outcomes,
            unknown => return Err(no_filter(unknown)),
        };
        if !value.is_null() {
            *filter = entries(&format!("filters.{name}"), value)?;
        }
    }
    Ok(filters)
}

fn no_filter(name: &str) -> ApiError {
    let why = "is unknown; there are campaigns, agents and outcomes";
    if is_name(name) {
        wrong(&format!("filters.{name}"), why)
    } else {
        wrong("filters", why)
    }
}

fn entries(path: &str, value: &Value) -> Result<Vec<String>, ApiError> {
    let entry = |value: &Value| {
        value
            .as_str()
            .filter(|text| is_name(text))
            .map(str::to_owned)
    };
    let entries = value
        .as_array()
        .filter(|entries| entries.len() <= MAX_ENTRIES);
    let entries = entries.and_then(|entries| entries.iter().map(entry).collect());
    entries.ok_or_else(|| {
        let why = format!(
            "must be an array of at most {MAX_ENTRIES} strings of 1 to 256 bytes without control characters"
        );
        wrong(path, &why)
    })
}
