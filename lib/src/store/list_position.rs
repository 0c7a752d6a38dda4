//! A position in the list of a tenant's calls.

use serde::{Deserialize, Serialize};

use crate::domain::{key::CallId, timestamp::Timestamp};

/// How many partitions of the index a tenant's calls are spread over.
pub(super) const SHARDS: u8 = 4;

/// A position in a list: after all calls that were created later than `at`, and after some of those
/// created at that very moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListPosition {
    pub(crate) at: Timestamp,
    /// Of each shard, the last call of that moment that was passed.
    pub(super) passed: [Option<CallId>; SHARDS as usize],
}

impl ListPosition {
    pub(super) fn pass(&mut self, shard: u8, created_at: Timestamp, id: CallId) {
        if self.at != created_at {
            *self = Self {
                at: created_at,
                passed: [None; SHARDS as usize],
            };
        }
        if let Some(passed) = self.passed.get_mut(usize::from(shard)) {
            *passed = Some(id);
        }
    }

    pub(super) fn passed(&self, shard: u8) -> Option<CallId> {
        self.passed.get(usize::from(shard)).copied().flatten()
    }
}
