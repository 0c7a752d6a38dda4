//! Folding an event into its call: find the call by any of the event's keys, merge, write if that
//! changed anything, and start over from what another writer left if one was faster.

use crate::{
    domain::{
        call::{Call, CallUpdate},
        key::{CallId, CallKey},
        owner::Owner,
    },
    store::{
        StoreError,
        calls::{CallItem, CallTable, Pointer, Saved, StoredCall},
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

    /// The call with the event in it, durable. Folding an event again changes nothing.
    ///
    /// # Errors
    /// When the database fails; folding again is safe.
    pub async fn fold(&self, update: &CallUpdate, found: &Found) -> Result<Call, StoreError> {
        let owner = found.owner.as_ref().or(self.default_owner.as_ref());
        let mut read = self.resolve(update, found).await?;
        for _ in 0..MAX_CONFLICTS {
            let (merged, saved) = match read {
                None => {
                    let call = Call::begin(update, owner);
                    let saved = self.calls.create(&call).await?;
                    (call, saved)
                }
                Some(stored) => {
                    let mut call = stored.call.clone();
                    call.apply(update, owner);
                    if call == stored.call {
                        return Ok(call);
                    }
                    let saved = self.calls.replace(&stored, &call).await?;
                    (call, saved)
                }
            };
            read = match saved {
                Saved::Done => return Ok(merged),
                Saved::Conflict(item) => self.follow(item).await?,
            };
        }
        Err(StoreError::Contended)
    }

    /// Binds every key of the event that leads nowhere yet to its call. A room's name is bound to
    /// the first sid that bears it.
    ///
    /// # Errors
    /// When the database fails; binding again is safe.
    pub async fn bind(&self, update: &CallUpdate, found: &Found, call: &Call) -> Result<(), StoreError> {
        for key in update.keys.iter() {
            let from = key.call_id();
            if from == call.id || found.items.contains_key(&from) {
                continue;
            }
            let room_sid = matches!(key, CallKey::RoomName(_)).then(|| room_sid(update)).flatten();
            self.calls.point(&Pointer { from, to: call.id, room_sid: room_sid.map(str::to_owned) }).await?;
        }
        Ok(())
    }

    /// Forgets the events that waited for the call's owner, once they have been driven again.
    ///
    /// # Errors
    /// When the database fails; forgetting again is safe.
    pub async fn release(&self, id: CallId) -> Result<(), StoreError> {
        let mut read = self.calls.find(id).await?;
        for _ in 0..MAX_CONFLICTS {
            let Some(stored) = read else { return Ok(()) };
            let mut call = stored.call.clone();
            call.waiting.clear();
            if call == stored.call {
                return Ok(());
            }
            match self.calls.replace(&stored, &call).await? {
                Saved::Done => return Ok(()),
                Saved::Conflict(item) => read = self.follow(item).await?,
            }
        }
        Err(StoreError::Contended)
    }

    /// The call that the surest key leads to.
    async fn resolve(&self, update: &CallUpdate, found: &Found) -> Result<Option<StoredCall>, StoreError> {
        for key in update.keys.iter() {
            match found.items.get(&key.call_id()) {
                Some(item) if leads_here(key, item, room_sid(update)) => {
                    return self.follow(Some(item.clone())).await;
                }
                Some(_) | None => {}
            }
        }
        Ok(None)
    }

    async fn follow(&self, item: Option<CallItem>) -> Result<Option<StoredCall>, StoreError> {
        match item {
            None => Ok(None),
            Some(CallItem::Call(stored)) => Ok(Some(*stored)),
            Some(CallItem::Pointer(pointer)) => self.calls.find(pointer.to).await,
        }
    }
}

/// A room's name may be borne by a later room: it leads to a call only if neither side knows another
/// sid. Every other key is unique for ever.
fn leads_here(key: &CallKey, item: &CallItem, room_sid: Option<&str>) -> bool {
    if !matches!(key, CallKey::RoomName(_)) {
        return true;
    }
    let bound_to = match item {
        CallItem::Call(stored) => stored.call.facts.room_sid.get(),
        CallItem::Pointer(pointer) => pointer.room_sid.as_ref(),
    };
    match (bound_to, room_sid) {
        (Some(bound), Some(ours)) => bound == ours,
        (None, _) | (_, None) => true,
    }
}

fn room_sid(update: &CallUpdate) -> Option<&str> {
    update.facts.room_sid.get().map(String::as_str)
}
