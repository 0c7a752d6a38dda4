//! Somebody asks whether inbound calls are answered

use std::process::ExitCode;

fn main() -> ExitCode {
    ringpost_functions::health::webhooks_health::main()
}
