//! The id of a contact in SignalWire's metadata: a number stays a number and a text a text.

use ringpost::domain::{call::facts::Facts, contact_id::ContactId, scalar::Scalar};

use crate::support::signalwire::read;

fn facts(body: &str) -> Facts {
    read(body)
        .1
        .unwrap_or_else(|| panic!("about no call: {body}"))
        .facts
}

#[test]
fn a_contact_is_reported_as_it_was_written() {
    for (raw, contact) in [
        ("42", Scalar::Number("42".to_owned())),
        ("\"42\"", Scalar::Text("42".to_owned())),
        (
            "\"9007199254740993\"",
            Scalar::Text("9007199254740993".to_owned()),
        ),
        (
            "12345678901234567890123",
            Scalar::Number("12345678901234567890123".to_owned()),
        ),
        ("1e400", Scalar::Text("1e400".to_owned())),
    ] {
        let body = format!(
            r#"{{"event_type":"call.created","call_id":"c1","metadata":{{"contactId":{raw}}}}}"#
        );
        assert_eq!(
            facts(&body).lead_id.get().map(ContactId::scalar),
            Some(&contact),
            "{raw}"
        );
    }
}
