//! Records of one call: which one absorbs the other, and the span and the events that they keep.

use super::*;
use crate::domain::{
    call::{claims::Latest, report::Hangup},
    key::CallKey,
};

pub(crate) fn at(second: i64) -> Timestamp {
    Timestamp::from_seconds(second).unwrap()
}

/// An event that was received at this second and reports these facts of the call of this SID.
pub(crate) fn update(sid: &str, second: i64, facts: Facts) -> CallUpdate {
    CallUpdate {
        event: EventKey::of("signalwire", &format!("{sid}-{second}")),
        received_at: at(second),
        tenant_id: None,
        keys: CallKeys::new([CallKey::CallSid(sid.to_owned())]).unwrap(),
        facts,
        recording: None,
    }
}

fn begun(sid: &str, second: i64, tenant_id: Option<&str>) -> Call {
    let owner = tenant_id.map(Owner::tenant);
    Call::begin(&update(sid, second, Facts::default()), owner.as_ref())
}

/// The end at a second, with the outcome and the words of the provider.
fn ended(second: i64, verdict: Outcome, words: &str) -> Facts {
    let hangup = Hangup {
        at: at(second),
        reason: None,
    };
    Facts {
        hangup: Latest::of(1, at(second), Some(hangup)),
        verdict: Latest::of(1, at(second), Some(verdict)),
        failure_reason: Latest::of(1, at(second), Some(words.to_owned())),
        ..Facts::default()
    }
}

#[test]
fn the_end_of_the_span_follows_only_what_is_more_than_ten_minutes_later() {
    let span = |from, to| ReceivedSpan {
        from: at(from),
        to: at(to),
    };
    for (received, expected) in [
        (1_000, span(1_000, 2_000)),
        (2_000, span(2_000, 2_000)),
        (2_001, span(2_000, 2_000)),
        (2_600, span(2_000, 2_000)),
        (2_601, span(2_000, 2_601)),
        (9_000, span(2_000, 9_000)),
    ] {
        let mut known = span(2_000, 2_000);
        known.include(at(received));
        assert_eq!(known, expected, "{received}");
    }
}

#[test]
fn of_two_records_exactly_one_is_the_elder_and_its_age_decides_before_its_id() {
    let (one, other) = (begun("CA-one", 10, None), begun("CA-other", 10, None));
    assert!(one.is_elder_of(&other) != other.is_elder_of(&one));
    assert!(!one.is_elder_of(&one));
    for (sid, other) in [("CA-one", "CA-other"), ("CA-other", "CA-one")] {
        let (elder, younger) = (begun(sid, 10, None), begun(other, 11, None));
        assert!(elder.is_elder_of(&younger) && !younger.is_elder_of(&elder));
    }
}

#[test]
fn only_records_of_different_tenants_are_never_one_call() {
    let call = |tenant_id| begun("CA-one", 10, tenant_id);
    assert!(call(None).may_absorb(&call(None)));
    assert!(call(Some("acme")).may_absorb(&call(None)));
    assert!(call(None).may_absorb(&call(Some("acme"))));
    assert!(call(Some("acme")).may_absorb(&call(Some("acme"))));
    assert!(!call(Some("acme")).may_absorb(&call(Some("other"))));
}

#[test]
fn a_record_is_known_by_its_id_and_those_that_it_absorbed() {
    let (mut elder, younger) = (begun("CA-one", 10, None), begun("CA-two", 11, None));
    assert!(elder.is_known_as(elder.id) && !elder.is_known_as(younger.id));
    elder.absorb(&younger, &EventKey::of("signalwire", "EV_1"));
    assert!(elder.is_known_as(elder.id) && elder.is_known_as(younger.id));
}

#[test]
fn a_call_that_completed_after_all_has_no_reason_to_have_failed() {
    let call = |verdict| {
        let facts = ended(20, verdict, "no answer at the desk");
        Call::begin(&update("CA-one", 10, facts), None)
    };
    let failed = call(Outcome::Failed);
    assert_eq!(failed.failure_reason(), Some("no answer at the desk"));
    assert_eq!(failed.status(), CallStatus::Failed);
    let completed = call(Outcome::Completed);
    assert_eq!(completed.failure_reason(), None);
    assert_eq!(completed.status(), CallStatus::Ended);
}

#[test]
fn an_event_is_matched_again_only_if_it_changes_what_filters_see_and_there_is_room() {
    let campaign = |second: i64| Facts {
        campaign_id: Latest::of(1, at(second), Some(format!("campaign-{second}"))),
        ..Facts::default()
    };
    let mut call = begun("CA-one", 10, Some("acme"));
    let owner = Owner::tenant("acme");
    let hangup = Facts {
        direction: Latest::of(1, at(11), Some(direction::Direction::Inbound)),
        ..Facts::default()
    };
    call.apply(&update("CA-one", 11, hangup), Some(&owner));
    assert!(call.rematch_events.is_empty(), "no filter sees a direction");
    for second in 12..200 {
        call.apply(&update("CA-one", second, campaign(second)), Some(&owner));
        let changes = usize::try_from(second - 11).unwrap();
        assert_eq!(call.rematch_events.len(), changes.min(MAX_REMATCH_EVENTS));
    }
}

#[test]
fn two_records_that_become_one_are_matched_again_once_if_filters_see_more() {
    let by = EventKey::of("signalwire", "joins-both");
    let named = Facts {
        campaign_id: Latest::of(1, at(11), Some("spring".to_owned())),
        ..Facts::default()
    };
    for (ours, theirs, matched) in [
        (Facts::default(), Facts::default(), false),
        (named.clone(), named.clone(), false),
        (named.clone(), Facts::default(), true),
        (Facts::default(), named, true),
    ] {
        let mut elder = Call::begin(&update("CA-one", 10, ours), None);
        let younger = Call::begin(&update("CA-two", 11, theirs), None);
        elder.absorb(&younger, &by);
        assert_eq!(elder.rematch_events.contains(&by), matched);
        let later = EventKey::of("signalwire", "later");
        let first = elder.clone();
        elder.absorb(&younger, &later);
        assert_eq!(elder, first, "a repetition changes nothing");
    }
}

/// The end that both had announced is explained by `call.updated` if the whole call shows another.
#[test]
fn what_a_union_changes_of_an_announced_end_is_recorded_once() {
    let by = EventKey::of("signalwire", "joins-both");
    let call = |sid, second, facts| Call::begin(&update(sid, second, facts), None);
    let failed = || call("CA-one", 10, ended(20, Outcome::Failed, "x"));
    let completed = call("CA-two", 11, ended(30, Outcome::Completed, "x"));
    let mut elder = failed();
    elder.absorb(&completed, &by);
    let known: Vec<_> = elder.updates.keys().collect();
    assert_eq!(known, [&by]);
    assert_eq!(elder.updates[&by]["outcome"], "failed");
    let first = elder.clone();
    elder.absorb(&completed, &EventKey::of("signalwire", "later"));
    assert_eq!(elder, first);
    let mut alike = failed();
    alike.absorb(&call("CA-two", 11, ended(20, Outcome::Failed, "x")), &by);
    assert!(alike.updates.is_empty(), "{:?}", alike.updates);
    let mut open = call("CA-one", 10, Facts::default());
    open.absorb(&call("CA-two", 11, Facts::default()), &by);
    assert!(open.updates.is_empty());
}
