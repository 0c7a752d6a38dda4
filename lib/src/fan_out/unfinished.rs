//! Calls whose end no provider reports, for example because it gave up on the webhook.
//!
//! A timer for each call would cost two writes per call. Instead `fan-out` files one entry for a tenant and
//! the ten minutes in which open calls began, and `sweep` checks those calls when the entry is due:
//!
//! ```text
//! fan-out: the call is open ── file its tenant's ten minutes, once per process
//! sweep:   open calls of these minutes ─┬─ silent for long ── append the event that closes the call
//!                                       └─ reported since ── file the call itself for later
//! ```
//!
//! The event closes the call by the lowest rank, so any later report of its end wins.

use std::{
    collections::HashSet,
    sync::{Arc, Mutex, PoisonError},
    time::Instant,
};

use crate::{
    clock::Clock,
    domain::{
        call::{Call, ReceivedSpan},
        due::{Due, StartWindow},
        key::CallId,
        timestamp::Timestamp,
    },
    providers::platform,
    store::{
        StoreError,
        call_list::{CallList, Window},
        calls::CallTable,
        due::DueTable,
        events::{Accepted, EventTable},
    },
};

/// When a process remembers this many, it forgets all and starts again.
const MAX_REMEMBERED: usize = 10_000;
const PAGE: usize = 100;

/// How long an open call must have been silent before it is closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SilenceLimit {
    pub hours: u32,
}

impl SilenceLimit {
    /// When a call with its last event at `received` may be closed. The stored span may end a little too
    /// early.
    fn ends_after(self, received: Timestamp) -> Timestamp {
        received.plus_millis(u64::from(self.hours) * 3_600_000 + ReceivedSpan::SLACK_MILLIS)
    }
}

#[derive(Debug, Clone)]
pub struct UnfinishedCalls {
    due: DueTable,
    silence: SilenceLimit,
    clock: Clock,
    filed: Arc<Mutex<HashSet<StartWindow>>>,
}

impl UnfinishedCalls {
    pub fn new(due: DueTable, silence: SilenceLimit, clock: Clock) -> Self {
        Self {
            due,
            silence,
            clock,
            filed: Arc::default(),
        }
    }

    /// Schedules a check of an open call; repeating is safe.
    pub async fn schedule(&self, call: &Call, tenant_id: &str) -> Result<(), StoreError> {
        if call.facts.ending().is_some() {
            return Ok(());
        }
        let begun = StartWindow::of(tenant_id, call.created_at);
        if self.remembered().contains(&begun) {
            return Ok(());
        }
        let due = begun.due(self.silence.ends_after(begun.until()));
        self.due.file(&due, self.clock.now()).await?;
        let mut remembered = self.remembered();
        if remembered.len() >= MAX_REMEMBERED {
            remembered.clear();
        }
        remembered.insert(begun);
        Ok(())
    }

    fn remembered(&self) -> std::sync::MutexGuard<'_, HashSet<StartWindow>> {
        self.filed.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[derive(Debug, Clone)]
pub struct CallCloser {
    pub list: CallList,
    pub calls: CallTable,
    pub events: EventTable,
    pub due: DueTable,
    pub silence: SilenceLimit,
}

impl CallCloser {
    /// Closes the silent calls of a span and returns their number; `None` when the deadline came first, so
    /// that the span must be checked again.
    pub(crate) async fn close_begun(
        &self,
        begun: &StartWindow,
        now: Timestamp,
        deadline: Instant,
    ) -> Result<Option<usize>, StoreError> {
        let window = Window {
            from: begun.from(),
            to: begun.until(),
        };
        let (mut calls, mut closed) = (self.list.newest(begun.tenant_id(), window, None), 0);
        loop {
            let page = calls.next(PAGE).await?;
            if page.is_empty() {
                return Ok(Some(closed));
            }
            for call in page.into_iter().filter_map(|listed| listed.call) {
                closed += usize::from(self.close(&call, now).await?);
            }
            if Instant::now() >= deadline {
                return Ok(None);
            }
        }
    }

    /// Closes a call if it is silent; true if it was closed.
    pub(crate) async fn close_one(&self, id: CallId, now: Timestamp) -> Result<bool, StoreError> {
        match self.calls.find(id).await? {
            Some(trail) => self.close(&trail.whole(), now).await,
            None => Ok(false),
        }
    }

    async fn close(&self, call: &Call, now: Timestamp) -> Result<bool, StoreError> {
        let Some(owner) = call
            .owner
            .as_ref()
            .filter(|_| call.facts.ending().is_none())
        else {
            return Ok(false);
        };
        let at = self.silence.ends_after(call.received.to);
        if at > now {
            self.due
                .file(&Due::unfinished_call(call.id, at), now)
                .await?;
            return Ok(false);
        }
        let event = platform::unfinished(call, &owner.tenant_id, now);
        let accepted = self.events.append(&event).await?;
        tracing::warn!(event_key = %event.key, call_id = %call.id, "the end of the call was never reported");
        Ok(accepted == Accepted::New)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_silent_call_is_closed_after_the_hours_and_the_slack_of_its_span() {
        let received = Timestamp::from_seconds(1_000).unwrap();
        let limit = SilenceLimit { hours: 3 };
        let expected = Timestamp::from_seconds(1_000 + 3 * 3_600 + 10 * 60);
        assert_eq!(Some(limit.ends_after(received)), expected);
    }
}
