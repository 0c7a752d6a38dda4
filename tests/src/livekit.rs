//! LiveKit's side: payloads, and signatures as its servers make them.

use std::time::{SystemTime, UNIX_EPOCH};

use base64::{
    Engine,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use ring::{digest, hmac};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::lambda::sample_event;

/// The secret that signs the sample events, which the local stage accepts beside its own.
pub const WEBHOOK_SECRET: &str = "local-stack-livekit-webhook-secret-012345";

/// Some characters that no other test uses.
pub fn unique() -> String {
    Uuid::new_v4()
        .simple()
        .to_string()
        .chars()
        .take(12)
        .collect()
}

/// The Call Outcomes document's sample payload, as `events/call-completed.json` has it, of a call of
/// its own.
pub fn sample(unique: &str) -> Value {
    let event: Value =
        serde_json::from_str(&sample_event("call-completed")).expect("a sample event");
    let mut payload: Value = event["body"]
        .as_str()
        .and_then(|body| serde_json::from_str(body).ok())
        .expect("a payload");
    let sid = format!("RM_{unique}");
    payload["id"] = json!(format!("evt_{unique}"));
    payload["room"]["name"] = json!(format!("sip-7678189426__1730217045__{unique}"));
    payload["room"]["sid"] = json!(sid);
    payload["egressInfo"]["roomId"] = json!(sid);
    payload
}

/// The events of one inbound SIP call to `line`, as a LiveKit server sends them, in order.
pub fn sip_call(unique: &str, line: &str) -> Vec<Value> {
    let room = json!({
        "sid": format!("RM_{unique}"), "name": format!("call-_+15105550123_{unique}"),
        "creationTime": "1767311940", "creationTimeMs": "1767311940412",
        "metadata": "{\"campaign\":\"retention\"}"
    });
    let caller = |status: &str| {
        json!({
            "sid": format!("PA_{unique}"), "identity": "sip_+15105550123", "kind": "SIP",
            "joinedAt": "1767311942", "joinedAtMs": "1767311942118",
            "attributes": {
                "sip.ruleID": "SDR_9sYw4LbQe7Hd", "sip.callID": format!("SCL_{unique}"),
                "sip.callIDFull": format!("{unique}@carrier"), "sip.trunkPhoneNumber": line,
                "sip.callStatus": status, "sip.phoneNumber": "+15105550123",
                "sip.trunkID": "ST_Kz3vQ8mWn2Rt", "sip.twilio.callSid": format!("CA{unique}")
            }
        })
    };
    let agent = json!({ "sid": "PA_agent", "identity": "agent-1", "kind": "AGENT" });
    let mut left = caller("hangup");
    left["disconnectReason"] = json!("CLIENT_INITIATED");
    let event = |number: u32, name: &str, seconds: i64, more: Value| {
        let mut event = json!({
            "event": name, "id": format!("EV_{unique}{number}"), "createdAt": seconds.to_string(), "room": room
        });
        for (key, value) in more.as_object().into_iter().flatten() {
            event[key] = value.clone();
        }
        event
    };
    vec![
        event(1, "room_started", 1_767_311_940, json!({})),
        event(
            2,
            "participant_joined",
            1_767_311_942,
            json!({ "participant": caller("active") }),
        ),
        event(
            3,
            "participant_joined",
            1_767_311_943,
            json!({ "participant": agent }),
        ),
        event(
            4,
            "track_published",
            1_767_311_943,
            json!({ "participant": { "identity": "agent-1" } }),
        ),
        event(
            5,
            "participant_left",
            1_767_312_000,
            json!({ "participant": left }),
        ),
        event(
            6,
            "participant_left",
            1_767_312_001,
            json!({ "participant": agent }),
        ),
        event(7, "room_finished", 1_767_312_020, json!({})),
        json!({
            "event": "egress_ended", "id": format!("EV_{unique}8"), "createdAt": "1767312030",
            "egressInfo": {
                "egressId": format!("EG_{unique}"), "roomId": format!("RM_{unique}"),
                "status": "EGRESS_COMPLETE", "endedAt": "1767312025500000000",
                "fileResults": [{ "location": "https://recordings.example.com/call.ogg" }]
            }
        }),
    ]
}

/// `X-LiveKit-Signature` of a body.
pub fn hmac_signature(secret: &str, body: &[u8]) -> String {
    hex::encode(hmac::sign(
        &hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes()),
        body,
    ))
}

/// The `Authorization` of a body, as a LiveKit server of this moment makes it.
pub fn authorization(key: &str, secret: &str, body: &[u8]) -> String {
    let now = now_seconds();
    let hash = STANDARD.encode(digest::digest(&digest::SHA256, body));
    let claims = json!({ "iss": key, "exp": now + 300, "nbf": now, "iat": now, "sha256": hash });
    sign_jwt(secret, &claims)
}

/// A JWT with these claims, signed with HS256.
pub fn sign_jwt(secret: &str, claims: &Value) -> String {
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let head = format!(
        "{}.{}",
        part(&json!({ "alg": "HS256", "typ": "JWT" })),
        part(claims)
    );
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes());
    format!(
        "{head}.{}",
        URL_SAFE_NO_PAD.encode(hmac::sign(&key, head.as_bytes()))
    )
}

/// Seconds since 1970.
pub fn now_seconds() -> u64 {
    #[expect(
        clippy::disallowed_methods,
        reason = "the provider has a clock of its own"
    )]
    let now = SystemTime::now();
    now.duration_since(UNIX_EPOCH)
        .expect("the clock is right")
        .as_secs()
}
