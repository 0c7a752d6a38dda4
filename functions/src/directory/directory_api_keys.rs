//! `/api/directory/api-keys`: the keys of the Call Capture API. A key is shown when it is made, and
//! never again.

use std::process::ExitCode;

use http::Method;
use lambda_http::Request;
use ringpost::{
    admin::api_keys::{ApiKeys, IssueResult, MAX_KEYS, NewApiKey},
    auth::role::Role,
    domain::directory::ApiKey,
    http::{
        error::{ApiError, ErrorShape, ErrorStatus},
        json_body::Fields,
        reply::Reply,
    },
    store::directory::DirectoryTable,
};
use serde::Serialize;
use uuid::Uuid;

use super::{
    list,
    replies::{Deleted, List, One, failed, no_route, not_found},
};
use crate::{
    authenticator::Authenticator,
    request::optional_path_id,
    runtime::{self, Endpoint, log},
    wiring::{InitError, Wiring},
};

const FIELD: &str = "apiKey";

/// What this function may touch: it lists, writes and deletes entries of `directory`, and reads the
/// keys of user tokens.
pub struct Function {
    entries: DirectoryTable,
    keys: ApiKeys,
    authenticator: Authenticator,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct View<'a> {
    id: Uuid,
    company_id: Uuid,
    name: &'a str,
    created_at: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    key: Option<&'a str>,
}

impl<'a> View<'a> {
    fn of(entry: &'a ApiKey) -> Self {
        Self {
            id: entry.id,
            company_id: entry.company_id,
            name: &entry.name,
            created_at: entry.created_at.to_string(),
            key: None,
        }
    }
}

pub fn main() -> ExitCode {
    runtime::serve::<Function>()
}

impl Endpoint for Function {
    const NAME: &'static str = "directory-api-keys";
    const ERRORS: ErrorShape = ErrorShape::Success;

    async fn wire(wiring: &Wiring) -> Result<Self, InitError> {
        let entries = wiring.directory()?;
        Ok(Self {
            keys: ApiKeys::new(entries.clone()),
            entries,
            authenticator: wiring.authenticator().await?,
        })
    }

    async fn handle(&self, request: Request) -> Result<Reply, ApiError> {
        let tenant_id = self
            .authenticator
            .authorized(&request, Role::Admin)
            .await?
            .tenant_id();
        let id: Option<Uuid> = optional_path_id(&request, "id", not_found)?;
        match (request.method(), id) {
            (&Method::POST, None) => self.issue(tenant_id, &request).await,
            (&Method::GET, None) => {
                let page = list::<ApiKey>(&self.entries, &tenant_id, &request).await?;
                Ok(Reply::ok(&List::new(&page, View::of)))
            }
            (&Method::GET, Some(id)) => self.show(&tenant_id, id).await,
            (&Method::DELETE, Some(id)) => self.revoke(&tenant_id, id).await,
            _ => Err(no_route()),
        }
    }
}

impl Function {
    async fn issue(&self, tenant_id: String, request: &Request) -> Result<Reply, ApiError> {
        let fields = Fields::parse(request.body())?;
        let company_id = fields.required_uuid("companyId")?;
        let order = NewApiKey {
            tenant_id,
            company_id,
            name: fields.required_name("name")?,
        };
        match self
            .keys
            .issue(order, self.authenticator.clock.now())
            .await
            .map_err(failed)?
        {
            IssueResult::Issued(entry, key) => {
                log::result("made");
                let view = View {
                    key: Some(&key),
                    ..View::of(&entry)
                };
                Ok(Reply::created(&One::new(FIELD, view)))
            }
            IssueResult::Full => {
                let message =
                    format!("There are {MAX_KEYS} keys already; delete one that is not needed");
                Err(ApiError::new(ErrorStatus::Conflict, message))
            }
        }
    }

    async fn show(&self, tenant_id: &str, id: Uuid) -> Result<Reply, ApiError> {
        let entry = self
            .keys
            .find(tenant_id, id)
            .await
            .map_err(failed)?
            .ok_or_else(not_found)?;
        Ok(Reply::ok(&One::new(FIELD, View::of(&entry))))
    }

    async fn revoke(&self, tenant_id: &str, id: Uuid) -> Result<Reply, ApiError> {
        if !self.keys.revoke(tenant_id, id).await.map_err(failed)? {
            return Err(not_found());
        }
        log::result("revoked");
        Ok(Reply::ok(&Deleted::new()))
    }
}
