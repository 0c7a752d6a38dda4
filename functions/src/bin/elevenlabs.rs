//! `POST /api/webhooks/elevenlabs`

use std::process::ExitCode;

fn main() -> ExitCode {
    ringpost_functions::ingest::elevenlabs::main()
}
