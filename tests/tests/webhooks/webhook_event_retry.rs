//! Sending a failed delivery once more.

use ringpost::{
    domain::{
        delivery::{Delivery, DeliveryStatus},
        event::Source,
        subscription::{Subscription, SubscriptionStatus},
        timestamp::Timestamp,
    },
    queue::deliveries::DeliveryMessage,
};
use ringpost_tests::{
    faults::{Cut, Faults},
    lambda::{invoke, request, sample_event},
    livekit::{now_seconds, unique},
    stack::{Answer, client, stack},
    subscriptions::{message, subscription},
    world::{
        World,
        history::{answered, event},
    },
};
use serde_json::{Value, json};

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_seconds(1_767_312_000 + seconds).unwrap()
}

fn admin() -> Value {
    json!({ "sub": "boss", "tenant_id": "demo", "role": "admin" })
}

async fn retry(world: &World, faults: &Faults, id: impl ToString, claims: Value) -> Answer {
    let endpoint = world.webhook_event_retry(faults).await;
    let mut event: Value = serde_json::from_str(&sample_event("webhook-event-retry")).unwrap();
    event["pathParameters"]["id"] = json!(id.to_string());
    event["headers"]["authorization"] = json!(format!("Bearer {}", stack().token(claims)));
    invoke(&endpoint, request(&event.to_string())).await
}

fn refusal(answer: &Answer) -> (u16, String) {
    assert_eq!(answer.body["success"], false, "{answer:?}");
    (
        answer.status,
        answer.body["message"].as_str().unwrap().to_owned(),
    )
}

/// A world with an active subscription 1 and a failed delivery to it.
async fn failed() -> (World, Delivery) {
    let world = World::new(None).await;
    world.write_subscription(&subscription("demo", 1)).await;
    let pending = world
        .pending_delivery(&message("demo", "evt_1", at(0), &json!({ "n": 1 })), 1)
        .await;
    let failed = world
        .attempt(&pending, &answered(at(1), 500), DeliveryStatus::Failed)
        .await;
    (world, failed)
}

#[tokio::test]
async fn a_failed_delivery_is_queued_again_and_again() {
    let (world, delivery) = failed().await;
    for attempts in [2, 3] {
        let answer = retry(&world, &Faults::none(), delivery.at.id, admin()).await;
        assert_eq!(
            (answer.status, &answer.body["success"]),
            (202, &json!(true)),
            "{answer:?}"
        );
        assert_eq!(answer.body["message"], "Webhook delivery retry queued");
        let event = &answer.body["event"];
        assert_eq!(
            (&event["id"], &event["status"]),
            (&json!(delivery.at.id), &json!("pending"))
        );
        assert_eq!(
            (&event["attempts"], &event["payload"]),
            (&json!(attempts), &json!({ "n": 1 }))
        );
        assert_eq!(
            (&event["messageId"], &event["webhookConfigId"]),
            (&json!("evt_1"), &json!(1))
        );
        let pending = world.delivery(&delivery.at).await;
        assert_eq!(event["updatedAt"], pending.updated_at.to_string());
        assert_eq!(
            (pending.status, pending.attempts),
            (DeliveryStatus::Pending, attempts - 1)
        );
        assert_eq!(
            pending.earlier_attempts,
            attempts - 1,
            "the schedule begins anew"
        );
        let queued = DeliveryMessage::attempt(&delivery.at, 1, attempts);
        assert_eq!(world.take_deliveries().await, [queued]);
        let again = retry(&world, &Faults::none(), delivery.at.id, admin()).await;
        let why = "This delivery is pending already; only a failed one can be retried";
        assert_eq!(refusal(&again), (409, why.to_owned()));
        assert!(world.take_deliveries().await.is_empty());
        world
            .attempt(&pending, &answered(at(60), 503), DeliveryStatus::Failed)
            .await;
    }
    assert!(
        world.items("due").await.is_empty(),
        "the nets are withdrawn"
    );
}

#[tokio::test]
async fn nothing_but_a_failed_delivery_to_an_active_subscription_is_queued() {
    let (world, failed) = failed().await;
    world
        .write_subscription(&Subscription {
            status: SubscriptionStatus::Inactive,
            ..subscription("demo", 2)
        })
        .await;
    let add = async |id: &str, subscription_id: u64, status: DeliveryStatus| {
        let pending = world
            .pending_delivery(&message("demo", id, at(0), &json!({})), subscription_id)
            .await;
        let history = world.history(&Faults::none());
        match status {
            DeliveryStatus::Pending => {}
            DeliveryStatus::Cancelled => {
                assert!(
                    history
                        .end_delivery(&pending, status, "deleted", at(1))
                        .await
                        .unwrap()
                );
            }
            DeliveryStatus::Failed => {
                drop(world.attempt(&pending, &answered(at(1), 500), status).await);
            }
            DeliveryStatus::Delivered => {
                drop(world.attempt(&pending, &answered(at(1), 200), status).await);
            }
        }
        pending.at.id
    };
    let only_failed =
        |what: &str| format!("This delivery is {what}; only a failed one can be retried");
    let cases = [
        (
            add("evt_p", 1, DeliveryStatus::Pending).await,
            409,
            only_failed("pending already"),
        ),
        (
            add("evt_d", 1, DeliveryStatus::Delivered).await,
            409,
            only_failed("delivered"),
        ),
        (
            add("evt_c", 1, DeliveryStatus::Cancelled).await,
            409,
            only_failed("cancelled"),
        ),
        (
            add("evt_i", 2, DeliveryStatus::Failed).await,
            409,
            "Its webhook configuration is inactive; activate it first".to_owned(),
        ),
        (
            add("evt_x", 3, DeliveryStatus::Failed).await,
            409,
            "Its webhook configuration was deleted".to_owned(),
        ),
        (failed.at.id + 1, 404, "Event not found".to_owned()),
    ];
    let before = world.items("history").await;
    for (id, status, message) in cases {
        let answer = retry(&world, &Faults::none(), id, admin()).await;
        assert_eq!(refusal(&answer), (status, message));
    }
    let received = event(Source::LiveKit, "EV_1", at(5), "{}");
    world.receive(&received, "demo", None).await;
    let rows = world.items("history").await;
    let row = rows
        .iter()
        .find(|row| row.contains_key("eventKey") && row["direction"].as_s().unwrap() == "inbound")
        .unwrap();
    let answer = retry(&world, &Faults::none(), row["id"].as_n().unwrap(), admin()).await;
    assert_eq!((answer.status, &answer.body["field"]), (400, &json!("id")));
    for rubbish in ["", "first", "-1", "1.5", "18446744073709551616", "%00"] {
        let answer = retry(&world, &Faults::none(), rubbish, admin()).await;
        assert_eq!(
            refusal(&answer),
            (404, "Event not found".to_owned()),
            "{rubbish}"
        );
    }
    for (status, claims) in [
        (403, json!({ "sub": "alice", "tenant_id": "demo" })),
        (
            404,
            json!({ "sub": "boss", "tenant_id": "other", "role": "admin" }),
        ),
    ] {
        assert_eq!(
            retry(&world, &Faults::none(), failed.at.id, claims)
                .await
                .status,
            status
        );
    }
    assert_eq!(world.items("history").await.len(), before.len() + 1);
    assert!(world.take_deliveries().await.is_empty() && world.items("due").await.is_empty());
}

#[tokio::test]
async fn wherever_the_process_dies_the_attempt_comes_to_pass_or_can_be_asked_for_again() {
    for cut in [Cut::Before, Cut::After] {
        for number in 0.. {
            let (world, delivery) = failed().await;
            let faults = Faults::death_at(number, cut);
            let answer = retry(&world, &faults, delivery.at.id, admin()).await;
            if !faults.struck() {
                assert_eq!(
                    (answer.status, number),
                    (202, 6),
                    "two reads, the net, the row, the queue, no net"
                );
                break;
            }
            // What is queued needs no net, and that one stays does no harm.
            assert_eq!(
                answer.status,
                if number == 5 { 202 } else { 500 },
                "request {number}, cut {cut:?}"
            );
            let next = DeliveryMessage::attempt(&delivery.at, 1, 2);
            let stands = world.delivery(&delivery.at).await;
            if stands.status == DeliveryStatus::Failed {
                let again = retry(&world, &Faults::none(), delivery.at.id, admin()).await;
                assert_eq!(again.status, 202, "request {number}, cut {cut:?}");
            }
            let queued = world.take_deliveries().await;
            assert!(queued.iter().all(|message| *message == next));
            // The net has the message that sweep sends.
            let nets = world.items("due").await;
            assert!(
                !(nets.is_empty() && queued.is_empty()),
                "request {number}, cut {cut:?}"
            );
            for net in nets {
                assert_eq!(net["kind"].as_s().unwrap(), "delivery");
                let message: DeliveryMessage =
                    serde_json::from_str(net["reference"].as_s().unwrap()).unwrap();
                assert_eq!(message, next);
            }
            let stands = world.delivery(&delivery.at).await;
            assert_eq!(
                (stands.status, stands.attempts),
                (DeliveryStatus::Pending, 1)
            );
        }
    }
}

#[tokio::test]
async fn a_lost_answer_is_not_taken_for_another_change() {
    let (world, delivery) = failed().await;
    let faults = Faults::once("UpdateItem", Cut::After);
    let answer = retry(&world, &faults, delivery.at.id, admin()).await;
    assert_eq!(
        (answer.status, &answer.body["event"]["attempts"]),
        (202, &json!(2)),
        "{answer:?}"
    );
    assert_eq!(faults.requests(), 2, "the SDK tried again");
    assert_eq!(
        world.take_deliveries().await,
        [DeliveryMessage::attempt(&delivery.at, 1, 2)]
    );
}

#[tokio::test]
async fn of_many_who_ask_at_once_one_goes_on() {
    let (world, delivery) = failed().await;
    let none = Faults::none();
    let asked = (0..8).map(|_| retry(&world, &none, delivery.at.id, admin()));
    let answers = futures::future::join_all(asked).await;
    let queued = answers.iter().filter(|answer| answer.status == 202).count();
    assert!(
        answers
            .iter()
            .all(|answer| [202, 409].contains(&answer.status)),
        "{answers:?}"
    );
    // Within one millisecond several may take the change for their own; the attempt is one all the same.
    let messages = world.take_deliveries().await;
    assert!(queued >= 1 && messages.len() == queued, "{queued}");
    assert!(
        messages
            .iter()
            .all(|message| *message == DeliveryMessage::attempt(&delivery.at, 1, 2))
    );
}

#[tokio::test]
async fn the_deployed_stack_queues_a_retry() {
    let (stack, world) = (stack(), World::deployed().await);
    let id = world
        .subscriptions(&Faults::none())
        .next_id("retried")
        .await
        .unwrap();
    world.write_subscription(&subscription("retried", id)).await;
    let now = Timestamp::from_seconds(i64::try_from(now_seconds()).unwrap()).unwrap();
    let pending = world
        .pending_delivery(&message("retried", &unique(), now, &json!({})), id)
        .await;
    let failed = world
        .attempt(&pending, &answered(now, 500), DeliveryStatus::Failed)
        .await;
    let token = stack.token(json!({ "sub": "boss", "tenant_id": "retried", "role": "admin" }));
    let url = stack.url(&format!("/api/webhooks/events/{}/retry", failed.at.id));
    let answer = stack.send(client().post(&url).bearer_auth(&token)).await;
    assert_eq!(
        (answer.status, &answer.body["event"]["status"]),
        (202, &json!("pending")),
        "{answer:?}"
    );
    let user = stack.token(json!({ "sub": "alice", "tenant_id": "retried" }));
    assert_eq!(
        stack
            .send(client().post(&url).bearer_auth(user))
            .await
            .status,
        403
    );
    let shown = stack.url(&format!("/api/webhooks/events/{}", failed.at.id));
    let shown = stack.send(client().get(shown).bearer_auth(&token)).await;
    assert_eq!(shown.body["webhookConfig"]["id"], id);
    assert_eq!(shown.body["event"]["attemptDetails"][0]["statusCode"], 500);
}

#[tokio::test]
async fn the_samples_are_answered() {
    let world = World::new(None).await;
    world.write_subscription(&subscription("demo", 1)).await;
    let pending = world
        .pending_delivery(&message("demo", "evt_sample", at(0), &json!({})), 1)
        .await;
    world
        .attempt(&pending, &answered(at(1), 500), DeliveryStatus::Failed)
        .await;
    let events = world.webhook_events(100).await;
    let listed = invoke(&events, request(&sample_event("webhook-events"))).await;
    assert_eq!(
        (&listed.body["total"], &listed.body["events"][0]["id"]),
        (&json!(1), &json!(pending.at.id))
    );
    let shown = invoke(&events, request(&sample_event("webhook-events-one"))).await;
    assert_eq!(shown.body["event"]["messageId"], "evt_sample");
    let endpoint = world.webhook_event_retry(&Faults::none()).await;
    let answer = invoke(&endpoint, request(&sample_event("webhook-event-retry"))).await;
    assert_eq!(
        (answer.status, &answer.body["event"]["attempts"]),
        (202, &json!(2))
    );
}
