//! Which subscriptions a call's events reach: their filters, their start, and a tenant without any.

use std::collections::{BTreeMap, HashMap};

use aws_sdk_dynamodb::types::AttributeValue;
use ringpost::domain::subscription::Filters;
use ringpost_functions::runtime::Worker;
use ringpost_tests::{
    faults::{Cut, Faults},
    lambda::stream_batch,
    livekit::sip_call,
    world::publishing::posted,
};

use super::reported_call::{
    acme,
    one_call::{LINE, event, reports},
    outcomes, process_first, second,
};

#[tokio::test]
async fn a_late_analysis_reaches_the_filtered_subscription_once_and_only_it() {
    let world = acme().await;
    let plain = world
        .subscribe("acme", &["call.completed"], Filters::default())
        .await;
    let filtered = world
        .subscribe("acme", &["call.completed"], outcomes(&["appointment_set"]))
        .await;
    let other = world
        .subscribe("acme", &["call.completed"], outcomes(&["call_back"]))
        .await;
    let too_late = second(40);
    let late = world
        .subscribe_since(
            "acme",
            &["call.completed"],
            outcomes(&["appointment_set"]),
            too_late,
        )
        .await;
    let stranger = world
        .subscribe("other", &["call.completed"], Filters::default())
        .await;
    assert_eq!((plain, stranger), (1, 1), "ids are counted by the tenant");
    let reports = reports("late");
    process_first(&world, "late", 11).await;
    let to = async |id: u64| world.outbound_types(id).await.len();
    assert_eq!((to(plain).await, to(filtered).await), (1, 0));
    world.keep_event(&event(&reports[11], second(60))).await;
    let log = world.items("events").await;
    let is_analysis = |item: &&HashMap<String, AttributeValue>| {
        item["eventType"].as_s().unwrap() == "post_call_transcription"
    };
    for _ in 0..2 {
        let batch = stream_batch(log.iter().filter(is_analysis));
        world.fan_out(&Faults::none()).handle(batch).await;
        assert_eq!(
            (
                to(plain).await,
                to(filtered).await,
                to(other).await,
                to(late).await
            ),
            (1, 1, 0, 0)
        );
    }
    let deliveries = world.outbound().await;
    assert_eq!(deliveries[0].message_id, deliveries[1].message_id);
    assert_eq!(
        posted(&deliveries[1])["data"]["outcomes"]["appointmentSet"],
        true
    );
    assert!(
        deliveries
            .iter()
            .all(|delivery| delivery.at.tenant_id == "acme")
    );
}

#[tokio::test]
async fn filters_keep_out_what_is_not_wanted() {
    let world = acme().await;
    let campaigns = |id: &str| Filters {
        campaigns: vec![id.to_owned()],
        ..Filters::default()
    };
    let agents = |id: &str| Filters {
        agents: vec![id.to_owned()],
        ..Filters::default()
    };
    let mut expected = BTreeMap::new();
    for (filters, wanted) in [
        (campaigns("spring"), 1),
        (campaigns("autumn"), 0),
        (agents("agent_1"), 1),
        (agents("agent_2"), 0),
        (outcomes(&["busy", "completed"]), 1),
        (outcomes(&["busy"]), 0),
        (
            Filters {
                campaigns: vec!["spring".to_owned()],
                ..agents("agent_2")
            },
            0,
        ),
    ] {
        expected.insert(
            world
                .subscribe("acme", &["call.created", "agent.ready"], filters)
                .await,
            wanted,
        );
    }
    process_first(&world, "filtered", 12).await;
    for (id, wanted) in expected {
        assert_eq!(
            world.outbound_types(id).await.len(),
            wanted,
            "subscription {id}"
        );
    }
}

#[tokio::test]
async fn a_tenant_without_subscriptions_costs_one_query_a_batch() {
    let requests = async |types: Option<&[&str]>, faults: &Faults| {
        let world = acme().await;
        if let Some(types) = types {
            world.subscribe("acme", types, Filters::default()).await;
        }
        let log = world.event_log();
        for payload in &sip_call("cost", LINE) {
            log.keep(payload).await;
        }
        world
            .fan_out(faults)
            .handle(stream_batch(&world.items("events").await))
            .await;
        faults.requests()
    };
    let without = requests(None, &Faults::none()).await;
    assert_eq!(
        requests(Some(&["campaign.started"]), &Faults::none()).await,
        without
    );
    assert_eq!(
        requests(Some(&["call.completed"]), &Faults::none()).await,
        without + 2,
        "a row and a message"
    );
    // Only queries count here: the one that is cut off, and the same again.
    assert_eq!(requests(None, &Faults::once("Query", Cut::Before)).await, 2);
}
