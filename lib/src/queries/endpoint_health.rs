//! How an endpoint is doing: its breaker and pace now, and how its deliveries went in a window.

use std::collections::BTreeMap;

use crate::{
    domain::{
        delivery::{Answer, DeliveryStatus, endpoint_health::Health, pace::EndpointLoad},
        hour::Hour,
        subscription::Subscription,
        timestamp::Timestamp,
    },
    store::{
        StoreError,
        call_list::Window,
        endpoints::{EndpointTable, SubscriptionRef},
        history::{DeliveryOutcome, HistoryTable, ReadBound},
    },
};

#[derive(Debug, Clone)]
pub struct EndpointHealth {
    pub endpoints: EndpointTable,
    pub history: HistoryTable,
    pub bound: ReadBound,
}

/// An endpoint at a moment, and in a window.
#[derive(Debug)]
pub struct HealthReport {
    pub subscription: Subscription,
    /// Its failures since the last success, if there are any.
    pub failing: Option<Health>,
    pub load: EndpointLoad,
    pub total: DeliveryCounts,
    /// Hours of UTC, the oldest first, as far as deliveries are counted.
    pub buckets: Vec<(Window, DeliveryCounts)>,
    /// The median and the 95th percentile of the answers' milliseconds; `None` without an answer.
    pub response_millis: Option<(u64, u64)>,
    /// From when on deliveries are counted, if older ones are not.
    pub cut_at: Option<Timestamp>,
}

/// Deliveries by their status, and by the answer to their last attempt.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DeliveryCounts {
    pub delivered: usize,
    pub failed: usize,
    pub pending: usize,
    pub cancelled: usize,
    pub by_answer: BTreeMap<Answer, usize>,
}

impl DeliveryCounts {
    pub fn total(&self) -> usize {
        self.delivered + self.failed + self.pending + self.cancelled
    }

    fn add(&mut self, delivery: &DeliveryOutcome) {
        *match delivery.status {
            DeliveryStatus::Delivered => &mut self.delivered,
            DeliveryStatus::Failed => &mut self.failed,
            DeliveryStatus::Pending => &mut self.pending,
            DeliveryStatus::Cancelled => &mut self.cancelled,
        } += 1;
        if let Some(last) = &delivery.last {
            *self.by_answer.entry(last.answer()).or_default() += 1;
        }
    }
}

impl EndpointHealth {
    /// `None` if there is no such subscription.
    pub async fn report(
        &self,
        endpoint: &SubscriptionRef,
        window: Window,
        now: Timestamp,
    ) -> Result<Option<HealthReport>, StoreError> {
        let (subscription, failing, load) = self.endpoints.condition(endpoint).await?;
        let Some(subscription) = subscription else {
            return Ok(None);
        };
        let outcomes = self.history.outcomes(endpoint, window, self.bound).await?;
        let kept_since = self.history.kept_since(now);
        let expired = Some(kept_since).filter(|since| window.from < *since);
        let cut_at = outcomes.cut_at.max(expired);
        let from = cut_at.map_or(window.from, |cut_at| cut_at.max(window.from));
        let mut deliveries = outcomes.deliveries;
        deliveries.retain(|delivery| from <= delivery.announced_at);
        let mut total = DeliveryCounts::default();
        let mut by_hour: BTreeMap<Hour, DeliveryCounts> = BTreeMap::new();
        for delivery in &deliveries {
            total.add(delivery);
            let hour = Hour::of(delivery.announced_at);
            by_hour.entry(hour).or_default().add(delivery);
        }
        let counted = Window { from, ..window };
        let buckets = counted.hours().map(|(hour, part)| {
            let counts = by_hour.remove(&hour).unwrap_or_default();
            (part, counts)
        });
        Ok(Some(HealthReport {
            subscription,
            failing,
            load,
            total,
            buckets: buckets.collect(),
            response_millis: response_millis(&deliveries),
            cut_at,
        }))
    }
}

fn response_millis(deliveries: &[DeliveryOutcome]) -> Option<(u64, u64)> {
    let last = deliveries
        .iter()
        .filter_map(|delivery| delivery.last.as_ref());
    let answered = last.filter(|attempt| attempt.status_code.is_some());
    let mut millis: Vec<u64> = answered.map(|attempt| attempt.timing).collect();
    millis.sort_unstable();
    Some((percentile(&millis, 50)?, percentile(&millis, 95)?))
}

/// The least of the sorted values that this percentage of them does not exceed.
fn percentile(sorted: &[u64], percent: usize) -> Option<u64> {
    let rank = (sorted.len() * percent).div_ceil(100);
    sorted.get(rank.saturating_sub(1)).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_percentile_is_a_value_that_occurred() {
        let millis: Vec<u64> = (1..=100).collect();
        assert_eq!(percentile(&millis, 50), Some(50));
        assert_eq!(percentile(&millis, 95), Some(95));
        assert_eq!(percentile(&[7], 95), Some(7));
        assert_eq!(percentile(&[7, 9], 50), Some(7));
        assert_eq!(percentile(&[], 50), None);
    }
}
