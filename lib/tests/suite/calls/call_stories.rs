//! Whole calls by chance against a plain account of what happened: in order, in any order, with
//! repetitions.

use proptest::prelude::*;
use ringpost::domain::call::{
    Call, CallStatus,
    announcement::{AnnouncedState, Announcement},
    leg::LegOutcome,
    outcome::Outcome,
};

use crate::support::{
    folding::{arriving, owner, updates},
    room,
    story::{Kind, story},
};

/// What a call shows of its end.
type End = (CallStatus, Option<Outcome>, Option<u64>);

fn end(call: &Call) -> End {
    (call.status(), call.facts.outcome(), call.duration_seconds())
}

fn ended(outcome: Outcome, seconds: u64) -> End {
    let status = if outcome == Outcome::Failed {
        CallStatus::Failed
    } else {
        CallStatus::Ended
    };
    (status, Some(outcome), Some(seconds))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn what_happened_is_what_is_shown_whatever_the_order_and_repetition(
        story in story(),
        seed in any::<u64>(),
    ) {
        let bodies = story.events();
        let (seconds, outcome) = story.truth();
        let expected = ended(outcome, u64::try_from(seconds).expect("a time"));
        let updates = updates(&bodies);
        // As it happens: while a person is there the call goes on, and is never announced as ended.
        let in_order: Vec<usize> = (0..updates.len()).collect();
        let in_order = arriving(&updates, &in_order);
        let mut call = Call::begin(&in_order[0], Some(&owner()));
        for (body, update) in bodies.iter().zip(&in_order) {
            call.apply(update, Some(&owner()));
            let now: i64 = body["createdAt"].as_str().expect("a text").parse().expect("seconds");
            if story.is_there(now - room::CREATED) && body["event"] != "participant_joined" {
                prop_assert_eq!(call.status(), CallStatus::Active, "at {}", now - room::CREATED);
            }
        }
        prop_assert_eq!(end(&call), expected);
        // In any order, with repetitions.
        let mut order: Vec<usize> = (0..updates.len()).chain((0..updates.len()).rev()).collect();
        let mut random = seed;
        for index in (1..order.len()).rev() {
            random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            order.swap(index, usize::try_from(random >> 33).expect("31 bits") % (index + 1));
        }
        let shuffle = arriving(&updates, &order);
        let mut shuffled = Call::begin(&shuffle[0], Some(&owner()));
        for update in &shuffle {
            let (before, known) = (AnnouncedState::of(&shuffled.facts), shuffled.updates.get(&update.event).cloned());
            let is_reported = shuffled.announced.contains_key(&Announcement::Completed);
            shuffled.apply(update, Some(&owner()));
            let changed = before.changed_to(&AnnouncedState::of(&shuffled.facts));
            let expected = if is_reported && !changed.is_empty() { Some(changed) } else { known };
            prop_assert_eq!(shuffled.updates.get(&update.event), expected.as_ref());
        }
        prop_assert_eq!(end(&shuffled), expected);
        prop_assert_eq!(&shuffled.facts, &call.facts);
        if story.kind != Kind::Outbound {
            prop_assert_eq!(shuffled.transfers.len(), story.colleagues.len() * 2, "each once");
        }
        for leg in call.facts.transfers().iter().filter(|_| story.kind != Kind::Outbound) {
            let colleague = story.colleagues.iter().find(|stay| leg.0 == format!("psip_{}", stay.who));
            let answered = colleague.expect("a colleague").answered;
            prop_assert_eq!(leg.1.outcome == Some(LegOutcome::Connected), answered);
        }
        // A customer who follows the announcements knows in the end what is shown.
        for record in [&call, &shuffled] {
            let ends = record.announced.contains_key(&Announcement::Completed);
            prop_assert!(ends, "announced once");
        }
    }
}
