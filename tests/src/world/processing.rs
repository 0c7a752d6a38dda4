//! Processing of the log, as the stream and the retry queue start it.

use ringpost_functions::runtime::Worker;

use super::World;
use crate::{
    faults::Faults,
    lambda::{queue_batch, stream_batch},
};

impl World {
    /// Processes every event of the log, once. None may fail.
    pub async fn process_log(&self) {
        let batch = stream_batch(&self.items("events").await);
        let processed = self.fan_out(&Faults::none()).handle(batch).await;
        assert!(processed.batch_item_failures.is_empty());
    }

    /// Processes the log, and what that queues for retry, until nothing is left to do.
    pub async fn process_all(&self) {
        self.process_log().await;
        self.process_retries().await;
    }

    /// Processes the retry queue until it is empty.
    pub async fn process_retries(&self) {
        loop {
            let bodies = self.take_retries().await;
            if bodies.is_empty() {
                return;
            }
            let processed = self
                .fan_out_retry(&Faults::none())
                .handle(queue_batch(&bodies))
                .await;
            assert!(processed.batch_item_failures.is_empty());
        }
    }
}
