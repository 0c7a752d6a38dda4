//! What the endpoints that only append do with a webhook once it is read: keep it, and say so.

use ringpost::{
    domain::event::Event,
    http::{
        error::{ApiError, ErrorStatus},
        reply::Reply,
    },
    store::events::{Accepted, EventTable},
};
use serde::Serialize;

use crate::runtime::log;

#[derive(Serialize)]
struct Answer<'a> {
    success: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<&'a str>,
    message: &'a str,
}

/// Keeps an event, and says so; `ignored` is why nothing follows from it. A repetition is answered alike:
/// the provider would only send it again. 500 when it is not known whether the event was kept.
pub(super) async fn keep(
    events: &EventTable,
    event: &Event,
    ignored: Option<&str>,
) -> Result<Reply, ApiError> {
    log::event_key(&event.key);
    let accepted = events.append(event).await.map_err(|error| {
        ApiError::new(ErrorStatus::Internal, "Failed to process webhook event").cause(error)
    })?;
    log::result(match accepted {
        Accepted::New => "kept",
        Accepted::Duplicate => "duplicate",
    });
    Ok(Reply::ok(&Answer {
        success: true,
        status: ignored.map(|_| "ignored"),
        message: ignored.unwrap_or("Webhook received and processed"),
    }))
}

/// The answer to a verified body that cannot be read.
pub(super) fn malformed(details: impl ToString, field: Option<&str>) -> ApiError {
    let error = ApiError::new(ErrorStatus::BadRequest, "Invalid webhook payload")
        .details(details.to_string());
    match field {
        Some(field) => error.field(field),
        None => error,
    }
}
