//! Deliveries: the row of an outbound event is the delivery itself. What came of its attempts lies
//! beside it, in a partition of its own, so that no list has to step over it.

use aws_sdk_dynamodb::{
    operation::update_item::{UpdateItemError, builders::UpdateItemFluentBuilder},
    types::{AttributeValue, ReturnValue, ReturnValuesOnConditionCheckFailure},
};

use super::{HistoryTable, Packed, Placed, partition, unpack};
use crate::{
    domain::{
        delivery::{Attempt, Delivery, DeliveryRef, DeliveryStatus, Message},
        key::{CallId, EventKey},
        timestamp::Timestamp,
    },
    store::{
        StoreError, applied,
        item::{
            Item, LAYOUT, binary, check_layout, find_string, find_time, item, number, optional,
            read_binary, read_number, read_string, read_time, string, time,
        },
        payload,
    },
};

/// The name under which the platform reports.
const SOURCE: &str = "11wire";

/// A row is there for so long after the next attempt is due: whoever waits for a failing endpoint is
/// parked for five days at most.
const DAYS_ON_ITS_WAY: u32 = 7;

/// What became of a delivery that was to be queued.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RecordedDelivery {
    /// Its first attempt must be queued: nobody is known to have done that.
    Unqueued(DeliveryRef),
    /// It is underway, or over.
    Queued(DeliveryRef),
}

impl HistoryTable {
    /// Records that a message is to be delivered to a subscription. Recording it again changes nothing.
    ///
    /// # Errors
    /// When the database fails; recording again is safe.
    pub async fn record_delivery(
        &self,
        packed: &Packed<'_>,
        subscription_id: u64,
    ) -> Result<RecordedDelivery, StoreError> {
        let message = packed.message;
        let row = outbound(packed, subscription_id, DeliveryStatus::Pending);
        let at = |id| DeliveryRef {
            tenant_id: message.tenant_id.clone(),
            id,
        };
        match self
            .put_row(
                &message.tenant_id,
                &key(message, subscription_id),
                message.announced_at,
                row,
            )
            .await?
        {
            Placed::New(id) => Ok(RecordedDelivery::Unqueued(at(id))),
            Placed::Before(row) => {
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

    /// Records a message that was posted already, at once and for a test.
    ///
    /// # Errors
    /// When the database fails.
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
        let mut row = outbound(&self.pack(message, 1).await?, subscription_id, status);
        row.insert("attempts".to_owned(), number(1));
        row.insert("response".to_owned(), json(attempt)?);
        self.put_row(
            &message.tenant_id,
            &key(message, subscription_id),
            message.announced_at,
            row,
        )
        .await
        .map(drop)
    }

    /// The delivery in this place; `None` if there is none.
    ///
    /// # Errors
    /// When the database fails or the row cannot be read.
    pub async fn find_delivery(&self, at: &DeliveryRef) -> Result<Option<Delivery>, StoreError> {
        let get = self
            .client
            .get_item()
            .table_name(&self.name)
            .set_key(Some(row_key(at)));
        let answer = get.consistent_read(true).send().await;
        let found = answer
            .map_err(StoreError::unavailable("GetItem history"))?
            .item;
        let Some(row) = found.filter(|row| find_string(row, "direction") == Some("outbound"))
        else {
            return Ok(None);
        };
        let mut rows = [row];
        unpack(&self.client, &self.name, &mut rows).await?;
        let [row] = rows;
        read_delivery(&at.tenant_id, &row).map(Some)
    }

    /// Records the attempt after those that `delivery` has, and where that leaves it: `next` is when the
    /// following one is to be made. A failed attempt is kept for good; the row shows the last one.
    /// `None` when that attempt was recorded by another, or the delivery has ended.
    ///
    /// # Errors
    /// When the database fails; recording again is safe.
    pub async fn record_attempt(
        &self,
        delivery: &Delivery,
        attempt: &Attempt,
        status: DeliveryStatus,
        next: Option<Timestamp>,
    ) -> Result<Option<Delivery>, StoreError> {
        let number_of_it = delivery.attempts + 1;
        if !attempt.succeeded() {
            let kept = item([
                ("tenantShard", string(attempts_partition(&delivery.at))),
                ("id", number(number_of_it)),
                ("v", number(LAYOUT)),
                ("response", json(attempt)?),
                (
                    "expiresAt",
                    number(self.expires_at(delivery, next).as_seconds()),
                ),
            ]);
            let put = self
                .client
                .put_item()
                .table_name(&self.name)
                .set_item(Some(kept))
                .send()
                .await;
            put.map_err(StoreError::unavailable("PutItem history"))?;
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
            .change(&delivery.at, update)
            .set_expression_attribute_values(Some(values))
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
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
        let Err(error) = request.send().await else {
            return Ok(Some(changed));
        };
        match error.as_service_error() {
            // Ours was written though its answer was lost: the SDK tried again.
            Some(UpdateItemError::ConditionalCheckFailedException(failed)) => {
                let held = failed.item().and_then(|row| row.get("response"));
                Ok((held == Some(&response)).then_some(changed))
            }
            _ => Err(StoreError::unavailable("UpdateItem history")(error)),
        }
    }

    /// Ends a pending delivery without an attempt, and says why in its history. False when it had ended.
    ///
    /// # Errors
    /// When the database fails; ending again is safe.
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
                "SET #status = :status, #response = :response, updatedAt = :now REMOVE nextAt"
                    .to_owned(),
            )
            .condition_expression("attempts = :before AND #status = :pending")
            .expression_attribute_names("#response", "response")
            .expression_attribute_values(":before", number(delivery.attempts))
            .expression_attribute_values(":status", string(status.as_str()))
            .expression_attribute_values(":pending", string(DeliveryStatus::Pending.as_str()))
            .expression_attribute_values(":response", json(&response)?)
            .expression_attribute_values(":now", time(now));
        applied(request, "UpdateItem history").await
    }

    /// Lets a failed delivery be tried again, with its whole retry schedule before it; `recovery` names
    /// the job that does so, if one does. `None` when it does not stand as it was read.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn reopen_delivery(
        &self,
        delivery: &Delivery,
        recovery: Option<&str>,
        now: Timestamp,
    ) -> Result<Option<Delivery>, StoreError> {
        let set =
            "SET #status = :pending, earlier = :attempts, updatedAt = :now, expiresAt = :expires";
        let set = if recovery.is_some() {
            format!("{set}, recovery = :recovery")
        } else {
            set.to_owned()
        };
        let set = if delivery.refused > 0 {
            format!("{set} REMOVE refused")
        } else {
            set
        };
        let mut request = self
            .change(&delivery.at, set)
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
        Ok(applied(request, "UpdateItem history")
            .await?
            .then_some(reopened))
    }

    /// The failed attempts of a delivery with their numbers, the first one first.
    ///
    /// # Errors
    /// When the database fails or one cannot be read.
    pub async fn failed_attempts(
        &self,
        at: &DeliveryRef,
    ) -> Result<Vec<(u32, Attempt)>, StoreError> {
        let query = self
            .client
            .query()
            .table_name(&self.name)
            .key_condition_expression("tenantShard = :attempts")
            .expression_attribute_values(":attempts", string(attempts_partition(at)));
        let (mut attempts, mut start) = (Vec::new(), None::<Item>);
        loop {
            let page = query.clone().set_exclusive_start_key(start).send().await;
            let page = page.map_err(StoreError::unavailable("Query history"))?;
            for item in page.items() {
                attempts.push((read_number(item, "id")?, read_attempt(item)?));
            }
            start = page.last_evaluated_key;
            if start.is_none() {
                return Ok(attempts);
            }
        }
    }

    /// When a delivery's row may go: with the history of its time, but not while it is on its way, however
    /// long its schedule is.
    fn expires_at(&self, delivery: &Delivery, next: Option<Timestamp>) -> Timestamp {
        let kept_until = delivery.created_at.plus_days(self.retention_days);
        next.map_or(kept_until, |next| {
            kept_until.max(next.plus_days(DAYS_ON_ITS_WAY))
        })
    }

    fn change(&self, at: &DeliveryRef, update: String) -> UpdateItemFluentBuilder {
        self.client
            .update_item()
            .table_name(&self.name)
            .set_key(Some(row_key(at)))
            .update_expression(update)
            .expression_attribute_names("#status", "status")
            .return_values(ReturnValue::None)
    }
}

/// A message goes to a subscription once, whoever messages that it should.
fn key(message: &Message, subscription_id: u64) -> EventKey {
    EventKey::from_stored(format!("{}#{subscription_id}", message.id))
}

pub(in crate::store) fn row_key(at: &DeliveryRef) -> Item {
    item([
        ("tenantShard", string(partition_of(at))),
        ("id", number(at.id)),
    ])
}

/// The partition in which a delivery's row is.
pub(in crate::store) fn partition_of(at: &DeliveryRef) -> String {
    partition(&at.tenant_id, at.id)
}

/// No tenant's own partition: shards are small numbers, ids are not.
fn attempts_partition(at: &DeliveryRef) -> String {
    format!("{}#{}", partition_of(at), at.id)
}

fn outbound(packed: &Packed<'_>, subscription_id: u64, status: DeliveryStatus) -> Item {
    let message = packed.message;
    let mut row = item([
        ("direction", string("outbound")),
        ("source", string(SOURCE)),
        ("eventType", string(&message.event_type)),
        ("status", string(status.as_str())),
        ("webhookConfigId", number(subscription_id)),
        ("messageId", string(&message.id)),
        ("attempts", number(0)),
        ("occurredAt", time(message.occurred_at)),
    ]);
    let call_id = message.call_id.map(|id| id.to_string());
    row.extend(optional([
        ("callId", call_id),
        ("userId", message.user_id.clone()),
    ]));
    row.extend(
        packed
            .in_row
            .iter()
            .map(|body| ("payload".to_owned(), binary(body.clone()))),
    );
    row
}

pub(in crate::store) fn read_delivery(tenant_id: &str, row: &Item) -> Result<Delivery, StoreError> {
    check_layout(row)?;
    let status = DeliveryStatus::parse(read_string(row, "status")?);
    let created_at = read_time(row, "createdAt")?;
    let has_body = row.contains_key("payload");
    let body = has_body.then(|| read_binary(row, "payload").and_then(payload::decompress));
    Ok(Delivery {
        at: DeliveryRef {
            tenant_id: tenant_id.to_owned(),
            id: read_number(row, "id")?,
        },
        subscription_id: read_number(row, "webhookConfigId")?,
        message_id: read_string(row, "messageId")?.to_owned(),
        event_type: read_string(row, "eventType")?.to_owned(),
        call_id: find_string(row, "callId").and_then(CallId::parse),
        user_id: find_string(row, "userId").map(str::to_owned),
        body: body.transpose()?,
        status: status.ok_or(StoreError::Corrupt { what: "status" })?,
        attempts: read_number(row, "attempts")?,
        earlier_attempts: if row.contains_key("earlier") {
            read_number(row, "earlier")?
        } else {
            0
        },
        refused: if row.contains_key("refused") {
            read_number(row, "refused")?
        } else {
            0
        },
        next_attempt_at: find_time(row, "nextAt")?,
        last: row
            .contains_key("response")
            .then(|| read_attempt(row))
            .transpose()?,
        recovery: find_string(row, "recovery").map(str::to_owned),
        occurred_at: read_time(row, "occurredAt")?,
        created_at,
        updated_at: find_time(row, "updatedAt")?.unwrap_or(created_at),
    })
}

fn read_attempt(item: &Item) -> Result<Attempt, StoreError> {
    check_layout(item)?;
    serde_json::from_str(read_string(item, "response")?)
        .map_err(|_| StoreError::Corrupt { what: "response" })
}

fn json(attempt: &Attempt) -> Result<AttributeValue, StoreError> {
    serde_json::to_string(attempt)
        .map(string)
        .map_err(|_| StoreError::Corrupt { what: "response" })
}
