//! The lists of calls in a world, and calls that were never reported.

use ringpost::{
    domain::{
        call::{Call, CallKeys, CallUpdate, facts::Facts, owner::Owner},
        key::{CallKey, EventKey},
        timestamp::Timestamp,
    },
    providers::livekit::LiveKitEvent,
    store::calls::{CallTable, Saved},
};
use ringpost_functions::calls::{call_explanation, call_list, call_stats, call_timeline};
use serde_json::Value;

use super::World;
use crate::faults::Faults;

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
