//! `trigger` and `check`: what the program signs, the stage accepts.

use serde_json::json;

use crate::program::Person;

#[test]
fn a_call_that_is_shuffled_and_repeated_ends_as_it_was_to_end() {
    let person = Person::new();
    let arguments = [
        "trigger",
        "call",
        "--outcome",
        "busy",
        "--shuffle",
        "--repeat",
        "2",
        "--json",
    ];
    let ran = person.runs_on_the_stack(&arguments);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(ran.stderr.contains("--seed"), "{ran:?}");
    let lines = ran.json();
    let (explanation, sent) = lines.split_last().expect("lines");
    assert_eq!(explanation["outcome"], json!("busy"));
    let accepted = sent
        .iter()
        .filter(|line| line["status"] == json!(200))
        .count();
    assert_eq!((accepted, sent.len()), (26, 26));

    let id = explanation["callId"].as_str().expect("an id");
    let timeline = person.runs_on_the_stack(&["calls", "timeline", id]);
    for lane in [
        "LIVEKIT",
        "SIGNALWIRE",
        "ELEVENLABS",
        "● participant_left",
        "● call_initiation_failure",
    ] {
        assert!(timeline.stdout.contains(lane), "{lane}: {timeline:?}");
    }
    let why = person.runs_on_the_stack(&["calls", "why", id]);
    assert!(
        why.stdout.contains("ended, busy") && why.stdout.contains("✓ won"),
        "{why:?}"
    );
}

#[test]
fn every_outcome_is_what_the_record_says() {
    for outcome in ["completed", "no_answer", "failed"] {
        let ran = Person::new().runs_on_the_stack(&[
            "trigger",
            "call",
            "--outcome",
            outcome,
            "--shuffle",
            "--seed",
            "7",
        ]);
        assert_eq!(ran.code, 0, "{outcome}: {ran:?}");
    }
}

#[test]
fn every_sample_is_accepted() {
    let person = Person::new();
    let names = person.json(&["trigger", "list"]);
    assert!(names.len() > 15, "{names:?}");
    for name in names {
        let name = name["event"].as_str().expect("a name").to_owned();
        let ran = person.runs_on_the_stack(&["trigger", &name, "--json"]);
        assert_eq!(ran.code, 0, "{name}: {ran:?}");
    }
    let set = person.runs_on_the_stack(&[
        "trigger",
        "livekit.participant_left",
        "--set",
        "room.sid=",
        "--json",
    ]);
    assert_eq!(set.code, 1, "a field that is set is sent: {set:?}");
}

#[test]
fn a_check_tells_a_right_secret_from_a_wrong_one() {
    let person = Person::new();
    for provider in ["livekit", "signalwire", "elevenlabs", "dialer"] {
        let ran = person.runs_on_the_stack(&["check", provider, "--json"]);
        assert_eq!(ran.code, 0, "{provider}: {ran:?}");
        let statuses: Vec<_> = ran
            .json()
            .iter()
            .map(|line| line["status"].clone())
            .collect();
        assert_eq!(statuses[1], json!(401), "{provider}");
    }
    let stranger =
        Person::administrator().with("ELEVENLABS_WEBHOOK_SECRET", "wsec_of_another_stage");
    let ran = stranger.runs(&["check", "elevenlabs"]);
    assert_eq!(
        (ran.code, ran.stderr.contains("not one of the stage's")),
        (1, true),
        "{ran:?}"
    );
}

#[test]
fn production_gets_no_sample_by_accident() {
    let person = Person::new()
        .with("RINGPOST_URL", "https://ringpost.example.com")
        .with("RINGPOST_TOKEN", "x.y.z")
        .with("SIGNALWIRE_SIGNING_KEY", "PSK_x");
    for arguments in [
        &["trigger", "signalwire.call.completed"][..],
        &["trigger", "call"],
        &["check", "signalwire"],
    ] {
        let ran = person.runs(arguments);
        assert_eq!(
            (ran.code, ran.stderr.contains("--live")),
            (1, true),
            "{ran:?}"
        );
    }
}
