//! Slots under a pace. A counter holds the first moment that is not booked yet; a booking adds to it, which
//! no other writer hinders. The counter is set anew when it is in the past, so that unused time is not saved
//! up for a burst.

use aws_sdk_dynamodb::types::ReturnValue;

use super::{EndpointTable, SubscriptionRef};
use crate::{
    domain::{delivery::pace::Pace, timestamp::Timestamp},
    store::{
        StoreError,
        item::{Item, find_number, number},
        table::{Write, Wrote},
    },
};

/// A refusal may set the counter back between two tries.
const TRIES: usize = 4;

impl EndpointTable {
    /// Books `slots` slots of a pace, one after the other. Returns the first of them, in microseconds since
    /// 1970; `None` when all are booked as far ahead as the pace allows. `known` is the counter as it was
    /// read: it saves a request.
    ///
    /// # Errors
    /// Slots may then stay unused.
    pub async fn book(
        &self,
        endpoint: &SubscriptionRef,
        slots: u64,
        pace: &Pace,
        mut known: Option<u64>,
    ) -> Result<Option<u64>, StoreError> {
        let (from, until) = (micros(pace.from), micros(pace.until));
        let taken = pace.micros.saturating_mul(slots);
        for _ in 0..TRIES {
            if known.is_some_and(|next| until < next) {
                return Ok(None);
            }
            // As the counter grows, one of the two conditions still holds when the request arrives.
            let is_past = known.is_none_or(|next| next < from);
            let booking = if is_past {
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
            let booking = booking
                .expression_attribute_values(":from", number(from))
                .return_values(ReturnValue::UpdatedNew)
                .returning_old();
            match self.configs.conditional(booking).await? {
                Wrote::Done(answer) => {
                    let after = next_free(&answer.attributes.unwrap_or_default())?;
                    let after = after.ok_or(StoreError::Corrupt { what: "rateNext" })?;
                    return Ok(Some(after.saturating_sub(taken)));
                }
                Wrote::Refused(old) => {
                    known = old.as_ref().map(next_free).transpose()?.flatten();
                }
            }
        }
        Ok(None)
    }
}

fn next_free(item: &Item) -> Result<Option<u64>, StoreError> {
    find_number(item, "rateNext")
}

fn micros(moment: Timestamp) -> u64 {
    moment.millis_since(Timestamp::EPOCH).saturating_mul(1_000)
}
