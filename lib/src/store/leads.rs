//! Leads, which are kept in the table `directory`. Several calls of one number may write a lead at once.

use super::{
    Client, Retention, StoreError,
    directory::{read_entry, to_entry_item},
    item::{read_string, string},
    table::{Table, Write, Wrote},
};
use crate::domain::{directory::Lead, key::CallId};

/// Every conflict means that another writer succeeded, so that even a crowd ends.
const MAX_CONFLICTS: usize = 64;

/// The leads of the table `directory`.
#[derive(Debug, Clone)]
pub struct LeadTable {
    table: Table,
    kept: Retention,
}

impl LeadTable {
    /// The table of this name, whose leads are kept for ever.
    pub fn new(client: Client, name: String) -> Self {
        Self {
            table: Table::new(client, name, "directory"),
            kept: Retention::default(),
        }
    }

    /// The same table, which deletes a lead this long after its last call.
    pub fn kept_for(self, kept: Retention) -> Self {
        Self { kept, ..self }
    }

    /// Creates the lead or adds what one of its calls reports, of which `is_that_call` knows all ids.
    /// A new lead costs one conditional write; a report without news costs one that is refused. Returns the
    /// lead as it is afterwards.
    pub async fn record(
        &self,
        reported: &Lead,
        is_that_call: impl Fn(CallId) -> bool,
    ) -> Result<Lead, StoreError> {
        let (mut lead, mut read) = (reported.clone(), None::<String>);
        for _ in 0..MAX_CONFLICTS {
            // The item comes with the refusal. It is missing only if it was deleted meanwhile.
            let Wrote::Refused(stored) = self.put(&lead, read.take()).await? else {
                return Ok(lead);
            };
            let Some(stored) = stored else {
                lead = reported.clone();
                continue;
            };
            let known: Lead = read_entry(&stored)?;
            lead = known.clone();
            lead.add_call(reported, &is_that_call);
            if lead == known {
                return Ok(lead);
            }
            read = Some(read_string(&stored, "entry")?.to_owned());
        }
        Err(StoreError::Contended)
    }

    /// Writes the lead, in place of the entry that was read if there was one.
    async fn put(&self, lead: &Lead, read: Option<String>) -> Result<Wrote<()>, StoreError> {
        let mut item = to_entry_item(lead)?;
        self.kept.set_expiry(&mut item, lead.last_call_at);
        let put = self.table.put(item).returning_old();
        let put = match read {
            None => put
                .condition_expression("attribute_not_exists(#key)")
                .expression_attribute_names("#key", "key"),
            Some(entry) => put
                .condition_expression("entry = :read")
                .expression_attribute_values(":read", string(entry)),
        };
        Ok(self.table.conditional(put).await?.map(drop))
    }
}
