//! `/api/directory/api-keys`

use std::process::ExitCode;

fn main() -> ExitCode {
    ringpost_functions::directory::directory_api_keys::main()
}
