//! The recorded webhooks of SignalWire, and the calls that they make.

use ringpost::domain::{
    call::{CallUpdate, direction::Direction, facts::Facts, outcome::Outcome},
    key::CallKey,
    phone::PhoneNumber,
};

use crate::support::signalwire::{fixtures, read, text, time};

fn fixture(folder: &str, name: &str) -> (String, CallUpdate) {
    let body = text(&fixtures(folder)[name], "/body").to_owned();
    let (event, update) = read(&body);
    (
        event.event_type,
        update.unwrap_or_else(|| panic!("{name} is about no call")),
    )
}

pub(crate) fn numbers(facts: &Facts) -> [Option<&str>; 2] {
    [facts.phone_number(), facts.line_number()].map(|number| number.map(PhoneNumber::as_str))
}

#[test]
fn recorded_forms_report_how_their_calls_ended() {
    let ends = [
        (
            "signalwire",
            "04_compat_completed",
            Outcome::Completed,
            Some(94),
            "2026-01-02T00:00:27Z",
        ),
        (
            "signalwire",
            "05_compat_no_answer",
            Outcome::NoAnswer,
            None,
            "2026-01-02T00:00:18Z",
        ),
        (
            "signalwire",
            "06_compat_busy",
            Outcome::Busy,
            None,
            "2026-01-02T00:00:18Z",
        ),
        (
            "signalwire",
            "11_compat_x_twilio_signature_alias",
            Outcome::Completed,
            None,
            "2026-01-02T00:00:27Z",
        ),
        (
            "signalwire",
            "12_compat_signed_with_port_443",
            Outcome::Completed,
            None,
            "2026-01-02T00:00:27Z",
        ),
        (
            "twilio",
            "04_completed",
            Outcome::Completed,
            Some(54),
            "2026-01-02T00:00:59Z",
        ),
        (
            "twilio",
            "05_no_answer",
            Outcome::NoAnswer,
            Some(0),
            "2026-01-02T00:00:40Z",
        ),
    ];
    for (folder, name, outcome, seconds, at) in ends {
        let (event_type, update) = fixture(folder, name);
        assert_eq!(event_type, "call.completed", "{name}");
        let facts = update.facts;
        assert_eq!(facts.outcome(), Some(outcome), "{name}");
        assert_eq!(facts.stated_seconds(), seconds, "{name}");
        assert_eq!(
            facts.ending().map(|ending| ending.at),
            Some(time(at)),
            "{name}"
        );
        assert_eq!(facts.direction(), Some(Direction::Outbound), "{name}");
        let expected = match folder {
            "twilio" => [Some("+15105550123"), Some("+18005550199")],
            _ => [Some("+15559876543"), Some("+15551234567")],
        };
        assert_eq!(numbers(&facts), expected, "{name}");
        assert_eq!(
            facts.recording_url.is_empty(),
            !name.starts_with("04"),
            "{name}"
        );
    }
}

#[test]
fn the_other_recorded_webhooks_report_their_part() {
    let (event_type, ringing) = fixture("signalwire", "02_compat_ringing");
    assert_eq!(event_type, "call.ringing");
    assert_eq!(
        ringing.facts.ringing_at(),
        Some(time("2026-01-02T00:00:09Z"))
    );
    let (event_type, recorded) = fixture("signalwire", "09_compat_recording_status");
    assert_eq!(event_type, "recording.completed");
    let url = recorded.facts.recording_url.get().expect("a recording");
    assert!(
        url.starts_with("https://example.signalwire.com/api/laml/") && url.ends_with("84re01"),
        "{url}"
    );
    assert_eq!(ringing.keys, recorded.keys, "of the same call");
    assert!(!recorded.facts.is_phone_call() && recorded.facts.ending().is_none());
    let (event_type, request) = fixture("signalwire", "29_swml_fetch_sha1_and_sha256");
    assert_eq!(event_type, "swml.request");
    assert_eq!(
        numbers(&request.facts),
        [Some("+12135877632"), Some("+12089806814")]
    );
    assert_eq!(request.facts.direction(), Some(Direction::Inbound));
    let (event_type, cloud_event) = fixture("twilio", "15_json_bodySHA256");
    assert_eq!(
        event_type,
        "com.twilio.voice.status-callback.call.completed"
    );
    let sid = "CA0123456789abcdef0123456789abcdef".to_owned();
    assert_eq!(cloud_event.keys.iter().next(), Some(&CallKey::CallSid(sid)));
    assert_eq!(fixture("twilio", "11_repeated_params").0, "unknown");
}

#[test]
fn recorded_relay_events_fold_into_one_call_in_any_order() {
    let names = [
        "22_call_state_created",
        "24_call_state_answered",
        "25_call_state_ended",
    ];
    let updates = names.map(|name| fixture("signalwire", name));
    let types = updates
        .each_ref()
        .map(|(event_type, _)| event_type.as_str());
    assert_eq!(types, ["call.created", "call.answered", "call.completed"]);
    let [created, answered, ended] = updates.map(|(_, update)| update.facts);
    let folded = |order: [&Facts; 3]| {
        let mut facts = Facts::default();
        order
            .into_iter()
            .cloned()
            .for_each(|reported| facts.merge(reported));
        facts
    };
    let facts = folded([&created, &answered, &ended]);
    for order in [
        [&ended, &answered, &created],
        [&answered, &created, &ended],
        [&ended, &created, &answered],
    ] {
        assert_eq!(folded(order), facts);
    }
    assert_eq!(facts.answered_at(), Some(time("2026-01-02T00:00:00.100Z")));
    assert_eq!(
        facts.ending().map(|ending| ending.at),
        Some(time("2026-01-02T00:01:00.100Z"))
    );
    assert_eq!(
        facts.ending().and_then(|ending| ending.reason()),
        Some("hangup")
    );
    assert_eq!(
        (facts.duration_millis(), facts.outcome()),
        (Some(60_000), Some(Outcome::Completed))
    );
    assert_eq!(
        numbers(&facts),
        [Some("+15553214321"), Some("+15551231234")]
    );
}
