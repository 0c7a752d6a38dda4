//! `/api/directory/phone-numbers`

use std::process::ExitCode;

fn main() -> ExitCode {
    ringpost_functions::directory::directory_phone_numbers::main()
}
