//! The functions of inbound calls in a world.

use ringpost::{
    domain::directory::{Campaign, Entry, Lead, PhoneNumberEntry, Settings},
    providers::livekit::{Keys, KeysIfAny},
    store::directory::Put,
};
use ringpost_functions::{
    ingest::{livekit_events, sip_inbound, webhooks_test},
    runtime::Endpoint,
    wiring::Wiring,
    workers::deferred_events,
};

pub use super::DEFAULT_AGENT;
use super::World;
pub use crate::outage::Health;
use crate::{faults::Faults, outage::outage};

impl World {
    /// `sip-inbound` in this world.
    pub async fn sip_inbound(&self, database: Health, queue: Health) -> sip_inbound::Function {
        let sdk = self.sdk(&Faults::none(), 3).into_builder();
        let sdk = sdk.http_client(outage(database, queue)).build();
        let wired = sip_inbound::Function::wire(&Wiring::of(self.environment(&[]), sdk)).await;
        wired.expect("the stage has what the function needs")
    }

    /// `sip-inbound` of a stage without any LiveKit key.
    pub async fn sip_inbound_without_keys(&self) -> sip_inbound::Function {
        let mut function = self.sip_inbound(Health::Well, Health::Well).await;
        let keys = self.secrets(&["livekit-api-keys"], |_| {
            KeysIfAny(Keys::parse(&[], &[]).expect("no keys"))
        });
        function.gate.keys = keys.await;
        function
    }

    /// `livekit-events` in this world.
    pub async fn livekit_events(&self, faults: &Faults) -> livekit_events::Function {
        self.endpoint(faults).await
    }

    /// `webhooks-test` in this world, as on a developer's machine or as elsewhere.
    pub async fn webhooks_test(&self, wants_token: bool) -> webhooks_test::Function {
        let mut function: webhooks_test::Function = self.endpoint(&Faults::none()).await;
        if wants_token {
            function.authenticator = Some(self.authenticator().await);
        }
        function
    }

    /// `deferred-events` in this world.
    pub fn deferred_events(&self, faults: &Faults) -> deferred_events::Function {
        self.worker(faults)
    }

    /// The bodies of the events that wait for the log, taken out of their queue.
    pub async fn take_deferred(&self) -> Vec<String> {
        self.take(&self.deferred_url).await
    }

    /// Gives `number` to a tenant, as a number of this campaign.
    pub async fn assign_line(&self, number: &str, tenant_id: &str, campaign_id: Option<&str>) {
        self.put(&line(number, tenant_id, campaign_id)).await;
    }

    /// Gives a tenant a campaign.
    pub async fn put_campaign(&self, tenant_id: &str, id: &str, agent_name: Option<&str>) {
        let campaign = Campaign {
            id: id.to_owned(),
            tenant_id: tenant_id.to_owned(),
            name: "Phone Number Test Campaign".to_owned(),
            agent_name: agent_name.map(str::to_owned),
            user_id: None,
        };
        self.put(&campaign).await;
    }

    /// Gives a tenant a default agent.
    pub async fn put_default_agent(&self, tenant_id: &str, agent_name: &str) {
        let settings = Settings {
            tenant_id: tenant_id.to_owned(),
            name: None,
            default_agent_name: Some(agent_name.to_owned()),
            default_region: None,
        };
        self.put(&settings).await;
    }

    /// The leads of a tenant.
    pub async fn leads(&self, tenant_id: &str) -> Vec<Lead> {
        self.directory()
            .list(tenant_id, 100, None)
            .await
            .expect("leads can be listed")
            .entries
    }

    async fn put<T: Entry>(&self, entry: &T) {
        assert_eq!(
            self.directory()
                .put(entry)
                .await
                .expect("the entry can be put"),
            Put::Done
        );
    }
}

/// A number of a tenant.
pub fn line(number: &str, tenant_id: &str, campaign_id: Option<&str>) -> PhoneNumberEntry {
    PhoneNumberEntry {
        number: ringpost::domain::phone::PhoneNumber::parse(number).expect("a number"),
        tenant_id: tenant_id.to_owned(),
        kind: None,
        user_id: None,
        campaign_id: campaign_id.map(str::to_owned),
        agent_config_id: None,
    }
}
