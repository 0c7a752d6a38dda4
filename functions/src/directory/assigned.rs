//! What the platform does with numbers, agents and campaigns: it gives them to tenants, takes them back and
//! looks at who has them. The same routes as a tenant's, with a token of `role: platform`.

use http::Method;
use lambda_http::Request;
use ringpost::{
    domain::name::is_name,
    http::{
        error::ApiError,
        json_body::{Fields, no_name, wrong},
        reply::Reply,
    },
    store::directory::DirectoryTable,
};
use serde::Serialize;

use super::{
    Resource, TENANT, list,
    replies::{Deleted, List, One, failed, no_route, not_found},
};
use crate::{request::parameter, runtime::log};

/// An entry, and whose it is.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct View<'a, V> {
    tenant_id: &'a str,
    #[serde(flatten)]
    entry: V,
}

fn view<R: Resource>(entry: &R) -> View<'_, impl Serialize> {
    View {
        tenant_id: entry.tenant_id(),
        entry: entry.view(),
    }
}

/// Answers the platform.
pub(super) async fn handle<R: Resource>(
    entries: &DirectoryTable,
    request: &Request,
) -> Result<Reply, ApiError> {
    // No kind that is assigned has an id that depends on the tenant.
    match (request.method(), R::requested_id(request, "")?) {
        (&Method::PUT, Some(id)) => assign::<R>(entries, id, request).await,
        (&Method::GET, Some(id)) => {
            let entry = find::<R>(entries, &id, request).await?;
            Ok(Reply::ok(&One::new(R::FIELD, view(&entry))))
        }
        (&Method::GET, None) => {
            let page = list::<R>(entries, &named_tenant(request)?, request).await?;
            Ok(Reply::ok(&List::new(&page, view)))
        }
        (&Method::DELETE, Some(id)) => {
            let entry = find::<R>(entries, &id, request).await?;
            if !entries
                .delete::<R>(entry.tenant_id(), &entry.key())
                .await
                .map_err(failed)?
            {
                return Err(not_found());
            }
            log::result("freed");
            Ok(Reply::ok(&Deleted::new()))
        }
        _ => Err(no_route()),
    }
}

/// Assigning anew to the same tenant, without further fields, leaves what the tenant has configured.
async fn assign<R: Resource>(
    entries: &DirectoryTable,
    id: String,
    request: &Request,
) -> Result<Reply, ApiError> {
    let fields = Fields::parse(request.body())?;
    let tenant_id = fields.required_name(TENANT)?;
    let offered = R::read(tenant_id, id, &fields)?;
    if fields.are_only(TENANT) {
        let known = entries.find::<R>(&offered.key()).await.map_err(failed)?;
        if let Some(known) = known.filter(|known| known.tenant_id() == offered.tenant_id()) {
            return Ok(Reply::ok(&One::new(R::FIELD, view(&known))));
        }
    }
    entries.assign(&offered).await.map_err(failed)?;
    log::result("assigned");
    Ok(Reply::ok(&One::new(R::FIELD, view(&offered))))
}

async fn find<R: Resource>(
    entries: &DirectoryTable,
    id: &str,
    request: &Request,
) -> Result<R, ApiError> {
    let tenant_id = if R::HAS_TENANT_IN_KEY {
        named_tenant(request)?
    } else {
        String::new()
    };
    let found = entries
        .find::<R>(&R::key_in(&tenant_id, id))
        .await
        .map_err(failed)?;
    found.ok_or_else(not_found)
}

/// The tenant that the query names.
fn named_tenant(request: &Request) -> Result<String, ApiError> {
    let named = parameter(request, TENANT).ok_or_else(|| wrong(TENANT, "is required"))?;
    if is_name(named) {
        Ok(named.to_owned())
    } else {
        Err(no_name(TENANT))
    }
}
