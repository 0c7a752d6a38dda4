//! Inbound calls: which agent answers, and which requests are refused.

use http::{HeaderValue, header::AUTHORIZATION};
use ringpost::{
    clock::Clock,
    domain::{call::direction::Direction, directory::LeadStatus, phone::PhoneNumber},
};
use ringpost_functions::health;
use ringpost_tests::{
    faults::Faults,
    lambda::{invoke, request, sample_event, webhook},
    livekit::{hmac_signature, unique},
    stack::{Answer, client, eventually, stack},
    world::{
        World,
        inbound::{DEFAULT_AGENT, Health, line},
    },
};
use serde_json::{Value, json};

use super::inbound_calls::one_lead;

pub(crate) const LINE: &str = "+18588796658";
pub(crate) const CALLER: &str = "+15551234567";

pub(crate) fn question(unique: &str) -> Value {
    json!({
        "call_id": format!("SCL_{unique}"), "trunk_id": "ST_YOUR_INBOUND_TRUNK_ID", "trunk_phone_number": LINE,
        "from_number": CALLER, "to_number": LINE, "room_name": format!("sip-room-{unique}")
    })
}

pub(crate) async fn ask(world: &World, question: &Value) -> Answer {
    let endpoint = world.sip_inbound(Health::Well, Health::Well).await;
    invoke(&endpoint, webhook(question.to_string().as_bytes())).await
}

fn metadata(answer: &Value) -> Value {
    serde_json::from_str(answer["metadata"].as_str().unwrap()).unwrap()
}

/// A world with one number of one campaign.
pub(crate) async fn seeded() -> World {
    let world = World::new(None).await;
    world.assign_line(LINE, "acme", Some("spring")).await;
    world
        .put_campaign("acme", "spring", Some("spring-agent"))
        .await;
    world
}

#[tokio::test]
async fn the_answer_is_the_documents_word_for_word() {
    let (world, unique) = (seeded().await, unique());
    let mut asked = question(&unique);
    asked["to_number"] = json!("(858) 879-6658");
    let answer = ask(&world, &asked).await;
    let id = line(LINE, "acme", None).id();
    let metadata = format!(
        r#"{{"call_type":"inbound","phone_number_id":"{id}","tenant_id":"acme","campaign_id":"spring","from_number":"+15551234567","to_number":"+18588796658"}}"#
    );
    let expected = json!({
        "agent_name": "spring-agent", "metadata": metadata,
        "attributes": { "inbound": "true", "phone_number": LINE, "caller": CALLER }
    });
    assert_eq!((answer.status, answer.body), (200, expected));

    world.process_log().await;
    let facts = world.facts().await;
    assert_eq!(facts.direction(), Some(Direction::Inbound));
    assert_eq!(facts.phone_number().map(PhoneNumber::as_str), Some(CALLER));
    assert_eq!(facts.line_number().map(PhoneNumber::as_str), Some(LINE));
    assert_eq!(facts.sip_call_id(), Some(format!("SCL_{unique}").as_str()));
    let lead = one_lead(&world).await;
    assert_eq!(
        (lead.name.as_str(), lead.status),
        ("Inbound Caller +15551234567", LeadStatus::Calling)
    );
    assert_eq!(lead.campaign_id.as_deref(), Some("spring"));
}

#[tokio::test]
async fn the_surest_agent_answers() {
    for (of_campaign, of_tenant, expected) in [
        (
            Some(Some("spring-agent")),
            Some("acme-agent"),
            "spring-agent",
        ),
        (Some(Some("")), Some("acme-agent"), "acme-agent"),
        (Some(None), Some("acme-agent"), "acme-agent"),
        (Some(None), None, DEFAULT_AGENT),
        // The number names a campaign that does not exist.
        (None, Some("acme-agent"), "acme-agent"),
        (None, Some(""), DEFAULT_AGENT),
        (None, None, DEFAULT_AGENT),
    ] {
        let world = World::new(None).await;
        world.assign_line(LINE, "acme", Some("spring")).await;
        if let Some(agent_name) = of_campaign {
            world.put_campaign("acme", "spring", agent_name).await;
        }
        if let Some(agent_name) = of_tenant {
            world.put_default_agent("acme", agent_name).await;
        }
        let answer = ask(&world, &question(&unique())).await;
        assert_eq!(
            answer.body["agent_name"], expected,
            "{of_campaign:?} {of_tenant:?}"
        );
    }
    let world = World::new(None).await;
    world.assign_line(LINE, "acme", Some("theirs")).await;
    world
        .put_campaign("mallory", "theirs", Some("their-agent"))
        .await;
    let answer = ask(&world, &question(&unique())).await;
    assert_eq!(
        answer.body["agent_name"], DEFAULT_AGENT,
        "another tenant's campaign decides nothing"
    );
}

#[tokio::test]
async fn an_unknown_number_is_answered_by_the_default_agent() {
    let world = World::new(None).await;
    let answer = ask(&world, &question(&unique())).await;
    assert_eq!(
        (answer.status, &answer.body["agent_name"]),
        (200, &json!(DEFAULT_AGENT))
    );
    let expected = json!({ "call_type": "inbound", "from_number": CALLER, "to_number": LINE });
    assert_eq!(metadata(&answer.body), expected);

    let world = World::new(Some("acme")).await;
    world.put_default_agent("acme", "acme-agent").await;
    let mut anonymous = question(&unique());
    anonymous["to_number"] = json!("support");
    anonymous["trunk_phone_number"] = json!(null);
    anonymous["from_number"] = json!("anonymous");
    let answer = ask(&world, &anonymous).await;
    assert_eq!(answer.body["agent_name"], "acme-agent");
    assert_eq!(
        answer.body["attributes"],
        json!({ "inbound": "true", "phone_number": "support", "caller": "anonymous" })
    );
    world.process_log().await;
    assert_eq!(
        (world.calls().await.len(), world.leads("acme").await.len()),
        (1, 0)
    );
}

#[tokio::test]
async fn unsigned_and_forged_requests_are_refused_where_a_key_is_configured() {
    let world = World::new(None).await;
    let sip_inbound = world.sip_inbound(Health::Well, Health::Well).await;
    let events = world.livekit_events(&Faults::none()).await;
    let body = question(&unique()).to_string();
    let refused = json!({ "success": false, "message": "Invalid webhook signature" });
    for signature in [
        None,
        Some("00".repeat(32)),
        Some(hmac_signature("another secret", body.as_bytes())),
    ] {
        let forged = || {
            let mut request = webhook(body.as_bytes());
            request.headers_mut().remove("x-livekit-signature");
            if let Some(signature) = &signature {
                request
                    .headers_mut()
                    .insert("x-livekit-signature", signature.parse().unwrap());
            }
            request
        };
        for answer in [
            invoke(&sip_inbound, forged()).await,
            invoke(&events, forged()).await,
        ] {
            assert_eq!((answer.status, &answer.body), (401, &refused));
        }
    }
    assert_eq!(
        (
            world.items("events").await.len(),
            world.take_deferred().await.len()
        ),
        (0, 0)
    );

    let mut unsigned = webhook(body.as_bytes());
    unsigned.headers_mut().clear();
    let keyless = world.sip_inbound_without_keys().await;
    assert_eq!(invoke(&keyless, unsigned).await.status, 200);
}

#[tokio::test]
async fn a_body_that_is_no_question_is_refused_by_field() {
    let world = World::new(None).await;
    let endpoint = world.sip_inbound(Health::Well, Health::Well).await;
    let with = |field: &str, value: Value| {
        let mut question = question("wrong");
        question[field] = value;
        question.to_string()
    };
    let nameless = json!({ "call_id": "SCL_1", "from_number": CALLER }).to_string();
    for (body, field) in [
        (String::new(), None),
        ("{".to_owned(), None),
        ("[]".to_owned(), None),
        ("\"SCL_1\"".to_owned(), None),
        (nameless, Some("to_number")),
    ] {
        let answer = invoke(&endpoint, webhook(body.as_bytes())).await;
        assert_eq!(
            (answer.status, &answer.body["success"]),
            (400, &json!(false)),
            "{body}"
        );
        assert_eq!(answer.body["field"].as_str(), field, "{body}");
    }
    let large = with("unknown", json!("x".repeat(128 * 1024)));
    assert_eq!(
        invoke(&endpoint, webhook(large.as_bytes())).await.status,
        413
    );
    assert_eq!(world.items("events").await.len(), 0);
    for (field, value) in [
        ("call_id", json!(5)),
        ("call_id", json!("")),
        ("call_id", json!(null)),
        ("call_id", json!("x".repeat(257))),
        ("to_number", json!({})),
        ("room_name", json!([1])),
        ("room_name", json!("x".repeat(2_049))),
        ("trunk_id", json!(7)),
        ("from_number", json!("x".repeat(2_049))),
    ] {
        let answer = invoke(&endpoint, webhook(with(field, value).as_bytes())).await;
        assert_eq!(
            (answer.status, &answer.body["agent_name"]),
            (200, &json!(DEFAULT_AGENT)),
            "{field}"
        );
    }
    assert_eq!(world.items("events").await.len(), 9, "each is kept");
}

#[tokio::test]
async fn the_test_endpoint_wants_an_administrator_of_the_numbers_tenant() {
    let world = seeded().await;
    world.assign_line("+17678189426", "other", None).await;
    let endpoint = world.webhooks_test(true).await;
    let token = |claims: Value| format!("Bearer {}", stack().token(claims));
    let (admin, user) = (
        token(json!({ "sub": "alice", "tenant_id": "acme", "role": "admin" })),
        token(json!({ "sub": "bob", "tenant_id": "acme" })),
    );
    for (token, number, status) in [
        (None, LINE, 401),
        (Some(&user), LINE, 403),
        (Some(&admin), "+17678189426", 404),
        (Some(&admin), "+14155550100", 404),
        (Some(&admin), LINE, 200),
    ] {
        let mut request = webhook(
            json!({ "to_number": number, "from_number": CALLER })
                .to_string()
                .as_bytes(),
        );
        if let Some(token) = token {
            request
                .headers_mut()
                .insert(AUTHORIZATION, HeaderValue::from_str(token).unwrap());
        }
        let answer = invoke(&endpoint, request).await;
        assert_eq!(
            (answer.status, &answer.body["success"]),
            (status, &json!(status == 200)),
            "{number}"
        );
    }
    assert_eq!(world.items("events").await.len(), 1);
}

#[tokio::test]
async fn the_samples_are_answered() {
    let world = seeded().await;
    let answer = invoke(
        &world.sip_inbound(Health::Well, Health::Well).await,
        request(&sample_event("sip-inbound")),
    )
    .await;
    assert_eq!(
        (answer.status, &answer.body["agent_name"]),
        (200, &json!("spring-agent"))
    );
    let answer = invoke(
        &world.livekit_events(&Faults::none()).await,
        request(&sample_event("livekit-events")),
    )
    .await;
    assert_eq!(
        (answer.status, &answer.body["success"]),
        (200, &json!(true))
    );
    let answer = invoke(
        &world.webhooks_test(false).await,
        request(&sample_event("webhooks-test")),
    )
    .await;
    assert_eq!(answer.body["response"]["agent_name"], "spring-agent");
    let endpoint = health::webhooks_health::Function::new(Clock::system());
    let answer = invoke(&endpoint, request(&sample_event("webhooks-health"))).await;
    assert_eq!(
        (
            &answer.body["status"],
            answer.body["endpoints"].as_array().unwrap().len()
        ),
        (&json!("healthy"), 4)
    );
}

#[tokio::test]
async fn the_documents_curl_lines_work_end_to_end() {
    let stack = stack();
    let post = |path: &str, body: String| {
        client()
            .post(stack.url(path))
            .header("Content-Type", "application/json")
            .body(body)
    };
    let tried = post(
        "/api/v1/webhooks/test",
        json!({ "to_number": LINE, "from_number": CALLER }).to_string(),
    );
    let answer = stack.send(tried).await;
    assert_eq!(
        (answer.status, &answer.body["message"]),
        (200, &json!("Test webhook processed successfully"))
    );
    assert_eq!(metadata(&answer.body["response"])["tenant_id"], "demo");
    let room = answer.body["request"]["room_name"].as_str().unwrap();
    // As the document prints it, with its number blotted out.
    let blotted = r#"{ "to_number": "+1XXXXXXXXXX", "from_number": "+15551234567" }"#;
    let answer = stack
        .send(post("/api/v1/webhooks/test", blotted.to_owned()))
        .await;
    assert_eq!(
        (answer.status, &answer.body["response"]["agent_name"]),
        (200, &json!(DEFAULT_AGENT))
    );

    let deployed = World::deployed().await;
    let ended = json!({ "event": "room.finished", "room": { "name": room } }).to_string();
    let signature = hmac_signature(stack.value("LIVEKIT_WEBHOOK_SECRET"), ended.as_bytes());
    let reported = post("/api/v1/webhooks/livekit/events", ended.clone())
        .header("X-LiveKit-Signature", &signature);
    assert_eq!(stack.send(reported).await.status, 200);
    let asked = question(&unique()).to_string();
    assert_eq!(
        stack
            .send(post("/api/v1/webhooks/livekit/sip-inbound", asked.clone()))
            .await
            .status,
        401
    );
    let signature = hmac_signature(stack.value("LIVEKIT_WEBHOOK_SECRET"), asked.as_bytes());
    let asked = post("/api/v1/webhooks/livekit/sip-inbound", asked)
        .header("X-LiveKit-Signature", signature);
    assert_eq!(stack.send(asked).await.body["agent_name"], DEFAULT_AGENT);
    eventually("the caller to be a lead of the campaign", async || {
        let leads = deployed.leads("demo").await;
        leads.into_iter().find(|lead| {
            lead.phone_number.as_str() == CALLER
                && lead.campaign_id.as_deref() == Some("demo-campaign")
        })
    })
    .await;
    let health = stack
        .send(client().get(stack.url("/api/v1/webhooks/health")))
        .await;
    assert_eq!(
        (health.status, &health.body["status"]),
        (200, &json!("healthy"))
    );
}
