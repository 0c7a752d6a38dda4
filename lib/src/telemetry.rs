//! JSON logs: one canonical line per request or record, readable alone.

use std::{error::Error, fmt};

use tracing::{Event, Subscriber, level_filters::LevelFilter};
use tracing_subscriber::{
    fmt::{
        FmtContext, FormatEvent, FormatFields,
        format::{self, Format, Json, Writer},
    },
    registry::LookupSpan,
};

/// Starts logging to standard output, where Lambda collects it. Call it once, first. The fields of the
/// innermost span stand in a line beside its own, in `span`.
pub fn init(function: &'static str) {
    let json = format::format()
        .json()
        .flatten_event(true)
        .with_current_span(true)
        .with_span_list(false)
        .with_target(false);
    let log = tracing_subscriber::fmt()
        .json()
        .event_format(OfFunction { function, json });
    log.with_max_level(LevelFilter::INFO).init();
}

/// Lines begin with the function's name: all functions of a stage share a log group, and metric filters
/// and queries select by this field.
struct OfFunction {
    function: &'static str,
    json: Format<Json>,
}

impl<S, N> FormatEvent<S, N> for OfFunction
where
    S: Subscriber + for<'span> LookupSpan<'span>,
    N: for<'writer> FormatFields<'writer> + 'static,
{
    fn format_event(
        &self,
        context: &FmtContext<'_, S, N>,
        mut writer: Writer<'_>,
        event: &Event<'_>,
    ) -> fmt::Result {
        let mut line = String::new();
        self.json
            .format_event(context, Writer::new(&mut line), event)?;
        let fields = line.strip_prefix('{').ok_or(fmt::Error)?;
        write!(writer, "{{\"function\":\"{}\",{fields}", self.function)
    }
}

/// An error and its sources, in one line for the log.
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
