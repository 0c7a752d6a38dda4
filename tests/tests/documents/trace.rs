//! `make trace`: the whole way of one call, from whatever names it, and nothing that a terminal must not show.

use std::process::Output;

use ringpost_tests::{
    commands::{operate, printed},
    livekit::{authorization, sip_call, unique},
    receiver::{Answer, Receiver},
    stack::{Stack, client, eventually, stack},
    world::World,
};
use serde_json::{Value, json};

/// The path of the customer's endpoint: it may be a credential.
const PATH: &str = "/private-path";
/// The caller of `sip_call`.
const CALLER: &str = "5105550123";

fn trace(arguments: &[&str]) -> Output {
    operate("trace", arguments)
}

/// A tenant of its own with a line, and one subscription.
struct Tenant {
    stack: &'static Stack,
    name: String,
    line: String,
    token: String,
    secret: String,
}

impl Tenant {
    async fn new(unique: &str, url: &str) -> Self {
        let stack = stack();
        let digits = u64::from_str_radix(unique, 16).unwrap() % 8_000_000;
        let (name, line) = (
            format!("t{unique}"),
            format!("+1{}", 4_082_000_000 + digits),
        );
        World::deployed()
            .await
            .assign_number(&line, &name, "user_trace")
            .await;
        let token =
            stack.token(json!({ "sub": "admin_trace", "tenant_id": name, "role": "admin" }));
        let config = json!({
            "name": "CRM of (408) 555-1234", "url": url, "eventTypes": ["call.completed"],
            "retryConfig": { "maxAttempts": 3, "initialDelay": 1 }
        });
        let request = client()
            .post(stack.url("/api/webhooks/config"))
            .bearer_auth(&token)
            .json(&config);
        let made = stack.send(request).await;
        assert_eq!(made.status, 201, "{}", made.body);
        let secret = made.body["webhook"]["secret"].as_str().unwrap().to_owned();
        Self {
            stack,
            name,
            line,
            token,
            secret,
        }
    }

    async fn livekit(&self, payload: &Value) {
        let (stack, body) = (self.stack, payload.to_string());
        let (key, secret) = (
            stack.value("LIVEKIT_API_KEY"),
            stack.value("LIVEKIT_API_SECRET"),
        );
        let request = client()
            .post(stack.url("/api/v1/webhooks/livekit/events"))
            .header("content-type", "application/webhook+json")
            .header("authorization", authorization(key, secret, body.as_bytes()));
        let answer = stack.send(request.body(body)).await;
        assert_eq!(answer.status, 200, "{answer:?}");
    }

    /// The row of the delivery, as soon as it is delivered.
    async fn delivered(&self) -> String {
        let url = self
            .stack
            .url("/api/webhooks/events?direction=outbound&status=delivered");
        eventually("the delivery", async || {
            let found = self
                .stack
                .send(client().get(&url).bearer_auth(&self.token))
                .await;
            found.body["events"][0]["id"]
                .as_u64()
                .map(|id| id.to_string())
        })
        .await
    }
}

#[tokio::test]
async fn one_call_is_printed_from_any_of_its_names() {
    let (unique, receiver) = (unique(), Receiver::start());
    receiver.play_in_turn(PATH, [500, 200].map(Answer::Status));
    let tenant = Tenant::new(&unique, &receiver.url(PATH)).await;
    for event in sip_call(&unique, &tenant.line) {
        tenant.livekit(&event).await;
    }
    let posted = receiver.wait_for(2).await.into_iter().next().unwrap();
    let row = tenant.delivered().await;
    let (message, body) = (posted.message_id(), posted.json());
    let call = body["data"]["callLogId"].as_str().unwrap();
    let (event, room) = (
        format!("EV_{unique}5"),
        format!("call-_+1{CALLER}_{unique}"),
    );
    let [key, sid, call_sid, sip] =
        ["livekit:EV_", "RM_", "CA", "SCL_"].map(|kind| format!("{kind}{unique}"));

    // The functions' lines come some moments after their work.
    eventually("the line of the second attempt", async || {
        let printed = printed(&trace(&["--id", call]));
        printed
            .contains("result=delivered status_code=200")
            .then_some(())
    })
    .await;
    for arguments in [
        &["--id", message][..],
        &["--id", message, "--call", &call_sid],
        &["--id", &row, "--tenant", &tenant.name],
        &["--id", &event],
        &["--id", &format!("{key}5")],
        &["--id", &sid],
        &["--id", &call_sid],
        &["--id", &sip],
        &["--id", &room],
        &["--id", call],
    ] {
        let done = trace(arguments);
        let printed = printed(&done);
        assert!(done.status.success(), "{arguments:?}: {printed}");
        for part in [
            "outcome completed",
            &format!("Call {call}"),
            &format!("owner        {}, user user_trace", tenant.name),
            &format!("room sid {sid}"),
            "numbers      the other side +…23",
            &format!("received {key}5: participant_left from livekit"),
            "call.completed to subscription 1 (CRM of +…34): delivered after 2 attempts",
            &format!("webhook-id {message}, row {row} of {}", tenant.name),
            "attempt 1 of call.completed to subscription 1 (CRM of +…34): 500",
            "attempt 2 of call.completed to subscription 1 (CRM of +…34): 200",
            "to 127.0.0.1, active",
            "announced call.created to nobody",
            "event processed: ",
            "answered: ",
        ] {
            assert!(
                printed.contains(part),
                "{arguments:?}: {part} is missing in {printed}"
            );
        }
        let national = tenant.line.strip_prefix("+1").unwrap();
        for forbidden in [
            CALLER,
            national,
            "555-1234",
            PATH,
            &tenant.secret,
            &tenant.token,
        ] {
            assert!(
                !printed.contains(forbidden),
                "{arguments:?}: {forbidden} stands in {printed}"
            );
        }
    }
}

#[test]
fn what_is_not_found_says_what_to_try() {
    stack();
    let number = format!("+1{CALLER}");
    for (arguments, reason) in [
        (&["--id", "nothing_of_that_name"][..], "TENANT=acme"),
        (&["--id", "217000000000000"], "add TENANT"),
        (
            &["--id", "217000000000000", "--tenant", "nobody"],
            "has no row",
        ),
        (
            &["--id", "evt_00112233445566778899aabbccddeeff"],
            "AT=… or TENANT=… or CALL=…",
        ),
        (
            &["--id", "evt_00112233445566778899aabbccddeeff"],
            "no terminal to ask on",
        ),
        (
            &[
                "--id",
                "evt_00112233445566778899aabbccddeeff",
                "--call",
                "RM_nobody",
            ],
            "There is no call",
        ),
        (&["--id", &number], "is the name of no call"),
        (
            &["--id", "EV_1", "--at", "yesterday"],
            "must be a time with its zone",
        ),
    ] {
        let refused = trace(arguments);
        assert!(!refused.status.success(), "{arguments:?}");
        assert!(
            printed(&refused).contains(reason),
            "{arguments:?}: {}",
            printed(&refused)
        );
    }
}
