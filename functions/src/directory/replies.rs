//! The answers that all kinds of entries have in common.

use ringpost::{
    http::{
        error::{ApiError, ErrorStatus},
        page::to_cursor,
    },
    store::directory::Page,
};
use serde::{Serialize, Serializer, ser::SerializeMap};

/// `{success, <field>: <entry>}`
pub(super) struct One<V> {
    field: &'static str,
    entry: V,
}

impl<V> One<V> {
    pub(super) fn new(field: &'static str, entry: V) -> Self {
        Self { field, entry }
    }
}

impl<V: Serialize> Serialize for One<V> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(2))?;
        map.serialize_entry("success", &true)?;
        map.serialize_entry(self.field, &self.entry)?;
        map.end()
    }
}

/// `{success, count, items, nextCursor?}`
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct List<V> {
    success: bool,
    count: usize,
    items: Vec<V>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_cursor: Option<String>,
}

impl<V: Serialize> List<V> {
    pub(super) fn new<'a, T>(page: &'a Page<T>, view: impl Fn(&'a T) -> V) -> Self {
        Self {
            success: true,
            count: page.entries.len(),
            items: page.entries.iter().map(view).collect(),
            next_cursor: page.next.as_ref().map(to_cursor),
        }
    }
}

/// `{success}`
#[derive(Serialize)]
pub(super) struct Deleted {
    success: bool,
}

impl Deleted {
    pub(super) fn new() -> Self {
        Self { success: true }
    }
}

/// Another tenant's entry and a missing one look the same.
pub(super) fn not_found() -> ApiError {
    ApiError::new(ErrorStatus::NotFound, "Not found")
}

/// As [`not_found`], of what a tenant would configure.
pub(super) fn not_assigned() -> ApiError {
    ApiError::new(
        ErrorStatus::NotFound,
        "Not found: the platform has not assigned this to your tenant",
    )
}

/// A request that API Gateway routes to no function of ours.
pub(super) fn no_route() -> ApiError {
    ApiError::new(ErrorStatus::NotFound, "No such route")
}

pub(super) fn failed(error: impl std::error::Error + Send + Sync + 'static) -> ApiError {
    ApiError::new(
        ErrorStatus::Internal,
        "The directory does not answer; try again",
    )
    .cause(error)
}
