//! `POST /api/webhooks/call_completed`

use std::process::ExitCode;

fn main() -> ExitCode {
    ringpost_functions::ingest::call_completed::main()
}
