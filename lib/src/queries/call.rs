//! Finding a call for somebody who may or may not see it.

use crate::{
    auth::token::Caller,
    domain::{
        call::{Call, owner::Owner},
        key::CallId,
    },
    store::{StoreError, calls::CallTable},
};

/// The call and its owner, if it belongs to `user_id` and the caller may read it. A call of somebody
/// else and a call that does not exist look the same.
pub async fn find_visible(
    calls: &CallTable,
    caller: &Caller,
    user_id: &str,
    id: CallId,
) -> Result<Option<(Call, Owner)>, StoreError> {
    let found = find_readable(calls, caller, id).await?;
    Ok(found.filter(|(_, owner)| owner.user_id() == user_id))
}

/// The call and its owner, if the caller may read it; one that it may not and one that does not exist
/// look the same.
pub async fn find_readable(
    calls: &CallTable,
    caller: &Caller,
    id: CallId,
) -> Result<Option<(Call, Owner)>, StoreError> {
    let Some(trail) = calls.find(id).await? else {
        return Ok(None);
    };
    let call = trail.whole();
    let owner = call.owner.clone().filter(|owner| caller.may_read(owner));
    Ok(owner.map(|owner| (call, owner)))
}
