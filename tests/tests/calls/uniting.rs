//! Records that turn out to be one call: whichever process finds out, in whichever order, wherever it dies, one
//! record is left, the ids of the others lead to it, and records of different owners stay apart.

use std::collections::{BTreeMap, BTreeSet};

use bytes::Bytes;
use futures::future::join_all;
use ringpost::{
    domain::{event::Event, key::CallKey, subscription::Filters, timestamp::Timestamp},
    providers::elevenlabs::PostCall,
};
use ringpost_functions::runtime::Worker;
use ringpost_tests::{
    faults::{Cut, Faults},
    lambda::{invoke, request, sample_event, stream_batch},
    livekit::unique,
    world::World,
};
use serde_json::{Value, json};

const CREATED: i64 = 1_767_312_000;

/// An event of the conversation `talk`, `seconds` after the first, that names the call `link` of a
/// carrier and this agent. Two rooms are two calls whatever they share, but two conversations may be one.
fn event(
    talk: usize,
    number: usize,
    seconds: i64,
    link: Option<&str>,
    agent: Option<&str>,
) -> Event {
    let body = json!({
        "type": format!("note_{number}"), "event_timestamp": CREATED + seconds,
        "conversation_id": format!("conv_{talk}"), "call_id": link, "agent_id": agent
    });
    let bytes = Bytes::from(body.to_string());
    let read = PostCall::parse(&bytes).unwrap();
    read.event(&bytes, Timestamp::from_seconds(CREATED + seconds).unwrap())
}

async fn keep(world: &World, events: &[Event]) {
    for event in events {
        world.keep_event(event).await;
    }
}

fn text(
    item: &std::collections::HashMap<String, aws_sdk_dynamodb::types::AttributeValue>,
    name: &str,
) -> String {
    item[name].as_s().unwrap().clone()
}

fn id_of(talk: usize) -> String {
    CallKey::Conversation(format!("conv_{talk}"))
        .call_id()
        .to_string()
}

/// Where following an id ends, as the items stand. Fails on a ring.
async fn ends(world: &World) -> BTreeMap<String, String> {
    let items = world.items("calls").await;
    let next: BTreeMap<String, Option<String>> = items
        .iter()
        .map(|item| {
            let next = ["into", "to"]
                .into_iter()
                .find(|name| item.contains_key(*name));
            (text(item, "id"), next.map(|name| text(item, name)))
        })
        .collect();
    let end = |start: &String| {
        let mut at = start;
        for _ in 0..next.len() {
            match &next[at] {
                Some(to) => at = to,
                None => return at.clone(),
            }
        }
        panic!("a ring of records through {start}");
    };
    next.keys().map(|id| (id.clone(), end(id))).collect()
}

/// Two conversations with a call each, and the event that reports that they are one.
fn two_talks_and_a_link() -> Vec<Event> {
    vec![
        event(0, 0, 0, None, None),
        event(1, 0, 1, None, None),
        event(0, 1, 2, Some("SCL_shared"), None),
        event(1, 1, 3, Some("SCL_shared"), None),
        event(1, 2, 9, Some("SCL_other"), None),
    ]
}

async fn outcome(world: &World, room: usize) -> Value {
    let mut event: Value = serde_json::from_str(&sample_event("call-outcome")).unwrap();
    event["pathParameters"]["id"] = json!(id_of(room));
    event["rawQueryString"] = json!("user_id=demo");
    invoke(&world.call_outcome().await, request(&event.to_string()))
        .await
        .body
}

#[tokio::test]
async fn two_records_become_one_and_both_ids_keep_answering() {
    let world = World::new(Some("demo")).await;
    keep(&world, &two_talks_and_a_link()).await;
    world.process_all().await;
    let calls = world.calls().await;
    assert_eq!(calls.len(), 1);
    assert_eq!(world.items("history").await.len(), 5);
    let survivor = text(&calls[0], "id");
    assert!(
        text(&calls[0], "absorbed").contains("elevenlabs:note_"),
        "{calls:?}"
    );
    for (room, other) in [(0, 1), (1, 0)] {
        let answer = outcome(&world, room).await;
        assert_eq!(answer["id"], survivor, "room {room} instead of {other}");
    }
    // The list must not show the one that was absorbed.
    let listed = world.items("calls").await;
    let listed = listed
        .iter()
        .filter(|item| item.contains_key("tenantShard"))
        .count();
    assert_eq!(listed, 1);
    world.process_all().await;
    assert_eq!(
        world.calls().await.len(),
        1,
        "processing the events again changes nothing"
    );
}

#[tokio::test]
async fn killed_at_any_request_and_repeated_the_same_call_is_left() {
    let events = two_talks_and_a_link();
    let twin = World::new(Some("demo")).await;
    keep(&twin, &events).await;
    twin.process_all().await;
    let expected = text(&twin.calls().await[0], "facts");
    for cut in [Cut::Before, Cut::After] {
        for number in 0.. {
            let world = World::new(Some("demo")).await;
            keep(&world, &events).await;
            let faults = Faults::death_at(number, cut);
            let mut log = world.items("events").await;
            log.sort_by_key(|item| text(item, "key"));
            world.fan_out(&faults).handle(stream_batch(&log)).await;
            if !faults.struck() {
                assert!(number > 15, "five events cost more than {number} requests");
                break;
            }
            // Whatever was left half done, each id leads to a call that answers.
            let known: BTreeSet<_> = ends(&world).await.into_keys().collect();
            for room in [0, 1] {
                if known.contains(&id_of(room)) {
                    assert!(
                        outcome(&world, room).await["id"].is_string(),
                        "request {number}, cut {cut:?}"
                    );
                }
            }
            world.process_all().await;
            let calls = world.calls().await;
            assert_eq!(calls.len(), 1, "request {number}, cut {cut:?}");
            assert_eq!(
                text(&calls[0], "facts"),
                expected,
                "request {number}, cut {cut:?}"
            );
            assert_eq!(world.items("history").await.len(), events.len());
        }
    }
}

#[tokio::test]
async fn deliveries_that_a_record_announced_are_queued_though_it_was_absorbed_before_the_repetition()
 {
    let events = two_talks_and_a_link();
    for number in 0.. {
        let world = World::new(Some("demo")).await;
        let types = ["call.created"];
        world.subscribe("demo", &types, Filters::default()).await;
        keep(&world, &events[..1]).await;
        world.process_all().await;
        keep(&world, &events[1..2]).await;
        let log = world.items("events").await;
        let younger = log
            .iter()
            .find(|item| text(item, "key") == events[1].key.as_str())
            .unwrap();
        let faults = Faults::death_at(number, Cut::Before);
        world.fan_out(&faults).handle(stream_batch([younger])).await;
        if !faults.struck() {
            assert!(number > 5, "an event costs more than {number} requests");
            break;
        }
        keep(&world, &events[2..]).await;
        let log = world.items("events").await;
        let linking = log
            .iter()
            .filter(|item| text(item, "key") != events[1].key.as_str());
        let worker = world.fan_out(&Faults::none());
        worker.handle(stream_batch(linking)).await;
        world.process_all().await;
        assert_eq!(world.calls().await.len(), 1, "request {number}");
        let queued = world.take_deliveries().await;
        let queued: BTreeSet<u64> = queued.iter().map(|message| message.delivery().id).collect();
        for delivery in world.outbound().await {
            assert!(
                queued.contains(&delivery.at.id),
                "request {number}: {delivery:?} was recorded and never queued"
            );
        }
    }
}

#[tokio::test]
async fn a_record_frozen_by_a_process_that_died_is_read_whole_by_its_id() {
    let mut events = two_talks_and_a_link();
    // The younger record knows the latest agent.
    events[1] = event(1, 0, 20, None, Some("agent_of_younger"));
    let world = World::new(Some("demo")).await;
    keep(&world, &events[..3]).await;
    world.process_all().await;
    keep(&world, &events[3..4]).await;
    let log = world.items("events").await;
    let linking = log
        .iter()
        .find(|item| text(item, "key") == events[3].key.as_str())
        .unwrap();
    // The look-up, the pointer's call, the freezing; the write of the survivor never comes.
    for number in 0..8 {
        world
            .fan_out(&Faults::death_at(number, Cut::Before))
            .handle(stream_batch([linking]))
            .await;
        let frozen = world
            .items("calls")
            .await
            .iter()
            .any(|item| item.contains_key("into"));
        if frozen {
            let younger = outcome(&world, 1).await;
            assert_eq!(
                younger["agentId"], "agent_of_younger",
                "what it held is shown: {younger}"
            );
            world.process_all().await;
            assert_eq!(world.calls().await.len(), 1);
            return;
        }
    }
    panic!("no request froze a record");
}

#[tokio::test]
async fn crossing_links_of_many_rooms_end_in_one_record_each_without_a_ring() {
    for round in 0..6_usize {
        // Eight rooms in two chains, linked in both directions by events that come all at once.
        let world = World::new(Some("demo")).await;
        let mut events: Vec<Event> = (0..8).map(|room| event(room, 0, 0, None, None)).collect();
        for room in 0..8 {
            let chain = room / 4;
            for (number, link) in [room % 4, (room + 1) % 4].into_iter().enumerate() {
                let link = format!("SCL_{chain}_{link}");
                events.push(event(room, number + 1, 5, Some(&link), None));
            }
        }
        keep(&world, &events).await;
        let log = world.items("events").await;
        let worker = world.fan_out(&Faults::none());
        let batches = (0..6).map(|batch| {
            let shifted =
                (0..log.len()).map(|index| &log[(index * 5 + batch * 7 + round) % log.len()]);
            stream_batch(shifted.take(log.len() / 2).collect::<Vec<_>>())
        });
        let answers = join_all(batches.map(|batch| worker.handle(batch))).await;
        assert!(
            answers
                .iter()
                .all(|answer| answer.batch_item_failures.is_empty())
        );
        world.process_all().await;
        let ends = ends(&world).await;
        let survivors: BTreeSet<_> = (0..8).map(|room| ends[&id_of(room)].clone()).collect();
        assert_eq!(survivors.len(), 2, "round {round}");
        for room in 0..8 {
            assert_eq!(
                ends[&id_of(room)],
                ends[&id_of(room / 4 * 4)],
                "round {round}, room {room}"
            );
        }
        assert_eq!(world.calls().await.len(), 2, "round {round}");
        assert_eq!(
            world.items("history").await.len(),
            events.len(),
            "round {round}"
        );
    }
}

#[tokio::test]
async fn records_of_different_owners_never_become_one() {
    let world = World::new(None).await;
    world.assign_agent("agent_acme", "acme", "user_acme").await;
    world
        .assign_agent("agent_other", "other", "user_other")
        .await;
    let shared = format!("CA{}", unique());
    let (acme, other) = (Some("agent_acme"), Some("agent_other"));
    let events = [
        event(0, 0, 0, Some("CAa"), acme),
        event(1, 0, 0, Some("CAb"), other),
        event(0, 1, 1, Some(&shared), acme),
        event(1, 1, 2, Some(&shared), other),
    ];
    keep(&world, &events).await;
    world.process_all().await;
    // An event without an owner unites nothing either.
    keep(
        &world,
        &[
            event(0, 2, 3, Some("CAb"), None),
            event(1, 2, 4, Some("CAa"), None),
        ],
    )
    .await;
    world.process_all().await;
    let owners: Vec<_> = world
        .calls()
        .await
        .iter()
        .map(|call| text(call, "owner"))
        .collect();
    let distinct: BTreeSet<_> = owners.iter().collect();
    assert_eq!((owners.len(), distinct.len()), (2, 2), "{owners:?}");
    let history = world.items("history").await;
    let of = |tenant: &str| {
        history
            .iter()
            .filter(|row| text(row, "tenantShard").starts_with(tenant))
            .count()
    };
    assert_eq!((of("acme#"), of("other#")), (3, 3));
}

#[tokio::test]
async fn an_unowned_record_that_names_calls_of_two_owners_leaves_them_two() {
    let world = World::new(None).await;
    world.assign_agent("agent_acme", "acme", "user_acme").await;
    world
        .assign_agent("agent_other", "other", "user_other")
        .await;
    keep(
        &world,
        &[
            event(2, 0, 0, Some("CAa"), None),
            event(2, 1, 1, Some("CAb"), None),
        ],
    )
    .await;
    world.process_all().await;
    let owned = [
        event(0, 0, 2, Some("CAa"), Some("agent_acme")),
        event(1, 0, 3, Some("CAb"), Some("agent_other")),
    ];
    keep(&world, &owned).await;
    world.process_all().await;
    world.process_all().await;
    let calls = world.calls().await;
    let owners: BTreeSet<_> = calls.iter().map(|call| text(call, "owner")).collect();
    assert_eq!((calls.len(), owners.len()), (2, 2), "{owners:?}");
    let of_other = calls
        .iter()
        .find(|call| text(call, "owner").contains("other"))
        .unwrap();
    assert!(
        !text(of_other, "facts").contains("conv_2") && !text(of_other, "facts").contains("conv_0")
    );
}

#[tokio::test]
async fn what_names_another_owner_under_the_same_id_stands_beside() {
    let world = World::new(None).await;
    world.assign_agent("agent_acme", "acme", "user_acme").await;
    world
        .assign_agent("agent_other", "other", "user_other")
        .await;
    let events = [
        event(0, 0, 0, Some("CA_placeholder"), Some("agent_acme")),
        event(1, 0, 1, Some("CA_placeholder"), Some("agent_other")),
        // Even under the surest key of all.
        event(0, 1, 2, None, Some("agent_other")),
        event(0, 2, 3, None, Some("agent_other")),
        event(0, 3, 4, None, Some("agent_acme")),
    ];
    keep(&world, &events).await;
    world.process_all().await;
    world.process_all().await;
    let calls = world.calls().await;
    let mut owned: Vec<_> = calls
        .iter()
        .map(|call| (text(call, "owner"), text(call, "facts")))
        .collect();
    owned.sort();
    assert_eq!(owned.len(), 3, "{owned:?}");
    assert!(
        owned[0].0.contains("acme") && !owned[0].1.contains("agent_other"),
        "{owned:?}"
    );
    assert!(
        owned[1..]
            .iter()
            .all(|(owner, facts)| owner.contains("other") && !facts.contains("agent_acme"))
    );
    let history = world.items("history").await;
    let of = |tenant: &str| {
        history
            .iter()
            .filter(|row| text(row, "tenantShard").starts_with(tenant))
            .count()
    };
    assert_eq!((of("acme#"), of("other#")), (2, 3));
}

#[tokio::test]
async fn events_of_an_unowned_record_enter_the_history_when_it_is_absorbed() {
    let world = World::new(None).await;
    world.assign_agent("agent_acme", "acme", "user_acme").await;
    keep(
        &world,
        &[
            event(1, 0, 0, None, None),
            event(1, 1, 1, Some("CA_shared"), None),
        ],
    )
    .await;
    world.process_all().await;
    assert_eq!(
        world.items("history").await.len(),
        0,
        "no tenant may see an event without an owner"
    );
    let owned = [
        event(0, 0, 2, None, Some("agent_acme")),
        event(0, 1, 3, Some("CA_shared"), Some("agent_acme")),
    ];
    keep(&world, &owned).await;
    world.process_all().await;
    let calls = world.calls().await;
    assert_eq!(calls.len(), 1);
    assert!(
        text(&calls[0], "owner").contains("acme") && !calls[0].contains_key("waiting"),
        "{calls:?}"
    );
    assert_eq!(world.items("history").await.len(), 4);
}
