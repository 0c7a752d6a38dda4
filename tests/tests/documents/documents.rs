//! What the documents print, sent as they print it to the deployed functions; and what no document would
//! call an event, sent to every endpoint that takes webhooks.

use http::Method;
use ringpost_tests::{
    elevenlabs::signature,
    livekit::{hmac_signature, now_seconds, unique},
    signalwire::{PATH as SIGNALWIRE, form_signature, signed_callback},
    stack::{Answer, Stack, client, eventually, stack},
};
use serde_json::{Value, json};

const DEMO_LINE: &str = "+18588796658";

async fn relay(stack: &Stack, path: &str, body: &str) -> Answer {
    let signature = hmac_signature(stack.value("LIVEKIT_WEBHOOK_SECRET"), body.as_bytes());
    let request = client()
        .post(stack.url(path))
        .header("Content-Type", "application/json");
    stack
        .send(
            request
                .header("X-LiveKit-Signature", signature)
                .body(body.to_owned()),
        )
        .await
}

/// As an administrator of this tenant.
async fn ask(
    stack: &Stack,
    tenant: &str,
    method: Method,
    path: &str,
    body: Option<&Value>,
) -> Answer {
    let token = stack
        .token(json!({ "sub": format!("admin_{tenant}"), "tenant_id": tenant, "role": "admin" }));
    let request = client().request(method, stack.url(path)).bearer_auth(token);
    stack
        .send(if let Some(body) = body {
            request.json(body)
        } else {
            request
        })
        .await
}

#[tokio::test]
async fn the_curl_line_of_call_outcomes_is_processed() {
    let (stack, unique) = (stack(), unique());
    let body = json!({
        "id": format!("evt_test_{unique}"),
        "event": "participant_left",
        "createdAt": "2025-10-29T15:30:45.123Z",
        "room": {
            "name": format!("sip-7678189426__1730217045__{unique}"),
            "sid": format!("RM_test_{unique}"),
            "creationTime": "2025-10-29T15:30:00.000Z"
        },
        "participant": { "sid": "PA_test_123", "identity": "agent", "disconnectReason": "CLIENT_INITIATED" }
    });
    let answer = relay(stack, "/api/webhooks/call_completed", &body.to_string()).await;
    let expected = json!({
        "status": "processed", "message": "Event processed successfully. Outcome: completed",
        "event_id": format!("evt_test_{unique}"), "call_id": answer.body["call_id"]
    });
    assert_eq!((answer.status, &answer.body), (200, &expected));
    let outcome = stack
        .outcome(answer.body["call_id"].as_str().unwrap(), "user_demo")
        .await;
    assert_eq!(
        (outcome.status, &outcome.body["duration"]),
        (200, &json!(45))
    );
    assert_eq!(outcome.body["phoneNumber"], "+17678189426");
}

#[tokio::test]
async fn a_signed_body_that_is_no_event_is_refused_by_every_endpoint() {
    let stack = stack();
    let elevenlabs = async |path: &str, body: &str| {
        let secret = stack.value("ELEVENLABS_WEBHOOK_SECRET");
        let signed = signature(secret, now_seconds(), body.as_bytes());
        let request = client()
            .post(stack.url(path))
            .header("ElevenLabs-Signature", signed);
        stack.send(request.body(body.to_owned())).await
    };
    for body in ["{}", r#"{"foo":{"bar":[1,"x",null]}}"#] {
        let of_livekit = relay(stack, "/api/webhooks/call_completed", body).await;
        assert_eq!(
            (of_livekit.status, &of_livekit.body["error"]),
            (400, &json!("Invalid webhook payload"))
        );
        let others = [
            relay(stack, "/api/v1/webhooks/livekit/events", body).await,
            relay(stack, "/api/v1/webhooks/livekit/sip-inbound", body).await,
            stack.send(signed_callback(stack, body)).await,
            elevenlabs("/api/webhooks/elevenlabs", body).await,
            elevenlabs("/api/webhooks/elevenlabs/call-status", body).await,
            stack
                .send(client().post(stack.url("/api/v1/webhooks/test")).body(body))
                .await,
        ];
        for (index, answer) in others.iter().enumerate() {
            assert_eq!(
                (answer.status, &answer.body["success"]),
                (400, &json!(false)),
                "{index}: {body}"
            );
        }
    }
    let url = stack.url(SIGNALWIRE);
    for parameters in [
        &[("foo", "bar")][..],
        &[("AccountSid", "a1"), ("From", DEMO_LINE), ("To", DEMO_LINE)],
    ] {
        let signed = form_signature(stack.value("SIGNALWIRE_SIGNING_KEY"), &url, parameters);
        let form = reqwest::Url::parse_with_params("http://form", parameters).unwrap();
        let request = client().post(&url).header("X-SignalWire-Signature", signed);
        let answer = stack
            .send(request.body(form.query().unwrap().to_owned()))
            .await;
        let refused = json!({
            "success": false, "message": "Invalid webhook payload",
            "details": "Body is no event: it has neither a type nor the id of a call"
        });
        assert_eq!(
            answer,
            Answer {
                status: 400,
                body: refused
            },
            "{parameters:?}"
        );
    }
}

#[tokio::test]
async fn the_webhook_documents_requests_are_answered_as_printed() {
    let (stack, tenant) = (stack(), unique());
    let send = async |method, path: &str, body: Option<Value>| {
        ask(
            stack,
            &tenant,
            method,
            &format!("/api/webhooks/config{path}"),
            body.as_ref(),
        )
        .await
    };
    let created = json!({
        "name": "Marketing Platform", "url": "https://marketing.example.com/webhooks/11wire",
        "secret": "webhooksecret123", "eventTypes": ["call.completed", "conversation.completed"],
        "status": "active", "headers": { "X-API-Key": "marketing-api-key-456" },
        "retryConfig": { "maxAttempts": 3, "initialDelay": 60, "maxDelay": 1800, "backoffFactor": 2 },
        "filters": { "campaigns": ["campaign-789"], "outcomes": ["lead_qualified"] },
        "metadata": { "owner": "marketing-team", "priority": "medium" }
    });
    let made = send(Method::POST, "", Some(created.clone())).await;
    assert_eq!((made.status, &made.body["success"]), (201, &json!(true)));
    assert_eq!(
        made.body["message"],
        "Webhook configuration created successfully"
    );
    for (name, sent) in created.as_object().unwrap() {
        let shown = made.body["webhook"].get(name);
        assert_eq!(shown, Some(sent).filter(|_| name != "secret"), "{name}");
    }
    let updated = json!({
        "name": "Marketing Platform - Updated", "url": "https://new-marketing.example.com/webhooks/11wire",
        "status": "active", "eventTypes": ["call.created", "call.completed", "conversation.completed"],
        "filters": { "campaigns": ["campaign-789", "campaign-101"], "outcomes": ["lead_qualified", "appointment_set"] }
    });
    let put = send(Method::PUT, "/1", Some(updated.clone())).await;
    assert_eq!((put.status, &put.body["success"]), (200, &json!(true)));
    assert_eq!(
        put.body["message"],
        "Webhook configuration updated successfully"
    );
    let detail = send(Method::GET, "/1", None).await;
    assert_eq!(
        detail.body,
        json!({ "success": true, "webhook": put.body["webhook"] })
    );
    for (name, sent) in updated.as_object().unwrap() {
        assert_eq!(&detail.body["webhook"][name], sent, "{name}");
    }
    let listed = send(Method::GET, "", None).await;
    let summary: Vec<&String> = listed.body["webhooks"][0]
        .as_object()
        .unwrap()
        .keys()
        .collect();
    assert_eq!(
        summary,
        [
            "createdAt",
            "eventTypes",
            "id",
            "name",
            "status",
            "updatedAt",
            "url"
        ]
    );
    let tested = json!({
        "eventType": "call.completed",
        "testPayload": { "callId": "test-call-123", "duration": 120, "outcome": "appointment_set" }
    });
    // No server is at the document's address.
    let test = send(Method::POST, "/1/test", Some(tested)).await;
    assert_eq!((test.status, &test.body["success"]), (200, &json!(false)));
    assert!(
        test.body["details"]["eventId"]
            .as_str()
            .unwrap()
            .starts_with("evt_test_")
    );
    assert!(test.body["details"]["responseTime"].is_u64());
    let events = ask(
        stack,
        &tenant,
        Method::GET,
        "/api/webhooks/events?direction=outbound",
        None,
    )
    .await;
    assert_eq!(
        (&events.body["count"], &events.body["total"]),
        (&json!(1), &json!(1))
    );
    assert_eq!(
        (&events.body["page"], &events.body["pages"]),
        (&json!(1), &json!(1))
    );
    let event = &events.body["events"][0];
    assert_eq!(
        (
            &event["source"],
            &event["eventType"],
            &event["webhookConfigId"]
        ),
        (&json!("11wire"), &json!("call.completed"), &json!(1))
    );
    assert_eq!(
        (&event["status"], &event["payload"]["outcome"]),
        (&json!("failed"), &json!("appointment_set"))
    );
    let deleted = send(Method::DELETE, "/1", None).await;
    let gone = json!({ "success": true, "message": "Webhook configuration deleted successfully" });
    assert_eq!(
        deleted,
        Answer {
            status: 200,
            body: gone
        }
    );
}

#[tokio::test]
async fn a_call_that_was_dispatched_shows_its_lead() {
    let (stack, unique) = (stack(), unique());
    let caller = format!("+1510{}", &now_seconds().to_string()[3..]);
    let question = json!({
        "call_id": format!("SCL_{unique}"), "trunk_id": "ST_YOUR_INBOUND_TRUNK_ID", "trunk_phone_number": DEMO_LINE,
        "from_number": caller, "to_number": DEMO_LINE, "room_name": format!("sip-room-{unique}")
    });
    let answer = relay(
        stack,
        "/api/v1/webhooks/livekit/sip-inbound",
        &question.to_string(),
    )
    .await;
    assert_eq!(
        (answer.status, &answer.body["attributes"]["caller"]),
        (200, &json!(caller))
    );
    let number = caller.replace('+', "%2B");
    let path = format!("/api/leads?phoneNumber={number}");
    let lead = eventually("the caller's lead", async || {
        let leads = ask(stack, "demo", Method::GET, &path, None).await.body["leads"].clone();
        leads.as_array().and_then(|leads| leads.first().cloned())
    })
    .await;
    let id = lead["id"].as_str().unwrap();
    let calls = eventually("the call in the list", async || {
        let calls = ask(
            stack,
            "demo",
            Method::GET,
            &format!("/api/calls?leadId={id}"),
            None,
        )
        .await
        .body["calls"]
            .clone();
        calls.as_array().filter(|calls| !calls.is_empty()).cloned()
    })
    .await;
    assert_eq!((calls.len(), &calls[0]["leadId"]), (1, &lead["id"]));
    assert_eq!(
        (&calls[0]["phoneNumber"], &calls[0]["direction"]),
        (&json!(caller), &json!("inbound"))
    );
    assert_eq!(
        calls[0]["livekitRoomName"],
        json!(format!("sip-room-{unique}"))
    );
    assert_eq!(calls[0]["metadata"]["campaign_id"], lead["campaignId"]);
}

#[tokio::test]
async fn the_inbound_health_lists_its_endpoints() {
    let stack = stack();
    let health = stack
        .send(client().get(stack.url("/api/v1/webhooks/health")))
        .await;
    assert_eq!(
        (health.status, &health.body["status"]),
        (200, &json!("healthy"))
    );
    let endpoints = [
        "POST /api/v1/webhooks/livekit/sip-inbound",
        "POST /api/v1/webhooks/livekit/events",
        "GET /api/v1/webhooks/health",
        "POST /api/v1/webhooks/test",
    ];
    assert_eq!(health.body["endpoints"], json!(endpoints));
}
