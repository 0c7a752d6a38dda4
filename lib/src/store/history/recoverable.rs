//! The deliveries that a recovery reopens, page by page through the partitions of a tenant's history.

use super::{
    HistoryTable,
    deliveries::{OUTBOUND, read_delivery},
    ids_between, most_shards, shard,
};
use crate::{
    domain::delivery::{
        Delivery, DeliveryStatus, TEST_PREFIX,
        recovery::{Place, Recoverable, Recovery},
    },
    store::{
        StoreError,
        item::{Item, item, number, read_number, string, time},
    },
    telemetry,
};

/// A page of the deliveries of a recovery.
#[derive(Debug)]
pub struct RecoverablePage {
    /// Those that the recovery has reopened before are among them.
    pub deliveries: Vec<Delivery>,
    /// How many rows were read for them.
    pub examined: u64,
    /// Where the next page begins, unless this was the last.
    pub next: Option<Place>,
}

impl HistoryTable {
    /// The deliveries in the window of `recovery` with the status that it wants, from its place on;
    /// at most `rows` rows are read.
    pub async fn recoverable(
        &self,
        recovery: &Recovery,
        rows: i32,
    ) -> Result<RecoverablePage, StoreError> {
        let Recovery {
            place,
            since,
            until,
            ..
        } = *recovery;
        let ids = ids_between(since, until);
        let first = place.after.saturating_add(1).max(*ids.start());
        if first > *ids.end() {
            return Ok(RecoverablePage {
                deliveries: Vec::new(),
                examined: 0,
                next: next(place, None)?,
            });
        }
        let values = item([
            (
                ":partition",
                string(shard(&recovery.tenant_id, place.partition)),
            ),
            (":first", number(first)),
            (":last", number(*ids.end())),
            (":outbound", string(OUTBOUND)),
            (":subscription", number(recovery.id.subscription_id)),
            (":since", time(since)),
            (":until", time(until)),
            (":status", string(status_of(recovery.order.status).as_str())),
            (":recovery", string(recovery.id.to_string())),
            // What an earlier recovery reopened and may have died before queueing.
            (":pending", string(DeliveryStatus::Pending.as_str())),
        ]);
        let query = self
            .table
            .query("tenantShard = :partition AND id BETWEEN :first AND :last")
            .filter_expression(
                "direction = :outbound AND webhookConfigId = :subscription \
                 AND createdAt BETWEEN :since AND :until AND (#status = :status OR recovery = :recovery \
                 OR (#status = :pending AND attribute_exists(recovery) AND attempts = earlier))",
            )
            .expression_attribute_names("#status", "status")
            .set_expression_attribute_values(Some(values))
            .limit(rows);
        let page = query.send().await.map_err(self.table.failed("Query"))?;
        Ok(RecoverablePage {
            deliveries: page
                .items()
                .iter()
                .filter_map(|row| readable(recovery, row))
                .collect(),
            examined: page.scanned_count.try_into().unwrap_or_default(),
            next: next(place, page.last_evaluated_key.as_ref())?,
        })
    }
}

fn status_of(wanted: Recoverable) -> DeliveryStatus {
    match wanted {
        Recoverable::Failed => DeliveryStatus::Failed,
        Recoverable::Pending => DeliveryStatus::Pending,
    }
}

/// One that another version wrote must not hold up the others.
fn readable(recovery: &Recovery, row: &Item) -> Option<Delivery> {
    match read_delivery(&recovery.tenant_id, row) {
        // The answer of a test has been returned already.
        Ok(delivery) => {
            Some(delivery).filter(|delivery| !delivery.message_id.starts_with(TEST_PREFIX))
        }
        Err(error) => {
            tracing::error!(recovery = %recovery.id, cause = telemetry::chain(&error), "delivery passed over");
            None
        }
    }
}

fn next(place: Place, read_to: Option<&Item>) -> Result<Option<Place>, StoreError> {
    if let Some(key) = read_to {
        return Ok(Some(Place {
            after: read_number(key, "id")?,
            ..place
        }));
    }
    let partition = place.partition + 1;
    Ok((partition < most_shards()).then_some(Place {
        partition,
        after: 0,
    }))
}
