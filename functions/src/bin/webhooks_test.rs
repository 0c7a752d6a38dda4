//! `POST /api/v1/webhooks/test`

use std::process::ExitCode;

fn main() -> ExitCode {
    ringpost_functions::ingest::webhooks_test::main()
}
