//! When a webhook was first received that says neither what it is nor when it happened: the beginning of a
//! span in which repetitions count as the same webhook.

use serde::{Deserialize, Serialize};

use super::CallTable;
use crate::{
    domain::timestamp::Timestamp,
    store::{
        StoreError,
        item::{read, time, to_item},
        table::{Write, Wrote},
    },
};

/// Long after its span it is not needed any more.
const KEPT_DAYS: u32 = 1;

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct ReceiptItem {
    first_at: Timestamp,
    id: String,
    #[serde(skip_deserializing)]
    expires_at: i64,
}

impl CallTable {
    /// When `id` was first received, if that is at most `window` ago; otherwise it is now, for every caller
    /// within the window from now on.
    ///
    /// One conditional put decides, so that two concurrent callers agree, also where a span ends. A caller
    /// that repeats after a lost answer finds its own item. A repetition does not prolong the span.
    pub async fn first_receipt(
        &self,
        id: &str,
        now: Timestamp,
        window_millis: u64,
    ) -> Result<Timestamp, StoreError> {
        let receipt = to_item(&ReceiptItem {
            first_at: now,
            id: id.to_owned(),
            expires_at: now.plus_days(KEPT_DAYS).as_seconds(),
        })?;
        let put = self
            .table
            .put(receipt)
            .condition_expression("attribute_not_exists(id) OR firstAt < :oldest")
            .expression_attribute_values(":oldest", time(now.minus_millis(window_millis)))
            .returning_old();
        match self.table.conditional(put).await? {
            Wrote::Done(_) => Ok(now),
            Wrote::Refused(old) => {
                read(&old.unwrap_or_default()).map(|old: ReceiptItem| old.first_at)
            }
        }
    }
}
