//! Counts that are kept are dropped before a call of theirs changes.

use ringpost::{
    domain::{
        call::{Call, counts::Counts, facts::Facts, outcome::Outcome, report::Hangup},
        hour::Hour,
        key::{CallId, EventKey},
    },
    store::{
        calls::{CallTable, Saved, StoredCall},
        counts::{HourCounts, NewCounts},
    },
};
use ringpost_functions::calls::call_stats;
use ringpost_tests::{
    faults::{Cut, Faults},
    livekit::{sip_call, unique},
    manual_clock::ManualClock,
    world::World,
};
use serde_json::{Value, json};

use super::call_lists::{admin, ask, at, claimed, named};

pub(crate) const DAY: &str = "from=2026-01-02&to=2026-01-02&by=hour";

pub(crate) fn ended(outcome: Outcome) -> Facts {
    Facts {
        hangup: claimed(Hangup {
            at: at(60_000),
            reason: None,
        }),
        verdict: claimed(outcome),
        ..Facts::default()
    }
}

/// The same call, whose outcome was corrected.
pub(crate) fn corrected(call: &Call, outcome: Outcome, reason: &str) -> Call {
    let mut call = call.clone();
    call.facts.hangup = ended(outcome).hangup;
    call.facts.verdict = claimed(outcome);
    call.facts.failure_reason = claimed(reason.to_owned());
    call
}

pub(crate) async fn stored(table: &CallTable, id: CallId) -> StoredCall {
    table.find(id).await.unwrap().unwrap().stored
}

/// A world whose calls were written and counted in time: three of one hour, and their counts are kept.
async fn counted_world() -> (World, ManualClock, Vec<Call>) {
    let (world, clock) = (
        World::new(None).await,
        ManualClock::at("2026-01-02T00:30:00Z"),
    );
    let calls: Vec<Call> = (0..3)
        .map(|number| {
            named(
                &format!("RM_{number}"),
                at(number),
                ended(Outcome::Completed),
            )
        })
        .collect();
    let table = world.call_table_at(&clock, &Faults::none());
    for call in &calls {
        assert!(matches!(table.create(call).await, Ok(Saved::Done)));
    }
    assert_eq!(
        counts_items(&world).await,
        0,
        "a usual call costs no request more"
    );
    clock.set("2026-01-03T01:00:00Z");
    assert_eq!(outcomes(&world, &clock).await, json!({ "completed": 3 }));
    assert_eq!(counts_items(&world).await, 1);
    (world, clock, calls)
}

pub(crate) async fn counts_items(world: &World) -> usize {
    let items = world.items("calls").await;
    let is_of_counts = |id: &str| id.starts_with("counts#");
    items
        .iter()
        .filter(|item| is_of_counts(item["id"].as_s().unwrap()))
        .count()
}

async fn stats(world: &World, clock: &ManualClock, faults: &Faults) -> call_stats::Function {
    world.call_stats_at(clock, faults, 10_000).await
}

async fn outcomes(world: &World, clock: &ManualClock) -> Value {
    let endpoint = stats(world, clock, &Faults::none()).await;
    let counted = ask(&endpoint, DAY, &admin()).await.body;
    assert_eq!(counted["complete"], json!(true));
    counted["byOutcome"].clone()
}

/// How many calls the next answer reads.
async fn batches(world: &World, clock: &ManualClock) -> usize {
    let faults = Faults::counting("BatchGetItem");
    ask(&stats(world, clock, &faults).await, DAY, &admin()).await;
    faults.requests() - 1
}

#[tokio::test]
async fn a_correction_after_the_counts_were_kept_is_counted() {
    let (world, clock, calls) = counted_world().await;
    assert_eq!(batches(&world, &clock).await, 0, "no call is read again");
    let table = world.call_table_at(&clock, &Faults::none());
    let read = stored(&table, calls[0].id).await;
    let late = corrected(&read.call, Outcome::Busy, "busy");
    assert!(matches!(table.replace(&read, &late).await, Ok(Saved::Done)));
    let expected = json!({ "busy": 1, "completed": 2 });
    assert_eq!(outcomes(&world, &clock).await, expected);
    assert_eq!(
        batches(&world, &clock).await,
        1,
        "the writer may still be at work"
    );
    clock.advance(15 * 60);
    assert_eq!(outcomes(&world, &clock).await, expected);
    assert_eq!(
        batches(&world, &clock).await,
        0,
        "the counts are kept again"
    );
}

#[tokio::test]
async fn a_change_that_counts_nothing_leaves_the_counts() {
    let (world, clock, calls) = counted_world().await;
    let table = world.call_table_at(&clock, &Faults::none());
    let read = stored(&table, calls[0].id).await;
    let mut late = read.call.clone();
    late.facts.recording_url = claimed("https://recordings.example/1".to_owned());
    let faults = Faults::none();
    let table = world.call_table_at(&clock, &faults);
    assert!(matches!(table.replace(&read, &late).await, Ok(Saved::Done)));
    assert_eq!((faults.requests(), batches(&world, &clock).await), (1, 0));
}

#[tokio::test]
async fn a_writer_that_dies_between_mark_and_write_leaves_right_counts() {
    for cut in [Cut::Before, Cut::After] {
        for request in 0..2 {
            let (world, clock, calls) = counted_world().await;
            let read = stored(&world.call_table(), calls[0].id).await;
            let late = corrected(&read.call, Outcome::Busy, "busy");
            let table = world.call_table_at(&clock, &Faults::death_at(request, cut));
            table.replace(&read, &late).await.unwrap_err();
            let is_written = (request, cut) == (1, Cut::After);
            let before = match is_written {
                true => json!({ "busy": 1, "completed": 2 }),
                false => json!({ "completed": 3 }),
            };
            assert_eq!(outcomes(&world, &clock).await, before, "{request} {cut:?}");
            if !is_written {
                let table = world.call_table_at(&clock, &Faults::none());
                assert!(matches!(table.replace(&read, &late).await, Ok(Saved::Done)));
            }
            clock.advance(15 * 60);
            for _ in 0..2 {
                let after = json!({ "busy": 1, "completed": 2 });
                assert_eq!(outcomes(&world, &clock).await, after, "{request} {cut:?}");
            }
        }
    }
}

#[tokio::test]
async fn a_reader_that_began_before_a_change_keeps_nothing_after_it() {
    let (world, clock, calls) = counted_world().await;
    let (counts, hour) = (world.count_table(), Hour::of(calls[0].created_at));
    let table = world.call_table_at(&clock, &Faults::none());
    let read = async || {
        counts
            .read("acme", &[hour.day()], clock.now())
            .await
            .unwrap()
    };
    let keep = async |kept| {
        let stale = HourCounts {
            counts: Counts {
                calls: 77,
                ..Counts::default()
            },
            after: None,
        };
        let new = NewCounts {
            hour,
            read: kept,
            counts: stale,
        };
        counts.store("acme", hour.day(), &[new]).await.unwrap();
    };
    // Once with no change before, and once with one that is long past.
    for outcome in [Outcome::Busy, Outcome::NoAnswer] {
        let began = read().await.remove(&hour).unwrap();
        assert!(counts.may_store(hour, &began, clock.now()));
        let found = stored(&table, calls[0].id).await;
        let late = corrected(&found.call, outcome, "late");
        assert!(matches!(
            table.replace(&found, &late).await,
            Ok(Saved::Done)
        ));
        keep(began).await;
        let kept = read().await.remove(&hour).unwrap();
        assert_eq!(kept.counts, None, "{outcome}");
        assert!(!counts.may_store(hour, &kept, clock.now()), "{outcome}");
        clock.advance(15 * 60);
        let expected = json!({ outcome.as_str(): 1, "completed": 2 });
        assert_eq!(outcomes(&world, &clock).await, expected);
    }
}

#[tokio::test]
async fn a_call_that_another_one_absorbs_is_counted_no_more() {
    let (world, clock, calls) = counted_world().await;
    let table = world.call_table_at(&clock, &Faults::none());
    let (elder, younger) = (
        stored(&table, calls[0].id).await,
        stored(&table, calls[1].id).await,
    );
    let by = EventKey::of("livekit", "late");
    let frozen = table.freeze(&younger, elder.call.id, &by).await;
    assert!(matches!(frozen, Ok(Saved::Done)));
    assert_eq!(outcomes(&world, &clock).await, json!({ "completed": 2 }));
    let mut whole = elder.call.clone();
    whole.absorb(&younger.call, &by);
    assert!(matches!(
        table.replace(&elder, &whole).await,
        Ok(Saved::Done)
    ));
    clock.advance(15 * 60);
    for _ in 0..2 {
        assert_eq!(outcomes(&world, &clock).await, json!({ "completed": 2 }));
    }
}

#[tokio::test]
async fn a_call_without_an_owner_is_counted_when_it_gets_one() {
    let (world, clock, calls) = counted_world().await;
    let table = world.call_table_at(&clock, &Faults::none());
    let late = Call {
        owner: None,
        ..named("RM_late", at(5), ended(Outcome::Busy))
    };
    assert!(matches!(table.create(&late).await, Ok(Saved::Done)));
    assert_eq!(batches(&world, &clock).await, 0);
    let read = stored(&table, late.id).await;
    let owned = Call {
        owner: calls[0].owner.clone(),
        ..late
    };
    assert!(matches!(
        table.replace(&read, &owned).await,
        Ok(Saved::Done)
    ));
    assert_eq!(
        outcomes(&world, &clock).await,
        json!({ "busy": 1, "completed": 3 })
    );
}

/// The events come long after the hour, so that each change of a count drops the hour's counts.
#[tokio::test]
async fn a_stream_record_that_is_repeated_changes_no_count() {
    let world = World::new(None).await;
    world.assign_number("+18588796658", "acme", "alice").await;
    for payload in sip_call(&unique(), "+18588796658") {
        world.keep_received(&payload, at(10_000)).await;
    }
    world.process_all().await;
    let clock = ManualClock::stopped();
    clock.advance(16 * 60);
    let before = outcomes(&world, &clock).await;
    assert_eq!(before.as_object().unwrap().len(), 1, "{before}");
    let items = world.items("calls").await;
    for _ in 0..2 {
        world.process_all().await;
    }
    let unchanged = world.items("calls").await;
    assert!(items.iter().all(|item| unchanged.contains(item)) && items.len() == unchanged.len());
    assert_eq!(outcomes(&world, &clock).await, before);
    assert_eq!(batches(&world, &clock).await, 0);
}
