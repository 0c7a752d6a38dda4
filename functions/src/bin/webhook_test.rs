//! `POST /api/webhooks/config/{id}/test`

use std::process::ExitCode;

fn main() -> ExitCode {
    ringpost_functions::webhooks::webhook_test::main()
}
