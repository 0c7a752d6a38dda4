//! `deferred-events`: appends to the log what it could not take when it came. An event that is there
//! already, because only the answer was lost, is not appended twice.

use std::process::ExitCode;

use aws_lambda_events::sqs::{BatchItemFailure, SqsBatchResponse, SqsEvent, SqsMessage};
use ringpost::{
    queue::deferred_events::DeferredEvent,
    store::events::{Accepted, EventTable},
    telemetry,
};

use crate::{
    runtime::{self, InitError, Worker},
    wiring::Aws,
};

/// What this function may touch: it appends to `events`.
pub struct Deps {
    /// Where events are kept.
    pub events: EventTable,
}

/// Runs the function.
#[must_use]
pub fn main() -> ExitCode {
    runtime::work::<Deps>()
}

impl Worker for Deps {
    const NAME: &'static str = "deferred-events";
    type Batch = SqsEvent;
    type Answer = SqsBatchResponse;

    async fn init() -> Result<Self, InitError> {
        Ok(Self { events: Aws::new()?.events()? })
    }

    async fn handle(&self, batch: SqsEvent) -> SqsBatchResponse {
        let mut answer = SqsBatchResponse::default();
        for message in batch.records {
            let message_id = message.message_id.clone().unwrap_or_default();
            if self.settle(&message).await.is_err() {
                let mut failure = BatchItemFailure::default();
                failure.item_identifier = message_id;
                answer.batch_item_failures.push(failure);
            }
        }
        answer
    }
}

/// A message that must come again; the queue gives up on it after many times and keeps it.
struct Unsettled;

impl Deps {
    async fn settle(&self, message: &SqsMessage) -> Result<(), Unsettled> {
        let body = message.body.as_deref().unwrap_or_default();
        let Some(event) = DeferredEvent::read(body) else {
            tracing::error!(function = Self::NAME, "unreadable message");
            return Err(Unsettled);
        };
        let event_key = event.key.as_str();
        let accepted = self.events.append(&event).await.map_err(|error| {
            tracing::error!(
                function = Self::NAME,
                event_key,
                cause = telemetry::chain(&error),
                "not appended"
            );
            Unsettled
        })?;
        let result = match accepted {
            Accepted::New => "appended",
            Accepted::Duplicate => "duplicate",
        };
        tracing::info!(function = Self::NAME, event_key, result, "settled");
        Ok(())
    }
}
