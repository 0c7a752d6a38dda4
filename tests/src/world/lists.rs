//! The lists of calls in a world, and calls that were never reported.

use aws_sdk_dynamodb::types::{AttributeValue, PutRequest, WriteRequest};
use ringpost::{
    domain::{
        call::{Call, CallKeys, CallUpdate, facts::Facts, owner::Owner},
        key::{CallKey, EventKey},
        timestamp::Timestamp,
    },
    providers::livekit::LiveKitEvent,
    queries::call_stats::CallCounter,
    store::{
        calls::{CallTable, Saved},
        counts::CountTable,
    },
};
use ringpost_functions::calls::{call_explanation, call_list, call_stats, call_timeline};
use serde_json::Value;

use super::World;
use crate::{faults::Faults, manual_clock::ManualClock};

/// A call that bears a name, as an event left it.
pub fn call(name: &str, created_at: Timestamp, owner: &Owner, facts: Facts) -> Call {
    let update = CallUpdate {
        event: EventKey::of("livekit", name),
        received_at: created_at,
        tenant_id: None,
        keys: CallKeys::new([CallKey::RoomSid(name.to_owned())]).expect("a key"),
        facts,
        recording: None,
    };
    Call::begin(&update, Some(owner))
}

impl World {
    /// The calls of this world.
    pub fn call_table(&self) -> CallTable {
        self.wiring(&Faults::none()).calls().expect("a table")
    }

    /// The calls of this world, written when this clock says.
    pub fn call_table_at(&self, clock: &ManualClock, faults: &Faults) -> CallTable {
        CallTable::new(self.database(faults), self.name("calls"), clock.clock())
    }

    /// The counts of this world's calls that are kept.
    pub fn count_table(&self) -> CountTable {
        self.wiring(&Faults::none()).counts().expect("a table")
    }

    /// `call-stats` in this world, which examines this number of calls and counts them when this clock says.
    pub async fn call_stats_at(
        &self,
        clock: &ManualClock,
        faults: &Faults,
        examined: usize,
    ) -> call_stats::Function {
        let function: call_stats::Function = self.endpoint(faults).await;
        let (clock, counter) = (clock.clock(), function.counter);
        call_stats::Function {
            counter: CallCounter { clock, ..counter },
            examined,
            ..function
        }
    }

    /// Writes copies of a call that were created at these moments, 25 at once.
    pub async fn put_copies(&self, call: &Call, moments: impl IntoIterator<Item = Timestamp>) {
        self.put_calls(std::slice::from_ref(call)).await;
        let (database, table) = (self.database(&Faults::none()), self.name("calls"));
        let original = self.calls().await.swap_remove(0);
        let shard = original["tenantShard"].as_s().expect("a shard");
        let tenant = shard.split_once('#').expect("a tenant").0;
        let copy = |(number, moment): (usize, Timestamp)| {
            let id = CallKey::RoomSid(format!("RM_copy_{number}")).call_id();
            let mut copy = original.clone();
            copy.insert("id".to_owned(), AttributeValue::S(id.to_string()));
            let shard = format!("{tenant}#{}", number % 4);
            copy.insert("tenantShard".to_owned(), AttributeValue::S(shard));
            let created_at = moment.as_millis().to_string();
            copy.insert("createdAt".to_owned(), AttributeValue::N(created_at));
            let put = PutRequest::builder().set_item(Some(copy)).build();
            WriteRequest::builder()
                .put_request(put.expect("an item"))
                .build()
        };
        let copies: Vec<_> = moments.into_iter().enumerate().map(copy).collect();
        for copies in copies.chunks(25) {
            let written = database.batch_write_item();
            let written = written.request_items(&table, copies.to_vec()).send().await;
            let left = written.expect("calls can be written").unprocessed_items;
            assert!(left.unwrap_or_default().is_empty());
        }
    }

    /// `call-list` in this world, which examines this number of calls for one page.
    pub async fn call_list(&self, examined: usize) -> call_list::Function {
        call_list::Function {
            examined,
            ..self.endpoint(&Faults::none()).await
        }
    }

    /// `call-stats` in this world, which examines this number of calls.
    pub async fn call_stats(&self, examined: usize) -> call_stats::Function {
        call_stats::Function {
            examined,
            ..self.endpoint(&Faults::none()).await
        }
    }

    /// `call-timeline` in this world, with this number of events a page.
    pub async fn call_timeline(&self, events: usize) -> call_timeline::Function {
        call_timeline::Function {
            events,
            ..self.endpoint(&Faults::none()).await
        }
    }

    /// `call-explanation` in this world, which reads this number of events.
    pub async fn call_explanation(&self, events: usize) -> call_explanation::Function {
        let mut function: call_explanation::Function = self.endpoint(&Faults::none()).await;
        function.explanations.limits.events = events;
        function
    }

    /// Writes calls that nobody reported.
    pub async fn put_calls(&self, calls: &[Call]) {
        let table = self.call_table();
        for some in calls.chunks(20) {
            let saved = futures::future::join_all(some.iter().map(|call| table.create(call))).await;
            assert!(
                saved.iter().all(|saved| matches!(saved, Ok(Saved::Done))),
                "{saved:?}"
            );
        }
    }

    /// Puts an event of LiveKit into the log, as received at this moment.
    pub async fn keep_received(&self, payload: &Value, received_at: Timestamp) {
        let body = payload.to_string();
        let livekit = LiveKitEvent::parse(body.as_bytes(), received_at).expect("a LiveKit event");
        let event = livekit.event(body.into(), received_at);
        self.events(&Faults::none())
            .append(&event)
            .await
            .expect("the event is kept");
    }
}
