//! The history that tenants see: one row per inbound event, under an id that is an integer and a time.

use aws_sdk_dynamodb::{operation::put_item::PutItemError, types::ReturnValuesOnConditionCheckFailure};

use super::{
    Client, StoreError,
    item::{find_string, item, number, string, time},
};
use crate::domain::{event::Event, key::CallId, timestamp::Timestamp};

/// How many partitions a tenant's history is spread over.
const SHARDS: u64 = 4;
/// Ids count milliseconds from here, so that they stay below 2^53, what a JSON reader keeps exact.
const EPOCH_MILLIS: i64 = 1_577_836_800_000;
/// Ids per millisecond: 10 bits.
const SLOTS: u64 = 1_024;
/// So many events of one tenant in one slot and the slots after it are not a coincidence.
const MAX_PROBES: u64 = 64;

/// The table `history`: pk `tenantShard`, sk `id`, with a TTL.
#[derive(Debug, Clone)]
pub struct HistoryTable {
    client: Client,
    name: String,
    retention_days: u32,
}

impl HistoryTable {
    /// The table of this name, whose rows are kept so long.
    #[must_use]
    pub fn new(client: Client, name: String, retention_days: u32) -> Self {
        Self { client, name, retention_days }
    }

    /// Records that a tenant received an event. Recording it again changes nothing: its id follows
    /// from its time and key, and a slot that another event holds sends both the same way on.
    ///
    /// # Errors
    /// When the database fails; recording again is safe.
    pub async fn record_inbound(
        &self,
        event: &Event,
        tenant_id: &str,
        call_id: Option<CallId>,
    ) -> Result<(), StoreError> {
        let digest = event.key.digest();
        // By the event, not by its call: records are united, and a row must be found where it was put.
        let tenant_shard = format!("{tenant_id}#{}", digest % SHARDS);
        let first = first_id(event.received_at, digest);
        for id in first..first + MAX_PROBES {
            let mut row = item([
                ("tenantShard", string(&tenant_shard)),
                ("id", number(id)),
                ("v", number(1)),
                ("eventKey", string(event.key.as_str())),
                ("direction", string("inbound")),
                ("source", string(event.source.provider())),
                ("eventType", string(&event.event_type)),
                ("status", string("processed")),
                ("createdAt", time(event.received_at)),
                ("expiresAt", number(event.received_at.plus_days(self.retention_days).as_seconds())),
            ]);
            if let Some(call_id) = call_id {
                row.insert("callId".to_owned(), string(call_id.to_string()));
            }
            let put = self.client.put_item().table_name(&self.name).set_item(Some(row));
            let put = put
                .condition_expression("attribute_not_exists(id)")
                .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
            let Err(error) = put.send().await else {
                return Ok(());
            };
            match error.as_service_error() {
                Some(PutItemError::ConditionalCheckFailedException(taken)) => {
                    let holder = taken.item().and_then(|row| find_string(row, "eventKey"));
                    if holder == Some(event.key.as_str()) {
                        return Ok(());
                    }
                }
                _ => return Err(StoreError::unavailable("PutItem history")(error)),
            }
        }
        Err(StoreError::Contended)
    }
}

/// The id that an event gets unless another event holds it: its time, then ten bits of its digest.
fn first_id(received_at: Timestamp, digest: u64) -> u64 {
    let millis = u64::try_from(received_at.as_millis() - EPOCH_MILLIS).unwrap_or(0);
    millis * SLOTS + digest % SLOTS
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_follow_time_and_stay_exact_in_json() {
        let now = Timestamp::parse_rfc3339("2025-10-29T15:30:45.123Z").unwrap();
        let later = Timestamp::from_millis(now.as_millis() + 1).unwrap();
        assert!(first_id(now, u64::MAX) < first_id(later, 0));
        let far = Timestamp::parse_rfc3339("2290-01-01T00:00:00Z").unwrap();
        assert!(first_id(far, u64::MAX) < 1 << 53);
    }
}
