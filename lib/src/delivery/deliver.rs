//! What an attempt needs: tables, queues and the sender.

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

#[derive(Debug)]
pub struct Deliver {
    pub endpoints: EndpointTable,
    pub history: HistoryTable,
    pub subscriptions: SubscriptionTable,
    pub queue: DeliveryQueue,
    /// The queue of slow endpoints, so that they delay no others.
    pub slow_lane: DeliveryQueue,
    /// Where a delivery waits longer than the queue allows.
    pub due: DueTable,
    /// The log, where failures are reported to tenants.
    pub events: EventTable,
    pub sender: Sender,
    pub clock: Clock,
    /// The slowness that this process has recorded, so that a batch does not record it ten times.
    pub noted: Mutex<HashMap<SubscriptionRef, Slow>>,
}

#[derive(Debug, Error)]
pub enum DeliverError {
    #[error("the database failed")]
    Store(#[from] StoreError),
    #[error("the queue failed")]
    Queue(#[from] SendError),
    /// The booking failed; the log has the cause.
    #[error("no turn was found")]
    NoSlot,
}

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
