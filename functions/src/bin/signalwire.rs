//! `POST /api/webhooks/signalwire`

use std::process::ExitCode;

fn main() -> ExitCode {
    ringpost_functions::ingest::signalwire::main()
}
