//! `POST /api/webhooks/config/{id}/recover` and `GET /api/webhooks/config/{id}/recover/{jobId}`

use std::process::ExitCode;

fn main() -> ExitCode {
    ringpost_functions::webhooks::webhook_recover::main()
}
