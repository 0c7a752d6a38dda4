//! How long records of people are kept.

use super::item::{Item, number};
use crate::domain::timestamp::Timestamp;

/// Days after which DynamoDB forgets a record; by default it never does.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Retention(Option<u32>);

impl Retention {
    /// For so many days; 0 is for ever.
    #[must_use]
    pub fn days(days: u32) -> Self {
        Self(Some(days).filter(|days| *days > 0))
    }

    /// Notes in an item when it is to be forgotten, by when it was last heard of.
    pub(super) fn write(self, item: &mut Item, last: Timestamp) {
        if let Some(days) = self.0 {
            item.insert(
                "expiresAt".to_owned(),
                number(last.plus_days(days).as_seconds()),
            );
        }
    }
}
