//! `fan-out`: driven by the stream of the event log.
//!
//! A record that fails goes to the retry queue and holds up no other. Only when the queue does not
//! take it either is it reported to Lambda, which then delivers it, and what follows it, again.

use std::process::ExitCode;

use aws_lambda_events::{
    dynamodb::{Event as StreamBatch, EventRecord},
    streams::{DynamoDbBatchItemFailure, DynamoDbEventResponse},
};
use ringpost::{
    domain::key::EventKey,
    pipeline::fan_out::FanOut,
    store::{Item, events::EventTable},
    telemetry,
};

use super::drive;
use crate::{
    runtime::{self, InitError, Worker},
    wiring::Aws,
};

/// What this function may touch: it reads and writes `calls`, reads `directory`, writes `history`,
/// and sends to the retry queue.
pub struct Deps {
    /// How events are read.
    pub events: EventTable,
    /// Drives events.
    pub fan_out: FanOut,
}

/// Runs the function.
#[must_use]
pub fn main() -> ExitCode {
    runtime::work::<Deps>()
}

impl Worker for Deps {
    const NAME: &'static str = "fan-out";
    type Batch = StreamBatch;
    type Answer = DynamoDbEventResponse;

    async fn init() -> Result<Self, InitError> {
        let aws = Aws::new()?;
        aws.connect().await?;
        Ok(Self { events: aws.events()?, fan_out: aws.fan_out()? })
    }

    async fn handle(&self, batch: StreamBatch) -> DynamoDbEventResponse {
        let mut answer = DynamoDbEventResponse::default();
        for record in batch.records {
            let sequence_number = record.change.sequence_number.clone();
            if self.settle(record).await.is_err() {
                // Lambda starts over from the first failure, so the rest is not touched now.
                let mut failure = DynamoDbBatchItemFailure::default();
                failure.item_identifier = sequence_number;
                answer.batch_item_failures.push(failure);
                break;
            }
        }
        answer
    }
}

/// A record that could neither be driven nor put aside.
struct Unsettled;

impl Deps {
    async fn settle(&self, record: EventRecord) -> Result<(), Unsettled> {
        if record.event_name != "INSERT" {
            return Ok(());
        }
        let image: Item = record.change.new_image.into();
        let driven = match self.events.read(&image).await {
            Ok(event) => drive(Self::NAME, &self.fan_out, &event).await.is_ok(),
            Err(error) => {
                tracing::error!(function = Self::NAME, cause = telemetry::chain(&error), "unreadable record");
                false
            }
        };
        if driven {
            return Ok(());
        }
        let keys: Item = record.change.keys.into();
        let key = keys.get("key").and_then(|key| key.as_s().ok()).ok_or(Unsettled)?;
        let put_aside = self.fan_out.put_aside(&EventKey::from_stored(key.clone())).await;
        put_aside.map_err(|error| {
            tracing::error!(function = Self::NAME, cause = telemetry::chain(&error), "not put aside");
            Unsettled
        })
    }
}
