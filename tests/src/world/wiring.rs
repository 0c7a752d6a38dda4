//! The functions of a world, made by the composition root of the deployed ones.

use futures::FutureExt;
use ringpost::{
    config::Environment,
    secrets::{SecretTexts, Secrets},
};
use ringpost_functions::{
    authenticator::Authenticator,
    runtime::{Endpoint, Worker},
    wiring::Wiring,
};

use super::{DEFAULT_AGENT, World, attempts};
use crate::faults::Faults;

impl World {
    /// The wiring of this world. What goes wrong with AWS begins after the secrets are read.
    pub fn wiring(&self, faults: &Faults) -> Wiring {
        self.wiring_with(faults, &[])
    }

    /// As [`World::wiring`], with these variables of the environment besides.
    pub fn wiring_with(&self, faults: &Faults, variables: &[(&str, &str)]) -> Wiring {
        let sdk = self.sdk(faults, attempts(faults)).into_builder();
        let sdk = sdk.http_client(faults.client_sparing_secrets());
        Wiring::of(self.environment(variables), sdk.build())
    }

    pub(super) fn environment(&self, variables: &[(&str, &str)]) -> Environment {
        let table = |name: &str| self.name(name);
        let own = [
            ("STAGE", "local".to_owned()),
            ("SECRETS_PREFIX", "/ringpost/local/".to_owned()),
            ("RETENTION_DAYS", "90".to_owned()),
            ("CALL_RETENTION_DAYS", "0".to_owned()),
            ("UNFINISHED_AFTER_HOURS", "4".to_owned()),
            ("STATUS_FRESH_SECONDS", "60".to_owned()),
            ("TOKEN_ALGORITHM", "HS256".to_owned()),
            ("TOKEN_LIFETIME_HOURS", "744".to_owned()),
            ("DEFAULT_AGENT_NAME", DEFAULT_AGENT.to_owned()),
            (
                "DEFAULT_TENANT",
                self.default_tenant.unwrap_or_default().to_owned(),
            ),
            ("EVENTS_TABLE", table("events")),
            ("CHUNKS_TABLE", table("chunks")),
            ("CALLS_TABLE", table("calls")),
            ("HISTORY_TABLE", table("history")),
            ("DUE_TABLE", table("due")),
            ("WEBHOOK_CONFIGS_TABLE", table("webhookconfigs")),
            ("DIRECTORY_TABLE", table("directory")),
            // It has the same key as the table of limits.
            ("LIMITS_TABLE", table("directory")),
            ("FAN_OUT_RETRY_QUEUE_URL", self.queue_url.clone()),
            ("TRANSCRIPT_QUEUE_URL", self.transcripts_url.clone()),
            ("DELIVERY_QUEUE_URL", self.deliveries_url.clone()),
            ("SLOW_DELIVERY_QUEUE_URL", self.slow_lane_url()),
            ("RECOVERY_QUEUE_URL", self.recoveries_url.clone()),
            ("DEFERRED_EVENTS_QUEUE_URL", self.deferred_url.clone()),
        ];
        let unlimited = [
            "ADDRESS_REQUESTS_PER_MINUTE",
            "ACCOUNT_WEBHOOKS_PER_MINUTE",
            "USER_REQUESTS_PER_MINUTE",
            "QUESTIONS_PER_MINUTE",
            "SUBMITTED_CALLS_PER_MINUTE",
            "PUBLISHED_EVENTS_PER_MINUTE",
        ];
        let unlimited = unlimited.map(|name| (name, "0".to_owned()));
        let given = variables
            .iter()
            .map(|(name, value)| (*name, (*value).to_owned()));
        own.into_iter()
            .chain(unlimited)
            .chain(given)
            .map(|(name, value)| (name.to_owned(), value))
            .collect()
    }

    /// An endpoint in this world.
    pub async fn endpoint<E: Endpoint>(&self, faults: &Faults) -> E {
        self.endpoint_with(faults, &[]).await
    }

    /// As [`World::endpoint`], with these variables of the environment besides.
    pub async fn endpoint_with<E: Endpoint>(
        &self,
        faults: &Faults,
        variables: &[(&str, &str)],
    ) -> E {
        faults.strike(E::NAME);
        let wiring = self.wiring_with(faults, variables);
        let endpoint = E::wire(&wiring).await;
        endpoint.expect("the stage has what the function needs")
    }

    /// A worker in this world that reads no secrets, so that nothing is waited for.
    pub(super) fn worker<W: Worker>(&self, faults: &Faults) -> W {
        faults.strike(W::NAME);
        let wiring = self.wiring(faults);
        let worker = W::wire(&wiring).now_or_never();
        worker
            .expect("it reads no secrets")
            .expect("the stage has what the function needs")
    }

    /// Who may ask in this world.
    pub async fn authenticator(&self) -> Authenticator {
        let wiring = self.wiring(&Faults::none());
        let authenticator = wiring.authenticator().await;
        authenticator.expect("the local stage has its secrets")
    }

    /// Secrets of the local stage.
    pub async fn secrets<T>(
        &self,
        names: &'static [&'static str],
        parse: impl Fn(&SecretTexts) -> T + Send + Sync + 'static,
    ) -> Secrets<T> {
        let wiring = self.wiring(&Faults::none());
        let loaded = wiring.secrets(names, move |texts| Ok(parse(texts))).await;
        loaded.expect("the local stage has its secrets")
    }
}
