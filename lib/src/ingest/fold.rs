//! Folding an event into its call: find the call by the event's keys, merge, write if that changed
//! anything, and start over from the stored item if another writer was faster. Every method may be
//! repeated after an error.
//!
//! An event whose keys lead to several records shows that they are one call. `fan-out` unites them: the
//! younger records are frozen with a pointer to the oldest, which absorbs their facts in the write that
//! merges the event. A frozen record that was not absorbed is absorbed by the next event that finds it.

mod find;
mod owner;

use std::collections::{BTreeSet, HashMap};

use futures::future::try_join_all;

use crate::{
    domain::{
        call::{Call, CallUpdate, owner::Owner},
        key::{CallId, CallKey, EventKey},
        timestamp::Timestamp,
    },
    store::{
        Retention, StoreError,
        calls::{CallItem, CallTable, Pointer, ResolvedCall, Saved},
        directory::DirectoryTable,
        lookup::CallLookup,
    },
};

use find::{find, is_of_leg, keep_one_call, may_bind_leg};
use owner::{Campaigns, Owners, may_hold, reported_owner};

/// Every conflict means that another writer succeeded, so the loop ends even under contention.
const MAX_CONFLICTS: usize = 64;

#[derive(Debug, Clone)]
pub struct Fold {
    calls: CallTable,
    owners: Owners,
}

impl Fold {
    /// A call without an owner in the directory belongs to `default_tenant`, if there is one.
    pub fn new(calls: CallTable, directory: DirectoryTable, default_tenant: Option<&str>) -> Self {
        Self {
            calls,
            owners: Owners {
                directory,
                default: default_tenant.map(Owner::tenant),
            },
        }
    }

    pub fn kept_for(self, kept: Retention) -> Self {
        Self {
            calls: self.calls.kept_for(kept),
            ..self
        }
    }

    /// The owner of events that are about no call.
    pub fn default_owner(&self) -> Option<&Owner> {
        self.owners.default.as_ref()
    }

    /// The call with the event in it, durable, by the strongest of the event's keys. Folding an event
    /// again changes nothing. [`Fold::unite`] later adds what the call's campaign says of its owner.
    pub async fn fold(&self, update: &CallUpdate, found: &CallLookup) -> Result<Call, StoreError> {
        let trails = find(&self.calls, update, found).await?;
        self.fold_into(trails.into_iter().next(), update, found, Campaigns::Later)
            .await
    }

    /// As [`Fold::fold`], and unites all records that the event's keys lead to. `None` when another
    /// writer was faster: look up the records again.
    pub async fn unite(
        &self,
        update: &CallUpdate,
        found: &CallLookup,
    ) -> Result<Option<Call>, StoreError> {
        let mut trails = keep_one_call(find(&self.calls, update, found).await?, update, found);
        let oldest = trails
            .iter()
            .map(|trail| &trail.stored.call)
            .reduce(|elder, call| if call.is_elder_of(elder) { call } else { elder })
            .map(|call| call.id);
        let at = trails
            .iter()
            .position(|trail| Some(trail.stored.call.id) == oldest);
        let elder = at.map(|at| trails.remove(at));
        let Some(elder) = elder.as_ref().filter(|_| !trails.is_empty()) else {
            let call = self.fold_into(elder, update, found, Campaigns::Now).await?;
            return Ok(Some(call));
        };
        trails.retain(|trail| elder.stored.call.may_absorb(&trail.stored.call));
        let (mut call, oldest) = (elder.whole(), elder.stored.call.id);
        for trail in &trails {
            call.absorb(&trail.whole(), &update.event);
        }
        let owner = self
            .owners
            .find(update, found, Some(&call), Campaigns::Now)
            .await?;
        call.apply(update, owner.as_ref());
        if !self.calls.fits(&call)? {
            tracing::error!(call_id = %oldest, event_key = %update.event, "records too large to be united");
            let elder = Some(elder.clone());
            let call = self.fold_into(elder, update, found, Campaigns::Now).await?;
            return Ok(Some(call));
        }
        for trail in &trails {
            let frozen = self.calls.freeze(&trail.stored, oldest, &update.event);
            if let Saved::Conflict(_) = frozen.await? {
                return Ok(None);
            }
        }
        tracing::info!(call_id = %oldest, absorbed = trails.len(), event_key = %update.event, "records united");
        match self.calls.replace(&elder.stored, &call).await? {
            Saved::Done => Ok(Some(call)),
            Saved::Conflict(_) | Saved::Full => Ok(None),
        }
    }

    /// Binds every unbound key of the event to its call, and rebinds keys of an absorbed record to the
    /// call. A room's name is bound to the first sid that has it. False when another writer just bound a
    /// key to another record: the two are one call; look up the records again.
    pub async fn bind(
        &self,
        update: &CallUpdate,
        found: &CallLookup,
        call: &Call,
    ) -> Result<bool, StoreError> {
        for key in update.keys.iter() {
            let from = update.keys.id_of(key);
            if from == call.id || (is_of_leg(key) && !may_bind_leg(update, Some(call))) {
                continue;
            }
            match found.items.get(&from) {
                None => {
                    let room_sid = matches!(key, CallKey::RoomName(_))
                        .then(|| update.facts.room_sid())
                        .flatten();
                    let pointer = Pointer {
                        from,
                        to: call.id,
                        room_sid: room_sid.map(str::to_owned),
                    };
                    if let Saved::Conflict(_) = self.calls.point(&pointer, call).await? {
                        return Ok(false);
                    }
                }
                Some(CallItem::Pointer(pointer)) if call.absorbed.contains_key(&pointer.to) => {
                    self.calls.repair(pointer, call).await?;
                }
                Some(_) => {}
            }
        }
        Ok(true)
    }

    /// The records that the call has absorbed, each as it was frozen.
    pub async fn absorbed(&self, call: &Call) -> Result<Vec<Call>, StoreError> {
        let reads = call.absorbed.keys().map(|id| self.calls.find(*id));
        let trails = try_join_all(reads).await?;
        let first = |trail: ResolvedCall| trail.absorbed.into_iter().next();
        let frozen = trails.into_iter().flatten().filter_map(first);
        Ok(frozen.map(|record| record.call).collect())
    }

    /// Removes events that waited for the call's owner, once they are queued.
    pub async fn release(&self, id: CallId, queued: &BTreeSet<EventKey>) -> Result<(), StoreError> {
        self.change(id, |call| call.waiting.remove(queued)).await
    }

    /// Records when an event about the call was received, so that the call's timeline shows the event.
    pub async fn extend_received_span(
        &self,
        id: CallId,
        received_at: Timestamp,
    ) -> Result<(), StoreError> {
        self.change(id, |call| call.received.include(received_at))
            .await
    }

    async fn change(&self, id: CallId, change: impl Fn(&mut Call)) -> Result<(), StoreError> {
        for _ in 0..MAX_CONFLICTS {
            let Some(trail) = self.calls.find(id).await? else {
                return Ok(());
            };
            let mut call = trail.whole();
            change(&mut call);
            if call == trail.stored.call {
                return Ok(());
            }
            if let Saved::Done | Saved::Full = self.calls.replace(&trail.stored, &call).await? {
                return Ok(());
            }
        }
        Err(StoreError::Contended)
    }

    async fn fold_into(
        &self,
        mut trail: Option<ResolvedCall>,
        update: &CallUpdate,
        found: &CallLookup,
        campaigns: Campaigns,
    ) -> Result<Call, StoreError> {
        let reported = reported_owner(update, found);
        let mut id = update.keys.first_id();
        for _ in 0..MAX_CONFLICTS {
            if let (Some(other), Some(owner)) = (&trail, &reported)
                && !may_hold(&other.stored.call, Some(owner))
            {
                // The strongest key leads to another tenant's record: this tenant gets its own.
                tracing::warn!(call_id = %other.stored.call.id, event_key = %update.event, "another owner's record");
                id = update.keys.first_id().owned_by(&owner.tenant_id);
                trail = self.calls.find(id).await?;
            }
            let known = trail.as_ref().map(ResolvedCall::whole);
            let owner = self
                .owners
                .find(update, found, known.as_ref(), campaigns)
                .await?;
            let (call, saved) = match (&trail, known) {
                (Some(trail), Some(mut call)) => {
                    call.apply(update, owner.as_ref());
                    if call == trail.stored.call {
                        return Ok(call);
                    }
                    let saved = self.calls.replace(&trail.stored, &call).await?;
                    if let Saved::Full = saved {
                        // The event stays in the log and enters the history.
                        tracing::error!(call_id = %call.id, event_key = %update.event, "the record is full");
                        return Ok(trail.whole());
                    }
                    (call, saved)
                }
                _ => {
                    let call = Call {
                        id,
                        ..Call::begin(update, owner.as_ref())
                    };
                    let saved = self.calls.create(&call).await?;
                    (call, saved)
                }
            };
            trail = match saved {
                Saved::Done => return Ok(call),
                // What was looked up is older than this item.
                Saved::Conflict(Some(item)) => self.calls.follow(item, &HashMap::new()).await?,
                Saved::Conflict(None) | Saved::Full => None,
            };
        }
        Err(StoreError::Contended)
    }
}
