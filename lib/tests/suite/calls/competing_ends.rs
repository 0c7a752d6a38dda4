//! Which reports count when a call has more than one end: two conversations, a repeated hangup, more legs than are
//! kept, an event of another owner.

use ringpost::domain::call::{
    Call, facts::MAX_LEGS, outcome::Outcome, owner::Owner, participants::Role,
};
use serde_json::{Value, json};

use super::who_ends_a_call::{ACTIVE, carrier, conversation, end, ended, last};
use crate::support::{
    folding::{arriving, fold, owner, updates},
    room::{Room, caller, dialled, web},
};

#[test]
fn a_leg_that_was_busy_stays_busy_when_it_is_reported_as_completed_with_no_seconds() {
    let all = [
        carrier("CA1", "busy", 20, ""),
        carrier("CA1", "completed", 21, "&CallDuration=0"),
    ];
    for order in [[0, 1], [1, 0]] {
        let call = fold(&arriving(&all, &order));
        assert_eq!(call.facts.outcome(), Some(Outcome::Busy), "{order:?}");
    }
    let alone = fold(&all[1..]);
    assert_eq!(
        alone.facts.outcome(),
        Some(Outcome::Completed),
        "no other report contradicts it"
    );
}

#[test]
fn of_two_conversations_of_one_call_the_longer_decides() {
    let all = [
        conversation("conv_blank", 3, "done"),
        conversation("conv_real", 62, "done"),
    ];
    for order in [[0, 1], [1, 0]] {
        let call = fold(&arriving(&all, &order));
        assert_eq!(end(&call), ended(Outcome::Completed, 62), "{order:?}");
        assert_eq!(
            call.facts.conversation_id().map(String::as_str),
            Some("conv_real")
        );
        assert_eq!(
            call.facts.agent_id().map(String::as_str),
            Some("agent_conv_real")
        );
        assert_eq!(call.facts.transcript(), Some(&all[1].event));
        // A customer who was notified of the blank one is notified of the real result.
        let expected = json!({ "outcome": "no_answer", "duration": 3 });
        let reported: Vec<_> = call.updates.values().cloned().map(Value::from).collect();
        assert_eq!(
            reported,
            if order == [0, 1] {
                vec![expected]
            } else {
                Vec::new()
            },
            "{order:?}"
        );
    }
}

#[test]
fn a_call_of_more_legs_than_are_kept_ends_with_its_room() {
    let mut room = Room::new("RM_1");
    for number in 0..MAX_LEGS + 20 {
        room.joined(1, dialled(&format!("{number:03}"), "active"));
    }
    for number in 0..MAX_LEGS {
        room.left(
            50,
            dialled(&format!("{number:03}"), "hangup"),
            "CLIENT_INITIATED",
        );
    }
    let call = last(&room.events);
    assert!(call.facts.legs_overflowed && call.facts.legs().len() == MAX_LEGS);
    assert_eq!(end(&call), ACTIVE, "a person who is not kept may be there");
    let stored = serde_json::to_string(&call.facts).expect("JSON");
    assert!(stored.len() < 40_000, "{} bytes", stored.len());
    room.finished(90);
    assert_eq!(end(&last(&room.events)), ended(Outcome::Completed, 90));
}

#[test]
fn a_crowd_of_listeners_does_not_displace_the_caller() {
    let mut room = Room::new("RM_1");
    for number in 0..MAX_LEGS + 20 {
        room.joined(1, web(&format!("listener-{number:03}")));
    }
    room.joined(2, caller("A"));
    room.left(60, caller("A"), "CLIENT_INITIATED");
    assert!(
        last(&room.events)
            .facts
            .legs()
            .iter()
            .any(|leg| leg.role == Role::Caller)
    );
}

#[test]
fn an_owner_is_not_changed_by_an_event_of_another() {
    let updates = updates(&{
        let mut room = Room::new("RM_1");
        room.joined(1, caller("A"));
        room.events
    });
    let mut call = Call::begin(&updates[0], Some(&owner()));
    let other = Call::begin(&updates[1], Some(&Owner::tenant("another")));
    assert!(!call.may_absorb(&other));
    call.apply(&updates[1], Some(&Owner::tenant("another")));
    assert_eq!(call.owner, Some(owner()));
}
