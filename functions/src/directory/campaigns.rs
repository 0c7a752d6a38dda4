//! `/api/directory/campaigns`: which agent answers a campaign's calls, and whose they are.

use std::process::ExitCode;

use lambda_http::Request;
use ringpost::{
    domain::directory::Campaign,
    http::{error::ApiError, fields::Fields},
};
use serde::Serialize;

use super::{Deps, Resource, id_in_path};
use crate::runtime;

/// Runs the function.
#[must_use]
pub fn main() -> ExitCode {
    runtime::serve::<Deps<Campaign>>()
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct View<'a> {
    id: &'a str,
    name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    agent_name: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    user_id: Option<&'a str>,
}

impl Resource for Campaign {
    const BINARY: &'static str = "directory-campaigns";
    const FIELD: &'static str = "campaign";

    fn requested_key(request: &Request, _tenant_id: &str) -> Result<Option<String>, ApiError> {
        id_in_path(request, "id")
    }

    fn read(tenant_id: String, key: String, fields: &Fields) -> Result<Self, ApiError> {
        Ok(Self {
            id: key,
            tenant_id,
            name: fields.required_name("name")?,
            agent_name: fields.name("agentName")?,
            user_id: fields.name("userId")?,
        })
    }

    fn view(&self) -> impl Serialize {
        View {
            id: &self.id,
            name: &self.name,
            agent_name: self.agent_name.as_deref(),
            user_id: self.user_id.as_deref(),
        }
    }
}
