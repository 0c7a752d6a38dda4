//! Tables and queues of a test's own in the local cloud, so that a test sees every item in them, and
//! the functions' dependencies wired to them.

mod agent_calls;
mod capture;
pub mod deliveries;
mod elevenlabs;
pub mod history;
pub mod inbound;
mod items;
mod limits;
pub mod lists;
mod processing;
pub mod publishing;
mod queues;
mod recovery;
mod signalwire;
mod subscriptions;
mod table;
mod wiring;

use std::collections::{BTreeMap, HashMap};

use aws_sdk_dynamodb::types::AttributeValue;
use aws_types::SdkConfig;
use ringpost::{
    clock::Clock,
    domain::{
        call::facts::Facts,
        directory::PhoneNumberEntry,
        due::{Due, Minute},
        event::Event,
        key::{CallId, CallKey, EventKey},
        phone::PhoneNumber,
        timestamp::Timestamp,
    },
    fan_out::{
        FanOut,
        unfinished::{SilenceLimit, UnfinishedCalls},
    },
    providers::livekit::LiveKitEvent,
    store::{
        directory::{DirectoryTable, Put},
        due::DueTable,
        events::EventTable,
    },
};
use ringpost_functions::{
    calls::call_outcome,
    ingest::call_completed,
    workers::{fan_out, fan_out_retry, sweep},
};
use serde_json::Value;

use table::{Index, Sort, Table};

use crate::{
    aws,
    faults::Faults,
    livekit::unique,
    stack::{Stack, stack},
};

/// The agent that answers where nobody names one.
pub const DEFAULT_AGENT: &str = "telephony-agent";
/// What the template's default says.
const SILENCE: SilenceLimit = SilenceLimit { hours: 4 };

/// Items by their keys, without what differs from run to run.
pub type Items = BTreeMap<String, BTreeMap<String, String>>;

/// Tables and a queue that nobody else uses.
pub struct World {
    stack: &'static Stack,
    has_own_tables: bool,
    tables: HashMap<&'static str, String>,
    queue_url: String,
    transcripts_url: String,
    deliveries_url: String,
    recoveries_url: String,
    deferred_url: String,
    default_tenant: Option<&'static str>,
}

/// Puts events into the log without anything else.
pub struct EventLog(EventTable);

impl EventLog {
    /// Keeps an event as the endpoints do. Its key.
    pub async fn keep(&self, payload: &Value) -> EventKey {
        let body = payload.to_string();
        let livekit =
            LiveKitEvent::parse(body.as_bytes(), Timestamp::EPOCH).expect("a LiveKit event");
        let event = livekit.event(body.into(), livekit.created_at);
        self.0.append(&event).await.expect("the event is kept");
        event.key
    }
}

const TABLES: [Table; 7] = [
    Table {
        name: "events",
        partition: "key",
        sort: None,
        index: None,
    },
    Table {
        name: "chunks",
        partition: "of",
        sort: Some(Sort::Number("index")),
        index: None,
    },
    Table {
        name: "calls",
        partition: "id",
        sort: None,
        index: Some(Index {
            partition: "tenantShard",
            sort: "createdAt",
            whole: false,
        }),
    },
    Table {
        name: "history",
        partition: "tenantShard",
        sort: Some(Sort::Number("id")),
        index: None,
    },
    Table {
        name: "due",
        partition: "slot",
        sort: Some(Sort::Text("id")),
        index: None,
    },
    Table {
        name: "webhookconfigs",
        partition: "tenantId",
        sort: Some(Sort::Number("id")),
        index: None,
    },
    Table {
        name: "directory",
        partition: "key",
        sort: None,
        index: Some(Index {
            partition: "tenantKind",
            sort: "key",
            whole: true,
        }),
    },
];

impl World {
    /// A new world, in which unknown numbers belong to `default_tenant`.
    pub async fn new(default_tenant: Option<&'static str>) -> Self {
        let (stack, id) = (stack(), unique());
        let sdk = aws::own_sdk(stack, &Faults::none(), 3);
        let database = aws_sdk_dynamodb::Client::new(&sdk);
        for table in &TABLES {
            table
                .create(&database, format!("{id}-{}", table.name))
                .await;
        }
        let queue = aws_sdk_sqs::Client::new(&sdk);
        let create = async |name: String| {
            let made = queue.create_queue().queue_name(name).send().await;
            made.expect("a queue can be made")
                .queue_url
                .expect("it has a URL")
        };
        let queue_url = create(format!("{id}-retry")).await;
        let transcripts_url = create(format!("{id}-transcripts")).await;
        let deliveries_url = create(format!("{id}-deliveries")).await;
        create(format!("{id}-deliveries-slow")).await;
        let recoveries_url = create(format!("{id}-recoveries")).await;
        let deferred_url = create(format!("{id}-deferred")).await;
        let tables = TABLES
            .iter()
            .map(|table| (table.name, format!("{id}-{}", table.name)))
            .collect();
        Self {
            stack,
            has_own_tables: true,
            tables,
            queue_url,
            transcripts_url,
            deliveries_url,
            recoveries_url,
            deferred_url,
            default_tenant,
        }
    }

    /// The tables of the deployed stack, whose own functions are at work in them.
    pub async fn deployed() -> Self {
        let stack = stack();
        let mut tables = HashMap::new();
        for table in &TABLES {
            tables.insert(table.name, stack.deployed_table(table.name).await);
        }
        let [
            queue_url,
            transcripts_url,
            deliveries_url,
            recoveries_url,
            deferred_url,
        ] = [const { String::new() }; 5];
        let default_tenant = Some("demo");
        Self {
            stack,
            has_own_tables: false,
            tables,
            queue_url,
            transcripts_url,
            deliveries_url,
            recoveries_url,
            deferred_url,
            default_tenant,
        }
    }

    fn sdk(&self, faults: &Faults, attempts: u32) -> SdkConfig {
        if self.has_own_tables {
            aws::own_sdk(self.stack, faults, attempts)
        } else {
            aws::sdk(self.stack, faults, attempts)
        }
    }

    fn name(&self, table: &str) -> String {
        self.tables[table].clone()
    }

    /// The log of this world.
    pub fn event_log(&self) -> EventLog {
        EventLog(self.events(&Faults::none()))
    }

    /// The id of the call that a payload's room becomes.
    pub fn call_id(payload: &Value) -> String {
        let sid = payload["room"]["sid"].as_str().expect("a room");
        CallKey::RoomSid(sid.to_owned()).call_id().to_string()
    }

    /// The calls, without the pointers to them and the records that they absorbed.
    pub async fn calls(&self) -> Vec<HashMap<String, AttributeValue>> {
        let items = self.items("calls").await;
        items
            .into_iter()
            .filter(|item| item.contains_key("facts") && !item.contains_key("into"))
            .collect()
    }

    /// Puts an event into the log without anything else.
    pub async fn keep_event(&self, event: &Event) {
        self.events(&Faults::none())
            .append(event)
            .await
            .expect("the event is kept");
    }

    /// What is known of the only call.
    pub async fn facts(&self) -> Facts {
        let calls = self.calls().await;
        assert_eq!(calls.len(), 1);
        serde_json::from_str(calls[0]["facts"].as_s().expect("facts")).expect("facts")
    }

    /// What the calls announced, by which events' keys.
    pub async fn announced(&self) -> Vec<(String, String)> {
        let (table, mut announced) = (self.call_table(), Vec::new());
        for item in self.calls().await {
            let id = CallId::parse(item["id"].as_s().expect("an id")).expect("an id");
            let call = table
                .find(id)
                .await
                .expect("a call")
                .expect("it is there")
                .stored
                .call;
            announced.extend(
                call.announced
                    .into_iter()
                    .map(|(name, by)| (name.as_str().to_owned(), by.by.to_string())),
            );
        }
        announced
    }

    fn database(&self, faults: &Faults) -> aws_sdk_dynamodb::Client {
        aws_sdk_dynamodb::Client::new(&self.sdk(faults, attempts(faults)))
    }

    fn events(&self, faults: &Faults) -> EventTable {
        self.wiring(faults).events().expect("a table")
    }

    /// `call-completed` in this world.
    pub async fn call_completed(&self, faults: &Faults) -> call_completed::Function {
        self.endpoint(faults).await
    }

    /// `call-outcome` in this world.
    pub async fn call_outcome(&self) -> call_outcome::Function {
        self.endpoint(&Faults::none()).await
    }

    /// `fan-out` in this world.
    pub fn fan_out(&self, faults: &Faults) -> fan_out::Function {
        self.fan_out_at(faults, long_ago())
    }

    /// The same at the time that `clock` shows: what was announced before anything is kept is not
    /// announced again.
    pub fn fan_out_at(&self, faults: &Faults, clock: Clock) -> fan_out::Function {
        let mut function: fan_out::Function = self.worker(faults);
        self.set_clock(&mut function.fan_out, faults, clock);
        function
    }

    /// `fan-out-retry` in this world.
    pub fn fan_out_retry(&self, faults: &Faults) -> fan_out_retry::Function {
        let mut function: fan_out_retry::Function = self.worker(faults);
        self.set_clock(&mut function.fan_out, faults, long_ago());
        function
    }

    fn set_clock(&self, fan_out: &mut FanOut, faults: &Faults, clock: Clock) {
        fan_out.publisher.clock = clock.clone();
        fan_out.unfinished = UnfinishedCalls::new(self.due(faults), SILENCE, clock);
    }

    /// `sweep` in this world, at the time that `clock` shows.
    pub fn sweep(&self, faults: &Faults, clock: Clock) -> sweep::Function {
        let mut function: sweep::Function = self.worker(faults);
        function.sweep.clock = clock;
        function
    }

    fn due(&self, faults: &Faults) -> DueTable {
        self.wiring(faults).due().expect("a table")
    }

    /// The directory of this world.
    pub fn directory(&self) -> DirectoryTable {
        self.wiring(&Faults::none()).directory().expect("a table")
    }

    /// The event of this key.
    pub async fn event(&self, key: &str) -> Event {
        let key = EventKey::from_stored(key.to_owned());
        self.events(&Faults::none())
            .find(&key)
            .await
            .expect("the log answers")
            .expect("the event is there")
    }

    /// Removes an event from the log.
    pub async fn forget_event(&self, key: &str) {
        let delete = self
            .database(&Faults::none())
            .delete_item()
            .table_name(self.name("events"));
        let deleted = delete
            .key("key", AttributeValue::S(key.to_owned()))
            .send()
            .await;
        deleted.expect("an event can be deleted");
    }

    /// Files something that is due.
    pub async fn file_due(&self, kind: &str, reference: &str, at: Timestamp, now: Timestamp) {
        let due = Due {
            at,
            kind: kind.to_owned(),
            reference: reference.to_owned(),
        };
        self.due(&Faults::none())
            .file(&due, now)
            .await
            .expect("it is filed");
    }

    /// Lets the next sweep begin at this moment.
    pub async fn swept_until(&self, at: Timestamp) {
        self.due(&Faults::none())
            .advance(Minute::of(at))
            .await
            .expect("the watermark is put");
    }

    /// Gives `number` to a tenant's user in the directory.
    pub async fn assign_number(&self, number: &str, tenant_id: &str, user_id: &str) {
        let line = PhoneNumberEntry {
            number: PhoneNumber::parse(number).expect("a number"),
            tenant_id: tenant_id.to_owned(),
            kind: None,
            user_id: Some(user_id.to_owned()),
            campaign_id: None,
            agent_config_id: Some("agent_config_456".to_owned()),
        };
        assert_eq!(
            self.directory()
                .put(&line)
                .await
                .expect("a number can be assigned"),
            Put::Done
        );
    }

    /// Every item of a table, by key.
    pub async fn items(&self, table: &str) -> Vec<HashMap<String, AttributeValue>> {
        let scan = self
            .database(&Faults::none())
            .scan()
            .table_name(self.name(table))
            .consistent_read(true);
        let items = scan.into_paginator().items().send();
        items
            .collect::<Result<Vec<_>, _>>()
            .await
            .expect("a table can be scanned")
    }

    /// The state that matters: calls and pointers without versions, history without times.
    pub async fn state(&self, left_out: &[&str]) -> Items {
        let mut state = Items::new();
        for (table, key) in [("calls", "id"), ("history", "eventKey")] {
            let items = self.items(table).await;
            // Marks of kept counts are times; call_counts_kept.rs tests what they do.
            let is_mark = |item: &HashMap<String, AttributeValue>| {
                item[key].as_s().is_ok_and(|id| id.starts_with("counts#"))
            };
            for item in items.into_iter().filter(|item| !is_mark(item)) {
                let text = |value: &AttributeValue| match value {
                    AttributeValue::S(text) | AttributeValue::N(text) => text.clone(),
                    other => format!("{other:?}"),
                };
                let name = format!("{table} {}", text(&item[key]));
                let kept = item
                    .iter()
                    .filter(|(name, _)| !left_out.contains(&name.as_str()));
                let item = kept
                    .map(|(name, value)| (name.clone(), text(value)))
                    .collect();
                assert!(
                    state.insert(name, item).is_none(),
                    "two history rows of one event"
                );
            }
        }
        state
    }
}

/// The events of the samples are older than anything that is kept.
fn long_ago() -> Clock {
    Clock::new(|| Timestamp::EPOCH)
}

/// A process that dies does not try again; a broken connection is tried again by the SDK.
fn attempts(faults: &Faults) -> u32 {
    if faults.kills() { 1 } else { 3 }
}
