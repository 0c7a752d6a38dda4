//! Who a call belongs to.

use serde::{Deserialize, Serialize};

/// The tenant and user to whom a call, its events and its deliveries belong. Pinned when the call
/// gets its first owner; nothing that happens later moves a call to another tenant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Owner {
    /// The tenant.
    pub tenant_id: String,
    /// The tenant's user; the tenant itself where no user is known.
    pub user_id: String,
    /// The agent configuration that the number is assigned to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agent_config_id: Option<String>,
    /// The campaign that the number belongs to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub campaign_id: Option<String>,
}

impl Owner {
    /// The tenant as its own user: single-tenant use, without a directory.
    #[must_use]
    pub fn tenant(tenant_id: &str) -> Self {
        Self {
            tenant_id: tenant_id.to_owned(),
            user_id: tenant_id.to_owned(),
            agent_config_id: None,
            campaign_id: None,
        }
    }
}
