//! What a tenant configures: one Lambda per kind of entry, with all its methods. A kind says how its
//! entries are read and shown ([`Resource`]); the endpoint around them is the same for all.
//!
//! Whose a number, an agent or a campaign is, the platform says: it assigns them ([`assigned`]). A tenant
//! configures what it has; of what it has not, it does not learn whether anybody has it.

mod assigned;
pub mod directory_agents;
pub mod directory_api_keys;
pub mod directory_campaigns;
pub mod directory_phone_numbers;
pub mod directory_settings;
pub mod leads;
mod replies;

use std::marker::PhantomData;

use http::Method;
use lambda_http::Request;
use ringpost::{
    auth::role::Role,
    domain::directory::Entry,
    http::{
        error::{ApiError, ErrorShape},
        json_body::Fields,
        page,
        reply::Reply,
    },
    store::directory::{DirectoryTable, Page, Put},
};
use serde::Serialize;

use crate::{
    authenticator::{Authenticator, forbidden},
    request::parameter,
    runtime::{Endpoint, log},
    wiring::{InitError, Wiring},
};
use replies::{Deleted, List, One, failed, no_route, not_assigned, not_found};

/// The field, and the parameter, by which the platform names a tenant.
const TENANT: &str = "tenantId";

/// A kind of entry that is put under an id.
pub trait Resource: Entry + Sized + 'static {
    /// The name of its binary.
    const BINARY: &'static str;
    /// The field that holds an entry in an answer.
    const FIELD: &'static str;

    /// Whether the platform says which tenant has an entry. What is not assigned every tenant has.
    const IS_ASSIGNED: bool = true;
    /// Whether two tenants may have entries of the same id.
    const HAS_TENANT_IN_KEY: bool = false;

    /// The id of the entry that a request is about; `None` when it is about the list.
    /// 400 when the path holds something that can be no id.
    fn requested_id(request: &Request, tenant_id: &str) -> Result<Option<String>, ApiError>;

    /// The key of a tenant's entry of this id.
    fn key_in(_tenant_id: &str, id: &str) -> String {
        id.to_owned()
    }

    /// The entry that a body describes.
    /// 400 when a field is missing or wrong.
    fn read(tenant_id: String, id: String, fields: &Fields) -> Result<Self, ApiError>;

    /// The entry as its tenant sees it.
    fn view(&self) -> impl Serialize;
}

/// What the function of a kind may touch: it reads, writes and deletes entries of `directory`, lists
/// them (the settings are but one), and reads the keys of user tokens.
pub struct Function<R> {
    entries: DirectoryTable,
    pub authenticator: Authenticator,
    kind: PhantomData<fn() -> R>,
}

impl<R: Resource> Endpoint for Function<R> {
    const NAME: &'static str = R::BINARY;
    const ERRORS: ErrorShape = ErrorShape::Success;

    async fn wire(wiring: &Wiring) -> Result<Self, InitError> {
        Ok(Self {
            entries: wiring.directory()?,
            authenticator: wiring.authenticator().await?,
            kind: PhantomData,
        })
    }

    async fn handle(&self, request: Request) -> Result<Reply, ApiError> {
        let caller = self.authenticator.bearer(&request).await?;
        if R::IS_ASSIGNED && caller.role() == Role::Platform {
            return assigned::handle::<R>(&self.entries, &request).await;
        }
        if !caller.role().includes(Role::Admin) {
            return Err(forbidden(Role::Admin));
        }
        let tenant_id = caller.tenant_id();
        match (request.method(), R::requested_id(&request, &tenant_id)?) {
            (&Method::GET, Some(id)) => self.show(&tenant_id, &id).await,
            (&Method::GET, None) => self.list(&tenant_id, &request).await,
            (&Method::PUT, Some(id)) => self.put(tenant_id, id, &request).await,
            (&Method::DELETE, Some(_)) if R::IS_ASSIGNED => Err(forbidden(Role::Platform)),
            (&Method::DELETE, Some(id)) => self.delete(&tenant_id, &id).await,
            _ => Err(no_route()),
        }
    }
}

impl<R: Resource> Function<R> {
    async fn show(&self, tenant_id: &str, id: &str) -> Result<Reply, ApiError> {
        let found = self
            .entries
            .find::<R>(&R::key_in(tenant_id, id))
            .await
            .map_err(failed)?;
        let entry = found
            .filter(|entry| entry.tenant_id() == tenant_id)
            .ok_or_else(not_found)?;
        Ok(Reply::ok(&One::new(R::FIELD, entry.view())))
    }

    async fn list(&self, tenant_id: &str, request: &Request) -> Result<Reply, ApiError> {
        let page = list::<R>(&self.entries, tenant_id, request).await?;
        Ok(Reply::ok(&List::new(&page, R::view)))
    }

    async fn put(
        &self,
        tenant_id: String,
        id: String,
        request: &Request,
    ) -> Result<Reply, ApiError> {
        let fields = Fields::parse(request.body())?;
        if R::IS_ASSIGNED && fields.name(TENANT)?.is_some_and(|named| named != tenant_id) {
            return Err(forbidden(Role::Platform));
        }
        let entry = R::read(tenant_id, id, &fields)?;
        let put = if R::IS_ASSIGNED {
            self.entries.replace(&entry).await
        } else {
            self.entries.put(&entry).await
        };
        match put.map_err(failed)? {
            Put::Done => {
                log::result("written");
                Ok(Reply::ok(&One::new(R::FIELD, entry.view())))
            }
            Put::Refused => Err(not_assigned()),
        }
    }

    async fn delete(&self, tenant_id: &str, id: &str) -> Result<Reply, ApiError> {
        if !self
            .entries
            .delete::<R>(tenant_id, &R::key_in(tenant_id, id))
            .await
            .map_err(failed)?
        {
            return Err(not_found());
        }
        log::result("deleted");
        Ok(Reply::ok(&Deleted::new()))
    }
}

/// The page of a tenant's entries that a request asks for.
async fn list<T: Entry>(
    entries: &DirectoryTable,
    tenant_id: &str,
    request: &Request,
) -> Result<Page<T>, ApiError> {
    let limit = page::limit(parameter(request, "limit"))?;
    let after = page::from_cursor(parameter(request, "cursor"))?;
    entries
        .list(tenant_id, limit, after.as_ref())
        .await
        .map_err(failed)
}
