//! The queue of recoveries

use std::process::ExitCode;

fn main() -> ExitCode {
    ringpost_functions::workers::recover_deliveries::main()
}
