//! `fetch-transcript`: reads a conversation that ended from ElevenLabs and puts it into the log, from
//! where it enters its call as any event does.
//!
//! ElevenLabs finishes a conversation some time after its call. Until then, and while it cannot
//! answer, the message waits longer each time; the queue gives up on it after a few times and keeps it.

use std::{process::ExitCode, time::Duration};

use ringpost::{
    clock::Clock,
    domain::key::CallId,
    providers::elevenlabs::client::{
        ApiKey, ConversationApi, ConversationApiError, ConversationId, Timeouts,
    },
    queue::transcripts::{TranscriptMessage, TranscriptQueue},
    secrets::Secrets,
    store::{
        StoreError,
        calls::CallTable,
        events::{Accepted, EventTable},
    },
    telemetry,
};

use crate::{
    runtime::{
        self,
        queue::{QueueWorker, Receipt, Unsettled, from_json, log_wait},
    },
    wiring::{InitError, Wiring},
};

/// A transcript may be large, and no person waits for it.
const TIMEOUTS: Timeouts = Timeouts {
    connect: Duration::from_secs(3),
    total: Duration::from_secs(15),
};

/// What this function may touch: it reads `calls`, appends to `events`, postpones messages of its
/// queue, reads ElevenLabs' API key, and asks ElevenLabs.
pub struct Function {
    pub calls: CallTable,
    pub events: EventTable,
    pub api: ConversationApi,
    pub key: Secrets<Option<ApiKey>>,
    pub queue: TranscriptQueue,
    pub clock: Clock,
}

pub fn main() -> ExitCode {
    runtime::work::<Function>()
}

impl QueueWorker for Function {
    const NAME: &'static str = "fetch-transcript";
    type Message = TranscriptMessage;

    async fn wire(wiring: &Wiring) -> Result<Self, InitError> {
        Ok(Self {
            calls: wiring.calls()?,
            events: wiring.events()?,
            api: wiring.conversations(TIMEOUTS)?,
            key: wiring.elevenlabs_key().await?,
            queue: wiring.transcripts()?,
            clock: Clock::system(),
        })
    }

    fn read(body: &str) -> Option<TranscriptMessage> {
        from_json(body)
    }

    async fn settle(
        &self,
        message: TranscriptMessage,
        receipt: Receipt<'_>,
    ) -> Result<(), Unsettled> {
        let TranscriptMessage::V1 {
            call_id,
            conversation_id,
        } = message;
        let received = receipt.times_received;
        let fetched = self.fetch(call_id, &conversation_id).await;
        match fetched {
            Ok(Fetched::Kept(accepted)) => {
                let result = if accepted == Accepted::New {
                    "kept"
                } else {
                    "kept before"
                };
                tracing::info!(%call_id, conversation_id, received, result, "fetched");
                return Ok(());
            }
            Ok(Fetched::Needless(result)) => {
                tracing::info!(%call_id, conversation_id, received, result, "not fetched");
                return Ok(());
            }
            Ok(Fetched::Early) => {
                let result = "conversation is not over";
                tracing::info!(%call_id, conversation_id, received, result, "transcript postponed");
            }
            Ok(Fetched::Failed(error)) => {
                let cause = telemetry::chain(&error);
                tracing::warn!(%call_id, conversation_id, received, cause, "transcript postponed");
            }
            Err(error) => {
                let cause = telemetry::chain(&error);
                tracing::error!(%call_id, conversation_id, received, cause, "transcript postponed");
            }
        }
        log_wait(self.queue.postpone(receipt.handle, received).await);
        Err(Unsettled)
    }
}

/// How a message was settled.
enum Fetched {
    /// The conversation is in the log.
    Kept(Accepted),
    /// There is nothing to fetch, and never will be.
    Needless(&'static str),
    /// The conversation is not over.
    Early,
    /// ElevenLabs did not give it.
    Failed(ConversationApiError),
}

impl Function {
    async fn fetch(&self, call_id: CallId, conversation_id: &str) -> Result<Fetched, StoreError> {
        let Some(id) = ConversationId::parse(conversation_id) else {
            return Ok(Fetched::Needless("no id of a conversation"));
        };
        // Who configured no key gets transcripts by webhook, or wants none.
        let keys = self.key.current().await;
        let Some(key) = keys.as_deref().and_then(Option::as_ref) else {
            return Ok(Fetched::Needless("no API key is configured"));
        };
        let call = self.calls.find(call_id).await?.map(|trail| trail.whole());
        if call.is_some_and(|call| call.facts.transcript().is_some()) {
            return Ok(Fetched::Needless("the call has its transcript"));
        }
        match self.api.conversation(key, &id).await {
            Ok(conversation) if conversation.is_over() => {
                let event = conversation.into_event(self.clock.now());
                self.events.append(&event).await.map(Fetched::Kept)
            }
            Ok(_) => Ok(Fetched::Early),
            // Another workspace's, deleted, or never a conversation.
            Err(ConversationApiError::NotFound(_)) => {
                Ok(Fetched::Needless("ElevenLabs knows no such conversation"))
            }
            Err(error) => Ok(Fetched::Failed(error)),
        }
    }
}
