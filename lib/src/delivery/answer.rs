//! What is kept of an endpoint's answer: enough to see why a delivery failed, and no more of what a
//! stranger may send without end.

use std::{collections::BTreeMap, time::Duration};

use http::{
    HeaderMap, HeaderName,
    header::{CONTENT_TYPE, LOCATION, RETRY_AFTER, SET_COOKIE},
};
use reqwest::Response;

use crate::domain::timestamp::Timestamp;

/// So much is kept of the body of a success, in bytes.
const SUCCESS_BODY_BYTES: usize = 1_024;
/// So much of any other body: it tells what is wrong.
const FAILURE_BODY_BYTES: usize = 4 * 1_024;
const MAX_HEADERS: usize = 16;
const MAX_HEADER_NAME_BYTES: usize = 64;
const MAX_HEADER_VALUE_BYTES: usize = 256;
const MAX_HEADERS_BYTES: usize = 2 * 1_024;
/// What explains a failure is kept before anything else.
const KEPT_FIRST: [HeaderName; 3] = [LOCATION, RETRY_AFTER, CONTENT_TYPE];

/// The beginning of an answer's body. What comes after it is never read; where the body breaks off or
/// stops coming, it is what came until then.
pub(super) async fn body(mut answer: Response) -> String {
    let limit = if answer.status().is_success() { SUCCESS_BODY_BYTES } else { FAILURE_BODY_BYTES };
    let mut body = Vec::new();
    while body.len() < limit {
        let Ok(Some(chunk)) = answer.chunk().await else { break };
        body.extend(chunk.iter().take(limit - body.len()));
    }
    cut(&body, limit)
}

/// The headers worth keeping. Cookies are somebody's session.
pub(super) fn headers(headers: &HeaderMap) -> BTreeMap<String, String> {
    let first = KEPT_FIRST.iter().filter_map(|name| Some((name, headers.get(name)?)));
    let rest = headers.iter().filter(|(name, _)| !KEPT_FIRST.contains(name) && *name != SET_COOKIE);
    let (mut kept, mut bytes) = (BTreeMap::new(), 0);
    for (name, value) in first.chain(rest).filter(|(name, _)| name.as_str().len() <= MAX_HEADER_NAME_BYTES) {
        let value = cut(value.as_bytes(), MAX_HEADER_VALUE_BYTES);
        bytes += name.as_str().len() + value.len();
        if kept.len() == MAX_HEADERS || bytes > MAX_HEADERS_BYTES {
            break;
        }
        // Of a header that is repeated, the first.
        kept.entry(name.as_str().to_owned()).or_insert(value);
    }
    kept
}

/// How many seconds the endpoint asks to wait: RFC 9110, section 10.2.3.
pub(super) fn retry_after(headers: &HeaderMap, now: Timestamp) -> Option<u64> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    let asked = if text.bytes().all(|byte| byte.is_ascii_digit()) {
        Duration::from_secs(text.parse().ok()?)
    } else {
        Duration::from_millis(Timestamp::parse_rfc2822(text)?.millis_since(now))
    };
    Some(asked.as_secs() + u64::from(asked.subsec_nanos() > 0))
}

/// At most so many bytes of text; what is no UTF-8 is replaced.
fn cut(bytes: &[u8], limit: usize) -> String {
    let mut text = String::from_utf8_lossy(bytes).into_owned();
    text.truncate(text.floor_char_boundary(limit));
    text
}
