//! What follows from an accepted event.

pub mod deferred_events;
pub mod deliver;
pub mod fan_out;
pub mod fan_out_retry;
pub mod fetch_transcript;
pub mod recover_deliveries;
pub mod sweep;

use std::{
    future::Future,
    time::{Duration, Instant},
};

use aws_lambda_events::sqs::{BatchItemFailure, SqsBatchResponse, SqsMessage};
use futures::future::join_all;
use ringpost::{
    domain::call::outcome::Outcome,
    fan_out::{
        FanOut, ParsedEvent, Processed,
        publish::{Batch, FanOutError},
    },
    queue::SendError,
    store::lookup::CallLookup,
    telemetry,
};

/// A message that must come again; its queue gives up on it after some times and keeps it.
#[derive(Debug, Clone, Copy)]
struct Unsettled;

/// Works on the messages of a batch together, and tells the queue which must come again.
async fn settle_all(
    messages: &[SqsMessage],
    settling: impl Iterator<Item = impl Future<Output = Result<(), Unsettled>>>,
) -> SqsBatchResponse {
    let mut answer = SqsBatchResponse::default();
    for (message, settled) in messages.iter().zip(join_all(settling).await) {
        if settled.is_err() {
            let mut failure = BatchItemFailure::default();
            failure.item_identifier = message.message_id.clone().unwrap_or_default();
            answer.batch_item_failures.push(failure);
        }
    }
    answer
}

/// How often the queue has given the message out, this time included.
fn times_received(message: &SqsMessage) -> u32 {
    let count = message.attributes.get("ApproximateReceiveCount");
    count.and_then(|count| count.parse().ok()).unwrap_or(1)
}

/// By which its queue knows this message while the function holds it.
fn receipt(message: &SqsMessage) -> &str {
    message.receipt_handle.as_deref().unwrap_or_default()
}

/// A wait that could not be set is logged, no more: the message comes again after its queue's own visibility timeout.
fn log_wait(set: Result<(), SendError>) {
    if let Err(error) = set {
        tracing::warn!(cause = telemetry::chain(&error), "wait not set");
    }
}

/// So that a batch is settled before its invocation is ended: what was not driven by then comes again.
const LONGEST_PROCESSING: Duration = Duration::from_secs(8);

/// Drives one event and writes its canonical line.
async fn process(
    fan_out: &FanOut,
    parsed: &ParsedEvent,
    found: Option<CallLookup>,
    batch: &Batch,
) -> Result<Processed, FanOutError> {
    let started = Instant::now();
    let processed =
        tokio::time::timeout(LONGEST_PROCESSING, fan_out.process(parsed, found, batch)).await;
    let processed = processed.unwrap_or(Err(FanOutError::Slow));
    let duration_ms = started.elapsed().as_secs_f64() * 1_000.0;
    let (event_key, event_type) = (parsed.event.key.as_str(), parsed.event.event_type.as_str());
    match &processed {
        Ok(processed) => {
            let (result, call_id) = match processed {
                Processed::Recorded(recorded) => ("recorded", recorded.call_id),
                Processed::Waiting(call_id) => ("waiting for an owner", Some(*call_id)),
                Processed::LeftOut(call_id) => {
                    tracing::warn!(event_key, call_id = %call_id, "too many events wait for an owner");
                    ("left out", Some(*call_id))
                }
                Processed::Unowned => ("unowned", None),
            };
            let recorded = match processed {
                Processed::Recorded(recorded) => Some(recorded),
                _ => None,
            };
            let tenant_id = recorded.map(|recorded| recorded.tenant_id.as_str());
            let announced = recorded
                .map(|recorded| recorded.announced.join(" "))
                .filter(|types| !types.is_empty());
            let outcome = recorded
                .and_then(|recorded| recorded.outcome)
                .map(Outcome::as_str);
            let call_id = call_id.map(|id| id.to_string());
            tracing::info!(
                event_key,
                event_type,
                tenant_id,
                call_id,
                announced,
                outcome,
                result,
                duration_ms,
                "event processed"
            );
        }
        Err(error) => {
            let cause = telemetry::chain(error);
            tracing::error!(
                event_key,
                event_type,
                cause,
                duration_ms,
                "event not processed"
            );
        }
    }
    processed
}
