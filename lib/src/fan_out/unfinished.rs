//! Calls whose end nobody reports: a provider that gives up on a webhook is never heard of that call again.
//!
//! A timer for each call would cost two writes of each. Instead `fan-out` files one entry for a tenant and
//! ten minutes in which calls began that go on, and `sweep` looks at those calls when their time has come:
//!
//! ```text
//! fan-out: a call goes on ── file its tenant's ten minutes, once per process
//! sweep:   the calls of these minutes that go on ─┬─ silent for long ── append the event that closes it
//!                                                 └─ heard of since ── file the call itself for later
//! ```
//!
//! The event closes the call by the lowest rank: whatever is reported of its end later is believed.

use std::{
    collections::HashSet,
    sync::{Arc, Mutex, PoisonError},
    time::Instant,
};

use crate::{
    clock::Clock,
    domain::{
        call::{Call, Seen},
        due::{Begun, Due},
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

/// How long nothing must have been heard of a call that goes on before it is closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SilenceLimit {
    pub hours: u32,
}

impl SilenceLimit {
    /// When a call of which the last event was received at `heard` may be closed. The span that the call
    /// keeps may end a little too early.
    fn ends_after(self, heard: Timestamp) -> Timestamp {
        heard.plus_millis(u64::from(self.hours) * 3_600_000 + Seen::SLACK_MILLIS)
    }
}

#[derive(Debug, Clone)]
pub struct UnfinishedCalls {
    due: DueTable,
    silence: SilenceLimit,
    clock: Clock,
    filed: Arc<Mutex<HashSet<Begun>>>,
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

    /// Sees to it that a call of this tenant that goes on is looked at when it has been silent for long.
    pub async fn note(&self, call: &Call, tenant_id: &str) -> Result<(), StoreError> {
        if call.facts.ending().is_some() {
            return Ok(());
        }
        let begun = Begun::of(tenant_id, call.created_at);
        if self.remembered().contains(&begun) {
            return Ok(());
        }
        self.due
            .file(
                &begun.due(self.silence.ends_after(begun.until())),
                self.clock.now(),
            )
            .await?;
        let mut remembered = self.remembered();
        if remembered.len() >= MAX_REMEMBERED {
            remembered.clear();
        }
        remembered.insert(begun);
        Ok(())
    }

    fn remembered(&self) -> std::sync::MutexGuard<'_, HashSet<Begun>> {
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
    /// Closes those calls of a span that are silent. The number of those that were closed; `None` when the
    /// deadline came first, and the span must be looked at again.
    pub(crate) async fn close_begun(
        &self,
        begun: &Begun,
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
        let at = self.silence.ends_after(call.seen.to);
        if at > now {
            self.due
                .file(&Due::unfinished_call(call.id, at), now)
                .await?;
            return Ok(false);
        }
        let event = platform::unfinished(call, &owner.tenant_id, now);
        let accepted = self.events.append(&event).await?;
        tracing::warn!(event_key = %event.key, call_id = %call.id, "nobody reported the end of the call");
        Ok(accepted == Accepted::New)
    }
}
