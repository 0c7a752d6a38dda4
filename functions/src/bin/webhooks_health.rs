//! `GET /api/v1/webhooks/health`

use std::process::ExitCode;

fn main() -> ExitCode {
    ringpost_functions::health::webhooks_health::main()
}
