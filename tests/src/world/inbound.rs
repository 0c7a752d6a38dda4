//! The functions of inbound calls in a world of one's own.

use std::net::TcpListener;

use aws_types::SdkConfig;
use ringpost::{
    auth::allow_list::AllowList,
    clock::Clock,
    domain::directory::{Campaign, Entry, Lead, PhoneNumberEntry, Settings},
    ingest::{agent_choice::AgentChoice, dispatch::Dispatch},
    providers::livekit::{Keys, KeysIfAny},
    queue::deferred_events::DeferredEventQueue,
    store::{
        chunks::ChunkTable,
        directory::{DirectoryTable, Put},
        events::EventTable,
    },
};
use ringpost_functions::{
    ingest::{gate::Gate, livekit_events, sip_inbound, webhooks_test},
    workers::deferred_events,
};

use super::World;
use crate::{
    aws::sdk,
    faults::{Cut, Faults},
};

/// The agent that answers where nobody names one.
pub const DEFAULT_AGENT: &str = "telephony-agent";

/// How an AWS service does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Health {
    /// It works.
    Well,
    /// Every connection breaks.
    Down,
    /// It takes requests and never answers.
    Silent,
}

impl World {
    /// `sip-inbound` in this world, which wants signatures.
    pub async fn sip_inbound(&self, database: Health, queue: Health) -> sip_inbound::Function {
        sip_inbound::Function {
            dispatch: self.dispatch(database, queue).await,
            gate: self.gate(true).await,
        }
    }

    /// `sip-inbound` of a stage without any LiveKit key.
    pub async fn sip_inbound_without_keys(&self) -> sip_inbound::Function {
        let dispatch = self.dispatch(Health::Well, Health::Well).await;
        sip_inbound::Function {
            dispatch,
            gate: self.gate(false).await,
        }
    }

    /// `livekit-events` in this world.
    pub async fn livekit_events(&self, faults: &Faults) -> livekit_events::Function {
        livekit_events::Function {
            events: self.events(faults),
            gate: self.gate(true).await,
        }
    }

    /// `webhooks-test` in this world, as on a developer's machine or as elsewhere.
    pub async fn webhooks_test(&self, wants_token: bool) -> webhooks_test::Function {
        webhooks_test::Function {
            dispatch: self.dispatch(Health::Well, Health::Well).await,
            authenticator: if wants_token {
                Some(self.authenticator().await)
            } else {
                None
            },
            clock: Clock::system(),
        }
    }

    /// `deferred-events` in this world.
    #[must_use]
    pub fn deferred_events(&self, faults: &Faults) -> deferred_events::Function {
        deferred_events::Function {
            events: self.events(faults),
        }
    }

    /// The bodies of the events that wait for the log, taken out of their queue.
    pub async fn take_deferred(&self) -> Vec<String> {
        let url = self.deferred_queue_url().await;
        self.take(&url).await
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
    ///
    /// # Panics
    /// When the database fails.
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

    async fn dispatch(&self, database: Health, queue: Health) -> Dispatch {
        let client = aws_sdk_dynamodb::Client::new(&self.sdk_in(database));
        let chunks = ChunkTable::new(client.clone(), self.name("chunks"));
        let events = EventTable::new(client.clone(), self.name("events"), chunks, 90);
        let directory = DirectoryTable::new(client, self.name("directory"));
        let queue = aws_sdk_sqs::Client::new(&self.sdk_in(queue));
        let default_tenant = self.default_tenant.map(str::to_owned);
        Dispatch::new(
            events,
            DeferredEventQueue::new(queue, self.deferred_queue_url().await),
            AgentChoice::new(directory, DEFAULT_AGENT.to_owned(), default_tenant),
        )
    }

    fn sdk_in(&self, health: Health) -> SdkConfig {
        match health {
            Health::Well => sdk(self.stack, &Faults::none(), 3),
            Health::Down => sdk(self.stack, &Faults::death_at(0, Cut::Before), 3),
            Health::Silent => {
                // Connections wait in the backlog for an accept that never comes.
                let listener =
                    Box::leak(Box::new(TcpListener::bind("127.0.0.1:0").expect("a port")));
                let address = listener.local_addr().expect("it has an address");
                let sdk = sdk(self.stack, &Faults::none(), 3);
                sdk.into_builder()
                    .endpoint_url(format!("http://{address}"))
                    .build()
            }
        }
    }

    /// Made when it is first needed; making it again finds it.
    async fn deferred_queue_url(&self) -> String {
        let queue = aws_sdk_sqs::Client::new(&sdk(self.stack, &Faults::none(), 3));
        let name = self.name("events").replace("-events", "-deferred");
        let made = queue.create_queue().queue_name(name).send().await;
        made.expect("a queue can be made")
            .queue_url
            .expect("it has a URL")
    }

    async fn gate(&self, signed: bool) -> Gate<KeysIfAny> {
        let keys = self.secrets(
            &["livekit-api-keys", "livekit-webhook-secrets"],
            move |texts| {
                let lines =
                    ["livekit-api-keys", "livekit-webhook-secrets"].map(|name| texts.lines(name));
                let [pairs, secrets] = if signed { lines } else { [vec![], vec![]] };
                KeysIfAny(Keys::parse(&pairs, &secrets).expect("pairs"))
            },
        );
        Gate {
            allow_list: AllowList::default(),
            keys: keys.await,
            public_base_url: String::new(),
            clock: Clock::system(),
            addresses: None,
            accounts: None,
        }
    }
}

/// A number of a tenant.
///
/// # Panics
/// When it is none.
#[must_use]
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
