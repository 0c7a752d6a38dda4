//! The limits by minute, which a deployment may leave out.

use ringpost::{auth::limiter::Limiter, http::error::ApiError};

/// Counts a request of `name` as this many, where there is a limit.
/// 429 when that is too many.
pub(crate) async fn admit(
    limiter: Option<&Limiter>,
    name: &str,
    requests: u64,
) -> Result<(), ApiError> {
    match limiter {
        Some(limiter) => limiter
            .admit_as(name, requests)
            .await
            .map_err(ApiError::exceeded),
        None => Ok(()),
    }
}
