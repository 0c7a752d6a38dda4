//! How the functions that ask ElevenLabs get their client and its key.

use ringpost::{
    clock::Clock,
    config,
    providers::elevenlabs::client::{ApiKey, ConversationApi, Timeouts},
    queries::agent_call_status::AgentCalls,
    queue::transcripts::TranscriptQueue,
    secrets::{Secrets, SecretsError},
};

use super::{Aws, secret_source};
use crate::runtime::InitError;

/// The key of ElevenLabs' API, unless there is deliberately none.
pub(crate) type ElevenLabsKey = Secrets<Option<ApiKey>>;

impl Aws {
    pub(crate) fn conversations(patience: Timeouts) -> Result<ConversationApi, InitError> {
        Ok(ConversationApi::new(
            config::required("ELEVENLABS_API_URL")?,
            patience,
        )?)
    }

    pub(crate) async fn elevenlabs_key(&self) -> Result<ElevenLabsKey, InitError> {
        const API_KEY: &str = "elevenlabs-api-key";
        let loaded = Secrets::load(
            &self.sdk,
            Clock::system(),
            secret_source(&[API_KEY])?,
            |texts| {
                let newest = texts.lines(API_KEY).into_iter().next();
                let key = newest.map(|key| {
                    let reason = "has a character that no key has".to_owned();
                    ApiKey::parse(&key).ok_or(SecretsError::Invalid {
                        name: API_KEY,
                        reason,
                    })
                });
                key.transpose()
            },
        );
        Ok(loaded.await?)
    }

    pub(crate) fn agent_calls(&self, patience: Timeouts) -> Result<AgentCalls, InitError> {
        Ok(AgentCalls {
            calls: self.calls()?,
            events: self.events()?,
            lookup: self.lookup()?,
            fold: self.fold()?,
            api: Self::conversations(patience)?,
            fresh_millis: u64::from(config::seconds("STATUS_FRESH_SECONDS")?) * 1_000,
            limiter: self.limiter("question", "QUESTIONS_PER_MINUTE")?,
        })
    }

    pub(crate) fn transcripts(&self) -> Result<TranscriptQueue, InitError> {
        let queue = ringpost::queue::Client::new(&self.sdk);
        Ok(TranscriptQueue::new(
            queue,
            config::required("TRANSCRIPT_QUEUE_URL")?,
        ))
    }
}
