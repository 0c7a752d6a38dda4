//! The queues of a world, as Lambda reads them.

use aws_lambda_events::sqs::SqsEvent;
use aws_sdk_sqs::types::{
    DeleteMessageBatchRequestEntry, Message, MessageSystemAttributeName, QueueAttributeName,
};
use serde_json::{Value, json};

use super::{Faults, World};

impl World {
    /// The messages of the queue of transcripts that are visible now, as Lambda delivers them; they
    /// stay in the queue, invisible for three seconds.
    pub async fn receive_transcripts(&self) -> SqsEvent {
        self.take_up(&self.transcripts_url).await
    }

    /// How many messages of that queue are visible, and how many wait.
    pub async fn transcripts_left(&self) -> (String, String) {
        self.left(&self.transcripts_url).await
    }

    /// The same of the queue of events that `fan-out-retry` takes up again.
    pub async fn receive_retries(&self) -> SqsEvent {
        self.take_up(&self.queue_url).await
    }

    /// How many messages of that queue are visible, and how many wait.
    pub async fn retries_left(&self) -> (String, String) {
        self.left(&self.queue_url).await
    }

    async fn take_up(&self, url: &str) -> SqsEvent {
        let receive = self
            .sqs()
            .receive_message()
            .queue_url(url)
            .max_number_of_messages(10);
        let count = MessageSystemAttributeName::ApproximateReceiveCount;
        let received = receive
            .message_system_attribute_names(count.clone())
            .visibility_timeout(3)
            .send();
        let messages = received
            .await
            .expect("the queue answers")
            .messages
            .unwrap_or_default();
        let record = |message: &Message| {
            let received = message
                .attributes()
                .and_then(|attributes| attributes.get(&count));
            json!({
                "messageId": message.message_id(), "receiptHandle": message.receipt_handle(),
                "body": message.body(), "attributes": { "ApproximateReceiveCount": received }
            })
        };
        let records: Vec<Value> = messages.iter().map(record).collect();
        serde_json::from_value(json!({ "Records": records })).expect("a queue event")
    }

    async fn left(&self, url: &str) -> (String, String) {
        let (visible, waiting) = (
            QueueAttributeName::ApproximateNumberOfMessages,
            QueueAttributeName::ApproximateNumberOfMessagesNotVisible,
        );
        let get = self.sqs().get_queue_attributes().queue_url(url);
        let get = get
            .attribute_names(visible.clone())
            .attribute_names(waiting.clone())
            .send();
        let counts = get
            .await
            .expect("the queue answers")
            .attributes
            .unwrap_or_default();
        (counts[&visible].clone(), counts[&waiting].clone())
    }

    fn sqs(&self) -> aws_sdk_sqs::Client {
        aws_sdk_sqs::Client::new(&self.sdk(&Faults::none(), 3))
    }

    /// The bodies of the messages that wait in the retry queue, taken out of it.
    pub async fn take_retries(&self) -> Vec<String> {
        self.take(&self.queue_url).await
    }

    pub(super) async fn take(&self, queue_url: &str) -> Vec<String> {
        let queue = aws_sdk_sqs::Client::new(&self.sdk(&Faults::none(), 3));
        let mut bodies = Vec::new();
        loop {
            let receive = queue
                .receive_message()
                .queue_url(queue_url)
                .max_number_of_messages(10);
            let messages = receive
                .send()
                .await
                .expect("the queue answers")
                .messages
                .unwrap_or_default();
            if messages.is_empty() {
                return bodies;
            }
            let entries = messages.iter().enumerate().map(|(place, message)| {
                let entry = DeleteMessageBatchRequestEntry::builder().id(place.to_string());
                entry
                    .set_receipt_handle(message.receipt_handle.clone())
                    .build()
                    .expect("a handle")
            });
            let delete = queue.delete_message_batch().queue_url(queue_url);
            let deleted = delete.set_entries(Some(entries.collect())).send().await;
            assert!(deleted.expect("messages can be deleted").failed.is_empty());
            bodies.extend(
                messages
                    .into_iter()
                    .map(|message| message.body.expect("a message has a body")),
            );
        }
    }
}
