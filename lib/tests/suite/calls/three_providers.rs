//! One call as all three providers report it: whatever arrives first, and however often, it is one
//! call with one outcome.

use std::collections::BTreeSet;

use proptest::prelude::*;
use ringpost::{
    domain::{
        call::{
            Call, CallStatus, CallUpdate, announcement::Announcement, outcome::Outcome,
            owner::Owner,
        },
        key::CallKey,
        phone::PhoneNumber,
        timestamp::Timestamp,
    },
    providers::read_update,
};

use crate::support::one_call::{CALLER, DIALLED, LINE, call_sid, event, reports};

fn updates() -> Vec<CallUpdate> {
    let at = |index: usize| {
        let index = i64::try_from(index).expect("a short list");
        Timestamp::from_seconds(DIALLED + index).expect("a time")
    };
    let reports = reports("3f").into_iter().enumerate();
    reports
        .map(|(index, report)| read_update(&event(&report, at(index))).expect("a call"))
        .collect()
}

fn fold(updates: &[&CallUpdate]) -> Call {
    let owner = Owner::tenant("acme");
    let mut call = Call::begin(updates[0], Some(&owner));
    for update in &updates[1..] {
        call.apply(update, Some(&owner));
    }
    call
}

#[test]
fn it_shows_what_each_of_them_knows() {
    let updates = updates();
    let call = fold(&updates.iter().collect::<Vec<_>>());
    let facts = &call.facts;
    assert_eq!(
        (call.status(), facts.outcome()),
        (CallStatus::Ended, Some(Outcome::Completed))
    );
    // LiveKit's span, from the room's creation to the phone's leaving.
    assert_eq!(call.duration_seconds(), Some(60));
    assert_eq!(facts.phone_number().map(PhoneNumber::as_str), Some(CALLER));
    assert_eq!(facts.line_number().map(PhoneNumber::as_str), Some(LINE));
    assert_eq!(facts.call_sid(), Some(call_sid("3f").as_str()));
    assert_eq!(facts.conversation_id().map(String::as_str), Some("conv_3f"));
    assert_eq!(facts.room_sid(), Some("RM_3f"));
    assert_eq!(
        facts.agent_status.get().map(|status| status.word.as_str()),
        Some("completed")
    );
    assert!(
        facts
            .results()
            .is_some_and(|results| results.contains("appointment_set"))
    );
    assert!(facts.transcript().is_some() && facts.has_lead);
    let announced: Vec<_> = call.announced.keys().copied().collect();
    assert_eq!(announced, Announcement::ALL);
}

#[test]
fn the_keys_of_its_events_hang_together() {
    let mut known: BTreeSet<CallKey> = BTreeSet::new();
    let mut left = updates();
    known.extend(left.remove(0).keys.iter().cloned());
    while !left.is_empty() {
        let before = left.len();
        left.retain(|update| {
            let joins = update.keys.iter().any(|key| known.contains(key));
            if joins {
                known.extend(update.keys.iter().cloned());
            }
            !joins
        });
        assert!(left.len() < before, "nothing joins {:?}", left[0].event);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    #[test]
    fn in_any_order_with_repetitions_it_is_the_same_call(
        order in Just((0..12_usize).collect::<Vec<_>>()).prop_shuffle(),
        again in prop::collection::vec(0..12_usize, 0..10),
    ) {
        let updates = updates();
        prop_assert_eq!(updates.len(), 12);
        let expected = fold(&updates.iter().collect::<Vec<_>>());
        let arriving: Vec<_> = order.iter().chain(&again).map(|index| &updates[*index]).collect();
        let call = fold(&arriving);
        prop_assert_eq!(&call.facts, &expected.facts);
        prop_assert_eq!(call.facts.outcome(), Some(Outcome::Completed));
        prop_assert_eq!(call.duration_seconds(), Some(60));
        let types = |call: &Call| call.announced.keys().copied().collect::<Vec<_>>();
        prop_assert_eq!(types(&call), types(&expected));
    }
}
