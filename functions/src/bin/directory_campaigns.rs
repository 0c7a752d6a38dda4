//! `/api/directory/campaigns`

use std::process::ExitCode;

fn main() -> ExitCode {
    ringpost_functions::directory::directory_campaigns::main()
}
