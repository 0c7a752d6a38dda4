//! Calls, for frontends.

pub mod agent_call_status;
pub mod list;
pub mod outcome;
pub mod stats;
pub mod timeline;

use lambda_http::{Request, RequestExt};

/// The parameters of the request's query string.
fn query(request: &Request) -> impl Iterator<Item = (&str, &str)> {
    request
        .query_string_parameters_ref()
        .into_iter()
        .flat_map(|query| query.iter())
}
