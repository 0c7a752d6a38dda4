//! A body that goes to several subscriptions is kept once, and each of them gets it whole.

use http::Method;
use ringpost::{
    domain::delivery::{DeliveryRef, DeliveryStatus, Message},
    queue::deliveries::DeliveryMessage,
    store::history::RecordedDelivery,
};
use ringpost_tests::{
    ask::{admin, ask},
    faults::{Cut, Faults},
    manual_clock::ManualClock,
    receiver::Receiver,
    subscriptions::message,
    world::{World, deliveries::work},
};
use serde_json::{Value, json};
use uuid::Uuid;

/// A message whose body does not compress below this many bytes.
fn large(id: &str, hand: &ManualClock, bytes: usize) -> Message {
    let noise: String = (0..bytes / 16)
        .map(|_| Uuid::new_v4().simple().to_string())
        .collect();
    message("acme", id, hand.now(), &json!({ "noise": noise }))
}

/// Records a message for each of these subscriptions.
async fn record(world: &World, message: &Message, ids: &[u64]) -> Vec<DeliveryRef> {
    let history = world.history(&Faults::none());
    let packed = history.pack(message, ids.len()).await.unwrap();
    let mut recorded = Vec::new();
    for id in ids {
        let (RecordedDelivery::Unqueued(at) | RecordedDelivery::Queued(at)) =
            history.record_delivery(&packed, *id).await.unwrap();
        recorded.push(at);
    }
    recorded
}

async fn bodies(world: &World) -> usize {
    let items = world.items("history").await;
    items
        .iter()
        .filter(|item| item.contains_key("payload"))
        .count()
}

#[tokio::test]
async fn a_large_body_is_kept_once_and_posted_whole_to_each() {
    let (world, hand, receiver) = (
        World::new(None).await,
        ManualClock::stopped(),
        Receiver::start(),
    );
    let mut ids = Vec::new();
    for path in ["/a", "/b", "/c"] {
        ids.push(
            world
                .subscribe_at(&receiver.url(path), &["call.completed"], |_| {})
                .await
                .id,
        );
    }
    let message = large("evt_large", &hand, 40_000);
    let recorded = record(&world, &message, &ids).await;
    assert_eq!(
        (world.items("history").await.len(), bodies(&world).await),
        (4, 1)
    );
    let asked: Vec<_> = recorded
        .iter()
        .zip(&ids)
        .map(|(at, id)| DeliveryMessage::attempt(at, *id, 1))
        .collect();
    assert_eq!(
        work(&world.deliver(&Faults::none(), hand.clock()), &asked).await,
        0
    );
    let requests = receiver.requests();
    assert_eq!(requests.len(), 3);
    assert!(requests.iter().all(|request| request.body == message.body));
    for at in &recorded {
        assert_eq!(world.delivery(at).await.body.as_ref(), Some(&message.body));
    }

    // What the history shows does not depend on where a body lies.
    let (events, id) = (
        world.webhook_events(10_000).await,
        recorded[1].id.to_string(),
    );
    let list = ask(Method::GET, None)
        .of(&events, &admin("acme"))
        .await
        .body;
    let shown: Vec<&Value> = list["events"]
        .as_array()
        .unwrap()
        .iter()
        .map(|event| &event["payload"])
        .collect();
    assert!(
        shown.len() == 3
            && shown
                .iter()
                .all(|payload| *payload == shown[0] && !payload.is_null())
    );
    let detail = ask(Method::GET, Some(("id", &id)))
        .of(&events, &admin("acme"))
        .await
        .body;
    let whole: Value = serde_json::from_slice(&message.body).unwrap();
    assert_eq!(detail["event"]["payload"], whole["data"]);
}

#[tokio::test]
async fn a_small_body_and_a_body_of_one_subscription_lie_in_their_rows() {
    let (world, hand) = (World::new(None).await, ManualClock::stopped());
    record(
        &world,
        &message("acme", "evt_small", hand.now(), &json!({ "n": 1 })),
        &[1, 2, 3],
    )
    .await;
    record(&world, &large("evt_one", &hand, 5_000), &[4]).await;
    assert_eq!(
        (world.items("history").await.len(), bodies(&world).await),
        (4, 4)
    );
}

#[tokio::test]
async fn a_body_that_is_kept_stays_as_it_is() {
    let (world, hand) = (World::new(None).await, ManualClock::stopped());
    let (first, later) = (large("evt_1", &hand, 5_000), large("evt_1", &hand, 5_000));
    let of_first = record(&world, &first, &[1, 2]).await;
    let of_later = record(&world, &later, &[1, 2, 3]).await;
    assert_eq!(of_first, of_later[..2]);
    for at in &of_later {
        assert_eq!(world.delivery(at).await.body.as_ref(), Some(&first.body));
    }
    // The same id at another tenant is another message.
    let other = Message {
        tenant_id: "other".to_owned(),
        ..later
    };
    let at = record(&world, &other, &[1, 2]).await;
    assert_eq!(
        world.delivery(&at[0]).await.body.as_ref(),
        Some(&other.body)
    );
}

#[tokio::test]
async fn a_process_that_dies_around_any_write_loses_no_body() {
    let hand = ManualClock::stopped();
    for cut in [Cut::Before, Cut::After] {
        for request in 0..3 {
            let world = World::new(None).await;
            let message = large("evt_1", &hand, 5_000);
            let faults = Faults::death_at(request, cut);
            let history = world.history(&faults);
            if let Ok(packed) = history.pack(&message, 2).await {
                for id in [1, 2] {
                    history.record_delivery(&packed, id).await.ok();
                }
            }
            for at in record(&world, &message, &[1, 2]).await {
                assert_eq!(
                    world.delivery(&at).await.body.as_ref(),
                    Some(&message.body),
                    "{cut:?} {request}"
                );
            }
            assert_eq!(world.items("history").await.len(), 3);
        }
    }
}

#[tokio::test]
async fn a_delivery_whose_body_has_expired_ends_and_says_so() {
    let (world, hand, receiver) = (
        World::new(None).await,
        ManualClock::stopped(),
        Receiver::start(),
    );
    let acme = world
        .subscribe_at(&receiver.url("/"), &["call.completed"], |_| {})
        .await;
    let at = record(
        &world,
        &large("evt_1", &hand, 5_000),
        &[acme.id, acme.id + 1],
    )
    .await
    .remove(0);
    world.forget_body("acme", "evt_1").await;
    let asked = DeliveryMessage::attempt(&at, acme.id, 1);
    assert_eq!(
        work(&world.deliver(&Faults::none(), hand.clock()), &[asked]).await,
        0
    );
    assert!(receiver.requests().is_empty());
    let delivery = world.delivery(&at).await;
    assert_eq!(
        (delivery.status, delivery.body),
        (DeliveryStatus::Failed, None)
    );
    assert_eq!(
        delivery.last.unwrap().error.as_deref(),
        Some("its body is not kept any more")
    );
}
