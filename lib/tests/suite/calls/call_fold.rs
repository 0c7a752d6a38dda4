//! Whole calls, folded from their events in every order, with repetitions and in any grouping, end
//! the same. What may differ is when the record was made and changed, for that is about arrival.

use proptest::{prelude::*, sample::Index};
use ringpost::domain::{
    call::{Call, CallStatus, CallUpdate, announcement::Announcement, facts::Facts},
    key::{CallKey, EventKey},
};
use serde_json::Value;

use crate::support::{
    calls::whole_call,
    folding::{arrival, arriving, fold, owner, updates, view},
};

/// A whole call's updates, and an order of all of them with some repeated.
fn replayed_call() -> impl Strategy<Value = (Vec<CallUpdate>, Vec<usize>)> {
    let with_repetitions = |bodies: Vec<Value>| {
        let count = bodies.len();
        (
            Just(updates(&bodies)),
            prop::collection::vec(0..count, 0..8),
        )
            .prop_flat_map(move |(updates, again)| {
                let order: Vec<usize> = (0..count).chain(again).collect();
                (Just(updates), Just(order).prop_shuffle())
            })
    };
    whole_call().prop_flat_map(with_repetitions)
}

/// The types that an event announced.
fn announced_by(call: &Call, event: &EventKey) -> Vec<Announcement> {
    let by = call
        .announced
        .iter()
        .filter(|(_, announced)| announced.by == *event);
    by.map(|(announcement, _)| *announcement).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    #[test]
    fn any_order_with_any_repetitions_gives_the_same_call((updates, order) in replayed_call()) {
        let expected = view(&fold(&updates));
        prop_assert!(expected.status != CallStatus::Active, "a whole call ends");
        prop_assert_eq!(view(&fold(&arriving(&updates, &order))), expected);
    }

    #[test]
    fn any_grouping_of_merges_gives_the_same_facts(
        (updates, order) in replayed_call(),
        pairs in prop::collection::vec(any::<(Index, Index, bool)>(), 32),
    ) {
        let expected = fold(&updates).facts;
        let mut parts: Vec<Facts> = order.iter().map(|index| updates[*index].facts.clone()).collect();
        let mut repetitions = 0;
        for (from, into, again) in pairs.iter().cycle() {
            if parts.len() == 1 {
                break;
            }
            let part = parts.swap_remove(from.index(parts.len()));
            let into = into.index(parts.len());
            parts[into].merge(part.clone());
            if *again && repetitions < 8 {
                repetitions += 1;
                parts.push(part);
            }
        }
        prop_assert_eq!(&parts[0], &expected);
    }

    #[test]
    fn a_repeated_event_changes_nothing_at_all((updates, order) in replayed_call(), owned: bool) {
        let owner = owned.then(owner);
        let arriving = arriving(&updates, &order);
        let mut call = Call::begin(&arriving[0], owner.as_ref());
        for (place, update) in arriving.iter().enumerate() {
            call.apply(update, owner.as_ref());
            let before = call.clone();
            for earlier in &arriving[..=place] {
                let later = CallUpdate { received_at: arrival(300), ..earlier.clone() };
                call.apply(&later, owner.as_ref());
                prop_assert_eq!(&call, &before);
            }
        }
    }

    #[test]
    fn each_type_is_announced_once_and_a_repeated_event_announces_what_it_did_before(
        (updates, order) in replayed_call(),
    ) {
        let arriving = arriving(&updates, &order);
        let mut call = Call::begin(&arriving[0], Some(&owner()));
        prop_assert!(announced_by(&call, &arriving[0].event).contains(&Announcement::Created));
        for update in &arriving {
            let before = call.announced.clone();
            call.apply(update, Some(&owner()));
            for (announcement, event) in &call.announced {
                let known = before.get(announcement);
                prop_assert!(known.is_none_or(|known| known == event), "announced by another event");
                prop_assert!(known.is_some() || event.by == update.event, "announced by itself");
            }
            prop_assert!(before.keys().all(|announcement| call.announced.contains_key(announcement)));
            let announced = announced_by(&call, &update.event);
            call.apply(update, Some(&owner()));
            prop_assert_eq!(announced_by(&call, &update.event), announced);
        }
        let ended = call.announced.contains_key(&Announcement::Completed);
        prop_assert!(ended, "every whole call is announced as completed");
        let rang = call.announced.contains_key(&Announcement::Ringing);
        prop_assert_eq!(rang, call.facts.ringing_at().is_some());
        let answered = call.announced.contains_key(&Announcement::Answered);
        prop_assert_eq!(answered, call.facts.answered_at().is_some());
    }

    #[test]
    fn stored_facts_are_the_same_facts_and_merge_the_same((updates, order) in replayed_call()) {
        let stored = |facts: &Facts| -> Facts {
            serde_json::from_str(&serde_json::to_string(facts).expect("JSON")).expect("facts")
        };
        let mut facts = Facts::default();
        for index in order {
            facts.merge(updates[index].facts.clone());
            prop_assert_eq!(&stored(&facts), &facts);
            facts = stored(&facts);
        }
        prop_assert_eq!(facts, fold(&updates).facts);
    }

    #[test]
    fn united_records_hold_what_one_record_would(
        (updates, order) in replayed_call(),
        places in prop::collection::vec(0..3_usize, 64),
        crosswise: bool,
    ) {
        let expected = view(&fold(&updates));
        let mut records: Vec<Option<Call>> = vec![None, None, None];
        for (update, place) in arriving(&updates, &order).iter().zip(places.iter().cycle()) {
            match &mut records[*place] {
                Some(call) => call.apply(update, Some(&owner())),
                none => {
                    let mut call = Call::begin(update, Some(&owner()));
                    call.id = CallKey::SipCall(place.to_string()).call_id();
                    *none = Some(call);
                }
            }
        }
        let mut records: Vec<Call> = records.into_iter().flatten().collect();
        records.sort_by_key(|call| (call.created_at, call.id));
        prop_assert!(records.windows(2).all(|pair| pair[0].is_elder_of(&pair[1])));
        let by = &updates[0].event;
        // The middle one may have absorbed the youngest before it was absorbed itself.
        if crosswise && records.len() == 3 {
            let youngest = records[2].clone();
            records[1].absorb(&youngest, by);
        }
        let (elder, younger) = records.split_first_mut().expect("a call");
        for record in younger.iter().rev() {
            elder.absorb(record, by);
        }
        let united = elder.clone();
        prop_assert_eq!(united.absorbed.len(), younger.len());
        prop_assert_eq!(&view(&united).facts, &expected.facts);
        let types: Vec<_> = united.announced.keys().copied().collect();
        prop_assert!(types.contains(&Announcement::Completed));
        for record in younger.iter() {
            elder.absorb(record, by);
        }
        prop_assert_eq!(elder, &united, "absorbing again changes something");
    }
}
