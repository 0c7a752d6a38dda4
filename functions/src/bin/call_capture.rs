//! `POST /functions/v1/webhook-call-capture`

use std::process::ExitCode;

fn main() -> ExitCode {
    ringpost_functions::ingest::call_capture::main()
}
