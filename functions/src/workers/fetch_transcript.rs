//! `fetch-transcript`: reads a conversation that ended from ElevenLabs and puts it into the log, from
//! where it enters its call as any event does.
//!
//! ElevenLabs finishes a conversation some time after its call. Until then, and while it cannot
//! answer, the message waits longer each time; the queue gives up on it after a few times and keeps it.

use std::{process::ExitCode, time::Duration};

use aws_lambda_events::sqs::{SqsBatchResponse, SqsEvent, SqsMessage};
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

use super::{Unsettled, log_wait, receipt, settle_all, times_received};
use crate::{
    runtime::{self, InitError, Worker},
    wiring::Aws,
};

/// A transcript may be large, and nobody waits for it.
const TIMEOUTS: Timeouts = Timeouts {
    connect: Duration::from_secs(3),
    total: Duration::from_secs(15),
};

/// What this function may touch: it reads `calls`, appends to `events`, puts off messages of its
/// queue, reads ElevenLabs' API key, and asks ElevenLabs.
pub struct Function {
    /// Where calls are.
    pub calls: CallTable,
    /// Where the conversation is kept.
    pub events: EventTable,
    /// Whom to ask.
    pub api: ConversationApi,
    /// ElevenLabs' API key.
    pub key: Secrets<Option<ApiKey>>,
    /// Where the messages come from.
    pub queue: TranscriptQueue,
    /// What time it is.
    pub clock: Clock,
}

/// Runs the function.
#[must_use]
pub fn main() -> ExitCode {
    runtime::work::<Function>()
}

impl Worker for Function {
    const NAME: &'static str = "fetch-transcript";
    type Batch = SqsEvent;
    type Answer = SqsBatchResponse;

    async fn init() -> Result<Self, InitError> {
        let aws = Aws::new()?;
        let (key, connected) = tokio::join!(aws.elevenlabs_key(), aws.connect());
        connected?;
        Ok(Self {
            calls: aws.calls()?,
            events: aws.events()?,
            api: Aws::conversations(TIMEOUTS)?,
            key: key?,
            queue: aws.transcripts()?,
            clock: Clock::system(),
        })
    }

    async fn handle(&self, batch: SqsEvent) -> SqsBatchResponse {
        // Each mostly waits for ElevenLabs.
        settle_all(
            &batch.records,
            batch.records.iter().map(|message| self.settle(message)),
        )
        .await
    }
}

/// What became of a message.
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
    async fn settle(&self, message: &SqsMessage) -> Result<(), Unsettled> {
        let body = message.body.as_deref().unwrap_or_default();
        let Ok(TranscriptMessage::V1 {
            call_id,
            conversation_id,
        }) = serde_json::from_str(body)
        else {
            tracing::error!("unreadable message");
            return Err(Unsettled);
        };
        let (fetched, received) = (
            self.fetch(call_id, &conversation_id).await,
            times_received(message),
        );
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
                tracing::info!(%call_id, conversation_id, received, result, "put off");
            }
            Ok(Fetched::Failed(error)) => {
                let cause = telemetry::chain(&error);
                tracing::warn!(%call_id, conversation_id, received, cause, "put off");
            }
            Err(error) => {
                let cause = telemetry::chain(&error);
                tracing::error!(%call_id, conversation_id, received, cause, "put off");
            }
        }
        self.postpone(message, received).await;
        Err(Unsettled)
    }

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

    async fn postpone(&self, message: &SqsMessage, received: u32) {
        log_wait(self.queue.postpone(receipt(message), received).await);
    }
}
