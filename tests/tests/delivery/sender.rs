//! The sender against an endpoint that plays every part; no cloud is needed.

use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

use bytes::Bytes;
use futures::future::join_all;
use ringpost::{
    clock::Clock,
    delivery::{request::WebhookRequest, send::Sender},
    domain::delivery::{Attempt, signature::SigningSecret},
};
use ringpost_tests::{
    receiver::{Answer, Receiver},
    world::deliveries::sender,
};

const BODY: &[u8] =
    br#"{"type":"call.completed","timestamp":"2026-01-02T00:00:00.000Z","data":{"name":"Zo\u00eb"}}"#;
const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
/// As the Webhook API document has them: its own key.
const PLAIN_SECRET: &str = "webhooksecret123";

async fn send(sender: &Sender, url: &str, secrets: &[&str], headers: &[(&str, &str)]) -> Attempt {
    let secrets: Vec<_> = secrets
        .iter()
        .map(|text| SigningSecret::parse(text).unwrap())
        .collect();
    let headers: BTreeMap<_, _> = headers
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect();
    let parcel = WebhookRequest {
        url,
        message_id: "evt_0011223344556677",
        secrets: secrets.iter().collect(),
        headers: &headers,
        body: &Bytes::from_static(BODY),
        challenge: None,
    };
    sender.send(&parcel).await
}

async fn post(url: &str) -> Attempt {
    send(&sender(), url, &[SECRET], &[]).await
}

async fn answered(answer: Answer) -> Attempt {
    let receiver = Receiver::answering(answer);
    let attempt = post(&receiver.url("/")).await;
    assert_eq!(receiver.requests().len(), 1, "one attempt is one request");
    attempt
}

#[tokio::test]
async fn a_delivery_is_a_post_with_the_standard_s_headers_and_the_subscription_s() {
    let receiver = Receiver::start();
    let before = Clock::system().now();
    let own = [("X-API-Key", "crm-api-key-123"), ("Webhook-Id", "another")];
    let attempt = send(
        &sender(),
        &receiver.url("/hooks?from=11wire"),
        &[SECRET],
        &own,
    )
    .await;
    assert!(attempt.succeeded() && attempt.at >= before && attempt.at <= Clock::system().now());
    assert_eq!(
        (attempt.status_code, attempt.body.as_str(), attempt.error),
        (Some(200), "Received", None)
    );
    let requests = receiver.requests();
    let request = &requests[0];
    assert_eq!(
        (request.method.as_str(), request.path.as_str()),
        ("POST", "/hooks?from=11wire")
    );
    assert_eq!(request.body, BODY);
    assert_eq!(request.header("content-type"), "application/json");
    assert_eq!(
        request.header("user-agent"),
        concat!("Ringpost/", env!("CARGO_PKG_VERSION"))
    );
    assert_eq!(request.header("x-api-key"), "crm-api-key-123");
    assert_eq!(request.message_id(), "evt_0011223344556677");
    assert_eq!(
        request.header("webhook-timestamp"),
        attempt.at.as_seconds().to_string()
    );
    let mut names: Vec<_> = request
        .headers
        .keys()
        .map(http::HeaderName::as_str)
        .collect();
    names.sort_unstable();
    let expected = [
        "accept",
        "content-length",
        "content-type",
        "host",
        "user-agent",
        "webhook-id",
        "webhook-signature",
        "webhook-timestamp",
        "x-api-key",
    ];
    assert_eq!(names, expected, "nothing asks for compression");
}

#[tokio::test]
async fn the_official_libraries_accept_the_signature_with_each_valid_secret() {
    let receiver = Receiver::start();
    for (secrets, others) in [
        (&[SECRET][..], &[PLAIN_SECRET][..]),
        (&[PLAIN_SECRET], &[SECRET]),
        (
            &[SECRET, PLAIN_SECRET],
            &["whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD"],
        ),
    ] {
        send(&sender(), &receiver.url("/"), secrets, &[]).await;
        let request = receiver.requests().pop().unwrap();
        assert_eq!(
            request.header("webhook-signature").split(' ').count(),
            secrets.len()
        );
        for secret in secrets {
            assert!(request.is_signed_with(secret), "{secrets:?}");
        }
        for other in others {
            assert!(!request.is_signed_with(other), "{secrets:?}");
        }
        let mut tampered = request;
        tampered.body = Bytes::from_static(b"{}");
        assert!(!tampered.is_signed_with(secrets[0]));
    }
}

#[tokio::test]
async fn every_status_is_recorded_and_only_2xx_is_a_success() {
    let receiver = Receiver::start();
    let sender = sender();
    for code in [
        200, 201, 202, 204, 299, 300, 304, 400, 401, 404, 410, 429, 500, 503, 599,
    ] {
        receiver.play(Answer::Status(code));
        let attempt = send(&sender, &receiver.url("/"), &[SECRET], &[]).await;
        assert_eq!(
            (attempt.status_code, attempt.error.as_deref()),
            (Some(code), None)
        );
        assert_eq!(attempt.succeeded(), (200..300).contains(&code), "{code}");
        assert_eq!(attempt.is_gone(), code == 410);
    }
}

#[tokio::test]
async fn a_redirect_is_shown_and_not_followed() {
    let elsewhere = Receiver::start();
    let attempt = answered(Answer::Redirect(elsewhere.url("/"))).await;
    assert_eq!(
        (attempt.status_code, &attempt.headers["location"]),
        (Some(302), &elsewhere.url("/"))
    );
    assert!(!attempt.succeeded() && elsewhere.requests().is_empty());
}

#[tokio::test]
async fn a_wait_that_is_asked_for_is_kept() {
    let attempt = answered(Answer::RetryAfter(120)).await;
    assert_eq!(
        (attempt.status_code, attempt.retry_after),
        (Some(429), Some(120))
    );
    assert_eq!(attempt.headers["retry-after"], "120");
    let date = Answer::with(503, &[("retry-after", "Sat, 02 Jan 2049 00:00:00 GMT")], "");
    assert!(answered(date).await.retry_after.unwrap() > 86_400);
}

#[tokio::test]
async fn a_missing_answer_is_described_in_our_own_words() {
    for (answer, phrase) in [
        (Answer::Close, "connection broken"),
        (Answer::Reset, "connection broken"),
        (Answer::Nonsense, "connection broken"),
        (Answer::Hang, "timed out"),
    ] {
        let named = format!("{answer:?}");
        let attempt = answered(answer).await;
        assert_eq!(
            (attempt.status_code, attempt.error.as_deref()),
            (None, Some(phrase)),
            "{named}"
        );
        assert!(attempt.body.is_empty() && attempt.headers.is_empty() && !attempt.succeeded());
    }
    let receiver = Receiver::start();
    for (url, phrase) in [
        ("http://127.0.0.1:1/".to_owned(), "connection refused"),
        (
            format!("https://127.0.0.1:{}/", receiver.port()),
            "TLS failed",
        ),
        (
            format!("http://[::ffff:127.0.0.1]:{}/", receiver.port()),
            "address not allowed",
        ),
        (
            format!("http://user:secret@127.0.0.1:{}/", receiver.port()),
            "URL not allowed",
        ),
    ] {
        assert_eq!(post(&url).await.error.as_deref(), Some(phrase), "{url}");
    }
    assert!(receiver.requests().is_empty());
}

#[tokio::test]
async fn an_endpoint_that_hangs_is_given_up_in_time() {
    let started = Instant::now();
    let attempt = answered(Answer::Hang).await;
    assert!((1_000..5_000).contains(&attempt.timing), "{attempt:?}");
    assert!(
        started.elapsed() < Duration::from_secs(5),
        "{:?}",
        started.elapsed()
    );
}

#[tokio::test]
async fn a_little_of_a_body_is_kept_and_no_more_of_it_is_read() {
    let started = Instant::now();
    let huge = answered(Answer::Huge(100 * 1024 * 1024 * 1024)).await;
    assert_eq!(
        (huge.status_code, huge.body),
        (Some(200), "x".repeat(1_024))
    );
    assert!(
        started.elapsed() < Duration::from_secs(1),
        "{:?}",
        started.elapsed()
    );
    let failed = answered(Answer::with(500, &[], "é".repeat(100_000))).await;
    assert_eq!(
        (failed.status_code, failed.body),
        (Some(500), "é".repeat(2_048))
    );
    let odd = answered(Answer::with(200, &[], [b'a', 0xff, b'b'])).await;
    assert_eq!(odd.body, "a\u{fffd}b");
    let compressed = answered(Answer::with(
        200,
        &[("content-encoding", "gzip")],
        [0x1f, 0x8b],
    ))
    .await;
    assert_eq!(compressed.body, "\u{1f}\u{fffd}");
}

#[tokio::test]
async fn a_status_stands_whatever_becomes_of_the_body() {
    let drip = answered(Answer::Drip).await;
    assert_eq!((drip.succeeded(), drip.error), (true, None));
    assert!(
        drip.body.starts_with("..") && drip.body.len() < 1_024 && drip.timing < 5_000,
        "{}",
        drip.timing
    );
    for code in [200, 500] {
        let broken = answered(Answer::Broken(code)).await;
        assert_eq!((broken.status_code, broken.error), (Some(code), None));
        assert_eq!(broken.body, "half of it");
    }
}

/// Answers that are not quite HTTP: their sender has taken the delivery, and curl understands them.
#[tokio::test]
async fn a_status_stands_whatever_its_headers_are() {
    let many: String = (0..1_500)
        .map(|number| format!("X-{number}: y\r\n"))
        .collect();
    let head = |lines: &str| {
        format!("HTTP/1.1 200 OK\r\n{lines}\r\nContent-Length: 2\r\n\r\nok").into_bytes()
    };
    for (name, raw) in [
        (
            "a PHP warning",
            head(
                "PHP Warning:  PHP Startup: Unable to load dynamic library 'x.so' in Unknown on line 0",
            ),
        ),
        ("a space before the colon", head("X-Powered-By : PHP")),
        ("a tab before the colon", head("X-Powered-By\t: PHP")),
        ("a space in a name", head("X Powered By: PHP")),
        ("no name", head(": PHP")),
        ("a folded line", head("X-Long: one\r\n two")),
        (
            "a line folded twice",
            head("X-Long: one\r\n\ttwo\r\n   three"),
        ),
        ("no colon", head("garbage")),
        ("a control character in a value", head("X-Odd: a\u{1}b")),
        ("a control character in a name", head("X-\u{1}: b")),
        ("Latin-1 and emoji", head("X-Name: caf\u{e9} \u{1f600}")),
        ("many headers", head(many.trim_end())),
        (
            "no reason",
            b"HTTP/1.1 200\r\nContent-Length: 2\r\n\r\nok".to_vec(),
        ),
        (
            "a reason in Latin-1",
            b"HTTP/1.1 200 Re\xe7u\r\nContent-Length: 2\r\n\r\nok".to_vec(),
        ),
        ("HTTP/1.0", b"HTTP/1.0 200 OK\r\n\r\nok".to_vec()),
        (
            "bare line feeds",
            b"HTTP/1.1 200 OK\nContent-Length: 2\n\nok".to_vec(),
        ),
        ("no length", b"HTTP/1.1 200 OK\r\n\r\nok".to_vec()),
        ("the same length twice", head("Content-Length: 2")),
        (
            "a length that is too long",
            b"HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\nok".to_vec(),
        ),
        (
            "a length that is too short",
            b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nok".to_vec(),
        ),
        (
            "broken chunks",
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\nok".to_vec(),
        ),
        (
            "chunks without an end",
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok".to_vec(),
        ),
        ("an unknown coding", head("Transfer-Encoding: gzip")),
        (
            "a charset that is none",
            head("Content-Type: text/plain; charset=\"x"),
        ),
        ("a type that is none", head("Content-Type: ;;;")),
        (
            "an early hint",
            b"HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 200 OK\r\n\r\nok".to_vec(),
        ),
    ] {
        let attempt = answered(Answer::Raw(raw)).await;
        assert_eq!(
            (attempt.status_code, attempt.error),
            (Some(200), None),
            "{name}"
        );
    }
}

/// Where the answer's length cannot be read, or its status line is none, hyper gives it up.
#[tokio::test]
async fn what_is_no_http_has_no_status() {
    let head = |lines: &str| {
        format!("HTTP/1.1 200 OK\r\n{lines}\r\nContent-Length: 2\r\n\r\nok").into_bytes()
    };
    for (name, raw) in [
        ("two lengths", head("Content-Length: 3")),
        (
            "a length in words",
            b"HTTP/1.1 200 OK\r\nContent-Length: two\r\n\r\nok".to_vec(),
        ),
        (
            "an empty length",
            b"HTTP/1.1 200 OK\r\nContent-Length: \r\n\r\nok".to_vec(),
        ),
        (
            "a negative length",
            b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\nok".to_vec(),
        ),
        (
            "chunks of HTTP/1.0",
            b"HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n".to_vec(),
        ),
        (
            "a control character in the reason",
            b"HTTP/1.1 200 O\x01K\r\nContent-Length: 2\r\n\r\nok".to_vec(),
        ),
    ] {
        let attempt = answered(Answer::Raw(raw)).await;
        assert_eq!(
            (attempt.status_code, attempt.error.as_deref()),
            (None, Some("connection broken")),
            "{name}"
        );
    }
}

#[tokio::test]
async fn cookies_are_not_kept() {
    let receiver = Receiver::answering(Answer::with(
        200,
        &[("set-cookie", "id=7"), ("server", "nginx")],
        "",
    ));
    let sender = sender();
    for _ in 0..2 {
        let attempt = send(&sender, &receiver.url("/"), &[SECRET], &[]).await;
        assert_eq!(
            attempt.headers.get("server").map(String::as_str),
            Some("nginx")
        );
        assert!(!attempt.headers.contains_key("set-cookie"));
    }
    assert!(
        receiver
            .requests()
            .iter()
            .all(|request| request.header("cookie").is_empty())
    );
}

#[tokio::test]
async fn connections_are_kept_as_long_as_their_answers_are_read() {
    let receiver = Receiver::start();
    let sender = sender();
    let url = receiver.url("/");
    for _ in 0..3 {
        assert!(
            send(&sender.clone(), &url, &[SECRET], &[])
                .await
                .succeeded()
        );
    }
    assert_eq!(receiver.connections(), 1);
    receiver.play(Answer::Huge(10_000_000));
    assert!(send(&sender, &url, &[SECRET], &[]).await.succeeded());
    receiver.play(Answer::Status(200));
    assert!(send(&sender, &url, &[SECRET], &[]).await.succeeded());
    assert_eq!(
        receiver.connections(),
        2,
        "the rest of a long answer is not waited for"
    );
}

#[tokio::test]
async fn a_slow_endpoint_holds_up_no_other() {
    let receiver = Receiver::start();
    receiver.play_at("/slow", Answer::Hang);
    let sender = sender();
    let urls: Vec<_> = (0..20)
        .map(|i| receiver.url(if i % 2 == 0 { "/slow" } else { "/" }))
        .collect();
    let started = Instant::now();
    let attempts = join_all(urls.iter().map(|url| send(&sender, url, &[SECRET], &[]))).await;
    assert!(
        started.elapsed() < Duration::from_secs(5),
        "{:?}",
        started.elapsed()
    );
    assert_eq!(
        attempts
            .iter()
            .filter(|attempt| attempt.succeeded())
            .count(),
        10
    );
    assert_eq!(receiver.wait_for(20).await.len(), 20);
}
