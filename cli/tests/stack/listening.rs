//! `listen`: from the stage to a target on this machine.

use ringpost_tests::{
    receiver::{Answer, Receiver},
    stack::eventually,
};
use serde_json::json;

use crate::program::Person;

fn publish(person: &Person, event_type: &str, number: u64) -> String {
    let data = json!({ "campaignId": "c1", "number": number }).to_string();
    let published = person.json(&["events", "publish", event_type, "--data", &data]);
    published[0]["eventId"].as_str().expect("an id").to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_local_stage_posts_to_the_program_which_passes_everything_on() {
    let person = Person::administrator();
    let (all, one) = (Receiver::start(), Receiver::start());
    let mapping = format!("campaign.completed={}", one.url("/one"));
    let arguments = [
        "listen",
        "--forward-to",
        &all.url("/all"),
        "--map",
        &mapping,
        "--max",
        "2",
        "--print-secret",
        "--json",
    ];
    let mut listening = person.starts(&arguments, "· subscription");
    let secret = listening.said("whsec_");

    let (started, completed) = (
        publish(&person, "campaign.started", 1),
        publish(&person, "campaign.completed", 2),
    );
    let (at_all, at_one) = (
        all.wait_for(1).await.remove(0),
        one.wait_for(1).await.remove(0),
    );
    assert_eq!(
        (at_all.message_id(), at_one.message_id()),
        (started.as_str(), completed.as_str())
    );
    for request in [&at_all, &at_one] {
        assert!(
            request.is_signed_with(&secret),
            "the bytes and the headers are those of the stage"
        );
        assert!(request.header("user-agent").starts_with("Ringpost/"));
    }
    let ended = listening.ended();
    assert_eq!((ended.code, ended.json().len()), (0, 2), "{ended:?}");
    assert_eq!(
        person.json(&["subscriptions", "list"]),
        [json!(null); 0],
        "its subscription is deleted"
    );
    let id = person.json(&["events", "list", "--webhook-id", &started]);
    assert_eq!(id.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_targets_failure_reaches_the_stage_and_the_exit_code() {
    let person = Person::administrator();
    let target = Receiver::answering(Answer::Status(418));
    let listening = person.starts(
        &["listen", "--forward-to", &target.url("/"), "--json"],
        "· subscription",
    );
    publish(&person, "campaign.started", 1);
    target.wait_for(1).await;
    let attempt = eventually("the attempt in the history", async || {
        let events = person.json(&["events", "list", "--direction", "outbound"]);
        events
            .into_iter()
            .find(|event| !event["responseData"].is_null())
    });
    assert_eq!(attempt.await["responseData"]["statusCode"], json!(418));
    listening.interrupt();
    let ended = listening.ended();
    assert_eq!(
        (ended.code, &ended.json()[0]["status"]),
        (4, &json!(418)),
        "{ended:?}"
    );
    assert_eq!(person.json(&["subscriptions", "list"]), [json!(null); 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_history_is_read_on_from_where_the_last_session_ended() {
    let person = Person::administrator();
    // The customer's own endpoint, whose deliveries are mirrored.
    let endpoint = Receiver::start();
    person.json(&[
        "subscriptions",
        "create",
        "--url",
        &endpoint.url("/"),
        "--events",
        "campaign.started",
    ]);
    publish(&person, "campaign.started", 0);
    endpoint.wait_for(1).await;

    let target = Receiver::start();
    let url = target.url("/");
    let session = |max: &'static str| {
        [
            "listen",
            "--poll",
            "--forward-to",
            &url,
            "--max",
            max,
            "--print-secret",
            "--json",
        ]
        .map(str::to_owned)
    };
    let start = |arguments: [String; 8]| {
        let arguments = arguments.each_ref().map(String::as_str);
        let mut listening = person.starts(&arguments, "· reading the history");
        let secret = listening.said("whsec_");
        (listening, secret)
    };
    let (listening, secret) = start(session("1"));
    let first = publish(&person, "campaign.started", 1);
    let received = target.wait_for(1).await.remove(0);
    assert!(received.is_signed_with(&secret));
    assert_eq!(
        (received.message_id(), &received.json()["type"]),
        (first.as_str(), &json!("campaign.started"))
    );
    assert_eq!(
        received.json()["data"],
        endpoint.wait_for(2).await[1].json()["data"]
    );
    assert_eq!(listening.ended().code, 0);

    let missed = [
        publish(&person, "campaign.started", 2),
        publish(&person, "campaign.started", 3),
    ];
    endpoint.wait_for(4).await;
    let (listening, _) = start(session("2"));
    assert_eq!(listening.ended().code, 0);
    let received = target.requests();
    let mut later: Vec<_> = received[1..]
        .iter()
        .map(|request| request.message_id().to_owned())
        .collect();
    later.sort();
    let mut missed = missed.to_vec();
    missed.sort();
    assert_eq!(later, missed);

    let since = person.json(&[
        "listen",
        "--forward-to",
        &url,
        "--since",
        "10m",
        "--max",
        "4",
    ]);
    assert_eq!(since.len(), 4, "the whole history of these minutes");
}
