//! `/api/directory/campaigns`: which agent answers a campaign's calls, and whose they are.

use std::process::ExitCode;

use lambda_http::Request;
use ringpost::{
    domain::directory::Campaign,
    http::{error::ApiError, json_body::Fields},
};
use serde::Serialize;

use super::{Function, Resource, TENANT};
use crate::{request::directory_id, runtime};

pub fn main() -> ExitCode {
    runtime::serve::<Function<Campaign>>()
}

#[serde_with::skip_serializing_none]
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct View<'a> {
    id: &'a str,
    name: &'a str,
    agent_name: Option<&'a str>,
    user_id: Option<&'a str>,
}

impl Resource for Campaign {
    const BINARY: &'static str = "directory-campaigns";
    const FIELD: &'static str = "campaign";

    const HAS_TENANT_IN_KEY: bool = true;

    fn requested_id(request: &Request, _tenant_id: &str) -> Result<Option<String>, ApiError> {
        directory_id(request, "id")
    }

    fn key_in(tenant_id: &str, id: &str) -> String {
        Self::key_of(tenant_id, id)
    }

    fn read(tenant_id: String, id: String, fields: &Fields) -> Result<Self, ApiError> {
        Ok(Self {
            tenant_id,
            name: name_of(&id, fields)?,
            agent_name: fields.name("agentName")?,
            user_id: fields.name("userId")?,
            id,
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

/// A tenant gives its campaign a name; the platform, which assigns it, need not.
fn name_of(id: &str, fields: &Fields) -> Result<String, ApiError> {
    match fields.name("name")? {
        Some(name) => Ok(name),
        None if fields.value(TENANT).is_some() => Ok(id.to_owned()),
        None => fields.required_name("name"),
    }
}
