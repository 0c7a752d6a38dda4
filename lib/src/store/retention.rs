//! How long records of people are kept.

use super::item::{Item, number};
use crate::domain::timestamp::Timestamp;

/// Days after which DynamoDB deletes a record; by default it never does.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Retention(Option<u32>);

impl Retention {
    /// 0 days mean for ever.
    pub fn days(days: u32) -> Self {
        Self(Some(days).filter(|days| *days > 0))
    }

    /// Whether an item whose last event was at `last` has expired.
    pub(super) fn is_over(self, last: Timestamp, now: Timestamp) -> bool {
        self.0.is_some_and(|days| last.plus_days(days) <= now)
    }

    /// When an item expires whose last event was at `last`, in seconds.
    pub(super) fn expiry(self, last: Timestamp) -> Option<i64> {
        self.0.map(|days| last.plus_days(days).as_seconds())
    }

    /// Sets when an item expires whose last event was at `last`.
    pub(super) fn set_expiry(self, item: &mut Item, last: Timestamp) {
        if let Some(expires_at) = self.expiry(last) {
            item.insert("expiresAt".to_owned(), number(expires_at));
        }
    }
}
