//! JSON logs: one canonical line per request or record, readable alone.

use std::error::Error;

use tracing::level_filters::LevelFilter;

/// What stands in a line beside its own fields.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Context {
    /// The fields of the request, in `span`.
    Request,
    /// Nothing: a worker's line says all there is, and the runtime's own span would only be paid for.
    Nothing,
}

/// Starts logging to standard output, where Lambda collects it. Call it once, first.
pub fn init(context: Context) {
    tracing_subscriber::fmt()
        .json()
        .flatten_event(true)
        .with_current_span(context == Context::Request)
        .with_span_list(false)
        .with_target(false)
        .with_max_level(LevelFilter::INFO)
        .init();
}

/// An error and everything behind it, in one line for the log.
#[must_use]
pub fn chain(error: &(dyn Error + 'static)) -> String {
    let mut line = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        line.push_str(": ");
        line.push_str(&error.to_string());
        source = error.source();
    }
    line
}
