//! Finding a call that the caller may read.

use crate::{
    auth::token::Caller,
    domain::{
        call::{Call, owner::Owner},
        key::CallId,
    },
    store::{StoreError, calls::CallTable},
};

/// The call and its owner, if it belongs to `user_id` and the caller may read it.
pub async fn find_visible(
    calls: &CallTable,
    caller: &Caller,
    user_id: &str,
    id: CallId,
) -> Result<Option<(Call, Owner)>, StoreError> {
    let found = find_readable(calls, caller, id).await?;
    Ok(found.filter(|(_, owner)| owner.user_id() == user_id))
}

/// The call and its owner, if the caller may read it. Another tenant's call looks like a missing one.
pub async fn find_readable(
    calls: &CallTable,
    caller: &Caller,
    id: CallId,
) -> Result<Option<(Call, Owner)>, StoreError> {
    let found = calls.find(id).await?;
    Ok(found.and_then(|trail| readable(caller, trail.whole())))
}

/// The call and its owner, if the caller may read it.
pub(super) fn readable(caller: &Caller, call: Call) -> Option<(Call, Owner)> {
    let owner = call.owner.clone().filter(|owner| caller.may_read(owner))?;
    Some((call, owner))
}
