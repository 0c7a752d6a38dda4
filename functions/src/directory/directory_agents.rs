//! `/api/directory/agents`: whose agents of ElevenLabs they are.

use std::process::ExitCode;

use lambda_http::Request;
use ringpost::{
    domain::directory::Agent,
    http::{error::ApiError, json_body::Fields},
};
use serde::Serialize;

use super::{Function, Resource};
use crate::{request::directory_id, runtime};

pub fn main() -> ExitCode {
    runtime::serve::<Function<Agent>>()
}

#[serde_with::skip_serializing_none]
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct View<'a> {
    agent_id: &'a str,
    name: Option<&'a str>,
    user_id: Option<&'a str>,
}

impl Resource for Agent {
    const BINARY: &'static str = "directory-agents";
    const FIELD: &'static str = "agent";

    fn requested_id(request: &Request, _tenant_id: &str) -> Result<Option<String>, ApiError> {
        directory_id(request, "agentId")
    }

    fn read(tenant_id: String, id: String, fields: &Fields) -> Result<Self, ApiError> {
        Ok(Self {
            agent_id: id,
            tenant_id,
            name: fields.name("name")?,
            user_id: fields.name("userId")?,
        })
    }

    fn view(&self) -> impl Serialize {
        View {
            agent_id: &self.agent_id,
            name: self.name.as_deref(),
            user_id: self.user_id.as_deref(),
        }
    }
}
