//! What a tenant configures: numbers, campaigns, agents, API keys and defaults; and the leads of
//! its calls.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{
    call::owner::{Certainty, Owner},
    key::{CallId, EventKey},
    phone::{PhoneNumber, Region},
    timestamp::Timestamp,
};
use crate::crypto::sha256;

/// An entry of the directory. It belongs to one tenant and has a key that is unique for its kind.
pub trait Entry: Serialize + for<'de> Deserialize<'de> + Send + Sync {
    const KIND: &'static str;

    /// Unique among all entries of the kind, of all tenants.
    fn key(&self) -> String;

    fn tenant_id(&self) -> &str;
}

#[serde_with::skip_serializing_none]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PhoneNumberEntry {
    pub number: PhoneNumber,
    pub tenant_id: String,
    /// `LOCAL`, `TOLL_FREE`, …: the tenant's own classification.
    pub kind: Option<String>,
    /// The user that its calls belong to.
    pub user_id: Option<String>,
    pub campaign_id: Option<String>,
    /// The agent configuration that it is assigned to.
    pub agent_config_id: Option<String>,
}

impl PhoneNumberEntry {
    /// The id of a number, which remains when the entry is replaced.
    pub fn id(&self) -> Uuid {
        id_of("line", &[self.number.as_str()])
    }

    pub fn owner(&self) -> Owner {
        Owner {
            user_id: self.user_id.clone(),
            agent_config_id: self.agent_config_id.clone(),
            campaign_id: self.campaign_id.clone(),
            ..Owner::tenant(&self.tenant_id)
        }
    }
}

impl Entry for PhoneNumberEntry {
    const KIND: &'static str = "number";

    fn key(&self) -> String {
        self.number.as_str().to_owned()
    }

    fn tenant_id(&self) -> &str {
        &self.tenant_id
    }
}

#[serde_with::skip_serializing_none]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Campaign {
    /// The tenant's id of it; another tenant may use the same.
    pub id: String,
    pub tenant_id: String,
    pub name: String,
    /// The agent that answers its calls.
    pub agent_name: Option<String>,
    /// The user that its calls belong to.
    pub user_id: Option<String>,
}

impl Campaign {
    pub fn key_of(tenant_id: &str, id: &str) -> String {
        // The length marks the end of the tenant's id, so that an id with a `#` does not reach
        // another tenant's campaign.
        format!("{}:{tenant_id}#{id}", tenant_id.len())
    }

    /// What it adds to the owner of its calls: the user, never the tenant.
    pub fn owner(&self) -> Owner {
        Owner {
            user_id: self.user_id.clone(),
            campaign_id: Some(self.id.clone()),
            ..Owner::tenant(&self.tenant_id)
        }
        .at_most(Certainty::Campaign)
    }
}

impl Entry for Campaign {
    const KIND: &'static str = "campaign";

    fn key(&self) -> String {
        Self::key_of(&self.tenant_id, &self.id)
    }

    fn tenant_id(&self) -> &str {
        &self.tenant_id
    }
}

#[serde_with::skip_serializing_none]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Agent {
    pub agent_id: String,
    pub tenant_id: String,
    pub name: Option<String>,
    /// The user that its calls belong to.
    pub user_id: Option<String>,
}

impl Agent {
    pub fn owner(&self) -> Owner {
        Owner {
            user_id: self.user_id.clone(),
            ..Owner::tenant(&self.tenant_id)
        }
        .at_most(Certainty::Agent)
    }
}

impl Entry for Agent {
    const KIND: &'static str = "agent";

    fn key(&self) -> String {
        self.agent_id.clone()
    }

    fn tenant_id(&self) -> &str {
        &self.tenant_id
    }
}

#[serde_with::skip_serializing_none]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Settings {
    pub tenant_id: String,
    pub name: Option<String>,
    /// For numbers whose campaign names no agent.
    pub default_agent_name: Option<String>,
    /// For numbers without a country code.
    pub default_region: Option<Region>,
}

impl Entry for Settings {
    const KIND: &'static str = "settings";

    fn key(&self) -> String {
        self.tenant_id.clone()
    }

    fn tenant_id(&self) -> &str {
        &self.tenant_id
    }
}

/// An API key of the Call Capture API. The key itself is not stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ApiKey {
    pub id: Uuid,
    pub sha256: String,
    pub tenant_id: String,
    /// The only company that it may write for.
    pub company_id: Uuid,
    pub name: String,
    pub created_at: Timestamp,
}

impl ApiKey {
    pub const PREFIX: &'static str = "rpk_";

    /// Whether a text has the form of a key: the directory is not read for any other.
    pub fn may_be(text: &str) -> bool {
        let is_base64url = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
        // 256 bits in base64url.
        text.strip_prefix(Self::PREFIX)
            .is_some_and(|key| key.len() == 43 && key.bytes().all(is_base64url))
    }

    /// The hash that identifies a key. Keys have 256 random bits, so a plain hash hides them.
    pub fn hash(key: &str) -> String {
        hex::encode(sha256(key.as_bytes()))
    }
}

impl Entry for ApiKey {
    const KIND: &'static str = "api-key";

    fn key(&self) -> String {
        self.sha256.clone()
    }

    fn tenant_id(&self) -> &str {
        &self.tenant_id
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LeadStatus {
    Calling,
    Completed,
}

#[serde_with::skip_serializing_none]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Lead {
    pub tenant_id: String,
    pub campaign_id: Option<String>,
    pub phone_number: PhoneNumber,
    /// `Inbound Caller +15551234567`.
    pub name: String,
    pub status: LeadStatus,
    pub created_at: Timestamp,
    /// The end of its last call, or its start while it is ongoing.
    pub last_call_at: Timestamp,
    pub last_call_id: CallId,
    /// Decides which call is the last.
    pub last_call_started_at: Timestamp,
    pub created_by: EventKey,
}

impl Lead {
    /// The id of a campaign's lead. It is derived from its names, so that two writers cannot create
    /// it twice.
    pub fn id_of(tenant_id: &str, campaign_id: Option<&str>, number: &PhoneNumber) -> Uuid {
        id_of(
            "lead",
            &[tenant_id, campaign_id.unwrap_or_default(), number.as_str()],
        )
    }

    pub fn id(&self) -> Uuid {
        Self::id_of(
            &self.tenant_id,
            self.campaign_id.as_deref(),
            &self.phone_number,
        )
    }
}

impl Entry for Lead {
    const KIND: &'static str = "lead";

    fn key(&self) -> String {
        self.id().to_string()
    }

    fn tenant_id(&self) -> &str {
        &self.tenant_id
    }
}

const NAMESPACE: Uuid = Uuid::from_u128(0x1c5e_93a7_4d0b_4e0e_8f5b_5e7a_8d02_6b41);

fn id_of(kind: &str, names: &[&str]) -> Uuid {
    // As JSON, so that no two lists of names make the same text.
    Uuid::new_v5(
        &NAMESPACE,
        serde_json::json!([kind, names]).to_string().as_bytes(),
    )
}

#[cfg(test)]
mod tests;
