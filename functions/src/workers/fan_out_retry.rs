//! `fan-out-retry`: processes again the events that `fan-out` queued for retry, and those whose call got its
//! owner. What fails again waits longer each time, so that it outlasts a database that fails for hours.

use std::process::ExitCode;

use aws_lambda_events::sqs::{SqsBatchResponse, SqsEvent, SqsMessage};
use futures::future::join_all;
use ringpost::{
    fan_out::{FanOut, ParsedEvent, publish::Batch},
    queue::fan_out_retry::FanOutMessage,
    store::events::EventTable,
    telemetry,
};
use tracing::Instrument;

use super::process;
use crate::{
    runtime::{
        self, Worker,
        queue::{self, Receipt, Unsettled, log_wait},
    },
    wiring::{InitError, Wiring},
};

/// What this function may touch: what `fan-out` may, it reads `events`, and postpones messages of its queue.
pub struct Function {
    pub events: EventTable,
    /// Processes events, and knows the queue that the messages come from.
    pub fan_out: FanOut,
}

pub fn main() -> ExitCode {
    runtime::work::<Function>()
}

impl Worker for Function {
    const NAME: &'static str = "fan-out-retry";
    type Batch = SqsEvent;
    type Answer = SqsBatchResponse;

    async fn wire(wiring: &Wiring) -> Result<Self, InitError> {
        Ok(Self {
            events: wiring.events()?,
            fan_out: wiring.fan_out()?,
        })
    }

    async fn handle(&self, batch: SqsEvent) -> SqsBatchResponse {
        let shared = self.fan_out.publisher.batch();
        let settling = batch
            .records
            .iter()
            .map(|record| self.settle(record, &shared).instrument(queue::span(record)));
        let settled = join_all(settling).await;
        let queued = self.fan_out.publisher.queue(shared).await.map_err(|error| {
            tracing::error!(cause = telemetry::chain(&error), "deliveries not queued");
            Unsettled
        });
        let settled: Vec<_> = settled.into_iter().map(|one| one.and(queued)).collect();
        let postponing = batch
            .records
            .iter()
            .zip(&settled)
            .filter(|(_, settled)| settled.is_err())
            .map(|(record, _)| {
                self.postpone(Receipt::of(record))
                    .instrument(queue::span(record))
            });
        join_all(postponing).await;
        queue::response(&batch.records, settled)
    }
}

impl Function {
    async fn postpone(&self, receipt: Receipt<'_>) {
        let retry = &self.fan_out.retry;
        log_wait(retry.postpone(receipt.handle, receipt.times_received).await);
    }

    async fn settle(&self, record: &SqsMessage, batch: &Batch) -> Result<(), Unsettled> {
        let FanOutMessage::V1 { event_key } = queue::read(record, queue::from_json)?;
        let event = self.events.find(&event_key).await.map_err(|error| {
            tracing::error!(%event_key, cause = telemetry::chain(&error), "not read");
            Unsettled
        })?;
        let Some(event) = event else {
            tracing::warn!(%event_key, "event has expired");
            return Ok(());
        };
        let processed = process(&self.fan_out, &ParsedEvent::parse(event), None, batch).await;
        processed.map(drop).map_err(|_| Unsettled)
    }
}
