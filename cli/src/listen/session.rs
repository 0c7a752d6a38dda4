//! A session of `listen`: its targets, what was forwarded, and its end.

use std::{
    sync::{Mutex, PoisonError},
    time::Duration,
};

use serde_json::{Value, json};
use signal_hook::{
    consts::{SIGHUP, SIGINT, SIGTERM},
    iterator::Signals,
};
use tokio::sync::watch;

use super::target::{Forwarded, Targets};
use crate::{
    clock::{now, rfc3339},
    failure::{Failure, Kind},
    output::{Output, printable},
    reading::text,
};

/// What both ways have in common.
pub(super) struct Session {
    pub(super) targets: Targets,
    pub(super) output: Output,
    counted: Mutex<Counted>,
    stopped: watch::Receiver<bool>,
}

#[derive(Default)]
struct Counted {
    forwarded: u64,
    failed: u64,
}

impl Session {
    /// A session that has forwarded nothing yet. Ctrl-C ends it.
    pub(super) fn new(targets: Targets, output: Output) -> Result<Self, Failure> {
        Ok(Self {
            targets,
            output,
            counted: Mutex::default(),
            stopped: stop_signal()?,
        })
    }

    /// Shows what the targets answered to an event.
    pub(super) fn show(&self, event_type: &str, message_id: &str, answers: &[Forwarded]) {
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
    pub(super) fn has_forwarded(&self, max: Option<u64>) -> bool {
        let counted = self.counted.lock().unwrap_or_else(PoisonError::into_inner);
        max.is_some_and(|max| counted.forwarded >= max)
    }

    /// Waits a while. False at Ctrl-C, which ends the waiting.
    pub(super) async fn pauses(&self, pause: Duration) -> bool {
        tokio::time::timeout(pause, self.stopped()).await.is_err()
    }

    /// Waits for Ctrl-C.
    pub(super) async fn stopped(&self) {
        // It fails only if the sender is gone, which lives as long as the process.
        self.stopped.clone().wait_for(|stopped| *stopped).await.ok();
    }

    /// The result of the session.
    pub(super) fn end(&self) -> Result<(), Failure> {
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
pub(super) fn event_type_of(body: &[u8]) -> String {
    let read: Value = serde_json::from_slice(body).unwrap_or_default();
    text(&read, "type")
}
