//! The laws that facts keep, for registers of every content: a merge is commutative, associative and
//! idempotent, and nothing merged changes nothing.

use std::fmt::Debug;

use proptest::{
    collection::{btree_set, vec},
    option,
    prelude::*,
    sample::select,
};
use ringpost::domain::{
    bounded::{BoundedMap, BoundedSet, Merge},
    call::{
        agent_status::{AgentStatus, StatusWord},
        claims::{Claim, Earliest, EarliestTime, FirstLast, Highest, Latest},
        direction::Direction,
        facts::{Facts, LegacyDisconnection, MAX_LEGS},
        leg::{Disconnection, Leg, LegKey},
        outcome::Outcome,
        report::{ConversationReport, Hangup, Report, RoomSpan},
    },
    contact_id::ContactId,
    follow_up::FollowUp,
    key::EventKey,
    phone::PhoneNumber,
    scalar::Scalar,
    timestamp::Timestamp,
};
use serde::{Serialize, de::DeserializeOwned};

/// So few moments that many claims are about the same one.
fn moment() -> impl Strategy<Value = Timestamp> {
    (0..3_i64).prop_map(|seconds| Timestamp::from_seconds(seconds).expect("a time"))
}

/// Claims that agree in some of rank, time and value more often than not.
fn claim<T: Debug + Clone>(
    value: impl Strategy<Value = T>,
) -> impl Strategy<Value = Option<Claim<T>>> {
    option::of((0..3_u8, moment(), value).prop_map(|(rank, at, value)| Claim::new(rank, at, value)))
}

/// Not by a regular expression, which proptest would parse for each word.
fn word() -> impl Strategy<Value = String> {
    select(&["a", "b", "aa", "ab", "ba", "bb"]).prop_map(str::to_owned)
}

fn latest<T: Ord + Debug + Clone>(
    value: impl Strategy<Value = T>,
) -> impl Strategy<Value = Latest<T>> {
    claim(value).prop_map(Latest::claimed)
}

fn earliest<T: Ord + Debug + Clone>(
    value: impl Strategy<Value = T>,
) -> impl Strategy<Value = Earliest<T>> {
    claim(value).prop_map(Earliest::claimed)
}

fn earliest_time() -> impl Strategy<Value = EarliestTime> {
    option::of(moment()).prop_map(EarliestTime::claimed)
}

fn number() -> impl Strategy<Value = PhoneNumber> {
    "\\+1510555012[01]".prop_map(|text| PhoneNumber::parse(&text).expect("a number"))
}

fn leaving() -> impl Strategy<Value = LegacyDisconnection> {
    (option::of(word()), option::of(word()), any::<bool>()).prop_map(
        |(reason, identity, connected)| LegacyDisconnection {
            reason,
            identity,
            connected,
        },
    )
}

fn status() -> impl Strategy<Value = AgentStatus> {
    let word = select(vec![
        StatusWord::Ringing,
        StatusWord::Completed,
        StatusWord::Ended,
    ]);
    (word, event_key()).prop_map(|(word, event)| AgentStatus { word, event })
}

fn event_key() -> impl Strategy<Value = EventKey> {
    word().prop_map(|id| EventKey::of("livekit", &id))
}

fn hangup() -> impl Strategy<Value = Hangup> {
    (moment(), option::of(word())).prop_map(|(at, reason)| Hangup { at, reason })
}

fn follow_up() -> impl Strategy<Value = Option<FollowUp>> {
    option::of((moment(), option::of(word()), any::<bool>()).prop_map(
        |(due_at, time, automatic)| FollowUp {
            due_at,
            date: "2025-11-27".to_owned(),
            time,
            automatic,
        },
    ))
}

fn verdict() -> impl Strategy<Value = Outcome> {
    select(vec![Outcome::Completed, Outcome::Busy, Outcome::NoAnswer])
}

fn direction() -> impl Strategy<Value = Direction> {
    prop_oneof![Just(Direction::Inbound), Just(Direction::Outbound)]
}

fn left() -> impl Strategy<Value = Highest<Disconnection>> {
    let left = (moment(), option::of(moment()), option::of(word()));
    option::of(left.prop_map(|(at, joined, reason)| Disconnection::new(at, joined, reason)))
        .prop_map(Highest::of)
}

fn few(value: impl Strategy<Value = String>) -> impl Strategy<Value = BoundedSet<String, 4>> {
    btree_set(value, 0..6).prop_map(BoundedSet::of)
}

prop_compose! {
    fn leg()(
        (by_rule, dialled) in (any::<bool>(), any::<bool>()),
        joined in option::of(moment()),
        again in option::of(moment()),
        (ringing, answered) in (earliest_time(), earliest_time()),
        (left, missed) in (left(), left()),
        (numbers, lines) in (btree_set(number(), 0..3), btree_set(number(), 0..3)),
        (sip_calls, call_sids) in (few(word()), few(word())),
    ) -> Leg {
        let mut both = FirstLast::of(joined);
        both.merge(FirstLast::of(again));
        Leg {
            by_rule, dialled, joined: both, ringing, answered, left, missed,
            numbers: BoundedSet::of(numbers), lines: BoundedSet::of(lines), sip_calls, call_sids,
        }
    }
}

prop_compose! {
    fn report()(
        (by_carrier, is_phone, was_dialled) in any::<(bool, bool, bool)>(),
        (started, ringing, answered) in (latest(moment()), earliest_time(), earliest_time()),
        (hangup, verdict, seconds) in (latest(hangup()), latest(verdict()), latest(0..9_u64)),
        (failure, direction) in (latest(word()), latest(direction())),
        (number, line) in (latest(number()), latest(number())),
    ) -> Report {
        Report {
            by_carrier, is_phone, was_dialled, started, ringing, answered, hangup, verdict, seconds,
            failure, direction, number, line,
        }
    }
}

prop_compose! {
    fn talk()(
        agent_id in latest(word()), ended in latest(moment()), transcript in latest(event_key()),
        results in latest(btree_set(word(), 0..3)), report in report(),
    ) -> ConversationReport {
        ConversationReport { agent_id, ended, transcript, results, report }
    }
}

/// A map of up to four keys, or of a number of which no two fit.
fn keys<K: Ord + Clone + Debug, V: Merge + Clone + Debug, const N: usize>(
    key: impl Fn(&str) -> K + Clone,
    value: impl Strategy<Value = V> + 'static,
) -> impl Strategy<Value = BoundedMap<K, V, N>> {
    let short = vec(word(), 0..4);
    let long =
        (0..60_usize).prop_map(|from| (from..from + 35).map(|n| format!("n{n:02}")).collect());
    (prop_oneof![4 => short, 1 => long], vec(value.boxed(), 4)).prop_map(move |(names, values)| {
        let mut map = BoundedMap::default();
        for (name, value) in names.iter().zip(values.iter().cycle()) {
            map.merge(BoundedMap::of(key(name), value.clone()));
        }
        map
    })
}

fn leg_key(name: &str) -> LegKey {
    if name.starts_with('a') {
        LegKey::person(name)
    } else {
        LegKey::phone(name)
    }
}

fn room() -> impl Strategy<Value = RoomSpan> {
    (earliest_time(), earliest_time())
        .prop_map(|(created, finished)| RoomSpan { created, finished })
}

prop_compose! {
    fn facts_of_parts()(
        legs in keys(leg_key, leg()).boxed(),
        legs_overflowed in prop::bool::weighted(0.1),
        reports in keys(str::to_owned, report()).boxed(),
        rooms in keys(str::to_owned, room()).boxed(),
        talks in keys(str::to_owned, talk()).boxed(),
        (machine_joined, machine_left) in (option::of(moment()), option::of(moment())),
    ) -> Facts {
        let (machine_joined, machine_left) = (Highest::of(machine_joined), Highest::of(machine_left));
        Facts { legs, legs_overflowed, reports, rooms, talks, machine_joined, machine_left, ..Facts::default() }
    }
}

prop_compose! {
    fn facts_of_room()(
        (room_name, room_sid, sip_call_id, campaign_id, recording_url) in
            (latest(word()), latest(word()), latest(word()), latest(word()), latest(word())),
        (phone_number, line_number) in (latest(number()), latest(number())),
        direction in latest(direction()),
        (first_event, room_created, joined) in (earliest_time(), earliest_time(), earliest_time()),
        (ringing, answered, room_finished) in (earliest_time(), earliest_time(), earliest_time()),
        has_phone: bool,
        phone_left in latest(leaving()),
        standard_left in earliest(leaving()),
    ) -> Facts {
        Facts {
            room_name, room_sid, sip_call_id, phone_number, line_number, direction, campaign_id,
            recording_url, first_event, room_created, joined, ringing, answered, has_phone, phone_left,
            standard_left, room_finished, ..Facts::default()
        }
    }
}

fn contact_id() -> impl Strategy<Value = ContactId> {
    (word(), any::<bool>()).prop_map(|(id, is_number)| {
        (if is_number {
            Scalar::Number(id.len().to_string())
        } else {
            Scalar::Text(id)
        })
        .into()
    })
}

prop_compose! {
    fn facts()(
        room in facts_of_room().boxed(),
        parts in facts_of_parts().boxed(),
        (call_sid, conversation_id, agent_id) in (latest(word()), latest(word()), latest(word())),
        (started, hangup, conversation_ended) in (latest(moment()), latest(hangup()), latest(moment())),
        (reported_seconds, verdict, agent_status) in (latest(0..9_u64), latest(verdict()), latest(status())),
        (failure_reason, transcript) in (latest(word()), latest(event_key())),
        results in latest(btree_set(word(), 0..3)),
        (has_lead, lead_id, employee_id) in (any::<bool>(), latest(contact_id()), latest(word())),
        (follow_up, asked, silent_since) in (latest(follow_up()), latest(Just(())), earliest_time()),
        submitted in latest(word()),
    ) -> Facts {
        let Facts { legs, legs_overflowed, reports, rooms, talks, machine_joined, machine_left, .. } = parts;
        let Facts {
            room_name, room_sid, sip_call_id, phone_number, line_number, direction, campaign_id,
            recording_url, first_event, room_created, joined, ringing, answered, has_phone, phone_left,
            standard_left, room_finished, ..
        } = room;
        // Without `..`, so that a new fact cannot be forgotten here.
        Facts {
            room_name, room_sid, sip_call_id, phone_number, line_number, direction, campaign_id,
            recording_url, first_event, room_created, joined, ringing, answered, has_phone, phone_left,
            standard_left, room_finished, call_sid, conversation_id, agent_id, started, hangup,
            conversation_ended, reported_seconds, verdict, agent_status, failure_reason, transcript, results,
            has_lead, lead_id, employee_id, follow_up, legs, legs_overflowed, reports, rooms, talks, machine_joined,
            machine_left, submitted, asked, silent_since,
        }
    }
}

/// Checks every law for three values.
fn check<T: Clone + Debug + PartialEq + Default>(
    merge: impl Fn(&T, &T) -> T,
    [a, b, c]: [&T; 3],
) -> Result<(), TestCaseError> {
    prop_assert_eq!(merge(a, b), merge(b, a), "the order matters");
    prop_assert_eq!(
        merge(&merge(a, b), c),
        merge(a, &merge(b, c)),
        "the grouping matters"
    );
    prop_assert_eq!(&merge(a, a), a, "a repetition matters");
    prop_assert_eq!(
        &merge(&merge(a, b), b),
        &merge(a, b),
        "a later repetition matters"
    );
    prop_assert_eq!(&merge(a, &T::default()), a, "nothing matters");
    prop_assert_eq!(&merge(&T::default(), a), a, "nothing is not empty");
    Ok(())
}

fn round_trip<T: Serialize + DeserializeOwned>(value: &T) -> T {
    serde_json::from_str(&serde_json::to_string(value).expect("JSON")).expect("the value again")
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn the_latest_claim_wins_however_claims_are_merged(
        a in latest(word()), b in latest(word()), c in latest(word()),
    ) {
        let merge = |a: &Latest<String>, b: &Latest<String>| {
            let mut merged = a.clone();
            merged.merge(b.clone());
            merged
        };
        check(merge, [&a, &b, &c])?;
        prop_assert!(merge(&a, &b).claim() >= a.claim());
    }

    #[test]
    fn the_earliest_claim_wins_however_claims_are_merged(
        a in earliest(word()), b in earliest(word()), c in earliest(word()),
    ) {
        let merge = |a: &Earliest<String>, b: &Earliest<String>| {
            let mut merged = a.clone();
            merged.merge(b.clone());
            merged
        };
        check(merge, [&a, &b, &c])?;
        if let (Some(merged), Some(a)) = (merge(&a, &b).claim(), a.claim()) {
            prop_assert!(merged.at() <= a.at());
        }
    }

    #[test]
    fn the_earliest_time_wins_however_times_are_merged(
        a in earliest_time(), b in earliest_time(), c in earliest_time(),
    ) {
        let merge = |a: &EarliestTime, b: &EarliestTime| {
            let mut merged = a.clone();
            merged.merge(b.clone());
            merged
        };
        check(merge, [&a, &b, &c])?;
        prop_assert!(a.get().is_none_or(|a_time| merge(&a, &b).get() <= Some(a_time)));
    }

    #[test]
    fn the_first_and_last_of_all_times_stay_however_they_are_merged(
        a in option::of(moment()), b in option::of(moment()), c in option::of(moment()),
    ) {
        let merge = |a: &FirstLast, b: &FirstLast| {
            let mut merged = *a;
            merged.merge(*b);
            merged
        };
        let [a, b, c] = [a, b, c].map(FirstLast::of);
        check(merge, [&a, &b, &c])?;
        let all = merge(&merge(&a, &b), &c);
        prop_assert_eq!(all.first(), [a, b, c].iter().filter_map(FirstLast::first).min());
        prop_assert_eq!(round_trip(&all), all);
    }

    #[test]
    fn legs_keep_every_law_at_their_bound(a in keys(leg_key, leg()), b in keys(leg_key, leg()), c in keys(leg_key, leg())) {
        let merge = |a: &BoundedMap<LegKey, Leg, MAX_LEGS>, b: &BoundedMap<LegKey, Leg, MAX_LEGS>| {
            let mut merged = a.clone();
            merged.merge(b.clone());
            merged
        };
        check(merge, [&a, &b, &c])?;
        prop_assert!(merge(&merge(&a, &b), &c).iter().count() <= MAX_LEGS);
    }

    #[test]
    fn facts_keep_every_law(a in facts().boxed(), b in facts().boxed(), c in facts().boxed()) {
        let merge = |a: &Facts, b: &Facts| {
            let mut merged = a.clone();
            merged.merge(b.clone());
            merged
        };
        check(merge, [&a, &b, &c])?;
    }

    #[test]
    fn facts_survive_storage(a in facts().boxed(), b in facts().boxed()) {
        prop_assert_eq!(&round_trip(&a), &a);
        let mut merged = a.clone();
        merged.merge(b.clone());
        let mut stored = round_trip(&a);
        stored.merge(round_trip(&b));
        prop_assert_eq!(stored, merged);
    }
}
