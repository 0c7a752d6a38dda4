//! `GET /api/webhooks/events` and `GET /api/webhooks/events/{id}`

use std::process::ExitCode;

fn main() -> ExitCode {
    ringpost_functions::webhooks::webhook_events::main()
}
