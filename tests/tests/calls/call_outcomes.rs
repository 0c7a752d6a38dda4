//! The Call Outcomes document, endpoint by endpoint, through API Gateway and the deployed functions.

use std::collections::BTreeSet;

use ringpost_tests::{
    livekit::{authorization, hmac_signature, sample, sip_call, unique},
    stack::{Answer, Stack, client, eventually, stack},
};
use serde_json::{Value, json};

const WEBHOOK: &str = "/api/webhooks/call_completed";
const DEMO_LINE: &str = "+18588796658";

async fn relay(stack: &Stack, body: &[u8]) -> Answer {
    let signature = hmac_signature(stack.value("LIVEKIT_WEBHOOK_SECRET"), body);
    let request = client()
        .post(stack.url(WEBHOOK))
        .header("Content-Type", "application/json")
        .header("X-LiveKit-Signature", signature)
        .body(body.to_vec());
    stack.send(request).await
}

async fn livekit(stack: &Stack, payload: &Value) -> Answer {
    let body = payload.to_string();
    let (key, secret) = (
        stack.value("LIVEKIT_API_KEY"),
        stack.value("LIVEKIT_API_SECRET"),
    );
    let request = client()
        .post(stack.url(WEBHOOK))
        .header("Content-Type", "application/webhook+json")
        .header("Authorization", authorization(key, secret, body.as_bytes()))
        .body(body);
    stack.send(request).await
}

#[tokio::test]
async fn the_documents_sample_is_processed_once_and_its_outcome_can_be_read() {
    let (stack, unique) = (stack(), unique());
    let body = sample(&unique).to_string();

    let first = relay(stack, body.as_bytes()).await;
    assert_eq!(first.status, 200);
    let call_id = first.body["call_id"].as_str().unwrap().to_owned();
    assert_eq!(
        first.body,
        json!({
            "status": "processed",
            "message": "Event processed successfully. Outcome: completed",
            "event_id": format!("evt_{unique}"),
            "call_id": call_id
        })
    );

    let again = relay(stack, body.as_bytes()).await;
    let duplicate = json!({
        "status": "processed",
        "message": "Event already processed (idempotency)",
        "event_id": format!("evt_{unique}")
    });
    assert_eq!(
        again,
        Answer {
            status: 200,
            body: duplicate
        }
    );

    let mut outcome = stack.outcome(&call_id, "user_demo").await;
    assert_eq!(outcome.status, 200);
    let (created, updated) = (
        outcome.body["createdAt"].take(),
        outcome.body["updatedAt"].take(),
    );
    assert!(created.as_str().unwrap().ends_with('Z') && updated.as_str() >= created.as_str());
    assert_eq!(
        outcome.body,
        json!({
            "id": call_id,
            "userId": "user_demo",
            "agentConfigId": "telephony-agent",
            "livekitRoomName": format!("sip-7678189426__1730217045__{unique}"),
            "livekitRoomSid": format!("RM_{unique}"),
            "direction": "inbound",
            "phoneNumber": "+17678189426",
            "status": "ended",
            "outcome": "completed",
            "duration": 45,
            "recordingUrl": "https://cdn.example.com/recordings/recording.mp3",
            "metadata": {
                "disconnect_reason": "CLIENT_INITIATED",
                "participant_identity": "agent",
                "room_creation_time": "2025-10-29T15:30:00.000Z",
                "campaign_id": "demo-campaign"
            },
            "startedAt": "2025-10-29T15:30:00.000Z",
            "endedAt": "2025-10-29T15:30:45.123Z",
            "createdAt": null,
            "updatedAt": null
        })
    );
}

#[tokio::test]
async fn a_whole_call_as_livekit_sends_it_becomes_one_record() {
    let (stack, unique) = (stack(), unique());
    let events = sip_call(&unique, DEMO_LINE);
    let mut call_ids = BTreeSet::new();
    for payload in &events {
        let answer = livekit(stack, payload).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        let name = payload["event"].as_str().unwrap();
        if ["participant_left", "room_finished", "egress_ended"].contains(&name) {
            assert_eq!(answer.body["status"], "processed");
            call_ids.insert(answer.body["call_id"].as_str().unwrap().to_owned());
        } else {
            let ignored = json!({
                "status": "ignored",
                "message": format!("Event type '{name}' is not processable"),
                "event_type": name
            });
            assert_eq!(answer.body, ignored);
        }
    }
    assert_eq!(call_ids.len(), 1);
    let call_id = call_ids.first().unwrap();
    let outcome = eventually("the call to be folded", async || {
        Some(stack.outcome(call_id, "user_demo").await).filter(|outcome| outcome.status == 200)
    });
    let outcome = outcome.await.body;
    assert_eq!(outcome["duration"], 60);
    assert_eq!(outcome["outcome"], "completed");
    assert_eq!(outcome["direction"], "inbound");
    assert_eq!(outcome["phoneNumber"], "+15105550123");
    assert_eq!(outcome["sipCallId"], format!("SCL_{unique}"));
    assert_eq!(
        outcome["recordingUrl"],
        "https://recordings.example.com/call.ogg"
    );
    assert_eq!(outcome["metadata"]["campaign_id"], "retention");
    assert_eq!(
        outcome["metadata"]["participant_identity"],
        "sip_+15105550123"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn of_fifty_copies_at_once_exactly_one_is_processed() {
    let (stack, unique) = (stack(), unique());
    let body = sample(&unique).to_string();
    let answers = futures::future::join_all((0..50).map(|_| relay(stack, body.as_bytes()))).await;
    assert!(
        answers.iter().all(|answer| answer.status == 200),
        "{answers:?}"
    );
    let said = |message: &str| {
        answers
            .iter()
            .filter(|answer| answer.body["message"] == message)
            .count()
    };
    assert_eq!(said("Event processed successfully. Outcome: completed"), 1);
    assert_eq!(said("Event already processed (idempotency)"), 49);
    eventually("one history row", async || {
        (stack.history_rows(&format!("livekit:evt_{unique}")).await == 1).then_some(())
    })
    .await;
    assert!(stack.has_event(&format!("livekit:evt_{unique}")).await);
}

#[tokio::test]
async fn what_is_not_signed_by_livekit_is_refused_in_the_documented_shape() {
    let (stack, unique) = (stack(), unique());
    let body = sample(&unique).to_string();
    let (key, secret) = (
        stack.value("LIVEKIT_API_KEY"),
        stack.value("LIVEKIT_API_SECRET"),
    );
    let changed = body.replacen("CLIENT", "SERVER", 1);
    let good = hmac_signature(stack.value("LIVEKIT_WEBHOOK_SECRET"), body.as_bytes());
    let attempts = [
        vec![],
        vec![(
            "x-livekit-signature",
            hmac_signature("another secret", changed.as_bytes()),
        )],
        vec![("x-livekit-signature", good)],
        vec![("x-livekit-signature", "not hex".to_owned())],
        vec![(
            "authorization",
            authorization(key, "another secret", changed.as_bytes()),
        )],
        vec![(
            "authorization",
            authorization("APIother", secret, changed.as_bytes()),
        )],
        vec![("authorization", authorization(key, secret, body.as_bytes()))],
        vec![("authorization", stack.value("RINGPOST_TOKEN").to_owned())],
    ];
    let refused = json!({ "error": "Invalid webhook signature", "status": 401 });
    for headers in attempts {
        let mut request = client().post(stack.url(WEBHOOK)).body(changed.clone());
        for (name, value) in &headers {
            request = request.header(*name, value);
        }
        let answer = stack.send(request).await;
        assert_eq!(
            answer,
            Answer {
                status: 401,
                body: refused.clone()
            },
            "{headers:?}"
        );
    }
}

#[tokio::test]
async fn a_malformed_payload_is_answered_with_what_is_wrong() {
    let stack = stack();
    let without = |field: &str| {
        let mut payload = sample(&unique());
        payload.as_object_mut().unwrap().remove(field);
        payload.to_string()
    };
    let with = |field: &str, value: Value| {
        let mut payload = sample(&unique());
        payload[field] = value;
        payload.to_string()
    };
    let missing = |name: &str| format!("Missing required field: {name}");
    let cases = [
        (without("id"), missing("event_id")),
        (with("id", json!("")), missing("event_id")),
        (without("event"), missing("event_type")),
        (without("createdAt"), missing("event_created_at")),
        (without("room"), missing("room_name")),
        (with("room", json!({})), missing("room_name")),
        (with("room", json!({ "sid": "RM_1" })), missing("room_name")),
        (
            with("room", json!({ "name": "room-1", "sid": "" })),
            missing("room_sid"),
        ),
        (
            with("room", json!("a room")),
            "Invalid value of field: room".to_owned(),
        ),
        (
            with("id", json!("x".repeat(3_000))),
            "Invalid value of field: id".to_owned(),
        ),
        (
            String::new(),
            "Body is not valid JSON (line 1, column 0)".to_owned(),
        ),
        ("[]".to_owned(), "Body must be a JSON object".to_owned()),
        (
            "{".repeat(100_000),
            "Body is not valid JSON (line 1, column 2)".to_owned(),
        ),
    ];
    for (body, details) in cases {
        let answer = relay(stack, body.as_bytes()).await;
        assert_eq!(answer.status, 400, "{details}: {answer:?}");
        assert_eq!(answer.body["error"], "Invalid webhook payload");
        assert_eq!(answer.body["status"], 400);
        assert_eq!(answer.body["details"], details.as_str());
    }
    let bytes = relay(stack, b"{\"id\": \"\xff\xfe\"}").await;
    assert!(matches!(bytes.status, 400 | 401), "{bytes:?}");
}

#[tokio::test]
async fn what_is_missing_of_a_room_is_named_by_its_path() {
    let (stack, unique) = (stack(), unique());
    let rooms = [
        (json!(null), "room_name", "room"),
        (json!({ "sid": "RM_1" }), "room_name", "room.name"),
        (json!({ "name": "room-1" }), "room_sid", "room.sid"),
    ];
    let events = [
        "participant_left",
        "room_finished",
        "participant_joined",
        "room_started",
        "egress_ended",
    ];
    for (room, name, path) in &rooms {
        for event in events {
            let mut payload = sample(&unique);
            (payload["event"], payload["room"]) = (json!(event), room.clone());
            if event == "egress_ended" && room.is_null() {
                // Its own words for the room are as good.
                payload["egressInfo"] = json!({ "egressId": "EG_1" });
            }
            let refused = json!({
                "error": "Invalid webhook payload", "details": format!("Missing required field: {name}"),
                "field": path, "status": 400
            });
            let answer = relay(stack, payload.to_string().as_bytes()).await;
            assert_eq!(
                answer,
                Answer {
                    status: 400,
                    body: refused
                },
                "{event} {room}"
            );
        }
    }
}

#[tokio::test]
async fn a_recording_of_a_web_page_is_kept_and_ignored_at_both_endpoints() {
    let (stack, unique) = (stack(), unique());
    let payload = json!({
        "event": "egress_ended", "id": format!("EV_{unique}"), "createdAt": "1767312060",
        "egressInfo": { "egressId": "EG_web", "web": { "url": "https://page.example" }, "status": "EGRESS_COMPLETE",
            "fileResults": [{ "location": "https://recordings.example/page.mp4" }] }
    });
    let message = "Event type 'egress_ended' is not processable without a room";
    let ignored = json!({ "status": "ignored", "message": message, "event_type": "egress_ended" });
    for _ in 0..2 {
        let answer = livekit(stack, &payload).await;
        assert_eq!(
            answer,
            Answer {
                status: 200,
                body: ignored.clone()
            }
        );
    }
    let body = payload.to_string();
    let (key, secret) = (
        stack.value("LIVEKIT_API_KEY"),
        stack.value("LIVEKIT_API_SECRET"),
    );
    let request = client()
        .post(stack.url("/api/v1/webhooks/livekit/events"))
        .header("Authorization", authorization(key, secret, body.as_bytes()))
        .body(body);
    let kept = json!({ "success": true, "status": "ignored", "message": message });
    assert_eq!(
        stack.send(request).await,
        Answer {
            status: 200,
            body: kept
        }
    );
    assert!(stack.has_event(&format!("livekit:EV_{unique}")).await);
}

#[tokio::test]
async fn ten_megabytes_are_refused_and_ten_thousand_levels_do_no_harm() {
    let stack = stack();
    let huge = format!(
        r#"{{"id":"evt","event":"x","padding":"{}"}}"#,
        "x".repeat(10_000_000)
    );
    let answer = relay(stack, huge.as_bytes()).await;
    assert_eq!((answer.status, &answer.body["status"]), (413, &json!(413)));
    let deep = format!(
        r#"{{"id":"evt","padding":{}{}}}"#,
        "[".repeat(10_000),
        "]".repeat(10_000)
    );
    assert_eq!(relay(stack, deep.as_bytes()).await.status, 400);
}

#[tokio::test]
async fn a_call_is_shown_to_its_user_and_its_tenants_admin_only() {
    let (stack, unique) = (stack(), unique());
    let answer = relay(stack, sample(&unique).to_string().as_bytes()).await;
    let call_id = answer.body["call_id"].as_str().unwrap();
    let url = |query: &str| stack.url(&format!("/api/calls/{call_id}/outcome{query}"));
    let token = |claims: Value| stack.token(claims);
    let ask = async |query: &str, token: Option<String>| {
        let mut request = client().get(url(query));
        if let Some(token) = token {
            request = request.bearer_auth(token);
        }
        stack.send(request).await
    };

    let own = ask(
        "?user_id=user_demo",
        Some(token(json!({ "sub": "user_demo" }))),
    )
    .await;
    assert_eq!(own.status, 200);

    let unauthorized = json!({ "error": "Unauthorized", "message": "Invalid or expired JWT token", "status": 401 });
    let nobody = ask("?user_id=user_demo", None).await;
    assert_eq!(
        nobody,
        Answer {
            status: 401,
            body: unauthorized.clone()
        }
    );
    let expired = ask(
        "?user_id=user_demo",
        Some(token(json!({ "sub": "user_demo", "exp": 1 }))),
    )
    .await;
    assert_eq!(
        expired,
        Answer {
            status: 401,
            body: unauthorized
        }
    );

    let missing = ask("", Some(token(json!({ "sub": "user_demo" })))).await;
    let no_user = json!({ "error": "Missing required parameter: user_id", "status": 400 });
    assert_eq!(
        missing,
        Answer {
            status: 400,
            body: no_user
        }
    );

    let not_found = json!({ "error": "Call not found", "call_id": call_id, "status": 404 });
    let foreign = [
        ("user_other", json!({ "sub": "user_other" })),
        ("user_demo", json!({ "sub": "user_other" })),
        (
            "user_demo",
            json!({ "sub": "user_demo", "tenant_id": "other" }),
        ),
        (
            "user_demo",
            json!({ "sub": "boss", "tenant_id": "other", "role": "admin" }),
        ),
        (
            "user_other",
            json!({ "sub": "boss", "tenant_id": "demo", "role": "admin" }),
        ),
    ];
    for (user_id, claims) in foreign {
        let answer = ask(&format!("?user_id={user_id}"), Some(token(claims.clone()))).await;
        assert_eq!(
            answer,
            Answer {
                status: 404,
                body: not_found.clone()
            },
            "{user_id} {claims}"
        );
    }
    let admin = json!({ "sub": "boss", "tenant_id": "demo", "role": "admin" });
    assert_eq!(
        ask("?user_id=user_demo", Some(token(admin))).await.status,
        200
    );

    for id in ["call_log_abc123", "00000000-0000-5000-8000-000000000000"] {
        let unknown = stack.outcome(id, "user_demo").await;
        let body = json!({ "error": "Call not found", "call_id": id, "status": 404 });
        assert_eq!(unknown, Answer { status: 404, body });
    }
}

#[tokio::test]
async fn health_shows_the_real_version_and_time() {
    let stack = stack();
    let answer = stack
        .send(client().get(stack.url("/api/webhooks/call_completed/health")))
        .await;
    assert_eq!(answer.status, 200);
    let timestamp = answer.body["timestamp"].as_str().unwrap();
    assert!(
        timestamp.len() == 24 && timestamp.ends_with('Z') && timestamp > "2026-11",
        "{timestamp}"
    );
    let expected = json!({
        "status": "healthy", "service": "call_outcomes", "version": env!("CARGO_PKG_VERSION"),
        "timestamp": timestamp
    });
    assert_eq!(answer.body, expected);
}
