//! The status of agents' calls: from the cache, from ElevenLabs, and for those who may see it only.

use std::time::Duration;

use lambda_http::{Body, Request};
use ringpost::{
    clock::Clock,
    domain::{call::agent_status::StatusWord, timestamp::Timestamp},
};
use ringpost_functions::calls::agent_call_status;
use ringpost_tests::{
    elevenlabs_api::{ElevenLabsApi, Reply, conversation, long_conversation},
    faults::{Cut, Faults},
    lambda::{invoke, request, sample_event},
    livekit::sip_call,
    stack::{Answer, stack},
    world::World,
};
use serde_json::{Value, json};

const SID: &str = "CAaaf497febbe85ab7ab20ec32b3808caa";
const CONVERSATION: &str = "conv_8001kg64z481ege91gcvyrxngwrs";
const AGENT: &str = "agent_01k08m7k11e0yspnsnxtye7dct";
const LINE: &str = "+18588796658";
/// When the events of these tests are received.
const THEN: i64 = 1_767_312_000;

fn reported(event_type: &str) -> Value {
    json!({
        "call_id": SID, "conversation_id": CONVERSATION, "event_type": event_type,
        "timestamp": Timestamp::from_seconds(THEN).unwrap().to_string()
    })
}

/// A world of the tenant `demo`, to which this call status event came.
async fn world_with(event: &Value) -> World {
    let world = World::new(Some("demo")).await;
    world.keep_call_status(event, THEN).await;
    world.process_log().await;
    world
}

/// The endpoint, `later` seconds after the events.
async fn endpoint(world: &World, api: &ElevenLabsApi, later: i64) -> agent_call_status::Function {
    let now = Timestamp::from_seconds(THEN + later).unwrap();
    let mut deps = world.agent_call_status(api).await;
    // User tokens are judged by the authenticator's own clock.
    deps.clock = Clock::new(move || now);
    deps
}

fn token(tenant: &str, user: &str) -> String {
    stack().token(json!({ "sub": user, "tenant_id": tenant }))
}

async fn ask_as(deps: &agent_call_status::Function, token: &str, body: &str) -> Answer {
    let mut request = Request::new(Body::Text(body.to_owned()));
    request
        .headers_mut()
        .insert("authorization", format!("Bearer {token}").parse().unwrap());
    invoke(deps, request).await
}

/// As the tenant's own token: without a user, calls belong to it.
async fn ask(deps: &agent_call_status::Function, body: &Value) -> Answer {
    ask_as(deps, &token("demo", "demo"), &body.to_string()).await
}

fn by_both() -> Value {
    json!({ "conversation_id": CONVERSATION, "callSid": SID })
}

fn play(api: &ElevenLabsApi, status: &str) {
    api.play(
        CONVERSATION,
        Reply::With(
            200,
            conversation(CONVERSATION, SID, AGENT, status).to_string(),
        ),
    );
}

#[tokio::test]
async fn the_documents_exchange_is_answered_from_the_cache() {
    let mut event = reported("call.no_answer");
    event["status"] = json!("failed");
    event["failure_reason"] = json!("No answer from recipient");
    let (world, api) = (world_with(&event).await, World::elevenlabs_api());
    let deps = endpoint(&world, &api, 86_400).await;
    let expected = json!({
        "callId": SID, "conversationId": CONVERSATION, "status": "no_answer",
        "failureReason": "No answer from recipient", "rawResponse": event
    });
    for query in [
        by_both(),
        json!({ "callSid": SID }),
        json!({ "conversation_id": CONVERSATION }),
    ] {
        let answer = ask(&deps, &query).await;
        assert_eq!((answer.status, &answer.body), (200, &expected), "{query}");
    }
    assert!(api.requests().is_empty(), "a final status is not asked for");
}

#[tokio::test]
async fn a_status_that_is_not_final_is_asked_for_when_it_is_a_minute_old() {
    let (world, api) = (
        world_with(&reported("call.ringing")).await,
        World::elevenlabs_api(),
    );
    play(&api, "in-progress");
    let fresh = ask(&endpoint(&world, &api, 60).await, &by_both()).await;
    assert_eq!(
        (fresh.status, &fresh.body["status"]),
        (200, &json!("ringing"))
    );
    assert!(api.requests().is_empty());
    let asked = ask(
        &endpoint(&world, &api, 61).await,
        &json!({ "callSid": SID }),
    )
    .await;
    assert_eq!(
        (&asked.body["status"], &asked.body["stale"]),
        (&json!("answered"), &Value::Null)
    );
    assert_eq!(asked.body["rawResponse"]["status"], "in-progress");
    let again = ask(&endpoint(&world, &api, 100).await, &by_both()).await;
    assert_eq!(
        (&again.body["status"], api.requests().len()),
        (&json!("answered"), 1),
        "fresh again"
    );
    play(&api, "done");
    let done = ask(&endpoint(&world, &api, 200).await, &by_both()).await;
    assert_eq!(done.body["status"], "completed");
    let events = world.items("events").await;
    let fetched = events
        .iter()
        .filter(|event| event["eventType"].as_s().unwrap() == "conversation.fetched");
    assert_eq!(fetched.count(), 2, "what ElevenLabs answered is in the log");
    world.process_log().await;
    let status = world.facts().await.agent_status;
    assert_eq!(
        status.get().map(|status| status.word),
        Some(StatusWord::Completed)
    );
}

#[tokio::test]
async fn an_answer_that_has_less_than_is_known_is_good_for_a_minute_too() {
    for (known, answered) in [
        ("call.ringing", "initiated"),
        ("call.answered", "initiated"),
        ("call.ended", "in-progress"),
    ] {
        let (world, api) = (world_with(&reported(known)).await, World::elevenlabs_api());
        let mut answer = conversation(CONVERSATION, SID, AGENT, answered);
        answer["metadata"] = json!({});
        api.play(CONVERSATION, Reply::With(200, answer.to_string()));
        let mut statuses = Vec::new();
        // The questions at 61 s and 122 s are asked, those between are answered by what they brought.
        for later in [61, 62, 90, 121, 122, 150] {
            let answer = ask(&endpoint(&world, &api, later).await, &by_both()).await;
            assert_eq!(
                (answer.status, &answer.body["stale"]),
                (200, &Value::Null),
                "{known} after {later}"
            );
            statuses.push(answer.body["status"].clone());
        }
        assert_eq!(
            statuses,
            vec![json!(known.strip_prefix("call.").unwrap()); 6],
            "{known}"
        );
        assert_eq!(api.requests().len(), 2, "{known}");
    }
}

#[tokio::test]
async fn ended_is_final_only_with_its_transcript() {
    let (world, api) = (
        world_with(&reported("call.ended")).await,
        World::elevenlabs_api(),
    );
    play(&api, "done");
    let asked = ask(&endpoint(&world, &api, 61).await, &by_both()).await;
    assert_eq!(
        (&asked.body["status"], api.requests().len()),
        (&json!("completed"), 1)
    );
}

#[tokio::test]
async fn when_elevenlabs_does_not_answer_the_cached_status_is_marked_stale() {
    let (world, api) = (
        world_with(&reported("call.answered")).await,
        World::elevenlabs_api(),
    );
    let deps = endpoint(&world, &api, 3_600).await;
    let expected = json!({
        "callId": SID, "conversationId": CONVERSATION, "status": "answered", "stale": true,
        "rawResponse": reported("call.answered")
    });
    let another = conversation("conv_other", SID, AGENT, "done").to_string();
    for reply in [
        Reply::With(500, String::new()),
        Reply::With(429, String::new()),
        Reply::With(401, String::new()),
        Reply::With(404, String::new()),
        Reply::With(200, "<html>".to_owned()),
        Reply::With(200, another),
        Reply::After(Duration::from_secs(4)),
    ] {
        api.play(CONVERSATION, reply.clone());
        let answer = ask(&deps, &by_both()).await;
        assert_eq!((answer.status, &answer.body), (200, &expected), "{reply:?}");
    }
    assert_eq!(api.requests().len(), 7);
    assert_eq!(
        world.items("events").await.len(),
        1,
        "nothing was kept of that"
    );
}

#[tokio::test]
async fn without_a_key_the_cache_answers() {
    let (world, api) = (
        world_with(&reported("call.answered")).await,
        World::elevenlabs_api(),
    );
    let mut deps = endpoint(&world, &api, 3_600).await;
    deps.key = world.no_elevenlabs_key().await;
    let answer = ask(&deps, &by_both()).await;
    assert_eq!((answer.status, &answer.body["stale"]), (200, &json!(true)));
    let unknown = ask(&deps, &json!({ "conversation_id": "conv_unknown" })).await;
    assert_eq!(unknown.status, 404);
    assert!(api.requests().is_empty());
}

#[tokio::test]
async fn a_conversation_that_was_not_reported_is_found_at_elevenlabs_by_its_agents_owner() {
    let (world, api) = (World::new(None).await, World::elevenlabs_api());
    world.assign_agent(AGENT, "acme", "user_acme").await;
    play(&api, "done");
    let deps = endpoint(&world, &api, 0).await;
    let query = json!({ "conversation_id": CONVERSATION }).to_string();
    let strangers = [
        ("acme", "another"),
        ("other", "user_acme"),
        ("demo", "demo"),
    ];
    let unknown = ask_as(
        &deps,
        &token("acme", "user_acme"),
        r#"{"conversation_id":"conv_unknown"}"#,
    )
    .await;
    for (tenant, user) in strangers {
        let answer = ask_as(&deps, &token(tenant, user), &query).await;
        assert_eq!(answer, unknown, "{tenant} {user}");
    }
    assert_eq!(unknown.status, 404);
    assert!(
        world.items("events").await.is_empty(),
        "a stranger's question leaves no trace"
    );
    let answer = ask_as(&deps, &token("acme", "user_acme"), &query).await;
    let known = (&answer.body["callId"], &answer.body["status"]);
    assert_eq!(
        (answer.status, known),
        (200, (&json!(SID), &json!("completed")))
    );
    assert_eq!(world.items("events").await.len(), 1);
    // By now it is in the cache, where strangers still find nothing.
    for (tenant, user) in strangers {
        let answer = ask_as(&deps, &token(tenant, user), &query).await;
        assert_eq!(answer, unknown, "{tenant} {user}");
    }
}

#[tokio::test]
async fn a_call_of_another_owner_looks_like_none_whatever_elevenlabs_says() {
    let (world, api) = (
        world_with(&reported("call.answered")).await,
        World::elevenlabs_api(),
    );
    // The directory's owner of the agent is another than the call's.
    world.assign_agent(AGENT, "acme", "user_acme").await;
    let (deps, stranger) = (
        endpoint(&world, &api, 3_600).await,
        token("acme", "user_acme"),
    );
    for reply in [
        Reply::With(404, String::new()),
        Reply::With(500, String::new()),
    ] {
        for id in [CONVERSATION, "conv_unknown"] {
            api.play(id, reply.clone());
        }
        let theirs = ask_as(&deps, &stranger, &by_both().to_string()).await;
        let none = ask_as(
            &deps,
            &stranger,
            r#"{"conversation_id":"conv_unknown","callSid":"CA0"}"#,
        )
        .await;
        assert_eq!(theirs, none, "{reply:?}");
        assert_eq!(
            theirs.status,
            if matches!(reply, Reply::With(404, _)) {
                404
            } else {
                502
            }
        );
    }
    play(&api, "done");
    let theirs = ask_as(&deps, &stranger, &by_both().to_string()).await;
    assert_eq!(
        (theirs.status, &theirs.body["message"]),
        (404, &json!("Call not found"))
    );
    let sid_only = ask_as(&deps, &stranger, &json!({ "callSid": SID }).to_string()).await;
    assert_eq!(sid_only, theirs);
}

#[tokio::test]
async fn a_call_without_elevenlabs_shows_what_the_carrier_and_the_room_reported() {
    let (world, api) = (World::new(Some("demo")).await, World::elevenlabs_api());
    let deps = endpoint(&world, &api, 3_600).await;
    let (log, sid) = (world.event_log(), "CAcarrier");
    let mut seen = Vec::new();
    for payload in sip_call("carrier", LINE) {
        log.keep(&payload).await;
        world.process_log().await;
        let answer = ask(&deps, &json!({ "callSid": sid })).await;
        if answer.status == 200 {
            assert_eq!(
                (&answer.body["callId"], &answer.body["rawResponse"]),
                (&json!(sid), &Value::Null)
            );
            seen.push(answer.body["status"].as_str().unwrap().to_owned());
        }
    }
    seen.dedup();
    assert_eq!(
        seen.last().map(String::as_str),
        Some("completed"),
        "{seen:?}"
    );
    assert!(seen.contains(&"answered".to_owned()), "{seen:?}");
    // A conversation that ElevenLabs says is about another call changes nothing here.
    play(&api, "in-progress");
    let both = json!({ "conversation_id": CONVERSATION, "callSid": sid });
    let answer = ask(&deps, &both).await;
    assert_eq!(
        (&answer.body["callId"], &answer.body["status"]),
        (&json!(sid), &json!("completed"))
    );
    assert_eq!(
        (&answer.body["stale"], api.requests().len()),
        (&json!(true), 1)
    );
}

#[tokio::test]
async fn a_request_without_a_valid_token_or_a_call_is_refused() {
    let (world, api) = (World::new(Some("demo")).await, World::elevenlabs_api());
    let deps = endpoint(&world, &api, 0).await;
    let unauthorised = ask_as(&deps, "no.token.atall", &by_both().to_string()).await;
    assert_eq!(
        (unauthorised.status, &unauthorised.body["success"]),
        (401, &json!(false))
    );
    assert_eq!(
        invoke(&deps, Request::new(Body::Text(by_both().to_string())))
            .await
            .status,
        401
    );
    let token = token("demo", "demo");
    for body in [
        "",
        "{",
        "[]",
        "{}",
        r#"{"callSid":7}"#,
        r#"{"conversation_id":"","callSid":null}"#,
        r#"{"callSid":"undefined"}"#,
    ] {
        let answer = ask_as(&deps, &token, body).await;
        assert_eq!(
            (answer.status, &answer.body["success"]),
            (400, &json!(false)),
            "{body}"
        );
    }
    for id in ["../../v1/user", "conv 1", "a/b?c", "conv\u{1F600}"] {
        let answer = ask(&deps, &json!({ "conversation_id": id })).await;
        assert_eq!(answer.status, 404, "{id}");
    }
    assert!(api.requests().is_empty(), "an odd id is not sent anywhere");
    let unknown = ask(&deps, &json!({ "callSid": "CA0" })).await;
    assert_eq!(
        unknown.body,
        json!({ "success": false, "message": "Call not found" })
    );
}

#[tokio::test]
async fn the_sample_event_is_answered() {
    let (world, api) = (
        world_with(&reported("call.completed")).await,
        World::elevenlabs_api(),
    );
    let mut deps = endpoint(&world, &api, 0).await;
    deps.clock = Clock::system();
    let answer = invoke(&deps, request(&sample_event("agent-call-status"))).await;
    assert_eq!((answer.status, &answer.body["callId"]), (200, &json!(SID)));
    assert_eq!(answer.body["status"], "completed");
}

#[tokio::test]
async fn a_tenants_own_account_shows_its_calls_and_reads_no_conversation_of_the_platform() {
    let (world, api) = (World::new(Some("demo")).await, World::elevenlabs_api());
    play(&api, "done");
    world
        .keep_call_status_of(Some("mallory"), &reported("call.answered"), THEN)
        .await;
    world.process_log().await;
    let deps = endpoint(&world, &api, 86_400).await;
    let mallory = token("mallory", "mallory");
    let answer = ask_as(&deps, &mallory, &by_both().to_string()).await;
    assert_eq!(
        (answer.status, &answer.body["status"]),
        (200, &json!("answered")),
        "{answer:?}"
    );
    assert!(
        api.requests().is_empty(),
        "the platform's key would read any conversation"
    );
    assert_eq!(
        ask(&deps, &json!({ "callSid": SID })).await.status,
        404,
        "it is no call of another tenant"
    );
}

#[tokio::test]
async fn of_one_users_unknown_calls_few_are_looked_up() {
    let (world, api) = (World::new(Some("demo")).await, World::elevenlabs_api());
    let mut deps = endpoint(&world, &api, 0).await;
    deps.agent_calls.limiter = Some(world.limiter_of("question", 2, Clock::system()));
    let mut statuses = Vec::new();
    for number in 0..3 {
        let query = json!({ "conversation_id": format!("conv_8001kg64z481ege91gcvyrxngw{number}{number}") });
        statuses.push(ask(&deps, &query).await.status);
    }
    assert_eq!(statuses, [404, 404, 429]);
    assert_eq!(api.requests().len(), 2);
}

#[tokio::test]
async fn killed_at_any_request_and_asked_again_it_gives_the_same_answer() {
    let now = Timestamp::from_seconds(THEN + 3_600).unwrap();
    let endpoint = async |world: &World, faults: &Faults, api: &ElevenLabsApi| {
        let mut function = world.agent_call_status_with(faults, api).await;
        function.clock = Clock::new(move || now);
        function
    };
    let short = conversation(CONVERSATION, SID, AGENT, "done");
    for response in [short, long_conversation(CONVERSATION, SID, AGENT)] {
        for cut in [Cut::Before, Cut::After] {
            for number in 0.. {
                let (world, api) = (
                    world_with(&reported("call.ringing")).await,
                    World::elevenlabs_api(),
                );
                api.play(CONVERSATION, Reply::With(200, response.to_string()));
                let faults = Faults::death_at(number, cut);
                ask(&endpoint(&world, &faults, &api).await, &by_both()).await;
                let again = ask(&endpoint(&world, &Faults::none(), &api).await, &by_both()).await;
                let kept = world.items("events").await.len();
                assert_eq!(
                    (&again.body["status"], kept),
                    (&json!("completed"), 2),
                    "request {number}, cut {cut:?}"
                );
                if !faults.struck() {
                    assert!(number >= 3, "the call, the log and the call again");
                    break;
                }
            }
        }
    }
}
