//! The delivery queue

use std::process::ExitCode;

fn main() -> ExitCode {
    ringpost_functions::workers::deliver::main()
}
