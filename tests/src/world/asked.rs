//! The functions that ask ElevenLabs, and the queue between them and `fan-out`.

use std::time::Duration;

use ringpost::{
    clock::Clock,
    domain::{
        event::{Event, Source},
        key::EventKey,
        timestamp::Timestamp,
    },
    providers::elevenlabs::client::{ApiKey, ConversationApi, Timeouts},
    queries::agent_call_status::AgentCalls,
    queue::transcripts::TranscriptQueue,
    secrets::Secrets,
    store::calls::CallTable,
};
use ringpost_functions::{calls::agent_call_status, workers::fetch_transcript};
use serde_json::Value;

use super::{Faults, World, attempts, sdk};
use crate::{elevenlabs_api::ElevenLabsApi, stack::stack};

const TIMEOUTS: Timeouts = Timeouts {
    connect: Duration::from_secs(1),
    total: Duration::from_secs(2),
};

impl World {
    /// A server that plays ElevenLabs' API and knows the local stage's key.
    #[must_use]
    pub fn elevenlabs_api() -> ElevenLabsApi {
        ElevenLabsApi::start(stack().value("ELEVENLABS_API_KEY"))
    }

    /// `agent-call-status` in this world, which asks `api`.
    ///
    /// # Panics
    /// When its secrets cannot be read.
    pub async fn agent_call_status(&self, api: &ElevenLabsApi) -> agent_call_status::Function {
        let (lookup, fold) = self.fold(&Faults::none());
        agent_call_status::Function {
            agent_calls: AgentCalls {
                calls: CallTable::new(self.database(&Faults::none()), self.name("calls")),
                events: self.events(&Faults::none()),
                lookup,
                fold,
                api: client(api),
                fresh_millis: 60_000,
                questions: None,
            },
            key: self.elevenlabs_key().await,
            authenticator: self.authenticator().await,
            clock: Clock::system(),
        }
    }

    /// `fetch-transcript` in this world, which asks `api`.
    ///
    /// # Panics
    /// When its secrets cannot be read.
    pub async fn fetch_transcript(&self, api: &ElevenLabsApi) -> fetch_transcript::Function {
        fetch_transcript::Function {
            calls: CallTable::new(self.database(&Faults::none()), self.name("calls")),
            events: self.events(&Faults::none()),
            api: client(api),
            key: self.elevenlabs_key().await,
            queue: self.transcripts(&Faults::none()),
            clock: Clock::system(),
        }
    }

    async fn elevenlabs_key(&self) -> Secrets<Option<ApiKey>> {
        self.secrets(&["elevenlabs-api-key"], |texts| {
            ApiKey::parse(texts.text("elevenlabs-api-key"))
        })
        .await
    }

    /// The key of a stage that deliberately has none.
    ///
    /// # Panics
    /// When the secrets cannot be read.
    pub async fn no_elevenlabs_key(&self) -> Secrets<Option<ApiKey>> {
        self.secrets(&["elevenlabs-api-key"], |_| None).await
    }

    pub(super) fn transcripts(&self, faults: &Faults) -> TranscriptQueue {
        let queue = aws_sdk_sqs::Client::new(&sdk(self.stack, faults, attempts(faults)));
        TranscriptQueue::new(queue, self.transcripts_url.clone())
    }

    /// Puts an event of the call status document into the log, received at `seconds`.
    ///
    /// # Panics
    /// When the database fails.
    pub async fn keep_call_status(&self, body: &Value, seconds: i64) {
        self.keep_call_status_of(None, body, seconds).await;
    }

    /// The same as this tenant's own account sent it, or the platform's.
    ///
    /// # Panics
    /// When the database fails.
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

fn client(api: &ElevenLabsApi) -> ConversationApi {
    ConversationApi::new(api.url().to_owned(), TIMEOUTS).expect("a client can be made")
}
