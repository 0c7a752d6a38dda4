//! Inbound calls: which agent answers, what is recorded, and what happens when the database fails.

use std::time::{Duration, Instant};

use aws_lambda_events::sqs::SqsEvent;
use futures::future::join_all;
use http::{HeaderValue, header::AUTHORIZATION};
use ringpost::{
    clock::Clock,
    domain::{
        call::direction::Direction,
        directory::{Lead, LeadStatus},
        phone::PhoneNumber,
    },
};
use ringpost_functions::{health, runtime::Worker};
use ringpost_tests::{
    faults::Faults,
    lambda::{invoke, queue_batch, request, sample_event, stream_batch, webhook},
    livekit::{hmac_signature, sip_call, unique},
    stack::{Answer, client, eventually, stack},
    world::{
        World,
        inbound::{DEFAULT_AGENT, Health, line},
    },
};
use serde_json::{Value, json};

const LINE: &str = "+18588796658";
const CALLER: &str = "+15551234567";

fn question(unique: &str) -> Value {
    json!({
        "call_id": format!("SCL_{unique}"), "trunk_id": "ST_YOUR_INBOUND_TRUNK_ID", "trunk_phone_number": LINE,
        "from_number": CALLER, "to_number": LINE, "room_name": format!("sip-room-{unique}")
    })
}

async fn ask(world: &World, question: &Value) -> Answer {
    let endpoint = world.sip_inbound(Health::Well, Health::Well).await;
    invoke(&endpoint, webhook(question.to_string().as_bytes())).await
}

async fn tell(world: &World, event: &Value) -> Answer {
    let endpoint = world.livekit_events(&Faults::none()).await;
    invoke(&endpoint, webhook(event.to_string().as_bytes())).await
}

fn metadata(answer: &Value) -> Value {
    serde_json::from_str(answer["metadata"].as_str().unwrap()).unwrap()
}

async fn one_lead(world: &World) -> Lead {
    let mut leads = world.leads("acme").await;
    assert_eq!(leads.len(), 1);
    leads.remove(0)
}

/// A world with one number of one campaign.
async fn seeded() -> World {
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
async fn twenty_calls_of_one_caller_at_once_are_one_lead() {
    let world = seeded().await;
    let endpoint = world.sip_inbound(Health::Well, Health::Well).await;
    let questions: Vec<_> = (0..20).map(|_| question(&unique()).to_string()).collect();
    let answers = join_all(
        questions
            .iter()
            .map(|body| invoke(&endpoint, webhook(body.as_bytes()))),
    )
    .await;
    assert!(
        answers
            .iter()
            .all(|answer| answer.body["agent_name"] == "spring-agent")
    );
    let log = world.items("events").await;
    assert_eq!(log.len(), 20);
    let worker = world.fan_out(&Faults::none());
    let driven = join_all(log.iter().map(|item| worker.handle(stream_batch([item])))).await;
    assert!(
        driven
            .iter()
            .all(|answer| answer.batch_item_failures.is_empty())
    );
    assert_eq!(world.calls().await.len(), 20);
    let lead = one_lead(&world).await;
    world.process_log().await;
    assert_eq!(
        one_lead(&world).await,
        lead,
        "driving again changes nothing"
    );
    assert!(lead.created_at <= lead.last_call_started_at);
}

#[tokio::test]
async fn a_lead_closes_with_its_last_call_and_not_with_an_older_one() {
    let (world, first, second) = (seeded().await, unique(), unique());
    let ended = |unique: &str| {
        json!({
            "event": "participant_left", "id": format!("EV_{unique}"), "createdAt": "4000000000",
            "room": { "sid": format!("RM_{unique}"), "name": format!("sip-room-{unique}") },
            "participant": {
                "identity": format!("sip_{CALLER}"), "kind": "SIP", "disconnectReason": "CLIENT_INITIATED",
                "attributes": { "sip.callID": format!("SCL_{unique}") }
            }
        })
    };
    for unique in [&first, &second] {
        assert_eq!(ask(&world, &question(unique)).await.status, 200);
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    world.process_log().await;
    let calling = one_lead(&world).await;
    tell(&world, &ended(&first)).await;
    world.process_log().await;
    assert_eq!(one_lead(&world).await, calling, "the newer call goes on");
    tell(&world, &ended(&second)).await;
    world.process_log().await;
    let closed = one_lead(&world).await;
    assert_eq!(
        (closed.status, closed.last_call_at.as_seconds()),
        (LeadStatus::Completed, 4_000_000_000)
    );
    assert_eq!(
        (closed.created_at, closed.name),
        (calling.created_at, calling.name)
    );
    assert_eq!(
        world.calls().await.len(),
        2,
        "question and leaving are one call each"
    );
}

#[tokio::test]
async fn a_caller_gets_an_agent_in_time_whatever_fails_and_nothing_is_lost() {
    for database in [Health::Down, Health::Silent] {
        let (world, unique) = (seeded().await, unique());
        let endpoint = world.sip_inbound(database, Health::Well).await;
        let started = Instant::now();
        let answer = invoke(&endpoint, webhook(question(&unique).to_string().as_bytes())).await;
        assert!(
            started.elapsed() < Duration::from_secs(2),
            "{database:?}: {:?}",
            started.elapsed()
        );
        assert_eq!(
            (answer.status, &answer.body["agent_name"]),
            (200, &json!(DEFAULT_AGENT)),
            "{database:?}"
        );
        assert_eq!(answer.body["attributes"]["caller"], CALLER);
        assert_eq!(world.items("events").await.len(), 0);

        let bodies = world.take_deferred().await;
        assert_eq!(bodies.len(), 1, "{database:?}");
        let worker = world.deferred_events(&Faults::none());
        for _ in 0..2 {
            assert!(
                worker
                    .handle(queue_batch(&bodies))
                    .await
                    .batch_item_failures
                    .is_empty()
            );
        }
        // LiveKit asks once more: the same event.
        assert_eq!(
            ask(&world, &question(&unique)).await.body["agent_name"],
            "spring-agent"
        );
        world.process_log().await;
        assert_eq!(world.items("events").await.len(), 1);
        assert_eq!(
            (
                world.calls().await.len(),
                world.items("history").await.len()
            ),
            (1, 1)
        );
        assert_eq!(one_lead(&world).await.status, LeadStatus::Calling);
    }
}

#[tokio::test]
async fn even_without_database_and_queue_there_is_an_agent() {
    let world = World::new(None).await;
    for (database, queue) in [
        (Health::Down, Health::Down),
        (Health::Silent, Health::Silent),
    ] {
        let endpoint = world.sip_inbound(database, queue).await;
        let started = Instant::now();
        let answer = invoke(
            &endpoint,
            webhook(question(&unique()).to_string().as_bytes()),
        )
        .await;
        assert!(
            started.elapsed() < Duration::from_secs(2),
            "{:?}",
            started.elapsed()
        );
        assert_eq!(
            (answer.status, &answer.body["agent_name"]),
            (200, &json!(DEFAULT_AGENT))
        );
    }
}

#[tokio::test]
async fn a_deferred_event_that_cannot_be_appended_comes_again() {
    let world = World::new(Some("demo")).await;
    let sample: SqsEvent = serde_json::from_str(&sample_event("deferred-events")).unwrap();
    let failing = world.deferred_events(&Faults::death_at(0, ringpost_tests::faults::Cut::Before));
    assert_eq!(
        failing
            .handle(sample.clone())
            .await
            .batch_item_failures
            .len(),
        1
    );
    let worker = world.deferred_events(&Faults::none());
    assert_eq!(
        worker
            .handle(queue_batch(&["rubbish".to_owned()]))
            .await
            .batch_item_failures
            .len(),
        1
    );
    assert!(worker.handle(sample).await.batch_item_failures.is_empty());
    // LiveKit's repetition is the same event, under the key that the sample has.
    assert_eq!(
        invoke(
            &world.sip_inbound(Health::Well, Health::Well).await,
            request(&sample_event("sip-inbound"))
        )
        .await
        .status,
        200
    );
    assert_eq!(world.items("events").await.len(), 1);
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
async fn both_spellings_and_flat_bodies_end_the_call() {
    let finished = |unique: &str| {
        [
            json!({ "event": "room_finished", "id": format!("EV_{unique}"), "createdAt": "4000000000",
                "room": { "sid": format!("RM_{unique}"), "name": format!("sip-room-{unique}") } }),
            json!({ "event": "room.finished", "room": { "name": format!("sip-room-{unique}") } }),
            json!({ "event": "room.closed", "room_name": format!("sip-room-{unique}"), "id": 7 }),
            json!({ "event": "participant.left", "room": format!("sip-room-{unique}"),
                "participant_identity": format!("sip_{CALLER}") }),
        ]
    };
    for index in 0..4 {
        let (world, unique) = (seeded().await, unique());
        ask(&world, &question(&unique)).await;
        let event = &finished(&unique)[index];
        let expected = json!({ "success": true, "message": "Webhook received and processed" });
        for _ in 0..2 {
            let answer = tell(&world, event).await;
            assert_eq!(
                (answer.status, answer.body),
                (200, expected.clone()),
                "{event}"
            );
        }
        world.process_log().await;
        assert_eq!(world.items("events").await.len(), 2, "{event}");
        assert_eq!(world.calls().await.len(), 1, "{event}");
        assert_eq!(
            one_lead(&world).await.status,
            LeadStatus::Completed,
            "{event}"
        );
    }
    let world = World::new(None).await;
    for body in [
        json!({ "event": "room.exploded", "room": 5 }),
        json!({ "event": "participant.joined" }),
    ] {
        assert_eq!(tell(&world, &body).await.status, 200, "{body}");
    }
    for (body, field) in [(json!({ "room": {} }), Some("event")), (json!([1]), None)] {
        let answer = tell(&world, &body).await;
        assert_eq!(
            (answer.status, answer.body["field"].as_str()),
            (400, field),
            "{body}"
        );
    }
}

#[tokio::test]
async fn an_event_posted_to_both_endpoints_is_one() {
    let (world, call) = (World::new(Some("demo")).await, sip_call(&unique(), LINE));
    let call_completed = world.call_completed(&Faults::none()).await;
    for payload in &call {
        tell(&world, payload).await;
        let answer = invoke(&call_completed, webhook(payload.to_string().as_bytes())).await;
        assert_eq!(answer.status, 200);
    }
    assert_eq!(world.items("events").await.len(), call.len());
    let finished = json!({ "event": "room_finished", "id": "EV_1", "createdAt": "4000000000", "room_name": "x" });
    let strict = invoke(&call_completed, webhook(finished.to_string().as_bytes())).await;
    assert_eq!(
        (strict.status, &strict.body["details"]),
        (400, &json!("Missing required field: room_name"))
    );
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
    let endpoint = health::webhooks_health::Function {
        clock: Clock::system(),
    };
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
    let told = post("/api/v1/webhooks/livekit/events", ended.clone())
        .header("X-LiveKit-Signature", &signature);
    assert_eq!(stack.send(told).await.status, 200);
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

#[tokio::test]
async fn a_fixed_room_name_keeps_the_calls_of_two_tenants_and_of_two_callers_apart() {
    let world = seeded().await;
    world.assign_line("+17678189426", "other", None).await;
    for (call, line) in [("SCL_1", LINE), ("SCL_2", "+17678189426"), ("SCL_3", LINE)] {
        let mut asked = question(&unique());
        asked["call_id"] = json!(call);
        asked["to_number"] = json!(line);
        asked["room_name"] = json!("the-same-room");
        assert_eq!(ask(&world, &asked).await.status, 200);
        world.process_log().await;
    }
    let owners: Vec<String> = world
        .calls()
        .await
        .iter()
        .map(|call| call["owner"].as_s().unwrap().clone())
        .collect();
    assert_eq!(owners.len(), 3);
    assert_eq!(
        owners
            .iter()
            .filter(|owner| owner.contains("other"))
            .count(),
        1
    );
    assert_eq!(
        (
            world.leads("acme").await.len(),
            world.leads("other").await.len()
        ),
        (1, 1)
    );
}
