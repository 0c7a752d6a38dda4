//! The whole way through the deployed stack: a webhook comes in, a signed delivery goes out.

use ringpost_tests::{
    livekit::{hmac_signature, sample, unique},
    receiver::{Answer, Received, Receiver},
    stack::{Answer as Reply, Stack, client, eventually, stack},
};
use serde_json::{Value, json};

const CONFIGS: &str = "/api/webhooks/config";

/// What a tenant's administrator asks of the deployed API.
struct Admin {
    stack: &'static Stack,
    token: String,
}

impl Admin {
    fn of(tenant_id: &str) -> Self {
        let stack = stack();
        let claims =
            json!({ "sub": format!("admin_{tenant_id}"), "tenant_id": tenant_id, "role": "admin" });
        Self {
            stack,
            token: stack.token(claims),
        }
    }

    async fn get(&self, path: &str) -> Reply {
        self.stack
            .send(client().get(self.stack.url(path)).bearer_auth(&self.token))
            .await
    }

    async fn post(&self, path: &str, body: &Value) -> Reply {
        let request = client()
            .post(self.stack.url(path))
            .bearer_auth(&self.token)
            .json(body);
        self.stack
            .send(request.header("idempotency-key", unique()))
            .await
    }

    async fn subscribe(&self, body: Value) -> Value {
        let made = self.post(CONFIGS, &body).await;
        assert_eq!(made.status, 201, "{}", made.body);
        made.body["webhook"].clone()
    }
}

#[tokio::test]
async fn a_webhook_in_becomes_a_signed_delivery_out_and_both_are_in_the_history() {
    let (admin, receiver) = (Admin::of("demo"), Receiver::start());
    // The demonstration tenant gets the events of all tests; the agent says which are this one's.
    let config = json!({ "name": "whole way", "url": receiver.url("/hooks"), "eventTypes": ["call.completed"] });
    let webhook = admin.subscribe(config).await;
    let payload = sample(&unique());
    let request = client()
        .post(admin.stack.url("/api/webhooks/call_completed"))
        .header(
            "X-LiveKit-Signature",
            hmac_signature(
                admin.stack.value("LIVEKIT_WEBHOOK_SECRET"),
                payload.to_string().as_bytes(),
            ),
        )
        .body(payload.to_string());
    let accepted = admin.stack.send(request).await;
    assert_eq!(accepted.status, 200, "{}", accepted.body);
    let call_id = accepted.body["call_id"].as_str().unwrap();
    let posted = eventually("the delivery", async || {
        receiver
            .requests()
            .into_iter()
            .find(|request| request.json()["data"]["callId"] == *call_id)
    })
    .await;
    assert!(posted.is_signed_with(webhook["secret"].as_str().unwrap()));
    let body = posted.json();
    assert_eq!(body["type"], "call.completed");
    assert_eq!(
        (&body["data"]["duration"], &body["data"]["outcome"]),
        (&json!(45), &json!("completed"))
    );

    let delivered = eventually("the history", async || {
        let found = admin
            .get(&format!(
                "/api/webhooks/events?callId={call_id}&direction=outbound&status=delivered"
            ))
            .await;
        let events = found.body["events"].as_array().unwrap().clone();
        events
            .into_iter()
            .find(|event| event["webhookConfigId"] == webhook["id"])
    })
    .await;
    assert_eq!(
        (&delivered["source"], &delivered["attempts"]),
        (&json!("11wire"), &json!(1))
    );
    assert_eq!(delivered["messageId"], posted.message_id());
    assert_eq!(delivered["payload"], body["data"]);
    assert_eq!(delivered["responseData"]["statusCode"], 200);
    let received = admin
        .get(&format!(
            "/api/webhooks/events?callId={call_id}&direction=inbound"
        ))
        .await;
    assert_eq!(received.body["events"][0]["payload"]["id"], payload["id"]);
    let deleted = client().delete(admin.stack.url(&format!("{CONFIGS}/{}", webhook["id"])));
    assert_eq!(
        admin
            .stack
            .send(deleted.bearer_auth(&admin.token))
            .await
            .status,
        200
    );
}

#[tokio::test]
async fn the_receiver_sees_the_waits_grow_until_it_takes_the_delivery() {
    let (admin, receiver) = (Admin::of(&format!("t{}", unique())), Receiver::start());
    receiver.play_in_turn("/", [500, 500, 500, 429, 200].map(Answer::Status));
    let webhook = admin
        .subscribe(json!({
            "name": "backoff", "url": receiver.url("/"), "eventTypes": ["campaign.started"],
            "retryConfig": { "maxAttempts": 5, "initialDelay": 2, "maxDelay": 60, "backoffFactor": 2 }
        }))
        .await;
    let published =
        json!({ "eventType": "campaign.started", "payload": { "campaignId": "spring" } });
    let accepted = admin.post("/api/events", &published).await;
    assert_eq!(accepted.status, 202, "{}", accepted.body);
    let requests = receiver
        .wait_within(5, std::time::Duration::from_secs(60))
        .await;
    let ids: Vec<&str> = requests.iter().map(Received::message_id).collect();
    assert!(
        ids.iter().all(|id| *id == accepted.body["eventId"]),
        "{ids:?}"
    );
    assert!(
        requests
            .iter()
            .all(|request| request.is_signed_with(webhook["secret"].as_str().unwrap()))
    );
    let waits: Vec<u64> = requests
        .windows(2)
        .map(|pair| pair[1].at.millis_since(pair[0].at))
        .collect();
    // A fifth less at least; the queue and the emulator may add to it. A refusal (429) counts not against
    // the schedule, so that the wait after it begins anew.
    let bounds = [
        (1_600, 6_000),
        (3_200, 9_000),
        (6_400, 15_000),
        (1_600, 15_000),
    ];
    for (wait, (least, most)) in waits.iter().zip(bounds) {
        assert!((least..most).contains(wait), "{waits:?}");
    }
    let event = eventually("the end", async || {
        let found = admin
            .get("/api/webhooks/events?direction=outbound&status=delivered")
            .await;
        found.body["events"][0]["id"].as_u64()
    })
    .await;
    let detail = admin.get(&format!("/api/webhooks/events/{event}")).await;
    assert_eq!(detail.body["event"]["attempts"], 5);
    let codes: Vec<_> = detail.body["event"]["attemptDetails"]
        .as_array()
        .unwrap()
        .iter()
        .map(|attempt| attempt["statusCode"].as_u64().unwrap())
        .collect();
    assert_eq!(codes, [500, 500, 500, 429, 200]);
    assert_eq!(detail.body["webhookConfig"]["id"], webhook["id"]);
}

#[tokio::test]
async fn a_delivery_that_was_given_up_is_retried_by_hand_as_often_as_one_likes() {
    let (admin, receiver) = (
        Admin::of(&format!("t{}", unique())),
        Receiver::answering(Answer::Status(500)),
    );
    admin
        .subscribe(json!({
            "name": "by hand", "url": receiver.url("/"), "eventTypes": ["campaign.started"],
            "retryConfig": { "maxAttempts": 1 }
        }))
        .await;
    let published =
        json!({ "eventType": "campaign.started", "payload": { "campaignId": "spring" } });
    assert_eq!(admin.post("/api/events", &published).await.status, 202);
    let failed = async |attempts: u64| {
        eventually("the failure", async || {
            let found = admin
                .get("/api/webhooks/events?direction=outbound&status=failed")
                .await;
            let event = found.body["events"][0].clone();
            (event["attempts"] == attempts).then(|| event["id"].as_u64().unwrap())
        })
        .await
    };
    let id = failed(1).await;
    for attempts in 2..=3 {
        let retried = admin
            .post(&format!("/api/webhooks/events/{id}/retry"), &json!({}))
            .await;
        assert_eq!(
            retried.body["message"], "Webhook delivery retry queued",
            "{}",
            retried.body
        );
        assert_eq!(retried.body["event"]["attempts"], attempts);
        assert_eq!(failed(attempts).await, id);
    }
    receiver.play(Answer::Status(200));
    assert_eq!(
        admin
            .post(&format!("/api/webhooks/events/{id}/retry"), &json!({}))
            .await
            .status,
        202
    );
    eventually("the success", async || {
        let found = admin.get(&format!("/api/webhooks/events/{id}")).await;
        (found.body["event"]["status"] == "delivered").then_some(())
    })
    .await;
    let ids: Vec<String> = receiver
        .requests()
        .iter()
        .map(|request| request.message_id().to_owned())
        .collect();
    assert_eq!(ids.len(), 4);
    assert!(
        ids.iter().all(|one| *one == ids[0]),
        "one message for every publisher: {ids:?}"
    );
}
