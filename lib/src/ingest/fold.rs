//! Folding an event into its call: find the call by any of the event's keys, merge, write if that
//! changed anything, and start over from what another writer left if one was faster.
//!
//! An event whose keys lead to several records tells that they are one call. `fan-out` unites them:
//! the younger are frozen, each with its way to the oldest, which then absorbs what they hold in the
//! write that merges the event. Whoever meets a frozen record that was not absorbed completes that.
//!
//! Three things keep an event out of a record that one of its keys leads to: the record belongs to another
//! tenant than the event's own line, agent or campaign; it was in another room; or the key is that of a
//! colleague who is called into the call, for his phone is his.

use std::collections::BTreeSet;

use crate::{
    domain::{
        call::{
            Call, CallUpdate,
            owner::{Certainty, Owner},
        },
        directory::Campaign,
        key::{CallId, CallKey, EventKey},
        timestamp::Timestamp,
    },
    store::{
        Retention, StoreError,
        calls::{CallItem, CallTable, Pointer, ResolvedCall, Saved},
        directory::{DirectoryTable, may_be_id},
        lookup::CallLookup,
    },
};

/// Every conflict means that another writer got through, so that even a crowd ends.
const MAX_CONFLICTS: usize = 64;

/// Whether the call's campaign is looked up. A sender who waits for an answer does not wait for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Campaigns {
    Now,
    Later,
}

/// Folds events into calls.
#[derive(Debug, Clone)]
pub struct Fold {
    calls: CallTable,
    directory: DirectoryTable,
    default_owner: Option<Owner>,
}

impl Fold {
    /// Folds into `calls`, with what `directory` knows of their campaigns; a call whose number nobody owns
    /// belongs to `default_tenant`, if there is one.
    #[must_use]
    pub fn new(calls: CallTable, directory: DirectoryTable, default_tenant: Option<&str>) -> Self {
        Self {
            calls,
            directory,
            default_owner: default_tenant.map(Owner::tenant),
        }
    }

    /// The same, into calls that are kept for so long.
    #[must_use]
    pub fn kept_for(self, kept: Retention) -> Self {
        Self {
            calls: self.calls.kept_for(kept),
            ..self
        }
    }

    /// Who owns events that are about no call.
    #[must_use]
    pub fn default_owner(&self) -> Option<&Owner> {
        self.default_owner.as_ref()
    }

    /// The call with the event in it, durable, by the surest of the event's keys. Folding an event
    /// again changes nothing. What the call's campaign adds to its owner follows with [`Fold::unite`].
    ///
    /// # Errors
    /// When the database fails; folding again is safe.
    pub async fn fold(&self, update: &CallUpdate, found: &CallLookup) -> Result<Call, StoreError> {
        let trails = self.trails(update, found).await?;
        self.fold_into(trails.into_iter().next(), update, found, Campaigns::Later)
            .await
    }

    /// As [`Fold::fold`], and unites all records that the event's keys lead to. `None` when another
    /// writer was faster: look again.
    ///
    /// # Errors
    /// When the database fails; uniting again is safe.
    pub async fn unite(
        &self,
        update: &CallUpdate,
        found: &CallLookup,
    ) -> Result<Option<Call>, StoreError> {
        let trails = self.of_one_call(self.trails(update, found).await?, update, found);
        let oldest = trails
            .iter()
            .map(|trail| &trail.stored.call)
            .reduce(|elder, call| if call.is_elder_of(elder) { call } else { elder });
        let Some(oldest) = oldest.map(|call| call.id).filter(|_| trails.len() > 1) else {
            return self
                .fold_into(trails.into_iter().next(), update, found, Campaigns::Now)
                .await
                .map(Some);
        };
        let (elders, younger): (Vec<_>, Vec<_>) = trails
            .into_iter()
            .partition(|trail| trail.stored.call.id == oldest);
        let Some(elder) = elders.into_iter().next() else {
            return Ok(None);
        };
        let mut call = elder.whole();
        let younger: Vec<_> = younger
            .into_iter()
            .filter(|trail| elder.stored.call.may_absorb(&trail.stored.call))
            .collect();
        for trail in &younger {
            call.absorb(&trail.whole(), &update.event);
        }
        let owner = self
            .owner(update, found, Some(&call), Campaigns::Now)
            .await?;
        call.apply(update, owner.as_ref());
        if !self.calls.fits(&call)? {
            tracing::error!(call_id = %oldest, event_key = %update.event, "records too large to be united");
            return self
                .fold_into(Some(elder), update, found, Campaigns::Now)
                .await
                .map(Some);
        }
        for trail in &younger {
            if let Saved::Conflict(_) = self
                .calls
                .freeze(&trail.stored, oldest, &update.event)
                .await?
            {
                return Ok(None);
            }
        }
        tracing::info!(call_id = %oldest, absorbed = younger.len(), event_key = %update.event, "records united");
        match self.calls.replace(&elder.stored, &call).await? {
            Saved::Done => Ok(Some(call)),
            Saved::Conflict(_) | Saved::Full => Ok(None),
        }
    }

    /// Binds every key of the event that leads nowhere yet to its call, and those that lead to a
    /// record it absorbed straight to it. False when a key was just bound to another record: the two
    /// are one call; look again. A room's name is bound to the first sid that bears it.
    ///
    /// # Errors
    /// When the database fails; binding again is safe.
    pub async fn bind(
        &self,
        update: &CallUpdate,
        found: &CallLookup,
        call: &Call,
    ) -> Result<bool, StoreError> {
        for key in update.keys.iter() {
            let from = update.keys.id_of(key);
            if from == call.id || (is_of_leg(key) && !lends_its_keys(update, Some(call))) {
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

    /// Forgets events that waited for the call's owner, once they are queued to be driven again.
    ///
    /// # Errors
    /// When the database fails; forgetting again is safe.
    pub async fn release(&self, id: CallId, queued: &BTreeSet<EventKey>) -> Result<(), StoreError> {
        self.change(id, |call| call.waiting.remove(queued)).await
    }

    /// Remembers that an event about the call was received, so that its timeline shows it.
    ///
    /// # Errors
    /// When the database fails; remembering again is safe.
    pub async fn see(&self, id: CallId, received_at: Timestamp) -> Result<(), StoreError> {
        self.change(id, |call| call.seen.include(received_at)).await
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
        trail: Option<ResolvedCall>,
        update: &CallUpdate,
        found: &CallLookup,
        campaigns: Campaigns,
    ) -> Result<Call, StoreError> {
        let (told, mut trail) = (reported_owner(update, found), trail);
        let mut id = update.keys.first_id();
        for _ in 0..MAX_CONFLICTS {
            if let (Some(other), Some(owner)) = (&trail, &told)
                && !may_enter(&other.stored.call, Some(owner))
            {
                // Another tenant's record stands under the surest key: this tenant's stands beside it.
                tracing::warn!(call_id = %other.stored.call.id, event_key = %update.event, "another owner's record");
                id = update.keys.first_id().owned_by(&owner.tenant_id);
                trail = self.calls.find(id).await?;
            }
            let (merged, saved) = match trail {
                None => {
                    let owner = self.owner(update, found, None, campaigns).await?;
                    let call = Call {
                        id,
                        ..Call::begin(update, owner.as_ref())
                    };
                    let saved = self.calls.create(&call).await?;
                    (call, saved)
                }
                Some(trail) => {
                    let mut call = trail.whole();
                    let owner = self.owner(update, found, Some(&call), campaigns).await?;
                    call.apply(update, owner.as_ref());
                    if call == trail.stored.call {
                        return Ok(call);
                    }
                    match self.calls.replace(&trail.stored, &call).await? {
                        Saved::Full => {
                            // The event stays in the log and enters the history.
                            tracing::error!(call_id = %call.id, event_key = %update.event, "the record is full");
                            return Ok(trail.whole());
                        }
                        saved => (call, saved),
                    }
                }
            };
            trail = match saved {
                Saved::Done => return Ok(merged),
                Saved::Conflict(Some(item)) => self.calls.follow(item).await?,
                Saved::Conflict(None) | Saved::Full => None,
            };
        }
        Err(StoreError::Contended)
    }

    /// Whose event it is, with what the tenant's campaign adds. A campaign that was named while nobody owned
    /// the call is looked up by the event that brings the owner, so that the order does not matter.
    async fn owner(
        &self,
        update: &CallUpdate,
        found: &CallLookup,
        call: Option<&Call>,
        campaigns: Campaigns,
    ) -> Result<Option<Owner>, StoreError> {
        let told = self.tenant(update, found, call);
        if campaigns == Campaigns::Later {
            return Ok(told);
        }
        let known = call.and_then(|call| call.owner.as_ref());
        let earlier = call
            .filter(|_| known.is_none())
            .and_then(|call| call.facts.campaign_id.get());
        let campaign_id = update
            .facts
            .campaign_id
            .get()
            .or(earlier)
            .filter(|id| may_be_id(id));
        let Some((tenant, campaign_id)) = told.as_ref().or(known).zip(campaign_id) else {
            return Ok(told);
        };
        if [&told.as_ref(), &known]
            .into_iter()
            .flatten()
            .any(|owner| !owner.may_learn_from(campaign_id))
        {
            return Ok(told);
        }
        let key = Campaign::key_of(&tenant.tenant_id, campaign_id);
        let Some(campaign) = self.directory.find::<Campaign>(&key).await? else {
            return Ok(told);
        };
        let mut owner = told.unwrap_or_else(|| campaign.owner());
        owner.fill_in(&campaign.owner());
        Ok(Some(owner))
    }

    /// Whose event it is: as it says itself, else as the directory knows, else the default tenant's. The
    /// default tenant waits while nobody is in the call who may tell whose it is.
    fn tenant(
        &self,
        update: &CallUpdate,
        found: &CallLookup,
        call: Option<&Call>,
    ) -> Option<Owner> {
        let told = reported_owner(update, found);
        if told.is_some() || call.is_some_and(|call| call.owner.is_some()) {
            return told;
        }
        let may_learn = || {
            call.is_none_or(|call| call.facts.may_learn_owner()) && update.facts.may_learn_owner()
        };
        self.default_owner
            .clone()
            .filter(|_| update.facts.names_owner() || !may_learn())
    }

    /// The calls that the keys lead to, each once, that of the surest key first.
    async fn trails(
        &self,
        update: &CallUpdate,
        found: &CallLookup,
    ) -> Result<Vec<ResolvedCall>, StoreError> {
        let mut trails: Vec<(usize, ResolvedCall)> = Vec::new();
        // The room is looked at first: it tells whether a phone of it may lead elsewhere.
        let (of_legs, others): (Vec<_>, Vec<_>) = update
            .keys
            .iter()
            .enumerate()
            .partition(|(_, key)| is_of_leg(key));
        for (place, key) in others.into_iter().chain(of_legs) {
            let Some(item) = found.items.get(&update.keys.id_of(key)) else {
                continue;
            };
            let home = || trails.first().map(|(_, trail)| &trail.stored.call);
            if !may_lead_here(key, item, update)
                || (is_of_leg(key) && !lends_its_keys(update, home()))
            {
                continue;
            }
            let Some(trail) = self.calls.follow(item.clone()).await? else {
                continue;
            };
            let call = &trail.stored.call;
            if call.facts.are_in_other_rooms(&update.facts)
                || (matches!(key, CallKey::RoomName(_)) && !is_in_room(call, update, found))
            {
                continue;
            }
            match trails
                .iter_mut()
                .find(|(_, known)| known.stored.call.id == call.id)
            {
                Some((known, same)) => {
                    *known = place.min(*known);
                    same.absorbed.extend(trail.absorbed);
                }
                None => trails.push((place, trail)),
            }
        }
        trails.sort_by_key(|(place, _)| *place);
        let told = reported_owner(update, found);
        let (ours, others): (Vec<_>, Vec<_>) = trails
            .into_iter()
            .map(|(_, trail)| trail)
            .partition(|trail| may_enter(&trail.stored.call, told.as_ref()));
        for other in others {
            let call_id = other.stored.call.id;
            tracing::warn!(%call_id, event_key = %update.event, "an event of another owner has the record's key");
        }
        Ok(ours)
    }

    /// Those that may be one call, whatever an event says: records of different tenants never are, nor
    /// those of different rooms. They belong to the surest's owner, else the event's, else anybody's.
    fn of_one_call(
        &self,
        trails: Vec<ResolvedCall>,
        update: &CallUpdate,
        found: &CallLookup,
    ) -> Vec<ResolvedCall> {
        let owners = || trails.iter().map(|trail| trail.stored.call.owner.as_ref());
        let surest = owners().next().flatten().cloned();
        let tenant = surest
            .or_else(|| reported_owner(update, found))
            .or_else(|| owners().flatten().next().cloned());
        let mut one: Vec<ResolvedCall> = Vec::new();
        for trail in trails {
            let call = &trail.stored.call;
            let is_apart = one
                .iter()
                .any(|known| known.stored.call.facts.are_in_other_rooms(&call.facts));
            if is_apart || !may_enter(call, tenant.as_ref()) {
                tracing::warn!(call_id = %call.id, event_key = %update.event, "records that share a key stay two");
            } else {
                one.push(trail);
            }
        }
        one
    }
}

/// Whose event it is by its own word, or by its line, agent or campaign.
fn reported_owner(update: &CallUpdate, found: &CallLookup) -> Option<Owner> {
    // Whoever is dialled into a call need not be dialled from the call's own line.
    let is_dialled = update.facts.legs.iter().any(|(_, leg)| leg.dialled);
    let known = found.owner.clone();
    let known = known.map(|owner| {
        if is_dialled {
            owner.at_most(Certainty::Dialling)
        } else {
            owner
        }
    });
    let Some(tenant_id) = &update.tenant_id else {
        return known;
    };
    let mut owner = Owner::tenant(tenant_id);
    if let Some(known) = &known {
        owner.fill_in(known);
    }
    Some(owner)
}

/// Whether an event of this owner may enter the record.
fn may_enter(call: &Call, told: Option<&Owner>) -> bool {
    call.owner
        .as_ref()
        .zip(told)
        .is_none_or(|(owner, told)| owner.tenant_id == told.tenant_id)
}

/// Whether the key names a phone's leg, and not the call.
fn is_of_leg(key: &CallKey) -> bool {
    matches!(key, CallKey::SipCall(_) | CallKey::CallSid(_))
}

/// Whether the phone that the event is about is the call's own: the ids of a colleague are his.
fn lends_its_keys(update: &CallUpdate, home: Option<&Call>) -> bool {
    let Some((phone, _)) = update.facts.legs.iter().find(|(key, _)| key.is_phone()) else {
        return true;
    };
    let mut facts = home.map(|call| call.facts.clone()).unwrap_or_default();
    facts.merge(update.facts.clone());
    facts.is_principal(phone)
}

/// A room's name may be borne by a later room: it leads to a call only if neither side knows another
/// sid. Every other key is unique for ever.
fn may_lead_here(key: &CallKey, item: &CallItem, update: &CallUpdate) -> bool {
    match (key, item) {
        (CallKey::RoomName(_), CallItem::Pointer(pointer)) => {
            let sids = pointer.room_sid.as_deref().zip(update.facts.room_sid());
            sids.is_none_or(|(bound, ours)| bound == ours)
        }
        _ => true,
    }
}

/// Whether the call that bears a room's name may be the one that an event by this name is about. A
/// fixed name is borne by one call after the other, also of different tenants: what else is known of
/// both must not speak against it.
fn is_in_room(call: &Call, update: &CallUpdate, found: &CallLookup) -> bool {
    if !may_enter(call, reported_owner(update, found).as_ref()) {
        return false;
    }
    // LiveKit's own events know the room's sid, and a room may have several phones. Others know the
    // name and their call.
    let names: Vec<&String> = update.keys.iter().filter_map(leg).collect();
    update.facts.room_sid().is_some()
        || names.is_empty()
        || !call.facts.has_leg_ids()
        || names.into_iter().any(|name| call.facts.names_leg(name))
}

fn leg(key: &CallKey) -> Option<&String> {
    match key {
        CallKey::SipCall(id) | CallKey::CallSid(id) => Some(id),
        _ => None,
    }
}
