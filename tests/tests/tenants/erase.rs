//! `make erase`: everything about one person goes, whoever reported it and however the number is written, and
//! nothing of anybody else.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    process::Output,
};

use aws_sdk_dynamodb::types::AttributeValue;
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
    commands::{operate, printed},
    livekit::{authorization, sip_call, unique},
    receiver::{Answer, Receiver},
    signalwire::{PATH as SIGNALWIRE, form_signature},
    stack::{Stack, client, eventually, stack},
    world::World,
};
use serde_json::{Value, json};
use uuid::Uuid;

const TABLES: [&str; 7] = [
    "events",
    "chunks",
    "calls",
    "history",
    "due",
    "webhookconfigs",
    "directory",
];

type Item = HashMap<String, AttributeValue>;
/// Items by their tables and keys, each attribute as it is stored.
type Items = BTreeMap<String, BTreeMap<String, String>>;

/// Somebody who calls.
struct Person {
    unique: String,
    /// Ten digits of North America.
    national: String,
}

impl Person {
    fn new() -> Self {
        let unique = unique();
        let digits = u64::from_str_radix(&unique, 16).unwrap() % 8_000_000;
        Self {
            unique,
            national: (4_082_000_000 + digits).to_string(),
        }
    }

    fn number(&self) -> String {
        format!("+1{}", self.national)
    }

    /// `(408) 555-1234` and `408.555.1234`.
    fn forms(&self) -> [String; 2] {
        let (area, rest) = self.national.split_at_checked(3).unwrap();
        let (exchange, line) = rest.split_at_checked(3).unwrap();
        [
            format!("({area}) {exchange}-{line}"),
            format!("{area}.{exchange}.{line}"),
        ]
    }

    /// Whether a text has the number: as one of the forms, or as digits that are no part of a longer number.
    fn is_in(&self, text: &str) -> bool {
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

fn erase(arguments: &[&str]) -> Output {
    operate("erase", arguments)
}

/// A tenant of its own, with a line, a key for its dialer and two subscriptions.
struct Tenant {
    stack: &'static Stack,
    world: World,
    name: String,
    line: String,
    key: String,
    company: Uuid,
}

impl Tenant {
    async fn new() -> Self {
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
    async fn post(&self, path: &str, body: &str) -> Value {
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

    async fn subscribe(&self, url: &str, event_types: &[&str]) {
        let config = json!({
            "name": "erase", "url": url, "eventTypes": event_types,
            "retryConfig": { "maxAttempts": 5, "initialDelay": 7200, "maxDelay": 7200, "backoffFactor": 1 }
        });
        self.post("/api/webhooks/config", &config.to_string()).await;
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

    /// A call of the person as LiveKit reports it, its last event too large for one item; the same one as
    /// SignalWire does.
    async fn called_by(&self, person: &Person) {
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
    async fn dialled(&self, person: &Person) {
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
    async fn remembers(&self, person: &Person) {
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
    async fn rows(&self) -> BTreeMap<(String, String), usize> {
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

fn word(item: &Item, name: &str) -> Option<String> {
    item.get(name)?.as_s().ok().cloned()
}

/// Everything that an item says, its payload decompressed. A piece of a payload says nothing by itself.
fn text(item: &Item) -> String {
    let part = |value: &AttributeValue| match value {
        AttributeValue::S(text) => text.clone(),
        AttributeValue::B(bytes) => zstd::stream::decode_all(bytes.clone().into_inner().as_slice())
            .map_or_else(
                |_| String::new(),
                |payload| String::from_utf8_lossy(&payload).into_owned(),
            ),
        _ => String::new(),
    };
    item.values().map(part).collect::<Vec<_>>().join("\n")
}

/// The store: each item with its table, its text and, where it names a large payload, that payload's.
async fn store(world: &World) -> Vec<(&'static str, Item, String)> {
    let mut store = Vec::new();
    for table in TABLES {
        for item in world.items(table).await {
            let said = text(&item);
            store.push((table, item, said));
        }
    }
    let mut pieces: BTreeMap<(String, u64), Vec<u8>> = BTreeMap::new();
    for (_, item, _) in store.iter().filter(|(table, ..)| *table == "chunks") {
        let (of, piece) = (
            word(item, "of").unwrap(),
            item["piece"].as_b().unwrap().clone().into_inner(),
        );
        let nonce = of.split('#').next().unwrap().to_owned();
        pieces.insert(
            (nonce, item["index"].as_n().unwrap().parse().unwrap()),
            piece,
        );
    }
    let mut payloads: BTreeMap<String, Vec<u8>> = BTreeMap::new();
    for ((nonce, _), piece) in pieces {
        payloads.entry(nonce).or_default().extend(piece);
    }
    for (table, item, said) in &mut store {
        let nonce = match *table {
            "chunks" => word(item, "of").and_then(|of| of.split('#').next().map(str::to_owned)),
            "events" => word(item, "nonce"),
            _ => None,
        };
        if let Some(payload) = nonce.and_then(|nonce| payloads.get(&nonce)) {
            let payload = zstd::stream::decode_all(payload.as_slice()).unwrap_or_default();
            said.push_str(&String::from_utf8_lossy(&payload));
        }
    }
    store
}

/// What of the store is about a person: what names it or one of its events and calls.
async fn items_of(world: &World, person: &Person) -> Items {
    let store = store(world).await;
    let names = |said: &str| person.is_in(said) || said.contains(&person.unique);
    let calls: BTreeSet<String> = store
        .iter()
        .filter(|(table, item, said)| *table == "calls" && !item.contains_key("to") && names(said))
        .filter_map(|(_, item, _)| word(item, "id"))
        .collect();
    let leads = |item: &Item| {
        let to = ["to", "into", "callId", "reference"].map(|name| word(item, name));
        to.into_iter().flatten().any(|id| calls.contains(&id))
    };
    let about = store
        .into_iter()
        .filter(|(_, item, said)| names(said) || leads(item));
    let keyed = about.map(|(table, item, _)| {
        let key = [
            "key",
            "of",
            "index",
            "id",
            "tenantShard",
            "slot",
            "tenantId",
        ]
        .map(|name| item.get(name));
        let attributes = item
            .iter()
            .map(|(name, value)| (name.clone(), format!("{value:?}")))
            .collect();
        (format!("{table} {key:?}"), attributes)
    });
    keyed.collect()
}

fn tables(items: &Items) -> BTreeSet<&str> {
    items
        .keys()
        .filter_map(|key| key.split(' ').next())
        .collect()
}

#[tokio::test]
async fn everything_about_one_person_goes_and_nothing_of_anybody_else() {
    let (tenant, person, other) = (Tenant::new().await, Person::new(), Person::new());
    let (takes, fails) = (Receiver::start(), Receiver::answering(Answer::Status(500)));
    tenant
        .subscribe(&takes.url("/"), &["call.completed", "campaign.started"])
        .await;
    tenant
        .subscribe(&fails.url("/"), &["campaign.completed"])
        .await;
    tenant
        .subscribe(&takes.url("/"), &["campaign.completed"])
        .await;
    for caller in [&person, &other] {
        tenant.called_by(caller).await;
        tenant.dialled(caller).await;
        tenant.remembers(caller).await;
    }
    // The first spelling as JSON escapes it; and an id of the other's that merely contains the digits.
    let [_, dotted] = person.forms();
    // Its body is so large that both subscriptions share it.
    let noise: String = (0..200).map(|_| unique()).collect();
    let updated = format!(
        r#"{{"eventType":"campaign.completed","payload":{{"a":"\u002b1\u0020{dotted}","b":"{}","c":"{noise}"}}}}"#,
        person.number()
    );
    tenant.post("/api/events", &updated).await;
    let longer = json!({ "id": format!("98765{}43210", person.national), "phone": other.number() });
    let started = json!({ "eventType": "campaign.started", "payload": longer });
    tenant.post("/api/events", &started.to_string()).await;

    let pair = |one: &str, other: &str| (one.to_owned(), other.to_owned());
    let settled = BTreeMap::from([
        (pair("call.completed", "delivered 1"), 4),
        (pair("campaign.started", "delivered 1"), 1),
        (pair("campaign.completed", "delivered 1"), 1),
        (pair("campaign.completed", "pending 1"), 1),
        // Nine of LiveKit's events, SignalWire's and the dialer's, of each.
        (pair("inbound", "processed"), 22),
    ]);
    eventually("every row", async || {
        (tenant.rows().await == settled).then_some(())
    })
    .await;
    let mut before = Items::new();
    let others = eventually("a store at rest", async || {
        let now = items_of(&tenant.world, &other).await;
        let rests = now == before;
        before.clone_from(&now);
        rests.then_some(now)
    })
    .await;
    let belongs = items_of(&tenant.world, &person).await;
    for items in [&belongs, &others] {
        let tables = tables(items);
        for table in ["events", "chunks", "calls", "history", "directory"] {
            assert!(tables.contains(table), "{table} of {tables:?}");
        }
    }
    let waits = async || {
        let tenant_id = format!(r#""tenantId":"{}""#, tenant.name);
        let due = tenant.world.items("due").await.into_iter();
        let is_ours =
            |item: &Item| word(item, "reference").is_some_and(|told| told.contains(&tenant_id));
        due.filter(|item| word(item, "kind").as_deref() == Some("delivery") && is_ours(item))
            .count()
    };
    assert_eq!(
        waits().await,
        1,
        "the delivery that failed is tried again in two hours"
    );

    let number = person.number();
    let dry = erase(&["--phone", &number]);
    assert!(
        dry.status.success() && printed(&dry).contains("Nothing was removed"),
        "{}",
        printed(&dry)
    );
    assert_eq!(
        items_of(&tenant.world, &person).await,
        belongs,
        "a dry run removes nothing"
    );
    let done = erase(&["--phone", &number, "--yes"]);
    assert!(
        done.status.success() && printed(&done).contains("about it now: 0."),
        "{}",
        printed(&done)
    );
    for output in [&dry, &done] {
        assert!(
            !printed(output).contains(&person.national),
            "the number stands in {}",
            printed(output)
        );
    }

    assert_eq!(items_of(&tenant.world, &person).await, Items::new());
    assert_eq!(waits().await, 0);
    assert!(
        store(&tenant.world)
            .await
            .iter()
            .all(|(_, _, said)| !person.is_in(said))
    );
    assert_eq!(
        items_of(&tenant.world, &other).await,
        others,
        "byte for byte"
    );
    let rows = tenant.rows().await;
    assert_eq!(
        (rows.get(&pair("inbound", "processed")), rows.len()),
        (Some(&11), 3),
        "{rows:?}"
    );
    let again = erase(&["--phone", &number, "--yes"]);
    assert!(
        again.status.success() && printed(&again).contains("nothing to remove"),
        "{}",
        printed(&again)
    );
}

#[tokio::test]
async fn a_tenants_line_and_what_is_no_whole_number_are_refused() {
    let tenant = Tenant::new().await;
    for (phone, reason) in [
        (tenant.line.as_str(), "is a tenant's line"),
        ("5551234567", "must be a whole number"),
        ("+1 555 123 4567", "must be a whole number"),
        ("", "must be a whole number"),
    ] {
        let refused = erase(&["--phone", phone, "--yes"]);
        assert!(
            !refused.status.success() && printed(&refused).contains(reason),
            "{phone}: {}",
            printed(&refused)
        );
    }
}
