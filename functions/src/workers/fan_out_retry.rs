//! `fan-out-retry`: takes up again what `fan-out` put aside, and events whose call got its owner. What fails
//! again waits longer each time, so that a database that fails for hours costs nobody's attention.

use std::process::ExitCode;

use aws_lambda_events::sqs::{SqsBatchResponse, SqsEvent, SqsMessage};
use futures::future::join_all;
use ringpost::{
    fan_out::{FanOut, ParsedEvent, publish::Batch},
    queue::fan_out_retry::FanOutMessage,
    store::events::EventTable,
    telemetry,
};

use super::{Unsettled, log_wait, process, receipt, settle_all, times_received};
use crate::{
    runtime::{self, InitError, Worker},
    wiring::Aws,
};

/// What this function may touch: what `fan-out` may, it reads `events`, and puts off messages of its queue.
pub struct Function {
    /// Where the events are.
    pub events: EventTable,
    /// Drives events, and knows the queue that the messages come from.
    pub fan_out: FanOut,
}

/// Runs the function.
#[must_use]
pub fn main() -> ExitCode {
    runtime::work::<Function>()
}

impl Worker for Function {
    const NAME: &'static str = "fan-out-retry";
    type Batch = SqsEvent;
    type Answer = SqsBatchResponse;

    async fn init() -> Result<Self, InitError> {
        let aws = Aws::new()?;
        aws.connect().await?;
        Ok(Self {
            events: aws.events()?,
            fan_out: aws.fan_out()?,
        })
    }

    async fn handle(&self, batch: SqsEvent) -> SqsBatchResponse {
        let shared = self.fan_out.publisher.batch();
        let settled = join_all(
            batch
                .records
                .iter()
                .map(|message| self.settle(message, &shared)),
        )
        .await;
        let queued = self.fan_out.publisher.queue(shared).await.map_err(|error| {
            tracing::error!(cause = telemetry::chain(&error), "deliveries not queued");
            Unsettled
        });
        let settled = batch
            .records
            .iter()
            .zip(settled)
            .map(|(message, settled)| async move {
                if settled.and(queued).is_err() {
                    let wait = self
                        .fan_out
                        .retry
                        .postpone(receipt(message), times_received(message));
                    log_wait(wait.await);
                }
                settled.and(queued)
            });
        settle_all(&batch.records, settled).await
    }
}

impl Function {
    async fn settle(&self, message: &SqsMessage, batch: &Batch) -> Result<(), Unsettled> {
        let body = message.body.as_deref().unwrap_or_default();
        let Ok(FanOutMessage::V1 { event_key }) = serde_json::from_str(body) else {
            tracing::error!("unreadable message");
            return Err(Unsettled);
        };
        let event = self.events.find(&event_key).await.map_err(|error| {
            tracing::error!(%event_key, cause = telemetry::chain(&error), "not read");
            Unsettled
        })?;
        let Some(event) = event else {
            tracing::warn!(%event_key, "event has expired");
            return Ok(());
        };
        let processed = process(&self.fan_out, &ParsedEvent::by(event), None, batch).await;
        processed.map(drop).map_err(|_| Unsettled)
    }
}
