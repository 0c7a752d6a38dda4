//! Recording what a dialer submits: the event becomes durable and its call is read in one trip, then the
//! call is written, for the answer names it. Dialers give no event an id, so what is a repetition follows
//! from what a submission says:
//!
//! ```text
//! Idempotency-Key ──────────────► the same key is a repetition; with another body it is refused
//! an id or a time of its call ──► the same body is a repetition, unless something else was said since
//! neither ──────────────────────► the same body is a repetition for ten minutes, then another call
//! ```

use bytes::Bytes;

use super::fold::Fold;
use crate::{
    domain::{
        call::{Call, CallUpdate},
        event::Event,
        key::EventKey,
        timestamp::Timestamp,
    },
    providers::{
        self,
        capture::{self, Identity, Sender, Submission, WINDOW_MILLIS},
    },
    store::{
        StoreError,
        calls::CallTable,
        events::{Accepted, EventTable},
        lookup::{CallLookup, Lookup},
    },
};

/// Records submissions.
#[derive(Debug, Clone)]
pub struct Capture {
    events: EventTable,
    lookup: Lookup,
    fold: Fold,
    calls: CallTable,
}

/// A submission's event, and its call with that in it.
#[derive(Debug)]
pub struct Record {
    /// The call.
    pub call: Call,
    /// The event.
    pub event: EventKey,
}

/// What became of a submission.
#[derive(Debug)]
pub enum Captured {
    /// It is in the log and in its call, by this very request.
    Recorded(Box<Record>),
    /// It was in the log before; it is in its call.
    Repeated(Box<Record>),
    /// Its `Idempotency-Key` was used for another body.
    KeyUsed,
}

impl Capture {
    /// Records into these tables.
    #[must_use]
    pub fn new(events: EventTable, lookup: Lookup, fold: Fold, calls: CallTable) -> Self {
        Self {
            events,
            lookup,
            fold,
            calls,
        }
    }

    /// Records a submission that was received `now`.
    ///
    /// # Errors
    /// When the database failed. If the event was kept before that, `fan-out` folds it, and the same
    /// submission is answered as the repetition that it is.
    pub async fn record(
        &self,
        submission: &Submission,
        sender: &Sender,
        key: Option<&str>,
        body: Bytes,
        now: Timestamp,
    ) -> Result<Captured, StoreError> {
        let identity = match key {
            Some(key) => Identity::Key(key.to_owned()),
            None if submission.is_of_one_call() => Identity::Body,
            None => {
                let receipt = capture::receipt_id(sender, submission, &body);
                Identity::Since(
                    self.calls
                        .first_receipt(&receipt, now, WINDOW_MILLIS)
                        .await?,
                )
            }
        };
        let event = capture::event(submission, sender, &identity, now, body);
        let update = read(submission, &event)?;
        let (accepted, found) =
            futures::join!(self.events.append(&event), self.lookup.find(&update));
        let (accepted, found) = (accepted?, found?);
        let kept = match accepted {
            Accepted::New => None,
            Accepted::Duplicate => self.events.find(&event.key).await?,
        };
        // A repetition of an event that has just expired is recorded as if it were new.
        let Some(kept) = kept else {
            return self.recorded(&update, &found).await;
        };
        match identity {
            Identity::Key(_) if kept.payload != event.payload => Ok(Captured::KeyUsed),
            Identity::Body => match self.said_since(&kept, &update, &found).await? {
                Some(since) => {
                    let at = now.max(since.plus_millis(1));
                    let (identity, body) = (Identity::After(since), event.payload);
                    let correction = capture::event(submission, sender, &identity, at, body);
                    self.correct(submission, &correction, &found).await
                }
                None => self.repeated(&kept, &update, &found).await,
            },
            _ => self.repeated(&kept, &update, &found).await,
        }
    }

    /// Keeps and folds a submission that goes back to what was said before. It is known by what it
    /// corrects, so that its own repetition, or the same correction by two at once, is kept once.
    async fn correct(
        &self,
        submission: &Submission,
        correction: &Event,
        found: &CallLookup,
    ) -> Result<Captured, StoreError> {
        let update = read(submission, correction)?;
        match self.events.append(correction).await? {
            Accepted::New => self.recorded(&update, found).await,
            Accepted::Duplicate => match self.events.find(&correction.key).await? {
                Some(kept) => self.repeated(&kept, &update, found).await,
                None => self.recorded(&update, found).await,
            },
        }
    }

    async fn recorded(
        &self,
        update: &CallUpdate,
        found: &CallLookup,
    ) -> Result<Captured, StoreError> {
        let call = self.fold.fold(update, found).await?;
        Ok(Captured::Recorded(Box::new(Record {
            call,
            event: update.event.clone(),
        })))
    }

    /// Folds a repeated event as it was kept the first time, in case a crash came between that and its
    /// call.
    async fn repeated(
        &self,
        kept: &Event,
        update: &CallUpdate,
        found: &CallLookup,
    ) -> Result<Captured, StoreError> {
        let kept = providers::read_update(kept);
        let call = self
            .fold
            .fold(kept.as_ref().unwrap_or(update), found)
            .await?;
        Ok(Captured::Repeated(Box::new(Record {
            call,
            event: update.event.clone(),
        })))
    }

    /// When something else was said of the call last, if that was after `kept`.
    async fn said_since(
        &self,
        kept: &Event,
        update: &CallUpdate,
        found: &CallLookup,
    ) -> Result<Option<Timestamp>, StoreError> {
        let Some(item) = found.items.get(&update.keys.first_id()) else {
            return Ok(None);
        };
        let Some(trail) = self.calls.follow(item.clone()).await? else {
            return Ok(None);
        };
        Ok(said_since(&trail.stored.call, kept))
    }
}

/// Every submission claims a follow-up, or that there is none, at the moment of its receipt.
fn said_since(call: &Call, kept: &Event) -> Option<Timestamp> {
    let last = call.facts.follow_up.claim()?.at();
    let body = call
        .facts
        .submitted
        .claim()
        .filter(|claim| claim.at() == last);
    let is_said_last = match body {
        Some(claim) => *claim.value() == capture::digest_of(&kept.payload),
        // Recorded before digests were remembered: no body was kept twice then.
        None => last <= kept.received_at,
    };
    (!is_said_last).then_some(last)
}

fn read(submission: &Submission, event: &Event) -> Result<CallUpdate, StoreError> {
    capture::read(submission, event).ok_or(StoreError::Corrupt { what: "tenantId" })
}
