//! Accepting a webhook. Where the answer names the call, the event is appended and its call is read in
//! one trip; the request that appended the event folds it in a second trip.

use crate::{
    domain::{
        call::{Call, CallUpdate},
        event::Event,
    },
    store::{
        StoreError,
        events::{Accepted, EventTable},
        lookup::Lookup,
    },
};

use super::fold::Fold;

/// The largest body that is accepted, which is Lambda's limit. It is stored whole.
pub const MAX_EVENT_BYTES: usize = 6 * 1024 * 1024;

#[derive(Debug, Clone)]
pub struct Accept {
    events: EventTable,
    lookup: Lookup,
    fold: Fold,
}

#[derive(Debug)]
pub enum AcceptResult {
    Folded(Box<Call>),
    /// The log had the event before; `fan-out` folds it.
    Duplicate,
}

impl Accept {
    pub fn new(events: EventTable, lookup: Lookup, fold: Fold) -> Self {
        Self {
            events,
            lookup,
            fold,
        }
    }

    pub async fn append(&self, event: &Event) -> Result<Accepted, StoreError> {
        self.events.append(event).await
    }

    /// Appends an event and folds it into its call.
    /// If this fails after the append, `fan-out` folds the event; a repetition is a duplicate.
    pub async fn append_and_load(
        &self,
        event: &Event,
        update: &CallUpdate,
    ) -> Result<AcceptResult, StoreError> {
        let (accepted, found) = futures::join!(self.events.append(event), self.lookup.find(update));
        match accepted? {
            Accepted::Duplicate => Ok(AcceptResult::Duplicate),
            Accepted::New => Ok(AcceptResult::Folded(Box::new(
                self.fold.fold(update, &found?).await?,
            ))),
        }
    }
}
