//! `fan-out`: driven by the stream of the event log.
//!
//! Calls are driven side by side, the events of one call one after another. A record that fails goes to
//! the retry queue and holds up no other. Only when the queue does not take it either is it reported to
//! Lambda, which then delivers it, and what follows it, again.

use std::{
    collections::HashMap,
    process::ExitCode,
    time::{Duration, Instant},
};

use aws_lambda_events::{
    dynamodb::{Event as StreamBatch, EventRecord},
    streams::{DynamoDbBatchItemFailure, DynamoDbEventResponse},
};
use futures::future::join_all;
use ringpost::{
    domain::key::EventKey,
    fan_out::{FanOut, ParsedEvent, publish::Batch},
    store::{Item, events::EventTable, lookup::Found},
    telemetry,
};

use super::process;
use crate::{
    runtime::{self, InitError, Worker},
    wiring::Aws,
};

/// After so long the events of a call that are left are put aside, so that the batch ends in time.
const LONGEST_BATCH: Duration = Duration::from_secs(12);

/// What this function may touch: it reads and writes `calls`, reads `directory`, writes `history`,
/// lists `webhook-configs`, and sends to the queues of deliveries, transcripts and retries.
pub struct Function {
    /// How events are read.
    pub events: EventTable,
    /// Drives events.
    pub fan_out: FanOut,
}

/// Runs the function.
#[must_use]
pub fn main() -> ExitCode {
    runtime::work::<Function>()
}

impl Worker for Function {
    const NAME: &'static str = "fan-out";
    type Batch = StreamBatch;
    type Answer = DynamoDbEventResponse;

    async fn init() -> Result<Self, InitError> {
        let aws = Aws::new()?;
        aws.connect().await?;
        Ok(Self {
            events: aws.events()?,
            fan_out: aws.fan_out()?,
        })
    }

    async fn handle(&self, batch: StreamBatch) -> DynamoDbEventResponse {
        let sequence_numbers: Vec<_> = batch
            .records
            .iter()
            .map(|record| record.change.sequence_number.clone())
            .collect();
        let records = join_all(batch.records.into_iter().map(|record| self.read(record))).await;
        let keys: Vec<_> = records.iter().map(|record| record.key.clone()).collect();
        // The events of one call would only get into each other's way.
        let mut calls: HashMap<_, Vec<_>> = HashMap::new();
        for (place, record) in records.into_iter().enumerate() {
            let call = record
                .parsed
                .as_ref()
                .and_then(ParsedEvent::surest_call)
                .ok_or(place);
            calls.entry(call).or_default().push((place, record));
        }
        let calls: Vec<Vec<(usize, Record)>> = calls.into_values().collect();
        let found = self.look_up(&calls).await;
        let shared = self.fan_out.publisher.batch();
        let deadline = Instant::now() + LONGEST_BATCH;
        let settling = calls
            .into_iter()
            .zip(found)
            .map(|(records, found)| self.settle_in_order(records, found, &shared, deadline));
        let mut unsettled: Vec<usize> = join_all(settling).await.into_iter().flatten().collect();
        if let Err(error) = self.fan_out.publisher.queue(shared).await {
            tracing::error!(cause = telemetry::chain(&error), "deliveries not queued");
            // Whoever recorded them is driven again.
            let aside = keys
                .into_iter()
                .enumerate()
                .filter_map(|(place, key)| Some((place, key?)));
            unsettled.extend(
                join_all(aside.map(|(place, key)| self.queue_for_retry(place, key)))
                    .await
                    .into_iter()
                    .flatten(),
            );
        }
        let mut answer = DynamoDbEventResponse::default();
        if let Some(first) = unsettled.into_iter().min() {
            // Lambda starts over from there, and repeats what came after it.
            let mut failure = DynamoDbBatchItemFailure::default();
            failure.item_identifier = sequence_numbers.into_iter().nth(first).flatten();
            answer.batch_item_failures.push(failure);
        }
        answer
    }
}

/// A record of the stream.
struct Record {
    /// The event, unless nothing follows from the record or it cannot be read.
    parsed: Option<ParsedEvent>,
    /// The event's key, where something must follow.
    key: Option<EventKey>,
}

impl Function {
    async fn read(&self, record: EventRecord) -> Record {
        if record.event_name != "INSERT" {
            return Record {
                parsed: None,
                key: None,
            };
        }
        let keys: Item = record.change.keys.into();
        let key = keys
            .get("key")
            .and_then(|key| key.as_s().ok())
            .cloned()
            .unwrap_or_default();
        let image: Item = record.change.new_image.into();
        let parsed = match self.events.read(&image).await {
            Ok(event) => Some(ParsedEvent::by(event)),
            Err(error) => {
                tracing::error!(cause = telemetry::chain(&error), "unreadable record");
                None
            }
        };
        Record {
            parsed,
            key: Some(EventKey::from_stored(key)),
        }
    }

    /// What the first event of each call needs, in one trip. Those that follow it need what it leaves.
    async fn look_up(&self, calls: &[Vec<(usize, Record)>]) -> Vec<Option<Found>> {
        let events: Vec<Option<&ParsedEvent>> = calls
            .iter()
            .map(|records| {
                records
                    .first()
                    .and_then(|(_, record)| record.parsed.as_ref())
            })
            .collect();
        let readable: Vec<&ParsedEvent> = events.iter().copied().flatten().collect();
        let mut found = self.fan_out.look_up(&readable).await.into_iter();
        events
            .iter()
            .map(|parsed| parsed.and_then(|_| found.next().flatten()))
            .collect()
    }

    /// Drives the records of one call. Tells the place of the first that could neither be driven nor
    /// put aside.
    async fn settle_in_order(
        &self,
        records: Vec<(usize, Record)>,
        mut found: Option<Found>,
        batch: &Batch,
        deadline: Instant,
    ) -> Option<usize> {
        for (place, Record { parsed, key }) in records {
            let Some(key) = key else { continue };
            let processed = match &parsed {
                Some(parsed) if Instant::now() < deadline => {
                    process(&self.fan_out, parsed, found.take(), batch)
                        .await
                        .is_ok()
                }
                _ => false,
            };
            if !processed && let Some(place) = self.queue_for_retry(place, key).await {
                return Some(place);
            }
        }
        None
    }

    /// Tells the place of an event that could not be put aside.
    async fn queue_for_retry(&self, place: usize, key: EventKey) -> Option<usize> {
        let error = self.fan_out.queue_for_retry(&key).await.err()?;
        tracing::error!(cause = telemetry::chain(&error), "not put aside");
        Some(place)
    }
}
