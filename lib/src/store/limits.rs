//! Requests counted by the minute, so that a limit holds for all processes together. A counter is
//! forgotten an hour later.

use aws_sdk_dynamodb::types::ReturnValue;

use super::{
    Client, StoreError,
    item::{number, read_number, string},
};
use crate::domain::due::Minute;

const KEPT_MINUTES: i64 = 60;

/// The table `limits`: pk `key`.
#[derive(Debug, Clone)]
pub struct LimitTable {
    client: Client,
    name: String,
}

impl LimitTable {
    /// The table of this name.
    #[must_use]
    pub fn new(client: Client, name: String) -> Self {
        Self { client, name }
    }

    /// Adds requests to a counter's minute, and returns how many these are with those of all others.
    ///
    /// # Errors
    /// When the database fails; they may have been added.
    pub async fn count(
        &self,
        counter: &str,
        minute: Minute,
        requests: u64,
    ) -> Result<u64, StoreError> {
        let forgotten = minute.plus(KEPT_MINUTES).as_number().saturating_mul(60);
        let update = self
            .client
            .update_item()
            .table_name(&self.name)
            .key("key", string(format!("{counter}#{}", minute.as_number())))
            .update_expression("ADD requests :requests SET expiresAt = :forgotten")
            .expression_attribute_values(":requests", number(requests))
            .expression_attribute_values(":forgotten", number(forgotten))
            .return_values(ReturnValue::UpdatedNew);
        let answer = update
            .send()
            .await
            .map_err(StoreError::unavailable("UpdateItem limits"))?;
        read_number(&answer.attributes.unwrap_or_default(), "requests")
    }
}
