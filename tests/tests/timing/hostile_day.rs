//! A hostile tenant's day: it claims, floods, points a subscription at another's endpoint, forges, rotates,
//! erases; the other tenant's answers and deliveries are those of a quiet day, and come as soon.

use std::{
    cell::Cell,
    collections::BTreeMap,
    time::{Duration, Instant},
};

use futures::{future::join_all, join};
use http::Method;
use reqwest::{Client, RequestBuilder};
use ringpost_tests::{
    ask::admin,
    livekit::{authorization, hmac_signature, now_seconds, sign_jwt, sip_call, unique},
    receiver::Receiver,
    stack::{Answer, Stack, client, eventually, stack},
};
use serde_json::{Value, json};
use tokio::time::sleep;

const CONFIGS: &str = "/api/webhooks/config";
const CALL_LIST: &str = "/api/calls?limit=100";
const HISTORY: &str = "/api/webhooks/events?limit=100";
/// Calls of a day.
const CALLS: usize = 10;
/// What is reported of each: its room opens, the caller joins and leaves, the room is closed.
const EVENTS: [usize; 4] = [0, 1, 4, 6];
/// What of an outcome differs from call to call.
const IDS: [&str; 7] = [
    "id",
    "livekitRoomName",
    "livekitRoomSid",
    "sipCallId",
    "callSid",
    "createdAt",
    "updatedAt",
];
/// Requests of the flood at once: two of each kind, for a function has room for ten, of all tenants.
const VOLLEY: u32 = 8;

/// What the platform assigns: the kinds, and names as they stand in a path.
type Names = [(&'static str, String); 3];

fn names() -> Names {
    let unique = unique();
    let number = 9_792_000_000 + u64::from_str_radix(&unique, 16).unwrap() % 8_000_000;
    let number = ("phone-numbers", format!("%2B1{number}"));
    [
        number,
        ("agents", format!("agent-{unique}")),
        ("campaigns", format!("campaign-{unique}")),
    ]
}

/// A tenant, as its administrator asks.
struct Tenant {
    stack: &'static Stack,
    client: Client,
    id: String,
    token: String,
    names: Names,
    number: String,
    /// The ids of its active subscription and of its key; what signs its deliveries.
    config: u64,
    key: String,
    secret: String,
}

impl Tenant {
    /// A tenant with what the platform assigns, a key, and subscriptions of these states at one endpoint.
    async fn new(name: &str, receiver: &Receiver, subscriptions: &[&str]) -> Self {
        let (stack, client, id, names) =
            (stack(), client(), format!("{name}-{}", unique()), names());
        let (token, number) = (stack.token(admin(&id)), names[0].1.replace("%2B", "+"));
        let (config, key, secret) = (0, String::new(), String::new());
        let mut tenant = Self {
            stack,
            client,
            id,
            token,
            names,
            number,
            config,
            key,
            secret,
        };
        for (kind, name) in &tenant.names {
            let put = tenant
                .client
                .put(stack.url(&format!("/api/directory/{kind}/{name}")));
            let put = put.bearer_auth(stack.value("RINGPOST_PLATFORM_TOKEN"));
            let body = json!({ "tenantId": tenant.id, "name": name, "userId": "user_day" });
            assert_eq!(tenant.send(put.json(&body)).await.status, 200, "{kind}");
        }
        let order =
            json!({ "companyId": "7c8693c6-976e-4324-9123-2c1d811605f9", "name": "dialer" });
        let made = tenant
            .ask(Method::POST, "/api/directory/api-keys", &order)
            .await;
        made.body["apiKey"]["id"]
            .as_str()
            .unwrap()
            .clone_into(&mut tenant.key);
        for status in subscriptions {
            let (url, types) = (
                receiver.url("/hooks"),
                ["call.completed", "campaign.started"],
            );
            let body =
                json!({ "name": tenant.id, "url": url, "eventTypes": types, "status": status });
            let made = tenant.ask(Method::POST, CONFIGS, &body).await;
            assert_eq!(made.status, 201, "{made:?}");
            tenant.config = made.body["webhook"]["id"].as_u64().unwrap();
            made.body["webhook"]["secret"]
                .as_str()
                .unwrap()
                .clone_into(&mut tenant.secret);
        }
        tenant
    }

    /// A webhook that nobody has signed.
    fn webhook(&self, path: &str, body: &Value) -> RequestBuilder {
        self.client.post(self.stack.url(path)).json(body)
    }

    /// LiveKit's event, signed by the platform's account as far as this is its secret.
    fn livekit(&self, secret: &str, event: &Value) -> RequestBuilder {
        let signed = authorization(
            self.stack.value("LIVEKIT_API_KEY"),
            secret,
            event.to_string().as_bytes(),
        );
        self.webhook("/api/webhooks/call_completed", event)
            .header("authorization", signed)
    }

    /// Whoever sends whatever: nothing breaks.
    async fn send(&self, request: RequestBuilder) -> Answer {
        let answer = self.stack.send(request).await;
        assert!(answer.status < 500, "{answer:?}");
        answer
    }

    async fn ask(&self, method: Method, path: &str, body: &Value) -> Answer {
        let request = self
            .client
            .request(method, self.stack.url(path))
            .bearer_auth(&self.token);
        self.send(request.header("idempotency-key", unique()).json(body))
            .await
    }

    async fn get(&self, path: &str) -> Answer {
        self.ask(Method::GET, path, &json!({})).await
    }

    /// What it configured and was assigned.
    async fn belongings(&self) -> Vec<Answer> {
        let key = format!("/api/directory/api-keys/{}", self.key);
        let mut paths = vec![format!("{CONFIGS}/{}", self.config), key];
        paths.extend(
            self.names
                .iter()
                .map(|(kind, name)| format!("/api/directory/{kind}/{name}")),
        );
        let answers = join_all(paths.iter().map(|path| self.get(path))).await;
        assert!(
            answers.iter().all(|answer| answer.status == 200),
            "{answers:?}"
        );
        answers
    }

    /// Tries something on what another has and on what nobody has: the answers are the same.
    async fn tries(&self, ids: [&str; 2], method: Method, path: &str, body: Value, status: u16) {
        let mut answers = Vec::new();
        for id in ids {
            let answer = self
                .ask(method.clone(), &path.replace('#', id), &body)
                .await;
            answers.push((answer.status, answer.body.to_string().replace(id, "#")));
        }
        assert_eq!(answers[0], answers[1], "{method} {path} {body}");
        assert_eq!(answers[0].0, status, "{method} {path} {body}: {answers:?}");
    }

    /// Volleys of questions about its own and of events of its own, until `over`. How many there were.
    async fn floods(&self, call: &str, over: &Cell<bool>) -> u32 {
        let (timeline, mark) = (
            format!("/api/calls/{call}/timeline"),
            json!({ "campaignId": self.id }),
        );
        let event = json!({ "eventType": "campaign.started", "payload": mark });
        let mut volleys = 0;
        while !over.get() {
            let shots = (0..VOLLEY).map(async |shot: u32| match shot % 4 {
                0 => self.get(CALL_LIST).await,
                1 => self.get("/api/calls/stats").await,
                2 => self.get(&timeline).await,
                _ => self.ask(Method::POST, "/api/events", &event).await,
            });
            for answer in join_all(shots).await {
                assert!([200, 202, 429].contains(&answer.status), "{answer:?}");
            }
            volleys += 1;
            sleep(Duration::from_millis(100)).await;
        }
        volleys
    }
}

/// What is seen of a call: its outcome, how often it is listed, where its history stands, what was posted.
#[derive(Debug, PartialEq)]
struct Seen {
    outcome: Value,
    listed: usize,
    history: Vec<String>,
    posts: BTreeMap<String, usize>,
}

/// A day of a tenant: the ids of its calls and of a delivery, what it saw of them, what it asked with the
/// status of each answer, and how long each took.
#[derive(Default)]
struct Day {
    calls: Vec<String>,
    delivery: u64,
    seen: Vec<Seen>,
    statuses: Vec<(String, u16)>,
    latencies: Vec<Duration>,
}

impl Day {
    /// What a tenant does every day: its calls are reported, and it asks what became of them.
    async fn of(tenant: &Tenant, receiver: &Receiver) -> Self {
        let mut day = Self::default();
        for _ in 0..CALLS {
            day.report(tenant).await;
        }
        day.settle(tenant).await;
        day.look(tenant, receiver).await;
        day.latencies.sort_unstable();
        day
    }

    async fn timed(&mut self, what: &str, answer: impl Future<Output = Answer>) -> Value {
        let begun = Instant::now();
        let answer = answer.await;
        self.latencies.push(begun.elapsed());
        self.statuses.push((what.to_owned(), answer.status));
        answer.body
    }

    /// The platform's LiveKit account reports a call on the tenant's number.
    async fn report(&mut self, tenant: &Tenant) {
        let (events, mut told) = (sip_call(&unique(), &tenant.number), Value::Null);
        let secret = tenant.stack.value("LIVEKIT_API_SECRET");
        for event in EVENTS.map(|place| &events[place]) {
            let answer = tenant.send(tenant.livekit(secret, event));
            told = self.timed(event["event"].as_str().unwrap(), answer).await;
        }
        self.calls
            .push(told["call_id"].as_str().unwrap().to_owned());
    }

    /// Waits until all is told. How often that is asked depends on the machine: it is no part of the day.
    async fn settle(&self, tenant: &Tenant) {
        eventually("every event and delivery", async || {
            let history = tenant.get(HISTORY).await.body;
            let is_done =
                |row: &&Value| row["status"] == "processed" || row["status"] == "delivered";
            let done = |call: &String| rows(&history, call).filter(is_done).count();
            self.calls
                .iter()
                .all(|call| done(call) > EVENTS.len())
                .then_some(())
        })
        .await;
    }

    async fn look(&mut self, tenant: &Tenant, receiver: &Receiver) {
        let list = self.timed("list", tenant.get(CALL_LIST)).await;
        let history = self.timed("history", tenant.get(HISTORY)).await;
        for call in self.calls.clone() {
            let path = format!("/api/calls/{call}/outcome?user_id=user_day");
            let mut outcome = self.timed("outcome", tenant.get(&path)).await;
            outcome
                .as_object_mut()
                .unwrap()
                .retain(|name, _| !IDS.contains(&name.as_str()));
            let listed = list["calls"].as_array().into_iter().flatten();
            let listed = listed.filter(|listed| listed["id"] == *call).count();
            let mut delivery = rows(&history, &call).filter(|row| row["direction"] == "outbound");
            self.delivery = delivery.next().unwrap()["id"].as_u64().unwrap();
            let stands =
                |row: &Value| format!("{} {} {}", row["eventType"], row["status"], row["attempts"]);
            let mut history: Vec<String> = rows(&history, &call).map(stands).collect();
            history.sort_unstable();
            self.seen.push(Seen {
                outcome,
                listed,
                history,
                posts: posts(receiver, tenant, &call),
            });
        }
    }
}

/// The rows of a history that are about a call.
fn rows<'a>(history: &'a Value, call: &'a str) -> impl Iterator<Item = &'a Value> {
    let rows = history["events"].as_array().into_iter().flatten();
    rows.filter(move |row| row["callId"] == *call)
}

/// How often each type was posted about a call, signed with the tenant's secret.
fn posts(receiver: &Receiver, tenant: &Tenant, call: &str) -> BTreeMap<String, usize> {
    let mut posts = BTreeMap::new();
    for post in receiver.requests() {
        let body = post.json();
        if body["data"]["callLogId"] == *call && post.is_signed_with(&tenant.secret) {
            *posts
                .entry(body["type"].as_str().unwrap().to_owned())
                .or_insert(0) += 1;
        }
    }
    posts
}

/// Claims, reads, rotates, tests, recovers, retries and erases what the good tenant has.
async fn acts(hostile: &Tenant, good: &Tenant, quiet: &Day) {
    let (config, delivery, nobodys) =
        (good.config.to_string(), quiet.delivery.to_string(), names());
    let config = [config.as_str(), "999999"];
    let call = [
        quiet.calls[0].as_str(),
        "00000000-0000-5000-8000-000000000000",
    ];
    let delivery = [delivery.as_str(), "194060523520349"];
    let key = [good.key.as_str(), "00000000-0000-4000-8000-000000000000"];
    let campaign = [good.names[2].1.as_str(), nobodys[2].1.as_str()];
    // What a test, a rotation and a recovery read, each its own.
    let order = json!({ "eventType": "call.completed", "since": "2026-01-01T00:00:00Z" });
    for (ids, method, path, body, status) in [
        (
            config,
            Method::GET,
            "/api/webhooks/config/#",
            json!({}),
            404,
        ),
        (
            config,
            Method::PUT,
            "/api/webhooks/config/#",
            json!({ "status": "inactive" }),
            404,
        ),
        (
            config,
            Method::POST,
            "/api/webhooks/config/#/rotate-secret",
            order.clone(),
            404,
        ),
        (
            config,
            Method::POST,
            "/api/webhooks/config/#/test",
            order.clone(),
            404,
        ),
        (
            config,
            Method::POST,
            "/api/webhooks/config/#/recover",
            order.clone(),
            404,
        ),
        (
            config,
            Method::DELETE,
            "/api/webhooks/config/#",
            json!({}),
            404,
        ),
        (
            config,
            Method::GET,
            "/api/webhooks/events?webhookConfigId=#",
            json!({}),
            200,
        ),
        (
            call,
            Method::GET,
            "/api/calls/#/outcome?user_id=user_day",
            json!({}),
            404,
        ),
        (call, Method::GET, "/api/calls/#/timeline", json!({}), 404),
        (
            call,
            Method::GET,
            "/api/webhooks/events?callId=#",
            json!({}),
            200,
        ),
        (
            delivery,
            Method::GET,
            "/api/webhooks/events/#",
            json!({}),
            404,
        ),
        (
            delivery,
            Method::POST,
            "/api/webhooks/events/#/retry",
            json!({}),
            404,
        ),
        (
            key,
            Method::GET,
            "/api/directory/api-keys/#",
            json!({}),
            404,
        ),
        (
            key,
            Method::DELETE,
            "/api/directory/api-keys/#",
            json!({}),
            404,
        ),
        (
            campaign,
            Method::GET,
            "/api/leads?campaignId=#&phoneNumber=%2B15105550123",
            json!({}),
            200,
        ),
    ] {
        hostile.tries(ids, method, path, body, status).await;
    }
    for ((kind, theirs), (_, nobodys)) in good.names.iter().zip(&nobodys) {
        for (method, body, status) in [
            (Method::GET, json!({}), 404),
            (
                Method::PUT,
                json!({ "name": "mine", "tenantId": hostile.id }),
                404,
            ),
            (
                Method::PUT,
                json!({ "name": "mine", "tenantId": good.id }),
                403,
            ),
            (Method::DELETE, json!({}), 403),
        ] {
            hostile
                .tries(
                    [theirs, nobodys],
                    method,
                    &format!("/api/directory/{kind}/#"),
                    body,
                    status,
                )
                .await;
        }
    }
    points(hostile).await;
    forges(hostile, good).await;
}

/// Points subscriptions at internal addresses; tests and rotates the one that leads to the good tenant.
async fn points(hostile: &Tenant) {
    let own = format!("{CONFIGS}/{}", hostile.config);
    for url in [
        "https://169.254.169.254/latest/meta-data/",
        "http://10.0.0.1/",
        "https://[fd00:ec2::254]/",
    ] {
        let body = json!({ "name": "inside", "url": url, "eventTypes": ["campaign.started"] });
        for (method, path) in [(Method::POST, CONFIGS), (Method::PUT, own.as_str())] {
            let refused = hostile.ask(method, path, &body).await;
            assert_eq!(
                (refused.status, &refused.body["field"]),
                (400, &json!("url")),
                "{url}"
            );
        }
    }
    // The old secret signs along for a day: what is posted after the rotation has two signatures.
    for act in ["test", "rotate-secret"] {
        let body = json!({ "eventType": "call.completed" });
        let done = hostile
            .ask(Method::POST, &format!("{own}/{act}"), &body)
            .await;
        assert_eq!(
            (done.status, &done.body["success"]),
            (200, &json!(true)),
            "{act}"
        );
    }
}

/// Signs events about the good tenant's number and agent, and tokens of its administrator, as well as it can.
async fn forges(hostile: &Tenant, good: &Tenant) {
    let (stack, secret, events) = (
        hostile.stack,
        hostile.secret.as_str(),
        sip_call(&unique(), &good.number),
    );
    let call = json!({ "CallSid": format!("CA{}", unique()), "CallStatus": "completed", "To": good.number });
    let talk =
        json!({ "type": "post_call_transcription", "data": { "agent_id": good.names[1].1 } });
    let unsigned = [
        ("/api/webhooks/signalwire", call),
        ("/api/webhooks/elevenlabs", talk),
    ];
    let mut forged = Vec::from(unsigned.map(|(path, body)| hostile.webhook(path, &body)));
    for event in EVENTS.map(|place| &events[place]) {
        let signature = hmac_signature(secret, event.to_string().as_bytes());
        let post = hostile.webhook("/api/v1/webhooks/livekit/events", event);
        forged.extend([
            hostile.livekit(secret, event),
            post.header("x-livekit-signature", signature),
        ]);
    }
    let mut claims = admin(&good.id);
    // Even the right secret signs no token that is valid for ever.
    let mut tokens = vec![sign_jwt(stack.value("RINGPOST_JWT_SECRET"), &claims)];
    claims["exp"] = json!(now_seconds() + 600);
    tokens.extend(
        [secret, "a secret that somebody has guessed"].map(|secret| sign_jwt(secret, &claims)),
    );
    for path in [CALL_LIST, HISTORY, CONFIGS, "/api/directory/api-keys"] {
        forged.extend(
            tokens
                .iter()
                .map(|token| hostile.client.get(stack.url(path)).bearer_auth(token)),
        );
    }
    for request in forged {
        let answer = hostile.send(request).await;
        assert_eq!(answer.status, 401, "{answer:?}");
    }
}

/// Whatever was posted is signed with the secret of the tenant that it tells of, and with no other's.
fn assert_unmixed(receiver: &Receiver, good: &Tenant, hostile: &Tenant, calls: &[String]) {
    let mut of_hostile = 0;
    for post in receiver.requests() {
        let text = String::from_utf8_lossy(&post.body);
        let is_goods = post.is_signed_with(&good.secret);
        assert_ne!(is_goods, post.is_signed_with(&hostile.secret), "{text}");
        assert_eq!(
            calls.iter().any(|call| text.contains(call)),
            is_goods,
            "{text}"
        );
        let other = if is_goods { hostile } else { good };
        assert!(
            !text.contains(&other.id) && !text.contains(&other.number),
            "{text}"
        );
        of_hostile += usize::from(!is_goods);
    }
    assert!(
        of_hostile > 0,
        "the hostile tenant's subscription leads to the good one's endpoint"
    );
}

#[tokio::test]
async fn a_hostile_tenants_day_changes_nothing_for_the_others() {
    let receiver = Receiver::start();
    // Each tenant counts its subscriptions from 1: the good one's second is none that the hostile one has.
    let good = Tenant::new("good", &receiver, &["inactive", "active"]).await;
    let hostile = Tenant::new("hostile", &receiver, &["active"]).await;
    let quiet = Day::of(&good, &receiver).await;
    assert!(
        quiet.statuses.iter().all(|(_, status)| *status == 200),
        "{:?}",
        quiet.statuses
    );
    for seen in &quiet.seen {
        assert_eq!(
            (&seen.outcome["outcome"], seen.listed),
            (&json!("completed"), 1)
        );
        assert_eq!(
            seen.history.len(),
            EVENTS.len() + 1,
            "all that was told of it, and one delivery"
        );
        assert_eq!(seen.history[0], r#""call.completed" "delivered" 1"#);
        assert_eq!(
            seen.posts,
            BTreeMap::from([("call.completed".to_owned(), 1)])
        );
    }

    let (belongings, over, mut own) = (good.belongings().await, Cell::new(false), Day::default());
    own.report(&hostile).await;
    let busy = async {
        let busy = Day::of(&good, &receiver).await;
        over.set(true);
        busy
    };
    let floods = hostile.floods(&own.calls[0], &over);
    let (busy, (), volleys) = join!(busy, acts(&hostile, &good, &quiet), floods);
    // What is left of the flood is not posted to an endpoint that is no more.
    hostile
        .ask(
            Method::DELETE,
            &format!("{CONFIGS}/{}", hostile.config),
            &json!({}),
        )
        .await;
    assert_eq!((&busy.statuses, &busy.seen), (&quiet.statuses, &quiet.seen));
    assert_eq!(good.belongings().await, belongings);
    assert_eq!(
        good.get(CALL_LIST).await.body["count"],
        2 * CALLS,
        "no call was forged"
    );
    assert_eq!(hostile.get(CALL_LIST).await.body["count"], 1);
    for (call, seen) in quiet.calls.iter().zip(&quiet.seen) {
        assert_eq!(
            posts(&receiver, &good, call),
            seen.posts,
            "nothing came twice later on"
        );
    }
    assert_unmixed(
        &receiver,
        &good,
        &hostile,
        &[&quiet.calls[..], &busy.calls[..]].concat(),
    );

    // Here one interpreter plays all of AWS: a request takes its turn among a volley and another act, so that
    // ten times as long is a fair share, and two cores deliver what the flood publishes. What the bound finds
    // is a tenant that waits for another's work, behind a lock, in a queue or for a retry: for seconds.
    let middle = |day: &Day| {
        (
            day.latencies[day.latencies.len() / 2],
            *day.latencies.last().unwrap(),
        )
    };
    let ((was, longest_was), (is, longest)) = (middle(&quiet), middle(&busy));
    let is_fair = is <= was * (VOLLEY + 2) + Duration::from_millis(250);
    assert!(
        is_fair,
        "{is:?} ({longest:?}) beside {volleys} volleys, {was:?} ({longest_was:?}) before"
    );
}
