//! `GET /api/calls`

use std::process::ExitCode;

fn main() -> ExitCode {
    ringpost_functions::calls::call_list::main()
}
