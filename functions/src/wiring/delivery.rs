//! What makes, retries and recovers deliveries.

use ringpost::{
    clock::Clock,
    delivery::{
        addresses::Loopback,
        deliver::Deliver,
        manual_retry::ManualRetry,
        recovery::{
            order::Recoveries,
            run::{PageLimits, Recover},
        },
        send::Sender,
    },
    domain::subscription::endpoint_proof::EndpointProof,
    queries::endpoint_health::EndpointHealth,
    store::history::ReadBound,
};

use super::{InitError, Wiring};

/// Up to eight megabytes of each partition of a tenant's history, from which its deliveries are read as well.
const HEALTH_READS: ReadBound = ReadBound {
    pages: 8,
    rows: 10_000,
};

impl Wiring {
    /// What makes attempts.
    pub fn deliver(&self) -> Result<Deliver, InitError> {
        Ok(Deliver {
            endpoints: self.endpoints()?,
            history: self.history()?,
            subscriptions: self.subscriptions()?,
            queue: self.deliveries()?,
            slow_lane: self.slow_deliveries()?,
            due: self.due()?,
            events: self.events()?,
            sender: self.sender()?,
            clock: Clock::system(),
            noted: std::sync::Mutex::default(),
        })
    }

    pub fn endpoint_health(&self) -> Result<EndpointHealth, InitError> {
        Ok(EndpointHealth {
            endpoints: self.endpoints()?,
            history: self.history()?,
            bound: HEALTH_READS,
        })
    }

    pub fn sender(&self) -> Result<Sender, InitError> {
        Ok(Sender::new(self.loopback(), Clock::system())?)
    }

    pub fn manual_retry(&self) -> Result<ManualRetry, InitError> {
        Ok(ManualRetry {
            rows: self.history()?,
            subscriptions: self.subscriptions()?,
            due: self.due()?,
            queue: self.deliveries()?,
            clock: Clock::system(),
        })
    }

    pub fn recoveries(&self) -> Result<Recoveries, InitError> {
        Ok(Recoveries {
            subscriptions: self.subscriptions()?,
            recoveries: self.recovery_table()?,
            queue: self.recovery_queue()?,
            retention_days: self.environment.retention_days()?,
            clock: Clock::system(),
        })
    }

    pub fn recover(&self, limits: PageLimits) -> Result<Recover, InitError> {
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

    /// Where deliveries may go in this stage.
    pub fn loopback(&self) -> Loopback {
        match self.environment.optional("DELIVER_TO_LOOPBACK").as_deref() {
            Some("true") => Loopback::Allowed,
            _ => Loopback::Refused,
        }
    }

    /// Whether endpoints must prove themselves in this stage.
    pub fn endpoint_proof(&self) -> EndpointProof {
        match self.environment.optional("ENDPOINT_PROOF").as_deref() {
            Some("required") => EndpointProof::Required,
            _ => EndpointProof::NotAsked,
        }
    }
}
