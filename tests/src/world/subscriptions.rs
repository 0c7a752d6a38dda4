//! The endpoints of subscriptions in a world of one's own.

use ringpost::{
    delivery::addresses::Loopback, domain::subscription::endpoint_proof::EndpointProof,
};
use ringpost_functions::webhooks::{webhook_config, webhook_rotate_secret, webhook_test};

use super::World;
use crate::faults::Faults;

impl World {
    /// `webhook-config` in this world, as a stage that lets nothing go to itself has it.
    ///
    /// # Panics
    /// When its secrets cannot be read.
    pub async fn webhook_config(&self, faults: &Faults) -> webhook_config::Function {
        let (table, authenticator) = (self.subscriptions(faults), self.authenticator().await);
        webhook_config::Function::new(
            table,
            authenticator,
            Loopback::Refused,
            EndpointProof::NotAsked,
        )
    }

    /// `webhook-config` and `webhook-test` where endpoints on this machine must prove themselves.
    ///
    /// # Panics
    /// When their secrets cannot be read.
    pub async fn configs_that_need_proof(
        &self,
    ) -> (webhook_config::Function, webhook_test::Function) {
        let (none, proof) = (Faults::none(), EndpointProof::Required);
        let (table, authenticator) = (self.subscriptions(&none), self.authenticator().await);
        let test = webhook_test::Function {
            proof,
            ..self.webhook_test(&none).await
        };
        (
            webhook_config::Function::new(table, authenticator, Loopback::Allowed, proof),
            test,
        )
    }

    /// `webhook-rotate-secret` in this world.
    ///
    /// # Panics
    /// When its secrets cannot be read.
    pub async fn webhook_rotate_secret(&self, faults: &Faults) -> webhook_rotate_secret::Function {
        webhook_rotate_secret::Function::new(self.subscriptions(faults), self.authenticator().await)
    }
}
