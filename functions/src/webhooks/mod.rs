//! Subscriptions, which the Webhook API document calls webhook configurations: what goes out, where
//! to, and how; and the history of everything that came in and went out.

mod replies;
pub mod webhook_config;
pub mod webhook_event_retry;
pub mod webhook_events;
pub mod webhook_recover;
pub mod webhook_rotate_secret;
pub mod webhook_test;

use http::Method;
use lambda_http::{Request, RequestExt};
use ringpost::{
    auth::role::Role,
    http::error::{ApiError, ErrorStatus},
    store::subscriptions::SubscriptionTable,
};

use crate::{authenticator::Authenticator, runtime::InitError, wiring::Aws};

/// Subscriptions and who may ask, ready for requests.
async fn init(aws: &Aws) -> Result<(SubscriptionTable, Authenticator), InitError> {
    let (authenticator, connected) = tokio::join!(aws.authenticator(), aws.connect_subscriptions());
    connected?;
    Ok((aws.subscriptions()?, authenticator?))
}

/// Viewers read, developers configure.
fn needed(method: &Method) -> Role {
    if method == Method::GET {
        Role::Viewer
    } else {
        Role::Developer
    }
}

/// The id of the subscription in a path; what is no id is one that nobody has.
fn requested_id(request: &Request) -> Result<Option<u64>, ApiError> {
    let text = request
        .path_parameters_ref()
        .and_then(|path| path.first("id"));
    text.map(|text| parse_id(text).ok_or_else(not_found))
        .transpose()
}

/// Digits that begin with no zero, so that an id has one spelling.
fn parse_id(text: &str) -> Option<u64> {
    let is_id = text.bytes().all(|byte| byte.is_ascii_digit()) && !text.starts_with('0');
    text.parse().ok().filter(|_| is_id)
}

/// The id of the event that a path names; what is no id names none.
fn event_id(request: &Request) -> Result<Option<u64>, ApiError> {
    let text = request
        .path_parameters_ref()
        .and_then(|path| path.first("id"));
    text.map(|text| text.parse().map_err(|_| no_event()))
        .transpose()
}

/// As [`not_found`], of an event.
fn no_event() -> ApiError {
    ApiError::new(ErrorStatus::NotFound, "Event not found")
}

/// What another tenant has and what nobody has look the same.
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

#[cfg(test)]
mod tests {
    use super::parse_id;

    #[test]
    fn an_id_is_a_positive_whole_number_in_one_spelling() {
        assert_eq!(parse_id("1"), Some(1));
        assert_eq!(parse_id("18446744073709551615"), Some(u64::MAX));
        for wrong in [
            "",
            "0",
            "-1",
            "+1",
            "01",
            "1.0",
            "1 ",
            "%31",
            "x",
            "١",
            "18446744073709551616",
        ] {
            assert_eq!(parse_id(wrong), None, "{wrong}");
        }
    }
}
