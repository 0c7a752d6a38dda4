//! A user who sends too many requests is answered 429, in this minute and by every process, and no other user is.

use http::{Method, header::RETRY_AFTER};
use lambda_http::{Body, Request};
use ringpost::{
    auth::limiter::Exceeded,
    domain::{
        directory::{ApiKey, Settings},
        timestamp::Timestamp,
    },
    providers::livekit::Keys,
};
use ringpost_functions::{directory, runtime};
use ringpost_tests::{
    ask::{admin, ask},
    faults::{Cut, Faults},
    lambda::{invoke, webhook},
    livekit::{hmac_signature, sample},
    manual_clock::ManualClock,
    stack::stack,
    world::World,
};
use serde_json::json;
use uuid::Uuid;

const COMPANY: Uuid = Uuid::from_u128(0x7c86_93c6_976e_4324_9123_2c1d_8116_05f9);
const BEGIN: &str = "2026-01-02T03:04:05Z";

#[tokio::test]
async fn a_fixed_number_of_requests_passes_in_a_minute_whichever_process_takes_them() {
    let (world, hand) = (World::new(None).await, ManualClock::at(BEGIN));
    let processes = [
        world.limiter(5, hand.clock()),
        world.limiter(5, hand.clock()),
    ];
    let mut passed = 0;
    for turn in 0..20 {
        let answer = processes[turn % 2].admit("alice").await;
        passed += u32::from(answer.is_ok());
        if let Err(exceeded) = answer {
            assert_eq!(
                exceeded,
                Exceeded {
                    most: 5,
                    retry_after: 55
                }
            );
        }
    }
    assert_eq!(passed, 5);
    assert!(
        processes[0].admit("bob").await.is_ok(),
        "each user has a counter"
    );
    hand.advance(55);
    assert!(processes[0].admit("alice").await.is_ok(), "a minute later");
    let counters = world.items("directory").await;
    assert_eq!(counters.len(), 3);
    let end = Timestamp::parse_rfc3339("2026-01-02T04:04:00Z")
        .unwrap()
        .as_seconds();
    assert!(
        counters
            .iter()
            .all(|item| item["expiresAt"].as_n().unwrap().parse::<i64>().unwrap() <= end + 60)
    );
}

#[tokio::test]
async fn a_large_limit_is_counted_in_steps_and_hardly_exceeded() {
    let (world, hand) = (World::new(None).await, ManualClock::at(BEGIN));
    let processes = [
        world.limiter(1_000, hand.clock()),
        world.limiter(1_000, hand.clock()),
    ];
    let mut passed = 0;
    for turn in 0..1_200 {
        passed += u32::from(processes[turn % 2].admit("alice").await.is_ok());
    }
    assert!((1_000..=1_040).contains(&passed), "{passed}");
}

#[tokio::test]
async fn while_the_table_does_not_answer_no_request_is_refused() {
    let (world, hand) = (World::new(None).await, ManualClock::at(BEGIN));
    let limiter = world.limiter_with(1, hand.clock(), &Faults::death_at(0, Cut::Before));
    for _ in 0..3 {
        assert!(limiter.admit("alice").await.is_ok());
    }
}

#[tokio::test]
async fn a_user_an_address_and_a_tenant_that_publishes_learn_when_to_come_again() {
    let (world, hand) = (World::new(None).await, ManualClock::at(BEGIN));
    let mut settings = world
        .endpoint::<directory::Function<Settings>>(&Faults::none())
        .await;
    settings.authenticator.limiter = Some(world.limiter(2, hand.clock()));
    let get = async |tenant: &str| {
        ask(Method::GET, None)
            .of(&settings, &admin(tenant))
            .await
            .status
    };
    assert_eq!(
        [get("acme").await, get("acme").await, get("acme").await],
        [404, 404, 429]
    );
    assert_eq!(get("other").await, 404);

    let mut publish = world.publish_event(&Faults::none()).await;
    publish.quota = Some(world.limiter(1, hand.clock()));
    let mut statuses = Vec::new();
    for number in 0..2 {
        let body =
            json!({ "eventType": "campaign.started", "payload": { "n": number } }).to_string();
        let mut request = Request::new(Body::Text(body));
        let token = stack().token(admin("acme"));
        request
            .headers_mut()
            .insert("authorization", format!("Bearer {token}").parse().unwrap());
        request
            .headers_mut()
            .insert("idempotency-key", format!("key-{number}").parse().unwrap());
        *request.method_mut() = Method::POST;
        let answer = runtime::answer(&publish, request).await.unwrap();
        statuses.push((
            answer.status().as_u16(),
            answer.headers().get(RETRY_AFTER).cloned(),
        ));
    }
    assert_eq!(statuses, [(202, None), (429, Some("55".parse().unwrap()))]);

    // Without an address, as here, no request is counted; API Gateway always names one.
    let mut call_completed = world.call_completed(&Faults::none()).await;
    call_completed.gate.addresses = Some(world.limiter(1, hand.clock()));
    for number in 0..2 {
        let body = sample(&format!("limits{number}")).to_string();
        assert_eq!(
            invoke(&call_completed, webhook(body.as_bytes()))
                .await
                .status,
            200
        );
    }
}

#[tokio::test]
async fn a_dialer_and_a_tenants_own_account_learn_when_to_come_again() {
    let (world, hand) = (World::new(Some("demo")).await, ManualClock::at(BEGIN));
    let keys = [
        ("acme", "rpk_acme-key-0000000000000000000000000000000000"),
        ("beta", "rpk_beta-key-0000000000000000000000000000000000"),
    ];
    for (tenant, key) in keys {
        let api_key = ApiKey {
            id: Uuid::new_v4(),
            sha256: ApiKey::hash(key),
            tenant_id: tenant.to_owned(),
            company_id: COMPANY,
            name: "dialer".to_owned(),
            created_at: Timestamp::EPOCH,
        };
        world.directory().put(&api_key).await.unwrap();
    }
    let mut capture = world.call_capture(&Faults::none());
    capture.quota = Some(world.limiter(1, hand.clock()));
    let mut statuses = Vec::new();
    for (tenant, number) in [(0, 1), (0, 2), (1, 3)] {
        let body = json!({ "company_id": COMPANY, "external_call_id": number }).to_string();
        let mut request = Request::new(Body::Text(body));
        request
            .headers_mut()
            .insert("x-api-key", keys[tenant].1.parse().unwrap());
        statuses.push(invoke(&capture, request).await.status);
    }
    assert_eq!(statuses, [201, 429, 201]);

    let mut call_completed = world.call_completed(&Faults::none()).await;
    call_completed.gate.accounts = Some(world.limiter_of("account", 1, hand.clock()));
    call_completed.gate.keys = world
        .secrets(&["livekit-webhook-secrets"], |_| {
            let entries = ["@acme acme-account-secret", "platform-secret"].map(str::to_owned);
            Keys::parse(&[], &entries).unwrap()
        })
        .await;
    let mut statuses = Vec::new();
    for (number, secret) in [
        "acme-account-secret",
        "acme-account-secret",
        "platform-secret",
        "platform-secret",
    ]
    .iter()
    .enumerate()
    {
        let body = sample(&format!("account{number}")).to_string();
        let mut request = webhook(body.as_bytes());
        let signature = hmac_signature(secret, body.as_bytes());
        request
            .headers_mut()
            .insert("x-livekit-signature", signature.parse().unwrap());
        statuses.push(invoke(&call_completed, request).await.status);
    }
    assert_eq!(
        statuses,
        [200, 429, 200, 200],
        "the platform's account is all tenants'"
    );
}

#[tokio::test]
async fn a_query_that_reads_thousands_of_items_counts_as_fifty() {
    let (world, hand) = (World::new(None).await, ManualClock::at(BEGIN));
    let (mut stats, mut events) = (
        world.call_stats(10_000).await,
        world.webhook_events(10_000).await,
    );
    stats.authenticator.limiter = Some(world.limiter_of("stats", 100, hand.clock()));
    events.authenticator.limiter = Some(world.limiter_of("events", 100, hand.clock()));
    let mut statuses = Vec::new();
    for _ in 0..3 {
        let stats = ask(Method::GET, None)
            .of(&stats, &admin("acme"))
            .await
            .status;
        let all = ask(Method::GET, None)
            .query(&[("count", "all")])
            .of(&events, &admin("acme"))
            .await
            .status;
        statuses.push((stats, all));
    }
    assert_eq!(statuses, [(200, 200), (200, 200), (429, 429)]);
}
