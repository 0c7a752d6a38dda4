//! Calls, for frontends.

pub mod agent_call_status;
pub mod call_list;
pub mod call_outcome;
pub mod call_stats;
pub mod call_timeline;

use lambda_http::{Request, RequestExt};

/// The parameters of the request's query string.
fn query(request: &Request) -> impl Iterator<Item = (&str, &str)> {
    request
        .query_string_parameters_ref()
        .into_iter()
        .flat_map(|query| query.iter())
}
