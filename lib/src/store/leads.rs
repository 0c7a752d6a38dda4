//! Leads, which live in the table `directory`. Several calls of one number may write a lead at once.

use aws_sdk_dynamodb::{
    operation::put_item::PutItemError, types::ReturnValuesOnConditionCheckFailure,
};

use super::{
    Client, Retention, StoreError,
    directory::{read_entry, to_item},
    item::{read_string, string},
};
use crate::domain::{directory::Lead, key::CallId};

/// Every conflict means that another writer got through, so that even a crowd ends.
const MAX_CONFLICTS: usize = 64;

/// The leads of the table `directory`.
#[derive(Debug, Clone)]
pub struct LeadTable {
    client: Client,
    name: String,
    kept: Retention,
}

impl LeadTable {
    /// The table of this name, whose leads are kept for ever.
    #[must_use]
    pub fn new(client: Client, name: String) -> Self {
        Self {
            client,
            name,
            kept: Retention::default(),
        }
    }

    /// The same table, which forgets a lead so long after its last call.
    #[must_use]
    pub fn kept_for(self, kept: Retention) -> Self {
        Self { kept, ..self }
    }

    /// Creates the lead or adds what one of its calls tells, of which `is_that_call` knows all ids.
    /// A new lead is one conditional write; what tells nothing new is none that succeeds. Gives the lead
    /// as it stands then.
    ///
    /// # Errors
    /// When the database fails; recording again is safe.
    pub async fn record(
        &self,
        told: &Lead,
        is_that_call: impl Fn(CallId) -> bool,
    ) -> Result<Lead, StoreError> {
        let mut lead = told.clone();
        let mut read: Option<String> = None;
        for _ in 0..MAX_CONFLICTS {
            let mut item = to_item(&lead)?;
            self.kept.write(&mut item, lead.last_call_at);
            let put = self
                .client
                .put_item()
                .table_name(&self.name)
                .set_item(Some(item))
                .return_values_on_condition_check_failure(
                    ReturnValuesOnConditionCheckFailure::AllOld,
                );
            let put = match read.take() {
                None => put
                    .condition_expression("attribute_not_exists(#key)")
                    .expression_attribute_names("#key", "key"),
                Some(entry) => put
                    .condition_expression("entry = :read")
                    .expression_attribute_values(":read", string(entry)),
            };
            let Err(error) = put.send().await else {
                return Ok(lead);
            };
            let Some(PutItemError::ConditionalCheckFailedException(failed)) =
                error.as_service_error()
            else {
                return Err(StoreError::unavailable("PutItem directory")(error));
            };
            // The item comes with the refusal. It is gone only if somebody deleted it meanwhile.
            let Some(item) = failed.item() else {
                lead = told.clone();
                continue;
            };
            let known: Lead = read_entry(item)?;
            lead = known.clone();
            lead.add_call(told, &is_that_call);
            if lead == known {
                return Ok(lead);
            }
            read = Some(read_string(item, "entry")?.to_owned());
        }
        Err(StoreError::Contended)
    }
}
