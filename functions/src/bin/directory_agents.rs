//! `/api/directory/agents`

use std::process::ExitCode;

fn main() -> ExitCode {
    ringpost_functions::directory::directory_agents::main()
}
