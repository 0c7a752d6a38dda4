//! Invocations as Lambda makes them: requests from sample events, stream batches from a table,
//! queue batches from messages.

use std::fs;

use aws_lambda_events::{dynamodb, sqs::SqsEvent};
use aws_sdk_dynamodb::types::AttributeValue;
use base64::{Engine, engine::general_purpose::STANDARD};
use lambda_http::{Body, Request};
use ringpost_functions::runtime::{self, Endpoint};
use serde_json::{Value, json};

use crate::{
    livekit::{WEBHOOK_SECRET, hmac_signature},
    stack::{Answer, root},
};

/// A file of `events/`.
pub fn sample_event(name: &str) -> String {
    fs::read_to_string(root().join(format!("events/{name}.json"))).expect("a sample event")
}

/// The request in an API Gateway event.
pub fn request(event: &str) -> Request {
    lambda_http::request::from_str(event).expect("an API Gateway event")
}

/// A webhook request with this body, signed with `X-LiveKit-Signature`.
pub fn webhook(body: &[u8]) -> Request {
    let mut request = Request::new(Body::Binary(body.to_vec()));
    let signature = hmac_signature(WEBHOOK_SECRET, body)
        .parse()
        .expect("hex is a header");
    request
        .headers_mut()
        .insert("x-livekit-signature", signature);
    request
}

/// Invokes an endpoint as its binary does.
pub async fn invoke<E: Endpoint>(endpoint: &E, request: Request) -> Answer {
    let response = runtime::answer(endpoint, request)
        .await
        .expect("an endpoint always answers");
    let status = response.status().as_u16();
    let Body::Text(text) = response.into_body() else {
        panic!("{status} without text")
    };
    Answer {
        status,
        body: serde_json::from_str(&text).expect("the answer is JSON"),
    }
}

/// The stream's report that these items were inserted.
pub fn stream_batch<'a>(
    items: impl IntoIterator<Item = &'a std::collections::HashMap<String, AttributeValue>>,
) -> dynamodb::Event {
    let value = |value: &AttributeValue| match value {
        AttributeValue::S(text) => json!({ "S": text }),
        AttributeValue::N(number) => json!({ "N": number }),
        AttributeValue::B(bytes) => json!({ "B": STANDARD.encode(bytes) }),
        other => panic!("no event has {other:?}"),
    };
    let record = |(index, item): (usize, &std::collections::HashMap<String, AttributeValue>)| {
        let image: Value = item
            .iter()
            .map(|(name, attribute)| (name.clone(), value(attribute)))
            .collect();
        json!({
            "eventID": index.to_string(), "eventName": "INSERT", "eventVersion": "1.1",
            "eventSource": "aws:dynamodb", "awsRegion": "us-east-1",
            "dynamodb": {
                "ApproximateCreationDateTime": 1_761_751_845, "Keys": { "key": image["key"] },
                "NewImage": image, "SequenceNumber": index.to_string(), "SizeBytes": 1,
                "StreamViewType": "NEW_IMAGE"
            }
        })
    };
    let records: Vec<Value> = items.into_iter().enumerate().map(record).collect();
    serde_json::from_value(json!({ "Records": records })).expect("a stream event")
}

/// A batch of these messages.
pub fn queue_batch(bodies: &[String]) -> SqsEvent {
    let message =
        |(index, body): (usize, &String)| json!({ "messageId": index.to_string(), "body": body });
    let records: Vec<Value> = bodies.iter().enumerate().map(message).collect();
    serde_json::from_value(json!({ "Records": records })).expect("a queue event")
}
