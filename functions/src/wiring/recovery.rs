//! How the functions of recoveries get what they may touch.

use ringpost::{
    clock::Clock,
    config,
    delivery::recovery::{
        order::Recoveries,
        run::{PageLimits, Recover},
    },
    queue::recoveries::RecoveryQueue,
    store::recoveries::RecoveryTable,
};

use super::Aws;
use crate::runtime::InitError;

impl Aws {
    pub(crate) fn recoveries(&self) -> Result<Recoveries, InitError> {
        Ok(Recoveries {
            subscriptions: self.subscriptions()?,
            recoveries: self.recovery_table()?,
            queue: self.recovery_queue()?,
            retention_days: config::retention_days()?,
            clock: Clock::system(),
        })
    }

    pub(crate) fn recover(&self, limits: PageLimits) -> Result<Recover, InitError> {
        Ok(Recover {
            subscriptions: self.subscriptions()?,
            recoveries: self.recovery_table()?,
            history: self.history()?,
            deliveries: self.deliveries()?,
            queue: self.recovery_queue()?,
            limits,
            clock: Clock::system(),
        })
    }

    fn recovery_table(&self) -> Result<RecoveryTable, InitError> {
        Ok(RecoveryTable::new(
            self.database.clone(),
            config::required("WEBHOOK_CONFIGS_TABLE")?,
        ))
    }

    fn recovery_queue(&self) -> Result<RecoveryQueue, InitError> {
        let queue = ringpost::queue::Client::new(&self.sdk);
        Ok(RecoveryQueue::new(
            queue,
            config::required("RECOVERY_QUEUE_URL")?,
        ))
    }
}
