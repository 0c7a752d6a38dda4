//! One call that three providers report to the tenant `acme`, and the deliveries that must follow.

#[path = "../../../lib/tests/suite/support/one_call.rs"]
pub(crate) mod one_call;

use std::collections::BTreeSet;

use one_call::{DIALLED, LINE, event, reports};
use ringpost::{
    domain::{delivery::Delivery, subscription::Filters, timestamp::Timestamp},
    queue::deliveries::DeliveryMessage,
};
use ringpost_tests::world::World;
use serde_json::{Value, json};

pub(crate) fn second(index: usize) -> Timestamp {
    Timestamp::from_seconds(DIALLED + i64::try_from(index).unwrap()).unwrap()
}

pub(crate) fn outcomes(words: &[&str]) -> Filters {
    Filters {
        outcomes: words.iter().map(|word| (*word).to_owned()).collect(),
        ..Filters::default()
    }
}

/// A world of the tenant `acme`, to which the line of the calls belongs.
pub(crate) async fn acme() -> World {
    let world = World::new(None).await;
    world.assign_line(LINE, "acme", Some("spring")).await;
    world
}

/// The reports in an order in which the first names all of the call's keys, so that no record has to
/// be united with another: what two records announced, both did.
pub(crate) const KNOWN_AT_ONCE: [usize; 12] = [4, 0, 1, 2, 3, 5, 6, 7, 8, 9, 10, 11];

/// Keeps the reports of a call in this order, received one a second.
pub(crate) async fn keep(world: &World, unique: &str, order: impl IntoIterator<Item = usize>) {
    let reports = reports(unique);
    for (place, index) in order.into_iter().enumerate() {
        world
            .keep_event(&event(&reports[index], second(place)))
            .await;
    }
}

/// Keeps and processes the first reports of a call, in an order in which none makes a second record.
pub(crate) async fn process_first(world: &World, unique: &str, reports: usize) {
    for kept in [1, reports] {
        keep(world, unique, KNOWN_AT_ONCE.into_iter().take(kept)).await;
        world.process_all().await;
    }
}

/// Every delivery that was not tried yet must have a message in the queue, and no other one may.
pub(crate) async fn all_queued(world: &World, deliveries: &[Delivery]) {
    let queued: BTreeSet<(String, u64, u64, u32)> = world
        .take_deliveries()
        .await
        .into_iter()
        .map(
            |DeliveryMessage::V1 {
                 tenant_id,
                 id,
                 subscription_id,
                 attempt,
                 ..
             }| { (tenant_id, id, subscription_id, attempt) },
        )
        .collect();
    let expected = deliveries.iter().map(|delivery| {
        (
            delivery.at.tenant_id.clone(),
            delivery.at.id,
            delivery.subscription_id,
            1,
        )
    });
    assert_eq!(queued, expected.collect());
}

pub(crate) const LIFECYCLE: [&str; 6] = [
    "call.answered",
    "call.completed",
    "call.created",
    "call.ringing",
    "conversation.completed",
    "conversation.started",
];

/// A LiveKit event of a phone that leaves or joins a room.
pub(crate) fn of_phone(room: &str, name: &str, seconds: i64, ids: [&str; 2]) -> Value {
    let [id, full] = ids;
    json!({
        "event": name, "id": format!("EV_{room}_{name}_{seconds}"), "createdAt": (DIALLED + seconds).to_string(),
        "room": { "sid": room, "name": room, "creationTime": DIALLED.to_string() },
        "participant": {
            "identity": "sip_1", "kind": "SIP",
            "attributes": { "sip.callID": id, "sip.callIDFull": full, "sip.trunkPhoneNumber": LINE }
        }
    })
}
