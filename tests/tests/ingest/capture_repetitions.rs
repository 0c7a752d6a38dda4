//! Which submissions are one call sent again, and which are another: `call-capture` on real tables, at
//! moments that the test chooses.

use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering},
};

use futures::future::join_all;
use lambda_http::{Body, Request};
use ringpost::{
    clock::Clock,
    domain::{
        directory::{ApiKey, Settings},
        phone::{PhoneNumber, Region},
        timestamp::Timestamp,
    },
    store::directory::Put,
};
use ringpost_functions::{ingest::call_capture, runtime::Worker};
use ringpost_tests::{
    faults::{Cut, Faults},
    lambda::{invoke, stream_batch},
    livekit::now_seconds,
    stack::Answer,
    world::World,
};
use serde_json::{Value, json};
use uuid::Uuid;

const KEY: &str = "rpk_own-key-00000000000000000000000000000000000";
const COMPANY: Uuid = Uuid::from_u128(0x7c86_93c6_976e_4324_9123_2c1d_8116_05f9);
/// Some moment, in milliseconds; a multiple of ten minutes.
const NOON: i64 = 1_764_072_000_000;
const TEN_MINUTES: i64 = 600_000;

/// A dialer, and the clock of the function that it submits to.
struct Dialer {
    world: World,
    now: Arc<AtomicI64>,
}

impl Dialer {
    async fn new() -> Self {
        let world = World::new(None).await;
        let api_key = ApiKey {
            id: Uuid::new_v4(),
            sha256: ApiKey::hash(KEY),
            tenant_id: "acme".to_owned(),
            company_id: COMPANY,
            name: "dialer".to_owned(),
            created_at: Timestamp::EPOCH,
        };
        assert_eq!(world.directory().put(&api_key).await.unwrap(), Put::Done);
        Self {
            world,
            now: Arc::new(AtomicI64::new(NOON)),
        }
    }

    fn endpoint(&self, faults: &Faults) -> call_capture::Function {
        let now = Arc::clone(&self.now);
        let clock =
            Clock::new(move || Timestamp::from_millis(now.load(Ordering::Relaxed)).unwrap());
        call_capture::Function {
            clock,
            ..self.world.call_capture(faults)
        }
    }

    async fn submit_with(&self, key: Option<&str>, faults: &Faults, body: &Value) -> Answer {
        let mut request = Request::new(Body::Text(body.to_string()));
        request
            .headers_mut()
            .insert("x-api-key", KEY.parse().unwrap());
        if let Some(key) = key {
            request
                .headers_mut()
                .insert("idempotency-key", key.parse().unwrap());
        }
        invoke(&self.endpoint(faults), request).await
    }

    /// Submits at a moment, in milliseconds after noon.
    async fn submit_at(&self, millis: i64, body: &Value) -> Value {
        self.now.store(NOON + millis, Ordering::Relaxed);
        let answer = self.submit_with(None, &Faults::none(), body).await;
        assert_eq!(answer.status, 201, "{answer:?}");
        answer.body["data"].clone()
    }

    async fn counts(&self) -> (usize, usize) {
        (
            self.world.items("events").await.len(),
            self.world.calls().await.len(),
        )
    }

    async fn process_log(&self) {
        let log = self.world.items("events").await;
        self.world
            .fan_out(&Faults::none())
            .handle(stream_batch(&log))
            .await;
    }
}

/// The document's minimal example: nothing in it says which call it is, or when that was.
fn minimal() -> Value {
    json!({
        "company_id": COMPANY, "caller_number": "+919876543210", "recipient_number": "+919123456789",
        "duration_seconds": 0, "outcome": "not_answered"
    })
}

#[tokio::test]
async fn a_body_that_says_neither_call_nor_time_is_a_retry_for_ten_minutes_and_then_another_call() {
    let dialer = Dialer::new().await;
    // The first receipt lies just before a multiple of ten minutes, as any may.
    let first = dialer.submit_at(-1, &minimal()).await;
    for millis in [
        0,
        1,
        1_000,
        TEN_MINUTES / 2,
        TEN_MINUTES - 2,
        TEN_MINUTES - 1,
    ] {
        assert_eq!(
            dialer.submit_at(millis, &minimal()).await,
            first,
            "{millis} ms after noon"
        );
    }
    assert_eq!(dialer.counts().await, (1, 1));
    // One millisecond later, however lately it was repeated.
    let second = dialer.submit_at(TEN_MINUTES, &minimal()).await;
    assert_ne!(second["call_history_id"], first["call_history_id"]);
    assert_eq!(second["created_at"], "2025-11-25T12:10:00.000Z");
    assert_eq!(
        dialer.submit_at(2 * TEN_MINUTES, &minimal()).await,
        second,
        "a retry of the second"
    );
    let third = dialer.submit_at(2 * TEN_MINUTES + 1, &minimal()).await;
    assert_ne!(third["call_history_id"], second["call_history_id"]);
    let tomorrow = dialer.submit_at(24 * 6 * TEN_MINUTES, &minimal()).await;
    assert_ne!(tomorrow["call_history_id"], third["call_history_id"]);
    assert_eq!(dialer.counts().await, (4, 4));
    dialer.process_log().await;
    assert_eq!(
        dialer.counts().await,
        (4, 4),
        "fan-out knows them apart too"
    );
}

#[tokio::test]
async fn another_body_or_one_that_names_its_call_or_its_time_has_no_window() {
    let dialer = Dialer::new().await;
    let mut other = minimal();
    other["notes"] = json!("another");
    let first = dialer.submit_at(0, &minimal()).await;
    assert_ne!(
        dialer.submit_at(1, &other).await["call_history_id"],
        first["call_history_id"]
    );
    for (field, value) in [
        ("external_call_id", json!("C-1")),
        ("call_date", json!("2025-11-25T10:30:00Z")),
        ("start_time", json!("2025-11-25T10:30:00Z")),
        ("end_time", json!("2025-11-25T10:30:00Z")),
    ] {
        let mut named = minimal();
        named[field] = value;
        let first = dialer.submit_at(0, &named).await;
        assert_eq!(
            dialer.submit_at(24 * 6 * TEN_MINUTES, &named).await,
            first,
            "{field}"
        );
    }
    // What only stands for an id names no call.
    let mut placeholder = minimal();
    placeholder["external_call_id"] = json!("undefined");
    let first = dialer.submit_at(0, &placeholder).await;
    assert_ne!(dialer.submit_at(TEN_MINUTES + 1, &placeholder).await, first);
}

#[tokio::test]
async fn many_at_once_are_one_call_also_where_a_window_ends() {
    let dialer = Dialer::new().await;
    dialer.submit_at(0, &minimal()).await;
    // Functions whose clocks lie on both sides of the end.
    let at_once = (0..10).map(|number| {
        let millis = if number % 2 == 0 {
            TEN_MINUTES
        } else {
            TEN_MINUTES + 1
        };
        let clock = Clock::new(move || Timestamp::from_millis(NOON + millis).unwrap());
        let endpoint = call_capture::Function {
            clock,
            ..dialer.world.call_capture(&Faults::none())
        };
        async move {
            let mut request = Request::new(Body::Text(minimal().to_string()));
            request
                .headers_mut()
                .insert("x-api-key", KEY.parse().unwrap());
            invoke(&endpoint, request).await
        }
    });
    let answers = join_all(at_once).await;
    assert!(
        answers.iter().all(|answer| answer.status == 201),
        "{answers:?}"
    );
    assert_eq!(
        dialer.counts().await,
        (2, 2),
        "the retries of the first, and one other call"
    );
}

#[tokio::test]
async fn a_repetition_after_a_crash_at_any_request_is_the_same_call() {
    for cut in [Cut::Before, Cut::After] {
        for number in 0..5 {
            let dialer = Dialer::new().await;
            let faults = Faults::death_at(number, cut);
            assert_eq!(
                dialer.submit_with(None, &faults, &minimal()).await.status,
                500
            );
            assert!(faults.struck());
            let repeated = dialer.submit_at(TEN_MINUTES, &minimal()).await;
            dialer.process_log().await;
            assert_eq!(
                dialer.counts().await,
                (1, 1),
                "request {number}, cut {cut:?}"
            );
            assert_eq!(dialer.submit_at(TEN_MINUTES, &minimal()).await, repeated);
        }
    }
}

#[tokio::test]
async fn an_idempotency_key_decides_by_itself() {
    let dialer = Dialer::new().await;
    let submit = async |key: &str, body: &Value| {
        let answer = dialer.submit_with(Some(key), &Faults::none(), body).await;
        (answer.status, answer.body)
    };
    let first = submit("one", &minimal()).await;
    assert_eq!(first.0, 201);
    dialer
        .now
        .store(NOON + 24 * 6 * TEN_MINUTES, Ordering::Relaxed);
    assert_eq!(submit("one", &minimal()).await, first, "the next day");
    let second = submit("two", &minimal()).await;
    assert_ne!(
        second.1["data"]["call_history_id"],
        first.1["data"]["call_history_id"]
    );
    let mut other = minimal();
    other["notes"] = json!("x");
    let message = "This Idempotency-Key was used for another body";
    assert_eq!(
        submit("one", &other).await,
        (409, json!({ "error": "Conflict", "message": message }))
    );
    assert_eq!(dialer.counts().await, (2, 2), "nothing refused is kept");
    dialer.process_log().await;
    assert_eq!(dialer.counts().await, (2, 2));
    // With an id the call is that id's, and each key another word on it.
    let named = |seconds: u64| json!({ "company_id": COMPANY, "external_call_id": "C-1", "duration_seconds": seconds });
    let ids: Vec<_> = [("a", 5), ("b", 180), ("c", 5)].to_vec();
    for (key, seconds) in ids {
        assert_eq!(submit(key, &named(seconds)).await.0, 201);
    }
    assert_eq!(dialer.counts().await, (5, 3));
}

#[tokio::test]
async fn an_idempotency_key_has_bounds_and_a_placeholder_is_none() {
    let dialer = Dialer::new().await;
    let long = "k".repeat(257);
    for key in [long.as_str(), "two words", "tab\tbed"] {
        let answer = dialer
            .submit_with(Some(key), &Faults::none(), &minimal())
            .await;
        let message = "Idempotency-Key must be 1 to 256 visible ASCII characters";
        assert_eq!(
            (answer.status, answer.body),
            (400, json!({ "error": "Bad Request", "message": message }))
        );
    }
    let mut other = minimal();
    other["notes"] = json!("x");
    for key in ["undefined", "null", "", "{{uuid}}"] {
        assert_eq!(
            dialer
                .submit_with(Some(key), &Faults::none(), &minimal())
                .await
                .status,
            201,
            "{key}"
        );
        assert_eq!(
            dialer
                .submit_with(Some(key), &Faults::none(), &other)
                .await
                .status,
            201,
            "{key}"
        );
    }
    assert_eq!(dialer.counts().await, (2, 2));
}

fn named(seconds: u64) -> Value {
    json!({ "company_id": COMPANY, "external_call_id": "C-1", "duration_seconds": seconds })
}

#[tokio::test]
async fn a_correction_back_to_an_earlier_body_is_applied_and_its_repetition_is_not() {
    let dialer = Dialer::new().await;
    let mut submitted = Vec::new();
    let steps = [
        (5, 1),
        (5, 1),
        (180, 2),
        (180, 2),
        (5, 3),
        (5, 3),
        (180, 4),
        (5, 5),
        (5, 5),
    ];
    for (number, (seconds, events)) in steps.into_iter().enumerate() {
        let millis = i64::try_from(number).unwrap() * 1_000;
        submitted.push(dialer.submit_at(millis, &named(seconds)).await);
        assert_eq!(dialer.counts().await, (events, 1), "step {number}");
        assert_eq!(
            dialer.world.facts().await.reported_seconds.get(),
            Some(&seconds),
            "step {number}"
        );
    }
    assert!(
        submitted.iter().all(|data| *data == submitted[0]),
        "one call_history_id, one created_at"
    );
    dialer.process_log().await;
    assert_eq!(
        dialer.world.facts().await.reported_seconds.get(),
        Some(&5),
        "in whatever order it is folded"
    );
    // Also at the very moment at which the other was submitted, and by a clock that runs behind.
    dialer.submit_at(20_000, &named(180)).await;
    dialer.submit_at(20_000, &named(5)).await;
    assert_eq!(dialer.world.facts().await.reported_seconds.get(), Some(&5));
    dialer.submit_at(30_000, &named(180)).await;
    dialer.submit_at(29_000, &named(5)).await;
    assert_eq!(dialer.world.facts().await.reported_seconds.get(), Some(&5));
}

#[tokio::test]
async fn a_correction_that_is_sent_by_many_at_once_is_kept_once() {
    let dialer = Dialer::new().await;
    dialer.submit_at(0, &named(5)).await;
    dialer.submit_at(1_000, &named(180)).await;
    dialer.now.store(NOON + 2_000, Ordering::Relaxed);
    let body = named(5);
    let none = Faults::none();
    let answers = join_all((0..8).map(|_| dialer.submit_with(None, &none, &body))).await;
    assert!(
        answers
            .iter()
            .all(|answer| answer.status == 201 && *answer == answers[0]),
        "{answers:?}"
    );
    assert_eq!(dialer.counts().await, (3, 1));
    assert_eq!(dialer.world.facts().await.reported_seconds.get(), Some(&5));
}

#[tokio::test]
async fn a_correction_that_dies_at_any_request_is_applied_by_its_repetition() {
    for cut in [Cut::Before, Cut::After] {
        for number in 0..6 {
            let dialer = Dialer::new().await;
            dialer.submit_at(0, &named(5)).await;
            dialer.submit_at(1_000, &named(180)).await;
            dialer.now.store(NOON + 2_000, Ordering::Relaxed);
            let faults = Faults::death_at(number, cut);
            assert_eq!(
                dialer.submit_with(None, &faults, &named(5)).await.status,
                500,
                "request {number}"
            );
            assert!(faults.struck());
            dialer.submit_at(3_000, &named(5)).await;
            dialer.process_log().await;
            assert_eq!(
                dialer.counts().await,
                (3, 1),
                "request {number}, cut {cut:?}"
            );
            assert_eq!(dialer.world.facts().await.reported_seconds.get(), Some(&5));
        }
    }
}

#[tokio::test]
async fn what_a_submission_costs() {
    let dialer = Dialer::new().await;
    // A change in an hour whose counts may be kept costs one more.
    let now = i64::try_from(now_seconds()).unwrap() * 1_000;
    dialer.now.store(now, Ordering::Relaxed);
    let requests = async |body: &Value| {
        let faults = Faults::none();
        assert_eq!(dialer.submit_with(None, &faults, body).await.status, 201);
        faults.requests()
    };
    assert_eq!(
        requests(&named(5)).await,
        4,
        "the key, the event, the look-up, the call"
    );
    assert_eq!(
        requests(&named(5)).await,
        4,
        "the key, the event, the look-up, the event as it was kept"
    );
    assert_eq!(requests(&named(180)).await, 4);
    assert_eq!(
        requests(&named(5)).await,
        6,
        "and the event and the call of the correction"
    );
    assert_eq!(
        requests(&minimal()).await,
        5,
        "and when it was first received"
    );
    let mut national = named(7);
    national["caller_number"] = json!("9876543210");
    assert_eq!(
        requests(&national).await,
        5,
        "and where the tenant's numbers are from"
    );
}

#[tokio::test]
async fn a_tenants_national_numbers_are_those_of_its_region() {
    let dialer = Dialer::new().await;
    let settings = Settings {
        tenant_id: "acme".to_owned(),
        name: None,
        default_agent_name: None,
        default_region: Region::parse("IN"),
    };
    assert_eq!(
        dialer.world.directory().put(&settings).await.unwrap(),
        Put::Done
    );
    let body = json!({
        "company_id": COMPANY, "external_call_id": "C-1",
        "caller_number": "098765 43210", "recipient_number": "9123456789"
    });
    dialer.submit_at(0, &body).await;
    let numbers = async || {
        let facts = dialer.world.facts().await;
        [facts.line_number, facts.phone_number]
            .map(|number| number.get().map(|it| it.as_str().to_owned()))
    };
    let expected = ["+919876543210", "+919123456789"].map(|number| Some(number.to_owned()));
    assert_eq!(numbers().await, expected);
    // What the tenant says later is about what it submits later.
    let settings = Settings {
        default_region: Region::parse("GB"),
        ..settings
    };
    assert_eq!(
        dialer.world.directory().put(&settings).await.unwrap(),
        Put::Done
    );
    dialer.process_log().await;
    assert_eq!(numbers().await, expected);
    assert_eq!(
        numbers().await[0],
        PhoneNumber::parse("+919876543210").map(|it| it.as_str().to_owned())
    );
}
