//! What an attempt's answer means, and how the attempts of a run are counted.

use super::*;

/// A pending delivery without attempts.
pub(crate) fn pending() -> Delivery {
    Delivery {
        at: DeliveryRef {
            tenant_id: "acme".to_owned(),
            id: 7,
        },
        subscription_id: 1,
        message_id: "evt_1".to_owned(),
        event_type: "call.completed".to_owned(),
        call_id: None,
        user_id: None,
        body: None,
        status: DeliveryStatus::Pending,
        attempts: 0,
        earlier_attempts: 0,
        refused: 0,
        next_attempt_at: None,
        last: None,
        recovery: None,
        occurred_at: Timestamp::EPOCH,
        created_at: Timestamp::EPOCH,
        updated_at: Timestamp::EPOCH,
    }
}

/// An attempt that was answered with this status code.
pub(crate) fn answered(code: u16) -> Attempt {
    Attempt {
        status_code: Some(code),
        ..Attempt::default()
    }
}

#[test]
fn every_answer_is_of_the_class_of_its_code() {
    for (code, class, succeeded) in [
        (199, "5xx", false),
        (200, "2xx", true),
        (299, "2xx", true),
        (300, "3xx", false),
        (399, "3xx", false),
        (400, "4xx", false),
        (499, "4xx", false),
        (500, "5xx", false),
        (599, "5xx", false),
    ] {
        let attempt = answered(code);
        assert_eq!(attempt.answer().as_str(), class, "{code}");
        assert_eq!(attempt.succeeded(), succeeded, "{code}");
    }
    let failed = |error: &str| Attempt {
        error: Some(error.to_owned()),
        ..Attempt::default()
    };
    assert_eq!(failed(TIMED_OUT).answer().as_str(), "timeout");
    assert_eq!(failed("connection refused").answer().as_str(), "connection");
    assert!(!failed(TIMED_OUT).succeeded() && !Attempt::default().succeeded());
}

#[test]
fn too_many_at_once_is_429_or_a_503_that_says_when() {
    for (code, wait, refusal) in [
        (429, None, true),
        (429, Some(1), true),
        (503, Some(0), true),
        (503, None, false),
        (500, Some(1), false),
        (200, Some(1), false),
    ] {
        let attempt = Attempt {
            retry_after: wait,
            ..answered(code)
        };
        assert_eq!(attempt.is_refusal(), refusal, "{code} {wait:?}");
    }
    assert!(!Attempt::default().is_refusal());
}

#[test]
fn an_endpoint_is_gone_by_410_and_no_other_code() {
    for code in [200, 404, 409, 410, 411, 500] {
        assert_eq!(answered(code).is_gone(), code == 410, "{code}");
    }
    assert!(!Attempt::default().is_gone());
}

#[test]
fn failures_are_the_attempts_of_this_run_that_were_not_refused() {
    for (attempts, earlier, refused, failures) in [
        (0, 0, 0, 0),
        (5, 0, 0, 5),
        (5, 2, 0, 3),
        (5, 2, 1, 2),
        (1, 2, 1, 0),
    ] {
        let delivery = Delivery {
            attempts,
            earlier_attempts: earlier,
            refused,
            ..pending()
        };
        assert_eq!(delivery.failures(), failures);
    }
}

#[test]
fn refusals_are_counted_up_to_twenty() {
    let after = |refused, code| {
        Delivery {
            refused,
            ..pending()
        }
        .refused_after(&answered(code))
    };
    assert_eq!((after(0, 429), after(3, 429), after(19, 429)), (1, 4, 20));
    assert_eq!((after(20, 429), after(21, 429)), (20, 21));
    assert_eq!((after(0, 500), after(3, 200)), (0, 3));
}

#[test]
fn a_status_is_read_as_it_is_written_and_no_other_word() {
    for (status, word) in [
        (DeliveryStatus::Pending, "pending"),
        (DeliveryStatus::Delivered, "delivered"),
        (DeliveryStatus::Failed, "failed"),
        (DeliveryStatus::Cancelled, "cancelled"),
    ] {
        assert_eq!(status.as_str(), word);
        assert_eq!(DeliveryStatus::parse(word), Some(status));
    }
    assert_eq!(DeliveryStatus::parse("Pending"), None);
}

/// Another id would be another message for every receiver that drops repetitions.
#[test]
fn the_id_of_a_message_is_the_same_for_ever_and_its_own_for_every_list_of_names() {
    let by = EventKey::of("livekit", "EV_1");
    let id = announced_id("acme", &by, "call.completed", &[]);
    assert_eq!(id, message_id(&["acme", "livekit:EV_1", "call.completed"]));
    assert_eq!(id, "evt_4f4044f427f3bcf49b8d034a05e43e86");
    assert!(!id.contains('.'), "a dot separates what is signed");
    for other in [
        announced_id("acme2", &by, "call.completed", &[]),
        announced_id(
            "acme",
            &EventKey::of("livekit", "EV_2"),
            "call.completed",
            &[],
        ),
        announced_id("acme", &by, "call.created", &[]),
        announced_id("acme", &by, "call.completed", &["1"]),
        message_id(&["acme", "livekit:EV_1,call.completed"]),
    ] {
        assert_ne!(other, id);
    }
}
