//! What was received and sent in a world, without anybody having done so.

use std::collections::BTreeMap;

use aws_sdk_dynamodb::types::AttributeValue;
use bytes::Bytes;
use ringpost::{
    domain::{
        delivery::{Attempt, Delivery, DeliveryRef, DeliveryStatus, Message},
        event::{Event, Source},
        key::EventKey,
        subscription::Subscription,
        timestamp::Timestamp,
    },
    queries::history::ExaminedRows,
    store::history::RecordedDelivery,
};
use ringpost_functions::webhooks::{webhook_event_retry, webhook_events};

use super::World;
use crate::{faults::Faults, subscriptions::secrets};

/// An event as `source` sent it.
pub fn event(source: Source, id: &str, at: Timestamp, payload: &str) -> Event {
    Event {
        key: EventKey::of(source.as_str(), id),
        source,
        tenant_id: None,
        region: None,
        event_type: "participant_left".to_owned(),
        occurred_at: at,
        received_at: at,
        payload: Bytes::copy_from_slice(payload.as_bytes()),
    }
}

/// An attempt that the endpoint answered with this status.
pub fn answered(at: Timestamp, status_code: u16) -> Attempt {
    Attempt {
        at,
        status_code: Some(status_code),
        body: format!("answered {status_code}"),
        headers: BTreeMap::from([("server".to_owned(), "nginx".to_owned())]),
        timing: 245,
        ..Attempt::default()
    }
}

impl World {
    /// `webhook-events` in this world, which examines this number of rows for one answer, whatever is asked for.
    pub async fn webhook_events(&self, examined: usize) -> webhook_events::Function {
        self.webhook_events_within(ExaminedRows {
            usual: examined,
            full_count: examined,
        })
        .await
    }

    /// `webhook-events` in this world, which examines this number of rows for one answer.
    pub async fn webhook_events_within(&self, examined: ExaminedRows) -> webhook_events::Function {
        let mut function: webhook_events::Function = self.endpoint(&Faults::none()).await;
        function.history.examined = examined;
        function
    }

    /// `webhook-event-retry` in this world.
    pub async fn webhook_event_retry(&self, faults: &Faults) -> webhook_event_retry::Function {
        self.endpoint(faults).await
    }

    /// A delivery that waits for its first attempt.
    pub async fn pending_delivery(&self, message: &Message, subscription_id: u64) -> Delivery {
        let history = self.history(&Faults::none());
        let packed = history.pack(message, 1).await.expect("it is packed");
        let queued = history
            .record_delivery(&packed, subscription_id)
            .await
            .expect("it is recorded");
        let RecordedDelivery::Unqueued(at) = queued else {
            panic!("{queued:?}")
        };
        self.delivery(&at).await
    }

    /// A delivery as it stands.
    pub async fn delivery(&self, at: &DeliveryRef) -> Delivery {
        let found = self.history(&Faults::none()).find_delivery(at).await;
        found.expect("the database answers").expect("a delivery")
    }

    /// Deletes the body that the deliveries of a message share.
    pub async fn forget_body(&self, tenant_id: &str, message_id: &str) {
        let partition = AttributeValue::S(format!("{tenant_id}#{message_id}"));
        let delete = self
            .database(&Faults::none())
            .delete_item()
            .table_name(self.name("history"));
        let delete = delete
            .key("tenantShard", partition)
            .key("id", AttributeValue::N("0".to_owned()));
        delete.send().await.expect("a body can be deleted");
    }

    /// A delivery after one more attempt.
    pub async fn attempt(
        &self,
        delivery: &Delivery,
        attempt: &Attempt,
        status: DeliveryStatus,
    ) -> Delivery {
        let history = self.history(&Faults::none());
        let recorded = history
            .record_attempt(delivery, attempt, status, None)
            .await;
        recorded
            .expect("it is recorded")
            .expect("the delivery goes on")
    }

    /// Writes a subscription.
    pub async fn write_subscription(&self, subscription: &Subscription) {
        let created = self
            .subscriptions(&Faults::none())
            .create(subscription, &secrets())
            .await;
        created.expect("the subscription is written");
    }

    /// Records that a tenant received an event, which the log need not have.
    pub async fn receive(&self, event: &Event, tenant_id: &str, user_id: Option<&str>) {
        let recorded = self
            .history(&Faults::none())
            .record_inbound(event, tenant_id, None, user_id)
            .await;
        recorded.expect("it is recorded");
    }
}
