//! Requests counted by the minute, so that a limit holds for all processes together. A counter
//! expires an hour later.

use aws_sdk_dynamodb::types::ReturnValue;

use super::{
    Client, StoreError,
    item::{item, number, read_number, string},
    table::Table,
};
use crate::domain::due::Minute;

const KEPT_MINUTES: i64 = 60;

/// The table `limits`: pk `key`.
#[derive(Debug, Clone)]
pub struct LimitTable(Table);

impl LimitTable {
    pub fn new(client: Client, name: String) -> Self {
        Self(Table::new(client, name, "limits"))
    }

    /// Adds requests to a counter's minute, and returns the sum of these and all others.
    ///
    /// # Errors
    /// They may have been added.
    pub async fn count(
        &self,
        counter: &str,
        minute: Minute,
        requests: u64,
    ) -> Result<u64, StoreError> {
        let key = item([("key", string(format!("{counter}#{}", minute.as_number())))]);
        let expires_at = minute.plus(KEPT_MINUTES).as_number().saturating_mul(60);
        let update = self
            .0
            .update(key, "ADD requests :requests SET expiresAt = :expires")
            .expression_attribute_values(":requests", number(requests))
            .expression_attribute_values(":expires", number(expires_at))
            .return_values(ReturnValue::UpdatedNew);
        let answer = self.0.write(update).await?;
        read_number(&answer.attributes.unwrap_or_default(), "requests")
    }
}
