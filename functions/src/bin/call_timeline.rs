//! `GET /api/calls/{id}/timeline`

use std::process::ExitCode;

fn main() -> ExitCode {
    ringpost_functions::calls::call_timeline::main()
}
