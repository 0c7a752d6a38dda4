//! The functions that ask ElevenLabs, and the queue between them and `fan-out`.

use std::time::Duration;

use aws_lambda_events::sqs::SqsEvent;
use aws_sdk_sqs::types::{MessageSystemAttributeName, QueueAttributeName};
use ringpost::{
    clock::Clock,
    domain::{
        event::{Event, Source},
        key::EventKey,
        timestamp::Timestamp,
    },
    pipeline::agent_calls::AgentCalls,
    providers::elevenlabs::client::{ApiKey, ConversationApi, Patience},
    queue::transcripts::TranscriptQueue,
    secrets::Secrets,
    store::calls::CallTable,
};
use ringpost_functions::{calls::agent_call_status, workers::fetch_transcript};
use serde_json::{Value, json};

use super::{Faults, World, attempts, sdk};
use crate::{elevenlabs_api::ElevenLabsApi, stack::stack};

const PATIENCE: Patience = Patience { connect: Duration::from_secs(1), total: Duration::from_secs(2) };

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
    pub async fn agent_call_status(&self, api: &ElevenLabsApi) -> agent_call_status::Deps {
        let (lookup, fold) = self.fold(&Faults::none());
        agent_call_status::Deps {
            agent_calls: AgentCalls {
                calls: CallTable::new(self.database(&Faults::none()), self.name("calls")),
                events: self.events(&Faults::none()),
                lookup,
                fold,
                api: client(api),
                fresh_millis: 60_000,
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
    pub async fn fetch_transcript(&self, api: &ElevenLabsApi) -> fetch_transcript::Deps {
        fetch_transcript::Deps {
            calls: CallTable::new(self.database(&Faults::none()), self.name("calls")),
            events: self.events(&Faults::none()),
            api: client(api),
            key: self.elevenlabs_key().await,
            queue: self.transcripts(&Faults::none()),
            clock: Clock::system(),
        }
    }

    async fn elevenlabs_key(&self) -> Secrets<Option<ApiKey>> {
        self.secrets(&["elevenlabs-api-key"], |texts| ApiKey::parse(texts.text("elevenlabs-api-key"))).await
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
        let (payload, source) = (body.to_string(), Source::CallStatus);
        let at = Timestamp::from_seconds(seconds).expect("a time");
        let event_type = body["event_type"].as_str().expect("an event type");
        let event = Event {
            key: EventKey::natural(source.as_str(), &[event_type], payload.as_bytes()),
            source,
            tenant_id: None,
            event_type: event_type.to_owned(),
            occurred_at: at,
            received_at: at,
            payload: payload.into(),
        };
        self.events(&Faults::none()).append(&event).await.expect("the event is kept");
    }

    /// The messages of the queue of transcripts that are visible now, as Lambda delivers them; they
    /// stay in the queue, invisible for a while.
    ///
    /// # Panics
    /// When the queue fails.
    pub async fn receive_transcripts(&self) -> SqsEvent {
        let queue = aws_sdk_sqs::Client::new(&sdk(self.stack, &Faults::none(), 3));
        let receive = queue.receive_message().queue_url(&self.transcripts_url).max_number_of_messages(10);
        let count = MessageSystemAttributeName::ApproximateReceiveCount;
        let received = receive.message_system_attribute_names(count.clone()).visibility_timeout(3).send();
        let messages = received.await.expect("the queue answers").messages.unwrap_or_default();
        let record = |message: &aws_sdk_sqs::types::Message| {
            let received = message.attributes().and_then(|attributes| attributes.get(&count));
            json!({
                "messageId": message.message_id(), "receiptHandle": message.receipt_handle(),
                "body": message.body(), "attributes": { "ApproximateReceiveCount": received }
            })
        };
        let records: Vec<Value> = messages.iter().map(record).collect();
        serde_json::from_value(json!({ "Records": records })).expect("a queue event")
    }

    /// How many messages of that queue are visible, and how many wait.
    ///
    /// # Panics
    /// When the queue fails.
    pub async fn transcripts_left(&self) -> (String, String) {
        let queue = aws_sdk_sqs::Client::new(&sdk(self.stack, &Faults::none(), 3));
        let (visible, waiting) = (
            QueueAttributeName::ApproximateNumberOfMessages,
            QueueAttributeName::ApproximateNumberOfMessagesNotVisible,
        );
        let get = queue.get_queue_attributes().queue_url(&self.transcripts_url);
        let get = get.attribute_names(visible.clone()).attribute_names(waiting.clone()).send();
        let counts = get.await.expect("the queue answers").attributes.unwrap_or_default();
        (counts[&visible].clone(), counts[&waiting].clone())
    }
}

fn client(api: &ElevenLabsApi) -> ConversationApi {
    ConversationApi::new(api.url().to_owned(), PATIENCE).expect("a client can be made")
}
