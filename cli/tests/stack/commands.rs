//! Exit codes, output for scripts, profiles, and the verbs that need no sample.

use std::{net::TcpListener, os::unix::fs::PermissionsExt};

use ringpost_tests::{
    receiver::{Answer, Receiver},
    stack::stack,
};
use serde_json::json;

use crate::program::Person;

#[test]
fn a_failure_has_its_exit_code_and_says_what_to_do_next() {
    let person = Person::administrator();
    let closed = TcpListener::bind("127.0.0.1:0")
        .expect("a port")
        .local_addr()
        .expect("an address");
    let elsewhere = Person::new()
        .with("RINGPOST_URL", &format!("http://{closed}"))
        .with("RINGPOST_TOKEN", "x.y.z");
    let unknown = "00000000-0000-4000-8000-000000000000";
    let cases = [
        (
            person.runs(&["calls", "get", unknown]),
            1,
            "It is not here, or not yours.",
        ),
        (
            person.runs(&["calls", "list", "--direction", "sideways"]),
            1,
            "field direction",
        ),
        (person.runs(&["calls", "sing"]), 2, "--help"),
        (person.runs(&["listen"]), 2, "--forward-to"),
        (Person::new().runs(&["calls", "list"]), 2, "ringpost login"),
        (
            person.runs(&["trigger", "livekit.nothing"]),
            2,
            "ringpost trigger list",
        ),
        (elsewhere.runs(&["calls", "list"]), 3, "try again"),
    ];
    for (ran, code, advice) in cases {
        assert_eq!(ran.code, code, "{ran:?}");
        assert!(ran.stderr.contains(advice), "{advice}: {ran:?}");
        assert_eq!(ran.stdout, "", "{ran:?}");
    }
}

#[test]
fn a_subscription_is_made_tested_changed_and_deleted() {
    let person = Person::administrator();
    let receiver = Receiver::start();
    let url = receiver.url("/hook");
    let made = person.json(&[
        "subscriptions",
        "create",
        "--url",
        &url,
        "--events",
        "call.completed,call.updated",
    ]);
    assert_eq!(
        made[0].get("secret"),
        None,
        "a secret is printed only where that is asked for"
    );
    let id = made[0]["id"].to_string();
    assert_eq!(
        person.json(&["subscriptions", "list"])[0]["url"],
        json!(url)
    );

    let rotated = person.json(&["subscriptions", "rotate", &id, "--overlap-seconds", "0"]);
    let secret = rotated[0]["secret"].as_str().expect("a secret").to_owned();
    let tested = person.json(&["subscriptions", "test", &id]);
    assert_eq!(tested[0]["success"], json!(true));
    let delivered = receiver.requests().remove(0);
    assert!(delivered.is_signed_with(&secret));

    // What arrived, as `verify` reads it: the whole request, then a changed one.
    let headers: String = delivered
        .headers
        .iter()
        .map(|(name, value)| format!("{name}: {}\n", value.to_str().expect("text")))
        .collect();
    let body = String::from_utf8(delivered.body.to_vec()).expect("JSON");
    let verify = |body: &str| {
        person.runs(&[
            "verify",
            "--secret",
            &secret,
            "--headers",
            &headers,
            "--body",
            body,
        ])
    };
    assert_eq!(verify(&body).code, 0);
    let changed = verify(&format!("{body}\n"));
    assert_eq!(
        (
            changed.code,
            changed.stderr.contains("white space around the body")
        ),
        (1, true),
        "{changed:?}"
    );

    receiver.play(Answer::Status(500));
    let failed = person.runs(&["subscriptions", "test", &id]);
    assert_eq!(
        (failed.code, failed.stderr.contains("answered 500")),
        (4, true),
        "{failed:?}"
    );

    let changed = person.json(&[
        "subscriptions",
        "update",
        &id,
        "--status",
        "inactive",
        "--name",
        "CRM",
    ]);
    assert_eq!(
        (&changed[0]["status"], &changed[0]["name"]),
        (&json!("inactive"), &json!("CRM"))
    );
    assert_eq!(
        person
            .runs(&["subscriptions", "recover", &id, "--since", "1h"])
            .code,
        1
    );
    assert_eq!(person.runs(&["subscriptions", "delete", &id]).code, 0);
    assert_eq!(person.runs(&["subscriptions", "delete", &id]).code, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failed_delivery_is_found_resent_and_recovered() {
    let person = Person::administrator();
    let receiver = Receiver::answering(Answer::Status(500));
    let once = r#"{"retryConfig":{"maxAttempts":1}}"#;
    let made = person.json(&[
        "subscriptions",
        "create",
        "--url",
        &receiver.url("/"),
        "--events",
        "campaign.started",
        "--data",
        once,
    ]);
    let subscription = made[0]["id"].to_string();
    let published = person.json(&[
        "events",
        "publish",
        "campaign.started",
        "--data",
        r#"{"campaignId":"c1"}"#,
    ]);
    let message = published[0]["eventId"].as_str().expect("an id").to_owned();

    let tail = ["deliveries", "tail", "--status", "failed", "--max", "1"];
    let failed = person.json(&tail);
    assert_eq!(failed[0]["messageId"], json!(message));
    let id = failed[0]["id"].to_string();
    let shown = person.runs(&["events", "get", &id]);
    assert!(
        shown.stdout.contains("500") && shown.stdout.contains("campaignId"),
        "{shown:?}"
    );

    let refused = person.runs(&["events", "resend", &id, "--wait"]);
    assert_eq!(refused.code, 4, "{refused:?}");
    receiver.play(Answer::Status(200));
    let job = person.json(&[
        "subscriptions",
        "recover",
        &subscription,
        "--since",
        "10m",
        "--wait",
    ]);
    assert_eq!(
        (&job[0]["status"], &job[0]["requeued"]),
        (&json!("done"), &json!(1))
    );
    receiver.wait_for(3).await;
    assert!(
        receiver
            .requests()
            .iter()
            .all(|request| request.message_id() == message)
    );
    let resent = person.runs(&["events", "resend", &id, "--wait"]);
    assert_eq!(
        resent.code, 1,
        "a delivery that succeeded is not resent: {resent:?}"
    );
}

#[test]
fn a_login_is_saved_for_the_user_only_and_shows_no_token() {
    let (url, token) = (stack().url(""), stack().value("RINGPOST_TOKEN").to_owned());
    let person = Person::new();
    let wrong = Person::new()
        .with("RINGPOST_TOKEN", "x.y.z")
        .runs(&["login", "--url", &url]);
    assert_eq!(
        (wrong.code, wrong.stderr.contains("Saved")),
        (1, false),
        "{wrong:?}"
    );

    let logged_in = person.runs_on_the_stack(&["login", "--profile", "mine"]);
    assert_eq!(logged_in.code, 0, "{logged_in:?}");
    let file = person.file("profiles.json");
    let mode = std::fs::metadata(&file)
        .expect("a file")
        .permissions()
        .mode();
    assert_eq!(mode & 0o777, 0o600);
    let who = person.json(&["whoami"]);
    assert_eq!(
        (&who[0]["url"], &who[0]["tenant"], &who[0]["stage"]),
        (&json!(url), &json!("demo"), &json!("local"))
    );
    for printed in [&logged_in.stdout, &logged_in.stderr, &who[0].to_string()] {
        assert!(!printed.contains(&token));
    }
    assert_eq!(person.runs(&["whoami", "--profile", "other"]).code, 2);
}

#[test]
fn every_list_is_lines_of_json_for_scripts() {
    let person = Person::new();
    for list in [
        &["calls", "list"][..],
        &["events", "list", "--limit", "3"],
        &["subscriptions", "list"],
        &["trigger", "list"],
    ] {
        let ran = person.runs_on_the_stack(&[list, &["--json"]].concat());
        assert_eq!(ran.code, 0, "{ran:?}");
        ran.json();
    }
    let shell = person.runs(&["completions", "bash"]);
    assert!(shell.stdout.contains("_ringpost"));
    let help = person.runs(&["--help"]);
    assert_eq!((help.code, help.stdout.contains("Exit codes")), (0, true));
}
