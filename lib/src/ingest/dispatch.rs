//! Answering an inbound call. Even if AWS fails or is slow, the caller gets an agent in time:
//!
//! ```text
//! choose the agent ── fails or is slow: the default agent ──────────────┐
//! append the event ── fails or is slow: into the queue deferred-events ─┴─ answer
//! ```

use std::{future::Future, time::Duration};

use thiserror::Error;
use tokio::time::{Instant, timeout_at};

use super::agent_choice::{AgentChoice, Assignment};
use crate::{
    domain::event::Event,
    providers::livekit::sip_inbound::InboundCall,
    queue::{SendError, deferred_events::DeferredEventQueue},
    store::{StoreError, events::EventTable},
    telemetry,
};

/// LiveKit waits for two seconds. The database may take this long, counted from the request.
const DATABASE: Duration = Duration::from_millis(1_000);
/// Until then the event may be sent to the queue.
const QUEUE: Duration = Duration::from_millis(1_500);
/// Each has at least this long, even if the request waited before.
const AT_LEAST: Duration = Duration::from_millis(250);

#[derive(Debug, Clone)]
pub struct Dispatch {
    events: EventTable,
    deferred: DeferredEventQueue,
    pub agents: AgentChoice,
}

#[derive(Debug)]
pub struct Dispatched {
    pub assignment: Assignment,
    /// The directory or the log failed or was too slow.
    pub degraded: bool,
}

#[derive(Debug, Error)]
enum Failure {
    #[error("not in time")]
    Late,
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Queue(#[from] SendError),
}

impl Dispatch {
    pub fn new(events: EventTable, deferred: DeferredEventQueue, agents: AgentChoice) -> Self {
        Self {
            events,
            deferred,
            agents,
        }
    }

    /// Chooses the agent and appends the event, or defers it to the queue.
    pub async fn answer(&self, call: &InboundCall, event: &Event, received: Instant) -> Dispatched {
        let deadline = deadline(received + DATABASE);
        let (assigned, appended) = futures::join!(
            in_time(
                deadline,
                self.agents
                    .of(call.called.number(), event.tenant_id.as_deref())
            ),
            in_time(deadline, self.events.append(event)),
        );
        let mut degraded = false;
        let event_key = event.key.as_str();
        let assignment = assigned.unwrap_or_else(|error| {
            degraded = true;
            tracing::warn!(
                event_key,
                cause = telemetry::chain(&error),
                "directory not read, default agent"
            );
            self.agents.by_default()
        });
        if let Err(error) = appended {
            degraded = true;
            tracing::warn!(
                event_key,
                cause = telemetry::chain(&error),
                "event not appended, deferred"
            );
            let queued = in_time(self::deadline(received + QUEUE), self.deferred.send(event));
            if let Err(error) = queued.await {
                // The caller still gets an agent, and LiveKit's own events report the call.
                tracing::error!(
                    event_key,
                    cause = telemetry::chain(&error),
                    "event not deferred: it is lost"
                );
            }
        }
        Dispatched {
            assignment,
            degraded,
        }
    }
}

fn deadline(wanted: Instant) -> Instant {
    wanted.max(Instant::now() + AT_LEAST)
}

async fn in_time<T, E: Into<Failure>>(
    deadline: Instant,
    work: impl Future<Output = Result<T, E>>,
) -> Result<T, Failure> {
    timeout_at(deadline, work)
        .await
        .map_err(|_| Failure::Late)?
        .map_err(Into::into)
}
