//! `events`: the history, resending, publishing.

use std::time::Duration;

use clap::{Args, Subcommand};
use http::Method;
use jiff::Timestamp;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use crate::{
    api::{Api, Parameter},
    clock::{parse_moment, rfc3339},
    failure::{Failure, Kind},
    output::{Output, Rows, printable},
    reading::{at, list, read_json_argument, sheet, text},
};

/// What to do with events.
#[derive(Debug, Subcommand)]
pub(crate) enum EventsVerb {
    /// List the history, the newest event first
    List(EventFilter),
    /// Show one event with its payload and its attempts
    Get {
        /// The event's id, a number
        id: u64,
    },
    /// Send a failed delivery once more
    Resend {
        /// The event's id, a number
        id: u64,
        /// Wait until the delivery has succeeded or failed
        #[arg(long)]
        wait: bool,
    },
    /// Publish an event of your own to your subscriptions
    Publish(Publish),
}

/// Which events to list; they must match everything that is given.
#[derive(Debug, Args)]
pub(crate) struct EventFilter {
    /// inbound or outbound
    #[arg(long)]
    direction: Option<String>,
    /// livekit, signalwire, elevenlabs, call-capture or 11wire
    #[arg(long)]
    source: Option<String>,
    /// The type, for example call.completed
    #[arg(long = "type")]
    event_type: Option<String>,
    /// processed, pending, delivered, failed or cancelled
    #[arg(long)]
    status: Option<String>,
    /// The id of a subscription
    #[arg(long)]
    subscription: Option<u64>,
    /// The id of a call
    #[arg(long)]
    call: Option<String>,
    /// The webhook-id that an endpoint received
    #[arg(long)]
    webhook_id: Option<String>,
    /// Events since then: a time, or a length of time before now (2h)
    #[arg(long, value_parser = parse_moment)]
    since: Option<Timestamp>,
    /// Events until then
    #[arg(long, value_parser = parse_moment)]
    until: Option<Timestamp>,
    /// How many events at most
    #[arg(long, default_value_t = 20)]
    limit: usize,
}

impl EventFilter {
    fn parameters(&self) -> Vec<Parameter<'static>> {
        vec![
            ("direction", self.direction.clone()),
            ("source", self.source.clone()),
            ("eventType", self.event_type.clone()),
            ("status", self.status.clone()),
            (
                "webhookConfigId",
                self.subscription.map(|id| id.to_string()),
            ),
            ("callId", self.call.clone()),
            ("messageId", self.webhook_id.clone()),
            ("fromDate", self.since.map(rfc3339)),
            ("toDate", self.until.map(rfc3339)),
            ("count", Some("false".to_owned())),
        ]
    }
}

/// An event to publish.
#[derive(Debug, Args)]
pub(crate) struct Publish {
    /// One of conversation.*, transfer.*, contact.*, campaign.*
    event_type: String,
    /// The payload: JSON, or @FILE
    #[arg(long)]
    data: String,
    /// Your name for the event: the same name again publishes nothing; by default a new one
    #[arg(long)]
    idempotency_key: Option<String>,
    /// When it happened; by default now
    #[arg(long, value_parser = parse_moment)]
    occurred_at: Option<Timestamp>,
}

/// Runs a verb of `events`.
pub(crate) async fn run(verb: &EventsVerb, api: &Api, output: Output) -> Result<(), Failure> {
    match verb {
        EventsVerb::List(filter) => {
            let events = api
                .list(
                    "/api/webhooks/events",
                    "events",
                    &filter.parameters(),
                    filter.limit,
                )
                .await?;
            output.records(&events, table);
        }
        EventsVerb::Get { id } => {
            let event = find(api, *id).await?;
            output.record(&event, || detail(&event));
        }
        EventsVerb::Resend { id, wait } => {
            let answer = api
                .send_body(
                    Method::POST,
                    &format!("/api/webhooks/events/{id}/retry"),
                    &Value::Null,
                )
                .await?;
            if *wait {
                return settle(api, *id, &text(&answer, "event.attempts"), output).await;
            }
            output.record(at(&answer, "event"), || {
                format!(
                    "{}. `ringpost events get {id}` shows its attempts.",
                    text(&answer, "message")
                )
            });
        }
        EventsVerb::Publish(publish) => self::publish(publish, api, output).await?,
    }
    Ok(())
}

/// The event with its payload, its attempts and its subscription.
pub(crate) async fn find(api: &Api, id: u64) -> Result<Value, Failure> {
    let mut answer = api.get(&format!("/api/webhooks/events/{id}"), &[]).await?;
    if let Some(answer) = answer.as_object_mut() {
        answer.remove("success");
    }
    Ok(answer)
}

/// Waits for the result of the attempt that was queued, which has this number.
async fn settle(api: &Api, id: u64, number: &str, output: Output) -> Result<(), Failure> {
    for _ in 0..120 {
        let found = find(api, id).await?;
        let event = at(&found, "event");
        let made = list(event, "attemptDetails")
            .iter()
            .any(|attempt| text(attempt, "attempt") == number);
        match text(event, "status").as_str() {
            "delivered" => {
                output.record(event, || {
                    format!("Delivered at attempt {}.", text(event, "attempts"))
                });
                return Ok(());
            }
            "failed" | "cancelled" => return Err(not_delivered(event)),
            _ if made => return Err(not_delivered(event)),
            _ => tokio::time::sleep(Duration::from_millis(500)).await,
        }
    }
    Err(Failure::new(
        Kind::Network,
        "No attempt was made within a minute.",
        format!("Look again with `ringpost events get {id}`."),
    ))
}

fn not_delivered(event: &Value) -> Failure {
    let message = format!("The endpoint did not take it: {}.", answer_of(event));
    let advice = format!(
        "Correct the endpoint; `ringpost events get {}` has its answer.",
        text(event, "id")
    );
    Failure::new(Kind::Target, message, advice)
}

async fn publish(publish: &Publish, api: &Api, output: Output) -> Result<(), Failure> {
    let key = publish
        .idempotency_key
        .clone()
        .unwrap_or_else(|| Uuid::new_v4().to_string());
    let mut body = Map::new();
    body.insert("eventType".to_owned(), json!(publish.event_type));
    body.insert("payload".to_owned(), read_json_argument(&publish.data)?);
    if let Some(moment) = publish.occurred_at {
        body.insert("occurredAt".to_owned(), json!(rfc3339(moment)));
    }
    let request = api
        .request(Method::POST, "/api/events")
        .header("idempotency-key", &key)
        .json(&body);
    let answer = api.send(request).await?;
    output.record(&answer, || {
        format!(
            "Published as {} (Idempotency-Key {key}).",
            text(&answer, "eventId")
        )
    });
    Ok(())
}

/// Events as a table.
pub(crate) fn table(events: &[Value]) -> Rows {
    let mut rows = Rows::new([
        "ID", "CREATED", "", "SOURCE", "TYPE", "STATUS", "TRIES", "ANSWER", "TO", "CALL",
    ]);
    for event in events {
        let direction = if text(event, "direction") == "inbound" {
            "→"
        } else {
            "←"
        };
        rows.push([
            text(event, "id"),
            text(event, "createdAt"),
            direction.to_owned(),
            text(event, "source"),
            text(event, "eventType"),
            text(event, "status"),
            text(event, "attempts"),
            answer_of(event),
            text(event, "webhookConfigId"),
            text(event, "callId"),
        ]);
    }
    rows
}

/// The result of the last attempt: a status, or why there was no answer.
fn answer_of(event: &Value) -> String {
    let status = text(event, "responseData.statusCode");
    if status.is_empty() {
        text(event, "responseData.error")
    } else {
        status
    }
}

fn detail(found: &Value) -> String {
    let mut event = at(found, "event").clone();
    let fields = event.as_object_mut();
    let taken: Vec<Value> = fields
        .map(|fields| {
            ["payload", "attemptDetails", "responseData"]
                .map(|name| fields.remove(name).unwrap_or_default())
                .into()
        })
        .unwrap_or_default();
    let mut parts = vec![sheet(&event)];
    if !at(found, "webhookConfig").is_null() {
        let subscription =
            ["id", "name", "url"].map(|name| text(found, &format!("webhookConfig.{name}")));
        parts.push(printable(&format!(
            "Subscription {}",
            subscription.join("  ")
        )));
    }
    if !list(found, "event.attemptDetails").is_empty() {
        parts.push(attempts(list(found, "event.attemptDetails")).to_string());
    }
    if let Some(payload) = taken.first() {
        parts.push(format!("{payload:#}"));
    }
    parts
        .iter()
        .map(|part| part.trim_end())
        .collect::<Vec<_>>()
        .join("\n\n")
}

fn attempts(attempts: &[Value]) -> Rows {
    let mut rows = Rows::new(["ATTEMPT", "AT", "ANSWER", "MILLISECONDS", "BODY"]);
    for attempt in attempts {
        let answer = ["statusCode", "error"]
            .map(|name| text(attempt, name))
            .concat();
        let body: String = text(attempt, "body").chars().take(80).collect();
        rows.push([
            text(attempt, "attempt"),
            text(attempt, "at"),
            answer,
            text(attempt, "timing"),
            body,
        ]);
    }
    rows
}
