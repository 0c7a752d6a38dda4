//! Counts that are kept are those of a full scan, whatever changes and whenever.

use std::{collections::BTreeMap, time::Instant};

use proptest::{
    prelude::*,
    strategy::{Strategy, ValueTree},
    test_runner::TestRunner,
};
use ringpost::{
    domain::{
        call::{
            Call,
            counts::{Counted, Counts},
            facts::Facts,
            outcome::Outcome,
        },
        hour::Hour,
        key::{CallId, EventKey},
        timestamp::Timestamp,
    },
    store::{
        calls::{CallTable, Saved},
        counts::NewCounts,
    },
};
use ringpost_functions::calls::call_stats;
use ringpost_tests::{
    faults::{Cut, Faults},
    manual_clock::ManualClock,
    world::World,
};
use serde_json::json;

use super::{
    call_counts_kept::{DAY, corrected, counts_items, ended, stored},
    call_lists::{admin, ask, at, named},
};

/// What happens to a world's calls, and how much time passes before it.
#[derive(Debug, Clone)]
enum Act {
    Create {
        minutes_ago: i64,
    },
    Correct {
        call: usize,
        outcome: Outcome,
    },
    Absorb {
        call: usize,
    },
    Die {
        call: usize,
        request: usize,
        after: bool,
    },
    Ask {
        from: i64,
        hours: i64,
        at_most: usize,
    },
}

fn acts() -> impl Strategy<Value = Vec<(u64, Act)>> {
    let outcome = prop::sample::select(vec![Outcome::Completed, Outcome::Busy, Outcome::Failed]);
    let act = prop_oneof![
        3 => (0..3_000_i64).prop_map(|minutes_ago| Act::Create { minutes_ago }),
        3 => (any::<usize>(), outcome).prop_map(|(call, outcome)| Act::Correct { call, outcome }),
        1 => any::<usize>().prop_map(|call| Act::Absorb { call }),
        1 => (any::<usize>(), 0..3_usize, any::<bool>())
            .prop_map(|(call, request, after)| Act::Die { call, request, after }),
        4 => (0..3_000_i64, 1..60_i64, 1..30_usize)
            .prop_map(|(from, hours, at_most)| Act::Ask { from, hours, at_most }),
    ];
    prop::collection::vec((0..1_500_u64, act), 90)
}

/// A full scan of what is stored.
async fn scan(table: &CallTable, known: &[CallId]) -> BTreeMap<CallId, Call> {
    let mut calls = BTreeMap::new();
    for id in known {
        let found = stored(table, *id).await;
        calls.insert(found.call.id, found.call);
    }
    calls
}

async fn check(
    endpoint: &call_stats::Function,
    calls: &BTreeMap<CallId, Call>,
    from: Timestamp,
    to: Timestamp,
) {
    for by in ["", "&by=hour"] {
        let answer = ask(endpoint, &format!("from={from}&to={to}{by}"), &admin())
            .await
            .body;
        let counted_from = answer["countedFrom"]
            .as_str()
            .map(|text| Timestamp::parse_rfc3339(text).unwrap());
        // Of the calls of that very moment only some may be counted; here no two share one.
        let from = counted_from.unwrap_or(from);
        let mut expected = Counts::default();
        for call in calls
            .values()
            .filter(|call| (from..=to).contains(&call.created_at))
        {
            expected.add(&Counted::of(call).unwrap());
        }
        assert_eq!(answer["count"], expected.calls, "{answer}");
        assert_eq!(answer["byOutcome"], json!(expected.by_outcome), "{answer}");
        assert_eq!(answer["failed"]["count"], expected.failed, "{answer}");
        if let Some(buckets) = answer["buckets"].as_array() {
            let sum: u64 = buckets
                .iter()
                .map(|bucket| bucket["count"].as_u64().unwrap())
                .sum();
            assert_eq!(answer["count"], sum);
        }
    }
}

#[tokio::test]
async fn kept_counts_are_those_of_a_full_scan_after_any_changes() {
    let mut runner = TestRunner::deterministic();
    for _ in 0..3 {
        let (world, clock) = (
            World::new(None).await,
            ManualClock::at("2026-01-05T00:00:00Z"),
        );
        let table = world.call_table_at(&clock, &Faults::none());
        let mut known: Vec<CallId> = Vec::new();
        for (number, (seconds, act)) in acts()
            .new_tree(&mut runner)
            .unwrap()
            .current()
            .into_iter()
            .enumerate()
        {
            clock.advance(seconds);
            let ago = |minutes: i64| clock.now().minus_millis(minutes.unsigned_abs() * 60_000);
            let pick = |call: usize| known.get(call.checked_rem(known.len())?).copied();
            match act {
                Act::Create { minutes_ago } => {
                    let call = named(&format!("RM_{number}"), ago(minutes_ago), Facts::default());
                    assert!(matches!(table.create(&call).await, Ok(Saved::Done)));
                    known.push(call.id);
                }
                Act::Correct { call, outcome } => {
                    let Some(id) = pick(call) else { continue };
                    let read = stored(&table, id).await;
                    let call = corrected(&read.call, outcome, &format!("reason {}", number % 3));
                    assert!(matches!(table.replace(&read, &call).await, Ok(Saved::Done)));
                }
                Act::Absorb { call } => {
                    let Some((one, other)) = pick(call).zip(pick(call / 7)) else {
                        continue;
                    };
                    let (one, other) = (stored(&table, one).await, stored(&table, other).await);
                    if one.call.id == other.call.id {
                        continue;
                    }
                    let by = EventKey::of("livekit", &number.to_string());
                    let frozen = table.freeze(&one, other.call.id, &by).await;
                    assert!(matches!(frozen, Ok(Saved::Done)));
                }
                Act::Die {
                    call,
                    request,
                    after,
                } => {
                    let Some(id) = pick(call) else { continue };
                    let read = stored(&table, id).await;
                    let call = corrected(&read.call, Outcome::NoAnswer, "died");
                    let faults =
                        Faults::death_at(request, if after { Cut::After } else { Cut::Before });
                    let _died = world
                        .call_table_at(&clock, &faults)
                        .replace(&read, &call)
                        .await;
                }
                Act::Ask {
                    from,
                    hours,
                    at_most,
                } => {
                    let from = ago(from);
                    let to = from.plus_millis(hours.unsigned_abs() * 3_600_000);
                    let endpoint = world.call_stats_at(&clock, &Faults::none(), at_most).await;
                    check(&endpoint, &scan(&table, &known).await, from, to).await;
                }
            }
        }
        let endpoint = world.call_stats_at(&clock, &Faults::none(), 10_000).await;
        let calls = scan(&table, &known).await;
        assert!(
            counts_items(&world).await > 0 && !calls.is_empty(),
            "something was tried"
        );
        for _ in 0..2 {
            check(&endpoint, &calls, clock.now().minus_days(7), clock.now()).await;
        }
    }
}

/// An hour with more calls than one answer reads: each answer goes on where the one before stopped.
#[tokio::test]
async fn a_large_hour_is_counted_in_several_answers() {
    let world = World::new(None).await;
    let call = named("RM_original", at(0), ended(Outcome::Busy));
    world
        .put_copies(&call, (0..450).map(|number| at(number / 3)))
        .await;
    let clock = ManualClock::at("2027-01-01T00:00:00Z");
    let endpoint = world.call_stats_at(&clock, &Faults::none(), 100).await;
    let mut seen = Vec::new();
    for _ in 0..5 {
        let counted = ask(&endpoint, DAY, &admin()).await.body;
        seen.push((
            counted["count"].as_u64().unwrap(),
            counted["complete"].as_bool().unwrap(),
        ));
    }
    assert_eq!(
        seen,
        [
            (100, false),
            (200, false),
            (300, false),
            (400, false),
            (451, true)
        ]
    );
    let whole = ask(&endpoint, DAY, &admin()).await.body;
    assert_eq!(whole["byOutcome"], json!({ "busy": 451 }));
}

/// Twenty-five days of four thousand calls. The emulator's index needs many minutes for all of them, so one
/// day has its calls and is counted by reading them; the other days are kept as that day is.
#[tokio::test]
#[expect(clippy::print_stdout, reason = "how many items an answer reads")]
async fn a_hundred_thousand_calls_are_answered_from_kept_counts() {
    const CALLS: usize = 100_000;
    const DAYS: usize = 25;
    let (world, began) = (World::new(None).await, Instant::now());
    let call = named("RM_original", at(0), ended(Outcome::Busy));
    let spread = i64::try_from(DAYS).unwrap() * 86_400_000 / i64::try_from(CALLS).unwrap();
    let of_the_day = CALLS / DAYS..2 * CALLS / DAYS;
    let moments = of_the_day.map(|number| at(i64::try_from(number).unwrap() * spread));
    world.put_copies(&call, moments).await;
    println!("seeded in {:?}", began.elapsed());
    let clock = ManualClock::at("2027-01-01T00:00:00Z");
    let read = world.call_stats_at(&clock, &Faults::none(), 10_000).await;
    let day = ask(&read, "from=2026-01-03&to=2026-01-03", &admin())
        .await
        .body;
    assert_eq!(day["count"], CALLS / DAYS);
    let (counts, counted) = (world.count_table(), Hour::of(at(86_400_000)).day());
    let days = Hour::of(at(i64::try_from(DAYS).unwrap() * 86_400_000 - 1)).day();
    for other in days
        .back_to(Hour::of(at(0)).day())
        .filter(|day| *day != counted)
    {
        let kept = counts.read("acme", &[counted], clock.now()).await.unwrap();
        // Its own item may have marks: the first call was written late.
        let mut own = counts.read("acme", &[other], clock.now()).await.unwrap();
        let kept = kept.into_iter().map(|(hour, kept)| {
            let hour = other.hour(hour.number_in_day());
            NewCounts {
                hour,
                read: own.remove(&hour).unwrap_or_default(),
                counts: kept.counts.unwrap(),
            }
        });
        let kept: Vec<_> = kept.collect();
        counts.store("acme", other, &kept).await.unwrap();
    }

    let faults = Faults::none();
    // It may read no call.
    let endpoint = world.call_stats_at(&clock, &faults, 0).await;
    let (before, began) = (faults.requests(), Instant::now());
    let month = ask(&endpoint, "from=2026-01-02&to=2026-01-26&by=hour", &admin())
        .await
        .body;
    let (requests, took) = (faults.requests() - before, began.elapsed());
    assert_eq!(
        (&month["count"], &month["complete"]),
        (&json!(CALLS), &json!(true))
    );
    let kept = counts_items(&world).await;
    println!(
        "{CALLS} calls: {kept} items of counts and at most 4 of the index read, {requests} requests, {took:?}"
    );
    assert_eq!((kept, requests), (DAYS, 5));
}
