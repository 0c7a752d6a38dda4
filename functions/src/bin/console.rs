//! `GET /console` and `GET /console/{file}`

use std::process::ExitCode;

fn main() -> ExitCode {
    ringpost_functions::console::main()
}
