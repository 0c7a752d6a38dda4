//! Recording a dialer's submission: the event is appended and its call is read in one trip, then the call
//! is written, because the answer names it. Dialers give events no id, so a repetition is detected by
//! what the submission has:
//!
//! ```text
//! Idempotency-Key ──────────────► the same key is a repetition; with another body it is refused
//! an id or a time of its call ──► the same body is a repetition, unless the call changed since
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

#[derive(Debug, Clone)]
pub struct Capture {
    events: EventTable,
    lookup: Lookup,
    fold: Fold,
    calls: CallTable,
}

#[derive(Debug)]
pub struct CapturedCall {
    pub call: Call,
    pub event: EventKey,
}

#[derive(Debug)]
pub enum CaptureResult {
    Recorded(Box<CapturedCall>),
    Repeated(Box<CapturedCall>),
    /// The `Idempotency-Key` was used before, for another body.
    KeyUsed,
}

impl Capture {
    pub fn new(events: EventTable, lookup: Lookup, fold: Fold, calls: CallTable) -> Self {
        Self {
            events,
            lookup,
            fold,
            calls,
        }
    }

    /// Records a submission that was received `now`.
    /// If this fails after the append, `fan-out` folds the event; the same submission is a repetition.
    pub async fn record(
        &self,
        submission: &Submission,
        sender: &Sender,
        key: Option<&str>,
        body: Bytes,
        now: Timestamp,
    ) -> Result<CaptureResult, StoreError> {
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
        // An event that has just expired is recorded again.
        let Some(kept) = kept else {
            return self.recorded(&update, &found).await;
        };
        match identity {
            Identity::Key(_) if kept.payload != event.payload => Ok(CaptureResult::KeyUsed),
            Identity::Body => match self.changed_since(&kept, &update, &found).await? {
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

    /// Records a submission that returns to earlier values. Its key contains the time of the values that
    /// it corrects, so that repeated and simultaneous corrections are stored once.
    async fn correct(
        &self,
        submission: &Submission,
        correction: &Event,
        found: &CallLookup,
    ) -> Result<CaptureResult, StoreError> {
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
    ) -> Result<CaptureResult, StoreError> {
        let call = self.fold.fold(update, found).await?;
        Ok(CaptureResult::Recorded(captured(call, update)))
    }

    /// Folds the stored event again, in case a crash prevented that the first time.
    async fn repeated(
        &self,
        kept: &Event,
        update: &CallUpdate,
        found: &CallLookup,
    ) -> Result<CaptureResult, StoreError> {
        let kept = providers::read_update(kept);
        let kept = kept.as_ref().unwrap_or(update);
        let call = self.fold.fold(kept, found).await?;
        Ok(CaptureResult::Repeated(captured(call, update)))
    }

    /// When another submission last changed the call, if that was after `kept`.
    async fn changed_since(
        &self,
        kept: &Event,
        update: &CallUpdate,
        found: &CallLookup,
    ) -> Result<Option<Timestamp>, StoreError> {
        let Some(item) = found.items.get(&update.keys.first_id()) else {
            return Ok(None);
        };
        let Some(trail) = self.calls.follow(item.clone(), &found.items).await? else {
            return Ok(None);
        };
        Ok(changed_since(&trail.stored.call, kept))
    }
}

fn captured(call: Call, update: &CallUpdate) -> Box<CapturedCall> {
    let event = update.event.clone();
    Box::new(CapturedCall { call, event })
}

/// Every submission claims a follow-up, or that there is none, at the time of its receipt.
fn changed_since(call: &Call, kept: &Event) -> Option<Timestamp> {
    let last = call.facts.follow_up.claim()?.at();
    let body = call
        .facts
        .submitted
        .claim()
        .filter(|claim| claim.at() == last);
    let is_latest = match body {
        Some(claim) => *claim.value() == capture::digest_of(&kept.payload),
        // Older calls have no digests; at that time no body was stored twice.
        None => last <= kept.received_at,
    };
    (!is_latest).then_some(last)
}

fn read(submission: &Submission, event: &Event) -> Result<CallUpdate, StoreError> {
    capture::read(submission, event).ok_or(StoreError::Corrupt { what: "tenantId" })
}
