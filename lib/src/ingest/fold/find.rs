//! Finding the records that an event's keys lead to.
//!
//! A record is left out if it belongs to another tenant than the event's own number, agent or campaign;
//! if it was in another room; or if the key names the phone of a colleague who is called into the call.

use super::owner::{may_hold, reported_owner};
use crate::{
    domain::{
        call::{Call, CallUpdate},
        key::CallKey,
    },
    store::{
        StoreError,
        calls::{CallItem, CallTable, ResolvedCall},
        lookup::CallLookup,
    },
};

/// The calls that the keys lead to, each once, the call of the strongest key first.
pub(super) async fn find(
    calls: &CallTable,
    update: &CallUpdate,
    found: &CallLookup,
) -> Result<Vec<ResolvedCall>, StoreError> {
    let mut trails: Vec<(usize, ResolvedCall)> = Vec::new();
    // The room comes first: it decides whether a key of its phone may lead to another call.
    let (of_legs, others): (Vec<_>, Vec<_>) = update
        .keys
        .iter()
        .enumerate()
        .partition(|(_, key)| is_of_leg(key));
    for (place, key) in others.into_iter().chain(of_legs) {
        let Some(item) = found.items.get(&update.keys.id_of(key)) else {
            continue;
        };
        let first = || trails.first().map(|(_, trail)| &trail.stored.call);
        if !is_same_room(key, item, update) || (is_of_leg(key) && !may_bind_leg(update, first())) {
            continue;
        }
        let Some(trail) = calls.follow(item.clone(), &found.items).await? else {
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
    let owner = reported_owner(update, found);
    let (ours, others): (Vec<_>, Vec<_>) = trails
        .into_iter()
        .map(|(_, trail)| trail)
        .partition(|trail| may_hold(&trail.stored.call, owner.as_ref()));
    for other in others {
        let call_id = other.stored.call.id;
        tracing::warn!(%call_id, event_key = %update.event, "an event of another owner has the record's key");
    }
    Ok(ours)
}

/// Those records that may be one call. Records of different tenants or different rooms never are. The
/// tenant is that of the strongest key's record, else the event's, else any record's.
pub(super) fn keep_one_call(
    trails: Vec<ResolvedCall>,
    update: &CallUpdate,
    found: &CallLookup,
) -> Vec<ResolvedCall> {
    let owners = || trails.iter().map(|trail| trail.stored.call.owner.as_ref());
    let strongest = owners().next().flatten().cloned();
    let owner = strongest
        .or_else(|| reported_owner(update, found))
        .or_else(|| owners().flatten().next().cloned());
    let mut one: Vec<ResolvedCall> = Vec::new();
    for trail in trails {
        let call = &trail.stored.call;
        let is_apart = one
            .iter()
            .any(|known| known.stored.call.facts.are_in_other_rooms(&call.facts));
        if is_apart || !may_hold(call, owner.as_ref()) {
            tracing::warn!(call_id = %call.id, event_key = %update.event, "records that share a key stay two");
        } else {
            one.push(trail);
        }
    }
    one
}

/// Whether the key names one phone's leg rather than the call.
pub(super) fn is_of_leg(key: &CallKey) -> bool {
    leg_id(key).is_some()
}

/// Whether the keys of the event's phone are keys of the call. Those of a colleague are not.
pub(super) fn may_bind_leg(update: &CallUpdate, call: Option<&Call>) -> bool {
    let Some((phone, _)) = update.facts.legs.iter().find(|(key, _)| key.is_phone()) else {
        return true;
    };
    let mut facts = call.map(|call| call.facts.clone()).unwrap_or_default();
    facts.merge(update.facts.clone());
    facts.is_principal(phone)
}

/// A later room may have the same name: the name leads to a call only if neither side knows another
/// sid. Every other key is unique for ever.
fn is_same_room(key: &CallKey, item: &CallItem, update: &CallUpdate) -> bool {
    match (key, item) {
        (CallKey::RoomName(_), CallItem::Pointer(pointer)) => {
            let sids = pointer.room_sid.as_deref().zip(update.facts.room_sid());
            sids.is_none_or(|(bound, ours)| bound == ours)
        }
        _ => true,
    }
}

/// Whether the call with this room name may be the event's call. Many calls in turn, also of different
/// tenants, may have a fixed name: nothing else that is known of both may contradict it.
fn is_in_room(call: &Call, update: &CallUpdate, found: &CallLookup) -> bool {
    if !may_hold(call, reported_owner(update, found).as_ref()) {
        return false;
    }
    // LiveKit's own events know the room's sid, and a room may have several phones. Other sources know
    // the name and their own leg.
    let legs: Vec<&String> = update.keys.iter().filter_map(leg_id).collect();
    update.facts.room_sid().is_some()
        || legs.is_empty()
        || !call.facts.has_leg_ids()
        || legs.into_iter().any(|id| call.facts.names_leg(id))
}

fn leg_id(key: &CallKey) -> Option<&String> {
    match key {
        CallKey::SipCall(id) | CallKey::CallSid(id) => Some(id),
        _ => None,
    }
}
