//! `GET /api/webhooks/config/{id}/health`: its parameters and its answer.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_with::skip_serializing_none;
use strum::VariantArray;

use super::{error::ApiError, json_body::wrong, query_params::QueryParams};
use crate::{
    domain::{
        delivery::{Answer, endpoint_health::Health},
        timestamp::Timestamp,
    },
    queries::endpoint_health::{DeliveryCounts, HealthReport},
    store::call_list::Window,
};

const MAX_DAYS: u32 = 7;

/// Reads the query string: the last 24 hours unless it says otherwise. 400 that names the parameter that is
/// unknown, or whose value is wrong.
pub fn parse<'a>(
    pairs: impl IntoIterator<Item = (&'a str, &'a str)>,
    now: Timestamp,
) -> Result<Window, ApiError> {
    let mut given = QueryParams::new(pairs);
    let window = given.last_day(now)?;
    given.nothing_is_left()?;
    if window.to > window.from.plus_days(MAX_DAYS) {
        return Err(wrong("from", "must be at most 7 days before to"));
    }
    Ok(window)
}

#[skip_serializing_none]
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct EndpointHealthView {
    success: bool,
    webhook_config_id: u64,
    from: String,
    to: String,
    /// Whether every delivery of the window is counted.
    complete: bool,
    counted_from: Option<String>,
    breaker: BreakerView,
    pace: PaceView,
    deliveries: TotalView,
    response_millis: Option<ResponseMillis>,
    buckets: Vec<BucketView>,
}

#[skip_serializing_none]
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct BreakerView {
    state: &'static str,
    failures: u32,
    failing_since: Option<String>,
    last_failure_at: Option<String>,
    next_probe_at: Option<String>,
}

#[skip_serializing_none]
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct PaceView {
    limit_per_second: Option<f64>,
    paused_until: Option<String>,
    slow_until: Option<String>,
}

#[derive(Debug, Serialize)]
struct TotalView {
    total: usize,
    #[serde(flatten)]
    counts: CountsView,
}

#[derive(Debug, Serialize)]
struct CountsView {
    delivered: usize,
    failed: usize,
    pending: usize,
    cancelled: usize,
}

#[derive(Debug, Serialize)]
struct ResponseMillis {
    p50: u64,
    p95: u64,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct BucketView {
    from: String,
    to: String,
    #[serde(flatten)]
    counts: CountsView,
    by_answer: BTreeMap<&'static str, usize>,
}

impl EndpointHealthView {
    /// What a report shows at a moment.
    pub fn of(report: &HealthReport, window: Window, now: Timestamp) -> Self {
        let millis = report.response_millis;
        Self {
            success: true,
            webhook_config_id: report.subscription.id,
            from: window.from.to_string(),
            to: window.to.to_string(),
            complete: report.cut_at.is_none(),
            counted_from: report.cut_at.map(|at| at.to_string()),
            breaker: BreakerView::of(report),
            pace: PaceView::of(report, now),
            deliveries: TotalView {
                total: report.total.total(),
                counts: CountsView::of(&report.total),
            },
            response_millis: millis.map(|(p50, p95)| ResponseMillis { p50, p95 }),
            buckets: report.buckets.iter().map(BucketView::of).collect(),
        }
    }
}

impl BreakerView {
    fn of(report: &HealthReport) -> Self {
        let open = report.failing.filter(Health::is_open);
        let failing = report.failing;
        Self {
            state: if open.is_some() { "open" } else { "closed" },
            failures: failing.map_or(0, |health| health.failures),
            failing_since: failing.map(|health| health.failing_since.to_string()),
            last_failure_at: failing.map(|health| health.last_failure_at.to_string()),
            next_probe_at: open.map(|health| health.probe_at.to_string()),
        }
    }
}

impl PaceView {
    fn of(report: &HealthReport, now: Timestamp) -> Self {
        let load = &report.load;
        let ahead = |until: &Timestamp| now < *until;
        let slow_until = load.slow.map(|slow| slow.until).filter(ahead);
        Self {
            limit_per_second: load.limit_per_second(report.subscription.rate_limit, now),
            paused_until: load.paused_until.filter(ahead).map(|at| at.to_string()),
            slow_until: slow_until.map(|at| at.to_string()),
        }
    }
}

impl CountsView {
    fn of(counts: &DeliveryCounts) -> Self {
        Self {
            delivered: counts.delivered,
            failed: counts.failed,
            pending: counts.pending,
            cancelled: counts.cancelled,
        }
    }
}

impl BucketView {
    fn of((window, counts): &(Window, DeliveryCounts)) -> Self {
        let count = |answer: &Answer| counts.by_answer.get(answer).copied().unwrap_or_default();
        let by_answer = Answer::VARIANTS
            .iter()
            .map(|answer| (answer.as_str(), count(answer)));
        Self {
            from: window.from.to_string(),
            to: window.to.to_string(),
            counts: CountsView::of(counts),
            by_answer: by_answer.collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_window_is_a_day_by_default_and_a_week_at_most() {
        let now = Timestamp::from_seconds(1_767_312_000).unwrap();
        let window = parse([], now).unwrap();
        assert_eq!((window.from, window.to), (now.minus_days(1), now));
        for (pairs, is_right) in [
            (vec![("from", "2026-01-01"), ("to", "2026-01-07")], true),
            (vec![("from", "2026-01-01"), ("to", "2026-01-08")], false),
            (vec![("from", "2026-01-03"), ("to", "2026-01-02")], false),
            (vec![("from", "yesterday")], false),
            (vec![("since", "2026-01-01")], false),
        ] {
            assert_eq!(parse(pairs.clone(), now).is_ok(), is_right, "{pairs:?}");
        }
    }
}
