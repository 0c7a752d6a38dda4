//! `POST /api/webhooks/call_completed`: LiveKit's events, of which some end a call.

use std::{net::IpAddr, process::ExitCode};

use bytes::Bytes;
use lambda_http::{Body, Request, RequestExt, request::RequestContext};
use ringpost::{
    clock::Clock,
    domain::{
        event::{Event, Source},
        key::EventKey,
    },
    http::{
        allow_list::AllowList,
        error::{ApiError, ErrorStatus},
        reply::Reply,
    },
    pipeline::accept::{Accept, Kept, MAX_EVENT_BYTES},
    providers::{
        self,
        livekit::{Keys, LiveKitEvent, PayloadError},
        webhook::{RawWebhook, Refusal, VerifiedWebhook},
    },
    secrets::Secrets,
    store::StoreError,
};
use serde::Serialize;

use crate::{
    runtime::{self, Endpoint, InitError, log},
    wiring::{Aws, allow_list},
};

/// What this function may touch: it appends to `events`, reads and writes `calls`, reads `directory`,
/// and reads the LiveKit secrets.
pub struct Deps {
    /// Where events and calls are kept.
    pub accept: Accept,
    /// Where webhooks may come from.
    pub allow_list: AllowList,
    /// What may sign.
    pub keys: Secrets<Keys>,
    /// What time it is.
    pub clock: Clock,
}

#[derive(Serialize)]
struct Answer<'a> {
    status: &'static str,
    message: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    event_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    event_type: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    call_id: Option<String>,
}

/// Runs the function.
#[must_use]
pub fn main() -> ExitCode {
    runtime::serve::<Deps>()
}

impl Endpoint for Deps {
    const NAME: &'static str = "call-completed";

    async fn init() -> Result<Self, InitError> {
        let (aws, clock) = (Aws::new()?, Clock::system());
        let (keys, connected) = tokio::join!(aws.livekit_keys(clock.clone()), aws.connect());
        connected?;
        let accept = Accept::new(aws.events()?, aws.lookup()?, aws.fold()?);
        Ok(Self { accept, allow_list: allow_list("LIVEKIT_ALLOW_LIST")?, keys: keys?, clock })
    }

    async fn handle(&self, request: Request) -> Result<Reply, ApiError> {
        let webhook = self.verified(request).await?;
        let livekit = LiveKitEvent::parse(webhook.body()).map_err(malformed)?;
        let event = Event {
            key: EventKey::of(Source::LiveKit.as_str(), &livekit.id),
            source: Source::LiveKit,
            event_type: livekit.event_type.clone(),
            occurred_at: livekit.created_at,
            received_at: self.clock.now(),
            payload: webhook.body().clone(),
        };
        log::event_key(&event.key);
        if livekit.name().is_processable() {
            self.process(&livekit, &event).await
        } else {
            self.ignore(&event).await
        }
    }
}

impl Deps {
    async fn verified(&self, request: Request) -> Result<VerifiedWebhook, ApiError> {
        if !self.allow_list.admits(source_address(&request)) {
            return Err(refused(Refusal::Address));
        }
        let (head, body) = request.into_parts();
        let webhook = RawWebhook::new(head.headers, raw(body));
        if webhook.size() > MAX_EVENT_BYTES {
            return Err(ApiError::new(ErrorStatus::PayloadTooLarge, "Webhook payload too large")
                .details(format!("The body may have {MAX_EVENT_BYTES} bytes at most")));
        }
        let keys = self.keys.current().await;
        webhook.verify(&*keys, self.clock.now()).map_err(refused)
    }

    async fn process(&self, livekit: &LiveKitEvent, event: &Event) -> Result<Reply, ApiError> {
        let Some(update) = providers::livekit::read(livekit, event) else {
            return Err(malformed(PayloadError::Missing("room_name")));
        };
        match self.accept.keep_and_fold(event, &update).await.map_err(failed)? {
            Kept::Duplicate => {
                log::result("duplicate");
                Ok(processed(livekit, "Event already processed (idempotency)".to_owned(), None))
            }
            Kept::Folded(call) => {
                log::call_id(call.id);
                log::result("processed");
                let outcome = call.facts.outcome().map_or("pending", |outcome| outcome.as_str());
                let message = format!("Event processed successfully. Outcome: {outcome}");
                Ok(processed(livekit, message, Some(call.id.to_string())))
            }
        }
    }

    async fn ignore(&self, event: &Event) -> Result<Reply, ApiError> {
        self.accept.keep(event).await.map_err(failed)?;
        log::result("ignored");
        Ok(Reply::ok(&Answer {
            status: "ignored",
            message: format!("Event type '{}' is not processable", event.event_type),
            event_id: None,
            event_type: Some(&event.event_type),
            call_id: None,
        }))
    }
}

fn processed(livekit: &LiveKitEvent, message: String, call_id: Option<String>) -> Reply {
    Reply::ok(&Answer {
        status: "processed",
        message,
        event_id: Some(&livekit.id),
        event_type: None,
        call_id,
    })
}

/// The address that API Gateway saw.
fn source_address(request: &Request) -> Option<IpAddr> {
    match request.request_context_ref()? {
        RequestContext::ApiGatewayV2(context) => context.http.source_ip.as_deref()?.parse().ok(),
        _ => None,
    }
}

/// The bytes that were signed. API Gateway hands bodies over as text or base64, as their type wants.
fn raw(body: Body) -> Bytes {
    match body {
        Body::Text(text) => Bytes::from(text),
        Body::Binary(bytes) => Bytes::from(bytes),
        _ => Bytes::new(),
    }
}

fn refused(refusal: Refusal) -> ApiError {
    ApiError::new(ErrorStatus::Unauthorized, "Invalid webhook signature").cause(refusal)
}

fn malformed(error: PayloadError) -> ApiError {
    let api_error =
        ApiError::new(ErrorStatus::BadRequest, "Invalid webhook payload").details(error.to_string());
    match error {
        PayloadError::Invalid(field) => api_error.field(field),
        PayloadError::NotJson { .. } | PayloadError::NotAnObject | PayloadError::Missing(_) => api_error,
    }
}

fn failed(error: StoreError) -> ApiError {
    ApiError::new(ErrorStatus::Internal, "Failed to process webhook event")
        .message("Database connection failed")
        .cause(error)
}
