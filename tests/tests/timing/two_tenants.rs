//! A tenant of the deployed stack, as its administrator uses it.

use std::{cell::Cell, time::Duration};

use futures::future::join_all;
use http::Method;
use reqwest::{Client, RequestBuilder};
use ringpost_tests::{
    ask::admin,
    livekit::{authorization, unique},
    receiver::Receiver,
    stack::{Answer, Stack, client, stack},
};
use serde_json::{Value, json};
use tokio::time::sleep;

pub(crate) const CONFIGS: &str = "/api/webhooks/config";
pub(crate) const CALL_LIST: &str = "/api/calls?limit=100";
pub(crate) const HISTORY: &str = "/api/webhooks/events?limit=100";

/// Requests of the flood at once: two of each kind, for a function has room for ten, of all tenants.
pub(crate) const VOLLEY: u32 = 8;

/// What the platform assigns: the kinds, and names as they stand in a path.
type Names = [(&'static str, String); 3];

pub(crate) fn names() -> Names {
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
pub(crate) struct Tenant {
    pub(crate) stack: &'static Stack,
    pub(crate) client: Client,
    pub(crate) id: String,
    pub(crate) token: String,
    pub(crate) names: Names,
    pub(crate) number: String,
    /// The ids of its active subscription and of its key; what signs its deliveries.
    pub(crate) config: u64,
    pub(crate) key: String,
    pub(crate) secret: String,
}

impl Tenant {
    /// A tenant with what the platform assigns, a key, and subscriptions of these states at one endpoint.
    pub(crate) async fn new(name: &str, receiver: &Receiver, subscriptions: &[&str]) -> Self {
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

    /// A webhook without a signature.
    pub(crate) fn webhook(&self, path: &str, body: &Value) -> RequestBuilder {
        self.client.post(self.stack.url(path)).json(body)
    }

    /// LiveKit's event, signed by the platform's account as far as this is its secret.
    pub(crate) fn livekit(&self, secret: &str, event: &Value) -> RequestBuilder {
        let signed = authorization(
            self.stack.value("LIVEKIT_API_KEY"),
            secret,
            event.to_string().as_bytes(),
        );
        self.webhook("/api/webhooks/call_completed", event)
            .header("authorization", signed)
    }

    /// Sends a request, which must not make the stack fail.
    pub(crate) async fn send(&self, request: RequestBuilder) -> Answer {
        let answer = self.stack.send(request).await;
        assert!(answer.status < 500, "{answer:?}");
        answer
    }

    pub(crate) async fn ask(&self, method: Method, path: &str, body: &Value) -> Answer {
        let request = self
            .client
            .request(method, self.stack.url(path))
            .bearer_auth(&self.token);
        self.send(request.header("idempotency-key", unique()).json(body))
            .await
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.ask(Method::GET, path, &json!({})).await
    }

    /// What it configured and was assigned.
    pub(crate) async fn belongings(&self) -> Vec<Answer> {
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

    /// Tries something on what another tenant has and on what does not exist: the answers are the same.
    pub(crate) async fn tries(
        &self,
        ids: [&str; 2],
        method: Method,
        path: &str,
        body: Value,
        status: u16,
    ) {
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
    pub(crate) async fn floods(&self, call: &str, over: &Cell<bool>) -> u32 {
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
