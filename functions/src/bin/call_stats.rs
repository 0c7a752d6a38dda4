//! `GET /api/calls/stats`

use std::process::ExitCode;

fn main() -> ExitCode {
    ringpost_functions::calls::call_stats::main()
}
