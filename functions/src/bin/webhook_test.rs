//! `POST /api/webhooks/config/{id}/test`

use std::process::ExitCode;

fn main() -> ExitCode {
    ringpost_functions::webhooks::test_config::main()
}
