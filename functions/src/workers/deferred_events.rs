//! `deferred-events`: appends to the log what it could not take when it came. An event that is there
//! already, because only the answer was lost, is not appended twice.

use std::process::ExitCode;

use aws_lambda_events::sqs::{SqsBatchResponse, SqsEvent, SqsMessage};
use ringpost::{
    queue::deferred_events::DeferredEvent,
    store::events::{Accepted, EventTable},
    telemetry,
};

use super::{Unsettled, settle_all};
use crate::{
    runtime::{self, InitError, Worker},
    wiring::Aws,
};

/// What this function may touch: it appends to `events`.
pub struct Function {
    /// Where events are kept.
    pub events: EventTable,
}

/// Runs the function.
#[must_use]
pub fn main() -> ExitCode {
    runtime::work::<Function>()
}

impl Worker for Function {
    const NAME: &'static str = "deferred-events";
    type Batch = SqsEvent;
    type Answer = SqsBatchResponse;

    async fn init() -> Result<Self, InitError> {
        Ok(Self {
            events: Aws::new()?.events()?,
        })
    }

    async fn handle(&self, batch: SqsEvent) -> SqsBatchResponse {
        settle_all(
            &batch.records,
            batch.records.iter().map(|message| self.settle(message)),
        )
        .await
    }
}

impl Function {
    async fn settle(&self, message: &SqsMessage) -> Result<(), Unsettled> {
        let body = message.body.as_deref().unwrap_or_default();
        let Some(event) = DeferredEvent::read(body) else {
            tracing::error!("unreadable message");
            return Err(Unsettled);
        };
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
