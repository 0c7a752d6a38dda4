//! Doing what is due: minute by minute, from where the last sweep ended up to now.
//!
//! ```text
//! read the minutes ── append the event ── remove the entry ── advance the watermark
//! ```
//!
//! A crash anywhere, and two sweeps at once, repeat steps that are harmless to repeat. An entry that
//! fails is postponed, so that it holds up no other and the watermark can advance.

use std::time::{Duration, Instant};

use futures::future::join_all;
use thiserror::Error;

use crate::{
    clock::Clock,
    domain::{
        due::{Begun, Due, Minute},
        key::CallId,
        subscription::SubscriptionStatus,
        timestamp::Timestamp,
    },
    fan_out::{follow_ups::automatic_follow_up, unfinished::Closing},
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

/// An entry is filed under the present minute by a clock and over a network that may be this late, so
/// that minutes stay open for so long.
const GRACE_MINUTES: i64 = 5;
/// The first sweep of all looks back so far; afterwards the watermark tells.
const FIRST_LOOK_BACK_MINUTES: i64 = 60;
/// After a pause more than this is left to the sweeps that follow.
const MAX_MINUTES: usize = 240;
/// Entries worked on in one sweep, give or take a page.
const MAX_ENTRIES: usize = 5_000;
/// A sweep ends well before its function is ended.
const LONGEST: Duration = Duration::from_secs(40);
/// Entries read at once of each of a minute's partitions.
const PAGE: i32 = 100;
/// Entries worked on at once.
const CONCURRENCY: usize = 16;
/// How long an entry that failed waits.
const POSTPONED_MINUTES: i64 = 5;

/// Does what is due.
#[derive(Debug, Clone)]
pub struct Sweep {
    /// What is due.
    pub due: DueTable,
    /// Whose follow-ups.
    pub calls: CallTable,
    /// Where they are announced.
    pub events: EventTable,
    /// Where deliveries that waited are queued.
    pub queue: DeliveryQueue,
    /// How endpoints do.
    pub endpoints: EndpointTable,
    /// Calls whose end nobody reported.
    pub closing: Closing,
    /// What time it is.
    pub clock: Clock,
}

/// What a sweep has done.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct SweepResult {
    /// Minutes looked through.
    pub minutes: usize,
    /// Events appended to the log.
    pub announced: usize,
    /// Deliveries that were queued again.
    pub queued: usize,
    /// Calls that were closed because nobody reported their end.
    pub closed: usize,
    /// Entries that had been dealt with before, or were no longer wanted.
    pub dropped: usize,
    /// Entries that failed and were put off.
    pub postponed: usize,
    /// Minutes whose entries are due and were not all looked at: the next sweeps catch up.
    pub behind_minutes: u64,
    /// For how long the oldest parked delivery that was found has been due; nothing where none was found.
    pub oldest_parked_millis: Option<u64>,
}

impl SweepResult {
    fn entries(self) -> usize {
        self.announced + self.queued + self.closed + self.dropped + self.postponed
    }
}

/// Why an entry cannot be dealt with.
#[derive(Debug, Error)]
enum EntryError {
    #[error("the database failed")]
    Store(#[from] StoreError),
    #[error("the queue failed")]
    Queue(#[from] SendError),
    /// It is more than a sweep has time for: the next one goes on.
    #[error("took too long")]
    Slow,
    /// Another version of this code filed it.
    #[error("unreadable entry")]
    Unreadable,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Settled {
    Announced,
    Queued(usize),
    /// What was parked for one endpoint.
    Released {
        deliveries: usize,
        oldest_millis: Option<u64>,
    },
    Closed(usize),
    Dropped,
    Postponed,
}

impl Sweep {
    /// Does what is due by now, or a part of it if that is much.
    ///
    /// # Errors
    /// When the database fails; the next sweep repeats what was not done.
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

    /// Tells whether all that is due in the minute was seen.
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
                for settled in
                    join_all(batch.iter().map(|filed| self.settle(filed, now, deadline))).await
                {
                    match settled? {
                        Settled::Announced => swept.announced += 1,
                        Settled::Queued(deliveries) => swept.queued += deliveries,
                        Settled::Released {
                            deliveries,
                            oldest_millis,
                        } => {
                            swept.queued += deliveries;
                            swept.oldest_parked_millis =
                                swept.oldest_parked_millis.max(oldest_millis);
                        }
                        Settled::Closed(calls) => swept.closed += calls,
                        Settled::Dropped => swept.dropped += 1,
                        Settled::Postponed => swept.postponed += 1,
                    }
                }
            }
            let is_full = swept.entries() >= MAX_ENTRIES || Instant::now() >= deadline;
            if slot.is_whole || due.is_empty() || is_full {
                return Ok(slot.is_whole);
            }
        }
    }

    async fn settle(
        &self,
        filed: &DueEntry,
        now: Timestamp,
        deadline: Instant,
    ) -> Result<Settled, StoreError> {
        let error = match self.deal_with(&filed.due, now, deadline).await {
            Ok(settled) => {
                self.due.remove(filed).await?;
                return Ok(settled);
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
        Ok(Settled::Postponed)
    }

    async fn deal_with(
        &self,
        due: &Due,
        now: Timestamp,
        deadline: Instant,
    ) -> Result<Settled, EntryError> {
        match due.kind.as_str() {
            Due::FOLLOW_UP => {
                let call_id = CallId::parse(&due.reference).ok_or(EntryError::Unreadable)?;
                Ok(self.announce_follow_up(call_id, due.at, now).await?)
            }
            Due::DELIVERY => {
                self.queue.send(&[(read_message(due)?, 0)]).await?;
                Ok(Settled::Queued(1))
            }
            Due::BREAKER => {
                let endpoint =
                    SubscriptionRef::parse(&due.reference).ok_or(EntryError::Unreadable)?;
                self.look_at_breaker(&endpoint, now, deadline).await
            }
            Due::BEGUN => {
                let begun = Begun::parse(&due.reference).ok_or(EntryError::Unreadable)?;
                let closed = self.closing.close_begun(&begun, now, deadline).await?;
                closed.map(Settled::Closed).ok_or(EntryError::Slow)
            }
            Due::UNFINISHED_CALL => {
                let call_id = CallId::parse(&due.reference).ok_or(EntryError::Unreadable)?;
                Ok(Settled::Closed(usize::from(
                    self.closing.close_one(call_id, now).await?,
                )))
            }
            _ => Err(EntryError::Unreadable),
        }
    }

    /// Lets the deliveries go that wait for a subscription's endpoint, or one of them as a probe while it
    /// still fails, and looks again in a minute as long as some wait.
    async fn look_at_breaker(
        &self,
        endpoint: &SubscriptionRef,
        now: Timestamp,
        deadline: Instant,
    ) -> Result<Settled, EntryError> {
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
            // One that a later version wrote must not hold up the others; its row still says that it is pending.
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
            if slot.is_whole {
                return Ok(Settled::Released {
                    deliveries,
                    oldest_millis,
                });
            }
            if still_fails || Instant::now() >= deadline {
                self.due.file(&Due::breaker(place, now), now).await?;
                return Ok(Settled::Released {
                    deliveries,
                    oldest_millis,
                });
            }
        }
    }

    /// Announces the call's follow-up, if it still is to happen at that moment.
    async fn announce_follow_up(
        &self,
        call_id: CallId,
        at: Timestamp,
        now: Timestamp,
    ) -> Result<Settled, StoreError> {
        let Some(trail) = self.calls.find(call_id).await? else {
            return Ok(Settled::Dropped);
        };
        let call = trail.whole();
        let follow_up = automatic_follow_up(&call).filter(|follow_up| follow_up.due_at == at);
        let Some((follow_up, owner)) = follow_up.zip(call.owner.as_ref()) else {
            return Ok(Settled::Dropped);
        };
        let event = platform::follow_up_due(&call, &owner.tenant_id, follow_up, now);
        match self.events.append(&event).await? {
            Accepted::New => {
                tracing::info!(event_key = %event.key, call_id = %call.id, "follow-up announced");
                Ok(Settled::Announced)
            }
            Accepted::Duplicate => Ok(Settled::Dropped),
        }
    }
}

fn read_message(due: &Due) -> Result<DeliveryMessage, EntryError> {
    serde_json::from_str(&due.reference).map_err(|_| EntryError::Unreadable)
}
