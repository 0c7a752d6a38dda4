//! `deliver`: makes the attempts that the delivery queue asks for, those of a batch side by side.

use std::{process::ExitCode, time::Instant};

use aws_lambda_events::sqs::{SqsBatchResponse, SqsEvent, SqsMessage};
use futures::future::join_all;
use ringpost::{
    delivery::{attempt::Prepared, deliver::Deliver},
    queue::deliveries::DeliveryMessage,
    telemetry,
};

use super::{Unsettled, settle_all};
use crate::{
    runtime::{self, InitError, Worker},
    wiring::Aws,
};

/// What this function may touch: it reads and writes deliveries in `history`, reads `webhook-configs` and
/// writes how endpoints do, writes `due`, appends to `events`, sends to its own queues, and posts to
/// customers' endpoints.
pub struct Function {
    /// Makes attempts.
    pub deliver: Deliver,
}

/// Runs the function.
#[must_use]
pub fn main() -> ExitCode {
    runtime::work::<Function>()
}

impl Worker for Function {
    const NAME: &'static str = "deliver";
    type Batch = SqsEvent;
    type Answer = SqsBatchResponse;

    async fn init() -> Result<Self, InitError> {
        let aws = Aws::new()?;
        aws.connect_to_log().await?;
        Ok(Self {
            deliver: aws.deliver()?,
        })
    }

    async fn handle(&self, batch: SqsEvent) -> SqsBatchResponse {
        let read: Vec<Option<DeliveryMessage>> = batch.records.iter().map(read).collect();
        let mut wanted: Vec<DeliveryMessage> = Vec::new();
        // The queue may hold a message twice: one attempt is enough.
        for message in read.iter().flatten() {
            if !wanted.iter().any(|one| is_same(one, message)) {
                wanted.push(message.clone());
            }
        }
        let settled = match self.deliver.prepare(&wanted).await {
            Ok(batch) => join_all(wanted.iter().map(|message| self.settle(message, &batch))).await,
            Err(error) => {
                let cause = telemetry::chain(&error);
                tracing::error!(messages = wanted.len(), cause, "not read");
                wanted.iter().map(|_| Err(Unsettled)).collect()
            }
        };
        let verdicts = read.iter().map(async |message| {
            let place = message
                .as_ref()
                .and_then(|message| wanted.iter().position(|one| is_same(one, message)));
            place
                .and_then(|place| settled.get(place))
                .copied()
                .unwrap_or(Err(Unsettled))
        });
        settle_all(&batch.records, verdicts).await
    }
}

/// Whether both ask for the same attempt, whenever that is to be made.
fn is_same(one: &DeliveryMessage, other: &DeliveryMessage) -> bool {
    one.delivery() == other.delivery() && one.number() == other.number()
}

fn read(message: &SqsMessage) -> Option<DeliveryMessage> {
    let read = serde_json::from_str(message.body.as_deref().unwrap_or_default()).ok();
    if read.is_none() {
        tracing::error!("unreadable message");
    }
    read
}

impl Function {
    async fn settle(&self, message: &DeliveryMessage, batch: &Prepared) -> Result<(), Unsettled> {
        let started = Instant::now();
        let done = self.deliver.work(message, batch).await;
        let duration_ms = started.elapsed().as_secs_f64() * 1_000.0;
        let (at, delivery) = (message.delivery(), batch.delivery(message));
        let (tenant_id, id) = (at.tenant_id, at.id);
        let (subscription, attempt) = (message.subscription_id(), message.number());
        // By these a customer's question, a call and an event's type find this line.
        let message_id = delivery.map(|delivery| delivery.message_id.as_str());
        let event_type = delivery.map(|delivery| delivery.event_type.as_str());
        let call_id = delivery
            .and_then(|delivery| delivery.call_id)
            .map(|call| call.to_string());
        match done {
            Ok(done) => {
                let (result, answered) = (done.as_str(), done.answered());
                let status_code = answered.and_then(|answered| answered.status_code);
                let since_received_ms = answered.map(|answered| answered.since_received_ms);
                tracing::info!(
                    tenant_id,
                    id,
                    subscription,
                    attempt,
                    message_id,
                    event_type,
                    call_id,
                    result,
                    status_code,
                    since_received_ms,
                    duration_ms,
                    "worked on"
                );
                Ok(())
            }
            Err(error) => {
                let cause = telemetry::chain(&error);
                tracing::error!(
                    tenant_id,
                    id,
                    subscription,
                    attempt,
                    message_id,
                    event_type,
                    call_id,
                    cause,
                    duration_ms,
                    "not worked on"
                );
                Err(Unsettled)
            }
        }
    }
}
