//! `POST /api/webhooks/elevenlabs/call-status`

use std::process::ExitCode;

fn main() -> ExitCode {
    ringpost_functions::ingest::call_status::main()
}
