//! What follows from an accepted event.

pub mod deferred_events;
pub mod deliver;
pub mod fan_out;
pub mod fan_out_retry;
pub mod fetch_transcript;
pub mod recover_deliveries;
pub mod sweep;

use std::time::Duration;

use ringpost::{
    domain::call::outcome::Outcome,
    fan_out::{
        FanOut, ParsedEvent, Processed,
        publish::{Batch, FanOutError},
    },
    store::lookup::CallLookup,
    telemetry,
};
use tracing::Instrument;

use crate::runtime::log;

/// So that a batch is settled before its invocation is ended: what was not processed by then comes again.
const LONGEST_PROCESSING: Duration = Duration::from_secs(8);

/// Processes one event and writes its canonical line.
async fn process(
    fan_out: &FanOut,
    parsed: &ParsedEvent,
    found: Option<CallLookup>,
    batch: &Batch,
) -> Result<Processed, FanOutError> {
    let (event_key, event_type) = (parsed.event.key.as_str(), parsed.event.event_type.as_str());
    let processing =
        tokio::time::timeout(LONGEST_PROCESSING, fan_out.process(parsed, found, batch));
    let (processed, duration_ms) = log::timed(processing.instrument(log::record(event_key))).await;
    let processed = processed.unwrap_or(Err(FanOutError::Slow));
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
