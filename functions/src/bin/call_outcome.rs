//! `GET /api/calls/{id}/outcome`

use std::process::ExitCode;

fn main() -> ExitCode {
    ringpost_functions::calls::call_outcome::main()
}
