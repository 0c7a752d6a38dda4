//! `listen`: deliveries on a developer's own machine, without a tunnel.
//!
//! The local stage posts to this machine: `listen` subscribes a port of its own there and passes on what arrives, byte
//! for byte, with its headers; the target's status goes back to the stage, which retries as it always does. Every other
//! stage is read: `listen` follows the history, builds each delivery again and signs it with a secret of the session.
//! It changes nothing in such a stage.

mod event_types;
mod own_port;
mod poll;
mod position;
mod target;

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use clap::Args;
use jiff::Timestamp;
use serde_json::{Value, json};
use signal_hook::{
    consts::{SIGHUP, SIGINT, SIGTERM},
    iterator::Signals,
};
use tokio::sync::watch;
use url::Url;

use crate::{
    clock::{now, parse_moment, rfc3339},
    environment::Environment,
    failure::{Failure, Kind},
    output::{Output, printable},
};
use target::{Forwarded, Targets, parse_mapping, parse_url};

/// Arguments of `listen`.
#[derive(Debug, Args)]
#[group(id = "targets", required = true, multiple = true, args = ["forward_to", "map"])]
pub(crate) struct Listen {
    /// Post every event to this URL; can be repeated
    #[arg(long, value_name = "URL", value_parser = parse_url)]
    forward_to: Vec<Url>,
    /// Post events of this type to a URL of their own; can be repeated
    #[arg(long, value_name = "TYPE=URL", value_parser = parse_mapping)]
    map: Vec<(String, Url)>,
    /// Read the history, and begin there: a time, or a length of time before now (10m). By default it goes on where
    /// it ended the last time
    #[arg(long, value_parser = parse_moment)]
    since: Option<Timestamp>,
    /// Read the history of the local stage too, as of any other stage
    #[arg(long)]
    poll: bool,
    /// Only events of this subscription, when the history is read
    #[arg(long)]
    subscription: Option<u64>,
    /// Print the secret that signs in this session
    #[arg(long)]
    print_secret: bool,
    /// End after this many events
    #[arg(long, value_name = "N")]
    max: Option<u64>,
}

/// Runs `listen`, until Ctrl-C or `--max`.
pub(crate) async fn run(
    listen: &Listen,
    environment: &Environment,
    output: Output,
) -> Result<(), Failure> {
    let stage = environment.stage()?;
    let targets = Targets::new(&listen.forward_to, &listen.map)?;
    let session = Session {
        targets,
        output,
        counted: Mutex::default(),
        stopped: stop_signal()?,
    };
    let session = Arc::new(session);
    let api = environment.api()?;
    if stage.is_local() && !listen.poll && listen.since.is_none() && listen.subscription.is_none() {
        own_port::run(listen, &api, &session).await?;
    } else {
        poll::run(listen, &api, &session).await?;
    }
    session.end()
}

/// What both ways have in common.
struct Session {
    targets: Targets,
    output: Output,
    counted: Mutex<Counted>,
    stopped: watch::Receiver<bool>,
}

#[derive(Default)]
struct Counted {
    forwarded: u64,
    failed: u64,
}

impl Session {
    /// Shows what the targets answered to an event.
    fn show(&self, event_type: &str, message_id: &str, answers: &[Forwarded]) {
        for answer in answers {
            let status = answer.status.map(|status| status.as_u16());
            let record = json!({
                "at": rfc3339(now()), "type": event_type, "webhookId": message_id, "target": answer.url, "status": status
            });
            let shown = status.map_or_else(|| "no answer".to_owned(), |status| status.to_string());
            let mark = if answer.succeeded() { "✓" } else { "✗" };
            let (event_type, message_id) = (printable(event_type), printable(message_id));
            self.output.record(&record, || {
                format!(
                    "{mark} {event_type:<24} {message_id}  → {}  {shown}",
                    answer.url
                )
            });
        }
        let mut counted = self.counted.lock().unwrap_or_else(PoisonError::into_inner);
        counted.forwarded += 1;
        counted.failed += u64::from(!answers.iter().all(Forwarded::succeeded));
    }

    /// Whether that many events were forwarded.
    fn has_forwarded(&self, max: Option<u64>) -> bool {
        let counted = self.counted.lock().unwrap_or_else(PoisonError::into_inner);
        max.is_some_and(|max| counted.forwarded >= max)
    }

    /// Waits a while. False at Ctrl-C, which ends the waiting.
    async fn pauses(&self, pause: Duration) -> bool {
        tokio::time::timeout(pause, self.stopped()).await.is_err()
    }

    /// Waits for Ctrl-C.
    async fn stopped(&self) {
        // It fails only if the sender is gone, which lives as long as the process.
        self.stopped.clone().wait_for(|stopped| *stopped).await.ok();
    }

    /// The result of the session.
    fn end(&self) -> Result<(), Failure> {
        let counted = self.counted.lock().unwrap_or_else(PoisonError::into_inner);
        self.output.note(&format!(
            "· {} events forwarded, {} of them failed",
            counted.forwarded, counted.failed
        ));
        if counted.failed == 0 {
            return Ok(());
        }
        let message = format!(
            "A target did not answer 2xx to {} of {} events.",
            counted.failed, counted.forwarded
        );
        Err(Failure::new(
            Kind::Target,
            message,
            "Correct the target. `ringpost listen --since 10m` posts them again.",
        ))
    }
}

/// Becomes true at Ctrl-C, at a request to end, and when the terminal is closed. At the second time the program ends as
/// it is.
fn stop_signal() -> Result<watch::Receiver<bool>, Failure> {
    let (stop, stopped) = watch::channel(false);
    let mut signals = Signals::new([SIGINT, SIGTERM, SIGHUP]).map_err(|error| {
        let message = format!("Ctrl-C cannot be handled: {error}.");
        Failure::new(
            Kind::Network,
            message,
            "Start the program in a terminal of its own.",
        )
    })?;
    std::thread::spawn(move || {
        for _ in signals.forever() {
            if stop.send_replace(true) {
                std::process::exit(130);
            }
        }
    });
    Ok(stopped)
}

/// `type` of a body.
fn event_type_of(body: &[u8]) -> String {
    let read: Value = serde_json::from_slice(body).unwrap_or_default();
    crate::reading::text(&read, "type")
}
