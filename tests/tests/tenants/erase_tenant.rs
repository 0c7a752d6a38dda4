//! A tenant whose store has one person in every form that providers and customers write.

use std::collections::BTreeMap;

use ringpost::{
    domain::{
        directory::{ApiKey, Lead, LeadStatus},
        key::{CallKey, EventKey},
        phone::PhoneNumber,
        timestamp::Timestamp,
    },
    store::directory::Put,
};
use ringpost_tests::{
    livekit::{authorization, sip_call, unique},
    signalwire::{PATH as SIGNALWIRE, form_signature},
    stack::{Stack, client, stack},
    world::World,
};
use serde_json::{Value, json};
use uuid::Uuid;

use super::erase::word;

/// A person who calls.
pub(crate) struct Person {
    pub(crate) unique: String,
    /// Ten digits of North America.
    pub(crate) national: String,
}

impl Person {
    pub(crate) fn new() -> Self {
        let unique = unique();
        let digits = u64::from_str_radix(&unique, 16).unwrap() % 8_000_000;
        Self {
            unique,
            national: (4_082_000_000 + digits).to_string(),
        }
    }

    pub(crate) fn number(&self) -> String {
        format!("+1{}", self.national)
    }

    /// `(408) 555-1234` and `408.555.1234`.
    pub(crate) fn forms(&self) -> [String; 2] {
        let (area, rest) = self.national.split_at_checked(3).unwrap();
        let (exchange, line) = rest.split_at_checked(3).unwrap();
        [
            format!("({area}) {exchange}-{line}"),
            format!("{area}.{exchange}.{line}"),
        ]
    }

    /// Whether a text has the number: as one of the forms, or as digits that are no part of a longer number.
    pub(crate) fn is_in(&self, text: &str) -> bool {
        let stands = text.match_indices(&self.national).any(|(at, national)| {
            let (before, from) = text.split_at_checked(at).unwrap();
            let after = from.strip_prefix(national).unwrap();
            let before: String = before
                .chars()
                .rev()
                .take_while(char::is_ascii_digit)
                .collect();
            ["", "1"].contains(&before.as_str()) && !after.starts_with(|c: char| c.is_ascii_digit())
        });
        stands || self.forms().iter().any(|form| text.contains(form))
    }
}

/// A tenant of its own, with a line, a key for its dialer and two subscriptions.
pub(crate) struct Tenant {
    pub(crate) stack: &'static Stack,
    pub(crate) world: World,
    pub(crate) name: String,
    pub(crate) line: String,
    pub(crate) key: String,
    pub(crate) company: Uuid,
}

impl Tenant {
    pub(crate) async fn new() -> Self {
        let (id, line) = (unique(), Person::new());
        let tenant = Self {
            stack: stack(),
            world: World::deployed().await,
            name: format!("t{id}"),
            line: line.number(),
            key: format!("rpk_{id:0>43}"),
            company: Uuid::new_v4(),
        };
        tenant
            .world
            .assign_number(&tenant.line, &tenant.name, "user_erase")
            .await;
        let key = ApiKey {
            id: Uuid::new_v4(),
            sha256: ApiKey::hash(&tenant.key),
            tenant_id: tenant.name.clone(),
            company_id: tenant.company,
            name: "dialer".to_owned(),
            created_at: Timestamp::EPOCH,
        };
        assert_eq!(tenant.world.directory().put(&key).await.unwrap(), Put::Done);
        tenant
    }

    /// Asks the API as the tenant's administrator.
    pub(crate) async fn post(&self, path: &str, body: &str) -> Value {
        let claims = json!({ "sub": "admin_erase", "tenant_id": self.name, "role": "admin" });
        let request = client()
            .post(self.stack.url(path))
            .bearer_auth(self.stack.token(claims));
        let request = request
            .header("content-type", "application/json")
            .header("idempotency-key", unique());
        let answer = self.stack.send(request.body(body.to_owned())).await;
        assert!((200..300).contains(&answer.status), "{path}: {answer:?}");
        answer.body
    }

    pub(crate) async fn subscribe(&self, url: &str, event_types: &[&str]) {
        let config = json!({
            "name": "erase", "url": url, "eventTypes": event_types,
            "retryConfig": { "maxAttempts": 5, "initialDelay": 7200, "maxDelay": 7200, "backoffFactor": 1 }
        });
        self.post("/api/webhooks/config", &config.to_string()).await;
    }

    pub(crate) async fn livekit(&self, payload: &Value) {
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

    /// A call of the person as LiveKit reports it, its last event too large for one item; the same one as
    /// SignalWire does.
    pub(crate) async fn called_by(&self, person: &Person) {
        let text = Value::from(sip_call(&person.unique, &self.line)).to_string();
        let mut events: Vec<Value> =
            serde_json::from_str(&text.replace("15105550123", &format!("1{}", person.national)))
                .unwrap();
        let mut large = events.first().unwrap().clone();
        large["id"] = json!(format!("EV_{}9", person.unique));
        let noise: String = (0..40_000)
            .map(|_| Uuid::new_v4().simple().to_string())
            .collect();
        large["room"]["metadata"] = json!(noise);
        events.push(large);
        for event in &events {
            self.livekit(event).await;
        }
        let (sid, number) = (format!("CA{}", person.unique), person.number());
        let fields = [
            ("AccountSid", "0e2c"),
            ("CallDuration", "57"),
            ("CallSid", sid.as_str()),
            ("CallStatus", "completed"),
            ("Direction", "inbound"),
            ("From", number.as_str()),
            ("To", self.line.as_str()),
        ];
        let url = self.stack.url(SIGNALWIRE);
        let signature = form_signature(self.stack.value("SIGNALWIRE_SIGNING_KEY"), &url, &fields);
        let form = reqwest::Url::parse_with_params("http://form", &fields).unwrap();
        let request = client()
            .post(url)
            .header("X-SignalWire-Signature", signature);
        let answer = self
            .stack
            .send(request.body(form.query().unwrap().to_owned()))
            .await;
        assert_eq!(answer.status, 200, "{answer:?}");
    }

    /// Another call of the person, which a dialer submits.
    pub(crate) async fn dialled(&self, person: &Person) {
        let [recipient, _] = person.forms();
        let body = json!({
            "company_id": self.company, "external_call_id": person.unique, "recipient_number": recipient,
            "duration_seconds": 50, "call_status": "completed"
        });
        let request = client().post(self.stack.url("/functions/v1/webhook-call-capture"));
        let answer = self
            .stack
            .send(request.header("x-api-key", &self.key).json(&body))
            .await;
        assert_eq!(answer.status, 201, "{answer:?}");
    }

    /// The person becomes a lead of the tenant.
    pub(crate) async fn remembers(&self, person: &Person) {
        let number = person.number();
        let lead = Lead {
            tenant_id: self.name.clone(),
            campaign_id: Some("spring".to_owned()),
            phone_number: PhoneNumber::parse(&number).unwrap(),
            name: format!("Inbound Caller {number}"),
            status: LeadStatus::Completed,
            created_at: Timestamp::EPOCH,
            last_call_at: Timestamp::EPOCH,
            last_call_id: CallKey::RoomSid(format!("RM_{}", person.unique)).call_id(),
            last_call_started_at: Timestamp::EPOCH,
            created_by: EventKey::of("livekit", &format!("EV_{}1", person.unique)),
        };
        assert_eq!(self.world.directory().put(&lead).await.unwrap(), Put::Done);
    }

    /// How many rows of the tenant's history there are: what was received by its state, what is sent by its
    /// type, state and attempts. That it published itself is no part of what it received.
    pub(crate) async fn rows(&self) -> BTreeMap<(String, String), usize> {
        let mut rows = BTreeMap::new();
        for row in self.world.items("history").await {
            let is_ours =
                word(&row, "tenantShard").is_some_and(|shard| shard.starts_with(&self.name));
            let (Some(direction), Some(event_type)) =
                (word(&row, "direction"), word(&row, "eventType"))
            else {
                continue;
            };
            let tried = row
                .get("attempts")
                .and_then(|number| number.as_n().ok())
                .cloned();
            let state = word(&row, "status").unwrap_or_default();
            if is_ours && direction == "outbound" {
                *rows
                    .entry((event_type, format!("{state} {}", tried.unwrap_or_default())))
                    .or_default() += 1;
            } else if is_ours && !event_type.starts_with("campaign.") {
                *rows.entry(("inbound".to_owned(), state)).or_default() += 1;
            }
        }
        rows
    }
}
