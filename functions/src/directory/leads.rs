//! `GET /api/leads`: who called a tenant's campaigns.

use std::process::ExitCode;

use http::Method;
use lambda_http::Request;
use ringpost::{
    auth::role::Role,
    domain::{
        directory::{Lead, LeadStatus},
        name::is_name,
        phone::{PhoneNumber, Region},
    },
    http::{
        error::{ApiError, ErrorShape},
        json_body::{no_name, wrong},
        page,
        reply::Reply,
    },
    ingest::regions::region_for,
    queries::leads::{LeadFilter, find_leads},
    store::directory::DirectoryTable,
};
use serde::Serialize;
use uuid::Uuid;

use super::replies::{failed, no_route};
use crate::{
    authenticator::Authenticator,
    request::parameter,
    runtime::{self, Endpoint},
    wiring::{InitError, Wiring},
};

/// What this function may touch: it reads and lists entries of `directory`, and reads the keys of user
/// tokens.
pub struct Function {
    entries: DirectoryTable,
    authenticator: Authenticator,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Leads<'a> {
    success: bool,
    count: usize,
    leads: Vec<View<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_cursor: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct View<'a> {
    id: Uuid,
    #[serde(skip_serializing_if = "Option::is_none")]
    campaign_id: Option<&'a str>,
    phone_number: &'a str,
    name: &'a str,
    status: LeadStatus,
    created_at: String,
    last_call_at: String,
    last_call_id: String,
}

impl<'a> View<'a> {
    fn of(lead: &'a Lead) -> Self {
        Self {
            id: lead.id(),
            campaign_id: lead.campaign_id.as_deref(),
            phone_number: lead.phone_number.as_str(),
            name: &lead.name,
            status: lead.status,
            created_at: lead.created_at.to_string(),
            last_call_at: lead.last_call_at.to_string(),
            last_call_id: lead.last_call_id.to_string(),
        }
    }
}

pub fn main() -> ExitCode {
    runtime::serve::<Function>()
}

impl Endpoint for Function {
    const NAME: &'static str = "leads";
    const ERRORS: ErrorShape = ErrorShape::Success;

    async fn wire(wiring: &Wiring) -> Result<Self, InitError> {
        Ok(Self {
            entries: wiring.directory()?,
            authenticator: wiring.authenticator().await?,
        })
    }

    async fn handle(&self, request: Request) -> Result<Reply, ApiError> {
        // A lead is a person's number, and has no user whose it would be.
        let tenant_id = self
            .authenticator
            .authorized(&request, Role::Admin)
            .await?
            .tenant_id();
        if request.method() != Method::GET {
            return Err(no_route());
        }
        let number = parameter(&request, "phoneNumber");
        let region = region_for(&self.entries, &tenant_id, number.into_iter())
            .await
            .map_err(failed)?;
        let filter = LeadFilter {
            campaign_id: parameter(&request, "campaignId")
                .map(campaign_id)
                .transpose()?,
            phone_number: number.map(|text| phone_number(text, region)).transpose()?,
            status: parameter(&request, "status").map(status).transpose()?,
        };
        let limit = page::limit(parameter(&request, "limit"))?;
        let after = page::from_cursor(parameter(&request, "cursor"))?;
        let found = find_leads(&self.entries, &tenant_id, &filter, limit, after)
            .await
            .map_err(failed)?;
        Ok(Reply::ok(&Leads {
            success: true,
            count: found.entries.len(),
            leads: found.entries.iter().map(View::of).collect(),
            next_cursor: found.next.as_ref().map(page::to_cursor),
        }))
    }
}

fn campaign_id(text: &str) -> Result<String, ApiError> {
    if is_name(text) {
        Ok(text.to_owned())
    } else {
        Err(no_name("campaignId"))
    }
}

fn phone_number(text: &str, region: Option<Region>) -> Result<PhoneNumber, ApiError> {
    PhoneNumber::of_query(text, region)
        .ok_or_else(|| wrong("phoneNumber", "must be a phone number"))
}

fn status(text: &str) -> Result<LeadStatus, ApiError> {
    match text {
        "calling" => Ok(LeadStatus::Calling),
        "completed" => Ok(LeadStatus::Completed),
        _ => Err(wrong("status", "must be calling or completed")),
    }
}
