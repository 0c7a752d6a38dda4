//! The endpoints of subscriptions in a world.

use ringpost_functions::webhooks::{webhook_config, webhook_rotate_secret, webhook_test};

use super::{World, deliveries::sender};
use crate::faults::Faults;

impl World {
    /// `webhook-config` in this world, as a stage that lets nothing go to itself has it.
    pub async fn webhook_config(&self, faults: &Faults) -> webhook_config::Function {
        self.endpoint(faults).await
    }

    /// `webhook-config` and `webhook-test` where endpoints on this machine must prove themselves.
    pub async fn configs_that_need_proof(
        &self,
    ) -> (webhook_config::Function, webhook_test::Function) {
        let none = Faults::none();
        let variables = [
            ("DELIVER_TO_LOOPBACK", "true"),
            ("ENDPOINT_PROOF", "required"),
        ];
        let test = webhook_test::Function {
            sender: sender(),
            ..self.endpoint_with(&none, &variables).await
        };
        (self.endpoint_with(&none, &variables).await, test)
    }

    /// `webhook-rotate-secret` in this world.
    pub async fn webhook_rotate_secret(&self, faults: &Faults) -> webhook_rotate_secret::Function {
        self.endpoint(faults).await
    }
}
