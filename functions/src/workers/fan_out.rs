//! `fan-out`: processes the events that the stream of the log reports.
//!
//! Calls are processed side by side, the events of one call one after another. A record that fails goes to
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
    store::{Item, events::EventTable, lookup::CallLookup},
    telemetry,
};

use super::process;
use crate::{
    runtime::{self, Worker},
    wiring::{InitError, Wiring},
};

/// After this time the events of a call that are left are queued for retry, so that the batch ends in time.
const LONGEST_BATCH: Duration = Duration::from_secs(12);

/// What this function may touch: it reads and writes `calls`, reads `directory`, writes `history`,
/// lists `webhook-configs`, and sends to the queues of deliveries, transcripts and retries.
pub struct Function {
    pub events: EventTable,
    pub fan_out: FanOut,
}

pub fn main() -> ExitCode {
    runtime::work::<Function>()
}

impl Worker for Function {
    const NAME: &'static str = "fan-out";
    type Batch = StreamBatch;
    type Answer = DynamoDbEventResponse;

    async fn wire(wiring: &Wiring) -> Result<Self, InitError> {
        Ok(Self {
            events: wiring.events()?,
            fan_out: wiring.fan_out()?,
        })
    }

    async fn handle(&self, batch: StreamBatch) -> DynamoDbEventResponse {
        let sequence_numbers: Vec<_> = batch
            .records
            .iter()
            .map(|record| record.change.sequence_number.clone())
            .collect();
        let records = join_all(batch.records.into_iter().map(|record| self.read(record))).await;
        let keys: Vec<Option<EventKey>> = records.iter().map(|it| it.key().cloned()).collect();
        // The events of one call would only get into each other's way.
        let mut calls: HashMap<_, Vec<_>> = HashMap::new();
        for (place, record) in records.into_iter().enumerate() {
            let call = record.parsed().and_then(ParsedEvent::strongest_call);
            let call = call.ok_or(place);
            calls.entry(call).or_default().push((place, record));
        }
        let calls: Vec<Vec<(usize, Record)>> = calls.into_values().collect();
        // The later events of a call need the items as its first event leaves them.
        let first = calls.iter().map(|records| records.first()?.1.parsed());
        let found = self.fan_out.look_up(first).await;
        let shared = self.fan_out.publisher.batch();
        let deadline = Instant::now() + LONGEST_BATCH;
        let settling = calls
            .into_iter()
            .zip(found)
            .map(|(records, found)| self.settle_in_order(records, found, &shared, deadline));
        let mut unsettled: Vec<usize> = join_all(settling).await.into_iter().flatten().collect();
        if let Err(error) = self.fan_out.publisher.queue(shared).await {
            tracing::error!(cause = telemetry::chain(&error), "deliveries not queued");
            // The events that recorded them are processed again.
            let retrying = keys
                .iter()
                .enumerate()
                .filter_map(|(place, key)| Some(self.queue_for_retry(place, key.as_ref()?)));
            unsettled.extend(join_all(retrying).await.into_iter().flatten());
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
enum Record {
    /// An event.
    Event(Box<ParsedEvent>),
    /// An event that cannot be read, by its key.
    Unreadable(EventKey),
    /// A change of the log from which nothing follows.
    NoInsert,
}

impl Record {
    fn parsed(&self) -> Option<&ParsedEvent> {
        match self {
            Self::Event(parsed) => Some(parsed),
            Self::Unreadable(_) | Self::NoInsert => None,
        }
    }

    /// The key of the event, where something must follow.
    fn key(&self) -> Option<&EventKey> {
        match self {
            Self::Event(parsed) => Some(&parsed.event.key),
            Self::Unreadable(key) => Some(key),
            Self::NoInsert => None,
        }
    }
}

impl Function {
    async fn read(&self, record: EventRecord) -> Record {
        if record.event_name != "INSERT" {
            return Record::NoInsert;
        }
        let image: Item = record.change.new_image.into();
        match self.events.read(&image).await {
            Ok(event) => Record::Event(Box::new(ParsedEvent::parse(event))),
            Err(error) => {
                let keys: Item = record.change.keys.into();
                let key = keys.get("key").and_then(|key| key.as_s().ok());
                tracing::error!(cause = telemetry::chain(&error), "unreadable record");
                Record::Unreadable(EventKey::from_stored(key.cloned().unwrap_or_default()))
            }
        }
    }

    /// Processes the records of one call. Returns the place of the first that could neither be processed
    /// nor queued for retry.
    async fn settle_in_order(
        &self,
        records: Vec<(usize, Record)>,
        mut found: Option<CallLookup>,
        batch: &Batch,
        deadline: Instant,
    ) -> Option<usize> {
        for (place, record) in records {
            let Some(key) = record.key() else { continue };
            let processed = match record.parsed() {
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

    /// Returns the place of an event that could not be queued.
    async fn queue_for_retry(&self, place: usize, key: &EventKey) -> Option<usize> {
        let error = self.fan_out.queue_for_retry(key).await.err()?;
        tracing::error!(cause = telemetry::chain(&error), "not queued for retry");
        Some(place)
    }
}
