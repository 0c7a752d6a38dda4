//! `POST /api/webhooks/events/{id}/retry`

use std::process::ExitCode;

fn main() -> ExitCode {
    ringpost_functions::webhooks::event_retry::main()
}
