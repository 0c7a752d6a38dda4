//! Calls and leads are forgotten when the operator says so, with everything that leads to them.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use ringpost::{clock::Clock, store::Retention};
use ringpost_functions::runtime::Worker;
use ringpost_tests::{
    faults::Faults,
    lambda::{invoke, stream_batch, webhook},
    livekit::unique,
    world::{World, inbound::Health},
};
use serde_json::json;

const LINE: &str = "+18588796658";
const DAYS: u32 = 400;

type Items = Vec<HashMap<String, AttributeValue>>;

/// All that is kept of one inbound call: the call with its pointer, and the lead.
async fn lived(kept: Retention) -> (Items, Items) {
    let world = World::new(None).await;
    world.assign_number(LINE, "acme", "user_acme").await;
    let question = json!({
        "call_id": unique(), "room_name": unique(), "from_number": "+15551234567", "to_number": LINE
    });
    let sip_inbound = world.sip_inbound(Health::Well, Health::Well).await;
    assert_eq!(
        invoke(&sip_inbound, webhook(question.to_string().as_bytes()))
            .await
            .status,
        200
    );
    let mut fan_out = world.fan_out(&Faults::none());
    fan_out.fan_out.fold = fan_out.fan_out.fold.clone().kept_for(kept);
    fan_out.fan_out.leads = fan_out.fan_out.leads.clone().kept_for(kept);
    fan_out
        .handle(stream_batch(&world.items("events").await))
        .await;
    let directory = world.items("directory").await;
    let leads = directory
        .into_iter()
        .filter(|item| item["key"].as_s().unwrap().starts_with("lead#"));
    (world.items("calls").await, leads.collect())
}

#[tokio::test]
async fn a_call_its_pointers_and_its_lead_end_a_number_of_days_after_it() {
    let now = Clock::system().now();
    let (calls, leads) = lived(Retention::days(DAYS)).await;
    assert!(
        calls.len() > 1 && leads.len() == 1,
        "{} and {}",
        calls.len(),
        leads.len()
    );
    for item in calls.iter().chain(&leads) {
        let expires: i64 = item["expiresAt"].as_n().unwrap().parse().unwrap();
        let within = now.plus_days(DAYS).as_seconds()..=now.plus_days(DAYS).as_seconds() + 60;
        assert!(within.contains(&expires), "{item:?}");
    }
}

#[tokio::test]
async fn by_default_they_are_kept_for_ever() {
    let (calls, leads) = lived(Retention::days(0)).await;
    assert!(!calls.is_empty() && !leads.is_empty());
    assert!(
        calls
            .iter()
            .chain(&leads)
            .all(|item| !item.contains_key("expiresAt"))
    );
}
