//! The envelope of a queue's messages: reading them, and reporting which must come again.

use std::future::Future;

use aws_lambda_events::sqs::{BatchItemFailure, SqsBatchResponse, SqsEvent, SqsMessage};
use futures::future::join_all;
use ringpost::{queue::SendError, telemetry};
use serde::de::DeserializeOwned;
use tracing::Instrument;

use super::{Worker, log};
use crate::wiring::{InitError, Wiring};

/// A worker whose messages are settled one by one, those of a batch side by side.
pub trait QueueWorker: Sized + Send + Sync {
    /// The name of its binary.
    const NAME: &'static str;
    type Message: Send;

    fn wire(wiring: &Wiring) -> impl Future<Output = Result<Self, InitError>> + Send;

    /// The message that a body holds; `None` when it holds none.
    fn read(body: &str) -> Option<Self::Message>;

    fn settle(
        &self,
        message: Self::Message,
        receipt: Receipt<'_>,
    ) -> impl Future<Output = Result<(), Unsettled>> + Send;
}

/// A message must come again; its queue gives up on it after some times and keeps it.
#[derive(Debug, Clone, Copy)]
pub struct Unsettled;

/// By what the queue knows a message while the function holds it.
#[derive(Debug, Clone, Copy)]
pub struct Receipt<'a> {
    pub handle: &'a str,
    /// How often the queue has given the message out, this time included.
    pub times_received: u32,
}

impl<W: QueueWorker> Worker for W {
    const NAME: &'static str = W::NAME;
    type Batch = SqsEvent;
    type Answer = SqsBatchResponse;

    async fn wire(wiring: &Wiring) -> Result<Self, InitError> {
        W::wire(wiring).await
    }

    async fn handle(&self, batch: SqsEvent) -> SqsBatchResponse {
        let settling = batch.records.iter().map(|record| {
            let settled = async {
                let message = read(record, W::read)?;
                self.settle(message, Receipt::of(record)).await
            };
            settled.instrument(span(record))
        });
        response(&batch.records, join_all(settling).await)
    }
}

impl<'a> Receipt<'a> {
    pub(crate) fn of(record: &'a SqsMessage) -> Self {
        let count = record.attributes.get("ApproximateReceiveCount");
        Self {
            handle: record.receipt_handle.as_deref().unwrap_or_default(),
            times_received: count.and_then(|count| count.parse().ok()).unwrap_or(1),
        }
    }
}

pub(crate) fn span(record: &SqsMessage) -> tracing::Span {
    log::record(record.message_id.as_deref().unwrap_or_default())
}

/// What a record holds, read by `read`.
pub(crate) fn read<M>(
    record: &SqsMessage,
    read: impl FnOnce(&str) -> Option<M>,
) -> Result<M, Unsettled> {
    read(record.body.as_deref().unwrap_or_default()).ok_or_else(|| {
        tracing::error!("unreadable message");
        Unsettled
    })
}

pub(crate) fn from_json<M: DeserializeOwned>(body: &str) -> Option<M> {
    serde_json::from_str(body).ok()
}

/// Which of the records must come again.
pub(crate) fn response(
    records: &[SqsMessage],
    settled: impl IntoIterator<Item = Result<(), Unsettled>>,
) -> SqsBatchResponse {
    let mut response = SqsBatchResponse::default();
    for (record, settled) in records.iter().zip(settled) {
        if settled.is_err() {
            let mut failure = BatchItemFailure::default();
            failure.item_identifier = record.message_id.clone().unwrap_or_default();
            response.batch_item_failures.push(failure);
        }
    }
    response
}

/// A wait that could not be set is logged, no more: the message comes again after its queue's own
/// visibility timeout.
pub(crate) fn log_wait(set: Result<(), SendError>) {
    if let Err(error) = set {
        tracing::warn!(cause = telemetry::chain(&error), "wait not set");
    }
}
