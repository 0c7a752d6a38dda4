//! The explanation of a call: its claims are those that its events made, the winners are what the call
//! shows, and the claims account for every stored fact.

use std::collections::BTreeSet;

use proptest::prelude::*;
use ringpost::{
    domain::{
        call::{
            Call,
            explain::{ExplainedClaim, Explanation, LostBecause, ReportedFacts},
            outcome::Outcome,
            owner::Owner,
        },
        event::Event,
        timestamp::Timestamp,
    },
    http::call_log::CallLog,
    providers::{livekit::LiveKitEvent, read_update},
};
use serde_json::{Value, json};

use crate::support::{
    busy_call::busy_reports,
    calls::whole_call,
    one_call::{DIALLED, Report, event, reports},
};

fn at(index: usize) -> Timestamp {
    let index = i64::try_from(index).expect("a short list");
    Timestamp::from_seconds(DIALLED + index).expect("a time")
}

fn events(reports: &[Report]) -> Vec<Event> {
    let reports = reports.iter().enumerate();
    reports
        .map(|(index, report)| event(report, at(index)))
        .collect()
}

fn livekit_events(bodies: &[Value]) -> Vec<Event> {
    let event = |(index, body): (usize, &Value)| {
        let body = body.to_string();
        let parsed = LiveKitEvent::parse(body.as_bytes(), at(index)).expect("an event");
        parsed.event(body.into(), at(index))
    };
    bodies.iter().enumerate().map(event).collect()
}

fn reported(event: &Event) -> ReportedFacts {
    ReportedFacts {
        event_id: None,
        source: event.source.provider().to_owned(),
        event_type: event.event_type.clone(),
        occurred_at: event.occurred_at,
        facts: read_update(event).expect("a call").facts,
        tenant_id: None,
    }
}

/// The call of these events as they arrive in this order, explained from each of them once.
fn explained(events: &[Event], order: &[usize]) -> (Call, Explanation) {
    let owner = Owner::tenant("acme");
    let update = |index: &usize| read_update(&events[*index]).expect("a call");
    let mut call = Call::begin(&update(&order[0]), Some(&owner));
    for index in order {
        call.apply(&update(index), Some(&owner));
    }
    let reports: Vec<_> = events.iter().map(reported).collect();
    let explanation = Explanation::of(&call, &reports);
    (call, explanation)
}

fn in_order(events: &[Event]) -> (Call, Explanation) {
    explained(events, &(0..events.len()).collect::<Vec<_>>())
}

fn winner<'a>(claims: &'a [ExplainedClaim], fact: &str) -> Option<&'a ExplainedClaim> {
    claims.iter().find(|claim| claim.won && claim.fact == fact)
}

fn lost(explanation: &Explanation, fact: &str, source: &str) -> Option<LostBecause> {
    let mut claims = explanation.claims.iter();
    claims
        .find(|claim| claim.fact == fact && claim.source == source)
        .and_then(|claim| claim.lost_because)
}

/// What the call shows under these names, where a claim of the fact must have won.
fn check(call: &Call, explanation: &Explanation) -> Result<(), TestCaseError> {
    prop_assert!(explanation.is_complete, "the claims do not give the record");
    prop_assert_eq!(explanation.rule.outcome(), call.facts.outcome());
    let claims = &explanation.claims;
    let won: Vec<&str> = claims
        .iter()
        .filter(|claim| claim.won)
        .map(|claim| claim.fact)
        .collect();
    // A reason that implies an outcome and a verdict are claims of one fact; only one decides.
    prop_assert_eq!(
        won.len(),
        won.iter().collect::<BTreeSet<_>>().len(),
        "{:?}",
        won
    );
    prop_assert!(
        claims
            .iter()
            .all(|claim| claim.won == claim.lost_because.is_none())
    );
    let owner = Owner::tenant("acme");
    let shown = serde_json::to_value(CallLog::of(call, &owner)).expect("JSON");
    for (fact, pointer) in [
        ("end", "/endedAt"),
        ("reason", "/metadata/disconnect_reason"),
        ("agent", "/agentId"),
        ("conversation", "/conversationId"),
        ("call_sid", "/callSid"),
        ("status", "/agentStatus"),
        ("campaign", "/metadata/campaign_id"),
        ("recording", "/recordingUrl"),
    ] {
        let value = winner(claims, fact).map(|claim| &claim.value);
        prop_assert_eq!(value, shown.pointer(pointer), "{}: {:#?}", fact, claims);
    }
    let phone = winner(claims, "from").or(winner(claims, "to"));
    prop_assert!(phone.is_some() || shown["phoneNumber"] == "");
    if let Some(claim) = winner(claims, "outcome") {
        prop_assert_eq!(&claim.value, &shown["outcome"]);
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn the_claims_of_three_providers_give_the_record_in_any_order_with_repetitions(
        busy: bool,
        shuffled in Just((0..12_usize).collect::<Vec<_>>()).prop_shuffle(),
        again in prop::collection::vec(0..12_usize, 0..10),
    ) {
        let events = events(&if busy { busy_reports("3f") } else { reports("3f") });
        let order: Vec<usize> = shuffled
            .into_iter()
            .chain(again)
            .filter(|index| *index < events.len())
            .collect();
        let (call, explanation) = explained(&events, &order);
        check(&call, &explanation)?;
        let (_, expected) = in_order(&events);
        prop_assert_eq!(explanation.sentence, expected.sentence);
        prop_assert_eq!(explanation.claims, expected.claims);
    }

    #[test]
    fn the_claims_of_any_room_give_the_record(bodies in whole_call()) {
        let (call, explanation) = in_order(&livekit_events(&bodies));
        check(&call, &explanation)?;
    }
}

#[test]
fn a_busy_call_is_explained_by_its_carrier() {
    let (call, explanation) = in_order(&events(&busy_reports("3f")));
    assert_eq!(call.facts.outcome(), Some(Outcome::Busy));
    assert_eq!(explanation.rule.as_str(), "verdict");
    assert_eq!(
        explanation.sentence,
        "SignalWire reported busy (rank 3). LiveKit gave no reason."
    );
    let outcome = winner(&explanation.claims, "outcome").expect("a winner");
    assert_eq!(
        (&outcome.value, outcome.source.as_str(), outcome.rank),
        (&json!("busy"), "signalwire", 3)
    );
    assert_eq!(
        lost(&explanation, "outcome", "elevenlabs"),
        Some(LostBecause::Repeated)
    );
    let end = winner(&explanation.claims, "end").expect("a winner");
    assert_eq!(
        (end.source.as_str(), end.event_type.as_str()),
        ("livekit", "participant_left")
    );
    let from = winner(&explanation.claims, "from").expect("a winner");
    assert_eq!(from.value, json!("+18588796658"));
}

#[test]
fn a_completed_call_is_explained_by_its_carrier() {
    let (_, explanation) = in_order(&events(&reports("3f")));
    assert_eq!(explanation.rule.as_str(), "verdict");
    assert_eq!(
        explanation.sentence,
        "SignalWire reported completed (rank 3). LiveKit's reason CLIENT_INITIATED implies no outcome."
    );
    let expected = [
        ("duration", "signalwire", LostBecause::NotDecisive),
        ("answered", "elevenlabs", LostBecause::Later),
        ("status", "elevenlabs", LostBecause::LowerRank),
    ];
    for (fact, source, reason) in expected {
        assert_eq!(lost(&explanation, fact, source), Some(reason), "{fact}");
    }
    let start = winner(&explanation.claims, "start").expect("a winner");
    assert_eq!(start.event_type, "room_started");
}

#[test]
fn what_no_event_accounts_for_is_not_complete() {
    let events = events(&busy_reports("3f"));
    let (call, explanation) = in_order(&events);
    assert!(explanation.is_complete);
    let fewer: Vec<_> = events[1..].iter().map(reported).collect();
    assert!(!Explanation::of(&call, &fewer).is_complete);
    let none = Explanation::of(&call, &[]);
    assert!(none.claims.is_empty() && !none.is_complete);
    assert_eq!(none.sentence, "A provider reported busy.");
}
