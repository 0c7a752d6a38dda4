//! Every minute

use std::process::ExitCode;

fn main() -> ExitCode {
    ringpost_functions::workers::sweep::main()
}
