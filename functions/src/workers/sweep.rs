//! `sweep`: does every minute what is due by then.

use std::process::ExitCode;

use ringpost::{sweep::Sweep, telemetry};
use serde::de::IgnoredAny;

use crate::{
    runtime::{self, Worker, log},
    wiring::{InitError, Wiring},
};

/// What this function may touch: it reads and writes `due`, reads `calls` and `webhook-configs`, appends
/// to `events`, and sends to the delivery queue.
pub struct Function {
    pub sweep: Sweep,
}

pub fn main() -> ExitCode {
    runtime::work::<Function>()
}

impl Worker for Function {
    const NAME: &'static str = "sweep";
    /// The schedule says only that a minute has passed; the clock and the watermark say the rest.
    type Batch = IgnoredAny;
    type Answer = ();

    async fn wire(wiring: &Wiring) -> Result<Self, InitError> {
        Ok(Self {
            sweep: wiring.sweep()?,
        })
    }

    async fn handle(&self, _: IgnoredAny) {
        let (swept, duration_ms) = log::timed(self.sweep.run()).await;
        match swept {
            Ok(swept) => {
                let (minutes, announced, queued) = (swept.minutes, swept.announced, swept.queued);
                let closed = swept.closed;
                let (dropped, postponed) = (swept.dropped, swept.postponed);
                let behind_minutes = swept.behind_minutes;
                let oldest_parked_seconds = swept.oldest_parked_millis.map(|millis| millis / 1_000);
                tracing::info!(
                    minutes,
                    announced,
                    queued,
                    closed,
                    dropped,
                    postponed,
                    behind_minutes,
                    oldest_parked_seconds,
                    duration_ms,
                    "swept"
                );
            }
            Err(error) => {
                let cause = telemetry::chain(&error);
                tracing::error!(cause, duration_ms, "not swept; the next minute repeats it");
            }
        }
    }
}
