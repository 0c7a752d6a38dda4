//! `GET /api/leads`

use std::process::ExitCode;

fn main() -> ExitCode {
    ringpost_functions::directory::leads::main()
}
