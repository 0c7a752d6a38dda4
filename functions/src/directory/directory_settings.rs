//! `/api/directory/settings`: a tenant's defaults, of which it has one set.

use std::process::ExitCode;

use lambda_http::Request;
use ringpost::{
    domain::{directory::Settings, phone::Region},
    http::{
        error::ApiError,
        json_body::{Fields, wrong},
    },
};
use serde::Serialize;

use super::{Function, Resource};
use crate::runtime;

pub fn main() -> ExitCode {
    runtime::serve::<Function<Settings>>()
}

#[serde_with::skip_serializing_none]
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct View<'a> {
    name: Option<&'a str>,
    default_agent_name: Option<&'a str>,
    default_region: Option<&'a str>,
}

impl Resource for Settings {
    const BINARY: &'static str = "directory-settings";
    const FIELD: &'static str = "settings";

    const IS_ASSIGNED: bool = false;

    fn requested_id(_request: &Request, tenant_id: &str) -> Result<Option<String>, ApiError> {
        Ok(Some(tenant_id.to_owned()))
    }

    fn read(tenant_id: String, _id: String, fields: &Fields) -> Result<Self, ApiError> {
        Ok(Self {
            tenant_id,
            name: fields.name("name")?,
            default_agent_name: fields.name("defaultAgentName")?,
            default_region: default_region(fields)?,
        })
    }

    fn view(&self) -> impl Serialize {
        View {
            name: self.name.as_deref(),
            default_agent_name: self.default_agent_name.as_deref(),
            default_region: self.default_region.map(Region::as_str),
        }
    }
}

fn default_region(fields: &Fields) -> Result<Option<Region>, ApiError> {
    const FIELD: &str = "defaultRegion";
    let code = fields.name(FIELD)?;
    let read = |code: String| {
        Region::parse(&code)
            .ok_or_else(|| wrong(FIELD, "must be the ISO 3166 code of a country, such as IN"))
    };
    code.map(read).transpose()
}
