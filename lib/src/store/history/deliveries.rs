//! Deliveries: the row of an outbound event is the delivery itself. Its failed attempts are kept beside it, in
//! a partition of their own, so that no list has to skip them.

use aws_sdk_dynamodb::{
    operation::update_item::builders::UpdateItemFluentBuilder,
    types::{AttributeValue, ReturnValue},
};
use futures::future::try_join_all;
use serde::{Deserialize, Serialize};
use serde_with::skip_serializing_none;

use super::{HistoryTable, Packed, PutRow, ids_between, partition_of, partitions, row_key, unpack};
use crate::{
    domain::{
        delivery::{Attempt, Delivery, DeliveryRef, DeliveryStatus, Message},
        key::{CallId, EventKey},
        timestamp::Timestamp,
    },
    store::{
        StoreError,
        item::{
            Item, Json, find_string, from_item, item, number, read_number, string, time, to_item,
        },
        payload,
        table::{Write, Wrote},
    },
};

/// The name under which the platform reports.
const SOURCE: &str = "11wire";
pub(super) const OUTBOUND: &str = "outbound";

/// A row is kept this long after the next attempt is due: a delivery that waits for a failing endpoint is
/// parked for five days at most.
const DAYS_ON_ITS_WAY: u32 = 7;

/// A delivery that is recorded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RecordedDelivery {
    /// Its first attempt must be queued: it is not known to be.
    Unqueued(DeliveryRef),
    /// It is underway, or over.
    Queued(DeliveryRef),
}

/// An outbound row; [`row_key`] is its key.
#[skip_serializing_none]
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct OutboundItem {
    #[serde(skip_deserializing)]
    direction: &'static str,
    #[serde(skip_deserializing)]
    source: &'static str,
    event_key: EventKey,
    event_type: String,
    status: String,
    webhook_config_id: u64,
    message_id: String,
    call_id: Option<CallId>,
    user_id: Option<String>,
    /// The body, compressed, unless it is shared.
    #[serde(default, with = "serde_bytes")]
    payload: Option<Vec<u8>>,
    attempts: u32,
    /// The attempts before the delivery was reopened.
    earlier: Option<u32>,
    refused: Option<u32>,
    next_at: Option<Timestamp>,
    /// The last attempt.
    response: Option<Json<Attempt>>,
    recovery: Option<String>,
    occurred_at: Timestamp,
    created_at: Timestamp,
    updated_at: Option<Timestamp>,
    #[serde(skip_deserializing)]
    expires_at: i64,
}

/// A failed attempt.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct AttemptItem {
    #[serde(skip_deserializing)]
    tenant_shard: String,
    /// The number of the attempt.
    id: u32,
    response: Json<Attempt>,
    #[serde(skip_deserializing)]
    expires_at: i64,
}

impl HistoryTable {
    /// Records that a message is to be delivered to a subscription. Recording it again changes nothing.
    pub async fn record_delivery(
        &self,
        packed: &Packed<'_>,
        subscription_id: u64,
    ) -> Result<RecordedDelivery, StoreError> {
        let row = self.outbound(packed, subscription_id, DeliveryStatus::Pending);
        let at = |id| DeliveryRef {
            tenant_id: packed.message.tenant_id.clone(),
            id,
        };
        match self.put_outbound(packed.message, &row).await? {
            PutRow::New(id) => Ok(RecordedDelivery::Unqueued(at(id))),
            PutRow::Existing(row) => {
                let waits = find_string(&row, "status") == Some(DeliveryStatus::Pending.as_str())
                    && read_number::<u32>(&row, "attempts")? == 0;
                let at = at(read_number(&row, "id")?);
                Ok(if waits {
                    RecordedDelivery::Unqueued(at)
                } else {
                    RecordedDelivery::Queued(at)
                })
            }
        }
    }

    /// The deliveries of what was announced at this moment whose first attempt is not known to be queued, each
    /// with its subscription. Those of other events of the same millisecond are among them.
    pub async fn unqueued_at(
        &self,
        tenant_id: &str,
        moment: Timestamp,
    ) -> Result<Vec<(DeliveryRef, u64)>, StoreError> {
        let ids = ids_between(moment, moment);
        let reads = partitions(tenant_id).map(|partition| {
            let values = item([
                (":partition", string(partition)),
                (":first", number(*ids.start())),
                (":last", number(*ids.end())),
                (":outbound", string(OUTBOUND)),
                (":moment", time(moment)),
                (":pending", string(DeliveryStatus::Pending.as_str())),
                (":none", number(0)),
            ]);
            let query = self
                .table
                .query("tenantShard = :partition AND id BETWEEN :first AND :last")
                .filter_expression(
                    "direction = :outbound AND createdAt = :moment AND #status = :pending AND attempts = :none",
                )
                .expression_attribute_names("#status", "status")
                .set_expression_attribute_values(Some(values))
                .consistent_read(true);
            self.table.query_all(query)
        });
        let rows = try_join_all(reads).await?;
        let unqueued = rows.iter().flatten().map(|row| {
            let at = DeliveryRef {
                tenant_id: tenant_id.to_owned(),
                id: read_number(row, "id")?,
            };
            Ok((at, read_number(row, "webhookConfigId")?))
        });
        unqueued.collect()
    }

    /// Records a message that was posted already, at once and for a test.
    pub async fn record_test(
        &self,
        message: &Message,
        subscription_id: u64,
        attempt: &Attempt,
    ) -> Result<(), StoreError> {
        let status = if attempt.succeeded() {
            DeliveryStatus::Delivered
        } else {
            DeliveryStatus::Failed
        };
        let packed = self.pack(message, 1).await?;
        let row = OutboundItem {
            attempts: 1,
            response: Some(Json(attempt.clone())),
            ..self.outbound(&packed, subscription_id, status)
        };
        self.put_outbound(message, &row).await.map(drop)
    }

    fn outbound(
        &self,
        packed: &Packed<'_>,
        subscription_id: u64,
        status: DeliveryStatus,
    ) -> OutboundItem {
        let message = packed.message;
        OutboundItem {
            direction: OUTBOUND,
            source: SOURCE,
            // A message goes to a subscription once, however often it is recorded.
            event_key: EventKey::from_stored(format!("{}#{subscription_id}", message.id)),
            event_type: message.event_type.clone(),
            status: status.as_str().to_owned(),
            webhook_config_id: subscription_id,
            message_id: message.id.clone(),
            call_id: message.call_id,
            user_id: message.user_id.clone(),
            payload: packed.in_row.clone(),
            attempts: 0,
            earlier: None,
            refused: None,
            next_at: None,
            response: None,
            recovery: None,
            occurred_at: message.occurred_at,
            created_at: message.announced_at,
            updated_at: None,
            expires_at: self.kept_until(message.announced_at).as_seconds(),
        }
    }

    async fn put_outbound(
        &self,
        message: &Message,
        row: &OutboundItem,
    ) -> Result<PutRow, StoreError> {
        let item = to_item(row)?;
        self.put_row(&message.tenant_id, &row.event_key, row.created_at, item)
            .await
    }

    /// The delivery in this row; `None` if there is none.
    pub async fn find_delivery(&self, at: &DeliveryRef) -> Result<Option<Delivery>, StoreError> {
        match self.find_item(at).await? {
            Some(row) if find_string(&row, "direction") == Some(OUTBOUND) => {
                read_delivery(&at.tenant_id, &row).map(Some)
            }
            _ => Ok(None),
        }
    }

    /// The row with its body, as the last write left it.
    pub(super) async fn find_item(&self, at: &DeliveryRef) -> Result<Option<Item>, StoreError> {
        let mut found = Vec::from_iter(self.table.get(row_key(at)).await?);
        unpack(&self.table.client, &self.table.name, &mut found).await?;
        Ok(found.pop())
    }

    /// Records the attempt after those that `delivery` has, and the delivery's status after it: `next` is when
    /// the following one is to be made. Every failed attempt is kept; the row shows the last one.
    /// `None` when another worker recorded that attempt, or the delivery has ended.
    pub async fn record_attempt(
        &self,
        delivery: &Delivery,
        attempt: &Attempt,
        status: DeliveryStatus,
        next: Option<Timestamp>,
    ) -> Result<Option<Delivery>, StoreError> {
        let number_of_it = delivery.attempts + 1;
        if !attempt.succeeded() {
            let failed = to_item(&AttemptItem {
                tenant_shard: attempts_partition(&delivery.at),
                id: number_of_it,
                response: Json(attempt.clone()),
                expires_at: self.expires_at(delivery, next).as_seconds(),
            })?;
            self.table.write(self.table.put(failed)).await?;
        }
        let refused = delivery.refused_after(attempt);
        let mut values = item([]);
        let mut update =
            "SET attempts = :number, #status = :status, #response = :response, updatedAt = :now"
                .to_owned();
        let mut set = |name, value| {
            update.push_str(&format!(", {name} = :{name}"));
            values.insert(format!(":{name}"), value);
        };
        if refused != delivery.refused {
            set("refused", number(refused));
        }
        match next {
            Some(next) => {
                set("nextAt", time(next));
                let expires_at = self.expires_at(delivery, Some(next));
                if self.expires_at(delivery, None) < expires_at {
                    set("expiresAt", number(expires_at.as_seconds()));
                }
            }
            None => update.push_str(" REMOVE nextAt"),
        }
        let ended_at = attempt.at.plus_millis(attempt.timing);
        let response = json(attempt)?;
        let request = self
            .change(&delivery.at, &update)
            .set_expression_attribute_values(Some(values))
            .returning_old()
            .condition_expression("attempts = :before AND #status = :pending")
            .expression_attribute_names("#response", "response")
            .expression_attribute_values(":number", number(number_of_it))
            .expression_attribute_values(":before", number(delivery.attempts))
            .expression_attribute_values(":status", string(status.as_str()))
            .expression_attribute_values(":pending", string(DeliveryStatus::Pending.as_str()))
            .expression_attribute_values(":response", response.clone())
            .expression_attribute_values(":now", time(ended_at));
        let changed = Delivery {
            attempts: number_of_it,
            refused,
            status,
            next_attempt_at: next,
            last: Some(attempt.clone()),
            updated_at: ended_at,
            ..delivery.clone()
        };
        Ok(match self.table.conditional(request).await? {
            Wrote::Done(_) => Some(changed),
            // Ours was written though its answer was lost: the SDK tried again.
            Wrote::Refused(old) => old
                .is_some_and(|row| row.get("response") == Some(&response))
                .then_some(changed),
        })
    }

    /// Ends a pending delivery without an attempt, and records the reason. False when it had ended.
    pub async fn end_delivery(
        &self,
        delivery: &Delivery,
        status: DeliveryStatus,
        why: &str,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let response = Attempt {
            at: now,
            error: Some(why.to_owned()),
            ..Attempt::default()
        };
        let request = self
            .change(
                &delivery.at,
                "SET #status = :status, #response = :response, updatedAt = :now REMOVE nextAt",
            )
            .condition_expression("attempts = :before AND #status = :pending")
            .expression_attribute_names("#response", "response")
            .expression_attribute_values(":before", number(delivery.attempts))
            .expression_attribute_values(":status", string(status.as_str()))
            .expression_attribute_values(":pending", string(DeliveryStatus::Pending.as_str()))
            .expression_attribute_values(":response", json(&response)?)
            .expression_attribute_values(":now", time(now));
        Ok(self.table.conditional(request).await?.is_done())
    }

    /// Reopens a failed delivery, with its whole retry schedule before it; `recovery` is the job that reopens
    /// it, if there is one. `None` when it has changed since it was read.
    pub async fn reopen_delivery(
        &self,
        delivery: &Delivery,
        recovery: Option<&str>,
        now: Timestamp,
    ) -> Result<Option<Delivery>, StoreError> {
        let mut update =
            "SET #status = :pending, earlier = :attempts, updatedAt = :now, expiresAt = :expires"
                .to_owned();
        if recovery.is_some() {
            update.push_str(", recovery = :recovery");
        }
        if delivery.refused > 0 {
            update.push_str(" REMOVE refused");
        }
        let mut request = self
            .change(&delivery.at, &update)
            .condition_expression("attempts = :attempts AND #status = :failed")
            .expression_attribute_values(":attempts", number(delivery.attempts))
            .expression_attribute_values(":pending", string(DeliveryStatus::Pending.as_str()))
            .expression_attribute_values(":failed", string(DeliveryStatus::Failed.as_str()))
            .expression_attribute_values(
                ":expires",
                number(self.expires_at(delivery, Some(now)).as_seconds()),
            )
            .expression_attribute_values(":now", time(now));
        if let Some(recovery) = recovery {
            request = request.expression_attribute_values(":recovery", string(recovery));
        }
        let reopened = Delivery {
            status: DeliveryStatus::Pending,
            earlier_attempts: delivery.attempts,
            refused: 0,
            recovery: recovery
                .map(str::to_owned)
                .or_else(|| delivery.recovery.clone()),
            updated_at: now,
            ..delivery.clone()
        };
        let wrote = self.table.conditional(request).await?;
        Ok(wrote.is_done().then_some(reopened))
    }

    /// The failed attempts of a delivery with their numbers, the first one first.
    pub async fn failed_attempts(
        &self,
        at: &DeliveryRef,
    ) -> Result<Vec<(u32, Attempt)>, StoreError> {
        let query = self
            .table
            .query("tenantShard = :attempts")
            .expression_attribute_values(":attempts", string(attempts_partition(at)));
        let items = self.table.query_all(query).await?;
        let attempts = items.iter().map(|item| {
            let AttemptItem { id, response, .. } = from_item(item)?;
            Ok((id, response.0))
        });
        attempts.collect()
    }

    /// When a delivery's row expires: with the history of its time, but not while it is on its way, however
    /// long its schedule is.
    fn expires_at(&self, delivery: &Delivery, next: Option<Timestamp>) -> Timestamp {
        let kept_until = self.kept_until(delivery.created_at);
        next.map_or(kept_until, |next| {
            kept_until.max(next.plus_days(DAYS_ON_ITS_WAY))
        })
    }

    fn change(&self, at: &DeliveryRef, update: &str) -> UpdateItemFluentBuilder {
        self.table
            .update(row_key(at), update)
            .expression_attribute_names("#status", "status")
            .return_values(ReturnValue::None)
    }
}

/// No tenant's own partition: shards are small numbers, ids are not.
fn attempts_partition(at: &DeliveryRef) -> String {
    format!("{}#{}", partition_of(at), at.id)
}

pub(in crate::store) fn read_delivery(tenant_id: &str, row: &Item) -> Result<Delivery, StoreError> {
    let item: OutboundItem = from_item(row)?;
    let status = DeliveryStatus::parse(&item.status);
    let body = item.payload.as_deref().map(payload::decompress);
    Ok(Delivery {
        at: DeliveryRef {
            tenant_id: tenant_id.to_owned(),
            id: read_number(row, "id")?,
        },
        subscription_id: item.webhook_config_id,
        message_id: item.message_id,
        event_type: item.event_type,
        call_id: item.call_id,
        user_id: item.user_id,
        body: body.transpose()?,
        status: status.ok_or(StoreError::Corrupt { what: "status" })?,
        attempts: item.attempts,
        earlier_attempts: item.earlier.unwrap_or_default(),
        refused: item.refused.unwrap_or_default(),
        next_attempt_at: item.next_at,
        last: item.response.map(|response| response.0),
        recovery: item.recovery,
        occurred_at: item.occurred_at,
        created_at: item.created_at,
        updated_at: item.updated_at.unwrap_or(item.created_at),
    })
}

fn json(attempt: &Attempt) -> Result<AttributeValue, StoreError> {
    serde_json::to_string(attempt)
        .map(string)
        .map_err(|_| StoreError::Corrupt { what: "response" })
}
