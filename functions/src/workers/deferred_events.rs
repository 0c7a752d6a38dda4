//! `deferred-events`: appends to the log what it could not take when it came. An event that is there
//! already, because only the answer was lost, is not appended twice.

use std::process::ExitCode;

use ringpost::{
    domain::event::Event,
    queue::deferred_events::DeferredEvent,
    store::events::{Accepted, EventTable},
    telemetry,
};

use crate::{
    runtime::{
        self,
        queue::{QueueWorker, Receipt, Unsettled},
    },
    wiring::{InitError, Wiring},
};

/// What this function may touch: it appends to `events`.
pub struct Function {
    pub events: EventTable,
}

pub fn main() -> ExitCode {
    runtime::work::<Function>()
}

impl QueueWorker for Function {
    const NAME: &'static str = "deferred-events";
    type Message = Event;

    async fn wire(wiring: &Wiring) -> Result<Self, InitError> {
        Ok(Self {
            events: wiring.events()?,
        })
    }

    fn read(body: &str) -> Option<Event> {
        DeferredEvent::read(body)
    }

    async fn settle(&self, event: Event, _: Receipt<'_>) -> Result<(), Unsettled> {
        let event_key = event.key.as_str();
        let accepted = self.events.append(&event).await.map_err(|error| {
            tracing::error!(event_key, cause = telemetry::chain(&error), "not appended");
            Unsettled
        })?;
        let result = match accepted {
            Accepted::New => "appended",
            Accepted::Duplicate => "duplicate",
        };
        tracing::info!(event_key, result, "settled");
        Ok(())
    }
}
