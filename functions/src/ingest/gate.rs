//! The gate of a provider: every webhook passes the source address, the size and the signature, in this
//! order, before a byte of it is read.

use std::net::IpAddr;

use bytes::Bytes;
use lambda_http::{Body, Request, RequestExt, request::RequestContext};
use ringpost::{
    auth::{allow_list::AllowList, limiter::Limiter},
    clock::Clock,
    domain::timestamp::Timestamp,
    http::error::{ApiError, ErrorStatus},
    ingest::accept::MAX_EVENT_BYTES,
    providers::webhook::{RawWebhook, Refusal, VerifiedWebhook, Verifier},
    secrets::Secrets,
};

use crate::limits;

pub trait WebhookGate: Send + Sync {
    /// The request, if it is the provider's: else 401, and the log says why. 413 when it is larger than can be
    /// kept, 429 when its address or account sends too often.
    fn verified(
        &self,
        request: Request,
    ) -> impl Future<Output = Result<VerifiedWebhook, ApiError>> + Send;

    fn now(&self) -> Timestamp;
}

pub struct Gate<V> {
    /// Where its webhooks may come from.
    pub allow_list: AllowList,
    pub keys: Secrets<V>,
    /// The base URL that the provider was given; empty means the API's own domain.
    pub public_base_url: String,
    pub clock: Clock,
    /// How often an address may send, if that is limited.
    pub addresses: Option<Limiter>,
    /// How often a tenant's own account may send, if that is limited.
    pub accounts: Option<Limiter>,
}

impl<V: Verifier + Send + Sync> WebhookGate for Gate<V> {
    async fn verified(&self, request: Request) -> Result<VerifiedWebhook, ApiError> {
        let address = source_address(&request);
        if !self.allow_list.admits(address) {
            return Err(refused(Refusal::Address));
        }
        admitted(self.addresses.as_ref(), address).await?;
        let url = public_url(&request, &self.public_base_url);
        let webhook = received(request)?.sent_to(url);
        let keys = self
            .keys
            .current()
            .await
            .ok_or_else(|| refused(Refusal::NoKeys))?;
        let verified = webhook.verify(&*keys, self.clock.now()).map_err(refused)?;
        within_quota(self.accounts.as_ref(), &verified).await?;
        Ok(verified)
    }

    fn now(&self) -> Timestamp {
        self.clock.now()
    }
}

/// Counts a request of an address.
pub(super) async fn admitted(
    limiter: Option<&Limiter>,
    address: Option<IpAddr>,
) -> Result<(), ApiError> {
    match address {
        Some(address) => limits::admit(limiter, &address.to_string(), 1).await,
        None => Ok(()),
    }
}

/// Counts a webhook of a tenant's own account; those of the platform's are all tenants'.
pub(super) async fn within_quota(
    limiter: Option<&Limiter>,
    webhook: &VerifiedWebhook,
) -> Result<(), ApiError> {
    match webhook.account() {
        Some(tenant_id) => limits::admit(limiter, tenant_id, 1).await,
        None => Ok(()),
    }
}

/// A request that is not too large to be kept; nothing of it is read yet.
pub(super) fn received(request: Request) -> Result<RawWebhook, ApiError> {
    let (head, body) = request.into_parts();
    let webhook = RawWebhook::new(head.headers, raw(body));
    if webhook.size() > MAX_EVENT_BYTES {
        return Err(too_large_for(MAX_EVENT_BYTES));
    }
    Ok(webhook)
}

/// The address that API Gateway saw.
pub(super) fn source_address(request: &Request) -> Option<IpAddr> {
    match request.request_context_ref()? {
        RequestContext::ApiGatewayV2(context) => context.http.source_ip.as_deref()?.parse().ok(),
        _ => None,
    }
}

/// The bytes that were signed. API Gateway hands bodies over as text or base64, as their type wants.
pub(super) fn raw(body: Body) -> Bytes {
    match body {
        Body::Text(text) => Bytes::from(text),
        Body::Binary(bytes) => Bytes::from(bytes),
        _ => Bytes::new(),
    }
}

/// What the sender of a refused webhook learns.
pub(super) const REFUSED: &str = "Invalid webhook signature";

/// The answer to a webhook whose sender is not verified.
pub(super) fn refused(refusal: Refusal) -> ApiError {
    ApiError::new(ErrorStatus::Unauthorized, REFUSED).cause(refusal)
}

/// The answer to a body that is larger than the endpoint takes.
pub(super) fn too_large_for(bytes: usize) -> ApiError {
    ApiError::new(ErrorStatus::PayloadTooLarge, "Webhook payload too large")
        .details(format!("The body may have {bytes} bytes at most"))
}

/// The URL that the provider was given. Its host is the configured one or the API's own, never one
/// that a header claims.
fn public_url(request: &Request, public_base_url: &str) -> String {
    let base = match request.request_context_ref() {
        Some(RequestContext::ApiGatewayV2(context)) if public_base_url.is_empty() => {
            format!(
                "https://{}",
                context.domain_name.as_deref().unwrap_or_default()
            )
        }
        _ => public_base_url.to_owned(),
    };
    let query = request
        .uri()
        .query()
        .map(|query| format!("?{query}"))
        .unwrap_or_default();
    format!("{base}{}{query}", request.raw_http_path())
}
