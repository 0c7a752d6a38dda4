//! SignalWire's callback of a number, which says less than that of a leg.

use ringpost::domain::{
    call::{direction::Direction, facts::Facts, outcome::Outcome},
    phone::PhoneNumber,
};

use crate::support::signalwire::{RECEIVED, read, time};

fn facts(body: &str) -> Facts {
    read(body)
        .1
        .unwrap_or_else(|| panic!("about no call: {body}"))
        .facts
}

fn numbers(facts: &Facts) -> [Option<&str>; 2] {
    [facts.phone_number(), facts.line_number()].map(|number| number.map(PhoneNumber::as_str))
}

#[test]
fn a_numbers_own_callback_is_of_an_inbound_call_to_it() {
    // As SignalWire lists its parameters; the time is the call's creation.
    let of_number = |changes: &[(&str, &str)]| {
        let mut parameters = vec![
            ("CallSid", "c1"),
            ("AccountSid", "a1"),
            ("From", "+15105550123"),
            ("To", "+15559876543"),
            ("Timestamp", "Fri, 02 Jan 2026 00:00:27 +0000"),
            ("CallStatus", "completed"),
            ("CallDuration", "300"),
            ("AudioInMos", "4.5"),
        ];
        parameters.retain(|(name, _)| changes.iter().all(|(changed, _)| changed != name));
        parameters.extend(changes);
        form_urlencoded::Serializer::new(String::new())
            .extend_pairs(parameters)
            .finish()
    };
    let body = of_number(&[]);
    let (event, reported) = (read(&body).0, facts(&body));
    let (created, ended) = (time("2026-01-02T00:00:27Z"), time("2026-01-02T00:05:27Z"));
    assert_eq!(
        numbers(&reported),
        [Some("+15105550123"), Some("+15559876543")]
    );
    assert_eq!(reported.direction(), Some(Direction::Inbound));
    assert_eq!(
        (
            reported.started_at(),
            reported.ending().map(|ending| ending.at)
        ),
        (Some(created), Some(ended))
    );
    assert_eq!(
        (event.occurred_at, reported.duration_millis()),
        (ended, Some(300_000))
    );
    assert_eq!(reported.outcome(), Some(Outcome::Completed));

    let failed = facts(&of_number(&[
        ("CallStatus", "failed"),
        ("CallDuration", "0"),
    ]));
    assert_eq!(failed.ending().map(|ending| ending.at), Some(created));
    let unmeasured = facts(&of_number(&[("CallDuration", "")]));
    assert_eq!(
        unmeasured.ending().map(|ending| ending.at),
        Some(time(RECEIVED))
    );
    assert_eq!(unmeasured.started_at(), Some(created));

    // What is said of the leg itself decides, whichever comes first.
    let of_leg = facts(&of_number(&[
        ("Direction", "outbound-api"),
        ("CallDuration", "300"),
    ]));
    let (mut one, mut other) = (reported.clone(), of_leg.clone());
    one.merge(of_leg);
    other.merge(reported);
    assert_eq!((one.direction(), &one), (Some(Direction::Outbound), &other));

    // A leg's callback that lacks its direction is not a number's: nothing is known of its sides.
    for of_leg in [
        &[("SequenceNumber", "0")],
        &[("CallbackSource", "call-progress-events")],
        &[("ParentCallSid", "c0")],
        &[("CallStatus", "ringing")],
    ] {
        let reported = facts(&of_number(of_leg));
        assert_eq!(
            (numbers(&reported), reported.direction()),
            ([None, None], None),
            "{of_leg:?}"
        );
    }
}
