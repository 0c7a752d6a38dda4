//! `POST /api/webhooks/config/{id}/rotate-secret`

use std::process::ExitCode;

fn main() -> ExitCode {
    ringpost_functions::webhooks::webhook_rotate_secret::main()
}
