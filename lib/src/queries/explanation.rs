//! Why a call shows what it shows: its logged events are read again, and what they announced is read
//! from the history.

use std::collections::{BTreeMap, HashMap};

use futures::{StreamExt, stream};

use crate::{
    auth::token::Caller,
    domain::{
        call::{
            Call,
            explain::{Explanation, ReportedFacts},
            owner::Owner,
        },
        delivery::{Delivery, announced_id},
        event::Event,
        key::CallId,
        timestamp::Timestamp,
    },
    providers::read_update,
    queries::call::find_readable,
    store::{
        StoreError,
        calls::CallTable,
        events::EventTable,
        history::{CallEvent, HistoryTable, Timeline},
        subscriptions::SubscriptionTable,
    },
};

/// Events of a call that are read again; more than almost any call has.
const MAX_EVENTS: usize = 200;
/// Rows of events and deliveries together.
const MAX_ROWS: usize = 2_000;
/// Payloads that are read, in bytes, beside the one that exceeds them.
const MAX_PAYLOAD_BYTES: usize = 8 * 1024 * 1024;
/// How much of each partition of the history is looked through.
const MAX_MEGABYTES: usize = 5;
/// Events that are read at once.
const CONCURRENCY: usize = 8;

#[derive(Debug, Clone)]
pub struct Explanations {
    pub calls: CallTable,
    pub rows: HistoryTable,
    pub events: EventTable,
    pub subscriptions: SubscriptionTable,
    pub limits: ExplanationLimits,
}

/// What is read for one explanation at most.
#[derive(Debug, Clone, Copy)]
pub struct ExplanationLimits {
    pub events: usize,
    pub payload_bytes: usize,
}

impl Default for ExplanationLimits {
    fn default() -> Self {
        Self {
            events: MAX_EVENTS,
            payload_bytes: MAX_PAYLOAD_BYTES,
        }
    }
}

#[derive(Debug)]
pub struct ExplainedCall {
    pub call: Call,
    pub explanation: Explanation,
    /// In the order in which they were announced.
    pub announcements: Vec<CallAnnouncement>,
    /// False if the record may rest on more than the claims that are shown.
    pub is_complete: bool,
}

/// A message about the call, and its deliveries.
#[derive(Debug)]
pub struct CallAnnouncement {
    pub event_type: String,
    pub message_id: String,
    /// The history's id of the event that announced it.
    pub announced_by: Option<u64>,
    pub at: Timestamp,
    /// Each with the name of its subscription, if that exists. `None` if the caller may not read
    /// deliveries.
    pub deliveries: Option<Vec<(Delivery, Option<String>)>>,
}

/// The events of a call, as far as they were read.
struct ReadEvents {
    reports: Vec<ReportedFacts>,
    are_all: bool,
}

impl Explanations {
    /// Why the call of this id shows what it shows; `None` if the caller may not read the call.
    pub async fn explain(
        &self,
        caller: &Caller,
        id: CallId,
    ) -> Result<Option<ExplainedCall>, StoreError> {
        let Some((call, owner)) = find_readable(&self.calls, caller, id).await? else {
            return Ok(None);
        };
        let wanted = Timeline {
            call: &call,
            tenant_id: &owner.tenant_id,
            after: None,
            limit: MAX_ROWS,
            megabytes: MAX_MEGABYTES,
        };
        let mut found = self.rows.rows_of(&wanted).await?;
        let are_all_rows = found.more_after.is_none();
        found
            .events
            .sort_by_key(|event| (event.occurred_at, event.id));
        let read = self.read_events(&found.events).await?;
        let explanation = Explanation::of(&call, &read.reports);
        let names = match caller.sees_tenant() {
            true if found.deliveries.is_empty() => Some(HashMap::new()),
            true => Some(self.names(&owner).await?),
            false => None,
        };
        Ok(Some(ExplainedCall {
            is_complete: are_all_rows && read.are_all && explanation.is_complete,
            announcements: announcements(&owner, &found.events, found.deliveries, names.as_ref()),
            explanation,
            call,
        }))
    }

    /// Reads the events from the log, in this order, within the limits.
    async fn read_events(&self, rows: &[CallEvent]) -> Result<ReadEvents, StoreError> {
        let (mut reports, mut are_all) = (Vec::new(), rows.len() <= self.limits.events);
        let mut bytes = 0_usize;
        let wanted = rows.iter().take(self.limits.events);
        let reads: Vec<_> = wanted.map(|row| self.find(row)).collect();
        let mut reads = stream::iter(reads).buffered(CONCURRENCY);
        while let Some(found) = reads.next().await {
            let Some((row, event)) = found? else {
                are_all = false;
                continue;
            };
            bytes = bytes.saturating_add(event.payload.len());
            if bytes > self.limits.payload_bytes {
                are_all = false;
                break;
            }
            reports.extend(reported(row, &event));
        }
        Ok(ReadEvents { reports, are_all })
    }

    /// `None` once the event or a part of its payload has expired.
    async fn find<'a>(
        &self,
        row: &'a CallEvent,
    ) -> Result<Option<(&'a CallEvent, Event)>, StoreError> {
        match self.events.find(&row.key).await {
            Err(StoreError::Corrupt { what: "chunks" }) => Ok(None),
            found => Ok(found?.map(|event| (row, event))),
        }
    }

    async fn names(&self, owner: &Owner) -> Result<HashMap<u64, String>, StoreError> {
        let subscriptions = self.subscriptions.list(&owner.tenant_id).await?;
        let names = subscriptions
            .into_iter()
            .map(|known| (known.id, known.name));
        Ok(names.collect())
    }
}

/// What an event reports of its call, if anything.
fn reported(row: &CallEvent, event: &Event) -> Option<ReportedFacts> {
    let update = read_update(event)?;
    Some(ReportedFacts {
        event_id: Some(row.id),
        source: row.source.clone(),
        event_type: row.event_type.clone(),
        occurred_at: row.occurred_at,
        facts: update.facts,
        tenant_id: update.tenant_id,
    })
}

/// The messages of these deliveries; without `names` the deliveries themselves are left out.
fn announcements(
    owner: &Owner,
    events: &[CallEvent],
    deliveries: Vec<Delivery>,
    names: Option<&HashMap<u64, String>>,
) -> Vec<CallAnnouncement> {
    let mut by_message: BTreeMap<(Timestamp, String), Vec<Delivery>> = BTreeMap::new();
    for delivery in deliveries {
        let message = (delivery.created_at, delivery.message_id.clone());
        by_message.entry(message).or_default().push(delivery);
    }
    let announced = by_message
        .into_iter()
        .filter_map(|((at, message_id), deliveries)| {
            let event_type = deliveries.first()?.event_type.clone();
            let named = names.map(|names| {
                let named = deliveries.into_iter().map(|delivery| {
                    let name = names.get(&delivery.subscription_id).cloned();
                    (delivery, name)
                });
                named.collect()
            });
            Some(CallAnnouncement {
                announced_by: announcing(owner, events, &event_type, &message_id, at),
                deliveries: named,
                event_type,
                message_id,
                at,
            })
        });
    announced.collect()
}

/// The event that announced a message: the one that its id follows from, or else the only one that
/// was received at that moment.
fn announcing(
    owner: &Owner,
    events: &[CallEvent],
    event_type: &str,
    message_id: &str,
    at: Timestamp,
) -> Option<u64> {
    let of_moment: Vec<&CallEvent> = events
        .iter()
        .filter(|event| event.received_at == at)
        .collect();
    let named = of_moment
        .iter()
        .find(|event| announced_id(&owner.tenant_id, &event.key, event_type, &[]) == message_id);
    let only = || of_moment.first().filter(|_| of_moment.len() == 1);
    named.or_else(only).map(|event| event.id)
}
