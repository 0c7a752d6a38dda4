//! `/api/directory/phone-numbers`: whose numbers they are, which decides whose their calls are.

use std::process::ExitCode;

use lambda_http::Request;
use ringpost::{
    domain::{directory::PhoneNumberEntry, phone::PhoneNumber},
    http::{
        error::ApiError,
        json_body::{Fields, wrong},
    },
};
use serde::Serialize;
use uuid::Uuid;

use super::{Function, Resource};
use crate::{request::directory_id, runtime};

const NUMBER: &str = "number";

pub fn main() -> ExitCode {
    runtime::serve::<Function<PhoneNumberEntry>>()
}

#[serde_with::skip_serializing_none]
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct View<'a> {
    id: Uuid,
    number: &'a str,
    #[serde(rename = "type")]
    kind: Option<&'a str>,
    user_id: Option<&'a str>,
    campaign_id: Option<&'a str>,
    agent_config_id: Option<&'a str>,
}

impl Resource for PhoneNumberEntry {
    const BINARY: &'static str = "directory-phone-numbers";
    const FIELD: &'static str = "phoneNumber";

    fn requested_id(request: &Request, _tenant_id: &str) -> Result<Option<String>, ApiError> {
        let Some(text) = directory_id(request, NUMBER)? else {
            return Ok(None);
        };
        Ok(Some(e164(&text)?.as_str().to_owned()))
    }

    fn read(tenant_id: String, id: String, fields: &Fields) -> Result<Self, ApiError> {
        Ok(Self {
            number: e164(&id)?,
            tenant_id,
            kind: fields.name("type")?,
            user_id: fields.name("userId")?,
            campaign_id: fields.name("campaignId")?,
            agent_config_id: fields.name("agentConfigId")?,
        })
    }

    fn view(&self) -> impl Serialize {
        View {
            id: self.id(),
            number: self.number.as_str(),
            kind: self.kind.as_deref(),
            user_id: self.user_id.as_deref(),
            campaign_id: self.campaign_id.as_deref(),
            agent_config_id: self.agent_config_id.as_deref(),
        }
    }
}

/// In E.164 only: a national number would be taken for a North American one.
fn e164(text: &str) -> Result<PhoneNumber, ApiError> {
    // A + that was not encoded may arrive as a space.
    let text = text
        .strip_prefix(' ')
        .map_or_else(|| text.to_owned(), |rest| format!("+{rest}"));
    let number = PhoneNumber::parse(&text).filter(|number| number.as_str() == text);
    number.ok_or_else(|| wrong(NUMBER, "must be in E.164, like +15551234567"))
}
