//! The directory: which number belongs to whom.

use super::{
    StoreError,
    item::{Item, find_string, read_string, string},
};
use crate::domain::{owner::Owner, phone::PhoneNumber};

/// The table `directory`: pk `key`.
#[derive(Debug, Clone)]
pub struct DirectoryTable {
    name: String,
}

impl DirectoryTable {
    /// The table of this name.
    #[must_use]
    pub fn new(name: String) -> Self {
        Self { name }
    }

    pub(super) fn name(&self) -> &str {
        &self.name
    }

    pub(super) fn number_key(number: &PhoneNumber) -> Item {
        super::item::item([("key", string(format!("number#{}", number.as_str())))])
    }

    /// The owner that a number's entry names.
    pub(super) fn read_owner(item: &Item) -> Result<Owner, StoreError> {
        let text = |name| find_string(item, name).map(str::to_owned);
        Ok(Owner {
            tenant_id: read_string(item, "tenantId")?.to_owned(),
            user_id: text("userId"),
            agent_config_id: text("agentConfigId"),
            campaign_id: text("campaignId"),
        })
    }
}
