//! A page of the calls that match a filter and that the caller may read. Only the time of creation is
//! indexed; the rest of the filter is applied to each call, within a bound. A call that a provider's
//! name leads to is read by that name.

use std::collections::BTreeSet;

use futures::future::try_join_all;

use super::call::{find_readable, readable};
use crate::{
    auth::token::Caller,
    domain::{
        call::{Call, filter::CallFilter, owner::Owner},
        key::{CallId, CallKey},
    },
    store::{
        StoreError,
        call_list::{CallList, ListPosition, Window},
        calls::CallTable,
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

/// The call that all these names lead to, if it matches and the caller may read it: a list of one page.
pub async fn named(
    calls: &CallTable,
    caller: &Caller,
    names: &[CallKey],
    page: &PageRequest<'_>,
) -> Result<CallPage, StoreError> {
    let mut found = try_join_all(names.iter().map(|name| find(calls, caller, name))).await?;
    let ids: BTreeSet<Option<CallId>> = found
        .iter()
        .map(|found| found.as_ref().map(|(call, _)| call.id))
        .collect();
    let is_one = ids.len() == 1;
    let call = found.pop().flatten().filter(|(call, _)| {
        let Window { from, to } = page.window;
        let is_in_window = from <= call.created_at && call.created_at <= to;
        is_one && page.after.is_none() && is_in_window && page.filter.matches(call)
    });
    Ok(CallPage {
        calls: call.into_iter().collect(),
        next: None,
    })
}

/// The caller's call of this name: one that the tenant's own provider account named, or else one of
/// the platform's account.
async fn find(
    calls: &CallTable,
    caller: &Caller,
    name: &CallKey,
) -> Result<Option<(Call, Owner)>, StoreError> {
    let shared = name.call_id();
    let own = shared.owned_by(&caller.tenant_id());
    let (own, shared) = futures::try_join!(
        find_readable(calls, caller, own),
        find_readable(calls, caller, shared)
    )?;
    Ok(own.or(shared))
}
