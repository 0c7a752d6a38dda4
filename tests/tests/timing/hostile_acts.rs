//! What a hostile tenant tries: on the resources of another, with addresses inside, and with forged signatures.

use http::Method;
use ringpost_tests::{
    ask::admin,
    livekit::{hmac_signature, now_seconds, sign_jwt, sip_call, unique},
};
use serde_json::json;

use super::{
    tenants_day::{Day, EVENTS},
    two_tenants::{CALL_LIST, CONFIGS, HISTORY, Tenant, names},
};

/// Claims, reads, rotates, tests, recovers, retries and erases what the good tenant has.
pub(crate) async fn acts(hostile: &Tenant, good: &Tenant, quiet: &Day) {
    let (config, delivery, nobodys) =
        (good.config.to_string(), quiet.delivery.to_string(), names());
    let config = [config.as_str(), "999999"];
    let call = [
        quiet.calls[0].as_str(),
        "00000000-0000-5000-8000-000000000000",
    ];
    let delivery = [delivery.as_str(), "194060523520349"];
    let key = [good.key.as_str(), "00000000-0000-4000-8000-000000000000"];
    let campaign = [good.names[2].1.as_str(), nobodys[2].1.as_str()];
    // What a test, a rotation and a recovery read, each its own.
    let order = json!({ "eventType": "call.completed", "since": "2026-01-01T00:00:00Z" });
    for (ids, method, path, body, status) in [
        (
            config,
            Method::GET,
            "/api/webhooks/config/#",
            json!({}),
            404,
        ),
        (
            config,
            Method::PUT,
            "/api/webhooks/config/#",
            json!({ "status": "inactive" }),
            404,
        ),
        (
            config,
            Method::POST,
            "/api/webhooks/config/#/rotate-secret",
            order.clone(),
            404,
        ),
        (
            config,
            Method::POST,
            "/api/webhooks/config/#/test",
            order.clone(),
            404,
        ),
        (
            config,
            Method::POST,
            "/api/webhooks/config/#/recover",
            order.clone(),
            404,
        ),
        (
            config,
            Method::DELETE,
            "/api/webhooks/config/#",
            json!({}),
            404,
        ),
        (
            config,
            Method::GET,
            "/api/webhooks/events?webhookConfigId=#",
            json!({}),
            200,
        ),
        (
            call,
            Method::GET,
            "/api/calls/#/outcome?user_id=user_day",
            json!({}),
            404,
        ),
        (call, Method::GET, "/api/calls/#/timeline", json!({}), 404),
        (
            call,
            Method::GET,
            "/api/calls/#/explanation",
            json!({}),
            404,
        ),
        (
            call,
            Method::GET,
            "/api/webhooks/events?callId=#",
            json!({}),
            200,
        ),
        (
            delivery,
            Method::GET,
            "/api/webhooks/events/#",
            json!({}),
            404,
        ),
        (
            delivery,
            Method::POST,
            "/api/webhooks/events/#/retry",
            json!({}),
            404,
        ),
        (
            key,
            Method::GET,
            "/api/directory/api-keys/#",
            json!({}),
            404,
        ),
        (
            key,
            Method::DELETE,
            "/api/directory/api-keys/#",
            json!({}),
            404,
        ),
        (
            campaign,
            Method::GET,
            "/api/leads?campaignId=#&phoneNumber=%2B15105550123",
            json!({}),
            200,
        ),
    ] {
        hostile.tries(ids, method, path, body, status).await;
    }
    for ((kind, theirs), (_, nobodys)) in good.names.iter().zip(&nobodys) {
        for (method, body, status) in [
            (Method::GET, json!({}), 404),
            (
                Method::PUT,
                json!({ "name": "mine", "tenantId": hostile.id }),
                404,
            ),
            (
                Method::PUT,
                json!({ "name": "mine", "tenantId": good.id }),
                403,
            ),
            (Method::DELETE, json!({}), 403),
        ] {
            hostile
                .tries(
                    [theirs, nobodys],
                    method,
                    &format!("/api/directory/{kind}/#"),
                    body,
                    status,
                )
                .await;
        }
    }
    points(hostile).await;
    forges(hostile, good).await;
}

/// Points subscriptions at internal addresses; tests and rotates the one that leads to the good tenant.
async fn points(hostile: &Tenant) {
    let own = format!("{CONFIGS}/{}", hostile.config);
    for url in [
        "https://169.254.169.254/latest/meta-data/",
        "http://10.0.0.1/",
        "https://[fd00:ec2::254]/",
    ] {
        let body = json!({ "name": "inside", "url": url, "eventTypes": ["campaign.started"] });
        for (method, path) in [(Method::POST, CONFIGS), (Method::PUT, own.as_str())] {
            let refused = hostile.ask(method, path, &body).await;
            assert_eq!(
                (refused.status, &refused.body["field"]),
                (400, &json!("url")),
                "{url}"
            );
        }
    }
    // The old secret signs along for a day: what is posted after the rotation has two signatures.
    for act in ["test", "rotate-secret"] {
        let body = json!({ "eventType": "call.completed" });
        let done = hostile
            .ask(Method::POST, &format!("{own}/{act}"), &body)
            .await;
        assert_eq!(
            (done.status, &done.body["success"]),
            (200, &json!(true)),
            "{act}"
        );
    }
}

/// Signs events about the good tenant's number and agent, and tokens of its administrator, as well as it can.
async fn forges(hostile: &Tenant, good: &Tenant) {
    let (stack, secret, events) = (
        hostile.stack,
        hostile.secret.as_str(),
        sip_call(&unique(), &good.number),
    );
    let call = json!({ "CallSid": format!("CA{}", unique()), "CallStatus": "completed", "To": good.number });
    let talk =
        json!({ "type": "post_call_transcription", "data": { "agent_id": good.names[1].1 } });
    let unsigned = [
        ("/api/webhooks/signalwire", call),
        ("/api/webhooks/elevenlabs", talk),
    ];
    let mut forged = Vec::from(unsigned.map(|(path, body)| hostile.webhook(path, &body)));
    for event in EVENTS.map(|place| &events[place]) {
        let signature = hmac_signature(secret, event.to_string().as_bytes());
        let post = hostile.webhook("/api/v1/webhooks/livekit/events", event);
        forged.extend([
            hostile.livekit(secret, event),
            post.header("x-livekit-signature", signature),
        ]);
    }
    let mut claims = admin(&good.id);
    // Even the right secret signs no token that is valid for ever.
    let mut tokens = vec![sign_jwt(stack.value("RINGPOST_JWT_SECRET"), &claims)];
    claims["exp"] = json!(now_seconds() + 600);
    tokens.extend([secret, "a secret that was guessed"].map(|secret| sign_jwt(secret, &claims)));
    for path in [CALL_LIST, HISTORY, CONFIGS, "/api/directory/api-keys"] {
        forged.extend(
            tokens
                .iter()
                .map(|token| hostile.client.get(stack.url(path)).bearer_auth(token)),
        );
    }
    for request in forged {
        let answer = hostile.send(request).await;
        assert_eq!(answer.status, 401, "{answer:?}");
    }
}
