//! A page of the calls that match a filter and that the caller may read. Only the time of creation is
//! indexed; the rest of the filter is applied to each call, within a bound.

use super::call::readable;
use crate::{
    auth::token::Caller,
    domain::call::{Call, filter::CallFilter, owner::Owner},
    store::{
        StoreError,
        call_list::{CallList, ListPosition, Window},
    },
};

/// Calls read at once when a filter has left a page unfilled.
const STRIDE: usize = 100;

#[derive(Debug)]
pub struct PageRequest<'a> {
    pub window: Window,
    pub filter: &'a CallFilter,
    pub after: Option<ListPosition>,
    pub limit: usize,
    /// The maximum number of calls read for the page.
    pub examined: usize,
}

#[derive(Debug)]
pub struct CallPage {
    pub calls: Vec<(Call, Owner)>,
    pub next: Option<ListPosition>,
}

/// A page may have fewer calls than its limit, even none, without being the last one.
pub async fn page(
    list: &CallList,
    caller: &Caller,
    page: &PageRequest<'_>,
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
