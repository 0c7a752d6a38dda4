//! `headers`: what goes with every request besides Ringpost's own headers and the transport's.

use std::collections::{BTreeMap, HashSet};

use http::{HeaderName, HeaderValue};
use serde_json::Value;

use crate::{
    domain::name::is_name,
    http::{error::ApiError, json_body::wrong, webhook_config::values::object},
};

const MAX_HEADERS: usize = 20;
const MAX_VALUE_BYTES: usize = 1_024;
/// Those that Ringpost or its HTTP client sets, and those of a connection.
const RESERVED: [&str; 12] = [
    "connection",
    "content-encoding",
    "content-length",
    "content-type",
    "expect",
    "host",
    "keep-alive",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "user-agent",
];
/// The signature's headers, under Standard Webhooks' name and Svix's, and a proxy's.
const RESERVED_PREFIXES: [&str; 3] = ["webhook-", "svix-", "proxy-"];

/// The headers, named as they are given.
pub(super) fn read(value: &Value) -> Result<BTreeMap<String, String>, ApiError> {
    let given = object("headers", value)?;
    if given.len() > MAX_HEADERS {
        return Err(wrong(
            "headers",
            &format!("must have {MAX_HEADERS} entries at most"),
        ));
    }
    let (mut headers, mut seen) = (BTreeMap::new(), HashSet::new());
    for (name, value) in given.iter() {
        if !is_name(name) {
            return Err(wrong("headers", "must have names of 1 to 256 bytes"));
        }
        let refused = |why: &str| wrong(&format!("headers.{name}"), why);
        let header =
            HeaderName::try_from(name.as_str()).map_err(|_| refused("is no name of a header"))?;
        if is_reserved(header.as_str()) {
            return Err(refused("is set by Ringpost or by the connection"));
        }
        let value = value.as_str().filter(|value| is_value(value)).ok_or_else(|| {
            refused(&format!(
                "must be a string of 1 to {MAX_VALUE_BYTES} visible ASCII characters, with spaces only between them"
            ))
        })?;
        if !seen.insert(header) {
            return Err(refused("is there twice; upper and lower case are the same"));
        }
        headers.insert(name.clone(), value.to_owned());
    }
    Ok(headers)
}

fn is_reserved(lower_case: &str) -> bool {
    RESERVED.contains(&lower_case)
        || RESERVED_PREFIXES
            .iter()
            .any(|prefix| lower_case.starts_with(prefix))
}

fn is_value(value: &str) -> bool {
    (1..=MAX_VALUE_BYTES).contains(&value.len())
        && value
            .bytes()
            .all(|byte| byte == b' ' || byte.is_ascii_graphic())
        && value.trim() == value
        && HeaderValue::from_str(value).is_ok()
}
