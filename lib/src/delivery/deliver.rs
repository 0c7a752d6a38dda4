//! What makes attempts: the tables, queues and the sender that it works with.

use std::{collections::HashMap, sync::Mutex};

use thiserror::Error;

use super::send::Sender;
use crate::{
    clock::Clock,
    domain::{
        delivery::{
            endpoint_health::Health,
            pace::{EndpointLoad, Slow},
        },
        subscription::{SigningSecrets, Subscription},
        timestamp::Timestamp,
    },
    queue::{SendError, deliveries::DeliveryQueue},
    store::{
        StoreError,
        due::DueTable,
        endpoints::{AttemptContext, EndpointTable, SubscriptionRef},
        events::EventTable,
        history::HistoryTable,
        subscriptions::SubscriptionTable,
    },
};

/// Makes attempts, and sees to what follows from them.
#[derive(Debug)]
pub struct Deliver {
    /// What a batch needs to know.
    pub endpoints: EndpointTable,
    /// Where attempts are recorded.
    pub history: HistoryTable,
    /// Where a hopeless subscription is set inactive.
    pub subscriptions: SubscriptionTable,
    /// Where the next attempts are queued.
    pub queue: DeliveryQueue,
    /// Where those of slow endpoints are, so that they hold up no others.
    pub slow_lane: DeliveryQueue,
    /// Where they wait when that is too long for the queue.
    pub due: DueTable,
    /// Where tenants are told of failures.
    pub events: EventTable,
    /// What posts.
    pub sender: Sender,
    /// What time it is.
    pub clock: Clock,
    /// The slowness that was noted from here, so that a batch does not note it ten times.
    pub noted: Mutex<HashMap<SubscriptionRef, Slow>>,
}

/// Why a message must come again.
#[derive(Debug, Error)]
pub enum DeliverError {
    /// The database failed.
    #[error("the database failed")]
    Store(#[from] StoreError),
    /// The queue failed.
    #[error("the queue failed")]
    Queue(#[from] SendError),
    /// It is not known when it may go; the log says why.
    #[error("no turn was found")]
    NoSlot,
}

/// A subscription as a batch found it.
pub(super) struct Endpoint<'a> {
    pub(super) at: SubscriptionRef,
    pub(super) subscription: &'a Subscription,
    pub(super) secrets: &'a SigningSecrets,
    pub(super) health: Option<Health>,
    pub(super) load: EndpointLoad,
}

impl Endpoint<'_> {
    pub(super) fn tried(&self, began: Timestamp) -> AttemptContext<'_> {
        AttemptContext {
            at: &self.at,
            configured_at: self.subscription.updated_at,
            began,
        }
    }
}
