//! ElevenLabs' side: signatures as its servers make them.

use lambda_http::{Body, Request};
use ring::hmac;
use ringpost::{
    domain::{event::Event, timestamp::Timestamp},
    providers::elevenlabs::{CallStatusEvent, PostCall},
};
use serde_json::Value;

use crate::livekit::now_seconds;

/// The secret that signs the sample events, which the local stage accepts beside its own.
pub const WEBHOOK_SECRET: &str = "wsec_localstack0123456789abcdef0123456789";

/// `ElevenLabs-Signature` of a body at this moment.
pub fn signature(secret: &str, time: u64, body: &[u8]) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes());
    let message = [time.to_string().as_bytes(), b".", body].concat();
    format!("t={time},v0={}", hex::encode(hmac::sign(&key, &message)))
}

/// A request with this body and signature.
pub fn webhook_with(body: &[u8], signature: &str) -> Request {
    let mut request = Request::new(Body::Binary(body.to_vec()));
    request
        .headers_mut()
        .insert("elevenlabs-signature", signature.parse().expect("a header"));
    request
}

/// A request with this body, signed now.
pub fn webhook(body: &[u8]) -> Request {
    webhook_with(body, &signature(WEBHOOK_SECRET, now_seconds(), body))
}

/// The key of the event that a post-call webhook becomes.
pub fn post_call_key(body: &Value) -> String {
    let body = body.to_string();
    let read = PostCall::parse(body.as_bytes()).expect("a post-call webhook");
    key(&read.event(&body.clone().into(), Timestamp::EPOCH))
}

/// The key of the event that a call status webhook becomes.
pub fn call_status_key(body: &str) -> String {
    let read = CallStatusEvent::parse(body.as_bytes()).expect("a call status webhook");
    key(&read.event(&body.to_owned().into(), Timestamp::EPOCH))
}

fn key(event: &Event) -> String {
    event.key.as_str().to_owned()
}
