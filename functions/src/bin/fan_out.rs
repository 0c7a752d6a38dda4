//! The event log's stream

use std::process::ExitCode;

fn main() -> ExitCode {
    ringpost_functions::workers::fan_out::main()
}
