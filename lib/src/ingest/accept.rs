//! Accepting a webhook whose answer names its call: the event becomes durable and its call is read
//! in one trip; whoever won the put folds the event in a second one.

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

/// The largest body that is accepted: what Lambda can receive at all. It is kept whole.
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

    /// Keeps an event and folds it into its call.
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
