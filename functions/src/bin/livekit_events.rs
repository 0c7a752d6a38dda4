//! `POST /api/v1/webhooks/livekit/events`

use std::process::ExitCode;

fn main() -> ExitCode {
    ringpost_functions::ingest::livekit_events::main()
}
