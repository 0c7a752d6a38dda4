//! The queues.

use ringpost::queue::{
    deferred_events::DeferredEventQueue, deliveries::DeliveryQueue,
    fan_out_retry::FanOutRetryQueue, recoveries::RecoveryQueue, transcripts::TranscriptQueue,
};

use super::{InitError, Wiring};

impl Wiring {
    pub fn deliveries(&self) -> Result<DeliveryQueue, InitError> {
        let url = self.required("DELIVERY_QUEUE_URL")?;
        Ok(DeliveryQueue::new(self.queue()?, url))
    }

    pub fn slow_deliveries(&self) -> Result<DeliveryQueue, InitError> {
        let url = self.required("SLOW_DELIVERY_QUEUE_URL")?;
        Ok(DeliveryQueue::new(self.queue()?, url))
    }

    pub fn transcripts(&self) -> Result<TranscriptQueue, InitError> {
        let url = self.required("TRANSCRIPT_QUEUE_URL")?;
        Ok(TranscriptQueue::new(self.queue()?, url))
    }

    pub(super) fn fan_out_retries(&self) -> Result<FanOutRetryQueue, InitError> {
        let url = self.required("FAN_OUT_RETRY_QUEUE_URL")?;
        Ok(FanOutRetryQueue::new(self.queue()?, url))
    }

    pub(super) fn deferred_events(&self) -> Result<DeferredEventQueue, InitError> {
        let url = self.required("DEFERRED_EVENTS_QUEUE_URL")?;
        Ok(DeferredEventQueue::new(self.queue()?, url))
    }

    pub(super) fn recovery_queue(&self) -> Result<RecoveryQueue, InitError> {
        let url = self.required("RECOVERY_QUEUE_URL")?;
        Ok(RecoveryQueue::new(self.queue()?, url))
    }
}
