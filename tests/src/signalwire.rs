//! SignalWire's side: callbacks signed as its servers sign them.

use base64::{Engine, engine::general_purpose::STANDARD};
use lambda_http::Request;
use reqwest::RequestBuilder;
use ring::hmac;
use serde_json::{Value, json};

use crate::{
    lambda::{request, sample_event},
    stack::{Stack, client},
};

/// The key that signs the sample events, which the local stage accepts beside its own.
pub const SIGNING_KEY: &str = "PSK_localstack0123456789abcdef";
/// The endpoint.
pub const PATH: &str = "/api/webhooks/signalwire";

/// `X-SignalWire-Signature` of a JSON body.
pub fn json_signature(key: &str, url: &str, body: &str) -> String {
    hex::encode(sha1(key, &format!("{url}{body}")))
}

/// `X-SignalWire-Signature` of a form.
pub fn form_signature(key: &str, url: &str, parameters: &[(&str, &str)]) -> String {
    let mut sorted = parameters.to_vec();
    sorted.sort_unstable();
    let text: String = sorted
        .into_iter()
        .flat_map(|(name, value)| [name, value])
        .collect();
    STANDARD.encode(sha1(key, &format!("{url}{text}")))
}

fn sha1(key: &str, message: &str) -> hmac::Tag {
    hmac::sign(
        &hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, key.as_bytes()),
        message.as_bytes(),
    )
}

/// The request of `events/signalwire.json` with another body, signed for the URL that it names.
pub fn callback(body: &Value) -> Request {
    let mut event: Value =
        serde_json::from_str(&sample_event("signalwire")).expect("a sample event");
    let body = body.to_string();
    let signature = json_signature(SIGNING_KEY, &format!("https://127.0.0.1{PATH}"), &body);
    event["headers"] = json!({ "host": "127.0.0.1", "x-signalwire-signature": signature });
    event["body"] = json!(body);
    request(&event.to_string())
}

/// A callback to the deployed stack, signed with the stack's own key.
pub fn signed_callback(stack: &Stack, body: &str) -> RequestBuilder {
    let url = stack.url(PATH);
    let signature = json_signature(stack.value("SIGNALWIRE_SIGNING_KEY"), &url, body);
    client()
        .post(url)
        .header("x-signalwire-signature", signature)
        .body(body.to_owned())
}
