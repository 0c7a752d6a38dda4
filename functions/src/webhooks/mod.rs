//! Webhooks that go out, and the history of all of them.

pub mod event_retry;
pub mod events;

use lambda_http::{Request, RequestExt};
use ringpost::http::error::{ApiError, ErrorStatus};

/// The id of the event that a path names; what is no id names none.
fn event_id(request: &Request) -> Result<Option<u64>, ApiError> {
    let text = request.path_parameters_ref().and_then(|path| path.first("id"));
    text.map(|text| text.parse().map_err(|_| no_event())).transpose()
}

/// What another tenant has and what nobody has look the same.
fn no_event() -> ApiError {
    ApiError::new(ErrorStatus::NotFound, "Event not found")
}
