//! When something was first received that says of itself neither what it is nor when: the beginning of a
//! span in which it is the same thing.

use aws_sdk_dynamodb::{
    operation::put_item::PutItemError, types::ReturnValuesOnConditionCheckFailure,
};

use super::CallTable;
use crate::{
    domain::timestamp::Timestamp,
    store::{
        StoreError,
        item::{LAYOUT, item, number, read_time, string, time},
    },
};

/// Long after its span nobody asks for it any more.
const KEPT_DAYS: u32 = 1;

impl CallTable {
    /// When what is known by `id` was first received, if that is at most `window` ago; else it is now,
    /// for everybody who asks within the window from now on.
    ///
    /// One conditional put decides, so that two who ask at once agree, also where a span ends. Who asks
    /// again after a lost answer finds what he wrote himself. Asking does not prolong the span.
    ///
    /// # Errors
    /// When the database fails; asking again is safe.
    pub async fn first_receipt(
        &self,
        id: &str,
        now: Timestamp,
        window_millis: u64,
    ) -> Result<Timestamp, StoreError> {
        let receipt = item([
            ("id", string(id)),
            ("v", number(LAYOUT)),
            ("firstAt", time(now)),
            ("expiresAt", number(now.plus_days(KEPT_DAYS).as_seconds())),
        ]);
        let put = self
            .client
            .put_item()
            .table_name(&self.name)
            .set_item(Some(receipt))
            .condition_expression("attribute_not_exists(id) OR firstAt < :oldest")
            .expression_attribute_values(":oldest", time(now.minus_millis(window_millis)))
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        let Err(error) = put.send().await else {
            return Ok(now);
        };
        match error.as_service_error() {
            Some(PutItemError::ConditionalCheckFailedException(failed)) => {
                let known = failed
                    .item()
                    .ok_or(StoreError::Corrupt { what: "firstAt" })?;
                read_time(known, "firstAt")
            }
            _ => Err(StoreError::unavailable("PutItem calls")(error)),
        }
    }
}
