//! `/api/directory/settings`: a tenant's defaults, of which it has one set.

use std::process::ExitCode;

use lambda_http::Request;
use ringpost::{
    domain::directory::Settings,
    http::{error::ApiError, fields::Fields},
};
use serde::Serialize;

use super::{Deps, Resource};
use crate::runtime;

/// Runs the function.
#[must_use]
pub fn main() -> ExitCode {
    runtime::serve::<Deps<Settings>>()
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct View<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    default_agent_name: Option<&'a str>,
}

impl Resource for Settings {
    const BINARY: &'static str = "directory-settings";
    const FIELD: &'static str = "settings";

    fn requested_key(_request: &Request, tenant_id: &str) -> Result<Option<String>, ApiError> {
        Ok(Some(tenant_id.to_owned()))
    }

    fn read(tenant_id: String, _key: String, fields: &Fields) -> Result<Self, ApiError> {
        Ok(Self {
            tenant_id,
            name: fields.name("name")?,
            default_agent_name: fields.name("defaultAgentName")?,
        })
    }

    fn view(&self) -> impl Serialize {
        View { name: self.name.as_deref(), default_agent_name: self.default_agent_name.as_deref() }
    }
}
