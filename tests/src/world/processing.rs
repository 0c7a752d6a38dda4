//! Letting follow what follows from the log, as the stream and the retry queue would.

use ringpost_functions::runtime::Worker;

use super::World;
use crate::{
    faults::Faults,
    lambda::{queue_batch, stream_batch},
};

impl World {
    /// Drives everything that is in the log, once.
    pub async fn process_log(&self) {
        let batch = stream_batch(&self.items("events").await);
        let driven = self.fan_out(&Faults::none()).handle(batch).await;
        assert!(driven.batch_item_failures.is_empty());
    }

    /// Drives what is in the log, and whatever is queued by that, until nothing is left to do.
    pub async fn process_all(&self) {
        self.process_log().await;
        self.process_retries().await;
    }

    /// Drives what waits in the retry queue, until nothing is left to do.
    pub async fn process_retries(&self) {
        loop {
            let bodies = self.take_retries().await;
            if bodies.is_empty() {
                return;
            }
            let driven = self
                .fan_out_retry(&Faults::none())
                .handle(queue_batch(&bodies))
                .await;
            assert!(driven.batch_item_failures.is_empty());
        }
    }
}
