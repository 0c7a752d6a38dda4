//! Places under a pace. A counter says which moment is the first that is not given away; whoever needs
//! places adds to it, which no other writer hinders. The counter is set anew when it lies in the past, so
//! that time that nobody used is not saved up for a burst.

use aws_sdk_dynamodb::{
    operation::update_item::UpdateItemError,
    types::{ReturnValue, ReturnValuesOnConditionCheckFailure},
};

use super::{EndpointTable, SubscriptionRef};
use crate::{
    domain::{delivery::pace::Pace, timestamp::Timestamp},
    store::{
        StoreError,
        item::{Item, number, read_number},
    },
};

/// A refusal may set the counter back between two tries.
const TRIES: usize = 4;

impl EndpointTable {
    /// Gives away so many places of a pace, one after the other. The first of them, in microseconds since
    /// 1970; `None` when all are given away as far ahead as the pace knows. `known` is the counter as it was
    /// read: it saves a request.
    ///
    /// # Errors
    /// When the database fails; places may then stay empty.
    pub async fn book(
        &self,
        endpoint: &SubscriptionRef,
        places: u64,
        pace: &Pace,
        mut known: Option<u64>,
    ) -> Result<Option<u64>, StoreError> {
        let (from, until) = (micros(pace.from), micros(pace.until));
        let taken = pace.micros.saturating_mul(places);
        for _ in 0..TRIES {
            if known.is_some_and(|next| until < next) {
                return Ok(None);
            }
            // As the counter grows, one of the two conditions still holds when the request is there.
            let is_past = known.is_none_or(|next| next < from);
            let request = if is_past {
                self.change(
                    endpoint,
                    "SET rateNext = :after REMOVE rateSecond, rateTaken",
                )
                .condition_expression("attribute_not_exists(rateNext) OR rateNext < :from")
                .expression_attribute_values(":after", number(from.saturating_add(taken)))
            } else {
                self.change(endpoint, "ADD rateNext :taken")
                    .condition_expression("rateNext BETWEEN :from AND :until")
                    .expression_attribute_values(":taken", number(taken))
                    .expression_attribute_values(":until", number(until))
            };
            let request = request
                .expression_attribute_values(":from", number(from))
                .return_values(ReturnValue::UpdatedNew)
                .return_values_on_condition_check_failure(
                    ReturnValuesOnConditionCheckFailure::AllOld,
                );
            match request.send().await {
                Ok(answer) => {
                    let after = next_place(&answer.attributes.unwrap_or_default())?;
                    let after = after.ok_or(StoreError::Corrupt { what: "rateNext" })?;
                    return Ok(Some(after.saturating_sub(taken)));
                }
                Err(error) => match error.as_service_error() {
                    Some(UpdateItemError::ConditionalCheckFailedException(failed)) => {
                        known = failed.item().map(next_place).transpose()?.flatten();
                    }
                    _ => return Err(StoreError::unavailable("UpdateItem webhook-configs")(error)),
                },
            }
        }
        Ok(None)
    }
}

pub(super) fn next_place(item: &Item) -> Result<Option<u64>, StoreError> {
    item.contains_key("rateNext")
        .then(|| read_number(item, "rateNext"))
        .transpose()
}

fn micros(moment: Timestamp) -> u64 {
    moment.millis_since(Timestamp::EPOCH).saturating_mul(1_000)
}
