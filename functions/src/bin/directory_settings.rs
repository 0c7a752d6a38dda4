//! `/api/directory/settings`

use std::process::ExitCode;

fn main() -> ExitCode {
    ringpost_functions::directory::directory_settings::main()
}
