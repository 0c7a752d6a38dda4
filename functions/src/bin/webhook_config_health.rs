//! `GET /api/webhooks/config/{id}/health`

use std::process::ExitCode;

fn main() -> ExitCode {
    ringpost_functions::webhooks::webhook_config_health::main()
}
