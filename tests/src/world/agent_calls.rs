//! The functions that ask ElevenLabs, and the queue between them and `fan-out`.

use std::time::Duration;

use ringpost::{
    domain::{
        event::{Event, Source},
        key::EventKey,
        timestamp::Timestamp,
    },
    providers::elevenlabs::client::{ApiKey, Timeouts},
    secrets::Secrets,
};
use ringpost_functions::{calls::agent_call_status, runtime::Worker, workers::fetch_transcript};
use serde_json::Value;

use super::{Faults, World};
use crate::{elevenlabs_api::ElevenLabsApi, stack::stack};

/// Shorter than those of the deployed `fetch-transcript`.
const TIMEOUTS: Timeouts = Timeouts {
    connect: Duration::from_secs(1),
    total: Duration::from_secs(2),
};

impl World {
    /// A server that plays ElevenLabs' API and knows the local stage's key.
    pub fn elevenlabs_api() -> ElevenLabsApi {
        ElevenLabsApi::start(stack().value("ELEVENLABS_API_KEY"))
    }

    /// `agent-call-status` in this world, which asks `api`.
    pub async fn agent_call_status(&self, api: &ElevenLabsApi) -> agent_call_status::Function {
        self.agent_call_status_with(&Faults::none(), api).await
    }

    /// As [`World::agent_call_status`], on connections that suffer `faults`.
    pub async fn agent_call_status_with(
        &self,
        faults: &Faults,
        api: &ElevenLabsApi,
    ) -> agent_call_status::Function {
        let variables = [("ELEVENLABS_API_URL", api.url())];
        self.endpoint_with(faults, &variables).await
    }

    /// `fetch-transcript` in this world, which asks `api`.
    pub async fn fetch_transcript(&self, api: &ElevenLabsApi) -> fetch_transcript::Function {
        self.fetch_transcript_with(&Faults::none(), api).await
    }

    /// As [`World::fetch_transcript`], on connections that suffer `faults`.
    pub async fn fetch_transcript_with(
        &self,
        faults: &Faults,
        api: &ElevenLabsApi,
    ) -> fetch_transcript::Function {
        faults.strike(<fetch_transcript::Function as Worker>::NAME);
        let variables = [("ELEVENLABS_API_URL", api.url())];
        let wiring = self.wiring_with(faults, &variables);
        let function = <fetch_transcript::Function as Worker>::wire(&wiring).await;
        fetch_transcript::Function {
            api: wiring.conversations(TIMEOUTS).expect("a client"),
            ..function.expect("the stage has what the function needs")
        }
    }

    /// The key of a stage that deliberately has none.
    pub async fn no_elevenlabs_key(&self) -> Secrets<Option<ApiKey>> {
        self.secrets(&["elevenlabs-api-key"], |_| None).await
    }

    /// Puts an event of the call status document into the log, received at `seconds`.
    pub async fn keep_call_status(&self, body: &Value, seconds: i64) {
        self.keep_call_status_of(None, body, seconds).await;
    }

    /// The same as this tenant's own account sent it, or the platform's.
    pub async fn keep_call_status_of(&self, account: Option<&str>, body: &Value, seconds: i64) {
        let (payload, source) = (body.to_string(), Source::CallStatus);
        let at = Timestamp::from_seconds(seconds).expect("a time");
        let event_type = body["event_type"].as_str().expect("an event type");
        let event = Event {
            key: EventKey::natural(source.as_str(), &[event_type], payload.as_bytes()),
            source,
            tenant_id: account.map(str::to_owned),
            region: None,
            event_type: event_type.to_owned(),
            occurred_at: at,
            received_at: at,
            payload: payload.into(),
        };
        self.events(&Faults::none())
            .append(&event)
            .await
            .expect("the event is kept");
    }
}
