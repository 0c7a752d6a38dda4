//! What the deployed functions log: one line per request that can be read alone, and nothing that a
//! log must not hold.

use std::process::Command;

use ringpost_tests::{
    livekit::{hmac_signature, sip_call, unique},
    stack::{client, eventually, root, stack},
};

fn logs() -> String {
    let logs = Command::new("make")
        .arg("logs")
        .current_dir(root())
        .output()
        .unwrap();
    assert!(
        logs.status.success(),
        "{}",
        String::from_utf8_lossy(&logs.stderr)
    );
    String::from_utf8(logs.stdout).unwrap()
}

#[tokio::test]
async fn a_request_is_one_line_and_no_line_holds_a_secret_a_body_or_a_number() {
    let (stack, unique) = (stack(), unique());
    let payload = &sip_call(&unique, "+18588796658")[4];
    let body = payload.to_string();
    let signature = hmac_signature(stack.value("LIVEKIT_WEBHOOK_SECRET"), body.as_bytes());
    let webhook = |body: String| {
        let post = client().post(stack.url("/api/webhooks/call_completed"));
        post.header("X-LiveKit-Signature", &signature).body(body)
    };
    let answer = stack.send(webhook(body.clone())).await;
    assert_eq!(answer.status, 200);
    assert_eq!(stack.send(webhook(format!("{body} "))).await.status, 401);
    let call_id = answer.body["call_id"].as_str().unwrap();
    assert_eq!(stack.outcome(call_id, "user_demo").await.status, 200);

    let event_key = format!("livekit:EV_{unique}5");
    let logs = eventually("the lines of the request and of its event", async || {
        let logs = logs();
        let of = |function: &str| {
            logs.lines()
                .filter(|line| line.contains(&event_key) && line.contains(function))
                .count()
        };
        (of("\"call-completed\"") == 1 && of("\"fan-out\"") == 1).then(|| logs.clone())
    })
    .await;
    let line = logs
        .lines()
        .find(|line| line.contains(&event_key) && line.contains("answered"))
        .unwrap();
    for part in [
        call_id,
        "request_id",
        "duration_ms",
        "\"status\":200",
        "\"result\":\"processed\"",
    ] {
        assert!(line.contains(part), "{part} is not in {line}");
    }
    assert!(logs.contains("wrong signature"), "the refusal says why");

    let secrets = [
        "LIVEKIT_API_SECRET",
        "LIVEKIT_WEBHOOK_SECRET",
        "RINGPOST_JWT_SECRET",
        "RINGPOST_TOKEN",
    ];
    let secrets = secrets.map(|name| stack.value(name));
    let private = [
        &signature,
        "5105550123",
        "8588796658",
        "7678189426",
        "participant\":",
        "CLIENT_INITIATED",
    ];
    for forbidden in secrets.into_iter().chain(private) {
        assert!(!logs.contains(forbidden), "a log line holds {forbidden}");
    }
}
