//! ElevenLabs' endpoints in a world, and what they kept.

use ringpost::{
    domain::{directory::Agent, event::Event},
    providers::elevenlabs::Keys,
    secrets::Secrets,
    store::directory::Put,
};
use ringpost_functions::ingest::{call_status, elevenlabs};

use super::World;
use crate::faults::Faults;

const SECRETS: &str = "elevenlabs-webhook-secrets";

impl World {
    /// `elevenlabs` in this world.
    pub async fn elevenlabs(&self, faults: &Faults) -> elevenlabs::Function {
        self.endpoint(faults).await
    }

    /// `call-status` in this world, to which 127.0.0.1 may send unsigned.
    pub async fn call_status(&self, faults: &Faults) -> call_status::Function {
        let variables = [("ELEVENLABS_STATUS_ALLOW_LIST", "127.0.0.1/32")];
        self.endpoint_with(faults, &variables).await
    }

    /// ElevenLabs' keys that hold this secret, or none.
    pub async fn elevenlabs_keys_of(&self, secret: Option<String>) -> Secrets<Keys> {
        self.secrets(&[SECRETS], move |_| Keys::new(secret.as_slice()))
            .await
    }

    /// Gives an agent to a tenant in the directory.
    pub async fn assign_agent(&self, agent_id: &str, tenant_id: &str, user_id: &str) {
        let agent = Agent {
            agent_id: agent_id.to_owned(),
            tenant_id: tenant_id.to_owned(),
            name: None,
            user_id: Some(user_id.to_owned()),
        };
        assert_eq!(
            self.directory()
                .put(&agent)
                .await
                .expect("an agent can be assigned"),
            Put::Done
        );
    }

    /// The events in the log, whole.
    pub async fn kept_events(&self) -> Vec<Event> {
        let (table, mut events) = (self.events(&Faults::none()), Vec::new());
        for item in self.items("events").await {
            events.push(table.read(&item).await.expect("an event can be read"));
        }
        events
    }
}
