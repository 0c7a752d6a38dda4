//! The queue of events to drive again

use std::process::ExitCode;

fn main() -> ExitCode {
    ringpost_functions::workers::fan_out_retry::main()
}
