//! `POST /api/events`

use std::process::ExitCode;

fn main() -> ExitCode {
    ringpost_functions::publishing::publish_event::main()
}
