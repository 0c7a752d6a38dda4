//! The question and the answer of the ElevenLabs call status document.

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::error::{ApiError, ErrorStatus};
use crate::{
    domain::{call::Call, key::is_call_name},
    json,
    queries::agent_call_status::AgentCallQuery,
};

/// No provider's id is longer.
const MAX_ID_LENGTH: usize = 256;
/// Lambda's answers end at 6 MB, in which a JSON text stands escaped.
const MAX_RAW_BYTES: usize = 4 * 1024 * 1024;

#[derive(Deserialize)]
struct Body {
    conversation_id: Option<String>,
    #[serde(rename = "callSid")]
    call_sid: Option<String>,
}

/// Reads a request's body. An empty name is none, and so is a placeholder.
/// 400 that names the field when the body is malformed or names no call.
pub fn parse(body: &[u8]) -> Result<AgentCallQuery, ApiError> {
    let mut json = serde_json::Deserializer::from_slice(body);
    let parsed: Body =
        serde_path_to_error::deserialize(&mut json).map_err(|error| malformed(&error))?;
    json.end()
        .map_err(|_| bad("The body must be one JSON object"))?;
    let conversation_id = name("conversation_id", parsed.conversation_id)?;
    let call_sid = name("callSid", parsed.call_sid)?;
    if conversation_id.is_none() && call_sid.is_none() {
        return Err(bad("conversation_id or callSid is required").field("conversation_id"));
    }
    Ok(AgentCallQuery {
        conversation_id,
        call_sid,
    })
}

fn name(field: &'static str, text: Option<String>) -> Result<Option<String>, ApiError> {
    if text.as_ref().is_some_and(|text| text.len() > MAX_ID_LENGTH) {
        return Err(bad(format!("{field} may have {MAX_ID_LENGTH} bytes at most")).field(field));
    }
    Ok(text.filter(|text| is_call_name(text)))
}

fn malformed(error: &serde_path_to_error::Error<serde_json::Error>) -> ApiError {
    let path = error.path().to_string();
    if path == "." || !error.inner().is_data() {
        return bad("The body must be a JSON object");
    }
    bad(format!("{path} must be a string")).field(path)
}

fn bad(message: impl Into<std::borrow::Cow<'static, str>>) -> ApiError {
    ApiError::new(ErrorStatus::BadRequest, message)
}

/// A call as the status query shows it.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct AgentCall<'a> {
    call_id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    conversation_id: Option<&'a str>,
    status: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    failure_reason: Option<&'a str>,
    #[serde(skip_serializing_if = "is_false")]
    stale: bool,
    raw_response: Option<Box<RawValue>>,
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde's skip_serializing_if passes a reference"
)]
fn is_false(flag: &bool) -> bool {
    !flag
}

impl<'a> AgentCall<'a> {
    /// The view of a call that was asked for by `query`, with the payload of the event that reported its
    /// status. A payload that does not fit into an answer is left out.
    pub fn of(
        call: &'a Call,
        query: &'a AgentCallQuery,
        reported_by: Option<&[u8]>,
        stale: bool,
    ) -> Self {
        let facts = &call.facts;
        let conversation_id = facts.conversation_id().map(String::as_str);
        let call_sid = facts.call_sid();
        let asked = || {
            query
                .call_sid
                .as_deref()
                .or(query.conversation_id.as_deref())
        };
        Self {
            call_id: call_sid
                .or(conversation_id)
                .or_else(asked)
                .unwrap_or_default(),
            conversation_id,
            status: facts.status_word().as_str(),
            failure_reason: call.failure_reason(),
            stale,
            raw_response: reported_by
                .filter(|payload| payload.len() <= MAX_RAW_BYTES)
                .and_then(json::shown_body),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::{super::error::ErrorShape, *};
    use crate::domain::key::CallKey;

    fn refusal(body: &str) -> Value {
        let error = parse(body.as_bytes()).unwrap_err();
        assert_eq!(error.status(), 400, "{body}");
        serde_json::from_str(&error.body(ErrorShape::Success)).unwrap()
    }

    #[test]
    fn a_call_is_named_by_either_id() {
        let documented = br#"{"conversation_id":"conv_1","callSid":"CA1","more":1}"#;
        let query = parse(documented).unwrap();
        let keys: Vec<_> = query.keys().collect();
        let expected = [
            CallKey::Conversation("conv_1".to_owned()),
            CallKey::CallSid("CA1".to_owned()),
        ];
        assert_eq!(keys, expected);
        let by_sid = parse(br#"{"conversation_id":null,"callSid":"CA1"}"#).unwrap();
        assert_eq!(by_sid.keys().count(), 1);
    }

    #[test]
    fn what_names_no_call_is_refused_by_field() {
        for (body, field) in [
            ("{}", "conversation_id"),
            (r#"{"conversation_id":"","callSid":""}"#, "conversation_id"),
            (r#"{"callSid":7}"#, "callSid"),
            (r#"{"conversation_id":["conv_1"]}"#, "conversation_id"),
        ] {
            assert_eq!(refusal(body)["field"], field, "{body}");
        }
        let long = format!(r#"{{"callSid":"{}"}}"#, "C".repeat(MAX_ID_LENGTH + 1));
        assert_eq!(refusal(&long)["field"], "callSid");
        for body in ["", "null", "[]", "\"CA1\"", "{", r#"{"callSid":"CA1"} {}"#] {
            assert_eq!(refusal(body)["success"], false, "{body}");
        }
    }
}
