//! `GET /api/calls/{id}/explanation`

use std::process::ExitCode;

fn main() -> ExitCode {
    ringpost_functions::calls::call_explanation::main()
}
