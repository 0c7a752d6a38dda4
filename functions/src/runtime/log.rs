//! What the log says of a request or a record.

use std::{
    fmt::Display,
    time::{Duration, Instant},
};

use tracing::{Span, field};

/// The span of a request. Its fields stand in the canonical line; a handler fills them in while it works.
pub(super) fn request(request_id: &str) -> Span {
    tracing::info_span!(
        "request",
        request_id,
        event_key = field::Empty,
        call_id = field::Empty,
        result = field::Empty,
    )
}

/// The span of a record of a batch: without it, a line that is written on the way to the canonical one
/// would not say what it is about.
pub(crate) fn record(record_id: &str) -> Span {
    tracing::info_span!("record", record_id)
}

/// Names the event that the request is about.
pub fn event_key(key: impl Display) {
    Span::current().record("event_key", field::display(key));
}

/// Names the call that the request is about.
pub fn call_id(id: impl Display) {
    Span::current().record("call_id", field::display(id));
}

/// Says how the request ended.
pub fn result(result: impl Display) {
    Span::current().record("result", field::display(result));
}

/// What the work returned, and how many milliseconds it took.
pub(crate) async fn timed<T>(work: impl Future<Output = T>) -> (T, f64) {
    let started = Instant::now();
    let done = work.await;
    (done, millis(started.elapsed()))
}

fn millis(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1_000.0
}
