//! `subscriptions`: webhook configurations.

use std::time::Duration;

use clap::{Args, Subcommand};
use http::Method;
use jiff::Timestamp;
use serde_json::{Map, Value, json};

use crate::{
    api::Api,
    clock::{parse_moment, rfc3339},
    failure::{Failure, Kind},
    output::{Output, Rows, printable},
    reading::{at, joined, list, read_json_argument, sheet, text},
};

const PATH: &str = "/api/webhooks/config";

/// What to do with subscriptions.
#[derive(Debug, Subcommand)]
pub(crate) enum SubscriptionsVerb {
    /// List the subscriptions
    List,
    /// Show one subscription
    Get { id: u64 },
    /// Subscribe an endpoint
    Create(Create),
    /// Change fields of a subscription
    Update {
        id: u64,
        #[command(flatten)]
        fields: Fields,
    },
    /// Delete a subscription; its open deliveries are cancelled
    Delete { id: u64 },
    /// Post a sample event to the endpoint and show its answer
    Test {
        id: u64,
        /// The event type; by default the first one of the subscription
        #[arg(long = "type")]
        event_type: Option<String>,
        /// The payload: JSON, or @FILE; by default a sample
        #[arg(long)]
        data: Option<String>,
    },
    /// Replace the secret and print a generated one; the old one stays valid for a while
    Rotate {
        id: u64,
        /// A secret of your own, read from this file, which must not be readable for others
        #[arg(long, value_name = "FILE")]
        secret_file: Option<std::path::PathBuf>,
        /// For how many seconds the old secret also signs
        #[arg(long)]
        overlap_seconds: Option<u64>,
    },
    /// Queue the failed deliveries of an outage again
    Recover {
        id: u64,
        /// The beginning of the outage: a time, or a length of time before now (2h)
        #[arg(long, value_parser = parse_moment)]
        since: Timestamp,
        /// Its end; by default now
        #[arg(long, value_parser = parse_moment)]
        until: Option<Timestamp>,
        /// Wait until all of them are queued
        #[arg(long)]
        wait: bool,
    },
}

/// A new subscription.
#[derive(Debug, Args)]
pub(crate) struct Create {
    /// Where the events are posted
    #[arg(long)]
    url: String,
    /// A name for people; by default the URL
    #[arg(long)]
    name: Option<String>,
    /// The event types, with commas
    #[arg(long, value_delimiter = ',', required = true)]
    events: Vec<String>,
    /// Other fields as a JSON object, or @FILE: filters, headers, retryConfig, rateLimit, metadata
    #[arg(long)]
    data: Option<String>,
    /// Print the generated secret, which cannot be read later
    #[arg(long)]
    print_secret: bool,
}

/// Fields to change.
#[derive(Debug, Args)]
#[group(required = true, multiple = true)]
pub(crate) struct Fields {
    /// Where the events are posted
    #[arg(long)]
    url: Option<String>,
    /// A name for people
    #[arg(long)]
    name: Option<String>,
    /// The event types, with commas
    #[arg(long, value_delimiter = ',')]
    events: Vec<String>,
    /// active or inactive
    #[arg(long)]
    status: Option<String>,
    /// Other fields as a JSON object, or @FILE
    #[arg(long)]
    data: Option<String>,
}

/// Runs a verb of `subscriptions`.
pub(crate) async fn run(
    verb: &SubscriptionsVerb,
    api: &Api,
    output: Output,
) -> Result<(), Failure> {
    match verb {
        SubscriptionsVerb::List => {
            let answer = api.get(PATH, &[]).await?;
            output.records(list(&answer, "webhooks"), table);
        }
        SubscriptionsVerb::Get { id } => show(&api.get(&path(*id), &[]).await?, output),
        SubscriptionsVerb::Create(create) => self::create(create, api, output).await?,
        SubscriptionsVerb::Update { id, fields } => {
            let changed = api
                .send_body(Method::PUT, &path(*id), &Value::Object(fields.body()?))
                .await?;
            show(&changed, output);
        }
        SubscriptionsVerb::Delete { id } => {
            let answer = api
                .send_body(Method::DELETE, &path(*id), &Value::Null)
                .await?;
            output.record(&answer, || text(&answer, "message"));
        }
        SubscriptionsVerb::Test {
            id,
            event_type,
            data,
        } => {
            test(api, *id, event_type.as_deref(), data.as_deref(), output).await?;
        }
        SubscriptionsVerb::Rotate {
            id,
            secret_file,
            overlap_seconds,
        } => {
            let mut body = Map::new();
            if let Some(file) = secret_file {
                let secret = std::fs::read_to_string(file)
                    .map_err(|error| Failure::of_file(file, &error))?;
                body.insert("secret".to_owned(), json!(secret.trim()));
            }
            body.extend(
                overlap_seconds.map(|seconds| ("overlapSeconds".to_owned(), json!(seconds))),
            );
            let answer = api
                .send_body(
                    Method::POST,
                    &format!("{}/rotate-secret", path(*id)),
                    &Value::Object(body),
                )
                .await?;
            output.record(&answer, || rotated(&answer));
        }
        SubscriptionsVerb::Recover {
            id,
            since,
            until,
            wait,
        } => {
            let mut body = Map::from_iter([("since".to_owned(), json!(rfc3339(*since)))]);
            body.extend(until.map(|until| ("until".to_owned(), json!(rfc3339(until)))));
            let answer = api
                .send_body(
                    Method::POST,
                    &format!("{}/recover", path(*id)),
                    &Value::Object(body),
                )
                .await?;
            let job = at(&answer, "job").clone();
            let job = if *wait {
                wait_for(api, *id, job).await?
            } else {
                job
            };
            output.record(&job, || sheet(&job));
            if text(&job, "status") == "failed" {
                return Err(Failure::refused(
                    format!("The recovery failed: {}.", text(&job, "reason")),
                    "Remove the reason, then recover again: what was queued stays so.",
                ));
            }
        }
    }
    Ok(())
}

fn path(id: u64) -> String {
    format!("{PATH}/{id}")
}

fn show(answer: &Value, output: Output) {
    let webhook = at(answer, "webhook");
    output.record(webhook, || sheet(webhook));
}

fn table(subscriptions: &[Value]) -> Rows {
    let mut rows = Rows::new(["ID", "NAME", "URL", "STATUS", "EVENTS"]);
    for each in subscriptions {
        let [id, name, url, status] = ["id", "name", "url", "status"].map(|name| text(each, name));
        rows.push([id, name, url, status, joined(each, "eventTypes")]);
    }
    rows
}

fn object(argument: Option<&str>) -> Result<Map<String, Value>, Failure> {
    match argument.map(read_json_argument).transpose()? {
        None => Ok(Map::new()),
        Some(Value::Object(fields)) => Ok(fields),
        Some(_) => Err(Failure::usage(
            "--data is no JSON object.",
            "Write it as {\"name\": value}, or @FILE.",
        )),
    }
}

impl Fields {
    fn body(&self) -> Result<Map<String, Value>, Failure> {
        let mut body = object(self.data.as_deref())?;
        for (name, value) in [
            ("url", &self.url),
            ("name", &self.name),
            ("status", &self.status),
        ] {
            body.extend(value.as_ref().map(|value| (name.to_owned(), json!(value))));
        }
        if !self.events.is_empty() {
            body.insert("eventTypes".to_owned(), json!(self.events));
        }
        Ok(body)
    }
}

async fn create(create: &Create, api: &Api, output: Output) -> Result<(), Failure> {
    let mut body = object(create.data.as_deref())?;
    body.insert("url".to_owned(), json!(create.url));
    body.insert(
        "name".to_owned(),
        json!(create.name.as_ref().unwrap_or(&create.url)),
    );
    body.insert("eventTypes".to_owned(), json!(create.events));
    let mut answer = api
        .send_body(Method::POST, PATH, &Value::Object(body))
        .await?;
    if !create.print_secret
        && let Some(webhook) = answer.get_mut("webhook").and_then(Value::as_object_mut)
    {
        webhook.remove("secret");
        let id = text(&Value::Object(webhook.clone()), "id");
        output.note(&format!("Its secret was generated and not printed: `ringpost subscriptions rotate {id}` prints a new one."));
    }
    show(&answer, output);
    Ok(())
}

fn rotated(answer: &Value) -> String {
    let until = text(answer, "webhook.previousSecretValidUntil");
    let secret = text(answer, "secret");
    let mut lines = vec![text(answer, "message")];
    if !secret.is_empty() {
        lines.push(secret);
    }
    if !until.is_empty() {
        lines.push(format!("The old secret signs too until {until}."));
    }
    lines.join("\n")
}

async fn test(
    api: &Api,
    id: u64,
    event_type: Option<&str>,
    data: Option<&str>,
    output: Output,
) -> Result<(), Failure> {
    let event_type = match event_type {
        Some(event_type) => event_type.to_owned(),
        None => {
            let answer = api.get(&path(id), &[]).await?;
            list(&answer, "webhook.eventTypes")
                .first()
                .and_then(Value::as_str)
                .unwrap_or_default()
                .to_owned()
        }
    };
    let mut body = Map::from_iter([("eventType".to_owned(), json!(event_type))]);
    if data.is_some() {
        body.insert("testPayload".to_owned(), Value::Object(object(data)?));
    }
    let answer = api
        .send_body(
            Method::POST,
            &format!("{}/test", path(id)),
            &Value::Object(body),
        )
        .await?;
    output.record(&answer, || {
        format!(
            "{}\n{}",
            printable(&text(&answer, "message")),
            sheet(at(&answer, "details"))
        )
    });
    if at(&answer, "success") == &Value::Bool(true) {
        return Ok(());
    }
    let said = ["details.statusCode", "details.error"]
        .map(|path| text(&answer, path))
        .concat();
    let advice = "Correct the endpoint, then test again. `ringpost verify` explains a signature that it refuses.";
    Err(Failure::new(
        Kind::Target,
        format!("The endpoint answered {said}."),
        advice,
    ))
}

async fn wait_for(api: &Api, id: u64, mut job: Value) -> Result<Value, Failure> {
    let path = format!(
        "{}/recover/{}",
        path(id),
        crate::api::segment(&text(&job, "id"))
    );
    while matches!(text(&job, "status").as_str(), "queued" | "running") {
        tokio::time::sleep(Duration::from_secs(1)).await;
        job = at(&api.get(&path, &[]).await?, "job").clone();
    }
    Ok(job)
}
