//! `/api/webhooks/config`

use std::process::ExitCode;

fn main() -> ExitCode {
    ringpost_functions::webhooks::webhook_config::main()
}
