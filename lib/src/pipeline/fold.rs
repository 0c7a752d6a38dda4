//! Folding an event into its call: find the call by any of the event's keys, merge, write if that
//! changed anything, and start over from what another writer left if one was faster.
//!
//! An event whose keys lead to several records tells that they are one call. `fan-out` unites them:
//! the younger are frozen, each with its way to the oldest, which then absorbs what they hold in the
//! write that merges the event. Whoever meets a frozen record that was not absorbed completes that.

use std::collections::BTreeSet;

use crate::{
    domain::{
        call::{Call, CallUpdate},
        key::{CallId, CallKey, EventKey},
        owner::Owner,
        register::Latest,
        timestamp::Timestamp,
    },
    store::{
        StoreError,
        calls::{CallItem, CallTable, Pointer, Saved, Trail},
        lookup::Found,
    },
};

/// Every conflict means that another writer got through, so that even a crowd ends.
const MAX_CONFLICTS: usize = 64;

/// Folds events into calls.
#[derive(Debug, Clone)]
pub struct Fold {
    calls: CallTable,
    default_owner: Option<Owner>,
}

impl Fold {
    /// Folds into `calls`; a call whose number nobody owns belongs to `default_tenant`, if there is one.
    #[must_use]
    pub fn new(calls: CallTable, default_tenant: Option<&str>) -> Self {
        Self { calls, default_owner: default_tenant.map(Owner::tenant) }
    }

    /// Who owns events that are about no call.
    #[must_use]
    pub fn default_owner(&self) -> Option<&Owner> {
        self.default_owner.as_ref()
    }

    /// The call with the event in it, durable, by the surest of the event's keys. Folding an event
    /// again changes nothing.
    ///
    /// # Errors
    /// When the database fails; folding again is safe.
    pub async fn fold(&self, update: &CallUpdate, found: &Found) -> Result<Call, StoreError> {
        let trails = self.trails(update, found).await?;
        self.fold_into(trails.into_iter().next(), update, found).await
    }

    /// As [`Fold::fold`], and unites all records that the event's keys lead to. `None` when another
    /// writer was faster: look again.
    ///
    /// # Errors
    /// When the database fails; uniting again is safe.
    pub async fn unite(&self, update: &CallUpdate, found: &Found) -> Result<Option<Call>, StoreError> {
        let trails = self.of_one_owner(self.trails(update, found).await?, update, found);
        let oldest = trails
            .iter()
            .map(|trail| &trail.stored.call)
            .reduce(|elder, call| if call.is_elder_of(elder) { call } else { elder });
        let Some(oldest) = oldest.map(|call| call.id).filter(|_| trails.len() > 1) else {
            return self.fold_into(trails.into_iter().next(), update, found).await.map(Some);
        };
        let (elders, younger): (Vec<_>, Vec<_>) =
            trails.into_iter().partition(|trail| trail.stored.call.id == oldest);
        let Some(elder) = elders.into_iter().next() else { return Ok(None) };
        let mut call = elder.whole();
        for trail in &younger {
            if let Saved::Conflict(_) = self.calls.freeze(&trail.stored, oldest, &update.event).await? {
                return Ok(None);
            }
            call.absorb(&trail.whole(), &update.event);
        }
        call.apply(update, self.owner(update, found).as_ref());
        tracing::info!(call_id = %oldest, absorbed = younger.len(), event_key = %update.event, "records united");
        match self.calls.replace(&elder.stored, &call).await? {
            Saved::Done => Ok(Some(call)),
            Saved::Conflict(_) => Ok(None),
        }
    }

    /// Binds every key of the event that leads nowhere yet to its call, and those that lead to a
    /// record it absorbed straight to it. False when a key was just bound to another record: the two
    /// are one call; look again. A room's name is bound to the first sid that bears it.
    ///
    /// # Errors
    /// When the database fails; binding again is safe.
    pub async fn bind(&self, update: &CallUpdate, found: &Found, call: &Call) -> Result<bool, StoreError> {
        for key in update.keys.iter() {
            let from = key.call_id();
            if from == call.id {
                continue;
            }
            match found.items.get(&from) {
                None => {
                    let room_sid = matches!(key, CallKey::RoomName(_)).then(|| room_sid(update)).flatten();
                    let pointer = Pointer { from, to: call.id, room_sid: room_sid.map(str::to_owned) };
                    if let Saved::Conflict(_) = self.calls.point(&pointer).await? {
                        return Ok(false);
                    }
                }
                Some(CallItem::Pointer(pointer)) if call.absorbed.contains_key(&pointer.to) => {
                    self.calls.repair(pointer, call.id).await?;
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
            let Some(trail) = self.calls.find(id).await? else { return Ok(()) };
            let mut call = trail.whole();
            change(&mut call);
            if call == trail.stored.call {
                return Ok(());
            }
            if let Saved::Done = self.calls.replace(&trail.stored, &call).await? {
                return Ok(());
            }
        }
        Err(StoreError::Contended)
    }

    async fn fold_into(
        &self,
        trail: Option<Trail>,
        update: &CallUpdate,
        found: &Found,
    ) -> Result<Call, StoreError> {
        let (owner, mut trail) = (self.owner(update, found), trail);
        for _ in 0..MAX_CONFLICTS {
            let (merged, saved) = match trail {
                None => {
                    let call = Call::begin(update, owner.as_ref());
                    let saved = self.calls.create(&call).await?;
                    (call, saved)
                }
                Some(trail) => {
                    let mut call = trail.whole();
                    call.apply(update, owner.as_ref());
                    if call == trail.stored.call {
                        return Ok(call);
                    }
                    let saved = self.calls.replace(&trail.stored, &call).await?;
                    (call, saved)
                }
            };
            trail = match saved {
                Saved::Done => return Ok(merged),
                Saved::Conflict(Some(item)) => self.calls.follow(item).await?,
                Saved::Conflict(None) => None,
            };
        }
        Err(StoreError::Contended)
    }

    /// Whose event it is: as it says itself, else as the directory knows, else the default tenant's.
    fn owner(&self, update: &CallUpdate, found: &Found) -> Option<Owner> {
        let Some(tenant_id) = &update.tenant_id else {
            return found.owner.clone().or_else(|| self.default_owner.clone());
        };
        let mut owner = Owner::tenant(tenant_id);
        if let Some(known) = &found.owner {
            owner.fill_in(known);
        }
        Some(owner)
    }

    /// The calls that the keys lead to, each once, that of the surest key first.
    async fn trails(&self, update: &CallUpdate, found: &Found) -> Result<Vec<Trail>, StoreError> {
        let mut trails: Vec<Trail> = Vec::new();
        for key in update.keys.iter() {
            let Some(item) = found.items.get(&key.call_id()) else { continue };
            if !may_lead_here(key, item, room_sid(update)) {
                continue;
            }
            let Some(trail) = self.calls.follow(item.clone()).await? else { continue };
            if matches!(key, CallKey::RoomName(_)) && !is_in_room(&trail.stored.call, update, found) {
                continue;
            }
            match trails.iter_mut().find(|known| known.stored.call.id == trail.stored.call.id) {
                Some(known) => known.absorbed.extend(trail.absorbed),
                None => trails.push(trail),
            }
        }
        Ok(trails)
    }

    /// Those that may be one call: records of different tenants never are, whatever an event says.
    fn of_one_owner(&self, trails: Vec<Trail>, update: &CallUpdate, found: &Found) -> Vec<Trail> {
        let owner = |trail: &Trail| trail.stored.call.owner.as_ref().map(|owner| owner.tenant_id.clone());
        let surest = trails.first().and_then(owner);
        let told = || self.owner(update, found).map(|owner| owner.tenant_id);
        let Some(tenant_id) = surest.or_else(told) else { return trails };
        let (ours, others): (Vec<_>, Vec<_>) =
            trails.into_iter().partition(|trail| owner(trail).is_none_or(|theirs| theirs == tenant_id));
        for trail in others {
            let other = trail.stored.call.id;
            tracing::warn!(call_id = %other, event_key = %update.event, "records of different owners share a key");
        }
        ours
    }
}

/// A room's name may be borne by a later room: it leads to a call only if neither side knows another
/// sid. Every other key is unique for ever.
fn may_lead_here(key: &CallKey, item: &CallItem, room_sid: Option<&str>) -> bool {
    match (key, item) {
        (CallKey::RoomName(_), CallItem::Pointer(pointer)) => {
            !contradict(pointer.room_sid.as_deref(), room_sid)
        }
        _ => true,
    }
}

/// Whether the call that bears a room's name may be the one that an event by this name is about. A
/// fixed name is borne by one call after the other, also of different tenants: what else is known of
/// both must not speak against it.
fn is_in_room(call: &Call, update: &CallUpdate, found: &Found) -> bool {
    let facts = &call.facts;
    if contradict(facts.room_sid.get().map(String::as_str), room_sid(update)) {
        return false;
    }
    let told = update.tenant_id.as_ref().or(found.owner.as_ref().map(|owner| &owner.tenant_id));
    if call.owner.as_ref().zip(told).is_some_and(|(owner, told)| owner.tenant_id != *told) {
        return false;
    }
    // LiveKit's own events know the room's sid, and a room may have several phones. Others know the
    // name and their call.
    let mut legs = [&facts.sip_call_id, &facts.call_sid].into_iter().filter_map(Latest::get).peekable();
    let names: Vec<&String> = update.keys.iter().filter_map(leg).collect();
    room_sid(update).is_some()
        || names.is_empty()
        || legs.peek().is_none()
        || legs.any(|known| names.contains(&known))
}

fn leg(key: &CallKey) -> Option<&String> {
    match key {
        CallKey::SipCall(id) | CallKey::CallSid(id) => Some(id),
        _ => None,
    }
}

fn contradict(bound: Option<&str>, ours: Option<&str>) -> bool {
    bound.zip(ours).is_some_and(|(bound, ours)| bound != ours)
}

fn room_sid(update: &CallUpdate) -> Option<&str> {
    update.facts.room_sid.get().map(String::as_str)
}
