//! `/api/directory/api-keys`

use std::process::ExitCode;

fn main() -> ExitCode {
    ringpost_functions::directory::api_keys::main()
}
