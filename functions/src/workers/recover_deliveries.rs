//! `recover-deliveries`: works on recoveries.

use std::{process::ExitCode, time::Duration};

use ringpost::{
    delivery::recovery::run::{PageLimits, Recover, RecoverError, RecoverResult},
    domain::delivery::recovery::RecoveryId,
    queue::recoveries::RecoveryMessage,
    telemetry,
};

use crate::{
    runtime::{
        self, log,
        queue::{QueueWorker, Receipt, Unsettled, from_json},
    },
    wiring::{InitError, Wiring},
};

/// What is done between two rests: a page is a second's work, and well done before the time is up.
pub const LIMITS: PageLimits = PageLimits {
    rows: 250,
    time: Duration::from_secs(25),
};
/// A recovery is given up when its message has come this number of times, once before its queue gives up on that: its
/// status then says so, and the tenant may start it again.
const LAST_TIME: u32 = 5;

/// What this function may touch: it reads subscriptions and writes recoveries in `webhook-configs`, reads
/// and reopens deliveries in `history`, queues these, and queues recoveries.
pub struct Function {
    pub recover: Recover,
}

pub fn main() -> ExitCode {
    runtime::work::<Function>()
}

impl QueueWorker for Function {
    const NAME: &'static str = "recover-deliveries";
    type Message = RecoveryMessage;

    async fn wire(wiring: &Wiring) -> Result<Self, InitError> {
        Ok(Self {
            recover: wiring.recover(LIMITS)?,
        })
    }

    fn read(body: &str) -> Option<RecoveryMessage> {
        from_json(body)
    }

    async fn settle(
        &self,
        message: RecoveryMessage,
        receipt: Receipt<'_>,
    ) -> Result<(), Unsettled> {
        let RecoveryMessage::V1 {
            tenant_id,
            recovery_id,
        } = message;
        let running = self.run(&tenant_id, recovery_id, receipt.times_received);
        let (ran, duration_ms) = log::timed(running).await;
        let (result, recovery) = match ran {
            Ok(RecoverResult::Ended(recovery)) => (recovery.status.as_str(), Some(recovery)),
            Ok(RecoverResult::Paused(recovery)) => ("goes on", Some(recovery)),
            Ok(RecoverResult::AlreadyEnded) => ("was over", None),
            Ok(RecoverResult::TakenElsewhere) => ("goes on elsewhere", None),
            Err(RecoverError::Store(_) | RecoverError::Queue(_)) => return Err(Unsettled),
        };
        let (requeued, examined) = recovery.map(|it| (it.requeued, it.examined)).unzip();
        tracing::info!(%recovery_id, result, requeued, examined, duration_ms, "recovered");
        Ok(())
    }
}

impl Function {
    async fn run(
        &self,
        tenant_id: &str,
        recovery_id: RecoveryId,
        received: u32,
    ) -> Result<RecoverResult, RecoverError> {
        let ran = self.recover.run(tenant_id, recovery_id).await;
        if let Err(error) = &ran {
            let cause = telemetry::chain(error);
            tracing::error!(%recovery_id, cause, received, "not recovered");
            if received >= LAST_TIME {
                return self.recover.give_up(tenant_id, recovery_id).await;
            }
        }
        ran
    }
}
