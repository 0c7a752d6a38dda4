//! The explanation of a call: the answer of `GET /api/calls/{id}/explanation`.

use serde::Serialize;

use crate::{
    domain::{
        call::{explain::ExplainedClaim, outcome::Outcome},
        delivery::Delivery,
        key::CallId,
    },
    queries::explanation::{CallAnnouncement, ExplainedCall},
};

#[serde_with::skip_serializing_none]
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ExplanationView {
    success: bool,
    call_id: CallId,
    status: &'static str,
    outcome: Option<Outcome>,
    rule: &'static str,
    sentence: String,
    claims: Vec<ExplainedClaim>,
    announcements: Vec<AnnouncementView>,
    absorbed: Vec<CallId>,
    complete: bool,
}

#[serde_with::skip_serializing_none]
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct AnnouncementView {
    event_type: String,
    message_id: String,
    announced_by: Option<u64>,
    at: String,
    deliveries: Option<Vec<DeliveryView>>,
}

#[serde_with::skip_serializing_none]
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct DeliveryView {
    id: u64,
    webhook_config_id: u64,
    name: Option<String>,
    status: &'static str,
    attempts: u32,
    response_status: Option<u16>,
    updated_at: String,
}

impl ExplanationView {
    pub fn of(explained: ExplainedCall) -> Self {
        let ExplainedCall {
            call,
            explanation,
            announcements,
            is_complete,
        } = explained;
        Self {
            success: true,
            call_id: call.id,
            status: call.status().as_str(),
            outcome: explanation.rule.outcome(),
            rule: explanation.rule.as_str(),
            sentence: explanation.sentence,
            claims: explanation.claims,
            announcements: announcements
                .into_iter()
                .map(AnnouncementView::of)
                .collect(),
            absorbed: call.absorbed.into_keys().collect(),
            complete: is_complete,
        }
    }
}

impl AnnouncementView {
    fn of(announcement: CallAnnouncement) -> Self {
        let deliveries = announcement.deliveries.map(|deliveries| {
            let views = deliveries.into_iter();
            views
                .map(|(delivery, name)| DeliveryView::of(&delivery, name))
                .collect()
        });
        Self {
            event_type: announcement.event_type,
            message_id: announcement.message_id,
            announced_by: announcement.announced_by,
            at: announcement.at.to_string(),
            deliveries,
        }
    }
}

impl DeliveryView {
    fn of(delivery: &Delivery, name: Option<String>) -> Self {
        Self {
            id: delivery.at.id,
            webhook_config_id: delivery.subscription_id,
            name,
            status: delivery.status.as_str(),
            attempts: delivery.attempts,
            response_status: delivery.last.as_ref().and_then(|last| last.status_code),
            updated_at: delivery.updated_at.to_string(),
        }
    }
}
