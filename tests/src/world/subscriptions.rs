//! The endpoints of subscriptions in a world of one's own.

use ringpost::delivery::destination::Loopback;
use ringpost_functions::webhooks::{configs, rotate_secret};

use super::World;
use crate::faults::Faults;

impl World {
    /// `webhook-config` in this world, as a stage that lets nothing go to itself has it.
    ///
    /// # Panics
    /// When its secrets cannot be read.
    pub async fn webhook_config(&self, faults: &Faults) -> configs::Deps {
        configs::Deps::new(self.subscriptions(faults), self.authenticator().await, Loopback::Refused)
    }

    /// `webhook-rotate-secret` in this world.
    ///
    /// # Panics
    /// When its secrets cannot be read.
    pub async fn webhook_rotate_secret(&self, faults: &Faults) -> rotate_secret::Deps {
        rotate_secret::Deps::new(self.subscriptions(faults), self.authenticator().await)
    }
}
