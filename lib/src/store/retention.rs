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

    /// Sets when an item expires whose last event was at `last`.
    pub(super) fn set_expiry(self, item: &mut Item, last: Timestamp) {
        if let Some(days) = self.0 {
            let expires_at = last.plus_days(days).as_seconds();
            item.insert("expiresAt".to_owned(), number(expires_at));
        }
    }
}
