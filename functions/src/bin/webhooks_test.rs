//! Somebody tries an inbound call

use std::process::ExitCode;

fn main() -> ExitCode {
    ringpost_functions::ingest::webhooks_test::main()
}
