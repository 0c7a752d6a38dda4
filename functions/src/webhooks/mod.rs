//! Subscriptions, which the Webhook API document calls webhook configurations: what goes out, where
//! to, and how; and the history of everything that came in and went out.

mod replies;
pub mod webhook_config;
pub mod webhook_config_health;
pub mod webhook_event_retry;
pub mod webhook_events;
pub mod webhook_recover;
pub mod webhook_rotate_secret;
pub mod webhook_test;

use http::Method;
use lambda_http::Request;
use ringpost::{
    auth::role::Role,
    http::error::{ApiError, ErrorStatus},
};

use crate::request::{SubscriptionId, optional_path_id};

/// Viewers read, developers configure.
fn needed(method: &Method) -> Role {
    if method == Method::GET {
        Role::Viewer
    } else {
        Role::Developer
    }
}

/// The id of the subscription in a path; a malformed one is answered like a missing subscription.
fn subscription_id(request: &Request) -> Result<Option<u64>, ApiError> {
    let id: Option<SubscriptionId> = optional_path_id(request, "id", not_found)?;
    Ok(id.map(|SubscriptionId(id)| id))
}

/// As [`not_found`], of an event.
fn no_event() -> ApiError {
    ApiError::new(ErrorStatus::NotFound, "Event not found")
}

/// Another tenant's subscription and a missing one look the same.
fn not_found() -> ApiError {
    ApiError::new(ErrorStatus::NotFound, "Webhook configuration not found")
}

fn failed(error: impl std::error::Error + Send + Sync + 'static) -> ApiError {
    ApiError::new(
        ErrorStatus::Internal,
        "The database does not answer; try again",
    )
    .cause(error)
}
