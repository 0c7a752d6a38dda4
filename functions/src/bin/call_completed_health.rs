//! `GET /api/webhooks/call_completed/health`

use std::process::ExitCode;

fn main() -> ExitCode {
    ringpost_functions::health::call_completed_health::main()
}
