//! Processing what is due: minute by minute, from the end of the last sweep until now.
//!
//! ```text
//! read the minutes ── append the event ── remove the entry ── advance the watermark
//! ```
//!
//! A crash, or two sweeps at once, repeat steps, which is harmless. An entry that fails is postponed, so that
//! the other entries are processed and the watermark can advance.

use std::time::{Duration, Instant};

use futures::future::join_all;
use thiserror::Error;

use crate::{
    clock::Clock,
    domain::{
        due::{Due, Minute, StartWindow},
        key::CallId,
        subscription::SubscriptionStatus,
        timestamp::Timestamp,
    },
    fan_out::{follow_ups::automatic_follow_up, unfinished::CallCloser},
    providers::platform,
    queue::{
        SendError,
        deliveries::{DeliveryMessage, DeliveryQueue},
    },
    store::{
        StoreError,
        calls::CallTable,
        due::{DueEntry, DueTable},
        endpoints::{EndpointTable, SubscriptionRef},
        events::{Accepted, EventTable},
    },
    telemetry,
};

/// A minute stays open this long, because the clock and the network of the process that files an entry may
/// be late.
const GRACE_MINUTES: i64 = 5;
/// How far the very first sweep looks back; later sweeps begin at the watermark.
const FIRST_LOOK_BACK_MINUTES: i64 = 60;
/// After a pause the later sweeps process the rest.
const MAX_MINUTES: usize = 240;
/// Processed in one sweep, give or take a page.
const MAX_ENTRIES: usize = 5_000;
/// A sweep ends well before the function's timeout.
const LONGEST: Duration = Duration::from_secs(40);
/// Read at once from each partition of a minute.
const PAGE: i32 = 100;
const CONCURRENCY: usize = 16;
const POSTPONED_MINUTES: i64 = 5;

#[derive(Debug, Clone)]
pub struct Sweep {
    pub due: DueTable,
    pub calls: CallTable,
    pub events: EventTable,
    pub queue: DeliveryQueue,
    pub endpoints: EndpointTable,
    pub closer: CallCloser,
    pub clock: Clock,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct SweepResult {
    pub minutes: usize,
    pub announced: usize,
    pub queued: usize,
    /// Calls that were closed because no provider reported their end.
    pub closed: usize,
    /// Entries that were processed before or are no longer wanted.
    pub dropped: usize,
    pub postponed: usize,
    /// Due minutes that were not completely processed; the next sweeps catch up.
    pub behind_minutes: u64,
    /// How long the oldest parked delivery has been due; `None` if there was none.
    pub oldest_parked_millis: Option<u64>,
}

impl SweepResult {
    fn entries(self) -> usize {
        self.announced + self.queued + self.closed + self.dropped + self.postponed
    }

    fn add(&mut self, result: EntryResult) {
        match result {
            EntryResult::Announced => self.announced += 1,
            EntryResult::Queued(deliveries) => self.queued += deliveries,
            EntryResult::Released {
                deliveries,
                oldest_millis,
            } => {
                self.queued += deliveries;
                self.oldest_parked_millis = self.oldest_parked_millis.max(oldest_millis);
            }
            EntryResult::Closed(calls) => self.closed += calls,
            EntryResult::Dropped => self.dropped += 1,
            EntryResult::Postponed => self.postponed += 1,
        }
    }
}

#[derive(Debug, Error)]
enum EntryError {
    #[error("the database failed")]
    Store(#[from] StoreError),
    #[error("the queue failed")]
    Queue(#[from] SendError),
    /// The next sweep continues.
    #[error("took too long")]
    Slow,
    /// Written by another version of this code.
    #[error("unreadable entry")]
    Unreadable,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum EntryResult {
    Announced,
    Queued(usize),
    /// Deliveries that were parked for one endpoint.
    Released {
        deliveries: usize,
        oldest_millis: Option<u64>,
    },
    Closed(usize),
    Dropped,
    Postponed,
}

impl Sweep {
    /// Processes what is due, within the bounds of a sweep. After an error the next sweep does the rest.
    pub async fn run(&self) -> Result<SweepResult, StoreError> {
        let (now, deadline) = (self.clock.now(), Instant::now() + LONGEST);
        let this_minute = Minute::of(now);
        let known = self.due.watermark().await?;
        let from = known.unwrap_or_else(|| this_minute.minus(FIRST_LOOK_BACK_MINUTES));
        let (mut swept, mut done_before) = (SweepResult::default(), from);
        for minute in from.until(this_minute).take(MAX_MINUTES) {
            let is_whole = self
                .sweep_minute(minute, (now, deadline), &mut swept)
                .await?;
            swept.minutes += 1;
            if !is_whole || swept.entries() >= MAX_ENTRIES || Instant::now() >= deadline {
                break;
            }
            done_before = minute.plus(1);
        }
        let behind = this_minute
            .as_number()
            .saturating_sub(done_before.as_number());
        swept.behind_minutes = u64::try_from(behind).unwrap_or_default();
        let closed_before = done_before.min(this_minute.minus(GRACE_MINUTES));
        if known.is_none_or(|known| known < closed_before) {
            self.due.advance(closed_before).await?;
        }
        Ok(swept)
    }

    /// Whether all due entries of the minute were read.
    async fn sweep_minute(
        &self,
        minute: Minute,
        (now, deadline): (Timestamp, Instant),
        swept: &mut SweepResult,
    ) -> Result<bool, StoreError> {
        loop {
            let slot = self.due.read(minute, PAGE).await?;
            let due: Vec<_> = slot
                .entries
                .into_iter()
                .filter(|filed| filed.due.at <= now)
                .collect();
            for batch in due.chunks(CONCURRENCY) {
                let results = batch
                    .iter()
                    .map(|filed| self.process_or_postpone(filed, now, deadline));
                for result in join_all(results).await {
                    swept.add(result?);
                }
            }
            let is_full = swept.entries() >= MAX_ENTRIES || Instant::now() >= deadline;
            if slot.is_whole || due.is_empty() || is_full {
                return Ok(slot.is_whole);
            }
        }
    }

    async fn process_or_postpone(
        &self,
        filed: &DueEntry,
        now: Timestamp,
        deadline: Instant,
    ) -> Result<EntryResult, StoreError> {
        let error = match self.process(&filed.due, now, deadline).await {
            Ok(result) => {
                self.due.remove(filed).await?;
                return Ok(result);
            }
            Err(error) => error,
        };
        let (kind, reference) = (filed.due.kind.as_str(), filed.due.reference.as_str());
        tracing::error!(
            kind,
            reference,
            cause = telemetry::chain(&error),
            "postponed what is due"
        );
        self.due
            .postpone(filed, Minute::of(now).plus(POSTPONED_MINUTES))
            .await?;
        Ok(EntryResult::Postponed)
    }

    async fn process(
        &self,
        due: &Due,
        now: Timestamp,
        deadline: Instant,
    ) -> Result<EntryResult, EntryError> {
        match due.kind.as_str() {
            Due::FOLLOW_UP => {
                let call_id = CallId::parse(&due.reference).ok_or(EntryError::Unreadable)?;
                Ok(self.announce_follow_up(call_id, due.at, now).await?)
            }
            Due::DELIVERY => {
                self.queue.send(&[(read_message(due)?, 0)]).await?;
                Ok(EntryResult::Queued(1))
            }
            Due::BREAKER => {
                let endpoint =
                    SubscriptionRef::parse(&due.reference).ok_or(EntryError::Unreadable)?;
                self.release_parked(&endpoint, now, deadline).await
            }
            Due::START_WINDOW => {
                let begun = StartWindow::parse(&due.reference).ok_or(EntryError::Unreadable)?;
                let closed = self.closer.close_begun(&begun, now, deadline).await?;
                closed.map(EntryResult::Closed).ok_or(EntryError::Slow)
            }
            Due::UNFINISHED_CALL => {
                let call_id = CallId::parse(&due.reference).ok_or(EntryError::Unreadable)?;
                Ok(EntryResult::Closed(usize::from(
                    self.closer.close_one(call_id, now).await?,
                )))
            }
            _ => Err(EntryError::Unreadable),
        }
    }

    /// Queues the deliveries that are parked for an endpoint, or one as a probe while its breaker is open.
    /// While some are parked it checks again in a minute.
    async fn release_parked(
        &self,
        endpoint: &SubscriptionRef,
        now: Timestamp,
        deadline: Instant,
    ) -> Result<EntryResult, EntryError> {
        let place = endpoint.to_string();
        let (subscription, health) = self.endpoints.one(endpoint).await?;
        let posts = subscription
            .is_some_and(|subscription| subscription.status == SubscriptionStatus::Active);
        let still_fails = posts && health.is_some_and(|health| health.is_open());
        let (mut deliveries, page) = (0, if still_fails { 1 } else { PAGE });
        let mut oldest_millis = None;
        loop {
            let slot = self.due.parked(&place, page).await?;
            // The earliest come first.
            let oldest = slot
                .entries
                .first()
                .map(|parked| now.millis_since(parked.due.at));
            oldest_millis = oldest_millis.max(oldest);
            // A later version may have written an unreadable entry: the others go, and its row stays pending.
            let messages: Vec<_> = slot
                .entries
                .iter()
                .filter_map(|parked| Some((read_message(&parked.due).ok()?, 0)))
                .collect();
            if messages.len() < slot.entries.len() {
                tracing::error!(subscription = %place, "unreadable delivery left out");
            }
            self.queue.send(&messages).await?;
            for removed in join_all(slot.entries.iter().map(|parked| self.due.remove(parked))).await
            {
                removed?;
            }
            deliveries += slot.entries.len();
            let is_last = still_fails || Instant::now() >= deadline;
            if is_last && !slot.is_whole {
                let breaker = Due::breaker(place.clone(), now);
                self.due.file(&breaker, now).await?;
            }
            if is_last || slot.is_whole {
                return Ok(EntryResult::Released {
                    deliveries,
                    oldest_millis,
                });
            }
        }
    }

    /// Announces the call's follow-up, if it is still due at that time.
    async fn announce_follow_up(
        &self,
        call_id: CallId,
        at: Timestamp,
        now: Timestamp,
    ) -> Result<EntryResult, StoreError> {
        let Some(trail) = self.calls.find(call_id).await? else {
            return Ok(EntryResult::Dropped);
        };
        let call = trail.whole();
        let follow_up = automatic_follow_up(&call).filter(|follow_up| follow_up.due_at == at);
        let Some((follow_up, owner)) = follow_up.zip(call.owner.as_ref()) else {
            return Ok(EntryResult::Dropped);
        };
        let event = platform::follow_up_due(&call, &owner.tenant_id, follow_up, now);
        match self.events.append(&event).await? {
            Accepted::New => {
                tracing::info!(event_key = %event.key, call_id = %call.id, "follow-up announced");
                Ok(EntryResult::Announced)
            }
            Accepted::Duplicate => Ok(EntryResult::Dropped),
        }
    }
}

fn read_message(due: &Due) -> Result<DeliveryMessage, EntryError> {
    serde_json::from_str(&due.reference).map_err(|_| EntryError::Unreadable)
}
