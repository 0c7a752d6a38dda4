//! protobuf-JSON as LiveKit and its SDKs write it: defaults left out, numbers as strings, enums by
//! name or by number.

use ringpost::providers::livekit::EventName;
use serde_json::{Value, json};

use crate::support::left::{left, read, time};

fn call_millis(changes: Value) -> Option<u64> {
    read(&left(changes)).1.facts.duration_millis()
}

#[test]
fn a_time_may_be_a_string_of_seconds_a_number_or_an_iso_text() {
    for created_at in [
        json!("1767312060"),
        json!(1_767_312_060),
        json!("2026-01-02T01:01:00+01:00"),
    ] {
        let (event, _) = read(&left(json!({ "createdAt": created_at })));
        assert_eq!(
            event.created_at,
            time("2026-01-02T00:01:00Z"),
            "{created_at}"
        );
    }
    let changes = json!({ "room": { "creationTime": "2026-01-02T00:00:00.250Z" } });
    assert_eq!(call_millis(changes), Some(59_750));
}

#[test]
fn start_and_end_are_reported_in_the_same_seconds_and_zero_means_unknown() {
    let millis = |room: Value| call_millis(json!({ "room": room }));
    assert_eq!(
        millis(json!({ "creationTimeMs": "1767312000412" })),
        Some(60_000)
    );
    assert_eq!(millis(json!({ "creationTime": "0" })), None);
    assert_eq!(millis(json!({ "creationTime": 0 })), None);
    assert_eq!(millis(json!({ "creationTime": null })), None);
    let joined = |participant: Value| {
        let (event, _) = read(&left(json!({ "participant": participant })));
        event.participant.expect("a participant").joined_at
    };
    let both = json!({ "joinedAt": "1767312001", "joinedAtMs": "1767312001118" });
    assert_eq!(joined(both), Some(time("2026-01-02T00:00:01Z")));
    assert_eq!(joined(json!({ "joinedAt": "0" })), None);
    assert_eq!(joined(json!({})), None);
}

#[test]
fn only_a_finished_egress_has_a_recording() {
    let url = |egress: Value| {
        let body =
            left(json!({ "event": "egress_ended", "participant": null, "egressInfo": egress }));
        read(&body)
            .0
            .recording
            .map(|recording| (recording.url, recording.is_file))
    };
    let file = |location: &str| Some((location.to_owned(), true));
    let results =
        |status: Value| url(json!({ "status": status, "fileResults": [{ "location": "s3://f" }] }));
    for status in [
        json!("EGRESS_COMPLETE"),
        json!("EGRESS_LIMIT_REACHED"),
        json!(3),
        json!(6),
    ] {
        assert_eq!(results(status), file("s3://f"));
    }
    let others =
        ["STARTING", "ACTIVE", "ENDING", "FAILED", "ABORTED"].map(|name| format!("EGRESS_{name}"));
    for status in others
        .map(Value::from)
        .into_iter()
        .chain([0, 1, 2, 4, 5].map(Value::from))
    {
        assert_eq!(results(status.clone()), None, "{status}");
    }
    assert_eq!(results(Value::Null), None);

    let done = |mut results: Value| {
        results["status"] = json!("EGRESS_COMPLETE");
        url(results)
    };
    let both = json!({ "fileResults": [{ "location": "s3://f", "downloadUrl": "https://f" }] });
    assert_eq!(done(both), file("https://f"));
    let second = json!({ "fileResults": [{}, { "downloadUrl": "", "location": "s3://2" }] });
    assert_eq!(done(second), file("s3://2"));
    assert_eq!(
        done(json!({ "file": { "location": "s3://old" } })),
        file("s3://old")
    );
    let segments = json!({ "segmentResults": [{ "playlistLocation": "s3://p.m3u8" }] });
    assert_eq!(
        done(segments.clone()),
        Some(("s3://p.m3u8".to_owned(), false))
    );
    let mut both = segments;
    both["fileResults"] = json!([{ "location": "s3://f" }]);
    assert_eq!(done(both), file("s3://f"));
    assert_eq!(
        done(json!({ "fileResults": [], "segmentResults": null })),
        None
    );
}

#[test]
fn the_rooms_metadata_names_the_campaign() {
    let campaign = |metadata: Value| {
        let (event, update) = read(&left(json!({ "room": { "metadata": metadata } })));
        let reported = event.room.expect("a room").campaign_id;
        assert_eq!(update.facts.campaign_id.get(), reported.as_ref());
        reported
    };
    for name in ["campaign_id", "campaignId", "campaign"] {
        assert_eq!(
            campaign(json!(format!(r#"{{"{name}":"c-1","x":[]}}"#))).as_deref(),
            Some("c-1")
        );
        assert_eq!(
            campaign(json!({ name: "c-1" })).as_deref(),
            Some("c-1"),
            "no string around it"
        );
        assert_eq!(
            campaign(json!(format!(r#"{{"{name}":42}}"#))).as_deref(),
            Some("42")
        );
    }
    let several = r#"{"campaign":"3","campaignId":"2","campaign_id":"1"}"#;
    assert_eq!(campaign(json!(several)).as_deref(), Some("1"));
    let texts = [
        "",
        "retention",
        "null",
        "42",
        "[]",
        "{",
        "{}",
        r#""text""#,
        r#"{"campaign":null}"#,
        r#"{"campaign":{"id":"c"}}"#,
        r#"{"campaign":""}"#,
        r#"{"Campaign":"c"}"#,
        r#"[{"campaign":"c"}]"#,
    ];
    for garbage in
        texts
            .map(Value::from)
            .into_iter()
            .chain([json!(null), json!(42), json!([1]), json!(true)])
    {
        assert_eq!(campaign(garbage.clone()), None, "{garbage}");
    }
}

#[test]
fn every_event_of_livekit_is_known_and_four_can_end_a_call_or_bring_its_recording() {
    let processable = [
        "participant_left",
        "participant_connection_aborted",
        "room_finished",
        "egress_ended",
    ];
    let others = [
        "room_started",
        "participant_joined",
        "track_published",
        "track_unpublished",
        "egress_started",
        "egress_updated",
        "ingress_started",
        "ingress_ended",
        "agent_job_started",
        "agent_job_ended",
    ];
    for name in processable.into_iter().chain(others) {
        let (event, _) = read(&left(json!({ "event": name })));
        assert_ne!(event.name(), EventName::Unknown, "{name}");
        assert_eq!(
            event.name().is_processable(),
            processable.contains(&name),
            "{name}"
        );
    }
}

#[test]
fn an_event_of_a_later_livekit_is_kept_under_its_name() {
    for name in ["room_paused", "Participant_Left", "participant_left ", "ü"] {
        let (event, update) = read(&left(json!({ "event": name })));
        assert_eq!(event.event_type, name);
        assert_eq!(event.name(), EventName::Unknown);
        assert!(!event.name().is_processable());
        assert_eq!(update.facts.ending(), None, "it ends nothing");
    }
}
