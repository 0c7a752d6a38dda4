//! Endpoints that take only so much, that refuse what is too much, and that are slow: all of it arrives,
//! at a pace that they can take, and they hold up no others.

use std::{
    collections::VecDeque,
    sync::atomic::{AtomicBool, Ordering},
    time::{Duration, Instant},
};

use futures::{future::join_all, join};
use ringpost::{
    clock::Clock,
    delivery::send::Timeouts,
    domain::{
        delivery::{
            DeliveryStatus,
            pace::{EndpointLoad, SLOW_MILLIS},
            retry::RetryConfig,
        },
        subscription::{DisabledReason, Subscription, SubscriptionStatus},
    },
    queue::deliveries::DeliveryMessage,
    store::endpoints::SubscriptionRef,
};
use ringpost_functions::{runtime::Worker, workers::deliver};
use ringpost_tests::{
    faults::Faults,
    manual_clock::ManualClock,
    receiver::{Answer, Receiver},
    world::{
        World,
        deliveries::{failing, minute, work},
    },
};
use tokio::time::{sleep, timeout};

const TYPE: &str = "call.completed";

async fn deliverables(
    world: &World,
    subscription: &Subscription,
    count: usize,
) -> Vec<DeliveryMessage> {
    let numbers: Vec<usize> = (0..count).collect();
    let mut messages = Vec::new();
    for some in numbers.chunks(20) {
        let recorded = some.iter().map(async |number| {
            world
                .deliverable(
                    subscription,
                    &format!("evt_{}_{number}", subscription.id),
                    TYPE,
                )
                .await
        });
        messages.extend(join_all(recorded).await);
    }
    messages
}

/// What of an endpoint is known.
async fn load(world: &World, subscription: &Subscription) -> EndpointLoad {
    let at = SubscriptionRef {
        tenant_id: "acme".to_owned(),
        id: subscription.id,
    };
    let found = world
        .endpoints(&Faults::none())
        .find(&[].into())
        .await
        .unwrap();
    assert!(found.loaded.is_empty());
    let one = world.deliverable(subscription, "evt_to_look", TYPE).await;
    let of = [(one.delivery(), subscription.id)].into();
    world
        .endpoints(&Faults::none())
        .find(&of)
        .await
        .unwrap()
        .loaded
        .get(&at)
        .copied()
        .unwrap_or_default()
}

/// Workers that take what comes out of a queue until `done`, this number of batches at once.
async fn serve(
    world: &World,
    deliver: &deliver::Function,
    slow_lane: bool,
    at_once: usize,
    done: impl Fn() -> bool,
) {
    let waiting = std::cell::RefCell::new(VecDeque::new());
    let take = async {
        while !done() {
            let taken = if slow_lane {
                world.take_slow_lane().await
            } else {
                world.take_deliveries().await
            };
            waiting.borrow_mut().extend(taken);
            sleep(Duration::from_millis(20)).await;
        }
    };
    let workers = join_all((0..at_once).map(async |_| {
        while !done() {
            let batch: Vec<DeliveryMessage> = {
                let mut waiting = waiting.borrow_mut();
                let count = waiting.len().min(10);
                waiting.drain(..count).collect()
            };
            if batch.is_empty() {
                sleep(Duration::from_millis(10)).await;
                continue;
            }
            assert_eq!(work(deliver, &batch).await, 0);
        }
    }));
    join!(take, workers);
}

/// The most requests that came within any four seconds.
fn busiest_four_seconds(receiver: &Receiver) -> usize {
    let at: Vec<i64> = receiver
        .requests()
        .iter()
        .map(|request| request.at.as_millis())
        .collect();
    let within = |from: &i64| {
        at.iter()
            .filter(|at| (*from..from + 4_000).contains(*at))
            .count()
    };
    at.iter().map(within).max().unwrap_or_default()
}

#[tokio::test]
async fn fifty_workers_do_not_fight_for_places() {
    let (world, receiver) = (World::new(None).await, Receiver::start());
    let acme = world
        .subscribe_at(&receiver.url("/"), &[TYPE], |acme| {
            acme.rate_limit = Some(1_000);
        })
        .await;
    let messages = deliverables(&world, &acme, 500).await;
    let counted: Vec<Faults> = (0..50).map(|_| Faults::counting("UpdateItem")).collect();
    let workers: Vec<_> = counted
        .iter()
        .map(|faults| world.deliver(faults, Clock::system()))
        .collect();
    join_all(
        workers
            .iter()
            .zip(messages.chunks(10))
            .map(|(worker, batch)| work(worker, batch)),
    )
    .await;
    let posted = receiver.requests().len();
    let updates: usize = counted.iter().map(Faults::requests).sum();
    // One more for each that was posted: its result.
    let bookings = updates - posted;
    assert!((50..=100).contains(&bookings), "{bookings} for 50 batches");
    // Each subscription has its own place: what was not posted waits for it.
    let (now, later) = world.queued_deliveries().await;
    assert_eq!(posted + now + later, 500);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_endpoint_sees_no_more_than_its_limit() {
    let (world, receiver) = (World::new(None).await, Receiver::start());
    let acme = world
        .subscribe_at(&receiver.url("/"), &[TYPE], |acme| {
            acme.rate_limit = Some(2);
        })
        .await;
    let deliver = world.deliver(&Faults::none(), Clock::system());
    let messages = deliverables(&world, &acme, 15).await;
    let started = Instant::now();
    let workers: Vec<_> = (0..3)
        .map(|_| world.deliver(&Faults::none(), Clock::system()))
        .collect();
    join_all(
        workers
            .iter()
            .zip(messages.chunks(5))
            .map(|(worker, batch)| work(worker, batch)),
    )
    .await;
    timeout(
        Duration::from_secs(60),
        serve(&world, &deliver, false, 8, || {
            receiver.requests().len() >= 15
        }),
    )
    .await
    .expect("all are delivered");
    let took = started.elapsed();
    assert!(took > Duration::from_millis(7_000), "{took:?}");
    // Nine slots lie in four seconds. A request that comes up to a second after its slot, because this
    // machine is busy, brings two more. Three workers that each keep a limit of their own make fifteen.
    let busiest = busiest_four_seconds(&receiver);
    assert!(busiest <= 11, "{busiest}");
    // Unused time is not saved up: in six seconds twelve slots would be.
    sleep(Duration::from_secs(6)).await;
    let more = deliverables(&world, &acme, 40).await.split_off(15);
    join_all(more.chunks(5).map(|batch| work(&deliver, batch))).await;
    timeout(
        Duration::from_secs(60),
        serve(&world, &deliver, false, 8, || {
            receiver.requests().len() >= 31
        }),
    )
    .await
    .expect("more are delivered");
    let busiest = busiest_four_seconds(&receiver);
    assert!(busiest <= 11, "{busiest}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_burst_for_an_endpoint_that_refuses_what_is_too_much_arrives_soon() {
    let (world, receiver) = (
        World::new(None).await,
        Receiver::answering(Answer::at_most(5)),
    );
    let acme = world
        .subscribe_at(&receiver.url("/"), &[TYPE], |_| {})
        .await;
    let deliver = world.deliver(&Faults::none(), Clock::system());
    let messages = deliverables(&world, &acme, 60).await;
    let delivered = async || {
        world
            .outbound()
            .await
            .iter()
            .filter(|one| one.status == DeliveryStatus::Delivered)
            .count()
    };
    let done = AtomicBool::new(false);
    let started = Instant::now();
    timeout(Duration::from_secs(90), async {
        join_all(messages.chunks(10).map(|batch| work(&deliver, batch))).await;
        let watch = async {
            while delivered().await < 60 {
                sleep(Duration::from_millis(500)).await;
            }
            done.store(true, Ordering::SeqCst);
        };
        join!(
            watch,
            serve(&world, &deliver, false, 8, || done.load(Ordering::SeqCst))
        );
    })
    .await
    .expect("all are delivered");
    let (refused, took) = (receiver.requests().len() - 60, started.elapsed());
    assert!(refused < 150, "{refused} refused, in {took:?}");
    let health = world.items("webhookconfigs").await;
    assert!(
        health.iter().all(|item| !item.contains_key("failures")),
        "no breaker counts a refusal"
    );
    assert_eq!(world.reported_failures().await, [], "nothing is failing");
}

#[tokio::test]
async fn a_refusal_is_no_failure_and_slows_the_subscription_down() {
    let (world, hand) = (World::new(None).await, ManualClock::stopped());
    let receiver = Receiver::answering(Answer::RetryAfter(30));
    let acme = world
        .subscribe_at(&receiver.url("/"), &[TYPE], |acme| {
            acme.retry_config = RetryConfig {
                max_attempts: 1,
                ..RetryConfig::default()
            };
        })
        .await;
    let deliver = world.deliver(&Faults::none(), hand.clock());
    let messages = deliverables(&world, &acme, 20).await;
    work(&deliver, &messages[..10]).await;
    assert_eq!(receiver.requests().len(), 10);
    for message in &messages[..10] {
        let delivery = world.delivery(&message.delivery()).await;
        assert_eq!(
            (delivery.status, delivery.failures(), delivery.refused),
            (DeliveryStatus::Pending, 0, 1)
        );
        assert_eq!(
            delivery
                .next_attempt_at
                .unwrap()
                .millis_since(delivery.updated_at),
            30_000
        );
    }
    work(&deliver, &messages[10..]).await;
    assert_eq!(
        receiver.requests().len(),
        10,
        "the others wait until then, without asking"
    );
    let known = load(&world, &acme).await;
    assert_eq!(
        known.learned.unwrap().micros,
        100_000,
        "ten refusals at once are one"
    );
    assert_eq!(known.paused_until.unwrap().millis_since(hand.now()), 30_000);
    // It refuses for so long that it is no longer a matter of patience.
    let first = messages[0].delivery();
    let mut last = world.delivery(&first).await;
    while last.status == DeliveryStatus::Pending {
        hand.set_to(last.next_attempt_at.unwrap().plus_millis(120_000));
        work(&deliver, &[DeliveryMessage::next_of(&last)]).await;
        last = world.delivery(&first).await;
        assert!(last.attempts <= 21);
    }
    assert_eq!((last.attempts, last.refused, last.failures()), (21, 20, 1));
    let reported: Vec<String> = world
        .reported_failures()
        .await
        .into_iter()
        .map(|reported| reported.0)
        .collect();
    assert_eq!(reported, ["webhook.exhausted"]);
}

#[tokio::test]
async fn five_days_of_nothing_but_refusals_end_a_subscription_and_one_success_does_not_let_them() {
    for success in [false, true] {
        let (world, hand) = (World::new(None).await, ManualClock::stopped());
        let receiver = Receiver::answering(Answer::Status(429));
        let acme = world
            .subscribe_at(&receiver.url("/"), &[TYPE], |_| {})
            .await;
        let deliver = world.deliver(&Faults::none(), hand.clock());
        for day in 0..=5 {
            receiver.play(Answer::Status(if success && day == 3 { 200 } else { 429 }));
            let message = world.deliverable(&acme, &format!("evt_{day}"), TYPE).await;
            work(&deliver, &[message]).await;
            hand.advance(86_400);
        }
        let acme = world.acme(acme.id).await;
        let reason = acme.disabled.map(|disabled| disabled.reason);
        let expected = (!success).then_some(DisabledReason::Failing);
        assert_eq!(
            (reason, acme.status == SubscriptionStatus::Active),
            (expected, success)
        );
    }
}

#[tokio::test]
async fn what_waited_for_an_endpoint_that_was_down_does_not_come_all_at_once() {
    let (world, hand, receiver, acme) = failing(TYPE).await;
    let deliver = world.deliver(&Faults::none(), hand.clock());
    let sweep = world.sweep(&Faults::none(), hand.clock());
    for message in deliverables(&world, &acme, 65).await.chunks(5) {
        work(&deliver, message).await;
    }
    assert_eq!(receiver.requests().len(), 5);
    receiver.play(Answer::Status(200));
    for _ in 0..2 {
        hand.advance(60);
        sweep.handle(minute()).await;
        let due = world.take_deliveries().await;
        for batch in due.chunks(10) {
            work(&deliver, batch).await;
        }
    }
    // Five failures, the probe, perhaps the five again, and what a function waits for: 1.5 s, a minute later
    // at twenty a second.
    let came = receiver.requests().len();
    assert!((7..=5 + 1 + 5 + 31).contains(&came), "{came}");
    let (now, later) = world.queued_deliveries().await;
    assert!(now + later >= 65 - came, "the others are queued");
}

/// An endpoint has this long, as in production.
const TIMEOUTS: Timeouts = Timeouts {
    connect: Duration::from_secs(5),
    total: Duration::from_secs(15),
};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_slow_endpoint_that_succeeds_holds_up_no_other() {
    let world = World::new(None).await;
    let receivers: Vec<Receiver> = (0..5).map(|_| Receiver::start()).collect();
    receivers[4].play(Answer::After(Duration::from_secs(14), 200));
    let mut all = Vec::new();
    for receiver in &receivers {
        let acme = world
            .subscribe_at(&receiver.url("/"), &[TYPE], |_| {})
            .await;
        all.push(deliverables(&world, &acme, 200).await);
    }
    // As events come: one for each, in turn.
    let queue = world.delivery_queue(&Faults::none());
    let in_turn: Vec<_> = (0..200)
        .flat_map(|n| all.iter().map(move |messages| (messages[n].clone(), 0)))
        .collect();
    queue.send(&in_turn).await.unwrap();
    let deliver = world.deliver_with(TIMEOUTS, &Faults::none(), Clock::system());
    let done = || {
        receivers[..4]
            .iter()
            .all(|receiver| receiver.requests().len() >= 200)
    };
    let started = Instant::now();
    timeout(Duration::from_secs(300), async {
        join!(
            serve(&world, &deliver, false, 4, done),
            serve(&world, &deliver, true, 2, done)
        );
    })
    .await
    .expect("the others get theirs");
    // Its first attempts hold the workers once: 14 s, and the batches of that time; then none.
    assert!(
        started.elapsed() < Duration::from_secs(90),
        "{:?}",
        started.elapsed()
    );
}

#[tokio::test]
async fn what_is_slow_goes_by_the_slow_lane_at_the_pace_that_it_can_take() {
    let world = World::new(None).await;
    let receiver =
        Receiver::answering(Answer::After(Duration::from_millis(SLOW_MILLIS + 300), 200));
    let acme = world
        .subscribe_at(&receiver.url("/"), &[TYPE], |_| {})
        .await;
    let faults = Faults::none();
    let deliver = world.deliver_with(TIMEOUTS, &faults, Clock::system());
    let messages = deliverables(&world, &acme, 30).await;
    work(&deliver, &messages[..10]).await;
    assert_eq!(receiver.requests().len(), 10);
    assert_eq!(load(&world, &acme).await.slow.unwrap().millis, 4_000);
    assert_eq!(
        faults.requests(),
        1 + 1 + 10,
        "read, noted once, and recorded"
    );
    let before = faults.requests();
    work(&deliver, &messages[10..]).await;
    assert_eq!(
        receiver.requests().len(),
        10,
        "no function of the others waits for it"
    );
    assert_eq!(
        faults.requests() - before,
        1 + 1 + 2,
        "read, booked, and twice ten queued"
    );
    let slow = world.take_slow_lane().await;
    assert!(
        slow.len() > 10 && slow.iter().all(DeliveryMessage::is_in_slow_lane),
        "{}",
        slow.len()
    );
    work(&deliver, &slow[..10]).await;
    assert_eq!(receiver.requests().len(), 20);
    assert_eq!(world.queued_deliveries().await, (0, 0));
}
