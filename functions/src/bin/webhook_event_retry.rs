//! `POST /api/webhooks/events/{id}/retry`

use std::process::ExitCode;

fn main() -> ExitCode {
    ringpost_functions::webhooks::webhook_event_retry::main()
}
