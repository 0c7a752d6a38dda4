//! `GET /api/webhooks/events` and `GET /api/webhooks/events/{id}`

use std::process::ExitCode;

fn main() -> ExitCode {
    ringpost_functions::webhooks::events::main()
}
