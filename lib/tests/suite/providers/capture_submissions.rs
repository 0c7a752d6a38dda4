//! The body of the Call Capture document, field by field: what is read, what is refused and how.

use ringpost::providers::capture::{Outcome, Submission};
use serde_json::{Value, json};

const COMPANY: &str = "7c8693c6-976e-4324-9123-2c1d811605f9";

fn with(field: &str, value: Value) -> Vec<u8> {
    let mut body = json!({ "company_id": COMPANY });
    body[field] = value;
    body.to_string().into_bytes()
}

fn refusal(body: &[u8]) -> Option<String> {
    Submission::parse(body).err().map(|error| error.to_string())
}

fn read(field: &str, value: Value) -> Submission {
    Submission::parse(&with(field, value)).expect("a submission")
}

#[test]
fn every_wrong_value_is_refused_by_the_name_of_its_field() {
    let wrong = json!({
        "company_id": ["", null, "your-company-uuid", 7, {}, "7c8693c6976e432491232c1d811605f9"],
        "lead_id": ["lead-uuid-if-available", 7, [], "234e5678-e89b-12d3-a456-42661417400"],
        "employee_id": ["employee-uuid-if-available", true],
        "outcome": ["interested", "Completed", 1, ["completed"]],
        "notes": [1, {}, ["a"], true],
        "call_date": ["yesterday", "2025-02-30T00:00:00Z", "25/11/2025", 1_764_066_600],
        "caller_number": [919_876_543_210_i64, {}, []],
        "recipient_number": [919_123_456_789_i64, true],
        "duration_seconds": [-1, -0.5, 1.5, "180", "abc", true, {}, 1e300],
        "recording_url": [1, {}],
        "call_status": [200, ["completed"]],
        "start_time": ["10:30", 0, "2025-11-25T25:00:00Z"],
        "end_time": ["later", {}, "2025-13-25T10:35:20Z"],
        "external_call_id": [true, {}, [], ["C-1"]],
        "external_system": [1, []],
        "next_follow_up": ["27.11.2025", "2025-11-31", "2025-11-27T14:00:00Z", "tomorrow", 20_251_127],
        "next_follow_up_time": ["2pm", "25:00:00", 14, "14:00:00 IST"],
        "auto_call_followup": ["true", 1, "yes"],
        "call_details": ["a", [1], 1],
    });
    for (field, values) in wrong.as_object().expect("an object") {
        for value in values.as_array().expect("values") {
            let said = refusal(&with(field, value.clone()));
            let said = said.unwrap_or_else(|| panic!("{field}: {value} was accepted"));
            assert!(
                said.starts_with(&format!("{field} ")),
                "{field}: {value}: {said}"
            );
        }
    }
}

#[test]
fn the_messages_say_what_a_field_must_be() {
    for (field, value, message) in [
        ("company_id", Value::Null, "company_id is required"),
        ("company_id", json!("acme"), "company_id must be a UUID"),
        (
            "duration_seconds",
            json!(-1),
            "duration_seconds must be a whole number of at least 0, and of a year in seconds at most",
        ),
        (
            "outcome",
            json!("x"),
            "outcome must be one of converted, follow_up, not_answered, completed, not_interested",
        ),
        (
            "next_follow_up",
            json!("x"),
            "next_follow_up must be a date of the form YYYY-MM-DD",
        ),
        (
            "next_follow_up_time",
            json!("x"),
            "next_follow_up_time must be a time of the form HH:MM:SS",
        ),
        (
            "start_time",
            json!("x"),
            "start_time must be an ISO 8601 time such as 2025-11-25T10:30:00Z",
        ),
        (
            "auto_call_followup",
            json!("x"),
            "auto_call_followup must be true or false",
        ),
        ("call_details", json!("x"), "call_details must be an object"),
        ("notes", json!(1), "notes must be a string"),
    ] {
        assert_eq!(refusal(&with(field, value)).as_deref(), Some(message));
    }
    assert_eq!(refusal(b"{}").as_deref(), Some("company_id is required"));
    assert!(
        refusal(&with("duration_seconds", json!(40_000_000))).is_some(),
        "milliseconds, perhaps"
    );
    let mut backwards: Value =
        serde_json::from_slice(&with("start_time", json!("2025-11-25T10:30:00Z"))).unwrap();
    backwards["end_time"] = json!("2025-11-25T10:29:59Z");
    let said = refusal(backwards.to_string().as_bytes());
    assert_eq!(
        said.as_deref(),
        Some("end_time must be a time that is not before start_time")
    );
}

#[test]
fn what_is_no_json_object_is_refused() {
    assert_eq!(
        refusal(b"{\n\"a\"").as_deref(),
        Some("The body must be JSON (line 2, column 3)")
    );
    for body in [&b""[..], b"\xff\xfe", b"company_id=1", b"{}{}"] {
        assert!(refusal(body).is_some_and(|said| said.starts_with("The body must be JSON (")));
    }
    for body in ["null", "[]", "7", "\"company_id\"", "true"] {
        assert_eq!(
            refusal(body.as_bytes()).as_deref(),
            Some("The body must be a JSON object")
        );
    }
    let deep = [vec![b'['; 100_000], vec![b']'; 100_000]].concat();
    assert!(refusal(&deep).is_some());
}

#[test]
fn null_and_empty_count_as_absent_and_unknown_fields_are_ignored() {
    let optional = [
        "lead_id",
        "employee_id",
        "outcome",
        "notes",
        "call_date",
        "caller_number",
        "recipient_number",
        "duration_seconds",
        "recording_url",
        "call_status",
        "start_time",
        "end_time",
        "external_call_id",
        "external_system",
        "next_follow_up",
        "next_follow_up_time",
        "auto_call_followup",
        "call_details",
    ];
    let bare =
        Submission::parse(json!({ "company_id": COMPANY }).to_string().as_bytes()).expect("bare");
    for field in optional {
        for nothing in [json!(null), json!(""), json!(" \t")] {
            assert_eq!(read(field, nothing), bare, "{field}");
        }
    }
    // PHP has one empty collection.
    for details in ["[]", "[ ]", "{}"] {
        let body = format!(r#"{{"company_id":"{COMPANY}","call_details":{details}}}"#);
        assert_eq!(
            Submission::parse(body.as_bytes()).as_ref(),
            Ok(&bare),
            "{details}"
        );
    }
    assert_eq!(read("tomorrow's field", json!({ "a": [1] })), bare);
}

#[test]
fn empty_ids_are_no_ids() {
    for text in ["", "  "] {
        assert_eq!(read("external_call_id", json!(text)).external_call_id, None);
        assert_eq!(read("external_system", json!(text)).external_system, None);
    }
    assert_eq!(
        read("external_call_id", json!(" C-1 "))
            .external_call_id
            .as_deref(),
        Some("C-1")
    );
}

#[test]
fn an_id_may_be_a_number_and_is_the_same_as_its_text() {
    let id = |written: &str| {
        let body = format!(r#"{{"company_id":"{COMPANY}","external_call_id":{written}}}"#);
        Submission::parse(body.as_bytes())
            .expect("a submission")
            .external_call_id
    };
    for written in ["42", "\"42\"", "42.0", "4.2e1", " 42 ", "\" 42 \""] {
        assert_eq!(id(written).as_deref(), Some("42"), "{written}");
    }
    for written in [
        "9007199254740993",
        "123456789012345678901234567890",
        "-7",
        "1.5",
        "1e400",
        "1",
    ] {
        assert_eq!(id(written).as_deref(), Some(written), "{written}");
    }
}

#[test]
fn a_placeholder_is_no_id() {
    for text in [
        "undefined",
        "null",
        "None",
        "N/A",
        "%{call.sid}",
        "{{call_id}}",
        "${id}",
        "<call_id>",
        "0",
        "-",
    ] {
        assert_eq!(
            read("external_call_id", json!(text)).external_call_id,
            None,
            "{text}"
        );
    }
    assert_eq!(read("external_call_id", json!(0)).external_call_id, None);
}

#[test]
fn what_clients_write_beside_json_is_read() {
    let plain = with("notes", json!("x"));
    let marked = [b"\xef\xbb\xbf", plain.as_slice()].concat();
    assert_eq!(
        Submission::parse(&marked),
        Submission::parse(&plain),
        "a byte order mark"
    );
    let half = format!(
        r#"{{"company_id":"{COMPANY}","notes":"cut \ud83d","external_system":"D\udc00","x":1e400}}"#
    );
    let read = Submission::parse(half.as_bytes()).expect("a submission");
    assert_eq!(read.external_system.as_deref(), Some("D\u{fffd}"));
    let twice = format!(r#"{{"company_id":"x","company_id":"{COMPANY}"}}"#);
    assert_eq!(
        Submission::parse(twice.as_bytes())
            .map(|it| it.company_id.to_string())
            .as_deref(),
        Ok(COMPANY)
    );
}

#[test]
fn what_the_document_shows_is_read() {
    for outcome in [
        "converted",
        "follow_up",
        "not_answered",
        "completed",
        "not_interested",
    ] {
        assert_eq!(
            read("outcome", json!(outcome)).outcome.map(Outcome::as_str),
            Some(outcome)
        );
    }
    for (number, seconds) in [
        (json!(0), 0),
        (json!(320), 320),
        (json!(180.0), 180),
        (json!(-0.0), 0),
    ] {
        assert_eq!(
            read("duration_seconds", number).duration_seconds,
            Some(seconds)
        );
    }
    let company = read("notes", json!("x")).company_id.to_string();
    assert_eq!(company, COMPANY);
    assert_eq!(
        read("company_id", json!(COMPANY.to_uppercase()))
            .company_id
            .to_string(),
        COMPANY
    );
    // Numbers and statuses are never refused for their form.
    assert_eq!(
        read("caller_number", json!("anonymous"))
            .caller_number
            .as_deref(),
        Some("anonymous")
    );
    assert_eq!(
        read("call_status", json!("gone fishing"))
            .call_status
            .as_deref(),
        Some("gone fishing")
    );
}

#[test]
fn a_follow_up_needs_a_date() {
    let follow_up = |fields: Value| {
        let mut body = fields;
        body["company_id"] = json!(COMPANY);
        Submission::parse(body.to_string().as_bytes())
            .expect("a submission")
            .follow_up
    };
    assert_eq!(
        follow_up(json!({ "next_follow_up_time": "14:00:00", "auto_call_followup": true })),
        None
    );
    let dated = follow_up(json!({ "next_follow_up": "2025-11-27" })).expect("a follow-up");
    assert_eq!(
        (dated.due_at.to_string().as_str(), dated.automatic),
        ("2025-11-27T00:00:00.000Z", false)
    );
    let timed = follow_up(json!({
        "next_follow_up": "2025-11-27", "next_follow_up_time": "14:00:00+05:30", "auto_call_followup": true
    }))
    .expect("a follow-up");
    assert_eq!(
        (timed.due_at.to_string().as_str(), timed.automatic),
        ("2025-11-27T08:30:00.000Z", true)
    );
    assert_eq!(
        (timed.date.as_str(), timed.time.as_deref()),
        ("2025-11-27", Some("14:00:00+05:30"))
    );
}

#[test]
fn only_a_campaign_that_is_a_text_is_one() {
    let campaign = |details: Value| read("call_details", details).campaign_id;
    assert_eq!(
        campaign(json!({ "campaign_id": "CAMP-001", "tags": ["a"] })).as_deref(),
        Some("CAMP-001")
    );
    for details in [
        json!({}),
        json!({ "campaign_id": 7 }),
        json!({ "campaign_id": "" }),
    ] {
        assert_eq!(campaign(details), None);
    }
}
