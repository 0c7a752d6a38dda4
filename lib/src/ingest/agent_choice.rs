//! Which agent answers a call to one of our numbers: that of the campaign, else of the tenant, else the
//! default agent.

use crate::{
    domain::{
        directory::{Campaign, PhoneNumberEntry, Settings},
        phone::PhoneNumber,
    },
    store::{StoreError, directory::DirectoryTable},
};

#[derive(Debug, Clone)]
pub struct AgentChoice {
    directory: DirectoryTable,
    default_agent: String,
    default_tenant: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Assignment {
    pub agent_name: String,
    /// The directory's entry for the number that was called.
    pub line: Option<PhoneNumberEntry>,
    pub tenant_id: Option<String>,
}

impl AgentChoice {
    /// Unknown numbers belong to the default tenant, if there is one.
    pub fn new(
        directory: DirectoryTable,
        default_agent: String,
        default_tenant: Option<String>,
    ) -> Self {
        Self {
            directory,
            default_agent,
            default_tenant,
        }
    }

    pub fn by_default(&self) -> Assignment {
        Assignment {
            agent_name: self.default_agent.clone(),
            line: None,
            tenant_id: None,
        }
    }

    pub async fn line(
        &self,
        number: Option<&PhoneNumber>,
    ) -> Result<Option<PhoneNumberEntry>, StoreError> {
        match number {
            Some(number) => self.directory.find(number.as_str()).await,
            None => Ok(None),
        }
    }

    pub fn tenant_of(&self, line: Option<&PhoneNumberEntry>) -> Option<String> {
        line.map(|line| line.tenant_id.clone())
            .or_else(|| self.default_tenant.clone())
    }

    /// The agent of a call to `number`. `account` is the tenant that owns the provider account, if one
    /// tenant does; its requests never get another tenant's number.
    pub async fn of(
        &self,
        number: Option<&PhoneNumber>,
        account: Option<&str>,
    ) -> Result<Assignment, StoreError> {
        let line = self.line(number).await?;
        let line = line.filter(|line| account.is_none_or(|tenant_id| line.tenant_id == tenant_id));
        let tenant_id = account
            .map(str::to_owned)
            .or_else(|| self.tenant_of(line.as_ref()));
        let Some(tenant_id) = tenant_id else {
            return Ok(self.by_default());
        };
        let campaign_id = line.as_ref().and_then(|line| line.campaign_id.as_deref());
        let (of_campaign, of_tenant) = futures::try_join!(
            self.agent_of_campaign(campaign_id, &tenant_id),
            self.agent_of_tenant(&tenant_id)
        )?;
        let agent_name = of_campaign.or(of_tenant).filter(|name| !name.is_empty());
        Ok(Assignment {
            agent_name: agent_name.unwrap_or_else(|| self.default_agent.clone()),
            line,
            tenant_id: Some(tenant_id),
        })
    }

    async fn agent_of_campaign(
        &self,
        id: Option<&str>,
        tenant_id: &str,
    ) -> Result<Option<String>, StoreError> {
        let Some(id) = id else { return Ok(None) };
        let campaign: Option<Campaign> = self
            .directory
            .find(&Campaign::key_of(tenant_id, id))
            .await?;
        Ok(campaign
            .and_then(|campaign| campaign.agent_name)
            .filter(|name| !name.is_empty()))
    }

    async fn agent_of_tenant(&self, tenant_id: &str) -> Result<Option<String>, StoreError> {
        let settings: Option<Settings> = self.directory.find(tenant_id).await?;
        Ok(settings.and_then(|settings| settings.default_agent_name))
    }
}
