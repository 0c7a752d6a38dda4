//! Calls that a dialer submits: `call-capture` on real tables and, as its document prints it, on the
//! deployed stack.

use std::{env, fs, process::Command};

use lambda_http::{Body, Request};
use ringpost::{
    clock::Clock,
    domain::{directory::ApiKey, timestamp::Timestamp},
    store::directory::Put,
};
use ringpost_functions::runtime::Worker;
use ringpost_tests::{
    faults::{Cut, Faults},
    lambda::{invoke, request, sample_event, stream_batch},
    livekit::unique,
    noise,
    stack::{Answer, client, root, stack},
    world::World,
};
use serde_json::{Value, json};
use uuid::Uuid;

const KEY: &str = "rpk_own-key-00000000000000000000000000000000000";
const COMPANY: Uuid = Uuid::from_u128(0x7c86_93c6_976e_4324_9123_2c1d_8116_05f9);
const OTHER_COMPANY: Uuid = Uuid::from_u128(0x0000_0000_0000_4000_8000_0000_0000_0001);

async fn give_key(world: &World, key: &str, tenant: &str, company_id: Uuid) {
    let api_key = ApiKey {
        id: Uuid::new_v4(),
        sha256: ApiKey::hash(key),
        tenant_id: tenant.to_owned(),
        company_id,
        name: "dialer".to_owned(),
        created_at: Timestamp::EPOCH,
    };
    assert_eq!(world.directory().put(&api_key).await.unwrap(), Put::Done);
}

/// A world in which the tenant `acme` has a key for its company.
async fn acme() -> World {
    let world = World::new(Some("demo")).await;
    give_key(&world, KEY, "acme", COMPANY).await;
    world
}

fn submission(key: Option<&str>, body: &str) -> Request {
    let mut request = Request::new(Body::Text(body.to_owned()));
    if let Some(key) = key {
        request
            .headers_mut()
            .insert("x-api-key", key.parse().unwrap());
    }
    request
}

async fn submit(world: &World, key: &str, body: &Value) -> Answer {
    invoke(
        &world.call_capture(&Faults::none()),
        submission(Some(key), &body.to_string()),
    )
    .await
}

fn unauthorized() -> (u16, Value) {
    (
        401,
        json!({ "error": "Unauthorized", "message": "Invalid or missing API key" }),
    )
}

#[tokio::test]
async fn the_documents_complete_record_is_recorded() {
    let world = World::new(None).await;
    give_key(
        &world,
        "rpk_local-stack-call-capture-key-0123456789abcd",
        "demo",
        COMPANY,
    )
    .await;
    let endpoint = world.call_capture(&Faults::none());
    let answer = invoke(&endpoint, request(&sample_event("call-capture"))).await;
    assert_eq!(answer.status, 201);
    let data = &answer.body["data"];
    let expected = json!({
        "success": true,
        "message": "Call record created successfully",
        "data": { "call_history_id": data["call_history_id"], "created_at": data["created_at"] }
    });
    assert_eq!(answer.body, expected);
    assert!(Uuid::parse_str(data["call_history_id"].as_str().unwrap()).is_ok());
    let created_at = data["created_at"].as_str().unwrap();
    assert_eq!(
        (created_at.len(), &created_at[19..20], &created_at[23..]),
        (24, ".", "Z")
    );
    assert_eq!(
        world.calls().await[0]["id"].as_s().unwrap(),
        data["call_history_id"].as_str().unwrap()
    );
}

#[tokio::test]
async fn a_repetition_and_a_correction_answer_with_the_same_record() {
    let world = acme().await;
    let body = json!({ "company_id": COMPANY, "external_call_id": "C-1", "duration_seconds": 5 });
    let first = submit(&world, KEY, &body).await;
    assert_eq!(first.status, 201);
    assert_eq!(submit(&world, KEY, &body).await, first, "the same answer");
    assert_eq!(world.items("events").await.len(), 1);
    let corrected =
        json!({ "company_id": COMPANY, "external_call_id": "C-1", "duration_seconds": 180 });
    assert_eq!(submit(&world, KEY, &corrected).await, first);
    assert_eq!(
        (world.items("events").await.len(), world.calls().await.len()),
        (2, 1)
    );
    assert_eq!(world.facts().await.reported_seconds.get(), Some(&180));
    // The same call under another key is another call.
    let other =
        json!({ "company_id": COMPANY, "external_call_id": "C-2", "duration_seconds": 180 });
    assert_ne!(
        submit(&world, KEY, &other).await.body["data"],
        first.body["data"]
    );
}

#[tokio::test]
async fn concurrent_repetitions_leave_one_record_and_one_answer() {
    let world = acme().await;
    let body = json!({ "company_id": COMPANY, "notes": "once" }).to_string();
    let endpoint = world.call_capture(&Faults::none());
    let one = || invoke(&endpoint, submission(Some(KEY), &body));
    let answers = futures::future::join_all((0..8).map(|_| one())).await;
    assert!(
        answers
            .iter()
            .all(|answer| answer.status == 201 && answer == &answers[0]),
        "{answers:?}"
    );
    assert_eq!(
        (world.items("events").await.len(), world.calls().await.len()),
        (1, 1)
    );
}

#[tokio::test]
async fn a_client_without_a_key_of_the_company_learns_nothing() {
    let world = acme().await;
    give_key(
        &world,
        "rpk_rival-key-000000000000000000000000000000000",
        "rival",
        OTHER_COMPANY,
    )
    .await;
    let body = json!({ "company_id": COMPANY, "external_call_id": "C-1" }).to_string();
    let endpoint = world.call_capture(&Faults::none());
    for key in [
        None,
        Some(""),
        Some("no such key"),
        Some("rpk_rival-key-000000000000000000000000000000000"),
        Some("x"),
    ] {
        let answer = invoke(&endpoint, submission(key, &body)).await;
        assert_eq!((answer.status, answer.body), unauthorized(), "{key:?}");
    }
    // Without a key no client learns what a body must be.
    assert_eq!(
        invoke(&endpoint, submission(None, "no JSON")).await.status,
        401
    );
    assert_eq!(
        invoke(&endpoint, submission(Some(KEY), &body)).await.status,
        201
    );
    let hash = ApiKey::hash(KEY);
    assert!(
        world
            .directory()
            .delete::<ApiKey>("acme", &hash)
            .await
            .unwrap()
    );
    assert_eq!(
        invoke(&endpoint, submission(Some(KEY), &body)).await.status,
        401,
        "a deleted key"
    );
    assert_eq!(world.items("events").await.len(), 1);
}

#[tokio::test]
async fn two_tenants_with_the_same_names_have_two_calls() {
    let world = acme().await;
    give_key(
        &world,
        "rpk_rival-key-000000000000000000000000000000000",
        "rival",
        COMPANY,
    )
    .await;
    let body = json!({ "company_id": COMPANY, "external_call_id": "C-1", "external_system": "D" });
    let (ours, theirs) = (
        submit(&world, KEY, &body).await,
        submit(
            &world,
            "rpk_rival-key-000000000000000000000000000000000",
            &body,
        )
        .await,
    );
    assert_eq!((ours.status, theirs.status), (201, 201));
    assert_ne!(
        ours.body["data"]["call_history_id"],
        theirs.body["data"]["call_history_id"]
    );
    let owners: Vec<_> = world
        .calls()
        .await
        .iter()
        .map(|call| call["owner"].as_s().unwrap().clone())
        .collect();
    assert_eq!(
        owners
            .iter()
            .filter(|owner| owner.contains("\"acme\""))
            .count(),
        1
    );
    assert_eq!(
        owners
            .iter()
            .filter(|owner| owner.contains("\"rival\""))
            .count(),
        1
    );
}

#[tokio::test]
async fn what_is_wrong_is_a_400_in_the_documents_shape() {
    let world = acme().await;
    let endpoint = world.call_capture(&Faults::none());
    let invalid = json!({ "company_id": COMPANY, "duration_seconds": -1 }).to_string();
    for (body, message) in [
        ("{}", "company_id is required"),
        (
            invalid.as_str(),
            "duration_seconds must be a whole number of at least 0, and of a year in seconds at most",
        ),
        ("[]", "The body must be a JSON object"),
        ("", "The body must be JSON (line 1, column 0)"),
    ] {
        let answer = invoke(&endpoint, submission(Some(KEY), body)).await;
        let expected = json!({ "error": "Bad Request", "message": message });
        assert_eq!((answer.status, answer.body), (400, expected));
    }
    let large =
        async |bytes: usize| invoke(&endpoint, submission(Some(KEY), &" ".repeat(bytes))).await;
    let refused = large(256 * 1024 + 1).await;
    assert_eq!(
        (refused.status, &refused.body["error"]),
        (413, &json!("Payload Too Large"))
    );
    assert_eq!(large(256 * 1024).await.status, 400, "read, and no JSON");
    assert_eq!(
        world.items("events").await.len(),
        0,
        "nothing refused is kept"
    );
}

#[tokio::test]
async fn killed_at_any_request_it_says_so_and_the_repetition_is_the_same_record() {
    let small = json!({ "company_id": COMPANY, "external_call_id": "C-1", "duration_seconds": 60 });
    let mut large = small.clone();
    // As much as is taken, and compressed more than an item of the log holds.
    large["unknown"] = noise::text(256 * 1024 - 128).into();
    for (body, requests) in [(small, 4), (large, 5)] {
        killed_and_submitted_again(&body, requests).await;
    }
}

async fn killed_and_submitted_again(body: &Value, requests: usize) {
    for cut in [Cut::Before, Cut::After] {
        for number in 0..requests {
            let world = acme().await;
            let faults = Faults::death_at(number, cut);
            let endpoint = world.call_capture(&faults);
            let failed = invoke(&endpoint, submission(Some(KEY), &body.to_string())).await;
            assert!(faults.struck());
            let said = json!({
                "error": "Internal Server Error",
                "message": "The call could not be recorded; please send it again"
            });
            assert_eq!(
                (failed.status, failed.body),
                (500, said),
                "request {number}, cut {cut:?}"
            );
            let repeated = submit(&world, KEY, body).await;
            assert_eq!(repeated.status, 201);
            let log = world.items("events").await;
            world
                .fan_out(&Faults::none())
                .handle(stream_batch(&log))
                .await;
            assert_eq!(
                (log.len(), world.calls().await.len()),
                (1, 1),
                "request {number}, cut {cut:?}"
            );
            let received: i64 = log[0]["receivedAt"].as_n().unwrap().parse().unwrap();
            let received = Timestamp::from_millis(received).unwrap().to_string();
            assert_eq!(
                repeated.body["data"]["created_at"],
                json!(received),
                "as it was kept first"
            );
            assert_eq!(submit(&world, KEY, body).await, repeated);
        }
    }
}

/// Runs one of the document's snippets as printed, but for its URL, its key and its placeholder ids.
fn run_snippet(name: &str, interpreter: &str, unique: &str) -> String {
    let stack = stack();
    let printed = fs::read_to_string(root().join("tests/fixtures/capture").join(name)).unwrap();
    let snippet = [
        (
            "https://lsuuivbaemjqmtztrjqq.supabase.co/functions/v1/webhook-call-capture",
            stack.url("/functions/v1/webhook-call-capture").as_str(),
        ),
        ("YOUR_API_KEY", stack.value("CALL_CAPTURE_API_KEY")),
        ("your-company-uuid", stack.value("CALL_CAPTURE_COMPANY_ID")),
        (
            "lead-uuid-if-available",
            "234e5678-e89b-12d3-a456-426614174001",
        ),
        (
            "employee-uuid-if-available",
            "345e6789-e89b-12d3-a456-426614174002",
        ),
        ("CALL-12345", &format!("CALL-{unique}")),
    ]
    .iter()
    .fold(printed, |text, (placeholder, value)| {
        text.replace(placeholder, value)
    });
    let file = env::temp_dir().join(format!("{unique}-{name}"));
    fs::write(&file, snippet).unwrap();
    let ran = Command::new(interpreter)
        .arg(&file)
        .env("NO_PROXY", "127.0.0.1")
        .output()
        .unwrap();
    fs::remove_file(file).unwrap();
    let said = String::from_utf8_lossy(&ran.stdout).into_owned();
    assert!(
        ran.status.success(),
        "{name}: {said}{}",
        String::from_utf8_lossy(&ran.stderr)
    );
    said
}

/// Whether a program runs; a snippet whose program is missing is left out, and the test says so.
#[expect(
    clippy::print_stderr,
    reason = "who reads the test's output must learn what was left out"
)]
fn runs(program: &str, arguments: &[&str]) -> bool {
    let runs = Command::new(program)
        .args(arguments)
        .output()
        .is_ok_and(|ran| ran.status.success());
    if !runs {
        eprintln!(
            "left out: {program} {} does not run on this machine",
            arguments.join(" ")
        );
    }
    runs
}

#[test]
fn the_documents_javascript_runs_as_printed() {
    if !runs("node", &["--version"]) {
        return;
    }
    let minimal = run_snippet("minimal.mjs", "node", &unique());
    assert!(
        minimal.contains("success: true") && minimal.contains("call_history_id: '"),
        "{minimal}"
    );
    let id = unique();
    let complete = run_snippet("complete.mjs", "node", &id);
    assert!(
        complete.starts_with("Call recorded with ID: "),
        "{complete}"
    );
    assert_eq!(
        run_snippet("complete.mjs", "node", &id),
        complete,
        "sent again: the same record"
    );
}

#[test]
fn the_documents_python_runs_as_printed() {
    if !runs("python3", &["-c", "import requests"]) {
        return;
    }
    let id = unique();
    let first = run_snippet("python.py", "python3", &id);
    assert!(first.starts_with("Success! Call ID: "), "{first}");
    // Its call_date is the present: another body, the same call.
    assert_eq!(run_snippet("python.py", "python3", &id), first);
}

#[test]
fn the_documents_php_runs_as_printed() {
    if !runs(
        "php",
        &["-r", "exit(function_exists('curl_init') ? 0 : 1);"],
    ) {
        return;
    }
    let said = run_snippet("php.php", "php", &unique());
    assert!(
        said.trim_start().starts_with("Success! Call ID: "),
        "{said}"
    );
}

#[tokio::test]
async fn a_captured_call_shows_in_its_outcome_through_the_deployed_stack() {
    let stack = stack();
    let body = json!({
        "company_id": stack.value("CALL_CAPTURE_COMPANY_ID"), "external_call_id": unique(),
        "start_time": "2025-11-25T10:30:00Z", "end_time": "2025-11-25T10:35:20Z", "call_status": "completed"
    });
    let post = client()
        .post(stack.url("/functions/v1/webhook-call-capture"))
        .json(&body);
    let answer = stack
        .send(post.header("x-api-key", stack.value("CALL_CAPTURE_API_KEY")))
        .await;
    assert_eq!(answer.status, 201, "{}", answer.body);
    let id = answer.body["data"]["call_history_id"].as_str().unwrap();
    let outcome = stack.outcome(id, stack.value("RINGPOST_TENANT")).await;
    assert_eq!(outcome.status, 200, "{}", outcome.body);
    assert_eq!(
        (&outcome.body["outcome"], &outcome.body["duration"]),
        (&json!("completed"), &json!(320))
    );
}

#[tokio::test]
async fn the_schedules_sample_is_swept() {
    let world = World::new(None).await;
    let batch = serde_json::from_str(&sample_event("sweep")).unwrap();
    world
        .sweep(&Faults::none(), Clock::system())
        .handle(batch)
        .await;
    let due = world.items("due").await;
    assert_eq!(due.len(), 1, "the watermark");
    assert_eq!(due[0]["slot"].as_s().unwrap(), "watermark");
}
