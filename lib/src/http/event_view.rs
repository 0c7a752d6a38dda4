//! An event of the history as the Webhook API document shows it.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::value::RawValue;

use super::event_payload::Payload;
use crate::{
    domain::{
        delivery::{Attempt, Delivery, DeliveryStatus},
        event::Source,
        key::CallId,
        subscription::Subscription,
    },
    queries::history::{EventDetail, ListedEvent},
    store::history::{Received, RowStatus},
};

/// Attempts that a detail shows: the latest, so that an answer stays below what Lambda can give.
const MAX_ATTEMPTS: usize = 50;

/// `event` of `GET /api/webhooks/events`.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct EventView {
    id: u64,
    direction: &'static str,
    source: String,
    event_type: String,
    status: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    call_id: Option<CallId>,
    #[serde(flatten)]
    delivery: Option<DeliveryView>,
    payload: Box<RawValue>,
    #[serde(skip_serializing_if = "Option::is_none")]
    payload_truncated: Option<bool>,
    created_at: String,
    updated_at: String,
}

/// What an event has that goes out.
#[serde_with::skip_serializing_none]
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct DeliveryView {
    webhook_config_id: u64,
    message_id: String,
    attempts: u32,
    next_attempt_at: Option<String>,
    response_data: Option<ResponseView>,
    attempt_details: Option<Vec<AttemptView>>,
    recovery: Option<String>,
}

/// The result of an attempt.
#[serde_with::skip_serializing_none]
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct ResponseView {
    status_code: Option<u16>,
    body: Option<String>,
    headers: Option<BTreeMap<String, String>>,
    error: Option<String>,
    timing: Option<u64>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct AttemptView {
    attempt: u32,
    at: String,
    #[serde(flatten)]
    response: ResponseView,
}

/// `webhookConfig` of `GET /api/webhooks/events/{id}`.
#[derive(Debug, Serialize)]
pub struct SubscriptionView {
    id: u64,
    name: String,
    url: String,
}

impl EventView {
    /// An event in a list.
    pub fn listed(event: ListedEvent) -> Self {
        match event {
            ListedEvent::Delivery(delivery) => Self::delivery(&delivery),
            ListedEvent::Received(received, excerpt) => {
                let payload = excerpt.map(|excerpt| Payload::listed(&received.source, &excerpt));
                Self::received(received, payload)
            }
        }
    }

    fn received(received: Received, payload: Option<Payload>) -> Self {
        let payload = payload.unwrap_or_else(Payload::expired);
        let at = received.created_at.to_string();
        Self {
            id: received.id,
            direction: "inbound",
            source: received.source,
            event_type: received.event_type,
            status: RowStatus::Processed.as_str(),
            call_id: received.call_id,
            delivery: None,
            payload_truncated: payload.is_cut.then_some(true),
            payload: payload.json,
            updated_at: at.clone(),
            created_at: at,
        }
    }

    fn delivery(delivery: &Delivery) -> Self {
        let body = delivery.body.as_deref();
        Self::sent(
            delivery,
            body.map_or_else(Payload::expired, Payload::listed_posted),
            ResponseView::of,
        )
    }

    /// A delivery that was just queued: its attempts count the one that is to come.
    pub fn queued(delivery: &Delivery) -> Self {
        let mut view = Self::delivery(delivery);
        if let Some(view) = &mut view.delivery {
            view.attempts += 1;
        }
        view
    }

    /// A delivery with everything that is stored about it; `failed` are its failed attempts.
    fn detailed(delivery: &Delivery, failed: Vec<(u32, Attempt)>) -> Self {
        let payload = delivery
            .body
            .as_deref()
            .map_or_else(Payload::expired, Payload::whole_posted);
        let mut view = Self::sent(delivery, payload, ResponseView::timed);
        if let Some(view) = &mut view.delivery {
            let attempts = attempts(delivery, failed);
            let left_out = attempts.len().saturating_sub(MAX_ATTEMPTS);
            let shown = attempts.iter().skip(left_out);
            let shown = shown.map(|(number, attempt)| AttemptView {
                attempt: *number,
                at: attempt.at.to_string(),
                response: ResponseView::timed(attempt),
            });
            view.attempt_details = Some(shown.collect());
            view.recovery.clone_from(&delivery.recovery);
        }
        view
    }

    /// The event without what the endpoint answered, which is for those who may see all of their tenant.
    pub fn without_answers(mut self) -> Self {
        if let Some(view) = &mut self.delivery {
            view.response_data = view.response_data.take().map(ResponseView::without_answer);
            view.attempt_details = view.attempt_details.take().map(|attempts| {
                let without = |view: AttemptView| AttemptView {
                    response: view.response.without_answer(),
                    ..view
                };
                attempts.into_iter().map(without).collect()
            });
        }
        self
    }

    fn sent(delivery: &Delivery, payload: Payload, response: fn(&Attempt) -> ResponseView) -> Self {
        let next = delivery
            .next_attempt_at
            .filter(|_| delivery.status == DeliveryStatus::Pending);
        Self {
            id: delivery.at.id,
            direction: "outbound",
            source: Source::Platform.as_str().to_owned(),
            event_type: delivery.event_type.clone(),
            status: delivery.status.as_str(),
            call_id: delivery.call_id,
            delivery: Some(DeliveryView {
                webhook_config_id: delivery.subscription_id,
                message_id: delivery.message_id.clone(),
                attempts: delivery.attempts,
                next_attempt_at: next.map(|next| next.to_string()),
                response_data: delivery.last.as_ref().map(response),
                attempt_details: None,
                recovery: None,
            }),
            payload_truncated: payload.is_cut.then_some(true),
            payload: payload.json,
            created_at: delivery.created_at.to_string(),
            updated_at: delivery.updated_at.to_string(),
        }
    }
}

/// Every recorded attempt by its number. Failed ones are kept beside the row, the last one of all also in
/// it: alone there, if it succeeded or was made for a test.
fn attempts(delivery: &Delivery, mut attempts: Vec<(u32, Attempt)>) -> Vec<(u32, Attempt)> {
    // One beyond was stored by a process that died before it counted, and may have the last one's number.
    let delivered = delivery.status == DeliveryStatus::Delivered;
    attempts.retain(|(number, _)| {
        *number < delivery.attempts || (*number == delivery.attempts && !delivered)
    });
    let has_last = attempts
        .iter()
        .any(|(number, _)| *number == delivery.attempts);
    if delivery.attempts > 0 && !has_last {
        attempts.extend(delivery.last.clone().map(|last| (delivery.attempts, last)));
    }
    attempts
}

impl ResponseView {
    fn of(attempt: &Attempt) -> Self {
        let answered = attempt.status_code.is_some();
        Self {
            status_code: attempt.status_code,
            body: answered.then(|| attempt.body.clone()),
            headers: answered.then(|| attempt.headers.clone()),
            error: attempt.error.clone(),
            timing: None,
        }
    }

    fn without_answer(self) -> Self {
        Self {
            body: None,
            headers: None,
            ..self
        }
    }

    fn timed(attempt: &Attempt) -> Self {
        Self {
            timing: Some(attempt.timing),
            ..Self::of(attempt)
        }
    }
}

/// An event with everything that is stored about it, and where it goes, unless that was deleted.
pub fn detail(found: EventDetail) -> (EventView, Option<SubscriptionView>) {
    match found {
        EventDetail::Received(received, event) => {
            let payload = event.map(|event| Payload::whole(&received.source, &event.payload));
            (EventView::received(received, payload), None)
        }
        EventDetail::Delivery {
            delivery,
            failed,
            subscription,
        } => {
            let view = EventView::detailed(&delivery, failed);
            (
                view,
                subscription.map(|subscription| SubscriptionView::of(*subscription)),
            )
        }
    }
}

impl SubscriptionView {
    /// A subscription without its secret.
    fn of(subscription: Subscription) -> Self {
        Self {
            id: subscription.id,
            name: subscription.name,
            url: subscription.url,
        }
    }
}
