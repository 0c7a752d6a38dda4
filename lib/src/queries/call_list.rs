//! Going through a tenant's calls for somebody who may see some of them: a page that matches a filter.
//! Only the time of creation is indexed; everything else is looked at call by call, within a bound.

use crate::{
    auth::token::Caller,
    domain::call::{Call, filter::CallFilter, owner::Owner},
    store::{
        StoreError,
        call_list::{CallList, ListPosition, Window},
    },
};

/// Calls that are read at once when a filter has left a page unfilled.
const STRIDE: usize = 100;

/// What a page is made of.
#[derive(Debug)]
pub struct PageOf<'a> {
    /// When the calls were created.
    pub window: Window,
    /// What they are.
    pub filter: &'a CallFilter,
    /// Where the page begins.
    pub after: Option<ListPosition>,
    /// How many calls it shows at most.
    pub limit: usize,
    /// How many calls are looked at for it at most.
    pub examined: usize,
}

/// A page of calls.
#[derive(Debug)]
pub struct CallPage {
    /// The calls with their owners, newest first.
    pub calls: Vec<(Call, Owner)>,
    /// Where the next page begins, if there may be one.
    pub next: Option<ListPosition>,
}

/// The page of calls that the caller may read. It may have fewer calls than asked for, even none,
/// and yet not be the last one.
///
/// # Errors
/// When the database fails or a call cannot be read.
pub async fn page(
    list: &CallList,
    caller: &Caller,
    page: &PageOf<'_>,
) -> Result<CallPage, StoreError> {
    let tenant_id = caller.tenant_id();
    let mut newest = list.newest(&tenant_id, page.window, page.after);
    let (mut calls, mut place, mut left) = (Vec::new(), page.after, page.examined);
    let mut stride = page.limit;
    while calls.len() < page.limit && left > 0 {
        let listed = newest.next(stride.min(left)).await?;
        if listed.is_empty() {
            return Ok(CallPage { calls, next: None });
        }
        for entry in listed {
            if calls.len() == page.limit {
                return Ok(CallPage { calls, next: place });
            }
            (place, left) = (Some(entry.after), left - 1);
            let readable = entry.call.and_then(|call| readable(caller, call));
            calls.extend(readable.filter(|(call, _)| page.filter.matches(call)));
        }
        stride = STRIDE;
    }
    Ok(CallPage {
        calls,
        next: place.filter(|_| !newest.is_at_end()),
    })
}

/// The call and its owner, if the caller may read it.
pub(super) fn readable(caller: &Caller, call: Call) -> Option<(Call, Owner)> {
    let owner = call.owner.clone().filter(|owner| caller.may_read(owner))?;
    Some((call, owner))
}
