//! Who a call belongs to.

use serde::{Deserialize, Serialize};

/// The tenant to whom a call, its events and its deliveries belong, and what is known beyond that.
/// The tenant is pinned when the call gets its first owner: nothing that happens later moves a call
/// to another tenant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Owner {
    /// The tenant.
    pub tenant_id: String,
    /// The tenant's user, if one is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_id: Option<String>,
    /// The agent configuration that the number is assigned to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agent_config_id: Option<String>,
    /// The campaign that the number belongs to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub campaign_id: Option<String>,
}

impl Owner {
    /// A tenant of which nothing more is known: single-tenant use, without a directory.
    #[must_use]
    pub fn tenant(tenant_id: &str) -> Self {
        Self { tenant_id: tenant_id.to_owned(), user_id: None, agent_config_id: None, campaign_id: None }
    }

    /// The user, or the tenant itself where no user is known.
    #[must_use]
    pub fn user_id(&self) -> &str {
        self.user_id.as_deref().unwrap_or(&self.tenant_id)
    }

    /// Fills in what another source knows of the same tenant. What is known already stays, and what
    /// another tenant is said to own is not believed.
    pub fn fill_in(&mut self, other: &Self) {
        if self.tenant_id != other.tenant_id {
            return;
        }
        let fill = |known: &mut Option<String>, told: &Option<String>| {
            if known.is_none() {
                known.clone_from(told);
            }
        };
        fill(&mut self.user_id, &other.user_id);
        fill(&mut self.agent_config_id, &other.agent_config_id);
        fill(&mut self.campaign_id, &other.campaign_id);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_never_changes_hands() {
        let mut owner = Owner::tenant("acme");
        let user =
            |tenant: &str, user: &str| Owner { user_id: Some(user.to_owned()), ..Owner::tenant(tenant) };
        owner.fill_in(&user("other", "mallory"));
        assert_eq!(owner.user_id(), "acme");
        owner.fill_in(&user("acme", "alice"));
        owner.fill_in(&user("acme", "bob"));
        assert_eq!(owner.user_id(), "alice");
    }
}
