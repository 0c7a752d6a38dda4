//! `deliver`: makes the attempts that the delivery queue asks for, those of a batch side by side.

use std::process::ExitCode;

use aws_lambda_events::sqs::{SqsBatchResponse, SqsEvent};
use futures::future::join_all;
use ringpost::{
    delivery::{attempt::PreparedBatch, deliver::Deliver},
    queue::deliveries::DeliveryMessage,
    telemetry,
};
use tracing::{Instrument, Span};

use crate::{
    runtime::{
        self, Worker, log,
        queue::{self, Unsettled},
    },
    wiring::{InitError, Wiring},
};

/// What this function may touch: it reads and writes deliveries in `history`, reads `webhook-configs` and
/// writes how endpoints do, writes `due`, appends to `events`, sends to its own queues, and posts to
/// customers' endpoints.
pub struct Function {
    pub deliver: Deliver,
}

pub fn main() -> ExitCode {
    runtime::work::<Function>()
}

impl Worker for Function {
    const NAME: &'static str = "deliver";
    type Batch = SqsEvent;
    type Answer = SqsBatchResponse;

    async fn wire(wiring: &Wiring) -> Result<Self, InitError> {
        Ok(Self {
            deliver: wiring.deliver()?,
        })
    }

    async fn handle(&self, batch: SqsEvent) -> SqsBatchResponse {
        // The queue may hold a message twice: one attempt is enough.
        let mut wanted: Vec<(DeliveryMessage, Span)> = Vec::new();
        let mut places = Vec::new();
        for record in &batch.records {
            let span = queue::span(record);
            let read = span.in_scope(|| queue::read(record, queue::from_json::<DeliveryMessage>));
            places.push(read.map(|message| {
                let known = wanted.iter().position(|(one, _)| is_same(one, &message));
                known.unwrap_or_else(|| {
                    wanted.push((message, span));
                    wanted.len() - 1
                })
            }));
        }
        let settled = self.settle_all(&wanted).await;
        let settled = places
            .into_iter()
            .map(|place| settled.get(place?).copied().unwrap_or(Err(Unsettled)));
        queue::response(&batch.records, settled)
    }
}

/// Whether both ask for the same attempt, whenever that is to be made.
fn is_same(one: &DeliveryMessage, other: &DeliveryMessage) -> bool {
    one.delivery() == other.delivery() && one.number() == other.number()
}

impl Function {
    async fn settle_all(&self, wanted: &[(DeliveryMessage, Span)]) -> Vec<Result<(), Unsettled>> {
        let messages: Vec<_> = wanted.iter().map(|(message, _)| message.clone()).collect();
        match self.deliver.prepare(&messages).await {
            Ok(batch) => {
                let settling = wanted
                    .iter()
                    .map(|(message, span)| self.settle(message, span, &batch));
                join_all(settling).await
            }
            Err(error) => {
                let cause = telemetry::chain(&error);
                tracing::error!(messages = wanted.len(), cause, "not read");
                vec![Err(Unsettled); wanted.len()]
            }
        }
    }

    async fn settle(
        &self,
        message: &DeliveryMessage,
        span: &Span,
        batch: &PreparedBatch,
    ) -> Result<(), Unsettled> {
        let attempt = self
            .deliver
            .process(message, batch)
            .instrument(span.clone());
        let (done, duration_ms) = log::timed(attempt).await;
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
                let (result, answered) = (done.as_str(), done.response());
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
                    "delivery attempted"
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
                    "delivery not attempted"
                );
                Err(Unsettled)
            }
        }
    }
}
