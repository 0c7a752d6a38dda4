//! `recover-deliveries`: works on recoveries.

use std::{
    process::ExitCode,
    time::{Duration, Instant},
};

use aws_lambda_events::sqs::{SqsBatchResponse, SqsEvent, SqsMessage};
use ringpost::{
    delivery::recovery::run::{Portion, Ran, Recover, RecoverError},
    queue::recoveries::RecoveryMessage,
    telemetry,
};

use super::{Unsettled, settle_all, times_received};
use crate::{
    runtime::{self, InitError, Worker},
    wiring::Aws,
};

/// What is done between two rests: a page is a second's work, and well done before the time is up.
pub const PORTION: Portion = Portion {
    rows: 250,
    time: Duration::from_secs(25),
};
/// A recovery is given up when its message comes so often, once before its queue gives up on that: who
/// asks for it is parsed, and may start it again.
const LAST_TIME: u32 = 5;

/// What this function may touch: it reads subscriptions and writes recoveries in `webhook-configs`, reads
/// and reopens deliveries in `history`, queues these, and queues recoveries.
pub struct Function {
    /// Works on recoveries.
    pub recover: Recover,
}

/// Runs the function.
#[must_use]
pub fn main() -> ExitCode {
    runtime::work::<Function>()
}

impl Worker for Function {
    const NAME: &'static str = "recover-deliveries";
    type Batch = SqsEvent;
    type Answer = SqsBatchResponse;

    async fn init() -> Result<Self, InitError> {
        let aws = Aws::new()?;
        aws.connect_subscriptions().await?;
        Ok(Self {
            recover: aws.recover(PORTION)?,
        })
    }

    async fn handle(&self, batch: SqsEvent) -> SqsBatchResponse {
        settle_all(
            &batch.records,
            batch.records.iter().map(|message| self.settle(message)),
        )
        .await
    }
}

impl Function {
    async fn settle(&self, message: &SqsMessage) -> Result<(), Unsettled> {
        let started = Instant::now();
        let body = message.body.as_deref().unwrap_or_default();
        let Ok(RecoveryMessage::V1 {
            tenant_id,
            recovery_id,
        }) = serde_json::from_str(body)
        else {
            tracing::error!("unreadable message");
            return Err(Unsettled);
        };
        let mut ran = self.recover.run(&tenant_id, recovery_id).await;
        if let Err(error) = &ran {
            let (cause, received) = (telemetry::chain(error), times_received(message));
            tracing::error!(%recovery_id, cause, received, "not recovered");
            if received >= LAST_TIME {
                ran = self.recover.give_up(&tenant_id, recovery_id).await;
            }
        }
        let (result, recovery) = match ran {
            Ok(Ran::Ended(recovery)) => (recovery.status.as_str(), Some(recovery)),
            Ok(Ran::Resting(recovery)) => ("goes on", Some(recovery)),
            Ok(Ran::Over) => ("was over", None),
            Ok(Ran::Elsewhere) => ("goes on elsewhere", None),
            Err(RecoverError::Store(_) | RecoverError::Queue(_)) => return Err(Unsettled),
        };
        let (requeued, examined) = recovery.map(|it| (it.requeued, it.examined)).unzip();
        let duration_ms = started.elapsed().as_secs_f64() * 1_000.0;
        tracing::info!(%recovery_id, result, requeued, examined, duration_ms, "recovered");
        Ok(())
    }
}
