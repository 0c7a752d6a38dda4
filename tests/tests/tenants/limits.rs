//! Who asks too often is answered 429, in this minute and by every process, and nobody else.

use http::{Method, header::RETRY_AFTER};
use lambda_http::{Body, Request};
use ringpost::{
    domain::{directory::Settings, timestamp::Timestamp},
    pipeline::limiter::Exceeded,
};
use ringpost_functions::{directory, runtime};
use ringpost_tests::{
    ask::{admin, ask},
    faults::{Cut, Faults},
    hand::Hand,
    lambda::{invoke, webhook},
    livekit::sample,
    stack::stack,
    world::World,
};
use serde_json::json;

const BEGIN: &str = "2026-01-02T03:04:05Z";

#[tokio::test]
async fn so_many_requests_pass_in_a_minute_whichever_process_takes_them() {
    let (world, hand) = (World::new(None).await, Hand::at(BEGIN));
    let processes = [world.limiter(5, hand.clock()), world.limiter(5, hand.clock())];
    let mut passed = 0;
    for turn in 0..20 {
        let answer = processes[turn % 2].admit("alice").await;
        passed += u32::from(answer.is_ok());
        if let Err(exceeded) = answer {
            assert_eq!(exceeded, Exceeded { most: 5, retry_after: 55 });
        }
    }
    assert_eq!(passed, 5);
    assert!(processes[0].admit("bob").await.is_ok(), "everybody has a counter");
    hand.advance(55);
    assert!(processes[0].admit("alice").await.is_ok(), "a minute later");
    let counters = world.items("directory").await;
    assert_eq!(counters.len(), 3);
    let end = Timestamp::parse_rfc3339("2026-01-02T04:04:00Z").unwrap().as_seconds();
    assert!(
        counters.iter().all(|item| item["expiresAt"].as_n().unwrap().parse::<i64>().unwrap() <= end + 60)
    );
}

#[tokio::test]
async fn a_large_limit_is_counted_in_steps_and_hardly_exceeded() {
    let (world, hand) = (World::new(None).await, Hand::at(BEGIN));
    let processes = [world.limiter(1_000, hand.clock()), world.limiter(1_000, hand.clock())];
    let mut passed = 0;
    for turn in 0..1_200 {
        passed += u32::from(processes[turn % 2].admit("alice").await.is_ok());
    }
    assert!((1_000..=1_040).contains(&passed), "{passed}");
}

#[tokio::test]
async fn while_the_table_does_not_answer_nobody_is_refused() {
    let (world, hand) = (World::new(None).await, Hand::at(BEGIN));
    let limiter = world.limiter_with(1, hand.clock(), &Faults::death_at(0, Cut::Before));
    for _ in 0..3 {
        assert!(limiter.admit("alice").await.is_ok());
    }
}

#[tokio::test]
async fn a_user_an_address_and_a_tenant_that_publishes_learn_when_to_come_again() {
    let (world, hand) = (World::new(None).await, Hand::at(BEGIN));
    let mut settings = directory::Deps::<Settings>::new(world.directory(), world.authenticator().await);
    settings.limit(world.limiter(2, hand.clock()));
    let get = async |tenant: &str| ask(Method::GET, None).of(&settings, &admin(tenant)).await.status;
    assert_eq!([get("acme").await, get("acme").await, get("acme").await], [404, 404, 429]);
    assert_eq!(get("other").await, 404);

    let mut publish = world.publish_event(&Faults::none()).await;
    publish.quota = Some(world.limiter(1, hand.clock()));
    let mut statuses = Vec::new();
    for number in 0..2 {
        let body = json!({ "eventType": "campaign.started", "payload": { "n": number } }).to_string();
        let mut request = Request::new(Body::Text(body));
        let token = stack().token(admin("acme"));
        request.headers_mut().insert("authorization", format!("Bearer {token}").parse().unwrap());
        request.headers_mut().insert("idempotency-key", format!("key-{number}").parse().unwrap());
        *request.method_mut() = Method::POST;
        let answer = runtime::answer(&publish, request).await.unwrap();
        statuses.push((answer.status().as_u16(), answer.headers().get(RETRY_AFTER).cloned()));
    }
    assert_eq!(statuses, [(202, None), (429, Some("55".parse().unwrap()))]);

    // Without an address, as here, nobody is counted; API Gateway always names one.
    let mut call_completed = world.call_completed(&Faults::none()).await;
    call_completed.gate.addresses = Some(world.limiter(1, hand.clock()));
    for number in 0..2 {
        let body = sample(&format!("limits{number}")).to_string();
        assert_eq!(invoke(&call_completed, webhook(body.as_bytes())).await.status, 200);
    }
}
