//! The program `ringpost`.

use std::process::ExitCode;

fn main() -> ExitCode {
    ringpost_cli::main()
}
